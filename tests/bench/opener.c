/* SPDX-License-Identifier: MIT */
/*
 * opener.c - a program for `hum run`: opens a space, writes a named region, and ends as its first
 * argument says: close, free (then close), leave (exit without closing), kill.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/hum.h>

static void check(enum hum_status status)
{
    if (status != HUM_OK) {
        fprintf(stderr, "opener: %s\n", hum_error_text());
        exit(9);
    }
}

int main(int argc, char **argv)
{
    const char *end = argc > 1 ? argv[1] : "close";
    struct hum *hum;
    void *ptr;

    check(hum_open(NULL, &hum));
    check(hum_alloc(hum, 1 << 20, 0, &ptr));
    check(hum_name(hum, ptr, "written by opener"));
    memset(ptr, 1, 1 << 20);
    check(hum_prefetch(hum, ptr, 1 << 20, 0, NULL));
    puts("opener was here");
    fflush(stdout);
    if (strcmp(end, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(end, "leave") == 0)
        return 4;
    if (strcmp(end, "free") == 0)
        check(hum_free(hum, ptr));
    hum_close(hum);
    return 0;
}
