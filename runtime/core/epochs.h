/* SPDX-License-Identifier: MIT */
/*
 * epochs.h - which pages each processor touched between two boundaries, known by real faults.
 *
 * With HUM_ACCESSES=epoch every processor is watched, with full the host alone.  At a boundary (a
 * launch, the end of a wait) who is watched loses its access, not its pages.  Until the next one
 * only pages that it faults on are given to it, and for writing only those that it stores to, so
 * the first touch and the first store of each page are seen, whatever code makes them.  They become
 * ACCESS records of one touch each.
 *
 * What is exact: for a processor and an epoch, the set of pages touched and the set of pages
 * written.  A page whose first touch is a store can be read from then on without being seen.
 *
 * The record of a boundary stands before the access is taken, block by block; a touch in between
 * counts as one before the boundary if it had access still, and behind it if it faults.
 *
 * Where devices are watched a launch waits for earlier work of its stream; work of other streams
 * runs on, and then its touches belong to no launch.
 */
#ifndef HUMI_CORE_EPOCHS_H
#define HUMI_CORE_EPOCHS_H

#include "core/core.h"

struct humi_request;

/* The processor loses its access at boundaries, and faults tell what it touches. */
static inline bool humi_epochs_watch(const struct hum *hum, unsigned processor)
{
    return (hum->epochs.watched >> processor) & 1;
}

/* One of the devices is watched. */
static inline bool humi_epochs_watch_devices(const struct hum *hum)
{
    return (hum->epochs.watched & ~UINT32_C(1)) != 0;
}

/*
 * Boundary.  launch: that begins with it, on that processor; 0: the end of a wait.  Does nothing if
 * epochs are not recorded.  The caller holds no lock but that of a stream.
 */
void humi_epochs_begin(struct hum *hum, uint64_t launch, unsigned processor);

/*
 * A block's pages that were faulted on, before the touch goes on.  The block is locked.  Waits
 * while the trace is behind.
 */
void humi_epochs_note(struct hum *hum, const struct humi_block *block,
                      const struct humi_request *request);

#endif
