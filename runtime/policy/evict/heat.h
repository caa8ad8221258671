/* SPDX-License-Identifier: MIT */
/* heat.h - one number of the counters of a block. */
#ifndef HUMI_POLICY_EVICT_HEAT_H
#define HUMI_POLICY_EVICT_HEAT_H

#include <hum/policy.h>

/* A weighted sum is below 32 * 255 * 17 < 2^18, so that it is still a number shifted by so much. */
#define HUMI_WRITE_WEIGHT_MAX 16u
#define HUMI_HEAT_SCALE_MAX 46u

/* Touches of all chunks together, a write counting as `write_weight`, 1 .. HUMI_WRITE_WEIGHT_MAX;
 * 0: none are known. */
static inline uint64_t humi_heat_weighted(const struct hum_heat *heat, uint32_t write_weight)
{
    uint32_t reads = 0, writes = 0;
    uint64_t sum;

    for (unsigned i = 0; i < HUM_CHUNKS_PER_BLOCK; i++) {
        reads += heat->reads[i];
        writes += heat->writes[i];
    }
    sum = reads + (uint64_t)writes * write_weight;
    return sum << (heat->scale < HUMI_HEAT_SCALE_MAX ? heat->scale : HUMI_HEAT_SCALE_MAX);
}

static inline uint64_t humi_heat_sum(const struct hum_heat *heat)
{
    return humi_heat_weighted(heat, 1);
}

#endif
