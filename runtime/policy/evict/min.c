/* SPDX-License-Identifier: MIT */
/*
 * min.c - Belady's MIN: what is used again last leaves.  The least misses demand paging can have.
 *
 * It must be told the future: the next use of each object that comes or is used.  Of objects that
 * are never used again the one with the lowest number leaves; which one does not change the misses.
 * It is a bound for objects that all cost the same, brought one at a time.  For blocks, of which
 * each fault brings a part, it is a good order but no bound.
 * Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM
 * Systems Journal 5(2), 1966; as "farthest next use" in Mattson et al. 1970, who prove it optimal.
 */
#include "policy/evict/heap.h"

static size_t min_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct humi_heap) + humi_heap_bytes(objects);
}

static void min_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct humi_heap *heap = state;

    (void)capacity;
    (void)tunables;
    humi_heap_init(heap, heap + 1, objects);
}

static void min_use(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    humi_heap_put(state, (struct humi_heap_entry){UINT64_MAX - facts->next_use, object, object});
}

static void min_leave(void *state, uint32_t object, bool evicted)
{
    (void)evicted;
    humi_heap_remove(state, object);
}

static uint32_t min_victim(void *state, uint32_t incoming, uint32_t after)
{
    (void)incoming;
    return humi_heap_next(state, after);
}

const struct hum_evict humi_evict_min = {
    .name = "min",
    .description = "the bound: what is used again last leaves; needs the whole trace",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .needs_next_use = true,
    .bytes = min_bytes,
    .init = min_init,
    .arrive = min_use,
    .renew = min_use,
    .leave = min_leave,
    .victim = min_victim,
};
