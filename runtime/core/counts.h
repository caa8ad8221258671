/* SPDX-License-Identifier: MIT */
/*
 * counts.h - for whom what happened is counted, and the sums of it.
 *
 *     event ---> kernel that it served (kernels.h); for none: its processor
 *           '--> region
 *
 * What a processor did is its own meter and those of its kernels, what the space did is what its
 * processors did: sums are made by who asks, so a change on the fault path adds to two meters.
 *
 * Threads: any, with any lock held; each figure of a sum is exact once the work that it counts has
 * finished (meter.h).
 */
#ifndef HUMI_CORE_COUNTS_H
#define HUMI_CORE_COUNTS_H

#include "core/core.h"

/*
 * A change; its processor and cause are valid, `kernel` is 1 + its number at the device or 0.
 * region NULL: none or several.
 */
void humi_counts_event(struct hum *hum, struct humi_region *region,
                       const struct humi_event *event);

/* Faults on a processor, and time that serving them took. */
void humi_counts_faults(struct hum *hum, struct humi_region *region, unsigned processor,
                        unsigned kernel, uint64_t faults, uint64_t duplicates);
void humi_counts_service(struct hum *hum, struct humi_region *region, unsigned processor,
                         unsigned kernel, uint64_t ns);

/* The service has work of that processor. */
void humi_counts_batch(struct hum *hum, unsigned processor);

/* Sums.  All are linear in the number of kernels. */
void humi_counts_of_processor(struct hum *hum, unsigned processor, struct hum_counters *out);
void humi_counts_of_space(struct hum *hum, struct hum_counters *out);

/* Two of these that the service asks for each batch: kept as sums. */
static inline uint64_t humi_counts_moved_bytes(const struct hum *hum)
{
    return atomic_load_explicit(&hum->sum.moved_bytes, memory_order_relaxed);
}

static inline uint64_t humi_counts_service_ns(const struct hum *hum)
{
    return atomic_load_explicit(&hum->sum.service_ns, memory_order_relaxed);
}

#endif
