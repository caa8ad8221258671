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
 * figure 4, whose T1, T2, B1, B2 and p these are, with p a real number.
 *
 * The paper's access is taken apart into victim, leave and arrive.  victim() decides with the
 * target that the coming page will make, and arrive() sets it; what the paper forgets of the ghosts
 * before it makes room is forgotten when the page arrives, which gives the same lists.  If the
 * first choice cannot leave, the others of its list are next, oldest first, then those of the other
 * list.  A page that leaves without being evicted is not remembered.
 *
 * Invariants (the paper's A.1 - A.5), c = capacity: RECENT + GHOST_RECENT <= c; all four <= 2 c;
 * ghosts exist only while RECENT + FREQUENT = c, unless pages leave that need not.
 */
#include "policy/evict/lists.h"

enum { RECENT = 1, FREQUENT, GHOST_RECENT, GHOST_FREQUENT };

struct arc {
    struct humi_lists lists;
    double target;       /* 0 .. capacity */
    double next_target;  /* what `room_for` will make it, once victim() was asked for it */
    uint64_t capacity;   /* fixed at init */
    uint32_t room_for;   /* HUM_EVICT_NONE: nobody yet */
    unsigned first_list; /* where the last first choice was */
};

static size_t arc_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct arc) + humi_lists_bytes(objects);
}

static void arc_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct arc *arc = state;

    (void)tunables;
    humi_lists_init(&arc->lists, arc + 1, objects);
    arc->capacity = capacity < objects ? capacity : objects; /* more can never be in */
    arc->room_for = HUM_EVICT_NONE;
    arc->first_list = RECENT;
}

/* By how much a return from a ghost of `here` entries moves the target. */
static double step(uint32_t here, uint32_t other)
{
    return here >= other ? 1 : (double)other / here;
}

/* What the target is once an object comes that is in the list `from` now. */
static double target_after(const struct arc *arc, unsigned from)
{
    const uint32_t *count = arc->lists.count;
    double target = arc->target, most = (double)arc->capacity;

    if (from == GHOST_RECENT)
        target += step(count[GHOST_RECENT], count[GHOST_FREQUENT]);
    else if (from == GHOST_FREQUENT)
        target -= step(count[GHOST_FREQUENT], count[GHOST_RECENT]);
    return target < 0 ? 0 : target > most ? most : target;
}

static void forget_first(struct arc *arc, unsigned list)
{
    humi_lists_move(&arc->lists, humi_lists_first(&arc->lists, list), HUMI_LIST_NONE);
}

/* Invariants: at most c that were used once lately, at most 2 c in all. */
static void trim(struct arc *arc)
{
    const uint32_t *count = arc->lists.count;

    while (count[GHOST_RECENT] > 0 && (uint64_t)count[RECENT] + count[GHOST_RECENT] > arc->capacity)
        forget_first(arc, GHOST_RECENT);
    while (count[GHOST_FREQUENT] > 0 &&
           arc->lists.objects - count[HUMI_LIST_NONE] > 2 * arc->capacity)
        forget_first(arc, GHOST_FREQUENT);
}

static void arc_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct arc *arc = state;
    unsigned from = arc->lists.place[object];

    (void)facts;
    arc->target = arc->room_for == object ? arc->next_target : target_after(arc, from);
    arc->room_for = HUM_EVICT_NONE;
    humi_lists_move(&arc->lists, object, from == HUMI_LIST_NONE ? RECENT : FREQUENT);
    trim(arc);
}

static void arc_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct arc *arc = state;

    (void)facts;
    humi_lists_move(&arc->lists, object, FREQUENT);
}

static void arc_leave(void *state, uint32_t object, bool evicted)
{
    struct arc *arc = state;
    unsigned ghost = arc->lists.place[object] == RECENT ? GHOST_RECENT : GHOST_FREQUENT;

    humi_lists_move(&arc->lists, object, evicted ? ghost : HUMI_LIST_NONE);
}

/* REPLACE(x, p): `from` is the list that x is in. */
static unsigned list_to_replace(const struct arc *arc, unsigned from, double target)
{
    uint32_t recent = arc->lists.count[RECENT];

    if (recent == 0)
        return FREQUENT;
    if (arc->lists.count[FREQUENT] == 0)
        return RECENT;
    return recent > target || (from == GHOST_FREQUENT && recent == target) ? RECENT : FREQUENT;
}

static uint32_t arc_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct arc *arc = state;

    if (after == HUM_EVICT_NONE) {
        unsigned from = incoming == HUM_EVICT_NONE ? HUMI_LIST_NONE : arc->lists.place[incoming];

        arc->room_for = incoming;
        arc->next_target = target_after(arc, from);
        arc->first_list = list_to_replace(arc, from, arc->next_target);
    }
    return humi_lists_walk(&arc->lists, arc->first_list,
                           arc->first_list == RECENT ? FREQUENT : RECENT, after);
}

const struct hum_evict humi_evict_arc = {
    .name = "arc",
    .description = "recent and frequent pages, their shares set by what comes back",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = arc_bytes,
    .init = arc_init,
    .arrive = arc_arrive,
    .renew = arc_renew,
    .leave = arc_leave,
    .victim = arc_victim,
};
