/* SPDX-License-Identifier: MIT */
/* driver.c - the thrash detector of NVIDIA's driver; driver.h has its states. */
#include "policy/thrash/driver.h"

#include "base/mask.h"
#include "base/wide.h"
#include "policy/chunks.h"
#include "policy/parts.h"

#define EVENTS_SEEN_MAX 15u
#define PINS_MAX 4u
#define US 1000u

enum { EVENTS, LAPSE, WAITS, PIN, FORGET };
static const struct hum_tunable tunables[] = {
    [EVENTS] = {"events", "events in a row that are thrashing", 3, 1, EVENTS_SEEN_MAX},
    [LAPSE] = {"lapse", "longest time between two of them, and how long one goes on, us", 500, 1,
               HUM_THROTTLE_US_MAX},
    [WAITS] = {"waits", "waits after which a chunk is pinned", 10, 1, 200},
    [PIN] = {"pin", "how long it stays pinned, us", 150000, 1, 100000000},
    [FORGET] = {"forget", "time without an event after which all is forgotten, us", 1000000, 1,
                1000000000},
};

static unsigned nibble(const uint8_t *of, unsigned i)
{
    return (unsigned)of[i / 2] >> i % 2 * 4 & 15u;
}

static void set_nibble(uint8_t *of, unsigned i, unsigned value)
{
    unsigned shift = i % 2 * 4;
    of[i / 2] = (uint8_t)(((unsigned)of[i / 2] & ~(15u << shift)) | value << shift);
}

/* Time passed; the clock of 32 bits goes round in 71 minutes. */
static uint32_t since(uint32_t now, uint32_t then)
{
    return now - then;
}

static bool is_before(uint32_t now, uint32_t then)
{
    return (int32_t)(now - then) < 0;
}

/* Number of the processor that faulted. */
static unsigned who_of(const struct hum_view *view)
{
    return (unsigned)(view->processor + 1);
}

/* ---- states ---------------------------------------------------------------------------------- */

/* Pages that this fault takes from others. */
HUMI_WIDE static struct hum_pages taken_pages(const struct hum_view *view)
{
    struct hum_pages taken;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        taken.word[i] = ((view->read.word[i] & ~view->resident.word[i]) | view->write.word[i]) &
                        view->elsewhere.word[i];
    return taken;
}

static void note_events(struct humi_thrash *thrash, uint32_t chunks, unsigned who, uint32_t now,
                        const uint64_t *values)
{
    bool soon = thrash->last_us && since(now, thrash->last_us) <= values[LAPSE];
    bool any = false;
    for (uint32_t left = chunks; left; left &= left - 1) {
        unsigned c = (unsigned)__builtin_ctz(left);
        if (nibble(thrash->events, c) && nibble(thrash->taker, c) == who)
            continue;
        unsigned events = soon ? nibble(thrash->events, c) + 1 : 1;
        set_nibble(thrash->events, c, events < EVENTS_SEEN_MAX ? events : EVENTS_SEEN_MAX);
        set_nibble(thrash->taker, c, who);
        any = true;
        if (events >= values[EVENTS])
            thrash->thrashing |= UINT32_C(1) << c;
    }
    if (any)
        thrash->last_us = now;
}

/* The pin is over: a new chance, but not for ever. */
static void unpin(struct humi_thrash *thrash)
{
    struct humi_thrash kept = {.pins = thrash->pins, .last_us = thrash->last_us};
    *thrash = kept;
}

static void pin(struct humi_thrash *thrash, uint32_t now, const uint64_t *values)
{
    thrash->pinned = thrash->thrashing;
    thrash->until_us = now + (uint32_t)values[PIN];
    if (thrash->pins <= PINS_MAX)
        thrash->pins++;
}

/* Somebody took a chunk that thrashes: whose turn is it? */
static void take_turn(struct humi_thrash *thrash, unsigned who, uint32_t now,
                      const uint64_t *values)
{
    if (thrash->pinned)
        return;
    if (!thrash->owner || !is_before(now, thrash->until_us)) {
        thrash->owner = (uint8_t)(who + 1);
        thrash->until_us = now + (uint32_t)values[LAPSE];
    } else if (thrash->owner != who + 1 && ++thrash->waits >= values[WAITS]) {
        pin(thrash, now, values);
    }
}

/* What is pinned elsewhere is mapped there. */
static void stay_remote(const struct hum_view *view, const struct humi_thrash *thrash,
                        struct hum_plan *plan)
{
    struct hum_pages stay = humi_chunks_pages(thrash->pinned);

    humi_mask_keep(&stay, &view->elsewhere);
    humi_mask_keep(&stay, &view->valid);
    humi_mask_remove(&stay, &view->resident);
    humi_mask_add(&plan->remote, &stay);
}

/* Where it cannot be mapped, whoever has it gets its time, and then it moves. */
static void act(const struct hum_view *view, const struct humi_thrash *thrash, uint32_t now,
                struct hum_plan *plan, const uint64_t *values)
{
    bool mine = thrash->owner == who_of(view) + 1;
    struct hum_pages alone = humi_chunks_pages(thrash->thrashing);

    humi_mask_remove(&plan->bring, &alone); /* nothing that thrashes comes along */
    humi_mask_remove(&plan->map, &alone);
    if (mine)
        return;
    if (thrash->pinned && view->can_remote)
        stay_remote(view, thrash, plan);
    else if (!view->again)
        plan->throttle_us = thrash->pinned ? (uint32_t)values[LAPSE] : thrash->until_us - now;
}

static void learn(const struct hum_view *view, struct humi_thrash *thrash, uint32_t chunks,
                  uint32_t now, const uint64_t *values)
{
    if (thrash->last_us && since(now, thrash->last_us) > values[FORGET])
        *thrash = (struct humi_thrash){.owner = 0};
    if (thrash->pinned && !is_before(now, thrash->until_us) && thrash->pins <= PINS_MAX)
        unpin(thrash);
    note_events(thrash, chunks, who_of(view), now, values);
    if (chunks & thrash->thrashing)
        take_turn(thrash, who_of(view), now, values);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct humi_thrash *thrash = context->memory[HUM_MEMORY_BLOCK];
    struct hum_pages taken = taken_pages(view);

    if (humi_mask_empty(&taken))
        return;
    uint32_t chunks = humi_chunks_of(&taken), now = (uint32_t)(view->time_ns / US) | 1u;
    if (!view->again)
        learn(view, thrash, chunks, now, context->tunables);
    if (chunks & thrash->thrashing)
        act(view, thrash, now, plan, context->tunables);
}

const struct hum_part humi_thrash_driver = {
    .name = "driver",
    .description = "NVIDIA's driver: let one go on and others wait, then pin and map",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .memory_bytes = {[HUM_MEMORY_BLOCK] = sizeof(struct humi_thrash)},
    .plan = plan,
};
