/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - what happened when: sums a bin of time, and which kernel ran on each device.
 *
 * Bins are the finest level, at most TIMELINE_BINS of equal width; whoever draws adds neighbours
 * up for coarser ones.  An event counts in the bin where it began, and the time that it took in
 * those where that passed; what passed behind the end is the last one's.  In a lane each bin names
 * the kernel of the longest launch in it and says how much of the bin the device was busy.
 */
#ifndef HUM_REPORT_TIMELINE_H
#define HUM_REPORT_TIMELINE_H

#include <stdbool.h>

#include <hum/trace.h>

#define TIMELINE_BINS 65536u

/* X(name, key in exports) */
#define SERIES_LIST(X)                       \
    X(SERIES_FAULTS_HOST, "faults_host")     \
    X(SERIES_FAULTS_DEVICE, "faults_device") \
    X(SERIES_BYTES_H2D, "bytes_h2d")         \
    X(SERIES_BYTES_D2H, "bytes_d2h")         \
    X(SERIES_BYTES_D2D, "bytes_d2d")         \
    X(SERIES_COPY_NS, "copy_ns")             \
    X(SERIES_MODELLED_NS, "modelled_ns")     \
    X(SERIES_EVICTIONS, "evictions")

enum series {
#define SERIES_ENUM(name, text) name,
    SERIES_LIST(SERIES_ENUM)
#undef SERIES_ENUM
        SERIES_COUNT
};

const char *series_key(enum series series);

struct lane {
    uint16_t *kernel;  /* a bin: place in the table of kernels, 0: idle */
    uint64_t *busy_ns; /* a bin: of the device, at most the bin's width */
    uint64_t *best_ns; /* a bin: of the kernel named */
    uint32_t *fresh;   /* a bin: a bin at or behind it that no launch covers whole yet */
    uint64_t launches;
};

struct timeline {
    uint64_t start_ns, end_ns; /* [start, end) */
    uint64_t bin_ns;
    uint32_t bins; /* that cover it */
    uint64_t *sum[SERIES_COUNT];
    uint64_t *whole[SERIES_COUNT]; /* of times, until the end: how many cover a bin whole, less how
                                      many the bin before; else NULL */
    struct lane lane[HUM_DEVICES_MAX]; /* kernel NULL: no launch there */
};

/* False: no memory. */
bool timeline_init(struct timeline *timeline, uint64_t start_ns, uint64_t end_ns);
void timeline_fini(struct timeline *timeline);
uint32_t timeline_bin(const struct timeline *timeline, uint64_t time_ns);
void timeline_add(struct timeline *timeline, enum series series, uint64_t time_ns, uint64_t amount);
void timeline_event(struct timeline *timeline, uint64_t time_ns,
                    const struct hum_trace_event *event);
/* Behind the last event: before it the sums of times are not whole. */
void timeline_finish(struct timeline *timeline);
/* kernel: its place in the table.  False: no memory. */
bool timeline_launch(struct timeline *timeline, uint64_t start_ns, uint16_t kernel,
                     const struct hum_trace_launch *launch);
/* What is busy of a bin, 0 .. 100. */
unsigned timeline_busy_percent(const struct timeline *timeline, const struct lane *lane,
                               uint32_t bin);

#endif
