/* SPDX-License-Identifier: MIT */
/* warm.c - see warm.h */
#include "core/warm.h"

#include "base/price.h"
#include "core/budget.h"
#include "core/heat.h"
#include "core/pace.h"
#include "core/policies.h"
#include "core/room.h"
#include "core/view.h"

/* Remote pages of the region in chunks of which touches were counted. */
static struct hum_pages counted_pages(const struct hum *hum, const struct humi_region *region,
                                      const struct humi_block *block, unsigned p)
{
    const struct humi_hold *hold = &block->hold[p];
    struct hum_pages pages = humi_region_pages(region, humi_block_start(hum, block));
    humi_mask_keep(&pages, &hold->remote);
    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++) {
        struct hum_pages chunk =
            humi_mask_range(c * HUM_PAGES_PER_CHUNK, (c + 1) * HUM_PAGES_PER_CHUNK);
        if (!humi_heat_touches(hold->heat, c, false) && !humi_heat_touches(hold->heat, c, true))
            humi_mask_remove(&pages, &chunk);
    }
    return pages;
}

/* What the policy wants to come of these, of the block, which is locked. */
static struct humi_request ask(struct hum *hum, struct humi_group *group)
{
    struct hum_view view;
    struct hum_plan plan;
    humi_view_fill(hum, group, &view);
    humi_view_plan(hum, group, &view, &plan);
    struct humi_request request;
    humi_view_request(hum, group, &view, &plan, &request);
    struct hum_pages stay =
        humi_view_stay(hum, group->block, group->region, group->processor);
    request.bring = humi_mask_and(&plan.bring, &view.remote);
    humi_mask_add(&request.bring, &group->read);
    humi_mask_remove(&request.bring, &plan.remote);
    humi_mask_remove(&request.bring, &stay);
    request.faulted = request.stores = request.remote = humi_mask_none();
    request.map = request.bring;
    humi_mask_keep(&request.write, &request.bring);
    request.cause = HUM_CAUSE_PREFETCH_POLICY;
    return request;
}

/* HUM_AGAIN: make room and come back; HUM_NOT_READY: make it in the region's budget. */
static enum hum_status bring(struct hum *hum, struct humi_group *group)
{
    struct humi_region *region = group->region;
    struct humi_hold *hold = &group->block->hold[group->processor];
    if (atomic_load(&region->dying) || !(humi_region_access(region, group->processor) & HUM_READ))
        return HUM_OK;
    group->read = counted_pages(hum, region, group->block, group->processor);
    if (humi_mask_empty(&group->read))
        return HUM_OK;
    struct humi_request request = ask(hum, group);
    group->went_ahead = true;
    if (humi_mask_empty(&request.bring))
        return HUM_OK;
    if (humi_budget_is_reached(hum, region, group->processor, group->block))
        return HUM_NOT_READY;
    bool was_here = atomic_load(&hold->resident_pages) != 0;
    humi_pace_serve(hum, HUMI_COST_BLOCK_NS);
    enum hum_status status = humi_residency_serve(hum, group->block, &request);
    if (status == HUM_OK && was_here)
        humi_order_renew(&hum->order[group->processor], group->block, HUM_EVICT_ON_MOVE);
    return status;
}

void humi_warm_decide(struct hum *hum, struct humi_region *region, unsigned p, uint32_t index)
{
    struct humi_block *block = humi_table_peek(&hum->table, index);
    struct humi_fault touch = {0};
    struct humi_group group = {
        .processor = p, .region = region, .block = block, .faults = &touch, .count = 1};
    enum hum_status status;
    if (!block || atomic_load(&hum->lost[p]))
        return;
    do {
        humi_lock(&block->lock);
        status = bring(hum, &group);
        humi_unlock(&block->lock);
        if (status == HUM_NOT_READY)
            status = humi_room_make_of(hum, p, region, block);
        else if (status == HUM_AGAIN)
            status = humi_room_make(hum, p, block);
        else
            return;
    } while (status == HUM_OK);
}

/* Of a region that lives and whose policy decides by touches; NULL: it does not.  Put it back. */
static struct humi_region *region_at(struct hum *hum, uintptr_t address)
{
    struct humi_region *region = humi_regions_find(&hum->regions, address);
    if (!region || humi_policies_of_counts(hum, region))
        return region;
    humi_region_put(region);
    return NULL;
}

static void push(struct hum *hum, struct humi_region *region, unsigned p, uint32_t index)
{
    struct humi_ahead_item item = {.region = region, .processor = p, .block = index, .warm = true};
    struct humi_ahead *ahead = atomic_load(&hum->ahead);
    if (ahead)
        humi_ahead_push(ahead, &item);
}

void humi_warm_note(struct hum *hum, unsigned p, uint32_t index)
{
    struct humi_block *block = humi_table_peek(&hum->table, index);
    if (!block)
        return;
    humi_lock(&block->lock);
    struct humi_run run = humi_mask_next_run(&block->hold[p].remote, 0);
    humi_unlock(&block->lock);
    if (run.first >= run.end)
        return;
    struct humi_region *region =
        region_at(hum, humi_block_start(hum, block) + run.first * HUM_PAGE_SIZE);
    if (!region)
        return;
    push(hum, region, p, index);
    humi_region_put(region);
}

bool humi_warm_touch(struct hum *hum, unsigned p, uint32_t page, bool write, uint64_t touches)
{
    if (hum->deterministic)
        return false;
    uint32_t index = page / HUM_PAGES_PER_BLOCK;
    struct humi_block *block = humi_table_peek(&hum->table, index);
    struct humi_region *region = region_at(hum, hum->params.start + (size_t)page * HUM_PAGE_SIZE);
    if (!block || !region) {
        humi_region_put(region);
        return false;
    }
    humi_lock(&block->lock);
    struct humi_heat *heat = humi_heat_get(&hum->table, block, p);
    if (heat)
        humi_heat_count(heat, page % HUM_PAGES_PER_BLOCK / HUM_PAGES_PER_CHUNK, write, touches);
    humi_unlock(&block->lock);
    push(hum, region, p, index);
    humi_region_put(region);
    return true;
}
