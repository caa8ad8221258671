/* SPDX-License-Identifier: MIT */
/*
 * shown.c - a program for `hum top` to look at.
 *
 * Opens a space, does a known amount of work, prints what hum_stats() says in one line and waits:
 * for its standard input to end, or with the argument "fork" in a child that only inherits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hum/hum.h>

#define BYTES ((size_t)4 << 20)

static void must(enum hum_status status, const char *what)
{
    if (status == HUM_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, hum_error_text());
    exit(1);
}

int main(int argc, char **argv)
{
    struct hum_stats stats;
    struct hum *hum;
    char *bytes, end;
    int child = 0;

    must(hum_open(NULL, &hum), "hum_open");
    must(hum_alloc(hum, BYTES, 0, (void **)&bytes), "hum_alloc");
    must(hum_name(hum, bytes, "shown"), "hum_name");
    memset(bytes, 1, BYTES);
    must(hum_prefetch(hum, bytes, BYTES, 0, NULL), "hum_prefetch");
    must(hum_stats(hum, &stats), "hum_stats");
    if (argc > 1 && strcmp(argv[1], "fork") == 0)
        child = fork();
    if (child < 0)
        return 1;
    if (argc <= 1 || child > 0)
        printf("%d %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
               getpid(), child, stats.total.faults_host, stats.total.bytes[HUM_H2D],
               stats.total.batches, stats.resident_bytes[0], stats.resident_bytes[1],
               stats.samples_taken);
    fflush(stdout);
    while (read(STDIN_FILENO, &end, 1) > 0) {
    }
    if (argc <= 1 || child > 0)
        hum_close(hum);
    return 0;
}
