/* SPDX-License-Identifier: MIT */
/*
 * hashjoin - join two tables on a key: hash the rows of one, look up the rows of the other.
 *
 * The device empties the hash table, builds it and probes it (kernels/hashjoin.h); the host writes
 * both inputs and reads one sum a probe.  Keys are random numbers, or with --keys the words of a
 * file, hashed.  Which key a probe asks for is drawn evenly, or with --zipf by Zipf's law, where
 * few keys are asked for very often; one probe in eight asks for what is not there.
 * The sums must be exactly those of the reference, which chains rows instead.
 */
#include "hashjoin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"
#include "random.h"
#include "sample.h"
#include "zipf.h"

#define SEED 77u
#define MISSING 8u          /* one probe in so many */
#define CHAIN_END UINT32_MAX

struct problem {
    size_t count, probe_count, slots;
    struct join_row *rows;
    uint64_t *probes;
    uint64_t *sums;         /* the reference's answer */
};

/* ---- the problem ----------------------------------------------------------------------------- */

/* FNV-1a, G. Fowler, L. Noll, K.-P. Vo; no key is JOIN_EMPTY. */
static uint64_t word_key(const char *word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *word; word++)
        hash = (hash ^ (unsigned char)*word) * UINT64_C(0x100000001b3);
    return hash == JOIN_EMPTY ? 1 : hash;
}

/* At most p->count rows, one for each line that is not empty; p->count becomes how many. */
static bool rows_read(struct problem *p, const char *path)
{
    size_t most = p->count, room = 0;
    FILE *file = fopen(path, "r");
    char *line = NULL;

    if (!file) {
        fprintf(stderr, "hashjoin: %s cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    for (p->count = 0; p->count < most && getline(&line, &room, file) >= 0;) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*line)
            p->rows[p->count++].key = word_key(line);
    }
    free(line);
    fclose(file);
    if (p->count == 0)
        fprintf(stderr, "hashjoin: no words in %s\n", path);
    return p->count > 0;
}

static bool rows_make(struct problem *p, const char *path)
{
    for (size_t i = 0; i < p->count; i++) {
        p->rows[i].key = mix_number(SEED, i);
        p->rows[i].key += p->rows[i].key == JOIN_EMPTY;
    }
    if (path && !rows_read(p, path))
        return false;
    for (size_t i = 0; i < p->count; i++)
        p->rows[i].payload = i + 1;
    return true;
}

static void probes_make(struct problem *p, double exponent)
{
    uint64_t random = SEED + 1, theta = (uint64_t)(exponent * 1e9 + 0.5);
    struct zipf *zipf = context_malloc(sizeof *zipf);

    if (theta > 0)
        zipf_init(zipf, p->count, theta < 1999999999 ? theta : 1999999999);
    for (size_t i = 0; i < p->probe_count; i++) {
        uint64_t row = theta > 0 ? zipf_next(zipf, &random) - 1 : random_below(&random, p->count);

        p->probes[i] = random_below(&random, MISSING) ? p->rows[row].key : random_next(&random) | 1;
    }
    free(zipf);
}

/* ---- the reference --------------------------------------------------------------------------- */

static void reference_solve(const struct problem *p, uint32_t *heads, uint32_t *next)
{
    size_t mask = p->slots - 1;

    for (size_t i = 0; i < p->slots; i++)
        heads[i] = CHAIN_END;
    for (size_t i = 0; i < p->count; i++) {
        uint32_t *head = &heads[p->rows[i].key & mask];
        next[i] = *head;
        *head = (uint32_t)i;
    }
    for (size_t i = 0; i < p->probe_count; i++) {
        p->sums[i] = 0;
        for (uint32_t row = heads[p->probes[i] & mask]; row != CHAIN_END; row = next[row])
            p->sums[i] += p->rows[row].key == p->probes[i] ? p->rows[row].payload : 0;
    }
}

static void reference_run(struct problem *p, struct sample_facts *facts_out)
{
    uint32_t *heads = context_malloc(p->slots * sizeof *heads);
    uint32_t *next = context_malloc(p->count * sizeof *next);
    uint64_t start_ns = context_clock_ns();

    reference_solve(p, heads, next);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    free(heads);
    free(next);
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->rows);
    free(p->probes);
    free(p->sums);
    free(p);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);

    *p = (struct problem){.count = options->size, .probe_count = options->ops, .slots = 2};
    p->rows = context_malloc(p->count * sizeof *p->rows);
    p->probes = context_malloc(p->probe_count * sizeof *p->probes);
    p->sums = context_malloc(p->probe_count * sizeof *p->sums);
    if (!rows_make(p, options->keys)) {
        discard(p);
        return NULL;
    }
    while (p->slots < 2 * p->count)
        p->slots *= 2;
    probes_make(p, options->zipf);
    reference_run(p, facts_out);
    facts_out->footprint_bytes =
        (p->slots + p->count) * sizeof *p->rows + 2 * p->probe_count * sizeof(uint64_t);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%zu rows of %s, %zu probes, Zipf exponent %g", p->count,
             options->keys ? "words" : "numbers", p->probe_count, options->zipf);
    return p;
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *clear, *build, *probe;
    struct join_row *rows, *slots;
    uint64_t *probes, *sums, total;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->clear = context_kernel(context, "join_clear");
    u->build = context_kernel(context, "join_build");
    u->probe = context_kernel(context, "join_probe");
    u->rows = context_alloc(context, p->count * sizeof *u->rows, "rows");
    u->slots = context_alloc(context, p->slots * sizeof *u->slots, "slots");
    u->probes = context_alloc(context, p->probe_count * sizeof *u->probes, "probes");
    u->sums = context_alloc(context, p->probe_count * sizeof *u->sums, "sums");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    size_t mask = p->slots - 1;
    struct join_clear_args clear = {u->slots, mask};
    struct join_build_args build = {u->slots, mask, u->rows, p->count};
    struct join_probe_args probe = {u->slots, mask, u->probes, u->sums, p->probe_count};

    memcpy(u->rows, p->rows, p->count * sizeof *p->rows);
    memcpy(u->probes, p->probes, p->probe_count * sizeof *p->probes);
    context_launch(u->context, u->clear, p->slots, &clear, sizeof clear);
    context_launch(u->context, u->build, p->count, &build, sizeof build);
    context_launch(u->context, u->probe, p->probe_count, &probe, sizeof probe);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0;
    for (size_t i = 0; i < p->probe_count; i++)
        u->total += u->sums[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->sums, p->sums, p->probe_count * sizeof *p->sums) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "hashjoin",
                  .summary = "join two tables on a key with a hash table",
                  .size_text = "rows of the table that is hashed",
                  .size_max = (size_t)1 << 31,
                  .ops_text = "probes, rows of the other table",
                  .accepts = SAMPLE_ACCEPTS_OPS | SAMPLE_ACCEPTS_KEYS,
                  .defaults = {.size = (size_t)1 << 20, .ops = (size_t)2 << 20, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
