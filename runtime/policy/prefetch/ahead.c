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
#include "base/wide.h"
#include "policy/chunks.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"
#include "policy/prefetch/rivals.h"
#include "policy/prefetch/writing.h"
#include "policy/tree.h"
#include "policy/walk.h"
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

/* Advice that gives this processor the whole block, whatever is here. */
static bool is_advised_always(const struct hum_view *view)
{
    if ((view->advice & HUM_ADVISE_READ_MOSTLY) && humi_mask_empty(&view->write))
        return true;
    return (view->advice & HUM_ADVISE_ACCESSED_BY) &&
           (view->accessed_by & HUM_BIT(view->processor));
}

static bool is_first_at_home(const struct hum_view *view)
{
    return (view->advice & HUM_ADVISE_PREFERRED) && view->preferred == view->processor &&
           humi_mask_empty(&view->resident);
}

/* Advice that gives this processor the whole block at this fault. */
static bool is_advised_whole(const struct hum_view *view)
{
    return is_advised_always(view) || is_first_at_home(view);
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
 * From how many pages on that are here the rest is worth its cost: of a block that is full of data
 * elsewhere, while a quarter of the memory is free.  Where whole blocks are opened it comes at the
 * first fault: copying it takes twice as long as a fault, and page by page mappings would have to
 * go again before it can be opened.  Elsewhere at the second fault: bringing the rest costs about
 * three faults, and scattered accesses would take five.
 */
static unsigned pages_for_the_rest(const struct hum_view *view)
{
    if (view->free_blocks < view->capacity_blocks / 4 ||
        !humi_mask_within(&view->valid, &view->written))
        return HUMI_WALK_NEVER;
    return view->opens_whole ? 0 : HUM_PAGES_PER_CHUNK;
}

static bool is_worth_the_rest(const struct hum_view *view)
{
    unsigned pages = pages_for_the_rest(view);

    return pages == 0 || (pages != HUMI_WALK_NEVER && humi_mask_count(&view->resident) >= pages);
}

/* All pages that should be here when a fault that moves some has been served. */
static struct hum_pages choose_resident(const struct hum_view *view,
                                        const struct hum_pages *faulted, unsigned percent)
{
    if (is_advised_whole(view) || is_next_to_dense(view) || is_worth_the_rest(view))
        return view->valid;
    return humi_tree_grow(&view->resident, faulted, &view->valid, percent);
}

/* What a plan rests on. */
struct grounds {
    struct hum_pages faulted;
    bool moves;                 /* a faulted page is not here */
};

HUMI_WIDE static void look(const struct hum_view *view, struct grounds *of)
{
    uint64_t missing = 0;

    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t faulted = view->read.word[i] | view->write.word[i];
        of->faulted.word[i] = faulted;
        missing |= faulted & ~view->resident.word[i];
    }
    of->moves = missing != 0;
}

/* Bring what is wanted, and what is here with it: true if that is all of the block. */
HUMI_WIDE static bool bring(const struct hum_view *view, const struct hum_pages *faulted,
                            const struct hum_pages *wanted, struct hum_plan *plan)
{
    uint64_t absent = 0;

    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t resident = view->resident.word[i], valid = view->valid.word[i];
        absent |= valid & ~(wanted->word[i] | resident);
        plan->bring.word[i] = wanted->word[i] & ~resident & ~faulted->word[i];
    }
    return !absent;
}

/* Give access to what comes and to what is here within the window; NULL: to all that is here. */
HUMI_WIDE static void map(const struct hum_view *view, const struct hum_pages *faulted,
                          const struct hum_pages *window, struct hum_plan *plan)
{
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t here = view->resident.word[i] & (window ? window->word[i] : ~UINT64_C(0));
        plan->map.word[i] = (here | plan->bring.word[i]) & view->valid.word[i] & ~faulted->word[i];
    }
}

/* Of the pages that are here then, those to give access to. */
static void choose_mapped(const struct hum_view *view, const struct grounds *of, bool whole,
                          struct hum_plan *plan)
{
    struct hum_pages window;

    if (whole && !is_lone_upgrade(view) &&
        (of->moves || view->opens_whole || is_next_to_dense(view) || is_advised_whole(view))) {
        map(view, &of->faulted, NULL, plan);
        return;
    }
    window = humi_window_around(&of->faulted, humi_window_pages(view->map_faults));
    map(view, &of->faulted, &window, plan);
}

HUMI_WIDE static void keep_to_turf(uint32_t turf, struct hum_plan *plan)
{
    struct hum_pages pages = humi_chunks_pages(turf);

    humi_mask_keep(&plan->bring, &pages);
    humi_mask_keep(&plan->map, &pages);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct humi_rivals *rivals = context->memory[HUM_MEMORY_BLOCK];
    struct hum_pages wanted = view->resident;
    struct grounds of;

    look(view, &of);
    uint32_t chunks = humi_chunks_of(&of.faulted);
    if (of.moves)
        wanted = choose_resident(view, &of.faulted, (unsigned)context->tunables[THRESHOLD]);
    bool whole = bring(view, &of.faulted, &wanted, plan);
    humi_rivals_learn(rivals, view, chunks);
    choose_mapped(view, &of, whole, plan);
    if (humi_rivals_contest(rivals, view)) {
        keep_to_turf(humi_rivals_turf(rivals, view, chunks), plan);
        return;
    }
    if (humi_writing_stream(view) || (whole && is_host_taking(view, of.moves)))
        plan->exclusive = true;
    if (whole && (of.moves || view->map_faults == 0) && !is_lone_upgrade(view) &&
        (is_forward_stream(view) || is_rewriting(view))) {
        plan->ahead_blocks = (unsigned)context->tunables[BLOCKS];
        plan->ahead_takes = is_rewriting(view);
    }
}

/* The walk brings nothing that others would lose, so `is_lone_upgrade` has no say in it. */
bool humi_walk_of_ahead(const struct hum_view *view, const struct hum_part_context *context,
                        struct humi_walk *walk_out)
{
    const struct humi_rivals *rivals = context->memory[HUM_MEMORY_BLOCK];
    bool contest = humi_rivals_contest(rivals, view), home = is_first_at_home(view);
    bool whole = is_advised_always(view) || is_next_to_dense(view) || (home && !contest);
    bool goes_on = is_forward_stream(view) || is_rewriting(view);

    if (!whole && (home || is_rewriting(view)))
        return false; /* the first fault is another than the next ones, or the last one is */
    *walk_out = (struct humi_walk){
        .percent = whole ? HUMI_WALK_BLOCK : (uint32_t)context->tunables[THRESHOLD],
        .rest = pages_for_the_rest(view),
        .apart = contest ? humi_rivals_others(rivals, view) : 0,
        .ahead_blocks = whole && goes_on && !contest ? (uint32_t)context->tunables[BLOCKS] : 0};
    return true;
}

const struct hum_part humi_prefetch_ahead = {
    .name = "ahead",
    .description = "the tree, whole blocks where they are cheap, further blocks of a stream",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_BLOCK] = sizeof(struct humi_rivals)},
    .plan = plan,
};
