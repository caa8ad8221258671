/* SPDX-License-Identifier: MIT */
/*
 * auto.c - as `intent`, until coming back has cost a region that is jumped about in more than
 * touching it where it is would.
 *
 * Each fetch of a block that had been evicted is paid for: a fault, an eviction, a block each way
 * over the link.  Touching every page of the region once where it is costs 1 us a page.  When
 * `margin` times that was paid and the order of fetches is random (pattern.h), what is not here
 * stays where it is, by whole blocks, so that nothing is prefetched around a fault.  A chunk that
 * was touched often enough comes all the same.  Fetches in order make what was paid fade.  A region
 * that fits half of the device always comes: that it leaves is the fault of the order of eviction,
 * and touching it far would cost most where it is used most.
 *
 * This is ski rental: rent until the rent has cost the price.  The price is a guess, because how
 * often a page will be touched where it is cannot be seen without counted touches.  So a region
 * that is touched very often between two evictions can still be left far wrongly.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/pattern.h"
#include "policy/place/far.h"
#include "policy/place/intent.h"

#define RETURN_US 270u           /* 45 + 20 a fault, 37 an eviction, 84 a block each way */
#define BLOCK_FAR_US HUM_PAGES_PER_BLOCK /* each page touched once */
#define FADE 16u

enum { MARGIN, THRESHOLD };
static const struct hum_tunable tunables[] = {
    [MARGIN] = {"margin", "random: cost of coming back, in times of one far touch of each page", 24,
                0, 1024},
    [THRESHOLD] = {"threshold", "random: touches of a chunk after which it comes", 256, 1,
                   UINT32_MAX},
};

struct region {
    struct humi_pattern_counts counts;
    _Atomic uint64_t paid_us;
};

static void pay(struct region *region, const struct hum_view *view, enum humi_pattern pattern)
{
    uint64_t paid = atomic_load_explicit(&region->paid_us, memory_order_relaxed);

    if (pattern != HUMI_RANDOM)
        paid -= paid / FADE;
    else if (view->evictions)
        paid += RETURN_US;
    atomic_store_explicit(&region->paid_us, paid, memory_order_relaxed);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct region *region = context->memory[HUM_MEMORY_REGION];
    enum humi_pattern pattern = humi_pattern_of(&region->counts, view);

    plan->exclusive = humi_intent_takes(context->memory[HUM_MEMORY_BLOCK], view);
    if (view->processor == HUM_HOST)
        return;
    if (!view->again)
        pay(region, view, pattern);
    uint64_t price_us = view->region_blocks * BLOCK_FAR_US * context->tunables[MARGIN];
    if (!view->can_remote || pattern != HUMI_RANDOM ||
        view->region_blocks <= view->capacity_blocks / 2 ||
        atomic_load_explicit(&region->paid_us, memory_order_relaxed) <= price_us)
        return;
    struct hum_pages far = humi_mask_minus(&view->elsewhere, &view->resident);
    humi_mask_keep(&far, &view->valid);
    plan->remote = humi_far_cold(view, &far, context->tunables[THRESHOLD]);
}

const struct hum_part humi_place_auto = {
    .name = "auto",
    .description = "copied, until that has cost more than touching it far would",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_REGION] = sizeof(struct region),
                     [HUM_MEMORY_BLOCK] = sizeof(struct humi_intent)},
    .plan = plan,
};
