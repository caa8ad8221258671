/* SPDX-License-Identifier: MIT */
/*
 * kmeans - points in groups, as in Rodinia: the device assigns, the host moves the centres.
 *
 * The device turns the points round once; in each step it finds the nearest centre of every point,
 * and the host reads that and all points, in the order in which it wrote them, for the new centres.
 * It ends after --steps steps or when hardly a point changes its group.  Each coordinate lies in
 * pages of its own: WIDTH is small so that a small device holds what all its workers read at once.
 * Kernel, host and reference do the same operations in the same order: groups and centres must be
 * equal.
 */
#include "kmeans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define WIDTH 4u                /* coordinates of a point */
#define GROUPS 8u
#define SPREAD 0.8              /* of the points of a group, against distances up to 1 */

struct problem {
    size_t count;
    unsigned steps;
    float *points;               /* count x WIDTH */
    float first[GROUPS * WIDTH]; /* the centres at the start */
    float last[GROUPS * WIDTH];  /* the reference's answer */
    uint32_t *nearest;           /* and its groups */
};

/* Centres become the means of their groups; a group without points keeps its own. */
static void centres_move(float *centres, const float *points, const uint32_t *nearest, size_t count)
{
    float sums[GROUPS][WIDTH] = {{0.0f}};
    size_t members[GROUPS] = {0};

    for (size_t i = 0; i < count; i++) {
        members[nearest[i]]++;
        for (unsigned f = 0; f < WIDTH; f++)
            sums[nearest[i]][f] += points[i * WIDTH + f];
    }
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned f = 0; f < WIDTH && members[g] > 0; f++)
            centres[g * WIDTH + f] = sums[g][f] / (float)members[g];
}

/* How many points changed their group; before becomes the same as nearest. */
static size_t changes_take(uint32_t *before, const uint32_t *nearest, size_t count)
{
    size_t changes = 0;

    for (size_t i = 0; i < count; i++) {
        changes += before[i] != nearest[i];
        before[i] = nearest[i];
    }
    return changes;
}

static bool is_settled(size_t changes, size_t count)
{
    return changes <= count / 1000;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

static uint32_t reference_nearest(const float *point, const float *centres)
{
    uint32_t nearest = 0;
    float least = 0.0f;

    for (uint32_t g = 0; g < GROUPS; g++) {
        float sum = 0.0f;

        for (unsigned f = 0; f < WIDTH; f++) {
            float d = point[f] - centres[g * WIDTH + f];
            sum += d * d;
        }
        if (g == 0 || sum < least) {
            least = sum;
            nearest = g;
        }
    }
    return nearest;
}

/* Returns how many steps it took. */
static unsigned reference_solve(struct problem *p)
{
    uint32_t *before = context_malloc(p->count * sizeof *before);
    unsigned step = 0;
    size_t changes;

    memset(before, 0xff, p->count * sizeof *before);
    memcpy(p->last, p->first, sizeof p->last);
    do {
        for (size_t i = 0; i < p->count; i++)
            p->nearest[i] = reference_nearest(p->points + i * WIDTH, p->last);
        centres_move(p->last, p->points, p->nearest, p->count);
        changes = changes_take(before, p->nearest, p->count);
    } while (++step < p->steps && !is_settled(changes, p->count));
    free(before);
    return step;
}

/* Points around GROUPS places; the first points are the first centres, as in Rodinia. */
static void input_make(struct problem *p)
{
    float places[GROUPS][WIDTH];
    uint64_t random = 1;

    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned f = 0; f < WIDTH; f++)
            places[g][f] = (float)random_unit(&random);
    for (size_t i = 0; i < p->count; i++) {
        const float *place = places[random_next(&random) % GROUPS];

        for (unsigned f = 0; f < WIDTH; f++)
            p->points[i * WIDTH + f] = place[f] + (float)(SPREAD * (random_unit(&random) - 0.5));
    }
    for (size_t i = 0; i < GROUPS; i++)
        memcpy(p->first + i * WIDTH, p->points + i % p->count * WIDTH, WIDTH * sizeof(float));
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;
    unsigned steps;

    p->count = options->size;
    p->steps = options->steps;
    p->points = context_malloc(p->count * WIDTH * sizeof *p->points);
    p->nearest = context_malloc(p->count * sizeof *p->nearest);
    input_make(p);
    start_ns = context_clock_ns();
    steps = reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = p->count * (2 * WIDTH * sizeof(float) + sizeof(uint32_t));
    snprintf(facts_out->text, sizeof facts_out->text,
             "%zu points of %u coordinates, %u groups, %u steps", p->count, WIDTH, GROUPS, steps);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->points);
    free(p->nearest);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *flip, *assign;
    float *points, *columns, *centres;
    uint32_t *nearest;
    uint32_t *before; /* the host's own: groups of the step before */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    size_t bytes = p->count * WIDTH * sizeof(float);

    *u = (struct unified){.context = context, .problem = p};
    u->flip = context_kernel(context, "kmeans_flip");
    u->assign = context_kernel(context, "kmeans_assign");
    u->points = context_alloc(context, bytes, "points");
    u->columns = context_alloc(context, bytes, "columns");
    u->centres = context_alloc(context, sizeof p->first, "centres");
    u->nearest = context_alloc(context, p->count * sizeof *u->nearest, "nearest");
    u->before = context_malloc(p->count * sizeof *u->before);
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct kmeans_args args = {.points = u->points,
                               .columns = u->columns,
                               .centres = u->centres,
                               .nearest = u->nearest,
                               .count = p->count,
                               .width = WIDTH,
                               .groups = GROUPS};
    unsigned step = 0;
    size_t changes;

    memcpy(u->points, p->points, p->count * WIDTH * sizeof *u->points);
    memcpy(u->centres, p->first, sizeof p->first);
    memset(u->before, 0xff, p->count * sizeof *u->before);
    context_launch(u->context, u->flip, p->count, &args, sizeof args);
    do {
        context_launch(u->context, u->assign, p->count, &args, sizeof args);
        CHECK(hum_wait(u->context->hum, 0));
        centres_move(u->centres, u->points, u->nearest, p->count);
        changes = changes_take(u->before, u->nearest, p->count);
    } while (++step < p->steps && !is_settled(changes, p->count));
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->nearest, p->nearest, p->count * sizeof *u->nearest) == 0 &&
           memcmp(u->centres, p->last, sizeof p->last) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->points));
    CHECK(hum_free(u->context->hum, u->columns));
    CHECK(hum_free(u->context->hum, u->centres));
    CHECK(hum_free(u->context->hum, u->nearest));
    free(u->before);
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "kmeans",
                  .summary = "points in groups: the device assigns, the host moves the centres",
                  .size_text = "points",
                  .size_max = (size_t)1 << 36,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = 2000000, .runs = 3, .steps = 10}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
