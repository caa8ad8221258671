/* SPDX-License-Identifier: MIT */
/* single.c - the state of an order that keeps all that is in, in one list. */
#include "policy/evict/single.h"

size_t humi_single_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct humi_single) + ((size_t)objects + 1) * sizeof(struct humi_chain);
}

void humi_single_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct humi_single *single = state;

    (void)capacity;
    (void)tunables;
    single->head = objects;
    humi_chain_make_head(single->links, objects);
}

void humi_single_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct humi_single *single = state;

    (void)facts;
    humi_chain_push_back(single->links, single->head, object);
}

void humi_single_leave(void *state, uint32_t object, bool evicted)
{
    struct humi_single *single = state;

    (void)evicted;
    humi_chain_remove(single->links, object);
}

void humi_single_renew_nothing(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    (void)state;
    (void)object;
    (void)facts;
}

void humi_single_renew_last(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct humi_single *single = state;

    (void)facts;
    humi_chain_move_back(single->links, single->head, object);
}

uint32_t humi_single_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct humi_single *single = state;
    uint32_t next = humi_chain_next(single->links, after == HUM_EVICT_NONE ? single->head : after);

    (void)incoming;
    return next == single->head ? HUM_EVICT_NONE : next;
}
