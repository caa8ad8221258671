/* SPDX-License-Identifier: MIT */
/*
 * sssp - how far is every node of a graph from one node, along edges of different lengths?
 *
 * Edges are followed in both directions and have lengths of 1 to 255.  The search starts at the
 * node with the most edges.  One launch makes a list of the nodes whose distance has changed, the
 * next one works it off (kernels/sssp.h); in between the host reads how long the list is.
 * Distances must be exactly those of the reference, Dijkstra's algorithm with a heap.  How many
 * launches and how many steps it takes may differ from run to run; the distances do not.
 */
#include "sssp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_input.h"
#include "graph_make.h"
#include "mix.h"
#include "sample.h"

#define WEIGHT_MAX 255u

struct problem {
    struct graph graph;         /* symmetrised */
    uint32_t *weights;
    uint64_t source;
    uint32_t *distance;         /* the reference's answer */
};

/* ---- the problem and its reference ----------------------------------------------------------- */

/* Both directions of an edge are equally long. */
static void weights_make(const struct graph *g, uint32_t *weights)
{
    for (uint64_t v = 0; v < g->nodes; v++) {
        for (uint64_t e = g->offsets[v]; e < g->offsets[v + 1]; e++) {
            uint64_t w = g->targets[e], number = mix_number(v < w ? v : w, v < w ? w : v);
            weights[e] = 1 + (uint32_t)mix_below(number, WEIGHT_MAX);
        }
    }
}

/* A heap of distance << 32 | node, the least first.  One entry for every edge that shortened. */
struct heap {
    uint64_t *entries;
    size_t count;
};

static void heap_put(struct heap *heap, uint64_t entry)
{
    size_t at = heap->count++;

    for (; at > 0 && heap->entries[(at - 1) / 2] > entry; at = (at - 1) / 2)
        heap->entries[at] = heap->entries[(at - 1) / 2];
    heap->entries[at] = entry;
}

static uint64_t heap_take(struct heap *heap)
{
    uint64_t least = heap->entries[0], last = heap->entries[--heap->count];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < heap->count) {
        child += child + 1 < heap->count && heap->entries[child + 1] < heap->entries[child];
        if (heap->entries[child] >= last)
            break;
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    heap->entries[at] = last;
    return least;
}

static void reference_solve(struct problem *p, struct heap *heap)
{
    const struct graph *g = &p->graph;

    for (uint64_t v = 0; v < g->nodes; v++)
        p->distance[v] = SSSP_UNREACHED;
    p->distance[p->source] = 0;
    heap_put(heap, p->source);
    while (heap->count > 0) {
        uint64_t entry = heap_take(heap), v = entry & UINT32_MAX;
        if (entry >> 32 != p->distance[v])
            continue; /* a longer way that was found before */
        for (uint64_t e = g->offsets[v]; e < g->offsets[v + 1]; e++) {
            uint32_t target = g->targets[e], there = p->distance[v] + p->weights[e];
            if (there < p->distance[target]) {
                p->distance[target] = there;
                heap_put(heap, (uint64_t)there << 32 | target);
            }
        }
    }
}

struct reach {
    uint64_t nodes;
    uint32_t farthest;
};

static struct reach distances_read(const uint32_t *distance, uint64_t nodes)
{
    struct reach reach = {0, 0};

    for (uint64_t v = 0; v < nodes; v++) {
        if (distance[v] == SSSP_UNREACHED)
            continue;
        reach.nodes++;
        reach.farthest = distance[v] > reach.farthest ? distance[v] : reach.farthest;
    }
    return reach;
}

static void facts_tell(const struct problem *p, struct sample_facts *facts_out)
{
    const struct graph *g = &p->graph;
    struct reach reach = distances_read(p->distance, g->nodes);

    facts_out->footprint_bytes = (g->nodes + 1) * sizeof *g->offsets +
                                 g->edges * (sizeof *g->targets + sizeof *p->weights) +
                                 g->nodes * 3 * sizeof(uint32_t);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%" PRIu64 " nodes, %" PRIu64 " edges, %" PRIu64 " reached, the farthest at %" PRIu32,
             g->nodes, g->edges / 2, reach.nodes, reach.farthest);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    struct heap heap = {0};
    uint64_t start_ns;

    if (!graph_input_symmetric("sssp", options, &p->graph)) {
        free(p);
        return NULL;
    }
    p->source = graph_busiest(&p->graph);
    p->weights = context_malloc(p->graph.edges * sizeof *p->weights);
    p->distance = context_malloc(p->graph.nodes * sizeof *p->distance);
    weights_make(&p->graph, p->weights);
    heap.entries = context_malloc((p->graph.edges + 1) * sizeof *heap.entries);
    start_ns = context_clock_ns();
    reference_solve(p, &heap);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    free(heap.entries);
    facts_tell(p, facts_out);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    graph_free(&p->graph);
    free(p->weights);
    free(p->distance);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *collect, *relax;
    uint64_t *offsets, *count;
    uint32_t *targets, *weights, *distance, *active, *list;
    struct reach reach;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    size_t node_bytes = p->graph.nodes * sizeof(uint32_t);
    size_t edge_bytes = (p->graph.edges + 1) * sizeof(uint32_t);

    *u = (struct unified){.context = context, .problem = p};
    u->collect = context_kernel(context, "sssp_collect");
    u->relax = context_kernel(context, "sssp");
    u->offsets = context_alloc(context, (p->graph.nodes + 1) * sizeof *u->offsets, "offsets");
    u->targets = context_alloc(context, edge_bytes, "targets");
    u->weights = context_alloc(context, edge_bytes, "weights");
    u->distance = context_alloc(context, node_bytes, "distance");
    u->active = context_alloc(context, node_bytes, "active");
    u->list = context_alloc(context, node_bytes, "list");
    u->count = context_alloc(context, sizeof *u->count, "count");
    return u;
}

static void input_write(struct unified *u)
{
    const struct problem *p = u->problem;
    const struct graph *g = &p->graph;

    memcpy(u->offsets, g->offsets, (g->nodes + 1) * sizeof *g->offsets);
    memcpy(u->targets, g->targets, g->edges * sizeof *g->targets);
    memcpy(u->weights, p->weights, g->edges * sizeof *u->weights);
    for (uint64_t v = 0; v < g->nodes; v++)
        u->distance[v] = SSSP_UNREACHED;
    memset(u->active, 0, g->nodes * sizeof *u->active);
    u->distance[p->source] = 0;
    u->active[p->source] = 1;
}

/* The active nodes become the list; how many there are. */
static uint64_t list_make(struct unified *u)
{
    size_t nodes = u->problem->graph.nodes;
    struct sssp_collect_args args = {u->active, nodes, u->list, u->count};

    *u->count = 0;
    context_launch(u->context, u->collect, (nodes + SSSP_CHUNK - 1) / SSSP_CHUNK, &args,
                   sizeof args);
    CHECK(hum_wait(u->context->hum, 0));
    return *u->count;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    struct sssp_args args = {.offsets = u->offsets, .targets = u->targets, .weights = u->weights,
                             .distance = u->distance, .active = u->active, .list = u->list};

    input_write(u);
    while ((args.count = list_make(u)) > 0)
        context_launch(u->context, u->relax, args.count, &args, sizeof args);
    u->reach = distances_read(u->distance, u->problem->graph.nodes);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->distance, p->distance, p->graph.nodes * sizeof *p->distance) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "sssp",
                  .summary = "shortest paths from one node of a graph",
                  .size_text = "nodes of the generated graph",
                  .accepts = SAMPLE_ACCEPTS_GRAPH,
                  .defaults = {.size = (size_t)1 << 18, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
