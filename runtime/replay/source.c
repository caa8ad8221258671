/* SPDX-License-Identifier: MIT */
/* source.c - the accesses of a trace as arrays. */
#include "replay/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "base/status.h"
#include "replay/cache.h"
#include "replay/next_use.h"

#define ROOM_MIN ((size_t)4096)

_Static_assert(HUM_PROCESSORS_MAX <= 32, "a processor is five bits of an access");

void humi_source_init(struct humi_source *source, size_t accesses_max, uint32_t pages_max)
{
    *source = (struct humi_source){.accesses_max = accesses_max};
    humi_pages_init(&source->pages, pages_max);
    humi_pages_init(&source->blocks, pages_max);
    humi_pages_init(&source->agents, HUMI_HOW_AGENTS_MAX);
    humi_pages_init(&source->ids, pages_max);
}

void humi_source_fini(struct humi_source *source)
{
    humi_pages_fini(&source->pages);
    humi_pages_fini(&source->blocks);
    humi_pages_fini(&source->agents);
    humi_pages_fini(&source->ids);
    free(source->objects);
    free(source->how);
    free(source->touches);
    free(source->block_of);
    free(source->valid);
    free(source->regions);
    free(source->range_of);
    free(source->ends);
    humi_source_init(source, 0, 0);
}

static enum hum_status no_memory(size_t count)
{
    return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the accesses of a trace, at %zu", count);
}

/* ---- adding --------------------------------------------------------------------------------- */

static bool resize(uint32_t **array, size_t room)
{
    uint32_t *more = realloc(*array, room * sizeof *more);

    if (more)
        *array = more;
    return more;
}

static enum hum_status make_room(struct humi_source *source, size_t more)
{
    size_t room = source->room ? source->room : ROOM_MIN;

    if (more > source->accesses_max - source->count)
        return humi_fail(HUM_ERR_NO_MEMORY,
                         "the trace has more than %zu accesses to pages, too many for this "
                         "machine's memory; cut it (hum trace cut)",
                         source->accesses_max);
    if (source->count + more <= source->room)
        return HUM_OK;
    while (room < source->count + more)
        room *= 2;
    if (!resize(&source->objects, room) || !resize(&source->how, room) ||
        (source->touches && !resize(&source->touches, room)))
        return no_memory(source->count);
    source->room = room;
    return HUM_OK;
}

/* From now on each access has its touches; those so far are one each. */
static enum hum_status start_touches(struct humi_source *source)
{
    source->touches = malloc(source->room * sizeof *source->touches);
    if (!source->touches)
        return no_memory(source->count);
    for (size_t i = 0; i < source->count; i++)
        source->touches[i] = 1;
    return HUM_OK;
}

static enum hum_status how_of(struct humi_source *source, const struct hum_trace_access *access,
                              uint32_t *how_out)
{
    uint32_t processor = (uint32_t)(access->processor + 1), agent;
    enum hum_status status = humi_pages_get(
        &source->agents, (uint64_t)processor << 32 | access->agent, &agent);

    if (status != HUM_OK)
        return status;
    *how_out = agent << HUMI_HOW_AGENT_SHIFT | processor << 2 | access->write;
    return HUM_OK;
}

static void see_processor(struct humi_source *source, int32_t processor)
{
    if (processor == HUM_HOST)
        source->host_seen = true;
    else if ((uint32_t)processor >= source->devices_seen)
        source->devices_seen = (uint32_t)processor + 1;
}

static enum hum_status add_access(struct humi_source *source,
                                  const struct hum_trace_access *access)
{
    enum hum_status status = make_room(source, access->pages);
    uint32_t how;

    if (status == HUM_OK && access->count > 1 && !source->touches)
        status = start_touches(source);
    if (status == HUM_OK)
        status = how_of(source, access, &how);
    for (uint32_t i = 0; i < access->pages && status == HUM_OK; i++) {
        size_t at = source->count;

        status = humi_pages_get(&source->pages, access->first_page + i, &source->objects[at]);
        if (status != HUM_OK)
            break;
        source->how[at] = how | (i > 0 ? 2 : 0);
        if (source->touches)
            source->touches[at] = access->count;
        source->touch_sum += access->count;
        source->count++;
    }
    see_processor(source, access->processor);
    return status;
}

/* Room for one more of `bytes` in an array of `count`; NULL: no memory, the array is as it was. */
static void *room_for_one(void *array, size_t count, size_t *room, size_t bytes)
{
    size_t more_room = *room ? 2 * *room : 64;
    void *more;

    if (count < *room)
        return array;
    more = realloc(array, more_room * bytes);
    if (more)
        *room = more_room;
    return more;
}

