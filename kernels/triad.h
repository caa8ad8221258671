/* SPDX-License-Identifier: MIT */
/* triad.h - the triad of McCalpin's STREAM: a[i] = b[i] + scalar * c[i]. */
#ifndef HUM_KERNELS_TRIAD_H
#define HUM_KERNELS_TRIAD_H

#include <stddef.h>

struct triad_args {
    double *a;
    const double *b, *c;
    double scalar;
    size_t count; /* elements of each array */
};

#endif
