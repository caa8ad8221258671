/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "bfs.h"

/*
 * Two workers may reach a node at the same time; both store the same level, so the levels are the
 * same in every run.  Only `found` may count such a node twice: it says whether, not how many.
 */
HUM_KERNEL(bfs, struct bfs_args)
{
    const uint32_t *targets = args->targets;
    int32_t *level = args->level, next = args->depth + 1;
    uint64_t found = 0;

    hum_for_each (i, args->count) {
        if (hum_atomic_load_i32(&level[args->first + i]) != args->depth)
            continue;
        uint64_t end = args->offsets[i + 1] - args->edge_base;
        for (uint64_t e = args->offsets[i] - args->edge_base; e < end; e++) {
            if (hum_atomic_load_i32(&level[targets[e]]) == BFS_UNREACHED) {
                hum_atomic_store_i32(&level[targets[e]], next);
                found++;
            }
        }
    }
    if (found)
        hum_atomic_add_u64(args->found, found);
}
