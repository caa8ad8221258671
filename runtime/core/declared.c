/* SPDX-License-Identifier: MIT */
/* declared.c - the calls that declare uses, and bringing them. */
#include "core/declared.h"

#include "base/status.h"
#include "core/check.h"
#include "core/epochs.h"
#include "core/grant.h"
#include "core/kept.h"
#include "core/remote.h"
#include "core/room.h"
#include "core/stream.h"
#include "core/visit.h"

/* ---- one block ------------------------------------------------------------------------------- */

struct bringing {
    unsigned processor;
    bool write;
    bool exact;                  /* give access to these pages as told, and to no others */
    enum hum_cause cause;
};

static enum hum_status bring_block(const struct humi_visit *visit)
{
    const struct bringing *bringing = visit->context;
    struct hum *hum = visit->hum;
    unsigned p = bringing->processor, access = humi_region_access(visit->region, p);
    struct humi_hold *hold = &visit->block->hold[p];
    struct hum_pages valid = humi_region_pages(visit->region, humi_block_start(hum, visit->block));
    struct humi_request request = {
        .processor = p,
        .region = visit->region,
        .bring = visit->pages,
        .map = visit->pages,
        .whole = humi_mask_full(&valid),
        .read_only = !(access & HUM_WRITE),
        .cause = bringing->cause,
    };
    if (!(access & HUM_READ) || (bringing->write && request.read_only))
        return humi_fail(HUM_ERR_PERMISSION, "%s may not %s this region (hum_protect)",
                         hum->processor[p]->name, access & HUM_READ ? "write" : "touch");
    if (bringing->write)
        request.write = visit->pages;
    if (humi_epochs_watch(hum, p)) /* faults tell what is touched */
        request.map = humi_mask_none();
    if (bringing->exact) {
        request.faulted = visit->pages;
        request.stores = request.write;
    }
    bool was_here = atomic_load(&hold->resident_pages) != 0;
    enum hum_status status = humi_residency_serve(hum, visit->block, &request);
    if (status == HUM_OK && was_here)
        humi_order_renew(&hum->order[p], visit->block, HUM_EVICT_ON_FAULT | HUM_EVICT_ON_MOVE);
    return status;
}

static enum hum_status bring_range(struct hum *hum, struct humi_region *region, uintptr_t start,
                                   uintptr_t end, struct bringing *bringing)
{
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = start,
                             .end = end,
                             .make = true,
                             .room_on = bringing->processor,
                             .function = bring_block,
                             .context = bringing};
    if (atomic_load(&region->dying))
        return humi_fail(HUM_ERR_INVALID, "a launch uses the region at %#lx, which was freed",
                         (unsigned long)region->start);
    return humi_visit_blocks(&walk);
}

/* ---- a launch -------------------------------------------------------------------------------- */

/* Launches of the device have uses; elsewhere what is declared is a remark. */
static bool is_declared(const struct hum *hum, unsigned processor)
{
    return hum->processor[processor]->cannot_fault || hum->check_uses;
}

static enum hum_status take_block(const struct humi_visit *visit)
{
    const bool *write = visit->context;
    humi_remote_take(visit->hum, visit->block, 0, visit->pages);
    humi_grant_take(visit->hum, visit->block, 0, visit->pages, !*write);
    humi_block_check(visit->hum, visit->block);
    return HUM_OK;
}

/* From here on touches by the host that are in the way of the launch fault, and wait. */
static void take_host(struct hum *hum, const struct humi_uses *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        bool write = uses->use[i].write;
        struct humi_walk walk = {.hum = hum,
                                 .region = uses->use[i].region,
                                 .start = uses->use[i].start,
                                 .end = uses->use[i].end,
                                 .function = take_block,
                                 .context = &write};
        (void)humi_visit_blocks(&walk); /* taking cannot fail */
    }
}

enum hum_status humi_declared_take(struct hum_stream *stream, const struct humi_launch *launch,
                                   struct humi_uses **uses_out)
{
    struct humi_uses *uses = stream->uses;
    stream->uses = NULL;
    *uses_out = NULL;
    if (!is_declared(stream->hum, stream->processor)) {
        humi_uses_free(uses);
        return HUM_OK;
    }
    if (!uses) {
        enum hum_status status =
            humi_uses_add_all(stream->hum, launch->args, launch->args_bytes, &uses);
        if (status != HUM_OK) {
            humi_uses_free(uses);
            return status;
        }
    }
    if (uses->reaches && stream->hum->processor[stream->processor]->other_addresses) {
        humi_uses_free(uses);
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "kernels on %s see the space at another address and cannot follow "
                         "pointers in memory, but regions are marked with hum_reachable(): use "
                         "indices instead of pointers, and say with hum_use() what the launch uses",
                         stream->hum->processor[stream->processor]->name);
    }
    uses->processor = stream->processor;
    humi_uses_enter(stream->hum, uses);
    take_host(stream->hum, uses);
    *uses_out = uses;
    return HUM_OK;
}

