/* SPDX-License-Identifier: MIT */
/* guard.c - answers of an order looked at before they are used. */
#include "policy/evict/guard.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "policy/evict/registry.h"
#include "policy/evict/single.h"
#include "policy/registry.h"

#define SLACK 64u /* of walks while there is hardly anything in */

static const struct hum_heat nothing_known;

static const struct hum_evict *default_order(void)
{
    return humi_policy_base()->evict;
}

static bool is_ours(const struct hum_evict *evict)
{
    return humi_evict_find(evict->name) == evict;
}

/* ---- making ---------------------------------------------------------------------------------- */

static enum hum_status make_state(const struct humi_guard *guard, const struct hum_evict *evict,
                                  void **state_out)
{
    size_t bytes = evict->bytes(guard->capacity, guard->objects);

    if (bytes > HUMI_GUARD_BYTES_MAX(guard->objects))
        return humi_fail(HUM_ERR_INVALID, "evict=%s wants %zu bytes for %u objects; at most 1 MiB "
                                          "and 256 bytes an object are given", evict->name, bytes,
                         guard->objects);
    *state_out = calloc(1, bytes ? bytes : 1);
    return *state_out ? HUM_OK
                      : humi_fail(HUM_ERR_NO_MEMORY, "no memory to order the blocks");
}

enum hum_status humi_guard_init(struct humi_guard *guard, const struct hum_evict *evict,
                                const uint64_t *tunables, uint64_t capacity, uint32_t objects)
{
    struct humi_guard made = {.evict = evict, .capacity = capacity, .objects = objects};
    enum hum_status status = make_state(&made, evict, &made.state);

    if (status == HUM_OK && !is_ours(evict))
        status = make_state(&made, default_order(), &made.spare);
    if (status == HUM_OK) {
        made.in = calloc(objects / 64 + 1, sizeof *made.in);
        if (!made.in)
            status = humi_fail(HUM_ERR_NO_MEMORY, "no memory to order the blocks");
    }
    if (status != HUM_OK) {
        humi_guard_fini(&made);
        return status;
    }
    evict->init(made.state, capacity, objects, tunables);
    *guard = made;
    return HUM_OK;
}

void humi_guard_fini(struct humi_guard *guard)
{
    free(guard->in);
    free(guard->spare);
    free(guard->state);
}

/* ---- what is in ------------------------------------------------------------------------------ */

bool humi_guard_has(const struct humi_guard *guard, uint32_t object)
{
    return object < guard->objects && guard->in[object / 64] >> object % 64 & 1;
}

bool humi_guard_reads_facts(const struct humi_guard *guard)
{
    const struct hum_evict *evict = guard->evict;

    return evict->arrive != humi_single_arrive ||
           (evict->renew != humi_single_renew_last && evict->renew != humi_single_renew_nothing);
}

void humi_guard_arrive(struct humi_guard *guard, uint32_t object,
                       const struct hum_evict_facts *facts)
{
    humi_assert(!humi_guard_has(guard, object));
    guard->in[object / 64] |= UINT64_C(1) << object % 64;
    guard->count++;
    if (guard->count > guard->most)
        guard->most = guard->count;
    guard->evict->arrive(guard->state, object, facts);
}

void humi_guard_renew(struct humi_guard *guard, uint32_t object,
                      const struct hum_evict_facts *facts)
{
    humi_assert(humi_guard_has(guard, object));
    guard->evict->renew(guard->state, object, facts);
}

void humi_guard_leave(struct humi_guard *guard, uint32_t object, bool evicted)
{
    humi_assert(humi_guard_has(guard, object));
    guard->in[object / 64] &= ~(UINT64_C(1) << object % 64);
    guard->count--;
    guard->evict->leave(guard->state, object, evicted);
}

/* ---- taking over ----------------------------------------------------------------------------- */

/* Nothing is known of the objects any more but that they are in. */
static void take_over(struct humi_guard *guard, const char *what)
{
    const struct hum_evict_facts facts = {
        .heat = &nothing_known, .resident_pages = 1, .next_use = UINT64_MAX};
    const struct hum_evict *order = default_order();
    uint64_t initial[HUM_TUNABLES_MAX];

    humi_warn("evict=%s %s; evict=%s decides from here on what leaves", guard->evict->name, what,
              order->name);
    free(guard->state);
    guard->evict = order;
    guard->state = guard->spare;
    guard->spare = NULL;
    humi_evict_initial(order, initial);
    order->init(guard->state, guard->capacity, guard->objects, initial);
    for (uint32_t word = 0; word <= guard->objects / 64; word++)
        for (uint64_t bits = guard->in[word]; bits; bits &= bits - 1)
            order->arrive(guard->state, word * 64 + (uint32_t)__builtin_ctzll(bits), &facts);
}

/* What is wrong with the answer; NULL: nothing. */
static const char *wrong_with(const struct humi_guard *guard, uint32_t answer, uint32_t after,
                              unsigned asked)
{
    if (answer == HUM_EVICT_NONE)
        return after == HUM_EVICT_NONE ? "names nothing, though it has something" : NULL;
    if (!humi_guard_has(guard, answer))
        return "names something that it does not have";
    if (answer == after)
        return "names the same again";
    if (asked / 2 > guard->most + SLACK)
        return "goes round and round";
    return NULL;
}

uint32_t humi_guard_victim(struct humi_guard *guard, uint32_t incoming, uint32_t after,
                           unsigned asked)
{
    if (!guard->count)
        return HUM_EVICT_NONE; /* not all of them may expect to be asked */
    uint32_t answer = guard->evict->victim(guard->state, incoming, after);
    if (!guard->spare)
        return answer;
    const char *wrong = wrong_with(guard, answer, after, asked);
    if (!wrong)
        return answer;
    take_over(guard, wrong);
    return guard->evict->victim(guard->state, incoming, HUM_EVICT_NONE);
}

bool humi_guard_doubt(struct humi_guard *guard)
{
    if (!guard->spare)
        return false;
    take_over(guard, "leaves out some of what it has, and nothing else can leave");
    return true;
}
