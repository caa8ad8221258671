/* SPDX-License-Identifier: MIT */
/* lists.c - the state of an algorithm with several lists. */
#include "replay/lists.h"

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
    humi_chain_init(lists->links, (uint32_t)links_of(objects));
}
