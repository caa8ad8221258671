/* SPDX-License-Identifier: MIT */
/* norm_compat.c - the first step of samples/PORTING.md: CUDA's calls, over hum. */
#include <hum/compat_cuda.h>

#include <math.h>
#include <stdio.h>

#include "axpy.h"

#define CHECK(call)                                                                                \
    do {                                                                                           \
        cudaError_t error = (call);                                                                \
        if (error != cudaSuccess) {                                                                \
            fprintf(stderr, "%s: %s (%s)\n", #call, cudaGetErrorString(error), hum_error_text());  \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

int main(void)
{
    const size_t n = 1000000, steps = 20, groups = (n + AXPY_GROUP - 1) / AXPY_GROUP;
    const dim3 grid = HUM_DIM3((unsigned)groups, 1, 1), block = HUM_DIM3(AXPY_GROUP, 1, 1);
    float *x = NULL, *y = NULL;
    double *parts = NULL, norm = 0.0;

    CHECK(cudaMallocManaged((void **)&x, n * sizeof *x, cudaMemAttachGlobal));
    CHECK(cudaMallocManaged((void **)&y, n * sizeof *y, cudaMemAttachGlobal));
    CHECK(cudaMallocManaged((void **)&parts, groups * sizeof *parts, cudaMemAttachGlobal));
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 7);
        y[i] = 1.0f;
    }
    CHECK(cudaMemPrefetchAsync(x, n * sizeof *x, 0, NULL));
    CHECK(cudaMemPrefetchAsync(y, n * sizeof *y, 0, NULL));
    struct axpy_args axpy = {x, y, 0.5f, n};
    for (size_t step = 0; step < steps; step++)
        CHECK(HUM_COMPAT_LAUNCH("axpy:axpy", grid, block, NULL, axpy));
    struct squares_args squares = {y, parts, n};
    CHECK(HUM_COMPAT_LAUNCH_SHARED("axpy:squares", grid, block, AXPY_GROUP * sizeof(double), NULL,
                                   squares));
    CHECK(cudaDeviceSynchronize());
    for (size_t g = 0; g < groups; g++)
        norm += parts[g];
    printf("norm %.6f\n", sqrt(norm));
    CHECK(cudaFree(x));
    CHECK(cudaFree(y));
    CHECK(cudaFree(parts));
    return EXIT_SUCCESS;
}
