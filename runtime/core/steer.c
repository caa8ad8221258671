/* SPDX-License-Identifier: MIT */
/* steer.c - plans of policies, as prefetches of the driver that keeps the space. */
#include "core/steer.h"

#include "base/log.h"
#include "base/status.h"

static void want(struct humi_steer *steer, unsigned processor, size_t offset, size_t bytes)
{
    if (steer->count == HUMI_STEER_RANGES)
        return;
    steer->processor = processor;
    steer->ranges[steer->count++] = (struct humi_keeper_range){offset, bytes};
}

/* Pages of the block that the plan adds, and that are known to be elsewhere. */
static void want_here(struct humi_steer *steer, const struct humi_group *group,
                      const struct hum_view *view, const struct hum_plan *plan)
{
    struct hum_pages faulted = humi_mask_or(&group->read, &group->write);
    struct hum_pages bring = humi_mask_and(&plan->bring, &view->elsewhere);
    struct hum_pages stay =
        humi_view_stay(steer->hum, group->block, group->region, group->processor);
    humi_mask_add(&stay, &view->remote);
    humi_mask_keep(&bring, &view->valid);
    humi_mask_remove(&bring, &stay); /* where they are is where they should be */
    humi_mask_remove(&bring, &view->resident);
    humi_mask_remove(&bring, &faulted);
    humi_for_each_run (run, &bring)
        want(steer, group->processor, humi_block_offset(group->block) + run.first * HUM_PAGE_SIZE,
             (run.end - run.first) * HUM_PAGE_SIZE);
}

/*
 * A block that nobody touched yet comes at its first touch, and one that is advised to be touched
 * where it is stays.  It is not locked: a hint.
 */
static bool should_come(const struct hum *hum, const struct humi_region *region, uint32_t index,
                        unsigned p)
{
    const struct humi_block *block = humi_table_peek(&hum->table, index);
    uint32_t stays = atomic_load(&region->remote_by) | atomic_load(&region->accessed_by);
    unsigned pages = 0;
    if (stays & HUM_BIT(humi_public(p)))
        return false;
    for (unsigned q = 0; block && q < hum->processors; q++)
        pages += q == p ? 0 : atomic_load(&block->hold[q].resident_pages);
    return pages != 0;
}

static void want_ahead(struct humi_steer *steer, const struct humi_group *group,
                       const struct hum_plan *plan)
{
    struct hum *hum = steer->hum;
    const struct humi_region *region = group->region;
    size_t first = region->start - hum->params.start, end = first + region->bytes;
    int64_t stride = plan->ahead_stride ? plan->ahead_stride : 1, index = group->block->index;
    for (unsigned i = 0; i < plan->ahead_blocks; i++) {
        index += stride;
        size_t start = (size_t)index * HUM_BLOCK_SIZE;
        if (index < 0 || start >= end || start + HUM_BLOCK_SIZE <= first)
            return;
        size_t stop = start + HUM_BLOCK_SIZE < end ? start + HUM_BLOCK_SIZE : end;
        start = start > first ? start : first;
        if (should_come(hum, region, (uint32_t)index, group->processor) &&
            !humi_steer_asked(hum, (uint32_t)index))
            want(steer, group->processor, start, stop - start);
    }
}

/* The core limits nothing there, but the device does. */
static void view_capacity(const struct hum *hum, unsigned p, struct hum_view *view)
{
    uint64_t capacity = hum->processor[p]->memory_bytes / HUM_BLOCK_SIZE;
    uint64_t held = atomic_load(&hum->resident_pages[p]) / HUMI_PAGES;
    view->capacity_blocks = capacity;
    view->free_blocks = held < capacity ? capacity - held : 0;
}

void humi_steer_plan(struct humi_steer *steer, const struct humi_group *group)
{
    struct hum_view view;
    struct hum_plan plan;
    if (!atomic_load(&steer->hum->running[group->processor]))
        return;
    humi_view_fill(steer->hum, group, &view);
    view_capacity(steer->hum, group->processor, &view);
    humi_view_plan(steer->hum, group, &view, &plan);
    want_here(steer, group, &view, &plan);
    want_ahead(steer, group, &plan);
}

static void mark(struct hum *hum, const struct humi_keeper_range *range, bool asked)
{
    uint32_t end = (uint32_t)((range->offset + range->bytes - 1) / HUM_BLOCK_SIZE) + 1;
    for (uint32_t b = (uint32_t)(range->offset / HUM_BLOCK_SIZE); b < end; b++) {
        unsigned char bit = (unsigned char)(1u << (b % 8));
        if (asked)
            __atomic_fetch_or(&hum->asked_ahead[b / 8], bit, __ATOMIC_RELAXED);
        else
            __atomic_fetch_and(&hum->asked_ahead[b / 8], (unsigned char)~bit, __ATOMIC_RELAXED);
    }
}

void humi_steer_go(struct humi_steer *steer)
{
    struct hum *hum = steer->hum;
    if (!steer->count)
        return;
    for (unsigned i = 0; i < steer->count; i++)
        mark(hum, &steer->ranges[i], true);
    int unit = hum->processor[steer->processor]->unit;
    if (hum->keeper->keeper->prefetch(hum->keeper, steer->ranges, steer->count, unit, false) !=
        HUM_OK)
        humi_debug("%s: nothing comes ahead: %s", hum->processor[steer->processor]->name,
                   hum_error_text());
    steer->count = 0;
}

bool humi_steer_asked(const struct hum *hum, uint32_t block)
{
    unsigned char byte = __atomic_load_n(&hum->asked_ahead[block / 8], __ATOMIC_RELAXED);
    return byte >> (block % 8) & 1;
}

void humi_steer_forget(struct hum *hum, size_t offset, size_t bytes)
{
    mark(hum, &(struct humi_keeper_range){offset, bytes}, false);
}
