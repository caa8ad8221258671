/* SPDX-License-Identifier: MIT */
/* norm_hum.c - the last step of samples/PORTING.md: the same program in hum's own words. */
#include <hum/hum.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "axpy.h"

static void check(enum hum_status status)
{
    if (status == HUM_OK)
        return;
    fprintf(stderr, "%s: %s\n", hum_status_text(status), hum_error_text());
    exit(EXIT_FAILURE);
}

int main(void)
{
    const size_t n = 1000000, steps = 20, groups = (n + AXPY_GROUP - 1) / AXPY_GROUP;
    struct hum_grid grid = {.dimensions = 1, .groups = {groups}, .items = {AXPY_GROUP}};
    struct hum_module *module;
    struct hum_kernel *axpy, *squares;
    struct hum_stream *stream;
    struct hum *hum;
    float *x, *y;
    double *parts, norm = 0.0;

    check(hum_open(NULL, &hum));
    stream = hum_stream(hum, 0);
    check(hum_module_load(hum, 0, "axpy", &module));
    check(hum_kernel_get(module, "axpy", &axpy));
    check(hum_kernel_get(module, "squares", &squares));
    check(hum_alloc(hum, n * sizeof *x, 0, (void **)&x));
    check(hum_alloc(hum, n * sizeof *y, 0, (void **)&y));
    check(hum_alloc(hum, groups * sizeof *parts, 0, (void **)&parts));
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 7);
        y[i] = 1.0f;
    }
    struct axpy_args axpy_args = {x, y, 0.5f, n};
    for (size_t step = 0; step < steps; step++)
        check(hum_launch_nd(stream, axpy, &grid, &axpy_args, sizeof axpy_args));
    struct squares_args squares_args = {y, parts, n};
    grid.local_bytes = AXPY_GROUP * sizeof(double);
    check(hum_launch_nd(stream, squares, &grid, &squares_args, sizeof squares_args));
    check(hum_wait(hum, 0));
    for (size_t g = 0; g < groups; g++)
        norm += parts[g];
    printf("norm %.6f\n", sqrt(norm));
    hum_close(hum);
    return EXIT_SUCCESS;
}
