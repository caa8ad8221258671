/* SPDX-License-Identifier: MIT */
/*
 * cache.h - eviction algorithms over pages of one size, as pure code.
 *
 * A cache holds up to `capacity` objects.  An object is a page of a trace under its dense number
 * (pages.h), 0 .. objects - 1.  Each access is a hit, or a miss that brings the object in and, when
 * the cache is full, makes exactly one other leave: demand paging, nothing is brought unasked and
 * nothing passes by.  So misses == evictions + objects that are in, at any time.
 *
 *     access(object) --> hit
 *                    \-> miss, there was room
 *                    \-> miss, `victim` left
 *
 * An algorithm is one const table: how much memory it needs, how that is prepared, and what an
 * access does.  It never allocates, locks, logs or reads a clock, and the same accesses give the
 * same outcomes on every machine.  What tells two caches apart is their order of eviction only.
 *
 * Bounds: `min` is the least number of misses that demand paging can have; any algorithm with
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

#define HUMI_OBJECTS_MAX (UINT32_MAX / 2 - 16u) /* 8 TiB; higher numbers are heads of lists */
#define HUMI_OBJECT_NONE UINT32_MAX
#define HUMI_NEVER UINT64_MAX               /* as a next use: not used again */

struct humi_cache_size {
    uint32_t capacity;       /* objects that fit, at least 1; may exceed `objects` */
    uint32_t objects;        /* all that will ever be accessed, 1 .. HUMI_OBJECTS_MAX */
};

struct humi_cache_outcome {
    bool hit;
    uint32_t victim;         /* what left; HUMI_OBJECT_NONE on a hit, or if there was room */
};

/* The caller guarantees what `struct humi_cache_size` says, and object < objects. */
struct humi_cache_algorithm {
    const char *name;        /* as users type it */
    const char *about;       /* one line, for help texts */
    bool needs_next_use;     /* it looks at next_use: cannot run live, only in a replay */

    /* Bytes of its state, all of it. */
    size_t (*bytes)(const struct humi_cache_size *size);
    /* Make the empty cache of zeroed memory, aligned for any type. */
    void (*init)(void *state, const struct humi_cache_size *size);
    /* next_use: index of the next access of this object (next_use.h); HUMI_NEVER: none. */
    struct humi_cache_outcome (*access)(void *state, uint32_t object, uint64_t next_use);
};

struct humi_cache {
    const struct humi_cache_algorithm *algorithm;
    void *state;
    size_t bytes;            /* of metadata: all that the algorithm remembers, ghosts included */
};

/* The algorithm of that name; NULL if there is none. */
const struct humi_cache_algorithm *humi_cache_find(const char *name);

/* The index-th algorithm, NULL behind the last: for help texts and for tests of all of them. */
const struct humi_cache_algorithm *humi_cache_at(unsigned index);

/* An empty cache.  HUM_ERR_INVALID: capacity or objects out of range.  HUM_ERR_NO_MEMORY. */
HUM_MUST_USE enum hum_status humi_cache_create(const struct humi_cache_algorithm *algorithm,
                                               const struct humi_cache_size *size,
                                               struct humi_cache *cache_out);
/* Also of one that is all zero, or destroyed already. */
void humi_cache_destroy(struct humi_cache *cache);

static inline struct humi_cache_outcome humi_cache_access(struct humi_cache *cache,
                                                          uint32_t object, uint64_t next_use)
{
    return cache->algorithm->access(cache->state, object, next_use);
}

/* What an access is that changed nothing but the order; that found room; that made one leave. */
static inline struct humi_cache_outcome humi_cache_hit(void)
{
    return (struct humi_cache_outcome){.hit = true, .victim = HUMI_OBJECT_NONE};
}

static inline struct humi_cache_outcome humi_cache_miss(uint32_t victim)
{
    return (struct humi_cache_outcome){.hit = false, .victim = victim};
}

#endif
