/* SPDX-License-Identifier: MIT */
/* cache.c - the algorithms that exist, and the memory of a cache. */
#include "replay/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

extern const struct humi_cache_algorithm humi_cache_fifo, humi_cache_lru, humi_cache_mru,
    humi_cache_clock, humi_cache_lfu, humi_cache_arc, humi_cache_s3fifo, humi_cache_min;

static const struct humi_cache_algorithm *const algorithms[] = {
    &humi_cache_fifo, &humi_cache_lru, &humi_cache_mru,    &humi_cache_clock,
    &humi_cache_lfu,  &humi_cache_arc, &humi_cache_s3fifo, &humi_cache_min,
};

#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

const struct humi_cache_algorithm *humi_cache_at(unsigned index)
{
    return index < ALGORITHMS ? algorithms[index] : NULL;
}

const struct humi_cache_algorithm *humi_cache_find(const char *name)
{
    for (unsigned i = 0; i < ALGORITHMS; i++)
        if (strcmp(algorithms[i]->name, name) == 0)
            return algorithms[i];
    return NULL;
}

enum hum_status humi_cache_create(const struct humi_cache_algorithm *algorithm,
                                  const struct humi_cache_size *size,
                                  struct humi_cache *cache_out)
{
    struct humi_cache cache = {.algorithm = algorithm};

    if (size->capacity == 0)
        return humi_fail(HUM_ERR_INVALID, "a cache needs a capacity of at least one page");
    if (size->objects == 0 || size->objects > HUMI_OBJECTS_MAX)
        return humi_fail(HUM_ERR_INVALID, "a cache is for 1 to %u pages, not for %u",
                         HUMI_OBJECTS_MAX, size->objects);
    cache.bytes = algorithm->bytes(size);
    cache.state = calloc(1, cache.bytes);
    if (!cache.state)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory: %s of %u pages needs %zu MiB",
                         algorithm->name, size->objects, (cache.bytes >> 20) + 1);
    algorithm->init(cache.state, size);
    *cache_out = cache;
    return HUM_OK;
}

void humi_cache_destroy(struct humi_cache *cache)
{
    free(cache->state);
    *cache = (struct humi_cache){0};
}
