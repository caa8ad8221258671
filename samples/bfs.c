/* SPDX-License-Identifier: MIT */
/*
 * bfs - how many steps is every node away from one node of a graph?
 *
 * Edges are followed in both directions, so that a graph in one piece is reached whole.  The search
 * starts at the node with the most edges.  One launch is one level; the host looks at a counter to
 * see whether the level reached anything.
 *
 * The unified version gives the device the graph as it lies in memory, whatever its size.  The
 * program with explicit copies sends the graph in parts if the device is too small for it, again at
 * every level; levels must always fit.  Levels must be exactly those of the reference, a queue.
 */
#include "bfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_copy.h"
#include "graph_input.h"
#include "graph_make.h"
#include "graph_parts.h"
#include "sample.h"

struct problem {
    struct graph graph;         /* symmetrised */
    uint64_t source;
    int32_t *level;             /* the reference's answer */
    int32_t deepest;
};

/* What the program makes of the result: how many nodes, and how far. */
struct reach {
    uint64_t nodes;
    int32_t deepest;
};

static struct reach levels_read(const int32_t *level, uint64_t nodes)
{
    struct reach reach = {0, 0};

    for (uint64_t v = 0; v < nodes; v++) {
        reach.nodes += level[v] != BFS_UNREACHED;
        reach.deepest = level[v] > reach.deepest ? level[v] : reach.deepest;
    }
    return reach;
}

static void levels_start(int32_t *level, uint64_t nodes, uint64_t source)
{
    for (uint64_t v = 0; v < nodes; v++)
        level[v] = BFS_UNREACHED;
    level[source] = 0;
}

/* ---- the problem and its reference ----------------------------------------------------------- */

static void reference_solve(struct problem *p, uint32_t *queue)
{
    const struct graph *g = &p->graph;
    uint64_t head = 0, tail = 0;

    levels_start(p->level, g->nodes, p->source);
    queue[tail++] = (uint32_t)p->source;
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint64_t e = g->offsets[v]; e < g->offsets[v + 1]; e++) {
            uint32_t target = g->targets[e];
            if (p->level[target] == BFS_UNREACHED) {
                p->level[target] = p->level[v] + 1;
                queue[tail++] = target;
            }
        }
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    struct reach reach;
    uint32_t *queue;
    uint64_t start_ns;

    if (!graph_input_symmetric("bfs", options, &p->graph)) {
        free(p);
        return NULL;
    }
    p->source = graph_busiest(&p->graph);
    p->level = context_malloc(p->graph.nodes * sizeof *p->level);
    queue = context_malloc(p->graph.nodes * sizeof *queue);
    memset(queue, 0, p->graph.nodes * sizeof *queue); /* or the reference pays for page faults */
    start_ns = context_clock_ns();
    reference_solve(p, queue);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    free(queue);
    reach = levels_read(p->level, p->graph.nodes);
    facts_out->footprint_bytes = (p->graph.nodes + 1) * sizeof(uint64_t) +
                                 p->graph.edges * sizeof(uint32_t) +
                                 p->graph.nodes * sizeof(int32_t);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%" PRIu64 " nodes, %" PRIu64 " edges, %" PRIu64 " reached in %" PRId32 " levels",
             p->graph.nodes, p->graph.edges / 2, reach.nodes, reach.deepest);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    graph_free(&p->graph);
    free(p->level);
    free(p);
}

/* ---- unified --------------------------------------------------------------------------------- */

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *offsets, *found;
    uint32_t *targets;
    int32_t *level;
    struct reach reach;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "bfs");
    u->offsets = context_alloc(context, (p->graph.nodes + 1) * sizeof *u->offsets, "offsets");
    u->targets = context_alloc(context, (p->graph.edges + 1) * sizeof *u->targets, "targets");
    u->level = context_alloc(context, p->graph.nodes * sizeof *u->level, "level");
    u->found = context_alloc(context, sizeof *u->found, "found");
    return u;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct graph *g = &u->problem->graph;
    struct bfs_args args = {.offsets = u->offsets, .targets = u->targets, .level = u->level,
                            .found = u->found, .count = g->nodes};
    uint64_t before;

    memcpy(u->offsets, g->offsets, (g->nodes + 1) * sizeof *g->offsets);
    memcpy(u->targets, g->targets, g->edges * sizeof *g->targets);
    levels_start(u->level, g->nodes, u->problem->source);
    *u->found = 0;
    do {
        before = *u->found;
        context_launch(u->context, u->kernel, g->nodes, &args, sizeof args);
        CHECK(hum_wait(u->context->hum, 0));
        args.depth++;
    } while (*u->found != before);
    u->reach = levels_read(u->level, g->nodes);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->level, p->level, p->graph.nodes * sizeof *p->level) == 0;
}

