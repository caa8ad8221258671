/* SPDX-License-Identifier: MIT */
/* machine.c - a host and devices that hold single pages, replayed in open loop. */
#include "replay/machine.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/status.h"
#include "replay/batch.h"
#include "replay/prefetch.h"

#define HOST 1u                  /* the host's bit in a set of processors */
#define LOOK_AHEAD 16u           /* accesses, whose pages are fetched into the data cache */

/* Sets of processors: bit 0 the host, bit 1 + d device d. */
struct page {
    uint16_t at, current;
    uint16_t gone;               /* evicted there, and has not come again */
    uint16_t ahead;              /* prefetched there, and not touched yet */
};

_Static_assert(HUM_PROCESSORS_MAX <= 16, "sets of processors are 16 bits");

struct machine {
    const struct humi_source *source;
    const struct humi_replay_setup *setup;
    struct page *pages;
    struct humi_cache caches[HUM_DEVICES_MAX];
    uint64_t *next_use;          /* NULL: the algorithm does not look at it */
    uint64_t *upcoming;          /* the same of each page of each device, from now; NULL: unused */
    uint16_t *counts;            /* remote touches of each page of each device; NULL: unused */
    uint8_t *taken;              /* of each block: it has been taken from the host */
    struct humi_prefetcher prefetcher;
    struct humi_batch batch;
    uint64_t record;             /* access records so far */
    uint64_t remote_record;      /* the last one with a remote access */
    uint64_t remote_groups;      /* such records */
    struct humi_replay_result result;
};

static uint64_t number_of(const struct machine *m, uint32_t object)
{
    return m->source->pages.page_of[object];
}

static size_t slot_of(const struct machine *m, unsigned device, uint32_t object)
{
    return (size_t)device * m->source->pages.count + object;
}

static uint16_t bit_of(unsigned device)
{
    return (uint16_t)(HOST << (device + 1));
}

/* ---- pages that leave ----------------------------------------------------------------------- */

/* The host gets the only bytes there are, if it has not got them. */
static void copy_home(struct machine *m, uint32_t object)
{
    struct page *page = &m->pages[object];

    if (page->current == 0 || page->current & HOST)
        return;
    page->current |= HOST;
    m->result.pages_out++;
    m->result.bytes_d2h += HUM_PAGE_SIZE;
    humi_batch_copy_out(&m->batch, number_of(m, object));
}

/* The device's copy is no more; who is `at` the page besides is up to the caller. */
static void forget(struct machine *m, unsigned device, uint32_t object)
{
    struct page *page = &m->pages[object];
    uint16_t others = (uint16_t)~bit_of(device);

    page->at &= others;
    page->current &= others;
    page->ahead &= others;
    humi_prefetcher_left(&m->prefetcher, device, object);
}

/* The cache has chosen it. */
static void evict(struct machine *m, unsigned device, uint32_t object)
{
    struct page *page = &m->pages[object];
    bool dirty = page->current == bit_of(device);

    humi_batch_evict(&m->batch, number_of(m, object));
    m->result.evictions++;
    if (dirty) {
        copy_home(m, object);
        m->result.bytes_eviction += HUM_PAGE_SIZE;
    } else {
        m->result.evictions_clean++;
    }
    page->gone |= bit_of(device);
    forget(m, device, object);
    if (page->at == 0 && page->current)
        page->at = HOST;
}

/* Of all but the processors `kept`; their bytes are lost. */
static void take_from_others(struct machine *m, uint32_t object, uint16_t kept)
{
    struct page *page = &m->pages[object];
    unsigned lose = page->at & (unsigned)~kept;

    for (unsigned device = 0; lose >> (device + 1); device++)
        if (lose & bit_of(device)) {
            humi_cache_remove(&m->caches[device], object);
            forget(m, device, object);
        }
    page->at &= kept;
    page->current &= kept;
}

/* ---- pages that come ------------------------------------------------------------------------ */

static void count_bytes_in(struct machine *m, const struct page *page)
{
    if (page->current == 0)
        m->result.first_touches++;
    else if (page->current & HOST)
        m->result.bytes_h2d += HUM_PAGE_SIZE;
    else
        m->result.bytes_d2d += HUM_PAGE_SIZE;
}

