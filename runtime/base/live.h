/* SPDX-License-Identifier: MIT */
/*
 * live.h - the page on which a running space shows itself to `hum top`.
 *
 * A memfd called HUMI_LIVE_NAME, one a space, found as /proc/PID/fd/N by processes of the same
 * user; it ends with its process.  core/live.c writes it, bench/command/top/page.c reads it.
 * Whoever reads it opens it for every look: that is how the writer knows that somebody looks.
 *
 * The sequence is odd while the part below it is written.  A reader takes a copy, and has one that
 * began after it looked once the sequence is even and has passed the next odd number; a sequence
 * of 0 means that nothing was published yet.
 *
 * Reading: the page comes from another program, so counts and indices are bounded by the reader
 * before they are used and texts are ended by it.  Another version, or another size of the page or
 * of struct hum_counters, is another page: a reader says so and stops.
 */
#ifndef HUMI_BASE_LIVE_H
#define HUMI_BASE_LIVE_H

#include <stdatomic.h>

#include <hum/hum.h>

#define HUMI_LIVE_NAME "hum-live"
#define HUMI_LIVE_MAGIC UINT64_C(0x6576696c2d6d7568) /* "hum-live" */
#define HUMI_LIVE_VERSION 2u
#define HUMI_LIVE_REGIONS 64u
#define HUMI_LIVE_KERNELS 64u

struct humi_live_processor {
    char name[64], kind[16];             /* fixed */
    uint32_t workers, huge;              /* fixed */
    uint64_t capacity_bytes;             /* fixed; 0: no limit */
    uint64_t resident_bytes, frame_bytes, spare_bytes; /* as in struct hum_stats */
    uint64_t restarts;
    uint32_t running;                    /* launches whose end nobody has seen */
    uint32_t lost;                       /* 1: the device died */
    struct hum_counters counters;
};

struct humi_live_region {
    uint32_t id, unused;
    char name[64];                       /* "" if never named */
    uint64_t ptr, bytes;
    uint64_t resident_bytes[HUM_PROCESSORS_MAX]; /* by number: 0 the host */
    struct hum_counters counters;
};

struct humi_live_kernel {
    char name[64];
    int32_t device;
    uint32_t id;                         /* number at the device */
    uint64_t launches, launch_ns;
    struct hum_counters counters;
};

struct humi_live_page {
    /* fixed before anybody can see it */
    uint64_t magic;
    uint32_t version, page_bytes, counters_bytes;
    uint32_t pid;                        /* a fork()ed child has the descriptor, but is not it */
    uint64_t open_ns;                    /* CLOCK_MONOTONIC when the space was opened */
    char program[64], policy[64], link[64]; /* link "": none is modelled */
    uint32_t pace, processors;

    _Atomic uint64_t sequence;

    /* published */
    uint64_t time_ns;                    /* CLOCK_MONOTONIC */
    uint64_t launches, regions, region_bytes, metadata_bytes;
    uint64_t kernels;
    uint64_t samples_taken, samples_touched, sample_ns; /* as in struct hum_stats */
    uint32_t sample_ppm, unused;
    uint32_t region_count, kernel_count; /* entries below: the hottest, and the busiest */
    struct hum_counters total;
    struct humi_live_processor processor[HUM_PROCESSORS_MAX];
    struct humi_live_region region[HUMI_LIVE_REGIONS];
    struct humi_live_kernel kernel[HUMI_LIVE_KERNELS];
};

#endif
