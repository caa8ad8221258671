/* SPDX-License-Identifier: MIT */
/*
 * own.h - which blocks of a processor may be unguarded (unregistered from userfaultfd).
 *
 * Each run of such blocks is a mapping of its own for the kernel, and a process may have only so
 * many; so runs are counted and kept below a limit, which leaves the rest to the program.  The same
 * set, of pages, says what is mapped in frames of others (away.h).
 *
 *     blocks   . . # # # . . # . .        2 runs
 *
 * Invariant: a block that is unguarded is in the set.  The reverse may be false for a moment.
 * Threads: any; a lock inside, held for a few instructions.
 */
#ifndef HUMI_DEVICE_OWN_H
#define HUMI_DEVICE_OWN_H

#include <hum/hum.h>

#include "base/lock.h"

struct humi_own {
    size_t blocks;          /* fixed at init */
    size_t runs_max;        /* fixed at init */
    struct humi_lock lock;
    uint64_t *words;        /* guarded by lock: bit i is block i */
    size_t runs;            /* guarded by lock */
};

HUM_MUST_USE enum hum_status humi_own_init(struct humi_own *own, size_t blocks, size_t runs_max);
void humi_own_fini(struct humi_own *own);

/* Put blocks [first, end) in; false, and nothing is done, if there would be too many runs. */
bool humi_own_add(struct humi_own *own, size_t first, size_t end);
void humi_own_remove(struct humi_own *own, size_t first, size_t end);

/* Whether one of [first, end) is in; the first and the end of those that are. */
bool humi_own_find(struct humi_own *own, size_t first, size_t end, size_t *first_out,
                   size_t *end_out);

/* The first run of those of [first, end) that are in; false: none is. */
bool humi_own_run(struct humi_own *own, size_t first, size_t end, size_t *first_out,
                  size_t *end_out);

/* Whether all of [first, end) are in. */
bool humi_own_has(struct humi_own *own, size_t first, size_t end);

/* Empty it. */
void humi_own_reset(struct humi_own *own);

#endif
