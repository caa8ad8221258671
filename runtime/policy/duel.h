/* SPDX-License-Identifier: MIT */
/*
 * duel.h - which way to prefetch would have cost a region least, found while it is used.
 *
 * A block's stay on a processor ends when it is faulted on with nothing resident.  The chunks that
 * were faulted on or brought in that stay are then walked through again for each candidate, by what
 * is known of it (walk.h) or else by its own plan function, on a view in which only its own pages
 * are resident:
 *
 *     cost = faults x (45 us + 20 us) + bytes / 25 GB/s
 *
 * Costs are summed a region and halved every 256 stays, so a region follows the phases of a
 * program.  The live candidate is replaced by one that is cheaper by a sixteenth, after 4 stays.
 *
 * What came without a fault is taken as used: nobody can see whether it was.  So the sums favour
 * what brings much where the live candidate brings much; where it brings little they are exact.
 *
 * Sources: the idea of shadow state on a sample is D. Tam et al., "RapidMRC", ASPLOS 2009, and M.
 * Qureshi et al., "Adaptive insertion policies", ISCA 2007; costs are those of replay/cost.h.
 * Threads: several may look at one region at once.  Its fields are atomic, each of them a hint.
 */
#ifndef HUMI_POLICY_DUEL_H
#define HUMI_POLICY_DUEL_H

#include <stdatomic.h>

#include "policy/walk.h"

#define HUMI_DUEL_MAX 8u         /* candidates */

/* Of a block; zero: it was never seen. */
struct humi_duel_stay {
    uint32_t chunks;             /* that were faulted on or brought since it was empty */
};

/* Of a region; zero: candidate 0 is live. */
struct humi_duel {
    _Atomic uint64_t cost_ns[HUMI_DUEL_MAX];
    _Atomic uint32_t stays;
    _Atomic uint32_t live;
};

/* One of the candidates, with what it is called with. */
struct humi_duellist {
    const struct hum_part *part;
    struct hum_part_context context;
    bool known;                  /* how it walks through the block, so that it need not be asked */
    struct humi_walk walk;
};

/* Is the block part of the sample?  One in eight; all of them in regions of at most 64 blocks. */
bool humi_duel_samples(const struct hum_view *view);

/* Does the fault begin a stay behind one that can be judged? */
bool humi_duel_begins(const struct humi_duel_stay *stay, const struct hum_view *view);

/* Judge the stay before; the live candidate may change.  Only where a stay begins. */
void humi_duel_judge(struct humi_duel *duel, struct humi_duel_stay *stay,
                     const struct hum_view *view, const struct humi_duellist *list, unsigned count);

/* The number of the candidate that would have cost least. */
unsigned humi_duel_live(struct humi_duel *duel);

/* What the live candidate planned for this fault. */
void humi_duel_note(struct humi_duel_stay *stay, const struct hum_view *view,
                    const struct hum_plan *plan);

/* Modelled nanoseconds of a stay in which these chunks were used, under one candidate; pure. */
uint64_t humi_duel_cost_ns(const struct humi_duellist *duellist, const struct hum_view *view,
                           uint32_t chunks);

#endif
