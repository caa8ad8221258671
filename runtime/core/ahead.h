/* SPDX-License-Identifier: MIT */
/*
 * ahead.h - bringing blocks that a policy wants before they are asked for, and letting blocks
 * leave before their room is.
 *
 * A thread of its own, so that the block behind a faulted one is copied while that one is: a stream
 * of faults then uses two cores.  The queue is short and drops what does not fit, because a block
 * that comes late is brought by its fault anyway.
 *
 * In line there is no thread: whoever pushes works on all that is queued by itself before it serves
 * the fault that asked for it, and keeps the reserve between batches, so what happens does not
 * depend on who is faster.
 *
 * Threads: push() and reserve_for() from the fault service, with a block locked; reserve() with
 * none.  pause() and resume() surround work during which nothing may be mapped ahead (a device that
 * starts again).
 */
#ifndef HUMI_CORE_AHEAD_H
#define HUMI_CORE_AHEAD_H

#include "core/core.h"

struct humi_ahead;

struct humi_ahead_item {
    struct humi_region *region;
    unsigned processor;          /* number */
    uint32_t block;              /* index */
    bool exclusive;              /* for writing, too */
    unsigned changes;            /* of the block when it was asked for: late guesses are void */
    bool takes;                  /* even if all of it is here and others lose copies */
    unsigned char guesses;       /* then: blocks taken so without proof, this one included */
    bool warm;                   /* what of it was touched where it is may come (warm.h); nothing
                                    else of this counts then */
};

/* in_line: no thread. */
enum hum_status humi_ahead_start(struct hum *hum, bool in_line, struct humi_ahead **ahead_out);

/* What is queued is forgotten.  NULL is allowed. */
void humi_ahead_stop(struct humi_ahead *ahead);

/* Takes a reference of the region for as long as it is queued. */
void humi_ahead_push(struct humi_ahead *ahead, const struct humi_ahead_item *item);

/*
 * The block is about to be served on processor p: if it takes a room of the reserve, let another
 * block leave meanwhile.  Nothing in line.  Block lock held.
 */
void humi_ahead_reserve_for(struct humi_ahead *ahead, unsigned p, const struct humi_block *block);

/*
 * A batch of processor p has been served: let blocks leave until its reserve is kept (reserve.h).
 * In line they have left when this returns.
 */
void humi_ahead_reserve(struct humi_ahead *ahead, unsigned p);

/* Something is queued to be brought. */
bool humi_ahead_waits(const struct humi_ahead *ahead);

/* There is no thread: the caller must help. */
bool humi_ahead_is_in_line(const struct humi_ahead *ahead);

/* The caller has nothing else to do: work on one item.  False: none is queued. */
bool humi_ahead_help(struct humi_ahead *ahead);

/* Keep the thread off a core.  Does nothing in line. */
void humi_ahead_avoid(struct humi_ahead *ahead, int core);

void humi_ahead_pause(struct humi_ahead *ahead);
void humi_ahead_resume(struct humi_ahead *ahead);

#endif
