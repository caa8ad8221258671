/* SPDX-License-Identifier: MIT */
/*
 * nw - Needleman-Wunsch alignment of two sequences, as in Rodinia: a wave of tiles over a matrix.
 *
 * The host writes how well each pair of letters matches and a score matrix that is empty but for
 * its edges; the device fills the matrix, a launch for each diagonal of tiles; the host walks back
 * along the best alignment and so reads the pages near it alone.  A diagonal touches a few bytes in
 * each of its rows.  Scores and path must be equal to the reference's.
 */
#include "nw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define PENALTY 10
#define LETTERS 24u /* of the alphabet, as in the BLOSUM62 table */

struct problem {
    size_t side, cells;     /* one more than there are letters */
    int32_t *match, *score; /* the input, and the reference's answer */
    uint64_t path;          /* the reference's, see path_walk() */
};

/* Row 0 and column 0: nothing but gaps. */
static void edges_write(int32_t *score, size_t side)
{
    for (size_t i = 0; i < side; i++)
        score[i] = score[i * side] = -PENALTY * (int32_t)i;
}

/* Back from the last cell to the first; returns a number made of all steps. */
static uint64_t path_walk(const int32_t *score, const int32_t *match, size_t side)
{
    size_t r = side - 1, c = side - 1;
    uint64_t path = 1;

    while (r > 0 || c > 0) {
        const int32_t *here = score + r * side + c;
        unsigned step;

        if (r > 0 && c > 0 && *here == *(here - side - 1) + match[r * side + c])
            step = 3; /* both letters */
        else
            step = c > 0 && *here == *(here - 1) - PENALTY ? 1 : 2;
        r -= step >> 1;
        c -= step & 1;
        path = path * 1099511628211u + step;
    }
    return path;
}

static void reference_solve(struct problem *p)
{
    size_t n = p->side;

    edges_write(p->score, n);
    for (size_t r = 1; r < n; r++) {
        for (size_t c = 1; c < n; c++) {
            int32_t best = p->score[(r - 1) * n + c - 1] + p->match[r * n + c];
            int32_t left = p->score[r * n + c - 1] - PENALTY;
            int32_t up = p->score[(r - 1) * n + c] - PENALTY;

            best = left > best ? left : best;
            p->score[r * n + c] = up > best ? up : best;
        }
    }
    p->path = path_walk(p->score, p->match, n);
}

/* Two random sequences and a random symmetric table of how letters match, each with itself best. */
static void input_make(struct problem *p)
{
    uint64_t random = 1;
    int32_t table[LETTERS][LETTERS];
    unsigned char *letters = context_malloc(2 * p->side);

    for (unsigned a = 0; a < LETTERS; a++) {
        for (unsigned b = 0; b < a; b++)
            table[a][b] = table[b][a] = (int32_t)(random_next(&random) % 8) - 4;
        table[a][a] = 4 + (int32_t)(random_next(&random) % 8);
    }
    for (size_t i = 0; i < 2 * p->side; i++)
        letters[i] = (unsigned char)(random_next(&random) % LETTERS);
    for (size_t r = 0; r < p->side; r++)
        for (size_t c = 0; c < p->side; c++)
            p->match[r * p->side + c] = table[letters[r]][letters[p->side + c]];
    free(letters);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.side = options->size + 1};
    p->cells = p->side * p->side;
    p->match = context_malloc(p->cells * sizeof *p->match);
    p->score = context_malloc(p->cells * sizeof *p->score);
    input_make(p);
    start_ns = context_clock_ns();
    reference_solve(p);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = 2 * p->cells * sizeof(int32_t);
    snprintf(facts_out->text, sizeof facts_out->text, "two sequences of %zu letters, tiles of %zu",
             options->size, NW_TILE);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->match);
    free(p->score);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    int32_t *match, *score;
    uint64_t path;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "nw");
    u->match = context_alloc(context, p->cells * sizeof *u->match, "match");
    u->score = context_alloc(context, p->cells * sizeof *u->score, "score");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    size_t tiles = (p->side - 1 + NW_TILE - 1) / NW_TILE; /* on a side */
    struct nw_args args = {
        .score = u->score, .match = u->match, .side = p->side, .penalty = PENALTY};

    memcpy(u->match, p->match, p->cells * sizeof *u->match);
    memset(u->score, 0, p->cells * sizeof *u->score);
    edges_write(u->score, p->side);
    for (args.diagonal = 0; args.diagonal < 2 * tiles - 1; args.diagonal++) {
        size_t last = args.diagonal < tiles ? args.diagonal : tiles - 1;

        args.first = args.diagonal - last;
        args.count = last - args.first + 1;
        context_launch(u->context, u->kernel, args.count, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->path = path_walk(u->score, u->match, p->side);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return u->path == p->path && memcmp(u->score, p->score, p->cells * sizeof *u->score) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->match));
    CHECK(hum_free(u->context->hum, u->score));
    free(u);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "nw",
                  .summary = "Needleman-Wunsch alignment of two sequences",
                  .size_text = "letters of each sequence",
                  .size_max = 65536,
                  .defaults = {.size = 3000, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
    };

    return sample_main(&sample, argc, argv);
}
