/* SPDX-License-Identifier: MIT */
/*
 * lfu.c - least frequently used, of what is in: each hit counts one, each object comes in with 1.
 *
 * Of those used least often the one leaves that has had its count for longest.  Every use changes
 * the count, so that is the one not used for longest.  A count is forgotten when its object leaves,
 * and never ages.
 * Source: the definition is that of libCacheSim's LFU (first in, first out within a frequency; no
 * memory of frequencies); the structure is that of K. Shah, A. Mitra, D. Matani, "An O(1) algorithm
 * for implementing the LFU cache eviction scheme", 2010.
 *
 *     by_count:  [count 1] <-> [count 3] <-> [count 4]     buckets, none of them empty
 *                 a, b, c       d             e, f         objects, longest there first
 */
#include "base/check.h"
#include "replay/cache.h"
#include "replay/chain.h"

struct lfu {
    struct humi_chain *links;      /* of the objects, then a head a bucket */
    struct humi_chain *by_count;   /* of the buckets, then two heads: in use, free */
    uint64_t *count;               /* of each bucket */
    uint32_t *bucket_of;           /* of each object that is in */
    uint32_t capacity, objects;    /* fixed at init */
    uint32_t in_use, unused;       /* fixed at init: the heads behind the buckets */
    uint32_t used;                 /* objects that are in */
};

/* One a count that is there; one more while an object changes from one to another. */
static uint32_t buckets_of(const struct humi_cache_size *size)
{
    return (size->capacity < size->objects ? size->capacity : size->objects) + 1;
}

static size_t lfu_bytes(const struct humi_cache_size *size)
{
    size_t objects = size->objects, buckets = buckets_of(size);

    return sizeof(struct lfu) + buckets * sizeof(uint64_t) +
           (objects + buckets + buckets + 2) * sizeof(struct humi_chain) +
           objects * sizeof(uint32_t);
}

static void lfu_init(void *state, const struct humi_cache_size *size)
{
    uint32_t buckets = buckets_of(size);
    struct lfu *lfu = state;

    lfu->capacity = size->capacity;
    lfu->objects = size->objects;
    lfu->count = (uint64_t *)(lfu + 1);
    lfu->links = (struct humi_chain *)(lfu->count + buckets);
    lfu->by_count = lfu->links + size->objects + buckets;
    lfu->bucket_of = (uint32_t *)(lfu->by_count + buckets + 2);
    lfu->in_use = buckets;
    lfu->unused = buckets + 1;
    humi_chain_init(lfu->links, size->objects + buckets);
    humi_chain_init(lfu->by_count, buckets + 2);
    for (uint32_t i = 0; i < buckets; i++)
        humi_chain_push_back(lfu->by_count, lfu->unused, i);
}

/* The bucket of `count`, which belongs behind `before`: a bucket of less, or the head. */
static uint32_t bucket_behind(struct lfu *lfu, uint32_t before, uint64_t count)
{
    uint32_t bucket = lfu->by_count[before].next;

    if (bucket != lfu->in_use && lfu->count[bucket] == count)
        return bucket;
    humi_assert(!humi_chain_is_empty(lfu->by_count, lfu->unused));
    bucket = humi_chain_first(lfu->by_count, lfu->unused);
    humi_chain_remove(lfu->by_count, bucket);
    humi_chain_insert_after(lfu->by_count, before, bucket);
    lfu->count[bucket] = count;
    return bucket;
}

static void put(struct lfu *lfu, uint32_t object, uint32_t bucket)
{
    humi_chain_push_back(lfu->links, lfu->objects + bucket, object);
    lfu->bucket_of[object] = bucket;
}

/* Take it out of its bucket, which is free again if it was the only one. */
static void take(struct lfu *lfu, uint32_t object)
{
    uint32_t bucket = lfu->bucket_of[object];

    humi_chain_remove(lfu->links, object);
    if (humi_chain_is_empty(lfu->links, lfu->objects + bucket)) {
        humi_chain_remove(lfu->by_count, bucket);
        humi_chain_insert_after(lfu->by_count, lfu->unused, bucket);
    }
}

static void count_up(struct lfu *lfu, uint32_t object)
{
    uint32_t old = lfu->bucket_of[object];
    uint32_t new = bucket_behind(lfu, old, lfu->count[old] + 1);

    take(lfu, object);
    put(lfu, object, new);
}

static uint32_t evict(struct lfu *lfu)
{
    uint32_t least = humi_chain_first(lfu->by_count, lfu->in_use);
    uint32_t victim = humi_chain_first(lfu->links, lfu->objects + least);

    take(lfu, victim);
    return victim;
}

static struct humi_cache_outcome lfu_access(void *state, uint32_t object, uint64_t next_use)
{
    uint32_t victim = HUMI_OBJECT_NONE;
    struct lfu *lfu = state;

    (void)next_use;
    if (humi_chain_is_linked(lfu->links, object)) {
        count_up(lfu, object);
        return humi_cache_hit();
    }
    if (lfu->used == lfu->capacity)
        victim = evict(lfu);
    else
        lfu->used++;
    put(lfu, object, bucket_behind(lfu, lfu->in_use, 1));
    return humi_cache_miss(victim);
}

const struct humi_cache_algorithm humi_cache_lfu = {
    .name = "lfu",
    .about = "what was used least often since it came leaves; of equals, what was used first",
    .bytes = lfu_bytes,
    .init = lfu_init,
    .access = lfu_access,
};
