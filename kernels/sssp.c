/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "sssp.h"

HUM_KERNEL(sssp_collect, struct sssp_collect_args)
{
    hum_for_each (chunk, (args->nodes + SSSP_CHUNK - 1) / SSSP_CHUNK) {
        size_t start = chunk * SSSP_CHUNK, end = start + SSSP_CHUNK, found = 0;
        uint32_t *list = args->list;

        end = end < args->nodes ? end : args->nodes;
        for (size_t node = start; node < end; node++)
            found += args->active[node];
        if (found == 0)
            continue;
        list += hum_atomic_add_u64(args->count, found);
        for (size_t node = start; node < end; node++) {
            if (args->active[node]) {
                args->active[node] = 0;
                *list++ = (uint32_t)node;
            }
        }
    }
}

/*
 * A node may be shortened after its distance was read here: it is active again then, and its turn
 * comes once more.
 */
HUM_KERNEL(sssp, struct sssp_args)
{
    hum_for_each (i, args->count) {
        uint32_t node = args->list[i], here = hum_atomic_load_u32(&args->distance[node]);
        uint64_t end = args->offsets[node + UINT64_C(1)];

        for (uint64_t e = args->offsets[node]; e < end; e++) {
            uint32_t target = args->targets[e], there = here + args->weights[e];
            if (hum_atomic_min_u32(&args->distance[target], there) > there)
                hum_atomic_store_u32(&args->active[target], 1);
        }
    }
}
