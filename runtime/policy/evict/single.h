/* SPDX-License-Identifier: MIT */
/*
 * single.h - the state of an order that keeps all that is in, in one list.
 *
 * The list runs from what came, or was used, first to what was last.  An object is in if and only
 * if it is linked.  Most members of such an order's table are these functions themselves.
 * Threads: one at a time for each state, as include/hum/policy.h says.
 */
#ifndef HUMI_POLICY_EVICT_SINGLE_H
#define HUMI_POLICY_EVICT_SINGLE_H

#include <hum/policy.h>

#include "policy/evict/chain.h"

struct humi_single {
    uint32_t head; /* fixed at init: the link behind those of the objects */
    struct humi_chain links[];
};

size_t humi_single_bytes(uint64_t capacity, uint32_t objects);
void humi_single_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables);

/* To the end. */
void humi_single_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts);
void humi_single_leave(void *state, uint32_t object, bool evicted);

/* A use changes nothing; a use moves it to the end. */
void humi_single_renew_nothing(void *state, uint32_t object, const struct hum_evict_facts *facts);
void humi_single_renew_last(void *state, uint32_t object, const struct hum_evict_facts *facts);

/* What is first leaves, then what is behind it. */
uint32_t humi_single_victim(void *state, uint32_t incoming, uint32_t after);

#endif
