/* SPDX-License-Identifier: MIT */
/*
 * pagerank - how often does a random walk along the edges of a graph come by each node?
 *
 * --steps iterations with damping 0.85; kernels/pagerank.h has the formula.  Sums over an iteration
 * stay on the device, so the host only waits for the end.
 *
 * The unified version gives the device the graph as it lies in memory, whatever its size.  The
 * program with explicit copies sends the graph in parts if the device is too small for it, again at
 * every iteration; the shares of all nodes must always fit.
 * The device keeps shares in float: a rank may differ from the reference, all in double, by 1e-5 of
 * itself.
 */
#include "pagerank.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_copy.h"
#include "graph_input.h"
#include "graph_parts.h"
#include "sample.h"

#define DAMPING 0.85
#define TOLERANCE 1e-5
#define STEPS_MAX 1000u

struct problem {
    struct graph graph;         /* transposed: a row holds who points at the node */
    uint32_t *degree;           /* how many nodes each node points at */
    unsigned steps;
    double *rank;               /* the reference's answer */
};

/* A rank from a share, see kernels/pagerank.h. */
static inline double rank_of(float share, uint32_t degree)
{
    return (double)share * (degree ? degree : 1u);
}

/* Equal ranks to start with.  loose[i] belongs to iteration i. */
static void shares_start(const struct problem *p, float *share, double *loose)
{
    double rank = 1.0 / (double)p->graph.nodes, sum = 0.0;

    for (uint64_t v = 0; v < p->graph.nodes; v++) {
        share[v] = (float)(p->degree[v] ? rank / p->degree[v] : rank);
        sum += p->degree[v] ? 0.0 : rank;
    }
    memset(loose, 0, (p->steps + 1) * sizeof *loose);
    loose[0] = sum;
}

/* What the program makes of the result: the sum, which is 1, and the largest rank. */
struct ranks {
    double sum, largest;
};

static struct ranks ranks_read(const struct problem *p, const float *share)
{
    struct ranks ranks = {0.0, 0.0};

    for (uint64_t v = 0; v < p->graph.nodes; v++) {
        double rank = rank_of(share[v], p->degree[v]);
        ranks.sum += rank;
        ranks.largest = rank > ranks.largest ? rank : ranks.largest;
    }
    return ranks;
}

