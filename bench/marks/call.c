/* SPDX-License-Identifier: MIT */
/*
 * call.c - a small kernel of a program from text, launched and waited for, against the same OpenCL
 * doing it in this process.  The note has launches that nobody waits for one by one.
 */
#include <hum/program.h>
#include <string.h>

#include "floor/floor.h"
#include "floor/opencl.h"
#include "marks/mark.h"
#include "marks/world.h"

#define TRIPS 64u
#define BATCHES_PER_RUN 16u
#define FLOW 10000u /* launches without a wait between them */
#define ITEMS ((size_t)256)
#define GROUP ((size_t)64)

static const char source[] = "kernel void add(global int *words)"
                             "{ words[get_global_id(0)] += 1; }";

/* The kernel here and there, and how often it has run on the device. */
struct pair {
    struct world *w;
    struct floor_opencl *floor;
    struct hum_program *program;
    struct hum_kernel *kernel;
    int *words;
    int runs;
};

static bool build(struct pair *p)
{
    struct world *w = p->w;

    return world_alloc(w, ITEMS * sizeof(int), "words", &p->words) &&
           world_ok(w, hum_program_create(w->hum, 0, HUM_PROGRAM_SOURCE, source,
                                          sizeof(source) - 1, &p->program, NULL),
                    "making a program") &&
           world_ok(w, hum_program_build(p->program, "", NULL), "building a program") &&
           world_ok(w, hum_program_kernel(p->program, "add", &p->kernel, NULL), "the kernel");
}

static bool launch(struct pair *p)
{
    const struct hum_cl_arg args[] = {{.kind = HUM_CL_POINTER, .u.pointer = p->words}};
    const struct hum_cl_range range = {.dimensions = 1, .global = {ITEMS}, .local = {GROUP}};

    p->runs++;
    return world_ok(p->w, hum_launch_cl(p->w->stream, p->kernel, &range, args, 1, NULL),
                    "the launch");
}

static bool wait(struct pair *p)
{
    return world_ok(p->w, hum_stream_wait(p->w->stream), "the kernel");
}

static bool batch(struct pair *p, double *seconds_out)
{
    double start = floor_now();

    for (unsigned i = 0; i < TRIPS; i++)
        if (!launch(p) || !wait(p))
            return false;
    *seconds_out = floor_now() - start;
    return true;
}

static bool rounds(struct pair *p, const struct mark_options *options, struct mark_result *result)
{
    const struct floor_opencl_launches trips = {
        .count = TRIPS, .items = ITEMS, .group = GROUP, .wait_each = true};

    for (unsigned i = 0; i <= options->runs * BATCHES_PER_RUN; i++) {
        double start = floor_now(), floor, value;

        if (!floor_opencl_run(p->floor, &trips))
            return mark_fail(result, "OpenCL does not run the kernel in this process");
        floor = floor_now() - start;
        if (!batch(p, &value))
            return false;
        if (i == 0)
            continue;
        series_add(&result->floor, floor * 1e6 / TRIPS);
        series_add(&result->value, value * 1e6 / TRIPS);
    }
    return true;
}

/* Microseconds a launch: of handing it over, and until all had run; then the same here. */
static bool flow(struct pair *p, struct mark_result *result)
{
    const struct floor_opencl_launches all = {.count = FLOW, .items = ITEMS, .group = GROUP};
    double start = floor_now(), given, done, here;

    for (unsigned i = 0; i < FLOW; i++)
        if (!launch(p))
            return false;
    given = floor_now() - start;
    if (!wait(p))
        return false;
    done = floor_now() - start;
    start = floor_now();
    if (!floor_opencl_run(p->floor, &all))
        return mark_fail(result, "OpenCL does not run the kernel in this process");
    here = floor_now() - start;
    mark_note(result, "%u launches without a wait: %.1f us each to hand over, %.1f to run; %.1f in "
                      "this process", FLOW, given * 1e6 / FLOW, done * 1e6 / FLOW,
              here * 1e6 / FLOW);
    return true;
}

static bool check(const struct pair *p, struct mark_result *result)
{
    for (size_t i = 0; i < ITEMS; i++)
        if (p->words[i] != p->runs)
            return mark_fail(result, "the kernel ran %d times, but word %zu is %d", p->runs, i,
                             p->words[i]);
    return true;
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = (size_t)64 << 20};
    struct world w;
    struct pair pair = {.w = &w};
    struct floor_opencl_params floor = {.source = source, .kernel = "add", .words = ITEMS};
    bool done;

    if (!world_open(&w, &params, result))
        return false;
    floor.threads = w.device.workers;
    done = build(&pair);
    if (done && !floor_opencl_open(&floor, &pair.floor))
        done = mark_fail(result, "OpenCL does not build the kernel in this process");
    done = done && rounds(&pair, options, result) && flow(&pair, result) && check(&pair, result);
    if (done)
        mark_note(result, "%u round trips a batch, %u workers", TRIPS, w.device.workers);
    floor_opencl_close(pair.floor);
    hum_program_destroy(pair.program);
    world_close(&w);
    return done;
}

static bool possible(struct mark_result *result)
{
    return floor_opencl_is_there() ||
           mark_fail(result, "no OpenCL for processors (Debian: pocl-opencl-icd, "
                             "ocl-icd-libopencl1; and opencl-c-headers to build)");
}

const struct mark mark_call = {
    .name = "call",
    .unit = "us",
    .about = "kernel in OpenCL C from text, launch and wait / the same OpenCL in this process",
    .limit = 3.0,
    .measure = measure,
    .possible = possible,
};
