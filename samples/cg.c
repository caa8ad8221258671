/* SPDX-License-Identifier: MIT */
/*
 * cg - conjugate gradients: solve A x = b for a symmetric positive definite sparse matrix.
 *
 * M. Hestenes, E. Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952.
 * Three launches an iteration; between them the host adds up a sum of every 1024 rows, and decides.
 * It stops when the residual has fallen to TOLERANCE of b, or after --steps iterations.
 * Sums are made in the same order on every side: x must be exactly that of the reference.
 */
#include "cg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "sparse_input.h"

#define TOLERANCE 1e-8

struct problem {
    struct sparse matrix;
    unsigned steps_max;
    double *x;              /* the reference's answer */
    unsigned steps;         /* how many it took */
};

static double right_side(size_t row)
{
    return 1.0 + (double)(row % 1009) * 0.001;
}

static double sums_add(const double *sums, size_t count)
{
    double total = 0.0;

    for (size_t i = 0; i < count; i++)
        total += sums[i];
    return total;
}

/* x = 0, r = p = b, and what r r is. */
static double vectors_start(double *x, double *r, double *p, size_t rows)
{
    double total = 0.0;

    for (size_t i = 0; i < rows; i++) {
        x[i] = 0.0;
        r[i] = p[i] = right_side(i);
        total += r[i] * r[i];
    }
    return total;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

/* The product of two vectors, a sum for each CG_CHUNK rows first. */
static double reference_dot(const double *a, const double *b, size_t rows)
{
    double total = 0.0;

    for (size_t start = 0; start < rows; start += CG_CHUNK) {
        double sum = 0.0;
        for (size_t i = start; i < rows && i < start + CG_CHUNK; i++)
            sum += a[i] * b[i];
        total += sum;
    }
    return total;
}

static void reference_solve(struct problem *problem)
{
    size_t n = problem->matrix.rows, bytes = n * sizeof(double);
    double *x = problem->x, *r = context_malloc(bytes), *p = context_malloc(bytes);
    double *q = context_malloc(bytes), rr = vectors_start(x, r, p, n), a, before;
    double enough = TOLERANCE * TOLERANCE * rr;

    for (problem->steps = 0; problem->steps < problem->steps_max && rr > enough; problem->steps++) {
        sparse_multiply(&problem->matrix, p, q);
        a = rr / reference_dot(p, q, n);
        for (size_t i = 0; i < n; i++) {
            x[i] += a * p[i];
            r[i] -= a * q[i];
        }
        before = rr;
        rr = reference_dot(r, r, n);
        for (size_t i = 0; i < n; i++)
            p[i] = r[i] + rr / before * p[i];
    }
    free(r);
    free(p);
    free(q);
}

/* |b - A x| / |b|, from the answer itself. */
static double residual_of(const struct problem *p)
{
    double *y = context_malloc(p->matrix.rows * sizeof *y), off = 0.0, all = 0.0;

    sparse_multiply(&p->matrix, p->x, y);
    for (uint64_t i = 0; i < p->matrix.rows; i++) {
        off += (right_side(i) - y[i]) * (right_side(i) - y[i]);
        all += right_side(i) * right_side(i);
    }
    free(y);
    return sqrt(off / all);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    p->steps_max = options->steps;
    if (!sparse_input("cg", options, &p->matrix)) {
        free(p);
        return NULL;
    }
    p->x = context_malloc(p->matrix.rows * sizeof *p->x);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = sparse_bytes(&p->matrix) + 4 * p->matrix.rows * sizeof(double) +
                                 cg_chunks(p->matrix.rows) * sizeof(double);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%" PRIu64 " rows, %" PRIu64 " entries, %u iterations, residual %.1e", p->matrix.rows,
             p->matrix.entries, p->steps, residual_of(p));
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    sparse_free(&p->matrix);
    free(p->x);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *multiply, *update, *direction;
    struct sparse matrix;
    double *x, *r, *p, *q, *sums;
    unsigned steps;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    struct sparse m = p->matrix;
    size_t bytes = m.rows * sizeof(double);

    *u = (struct unified){.context = context, .problem = p};
    u->multiply = context_kernel(context, "cg_multiply");
    u->update = context_kernel(context, "cg_update");
    u->direction = context_kernel(context, "cg_direction");
    m.offsets = context_alloc(context, (m.rows + 1) * sizeof *m.offsets, "offsets");
    m.columns = context_alloc(context, m.entries * sizeof *m.columns, "columns");
    m.values = context_alloc(context, m.entries * sizeof *m.values, "values");
    u->matrix = m;
    u->x = context_alloc(context, bytes, "x");
    u->r = context_alloc(context, bytes, "r");
    u->p = context_alloc(context, bytes, "p");
    u->q = context_alloc(context, bytes, "q");
    u->sums = context_alloc(context, cg_chunks(m.rows) * sizeof(double), "sums");
    return u;
}

/* A launch of all chunks that leaves a sum each; their total. */
static double launch_and_add(struct unified *u, struct hum_kernel *kernel, const void *args,
                             size_t args_bytes)
{
    size_t chunks = cg_chunks(u->matrix.rows);

    context_launch(u->context, kernel, chunks, args, args_bytes);
    CHECK(hum_wait(u->context->hum, 0));
    return sums_add(u->sums, chunks);
}

/* One iteration; takes and returns r r. */
static double unified_step(struct unified *u, double rr)
{
    size_t n = u->matrix.rows;
    struct cg_multiply_args multiply = {u->matrix, u->p, u->q, u->sums};
    double pq = launch_and_add(u, u->multiply, &multiply, sizeof multiply);
    struct cg_update_args update = {u->x, u->r, u->p, u->q, n, rr / pq, u->sums};
    double next = launch_and_add(u, u->update, &update, sizeof update);
    struct cg_direction_args direction = {u->p, u->r, n, next / rr};

    context_launch(u->context, u->direction, cg_chunks(n), &direction, sizeof direction);
    return next;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    double rr, enough;

    sparse_copy(&u->problem->matrix, &u->matrix);
    rr = vectors_start(u->x, u->r, u->p, u->matrix.rows);
    enough = TOLERANCE * TOLERANCE * rr;
    for (u->steps = 0; u->steps < u->problem->steps_max && rr > enough; u->steps++)
        rr = unified_step(u, rr);
    CHECK(hum_wait(u->context->hum, 0));
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return u->steps == p->steps && memcmp(u->x, p->x, p->matrix.rows * sizeof *p->x) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "cg",
                  .summary = "conjugate gradients with a sparse matrix",
                  .size_text = "rows of the generated matrix",
                  .size_max = (size_t)1 << 31,
                  .accepts = SAMPLE_ACCEPTS_GRAPH | SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = (size_t)3 << 17, .runs = 3, .steps = 40}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
