/* SPDX-License-Identifier: MIT */
/*
 * heat.h - access counters: how often each processor touched the chunks (64 KiB) of each block.
 *
 * A block has one struct hum_heat (hum/policy.h) for each processor that ever faulted on it or
 * whose touches are counted exactly.  Three sources feed it:
 *
 *     faults    every page that a fault asked for is one touch                       (service.c)
 *     samples   mappings are taken away, and the next touch counts for many          (sample.c)
 *     exact     instrumented kernels tell every touch; then the other two, which see a part of the
 *               same touches, do not count for devices                               (accesses.c)
 *
 * Touches that are no multiple of the unit are not lost: the rest is rounded up as often as its
 * size says, by multiples of the golden ratio, which fill the unit evenly; so the same touches give
 * the same counters.  A counter that grew by parts of a unit to n of them is off by sqrt(n) or so
 * (R. Morris, Counting Large Numbers of Events in Small Registers, 1978, has the idea).
 *
 * Fractions.  Where touches between faults are counted, a block has many of them and one scale, and
 * chunks that differ would share a value: on the slots of a hash join 8 bits lost a seventh of the
 * hottest tenth.  There each counter has 8 bits more, below its unit, which policies do not see.
 *
 * Threads: guarded by the block's lock.
 * Ownership: made at first need, freed with the block.  No memory for one is no failure: the
 * touches are not counted then.
 */
#ifndef HUMI_CORE_HEAT_H
#define HUMI_CORE_HEAT_H

#include <hum/policy.h>

struct hum;
struct humi_block;
struct humi_table;
struct humi_touch;

#define HUMI_HEAT_WAIT_NS 16384u /* unit of `wait` */
#define HUMI_HEAT_WAIT_UNKNOWN UINT16_MAX

/* What counters have besides where more is counted than faults. */
struct humi_heat_fine {
    uint32_t armed_us;   /* since when it is sampled (sample.h's clock); 0: it is not */
    uint32_t counted_us; /* up to when samples stand for its touches */
    uint16_t wait;       /* mean time from sampling to the touch, HUMI_HEAT_WAIT_NS */
    uint8_t fraction[2 * HUM_CHUNKS_PER_BLOCK]; /* of reads, then of writes, in 1/256 of a unit */
};

struct humi_heat {
    struct hum_heat counts;
    bool is_fine;        /* once it is it stays so */
    uint32_t dither;     /* state of rounding */
    struct humi_heat_fine fine[]; /* is_fine: one; else none */
};

static inline size_t humi_heat_bytes(bool fine)
{
    return sizeof(struct humi_heat) + (fine ? sizeof(struct humi_heat_fine) : 0);
}

/* ---- pure ------------------------------------------------------------------------------------ */

/* Add touches of a chunk. */
void humi_heat_count(struct humi_heat *heat, unsigned chunk, bool write, uint64_t touches);

/* How many were counted, in touches; heat may be NULL. */
uint64_t humi_heat_touches(const struct humi_heat *heat, unsigned chunk, bool write);

/* Chunks that lie wholly within `pages` become untouched. */
void humi_heat_forget(struct humi_heat *heat, const struct hum_pages *pages);

static inline bool humi_heat_is_armed(const struct humi_heat *heat)
{
    return heat && heat->is_fine && heat->fine->armed_us != 0;
}

/* Its mappings are no longer those that the sample took. */
static inline void humi_heat_disarm(struct humi_heat *heat)
{
    if (heat && heat->is_fine)
        heat->fine->armed_us = 0;
}

/* ---- of a block, which is locked ------------------------------------------------------------- */

/* The processor's heat, made if need be; NULL: no memory. */
struct humi_heat *humi_heat_get(struct humi_table *table, struct humi_block *block, unsigned p);

/* The same, and fine, for what is sampled; an address that humi_heat_get() gave is no more. */
struct humi_heat *humi_heat_refine(struct humi_table *table, struct humi_block *block, unsigned p);

/* What policies see: zero if nothing is known, never NULL. */
const struct hum_heat *humi_heat_of(const struct humi_block *block, unsigned p);

/* Faults on these pages. */
void humi_heat_faults(struct hum *hum, struct humi_block *block, unsigned p,
                      const struct hum_pages *read, const struct hum_pages *write);
/* A fault on one. */
void humi_heat_fault(struct hum *hum, struct humi_block *block, unsigned p, unsigned page,
                     bool write);

/* ---- of a space; no lock is held ------------------------------------------------------------- */

/*
 * The processor's kernels run instrumented, and what they tell is counted.  Not in deterministic
 * runs: when it comes depends on threads, and policies see it.
 */
bool humi_heat_is_exact(const struct hum *hum, unsigned p);

/* What an instrumented kernel touched. */
void humi_heat_touch(struct hum *hum, unsigned p, const struct humi_touch *touch);

#endif
