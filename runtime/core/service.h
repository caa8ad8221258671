/* SPDX-License-Identifier: MIT */
/*
 * service.h - the fault service: the thread that collects faults and has them served.
 *
 *     collect -> serve the batch (serve.h)
 *
 * One thread a space serves the faults of the host and of all devices in batches.  It never touches
 * managed memory and calls nothing that may, holds no lock across a batch, and blocks all signals.
 *
 * A fault that cannot be served is believed when it comes a second time (doubt.h).  It cannot
 * return a status to the thread that touched the page.  What happens instead (tests/flow has a test
 * a row):
 *
 *     the touch                                       host thread            device launch
 *     no region there, or freed                       SIGSEGV, si_addr       ILLEGAL_ADDRESS
 *     access taken away by hum_protect()              SIGSEGV, si_addr       ILLEGAL_ADDRESS
 *     no memory, and nothing can leave                SIGBUS, si_addr        NO_MEMORY
 *     the device's process died meanwhile             -                      DEVICE_LOST
 */
#ifndef HUMI_CORE_SERVICE_H
#define HUMI_CORE_SERVICE_H

#include "core/core.h"

/* Start serving; hum's processors are open.  stop ends the thread; NULL is allowed. */
enum hum_status humi_service_start(struct hum *hum, struct humi_service **service_out);
void humi_service_stop(struct humi_service *service);

/* A launch has ended that held pages: faults that wait for them are served.  NULL is allowed. */
void humi_service_wake(struct humi_service *service);

/* The device's process has died and no new one runs yet. */
bool humi_service_is_dead(const struct hum *hum, unsigned p);

/* Before new work for a device that died: wait a while until the service has started it again. */
void humi_service_await(const struct hum *hum, unsigned p);

/*
 * The same before a launch, which asks the system only if it is the first: one behind others shares
 * their fate.
 */
void humi_service_await_launch(const struct hum *hum, unsigned p);

#endif
