/* SPDX-License-Identifier: MIT */
/*
 * random.h - random numbers from a seed that is printed.
 *
 * HUM_TEST_SEED=n runs a test again as it ran with that seed; HUM_TEST_LONG=k multiplies the steps.
 * Threads: each its own generator.
 */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* The seed of HUM_TEST_SEED, else one from the clock; printed with the name of the test. */
uint64_t random_seed(const char *test);

/* A generator; `stream` tells generators of one seed apart. */
struct random random_make(uint64_t seed, uint64_t stream);

uint64_t random_next(struct random *random);

/* 0 .. bound - 1; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* `steps`, times HUM_TEST_LONG; without that a quarter of them under sanitizers, which are slow. */
uint64_t random_steps(uint64_t steps);

#endif
