/* SPDX-License-Identifier: MIT */
/*
 * sssp.h - shortest paths with a work list: Bellman-Ford over those nodes only that changed.
 *
 *   sssp_collect  writes the nodes that are active into a list and makes them inactive
 *   sssp          every node of the list offers its neighbours a way over itself; who gets a
 *                 shorter one becomes active
 *
 * The search is over when the list stays empty.  An index of sssp_collect is a chunk of SSSP_CHUNK
 * nodes, which stay together in the list: rows are then read nearly in the order they lie in.
 */
#ifndef HUM_KERNELS_SSSP_H
#define HUM_KERNELS_SSSP_H

#include <stddef.h>
#include <stdint.h>

#define SSSP_UNREACHED UINT32_MAX
#define SSSP_CHUNK 1024u

struct sssp_collect_args {
    uint32_t *active;           /* of every node: 1 or 0 */
    size_t nodes;
    uint32_t *list;             /* with room for every node */
    uint64_t *count;            /* of list; 0 before */
};

struct sssp_args {
    const uint64_t *offsets;
    const uint32_t *targets;
    const uint32_t *weights;    /* of each edge; no path may reach 2^32 - 1 */
    uint32_t *distance;         /* of every node of the graph */
    uint32_t *active;
    const uint32_t *list;
    size_t count;               /* of list */
};

#endif