static void unified_close(void *state)
{
    struct unified *u = state;

    CHECK(hum_free(u->context->hum, u->offsets));
    CHECK(hum_free(u->context->hum, u->targets));
    CHECK(hum_free(u->context->hum, u->level));
    CHECK(hum_free(u->context->hum, u->found));
    free(u);
}

/* ---- explicit copies ------------------------------------------------------------------------- */

struct copies {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    struct graph_parts parts;
    char *image, *device_part;      /* the graph on the host, one part of it on the device */
    int32_t *level, *device_level;
    uint64_t found, *device_found;
    struct reach reach;
};

static void *copies_open(struct context *context, const void *problem)
{
    const struct problem *p = problem;
    size_t level_bytes = p->graph.nodes * sizeof(int32_t);
    struct copies *c = context_malloc(sizeof *c);

    *c = (struct copies){.context = context, .problem = p};
    if (!device_fits(context, level_bytes + 2 * HUM_BLOCK_SIZE))
        goto too_small;
    c->device_level = device_alloc(context, level_bytes);
    c->device_found = device_alloc(context, sizeof *c->device_found);
    if (!graph_parts_cut(&p->graph, false, device_free_bytes(context), &c->parts))
        goto free_device;
    c->kernel = context_kernel(context, "bfs");
    c->device_part = device_alloc(context, c->parts.part_bytes_max);
    c->image = context_malloc(c->parts.image_bytes);
    c->level = context_malloc(level_bytes);
    return c;

free_device:
    device_free(context, c->device_level, level_bytes);
    device_free(context, c->device_found, sizeof *c->device_found);
too_small:
    free(c);
    return NULL;
}

static void part_copy(struct copies *c, const struct graph_part *part)
{
    copy_to_device(c->context, c->device_part, c->image + part->start, part->bytes);
}

static void part_search(struct copies *c, const struct graph_part *part, int32_t depth)
{
    struct bfs_args args = {
        .offsets = (const uint64_t *)c->device_part,
        .targets = (const uint32_t *)(c->device_part + part->targets_at),
        .level = c->device_level,
        .found = c->device_found,
        .first = part->first,
        .count = part->count,
        .edge_base = part->edge_base,
        .depth = depth,
    };

    context_launch(c->context, c->kernel, part->count, &args, sizeof args);
    CHECK(hum_wait(c->context->hum, 0));
}

static void level_search(struct copies *c, int32_t depth)
{
    for (size_t i = 0; i < c->parts.count; i++) {
        if (c->parts.count > 1)
            part_copy(c, &c->parts.parts[i]);
        part_search(c, &c->parts.parts[i], depth);
    }
}

static void copies_run(void *state)
{
    struct copies *c = state;
    const struct graph *g = &c->problem->graph;
    uint64_t before;
    int32_t depth = 0;

    graph_parts_fill(&c->parts, g, NULL, c->image);
    levels_start(c->level, g->nodes, c->problem->source);
    c->found = 0;
    copy_to_device(c->context, c->device_level, c->level, g->nodes * sizeof *c->level);
    copy_to_device(c->context, c->device_found, &c->found, sizeof c->found);
    if (c->parts.count == 1)
        part_copy(c, &c->parts.parts[0]);
    do {
        before = c->found;
        level_search(c, depth++);
        copy_to_host(c->context, &c->found, c->device_found, sizeof c->found);
    } while (c->found != before);
    copy_to_host(c->context, c->level, c->device_level, g->nodes * sizeof *c->level);
    c->reach = levels_read(c->level, g->nodes);
}

static bool copies_verify(const void *state)
{
    const struct copies *c = state;
    const struct problem *p = c->problem;

    return memcmp(c->level, p->level, p->graph.nodes * sizeof *p->level) == 0;
}

static void copies_close(void *state)
{
    struct copies *c = state;

    device_free(c->context, c->device_level, c->problem->graph.nodes * sizeof *c->level);
    device_free(c->context, c->device_found, sizeof *c->device_found);
    device_free(c->context, c->device_part, c->parts.part_bytes_max);
    graph_parts_free(&c->parts);
    free(c->image);
    free(c->level);
    free(c);
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "bfs",
                  .summary = "breadth-first search of a graph",
                  .size_text = "nodes of the generated graph",
                  .accepts = SAMPLE_ACCEPTS_GRAPH,
                  .defaults = {.size = (size_t)1 << 19, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, unified_close},
        .copies = {copies_open, copies_run, copies_verify, copies_close},
    };

    return sample_main(&sample, argc, argv);
}
