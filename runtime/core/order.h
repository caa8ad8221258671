/* SPDX-License-Identifier: MIT */
/*
 * order.h - which blocks hold frames of a processor, in the order in which they should leave.
 *
 * The list's head leaves first.  A block enters at the tail when it gets frames, is renewed (moved
 * to the tail) when the policy says so, goes to the head when nothing resident is left in its
 * frames, and leaves the list when its frames are dropped.
 *
 * Invariant R4: `held` never exceeds `capacity`, both in blocks; room is taken before frames are
 * made and given back after they are dropped.
 *
 * Threads: `lock`, rank LIST, taken while a block's lock is held.  To lock the block of a list
 * entry the entry's block must be tried, never waited for.
 */
#ifndef HUMI_CORE_ORDER_H
#define HUMI_CORE_ORDER_H

#include "core/block.h"

struct humi_order {
    struct humi_lock lock;
    struct humi_list list;        /* of humi_hold.order */
    uint64_t capacity;            /* blocks; UINT64_MAX: no limit; fixed */
    _Atomic uint64_t held;        /* blocks with frames; written under the lock, read anywhere */
    _Atomic uint64_t stale;       /* of these, the ones in which nothing is resident; likewise */
    unsigned processor;           /* number; fixed */
};

void humi_order_init(struct humi_order *order, unsigned processor, uint64_t capacity);
void humi_order_fini(struct humi_order *order);

/* Count the block as held, at the tail.  False: the processor is full.  Block lock held. */
bool humi_order_enter(struct humi_order *order, struct humi_block *block);

/* The frames are gone.  Block lock held; a block that is not in the list is left alone. */
void humi_order_leave(struct humi_order *order, struct humi_block *block);

/* Move to the tail.  Block lock held. */
void humi_order_renew(struct humi_order *order, struct humi_block *block);

/* Nothing is resident in its frames any more: it goes to the head, stale.  Block lock held. */
void humi_order_expire(struct humi_order *order, struct humi_block *block);

/* Something is going to be resident in its frames again.  Block lock held. */
void humi_order_revive(struct humi_order *order, struct humi_block *block);

/*
 * The first block from the head that can be locked at once, locked; NULL when there is none.
 * Skips the first *skip entries and advances *skip past what it looked at; *busy_out becomes true
 * when a block was passed over because somebody has its lock.
 */
struct humi_block *humi_order_pick(struct humi_order *order, unsigned *skip, bool *busy_out);

#endif
