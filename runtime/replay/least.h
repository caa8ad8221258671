/* SPDX-License-Identifier: MIT */
/*
 * least.h - the fewest bytes that must cross the link, whatever a policy knows and does: move
 * pages, copy them, or touch them where they are, 128 bytes a touch, on either side.
 *
 * To devices.  What the host wrote and a device reads has to cross: as a page, or with each of
 * these reads, or with each of these writes if the host wrote into the device's frame,
 *
 *     min(4096, 128 x reads, 128 x writes)      a page, each time that the host writes it anew
 *
 * On one device whose memory is too small some pages have to cross again.  No policy finds more of
 * the accesses' pages in place than Belady's does with one page more (it may so pass one by, as
 * remote access does).  The first access to a page finds nothing; of the others at least so many as
 * Belady misses do not, and if those were the cheapest there are, each costs min(4096, 128 x its
 * touches) if it reads, and nothing to devices if it writes.
 *
 * The larger of both counts.  To the host: as the first, the other way round.
 *
 * What touches do not say stays out of it: pages nobody wrote have no bytes, pages that the host
 * wrote before the trace began cost at most one move, other devices' copies are not counted.
 *
 * Threads: any; nothing is kept.
 */
#ifndef HUMI_REPLAY_LEAST_H
#define HUMI_REPLAY_LEAST_H

#include "replay/source.h"

struct humi_least {
    uint64_t bytes_in, bytes_out; /* to devices, to the host */
};

/* With room for so many pages on each device.  HUM_ERR_NO_MEMORY. */
HUM_MUST_USE enum hum_status humi_least_find(const struct humi_source *source, uint64_t capacity,
                                             struct humi_least *least_out);

#endif
