/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "kmeans.h"

/* One index is one point, in both kernels. */
HUM_KERNEL(kmeans_flip, struct kmeans_args)
{
    hum_for_each (i, args->count)
        for (size_t f = 0; f < args->width; f++)
            args->columns[f * args->count + i] = args->points[i * args->width + f];
}

static inline float distance_to(const struct kmeans_args *args, size_t i, const float *centre)
{
    float sum = 0.0f;

    for (size_t f = 0; f < args->width; f++) {
        float d = args->columns[f * args->count + i] - centre[f];
        sum += d * d;
    }
    return sum;
}

HUM_KERNEL(kmeans_assign, struct kmeans_args)
{
    hum_for_each (i, args->count) {
        float least = distance_to(args, i, args->centres);
        uint32_t nearest = 0;

        for (size_t g = 1; g < args->groups; g++) {
            float d = distance_to(args, i, args->centres + g * args->width);
            if (d < least) {
                least = d;
                nearest = (uint32_t)g;
            }
        }
        args->nearest[i] = nearest;
    }
}