static enum hum_status bring_all(struct hum *hum, struct humi_uses *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct humi_use *use = &uses->use[i];
        struct bringing bringing = {.processor = uses->processor,
                                    .write = use->write,
                                    .exact = hum->check_uses,
                                    .cause = HUM_CAUSE_DECLARED};
        enum hum_status status = bring_range(hum, use->region, use->start, use->end, &bringing);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

static size_t bytes_of(const struct humi_uses *uses)
{
    size_t bytes = 0;
    for (size_t i = 0; i < uses->count; i++)
        bytes += uses->use[i].end - uses->use[i].start;
    return bytes;
}

/* What other launches of the device hold leaves when they have ended. */
static enum hum_status bring_patiently(struct hum_stream *stream, uint64_t sequence,
                                       struct humi_uses *uses)
{
    struct hum *hum = stream->hum;
    const struct humi_processor *processor = hum->processor[stream->processor];
    uint64_t ended = humi_uses_ended(hum);
    enum hum_status status = bring_all(hum, uses);
    if (status == HUM_ERR_NO_MEMORY && uses->holds)
        humi_stream_finish(stream, sequence - 1);
    while (status == HUM_ERR_NO_MEMORY && uses->holds &&
           humi_uses_await_other(hum, stream->processor, uses, ended)) {
        ended = humi_uses_ended(hum);
        status = bring_all(hum, uses);
    }
    if (status == HUM_ERR_NO_MEMORY && uses->holds)
        return humi_fail(HUM_ERR_NO_MEMORY,
                         "a launch uses %zu KiB, more than %s can hold at once (%zu MiB, whole "
                         "blocks of 2 MiB): declare parts with hum_use(), or give it more memory",
                         bytes_of(uses) >> 10, processor->name, processor->memory_bytes >> 20);
    return status;
}

enum hum_status humi_declared_bring(struct hum_stream *stream, uint64_t sequence,
                                    struct humi_uses *uses)
{
    struct hum *hum = stream->hum;
    if (hum->check_uses) /* what an earlier launch may touch this one must not find */
        humi_stream_finish(stream, sequence - 1);
    if (!humi_uses_try_begin(hum, uses)) {
        humi_stream_finish(stream, sequence - 1);
        humi_uses_begin(hum, uses);
    }
    if (hum->check_uses)
        humi_check_take(hum, stream->processor);
    enum hum_status status = bring_patiently(stream, sequence, uses);
    humi_uses_brought(hum, uses);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        humi_uses_end(hum, uses);
        humi_error_restore(text);
    }
    humi_room_trim(hum);
    return status;
}

/* ---- the public calls ------------------------------------------------------------------------ */

static bool is_access(unsigned access)
{
    return access && !(access & ~(unsigned)(HUM_READ | HUM_WRITE));
}

enum hum_status hum_use(struct hum_stream *stream, const void *ptr, size_t bytes, unsigned access)
{
    if (!stream || !is_access(access))
        return humi_fail(HUM_ERR_INVALID, "hum_use takes a stream and HUM_READ, HUM_WRITE or both");
    struct humi_region *region = humi_visit_region(stream->hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    humi_lock(&stream->lock);
    enum hum_status status =
        humi_uses_add(&stream->uses, region, (uintptr_t)ptr, bytes, access & HUM_WRITE);
    humi_unlock(&stream->lock);
    humi_region_put(region);
    return status;
}

enum hum_status hum_use_none(struct hum_stream *stream)
{
    if (!stream)
        return humi_fail(HUM_ERR_INVALID, "hum_use_none needs a stream");
    humi_lock(&stream->lock);
    enum hum_status status = humi_uses_make(&stream->uses);
    humi_unlock(&stream->lock);
    return status;
}

enum hum_status hum_reachable(struct hum *hum, const void *ptr, bool reachable)
{
    struct humi_region *region = hum ? humi_visit_region(hum, ptr, 1) : NULL;
    if (!region)
        return humi_fail(HUM_ERR_INVALID,
                         "hum_reachable takes a space and a pointer into a region");
    atomic_store(&region->reachable, reachable);
    humi_region_put(region);
    return HUM_OK;
}

enum hum_status hum_acquire(struct hum *hum, const void *ptr, size_t bytes, unsigned access)
{
    if (!hum || !is_access(access))
        return humi_fail(HUM_ERR_INVALID,
                         "hum_acquire takes a space and HUM_READ, HUM_WRITE or both");
    struct humi_region *region = humi_visit_region(hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    uintptr_t start = (uintptr_t)ptr;
    struct bringing bringing = {.processor = 0,
                                .write = access & HUM_WRITE,
                                .cause = HUM_CAUSE_DECLARED};
    humi_uses_await(hum, start, start + bytes, access & HUM_WRITE);
    if (humi_is_kept(hum)) {
        humi_region_put(region);
        return hum_prefetch(hum, ptr, bytes, HUM_HOST, NULL);
    }
    atomic_store(&region->released, false);
    enum hum_status status = bring_range(hum, region, start, start + bytes, &bringing);
    humi_region_put(region);
    return status;
}

enum hum_status hum_release(struct hum *hum, const void *ptr)
{
    struct humi_region *region = hum ? humi_visit_region(hum, ptr, 1) : NULL;
    if (!region)
        return humi_fail(HUM_ERR_INVALID, "hum_release takes a space and a pointer into a region");
    if (hum->check) {
        atomic_store(&region->released, true);
        humi_check_release(hum, region);
    }
    humi_region_put(region);
    return HUM_OK;
}
