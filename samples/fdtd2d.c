/* SPDX-License-Identifier: MIT */
/*
 * fdtd2d - an electromagnetic wave in two dimensions, of PolyBench.
 *
 * Each step is three launches, every one over two or three of the three fields; the host writes
 * fields and sources and waits for the end.  The results must be exactly those of the reference.
 */
#include "fdtd2d.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

enum field { EX, EY, HZ, FIELDS };

struct problem {
    size_t side, cells;
    unsigned steps;
    float *start[FIELDS]; /* the input */
    float *end[FIELDS];   /* the reference's answer */
};

/* What goes in at the first row in a step. */
static float step_source(unsigned step)
{
    return (float)step;
}

static void reference_step(const struct problem *p, float source)
{
    size_t n = p->side;
    float *ex = p->end[EX], *ey = p->end[EY], *hz = p->end[HZ];

    for (size_t c = 0; c < n; c++)
        ey[c] = source;
    for (size_t at = n; at < p->cells; at++)
        ey[at] -= 0.5f * (hz[at] - hz[at - n]);
    for (size_t r = 0; r < n; r++)
        for (size_t at = r * n + 1; at < (r + 1) * n; at++)
            ex[at] -= 0.5f * (hz[at] - hz[at - 1]);
    for (size_t r = 0; r + 1 < n; r++)
        for (size_t at = r * n; at + 1 < (r + 1) * n; at++)
            hz[at] -= 0.7f * (ex[at + 1] - ex[at] + ey[at + n] - ey[at]);
}

/* As PolyBench makes it. */
static void input_make(struct problem *p)
{
    for (size_t r = 0; r < p->side; r++) {
        for (size_t c = 0; c < p->side; c++) {
            for (unsigned f = 0; f < FIELDS; f++)
                p->start[f][r * p->side + c] = (float)(r * (c + 1 + f)) / (float)p->side;
        }
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.side = options->size, .steps = options->steps};
    p->cells = p->side * p->side;
    for (unsigned f = 0; f < FIELDS; f++) {
        p->start[f] = context_malloc(p->cells * sizeof(float));
        p->end[f] = context_malloc(p->cells * sizeof(float));
    }
    input_make(p);
    for (unsigned f = 0; f < FIELDS; f++)
        memcpy(p->end[f], p->start[f], p->cells * sizeof(float));
    start_ns = context_clock_ns();
    for (unsigned step = 0; step < p->steps; step++)
        reference_step(p, step_source(step));
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = (FIELDS * p->cells + p->steps) * sizeof(float);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu x %zu cells, %u steps", p->side, p->side,
             p->steps);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    for (unsigned f = 0; f < FIELDS; f++) {
        free(p->start[f]);
        free(p->end[f]);
    }
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernels[FIELDS];
    float *fields[FIELDS], *sources;
    double total; /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    static const char *const names[FIELDS] = {"ex", "ey", "hz"};
    static const char *const kernels[FIELDS] = {"fdtd_ex", "fdtd_ey", "fdtd_hz"};
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    for (unsigned f = 0; f < FIELDS; f++) {
        u->kernels[f] = context_kernel(context, kernels[f]);
        u->fields[f] = context_alloc(context, p->cells * sizeof(float), names[f]);
    }
    u->sources = context_alloc(context, p->steps * sizeof(float), "sources");
    return u;
}

static void unified_run(void *state)
{
    static const enum field order[FIELDS] = {EY, EX, HZ};
    struct unified *u = state;
    const struct problem *p = u->problem;

    for (unsigned f = 0; f < FIELDS; f++)
        memcpy(u->fields[f], p->start[f], p->cells * sizeof(float));
    for (unsigned step = 0; step < p->steps; step++)
        u->sources[step] = step_source(step);
    for (unsigned step = 0; step < p->steps; step++) {
        struct fdtd_args args = {u->fields[EX],     u->fields[EY], u->fields[HZ],
                                 &u->sources[step], p->side,       p->side};

        for (unsigned f = 0; f < FIELDS; f++)
            context_launch(u->context, u->kernels[order[f]], p->side, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0.0;
    for (size_t at = 0; at < p->cells; at++)
        u->total += (double)u->fields[HZ][at];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    for (unsigned f = 0; f < FIELDS; f++) {
        if (memcmp(u->fields[f], p->end[f], p->cells * sizeof(float)) != 0)
            return false;
    }
    return true;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    for (unsigned f = 0; f < FIELDS; f++)
        CHECK(hum_free(u->context->hum, u->fields[f]));
    CHECK(hum_free(u->context->hum, u->sources));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "fdtd2d",
                  .summary = "a wave in two dimensions (PolyBench)",
                  .size_text = "side of the fields in cells",
                  .size_max = 65536,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = 2500, .runs = 3, .steps = 10}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
