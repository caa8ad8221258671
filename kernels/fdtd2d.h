/* SPDX-License-Identifier: MIT */
/*
 * fdtd2d.h - one step of an electromagnetic wave in two dimensions (finite differences in time),
 * in three kernels, as PolyBench's fdtd-2d.  All fields are rows x columns.
 *
 *   fdtd_ey   ey[0][c] = source;  ey[r][c] -= 0.5 (hz[r][c] - hz[r-1][c])      from r = 1
 *   fdtd_ex   ex[r][c] -= 0.5 (hz[r][c] - hz[r][c-1])                          from c = 1
 *   fdtd_hz   hz[r][c] -= 0.7 (ex[r][c+1] - ex[r][c] + ey[r+1][c] - ey[r][c])  but the last r and c
 */
#ifndef HUM_KERNELS_FDTD2D_H
#define HUM_KERNELS_FDTD2D_H

#include <stddef.h>

struct fdtd_args {
    float *ex, *ey, *hz;
    const float *source;    /* of this step, one value */
    size_t rows, columns;
};

#endif
