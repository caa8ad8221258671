/* SPDX-License-Identifier: MIT */
/*
 * capacity.h - how much a device holds, as users write it.
 *
 *     64M         bytes, as hum's other sizes        pages=100   pages of 4 KiB
 *     r=1.25      the footprint of the trace is 1.25 times as much; rounded down to a page
 *
 * What is no multiple of 2 MiB, or a ratio that makes few blocks, can only be kept page by page.
 * Threads: pure functions on values.
 */
#ifndef HUMI_REPLAY_CAPACITY_H
#define HUMI_REPLAY_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include <hum/hum.h>

struct humi_capacity {
    uint64_t pages;              /* 0: r counts */
    double r;                    /* footprint / capacity, above 0 */
};

/* HUM_ERR_INVALID: the text says what may be written. */
HUM_MUST_USE enum hum_status humi_capacity_parse(const char *text,
                                                 struct humi_capacity *capacity_out);

/* In pages, at least one, for a trace that touches `footprint` pages. */
uint64_t humi_capacity_pages(const struct humi_capacity *capacity, uint64_t footprint);

/* That many pages are whole blocks. */
bool humi_capacity_is_whole(uint64_t pages);

#define HUMI_CAPACITY_BLOCKS_LEAST 8u

/*
 * It can be kept block by block: it was given as whole blocks, or as a ratio that makes
 * HUMI_CAPACITY_BLOCKS_LEAST of them or more, which is then rounded down to blocks.
 */
bool humi_capacity_is_blocks(const struct humi_capacity *capacity, uint64_t footprint);

#endif
