/* SPDX-License-Identifier: MIT */
/*
 * pace.h - moves take as long as on the modelled link, if that was asked for.
 *
 * Each direction of the link is one queue: a move starts when the one before has ended.
 * Threads: any; waits with the block locked, as a real copy does.
 */
#ifndef HUMI_CORE_PACE_H
#define HUMI_CORE_PACE_H

#include "core/core.h"

/* The pages were copied in that direction since start_ns; return when the link would have done. */
void humi_pace_move(struct hum *hum, enum hum_direction direction, const struct hum_pages *pages,
                    uint64_t start_ns);

/* Copies that the pages need: one for each run of neighbours. */
unsigned humi_pace_copies(const struct hum_pages *pages);

#endif
