/* SPDX-License-Identifier: MIT */
/*
 * sparse.h - a square sparse matrix in compressed rows (CSR), and the product of one row.
 *
 * Row i has entries offsets[i] .. offsets[i + 1] - 1: column and value of each.
 */
#ifndef HUM_KERNELS_SPARSE_H
#define HUM_KERNELS_SPARSE_H

#include <stddef.h>
#include <stdint.h>

struct sparse {
    uint64_t rows, entries;
    uint64_t *offsets;      /* rows + 1 */
    uint32_t *columns;      /* entries */
    double *values;         /* entries */
};

/* Row times vector, added up in the order of the entries. */
static inline double sparse_row_times(const struct sparse *matrix, size_t row, const double *x)
{
    uint64_t end = matrix->offsets[row + 1];
    double sum = 0.0;

    for (uint64_t e = matrix->offsets[row]; e < end; e++)
        sum += matrix->values[e] * x[matrix->columns[e]];
    return sum;
}

#endif
