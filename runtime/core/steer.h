/* SPDX-License-Identifier: MIT */
/*
 * steer.h - policies where a driver keeps the space: what a plan wants ahead is prefetched.
 *
 * The driver has answered a fault by the time it tells of it, so of a plan only what goes beyond
 * the fault is left: pages to bring in the block, and blocks ahead.  They are queued at the driver
 * while the device still runs something; later guesses are void.  What a plan says about mapping,
 * touching remotely, waiting and victims is not the core's to do here: with remote access there
 * would be no more faults to decide by.
 *
 * Threads: one at a time (the lock of told.h); plan() with the block locked, go() with none.
 */
#ifndef HUMI_CORE_STEER_H
#define HUMI_CORE_STEER_H

#include "core/view.h"
#include "device/keeper.h"

#define HUMI_STEER_RANGES 32u

/* What plans wanted since go(). */
struct humi_steer {
    struct hum *hum;
    unsigned processor;
    unsigned count;
    struct humi_keeper_range ranges[HUMI_STEER_RANGES]; /* what finds no room is left out */
};

/* Ask the policy about a fault of a device. */
void humi_steer_plan(struct humi_steer *steer, const struct humi_group *group);

/* Have it done. */
void humi_steer_go(struct humi_steer *steer);

/* Whether a policy had the block prefetched, and not the program since (forget). */
bool humi_steer_asked(const struct hum *hum, uint32_t block);
void humi_steer_forget(struct hum *hum, size_t offset, size_t bytes);

#endif
