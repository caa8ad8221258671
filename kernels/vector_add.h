/* SPDX-License-Identifier: MIT */
/* vector_add.h - z[i] = x[i] + y[i] for first <= i < first + count. */
#ifndef HUM_KERNELS_VECTOR_ADD_H
#define HUM_KERNELS_VECTOR_ADD_H

#include <stddef.h>

struct vector_add_args {
    const float *x, *y;
    float *z;
    size_t first, count;
};

#endif
