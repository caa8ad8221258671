/* SPDX-License-Identifier: MIT */
/* budget.c - how much of a device one region may hold. */
#include "core/budget.h"

#include "base/status.h"
#include "core/record.h"
#include "core/room.h"

#define BLOCKS_MIN 4u            /* one access may need several at once */
#define LOOKS_A_BLOCK 8u         /* a look counts so many blocks at most, on average */

uint64_t humi_budget_of(const struct humi_region *region, unsigned p)
{
    uint32_t budget = atomic_load(&region->budget[p]);
    return budget ? budget : UINT64_MAX;
}

/* Blocks of the region with pages on processor p, counted up to `most`. */
static uint64_t count_here(const struct hum *hum, const struct humi_region *region, unsigned p,
                           uint64_t most)
{
    uint32_t end = humi_space_block(hum, region->start + region->bytes - 1) + 1;
    const struct humi_block *at =
        humi_table_next(&hum->table, humi_space_block(hum, region->start), end);
    uint64_t here = 0;
    for (; at && here < most; at = humi_table_next(&hum->table, at->index + 1, end))
        here += atomic_load(&at->hold[p].resident_pages) != 0;
    return here;
}

uint64_t humi_budget_here(const struct hum *hum, struct humi_region *region, unsigned p)
{
    uint32_t blocks = (uint32_t)(region->bytes / HUM_BLOCK_SIZE);
    uint32_t age = atomic_load_explicit(&region->here_age[p], memory_order_relaxed);
    if (age == 0)
        atomic_store_explicit(&region->here[p], (uint32_t)count_here(hum, region, p, UINT32_MAX),
                              memory_order_relaxed);
    age = age >= blocks / LOOKS_A_BLOCK ? 0 : age + 1;
    atomic_store_explicit(&region->here_age[p], age, memory_order_relaxed);
    return atomic_load_explicit(&region->here[p], memory_order_relaxed);
}

bool humi_budget_is_reached(struct hum *hum, const struct humi_region *region, unsigned p,
                            const struct humi_block *block)
{
    uint64_t budget = humi_budget_of(region, p);
    if (budget == UINT64_MAX || atomic_load(&block->hold[p].resident_pages))
        return false;
    return count_here(hum, region, p, budget) >= budget;
}

void humi_budget_keep(struct hum *hum, const struct humi_region *region, unsigned p,
                      const struct humi_block *block)
{
    while (humi_budget_is_reached(hum, region, p, block) &&
           humi_room_make_of(hum, p, region, block) == HUM_OK) {
    }
}

enum hum_status hum_budget_set(struct hum *hum, const void *ptr, int device, size_t bytes)
{
    if (!hum || !humi_is_device(hum, device))
        return humi_fail(HUM_ERR_INVALID, "there is no device %d", device);
    if (bytes && bytes < BLOCKS_MIN * HUM_BLOCK_SIZE)
        return humi_fail(HUM_ERR_INVALID, "a budget is at least %u MiB, not %zu bytes",
                         (unsigned)(BLOCKS_MIN * HUM_BLOCK_SIZE >> 20), bytes);
    struct humi_region *region = humi_regions_find(&hum->regions, (uintptr_t)ptr);
    if (!region)
        return humi_fail(HUM_ERR_INVALID, "%p is not in a live region", ptr);
    size_t blocks = bytes / HUM_BLOCK_SIZE;
    humi_record_call(hum, &(struct hum_trace_call){.call = HUM_TRACE_CALL_BUDGET,
                                                   .region = region->id,
                                                   .processor = device,
                                                   .bytes = bytes}, NULL);
    atomic_store(&region->budget[humi_number(device)],
                 (uint32_t)(blocks < UINT32_MAX ? blocks : UINT32_MAX));
    humi_region_put(region);
    return HUM_OK;
}
