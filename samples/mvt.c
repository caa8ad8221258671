/* SPDX-License-Identifier: MIT */
/*
 * mvt - x1 += A y1 and x2 += A' y2, of PolyBench: two products that have only the matrix in common.
 *
 * The host writes the matrix and the four vectors, the device goes through the matrix by rows and
 * then by columns, and the host reads x1 and x2.
 * The results must be exactly those of the reference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matvec_reference.h"
#include "sample.h"

enum vector { X1, X2, Y1, Y2, VECTORS };

struct problem {
    size_t side, cells;
    float *a, *vectors[VECTORS]; /* the input, as PolyBench makes it */
    float *x1, *x2;              /* the reference's answer */
};

static void input_make(struct problem *p)
{
    static const size_t shifts[VECTORS] = {[X1] = 0, [X2] = 1, [Y1] = 3, [Y2] = 4};
    float n = (float)p->side;

    for (size_t r = 0; r < p->side; r++) {
        for (unsigned v = 0; v < VECTORS; v++)
            p->vectors[v][r] = (float)((r + shifts[v]) % p->side) / n;
        for (size_t c = 0; c < p->side; c++)
            p->a[r * p->side + c] = (float)(r * c % p->side) / n;
    }
}

static void reference_solve(struct problem *p)
{
    memcpy(p->x1, p->vectors[X1], p->side * sizeof *p->x1);
    memcpy(p->x2, p->vectors[X2], p->side * sizeof *p->x2);
    matvec_rows_reference(&(struct matvec_args){p->a, p->vectors[Y1], p->x1, p->side, p->side});
    matvec_columns_reference(&(struct matvec_args){p->a, p->vectors[Y2], p->x2, p->side, p->side});
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    size_t bytes = options->size * sizeof(float);
    uint64_t start_ns;

    *p = (struct problem){.side = options->size, .cells = options->size * options->size};
    p->a = context_malloc(p->cells * sizeof *p->a);
    for (unsigned v = 0; v < VECTORS; v++)
        p->vectors[v] = context_malloc(bytes);
    p->x1 = context_malloc(bytes);
    p->x2 = context_malloc(bytes);
    input_make(p);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = p->cells * sizeof *p->a + VECTORS * bytes;
    snprintf(facts_out->text, sizeof facts_out->text, "a matrix of %zu x %zu", p->side, p->side);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->a);
    for (unsigned v = 0; v < VECTORS; v++)
        free(p->vectors[v]);
    free(p->x1);
    free(p->x2);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *rows, *columns;
    float *a, *vectors[VECTORS];
    double total; /* what the program makes of the results */
};

static void *unified_open(struct context *context, const void *problem)
{
    static const char *const names[VECTORS] = {"x1", "x2", "y1", "y2"};
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->rows = context_kernel(context, "matvec_rows");
    u->columns = context_kernel(context, "matvec_columns");
    u->a = context_alloc(context, p->cells * sizeof *u->a, "A");
    for (unsigned v = 0; v < VECTORS; v++)
        u->vectors[v] = context_alloc(context, p->side * sizeof(float), names[v]);
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct matvec_args first = {u->a, u->vectors[Y1], u->vectors[X1], p->side, p->side};
    struct matvec_args second = {u->a, u->vectors[Y2], u->vectors[X2], p->side, p->side};

    memcpy(u->a, p->a, p->cells * sizeof *u->a);
    for (unsigned v = 0; v < VECTORS; v++)
        memcpy(u->vectors[v], p->vectors[v], p->side * sizeof(float));
    context_launch(u->context, u->rows, p->side, &first, sizeof first);
    context_launch(u->context, u->columns, matvec_tiles(p->side), &second, sizeof second);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0.0;
    for (size_t i = 0; i < p->side; i++)
        u->total += (double)u->vectors[X1][i] + (double)u->vectors[X2][i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->vectors[X1], p->x1, p->side * sizeof(float)) == 0 &&
           memcmp(u->vectors[X2], p->x2, p->side * sizeof(float)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->a));
    for (unsigned v = 0; v < VECTORS; v++)
        CHECK(hum_free(u->context->hum, u->vectors[v]));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "mvt",
                  .summary = "a matrix and its transpose times a vector each (PolyBench)",
                  .size_text = "rows and columns of the matrix",
                  .size_max = (size_t)1 << 20,
                  .defaults = {.size = 4096, .runs = 3}},
        .module = "matvec",
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
