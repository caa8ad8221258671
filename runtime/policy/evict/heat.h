/* SPDX-License-Identifier: MIT */
/* heat.h - one number of the counters of a block. */
#ifndef HUMI_POLICY_EVICT_HEAT_H
#define HUMI_POLICY_EVICT_HEAT_H

#include <hum/policy.h>

/* A sum is at most 64 * 255 < 2^14, so that it is still a number shifted by so much. */
#define HUMI_HEAT_SCALE_MAX 49u

/* Touches of all chunks together; 0: none are known. */
static inline uint64_t humi_heat_sum(const struct hum_heat *heat)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < HUM_CHUNKS_PER_BLOCK; i++)
        sum += (uint64_t)heat->reads[i] + heat->writes[i];
    return sum << (heat->scale < HUMI_HEAT_SCALE_MAX ? heat->scale : HUMI_HEAT_SCALE_MAX);
}

#endif
