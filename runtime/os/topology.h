/* SPDX-License-Identifier: MIT */
/*
 * topology.h - what the machine is made of, through hwloc.
 *
 * Counts are of what this process may use: a container's processors, a taskset.
 * Threads: any.  The first call takes milliseconds (hwloc reads /sys), later ones copy.
 */
#ifndef HUMI_OS_TOPOLOGY_H
#define HUMI_OS_TOPOLOGY_H

#include <hum/hum.h>

#define HUMI_TOPOLOGY_NODES_MAX 16u
#define HUMI_TOPOLOGY_CACHES_MAX 5u

struct humi_topology_node {
    unsigned index;      /* the system's number of it */
    uint64_t bytes;      /* its memory */
    unsigned cores;
};

struct humi_topology_cache {
    unsigned level;
    uint64_t bytes;      /* of one */
    unsigned count;
};

struct humi_topology {
    char cpu[96];        /* the model, "" if unknown */
    unsigned packages, cores, threads; /* at least 1 each */
    uint64_t memory_bytes;
    unsigned nodes;      /* of which node[] has at most HUMI_TOPOLOGY_NODES_MAX */
    struct humi_topology_node node[HUMI_TOPOLOGY_NODES_MAX];
    unsigned caches;     /* data and unified, from level 1 up */
    struct humi_topology_cache cache[HUMI_TOPOLOGY_CACHES_MAX];
    bool limited;        /* the process may use only a part of the machine */
};

/* Never fails: what hwloc cannot tell is taken from sysconf(). */
void humi_topology_get(struct humi_topology *topology_out);

/* Memory that is free for use now, bytes. */
uint64_t humi_topology_memory_available(void);

#endif
