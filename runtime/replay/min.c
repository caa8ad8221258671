/* SPDX-License-Identifier: MIT */
/*
 * min.c - Belady's MIN: what is used again last leaves.  The least misses demand paging can have.
 *
 * It must be told the future: the next use of each object accessed.  Of objects that are never used
 * again the one with the lowest number leaves; which one does not change the misses.
 * Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM
 * Systems Journal 5(2), 1966; as "farthest next use" in Mattson et al. 1970, who prove it optimal.
 *
 * A binary heap of what is in, that to leave first on top.  An access makes its object's next use
 * later, so on a hit it can only rise.
 */
#include "base/check.h"
#include "replay/cache.h"

struct entry {
    uint64_t next_use;
    uint32_t object;
};

struct min {
    struct entry *heap;
    uint32_t *at;                 /* of each object: its place in the heap + 1; 0: not in */
    uint32_t capacity;            /* fixed at init */
    uint32_t used;
};

static size_t heap_max(const struct humi_cache_size *size)
{
    return size->capacity < size->objects ? size->capacity : size->objects;
}

static size_t min_bytes(const struct humi_cache_size *size)
{
    return sizeof(struct min) + heap_max(size) * sizeof(struct entry) +
           size->objects * sizeof(uint32_t);
}

static void min_init(void *state, const struct humi_cache_size *size)
{
    struct min *min = state;

    min->heap = (struct entry *)(min + 1);
    min->at = (uint32_t *)(min->heap + heap_max(size));
    min->capacity = size->capacity;
}

static bool leaves_before(const struct entry *a, const struct entry *b)
{
    return a->next_use != b->next_use ? a->next_use > b->next_use : a->object < b->object;
}

static void place(struct min *min, uint32_t at, struct entry entry)
{
    min->heap[at] = entry;
    min->at[entry.object] = at + 1;
}

/* Put `entry` in at `at`, whose old entry is gone, or further up. */
static void rise(struct min *min, uint32_t at, struct entry entry)
{
    while (at > 0 && leaves_before(&entry, &min->heap[(at - 1) / 2])) {
        place(min, at, min->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(min, at, entry);
}

/* The same at the top, or further down. */
static void sink(struct min *min, struct entry entry)
{
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < min->used && leaves_before(&min->heap[child + 1], &min->heap[child]))
            child++;
        if (child >= min->used || !leaves_before(&min->heap[child], &entry))
            break;
        place(min, at, min->heap[child]);
        at = child;
    }
    place(min, at, entry);
}

static struct humi_cache_outcome min_access(void *state, uint32_t object, uint64_t next_use)
{
    struct min *min = state;
    struct entry entry = {.next_use = next_use, .object = object};
    uint32_t victim;

    if (min->at[object] != 0) {
        uint32_t at = min->at[object] - 1;

        humi_assert(next_use > min->heap[at].next_use);
        rise(min, at, entry);
        return humi_cache_hit();
    }
    if (min->used < min->capacity) {
        rise(min, min->used++, entry);
        return humi_cache_miss(HUMI_OBJECT_NONE);
    }
    victim = min->heap[0].object;
    min->at[victim] = 0;
    sink(min, entry);
    return humi_cache_miss(victim);
}

const struct humi_cache_algorithm humi_cache_min = {
    .name = "min",
    .about = "the bound: what is used again last leaves; needs the whole trace",
    .needs_next_use = true,
    .bytes = min_bytes,
    .init = min_init,
    .access = min_access,
};
