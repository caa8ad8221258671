/* SPDX-License-Identifier: MIT */
/*
 * room.h - making room: what leaves a processor when it is full.
 *
 * In the processor's order (order.h): first frames in which nothing is resident any more, then the
 * block that the policy's order says should leave; the newest blocks and those whose preferred
 * location this is come last, blocks that somebody is working on are passed over.
 *
 * Threads: called with no block locked.
 */
#ifndef HUMI_CORE_ROOM_H
#define HUMI_CORE_ROOM_H

#include "core/core.h"

/* An order for each processor, by the evict part of the policy; processors and table are there. */
HUM_MUST_USE enum hum_status humi_room_open(struct hum *hum);
void humi_room_close(struct hum *hum);

/* Order what is there by another policy's evict part, on all processors or on none. */
HUM_MUST_USE enum hum_status humi_room_rank(struct hum *hum, const struct humi_policy *policy);

/*
 * Free one block of processor p, any but `avoid` (may be NULL).  HUM_ERR_NO_MEMORY: nothing can
 * leave (a host that is full of the only copies).
 */
enum hum_status humi_room_make(struct hum *hum, unsigned p, const struct humi_block *avoid);

/*
 * Free one block of processor p that the region has pages on, any but `avoid`.  HUM_ERR_NO_MEMORY:
 * none can leave now; no error text.
 */
enum hum_status humi_room_make_of(struct hum *hum, unsigned p, const struct humi_region *region,
                                  const struct humi_block *avoid);

/*
 * Free one block of processor p that nobody waits for: nothing that is spared leaves.
 * HUM_ERR_NO_MEMORY: none can now; no error text.
 */
enum hum_status humi_room_reserve(struct hum *hum, unsigned p);

/*
 * Give the host's stale frames back to the system as far as they are more than hum->stale_max.
 * Frames that stay are taken into use again without asking the system, which can cost twenty times
 * the copy: virtual machines hand freed memory to their host and fetch it back page by page.
 */
void humi_room_trim(struct hum *hum);

#endif
