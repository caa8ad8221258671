/* SPDX-License-Identifier: MIT */
/* spmv.h - a sparse matrix times a vector: y[i] = scale * (row i of the matrix, times x). */
#ifndef HUM_KERNELS_SPMV_H
#define HUM_KERNELS_SPMV_H

#include "sparse.h"

struct spmv_args {
    struct sparse matrix;
    const double *x;
    double *y;
    double scale;
};

#endif
