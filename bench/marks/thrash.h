/* SPDX-License-Identifier: MIT */
/*
 * thrash.h - what the benchmark `thrash` finds besides its ratio: what 1 .. 8 kernels do under each
 * policy, one cell each.
 */
#ifndef HUM_MARKS_THRASH_H
#define HUM_MARKS_THRASH_H

#include <stddef.h>
#include <stdint.h>

#define THRASH_KERNELS_MAX 8u
#define THRASH_FILL 4u /* kernels whose arrays fill the device */
#define THRASH_POLICIES 7u

enum thrash_load {
    THRASH_OWN,   /* each kernel works on its own array, over and over */
    THRASH_TURNS, /* host and kernel write the same pages in turn */
    THRASH_LOADS
};

/* The rounds that count. */
struct thrash_cell {
    uint64_t rounds; /* of all kernels together */
    double seconds;
    uint64_t faults;      /* of host and device */
    uint64_t moved_bytes; /* between them, both ways */
    uint64_t evictions;   /* blocks */
    uint64_t remote_maps; /* blocks of which pages were mapped where they are */
};

struct thrash_table {
    size_t array_bytes[THRASH_LOADS]; /* what one kernel works on */
    size_t device_bytes[THRASH_LOADS];
    struct thrash_cell cell[THRASH_LOADS][THRASH_KERNELS_MAX][THRASH_POLICIES]; /* [kernels - 1] */
};

struct thrash_policy {
    const char *text;   /* as users write it */
    const char *sample; /* HUM_SAMPLE: "on" for those that know by touches */
};

extern const struct thrash_policy thrash_policies[THRASH_POLICIES];
extern const char *const thrash_load_names[THRASH_LOADS];

#endif
