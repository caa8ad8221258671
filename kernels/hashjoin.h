/* SPDX-License-Identifier: MIT */
/*
 * hashjoin.h - the two halves of a hash join: build a table of rows, then probe it.
 *
 *   join_clear   every slot becomes empty
 *   join_build   each row goes into the first free slot at or behind that of its key
 *   join_probe   sums[i] = the sum of the payloads of all rows with key probes[i], modulo 2^64
 *
 * Keys may repeat on both sides; no key is 0.  Open addressing: slots are a power of two, and more
 * than there are rows.  Which row of several comes first is left to chance; no sum depends on it.
 */
#ifndef HUM_KERNELS_HASHJOIN_H
#define HUM_KERNELS_HASHJOIN_H

#include <stddef.h>
#include <stdint.h>

#define JOIN_EMPTY 0u

struct join_row {
    uint64_t key, payload;
};

struct join_clear_args {
    struct join_row *slots;
    size_t slot_mask;       /* slots - 1 */
};

struct join_build_args {
    struct join_row *slots;
    size_t slot_mask;
    const struct join_row *rows;
    size_t count;           /* of rows */
};

struct join_probe_args {
    const struct join_row *slots;
    size_t slot_mask;
    const uint64_t *probes;
    uint64_t *sums;
    size_t count;           /* of probes and sums */
};

/* The slot at which a key is looked for first. */
static inline size_t join_slot(uint64_t key, size_t slot_mask)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & slot_mask;
}

#endif
