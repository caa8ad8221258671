/* SPDX-License-Identifier: MIT */
/*
 * walk.h - what a walk through a block costs: faults, and pages that come.
 *
 * Chunk after chunk of a block is touched of which nothing was here.  What is not here by then is a
 * fault, and what comes with it follows from how much has come, by a rule of few numbers:
 *
 *     the largest subtree around the chunk of which more than `percent` is here then (tree.h),
 *     or all of the block as soon as `rest` pages are here,
 *     but of either no more than an aligned group of chunks that meets none of `apart`
 *
 * What comes is whole chunks, as far as they are valid, so a walk needs no sets of pages, and none
 * of the plans that it foretells.
 *
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_WALK_H
#define HUMI_POLICY_WALK_H

#include <hum/policy.h>

#define HUMI_WALK_CHUNK 101u          /* percent: never more than the chunk */
#define HUMI_WALK_BLOCK 0u            /* percent: always all of the block */
#define HUMI_WALK_NEVER UINT32_MAX    /* rest */

struct humi_walk {
    uint32_t percent;
    uint32_t rest;
    uint32_t apart;
    uint32_t ahead_blocks;            /* further blocks that come with each fault */
};

/* What is walked through; the same for all who do. */
struct humi_ground {
    uint32_t chunks;                          /* that are touched */
    uint16_t sums[HUM_CHUNKS_PER_BLOCK + 1];  /* valid pages before each chunk */
};

struct humi_walked {
    unsigned faults, pages;
};

/* Chunks without a valid page cannot be touched. */
void humi_ground_init(struct humi_ground *ground, const struct hum_pages *valid, uint32_t chunks);

/* Touch the chunks in order. */
struct humi_walked humi_walk_through(const struct humi_walk *walk,
                                     const struct humi_ground *ground);

/*
 * How a part of that name would walk through the block that a fault begins, learning nothing; the
 * view has nothing resident.  False: it follows no such rule there.
 */
bool humi_walk_of_ahead(const struct hum_view *view, const struct hum_part_context *context,
                        struct humi_walk *walk_out);
bool humi_walk_of_stride(const struct hum_view *view, const struct hum_part_context *context,
                         struct humi_walk *walk_out);

#endif
