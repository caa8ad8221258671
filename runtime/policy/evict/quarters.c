/* SPDX-License-Identifier: MIT */
/*
 * quarters.c - between least and most recently used: where in the order of use it is best to evict.
 *
 *     used last  [ quarter 0 ][ quarter 1 ][ quarter 2 ][ the rest ]  used longest ago
 *                             ^ 25         ^ 50         ^ 75       ^ 100
 *
 * What is used at the moment stands in front, however often it was used.  Behind it, a loop over
 * more than fits is served best by what was used last, everything else by what was used longest
 * ago.  So there are four places to take a victim from, named by the percentage that they spare;
 * 100 is `lru`.
 *
 * A victim that comes back after d others came has bought d comings for one more: it is blamed on
 * its place by 256 / d.  The place with the least blame an eviction takes seven of eight victims,
 * the others take turns for the eighth.  At 128 evictions all counts are halved.
 *
 * Sources: what was used last leaves in loops, H.-T. Chou, D. J. DeWitt, VLDB 1985; choosing the
 * place by measuring, M. Qureshi et al., "Adaptive insertion policies for high performance
 * caching", ISCA 2007, whose measure is misses of sampled sets; blame, `tournament`.
 */
#include <hum/policy.h>

#include "policy/evict/lists.h"

enum { PLACES = 4, EXPLORE = 8, HALVE = 128, BLAME = 256 };

struct place {
    uint64_t blame, evictions;
};

struct quarters {
    struct humi_lists lists;  /* 1 .. 4: the quarters, the newest first */
    uint32_t *left;           /* of each object: comings before it was evicted */
    uint8_t *evicted_from;    /* of each object: place + 1; 0: it is in, or was never evicted */
    uint64_t quarter;         /* objects of one at most; fixed at init */
    struct place place[PLACES];
    uint32_t comings, evictions;
    unsigned turn;            /* whom the next victim is taken from */
    unsigned explored;        /* who had the last turn of the others */
};

static size_t quarters_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct quarters) + (humi_lists_bytes(objects) + 3) / 4 * 4 +
           objects * (sizeof(uint32_t) + 1);
}

static unsigned best_of(const struct quarters *quarters)
{
    unsigned best = 0;

    for (unsigned i = 1; i < PLACES; i++) {
        const struct place *a = &quarters->place[i], *b = &quarters->place[best];
        if (a->blame * b->evictions <= b->blame * a->evictions)
            best = i;
    }
    return best;
}

static void quarters_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *values)
{
    static const struct place first[PLACES] = {{8, 1}, {4, 1}, {2, 1}, {4, 1}};
    struct quarters *quarters = state;
    char *memory = (char *)(quarters + 1);

    (void)values;
    humi_lists_init(&quarters->lists, memory, objects);
    quarters->left = (uint32_t *)(memory + (humi_lists_bytes(objects) + 3) / 4 * 4);
    quarters->evicted_from = (uint8_t *)(quarters->left + objects);
    quarters->quarter = capacity / 4 ? capacity / 4 : 1;
    for (unsigned i = 0; i < PLACES; i++)
        quarters->place[i] = first[i];
    quarters->turn = best_of(quarters);
}

/* To the front; what is too much in a quarter goes into the next. */
static void use(struct quarters *quarters, uint32_t object)
{
    struct humi_lists *lists = &quarters->lists;

    humi_lists_move(lists, object, 1);
    for (unsigned list = 1; list < 4 && lists->count[list] > quarters->quarter; list++)
        humi_lists_move(lists, humi_lists_first(lists, list), list + 1);
}

static void quarters_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct quarters *quarters = state;
    unsigned from = quarters->evicted_from[object];

    (void)facts;
    quarters->comings++;
    if (from)
        quarters->place[from - 1].blame += BLAME / (quarters->comings - quarters->left[object]);
    quarters->evicted_from[object] = 0;
    use(quarters, object);
}

static void quarters_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    (void)facts;
    use(state, object);
}

static void next_turn(struct quarters *quarters)
{
    if (++quarters->evictions % HALVE == 0)
        for (unsigned i = 0; i < PLACES; i++) {
            quarters->place[i].blame /= 2;
            quarters->place[i].evictions = (quarters->place[i].evictions + 1) / 2;
        }
    quarters->turn = best_of(quarters);
    if (quarters->evictions % EXPLORE)
        return;
    do
        quarters->explored = (quarters->explored + 1) % PLACES;
    while (quarters->explored == quarters->turn);
    quarters->turn = quarters->explored;
}

static void quarters_leave(void *state, uint32_t object, bool evicted)
{
    struct quarters *quarters = state;

    humi_lists_move(&quarters->lists, object, HUMI_LIST_NONE);
    if (!evicted)
        return;
    quarters->evicted_from[object] = (uint8_t)(quarters->turn + 1);
    quarters->left[object] = quarters->comings;
    quarters->place[quarters->turn].evictions++;
    next_turn(quarters);
}

static uint32_t last_of(const struct humi_lists *lists, unsigned list)
{
    return lists->count[list] ? humi_chain_prev(lists->links, lists->objects + list)
                              : HUM_EVICT_NONE;
}

/* The newest of the lists from `list` on. */
static uint32_t newest_from(const struct humi_lists *lists, unsigned list)
{
    uint32_t object = HUM_EVICT_NONE;

    for (; list <= 4 && object == HUM_EVICT_NONE; list++)
        object = last_of(lists, list);
    return object;
}

/* The oldest of the lists up to `list`. */
static uint32_t oldest_to(const struct humi_lists *lists, unsigned list)
{
    uint32_t object = HUM_EVICT_NONE;

    for (; list >= 1 && object == HUM_EVICT_NONE; list--)
        object = humi_lists_begin(lists, list);
    return object;
}

/* Behind the spared ones from new to old, then the spared ones from old to new. */
static uint32_t quarters_victim(void *state, uint32_t incoming, uint32_t after)
{
    const struct quarters *quarters = state;
    const struct humi_lists *lists = &quarters->lists;
    unsigned spared = quarters->turn + 1; /* lists */
    uint32_t next;

    (void)incoming;
    if (after == HUM_EVICT_NONE) {
        next = newest_from(lists, spared + 1);
        return next != HUM_EVICT_NONE ? next : oldest_to(lists, spared);
    }
    unsigned list = lists->place[after];
    if (list > spared) {
        next = humi_chain_prev(lists->links, after);
        if (next >= lists->objects)
            next = newest_from(lists, list + 1);
        return next != HUM_EVICT_NONE ? next : oldest_to(lists, spared);
    }
    next = humi_lists_behind(lists, after);
    return next != HUM_EVICT_NONE ? next : oldest_to(lists, list - 1);
}

const struct hum_evict humi_evict_quarters = {
    .name = "quarters",
    .description = "between lru and mru: where in the order of use evicting is least regretted",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = quarters_bytes,
    .init = quarters_init,
    .arrive = quarters_arrive,
    .renew = quarters_renew,
    .leave = quarters_leave,
    .victim = quarters_victim,
};
