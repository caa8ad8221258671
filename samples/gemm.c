/* SPDX-License-Identifier: MIT */
/*
 * gemm - C = alpha A B + beta C in tiles: much work on each byte, and B read again for every row of
 * tiles.
 *
 * The host writes the three matrices and reads C.  Kernel and reference add the products of a cell
 * in the same order: results must be equal.
 */
#include "gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define ALPHA 1.5f
#define BETA 1.2f
#define REFERENCE_DEPTH 64u /* rows of B that the reference keeps in its cache */

struct problem {
    size_t side, cells;
    float *a, *b, *c; /* the input */
    float *end;       /* the reference's answer */
};

/* Rows [start, end) of B times the cells of A beside them, added to p->end. */
static void reference_add(struct problem *p, size_t start, size_t end)
{
    size_t n = p->side;

    for (size_t r = 0; r < n; r++) {
        float *sum = p->end + r * n;

        for (size_t k = start; k < end; k++) {
            float a = p->a[r * n + k];
            const float *b = p->b + k * n;

            for (size_t c = 0; c < n; c++)
                sum[c] += a * b[c];
        }
    }
}

static void reference_solve(struct problem *p)
{
    memset(p->end, 0, p->cells * sizeof *p->end);
    for (size_t k = 0; k < p->side; k += REFERENCE_DEPTH)
        reference_add(p, k, k + REFERENCE_DEPTH < p->side ? k + REFERENCE_DEPTH : p->side);
    for (size_t at = 0; at < p->cells; at++)
        p->end[at] = ALPHA * p->end[at] + BETA * p->c[at];
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t random = 1, start_ns;
    size_t bytes;

    *p = (struct problem){.side = options->size, .cells = options->size * options->size};
    bytes = p->cells * sizeof(float);
    p->a = context_malloc(bytes);
    p->b = context_malloc(bytes);
    p->c = context_malloc(bytes);
    p->end = context_malloc(bytes);
    for (size_t at = 0; at < p->cells; at++) {
        p->a[at] = (float)random_unit(&random);
        p->b[at] = (float)random_unit(&random);
        p->c[at] = (float)random_unit(&random);
    }
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 3 * bytes;
    snprintf(facts_out->text, sizeof facts_out->text, "matrices of %zu x %zu, tiles of %zu",
             p->side, p->side, GEMM_TILE);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->a);
    free(p->b);
    free(p->c);
    free(p->end);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    float *a, *b, *c;
    double total; /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "gemm");
    u->a = context_alloc(context, p->cells * sizeof *u->a, "A");
    u->b = context_alloc(context, p->cells * sizeof *u->b, "B");
    u->c = context_alloc(context, p->cells * sizeof *u->c, "C");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    size_t bytes = p->cells * sizeof(float), tiles = (p->side + GEMM_TILE - 1) / GEMM_TILE;
    struct gemm_args args = {u->a, u->b, u->c, p->side, ALPHA, BETA};
    struct hum_grid grid = {.dimensions = 2,
                            .groups = {tiles, tiles},
                            .items = {GEMM_TILE, 1},
                            .local_bytes = GEMM_LOCAL_BYTES};

    memcpy(u->a, p->a, bytes);
    memcpy(u->b, p->b, bytes);
    memcpy(u->c, p->c, bytes);
    context_launch_nd(u->context, u->kernel, &grid, &args, sizeof args);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0.0;
    for (size_t at = 0; at < p->cells; at++)
        u->total += (double)u->c[at];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->c, u->problem->end, u->problem->cells * sizeof *u->c) == 0;
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
        .usage = {.name = "gemm",
                  .summary = "a matrix times a matrix, in tiles",
                  .size_text = "rows and columns of the matrices",
                  .size_max = 65536,
                  .defaults = {.size = 2000, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
