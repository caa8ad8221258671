/* SPDX-License-Identifier: MIT */
/*
 * heap.h - numbered objects in the order of a score: the state of an order that scores.
 *
 *     entry[0] is the least;  entry[i] is less than its children entry[4 i + 1] .. entry[4 i + 4]
 *     at[object] is the place of its entry + 1; 0: not in
 *
 * Least first by score, then by tie.  Ties differ between objects, so the order is total and a
 * choice never depends on the shape of the heap.  A change costs O(log n), the first choice O(1),
 * the k-th choice O(k).
 * Memory of objects never put in, and of entries beyond the most that were in at once, is never
 * touched.
 * Threads: one at a time for each state, as include/hum/policy.h says.
 */
#ifndef HUMI_POLICY_EVICT_HEAP_H
#define HUMI_POLICY_EVICT_HEAP_H

#include <hum/policy.h>

struct humi_heap_entry {
    uint64_t score, tie;
    uint32_t object;
};

struct humi_heap {
    struct humi_heap_entry *entry;
    uint32_t *at;
    uint32_t used; /* entries that are there */
};

/* Bytes that entries and places of that many objects take. */
size_t humi_heap_bytes(uint32_t objects);

/* An empty heap; `memory` is zeroed, aligned for entries, and has that many bytes. */
void humi_heap_init(struct humi_heap *heap, void *memory, uint32_t objects);

/* Put an object in, or give one that is in another score. */
void humi_heap_put(struct humi_heap *heap, struct humi_heap_entry entry);

/* Of one that is in. */
void humi_heap_remove(struct humi_heap *heap, uint32_t object);

/* The least; or the least of those greater than `after`, which is in.  HUM_EVICT_NONE: no other. */
uint32_t humi_heap_next(const struct humi_heap *heap, uint32_t after);

static inline bool humi_heap_has(const struct humi_heap *heap, uint32_t object)
{
    return heap->at[object] != 0;
}

/* Of one that is in. */
static inline const struct humi_heap_entry *humi_heap_entry(const struct humi_heap *heap,
                                                            uint32_t object)
{
    return &heap->entry[heap->at[object] - 1];
}

#endif
