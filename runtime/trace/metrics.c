/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - the one definition of every metric.
 *
 * Records go by once.  Plain sums are kept in a struct hum_metrics; what depends on the past of a
 * block is in its entries (blocks.h); ratios are made when somebody reads.
 */
#include <stdlib.h>

#include "base/mask.h"
#include "base/status.h"
#include "trace/blocks.h"
#include "trace/record.h"
#include "trace/returns.h"

#define LINE_BYTES 64u

struct hum_metering {
    struct hum_metrics sum;               /* counts and times; ratios are not in here */
    struct humi_blocks blocks;
    bool any;                             /* a record went by: first and last are times */
    bool runs;                            /* an event or faults: not only accesses */
    uint64_t first_ns, last_ns;
    uint64_t faults_batched;              /* of batch records */
    uint64_t touches;                     /* of access records: pages times count */
    bool epochs;                          /* touches are of epochs: their number says nothing */
    uint64_t touched_pages, served_pages; /* distinct */
    uint64_t prefetch_hits;               /* prefetched pages that were touched before they left */
    uint64_t evictions;
    double occupancy_sum, utilisation_sum;
};

enum hum_status hum_metering_create(struct hum_metering **metering_out)
{
    struct hum_metering *metering;

    if (!metering_out)
        return humi_fail(HUM_ERR_INVALID, "hum_metering_create: metering_out is missing");
    metering = calloc(1, sizeof *metering);
    if (!metering)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the metrics of a trace");
    humi_blocks_init(&metering->blocks, HUMI_BLOCKS_MAX);
    *metering_out = metering;
    return HUM_OK;
}

void hum_metering_destroy(struct hum_metering *metering)
{
    if (!metering)
        return;
    humi_blocks_fini(&metering->blocks);
    free(metering);
}

/* ---- events --------------------------------------------------------------------------------- */

static bool is_demand(uint32_t cause)
{
    return cause == HUM_CAUSE_FIRST_TOUCH || cause == HUM_CAUSE_HOST_FAULT ||
           cause == HUM_CAUSE_DEVICE_FAULT || cause == HUM_CAUSE_UPGRADE ||
           cause == HUM_CAUSE_REMAP || cause == HUM_CAUSE_REMOTE_MAP;
}

static bool is_prefetch(uint32_t cause)
{
    return cause == HUM_CAUSE_PREFETCH_USER || cause == HUM_CAUSE_PREFETCH_POLICY;
}

static uint64_t bytes_of(const struct hum_trace_event *event)
{
    uint64_t sum = 0;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        sum += event->bytes[d];
    return sum;
}

/* The direction that an event's time is counted for: that of most of its bytes. */
static unsigned direction_of(const struct hum_trace_event *event)
{
    unsigned most = 0;

    for (unsigned d = 1; d < HUM_DIRECTION_COUNT; d++)
        if (event->bytes[d] > event->bytes[most])
            most = d;
    return most;
}

static void add_bytes(struct hum_metrics *sum, const struct hum_trace_event *event)
{
    uint64_t bytes = bytes_of(event);
    unsigned direction = direction_of(event);

    if (bytes == 0)
        return;
    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++) {
        sum->bytes[d] += event->bytes[d];
        sum->pages[d] += event->bytes[d] / HUM_PAGE_SIZE;
    }
    sum->bytes_by_cause[event->cause] += bytes;
    if (humi_effect_of((enum hum_cause)event->cause, event->evicted) == HUMI_EFFECT_EVICT)
        sum->bytes_eviction += bytes;
    else if (is_demand(event->cause))
        sum->bytes_demand += bytes;
    else if (is_prefetch(event->cause))
        sum->bytes_prefetch += bytes;
    else
        sum->bytes_other += bytes;
    sum->move_ns[direction] += event->move_ns;
    sum->modelled_ns[direction] += event->modelled_ns;
}

static void add_counts(struct hum_metrics *sum, const struct hum_trace_event *event)
{
    uint64_t pages = humi_mask_count(&event->pages);

    sum->events[event->cause]++;
    sum->event_pages[event->cause] += pages;
    if (event->cause == HUM_CAUSE_UPGRADE)
        sum->upgrades++;
    if (is_prefetch(event->cause))
        sum->prefetched_pages += pages;
    if (event->evicted && bytes_of(event))
        sum->evictions_dirty++;
    else if (event->evicted)
        sum->evictions_clean++;
}

