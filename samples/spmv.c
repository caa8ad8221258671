/* SPDX-License-Identifier: MIT */
/*
 * spmv - a sparse matrix times a vector, again and again: x becomes A x / (norm of A).
 *
 * The matrix streams by in every one of --steps launches; x is read where the columns say.  See
 * common/sparse_input.h for the matrix.  The results must be exactly those of the reference.
 */
#include "spmv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "sparse_input.h"

struct problem {
    struct sparse matrix;
    double scale;           /* 1 / norm: vectors do not grow */
    unsigned steps;
    double *end;            /* the reference's answer */
};

static void vector_start(double *x, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        x[i] = 1.0 + (double)(i % 1009) * 0.001;
}

static void reference_solve(struct problem *p)
{
    double *x = context_malloc(p->matrix.rows * sizeof *x), *swap;

    vector_start(p->end, p->matrix.rows);
    for (unsigned step = 0; step < p->steps; step++) {
        sparse_multiply(&p->matrix, p->end, x);
        for (size_t i = 0; i < p->matrix.rows; i++)
            x[i] *= p->scale;
        swap = p->end;
        p->end = x;
        x = swap;
    }
    free(x);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    p->steps = options->steps;
    if (!sparse_input("spmv", options, &p->matrix)) {
        free(p);
        return NULL;
    }
    p->scale = 1.0 / sparse_norm(&p->matrix);
    p->end = context_malloc(p->matrix.rows * sizeof *p->end);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = sparse_bytes(&p->matrix) + 2 * p->matrix.rows * sizeof(double);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%" PRIu64 " rows, %" PRIu64 " entries, %u steps", p->matrix.rows, p->matrix.entries,
             p->steps);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    sparse_free(&p->matrix);
    free(p->end);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    struct sparse matrix;
    double *x[2];
    double sum;             /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    struct sparse m = p->matrix;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "spmv");
    m.offsets = context_alloc(context, (m.rows + 1) * sizeof *m.offsets, "offsets");
    m.columns = context_alloc(context, m.entries * sizeof *m.columns, "columns");
    m.values = context_alloc(context, m.entries * sizeof *m.values, "values");
    u->matrix = m;
    u->x[0] = context_alloc(context, m.rows * sizeof(double), "x 0");
    u->x[1] = context_alloc(context, m.rows * sizeof(double), "x 1");
    return u;
}

static double *unified_end(const struct unified *u)
{
    return u->x[u->problem->steps % 2];
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;

    sparse_copy(&p->matrix, &u->matrix);
    vector_start(u->x[0], p->matrix.rows);
    for (unsigned step = 0; step < p->steps; step++) {
        struct spmv_args args = {u->matrix, u->x[step % 2], u->x[(step + 1) % 2], p->scale};

        context_launch(u->context, u->kernel, p->matrix.rows, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->sum = 0.0;
    for (size_t i = 0; i < p->matrix.rows; i++)
        u->sum += unified_end(u)[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(unified_end(u), p->end, p->matrix.rows * sizeof(double)) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "spmv",
                  .summary = "a sparse matrix times a vector, again and again",
                  .size_text = "rows of the generated matrix",
                  .size_max = (size_t)1 << 31,
                  .accepts = SAMPLE_ACCEPTS_GRAPH | SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = (size_t)1 << 19, .runs = 3, .steps = 10}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
