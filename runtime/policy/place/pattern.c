/* SPDX-License-Identifier: MIT */
/*
 * pattern.c - far where the region's pattern is random, as `share` elsewhere.
 *
 * A chunk of a region that is jumped about in is mapped where it is until it was touched
 * `threshold` times.  The table of which pattern gets what: pattern.h's source.
 */
#include "policy/pattern.h"

#include "policy/parts.h"
#include "policy/place/far.h"

static const struct hum_tunable tunables[] = {
    {"threshold", "random: touches of a chunk after which it comes", 256, 1, UINT32_MAX},
};

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    enum humi_pattern pattern = humi_pattern_of(context->memory[HUM_MEMORY_REGION], view);
    struct hum_pages far = humi_far_pages(view);

    if (pattern == HUMI_RANDOM && view->processor != HUM_HOST)
        plan->remote = humi_far_cold(view, &far, context->tunables[0]);
}

const struct hum_part humi_place_pattern = {
    .name = "pattern",
    .description = "mapped remotely where accesses jump about, copied elsewhere",
    .tunables = tunables,
    .tunable_count = 1,
    .memory_bytes = {[HUM_MEMORY_REGION] = sizeof(struct humi_pattern_counts)},
    .plan = plan,
};