/* The pages are no longer on the processor. */
static void forget(struct humi_block_facts *place, const struct hum_pages *pages)
{
    humi_mask_remove(&place->prefetched, pages);
    humi_mask_remove(&place->touched, pages);
}

/* They are on no processor but `keep` any more; HUMI_BLOCK_ITSELF: on none, and were never gone. */
static void forget_elsewhere(struct hum_metering *metering, const struct humi_block_facts *block,
                             int32_t keep, const struct hum_pages *pages)
{
    for (int32_t p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        struct humi_block_facts *place;

        if (p == keep || !(block->processors & HUM_BIT(p)))
            continue;
        place = humi_blocks_find(&metering->blocks, block->block, p);
        if (!place)
            continue;
        forget(place, pages);
        if (keep == HUMI_BLOCK_ITSELF)
            humi_mask_remove(&place->gone, pages);
    }
}

static enum hum_status get_place(struct hum_metering *metering, struct humi_block_facts *block,
                                 int32_t processor, struct humi_block_facts **place_out)
{
    block->processors |= HUM_BIT(processor);
    return humi_blocks_get(&metering->blocks, block->block, processor, place_out);
}

static void evict(struct hum_metering *metering, const struct hum_trace_event *event,
                  struct humi_block_facts *place)
{
    struct hum_pages touched = humi_mask_and(&place->touched, &event->pages);
    unsigned pages = humi_mask_count(&event->pages);

    if (pages) {
        metering->evictions++;
        metering->occupancy_sum += (double)pages / HUM_PAGES_PER_BLOCK;
        metering->utilisation_sum += (double)humi_mask_count(&touched) / pages;
    }
    forget(place, &event->pages);
    humi_mask_add(&place->gone, &event->pages);
}

/* Somebody has been given access to the pages. */
static void serve(struct hum_metering *metering, struct humi_block_facts *block,
                  const struct hum_pages *pages)
{
    struct hum_pages fresh = humi_mask_minus(pages, &block->served);

    metering->served_pages += humi_mask_count(&fresh);
    humi_mask_add(&block->served, pages);
}

static void map_remote(struct hum_metering *metering, const struct hum_trace_event *event,
                       struct humi_block_facts *block, struct humi_block_facts *place)
{
    serve(metering, block, &event->pages);
    humi_mask_add(&place->remote, &event->pages);
    block->reached = true;
}

/* Who touched the pages from elsewhere does so no more: their frame has gone, or was copied. */
static void end_remote(struct hum_metering *metering, const struct humi_block_facts *block,
                       const struct hum_pages *pages)
{
    for (int32_t p = HUM_HOST; block->reached && p < HUM_DEVICES_MAX; p++) {
        struct humi_block_facts *place =
            block->processors & HUM_BIT(p) ? humi_blocks_find(&metering->blocks, block->block, p)
                                           : NULL;
        if (place)
            humi_mask_remove(&place->remote, pages);
    }
}

/* Which events end it: a page that is remote is on one processor, so whoever gets it copies it. */
static void follow_remote(struct hum_metering *metering, const struct hum_trace_event *event,
                          const struct humi_block_facts *block, struct humi_block_facts *place)
{
    switch (event->cause) {
    case HUM_CAUSE_DISCARD:
    case HUM_CAUSE_FREE:
    case HUM_CAUSE_EVICTION:
        end_remote(metering, block, &event->pages);
        break;
    case HUM_CAUSE_PROTECT:
    case HUM_CAUSE_ADVICE:
    case HUM_CAUSE_DEVICE_LOST:
        humi_mask_remove(&place->remote, &event->pages);
        break;
    default:
        end_remote(metering, block, &event->moved);
    }
}

static void arrive(struct hum_metering *metering, const struct hum_trace_event *event,
                   struct humi_block_facts *block, struct humi_block_facts *place)
{
    metering->sum.thrashed_pages +=
        humi_returns_come(&place->gone, &event->pages, &event->moved);
    serve(metering, block, &event->pages);
    if (is_prefetch(event->cause))
        humi_mask_add(&place->prefetched, &event->pages);
}

