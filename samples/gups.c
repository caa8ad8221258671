/* SPDX-License-Identifier: MIT */
/*
 * gups - random updates of a large table, after the RandomAccess benchmark of HPC Challenge.
 *
 * The host writes the table, the device xors random numbers into random words of it, and the host
 * reads it all.  No locality whatever: on a device that is too small almost every update moves
 * something, so give it few --ops there.
 * The whole table must be exactly that of a replay on the CPU; RandomAccess allows 1 % of errors,
 * which atomic updates do not need.
 */
#include "gups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define SEED 99u

struct problem {
    size_t words, updates;
    uint64_t *end;          /* the reference's answer */
};

static void table_start(uint64_t *table, size_t words)
{
    for (size_t i = 0; i < words; i++)
        table[i] = i;
}

static void reference_solve(const struct problem *p)
{
    uint64_t random = SEED;

    for (size_t u = 0; u < p->updates; u++) {
        uint64_t number = random_next(&random);
        p->end[((number >> 32) * p->words) >> 32] ^= number;
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.words = options->size, .updates = options->ops};
    p->end = context_malloc(p->words * sizeof *p->end);
    table_start(p->end, p->words);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = p->words * sizeof *p->end;
    snprintf(facts_out->text, sizeof facts_out->text, "%zu words, %zu updates", p->words,
             p->updates);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->end);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *table;
    uint64_t sum;           /* what the program makes of the result */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "gups");
    u->table = context_alloc(context, p->words * sizeof *u->table, "table");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct gups_args args = {u->table, p->words, p->updates, SEED};

    table_start(u->table, p->words);
    context_launch(u->context, u->kernel, p->updates, &args, sizeof args);
    CHECK(hum_wait(u->context->hum, 0));
    u->sum = 0;
    for (size_t i = 0; i < p->words; i++)
        u->sum += u->table[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->table, p->end, p->words * sizeof *p->end) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "gups",
                  .summary = "random updates of a large table",
                  .size_text = "words of 8 bytes in the table",
                  .size_max = (size_t)1 << 32,
                  .ops_text = "updates",
                  .accepts = SAMPLE_ACCEPTS_OPS,
                  .defaults = {.size = (size_t)8 << 20, .ops = (size_t)8 << 20, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
