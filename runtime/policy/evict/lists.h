/* SPDX-License-Identifier: MIT */
/*
 * lists.h - the state of an order with several lists: each object is in one of them or in none.
 *
 * Lists are numbered 1 .. HUMI_LISTS_MAX, 0 is nowhere.  Each runs from what came into it first to
 * what came last.  Invariant: count[l] objects have place l, and are linked in the circle of l.
 * Threads: one at a time for each state, as include/hum/policy.h says.
 */
#ifndef HUMI_POLICY_EVICT_LISTS_H
#define HUMI_POLICY_EVICT_LISTS_H

#include <hum/policy.h>

#include "policy/evict/chain.h"

#define HUMI_LISTS_MAX 4u
#define HUMI_LIST_NONE 0u

struct humi_lists {
    struct humi_chain *links; /* of the objects, then the heads; a head 0 is there, unused */
    uint8_t *place;           /* of each object: its list */
    uint32_t objects;         /* fixed at init */
    uint32_t count[HUMI_LISTS_MAX + 1]; /* objects in each list, and in none */
};

/* Bytes that links and places of that many objects take. */
size_t humi_lists_bytes(uint32_t objects);

/* All objects nowhere; `memory` is zeroed, aligned for links, and has that many bytes. */
void humi_lists_init(struct humi_lists *lists, void *memory, uint32_t objects);

/* The first of a list: what has been in it longest; the one behind `object` in its list.
 * HUM_EVICT_NONE: the list is empty, or ends there. */
uint32_t humi_lists_begin(const struct humi_lists *lists, unsigned list);
uint32_t humi_lists_behind(const struct humi_lists *lists, uint32_t object);

/* All objects of the list `first`, then those of `second`: the one behind `after`, which is in one
 * of them; after HUM_EVICT_NONE: the first. */
uint32_t humi_lists_walk(const struct humi_lists *lists, unsigned first, unsigned second,
                         uint32_t after);

/* The first of a list that is not empty. */
static inline uint32_t humi_lists_first(const struct humi_lists *lists, unsigned list)
{
    return humi_chain_first(lists->links, lists->objects + list);
}

/* From wherever it is to the end of `list`, or out of all. */
static inline void humi_lists_move(struct humi_lists *lists, uint32_t object, unsigned list)
{
    if (lists->place[object] != HUMI_LIST_NONE)
        humi_chain_remove(lists->links, object);
    lists->count[lists->place[object]]--;
    lists->place[object] = (uint8_t)list;
    lists->count[list]++;
    if (list != HUMI_LIST_NONE)
        humi_chain_push_back(lists->links, lists->objects + list, object);
}

#endif
