/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "pagerank.h"

HUM_KERNEL(pagerank, struct pagerank_args)
{
    const uint32_t *sources = args->sources;
    const float *share = args->share;
    double base = (1.0 - args->damping + args->damping * *args->loose) / (double)args->nodes;
    double loose = 0.0;

    hum_for_each (i, args->count) {
        uint64_t end = args->offsets[i + 1] - args->edge_base;
        double sum = 0.0, rank;

        for (uint64_t e = args->offsets[i] - args->edge_base; e < end; e++)
            sum += (double)share[sources[e]];
        rank = base + args->damping * sum;
        if (args->degree[i] == 0)
            loose += rank;
        else
            rank /= (double)args->degree[i];
        args->share_next[args->first + i] = (float)rank;
    }
    hum_atomic_add_f64(args->loose_next, loose);
}
