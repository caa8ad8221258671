/* SPDX-License-Identifier: MIT */
/*
 * second_chance.c - what was faulted on longest ago leaves, later if several agents share it.
 *
 *     score = time of the last fault + bonus x sharing
 *
 * Sharing is how many agents were behind the block's last 16 faults: what several use will be
 * missed by several.  Of equal scores the one that got it first leaves.
 * Over pages, where a hit is no fault and no agents are known, it is `fifo`.
 * Source: the bonus of 100 us an agent as published for oversubscribed GPUs whose faults come from
 * many multiprocessors; that scores are compared as plain times is ours.
 */
#include "policy/evict/heap.h"

static const struct hum_tunable tunables[] = {
    {"bonus_us", "microseconds that each agent sharing a block adds to its last fault", 100, 0,
     1000000},
};

struct second_chance {
    struct humi_heap heap; /* tie: when it got its score */
    uint64_t bonus_ns;     /* fixed at init */
    uint64_t events;
};

static size_t second_chance_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct second_chance) + humi_heap_bytes(objects);
}

static void second_chance_init(void *state, uint64_t capacity, uint32_t objects,
                               const uint64_t *values)
{
    struct second_chance *second = state;

    (void)capacity;
    humi_heap_init(&second->heap, second + 1, objects);
    second->bonus_ns = values[0] * 1000;
}

static void second_chance_fault(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct second_chance *second = state;
    uint64_t bonus = second->bonus_ns * facts->sharing;
    uint64_t score = facts->time_ns + bonus;

    if (score < bonus) /* beyond the end of time */
        score = UINT64_MAX;
    humi_heap_put(&second->heap, (struct humi_heap_entry){score, ++second->events, object});
}

static void second_chance_leave(void *state, uint32_t object, bool evicted)
{
    struct second_chance *second = state;

    (void)evicted;
    humi_heap_remove(&second->heap, object);
}

static uint32_t second_chance_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct second_chance *second = state;

    (void)incoming;
    return humi_heap_next(&second->heap, after);
}

const struct hum_evict humi_evict_second_chance = {
    .name = "second-chance",
    .description = "what was faulted on longest ago leaves, later if several agents share it",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof *tunables,
    .feed = HUM_EVICT_ON_FAULT,
    .bytes = second_chance_bytes,
    .init = second_chance_init,
    .arrive = second_chance_fault,
    .renew = second_chance_fault,
    .leave = second_chance_leave,
    .victim = second_chance_victim,
};
