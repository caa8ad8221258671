/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - free a random one of many live regions and allocate another, against malloc and free
 * in the same pattern.
 *
 * A figure only: malloc hands out memory that it has, hum a range that every processor can fault
 * on, so the ratio says how far apart the two are and promises nothing.
 */
#include <malloc.h>
#include <stdlib.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/world.h"

#define REGION_BYTES ((size_t)64 << 10)
#define PAIRS 500u /* a number */
#define BATCHES_PER_RUN 4u

/* Two populations that live through the same exchanges. */
struct crowd {
    struct world world;
    size_t live;
    void **region, **block;
    uint64_t state;
};

static size_t pick(struct crowd *c)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return (size_t)(c->state % c->live);
}

static bool populate(struct crowd *c, struct mark_result *result)
{
    c->region = calloc(c->live, sizeof(*c->region));
    c->block = calloc(c->live, sizeof(*c->block));
    if (!c->region || !c->block)
        return mark_fail(result, "out of memory");
    for (size_t i = 0; i < c->live; i++) {
        if (!world_ok(&c->world, hum_alloc(c->world.hum, REGION_BYTES, 0, &c->region[i]),
                      "hum_alloc"))
            return false;
        c->block[i] = malloc(REGION_BYTES);
        if (!c->block[i])
            return mark_fail(result, "out of memory");
    }
    return true;
}

static bool floor_batch(struct crowd *c, struct mark_result *result, double *seconds_out)
{
    double start = floor_now();

    for (unsigned i = 0; i < PAIRS; i++) {
        void **victim = &c->block[pick(c)];

        free(*victim);
        *victim = malloc(REGION_BYTES);
        if (!*victim)
            return mark_fail(result, "out of memory");
    }
    *seconds_out = floor_now() - start;
    return true;
}

static bool value_batch(struct crowd *c, double *seconds_out)
{
    double start = floor_now();

    for (unsigned i = 0; i < PAIRS; i++) {
        void **victim = &c->region[pick(c)];

        if (!world_ok(&c->world, hum_free(c->world.hum, *victim), "hum_free") ||
            !world_ok(&c->world, hum_alloc(c->world.hum, REGION_BYTES, 0, victim), "hum_alloc"))
            return false;
    }
    *seconds_out = floor_now() - start;
    return true;
}

static bool rounds(struct crowd *c, const struct mark_options *options, struct mark_result *result)
{
    for (unsigned i = 0; i <= options->runs * BATCHES_PER_RUN; i++) {
        double floor = 0, value = 0;

        if (!floor_batch(c, result, &floor) || !value_batch(c, &value))
            return false;
        if (i == 0)
            continue;
        series_add(&result->floor, floor * 1e6 / PAIRS);
        series_add(&result->value, value * 1e6 / PAIRS);
    }
    return true;
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = (size_t)64 << 20};
    struct crowd c = {.live = options->live, .state = 0x9e3779b97f4a7c15u};
    bool done;

    if (!world_open(&c.world, &params, result))
        return false;
    done = populate(&c, result) && rounds(&c, options, result);
    if (done)
        mark_note(result,
                  "one free and one allocation of 64 KiB among %zu live regions; figure "
                  "only",
                  c.live);
    for (size_t i = 0; c.block && i < c.live; i++)
        free(c.block[i]);
    free(c.block);
    free(c.region);
    malloc_trim(0);
    world_close(&c.world);
    return done;
}

const struct mark mark_alloc = {
    .name = "alloc",
    .unit = "us",
    .about = "free and allocate 64 KiB among many live regions / free and malloc",
    .measure = measure,
};
