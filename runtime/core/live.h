/* SPDX-License-Identifier: MIT */
/*
 * live.h - the thread that shows a space to `hum top`, while somebody looks.
 *
 * It sleeps until somebody opens the page of base/live.h and then publishes ten times a second
 * until nobody has looked for two seconds.  What it reads are counters and the trees that
 * hum_region_next() walks; a block is locked only where two regions share it.  A space with so
 * many regions that one look takes long is shown less often: the thread works a tenth of the time
 * at most.
 * Threads: one of its own, which blocks all signals and touches no managed memory.
 */
#ifndef HUMI_CORE_LIVE_H
#define HUMI_CORE_LIVE_H

#include "core/core.h"

struct humi_live;

/* NULL if the system gives no such page: said in the log, and the space goes on without. */
struct humi_live *humi_live_start(struct hum *hum);

/* The page is gone.  NULL is allowed. */
void humi_live_stop(struct humi_live *live);

#endif
