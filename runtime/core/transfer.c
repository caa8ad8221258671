/* SPDX-License-Identifier: MIT */
/* transfer.c - prefetch and discard, at once or in the order of a stream. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/range.h"
#include "base/status.h"
#include "core/budget.h"
#include "core/kept.h"
#include "core/record.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/stream.h"
#include "core/uses.h"
#include "core/visit.h"

struct prefetch {
    unsigned processor;
    uint64_t blocks_left; /* that fit before it would evict its own */
};

static enum hum_status prefetch_block(const struct humi_visit *visit)
{
    struct prefetch *prefetch = visit->context;
    struct hum *hum = visit->hum;
    struct humi_hold *hold = &visit->block->hold[prefetch->processor];
    struct humi_request request = {
        .processor = prefetch->processor,
        .region = visit->region,
        .bring = visit->pages,
        .cause = HUM_CAUSE_PREFETCH_USER,
    };
    if (!(humi_region_access(visit->region, prefetch->processor) & HUM_READ))
        return humi_fail(HUM_ERR_PERMISSION, "%s may not read this region (hum_protect)",
                         hum->processor[prefetch->processor]->name);
    const unsigned used = HUM_EVICT_ON_MOVE | HUM_EVICT_ON_FAULT; /* it is going to be */
    if (humi_mask_within(&request.bring, &hold->resident)) {
        humi_order_renew(&hum->order[prefetch->processor], visit->block, used);
    } else if (prefetch->blocks_left) {
        bool was_here = atomic_load(&hold->resident_pages) != 0;
        enum hum_status status = humi_residency_serve(hum, visit->block, &request);
        if (status != HUM_OK)
            return status;
        if (was_here)
            humi_order_renew(&hum->order[prefetch->processor], visit->block, used);
    }
    if (prefetch->blocks_left)
        prefetch->blocks_left--;
    return HUM_OK;
}

static enum hum_status prefetch_range(struct hum *hum, const struct hum_range *range,
                                      struct prefetch *prefetch)
{
    struct humi_region *region = humi_visit_region(hum, range->ptr, range->bytes);
    if (!region)
        return HUM_ERR_INVALID;
    uintptr_t start = (uintptr_t)range->ptr;
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = start,
                             .end = start + range->bytes,
                             .make = true,
                             .room_on = prefetch->processor,
                             .comes = &prefetch->blocks_left,
                             .function = prefetch_block,
                             .context = prefetch};
    /* No more than the region may hold: what comes last would drive out what came first. */
    uint64_t left = prefetch->blocks_left, budget = humi_budget_of(region, prefetch->processor);
    prefetch->blocks_left = left < budget ? left : budget;
    uint64_t given = prefetch->blocks_left;
    enum hum_status status = humi_visit_blocks(&walk);
    prefetch->blocks_left = left - (given - prefetch->blocks_left);
    humi_region_put(region);
    return status;
}

static enum hum_status discard_block(const struct humi_visit *visit)
{
    humi_residency_forget(visit->hum, visit->block, visit->pages, visit->region,
                          HUM_CAUSE_DISCARD);
    return HUM_OK;
}

static enum hum_status discard_range(struct hum *hum, const struct hum_range *range)
{
    struct humi_region *region = humi_visit_region(hum, range->ptr, range->bytes);
    if (!region)
        return HUM_ERR_INVALID;
    uintptr_t end = (uintptr_t)range->ptr + range->bytes;
    uintptr_t start = humi_round_up((uintptr_t)range->ptr, HUM_PAGE_SIZE);
    if (end != region->start + region->asked_bytes) /* the region's last page is whole, too */
        end = humi_round_down(end, HUM_PAGE_SIZE);
    struct humi_walk walk = {
        .hum = hum, .region = region, .start = start, .end = end, .function = discard_block};
    enum hum_status status = start < end ? humi_visit_blocks(&walk) : HUM_OK;
    humi_region_put(region);
    return status;
}

/* ---- now or in a stream ---------------------------------------------------------------------- */

struct range_work {
    struct humi_work work;
    struct humi_record_ranges told; /* these ranges */
    struct hum_range ranges[];
};