static void count_taken(struct machine *m, uint32_t object)
{
    uint32_t block = m->source->block_of[object];

    if (!(m->pages[object].at & HOST) || m->taken[block])
        return;
    m->taken[block] = 1;
    m->batch.cost.blocks_taken++;
}

/* What it costs to copy it was counted before (count_copies). */
static void come(struct machine *m, unsigned device, uint32_t object, uint64_t next_use)
{
    uint16_t bit = bit_of(device);
    struct page *page = &m->pages[object];
    struct humi_cache_outcome outcome =
        humi_cache_access(&m->caches[device], object, next_use);

    humi_assert(!outcome.hit);
    if (outcome.victim != HUMI_OBJECT_NONE)
        evict(m, device, outcome.victim);
    m->result.pages_in++;
    m->result.thrashed_pages += (page->gone & bit) != 0;
    page->gone &= (uint16_t)~bit;
    count_bytes_in(m, page);
    count_taken(m, object);
    if (page->current)
        page->current |= bit;
    if (m->setup->parts.place == HUMI_PLACE_SHARE) {
        page->at |= bit;
    } else {
        take_from_others(m, object, bit | HOST);
        page->at = bit;
    }
    humi_prefetcher_came(&m->prefetcher, device, object);
}

/* Copies of the pages that are about to come, in the order of their numbers. */
static void count_copies(struct machine *m, const struct humi_proposal *proposal, uint32_t faulted)
{
    bool done = false;

    for (uint32_t i = 0; i <= proposal->count; i++) {
        uint32_t object = i < proposal->count ? proposal->objects[i] : faulted;

        if (!done && number_of(m, object) >= number_of(m, faulted)) {
            done = true;
            humi_batch_page(&m->batch, number_of(m, faulted));
            if (m->pages[faulted].current)
                humi_batch_copy_in(&m->batch, number_of(m, faulted));
        }
        if (i == proposal->count)
            return;
        humi_batch_page(&m->batch, number_of(m, object));
        if (m->pages[object].current)
            humi_batch_copy_in(&m->batch, number_of(m, object));
    }
}

/* Keep those that may come: no device has them, and they fit. */
static void choose(const struct machine *m, struct humi_proposal *proposal)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < proposal->count && count + 1 < m->setup->capacity; i++) {
        uint32_t object = proposal->objects[i];

        if ((m->pages[object].at & (unsigned)~HOST) == 0)
            proposal->objects[count++] = object;
    }
    proposal->count = count;
}

static uint64_t bytes_in(const struct machine *m)
{
    return m->result.bytes_h2d + m->result.bytes_d2d;
}

static uint64_t upcoming_use(const struct machine *m, unsigned device, uint32_t object)
{
    return m->upcoming ? m->upcoming[slot_of(m, device, object)] : HUMI_NEVER;
}

/* A device touches a page that it does not have. */
static void fault(struct machine *m, size_t access, unsigned device)
{
    uint32_t object = m->source->objects[access];
    const struct humi_prefetch_fault about = {object, device,
                                              humi_how_agent(m->source->how[access])};
    struct humi_proposal proposal;

    m->result.misses++;
    humi_batch_fault(&m->batch, &m->setup->cost, m->record);
    humi_prefetcher_propose(&m->prefetcher, &about, &proposal);
    choose(m, &proposal);
    count_copies(m, &proposal, object);
    uint64_t before = bytes_in(m);
    for (uint32_t i = 0; i < proposal.count; i++) {
        come(m, device, proposal.objects[i], upcoming_use(m, device, proposal.objects[i]));
        m->pages[proposal.objects[i]].ahead |= bit_of(device);
        m->result.pages_prefetched++;
    }
    m->result.bytes_prefetch += bytes_in(m) - before;
    come(m, device, object, m->next_use ? m->next_use[access] : HUMI_NEVER);
}

/* ---- touches -------------------------------------------------------------------------------- */

static void touch_remotely(struct machine *m, size_t access)
{
    struct page *page = &m->pages[m->source->objects[access]];

    m->result.remote_accesses += humi_source_touches(m->source, access);
    m->remote_groups += m->remote_record != m->record;
    m->remote_record = m->record;
    if (page->at == 0)
        page->at = HOST;
    if (humi_how_is_write(m->source->how[access]))
        page->current = page->at;
}