static void count_round_trip(struct hum_metering *metering, const struct hum_trace_event *event,
                             struct humi_block_facts *block)
{
    if (event->bytes[HUM_D2H])
        block->came_home = true;
    if ((event->bytes[HUM_H2D] || event->bytes[HUM_D2D]) && block->came_home &&
        !event->bytes[HUM_D2H]) {
        metering->sum.round_trips++;
        block->came_home = false;
    }
}

static enum hum_status feed_event(struct hum_metering *metering,
                                  const struct hum_trace_event *event)
{
    struct humi_block_facts *block, *place;
    enum hum_status status;

    status = humi_blocks_get(&metering->blocks, event->block, HUMI_BLOCK_ITSELF, &block);
    if (status == HUM_OK)
        status = get_place(metering, block, event->processor, &place);
    if (status != HUM_OK)
        return status;
    add_bytes(&metering->sum, event);
    add_counts(&metering->sum, event);
    count_round_trip(metering, event, block);
    follow_remote(metering, event, block, place);
    switch (humi_effect_of((enum hum_cause)event->cause, event->evicted)) {
    case HUMI_EFFECT_EVICT:
        evict(metering, event, place);
        break;
    case HUMI_EFFECT_END:
        forget_elsewhere(metering, block, HUMI_BLOCK_ITSELF, &event->pages);
        break;
    case HUMI_EFFECT_LOSE:
        forget(place, &event->pages);
        break;
    case HUMI_EFFECT_REACH:
        map_remote(metering, event, block, place);
        break;
    case HUMI_EFFECT_COME:
        arrive(metering, event, block, place);
        break;
    case HUMI_EFFECT_NONE:
        break;
    }
    return HUM_OK;
}

/* ---- accesses ------------------------------------------------------------------------------- */

static enum hum_status touch_block(struct hum_metering *metering,
                                   const struct hum_trace_access *access, uint64_t number,
                                   const struct hum_pages *pages)
{
    struct humi_block_facts *block, *place;
    struct hum_pages fresh, hits, remote;
    enum hum_status status;

    status = humi_blocks_get(&metering->blocks, number, HUMI_BLOCK_ITSELF, &block);
    if (status == HUM_OK)
        status = get_place(metering, block, access->processor, &place);
    if (status != HUM_OK)
        return status;
    fresh = humi_mask_minus(pages, &block->touched);
    hits = humi_mask_and(pages, &place->prefetched);
    remote = humi_mask_and(pages, &place->remote);
    metering->sum.remote_accesses += (uint64_t)humi_mask_count(&remote) * access->count;
    metering->sum.remote_bytes += (uint64_t)humi_mask_count(&remote) * access->count * LINE_BYTES;
    metering->touched_pages += humi_mask_count(&fresh);
    metering->prefetch_hits += humi_mask_count(&hits);
    humi_mask_add(&block->touched, pages);
    humi_mask_add(&place->touched, pages);
    humi_mask_remove(&place->prefetched, pages);
    if (access->write)
        forget_elsewhere(metering, block, access->processor, pages);
    return HUM_OK;
}

