/* SPDX-License-Identifier: MIT */
/* main.c - the program of somebody who has never seen hum's sources. */
#include <stdio.h>
#include <stdlib.h>

#include <hum/hum.h>

#include "saxpy.h"

#define CHECK(call)                                                                                \
    do {                                                                                           \
        enum hum_status status_ = (call);                                                          \
        if (status_ != HUM_OK) {                                                                   \
            fprintf(stderr, "%s: %s: %s\n", #call, hum_status_text(status_), hum_error_text());    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

int main(void)
{
    struct hum *hum;
    struct hum_module *module;
    struct hum_kernel *saxpy;
    struct saxpy_args args = {.k = 2, .n = 1 << 20};

    CHECK(hum_open(NULL, &hum));
    CHECK(hum_alloc(hum, args.n * sizeof *args.x, 0, (void **)&args.x));
    CHECK(hum_alloc(hum, args.n * sizeof *args.y, 0, (void **)&args.y));
    for (size_t i = 0; i < args.n; i++)
        args.x[i] = (float)i;
    CHECK(hum_module_load(hum, 0, "saxpy", &module));
    CHECK(hum_kernel_get(module, "saxpy", &saxpy));
    CHECK(hum_launch(hum_stream(hum, 0), saxpy, args.n, &args, sizeof args));
    CHECK(hum_wait(hum, 0));
    printf("%g\n", args.y[12345]);
    hum_close(hum);
    return 0;
}
