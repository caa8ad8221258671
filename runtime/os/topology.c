/* SPDX-License-Identifier: MIT */
/* topology.c - one look at the machine, kept. */
#include "os/topology.h"

#include <hwloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct humi_topology known;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The processors this thread's process may run on; owned by the caller. */
static hwloc_bitmap_t usable(hwloc_topology_t topology)
{
    hwloc_bitmap_t set = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology));
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();

    if (set && bound && hwloc_get_cpubind(topology, bound, HWLOC_CPUBIND_PROCESS) == 0 &&
        !hwloc_bitmap_iszero(bound))
        hwloc_bitmap_and(set, set, bound);
    hwloc_bitmap_free(bound);
    return set;
}

/* Objects of the type that have a usable processor: a core counts if one of its threads does. */
static unsigned count_in(hwloc_topology_t topology, hwloc_const_bitmap_t set, hwloc_obj_type_t type)
{
    unsigned count = 0;

    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(topology, type, o)) != NULL;)
        count += hwloc_bitmap_intersects(o->cpuset, set) != 0;
    return count;
}

static void read_nodes(hwloc_topology_t topology, hwloc_const_bitmap_t set)
{
    for (hwloc_obj_t o = NULL;
         (o = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, o)) != NULL;) {
        hwloc_bitmap_t both = hwloc_bitmap_dup(o->cpuset);
        if (both && known.nodes < HUMI_TOPOLOGY_NODES_MAX) {
            hwloc_bitmap_and(both, both, set);
            known.node[known.nodes] = (struct humi_topology_node){
                o->os_index, o->attr->numanode.local_memory,
                count_in(topology, both, HWLOC_OBJ_CORE)};
        }
        hwloc_bitmap_free(both);
        known.nodes++;
    }
}

static void read_caches(hwloc_topology_t topology, hwloc_const_bitmap_t set)
{
    for (unsigned level = 1; level <= HUMI_TOPOLOGY_CACHES_MAX; level++) {
        hwloc_obj_type_t type = (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + (int)level - 1);
        hwloc_obj_t first = hwloc_get_next_obj_by_type(topology, type, NULL);
        if (first)
            known.cache[known.caches++] = (struct humi_topology_cache){
                level, first->attr->cache.size, count_in(topology, set, type)};
    }
}

static void read_model(hwloc_topology_t topology)
{
    hwloc_obj_t package = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, NULL);
    const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

    snprintf(known.cpu, sizeof known.cpu, "%s", model ? model : "");
}

static void read_machine(hwloc_topology_t topology)
{
    hwloc_bitmap_t set = usable(topology);

    if (!set)
        return;
    known.packages = count_in(topology, set, HWLOC_OBJ_PACKAGE);
    known.cores = count_in(topology, set, HWLOC_OBJ_CORE);
    known.threads = count_in(topology, set, HWLOC_OBJ_PU);
    known.limited =
        !hwloc_bitmap_isequal(set, hwloc_topology_get_complete_cpuset(topology));
    read_nodes(topology, set);
    read_caches(topology, set);
    read_model(topology);
    hwloc_bitmap_free(set);
}

static void look(void)
{
    hwloc_topology_t topology;

    if (hwloc_topology_init(&topology) == 0) {
        if (hwloc_topology_load(topology) == 0)
            read_machine(topology);
        hwloc_topology_destroy(topology);
    }
    if (known.threads == 0)
        known.threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (known.cores == 0)
        known.cores = known.threads;
    if (known.packages == 0)
        known.packages = 1;
    /* Not the sum of the nodes: they do not know of memory that was added later. */
    known.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void humi_topology_get(struct humi_topology *topology_out)
{
    pthread_once(&once, look);
    *topology_out = known;
}

uint64_t humi_topology_memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long kib = 0;

    if (!file)
        return (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
            break;
    fclose(file);
    return (uint64_t)kib << 10;
}
