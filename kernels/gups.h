/* SPDX-License-Identifier: MIT */
/*
 * gups.h - random updates: update u xors the random number u into the word that it names.
 *
 * After the RandomAccess benchmark of HPC Challenge, with numbers that are made by their place
 * (mix.h) and updates that are atomic, so that none is lost.
 */
#ifndef HUM_KERNELS_GUPS_H
#define HUM_KERNELS_GUPS_H

#include <stddef.h>
#include <stdint.h>

struct gups_args {
    uint64_t *table;
    size_t words;           /* at most 2^32 */
    size_t updates;         /* also the count to launch with */
    uint64_t seed;
};

#endif
