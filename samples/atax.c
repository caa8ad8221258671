/* SPDX-License-Identifier: MIT */
/*
 * atax - y = A' (A x), of PolyBench: the matrix by rows, then the same matrix by columns.
 *
 * The host writes A and x, two launches follow each other, and the host reads y.
 * The results must be exactly those of the reference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matvec_reference.h"
#include "sample.h"

struct problem {
    size_t side, cells;
    float *a, *x; /* the input, as PolyBench makes it */
    float *y;     /* the reference's answer */
};

static void input_make(struct problem *p)
{
    float n = (float)p->side;

    for (size_t r = 0; r < p->side; r++) {
        p->x[r] = 1.0f + (float)r / n;
        for (size_t c = 0; c < p->side; c++)
            p->a[r * p->side + c] = (float)((r + c) % p->side) / (5.0f * n);
    }
}

static void reference_solve(struct problem *p)
{
    float *tmp = context_malloc(p->side * sizeof *tmp);

    memset(tmp, 0, p->side * sizeof *tmp);
    memset(p->y, 0, p->side * sizeof *p->y);
    matvec_rows_reference(&(struct matvec_args){p->a, p->x, tmp, p->side, p->side});
    matvec_columns_reference(&(struct matvec_args){p->a, tmp, p->y, p->side, p->side});
    free(tmp);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.side = options->size, .cells = options->size * options->size};
    p->a = context_malloc(p->cells * sizeof *p->a);
    p->x = context_malloc(p->side * sizeof *p->x);
    p->y = context_malloc(p->side * sizeof *p->y);
    input_make(p);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = (p->cells + 3 * p->side) * sizeof(float);
    snprintf(facts_out->text, sizeof facts_out->text, "a matrix of %zu x %zu", p->side, p->side);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->a);
    free(p->x);
    free(p->y);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *rows, *columns;
    float *a, *x, *tmp, *y;
    double total; /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->rows = context_kernel(context, "matvec_rows");
    u->columns = context_kernel(context, "matvec_columns");
    u->a = context_alloc(context, p->cells * sizeof *u->a, "A");
    u->x = context_alloc(context, p->side * sizeof *u->x, "x");
    u->tmp = context_alloc(context, p->side * sizeof *u->tmp, "tmp");
    u->y = context_alloc(context, p->side * sizeof *u->y, "y");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct matvec_args first = {u->a, u->x, u->tmp, p->side, p->side};
    struct matvec_args second = {u->a, u->tmp, u->y, p->side, p->side};

    memcpy(u->a, p->a, p->cells * sizeof *u->a);
    memcpy(u->x, p->x, p->side * sizeof *u->x);
    memset(u->tmp, 0, p->side * sizeof *u->tmp);
    memset(u->y, 0, p->side * sizeof *u->y);
    context_launch(u->context, u->rows, p->side, &first, sizeof first);
    context_launch(u->context, u->columns, matvec_tiles(p->side), &second, sizeof second);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0.0;
    for (size_t i = 0; i < p->side; i++)
        u->total += (double)u->y[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return memcmp(u->y, u->problem->y, u->problem->side * sizeof *u->y) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->a));
    CHECK(hum_free(u->context->hum, u->x));
    CHECK(hum_free(u->context->hum, u->tmp));
    CHECK(hum_free(u->context->hum, u->y));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "atax",
                  .summary = "a matrix times a vector, then its transpose times that (PolyBench)",
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
