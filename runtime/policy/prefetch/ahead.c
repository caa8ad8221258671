/* SPDX-License-Identifier: MIT */
/*
 * ahead.c - hum's default: the density tree, and beyond the block where it pays.
 *
 * The driver's tree learns each block anew: six faults to fill 2 MiB from nothing.  Here a block is
 * taken whole at its first fault when a neighbour is already half here, because who walks through
 * one block mostly walks into the next; and when the block before is nearly full the next one is
 * asked for too, so that copying overlaps with computing.  Advice that promises whole blocks gets
 * them.
 *
 * Where the fault is about access only (the page is here), nothing is brought.  A write to a page
 * that others can read takes their copies away, so there the window grows step by step, unless the
 * block before is being written as a whole.
 *
 * Where host and devices work in one block at the same time, each gets its turf (rivals.h), and
 * nothing is guessed.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"
#include "policy/prefetch/rivals.h"
#include "policy/prefetch/writing.h"
#include "policy/tree.h"
#include "policy/window.h"

#define NEIGHBOUR_DENSE (HUM_PAGES_PER_BLOCK / 2)      /* take the block whole */
#define NEIGHBOUR_FULL HUMI_NEIGHBOUR_FULL             /* a stream: ask for the next block */
#define FREE_BLOCKS_MIN 16u                            /* below, going ahead would evict */

enum { THRESHOLD, BLOCKS };
static const struct hum_tunable tunables[] = {
    [THRESHOLD] = {"threshold", "take a subtree of which more than so much is here, %",
                   HUMI_TREE_PERCENT, 0, 100},
    [BLOCKS] = {"blocks", "blocks to bring ahead of a stream", 8, 0, HUM_AHEAD_BLOCKS_MAX},
};

static bool is_next_to_dense(const struct hum_view *view)
{
    return view->neighbour_pages[0] >= NEIGHBOUR_DENSE ||
           view->neighbour_pages[1] >= NEIGHBOUR_DENSE;
}

/* Advice that gives this processor the whole block at this fault. */
static bool is_advised_whole(const struct hum_view *view)
{
    if ((view->advice & HUM_ADVISE_READ_MOSTLY) && humi_mask_empty(&view->write))
        return true;
    if ((view->advice & HUM_ADVISE_ACCESSED_BY) && (view->accessed_by & HUM_BIT(view->processor)))
        return true;
    return (view->advice & HUM_ADVISE_PREFERRED) && view->preferred == view->processor &&
           humi_mask_empty(&view->resident);
}

/*
 * Somebody else would lose a copy by this write, and nothing says that more writes follow.  Where
 * whole blocks are opened, splitting one costs more than what is lost.
 */
static bool is_lone_upgrade(const struct hum_view *view)
{
    struct hum_pages shared = humi_mask_and(&view->resident, &view->elsewhere);

    return !view->opens_whole && humi_mask_meets(&shared, &view->write) &&
           view->neighbour_writable[0] < NEIGHBOUR_FULL;
}

static bool is_forward_stream(const struct hum_view *view)
{
    return view->neighbour_pages[0] >= NEIGHBOUR_FULL &&
           view->neighbour_pages[1] < HUM_PAGES_PER_BLOCK && view->free_blocks >= FREE_BLOCKS_MIN;
}

/*
 * A stream of writes to what others have copies of, made while nothing runs there: their copies of
 * the next blocks go too, as long as guesses prove right.
 */
static bool is_rewriting(const struct hum_view *view)
{
    return view->others_idle && !humi_mask_empty(&view->write) &&
           view->neighbour_writable[0] >= NEIGHBOUR_FULL &&
           view->neighbour_writable[1] < NEIGHBOUR_FULL &&
           view->neighbour_guesses < HUMI_GUESSES_MAX;
}

/*
 * The host takes a whole block that it reads, as a write would: it can only be given 4 KiB mappings
 * of what it may not write, and those cost more than copying the block back if it is read again
 * where it was written.  At most one such copy follows each time that a device writes the block.
 * Not where the host's memory has a limit: copies that others have can leave it, the only one not.
 */
