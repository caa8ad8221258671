/* SPDX-License-Identifier: MIT */
/*
 * stride.c - across blocks: streams in any stride, forwards and backwards, each agent on its own.
 *
 * Inside a block that belongs to no stream it is the density tree.  After three equal steps from
 * block to block an agent streams: its block is taken whole and further blocks of the stream are
 * brought before they are wanted, 2 at first and twice as many each time that they proved of use.
 * They go into free memory only, so nothing is driven out for a guess.
 *
 * Source: stream detection as in hardware prefetchers (J.-L. Baer, T.-F. Chen, "An effective
 * on-chip preloading scheme to reduce data access penalty", Supercomputing 1991), with feedback in
 * place of their states.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"
#include "policy/stream.h"
#include "policy/tree.h"
#include "policy/walk.h"

#define FREE_BLOCKS_MIN 2u       /* the faulted one and one ahead */

enum { THRESHOLD, STEPS, BLOCKS };
static const struct hum_tunable tunables[] = {
    [THRESHOLD] = {"threshold", "take a subtree of which more than so much is here, %",
                   HUMI_TREE_PERCENT, 0, 100},
    [STEPS] = {"steps", "equal steps from block to block that make a stream", 3, 1, 64},
    [BLOCKS] = {"blocks", "blocks to bring ahead of a stream at most", HUM_AHEAD_BLOCKS_MAX, 0,
                HUM_AHEAD_BLOCKS_MAX},
};

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    const uint64_t *values = context->tunables;
    struct humi_stream_step step = humi_streams_step(context->memory[HUM_MEMORY_REGION], view,
                                                     (unsigned)values[BLOCKS]);
    struct hum_pages faulted = humi_fill_faulted(view), here = view->valid;
    bool streams = step.steps >= values[STEPS];

    if (!streams)
        here = humi_tree_grow(&view->resident, &faulted, &view->valid,
                              (unsigned)values[THRESHOLD]);
    humi_fill_plan(view, &here, plan);
    if (!streams || view->free_blocks < FREE_BLOCKS_MIN)
        return;
    plan->ahead_blocks = step.depth;
    plan->ahead_stride = step.stride;
}

bool humi_walk_of_stride(const struct hum_view *view, const struct hum_part_context *context,
                         struct humi_walk *walk_out)
{
    struct humi_stream_step step = humi_streams_look(context->memory[HUM_MEMORY_REGION], view);
    bool streams = step.steps >= context->tunables[STEPS];

    *walk_out = (struct humi_walk){
        .percent = streams ? HUMI_WALK_BLOCK : (uint32_t)context->tunables[THRESHOLD],
        .rest = HUMI_WALK_NEVER,
        .ahead_blocks = streams && view->free_blocks >= FREE_BLOCKS_MIN ? step.depth : 0};
    return true;
}

const struct hum_part humi_prefetch_stride = {
    .name = "stride",
    .description = "the tree, and further blocks of streams in any stride",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_REGION] = sizeof(struct humi_streams)},
    .plan = plan,
};
