/* SPDX-License-Identifier: MIT */
/*
 * stream.c - data written on one side and read once on the other, on demand, against copying it
 * with memcpy and reading the copy with the same code and the same number of threads.
 *
 * The steady state of a program that works in rounds: the same region each time, so every round
 * also gives back what the round before left.  The writing is not timed on either side.
 */
#include <string.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/stage.h"

/* Seconds to copy and read, negative after a failure.  `crew`: all workers read, else one. */
static double floor_round(struct stage *s, bool crew)
{
    double start;
    bool right;

    stage_fill_host(s, s->from);
    start = floor_now();
    memcpy(s->to, s->from, s->bytes);
    right = crew ? stage_sum_crew(s, s->to) : stage_sum_host(s, s->to);
    return right ? floor_now() - start : -1;
}

static bool rounds(struct stage *s, enum hum_direction direction,
                   const struct mark_options *options, struct mark_result *result)
{
    bool h2d = direction == HUM_H2D;

    for (unsigned i = 0; i <= options->runs; i++) {
        double floor = floor_round(s, h2d), value;

        if (floor < 0)
            return false;
        value = h2d ? stage_round_h2d(s) : stage_round_d2h(s);
        if (value < 0)
            return false;
        if (i == 0)
            continue;
        series_add(&result->floor, floor * 1e3);
        series_add(&result->value, value * 1e3);
    }
    return true;
}

static bool measure(enum hum_direction direction, const struct mark_options *options,
                    struct mark_result *result)
{
    struct stage s;
    bool done;

    if (!stage_open(&s, options, result))
        return false;
    *s.device_sum = 0;
    done = rounds(&s, direction, options, result);
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

const struct mark mark_stream_h2d = {
    .name = "stream-h2d",
    .unit = "ms",
    .about = "host writes, kernel reads once on demand / memcpy + reading the copy",
    .limit = 1.25,
    .limit_small = 2.0,
    .measure = measure_h2d,
};

const struct mark mark_stream_d2h = {
    .name = "stream-d2h",
    .unit = "ms",
    .about = "kernel writes, host reads once on demand / memcpy + reading the copy",
    .limit = 1.25,
    .limit_small = 2.0,
    .measure = measure_d2h,
};
