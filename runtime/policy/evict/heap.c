/* SPDX-License-Identifier: MIT */
/* heap.c - numbered objects in the order of a score. */
#include "policy/evict/heap.h"

#include "base/check.h"

enum { CHILDREN = 4 };

size_t humi_heap_bytes(uint32_t objects)
{
    return (size_t)objects * (sizeof(struct humi_heap_entry) + sizeof(uint32_t));
}

void humi_heap_init(struct humi_heap *heap, void *memory, uint32_t objects)
{
    heap->entry = memory;
    heap->at = (uint32_t *)(heap->entry + objects);
}

static bool is_less(const struct humi_heap_entry *a, const struct humi_heap_entry *b)
{
    return a->score != b->score ? a->score < b->score : a->tie < b->tie;
}

static void place(struct humi_heap *heap, size_t at, const struct humi_heap_entry *entry)
{
    heap->entry[at] = *entry;
    heap->at[entry->object] = (uint32_t)at + 1;
}

/* Where `entry` belongs at `at` or further up; what is greater moves down. */
static size_t rise(struct humi_heap *heap, size_t at, const struct humi_heap_entry *entry)
{
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;

        if (!is_less(entry, &heap->entry[parent]))
            break;
        place(heap, at, &heap->entry[parent]);
        at = parent;
    }
    return at;
}

static size_t least_child(const struct humi_heap *heap, size_t at)
{
    size_t first = at * CHILDREN + 1, end = first + CHILDREN, least = first;

    if (end > heap->used)
        end = heap->used;
    for (size_t child = first + 1; child < end; child++)
        if (is_less(&heap->entry[child], &heap->entry[least]))
            least = child;
    return least;
}

/* Where it belongs at `at` or further down; what is less moves up. */
static size_t sink(struct humi_heap *heap, size_t at, const struct humi_heap_entry *entry)
{
    while (at * CHILDREN + 1 < heap->used) {
        size_t child = least_child(heap, at);

        if (!is_less(&heap->entry[child], entry))
            break;
        place(heap, at, &heap->entry[child]);
        at = child;
    }
    return at;
}

/* The entry at `at` is to be overwritten with this one. */
static void replace(struct humi_heap *heap, size_t at, const struct humi_heap_entry *entry)
{
    size_t up = rise(heap, at, entry);

    place(heap, up == at ? sink(heap, at, entry) : up, entry);
}

void humi_heap_put(struct humi_heap *heap, struct humi_heap_entry entry)
{
    if (humi_heap_has(heap, entry.object))
        replace(heap, heap->at[entry.object] - 1, &entry);
    else
        place(heap, rise(heap, heap->used++, &entry), &entry);
}

void humi_heap_remove(struct humi_heap *heap, uint32_t object)
{
    uint32_t at = heap->at[object] - 1;
    struct humi_heap_entry last = heap->entry[heap->used - 1];

    humi_assert(humi_heap_has(heap, object));
    heap->used--;
    heap->at[object] = 0;
    if (last.object != object)
        replace(heap, at, &last);
}

/* The place behind `at` and all below it, in the order in which a tree is read; `used`: none. */
static size_t skip(const struct humi_heap *heap, size_t at)
{
    while (at > 0 && (at % CHILDREN == 0 || at + 1 >= heap->used))
        at = (at - 1) / CHILDREN;
    return at == 0 ? heap->used : at + 1;
}

/* Only what is not greater than `after` is looked below. */
static uint32_t least_above(const struct humi_heap *heap, const struct humi_heap_entry *after)
{
    const struct humi_heap_entry *best = NULL;
    size_t at = 0;

    while (at < heap->used) {
        const struct humi_heap_entry *entry = &heap->entry[at];
        bool greater = is_less(after, entry);

        if (greater && (!best || is_less(entry, best)))
            best = entry;
        at = !greater && at * CHILDREN + 1 < heap->used ? at * CHILDREN + 1 : skip(heap, at);
    }
    return best ? best->object : HUM_EVICT_NONE;
}

uint32_t humi_heap_next(const struct humi_heap *heap, uint32_t after)
{
    if (after == HUM_EVICT_NONE)
        return heap->used > 0 ? heap->entry[0].object : HUM_EVICT_NONE;
    return least_above(heap, humi_heap_entry(heap, after));
}
