/* SPDX-License-Identifier: MIT */
/*
 * lookup - a large sorted table that both sides search at the same time, and that hardly changes.
 *
 * In each of --steps rounds the host changes a few values, the device looks up its queries, and
 * meanwhile the host looks up an eighth as many of its own.  The table is advised to be read
 * mostly, so that either side keeps a copy of what it reads.  Half of the queries are not there.
 * All sums must be exactly those of the reference.
 */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"
#include "sample.h"

#define SEED 31u
#define HOST_PART 8u        /* the host has an eighth of the device's queries */
#define CHANGES 4u          /* values that the host changes before each round */

struct problem {
    size_t rows, queries, host_queries;
    unsigned steps;
    uint64_t *device_sums, *host_sums; /* the reference's answers */
};

/* Rising, with gaps of 1 to 511. */
static uint64_t row_key(uint64_t row)
{
    return row << 8 | (mix_number(SEED, row) & 0xff);
}

static void table_write(uint64_t *keys, uint64_t *values, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        keys[i] = row_key(i);
        values[i] = i * 3 + 1;
    }
}

/* Query i: a random row's key, or the key after it, which is hardly ever there. */
static uint64_t query_key(const struct problem *p, uint64_t i)
{
    uint64_t number = mix_number(SEED + 1, i);

    return row_key(mix_below(number, p->rows)) + (number & 1);
}

static void queries_write(const struct problem *p, uint64_t *queries, uint64_t *sums, size_t first,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        queries[i] = query_key(p, first + i);
        sums[i] = 0;
    }
}

static void values_change(const struct problem *p, uint64_t *values, unsigned step)
{
    for (unsigned i = 0; i < CHANGES; i++)
        values[mix_below(mix_number(SEED + 2, step * CHANGES + i), p->rows)] += 1;
}

static int key_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* What query i finds, by the C library's search. */
static uint64_t reference_value(const struct problem *p, const uint64_t *keys,
                                const uint64_t *values, uint64_t i)
{
    uint64_t key = query_key(p, i);
    const uint64_t *found = bsearch(&key, keys, p->rows, sizeof key, key_compare);

    return found ? values[found - keys] : 0;
}

static void reference_solve(const struct problem *p, const uint64_t *keys, uint64_t *values)
{
    for (unsigned step = 0; step < p->steps; step++) {
        values_change(p, values, step);
        for (size_t i = 0; i < p->queries; i++)
            p->device_sums[i] += reference_value(p, keys, values, i);
        for (size_t i = 0; i < p->host_queries; i++)
            p->host_sums[i] += reference_value(p, keys, values, p->queries + i);
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    size_t table_bytes = options->size * sizeof(uint64_t);
    uint64_t *keys = context_malloc(table_bytes), *values = context_malloc(table_bytes), start_ns;

    *p = (struct problem){.rows = options->size, .queries = options->ops, .steps = options->steps};
    p->host_queries = p->queries / HOST_PART;
    p->device_sums = context_malloc(p->queries * sizeof(uint64_t));
    p->host_sums = context_malloc(p->host_queries * sizeof(uint64_t));
    memset(p->device_sums, 0, p->queries * sizeof(uint64_t));
    memset(p->host_sums, 0, p->host_queries * sizeof(uint64_t));
    table_write(keys, values, p->rows);
    start_ns = context_clock_ns();
    reference_solve(p, keys, values);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 2 * table_bytes + 2 * p->queries * sizeof(uint64_t);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu rows, %u rounds of %zu + %zu queries",
             p->rows, p->steps, p->queries, p->host_queries);
    free(keys);
    free(values);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->device_sums);
    free(p->host_sums);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *keys, *values, *queries, *sums;
    uint64_t *host_queries, *host_sums; /* not shared */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    size_t table_bytes = p->rows * sizeof(uint64_t);

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "lookup");
    u->keys = context_alloc(context, table_bytes, "keys");
    u->values = context_alloc(context, table_bytes, "values");
    u->queries = context_alloc(context, p->queries * sizeof(uint64_t), "queries");
    u->sums = context_alloc(context, p->queries * sizeof(uint64_t), "sums");
    u->host_queries = context_malloc(p->host_queries * sizeof(uint64_t));
    u->host_sums = context_malloc(p->host_queries * sizeof(uint64_t));
    CHECK(hum_advise(context->hum, u->keys, table_bytes, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    CHECK(hum_advise(context->hum, u->values, table_bytes, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    return u;
}

static void declare_uses(const struct unified *u)
{
    struct hum_stream *stream = hum_stream(u->context->hum, 0);
    size_t table_bytes = u->problem->rows * sizeof(uint64_t);
    size_t list_bytes = u->problem->queries * sizeof(uint64_t);

    CHECK(hum_use(stream, u->keys, table_bytes, HUM_READ));
    CHECK(hum_use(stream, u->values, table_bytes, HUM_READ));
    CHECK(hum_use(stream, u->queries, list_bytes, HUM_READ));
    CHECK(hum_use(stream, u->sums, list_bytes, HUM_READ | HUM_WRITE));
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct lookup_args args = {{u->keys, u->values, p->rows}, u->queries, u->sums, p->queries};

    table_write(u->keys, u->values, p->rows);
    queries_write(p, u->queries, u->sums, 0, p->queries);
    queries_write(p, u->host_queries, u->host_sums, p->queries, p->host_queries);
    for (unsigned step = 0; step < p->steps; step++) {
        values_change(p, u->values, step);
        declare_uses(u); /* the host reads the table at the same time */
        context_launch(u->context, u->kernel, p->queries, &args, sizeof args);
        for (size_t i = 0; i < p->host_queries; i++)
            u->host_sums[i] += lookup_value(&args.table, u->host_queries[i]);
        CHECK(hum_wait(u->context->hum, 0));
    }
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->sums, p->device_sums, p->queries * sizeof(uint64_t)) == 0 &&
           memcmp(u->host_sums, p->host_sums, p->host_queries * sizeof(uint64_t)) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    free(u->host_queries);
    free(u->host_sums);
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "lookup",
                  .summary = "both sides search one large sorted table that hardly changes",
                  .size_text = "rows of the table",
                  .size_max = (size_t)1 << 32,
                  .ops_text = "queries of the device in each step",
                  .accepts = SAMPLE_ACCEPTS_OPS | SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = (size_t)4 << 20, .ops = (size_t)256 << 10, .runs = 3,
                               .steps = 4}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
