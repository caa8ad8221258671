/* SPDX-License-Identifier: MIT */
/*
 * chain.h - doubly linked lists of numbered objects, their links in one array.
 *
 *     links:  [object 0] [object 1] ... [object n - 1] [head 0] [head 1] ...
 *
 *     head.next = first <-> ... <-> last = head.prev          all by index
 *
 * Each list is a circle through its head, as those of base/list.h, but a link is 8 bytes, moving
 * an object allocates nothing, and an object's number is its place.
 * Invariant: a link that is in no list points to itself.
 * Threads: guarded by whoever holds the array.
 */
#ifndef HUMI_REPLAY_CHAIN_H
#define HUMI_REPLAY_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

struct humi_chain {
    uint32_t prev, next;
};

/* All `count` links, heads included, in no list. */
static inline void humi_chain_init(struct humi_chain *links, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        links[i].prev = links[i].next = i;
}

static inline bool humi_chain_is_linked(const struct humi_chain *links, uint32_t at)
{
    return links[at].next != at;
}

static inline bool humi_chain_is_empty(const struct humi_chain *links, uint32_t head)
{
    return !humi_chain_is_linked(links, head);
}

/* Of a list that is not empty. */
static inline uint32_t humi_chain_first(const struct humi_chain *links, uint32_t head)
{
    return links[head].next;
}

static inline uint32_t humi_chain_last(const struct humi_chain *links, uint32_t head)
{
    return links[head].prev;
}

/* Put `at`, which is in no list, behind `place`, which is in one. */
static inline void humi_chain_insert_after(struct humi_chain *links, uint32_t place, uint32_t at)
{
    uint32_t next = links[place].next;

    links[at].prev = place;
    links[at].next = next;
    links[next].prev = at;
    links[place].next = at;
}

static inline void humi_chain_push_back(struct humi_chain *links, uint32_t head, uint32_t at)
{
    humi_chain_insert_after(links, links[head].prev, at);
}

static inline void humi_chain_remove(struct humi_chain *links, uint32_t at)
{
    uint32_t prev = links[at].prev, next = links[at].next;

    links[prev].next = next;
    links[next].prev = prev;
    links[at].prev = links[at].next = at;
}

/* From wherever it is to the end of that list. */
static inline void humi_chain_move_back(struct humi_chain *links, uint32_t head, uint32_t at)
{
    humi_chain_remove(links, at);
    humi_chain_push_back(links, head, at);
}

#endif
