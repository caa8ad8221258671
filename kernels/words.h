/* SPDX-License-Identifier: MIT */
/* words.h - kernels over an array of 64-bit words: fill, increment, sum. */
#ifndef HUM_KERNELS_WORDS_H
#define HUM_KERNELS_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* fill: words[i] = value.  count is in words. */
struct fill_args {
    uint64_t *words;
    size_t count;
    uint64_t value;
};

/* increment: words[i] += 1. */
struct increment_args {
    uint64_t *words;
    size_t count;
};

/* sum: *sum += words[0] + ... + words[count - 1], modulo 2^64. */
struct sum_args {
    const uint64_t *words;
    size_t count;
    uint64_t *sum;
};

#endif
