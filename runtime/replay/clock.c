/* SPDX-License-Identifier: MIT */
/*
 * clock.c - second chance: a page used since the hand last passed stays, and loses its mark.
 *
 * The circle is a list whose first is under the hand; what the hand passes moves to the end.  A
 * page comes in behind the hand, unmarked; a hit marks it.
 * Source: F. J. Corbato, "A paging experiment with the Multics system", MIT Project MAC report
 * MAC-M-384, 1968; with one bit a page, as CLOCK is usually meant.
 */
#include "replay/single.h"

struct clock {
    uint8_t *marked;              /* of each object: used since it came or was passed */
    struct humi_single single;    /* last: its links follow, then the marks */
};

static size_t clock_bytes(const struct humi_cache_size *size)
{
    return offsetof(struct clock, single) + humi_single_bytes(size) + size->objects;
}

static void clock_init(void *state, const struct humi_cache_size *size)
{
    struct clock *clock = state;

    humi_single_init(&clock->single, size);
    clock->marked = (uint8_t *)&clock->single + humi_single_bytes(size);
}

static uint32_t turn_to_victim(struct clock *clock)
{
    struct humi_single *single = &clock->single;

    for (;;) {
        uint32_t under_hand = humi_chain_first(single->links, single->head);

        if (!clock->marked[under_hand])
            return under_hand;
        clock->marked[under_hand] = false;
        humi_chain_move_back(single->links, single->head, under_hand);
    }
}

static struct humi_cache_outcome clock_access(void *state, uint32_t object, uint64_t next_use)
{
    struct clock *clock = state;
    uint32_t victim = HUMI_OBJECT_NONE;

    (void)next_use;
    if (humi_single_has(&clock->single, object)) {
        clock->marked[object] = true;
        return humi_cache_hit();
    }
    if (humi_single_is_full(&clock->single))
        victim = turn_to_victim(clock);
    return humi_single_bring(&clock->single, object, victim);
}

const struct humi_cache_algorithm humi_cache_clock = {
    .name = "clock",
    .about = "second chance: first in, first out, but what was used goes round again",
    .bytes = clock_bytes,
    .init = clock_init,
    .access = clock_access,
};
