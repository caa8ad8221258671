/* SPDX-License-Identifier: MIT */
/*
 * budget.h - how much of a device one region may hold.
 *
 * A budget is kept before a block of the region comes: others of it leave, in the policy's order.
 * Whoever brings blocks asks before; two that ask at once may pass it by one block.
 * What a region holds is counted when it is asked, block by block, up to the budget: only regions
 * that have one pay for it.
 *
 * Threads: any; keep() with no block locked.
 */
#ifndef HUMI_CORE_BUDGET_H
#define HUMI_CORE_BUDGET_H

#include "core/core.h"

/* Blocks that the region may hold on processor p; UINT64_MAX: as many as fit. */
uint64_t humi_budget_of(const struct humi_region *region, unsigned p);

/* Blocks of the region with pages on processor p, as counted not long ago: a look costs little. */
uint64_t humi_budget_here(const struct hum *hum, struct humi_region *region, unsigned p);

/* One more block than it holds now would be too many.  False for a block that it holds. */
bool humi_budget_is_reached(struct hum *hum, const struct humi_region *region, unsigned p,
                            const struct humi_block *block);

/* Let blocks of the region leave until `block` may come, or none of them can leave now. */
void humi_budget_keep(struct hum *hum, const struct humi_region *region, unsigned p,
                      const struct humi_block *block);

#endif
