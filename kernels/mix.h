/* SPDX-License-Identifier: MIT */
/*
 * mix.h - random numbers by their place, so that every index of a launch can make its own.
 *
 * mix_number(seed, i) is number i of the splitmix64 sequence that starts at `seed` (G. Steele,
 * D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014), counted from 0.
 */
#ifndef HUM_KERNELS_MIX_H
#define HUM_KERNELS_MIX_H

#include <stdint.h>

static inline uint64_t mix_number(uint64_t seed, uint64_t i)
{
    uint64_t z = seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The number `random` brought into [0, n), n at most 2^32. */
static inline uint64_t mix_below(uint64_t random, uint64_t n)
{
    return ((random >> 32) * n) >> 32;
}

#endif
