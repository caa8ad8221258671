/* SPDX-License-Identifier: MIT */
/* topology.c - see topology.h */
#include "command/topology.h"

#include <hwloc.h>
#include <stdio.h>
#include <string.h>

static unsigned count(hwloc_topology_t t, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(t, type);

    return n > 0 ? (unsigned)n : 0;
}

static void find_caches(hwloc_topology_t t, struct topology *out)
{
    static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE,
                                             HWLOC_OBJ_L3CACHE};

    for (unsigned i = 0; i < 3; i++) {
        hwloc_obj_t cache = hwloc_get_obj_by_type(t, types[i], 0);

        out->caches[i] = count(t, types[i]);
        out->cache_bytes[i] = cache ? cache->attr->cache.size : 0;
    }
}

static void find_nodes(hwloc_topology_t t, struct topology *out)
{
    out->nodes = count(t, HWLOC_OBJ_NUMANODE);
    for (unsigned i = 0; i < out->nodes && i < TOPOLOGY_NODES_MAX; i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(t, HWLOC_OBJ_NUMANODE, i);
        int threads = hwloc_bitmap_weight(node->cpuset);

        out->node_bytes[i] = node->attr->numanode.local_memory;
        out->node_threads[i] = threads > 0 ? (unsigned)threads : 0;
    }
}

bool topology_find(struct topology *topology_out)
{
    hwloc_topology_t t;
    hwloc_obj_t package;
    const char *model;

    memset(topology_out, 0, sizeof(*topology_out));
    if (hwloc_topology_init(&t) != 0)
        return false;
    if (hwloc_topology_load(t) != 0) {
        hwloc_topology_destroy(t);
        return false;
    }
    topology_out->packages = count(t, HWLOC_OBJ_PACKAGE);
    topology_out->cores = count(t, HWLOC_OBJ_CORE);
    topology_out->threads = count(t, HWLOC_OBJ_PU);
    package = hwloc_get_obj_by_type(t, HWLOC_OBJ_PACKAGE, 0);
    model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    if (model)
        snprintf(topology_out->cpu, sizeof(topology_out->cpu), "%s", model);
    find_caches(t, topology_out);
    find_nodes(t, topology_out);
    hwloc_topology_destroy(t);
    return true;
}
