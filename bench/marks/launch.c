/* SPDX-License-Identifier: MIT */
/*
 * launch.c - an empty kernel, from the call of hum_launch to the return of hum_wait, against two
 * processes that wake each other with a futex.
 */
#include <string.h>

#include "empty.h"
#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/world.h"

#define TRIPS 64u /* a number */
#define BATCHES_PER_RUN 16u

static bool batch(struct world *w, struct hum_kernel *kernel, double *seconds_out)
{
    const struct empty_args args = {0};
    double start = floor_now();

    for (unsigned i = 0; i < TRIPS; i++)
        if (!world_run(w, kernel, 1, &args, sizeof(args)))
            return false;
    *seconds_out = floor_now() - start;
    return true;
}

static bool rounds(struct world *w, struct floor_futex *futex, const struct mark_options *options,
                   struct mark_result *result)
{
    struct hum_kernel *kernel;

    if (!world_kernel(w, "empty", "empty", &kernel))
        return false;
    for (unsigned i = 0; i <= options->runs * BATCHES_PER_RUN; i++) {
        double floor = floor_futex_trips(futex, TRIPS), value;

        if (!batch(w, kernel, &value))
            return false;
        if (i == 0)
            continue;
        series_add(&result->floor, floor * 1e6 / TRIPS);
        series_add(&result->value, value * 1e6 / TRIPS);
    }
    return true;
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = (size_t)64 << 20};
    struct floor_futex *futex;
    struct world w;
    int error = floor_futex_open(&futex); /* forks, so before the threads of the space */
    bool done;

    if (error)
        return mark_fail(result, "the futex loop does not run: %s", strerror(error));
    done = world_open(&w, &params, result);
    if (done) {
        done = rounds(&w, futex, options, result);
        if (done)
            mark_note(result, "%u round trips a batch, %u workers, no spinning in the floor", TRIPS,
                      w.device.workers);
        world_close(&w);
    }
    floor_futex_close(futex);
    return done;
}

const struct mark mark_launch = {
    .name = "launch",
    .unit = "us",
    .about = "empty kernel, launch and wait / a futex round trip between two processes",
    .limit = 3.0,
    .measure = measure,
};
