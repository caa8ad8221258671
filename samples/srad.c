/* SPDX-License-Identifier: MIT */
/*
 * srad - speckle is taken out of an ultrasound image; the host looks at a part of it.
 *
 * Every LOOK_STEPS steps the host measures mean and variance of a part of the image that is known
 * to be even (a sixteenth of it), which gives the speckle scale of the next steps; between two
 * looks the scale falls by a constant factor.  Rodinia's program looks in every step.  Each step is
 * two launches over six arrays.  The results must be exactly those of the reference.
 */
#include "srad.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define LOOK_STEPS 4u           /* steps between two looks of the host */
#define FALL 0.9f               /* of the scale, from step to step */
#define RATE 0.5f

enum array { IMAGE, NORTH, SOUTH, WEST, EAST, FLOW, ARRAYS };

struct problem {
    size_t side, cells;
    unsigned steps;
    float *start, *end; /* the input, and the reference's answer */
};

/* Squared variation of the even part, the upper left quarter of rows and columns. */
static float image_scale(const float *image, size_t side)
{
    size_t part = (side + 3) / 4;
    double sum = 0.0, squares = 0.0, cells = (double)(part * part), mean;

    for (size_t r = 0; r < part; r++) {
        for (size_t c = 0; c < part; c++) {
            double value = (double)image[r * side + c];
            sum += value;
            squares += value * value;
        }
    }
    mean = sum / cells;
    return (float)((squares / cells - mean * mean) / (mean * mean)) + 1e-6f;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

static float reference_flow(const float d[4], float here, float scale)
{
    float gradient = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + d[3] * d[3]) / (here * here);
    float laplacian = (d[0] + d[1] + d[2] + d[3]) / here;
    float below = 1.0f + 0.25f * laplacian;
    float variation = (0.5f * gradient - 0.0625f * laplacian * laplacian) / (below * below);
    float flow = 1.0f / (1.0f + (variation - scale) / (scale * (1.0f + scale)));

    return flow < 0.0f ? 0.0f : flow > 1.0f ? 1.0f : flow;
}

/* slopes: four for each cell. */
static void reference_step(const struct problem *p, float *slopes, float *flow, float scale)
{
    size_t n = p->side, last = n - 1;
    float *image = p->end;

    for (size_t at = 0; at < p->cells; at++) {
        size_t r = at / n, c = at % n;
        float *d = slopes + 4 * at, here = image[at];

        d[0] = image[r == 0 ? at : at - n] - here;
        d[1] = image[r == last ? at : at + n] - here;
        d[2] = image[c == 0 ? at : at - 1] - here;
        d[3] = image[c == last ? at : at + 1] - here;
        flow[at] = reference_flow(d, here, scale);
    }
    for (size_t at = 0; at < p->cells; at++) {
        const float *d = slopes + 4 * at;
        float down = flow[at / n == last ? at : at + n], right = flow[at % n == last ? at : at + 1];
        float sum = flow[at] * d[0] + down * d[1] + flow[at] * d[2] + right * d[3];

        image[at] += 0.25f * RATE * sum;
    }
}

static void reference_solve(struct problem *p)
{
    float *slopes = context_malloc(4 * p->cells * sizeof *slopes);
    float *flow = context_malloc(p->cells * sizeof *flow), scale = 0.0f;

    memcpy(p->end, p->start, p->cells * sizeof *p->end);
    for (unsigned step = 0; step < p->steps; step++) {
        scale = step % LOOK_STEPS == 0 ? image_scale(p->end, p->side) : scale * FALL;
        reference_step(p, slopes, flow, scale);
    }
    free(slopes);
    free(flow);
}

/* Grey with a bright disc, and speckle that is multiplied in. */
static void input_make(struct problem *p)
{
    double middle = 0.6 * (double)p->side, radius = 0.25 * (double)p->side;
    uint64_t random = 1;

    for (size_t r = 0; r < p->side; r++) {
        for (size_t c = 0; c < p->side; c++) {
            double x = (double)c - middle, y = (double)r - middle;
            double grey = x * x + y * y < radius * radius ? 0.8 : 0.3;
            double speckle = 0.8 + 0.4 * random_unit(&random);

            p->start[r * p->side + c] = (float)exp(grey * speckle);
        }
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.side = options->size, .steps = options->steps};
    p->cells = p->side * p->side;
    p->start = context_malloc(p->cells * sizeof(float));
    p->end = context_malloc(p->cells * sizeof(float));
    input_make(p);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = ARRAYS * p->cells * sizeof(float);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu x %zu cells, %u steps, a look every %u",
             p->side, p->side, p->steps, LOOK_STEPS);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->start);
    free(p->end);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *slopes, *flow;
    float *arrays[ARRAYS];
};

static void *unified_open(struct context *context, const void *problem)
{
    static const char *const names[ARRAYS] = {"image", "north", "south", "west", "east", "flow"};
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->slopes = context_kernel(context, "srad_slopes");
    u->flow = context_kernel(context, "srad_flow");
    for (unsigned i = 0; i < ARRAYS; i++)
        u->arrays[i] = context_alloc(context, p->cells * sizeof(float), names[i]);
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    float **a = u->arrays;
    struct srad_args args = {a[IMAGE], a[NORTH], a[SOUTH], a[WEST], a[EAST],
                             a[FLOW],  p->side,  p->side,  0.0f,    RATE};

    memcpy(a[IMAGE], p->start, p->cells * sizeof(float));
    for (unsigned step = 0; step < p->steps; step++) {
        if (step % LOOK_STEPS == 0) {
            CHECK(hum_wait(u->context->hum, 0));
            args.scale = image_scale(a[IMAGE], p->side);
        } else {
            args.scale *= FALL;
        }
        context_launch(u->context, u->slopes, p->side, &args, sizeof args);
        context_launch(u->context, u->flow, p->side, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->arrays[IMAGE], u->problem->end, u->problem->cells * sizeof(float)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    for (unsigned i = 0; i < ARRAYS; i++)
        CHECK(hum_free(u->context->hum, u->arrays[i]));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "srad",
                  .summary = "speckle reducing diffusion of an image, watched by the host",
                  .size_text = "side of the image in cells",
                  .size_max = 65536,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = 2000, .runs = 3, .steps = 8}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
