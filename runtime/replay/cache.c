/* SPDX-License-Identifier: MIT */
/* cache.c - demand paging on top of an order of eviction. */
#include "replay/cache.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/status.h"
#include "policy/evict/registry.h"

static const struct hum_heat nothing_known;

static size_t words_of(uint32_t objects)
{
    return (size_t)objects / 64 + 1;
}

static enum hum_status make_memory(struct humi_cache *cache, const struct humi_cache_size *size)
{
    size_t in_bytes = words_of(size->objects) * sizeof(uint64_t);
    size_t state_bytes = cache->evict->bytes(size->capacity, size->objects);

    cache->bytes = in_bytes + state_bytes;
    cache->in = calloc(1, in_bytes);
    cache->state = calloc(1, state_bytes);
    if (cache->in && cache->state)
        return HUM_OK;
    free(cache->state);
    free(cache->in);
    return humi_fail(HUM_ERR_NO_MEMORY, "out of memory: %s of %u pages needs %zu MiB",
                     cache->evict->name, size->objects, (cache->bytes >> 20) + 1);
}

enum hum_status humi_cache_create(const struct hum_evict *evict, const struct humi_cache_size *size,
                                  struct humi_cache *cache_out)
{
    struct humi_cache cache = {
        .evict = evict,
        .capacity = size->capacity,
        .counts_uses = evict->feed & HUM_EVICT_ON_TOUCH,
        .facts = {.heat = &nothing_known, .resident_pages = 1},
    };
    uint64_t tunables[HUM_TUNABLES_MAX];
    enum hum_status status;

    if (size->capacity == 0)
        return humi_fail(HUM_ERR_INVALID, "a cache needs a capacity of at least one page");
    if (size->objects == 0 || size->objects > HUMI_OBJECTS_MAX)
        return humi_fail(HUM_ERR_INVALID, "a cache is for 1 to %u pages, not for %u",
                         HUMI_OBJECTS_MAX, size->objects);
    status = make_memory(&cache, size);
    if (status != HUM_OK)
        return status;
    humi_evict_initial(evict, tunables);
    evict->init(cache.state, size->capacity, size->objects,
                size->tunables ? size->tunables : tunables);
    *cache_out = cache;
    return HUM_OK;
}

void humi_cache_destroy(struct humi_cache *cache)
{
    free(cache->state);
    free(cache->in);
    *cache = (struct humi_cache){0};
}

static void leave(struct humi_cache *cache, uint32_t object, bool evicted)
{
    cache->evict->leave(cache->state, object, evicted);
    cache->in[object / 64] &= ~(UINT64_C(1) << object % 64);
    cache->used--;
}

static uint32_t make_room(struct humi_cache *cache, uint32_t incoming)
{
    uint32_t victim = cache->evict->victim(cache->state, incoming, HUM_EVICT_NONE);

    humi_assert(victim != HUM_EVICT_NONE);
    leave(cache, victim, true);
    return victim;
}

void humi_cache_remove(struct humi_cache *cache, uint32_t object)
{
    humi_assert(cache->in[object / 64] & UINT64_C(1) << object % 64);
    leave(cache, object, false);
}

struct humi_cache_outcome humi_cache_access(struct humi_cache *cache, uint32_t object,
                                            uint64_t next_use)
{
    struct humi_cache_outcome outcome = {.victim = HUMI_OBJECT_NONE};
    uint64_t bit = UINT64_C(1) << object % 64;

    outcome.hit = cache->in[object / 64] & bit;
    cache->facts.next_use = next_use;
    cache->facts.time_ns++;
    if (outcome.hit) {
        if (cache->counts_uses)
            cache->evict->renew(cache->state, object, &cache->facts);
        return outcome;
    }
    if (cache->used == cache->capacity)
        outcome.victim = make_room(cache, object);
    cache->evict->arrive(cache->state, object, &cache->facts);
    cache->in[object / 64] |= bit;
    cache->used++;
    return outcome;
}
