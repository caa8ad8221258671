/* SPDX-License-Identifier: MIT */
/*
 * arc.c - adaptive replacement cache: recent and frequent pages, their shares set by what returns.
 *
 *     evicted from RECENT --> |--- GHOST_RECENT ---|--- RECENT ---| <- used once
 *     evicted from FREQUENT > |-- GHOST_FREQUENT --|-- FREQUENT --| <- used again
 *
 * `target` is the share that RECENT should have.  A miss on a page that RECENT gave up lately makes
 * it larger, one on a page of FREQUENT smaller.
 * Source: N. Megiddo, D. S. Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003,
 * figure 4, whose T1, T2, B1, B2 and p these are, with p a real number.  Its cases are cited below.
 *
 * Invariants (the paper's A.1 - A.5), c = capacity: RECENT + GHOST_RECENT <= c; all four <= 2 c;
 * ghosts exist only while RECENT + FREQUENT = c.
 */
#include "base/check.h"
#include "replay/lists.h"

enum { RECENT = 1, FREQUENT, GHOST_RECENT, GHOST_FREQUENT };

struct arc {
    struct humi_lists lists;
    double target;               /* 0 .. capacity */
    uint32_t capacity;           /* fixed at init */
};

static size_t arc_bytes(const struct humi_cache_size *size)
{
    return sizeof(struct arc) + humi_lists_bytes(size->objects);
}

static void arc_init(void *state, const struct humi_cache_size *size)
{
    struct arc *arc = state;

    humi_lists_init(&arc->lists, arc + 1, size->objects);
    arc->capacity = size->capacity;
}

/* REPLACE(x, p): make room; `returns` is the list that x was found in. */
static uint32_t replace(struct arc *arc, unsigned returns)
{
    uint32_t recent = arc->lists.count[RECENT], victim;
    bool from_recent = recent > 0 && (recent > arc->target || (returns == GHOST_FREQUENT &&
                                                               recent == arc->target));
    unsigned from = from_recent ? RECENT : FREQUENT;

    humi_assert(arc->lists.count[from] > 0);
    victim = humi_lists_first(&arc->lists, from);
    humi_lists_move(&arc->lists, victim, from_recent ? GHOST_RECENT : GHOST_FREQUENT);
    return victim;
}

/* By how much a return from a ghost of `here` entries moves the target. */
static double step(uint32_t here, uint32_t other)
{
    return here >= other ? 1 : (double)other / here;
}

/* Cases II and III: a page that left lately comes back, and has now been used twice. */
static uint32_t bring_back(struct arc *arc, uint32_t object, unsigned returns)
{
    uint32_t ghost_recent = arc->lists.count[GHOST_RECENT];
    uint32_t ghost_frequent = arc->lists.count[GHOST_FREQUENT];
    uint32_t victim;

    if (returns == GHOST_RECENT) {
        arc->target += step(ghost_recent, ghost_frequent);
        if (arc->target > arc->capacity)
            arc->target = arc->capacity;
    } else {
        arc->target -= step(ghost_frequent, ghost_recent);
        if (arc->target < 0)
            arc->target = 0;
    }
    victim = replace(arc, returns);
    humi_lists_move(&arc->lists, object, FREQUENT);
    return victim;
}

static void forget_first(struct arc *arc, unsigned list)
{
    humi_lists_move(&arc->lists, humi_lists_first(&arc->lists, list), HUMI_LIST_NONE);
}

/* Case IV: a page of which nothing is known. */
static uint32_t bring_new(struct arc *arc, uint32_t object)
{
    const uint32_t *count = arc->lists.count;
    uint64_t once = (uint64_t)count[RECENT] + count[GHOST_RECENT];
    uint64_t all = once + count[FREQUENT] + count[GHOST_FREQUENT];
    uint32_t victim = HUMI_OBJECT_NONE;

    if (once == arc->capacity && count[GHOST_RECENT] == 0) {
        victim = humi_lists_first(&arc->lists, RECENT);
        forget_first(arc, RECENT);
    } else if (all >= arc->capacity) {
        if (once == arc->capacity)
            forget_first(arc, GHOST_RECENT);
        else if (all == 2 * (uint64_t)arc->capacity)
            forget_first(arc, GHOST_FREQUENT);
        victim = replace(arc, HUMI_LIST_NONE);
    }
    humi_lists_move(&arc->lists, object, RECENT);
    return victim;
}

static struct humi_cache_outcome arc_access(void *state, uint32_t object, uint64_t next_use)
{
    struct arc *arc = state;
    unsigned place = arc->lists.place[object];

    (void)next_use;
    if (place == RECENT || place == FREQUENT) { /* case I */
        humi_lists_move(&arc->lists, object, FREQUENT);
        return humi_cache_hit();
    }
    if (place == HUMI_LIST_NONE)
        return humi_cache_miss(bring_new(arc, object));
    return humi_cache_miss(bring_back(arc, object, place));
}

const struct humi_cache_algorithm humi_cache_arc = {
    .name = "arc",
    .about = "recent and frequent pages, their shares set by what comes back",
    .bytes = arc_bytes,
    .init = arc_init,
    .access = arc_access,
};
