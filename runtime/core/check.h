/* SPDX-License-Identifier: MIT */
/*
 * check.h - the checker of declared uses (HUM_CHECK=uses).
 *
 * On a device that faults every launch is made a declared one, and gives access to what it declared
 * and to nothing else: at its start all other access of the device is taken, page by page.  Then a
 * touch of anything else faults, is noted here, and is served as ever: the program goes on, and the
 * next wrong touch is found, too.  The same for host threads that touch what a launch in flight
 * uses, or what they gave up with hum_release().
 *
 * What is exact: pages.  A touch beside a use in the same page is not seen, nor one of what another
 * stream's launch declared at the same time.  A page that was noted once may be touched by the same
 * launch again without being seen.
 *
 * Threads: noting is for the fault service, taking for threads of streams, the rest for any.
 */
#ifndef HUMI_CORE_CHECK_H
#define HUMI_CORE_CHECK_H

#include "core/core.h"

/*
 * Start checking; hum->check is NULL before.  Without `uses` launches go on as ever, and only what
 * the host touches after hum_release() is noted, for hum_violations() alone: whoever chose that
 * (HUM_CHECK=released) tells it in words of its own.
 */
enum hum_status humi_check_open(struct hum *hum, bool uses);
void humi_check_close(struct hum *hum);

/* Before a launch of the device: take what no launch in flight there uses. */
void humi_check_take(struct hum *hum, unsigned processor);

/* The host gave the region up: take its access. */
void humi_check_release(struct hum *hum, struct humi_region *region);

/* A touch that faulted: noted if nothing declared it.  No lock is held. */
void humi_check_fault(struct hum *hum, unsigned processor, const struct humi_fault *fault,
                      const struct humi_region *region);

/* Write what was noted since the last call to standard error, whatever HUM_LOG says. */
void humi_check_report(struct hum *hum);

#endif
