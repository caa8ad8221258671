/* SPDX-License-Identifier: MIT */
/*
 * visit.h - doing one thing to every block of a range, each under its lock.
 *
 * Threads: no block or region lock is held at the call.
 */
#ifndef HUMI_CORE_VISIT_H
#define HUMI_CORE_VISIT_H

#include "core/core.h"

/* The region of a range, with a reference; NULL and an error if the range is not inside one. */
struct humi_region *humi_visit_region(struct hum *hum, const void *ptr, size_t bytes);

/* What the function gets to see of a block: it is locked, and its region lives. */
struct humi_visit {
    struct hum *hum;
    struct humi_region *region;
    struct humi_block *block;
    struct hum_pages pages;      /* of the range in this block */
    void *context;
};

struct humi_walk {
    struct hum *hum;
    struct humi_region *region;
    uintptr_t start, end;        /* addresses, not empty */
    bool make;                   /* also blocks that nobody touched yet */
    unsigned room_on;            /* number of the processor to make room on when told HUM_AGAIN */
    const uint64_t *comes;       /* while this is 0 the function brings no block that is not there,
                                    so none leaves for the region's budget; NULL: it may */
    enum hum_status (*function)(const struct humi_visit *visit);
    void *context;
};

/* Stops at the first status that is neither HUM_OK nor HUM_AGAIN and returns it. */
enum hum_status humi_visit_blocks(const struct humi_walk *walk);

#endif
