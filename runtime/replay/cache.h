/* SPDX-License-Identifier: MIT */
/*
 * cache.h - demand paging over pages of one size, on top of an order of eviction.
 *
 * A cache holds up to `capacity` objects.  An object is a page of a trace under its dense number
 * (pages.h), 0 .. objects - 1.  Each access is a hit, or a miss that brings the object in and, when
 * the cache is full, makes exactly one other leave: nothing is brought unasked and nothing passes
 * by.  An object that is in can also be taken away.  So misses == evictions + objects taken away +
 * objects that are in, at any time.
 *
 *     access(object) --> hit                           the order is told of a use
 *                    \-> miss, there was room
 *                    \-> miss, `victim` left           the order chose it
 *
 * What tells two caches apart is their order (policy/evict) only.  An order of which a use moves
 * nothing (no HUM_EVICT_ON_TOUCH in its feed) is not told of hits.  No heat is known of a page, and
 * its time is the number of accesses before.
 *
 * Bounds: `min` is the least number of misses that demand paging can have; any order with
 * capacity >= objects has the compulsory misses only, one an object ("infinite").
 *
 * Threads and ownership: a cache belongs to one thread at a time; the creator destroys it.
 */
#ifndef HUMI_REPLAY_CACHE_H
#define HUMI_REPLAY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>
#include <hum/policy.h>

#define HUMI_OBJECTS_MAX (UINT32_MAX / 2 - 16u) /* 8 TiB; higher numbers are heads of lists */
#define HUMI_OBJECT_NONE HUM_EVICT_NONE
#define HUMI_NEVER UINT64_MAX /* as a next use: not used again */

struct humi_cache_size {
    uint32_t capacity;        /* objects that fit, at least 1; may exceed `objects` */
    uint32_t objects;         /* all that will ever be accessed, 1 .. HUMI_OBJECTS_MAX */
    const uint64_t *tunables; /* of the order; NULL: as its table says */
};

struct humi_cache_outcome {
    bool hit;
    uint32_t victim; /* what left; HUMI_OBJECT_NONE on a hit, or if there was room */
};

struct humi_cache {
    const struct hum_evict *evict;
    void *state;  /* of the order */
    uint64_t *in; /* bit i: object i is in */
    size_t bytes; /* of metadata: all that is remembered, ghosts included */
    uint32_t capacity;
    uint32_t used;                /* objects that are in */
    bool counts_uses;             /* a hit is told to the order */
    struct hum_evict_facts facts; /* of the access at hand */
};

/* An empty cache.  HUM_ERR_INVALID: capacity or objects out of range.  HUM_ERR_NO_MEMORY. */
HUM_MUST_USE enum hum_status humi_cache_create(const struct hum_evict *evict,
                                               const struct humi_cache_size *size,
                                               struct humi_cache *cache_out);
/* Also of one that is all zero, or destroyed already. */
void humi_cache_destroy(struct humi_cache *cache);

/* object < objects; next_use: index of its next access (next_use.h); HUMI_NEVER: none. */
struct humi_cache_outcome humi_cache_access(struct humi_cache *cache, uint32_t object,
                                            uint64_t next_use);

/* An object that is in is taken away: it leaves, and nothing of it is remembered. */
void humi_cache_remove(struct humi_cache *cache, uint32_t object);

#endif
