/* SPDX-License-Identifier: MIT */
/*
 * meter.h - counters of what happened, for each processor, region and kernel (counts.h).
 *
 * Every change of state is reported here exactly once, as an event with its cause (R5).
 * Threads: atomic, relaxed; a snapshot is not a single moment but each figure is exact once the
 * work it counts has finished.
 */
#ifndef HUMI_CORE_METER_H
#define HUMI_CORE_METER_H

#include <stdatomic.h>

#include <hum/policy.h>

#include "base/count.h"

/* struct hum_counters, member by member, with atomics.  meter.c copies one to the other. */
struct humi_meter {
    _Atomic uint64_t faults_host, faults_device, faults_duplicate, batches;
    _Atomic uint64_t bytes[HUM_DIRECTION_COUNT];
    _Atomic uint64_t events[HUM_CAUSE_COUNT], pages[HUM_CAUSE_COUNT];
    _Atomic uint64_t bytes_by_cause[HUM_CAUSE_COUNT];
    _Atomic uint64_t evictions_clean, evictions_dirty;
    _Atomic uint64_t move_ns[HUM_DIRECTION_COUNT], service_ns;
    _Atomic uint64_t modelled_ns[HUM_DIRECTION_COUNT];
};
_Static_assert(sizeof(struct humi_meter) == sizeof(struct hum_counters), "meter.h mirrors hum.h");

/* One change of a block's state, as told to meters and traces (record.h). */
struct humi_event {
    enum hum_cause cause;
    unsigned processor;      /* number of the one the change serves: 0 the host */
    unsigned pages;
    struct hum_pages which;  /* those pages, of the block */
    struct hum_pages moved;  /* of them, the ones that were copied */
    unsigned kernel;         /* 1 + number of the kernel that touched, 0: none */
    unsigned thread;         /* host thread that touched, 0: none */
    uint64_t start_ns;       /* when the change began */
    uint64_t bytes[HUM_DIRECTION_COUNT];
    uint64_t move_ns;
    bool brought;            /* the pages became resident there (not told to traces) */
    uint64_t modelled_ns;    /* modelled: of `moved` on the link, set as the event is recorded */
    bool evicted;            /* a block left a device */
};

/* Count one event in each of the meters.  NULL among them is allowed. */
void humi_meter_event(struct humi_meter *const meters[], unsigned count,
                      const struct humi_event *event);

/* Count faults of a processor, and how many of them found nothing to do.  NULL is allowed. */
void humi_meter_faults(struct humi_meter *meter, unsigned processor, uint64_t faults,
                       uint64_t duplicates);

/* Count time spent serving faults.  NULL is allowed. */
void humi_meter_service(struct humi_meter *meter, uint64_t ns);

/* Add all of it.  NULL is allowed. */
void humi_meter_collect(const struct humi_meter *meter, struct hum_counters *sum);

/* Snapshot.  NULL gives zeros. */
void humi_meter_read(const struct humi_meter *meter, struct hum_counters *out);

static inline void humi_meter_add(_Atomic uint64_t *counter, uint64_t n)
{
    humi_count_add(counter, n);
}

#endif
