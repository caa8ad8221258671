/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the orders of eviction that exist, by the name users type.
 *
 * Threads: constant data, any thread.  Nothing is owned by the caller.
 */
#ifndef HUMI_POLICY_EVICT_REGISTRY_H
#define HUMI_POLICY_EVICT_REGISTRY_H

#include <hum/policy.h>

/* The order of that name; NULL if there is none. */
const struct hum_evict *humi_evict_find(const char *name);

/* The index-th order, NULL behind the last: for help texts and for tests of all of them. */
const struct hum_evict *humi_evict_at(unsigned index);

/* What its tunables are when nobody sets them, in the order of its table. */
void humi_evict_initial(const struct hum_evict *evict, uint64_t values[HUM_TUNABLES_MAX]);

#endif
