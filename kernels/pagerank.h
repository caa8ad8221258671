/* SPDX-License-Identifier: MIT */
/*
 * pagerank.h - one iteration of PageRank over rows [first, first + count) of a transposed graph.
 *
 * What a node gives to each node it points at is its *share*, rank / degree.  A node that points
 * nowhere gives its rank to all; its share is its whole rank, and `loose` is the sum of those.
 *
 *   rank'  = (1 - damping + damping * loose) / nodes + damping * (sum of the shares of its sources)
 *   share' = rank' / max(degree, 1)
 *
 * The rows may be a part of the graph: offsets[0] and degree[0] belong to node `first`, sources[0]
 * is edge `edge_base`.  Sums are made in double, shares are kept in float.
 */
#ifndef HUM_KERNELS_PAGERANK_H
#define HUM_KERNELS_PAGERANK_H

#include <stddef.h>
#include <stdint.h>

struct pagerank_args {
    const uint64_t *offsets;    /* count + 1 of them, in edges of the whole graph */
    const uint32_t *sources;    /* who points at the row */
    const uint32_t *degree;     /* how many nodes the row points at, count of them */
    const float *share;         /* of every node, before */
    float *share_next;          /* of every node, after */
    const double *loose;        /* sum over nodes that point nowhere, before */
    double *loose_next;         /* the same after; zero when the iteration starts */
    size_t first, count;
    uint64_t edge_base;
    size_t nodes;               /* of the graph */
    double damping;
};

#endif
