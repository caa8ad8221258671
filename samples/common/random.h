/* SPDX-License-Identifier: MIT */
/* random.h - splitmix64: the same numbers from the same seed everywhere. */
#ifndef SAMPLES_RANDOM_H
#define SAMPLES_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* In [0, n), n at most 2^32; each value's chance is right to 2^-32. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return ((random_next(state) >> 32) * n) >> 32;
}

/* 0 .. n - 1 in random order (R. Durstenfeld, "Algorithm 235", 1964); n at most 2^32 - 1. */
static inline void random_order(uint64_t *state, uint32_t *order_out, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t j = random_below(state, i + 1);

        order_out[i] = order_out[j];
        order_out[j] = (uint32_t)i;
    }
}

#endif