/* Where the region with this number is, empty at first. */
static enum hum_status range_of(struct humi_source *source, uint32_t id,
                                struct humi_source_range **range_out)
{
    size_t known = source->ids.count;
    uint32_t number;
    enum hum_status status = humi_pages_get(&source->ids, id, &number);
    void *more;

    if (status != HUM_OK)
        return status;
    if (number == known) {
        more = room_for_one(source->range_of, known, &source->range_room,
                            sizeof *source->range_of);
        if (!more)
            return no_memory(source->count);
        source->range_of = more;
        source->range_of[number] = (struct humi_source_range){0, 0};
    }
    *range_out = &source->range_of[number];
    return HUM_OK;
}

static enum hum_status add_region(struct humi_source *source,
                                  const struct hum_trace_region *region)
{
    uint64_t pages = region->bytes / HUM_PAGE_SIZE + (region->bytes % HUM_PAGE_SIZE != 0);
    uint64_t first = region->first_page;
    struct humi_source_range *range;
    enum hum_status status;
    void *more;

    if (first >= HUM_TRACE_PAGES_MAX || pages == 0)
        return HUM_OK;
    if (pages > HUM_TRACE_PAGES_MAX - first)
        pages = HUM_TRACE_PAGES_MAX - first;
    status = range_of(source, region->region, &range);
    if (status != HUM_OK)
        return status;
    more = room_for_one(source->regions, source->region_count, &source->region_room,
                        sizeof *source->regions);
    if (!more)
        return no_memory(source->count);
    source->regions = more;
    *range = (struct humi_source_range){first, first + pages};
    source->regions[source->region_count++] = *range;
    return HUM_OK;
}

/* An end of what never began, or has ended, says nothing. */
static enum hum_status end_region(struct humi_source *source, uint32_t id)
{
    struct humi_source_range *range;
    enum hum_status status = range_of(source, id, &range);
    void *more;

    if (status != HUM_OK || range->first == range->end)
        return status;
    more = room_for_one(source->ends, source->end_count, &source->end_room, sizeof *source->ends);
    if (!more)
        return no_memory(source->count);
    source->ends = more;
    source->ends[source->end_count++] = (struct humi_source_end){source->count, *range};
    *range = (struct humi_source_range){0, 0};
    return HUM_OK;
}

enum hum_status humi_source_add(struct humi_source *source, const struct hum_trace_record *record)
{
    if (record->kind == HUM_TRACE_ACCESS)
        return add_access(source, &record->access);
    if (record->kind == HUM_TRACE_REGION)
        return add_region(source, &record->region);
    if (record->kind == HUM_TRACE_REGION_END)
        return end_region(source, record->region_end.region);
    return HUM_OK;
}

/* ---- finishing ------------------------------------------------------------------------------ */

