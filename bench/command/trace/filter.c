/* SPDX-License-Identifier: MIT */
/* filter.c - see filter.h */
#include "command/trace/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_filter_free(struct trace_filter *filter)
{
    trace_names_free(&filter->processors);
    trace_map_free(&filter->regions);
    free(filter->extents);
}

static bool is_number(const char *text, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%lld", (long long)number);
    return strcmp(text, digits) == 0;
}

/* ---- regions -------------------------------------------------------------------------------- */

static struct trace_extent *find_extent(struct trace_filter *filter, uint32_t region)
{
    for (size_t i = filter->extent_count; i-- > 0;)
        if (filter->extents[i].region == region)
            return &filter->extents[i];
    return NULL;
}

static bool add_extent(struct trace_filter *filter, const struct hum_trace_region *region)
{
    struct trace_extent *extent = find_extent(filter, region->region);

    if (!extent && filter->extent_count == filter->extent_room) {
        size_t room = filter->extent_room ? 2 * filter->extent_room : 16;
        void *grown = realloc(filter->extents, room * sizeof(*filter->extents));

        if (!grown)
            return false;
        filter->extents = grown;
        filter->extent_room = room;
    }
    if (!extent)
        extent = &filter->extents[filter->extent_count++];
    extent->region = region->region;
    extent->first_page = region->first_page;
    extent->end_page = region->first_page + region->bytes / HUM_PAGE_SIZE +
                       (region->bytes % HUM_PAGE_SIZE != 0);
    extent->live = true;
    return trace_map_get(&filter->regions, region->region) != NULL;
}

static bool note_region(struct trace_filter *filter, const struct hum_trace_record *record)
{
    if (record->kind == HUM_TRACE_REGION && filter->region &&
        (strcmp(filter->region, record->region.name) == 0 ||
         is_number(filter->region, record->region.region)))
        return add_extent(filter, &record->region);
    if (record->kind == HUM_TRACE_REGION_END) {
        struct trace_extent *extent = find_extent(filter, record->region_end.region);

        if (extent)
            extent->live = false; /* others may get its pages */
    }
    return true;
}

static bool is_region_kept(const struct trace_filter *filter, uint32_t region)
{
    return !filter->region || trace_map_find(&filter->regions, region) != NULL;
}

/* Cut the access to the part of it in a region that is kept. */
static bool cut_access(const struct trace_filter *filter, struct hum_trace_access *access)
{
    uint64_t first = access->first_page, end = first + access->pages;

    if (!filter->region)
        return true;
    for (size_t i = 0; i < filter->extent_count; i++) {
        const struct trace_extent *extent = &filter->extents[i];

        if (!extent->live || extent->first_page >= end || extent->end_page <= first)
            continue;
        if (extent->first_page > first)
            first = extent->first_page;
        if (extent->end_page < end)
            end = extent->end_page;
        access->first_page = first;
        access->pages = (uint32_t)(end - first);
        return true;
    }
    return false;
}

/* ---- processors ----------------------------------------------------------------------------- */

static bool is_processor_kept(const struct trace_filter *filter, int32_t processor)
{
    const char *name = trace_names_find(&filter->processors, (uint32_t)(processor + 1));

    if (!filter->processor)
        return true;
    if (strcmp(filter->processor, "host") == 0 && processor == HUM_HOST)
        return true;
    return (name && strcmp(filter->processor, name) == 0) ||
           is_number(filter->processor, processor);
}

/* ---- records -------------------------------------------------------------------------------- */

static bool is_time_kept(const struct trace_filter *filter, const struct hum_trace_record *record)
{
    uint64_t start = record->time_ns, end = start;

    if (record->kind == HUM_TRACE_LAUNCH && record->launch.end_ns > start)
        end = record->launch.end_ns;
    return end >= filter->from_ns && start < filter->to_ns;
}

static bool is_kept(const struct trace_filter *filter, struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_LAUNCH:
        return is_processor_kept(filter, record->launch.device);
    case HUM_TRACE_EVENT:
        return is_processor_kept(filter, record->event.processor) &&
               is_region_kept(filter, record->event.region);
    case HUM_TRACE_FAULTS:
        return is_processor_kept(filter, record->faults.processor) &&
               is_region_kept(filter, record->faults.region);
    case HUM_TRACE_BATCH:
        return is_processor_kept(filter, record->batch.processor) && !filter->region;
    case HUM_TRACE_ACCESS:
        return is_processor_kept(filter, record->access.processor) &&
               cut_access(filter, &record->access);
    default:
        return true;
    }
}

/* Advice and the like that was given before the cut holds in it, too. */
static bool is_call_kept(const struct trace_filter *filter, const struct hum_trace_record *record)
{
    const struct hum_trace_call *call = &record->call;
    bool prefetches = call->call == HUM_TRACE_CALL_PREFETCH;
    bool passes = prefetches || call->call == HUM_TRACE_CALL_DISCARD;

    if (record->time_ns >= filter->to_ns || (passes && record->time_ns < filter->from_ns))
        return false;
    if (prefetches && !is_processor_kept(filter, call->processor))
        return false;
    return call->region == 0 || is_region_kept(filter, call->region);
}

bool trace_filter_keeps(struct trace_filter *filter, struct hum_trace_record *record,
                        bool *failed_out)
{
    *failed_out = !note_region(filter, record);
    switch (record->kind) {
    case HUM_TRACE_PROCESSOR:
        *failed_out |= !trace_names_set(&filter->processors,
                                        (uint32_t)(record->processor.processor + 1),
                                        record->processor.name);
        return true;
    case HUM_TRACE_SPACE:
    case HUM_TRACE_SETTING:
    case HUM_TRACE_REGION:
    case HUM_TRACE_REGION_END:
    case HUM_TRACE_KERNEL:
    case HUM_TRACE_DROPPED:
        return true;
    case HUM_TRACE_CALL:
        return is_call_kept(filter, record);
    case HUM_TRACE_TOTALS:
        return false;
    default:
        return is_time_kept(filter, record) && is_kept(filter, record);
    }
}

bool trace_filter_found_region(const struct trace_filter *filter)
{
    return !filter->region || filter->extent_count > 0;
}

bool trace_filter_found_processor(const struct trace_filter *filter)
{
    for (int32_t processor = HUM_HOST; processor < HUM_DEVICES_MAX; processor++)
        if (is_processor_kept(filter, processor))
            return true;
    return false;
}
