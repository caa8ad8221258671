/* SPDX-License-Identifier: MIT */
/*
 * hostile.c - a plug-in that keeps to the limits of its table and to nothing else: its numbers say
 * what its parts answer.
 */
#include <limits.h>
#include <string.h>

#include <hum/policy.h>

/* ---- plans ----------------------------------------------------------------------------------- */

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *out)
{
    switch (context->tunables[0]) {
    case 1:
        for (unsigned i = 0; i < HUM_PAGES_PER_BLOCK / 64; i++)
            out->bring.word[i] = ~view->valid.word[i];
        break;
    case 2:
        out->map = view->valid; /* also what is not here */
        break;
    case 3:
        out->remote = view->valid;
        break;
    case 4:
        out->ahead_blocks = UINT_MAX;
        break;
    case 5:
        out->throttle_us = UINT32_MAX;
        break;
    case 6: /* within the limits, and still out of every region */
        out->ahead_blocks = HUM_AHEAD_BLOCKS_MAX;
        out->ahead_stride = view->block % 2 ? INT_MIN : INT_MAX;
        out->ahead_takes = true;
        break;
    case 7:
        memset(out, 0xff, sizeof *out);
        out->exclusive = out->ahead_takes = true;
        break;
    case 8: /* never comes back */
        for (volatile unsigned i = 0;; i++) {
        }
    case 9:
        __builtin_trap();
    default:
        break;
    }
}

static const struct hum_tunable plans[] = {
    {.name = "how", .description = "0: an empty plan", .most = 9},
};

static const struct hum_part prefetch = {
    .name = "hostile",
    .tunables = plans,
    .tunable_count = 1,
    .plan = plan,
    .memory_bytes = {[HUM_MEMORY_SPACE] = 64 << 10, [HUM_MEMORY_REGION] = 64 << 10,
                     [HUM_MEMORY_BLOCK] = 64},
};

/* ---- an order of eviction -------------------------------------------------------------------- */

struct state {
    uint64_t how;
    uint32_t objects, count;
    uint32_t list[]; /* in the order in which they came */
};

static size_t bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct state) + objects * sizeof(uint32_t);
}

static void init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    struct state *s = state;
    (void)capacity;
    s->how = tunables[0];
    s->objects = objects;
}

static void arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct state *s = state;
    (void)facts;
    s->list[s->count++] = object;
}

static uint32_t place_of(const struct state *s, uint32_t object)
{
    uint32_t i = 0;
    while (i < s->count && s->list[i] != object)
        i++;
    return i;
}

static void leave(void *state, uint32_t object, bool evicted)
{
    struct state *s = state;
    uint32_t at = place_of(s, object);
    (void)evicted;
    s->count--;
    for (uint32_t i = at; i < s->count; i++)
        s->list[i] = s->list[i + 1];
}

static uint32_t in_order(const struct state *s, uint32_t after)
{
    uint32_t at = after == HUM_EVICT_NONE ? 0 : place_of(s, after) + 1;
    return at < s->count ? s->list[at] : HUM_EVICT_NONE;
}

static uint32_t victim(void *state, uint32_t incoming, uint32_t after)
{
    const struct state *s = state;
    switch (s->how) {
    case 1:
        return UINT32_MAX - 1;
    case 2:
        return s->objects;
    case 3:
        return s->objects - 1; /* never in */
    case 4:
        return HUM_EVICT_NONE;
    case 5: /* the last to come, and that again */
        return s->list[s->count - 1];
    case 6: /* the last two, for ever */
        return s->list[s->count - (s->count > 1 && after == s->list[s->count - 1] ? 2 : 1)];
    case 7: /* what wants to come in, then the last alone */
        return after != HUM_EVICT_NONE ? HUM_EVICT_NONE
               : place_of(s, incoming) < s->count ? incoming : s->list[s->count - 1];
    default:
        return in_order(s, after);
    }
}

static const struct hum_tunable orders[] = {
    {.name = "how", .description = "0: first in, first out", .most = 7},
};

static const struct hum_evict evict = {
    .name = "hostile",
    .tunables = orders,
    .tunable_count = 1,
    .bytes = bytes,
    .init = init,
    .arrive = arrive,
    .leave = leave,
    .victim = victim,
};

const struct hum_policy hum_policy_plugin = {
    .struct_size = sizeof(struct hum_policy),
    .version = HUM_POLICY_VERSION,
    .name = "hostile",
    .description = "does what it should not",
    .prefetch = &prefetch,
    .evict = &evict,
};
