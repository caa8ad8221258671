/* SPDX-License-Identifier: MIT */
/* lists.c - the state of an order with several lists. */
#include "policy/evict/lists.h"

static size_t links_of(uint32_t objects)
{
    return (size_t)objects + HUMI_LISTS_MAX + 1;
}

size_t humi_lists_bytes(uint32_t objects)
{
    return links_of(objects) * sizeof(struct humi_chain) + objects;
}

void humi_lists_init(struct humi_lists *lists, void *memory, uint32_t objects)
{
    lists->links = memory;
    lists->place = (uint8_t *)(lists->links + links_of(objects));
    lists->objects = objects;
    lists->count[HUMI_LIST_NONE] = objects;
    for (uint32_t list = 1; list <= HUMI_LISTS_MAX; list++)
        humi_chain_make_head(lists->links, objects + list);
}

uint32_t humi_lists_begin(const struct humi_lists *lists, unsigned list)
{
    return lists->count[list] > 0 ? humi_lists_first(lists, list) : HUM_EVICT_NONE;
}

uint32_t humi_lists_behind(const struct humi_lists *lists, uint32_t object)
{
    uint32_t next = humi_chain_next(lists->links, object);

    return next < lists->objects ? next : HUM_EVICT_NONE;
}

uint32_t humi_lists_walk(const struct humi_lists *lists, unsigned first, unsigned second,
                         uint32_t after)
{
    bool in_second = after != HUM_EVICT_NONE && lists->place[after] == second;
    uint32_t next =
        after == HUM_EVICT_NONE ? humi_lists_begin(lists, first) : humi_lists_behind(lists, after);

    return next == HUM_EVICT_NONE && !in_second ? humi_lists_begin(lists, second) : next;
}
