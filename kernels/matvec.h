/* SPDX-License-Identifier: MIT */
/*
 * matvec.h - a matrix times a vector, added to what is there; a is rows x columns, row by row.
 *
 *   matvec_rows      y[r] += a[r][0] x[0] + ... + a[r][columns - 1] x[columns - 1]
 *   matvec_columns   y[c] += a[0][c] x[0], then += a[1][c] x[1], ...   (the transposed matrix)
 *
 * matvec_columns gives one index a tile of columns and walks down all rows of it, as the threads of
 * a group do that have a column each.  A tile is wide, so that a device of few workers walks
 * through the matrix few times.
 */
#ifndef HUM_KERNELS_MATVEC_H
#define HUM_KERNELS_MATVEC_H

#include <stddef.h>

#define MATVEC_TILE ((size_t)2048)  /* columns of one index of matvec_columns */

struct matvec_args {
    const float *a, *x;
    float *y;
    size_t rows, columns;
};

/* Indices of a launch of matvec_columns; matvec_rows has one for each row. */
static inline size_t matvec_tiles(size_t columns)
{
    return (columns + MATVEC_TILE - 1) / MATVEC_TILE;
}

#endif
