/* SPDX-License-Identifier: MIT */
/* counts.c - what happened, counted where it belongs and summed for who asks. */
#include "core/counts.h"

#include <string.h>

#include "core/kernels.h"
#include "core/region.h"

/* The meter of what a processor's kernel did, or of what it did for none. */
static struct humi_meter *meter_of(struct hum *hum, unsigned processor, unsigned kernel)
{
    struct humi_kernel_meter *found =
        kernel ? humi_kernels_find(hum, processor, kernel - 1) : NULL;
    return found ? &found->counters : &hum->beside_kernels[processor];
}

static struct humi_meter *region_meter(struct humi_region *region)
{
    return region ? humi_region_meter(region) : NULL;
}

void humi_counts_event(struct hum *hum, struct humi_region *region, const struct humi_event *event)
{
    struct humi_meter *const meters[] = {meter_of(hum, event->processor, event->kernel),
                                         region_meter(region)};
    humi_meter_event(meters, sizeof meters / sizeof *meters, event);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        humi_count_add(&hum->sum.moved_bytes, event->bytes[d]);
}

void humi_counts_faults(struct hum *hum, struct humi_region *region, unsigned processor,
                        unsigned kernel, uint64_t faults, uint64_t duplicates)
{
    humi_meter_faults(meter_of(hum, processor, kernel), processor, faults, duplicates);
    humi_meter_faults(region_meter(region), processor, faults, duplicates);
}

void humi_counts_service(struct hum *hum, struct humi_region *region, unsigned processor,
                         unsigned kernel, uint64_t ns)
{
    humi_meter_service(meter_of(hum, processor, kernel), ns);
    humi_meter_service(region_meter(region), ns);
    humi_count_add(&hum->sum.service_ns, ns);
}

void humi_counts_batch(struct hum *hum, unsigned processor)
{
    humi_count_add(&hum->beside_kernels[processor].batches, 1);
    humi_count_add(&hum->sum.batches, 1);
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void add_processor(struct hum *hum, unsigned processor, struct hum_counters *sum)
{
    const struct humi_kernel_meter *kernel;
    humi_meter_collect(&hum->beside_kernels[processor], sum);
    for (unsigned id = 0; (kernel = humi_kernels_next(hum, processor, &id)); id++)
        humi_meter_collect(&kernel->counters, sum);
}

void humi_counts_of_processor(struct hum *hum, unsigned processor, struct hum_counters *out)
{
    memset(out, 0, sizeof *out);
    add_processor(hum, processor, out);
}

void humi_counts_of_space(struct hum *hum, struct hum_counters *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
        add_processor(hum, p, out);
}
