/* SPDX-License-Identifier: MIT */
/* double_kernels.h - what the tests of the double pass to its kernels. */
#ifndef TEST_DOUBLE_KERNELS_H
#define TEST_DOUBLE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct add_args {
    int32_t *words;
    size_t count;
    int32_t add;
};

/* Each group writes its slice of in to out in reverse order, through local memory. */
struct reverse_args {
    const int32_t *in;
    int32_t *out;
};

struct poke_args {
    int32_t *at;
};

struct sum_args {
    const int32_t *words;
    size_t count;
    int64_t *sum;
};

#endif