static bool ranks_agree(const struct problem *p, const float *share)
{
    for (uint64_t v = 0; v < p->graph.nodes; v++) {
        double rank = rank_of(share[v], p->degree[v]);
        if (!(fabs(rank - p->rank[v]) <= TOLERANCE * p->rank[v]))
            return false;
    }
    return true;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

/* Shares in double, spread from each node to its targets. */
static void reference_step(const struct problem *p, const struct graph *directed, double *next)
{
    uint64_t n = directed->nodes;
    double loose = 0.0, base;

    for (uint64_t v = 0; v < n; v++) {
        loose += p->degree[v] ? 0.0 : p->rank[v];
        next[v] = 0.0;
    }
    for (uint64_t v = 0; v < n; v++) {
        double share = p->degree[v] ? p->rank[v] / p->degree[v] : 0.0;
        for (uint64_t e = directed->offsets[v]; e < directed->offsets[v + 1]; e++)
            next[directed->targets[e]] += share;
    }
    base = (1.0 - DAMPING + DAMPING * loose) / (double)n;
    for (uint64_t v = 0; v < n; v++)
        p->rank[v] = base + DAMPING * next[v];
}

static void reference_solve(struct problem *p, const struct graph *directed)
{
    double *next = context_malloc(directed->nodes * sizeof *next);

    for (uint64_t v = 0; v < directed->nodes; v++)
        p->rank[v] = 1.0 / (double)directed->nodes;
    for (unsigned step = 0; step < p->steps; step++)
        reference_step(p, directed, next);
    free(next);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p;
    struct graph directed;
    uint64_t start_ns;

    if (options->steps > STEPS_MAX) {
        fprintf(stderr, "pagerank: at most %u steps\n", STEPS_MAX);
        return NULL;
    }
    p = context_malloc(sizeof *p);
    p->steps = options->steps;
    if (!graph_input("pagerank", options, &directed, &p->graph)) {
        free(p);
        return NULL;
    }
    p->degree = context_malloc(directed.nodes * sizeof *p->degree);
    p->rank = context_malloc(directed.nodes * sizeof *p->rank);
    for (uint64_t v = 0; v < directed.nodes; v++)
        p->degree[v] = (uint32_t)(directed.offsets[v + 1] - directed.offsets[v]);
    start_ns = context_clock_ns();
    reference_solve(p, &directed);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes =
        (p->graph.nodes + 1) * sizeof(uint64_t) + p->graph.edges * sizeof(uint32_t) +
        p->graph.nodes * (sizeof *p->degree + 2 * sizeof(float));
    snprintf(facts_out->text, sizeof facts_out->text,
             "%" PRIu64 " nodes, %" PRIu64 " edges, %u iterations", p->graph.nodes,
             p->graph.edges, p->steps);
    graph_free(&directed);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    graph_free(&p->graph);
    free(p->degree);
    free(p->rank);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *offsets;
    uint32_t *sources, *degree;
    float *share[2];
    double *loose;
    struct ranks ranks;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "pagerank");
    u->offsets = context_alloc(context, (p->graph.nodes + 1) * sizeof *u->offsets, "offsets");
    u->sources = context_alloc(context, (p->graph.edges + 1) * sizeof *u->sources, "sources");
    u->degree = context_alloc(context, p->graph.nodes * sizeof *u->degree, "degree");
    u->share[0] = context_alloc(context, p->graph.nodes * sizeof(float), "share 0");
    u->share[1] = context_alloc(context, p->graph.nodes * sizeof(float), "share 1");
    u->loose = context_alloc(context, (p->steps + 1) * sizeof *u->loose, "loose");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    const struct graph *g = &p->graph;

    memcpy(u->offsets, g->offsets, (g->nodes + 1) * sizeof *g->offsets);
    memcpy(u->sources, g->targets, g->edges * sizeof *g->targets);
    memcpy(u->degree, p->degree, g->nodes * sizeof *p->degree);
    shares_start(p, u->share[0], u->loose);
    for (unsigned step = 0; step < p->steps; step++) {
        struct pagerank_args args = {
            .offsets = u->offsets,
            .sources = u->sources,
            .degree = u->degree,
            .share = u->share[step % 2],
            .share_next = u->share[(step + 1) % 2],
            .loose = &u->loose[step],
            .loose_next = &u->loose[step + 1],
            .count = g->nodes,
            .nodes = g->nodes,
            .damping = DAMPING,
        };
        context_launch(u->context, u->kernel, g->nodes, &args, sizeof args);
    }
    CHECK(hum_wait(u->context->hum, 0));
    u->ranks = ranks_read(p, u->share[p->steps % 2]);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;

    return ranks_agree(u->problem, u->share[u->problem->steps % 2]);
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->offsets));
    CHECK(hum_free(u->context->hum, u->sources));
    CHECK(hum_free(u->context->hum, u->degree));
    CHECK(hum_free(u->context->hum, u->share[0]));
    CHECK(hum_free(u->context->hum, u->share[1]));
    CHECK(hum_free(u->context->hum, u->loose));
    free(u);
}

/* ---- explicit copies ------------------------------------------------------------------------- */

struct copies {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    struct graph_parts parts;
    char *image, *device_part;      /* the graph on the host, one part of it on the device */
    float *share, *device_share[2];
    double *loose, *device_loose;
    struct ranks ranks;
};

static size_t share_bytes(const struct problem *p)
{
    return p->graph.nodes * sizeof(float);
}

static size_t loose_bytes(const struct problem *p)
{
    return (p->steps + 1) * sizeof(double);
}

static void copies_free_device(struct copies *c)
{
    device_free(c->context, c->device_share[0], share_bytes(c->problem));
    device_free(c->context, c->device_share[1], share_bytes(c->problem));
    device_free(c->context, c->device_loose, loose_bytes(c->problem));
    device_free(c->context, c->device_part, c->parts.part_bytes_max);
}

