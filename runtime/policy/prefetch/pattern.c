/* SPDX-License-Identifier: MIT */
/*
 * pattern.c - as much as the region's pattern is worth.
 *
 *     unknown   the density tree
 *     linear    the whole block, and further ones
 *     reuse     the whole block, none ahead: they would drive out what is used again
 *     random    the chunk; around it nothing more is likely than anywhere else
 */
#include "policy/pattern.h"

#include "base/mask.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"
#include "policy/tree.h"

enum { THRESHOLD, BLOCKS };
static const struct hum_tunable tunables[] = {
    [THRESHOLD] = {"threshold", "unknown: take a subtree of which more than so much is here, %",
                   HUMI_TREE_PERCENT, 0, 100},
    [BLOCKS] = {"blocks", "linear: blocks to bring ahead", 4, 0, HUM_AHEAD_BLOCKS_MAX},
};

static struct hum_pages choose(const struct hum_view *view, enum humi_pattern pattern,
                               unsigned percent)
{
    struct hum_pages faulted = humi_fill_faulted(view);

    switch (pattern) {
    case HUMI_LINEAR:
    case HUMI_REUSE:
        return view->valid;
    case HUMI_RANDOM:
        return humi_tree_chunks(&faulted);
    case HUMI_UNKNOWN:
        break;
    }
    return humi_tree_grow(&view->resident, &faulted, &view->valid, percent);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    enum humi_pattern pattern = humi_pattern_of(context->memory[HUM_MEMORY_REGION], view);
    struct hum_pages here = choose(view, pattern, (unsigned)context->tunables[THRESHOLD]);

    humi_fill_plan(view, &here, plan);
    if (pattern == HUMI_LINEAR && view->free_blocks > context->tunables[BLOCKS])
        plan->ahead_blocks = (unsigned)context->tunables[BLOCKS];
}

const struct hum_part humi_prefetch_pattern = {
    .name = "pattern",
    .description = "whole blocks of what is walked through, chunks of what is jumped about in",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_REGION] = sizeof(struct humi_pattern_counts)},
    .plan = plan,
};
