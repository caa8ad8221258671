/* SPDX-License-Identifier: MIT */
/* visit.c - doing one thing to every block of a range. */
#include "core/visit.h"

#include "base/status.h"
#include "core/budget.h"
#include "core/room.h"
#include "core/uses.h"

struct humi_region *humi_visit_region(struct hum *hum, const void *ptr, size_t bytes)
{
    uintptr_t start = (uintptr_t)ptr;
    struct humi_region *region = humi_regions_find(&hum->regions, start);
    if (region && bytes && bytes <= region->start + region->bytes - start)
        return region;
    humi_region_put(region);
    (void)humi_fail(HUM_ERR_INVALID, "[%p, +%zu) is not a part of one live region", ptr, bytes);
    return NULL;
}

/* Pages [start, end) of the block that begins at block_start. */
static struct hum_pages pages_between(uintptr_t block_start, uintptr_t start, uintptr_t end)
{
    uintptr_t first = start > block_start ? start - block_start : 0;
    uintptr_t last = end - block_start < HUM_BLOCK_SIZE ? end - block_start : HUM_BLOCK_SIZE;
    return humi_mask_range((unsigned)(first / HUM_PAGE_SIZE),
                           (unsigned)((last + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE));
}

/* Until no launch holds a part of the block that somebody else might want. */
static void await_launches(struct hum *hum, const struct humi_block *block)
{
    uintptr_t start = humi_block_start(hum, block);
    humi_uses_await_begun(hum, start, start + HUM_BLOCK_SIZE);
}

static enum hum_status visit_block(const struct humi_walk *walk, const struct humi_visit *visit)
{
    enum hum_status status;
    do {
        if (!walk->comes || *walk->comes)
            humi_budget_keep(walk->hum, walk->region, walk->room_on, visit->block);
        humi_lock(&visit->block->lock);
        status = atomic_load(&walk->region->dying) ? HUM_OK : walk->function(visit);
        humi_unlock(&visit->block->lock);
        if (status == HUM_ERR_BUSY) {
            await_launches(walk->hum, visit->block);
            status = HUM_AGAIN;
        } else if (status == HUM_AGAIN) {
            status = humi_room_make(walk->hum, walk->room_on, visit->block);
            status = status == HUM_OK ? HUM_AGAIN : status;
        }
    } while (status == HUM_AGAIN);
    return status;
}

enum hum_status humi_visit_blocks(const struct humi_walk *walk)
{
    struct hum *hum = walk->hum;
    uint32_t end = humi_space_block(hum, walk->end - 1) + 1;
    struct humi_visit visit = {.hum = hum, .region = walk->region, .context = walk->context};
    for (uint32_t i = humi_space_block(hum, walk->start); i < end; i = visit.block->index + 1) {
        visit.block = walk->make ? humi_table_get(&hum->table, i)
                                 : humi_table_next(&hum->table, i, end);
        if (!visit.block && walk->make)
            return humi_fail(HUM_ERR_NO_MEMORY, "no memory to describe a block");
        if (!visit.block)
            return HUM_OK;
        visit.pages = pages_between(humi_block_start(hum, visit.block), walk->start, walk->end);
        enum hum_status status = visit_block(walk, &visit);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}
