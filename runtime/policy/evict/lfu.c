/* SPDX-License-Identifier: MIT */
/*
 * lfu.c - least frequently used: what was touched least often leaves.
 *
 * How often is what is known best.  Where touches are counted, it is the sum of the counters of the
 * block's chunks.  Where they are not (all counters zero: pages of a trace), it is counted here:
 * an object comes in with 1, each use is one more, and the count is forgotten when it leaves.
 * Of those touched equally often, clean ones leave first, because that copies nothing, then that
 * used first.  Counts never age by themselves.
 * Source: for blocks the access counters of D. Ganguly, Z. Zhang, J. Yang, R. Melhem, "Adaptive
 * page migration for irregular data-intensive applications under GPU memory oversubscription",
 * IPDPS 2020; for pages libCacheSim's LFU (first in, first out within a frequency; no memory of
 * frequencies).
 */
#include "policy/evict/heap.h"
#include "policy/evict/heat.h"

#define DIRTY (UINT64_C(1) << 63)

struct lfu {
    struct humi_heap heap; /* score: how often; tie: dirty, then when it was used last */
    uint64_t uses;         /* of all, so far */
};

static size_t lfu_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct lfu) + humi_heap_bytes(objects);
}

static void lfu_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct lfu *lfu = state;

    (void)capacity;
    (void)tunables;
    humi_heap_init(&lfu->heap, lfu + 1, objects);
}

static void put(struct lfu *lfu, uint32_t object, const struct hum_evict_facts *facts,
                uint64_t counted)
{
    uint64_t heat = humi_heat_sum(facts->heat);
    struct humi_heap_entry entry = {
        .score = heat > 0 ? heat : counted,
        .tie = ++lfu->uses | (facts->dirty_pages > 0 ? DIRTY : 0),
        .object = object,
    };

    humi_heap_put(&lfu->heap, entry);
}

static void lfu_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    put(state, object, facts, 1);
}

static void lfu_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct lfu *lfu = state;

    put(lfu, object, facts, humi_heap_entry(&lfu->heap, object)->score + 1);
}

static void lfu_leave(void *state, uint32_t object, bool evicted)
{
    struct lfu *lfu = state;

    (void)evicted;
    humi_heap_remove(&lfu->heap, object);
}

static uint32_t lfu_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct lfu *lfu = state;

    (void)incoming;
    return humi_heap_next(&lfu->heap, after);
}

const struct hum_evict humi_evict_lfu = {
    .name = "lfu",
    .description = "what was touched least often leaves; of equals clean ones, then the oldest",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = lfu_bytes,
    .init = lfu_init,
    .arrive = lfu_arrive,
    .renew = lfu_renew,
    .leave = lfu_leave,
    .victim = lfu_victim,
};
