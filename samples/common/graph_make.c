/* SPDX-License-Identifier: MIT */
#include "graph_make.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"

/*
 * Counting sort of edges by source, in two walks over them: the first counts those of row v in
 * offsets[v + 1]; then rows_start(); the second calls rows_place() for each.  Meanwhile
 * offsets[v + 1] is the place of the next edge of row v, and at the end its end.
 */
static void rows_start(struct graph *g)
{
    uint64_t sum = 0;

    /* Counts stand at [v + 1]; they become starts of v at [v + 1], shifted by one row. */
    for (uint64_t v = 1; v <= g->nodes; v++) {
        uint64_t count = g->offsets[v];
        g->offsets[v] = sum;
        sum += count;
    }
    g->offsets[0] = 0;
}

static inline void rows_place(struct graph *g, uint64_t source, uint32_t target)
{
    g->targets[g->offsets[source + 1]++] = target;
}

bool graph_transpose(const struct graph *graph, struct graph *out)
{
    struct graph t;

    if (!graph_alloc(&t, graph->nodes, graph->edges, false))
        return false;
    memset(t.offsets, 0, (size_t)(t.nodes + 1) * sizeof *t.offsets);
    for (uint64_t e = 0; e < graph->edges; e++)
        t.offsets[graph->targets[e] + UINT64_C(1)]++;
    rows_start(&t);
    for (uint64_t v = 0; v < graph->nodes; v++) {
        for (uint64_t e = graph->offsets[v]; e < graph->offsets[v + 1]; e++)
            rows_place(&t, graph->targets[e], (uint32_t)v);
    }
    *out = t;
    return true;
}

bool graph_symmetrise(const struct graph *graph, const struct graph *transposed,
                      struct graph *out)
{
    const struct graph *both[2] = {graph, transposed};
    struct graph s;
    uint64_t at = 0;

    if (!graph_alloc(&s, graph->nodes, 2 * graph->edges, false))
        return false;
    for (uint64_t v = 0; v < graph->nodes; v++) {
        s.offsets[v] = at;
        for (unsigned i = 0; i < 2; i++) {
            uint64_t start = both[i]->offsets[v], count = both[i]->offsets[v + 1] - start;
            memcpy(s.targets + at, both[i]->targets + start, count * sizeof *s.targets);
            at += count;
        }
    }
    s.offsets[s.nodes] = at;
    *out = s;
    return true;
}

struct edge {
    uint32_t source, target;
};

/* One edge of the R-MAT matrix of 2^levels rows. */
static struct edge rmat_edge(unsigned levels, uint64_t *random)
{
    struct edge edge = {0, 0};

    for (unsigned level = 0; level < levels; level++) {
        double u = random_unit(random);
        unsigned quarter = u < .57 ? 0 : u < .76 ? 1 : u < .95 ? 2 : 3;
        edge.source = edge.source << 1 | quarter >> 1;
        edge.target = edge.target << 1 | (quarter & 1);
    }
    return edge;
}

static void edges_draw(struct edge *edges, uint64_t count, uint64_t nodes, uint64_t seed)
{
    unsigned levels = 0;

    while ((UINT64_C(1) << levels) < nodes)
        levels++;
    for (uint64_t e = 0; e < count; e++) {
        do {
            edges[e] = rmat_edge(levels, &seed);
        } while (edges[e].source >= nodes || edges[e].target >= nodes);
    }
}

/* The graph of `count` edges, which stay in their order within a row; edges may be NULL. */
static bool graph_of_edges(const struct edge *edges, uint64_t count, uint64_t nodes,
                           struct graph *out)
{
    struct graph g;

    if (!edges || !graph_alloc(&g, nodes, count, false))
        return false;
    memset(g.offsets, 0, (size_t)(nodes + 1) * sizeof *g.offsets);
    for (uint64_t e = 0; e < count; e++)
        g.offsets[edges[e].source + UINT64_C(1)]++;
    rows_start(&g);
    for (uint64_t e = 0; e < count; e++)
        rows_place(&g, edges[e].source, edges[e].target);
    *out = g;
    return true;
}

bool graph_generate(uint64_t nodes, unsigned edges_per_node, uint64_t seed, struct graph *out)
{
    uint64_t count = nodes * edges_per_node;
    struct edge *edges = malloc((size_t)count * sizeof *edges);
    bool good;

    if (edges)
        edges_draw(edges, count, nodes, seed);
    good = graph_of_edges(edges, count, nodes, out);
    free(edges);
    return good;
}

bool graph_kronecker(unsigned scale, uint64_t seed, struct graph *out)
{
    uint64_t nodes = UINT64_C(1) << scale, count = nodes * GRAPH_KRONECKER_DEGREE;
    struct edge *edges = malloc((size_t)count * sizeof *edges);
    uint32_t *label = malloc((size_t)nodes * sizeof *label);
    bool good = false;

    if (edges && label) {
        edges_draw(edges, count, nodes, seed);
        random_order(&seed, label, nodes);
        for (uint64_t e = 0; e < count; e++)
            edges[e] = (struct edge){label[edges[e].source], label[edges[e].target]};
        good = graph_of_edges(edges, count, nodes, out);
    }
    free(edges);
    free(label);
    return good;
}

bool graph_band(uint64_t nodes, unsigned band, unsigned strangers, uint64_t seed,
                struct graph *out)
{
    struct graph g;
    uint64_t at = 0;

    if (!graph_alloc(&g, nodes, nodes * (band + strangers), false))
        return false;
    for (uint64_t v = 0; v < nodes; v++) {
        g.offsets[v] = at;
        for (uint64_t target = v + 1; target <= v + band && target < nodes; target++)
            g.targets[at++] = (uint32_t)target;
        for (unsigned i = 0; i < strangers; i++)
            g.targets[at++] = (uint32_t)random_below(&seed, nodes);
    }
    g.offsets[nodes] = g.edges = at;
    *out = g;
    return true;
}

uint64_t graph_busiest(const struct graph *graph)
{
    uint64_t best = 0, most = 0;

    for (uint64_t v = 0; v < graph->nodes; v++) {
        uint64_t degree = graph->offsets[v + 1] - graph->offsets[v];
        if (degree > most) {
            most = degree;
            best = v;
        }
    }
    return best;
}
