/* SPDX-License-Identifier: MIT */
/*
 * history.h - what lately happened to the pages of one block, and counts since the block was made.
 *
 * A few events are kept, oldest first, each with the pages it was about.  An event of which only
 * some pages were copied is kept as two.  When there is no room, the event goes that is the newest
 * one of the fewest pages (of equals the oldest), so a page that came long ago is explained as long
 * as possible while its neighbours are busy.
 *
 *     H1  the kept events that name a page are the newest ones about it, in order, without a gap
 *     H2  a page is in `lost` if and only if an event about it was dropped
 *
 * To keep H1 a dropped event takes its pages out of every older one.
 *
 * Threads: guarded by the block's lock.  Nothing here allocates.  704 bytes a block.
 */
#ifndef HUMI_CORE_HISTORY_H
#define HUMI_CORE_HISTORY_H

#include "base/mask.h"
#include "core/meter.h"

struct humi_history_event {
    struct hum_pages pages;      /* that it was about; never none */
    uint64_t start_ns;           /* of humi_clock_ns() */
    uint32_t move_ns;            /* of the whole event, as is all that follows up to `copies` */
    uint32_t who;                /* 1 + number of a kernel, of the host a thread; 0: none */
    uint16_t moved[HUM_DIRECTION_COUNT]; /* pages copied */
    uint16_t all_pages;
    uint16_t copies;             /* runs of neighbours among the copied pages */
    uint8_t cause;               /* enum hum_cause */
    uint8_t processor;           /* number of whom it served; an eviction: of who lost the pages */
    bool copied;                 /* the bytes of `pages` were copied; else of none of them */
    bool brought;                /* `pages` became resident: there, by an eviction on the host */
    bool evicted;
};

struct humi_history {
    struct humi_history_event event[HUM_EXPLAIN_EVENTS_MAX];
    struct hum_pages lost;
    uint32_t count;              /* of event[] */
    uint32_t events;             /* this and what follows: since the block was made, of all pages */
    uint32_t moves[HUM_DIRECTION_COUNT], faults[2], evictions; /* faults: of the host, of devices */
    uint64_t bytes[HUM_DIRECTION_COUNT], move_ns;
};

_Static_assert(sizeof(struct humi_history) == 704, "say so above, and see hum bench metadata");

void humi_history_put(struct humi_history *history, const struct humi_event *event);
void humi_history_faults(struct humi_history *history, unsigned processor, unsigned faults);

/* The pages begin anew: another region may get them. */
void humi_history_forget(struct humi_history *history, const struct hum_pages *pages);

#endif
