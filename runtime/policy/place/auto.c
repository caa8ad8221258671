/* SPDX-License-Identifier: MIT */
/*
 * auto.c - as `intent`, but a region stays where it is when touching it there is cheaper.
 *
 * Where touches of what is mapped far are counted, that is measured (trial.h).  Where they are not,
 * it must be guessed: each fetch of a block that had been evicted is paid for, touching every page
 * of the region once where it is costs 1 us a page, and when `margin` times that was paid and the
 * order of fetches is random (pattern.h), what is not here stays where it is, for as long as the
 * order is random.  Fetches in order make what was paid fade.  This is ski rental with an unknown
 * price, so the guess is late, and a region that is touched very often between two evictions can
 * still be left far wrongly.
 *
 * What stays does so by whole blocks, so that nothing is prefetched around a fault, and tells
 * nothing of reads that are meant to write.  By guess alone no region goes far that fits half of
 * the device: that it leaves is the fault of the order of eviction, and touching it far would cost
 * most where it is used most.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/pattern.h"
#include "policy/place/intent.h"
#include "policy/place/trial.h"

#define BLOCK_FAR_US HUM_PAGES_PER_BLOCK /* each page touched once */
#define FADE 16u

enum { MARGIN, PRICE };
static const struct hum_tunable tunables[] = {
    [MARGIN] = {"margin", "nothing counted: cost of coming back, in remote touches of a page", 24,
                0, 1024},
    [PRICE] = {"price", "counted: us of remote touches until a block comes", HUMI_RETURN_US, 1,
               1u << 20},
};

struct region {
    struct humi_trial_region trial;
    struct humi_pattern_counts counts;
    _Atomic uint64_t paid_us;
};

struct block {
    struct humi_trial_block trial;
    struct humi_intent intent;
};

static void pay(struct region *region, const struct hum_view *view, enum humi_pattern pattern)
{
    uint64_t paid = atomic_load_explicit(&region->paid_us, memory_order_relaxed);

    if (pattern != HUMI_RANDOM)
        paid -= paid / FADE;
    else if (view->evictions)
        paid += HUMI_RETURN_US;
    atomic_store_explicit(&region->paid_us, paid, memory_order_relaxed);
}

/* Nothing was heard of touches: has coming back cost too much? */
static bool is_guessed_far(struct region *region, const struct hum_view *view, uint64_t margin)
{
    enum humi_pattern pattern = humi_pattern_of(&region->counts, view);
    uint64_t price_us = view->region_blocks * BLOCK_FAR_US * margin;

    if (!view->again)
        pay(region, view, pattern);
    if (view->region_blocks <= view->capacity_blocks / 2)
        return false;
    return pattern == HUMI_RANDOM &&
           atomic_load_explicit(&region->paid_us, memory_order_relaxed) > price_us;
}

static struct humi_trial trial_of(const struct hum_part_context *context)
{
    struct region *region = context->memory[HUM_MEMORY_REGION];
    struct block *block = context->memory[HUM_MEMORY_BLOCK];

    return (struct humi_trial){.space = context->memory[HUM_MEMORY_SPACE],
                               .region = &region->trial,
                               .block = &block->trial,
                               .price_ns = context->tunables[PRICE] * 1000};
}

static bool stays(const struct hum_view *view, const struct hum_part_context *context)
{
    struct region *region = context->memory[HUM_MEMORY_REGION];
    struct humi_trial trial = trial_of(context);

    if (!view->can_remote)
        return false;
    bool measured = humi_trial_stays(&trial, view);
    if (humi_trial_hears(&trial))
        return measured;
    return is_guessed_far(region, view, context->tunables[MARGIN]) || measured;
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct block *block = context->memory[HUM_MEMORY_BLOCK];

    if (view->processor == HUM_HOST) {
        struct humi_trial trial = trial_of(context);

        humi_trial_hears_host(&trial, view);
        plan->exclusive = humi_intent_takes(&block->intent, view);
        return;
    }
    if (stays(view, context)) {
        plan->remote = humi_mask_minus(&view->elsewhere, &view->resident);
        humi_mask_keep(&plan->remote, &view->valid);
        return;
    }
    plan->exclusive = humi_intent_takes(&block->intent, view);
    plan->bring = humi_mask_and(&view->remote, &view->valid);
}

const struct hum_part humi_place_auto = {
    .name = "auto",
    .description = "copied, unless touching it remotely costs less",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_SPACE] = sizeof(struct humi_trial_space),
                     [HUM_MEMORY_REGION] = sizeof(struct region),
                     [HUM_MEMORY_BLOCK] = sizeof(struct block)},
    .plan = plan,
    .counts_touches = true,
};
