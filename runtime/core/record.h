/* SPDX-License-Identifier: MIT */
/*
 * record.h - what happened, told once: to the meters and, if one is written, to the trace.
 *
 * Threads: any, with any lock held: nothing here waits, allocates or locks, except open, close and
 * touch.
 * When no trace is written, an event costs what its counters cost.
 */
#ifndef HUMI_CORE_RECORD_H
#define HUMI_CORE_RECORD_H

#include <hum/trace.h>

#include "core/core.h"

struct hum_kernel;

/* Start of a trace: what the space, the processors and the settings are.  path NULL: none. */
HUM_MUST_USE enum hum_status humi_record_open(struct hum *hum, const char *path);
/* End of it: totals, and the file is complete.  A failure is logged. */
void humi_record_close(struct hum *hum);

/* A region lives, or has a new name. */
void humi_record_region(struct hum *hum, const struct humi_region *region);
void humi_record_region_end(struct hum *hum, const struct humi_region *region);
void humi_record_kernel(struct hum *hum, const struct hum_kernel *kernel);

/* A launch has ended. */
struct humi_record_launch {
    uint64_t launch;             /* number in the order of submission */
    unsigned processor, kernel;  /* numbers; kernel as the device knows it */
    unsigned queue;
    uint64_t count;
    uint64_t submit_ns, start_ns, end_ns; /* of humi_clock_ns() */
    enum hum_status status;
};
void humi_record_launch(struct hum *hum, const struct humi_record_launch *launch);

/* What a kernel touched.  Waits while the trace is behind. */
void humi_record_touch(struct hum *hum, unsigned processor, const struct humi_touch *touch);

/*
 * A change of one block; region NULL: none or several.  Counted for the space, the processor, the
 * region and the kernel.
 */
void humi_record_event(struct hum *hum, struct humi_region *region, const struct humi_block *block,
                       const struct humi_event *told);

/* A region's part of a change that was recorded with region NULL. */
void humi_record_event_part(struct hum *hum, struct humi_region *region,
                            const struct humi_event *told);

/* Faults of one group. */
struct humi_record_faults {
    unsigned processor, kernel;
    unsigned faults, duplicates;
};
void humi_record_faults(struct hum *hum, struct humi_region *region,
                        const struct humi_record_faults *faults);

/* Time that serving a group of faults took; kernel: 1 + its number at the device, or 0. */
void humi_record_service(struct hum *hum, struct humi_region *region, unsigned processor,
                         unsigned kernel, uint64_t ns);

/* The service woke up, served so many faults of a processor and took so long for them. */
void humi_record_batch(struct hum *hum, unsigned processor, unsigned faults, uint64_t service_ns);

/* The kernel's number in traces; device_kernel as the device knows it. */
static inline uint32_t humi_record_kernel_id(unsigned processor, unsigned device_kernel)
{
    return processor == 0 ? 0 : (processor - 1) * 65536u + device_kernel + 1;
}

#endif
