/* SPDX-License-Identifier: MIT */
/*
 * tree_chase - walks down a large binary tree whose nodes lie anywhere, pointer after pointer.
 *
 * The host builds the tree, each node at a random place of one region, with pointers as they are;
 * the device walks from the root to a leaf, again and again.  The upper levels are hot, the lower
 * ones cold, and where a step leads is known only when the node is there.
 * The sums must be exactly those of the reference.
 */
#include "tree_chase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define SEED 12u

struct problem {
    size_t nodes, walks;
    uint32_t *place;        /* of each node, the root first: children of k are 2 k + 1, 2 k + 2 */
    uint64_t *sums;         /* the reference's answer */
};

static uint64_t node_value(uint64_t k)
{
    return k * 7 + 1;
}

/* By arithmetic on numbers of nodes; the values are fetched from where the nodes lie. */
static void reference_solve(const struct problem *p, const struct tree_node *nodes)
{
    uint64_t random = SEED;

    for (size_t i = 0; i < p->walks; i++) {
        uint64_t turns = random_next(&random);
        p->sums[i] = 0;
        for (uint64_t k = 0; k < p->nodes; turns >>= 1) {
            p->sums[i] += nodes[p->place[k]].value;
            k = 2 * k + 1 + (turns & 1);
        }
    }
}

static void reference_run(const struct problem *p, struct sample_facts *facts_out)
{
    struct tree_node *nodes = context_malloc(p->nodes * sizeof *nodes);
    uint64_t start_ns;

    for (uint64_t k = 0; k < p->nodes; k++)
        nodes[p->place[k]].value = node_value(k);
    start_ns = context_clock_ns();
    reference_solve(p, nodes);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    free(nodes);
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t random = SEED;

    *p = (struct problem){.nodes = options->size, .walks = options->ops};
    p->place = context_malloc(p->nodes * sizeof *p->place);
    p->sums = context_malloc(p->walks * sizeof *p->sums);
    random_order(&random, p->place, p->nodes);
    reference_run(p, facts_out);
    facts_out->footprint_bytes = p->nodes * sizeof(struct tree_node) + p->walks * sizeof(uint64_t);
    snprintf(facts_out->text, sizeof facts_out->text, "%zu nodes, %zu walks", p->nodes, p->walks);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->place);
    free(p->sums);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    struct tree_node *nodes;
    uint64_t *sums, total;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "tree_chase");
    u->nodes = context_alloc(context, p->nodes * sizeof *u->nodes, "nodes");
    u->sums = context_alloc(context, p->walks * sizeof *u->sums, "sums");
    CHECK(hum_reachable(context->hum, u->nodes, true)); /* by pointers in it */
    return u;
}

static struct tree_node *node_of(const struct unified *u, uint64_t k)
{
    return k < u->problem->nodes ? &u->nodes[u->problem->place[k]] : NULL;
}

static void tree_build(struct unified *u)
{
    for (uint64_t k = 0; k < u->problem->nodes; k++)
        *node_of(u, k) = (struct tree_node){
            .child = {node_of(u, 2 * k + 1), node_of(u, 2 * k + 2)},
            .value = node_value(k),
        };
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;
    struct tree_chase_args args = {node_of(u, 0), u->sums, p->walks, SEED};

    tree_build(u);
    context_launch(u->context, u->kernel, p->walks, &args, sizeof args);
    CHECK(hum_wait(u->context->hum, 0));
    u->total = 0;
    for (size_t i = 0; i < p->walks; i++)
        u->total += u->sums[i];
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->sums, p->sums, p->walks * sizeof *p->sums) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "tree_chase",
                  .summary = "walks down a large tree of pointers",
                  .size_text = "nodes of 64 bytes in the tree",
                  .size_max = UINT32_MAX,
                  .ops_text = "walks from the root to a leaf",
                  .accepts = SAMPLE_ACCEPTS_OPS,
                  .defaults = {.size = (size_t)1 << 20, .ops = (size_t)512 << 10, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
