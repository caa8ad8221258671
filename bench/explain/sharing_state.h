/* SPDX-License-Identifier: MIT */
/*
 * sharing_state.h - what sharing.c (moves), sharing_uses.c and sharing_groups.c keep together.
 * Nothing else includes it.
 */
#ifndef HUM_EXPLAIN_SHARING_STATE_H
#define HUM_EXPLAIN_SHARING_STATE_H

#include "explain/sharing.h"

#define NO_CANDIDATE UINT32_MAX

struct page {
    uint32_t trips, returns;         /* round trips; comings back after an eviction */
    uint16_t visited;                /* since the last round trip, HUM_BIT */
    uint16_t gone;                   /* evicted from, and not back, HUM_BIT */
    int32_t place;
    uint32_t candidate;
    struct sharing_moves moves;
};

struct block {
    uint32_t number;
    struct page page[HUM_PAGES_PER_BLOCK];
};

struct candidate {
    struct use *use;
    uint32_t count, room;
    bool cut;
    struct turns turns;              /* once all uses are in */
};

struct sharing {
    const struct book *book;
    struct sharing_range range;
    bool active;                     /* the region lives */
    struct index index;              /* of blocks */
    struct block **block;
    uint32_t blocks, block_room;
    struct candidate *candidate;
    uint32_t candidates;
    uint64_t live_from_ns, live_to_ns; /* of the region */
    struct sharing_group group[SHARING_GROUPS_MAX];
    struct sharing_result result;
};

/* Is it the time of the region?  `active` says so behind each record. */
void sharing_follow(struct sharing *sharing, const struct hum_trace_record *record);

#endif
