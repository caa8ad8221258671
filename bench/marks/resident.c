/* SPDX-License-Identifier: MIT */
/*
 * resident.c - a kernel over pages that are in place, against the same machine code over host
 * memory: what it costs to be a device at all.
 *
 * Read-modify-write of every word, all workers.  The pages are the device's alone before the clock
 * starts, and none may move while it runs.
 */
#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/stage.h"
#include "words.h"

static bool rounds(struct stage *s, const struct mark_options *options, struct mark_result *result)
{
    const struct increment_args device = {.words = s->region, .count = s->count};
    const struct increment_args native = {.words = s->to, .count = s->count};

    for (unsigned i = 0; i <= options->runs; i++) {
        double start = floor_now(), middle;

        crew_run(s->crew, s->native_increment, &native);
        middle = floor_now();
        if (!world_run(&s->world, s->increment, s->count, &device, sizeof(device)))
            return false;
        if (i == 0)
            continue;
        series_add(&result->value, (floor_now() - middle) * 1e3);
        series_add(&result->floor, (middle - start) * 1e3);
    }
    return true;
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    struct stage s;
    uint64_t before, after;
    bool done;

    if (!stage_open(&s, options, result))
        return false;
    done = stage_fill_device(&s);
    before = stage_moved(&s, HUM_H2D) + stage_moved(&s, HUM_D2H);
    done = done && rounds(&s, options, result);
    after = stage_moved(&s, HUM_H2D) + stage_moved(&s, HUM_D2H);
    if (done)
        stage_note(&s, after - before, options->runs + 1);
    stage_close(&s);
    return done;
}

const struct mark mark_resident = {
    .name = "resident",
    .unit = "ms",
    .about = "kernel over pages in place / the same code in the host process",
    .limit = 1.05,
    .measure = measure,
};
