/* SPDX-License-Identifier: MIT */
/*
 * hotspot - heat flows over a chip; the host looks at the whole grid every few steps.
 *
 * Two temperature grids alternate as input and output of a step.  After every LOOK_STEPS steps the
 * host takes the hottest cell and the mean, as a program does that stops when the chip is too hot.
 * The host's code and the kernel do the same operations in the same order: results must be equal.
 */
#include "hotspot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_copy.h"
#include "random.h"
#include "sample.h"

#define LOOK_STEPS 8u           /* steps between two looks of the host */
#define FLOW 0.2f
#define HEAT 0.05f
#define AMBIENT 45.0f
#define SIDE_MAX 65536u

struct problem {
    size_t side, cells;
    unsigned steps;
    float *start, *power;       /* the input */
    float *end;                 /* the reference's answer */
};

struct look {
    float hottest;
    double mean;
};

static struct look grid_look(const float *grid, size_t cells)
{
    struct look look = {.hottest = grid[0]};
    double sum = 0.0;

    for (size_t i = 0; i < cells; i++) {
        look.hottest = grid[i] > look.hottest ? grid[i] : look.hottest;
        sum += (double)grid[i];
    }
    look.mean = sum / (double)cells;
    return look;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

static void reference_step(const struct problem *p, const float *in, float *out)
{
    size_t n = p->side;

    for (size_t r = 0; r < n; r++) {
        for (size_t c = 0; c < n; c++) {
            float here = in[r * n + c];
            float left = in[r * n + (c ? c - 1 : 0)], right = in[r * n + (c + 1 < n ? c + 1 : c)];
            float up = in[(r ? r - 1 : 0) * n + c], down = in[(r + 1 < n ? r + 1 : r) * n + c];
            float sides = left + right + up + down;

            out[r * n + c] = here + FLOW * (sides - 4.0f * here) + HEAT * p->power[r * n + c];
        }
    }
}

static void reference_solve(struct problem *p, float *scratch)
{
    float *in = p->end, *out = scratch;

    memcpy(in, p->start, p->cells * sizeof *in);
    for (unsigned step = 0; step < p->steps; step++) {
        float *swap = in;
        reference_step(p, in, out);
        in = out;
        out = swap;
    }
    if (in != p->end)
        memcpy(p->end, in, p->cells * sizeof *in);
}

/* A cool chip with some hot units on it. */
static void input_make(struct problem *p)
{
    uint64_t random = 1;

    for (size_t i = 0; i < p->cells; i++) {
        p->start[i] = AMBIENT;
        p->power[i] = 0.0f;
    }
    for (unsigned unit = 0; unit < 64; unit++) {
        size_t size = p->side / 16 + 1, row = random_next(&random) % p->side;
        size_t column = random_next(&random) % p->side;
        float power = (float)random_unit(&random);

        for (size_t r = row; r < row + size && r < p->side; r++)
            for (size_t c = column; c < column + size && c < p->side; c++)
                p->power[r * p->side + c] = power;
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    float *scratch;
    uint64_t start_ns;
    size_t bytes;

    p->side = options->size;
    p->cells = p->side * p->side;
    p->steps = options->steps;
    bytes = p->cells * sizeof(float);
    p->start = context_malloc(bytes);
    p->power = context_malloc(bytes);
    p->end = context_malloc(bytes);
    scratch = context_malloc(bytes);
    input_make(p);
    start_ns = context_clock_ns();
    reference_solve(p, scratch);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 3 * bytes;
    snprintf(facts_out->text, sizeof facts_out->text,
             "%zu x %zu cells, %u steps, a look every %u", p->side, p->side, p->steps, LOOK_STEPS);
    free(scratch);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->start);
    free(p->power);
    free(p->end);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    float *power, *grids[2];
    float *result;              /* one of the grids */
    struct look look;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "hotspot");
    u->power = context_alloc(context, p->cells * sizeof(float), "power");
    u->grids[0] = context_alloc(context, p->cells * sizeof(float), "grid 0");
    u->grids[1] = context_alloc(context, p->cells * sizeof(float), "grid 1");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;

