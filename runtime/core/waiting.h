/* SPDX-License-Identifier: MIT */
/*
 * waiting.h - faults that wait before they are served: because a policy says so
 * (hum_plan.throttle_us), or until a launch that holds the pages has ended (uses.h).
 *
 * Whoever faulted waits; the service goes on with others.  A fault waits once: when its time has
 * come it is served whatever the plan says.
 * Threads: the fault service's alone.
 */
#ifndef HUMI_CORE_WAITING_H
#define HUMI_CORE_WAITING_H

#include "device/device.h"

#define HUMI_WAITING_MAX 256u    /* more are served at once */

struct humi_waiting {
    struct {
        unsigned processor;      /* number */
        uint64_t due_ns;         /* of humi_clock_real_ns() */
        struct humi_fault fault;
    } item[HUMI_WAITING_MAX];
    unsigned count;
};

/* All of them or none; false: there is no place. */
bool humi_waiting_add(struct humi_waiting *waiting, unsigned processor,
                      const struct humi_fault *faults, unsigned count, uint64_t due_ns);

/* When the first is due; UINT64_MAX: none waits. */
uint64_t humi_waiting_due_ns(const struct humi_waiting *waiting);

/* Take up to `most` that are due, all of one processor; how many. */
unsigned humi_waiting_take(struct humi_waiting *waiting, uint64_t now_ns, unsigned *processor_out,
                           struct humi_fault *faults_out, unsigned most);

/* What waits for ever (UINT64_MAX) is due now. */
void humi_waiting_hurry(struct humi_waiting *waiting);

/* The processor's process is gone, and with it who faulted. */
void humi_waiting_forget(struct humi_waiting *waiting, unsigned processor);

#endif
