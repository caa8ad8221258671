/* SPDX-License-Identifier: MIT */
/* registry.c - the list of all orders of eviction. */
#include "policy/evict/registry.h"

#include <string.h>

extern const struct hum_evict humi_evict_fifo, humi_evict_lru, humi_evict_lrm, humi_evict_mru,
    humi_evict_clock, humi_evict_lfu, humi_evict_arc, humi_evict_s3fifo, humi_evict_hotset,
    humi_evict_second_chance, humi_evict_clean, humi_evict_tree, humi_evict_tournament,
    humi_evict_quarters, humi_evict_min;

static const struct hum_evict *const orders[] = {
    &humi_evict_fifo,       &humi_evict_lru,           &humi_evict_lrm,   &humi_evict_mru,
    &humi_evict_clock,      &humi_evict_lfu,           &humi_evict_arc,   &humi_evict_s3fifo,
    &humi_evict_hotset,     &humi_evict_second_chance, &humi_evict_clean, &humi_evict_tree,
    &humi_evict_tournament, &humi_evict_quarters,      &humi_evict_min,
};

#define ORDERS (sizeof orders / sizeof *orders)

const struct hum_evict *humi_evict_at(unsigned index)
{
    return index < ORDERS ? orders[index] : NULL;
}

const struct hum_evict *humi_evict_find(const char *name)
{
    for (unsigned i = 0; i < ORDERS; i++)
        if (strcmp(orders[i]->name, name) == 0)
            return orders[i];
    return NULL;
}

void humi_evict_initial(const struct hum_evict *evict, uint64_t values[HUM_TUNABLES_MAX])
{
    for (unsigned i = 0; i < evict->tunable_count && i < HUM_TUNABLES_MAX; i++)
        values[i] = evict->tunables[i].initial;
}
