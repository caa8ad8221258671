/* SPDX-License-Identifier: MIT */
/* look.c - what can be asked: pages, regions, devices, counters. */
#include <stdio.h>
#include <string.h>

#include "base/range.h"
#include "base/status.h"
#include "core/accesses.h"
#include "core/counts.h"
#include "core/heat.h"
#include "core/kept.h"
#include "core/kernels.h"
#include "core/look.h"
#include "core/module.h"
#include "core/sample.h"
#include "core/told.h"
#include "core/visit.h"

/* ---- pages ----------------------------------------------------------------------------------- */

static void query_page(const struct hum *hum, const struct humi_block *block, unsigned page,
                       struct hum_page_info *info)
{
    for (unsigned p = 0; block && p < hum->processors; p++) {
        const struct humi_hold *hold = &block->hold[p];
        uint32_t bit = HUM_BIT(humi_public(p));
        info->resident |= humi_mask_has(&hold->resident, page) ? bit : 0;
        info->mapped |= humi_mask_has(&hold->mapped, page) ? bit : 0;
        info->writable |= humi_mask_has(&hold->writable, page) ? bit : 0;
        info->remote |= humi_mask_has(&hold->remote, page) ? bit : 0;
    }
    bool sole = (info->resident & (info->resident - 1)) == 0;
    if (block && sole && humi_mask_has(&block->dirty, page))
        info->dirty = info->resident;
}

static void query_advice(const struct humi_region *region, const struct humi_block *block,
                         struct hum_page_info *info)
{
    info->advice = atomic_load(&region->advice);
    info->preferred = atomic_load(&region->preferred);
    info->accessed_by = atomic_load(&region->accessed_by);
    info->remote_by = atomic_load(&region->remote_by);
    if (!block)
        return;
    info->advice |= block->advice;
    info->accessed_by |= block->accessed_by;
    info->remote_by |= block->remote_by;
    if (block->advice & HUM_ADVISE_PREFERRED)
        info->preferred = block->preferred;
}

struct hum_page_info humi_look_page(const struct hum *hum, const struct humi_region *region,
                                    const struct humi_block *block, unsigned page)
{
    struct hum_page_info info = {0};
    query_page(hum, block, page, &info);
    query_advice(region, block, &info);
    return info;
}

