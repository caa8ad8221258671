/* SPDX-License-Identifier: MIT */
/*
 * chain.h - doubly linked lists of numbered objects, their links in one array.
 *
 *     links:  [object 0] [object 1] ... [object n - 1] [head 0] [head 1] ...
 *
 *     head.next = first <-> ... <-> last = head.prev          all by index + 1
 *
 * Each list is a circle through its head, as those of base/list.h, but a link is 8 bytes, moving
 * an object allocates nothing, and an object's number is its place.
 * Invariant: a link that is in no list is zero, so zeroed memory needs no preparing but its heads,
 * and the links of objects that never were in a list are never touched.
 * Threads: guarded by whoever holds the array.
 */
#ifndef HUMI_POLICY_EVICT_CHAIN_H
#define HUMI_POLICY_EVICT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of the neighbours, each + 1; 0: in no list. */
struct humi_chain {
    uint32_t prev, next;
};

/* Make the link an empty list. */
static inline void humi_chain_make_head(struct humi_chain *links, uint32_t head)
{
    links[head].prev = links[head].next = head + 1;
}

/* Of an object. */
static inline bool humi_chain_is_linked(const struct humi_chain *links, uint32_t at)
{
    return links[at].next != 0;
}

static inline uint32_t humi_chain_next(const struct humi_chain *links, uint32_t at)
{
    return links[at].next - 1;
}

static inline uint32_t humi_chain_prev(const struct humi_chain *links, uint32_t at)
{
    return links[at].prev - 1;
}

static inline bool humi_chain_is_empty(const struct humi_chain *links, uint32_t head)
{
    return humi_chain_next(links, head) == head;
}

/* Of a list that is not empty. */
static inline uint32_t humi_chain_first(const struct humi_chain *links, uint32_t head)
{
    return humi_chain_next(links, head);
}

/* Put `at`, which is in no list, at the end. */
static inline void humi_chain_push_back(struct humi_chain *links, uint32_t head, uint32_t at)
{
    uint32_t last = links[head].prev;

    links[at].prev = last;
    links[at].next = head + 1;
    links[last - 1].next = at + 1;
    links[head].prev = at + 1;
}

/* Put `at`, which is in no list, before `place`: an object, or the head for the end. */
static inline void humi_chain_insert_before(struct humi_chain *links, uint32_t place, uint32_t at)
{
    humi_chain_push_back(links, place, at);
}

/* `at` is in a list. */
static inline void humi_chain_remove(struct humi_chain *links, uint32_t at)
{
    uint32_t prev = links[at].prev, next = links[at].next;

    links[prev - 1].next = next;
    links[next - 1].prev = prev;
    links[at].prev = links[at].next = 0;
}

/* From wherever it is to the end of that list. */
static inline void humi_chain_move_back(struct humi_chain *links, uint32_t head, uint32_t at)
{
    humi_chain_remove(links, at);
    humi_chain_push_back(links, head, at);
}

#endif
