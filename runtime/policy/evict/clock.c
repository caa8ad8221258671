/* SPDX-License-Identifier: MIT */
/*
 * clock.c - second chance: a page used since the hand last passed stays, and loses its mark.
 *
 * The circle is a list whose first is under the hand; what the hand passes moves to the end.  A
 * page comes in behind the hand, unmarked; a hit marks it.  If the one under the hand cannot leave,
 * the others without a mark are next, in the order of the circle, then those with one.
 * Source: F. J. Corbato, "A paging experiment with the Multics system", MIT Project MAC report
 * MAC-M-384, 1968; with one bit a page, as CLOCK is usually meant.
 */
#include "policy/evict/single.h"

struct clock {
    uint8_t *marked;           /* of each object: used since it came or was passed */
    struct humi_single single; /* last: its links follow, then the marks */
};

static size_t clock_bytes(uint64_t capacity, uint32_t objects)
{
    return offsetof(struct clock, single) + humi_single_bytes(capacity, objects) + objects;
}

static void clock_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct clock *clock = state;

    humi_single_init(&clock->single, capacity, objects, tunables);
    clock->marked = (uint8_t *)&clock->single + humi_single_bytes(capacity, objects);
}

static void clock_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct clock *clock = state;

    clock->marked[object] = false;
    humi_single_arrive(&clock->single, object, facts);
}

static void clock_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct clock *clock = state;

    (void)facts;
    clock->marked[object] = true;
}

static void clock_leave(void *state, uint32_t object, bool evicted)
{
    struct clock *clock = state;

    humi_single_leave(&clock->single, object, evicted);
}

/* Turn the hand to what has no mark. */
static uint32_t turn(struct clock *clock)
{
    struct humi_single *single = &clock->single;

    while (!humi_chain_is_empty(single->links, single->head)) {
        uint32_t under_hand = humi_chain_first(single->links, single->head);

        if (!clock->marked[under_hand])
            return under_hand;
        clock->marked[under_hand] = false;
        humi_chain_move_back(single->links, single->head, under_hand);
    }
    return HUM_EVICT_NONE;
}

/* The next behind `at` that has a mark, or has none. */
static uint32_t behind(const struct clock *clock, uint32_t at, bool marked)
{
    const struct humi_single *single = &clock->single;

    do
        at = humi_chain_next(single->links, at);
    while (at != single->head && clock->marked[at] != marked);
    return at == single->head ? HUM_EVICT_NONE : at;
}

static uint32_t clock_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct clock *clock = state;
    uint32_t next;

    (void)incoming;
    if (after == HUM_EVICT_NONE)
        return turn(clock);
    next = behind(clock, after, clock->marked[after]);
    if (next == HUM_EVICT_NONE && !clock->marked[after])
        next = behind(clock, clock->single.head, true);
    return next;
}

const struct hum_evict humi_evict_clock = {
    .name = "clock",
    .description = "first in, first out, but what was used goes round again",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = clock_bytes,
    .init = clock_init,
    .arrive = clock_arrive,
    .renew = clock_renew,
    .leave = clock_leave,
    .victim = clock_victim,
};
