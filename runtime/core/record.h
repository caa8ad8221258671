/* SPDX-License-Identifier: MIT */
/*
 * record.h - what happened, told once: to the meters, to the trace if one is written, and to tools
 * that watch (watch.h).
 *
 * Threads: any, with any lock held: nothing here waits, allocates or locks, except open, close,
 * touch, access and calls; where accesses are recorded, regions, kernels and launches wait, too,
 * while the trace is behind, which needs no lock to catch up.
 * When nobody listens, an event costs what its counters cost and one branch.
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
/* The process exits: the file becomes complete, whoever goes on.  A failure is logged. */
void humi_record_end(struct hum *hum);

/*
 * Key of the setting that says what processor N can do: words of "huge", "shares" (read-only
 * copies) and "opens" (whole blocks for reading), or "none".
 */
#define HUMI_RECORD_ABILITIES "abilities of processor "

/* Somebody who is told records. */
struct humi_listener {
    void (*take)(void *self, const struct hum_trace_record *record);
    void *self;
};

/*
 * Somebody who sees changes, faults and ends of batches where the core tells them, before records
 * are made: replays, which charge time for each.  The event is that of the meters, its price set.
 */
struct humi_record_faults;
struct humi_witness {
    void (*event)(void *self, uint32_t block, const struct humi_event *event);
    void (*faults)(void *self, const struct humi_record_faults *faults);
    void (*batch)(void *self);
    void *self;
};

/* What the space, its settings and its processors are: how each trace begins.  Fixed at open. */
void humi_record_head(const struct hum *hum, const struct humi_listener *listener);
/* What region and kernel are; the lock that guards the region's name is held. */
struct hum_trace_region humi_record_region_of(const struct hum *hum,
                                              const struct humi_region *region);
struct hum_trace_kernel humi_record_kernel_of(const struct hum_kernel *kernel);
/* The counters as they are now: how each trace ends. */
struct hum_trace_record humi_record_totals(struct hum *hum);

/* A record as it is, to everybody who listens. */
void humi_record_put(struct hum *hum, const struct hum_trace_record *record);

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

/* What was touched, told by a kernel or by a fault.  Both wait while the trace is behind. */
void humi_record_touch(struct hum *hum, unsigned processor, const struct humi_touch *touch);
void humi_record_access(struct hum *hum, const struct hum_trace_access *access);

/*
 * What the program asked for, where it takes effect and before that does.  Both wait while the
 * trace is behind, so no lock is held, but for the HUM lock.
 * Ranges: start addresses, whose regions need not live any more.
 */
struct humi_record_ranges {
    const struct hum_range *ranges;
    size_t count;
    bool discard;                /* else prefetch */
    unsigned processor;          /* prefetch: number */
    struct hum_stream *stream;   /* it was put on; NULL: none */
    uint64_t submit_ns;          /* of humi_clock_ns() */
};
void humi_record_ranges(struct hum *hum, const struct humi_record_ranges *told);

/* Any other call; `text`, NULL: none, may be longer than a record's. */
void humi_record_call(struct hum *hum, const struct hum_trace_call *call, const char *text);

/* Boundary of an epoch; launch 0: the end of a wait. */
void humi_record_epoch(struct hum *hum, uint64_t epoch, uint64_t launch);

/*
 * A change of one block, which is locked; region NULL: none or several.  Counted for the space, the
 * processor, the region and the kernel, and kept in the block's history.  Its modelled_ns is set.
 */
void humi_record_event(struct hum *hum, struct humi_region *region, struct humi_block *block,
                       struct humi_event *event);

/* A region's part of a change that was recorded with region NULL. */
void humi_record_event_part(struct hum *hum, struct humi_region *region, struct humi_event *event);

/* Faults of one group.  The block they are on is locked; its history counts them, too. */
struct humi_record_faults {
    unsigned processor, kernel;
    unsigned faults, duplicates;
    uint64_t start_ns;           /* of humi_clock_ns(): of the change that answers them */
};
void humi_record_faults(struct hum *hum, struct humi_region *region, struct humi_block *block,
                        const struct humi_record_faults *faults);

/* Time that serving a group of faults took; kernel: 1 + its number at the device, or 0. */
void humi_record_service(struct hum *hum, struct humi_region *region, unsigned processor,
                         unsigned kernel, uint64_t ns);

/* The service woke up and has work.  Counted before any of it, so who is woken finds it counted. */
void humi_record_batch_start(struct hum *hum, unsigned processor);
/* It served so many faults of a processor and took so long for them. */
struct humi_record_batch {
    unsigned processor;
    unsigned faults;
    uint64_t start_ns;           /* of humi_clock_ns() */
    uint64_t service_ns;
};
void humi_record_batch(struct hum *hum, const struct humi_record_batch *batch);

/* The kernel's number in traces; device_kernel as the device knows it. */
static inline uint32_t humi_record_kernel_id(unsigned processor, unsigned device_kernel)
{
    return processor == 0 ? 0 : (processor - 1) * 65536u + device_kernel + 1;
}

#endif
