/* SPDX-License-Identifier: MIT */
/* meter.c - counters of what happened. */
#include "core/meter.h"

#include <string.h>

/* The direction that an event's time is counted for: that of most of its bytes. */
static int direction_of(const struct humi_event *event)
{
    int most = 0;
    for (int d = 1; d < HUM_DIRECTION_COUNT; d++)
        if (event->bytes[d] > event->bytes[most])
            most = d;
    return most;
}

/* Add one after the other, as one thread may or as any does. */
static inline void add(_Atomic uint64_t *counter, uint64_t n, bool alone)
{
    if (alone)
        humi_count_add_alone(counter, n);
    else
        humi_count_add(counter, n);
}

/* What was copied: `bytes` in all, most of them in direction `most`. */
static inline void count_bytes(struct humi_meter *meter, const struct humi_event *event,
                               uint64_t bytes, int most, bool alone)
{
    add(&meter->bytes_by_cause[event->cause], bytes, alone);
    add(&meter->bytes[most], event->bytes[most], alone);
    if (bytes != event->bytes[most])
        for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
            if (d != most)
                add(&meter->bytes[d], event->bytes[d], alone);
    add(&meter->move_ns[most], event->move_ns, alone);
    add(&meter->modelled_ns[most], event->modelled_ns, alone);
}

static inline void count_event(struct humi_meter *const meters[], unsigned count,
                               const struct humi_event *event, bool alone)
{
    uint64_t bytes = event->bytes[HUM_H2D] + event->bytes[HUM_D2H] + event->bytes[HUM_D2D];
    int most = bytes ? direction_of(event) : 0;
    for (unsigned i = 0; i < count; i++) {
        struct humi_meter *meter = meters[i];
        if (!meter)
            continue;
        add(&meter->events[event->cause], 1, alone);
        add(&meter->pages[event->cause], event->pages, alone);
        if (bytes)
            count_bytes(meter, event, bytes, most, alone);
        if (event->evicted)
            add(bytes ? &meter->evictions_dirty : &meter->evictions_clean, 1, alone);
    }
}

void humi_meter_event(struct humi_meter *const meters[], unsigned count,
                      const struct humi_event *event)
{
    if (HUMI_ONE_THREAD)
        count_event(meters, count, event, true);
    else
        count_event(meters, count, event, false);
}

void humi_meter_faults(struct humi_meter *meter, unsigned processor, uint64_t faults,
                       uint64_t duplicates)
{
    if (!meter)
        return;
    humi_meter_add(processor == 0 ? &meter->faults_host : &meter->faults_device, faults);
    humi_meter_add(&meter->faults_duplicate, duplicates);
}

void humi_meter_service(struct humi_meter *meter, uint64_t ns)
{
    if (meter)
        humi_meter_add(&meter->service_ns, ns);
}

void humi_meter_collect(const struct humi_meter *meter, struct hum_counters *sum)
{
    if (!meter)
        return;
    /* Both are arrays of 64-bit words in the same order (asserted in the header). */
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)(const void *)meter;
    uint64_t *to = (uint64_t *)(void *)sum;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += atomic_load_explicit(&from[i], memory_order_relaxed);
}

void humi_meter_read(const struct humi_meter *meter, struct hum_counters *out)
{
    memset(out, 0, sizeof *out);
    humi_meter_collect(meter, out);
}

void hum_counters_subtract(const struct hum_counters *after, const struct hum_counters *before,
                           struct hum_counters *out)
{
    const uint64_t *a = (const uint64_t *)(const void *)after;
    const uint64_t *b = (const uint64_t *)(const void *)before;
    uint64_t *to = (uint64_t *)(void *)out;
    for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
        to[i] = a[i] - b[i];
}
