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
 * eviction", SOSP 2023, algorithm 1, and for what that leaves open the authors' libCacheSim: a miss
 * makes one page leave, also if one that moves up finds MAIN full; the ghost has 90 %, rounded
 * down, and forgets a page that comes back.
 * Ours: SMALL has a share of at least one page, where theirs may be none (capacity below 10).
 */
#include "base/check.h"
#include "replay/lists.h"

enum { SMALL = 1, MAIN, GHOST };
enum { USES_MAX = 3, USES_TO_MOVE_UP = 2 };

struct s3fifo {
    struct humi_lists lists;
    uint8_t *uses;                                   /* of each object that is in */
    uint32_t capacity, small_share, ghost_capacity;  /* fixed at init */
};

static size_t s3fifo_bytes(const struct humi_cache_size *size)
{
    return sizeof(struct s3fifo) + humi_lists_bytes(size->objects) + size->objects;
}

static void s3fifo_init(void *state, const struct humi_cache_size *size)
{
    struct s3fifo *s3 = state;

    humi_lists_init(&s3->lists, s3 + 1, size->objects);
    s3->uses = (uint8_t *)(s3 + 1) + humi_lists_bytes(size->objects);
    s3->capacity = size->capacity;
    s3->small_share = size->capacity < 10 ? 1 : size->capacity / 10;
    s3->ghost_capacity = (uint32_t)((uint64_t)size->capacity * 9 / 10);
}

static void remember(struct s3fifo *s3, uint32_t object)
{
    if (s3->ghost_capacity == 0) {
        humi_lists_move(&s3->lists, object, HUMI_LIST_NONE);
        return;
    }
    if (s3->lists.count[GHOST] == s3->ghost_capacity)
        humi_lists_move(&s3->lists, humi_lists_first(&s3->lists, GHOST), HUMI_LIST_NONE);
    humi_lists_move(&s3->lists, object, GHOST);
}

/* HUMI_OBJECT_NONE: all moved up and SMALL is empty. */
static uint32_t evict_small(struct s3fifo *s3)
{
    while (s3->lists.count[SMALL] > 0) {
        uint32_t first = humi_lists_first(&s3->lists, SMALL);

        if (s3->uses[first] < USES_TO_MOVE_UP) {
            remember(s3, first);
            return first;
        }
        s3->uses[first] = 0; /* as an object that comes into MAIN */
        humi_lists_move(&s3->lists, first, MAIN);
    }
    return HUMI_OBJECT_NONE;
}

static uint32_t evict_main(struct s3fifo *s3)
{
    humi_assert(s3->lists.count[MAIN] > 0);
    for (;;) {
        uint32_t first = humi_lists_first(&s3->lists, MAIN);

        if (s3->uses[first] == 0) {
            humi_lists_move(&s3->lists, first, HUMI_LIST_NONE);
            return first;
        }
        s3->uses[first]--;
        humi_lists_move(&s3->lists, first, MAIN);
    }
}

static uint32_t make_room(struct s3fifo *s3)
{
    uint32_t victim = HUMI_OBJECT_NONE;

    if (s3->lists.count[SMALL] + s3->lists.count[MAIN] < s3->capacity)
        return victim;
    if (s3->lists.count[SMALL] >= s3->small_share)
        victim = evict_small(s3);
    return victim != HUMI_OBJECT_NONE ? victim : evict_main(s3);
}

static struct humi_cache_outcome s3fifo_access(void *state, uint32_t object, uint64_t next_use)
{
    struct s3fifo *s3 = state;
    unsigned place = s3->lists.place[object];
    uint32_t victim;

    (void)next_use;
    if (place == SMALL || place == MAIN) {
        if (s3->uses[object] < USES_MAX)
            s3->uses[object]++;
        return humi_cache_hit();
    }
    if (place == GHOST)
        humi_lists_move(&s3->lists, object, HUMI_LIST_NONE);
    victim = make_room(s3);
    s3->uses[object] = 0;
    humi_lists_move(&s3->lists, object, place == GHOST ? MAIN : SMALL);
    return humi_cache_miss(victim);
}

const struct humi_cache_algorithm humi_cache_s3fifo = {
    .name = "s3fifo",
    .about = "three queues: small for newcomers, main, and a ghost of what left",
    .bytes = s3fifo_bytes,
    .init = s3fifo_init,
    .access = s3fifo_access,
};
