/* SPDX-License-Identifier: MIT */
/*
 * auto.c - in each region, the way to prefetch that would have cost least so far (duel.h).
 *
 * `ahead` until something is known, always for the host, which it knows special rules for, and for
 * faults on what is here: the candidates differ in what they bring.  Whoever is live, a stream of
 * writes takes what it reads, as in `ahead` (writing.h).
 *
 * Where the place part leaves a block far nothing is brought, and nothing is learned; nor by what
 * comes because its far touches were counted, which no fault asked for.
 */
#include "base/mask.h"
#include "policy/duel.h"
#include "policy/parts.h"
#include "policy/place/far.h"
#include "policy/prefetch/fill.h"
#include "policy/prefetch/rivals.h"
#include "policy/prefetch/writing.h"
#include "policy/stream.h"

struct region {
    struct humi_duel duel;
    struct humi_streams streams; /* of `stride` */
};

struct block {
    struct humi_duel_stay stay;
    struct humi_rivals rivals;   /* of `ahead` */
};

/* ---- candidates ------------------------------------------------------------------------------ */

typedef bool walk_of(const struct hum_view *view, const struct hum_part_context *context,
                     struct humi_walk *walk_out);

static bool walk_of_tree(const struct hum_view *view, const struct hum_part_context *context,
                         struct humi_walk *walk_out)
{
    (void)view; /* what was in the block before is elsewhere now, so nobody is the first there */
    *walk_out = (struct humi_walk){.percent = (uint32_t)context->tunables[0],
                                   .rest = HUMI_WALK_NEVER};
    return true;
}

static bool walk_of_block(const struct hum_view *view, const struct hum_part_context *context,
                          struct humi_walk *walk_out)
{
    (void)view;
    (void)context;
    *walk_out = (struct humi_walk){.percent = HUMI_WALK_BLOCK, .rest = HUMI_WALK_NEVER};
    return true;
}

static bool walk_of_chunk(const struct hum_view *view, const struct hum_part_context *context,
                          struct humi_walk *walk_out)
{
    (void)view;
    (void)context;
    *walk_out = (struct humi_walk){.percent = HUMI_WALK_CHUNK, .rest = HUMI_WALK_NEVER};
    return true;
}

/* The numbers of candidates are their own initial ones. */
static const struct candidate {
    const struct hum_part *part;
    walk_of *walk_of;
} candidates[] = {
    {&humi_prefetch_ahead, humi_walk_of_ahead},
    {&humi_prefetch_block, walk_of_block},
    {&humi_prefetch_stride, humi_walk_of_stride},
    {&humi_prefetch_tree, walk_of_tree},
    {&humi_prefetch_chunk, walk_of_chunk},
};
#define CANDIDATES (sizeof candidates / sizeof candidates[0])
_Static_assert(CANDIDATES <= HUMI_DUEL_MAX, "a cost for each");

static struct hum_part_context context_of(struct region *region, struct block *block,
                                          const struct hum_part *part, uint64_t *values)
{
    struct hum_part_context context = {.tunables = values};

    for (unsigned t = 0; t < part->tunable_count; t++)
        values[t] = part->tunables[t].initial;
    if (part->memory_bytes[HUM_MEMORY_REGION])
        context.memory[HUM_MEMORY_REGION] = &region->streams;
    if (part->memory_bytes[HUM_MEMORY_BLOCK])
        context.memory[HUM_MEMORY_BLOCK] = &block->rivals;
    return context;
}

static void judge(struct region *region, struct block *block, const struct hum_view *view)
{
    uint64_t values[CANDIDATES][HUM_TUNABLES_MAX];
    struct humi_duellist list[CANDIDATES];

    if (!humi_duel_begins(&block->stay, view))
        return;
    for (unsigned i = 0; i < CANDIDATES; i++) {
        list[i].part = candidates[i].part;
        list[i].context = context_of(region, block, candidates[i].part, values[i]);
        list[i].known = candidates[i].walk_of(view, &list[i].context, &list[i].walk);
    }
    humi_duel_judge(&region->duel, &block->stay, view, list, CANDIDATES);
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* Every fault takes its agent's stream further, whoever is live; `stride` does so by itself. */
static void plan_live(struct region *region, struct block *block, unsigned live,
                      const struct hum_view *view, struct hum_plan *plan)
{
    uint64_t values[HUM_TUNABLES_MAX];
    const struct hum_part *part = candidates[live].part;
    struct hum_part_context context = context_of(region, block, part, values);

    if (part != &humi_prefetch_ahead)
        humi_rivals_learn(&block->rivals, view, humi_fill_chunks(view));
    if (part != &humi_prefetch_stride)
        humi_streams_step(&region->streams, view, HUM_AHEAD_BLOCKS_MAX);
    part->plan(view, &context, plan);
}

/* Nothing comes: the fault is about access alone. */
static bool is_here(const struct hum_view *view)
{
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);

    return humi_mask_within(&asked, &view->resident);
}

/* Of a device's fault: the live candidate's plan. */
static void plan_fault(struct region *region, struct block *block, const struct hum_view *view,
                       struct hum_plan *plan)
{
    unsigned live = humi_duel_live(&region->duel);

    if (live && is_here(view))
        live = 0;
    plan_live(region, block, live, view, plan);
    if (live && humi_writing_stream(view))
        plan->exclusive = true;
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct region *region = context->memory[HUM_MEMORY_REGION];
    struct block *block = context->memory[HUM_MEMORY_BLOCK];
    struct hum_pages placed = plan->bring;
    bool sampled = humi_duel_samples(view);

    if (view->processor == HUM_HOST) {
        plan_live(region, block, 0, view, plan);
        return;
    }
    if (humi_far_is_counted(view))
        return;
    if (!humi_mask_empty(&plan->remote)) {
        humi_rivals_learn(&block->rivals, view, humi_fill_chunks(view));
        return;
    }
    if (sampled)
        judge(region, block, view);
    plan_fault(region, block, view, plan);
    humi_mask_add(&plan->bring, &placed);
    if (sampled)
        humi_duel_note(&block->stay, view, plan);
}

const struct hum_part humi_prefetch_auto = {
    .name = "auto",
    .description = "of ahead, block, stride, tree and chunk what would have cost the region least",
    .memory_bytes = {[HUM_MEMORY_REGION] = sizeof(struct region),
                     [HUM_MEMORY_BLOCK] = sizeof(struct block)},
    .plan = plan,
};
