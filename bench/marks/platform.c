/* SPDX-License-Identifier: MIT */
/*
 * platform.c - a small kernel launched through hum's platform of OpenCL, against the machine's
 * OpenCL in this process: the same calls, in pairs.
 */
#include <limits.h>

#include "command/vendors.h"
#include "floor/floor.h"
#include "floor/opencl.h"
#include "marks/mark.h"

#define ITEMS ((size_t)64)
#define FLOW 10000u /* launches without a wait between them */
#define TRIPS 500u  /* with one */

static const char source[] = "kernel void add(global int *words, int value)"
                             "{ words[get_global_id(0)] += value; }";

/* The two, and how often the kernel has run on each. */
struct pair {
    struct floor_opencl *platform, *floor;
    int runs;
};

static bool open_pair(struct pair *pair, bool unordered, struct mark_result *result)
{
    char library[PATH_MAX];
    struct floor_opencl_params params = {.library = library,
                                         .source = source,
                                         .kernel = "add",
                                         .words = ITEMS,
                                         .unordered = unordered};

    if (vendors_find_library(VENDORS_PLATFORM, library) != 0 ||
        !floor_opencl_open(&params, &pair->platform))
        return mark_fail(result, "hum's platform of OpenCL cannot be used");
    params.library = NULL;
    params.threads = floor_opencl_units(pair->platform);
    return floor_opencl_open(&params, &pair->floor) ||
           mark_fail(result, "OpenCL does not build the kernel in this process");
}

/* Microseconds a launch. */
static bool timed(struct floor_opencl *f, const struct floor_opencl_launches *launches,
                  double *us_out)
{
    double start = floor_now();
    bool done = floor_opencl_run(f, launches);

    *us_out = (floor_now() - start) * 1e6 / launches->count;
    return done;
}

static bool rounds(struct pair *pair, const struct floor_opencl_launches *launches, unsigned runs,
                   struct mark_result *result)
{
    for (unsigned i = 0; i <= runs; i++) {
        double floor, value;

        if (!timed(pair->floor, launches, &floor) || !timed(pair->platform, launches, &value))
            return mark_fail(result, "a launch failed");
        pair->runs += (int)launches->count;
        if (i == 0)
            continue;
        series_add(&result->floor, floor);
        series_add(&result->value, value);
    }
    return floor_opencl_holds(pair->platform, pair->runs) ||
           mark_fail(result, "the kernel did not run as often as it was launched");
}

static bool measure(const struct mark_options *options, struct mark_result *result,
                    const struct floor_opencl_launches *launches, bool unordered)
{
    struct pair pair = {0};
    bool done = open_pair(&pair, unordered, result) &&
                rounds(&pair, launches, options->runs, result);

    if (done)
        mark_note(result, "%u launches a round, %u workers", launches->count,
                  floor_opencl_units(pair.platform));
    result->paired = true;
    floor_opencl_close(pair.platform);
    floor_opencl_close(pair.floor);
    return done;
}

static bool possible(struct mark_result *result)
{
    char library[PATH_MAX];

    return (floor_opencl_is_there() && vendors_find_library(VENDORS_PLATFORM, library) == 0) ||
           mark_fail(result, "no OpenCL for processors (Debian: pocl-opencl-icd, "
                             "ocl-icd-libopencl1; and opencl-c-headers to build)");
}

#define PLATFORM_MARK(suffix, text, how_many, unordered, ...)                                      \
    static bool measure_##suffix(const struct mark_options *options, struct mark_result *result)   \
    {                                                                                              \
        static const struct floor_opencl_launches launches = {                                     \
            .count = (how_many), .items = ITEMS, .group = ITEMS, __VA_ARGS__};                     \
                                                                                                   \
        return measure(options, result, &launches, unordered);                                     \
    }                                                                                              \
    const struct mark mark_platform_##suffix = {                                                   \
        .name = "platform-" #suffix,                                                               \
        .unit = "us",                                                                              \
        .about = text " / the same OpenCL in this process",                                        \
        .group = "platform",                                                                       \
        .limit = 3.0,                                                                              \
        .measure = measure_##suffix,                                                               \
        .possible = possible,                                                                      \
    }

PLATFORM_MARK(wait, "launch through hum's platform of OpenCL, and wait", TRIPS, false,
              .wait_each = true);
PLATFORM_MARK(flow, "10000 launches through hum's platform, and one wait", FLOW, false,
              .wait_each = false);
PLATFORM_MARK(events, "10000 launches that give events", FLOW, false, .events = true);
PLATFORM_MARK(args, "10000 launches with an argument set before each", FLOW, false, .args = true);
PLATFORM_MARK(unordered, "10000 launches in a queue out of order", FLOW, true,
              .wait_each = false);
