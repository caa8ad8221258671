/* SPDX-License-Identifier: MIT */
/*
 * triad - the STREAM triad, again and again over the same three arrays.
 *
 * The host fills the arrays, the device computes a = b + scalar * c in each of --steps launches,
 * and the host adds up a.  The scalar is another one in every step, so that the last is needed.  On
 * a device that is too small this is the cyclic scan, the worst there is for what goes by age.
 * The results must be exactly those of the reference.
 */
#include "triad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

struct problem {
    size_t count; /* elements of each array */
    unsigned steps;
    double *b, *c, *a; /* the input and the reference's answer */
};

static double step_scalar(unsigned step)
{
    return 3.0 + (double)step;
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    size_t bytes = options->size * sizeof(double);
    uint64_t start_ns;

    *p = (struct problem){.count = options->size, .steps = options->steps};
    p->a = context_malloc(bytes);
    p->b = context_malloc(bytes);
    p->c = context_malloc(bytes);
    for (size_t i = 0; i < p->count; i++) {
        p->a[i] = 0.0;
        p->b[i] = (double)(i & 0xffff);
        p->c[i] = (double)(i % 1001) * 0.25;
    }
    start_ns = context_clock_ns();
    for (unsigned step = 0; step < p->steps; step++)
        for (size_t i = 0; i < p->count; i++)
            p->a[i] = p->b[i] + step_scalar(step) * p->c[i];
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 3 * bytes;
    snprintf(facts_out->text, sizeof facts_out->text, "%zu elements, %u steps", p->count, p->steps);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->a);
    free(p->b);
    free(p->c);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    double *a, *b, *c;
    double total; /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    size_t bytes = p->count * sizeof(double);

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "triad");
    u->a = context_alloc(context, bytes, "a");
    u->b = context_alloc(context, bytes, "b");
    u->c = context_alloc(context, bytes, "c");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;

    memset(u->a, 0, p->count * sizeof(double));
    memcpy(u->b, p->b, p->count * sizeof(double));
    memcpy(u->c, p->c, p->count * sizeof(double));
    for (unsigned step = 0; step < p->steps; step++) {
        struct triad_args args = {u->a, u->b, u->c, step_scalar(step), p->count};

        context_launch(u->context, u->kernel, p->count, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0.0;
    for (size_t i = 0; i < p->count; i++)
        u->total += u->a[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->a, u->problem->a, u->problem->count * sizeof(double)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->a));
    CHECK(hum_free(u->context->hum, u->b));
    CHECK(hum_free(u->context->hum, u->c));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "triad",
                  .summary = "the STREAM triad, a = b + scalar * c, again and again",
                  .size_text = "elements of each array",
                  .size_max = (size_t)1 << 40,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = (size_t)4 << 20, .runs = 3, .steps = 10}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
