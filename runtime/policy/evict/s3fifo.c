/* SPDX-License-Identifier: MIT */
/*
 * s3fifo.c - three queues: a small one for newcomers, the main one, a ghost of what the small one
 * gave up.
 *
 *     new ---------------> [ SMALL  10 % ] -- used twice or more --> [ MAIN  90 % ] --> out
 *     came back from ghost ---------------------------------------->     ^    |
 *                              | else: out                               +----+ used: goes round
 *                              v
 *                          [ GHOST 90 % ]
 *
 * Each page counts its uses since it came, up to 3.  A full cache makes room from SMALL while that
 * has its share or more, else from MAIN.
 * Source: J. Yang, Y. Zhang, Z. Qiu, Y. Yue, R. Vinayak, "FIFO queues are all you need for cache
 * eviction", SOSP 2023, algorithm 1, and where the two differ the authors' libCacheSim: until
 * something was evicted, what finds SMALL full goes to MAIN; a miss makes one page leave, also if
 * one that moves up finds MAIN full; the ghost has 90 %, rounded down, and forgets a page that
 * comes back. If the first choice cannot leave, the others of its list are next, in their order,
 * then those of the other list.  A page that leaves without being evicted is not remembered. Ours:
 * SMALL has a share of at least one page, where theirs may be none (capacity below 10).
 */
#include "policy/evict/lists.h"

enum { SMALL = 1, MAIN, GHOST };
enum { USES_MAX = 3, USES_TO_MOVE_UP = 2 };

struct s3fifo {
    struct humi_lists lists;
    uint8_t *uses;                        /* of each object that is in */
    uint64_t small_share, ghost_capacity; /* fixed at init */
    bool has_evicted;                     /* something left because it was named */
    unsigned first_list;                  /* where the last first choice was */
};

static size_t s3fifo_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct s3fifo) + humi_lists_bytes(objects) + objects;
}

static void s3fifo_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct s3fifo *s3 = state;

    (void)tunables;
    humi_lists_init(&s3->lists, s3 + 1, objects);
    s3->uses = (uint8_t *)(s3 + 1) + humi_lists_bytes(objects);
    s3->small_share = capacity < 10 ? 1 : capacity / 10;
    s3->ghost_capacity = capacity - capacity / 10 - (capacity % 10 != 0); /* 90 %, rounded down */
    s3->first_list = SMALL;
}

static unsigned list_for_new(const struct s3fifo *s3)
{
    return !s3->has_evicted && s3->lists.count[SMALL] >= s3->small_share ? MAIN : SMALL;
}

/* The ghost is cut to its size only here, so that what comes is found in it though its victim was
 * remembered before. */
static void s3fifo_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct s3fifo *s3 = state;
    bool returns = s3->lists.place[object] == GHOST;

    (void)facts;
    humi_lists_move(&s3->lists, object, returns ? MAIN : list_for_new(s3));
    s3->uses[object] = 0;
    while (s3->lists.count[GHOST] > s3->ghost_capacity)
        humi_lists_move(&s3->lists, humi_lists_first(&s3->lists, GHOST), HUMI_LIST_NONE);
}

static void s3fifo_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct s3fifo *s3 = state;

    (void)facts;
    if (s3->uses[object] < USES_MAX)
        s3->uses[object]++;
}

static void s3fifo_leave(void *state, uint32_t object, bool evicted)
{
    struct s3fifo *s3 = state;
    bool remembered = evicted && s3->lists.place[object] == SMALL;

    s3->has_evicted |= evicted;
    humi_lists_move(&s3->lists, object, remembered ? GHOST : HUMI_LIST_NONE);
}

/* HUM_EVICT_NONE: all moved up and SMALL is empty. */
static uint32_t first_of_small(struct s3fifo *s3)
{
    while (s3->lists.count[SMALL] > 0) {
        uint32_t first = humi_lists_first(&s3->lists, SMALL);

        if (s3->uses[first] < USES_TO_MOVE_UP)
            return first;
        s3->uses[first] = 0; /* as an object that comes into MAIN */
        humi_lists_move(&s3->lists, first, MAIN);
    }
    return HUM_EVICT_NONE;
}

static uint32_t first_of_main(struct s3fifo *s3)
{
    while (s3->lists.count[MAIN] > 0) {
        uint32_t first = humi_lists_first(&s3->lists, MAIN);

        if (s3->uses[first] == 0)
            return first;
        s3->uses[first]--;
        humi_lists_move(&s3->lists, first, MAIN);
    }
    return HUM_EVICT_NONE;
}

static uint32_t first_choice(struct s3fifo *s3)
{
    bool from_small = s3->lists.count[SMALL] >= s3->small_share || s3->lists.count[MAIN] == 0;
    uint32_t victim = from_small ? first_of_small(s3) : HUM_EVICT_NONE;

    return victim != HUM_EVICT_NONE ? victim : first_of_main(s3);
}

static uint32_t s3fifo_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct s3fifo *s3 = state;
    unsigned other;

    (void)incoming;
    if (after == HUM_EVICT_NONE) {
        uint32_t victim = first_choice(s3);

        if (victim != HUM_EVICT_NONE)
            s3->first_list = s3->lists.place[victim];
        return victim;
    }
    other = s3->first_list == SMALL ? MAIN : SMALL;
    return humi_lists_walk(&s3->lists, s3->first_list, other, after);
}

const struct hum_evict humi_evict_s3fifo = {
    .name = "s3fifo",
    .description = "three queues: small for newcomers, main, and a ghost of what left",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = s3fifo_bytes,
    .init = s3fifo_init,
    .arrive = s3fifo_arrive,
    .renew = s3fifo_renew,
    .leave = s3fifo_leave,
    .victim = s3fifo_victim,
};
