/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the tables of the parts, each defined in the file of its name: place/share.c defines
 * humi_place_share.  A new one is declared here and listed in registry.c.
 */
#ifndef HUMI_POLICY_PARTS_H
#define HUMI_POLICY_PARTS_H

#include <hum/policy.h>

extern const struct hum_part humi_place_adaptive;
extern const struct hum_part humi_place_auto;
extern const struct hum_part humi_place_counter;
extern const struct hum_part humi_place_intent;
extern const struct hum_part humi_place_move;
extern const struct hum_part humi_place_pattern;
extern const struct hum_part humi_place_remote;
extern const struct hum_part humi_place_share;

extern const struct hum_part humi_prefetch_ahead;
extern const struct hum_part humi_prefetch_auto;
extern const struct hum_part humi_prefetch_block;
extern const struct hum_part humi_prefetch_chunk;
extern const struct hum_part humi_prefetch_none;
extern const struct hum_part humi_prefetch_pattern;
extern const struct hum_part humi_prefetch_stride;
extern const struct hum_part humi_prefetch_tree;

extern const struct hum_part humi_thrash_driver;
extern const struct hum_part humi_thrash_off;

/* Orders of eviction that named policies choose; all of them: evict/registry.h. */
extern const struct hum_evict humi_evict_hotset;
extern const struct hum_evict humi_evict_lfu;
extern const struct hum_evict humi_evict_lrm;
extern const struct hum_evict humi_evict_lru;
extern const struct hum_evict humi_evict_quarters;
extern const struct hum_evict humi_evict_second_chance;
extern const struct hum_evict humi_evict_tournament;
extern const struct hum_evict humi_evict_tree;

#endif
