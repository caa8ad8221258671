/* SPDX-License-Identifier: MIT */
/*
 * warm.h - pages that are touched where they are, on another processor, until that is too often.
 *
 * A touch of such a page faults no more, so nobody would ask again where it should be.  So whoever
 * counts touches says so here, and the region's policy is asked as at a fault that reads the pages
 * that were counted; what its plan no longer leaves where it is comes, as if brought ahead, and so
 * does what it brings of the block's other pages that are mapped where they are.
 *
 *     counted -> note: queued as what goes ahead is -> decide: view, plan -> make room -> move
 *
 * Only policies are asked that decide by touches (counts_touches in hum/policy.h): others have said
 * at the fault what they think, and do not count such calls as faults.  Advice that keeps pages
 * where they are holds.
 *
 * Threads: note() from any, decide() from those that bring blocks ahead; neither with a block
 * locked.
 */
#ifndef HUMI_CORE_WARM_H
#define HUMI_CORE_WARM_H

#include "core/ahead.h"

/* The processor has touches of the block counted, some of them perhaps on remote pages. */
void humi_warm_note(struct hum *hum, unsigned p, uint32_t index);

/*
 * Count touches of a page that p maps where it is, if the region's policy decides by touches, and
 * note them: for those who see each of them (model/world.h).  False: it does not, or the run is
 * deterministic: then nothing is counted but faults, because live touches are told too late.
 */
bool humi_warm_touch(struct hum *hum, unsigned p, uint32_t page, bool write, uint64_t touches);

/* Ask the policy, and bring what it wants; nothing happens where there is no room to be had. */
void humi_warm_decide(struct hum *hum, struct humi_region *region, unsigned p, uint32_t index);

#endif
