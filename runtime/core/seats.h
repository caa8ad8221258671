/* SPDX-License-Identifier: MIT */
/*
 * seats.h - which cores the fault service and the workers of devices sit on.
 *
 * The service thread has a core where it stays, the home core; the thread that goes ahead stays off
 * it.  A device worker that faults is moved there, the guest: it waits for the service, and goes on
 * there when it is served.  There is one guest as long as it goes on faulting; other workers stay
 * off the home core, so that the cores have equal loads.  Threads of the program are never moved,
 * and where there are more workers than cores only the guest is.
 *
 * Threads: the fault service alone.
 */
#ifndef HUMI_CORE_SEATS_H
#define HUMI_CORE_SEATS_H

#include "core/core.h"

#define HUMI_SEATS_AWAY_MAX 64u

struct humi_seats {
    int home;                 /* core of the service */
    int guest;                /* device worker that was moved there; 0: none */
    uint64_t guest_ns;        /* when it faulted last */
    int away[HUMI_SEATS_AWAY_MAX]; /* device workers that were moved off it */
    unsigned away_count;
    bool crowded;             /* more workers than cores */
};

/* The calling thread stays on the core where it runs now. */
void humi_seats_init(struct humi_seats *seats, const struct hum *hum);

/* A thread of a processor faulted; 0: it is not known which. */
void humi_seats_fault(struct humi_seats *seats, unsigned processor, int thread, uint64_t now_ns);

#endif
