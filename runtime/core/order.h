/* SPDX-License-Identifier: MIT */
/*
 * order.h - which blocks hold frames of a processor, in the order in which they should leave.
 *
 *     in          the first of them leave first
 *     stale       a list: frames in which nothing is resident any more, newest first
 *     ranked      the evict part of the policy (policy.h): blocks in which something is resident
 *
 * A block enters when it gets frames, is ranked when something becomes resident in them, stale when
 * nothing is any more, and leaves when its frames are dropped.  What happens to it meanwhile is
 * told to the evict part as far as that listens to it.
 *
 * The newest blocks are those that came, or were renewed by a move or a fault, last.  They never
 * leave while others can, whatever the evict part says: one access may need several blocks at once,
 * and they would drive each other out for ever.
 *
 * Invariant R4: `held` never exceeds `capacity`, both in blocks; room is taken before frames are
 * made and given back after they are dropped.
 *
 * Threads: `lock`, rank LIST, taken while a block's lock is held.  To lock the block of an entry
 * the entry's block must be tried, never waited for.
 * Ownership: init allocates the evict part's state, fini frees it.
 */
#ifndef HUMI_CORE_ORDER_H
#define HUMI_CORE_ORDER_H

#include <hum/policy.h>

#include "core/block.h"
#include "core/reserve.h"
#include "policy/evict/guard.h"

#define HUMI_NEWEST_KEPT 4u

struct humi_order {
    struct humi_lock lock;
    const struct hum *hum;        /* fixed; may be NULL */
    const struct humi_table *table; /* fixed */
    uint64_t capacity;            /* blocks; UINT64_MAX: no limit; fixed */
    uint32_t blocks;              /* of the space; fixed */
    unsigned processor;           /* number; fixed */

    /* guarded by the lock */
    struct humi_list stale_list;  /* of humi_hold.order */
    struct humi_guard guard;      /* the evict part; objects are block numbers */
    uint32_t newest[HUMI_NEWEST_KEPT]; /* block numbers, the newest first */
    struct humi_reserve reserve;  /* blocks that are kept free */

    /* written under the lock, read anywhere */
    _Atomic uint64_t held;        /* blocks with frames */
    _Atomic uint64_t stale;       /* of these, the ones in which nothing is resident */
};

struct humi_order_params {
    unsigned processor;           /* number */
    uint64_t capacity;            /* blocks; UINT64_MAX: no limit */
    const struct hum *hum;        /* whose time parts decide by; NULL: the clock's */
    const struct humi_table *table; /* of the space's blocks */
    const struct hum_evict *evict;
    const uint64_t *tunables;     /* of evict */
};

HUM_MUST_USE enum hum_status humi_order_init(struct humi_order *order,
                                             const struct humi_order_params *params);
/* One that init has not seen is allowed if it is zero. */
void humi_order_fini(struct humi_order *order);

/* Another evict part.  adopt() takes it, or the caller calls its fini. */
HUM_MUST_USE enum hum_status humi_order_prepare(const struct humi_order *order,
                                                const struct hum_evict *evict,
                                                const uint64_t *tunables,
                                                struct humi_guard *guard_out);

/* Order what is there by it.  No block is locked. */
void humi_order_adopt(struct humi_order *order, const struct humi_guard *guard);

/* There is no room just now. */
static inline bool humi_order_is_full(const struct humi_order *order)
{
    return atomic_load_explicit(&order->held, memory_order_relaxed) >= order->capacity;
}

/* Count the block as held.  False: the processor is full.  Block lock held. */
bool humi_order_enter(struct humi_order *order, struct humi_block *block);

/* The frames are gone.  Block lock held; a block that is not held is left alone. */
void humi_order_leave(struct humi_order *order, struct humi_block *block);

/* It is going to leave because it was picked.  Block lock held. */
void humi_order_evicted(struct humi_order *order, struct humi_block *block);

/* It has left, for nobody who waited.  Block lock held. */
void humi_order_reserved(struct humi_order *order, const struct humi_block *block);

/* Some of enum hum_evict_feed happened to it.  Block lock held. */
void humi_order_renew(struct humi_order *order, struct humi_block *block, unsigned occurred);

/* Nothing is resident in its frames any more.  Block lock held. */
void humi_order_expire(struct humi_order *order, struct humi_block *block);

/* Something has become resident in its frames.  Block lock held. */
void humi_order_revive(struct humi_order *order, struct humi_block *block);

/* A walk from the first who should leave; zero but for `incoming`. */
struct humi_order_walk {
    uint32_t incoming;            /* block that wants room, HUM_EVICT_NONE: unknown */
    bool busy;                    /* a block was passed over because somebody has its lock */
    bool missed;                  /* it ended, and had looked at fewer than there are */
    unsigned looked_stale;        /* entries that were looked at */
    unsigned looked_ranked;
    uint32_t last;                /* the last of them, if looked_ranked */
};

/* The next block that can be locked at once, locked; NULL: there is none. */
struct humi_block *humi_order_next(struct humi_order *order, struct humi_order_walk *walk);

/*
 * Nothing that walks named can leave, and they missed some.  True: another walk names them
 * (guard.h).
 */
bool humi_order_doubt(struct humi_order *order);

/* One of the newest.  No lock is needed that the block has not. */
bool humi_order_is_newest(struct humi_order *order, const struct humi_block *block);

#endif
