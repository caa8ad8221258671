/* SPDX-License-Identifier: MIT */
/* single.c - the state of an algorithm that keeps all it holds in one list. */
#include "replay/single.h"

size_t humi_single_bytes(const struct humi_cache_size *size)
{
    return sizeof(struct humi_single) + ((size_t)size->objects + 1) * sizeof(struct humi_chain);
}

void humi_single_init(void *state, const struct humi_cache_size *size)
{
    struct humi_single *single = state;

    single->capacity = size->capacity;
    single->head = size->objects;
    humi_chain_init(single->links, size->objects + 1);
}