/* A page that is counted has not been touched often enough to come. */
static bool is_cold(struct machine *m, size_t access, unsigned device)
{
    uint16_t *count = &m->counts[slot_of(m, device, m->source->objects[access])];
    uint32_t touches = humi_source_touches(m->source, access);

    if (touches < HUMI_COUNTER_THRESHOLD - *count) {
        *count = (uint16_t)(*count + touches);
        return true;
    }
    *count = 0;
    return false;
}

/* The processor has the page. */
static void write_page(struct machine *m, uint32_t object, uint16_t bit, bool missed)
{
    struct page *page = &m->pages[object];

    if (page->at != bit && !missed) {
        m->result.upgrades++;
        humi_batch_fault(&m->batch, &m->setup->cost, m->record);
        humi_batch_page(&m->batch, number_of(m, object));
    }
    if (page->at != bit)
        take_from_others(m, object, bit);
    page->current = bit;
}

static void touch_here(struct machine *m, size_t access, unsigned device)
{
    uint32_t object = m->source->objects[access];
    struct page *page = &m->pages[object];

    humi_cache_access(&m->caches[device], object, m->next_use ? m->next_use[access] : HUMI_NEVER);
    if (page->ahead & bit_of(device)) {
        page->ahead &= (uint16_t)~bit_of(device);
        m->result.prefetched_used++;
    }
}

static void touch_by_device(struct machine *m, size_t access, unsigned device)
{
    uint32_t object = m->source->objects[access];
    bool missed = !(m->pages[object].at & bit_of(device));

    m->result.accesses_device += humi_source_touches(m->source, access);
    if (m->upcoming)
        m->upcoming[slot_of(m, device, object)] = m->next_use[access];
    if (m->setup->parts.place == HUMI_PLACE_REMOTE ||
        (missed && m->counts && is_cold(m, access, device))) {
        touch_remotely(m, access);
        return;
    }
    if (missed)
        fault(m, access, device);
    else
        touch_here(m, access, device);
    if (humi_how_is_write(m->source->how[access]))
        write_page(m, object, bit_of(device), missed);
}

static void touch_by_host(struct machine *m, size_t access)
{
    uint32_t object = m->source->objects[access];
    struct page *page = &m->pages[object];
    bool missed = page->at != 0 && !(page->at & HOST);

    if (missed) {
        m->result.host_faults++;
        humi_batch_fault(&m->batch, &m->setup->cost, m->record);
        humi_batch_page(&m->batch, number_of(m, object));
        copy_home(m, object);
    }
    if (m->setup->parts.place != HUMI_PLACE_SHARE)
        take_from_others(m, object, HOST);
    page->at |= HOST;
    if (humi_how_is_write(m->source->how[access]))
        write_page(m, object, HOST, missed);
}

/* ---- regions that end ----------------------------------------------------------------------- */

/* As it was at first. */
static void forget_page(void *self, uint32_t object)
{
    struct machine *m = self;
    uint16_t first = m->source->from_host ? HOST : 0;

    take_from_others(m, object, 0);
    m->pages[object] = (struct page){.at = first, .current = first};
    for (unsigned device = 0; m->counts && device < m->source->devices; device++)
        m->counts[slot_of(m, device, object)] = 0;
}

static void replay(struct machine *m)
{
    const struct humi_source *source = m->source;
    size_t ends = 0;

    for (size_t i = 0; i < source->count; i++) {
        unsigned processor = humi_how_processor(source->how[i]);

        for (; ends < source->end_count && source->ends[ends].access == i; ends++)
            humi_source_each(source, &source->ends[ends].pages, forget_page, m);
        if (i + LOOK_AHEAD < source->count)
            __builtin_prefetch(&m->pages[source->objects[i + LOOK_AHEAD]], 1);
        m->record += !humi_how_is_joined(source->how[i]);
        if (processor > 0)
            touch_by_device(m, i, processor - 1);
        else
            touch_by_host(m, i);
    }
    humi_batch_end(&m->batch, &m->setup->cost);
}

/* ---- a run ---------------------------------------------------------------------------------- */

static enum hum_status no_memory(const struct machine *m)
{
    return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for a replay of %u pages",
                     m->source->pages.count);
}

/* The first use of each page by each device; later ones take its place as they pass. */
static enum hum_status make_upcoming(struct machine *m)
{
    size_t slots = slot_of(m, m->source->devices, 0);
    uint64_t seen[HUM_DEVICES_MAX] = {0};

