/* SPDX-License-Identifier: MIT */
#ifndef SAXPY_H
#define SAXPY_H

#include <stddef.h>

struct saxpy_args {
    float *x, *y;
    float k;
    size_t n;
};

#endif
