/* SPDX-License-Identifier: MIT */
/*
 * prefetch.c - hum_prefetch of a whole region, against one memcpy between warm buffers.
 *
 * Before each round the other side rewrites the region (not timed), so every byte has to move; that
 * it did is checked by the counters.
 */
#include <string.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/stage.h"

static double floor_round(struct stage *s)
{
    double start;

    stage_fill_host(s, s->from);
    start = floor_now();
    memcpy(s->to, s->from, s->bytes);
    return floor_now() - start;
}

static double value_round(struct stage *s, int processor)
{
    double start;

    if (processor != HUM_HOST)
        stage_fill_host(s, s->region);
    else if (!stage_fill_device(s))
        return -1;
    start = floor_now();
    if (!world_ok(&s->world, hum_prefetch(s->world.hum, s->region, s->bytes, processor, NULL),
                  "hum_prefetch"))
        return -1;
    return floor_now() - start;
}

/* One round; false after a failure or if not all bytes moved. */
static bool round_of(struct stage *s, enum hum_direction direction, double *floor_out,
                     double *value_out)
{
    int processor = direction == HUM_H2D ? 0 : HUM_HOST;
    uint64_t before = stage_moved(s, direction), moved;

    *floor_out = floor_round(s);
    *value_out = value_round(s, processor);
    if (*value_out < 0)
        return false;
    moved = stage_moved(s, direction) - before;
    if (moved < s->bytes)
        return mark_fail(s->world.result, "only %llu of %zu bytes moved", (unsigned long long)moved,
                         s->bytes);
    return true;
}

static bool measure(enum hum_direction direction, const struct mark_options *options,
                    struct mark_result *result)
{
    struct stage s;
    bool done = true;

    if (!stage_open(&s, options, result))
        return false;
    for (unsigned i = 0; done && i <= options->runs; i++) {
        double floor, value;

        done = round_of(&s, direction, &floor, &value);
        if (!done || i == 0)
            continue;
        series_add(&result->floor, floor * 1e3);
        series_add(&result->value, value * 1e3);
    }
    if (done)
        stage_note(&s, stage_moved(&s, direction), options->runs + 1);
    stage_close(&s);
    return done;
}

static bool measure_h2d(const struct mark_options *options, struct mark_result *result)
{
    return measure(HUM_H2D, options, result);
}

static bool measure_d2h(const struct mark_options *options, struct mark_result *result)
{
    return measure(HUM_D2H, options, result);
}

const struct mark mark_prefetch_h2d = {
    .name = "prefetch-h2d",
    .unit = "ms",
    .about = "hum_prefetch of host data to the device / memcpy",
    .limit = 1.15,
    .limit_small = 1.8,
    .measure = measure_h2d,
};

const struct mark mark_prefetch_d2h = {
    .name = "prefetch-d2h",
    .unit = "ms",
    .about = "hum_prefetch of device data to the host / memcpy",
    .limit = 1.15,
    .limit_small = 1.8,
    .measure = measure_d2h,
};
