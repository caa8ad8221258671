/* SPDX-License-Identifier: MIT */
/*
 * gemm.h - c = alpha a b + beta c for square matrices, in tiles that go through local memory.
 *
 * A launch in groups of two dimensions, columns first; a group makes one tile of c and each of its
 * GEMM_TILE work-items one row of that.  Products are added in the order of k, in float.
 */
#ifndef HUM_KERNELS_GEMM_H
#define HUM_KERNELS_GEMM_H

#include <stddef.h>

#define GEMM_TILE ((size_t)64)
#define GEMM_LOCAL_BYTES (3 * GEMM_TILE * GEMM_TILE * sizeof(float))

struct gemm_args {
    const float *a, *b;
    float *c;
    size_t side;
    float alpha, beta;
};

#endif
