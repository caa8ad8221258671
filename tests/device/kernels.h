/* SPDX-License-Identifier: MIT */
/* kernels.h - what the kernels of the device tests are given. */
#ifndef DEVICE_KERNELS_H
#define DEVICE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* touch: *at = value, or *result = *at.  result may be NULL when writing. */
struct touch_args {
    uint64_t *at;
    uint64_t *result;
    uint64_t value;
    uint64_t write;
};

/* hammer: add 1 to *at until *stop is not 0. */
struct hammer_args {
    uint64_t *at;
    const uint64_t *stop;
};

/* mark: add 1 to count[i] for each index.  order: at[*next++] = value. */
struct mark_args {
    uint32_t *count;
    size_t n;
};
struct order_args {
    uint32_t *next;
    uint32_t *at;
    uint32_t value;
};

/*
 * grid: for each work-item, out[its linear global id] += 1 + its own group's sum of item numbers.
 */
struct grid_args {
    uint64_t *out;
};

/* crash: how, see enum crash.  Index 0 crashes, the others wait for nothing and return. */
enum crash { CRASH_NULL, CRASH_WILD, CRASH_DIVIDE, CRASH_ILLEGAL, CRASH_TRAP, CRASH_JUMP,
             CRASH_STACK };
struct crash_args {
    uint64_t how;
    uint64_t *at;
};

/* empty, forever: nothing of it is read. */
struct empty_args {
    uint64_t unused;
};

#endif
