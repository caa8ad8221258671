/* SPDX-License-Identifier: MIT */
/*
 * told.h - what the driver that keeps a space says it did (device/keeper.h), made into the state of
 * blocks and into events.
 *
 *     told        state                                   event, to whom, cause
 *     moved       resident at its end, not at its start   the same, with bytes and times; an
 *                 (read-mostly pages: at both)            eviction: who lost the pages
 *     faulted     nowhere before: resident there          faults counted; first touch
 *     remote      remote there                            remote map
 *     thrashed, throttled, dropped   none                 counted (hum_stats)
 *
 * A page of which nothing was told has no residency at all: it is not known.  Nothing is mapped or
 * writable in such a space, and nothing dirty: these are the driver's secrets.
 *
 * Threads: any; takers wait for each other (rank TOLD).  No lock of a higher rank is held.
 */
#ifndef HUMI_CORE_TOLD_H
#define HUMI_CORE_TOLD_H

#include "core/core.h"

/* Take what there is.  `wait`: have the driver hand out what it holds back, too. */
void humi_told_take(struct hum *hum, bool wait);

/* The pages' content is gone: they are not known to be anywhere. */
void humi_told_forget(struct hum *hum, size_t offset, size_t bytes, enum hum_cause cause);

#endif