static void *copies_open(struct context *context, const void *problem)
{
    const struct problem *p = problem;
    struct copies *c = context_malloc(sizeof *c);

    *c = (struct copies){.context = context, .problem = p};
    if (!device_fits(context, 2 * share_bytes(p) + 3 * HUM_BLOCK_SIZE))
        goto too_small;
    c->device_share[0] = device_alloc(context, share_bytes(p));
    c->device_share[1] = device_alloc(context, share_bytes(p));
    c->device_loose = device_alloc(context, loose_bytes(p));
    if (!graph_parts_cut(&p->graph, true, device_free_bytes(context), &c->parts))
        goto free_device;
    c->kernel = context_kernel(context, "pagerank");
    c->device_part = device_alloc(context, c->parts.part_bytes_max);
    c->image = context_malloc(c->parts.image_bytes);
    c->share = context_malloc(share_bytes(p));
    c->loose = context_malloc(loose_bytes(p));
    return c;

free_device:
    copies_free_device(c);
too_small:
    free(c);
    return NULL;
}

static void part_copy(struct copies *c, const struct graph_part *part)
{
    copy_to_device(c->context, c->device_part, c->image + part->start, part->bytes);
}

static void part_rank(struct copies *c, const struct graph_part *part, unsigned step)
{
    struct pagerank_args args = {
        .offsets = (const uint64_t *)c->device_part,
        .degree = (const uint32_t *)(c->device_part + part->degrees_at),
        .sources = (const uint32_t *)(c->device_part + part->targets_at),
        .share = c->device_share[step % 2],
        .share_next = c->device_share[(step + 1) % 2],
        .loose = &c->device_loose[step],
        .loose_next = &c->device_loose[step + 1],
        .first = part->first,
        .count = part->count,
        .edge_base = part->edge_base,
        .nodes = c->problem->graph.nodes,
        .damping = DAMPING,
    };

    context_launch(c->context, c->kernel, part->count, &args, sizeof args);
}

static void copies_run(void *state)
{
    struct copies *c = state;
    const struct problem *p = c->problem;

    graph_parts_fill(&c->parts, &p->graph, p->degree, c->image);
    shares_start(p, c->share, c->loose);
    copy_to_device(c->context, c->device_share[0], c->share, share_bytes(p));
    copy_to_device(c->context, c->device_loose, c->loose, loose_bytes(p));
    if (c->parts.count == 1)
        part_copy(c, &c->parts.parts[0]);
    for (unsigned step = 0; step < p->steps; step++) {
        for (size_t i = 0; i < c->parts.count; i++) {
            if (c->parts.count > 1)
                part_copy(c, &c->parts.parts[i]);
            part_rank(c, &c->parts.parts[i], step);
            if (c->parts.count > 1)
                CHECK(hum_wait(c->context->hum, 0)); /* the next part takes its place */
        }
    }
    CHECK(hum_wait(c->context->hum, 0));
    copy_to_host(c->context, c->share, c->device_share[p->steps % 2], share_bytes(p));
    c->ranks = ranks_read(p, c->share);
}

static bool copies_verify(const void *state)
{
    const struct copies *c = state;

    return ranks_agree(c->problem, c->share);
}

static void copies_close(void *state)
{
    struct copies *c = state;

    copies_free_device(c);
    graph_parts_free(&c->parts);
    free(c->image);
    free(c->share);
    free(c->loose);
    free(c);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "pagerank",
                  .summary = "PageRank of a graph",
                  .size_text = "nodes of the generated graph",
                  .accepts = SAMPLE_ACCEPTS_GRAPH | SAMPLE_ACCEPTS_STEPS,
                  .defaults = {.size = (size_t)1 << 19, .runs = 3, .steps = 10}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
        .copies = {copies_open, copies_run, copies_verify, copies_close},
    };

    return sample_main(&sample, argc, argv);
}
