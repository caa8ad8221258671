/* SPDX-License-Identifier: MIT */
/*
 * returns.h - pages that come back to a processor from which they were evicted: thrashed pages.
 *
 * A replay wants this one metric of many, and fast; metrics.c, which has them all, counts it by the
 * same steps.
 * Threads: guarded by whoever holds it.
 */
#ifndef HUMI_TRACE_RETURNS_H
#define HUMI_TRACE_RETURNS_H

#include "base/mask.h"
#include "trace/blocks.h"

/* What an event means for the pages that it is about. */
enum humi_effect {
    HUMI_EFFECT_COME,            /* they are on its processor now */
    HUMI_EFFECT_EVICT,           /* they left it */
    HUMI_EFFECT_END,             /* their content is gone, wherever they were */
    HUMI_EFFECT_LOSE,            /* their processor died */
    HUMI_EFFECT_REACH,           /* it touches them in the frame of another */
    HUMI_EFFECT_NONE,            /* only access changed */
};

static inline enum humi_effect humi_effect_of(const struct hum_trace_event *event)
{
    if (event->evicted)
        return HUMI_EFFECT_EVICT;
    switch (event->cause) {
    case HUM_CAUSE_EVICTION:
        return HUMI_EFFECT_EVICT;
    case HUM_CAUSE_DISCARD:
    case HUM_CAUSE_FREE:
        return HUMI_EFFECT_END;
    case HUM_CAUSE_DEVICE_LOST:
        return HUMI_EFFECT_LOSE;
    case HUM_CAUSE_REMOTE_MAP:
        return HUMI_EFFECT_REACH;
    case HUM_CAUSE_PROTECT:
    case HUM_CAUSE_ADVICE:
        return HUMI_EFFECT_NONE;
    default:
        return HUMI_EFFECT_COME;
    }
}

/* Pages come; how many of those that were copied had been evicted there. */
static inline unsigned humi_returns_come(struct humi_block_facts *place,
                                         const struct hum_trace_event *event)
{
    struct hum_pages again = humi_mask_and(&place->gone, &event->moved);

    humi_mask_remove(&place->gone, &event->pages);
    return humi_mask_empty(&again) ? 0 : humi_mask_count_here(&again);
}

static inline void humi_returns_evict(struct humi_block_facts *place,
                                      const struct hum_trace_event *event)
{
    humi_mask_add(&place->gone, &event->pages);
}

struct humi_returns {
    struct humi_blocks blocks;
    struct humi_block_facts *last; /* that an event was about; NULL: none */
    uint64_t pages;              /* that came back */
};

void humi_returns_init(struct humi_returns *returns);
void humi_returns_fini(struct humi_returns *returns);

/* The event is a valid one (record.h).  HUM_ERR_NO_MEMORY. */
HUM_MUST_USE enum hum_status humi_returns_take(struct humi_returns *returns,
                                               const struct hum_trace_event *event);

#endif