    m->upcoming = malloc(slots * sizeof *m->upcoming);
    if (!m->upcoming)
        return no_memory(m);
    for (size_t i = 0; i < slots; i++)
        m->upcoming[i] = HUMI_NEVER;
    for (size_t i = 0; i < m->source->count; i++) {
        unsigned processor = humi_how_processor(m->source->how[i]);
        size_t slot;

        if (processor == 0)
            continue;
        slot = slot_of(m, processor - 1, m->source->objects[i]);
        if (m->upcoming[slot] == HUMI_NEVER)
            m->upcoming[slot] = seen[processor - 1];
        seen[processor - 1]++;
    }
    return HUM_OK;
}

static enum hum_status make_caches(struct machine *m)
{
    const struct humi_cache_size size = {
        .capacity = m->setup->capacity < HUMI_OBJECTS_MAX ? (uint32_t)m->setup->capacity
                                                          : HUMI_OBJECTS_MAX,
        .objects = m->source->pages.count,
    };
    enum hum_status status = HUM_OK;

    if (m->setup->parts.place == HUMI_PLACE_REMOTE)
        return HUM_OK;
    for (unsigned device = 0; device < m->source->devices && status == HUM_OK; device++)
        status = humi_cache_create(m->setup->parts.evict, &size, &m->caches[device]);
    return status;
}

static enum hum_status make_future(struct machine *m)
{
    enum hum_status status;

    if (!m->setup->parts.evict->needs_next_use || m->setup->parts.place == HUMI_PLACE_REMOTE)
        return HUM_OK;
    status = humi_source_next_use(m->source, &m->next_use);
    if (status == HUM_OK && m->setup->parts.prefetch != HUMI_PREFETCH_NONE)
        status = make_upcoming(m);
    return status;
}

static enum hum_status start(struct machine *m)
{
    enum hum_status status;

    m->pages = calloc(m->source->pages.count, sizeof *m->pages);
    m->taken = calloc(m->source->blocks.count, 1);
    if (m->setup->parts.place == HUMI_PLACE_COUNTER)
        m->counts = calloc(slot_of(m, m->source->devices, 0), sizeof *m->counts);
    if (!m->pages || !m->taken || (m->setup->parts.place == HUMI_PLACE_COUNTER && !m->counts))
        return no_memory(m);
    if (m->source->from_host)
        for (uint32_t object = 0; object < m->source->pages.count; object++)
            m->pages[object].at = m->pages[object].current = HOST;
    status = make_caches(m);
    if (status == HUM_OK)
        status = make_future(m);
    if (status == HUM_OK)
        status = humi_prefetcher_init(&m->prefetcher, m->source, m->setup->parts.prefetch);
    return status;
}

static void stop(struct machine *m)
{
    for (unsigned device = 0; device < HUM_DEVICES_MAX; device++)
        humi_cache_destroy(&m->caches[device]);
    humi_prefetcher_fini(&m->prefetcher);
    free(m->pages);
    free(m->next_use);
    free(m->upcoming);
    free(m->counts);
    free(m->taken);
}

static void sum_up(struct machine *m)
{
    m->result.accesses = m->source->touch_sum;
    m->result.far_faults = m->result.misses + m->result.host_faults;
    m->result.batches = m->batch.count;
    m->result.bytes_demand = bytes_in(m) + m->result.bytes_d2h - m->result.bytes_prefetch -
                             m->result.bytes_eviction;
    m->result.modelled_ns =
        m->batch.modelled_ns +
        humi_cost_remote_ns(&m->setup->cost, m->remote_groups, m->result.remote_accesses);
}

enum hum_status humi_machine_run(const struct humi_source *source,
                                 const struct humi_replay_setup *setup,
                                 struct humi_replay_result *result_out)
{
    struct machine m = {.source = source, .setup = setup};
    enum hum_status status;

    if (setup->parts.thrash)
        return humi_fail(HUM_ERR_INVALID,
                         "thrash=on has no meaning where single pages move: leave it off");
    if (setup->capacity == 0)
        return humi_fail(HUM_ERR_INVALID, "a device needs a capacity of at least one page");
    status = start(&m);
    if (status == HUM_OK) {
        replay(&m);
        sum_up(&m);
        *result_out = m.result;
    }
    stop(&m);
    return status;
}
