/* SPDX-License-Identifier: MIT */
/* least.c - the fewest bytes that must cross the link. */
#include "replay/least.h"

#include <stdlib.h>

#include "base/status.h"
#include "policy/evict/registry.h"
#include "replay/cache.h"
#include "replay/cost.h"

#define PRICES (HUM_PAGE_SIZE / HUMI_COST_REMOTE_BYTES) /* a page is so many touches */

/* What one side wrote last, and what the other side read of that. */
struct version {
    uint64_t writes;             /* touches; UINT64_MAX: before the trace; 0: it did not */
    uint64_t reads;              /* touches by the other side since */
};

struct page {
    struct version by_host, by_devices;
};

struct search {
    const struct humi_source *source;
    struct page *pages;
    struct humi_least least;
};

/* In touches, at most those that a page is worth. */
static uint64_t price(uint64_t touches)
{
    return touches < PRICES ? touches : PRICES;
}

/* ---- what is written here and read there ----------------------------------------------------- */

static uint64_t bytes_of(const struct version *version)
{
    uint64_t reads = price(version->reads), writes = price(version->writes);

    return (reads < writes ? reads : writes) * HUMI_COST_REMOTE_BYTES;
}

/* Its reads are paid for; then it is as if nobody had written it. */
static uint64_t end_version(struct version *version)
{
    uint64_t bytes = bytes_of(version);

    *version = (struct version){.writes = 0};
    return bytes;
}

/* A write after reads begins a new version. */
static uint64_t write_version(struct version *version, uint64_t touches)
{
    uint64_t bytes = version->reads ? end_version(version) : 0;

    if (version->writes != UINT64_MAX)
        version->writes += touches;
    return bytes;
}

static void take_access(struct search *search, size_t access)
{
    const struct humi_source *source = search->source;
    struct page *page = &search->pages[source->objects[access]];
    bool host = humi_how_processor(source->how[access]) == 0;
    uint64_t touches = humi_source_touches(source, access);

    if (!humi_how_is_write(source->how[access])) {
        struct version *read = host ? &page->by_devices : &page->by_host;
        read->reads += read->writes ? touches : 0;
    } else if (host) {
        search->least.bytes_in += write_version(&page->by_host, touches);
    } else {
        search->least.bytes_out += write_version(&page->by_devices, touches);
    }
}

static void end_page(void *self, uint32_t object)
{
    struct search *search = self;
    struct page *page = &search->pages[object];

    search->least.bytes_in += end_version(&page->by_host);
    search->least.bytes_out += end_version(&page->by_devices);
    page->by_host.writes = search->source->from_host ? UINT64_MAX : 0;
}

static void find_versions(struct search *search)
{
    const struct humi_source *source = search->source;
    size_t ends = 0;

    for (uint32_t object = 0; object < source->pages.count; object++)
        search->pages[object].by_host.writes = source->from_host ? UINT64_MAX : 0;
    for (size_t i = 0; i < source->count; i++) {
        for (; ends < source->end_count && source->ends[ends].access == i; ends++)
            humi_source_each(source, &source->ends[ends].pages, end_page, search);
        take_access(search, i);
    }
    for (uint32_t object = 0; object < source->pages.count; object++)
        end_page(search, object);
}

/* ---- what does not fit ----------------------------------------------------------------------- */

/* Accesses of the only device, told apart by what they cost if they find nothing. */
struct again {
    uint64_t count[PRICES + 1];  /* of those that are not a page's first, by price */
    uint64_t first_price;        /* of those that are, in all */
    uint64_t firsts, misses;
};

/* What is known of a page before an access. */
struct known {
    uint8_t written;             /* touches that wrote it, by anyone, at most PRICES */
    bool seen;                   /* by the device */
};

/*
 * Who reads what nobody wrote, or only writes, needs no bytes.  What is read for the first time can
 * have been written into the device's frame, touch by touch.
 */
static uint64_t price_of(const struct humi_source *source, size_t access,
                         const struct known *known)
{
    uint64_t reads = price(humi_source_touches(source, access));

    if (humi_how_is_write(source->how[access]) || !known->written)
        return 0;
    return known->seen || reads < known->written ? reads : known->written;
}

static void count_access(struct again *again, const struct known *known, uint64_t cost)
{
    if (known->seen) {
        again->count[cost]++;
        return;
    }
    again->firsts++;
    again->first_price += cost;
}

static void count_again(const struct humi_source *source, const uint64_t *next_use,
                        struct humi_cache *cache, struct known *all, struct again *again)
{
    for (size_t i = 0; i < source->count; i++) {
        struct known *known = &all[source->objects[i]];
        uint64_t cost = price_of(source, i, known);

        if (humi_how_is_write(source->how[i]))
            known->written = (uint8_t)price(known->written + humi_source_touches(source, i));
        if (humi_how_processor(source->how[i]) == 0)
            continue;
        again->misses += !humi_cache_access(cache, source->objects[i], next_use[i]).hit;
        count_access(again, known, cost);
        known->seen = true;
    }
}

/* The cheapest of those that are not a page's first, as many as must find nothing. */
static uint64_t bytes_again(const struct again *again)
{
    uint64_t left = again->misses - again->firsts, sum = again->first_price;

    for (uint64_t cost = 0; cost <= PRICES && left; cost++) {
        uint64_t some = left < again->count[cost] ? left : again->count[cost];
        sum += some * cost;
        left -= some;
    }
    return sum * HUMI_COST_REMOTE_BYTES;
}

static enum hum_status find_again(const struct humi_source *source, uint64_t capacity,
                                  uint64_t *bytes_out)
{
    const struct humi_cache_size size = {
        .capacity = capacity < HUMI_OBJECTS_MAX ? (uint32_t)capacity + 1 : HUMI_OBJECTS_MAX,
        .objects = source->pages.count};
    struct humi_cache cache = {.evict = NULL};
    struct again again = {.misses = 0};
    uint64_t *next_use = NULL;
    struct known *known = calloc(source->pages.count, sizeof *known);
    enum hum_status status =
        known ? humi_source_next_use(source, &next_use)
              : humi_fail(HUM_ERR_NO_MEMORY, "out of memory for a bound");

    for (uint32_t i = 0; known && source->from_host && i < source->pages.count; i++)
        known[i].written = PRICES;
    if (status == HUM_OK)
        status = humi_cache_create(humi_evict_find("min"), &size, &cache);
    if (status == HUM_OK) {
        count_again(source, next_use, &cache, known, &again);
        *bytes_out = bytes_again(&again);
    }
    humi_cache_destroy(&cache);
    free(next_use);
    free(known);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

enum hum_status humi_least_find(const struct humi_source *source, uint64_t capacity,
                                struct humi_least *least_out)
{
    struct search search = {.source = source};
    uint64_t again = 0;
    enum hum_status status;

    search.pages = calloc(source->pages.count, sizeof *search.pages);
    if (!search.pages)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for a bound of %u pages",
                         source->pages.count);
    find_versions(&search);
    free(search.pages);
    status = source->devices == 1 ? find_again(source, capacity, &again) : HUM_OK;
    if (status != HUM_OK)
        return status;
    if (again > search.least.bytes_in)
        search.least.bytes_in = again;
    *least_out = search.least;
    return HUM_OK;
}
