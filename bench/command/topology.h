/* SPDX-License-Identifier: MIT */
/*
 * topology.h - processors, caches and memory nodes of the machine, through hwloc.
 */
#ifndef HUM_COMMAND_TOPOLOGY_H
#define HUM_COMMAND_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define TOPOLOGY_NODES_MAX 16

struct topology {
    char cpu[96]; /* model, "" if unknown */
    unsigned packages, cores, threads;
    uint64_t cache_bytes[3]; /* of one L1d, L2, L3; 0: none known */
    unsigned caches[3];
    unsigned nodes; /* memory nodes; the first are listed */
    uint64_t node_bytes[TOPOLOGY_NODES_MAX];
    unsigned node_threads[TOPOLOGY_NODES_MAX];
};

/* False: hwloc could not look, and nothing is known. */
bool topology_find(struct topology *topology_out);

#endif
