/* SPDX-License-Identifier: MIT */
/*
 * single.h - the state of an algorithm that keeps all it holds in one list.
 *
 * The list runs from what came, or was used, first to what was last.  An object is in the cache if
 * and only if it is linked; `used` counts them.
 * Threads: as cache.h.
 */
#ifndef HUMI_REPLAY_SINGLE_H
#define HUMI_REPLAY_SINGLE_H

#include "replay/cache.h"
#include "replay/chain.h"

struct humi_single {
    uint32_t capacity, head;    /* fixed at init; head: the link behind those of the objects */
    uint32_t used;
    struct humi_chain links[];
};

/* Members of an algorithm's table. */
size_t humi_single_bytes(const struct humi_cache_size *size);
void humi_single_init(void *state, const struct humi_cache_size *size);

static inline bool humi_single_has(const struct humi_single *single, uint32_t object)
{
    return humi_chain_is_linked(single->links, object);
}

static inline bool humi_single_is_full(const struct humi_single *single)
{
    return single->used == single->capacity;
}

/* A miss: `object` goes to the end; `victim` leaves, HUMI_OBJECT_NONE if there is room. */
static inline struct humi_cache_outcome humi_single_bring(struct humi_single *single,
                                                          uint32_t object, uint32_t victim)
{
    if (victim == HUMI_OBJECT_NONE)
        single->used++;
    else
        humi_chain_remove(single->links, victim);
    humi_chain_push_back(single->links, single->head, object);
    return humi_cache_miss(victim);
}

#endif