static int by_first(const void *a, const void *b)
{
    const struct humi_source_range *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted, and none meets another. */
static void join_regions(struct humi_source *source)
{
    struct humi_source_range *regions = source->regions;
    size_t count = 0;

    if (source->region_count == 0)
        return;
    qsort(regions, source->region_count, sizeof *regions, by_first);
    for (size_t i = 1; i < source->region_count; i++) {
        if (regions[i].first > regions[count].end)
            regions[++count] = regions[i];
        else if (regions[i].end > regions[count].end)
            regions[count].end = regions[i].end;
    }
    source->region_count = count + 1;
}

/* The first region that ends behind `page`. */
static size_t region_behind(const struct humi_source *source, uint64_t page)
{
    size_t low = 0, high = source->region_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (source->regions[middle].end <= page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum hum_status add_neighbours(struct humi_source *source)
{
    for (uint32_t block = 0; block < source->blocks.count; block++) {
        uint64_t first = source->blocks.page_of[block] * HUM_PAGES_PER_BLOCK;
        uint64_t end = first + HUM_PAGES_PER_BLOCK;

        for (size_t r = region_behind(source, first);
             r < source->region_count && source->regions[r].first < end; r++) {
            uint64_t page = source->regions[r].first > first ? source->regions[r].first : first;
            uint64_t stop = source->regions[r].end < end ? source->regions[r].end : end;

            for (; page < stop; page++) {
                uint32_t object;
                enum hum_status status = humi_pages_get(&source->pages, page, &object);

                if (status != HUM_OK)
                    return status;
            }
        }
    }
    return HUM_OK;
}

static enum hum_status number_blocks(struct humi_source *source)
{
    for (uint32_t object = 0; object < source->touched; object++) {
        uint32_t block;
        enum hum_status status = humi_pages_get(
            &source->blocks, source->pages.page_of[object] / HUM_PAGES_PER_BLOCK, &block);

        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

static enum hum_status index_blocks(struct humi_source *source)
{
    source->block_of = malloc(source->pages.count * sizeof *source->block_of);
    source->valid = calloc(source->blocks.count, sizeof *source->valid);
    if (!source->block_of || !source->valid)
        return no_memory(source->count);
    for (uint32_t object = 0; object < source->pages.count; object++) {
        uint64_t page = source->pages.page_of[object];
        uint32_t block = humi_pages_find(&source->blocks, page / HUM_PAGES_PER_BLOCK);

        source->block_of[object] = block;
        humi_mask_set(&source->valid[block], (unsigned)(page % HUM_PAGES_PER_BLOCK));
    }
    return HUM_OK;
}

/* Nobody's device touched anything: device 0 did it all. */
static void give_to_device(struct humi_source *source)
{
    for (size_t i = 0; i < source->count; i++)
        source->how[i] |= 1u << 2;
    source->devices_seen = 1;
    source->host_seen = false;
}

enum hum_status humi_source_finish(struct humi_source *source, bool neighbours)
{
    enum hum_status status;

    if (source->count == 0)
        return humi_fail(HUM_ERR_INVALID,
                         "there is no access in the trace, so nothing to replay: record with "
                         "HUM_ACCESSES (hum run --accesses), import or generate one");
    if (source->devices_seen == 0)
        give_to_device(source);
    source->devices = source->devices_seen;
    source->from_host = !source->host_seen;
    source->touched = source->pages.count;
    status = number_blocks(source);
    if (status == HUM_OK && neighbours) {
        join_regions(source);
        status = add_neighbours(source);
    }
    return status == HUM_OK ? index_blocks(source) : status;
}

/* ---- the future ----------------------------------------------------------------------------- */

/* The accesses of one processor: their objects in a row. */
static size_t gather(const struct humi_source *source, unsigned processor, uint32_t *objects_out)
{
    size_t count = 0;

    for (size_t i = 0; i < source->count; i++)
        if (humi_how_processor(source->how[i]) == processor)
            objects_out[count++] = source->objects[i];
    return count;
}

static void scatter(const struct humi_source *source, unsigned processor, const uint64_t *from,
                    uint64_t *next_use)
{
    size_t count = 0;

    for (size_t i = 0; i < source->count; i++)
        if (humi_how_processor(source->how[i]) == processor)
            next_use[i] = from[count++];
}

static enum hum_status next_use_of_each(const struct humi_source *source, uint64_t *next_use)
{
    uint32_t *objects = malloc(source->count * sizeof *objects);
    uint64_t *part = malloc(source->count * sizeof *part);
    enum hum_status status = objects && part ? HUM_OK : no_memory(source->count);

    for (unsigned processor = 1; processor <= source->devices && status == HUM_OK; processor++) {
        struct humi_accesses accesses = {objects, gather(source, processor, objects),
                                         source->pages.count};

        status = humi_next_use(&accesses, part);
        if (status == HUM_OK)
            scatter(source, processor, part, next_use);
    }
    free(objects);
    free(part);
    return status;
}

enum hum_status humi_source_next_use(const struct humi_source *source, uint64_t **next_use_out)
{
    const struct humi_accesses all = {source->objects, source->count, source->pages.count};
    uint64_t *next_use = calloc(source->count, sizeof *next_use);
    enum hum_status status;

    if (!next_use)
        return no_memory(source->count);
    if (source->devices == 1 && source->from_host)
        status = humi_next_use(&all, next_use);
    else
        status = next_use_of_each(source, next_use);
    if (status != HUM_OK) {
        free(next_use);
        return status;
    }
    *next_use_out = next_use;
    return HUM_OK;
}

void humi_source_each(const struct humi_source *source, const struct humi_source_range *range,
                      void (*function)(void *self, uint32_t object), void *self)
{
    const struct humi_pages *all = &source->pages;

    if (range->end - range->first > all->count) { /* more pages than have a number */
        for (uint32_t object = 0; object < all->count; object++)
            if (all->page_of[object] >= range->first && all->page_of[object] < range->end)
                function(self, object);
        return;
    }
    for (uint64_t page = range->first; page < range->end; page++) {
        uint32_t object = humi_pages_find(all, page);

        if (object != HUMI_OBJECT_NONE)
            function(self, object);
    }
}
