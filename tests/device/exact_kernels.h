/* SPDX-License-Identifier: MIT */
/* exact_kernels.h - what the kernels are given whose touches are compared with a model. */
#ifndef DEVICE_EXACT_KERNELS_H
#define DEVICE_EXACT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* stride: words[i * step] = i for i < n.  sample: *sum += bytes[i * step], added up locally. */
struct stride_args {
    uint64_t *words;
    size_t n, step;
};
struct sample_args {
    const unsigned char *bytes;
    uint64_t *sum;
    size_t n, step;
};

struct axpy_args {
    float *x, *y;
    float k;
    size_t n;
};

/* counter: n times 1 is added to *at. */
struct counter_args {
    uint32_t *at;
    size_t n;
};

/* transpose: out[x][y] = in[y][x] of a matrix of n by n, in groups of 16 by 16. */
struct transpose_args {
    const uint32_t *in;
    uint32_t *out;
    size_t n;
};

/* records: to[i] = from[i], one of them a memory function; then `bytes` bytes are zeroed. */
struct record {
    uint64_t a, b, c;
};
struct records_args {
    const struct record *from;
    struct record *to;
    unsigned char *zeroed;
    size_t n, bytes;
};

/* trip: words[512 * i] = i for i < n, then a store to address 0. */
struct trip_args {
    uint64_t *words;
    size_t n;
};

#endif
