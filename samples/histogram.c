/* SPDX-License-Identifier: MIT */
/*
 * histogram - the host and the device count values into one histogram at the same time.
 *
 * While the kernel runs, the host takes chunks of the same values and adds to the same bins, with
 * the same atomics (kernels/histogram.h).  Who counts which chunk differs from run to run; the
 * bins must be exactly those of the reference, and every chunk must have been counted by one side.
 * The host begins when the device has taken its first chunk.
 */
#include "histogram.h"

#include <hum/kernel.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"
#include "sample.h"

#define SEED 3u

struct problem {
    size_t count;
    uint64_t bins[HISTOGRAM_BINS]; /* the reference's answer */
};

/* Low bins are rare, bin 255 is the most frequent. */
static uint32_t input_value(size_t i)
{
    uint64_t number = mix_number(SEED, i);

    return (uint32_t)(number | number >> 32);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint32_t *values = context_malloc(options->size * sizeof *values);
    uint64_t start_ns;

    *p = (struct problem){.count = options->size};
    for (size_t i = 0; i < p->count; i++)
        values[i] = input_value(i);
    start_ns = context_clock_ns();
    for (size_t i = 0; i < p->count; i++)
        p->bins[values[i] % HISTOGRAM_BINS]++;
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = p->count * sizeof *values + sizeof(struct histogram_shared);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu values, %zu chunks, %u bins", p->count,
             histogram_chunks(p->count), HISTOGRAM_BINS);
    free(values);
    return p;
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint32_t *values;
    struct histogram_shared *shared;
    uint64_t by_host;       /* chunks that the host has counted */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "histogram");
    u->values = context_alloc(context, p->count * sizeof *u->values, "values");
    u->shared = context_alloc(context, sizeof *u->shared, "bins");
    return u;
}

static void host_count_chunk(struct unified *u, size_t chunk)
{
    size_t end = histogram_chunk_end(chunk, u->problem->count);
    uint32_t bins[HISTOGRAM_BINS] = {0};

    for (size_t i = chunk * HISTOGRAM_CHUNK; i < end; i++)
        bins[u->values[i] % HISTOGRAM_BINS]++;
    for (unsigned bin = 0; bin < HISTOGRAM_BINS; bin++) {
        if (bins[bin])
            hum_atomic_add_u64(&u->shared->bins[bin], bins[bin]);
    }
    u->by_host++;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    size_t chunks = histogram_chunks(u->problem->count), chunk;
    struct histogram_args args = {u->values, u->problem->count, u->shared};
    struct hum_grid grid = {.dimensions = 1, .groups = {chunks}, .items = {HISTOGRAM_BINS},
                            .local_bytes = sizeof(struct histogram_local)};

    for (size_t i = 0; i < u->problem->count; i++)
        u->values[i] = input_value(i);
    *u->shared = (struct histogram_shared){0};
    u->by_host = 0;
    context_launch_nd(u->context, u->kernel, &grid, &args, sizeof args);
    context_await(u->context, &u->shared->next);
    while ((chunk = hum_atomic_add_u64(&u->shared->next, 1)) < chunks)
        host_count_chunk(u, chunk);
    CHECK(hum_wait(u->context->hum, 0));
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return u->by_host + u->shared->by_device == histogram_chunks(u->problem->count) &&
           memcmp(u->shared->bins, u->problem->bins, sizeof u->problem->bins) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "histogram",
                  .summary = "host and device count into one histogram at the same time",
                  .size_text = "values",
                  .size_max = (size_t)1 << 40,
                  .defaults = {.size = (size_t)16 << 20, .runs = 3}},
        .prepare = prepare,
        .discard = free,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
