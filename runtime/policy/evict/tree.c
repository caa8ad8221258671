/* SPDX-License-Identifier: MIT */
/*
 * tree.c - what leaves takes its neighbours along: tree pre-eviction, the mirror of tree prefetch.
 *
 *                 [     0 .. 7     ]          aligned groups of 2, 4, 8, ... around what was
 * evicted [  0 .. 3  ]     [  4 .. 7  ]     last; the largest of which more than half is gone is [0
 * 1]   [2 3]    [4 5]   [6 7]      emptied, lowest number first
 *
 * Of a group, what was evicted and did not come back is gone; what never came, or left by itself,
 * does not count.  All groups are looked at, also above one that is not half gone.  Without such a
 * group, and behind it, the order is that of `lru`.
 * Source: D. Ganguly, Z. Zhang, J. Yang, R. Melhem, "Interplay between hardware prefetcher and page
 * eviction policy in CPU-GPU unified virtual memory", ISCA 2019, whose tree within 2 MiB has leaves
 * of 64 KiB; here the leaves are the numbered objects.
 */
#include "policy/evict/single.h"

static const struct hum_tunable tunables[] = {
    {"reach", "blocks of the largest group that is emptied, rounded down to a power of two", 16, 1,
     4096},
};

struct tree {
    uint8_t *gone;             /* of each object: it was evicted and did not come back */
    uint32_t objects;          /* fixed at init */
    uint32_t reach;            /* fixed at init */
    uint32_t last;             /* evicted last; HUM_EVICT_NONE: nothing yet */
    uint32_t begin, end;       /* the group that was found by the last first choice */
    struct humi_single single; /* last: its links follow, then the marks */
};

static size_t tree_bytes(uint64_t capacity, uint32_t objects)
{
    return offsetof(struct tree, single) + humi_single_bytes(capacity, objects) + objects;
}

static void tree_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *values)
{
    struct tree *tree = state;

    humi_single_init(&tree->single, capacity, objects, values);
    tree->gone = (uint8_t *)&tree->single + humi_single_bytes(capacity, objects);
    tree->objects = objects;
    tree->reach = (uint32_t)values[0];
    tree->last = HUM_EVICT_NONE;
}

static void tree_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct tree *tree = state;

    tree->gone[object] = false;
    humi_single_arrive(&tree->single, object, facts);
}

static void tree_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct tree *tree = state;

    humi_single_renew_last(&tree->single, object, facts);
}

static void tree_leave(void *state, uint32_t object, bool evicted)
{
    struct tree *tree = state;

    humi_single_leave(&tree->single, object, evicted);
    tree->gone[object] = evicted;
    if (evicted)
        tree->last = object;
}

static bool is_in(const struct tree *tree, uint32_t object)
{
    return object < tree->objects && humi_chain_is_linked(tree->single.links, object);
}

/* Find the group to be emptied: [begin, end), empty if there is none. */
static void find_group(struct tree *tree)
{
    uint32_t begin = tree->last, in, gone;

    tree->begin = tree->end = 0;
    if (tree->last == HUM_EVICT_NONE)
        return;
    in = is_in(tree, begin);
    gone = tree->gone[begin];
    for (uint64_t size = 2; size <= tree->reach; size *= 2) {
        uint32_t half = (uint32_t)size / 2, other = begin ^ half; /* the half that joins */

        begin &= ~half;
        for (uint32_t at = other; at < tree->objects && at - other < half; at++) {
            in += is_in(tree, at);
            gone += tree->gone[at];
        }
        if (in > 0 && gone > in) {
            tree->begin = begin;
            tree->end = begin + (uint32_t)size;
        }
    }
}

static bool is_in_group(const struct tree *tree, uint32_t object)
{
    return object >= tree->begin && object < tree->end;
}

static uint32_t next_of_group(const struct tree *tree, uint32_t from)
{
    for (uint32_t at = from; at < tree->end; at++)
        if (is_in(tree, at))
            return at;
    return HUM_EVICT_NONE;
}

/* Behind `at` in the order of use; the head: the first. */
static uint32_t next_of_rest(const struct tree *tree, uint32_t at)
{
    do
        at = humi_chain_next(tree->single.links, at);
    while (at != tree->single.head && is_in_group(tree, at));
    return at == tree->single.head ? HUM_EVICT_NONE : at;
}

static uint32_t tree_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct tree *tree = state;
    uint32_t victim = HUM_EVICT_NONE;

    (void)incoming;
    if (after == HUM_EVICT_NONE) {
        find_group(tree);
        victim = next_of_group(tree, tree->begin);
    } else if (is_in_group(tree, after)) {
        victim = next_of_group(tree, after + 1);
    } else {
        return next_of_rest(tree, after);
    }
    return victim != HUM_EVICT_NONE ? victim : next_of_rest(tree, tree->single.head);
}

const struct hum_evict humi_evict_tree = {
    .name = "tree",
    .description = "what leaves takes its neighbours along, else what was used longest ago leaves",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof *tunables,
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = tree_bytes,
    .init = tree_init,
    .arrive = tree_arrive,
    .renew = tree_renew,
    .leave = tree_leave,
    .victim = tree_victim,
};