static enum hum_status do_ranges(struct hum *hum, const struct humi_record_ranges *told)
{
    struct prefetch prefetch = {.processor = told->processor,
                                .blocks_left = hum->order[told->processor].capacity};
    enum hum_status first = HUM_OK;
    humi_record_ranges(hum, told);
    if (humi_is_kept(hum))
        return humi_kept_ranges(hum, told);
    for (size_t i = 0; i < told->count; i++) {
        const struct hum_range *range = &told->ranges[i];
        enum hum_status status = told->discard ? discard_range(hum, range)
                                               : prefetch_range(hum, range, &prefetch);
        if (first == HUM_OK)
            first = status;
    }
    humi_room_trim(hum);
    return first;
}

static enum hum_status range_run(struct hum_stream *stream, struct humi_work *work)
{
    struct range_work *mine = humi_container_of(work, struct range_work, work);
    return do_ranges(stream->hum, &mine->told);
}

static void range_destroy(struct humi_work *work)
{
    free(humi_container_of(work, struct range_work, work));
}

static enum hum_status queue_ranges(struct hum_stream *stream,
                                    const struct humi_record_ranges *told)
{
    size_t bytes = told->count * sizeof *told->ranges;
    struct range_work *mine = calloc(1, sizeof *mine + bytes);
    if (!mine)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to queue %zu ranges", told->count);
    mine->work.run = range_run;
    mine->work.destroy = range_destroy;
    memcpy(mine->ranges, told->ranges, bytes);
    mine->told = *told;
    mine->told.ranges = mine->ranges;
    return humi_stream_queue(stream, &mine->work);
}

/* What launches hold against the host, they hold against its calls. */
static void await_launches(struct hum *hum, const struct hum_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        humi_uses_await(hum, (uintptr_t)ranges[i].ptr, (uintptr_t)ranges[i].ptr + ranges[i].bytes,
                        true);
}

static enum hum_status now_or_queue(struct hum *hum, const struct humi_record_ranges *told)
{
    struct humi_record_ranges mine = *told;
    mine.submit_ns = humi_clock_ns();
    if (mine.stream)
        return queue_ranges(mine.stream, &mine);
    await_launches(hum, mine.ranges, mine.count);
    return do_ranges(hum, &mine);
}

/* All ranges are checked before anything is done. */
static enum hum_status check_ranges(struct hum *hum, const struct hum_range *ranges, size_t count,
                                    const struct hum_stream *stream)
{
    if (!hum || (!ranges && count) || (stream && stream->hum != hum))
        return humi_fail(HUM_ERR_INVALID, "%s", !hum      ? "the space is NULL"
                                                : !ranges ? "the ranges are NULL"
                                                          : "the stream is of another space");
    for (size_t i = 0; i < count; i++) {
        struct humi_region *region = humi_visit_region(hum, ranges[i].ptr, ranges[i].bytes);
        if (!region)
            return HUM_ERR_INVALID;
        humi_region_put(region);
    }
    return HUM_OK;
}

enum hum_status hum_prefetch_batch(struct hum *hum, const struct hum_range *ranges, size_t count,
                                   int processor, struct hum_stream *stream)
{
    enum hum_status status = check_ranges(hum, ranges, count, stream);
    if (status != HUM_OK)
        return status;
    if (!humi_is_processor(hum, processor))
        return humi_fail(HUM_ERR_INVALID, "there is no processor %d", processor);
    if (!count)
        return HUM_OK;
    return now_or_queue(hum, &(struct humi_record_ranges){.ranges = ranges,
                                                          .count = count,
                                                          .processor = humi_number(processor),
                                                          .stream = stream});
}

enum hum_status hum_prefetch(struct hum *hum, const void *ptr, size_t bytes, int processor,
                             struct hum_stream *stream)
{
    struct hum_range range = {.bytes = bytes};
    memcpy(&range.ptr, &ptr, sizeof ptr); /* a prefetch changes nothing, so const may go */
    return hum_prefetch_batch(hum, &range, 1, processor, stream);
}

enum hum_status hum_discard_batch(struct hum *hum, const struct hum_range *ranges, size_t count,
                                  struct hum_stream *stream)
{
    enum hum_status status = check_ranges(hum, ranges, count, stream);
    if (status != HUM_OK || !count)
        return status;
    return now_or_queue(hum, &(struct humi_record_ranges){.ranges = ranges,
                                                          .count = count,
                                                          .discard = true,
                                                          .stream = stream});
}

enum hum_status hum_discard(struct hum *hum, void *ptr, size_t bytes, struct hum_stream *stream)
{
    struct hum_range range = {.ptr = ptr, .bytes = bytes};
    return hum_discard_batch(hum, &range, 1, stream);
}
