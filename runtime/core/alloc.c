/* SPDX-License-Identifier: MIT */
/* alloc.c - regions as the user makes, names and frees them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/kept.h"
#include "core/memo.h"
#include "core/record.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/summary.h"
#include "core/uses.h"

enum hum_status hum_alloc(struct hum *hum, size_t bytes, unsigned flags, void **ptr_out)
{
    if (!hum || !ptr_out || !bytes)
        return humi_fail(HUM_ERR_INVALID, "%s", bytes ? "hum_alloc needs a space and an output"
                                                      : "a region has at least 1 byte");
    if (flags & ~(unsigned)HUM_ALLOC_OWN_BLOCKS)
        return humi_fail(HUM_ERR_INVALID, "unknown allocation flags %#x", flags);
    struct humi_region *region;
    enum hum_status status = humi_regions_alloc(&hum->regions, bytes, flags, &region);
    if (status != HUM_OK)
        return status;
    if (humi_is_kept(hum))
        status = humi_kept_begin(hum, region);
    if (status != HUM_OK) {
        humi_regions_release(&hum->regions, humi_regions_remove(&hum->regions, region->start));
        return status;
    }
    humi_record_region(hum, region);
    *ptr_out = (void *)region->start;
    return HUM_OK;
}

/* Another region lives in the block. */
static bool is_shared(struct hum *hum, const struct humi_block *block)
{
    uintptr_t start = humi_block_start(hum, block);
    struct humi_region *other = humi_regions_find(&hum->regions, start);
    if (!other)
        other = humi_regions_next(&hum->regions, start);
    bool shared = other && other->start < start + HUM_BLOCK_SIZE;
    humi_region_put(other);
    return shared;
}

/* Who has its addresses next begins anew. */
static void forget_past(struct hum *hum, struct humi_block *block)
{
    block->advice = 0;
    block->accessed_by = block->remote_by = 0;
    block->preferred = HUM_HOST;
    block->agents = (struct humi_agents){.count = 0};
    for (unsigned p = 0; p < hum->processors; p++)
        block->hold[p].evictions = 0;
}

/* The blocks give up the region's pages; `dying` keeps the fault service from bringing new ones. */
static void clean_blocks(struct hum *hum, struct humi_region *region)
{
    uint32_t end = humi_space_block(hum, region->start + region->bytes - 1) + 1;
    struct humi_block *block = humi_table_next(&hum->table, humi_space_block(hum, region->start),
                                               end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        struct hum_pages pages = humi_region_pages(region, humi_block_start(hum, block));
        bool alone = humi_mask_full(&pages) || !is_shared(hum, block);
        humi_lock(&block->lock);
        humi_residency_forget(hum, block, pages, region, HUM_CAUSE_FREE);
        if (alone)
            forget_past(hum, block);
        if (humi_mask_empty(&block->written)) /* policies look at it under this lock only */
            humi_memo_free(&block->memo, &hum->policies.memo_bytes);
        humi_unlock(&block->lock);
    }
}

/* Those that cannot fault need the region to their end; others lose it at once. */
static void await_launches(struct hum *hum, uintptr_t start)
{
    struct humi_region *region = humi_regions_find(&hum->regions, start);
    if (region)
        humi_uses_await(hum, region->start, region->start + region->bytes, true);
    humi_region_put(region);
}

enum hum_status hum_free(struct hum *hum, void *ptr)
{
    if (!hum)
        return humi_fail(HUM_ERR_INVALID, "hum_free needs a space");
    if (!ptr)
        return HUM_OK;
    await_launches(hum, (uintptr_t)ptr);
    struct humi_region *region = humi_regions_remove(&hum->regions, (uintptr_t)ptr);
    if (!region)
        return humi_fail(HUM_ERR_INVALID, "%p is not the start of a live region", ptr);
    humi_uses_await_begun(hum, region->start, region->start + region->bytes);
    if (humi_is_kept(hum))
        humi_kept_end(hum, region);
    clean_blocks(hum, region);
    humi_record_region_end(hum, region);
    humi_room_trim(hum);
    if (humi_summary_path()) {
        struct hum_region_info info;
        humi_region_describe(region, &info);
        humi_summary_freed(hum, &info);
    }
    humi_regions_release(&hum->regions, region);
    return HUM_OK;
}

enum hum_status hum_name(struct hum *hum, void *ptr, const char *name)
{
    if (!hum || !name)
        return humi_fail(HUM_ERR_INVALID, "hum_name needs a space and a name");
    struct humi_region *region = humi_regions_find(&hum->regions, (uintptr_t)ptr);
    if (!region)
        return humi_fail(HUM_ERR_INVALID, "%p is not in a live region", ptr);
    char *copy = strndup(name, sizeof((struct hum_region_info *)NULL)->name - 1);
    if (copy) {
        humi_rwlock_write(&hum->regions.lock);
        char *before = region->name;
        region->name = copy;
        humi_record_region(hum, region);
        humi_policies_named(hum, region, copy);
        humi_rwlock_unlock(&hum->regions.lock);
        free(before);
    }
    humi_region_put(region);
    return copy ? HUM_OK : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a name");
}
