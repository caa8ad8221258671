/* SPDX-License-Identifier: MIT */
/*
 * graph_make.h - graphs from other graphs, and generated ones.
 * Every function returns false only for want of memory, and writes *out only on success.
 */
#ifndef SAMPLES_GRAPH_MAKE_H
#define SAMPLES_GRAPH_MAKE_H

#include "graph.h"

/* Every edge turned round; sources of a row are in rising order.  Kinds are not kept. */
bool graph_transpose(const struct graph *graph, struct graph *out);

/* Every edge and its opposite.  `transposed` is graph_transpose() of `graph`. */
bool graph_symmetrise(const struct graph *graph, const struct graph *transposed,
                      struct graph *out);

/*
 * R-MAT: a graph in which few nodes have very many edges, as the web has.  Each edge picks one of
 * four quarters of the adjacency matrix with probability .57 .19 .19 .05, and again within it.
 * D. Chakrabarti, Y. Zhan, C. Faloutsos, "R-MAT: A Recursive Model for Graph Mining", 2004.
 * `nodes` need not be a power of two: edges outside are drawn again.
 */
bool graph_generate(uint64_t nodes, unsigned edges_per_node, uint64_t seed, struct graph *out);

#define GRAPH_KRONECKER_DEGREE 16u

/*
 * The Kronecker graph of the Graph500 benchmark (graph500.org, "Generating the edge list"):
 * 2^scale nodes and 16 edges a node, drawn as above with A = .57, B = C = .19, then the nodes are
 * numbered in random order.  Loops and repeated edges stay.  scale is at most 31.
 */
bool graph_kronecker(unsigned scale, uint64_t seed, struct graph *out);

/*
 * Neighbours and strangers: every node points at the `band` nodes behind it, as far as they exist,
 * and at `strangers` drawn at random.
 */
bool graph_band(uint64_t nodes, unsigned band, unsigned strangers, uint64_t seed,
                struct graph *out);

/* The node with the most targets, the first of them. */
uint64_t graph_busiest(const struct graph *graph);

#endif