static enum hum_status feed_access(struct hum_metering *metering,
                                   const struct hum_trace_access *access)
{
    uint64_t end = access->first_page + access->pages;
    enum hum_status status = HUM_OK;

    for (uint64_t at = access->first_page; at < end && status == HUM_OK;) {
        uint64_t block = at / HUM_PAGES_PER_BLOCK, start = block * HUM_PAGES_PER_BLOCK;
        uint64_t stop = end - start < HUM_PAGES_PER_BLOCK ? end - start : HUM_PAGES_PER_BLOCK;
        struct hum_pages pages = humi_mask_range((unsigned)(at - start), (unsigned)stop);

        status = touch_block(metering, access, block, &pages);
        at = start + stop;
    }
    metering->touches += (uint64_t)access->pages * access->count;
    return status;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void feed_faults(struct hum_metering *metering, const struct hum_trace_faults *faults)
{
    metering->sum.faults[faults->processor == HUM_HOST ? 0 : 1] += faults->faults;
    metering->sum.duplicate_faults += faults->duplicates;
    metering->sum.far_faults += faults->faults - faults->duplicates;
}

static void feed_batch(struct hum_metering *metering, const struct hum_trace_batch *batch)
{
    metering->sum.batches++;
    metering->faults_batched += batch->faults;
    metering->sum.service_ns += batch->service_ns;
}

static void feed_time(struct hum_metering *metering, uint64_t first_ns, uint64_t last_ns)
{
    if (!metering->any || first_ns < metering->first_ns)
        metering->first_ns = first_ns;
    if (!metering->any || last_ns > metering->last_ns)
        metering->last_ns = last_ns;
    metering->any = true;
}

enum hum_status hum_metering_feed(struct hum_metering *metering,
                                  const struct hum_trace_record *record)
{
    const char *wrong;

    if (!metering || !record)
        return humi_fail(HUM_ERR_INVALID, "hum_metering_feed: the metering or record is missing");
    wrong = humi_trace_record_wrong(record);
    if (wrong)
        return humi_fail(HUM_ERR_INVALID, "hum_metering_feed: %s", wrong);
    feed_time(metering, record->time_ns, record->time_ns);
    switch (record->kind) {
    case HUM_TRACE_LAUNCH:
        feed_time(metering, record->time_ns, record->launch.end_ns);
        return HUM_OK;
    case HUM_TRACE_EVENT:
        metering->runs = true;
        return feed_event(metering, &record->event);
    case HUM_TRACE_FAULTS:
        metering->runs = true;
        feed_faults(metering, &record->faults);
        return HUM_OK;
    case HUM_TRACE_BATCH:
        feed_batch(metering, &record->batch);
        return HUM_OK;
    case HUM_TRACE_EPOCH:
        metering->epochs = true;
        return HUM_OK;
    case HUM_TRACE_ACCESS:
        return feed_access(metering, &record->access);
    default:
        return HUM_OK;
    }
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : HUM_METRIC_UNKNOWN;
}

/* Those that only accesses can tell. */
static void read_touches(const struct hum_metering *metering, struct hum_metrics *out)
{
    uint64_t far = out->far_faults < metering->touches ? out->far_faults : metering->touches;
    double avoided = (double)metering->prefetch_hits;

    out->prefetch_accuracy = out->prefetch_coverage = HUM_METRIC_UNKNOWN;
    out->hit_rate = out->utilisation = HUM_METRIC_UNKNOWN;
    if (metering->touches == 0 || !metering->runs)
        return;
    out->prefetch_accuracy = ratio(avoided, (double)out->prefetched_pages);
    out->prefetch_coverage = ratio(avoided, avoided + (double)out->far_faults);
    if (!metering->epochs)
        out->hit_rate = ratio((double)(metering->touches - far), (double)metering->touches);
    out->utilisation = ratio(metering->utilisation_sum, (double)metering->evictions);
}

void hum_metering_read(const struct hum_metering *metering, struct hum_metrics *metrics_out)
{
    struct hum_metrics *out = metrics_out;
    double moved;

    *out = metering->sum;
    moved = (double)(out->bytes_demand + out->bytes_prefetch + out->bytes_eviction) +
            (double)out->bytes_other;
    out->duration_ns = metering->last_ns - metering->first_ns;
    out->batch_faults = ratio((double)metering->faults_batched, (double)out->batches);
    out->distinct_bytes = (metering->touches ? metering->touched_pages : metering->served_pages) *
                          (uint64_t)HUM_PAGE_SIZE;
    out->amplification =
        metering->runs ? ratio(moved, (double)out->distinct_bytes) : HUM_METRIC_UNKNOWN;
    out->bytes_written_back = out->bytes_eviction;
    out->occupancy = ratio(metering->occupancy_sum, (double)metering->evictions);
    read_touches(metering, out);
    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        out->link_busy[d] = out->modelled_ns[HUM_H2D] + out->modelled_ns[HUM_D2H] +
                                        out->modelled_ns[HUM_D2D] ==
                                    0
                                ? HUM_METRIC_UNKNOWN
                                : ratio((double)out->modelled_ns[d], (double)out->duration_ns);
}
