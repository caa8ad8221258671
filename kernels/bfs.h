/* SPDX-License-Identifier: MIT */
/*
 * bfs.h - one level of a breadth-first search over rows [first, first + count) of a graph.
 *
 * Every node at `depth` gives its unreached neighbours the level depth + 1.  The rows may be a part
 * of the graph: offsets[0] belongs to node `first`, and targets[0] is edge `edge_base`.
 */
#ifndef HUM_KERNELS_BFS_H
#define HUM_KERNELS_BFS_H

#include <stddef.h>
#include <stdint.h>

#define BFS_UNREACHED (-1)

struct bfs_args {
    const uint64_t *offsets;    /* count + 1 of them, in edges of the whole graph */
    const uint32_t *targets;
    int32_t *level;             /* of every node of the graph */
    uint64_t *found;            /* grows by at least 1 if a node was reached */
    size_t first, count;
    uint64_t edge_base;
    int32_t depth;
};

#endif
