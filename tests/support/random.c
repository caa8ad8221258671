/* SPDX-License-Identifier: MIT */
/*
 * random.c - splitmix64 (Steele, Lea, Flood 2014): any seed is a good seed.
 */
#include "support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

uint64_t random_next(struct random *random)
{
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    return random_next(random) % bound; /* the bias is nothing that a test could see */
}

struct random random_make(uint64_t seed, uint64_t stream)
{
    struct random random = {seed ^ (stream * UINT64_C(0xd1342543de82ef95))};

    random_next(&random);
    return random;
}

uint64_t random_seed(const char *test)
{
    const char *given = getenv("HUM_TEST_SEED");
    struct timespec now;
    uint64_t seed;

    clock_gettime(CLOCK_REALTIME, &now);
    seed = (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec + (uint64_t)getpid();
    if (given)
        seed = strtoull(given, NULL, 0);
    printf("%s: HUM_TEST_SEED=%" PRIu64 "\n", test, seed);
    fflush(stdout);
    return seed;
}

uint64_t random_steps(uint64_t steps)
{
    const char *factor = getenv("HUM_TEST_LONG");
    uint64_t times = factor ? strtoull(factor, NULL, 10) : 1;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    if (!factor)
        return steps / 4 + 1; /* as long as without sanitizers, about */
#endif
    return steps * (times ? times : 1);
}
