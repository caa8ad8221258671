/* SPDX-License-Identifier: MIT */
/* axpy.h - y = a x + y, and the sum of the squares of y, a part for each group. */
#ifndef HUM_SAMPLES_PORTING_AXPY_H
#define HUM_SAMPLES_PORTING_AXPY_H

#include <stddef.h>

#define AXPY_GROUP 256u /* items of a group, each with a double of local memory in squares */

/* axpy: work-items beyond n do nothing. */
struct axpy_args {
    const float *x;
    float *y;
    float a;
    size_t n;
};

/* squares: parts[g] = the sum of y[i]^2 of group g. */
struct squares_args {
    const float *y;
    double *parts;
    size_t n;
};

#endif
