/* SPDX-License-Identifier: MIT */
/*
 * adaptive.c - access counters with a threshold that knows how full the device is.
 *
 *     td = 1 + ts * used / capacity                 until the device is full
 *     td = ts * p * (round trips of the block + 1)  from then on
 *
 * So an empty device takes at the first touch, as `share` does, and a block that keeps coming back
 * must be touched ever more often before it comes again.  Writes move at once.
 *
 * Source: D. Ganguly, Z. Zhang, J. Yang, R. Melhem, "Adaptive page migration for irregular
 * data-intensive applications under GPU memory oversubscription", IPDPS 2020; ts 8, p 8 from its
 * authors' simulator.  Theirs counts by 64 KiB, too; td counts touches, the one at hand included.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/place/far.h"
#include "policy/tree.h"

enum { STEPS, PENALTY };
static const struct hum_tunable tunables[] = {
    [STEPS] = {"steps", "ts: touches more before a chunk comes, empty to full device", 8, 0, 65536},
    [PENALTY] = {"penalty", "p: times ts for each round trip of a block", 8, 0, 65536},
};

static uint64_t threshold_of(const struct hum_view *view, const uint64_t *values)
{
    uint64_t capacity = view->capacity_blocks;

    if (capacity == UINT64_MAX)
        return 1;
    if (view->free_blocks == 0 || capacity == 0)
        return values[STEPS] * values[PENALTY] * (view->evictions + 1);
    return 1 + values[STEPS] * (capacity - view->free_blocks) / capacity;
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    uint64_t threshold = threshold_of(view, context->tunables);
    struct hum_pages far = humi_far_pages(view), writing = humi_tree_chunks(&view->write);

    if (view->processor == HUM_HOST || threshold <= 1)
        return;
    humi_mask_remove(&far, &writing);
    plan->remote = humi_far_cold(view, &far, threshold - 1); /* this touch is one of them */
}

const struct hum_part humi_place_adaptive = {
    .name = "adaptive",
    .description = "as counter, with a threshold that grows with occupancy and round trips",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .plan = plan,
    .counts_touches = true,
};