static bool is_host_taking(const struct hum_view *view, bool moves)
{
    return view->processor == HUM_HOST && moves && view->capacity_blocks == UINT64_MAX &&
           humi_mask_full(&view->valid) && humi_mask_full(&view->written) &&
           !(view->advice & HUM_ADVISE_READ_MOSTLY);
}

/*
 * A block that is full of data elsewhere, while a quarter of the memory is free.  Where whole
 * blocks are opened it comes at the first fault: copying it takes twice as long as a fault, and
 * page by page mappings would have to go again before it can be opened.  Elsewhere at the second
 * fault: bringing the rest costs about three faults, and scattered accesses would take five.
 */
static bool is_worth_the_rest(const struct hum_view *view)
{
    return (view->opens_whole || humi_mask_count(&view->resident) >= HUM_PAGES_PER_CHUNK) &&
           humi_mask_within(&view->valid, &view->written) &&
           view->free_blocks >= view->capacity_blocks / 4;
}

/* All pages that should be here when the fault has been served. */
static struct hum_pages choose_resident(const struct hum_view *view,
                                        const struct hum_pages *faulted, unsigned percent)
{
    struct hum_pages here;

    if (humi_mask_within(faulted, &view->resident))
        return view->resident;
    if (is_advised_whole(view) || is_next_to_dense(view) || is_worth_the_rest(view))
        return view->valid;
    here = humi_tree_grow(&view->resident, faulted, &view->valid, percent);
    humi_mask_add(&here, &view->resident);
    return here;
}

/* Of the pages that are here then, those to give access to. */
static struct hum_pages choose_mapped(const struct hum_view *view, const struct hum_pages *faulted,
                                      const struct hum_pages *here, bool moves, bool whole)
{
    struct hum_pages mapped, brought;

    if (whole && !is_lone_upgrade(view) &&
        (moves || view->opens_whole || is_next_to_dense(view) || is_advised_whole(view)))
        return *here;
    mapped = humi_window_around(faulted, humi_window_pages(view->map_faults));
    humi_mask_keep(&mapped, here);
    brought = humi_mask_minus(here, &view->resident);
    humi_mask_add(&mapped, &brought);
    return mapped;
}

static void keep_to_turf(const struct humi_rivals *rivals, const struct hum_view *view,
                         struct hum_plan *plan)
{
    struct hum_pages turf = humi_rivals_turf(rivals, view);

    humi_mask_keep(&plan->bring, &turf);
    humi_mask_keep(&plan->map, &turf);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct humi_rivals *rivals = context->memory[HUM_MEMORY_BLOCK];
    struct hum_pages faulted = humi_fill_faulted(view);
    struct hum_pages here =
        choose_resident(view, &faulted, (unsigned)context->tunables[THRESHOLD]);
    bool moves = !humi_mask_within(&faulted, &view->resident);
    bool whole = humi_mask_within(&view->valid, &here);

    humi_rivals_learn(rivals, view);
    plan->bring = humi_mask_minus(&here, &view->resident);
    plan->map = choose_mapped(view, &faulted, &here, moves, whole);
    humi_mask_keep(&plan->map, &view->valid);
    humi_mask_remove(&plan->bring, &faulted);
    humi_mask_remove(&plan->map, &faulted);
    if (humi_rivals_contest(rivals, view)) {
        keep_to_turf(rivals, view, plan);
        return;
    }
    if (humi_writing_stream(view) || (whole && is_host_taking(view, moves)))
        plan->exclusive = true;
    if (whole && (moves || view->map_faults == 0) && !is_lone_upgrade(view) &&
        (is_forward_stream(view) || is_rewriting(view))) {
        plan->ahead_blocks = (unsigned)context->tunables[BLOCKS];
        plan->ahead_takes = is_rewriting(view);
    }
}

const struct hum_part humi_prefetch_ahead = {
    .name = "ahead",
    .description = "the tree, whole blocks where they are cheap, further blocks of a stream",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_BLOCK] = sizeof(struct humi_rivals)},
    .plan = plan,
};
