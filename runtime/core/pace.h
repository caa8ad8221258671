/* SPDX-License-Identifier: MIT */
/*
 * pace.h - moves take as long as on the modelled link, if that was asked for; serving faults, too,
 * if that was.
 *
 * Each direction of the link is one queue: a move starts when the one before has ended.  Serving is
 * held up before the work, by the prices of base/price.h, so that work of our own comes on top.
 * Not paced: duplicate faults, the host's mappings of a block that goes to a device, and touches of
 * pages in the frame of another processor, which no fault tells of.
 * Threads: any; waits with the block locked, as a real copy does.
 */
#ifndef HUMI_CORE_PACE_H
#define HUMI_CORE_PACE_H

#include "core/core.h"

/* The pages were copied in that direction since start_ns; return when the link would have done. */
void humi_pace_move(struct hum *hum, enum hum_direction direction, const struct hum_pages *pages,
                    uint64_t start_ns);

/* Serving goes on after so long, where faults are paced. */
void humi_pace_serve(struct hum *hum, uint64_t ns);

#endif
