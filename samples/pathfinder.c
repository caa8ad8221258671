/* SPDX-License-Identifier: MIT */
/*
 * pathfinder - the cheapest way from the top to the bottom of a grid, as in Rodinia.
 *
 * The host makes a wall of costs; the device goes down --steps rows, LAUNCH_ROWS in a launch, and
 * keeps two rows of sums; the host takes the cheapest of the last row.  Every page of the wall is
 * needed once: a stream, beside two rows that stay.  Results must be equal to the reference's.
 */
#include "pathfinder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define LAUNCH_ROWS 20u

struct problem {
    size_t columns, rows, cells;
    int32_t *wall; /* rows x columns */
    int32_t *end;  /* the reference's answer: sums of the last row */
};

static void reference_row(const struct problem *p, const int32_t *wall, const int32_t *prev,
                          int32_t *next)
{
    for (size_t c = 0; c < p->columns; c++) {
        int32_t way = prev[c];

        if (c > 0 && prev[c - 1] < way)
            way = prev[c - 1];
        if (c + 1 < p->columns && prev[c + 1] < way)
            way = prev[c + 1];
        next[c] = wall[c] + way;
    }
}

static void reference_solve(struct problem *p)
{
    int32_t *prev = context_malloc(p->columns * sizeof *prev);

    memcpy(p->end, p->wall, p->columns * sizeof *p->end);
    for (size_t r = 1; r < p->rows; r++) {
        memcpy(prev, p->end, p->columns * sizeof *prev);
        reference_row(p, p->wall + r * p->columns, prev, p->end);
    }
    free(prev);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t random = 1, start_ns;

    *p = (struct problem){.columns = options->size, .rows = options->steps};
    p->cells = p->columns * p->rows;
    p->wall = context_malloc(p->cells * sizeof *p->wall);
    p->end = context_malloc(p->columns * sizeof *p->end);
    for (size_t at = 0; at < p->cells; at++)
        p->wall[at] = (int32_t)(random_next(&random) % 10);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = (p->cells + 2 * p->columns) * sizeof(int32_t);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu columns, %zu rows, %u in a launch",
             p->columns, p->rows, LAUNCH_ROWS);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->wall);
    free(p->end);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    int32_t *wall, *sums[2];
    const int32_t *result; /* one of the sums */
    int32_t least;         /* the cheapest way */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "pathfinder");
    u->wall = context_alloc(context, p->cells * sizeof *u->wall, "wall");
    u->sums[0] = context_alloc(context, p->columns * sizeof *u->wall, "sums 0");
    u->sums[1] = context_alloc(context, p->columns * sizeof *u->wall, "sums 1");
    return u;
}

/* Down from row `row` - 1. */
static void launch_rows(struct unified *u, size_t row, size_t rows, int32_t *next)
{
    const struct problem *p = u->problem;
    struct pathfinder_args args = {u->wall + row * p->columns, u->result, next, p->columns, rows};
    size_t own = PATHFINDER_ITEMS - 2 * rows; /* columns of a group */
    struct hum_grid grid = {.dimensions = 1,
                            .groups = {(p->columns + own - 1) / own},
                            .items = {PATHFINDER_ITEMS},
                            .local_bytes = PATHFINDER_LOCAL_BYTES};

    context_launch_nd(u->context, u->kernel, &grid, &args, sizeof args);
    u->result = next;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    unsigned turn = 0;

    memcpy(u->wall, p->wall, p->cells * sizeof *u->wall);
    memcpy(u->sums[0], p->wall, p->columns * sizeof *u->wall);
    u->result = u->sums[0];
    for (size_t row = 1; row < p->rows; row += LAUNCH_ROWS) {
        size_t left = p->rows - row;

        turn ^= 1u;
        launch_rows(u, row, left < LAUNCH_ROWS ? left : LAUNCH_ROWS, u->sums[turn]);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->least = INT32_MAX;
    for (size_t c = 0; c < p->columns; c++)
        u->least = u->result[c] < u->least ? u->result[c] : u->least;
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->result, u->problem->end, u->problem->columns * sizeof *u->result) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->wall));
    CHECK(hum_free(u->context->hum, u->sums[0]));
    CHECK(hum_free(u->context->hum, u->sums[1]));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "pathfinder",
                  .summary = "the cheapest way down a grid, a row each step",
                  .size_text = "columns of the grid",
                  .size_max = (size_t)1 << 32,
                  .accepts = SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = 250000, .runs = 3, .steps = 100}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
