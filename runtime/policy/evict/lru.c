/* SPDX-License-Identifier: MIT */
/*
 * lru.c - least recently used: what has not been used for longest leaves.
 *
 * Source: R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger, "Evaluation techniques for storage
 * hierarchies", IBM Systems Journal 9(2), 1970.  It has their inclusion property: a larger cache
 * holds all that a smaller one does, so it never misses more.
 */
#include "policy/evict/single.h"

const struct hum_evict humi_evict_lru = {
    .name = "lru",
    .description = "what has not been used for longest leaves",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .arrive = humi_single_arrive,
    .renew = humi_single_renew_last,
    .leave = humi_single_leave,
    .victim = humi_single_victim,
};
