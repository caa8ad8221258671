/* SPDX-License-Identifier: MIT */
/*
 * clean.c - least recently used, but among the first few a clean one leaves before dirty ones.
 *
 *     first --> [ window: the k not used for longest ] ... --> used last
 *
 * A clean block leaves without a copy.  The order is: the clean ones of the window, then its dirty
 * ones, then all behind it, each in the order of use.  With k = 1 this is `lru`; what nobody knows
 * to be dirty is clean.
 * Whether a block is dirty is what was true when it came or was used last.
 * Source: S. Park, D. Jung, J. Kang, J. Kim, J. Lee, "CFLRU: a replacement algorithm for flash
 * memory", CASES 2006, with a window of fixed size.
 */
#include "policy/evict/single.h"

static const struct hum_tunable tunables[] = {
    {"window", "blocks, least recently used first, among which a clean one leaves first", 16, 1,
     4096},
};

struct clean {
    uint8_t *dirty;            /* of each object that is in */
    uint64_t window;           /* fixed at init */
    struct humi_single single; /* last: its links follow, then the marks */
};

static size_t clean_bytes(uint64_t capacity, uint32_t objects)
{
    return offsetof(struct clean, single) + humi_single_bytes(capacity, objects) + objects;
}

static void clean_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *values)
{
    struct clean *clean = state;

    humi_single_init(&clean->single, capacity, objects, values);
    clean->dirty = (uint8_t *)&clean->single + humi_single_bytes(capacity, objects);
    clean->window = values[0];
}

static void clean_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct clean *clean = state;

    clean->dirty[object] = facts->dirty_pages > 0;
    humi_single_arrive(&clean->single, object, facts);
}

static void clean_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct clean *clean = state;

    clean->dirty[object] = facts->dirty_pages > 0;
    humi_single_renew_last(&clean->single, object, facts);
}

static void clean_leave(void *state, uint32_t object, bool evicted)
{
    struct clean *clean = state;

    humi_single_leave(&clean->single, object, evicted);
}

/* The one behind, in the order of use. */
static uint32_t behind(const struct clean *clean, uint32_t at)
{
    uint32_t next = humi_chain_next(clean->single.links, at);

    return next == clean->single.head ? HUM_EVICT_NONE : next;
}

/*
 * One pass over the window.  Of each kind, [clean] and [dirty]: the first one, and the first one
 * behind `after`.  `beyond` is the one behind the window.
 */
struct window {
    uint32_t first[2], next[2], beyond;
    bool has_after;
};

static struct window look(const struct clean *clean, uint32_t after)
{
    struct window seen = {.first = {HUM_EVICT_NONE, HUM_EVICT_NONE},
                          .next = {HUM_EVICT_NONE, HUM_EVICT_NONE}};
    uint32_t at = behind(clean, clean->single.head);

    for (uint64_t i = 0; i < clean->window && at != HUM_EVICT_NONE; i++) {
        unsigned kind = clean->dirty[at];

        if (seen.first[kind] == HUM_EVICT_NONE)
            seen.first[kind] = at;
        if (seen.has_after && seen.next[kind] == HUM_EVICT_NONE)
            seen.next[kind] = at;
        seen.has_after |= at == after;
        at = behind(clean, at);
    }
    seen.beyond = at;
    return seen;
}

static uint32_t first_of(uint32_t a, uint32_t b, uint32_t c)
{
    return a != HUM_EVICT_NONE ? a : b != HUM_EVICT_NONE ? b : c;
}

static uint32_t clean_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct clean *clean = state;
    struct window seen = look(clean, after);

    (void)incoming;
    if (after == HUM_EVICT_NONE)
        return first_of(seen.first[false], seen.first[true], seen.beyond);
    if (!seen.has_after)
        return behind(clean, after);
    if (clean->dirty[after])
        return first_of(seen.next[true], seen.beyond, HUM_EVICT_NONE);
    return first_of(seen.next[false], seen.first[true], seen.beyond);
}

const struct hum_evict humi_evict_clean = {
    .name = "clean",
    .description = "least recently used, but clean ones leave before dirty ones of the same age",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof *tunables,
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = clean_bytes,
    .init = clean_init,
    .arrive = clean_arrive,
    .renew = clean_renew,
    .leave = clean_leave,
    .victim = clean_victim,
};
