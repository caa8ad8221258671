/* SPDX-License-Identifier: MIT */
/*
 * vector_add - z = x + y, of which the device needs all or, with --touch, a part.
 *
 * The host writes all of x and y.  The device adds a window of them (which one is known only at run
 * time), and the host reads the sums of that window.  The unified version moves what is touched;
 * the program with explicit copies cannot know, and copies x, y and z whole.
 * The results must be exactly those of the reference.
 */
#include "vector_add.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_copy.h"
#include "sample.h"

struct problem {
    size_t count;             /* elements of x, y and z */
    size_t first, touched;    /* the window */
    float *sums;              /* the reference's answer, of the window */
};

/* The input, cheap to make so that it does not hide the cost of moving it. */
static inline float input_x(size_t i)
{
    return (float)(i & 0xffff);
}

static inline float input_y(size_t i)
{
    return (float)(i & 0xff) * 0.5f;
}

static void inputs_write(float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = input_x(i);
        y[i] = input_y(i);
    }
}

/* What the program makes of the result. */
static double sums_read(const float *z, size_t count)
{
    double total = 0.0;

    for (size_t i = 0; i < count; i++)
        total += (double)z[i];
    return total;
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    p->count = options->size;
    p->touched = (size_t)((double)p->count * options->touch);
    p->touched = p->touched ? p->touched : 1;
    p->first = (p->count - p->touched) / 3;
    p->sums = context_malloc(p->touched * sizeof *p->sums);
    memset(p->sums, 0, p->touched * sizeof *p->sums); /* or the reference pays for page faults */
    start_ns = context_clock_ns();
    for (size_t i = 0; i < p->touched; i++)
        p->sums[i] = input_x(p->first + i) + input_y(p->first + i);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 3 * p->touched * sizeof(float);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu elements, %zu of them touched", p->count,
             p->touched);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->sums);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    struct vector_add_args args;
    float *x, *y;             /* of args, for the host to write */
    double total;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    size_t bytes = p->count * sizeof(float);

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "vector_add");
    u->args = (struct vector_add_args){.first = p->first, .count = p->touched};
    u->args.x = u->x = context_alloc(context, bytes, "x");
    u->args.y = u->y = context_alloc(context, bytes, "y");
    u->args.z = context_alloc(context, bytes, "z");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;

    inputs_write(u->x, u->y, p->count);
    context_launch(u->context, u->kernel, p->touched, &u->args, sizeof u->args);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = sums_read(u->args.z + p->first, p->touched);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->args.z + p->first, p->sums, p->touched * sizeof(float)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->x));
    CHECK(hum_free(u->context->hum, u->y));
    CHECK(hum_free(u->context->hum, u->args.z));
    free(u);
}

/* ---- explicit copies ------------------------------------------------------------------------- */

struct copies {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    float *x, *y, *z;                       /* host */
    float *device_x, *device_y, *device_z;
    double total;
};

static void *copies_open(struct context *context, const void *problem)
{
    const struct problem *p = problem;
    size_t bytes = p->count * sizeof(float);
    struct copies *c;

    if (!device_fits(context, 3 * (bytes + HUM_BLOCK_SIZE)))
        return NULL;
    c = context_malloc(sizeof *c);
    *c = (struct copies){.context = context, .problem = p};
    c->kernel = context_kernel(context, "vector_add");
    c->x = context_malloc(bytes);
    c->y = context_malloc(bytes);
    c->z = context_malloc(bytes);
    c->device_x = device_alloc(context, bytes);
    c->device_y = device_alloc(context, bytes);
    c->device_z = device_alloc(context, bytes);
    return c;
}

static void copies_run(void *state)
{
    struct copies *c = state;
    const struct problem *p = c->problem;
    size_t bytes = p->count * sizeof(float);
    struct vector_add_args args = {c->device_x, c->device_y, c->device_z, p->first, p->touched};

    inputs_write(c->x, c->y, p->count);
    copy_to_device(c->context, c->device_x, c->x, bytes);
    copy_to_device(c->context, c->device_y, c->y, bytes);
    context_launch(c->context, c->kernel, p->touched, &args, sizeof args);
    CHECK(hum_wait(c->context->hum, 0));
    copy_to_host(c->context, c->z, c->device_z, bytes);
    c->total = sums_read(c->z + p->first, p->touched);
}

static bool copies_verify(const void *state)
{
    const struct copies *c = state;
    const struct problem *p = c->problem;

    return memcmp(c->z + p->first, p->sums, p->touched * sizeof(float)) == 0;
}

static void copies_close(void *state)
{
    struct copies *c = state;
    size_t bytes = c->problem->count * sizeof(float);

    device_free(c->context, c->device_x, bytes);
    device_free(c->context, c->device_y, bytes);
    device_free(c->context, c->device_z, bytes);
    free(c->x);
    free(c->y);
    free(c->z);
    free(c);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "vector_add",
                  .summary = "add two vectors on the device",
                  .size_text = "elements of each vector",
                  .accepts = SAMPLE_ACCEPTS_TOUCH,
                  .defaults = {.size = (size_t)16 << 20, .runs = 5, .touch = 1.0}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
        .copies = {copies_open, copies_run, copies_verify, copies_close},
    };

    return sample_main(&sample, argc, argv);
}
