/* SPDX-License-Identifier: MIT */
/* ranking.c - see marks/ranking.h */
#include "marks/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "floor/floor.h"
#include "graph_make.h"
#include "pagerank.h"

#define DAMPING 0.85
#define EDGES_A_NODE 16u
#define NODE_BYTES (8 + 4 + 2 * 4 + 4 * EDGES_A_NODE) /* offset, degree, shares, edges */

/* ---- the input ------------------------------------------------------------------------------ */

bool pagerank_make(struct pagerank_problem *p, size_t bytes, struct mark_result *result)
{
    size_t nodes = bytes / NODE_BYTES > 64 ? bytes / NODE_BYTES : 64;
    struct graph directed;
    bool made;

    memset(p, 0, sizeof(*p));
    if (!graph_generate(nodes, EDGES_A_NODE, 1, &directed))
        return mark_fail(result, "no memory for a graph of %zu nodes", nodes);
    p->degree = malloc(nodes * sizeof(*p->degree));
    made = p->degree && graph_transpose(&directed, &p->graph);
    for (size_t v = 0; made && v < nodes; v++)
        p->degree[v] = (uint32_t)(directed.offsets[v + 1] - directed.offsets[v]);
    graph_free(&directed);
    if (!made) {
        free(p->degree);
        p->degree = NULL;
        return mark_fail(result, "no memory for a graph of %zu nodes", nodes);
    }
    p->bytes = (nodes + 1) * sizeof(uint64_t) + p->graph.edges * sizeof(uint32_t) +
               nodes * (sizeof(*p->degree) + 2 * sizeof(float));
    return true;
}

void pagerank_free(struct pagerank_problem *p)
{
    if (!p->degree)
        return;
    graph_free(&p->graph);
    free(p->degree);
}

/* ---- on the device -------------------------------------------------------------------------- */

bool pagerank_open(struct pagerank *r, const struct pagerank_problem *problem,
                   const struct world_params *recording, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = problem->bytes + ((size_t)64 << 20),
                                        .trace = recording->trace,
                                        .accesses = recording->accesses,
                                        .sample = recording->sample};
    size_t nodes = problem->graph.nodes;
    struct world *w = &r->world;

    memset(r, 0, sizeof(*r));
    r->problem = problem;
    if (world_open(w, &params, result) && world_kernel(w, "pagerank", "pagerank", &r->kernel) &&
        world_alloc(w, (nodes + 1) * sizeof(*r->offsets), "offsets", &r->offsets) &&
        world_alloc(w, (problem->graph.edges + 1) * sizeof(*r->sources), "sources", &r->sources) &&
        world_alloc(w, nodes * sizeof(*r->degree), "degree", &r->degree) &&
        world_alloc(w, nodes * sizeof(float), "share 0", &r->share[0]) &&
        world_alloc(w, nodes * sizeof(float), "share 1", &r->share[1]) &&
        world_alloc(w, (PAGERANK_STEPS + 1) * sizeof(*r->loose), "loose", &r->loose))
        return true;
    pagerank_close(r);
    return false;
}

void pagerank_close(struct pagerank *r)
{
    world_close(&r->world);
}

/* Equal ranks to start with; a node's share is rank / degree, its whole rank without targets. */
void pagerank_write(struct pagerank *r)
{
    const struct graph *g = &r->problem->graph;
    double rank = 1.0 / (double)g->nodes, loose = 0.0;

    memcpy(r->offsets, g->offsets, (g->nodes + 1) * sizeof(*g->offsets));
    memcpy(r->sources, g->targets, g->edges * sizeof(*g->targets));
    memcpy(r->degree, r->problem->degree, g->nodes * sizeof(*r->degree));
    for (uint64_t v = 0; v < g->nodes; v++) {
        uint32_t degree = r->problem->degree[v];

        r->share[0][v] = (float)(degree ? rank / degree : rank);
        loose += degree ? 0.0 : rank;
    }
    memset(r->loose, 0, (PAGERANK_STEPS + 1) * sizeof(*r->loose));
    r->loose[0] = loose;
}

bool pagerank_iterate(struct pagerank *r)
{
    uint64_t nodes = r->problem->graph.nodes;

    for (unsigned step = 0; step < PAGERANK_STEPS; step++) {
        const struct pagerank_args args = {
            .offsets = r->offsets,
            .sources = r->sources,
            .degree = r->degree,
            .share = r->share[step % 2],
            .share_next = r->share[(step + 1) % 2],
            .loose = &r->loose[step],
            .loose_next = &r->loose[step + 1],
            .count = nodes,
            .nodes = nodes,
            .damping = DAMPING,
        };

        if (!world_ok(&r->world,
                      hum_launch(r->world.stream, r->kernel, nodes, &args, sizeof(args)),
                      "hum_launch"))
            return false;
    }
    return world_ok(&r->world, hum_wait(r->world.hum, 0), "hum_wait");
}

double pagerank_round(struct pagerank *r)
{
    const float *share = r->share[PAGERANK_STEPS % 2];
    double start = floor_now(), seconds, sum = 0.0;

    pagerank_write(r);
    if (!pagerank_iterate(r))
        return -1;
    for (uint64_t v = 0; v < r->problem->graph.nodes; v++)
        sum += (double)share[v] * (r->problem->degree[v] ? r->problem->degree[v] : 1u);
    seconds = floor_now() - start;
    if (fabs(sum - 1.0) < 1e-3)
        return seconds;
    mark_fail(r->world.result, "the ranks sum up to %g", sum);
    return -1;
}