enum hum_status hum_query(struct hum *hum, const void *ptr, size_t bytes,
                          struct hum_page_info *pages_out, size_t count)
{
    if (!hum || (!pages_out && count))
        return humi_fail(HUM_ERR_INVALID, "hum_query needs a space and an output");
    struct humi_region *region = humi_visit_region(hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    humi_told_take(hum, true);
    uintptr_t at = humi_round_down((uintptr_t)ptr, HUM_PAGE_SIZE);
    uintptr_t end = (uintptr_t)ptr + bytes;
    for (size_t i = 0; i < count && at < end;) {
        struct humi_block *block = humi_table_peek(&hum->table, humi_space_block(hum, at));
        if (block)
            humi_lock(&block->lock);
        do {
            unsigned page = humi_page_in_block(at - hum->params.start);
            pages_out[i] = humi_look_page(hum, region, block, page);
            if (humi_is_kept(hum))
                humi_kept_look(hum, at, &pages_out[i]);
            i++;
            at += HUM_PAGE_SIZE;
        } while (i < count && at < end && (at - hum->params.start) % HUM_BLOCK_SIZE);
        if (block)
            humi_unlock(&block->lock);
    }
    humi_region_put(region);
    return HUM_OK;
}

/* Of one block: the chunk's counters. */
static struct hum_chunk_heat chunk_heat(const struct humi_block *block, unsigned p, unsigned chunk)
{
    const struct humi_heat *heat = block ? block->hold[p].heat : NULL;
    return (struct hum_chunk_heat){humi_heat_touches(heat, chunk, false),
                                   humi_heat_touches(heat, chunk, true)};
}

/* What launches that have ended touched; while others run more is on its way in any case. */
static void take_exact(struct hum *hum)
{
    for (unsigned p = 1; p < hum->processors; p++)
        if (atomic_load(&hum->running[p]))
            return;
    humi_accesses_flush(hum->accesses);
}

enum hum_status hum_heat_query(struct hum *hum, const void *ptr, size_t bytes, int processor,
                               struct hum_chunk_heat *heat_out, size_t count)
{
    if (!hum || (!heat_out && count))
        return humi_fail(HUM_ERR_INVALID, "hum_heat_query needs a space and an output");
    if (!humi_is_processor(hum, processor))
        return humi_fail(HUM_ERR_INVALID, "there is no processor %d", processor);
    take_exact(hum);
    humi_sample_take(hum, humi_number(processor));
    humi_told_take(hum, true);
    struct humi_region *region = humi_visit_region(hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    uintptr_t at = humi_round_down((uintptr_t)ptr, HUM_CHUNK_SIZE);
    uintptr_t end = (uintptr_t)ptr + bytes;
    for (size_t i = 0; i < count && at < end;) {
        struct humi_block *block = humi_table_peek(&hum->table, humi_space_block(hum, at));
        if (block)
            humi_lock(&block->lock);
        do {
            size_t chunk = (at - hum->params.start) % HUM_BLOCK_SIZE / HUM_CHUNK_SIZE;
            heat_out[i++] = chunk_heat(block, humi_number(processor), (unsigned)chunk);
            at += HUM_CHUNK_SIZE;
        } while (i < count && at < end && (at - hum->params.start) % HUM_BLOCK_SIZE);
        if (block)
            humi_unlock(&block->lock);
    }
    humi_region_put(region);
    return HUM_OK;
}

/* ---- regions --------------------------------------------------------------------------------- */

static enum hum_status tell_region(struct hum *hum, struct humi_region *region,
                                   struct hum_region_info *info_out)
{
    humi_rwlock_read(&hum->regions.lock);
    humi_region_describe(region, info_out);
    humi_rwlock_unlock(&hum->regions.lock);
    humi_region_put(region);
    return HUM_OK;
}

enum hum_status hum_region_info(struct hum *hum, const void *ptr, struct hum_region_info *info_out)
{
    if (!hum || !info_out)
        return humi_fail(HUM_ERR_INVALID, "hum_region_info needs a space and an output");
    humi_told_take(hum, true);
    struct humi_region *region = humi_regions_find(&hum->regions, (uintptr_t)ptr);
    if (!region)
        return humi_fail(HUM_ERR_INVALID, "%p is not in a live region", ptr);
    return tell_region(hum, region, info_out);
}

enum hum_status hum_region_next(struct hum *hum, const void *ptr, struct hum_region_info *info_out)
{
    if (!hum || !info_out)
        return humi_fail(HUM_ERR_INVALID, "hum_region_next needs a space and an output");
    struct humi_region *region = humi_regions_next(&hum->regions, (uintptr_t)ptr);
    if (!region)
        return HUM_ERR_NOT_FOUND; /* the end of a walk, not an error: no text */
    return tell_region(hum, region, info_out);
}

/* ---- the space ------------------------------------------------------------------------------- */

enum hum_status hum_stats(struct hum *hum, struct hum_stats *stats_out)
{
    if (!hum || !stats_out)
        return humi_fail(HUM_ERR_INVALID, "hum_stats needs a space and an output");
    humi_told_take(hum, true);
    memset(stats_out, 0, sizeof *stats_out);
    humi_counts_of_space(hum, &stats_out->total);
    stats_out->devices = hum->processors - 1;
    for (unsigned p = 0; p < hum->processors; p++) {
        stats_out->capacity_bytes[p] = hum->processor[p]->memory_bytes;
        stats_out->resident_bytes[p] = atomic_load(&hum->resident_pages[p]) * HUM_PAGE_SIZE;
        uint64_t present = atomic_load(&hum->present_pages[p]);
        uint64_t spare = atomic_load(&hum->spare_pages[p]);
        spare = spare < present ? spare : present; /* the two are not read at one moment */
        stats_out->frame_bytes[p] = (present - spare) * HUM_PAGE_SIZE;
        stats_out->spare_bytes[p] = spare * HUM_PAGE_SIZE;
    }
    stats_out->launches = atomic_load(&hum->launches);
    humi_rwlock_read(&hum->regions.lock);
    stats_out->regions = hum->regions.count;
    stats_out->region_bytes = hum->regions.bytes;
    humi_rwlock_unlock(&hum->regions.lock);
    stats_out->metadata_bytes = sizeof *hum + atomic_load(&hum->table.bytes) +
                                atomic_load(&hum->policies.memo_bytes) +
                                humi_regions_metadata(&hum->regions);
    stats_out->told_thrashed = atomic_load(&hum->thrashed);
    stats_out->told_throttled = atomic_load(&hum->throttled);
    stats_out->told_throttled_ns = atomic_load(&hum->throttled_ns);
    stats_out->told_dropped = atomic_load(&hum->untold);
    humi_sample_tell(hum, stats_out);
    return HUM_OK;
}

enum hum_status hum_stats_processor(struct hum *hum, int processor,
                                    struct hum_counters *counters_out)
{
    if (!hum || !counters_out || !humi_is_processor(hum, processor))
        return humi_fail(HUM_ERR_INVALID, "there is no processor %d", processor);
    humi_told_take(hum, true);
    humi_counts_of_processor(hum, humi_number(processor), counters_out);
    return HUM_OK;
}

enum hum_status hum_stats_kernel(struct hum_kernel *kernel, struct hum_kernel_stats *stats_out)
{
    if (!kernel || !stats_out)
        return humi_fail(HUM_ERR_INVALID, "hum_stats_kernel needs a kernel and an output");
    stats_out->launches = atomic_load(&kernel->meter->launches);
    stats_out->launch_ns = atomic_load(&kernel->meter->launch_ns);
    humi_meter_read(&kernel->meter->counters, &stats_out->counters);
    return HUM_OK;
}

unsigned hum_device_count(const struct hum *hum)
{
    return hum ? hum->processors - 1 : 0;
}

enum hum_status hum_device_info(struct hum *hum, int device, struct hum_device_info *info_out)
{
    if (!hum || !info_out || !humi_is_device(hum, device))
        return humi_fail(HUM_ERR_INVALID, "there is no device %d", device);
    unsigned p = humi_number(device);
    const struct humi_processor *processor = hum->processor[p];
    memset(info_out, 0, sizeof *info_out);
    snprintf(info_out->name, sizeof info_out->name, "%s", processor->name);
    snprintf(info_out->kind, sizeof info_out->kind, "%s", processor->kind);
    snprintf(info_out->model, sizeof info_out->model, "%s", processor->model);
    info_out->memory_bytes = processor->memory_bytes;
    info_out->workers = processor->workers;
    info_out->pid = processor->pid;
    info_out->same_address = !processor->other_addresses;
    info_out->managed = processor->keeper != NULL;
    info_out->faults = !processor->cannot_fault;
    info_out->huge_pages = processor->huge;
    info_out->lost = atomic_load(&hum->lost[p]);
    info_out->restarts = atomic_load(&hum->restarts[p]);
    return HUM_OK;
}

enum hum_status hum_system_info(struct hum *hum, struct hum_system_info *info_out)
{
    if (!hum || !info_out)
        return humi_fail(HUM_ERR_INVALID, "hum_system_info needs a space and an output");
    const struct humi_processor *host = hum->processor[0];
    *info_out = (struct hum_system_info){
        .space_start = hum->params.start,
        .space_bytes = hum->params.bytes,
        .policy = atomic_load(&hum->policies.space)->text,
        .kernel_faults = host->kernel_faults,
        .shared_read = host->shared_read,
        .huge_pages = host->huge,
        .reduced = hum->reduced ? hum->reduced : "",
    };
    return HUM_OK;
}
