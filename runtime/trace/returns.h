/* SPDX-License-Identifier: MIT */
/*
 * returns.h - pages that come back to a processor from which they were evicted: thrashed pages.
 *
 * What counts is the set of pages that are *gone*: evicted from a processor, and not come again,
 * while they are anything at all.  Metrics (metrics.c) and replays (model/returns.h) each keep such
 * a set a block and processor, where they have other things to remember of it.
 * Threads: guarded by whoever holds it.
 */
#ifndef HUMI_TRACE_RETURNS_H
#define HUMI_TRACE_RETURNS_H

#include <hum/trace.h>

#include "base/mask.h"

/* What an event means for the pages that it is about. */
enum humi_effect {
    HUMI_EFFECT_COME,            /* they are on its processor now */
    HUMI_EFFECT_EVICT,           /* they left it */
    HUMI_EFFECT_END,             /* their content is gone, wherever they were */
    HUMI_EFFECT_LOSE,            /* their processor died */
    HUMI_EFFECT_REACH,           /* it touches them in the frame of another */
    HUMI_EFFECT_NONE,            /* only access changed */
};

static inline enum humi_effect humi_effect_of(enum hum_cause cause, bool evicted)
{
    if (evicted)
        return HUMI_EFFECT_EVICT;
    switch (cause) {
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
static inline unsigned humi_returns_come(struct hum_pages *gone, const struct hum_pages *pages,
                                         const struct hum_pages *moved)
{
    struct hum_pages again = humi_mask_and(gone, moved);

    humi_mask_remove(gone, pages);
    return humi_mask_empty(&again) ? 0 : humi_mask_count(&again);
}

#endif