    memcpy(u->power, p->power, p->cells * sizeof(float));
    memcpy(u->grids[0], p->start, p->cells * sizeof(float));
    for (unsigned step = 0; step < p->steps; step++) {
        struct hotspot_args args = {u->grids[step % 2], u->power, u->grids[(step + 1) % 2],
                                    p->side,            p->side,  FLOW,
                                    HEAT};

        u->result = args.out;
        context_launch(u->context, u->kernel, p->side, &args, sizeof args);
        if ((step + 1) % LOOK_STEPS == 0 || step + 1 == p->steps) {
            CHECK(hum_wait(u->context->hum, 0));
            u->look = grid_look(u->result, p->cells);
        }
    }
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->result, u->problem->end, u->problem->cells * sizeof(float)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->power));
    CHECK(hum_free(u->context->hum, u->grids[0]));
    CHECK(hum_free(u->context->hum, u->grids[1]));
    free(u);
}

/* ---- explicit copies ------------------------------------------------------------------------- */

struct copies {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    float *power, *grid;        /* host */
    float *device_power, *device_grids[2];
    struct look look;
};

static void *copies_open(struct context *context, const void *problem)
{
    const struct problem *p = problem;
    size_t bytes = p->cells * sizeof(float);
    struct copies *c;

    if (!device_fits(context, 3 * (bytes + HUM_BLOCK_SIZE)))
        return NULL;
    c = context_malloc(sizeof *c);
    *c = (struct copies){.context = context, .problem = p};
    c->kernel = context_kernel(context, "hotspot");
    c->power = context_malloc(bytes);
    c->grid = context_malloc(bytes);
    c->device_power = device_alloc(context, bytes);
    c->device_grids[0] = device_alloc(context, bytes);
    c->device_grids[1] = device_alloc(context, bytes);
    return c;
}

static void copies_run(void *state)
{
    struct copies *c = state;
    const struct problem *p = c->problem;
    size_t bytes = p->cells * sizeof(float);

    memcpy(c->power, p->power, bytes);
    memcpy(c->grid, p->start, bytes);
    copy_to_device(c->context, c->device_power, c->power, bytes);
    copy_to_device(c->context, c->device_grids[0], c->grid, bytes);
    for (unsigned step = 0; step < p->steps; step++) {
        float *out = c->device_grids[(step + 1) % 2];
        struct hotspot_args args = {c->device_grids[step % 2], c->device_power, out,
                                    p->side,                   p->side,         FLOW,
                                    HEAT};

        context_launch(c->context, c->kernel, p->side, &args, sizeof args);
        if ((step + 1) % LOOK_STEPS == 0 || step + 1 == p->steps) {
            CHECK(hum_wait(c->context->hum, 0));
            copy_to_host(c->context, c->grid, out, bytes);
            c->look = grid_look(c->grid, p->cells);
        }
    }
}

static bool copies_verify(const void *state)
{
    const struct copies *c = state;

    return memcmp(c->grid, c->problem->end, c->problem->cells * sizeof(float)) == 0;
}

static void copies_close(void *state)
{
    struct copies *c = state;
    size_t bytes = c->problem->cells * sizeof(float);

    device_free(c->context, c->device_power, bytes);
    device_free(c->context, c->device_grids[0], bytes);
    device_free(c->context, c->device_grids[1], bytes);
    free(c->power);
    free(c->grid);
    free(c);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "hotspot",
                  .summary = "heat flow on a chip, watched by the host",
                  .size_text = "side of the grid in cells",
                  .size_max = SIDE_MAX,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = 2048, .runs = 3, .steps = 32}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
        .copies = {copies_open, copies_run, copies_verify, copies_close},
    };

    return sample_main(&sample, argc, argv);
}
