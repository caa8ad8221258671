/* SPDX-License-Identifier: MIT */
/*
 * format.h - the numbers of the trace file; FORMAT.md says what they mean.
 *
 *     file    header, chunk, chunk, ..., end
 *     chunk   chunk header, zstd frame of: length of the shapes, shapes, timings
 *     end     a chunk header without records and without a body
 */
#ifndef HUMI_TRACE_FORMAT_H
#define HUMI_TRACE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <hum/trace.h>

#define HUMI_TRACE_VERSION 1u
#define HUMI_TRACE_MAGIC "HUMTRACE"             /* 8 bytes, then u32 version, u32 0 */
#define HUMI_TRACE_HEADER_BYTES ((size_t)16)

#define HUMI_TRACE_CHUNK_MAGIC 0x4b4e4843u      /* "CHNK" */
#define HUMI_TRACE_END_MAGIC 0x21444e45u        /* "END!" */
#define HUMI_TRACE_CHUNK_HEADER_BYTES ((size_t)24)

#define HUMI_TRACE_RAW_MAX ((size_t)1 << 20)    /* bytes of a chunk before compression */
#define HUMI_TRACE_BODY_MAX (HUMI_TRACE_RAW_MAX + (HUMI_TRACE_RAW_MAX >> 8) + 64)
#define HUMI_TRACE_RECORD_MAX ((size_t)1024)    /* no record takes more bytes than that */

/* First byte of a record: its kind, and four flags whose meaning depends on the kind. */
#define HUMI_TRACE_FLAG(n) (0x10u << (n))

/* FLAG_* of an event */
#define HUMI_EVENT_EVICTED HUMI_TRACE_FLAG(0)
#define HUMI_EVENT_SAME_ACTOR HUMI_TRACE_FLAG(1)  /* cause .. thread are the last event's */
#define HUMI_EVENT_NEXT_BLOCK HUMI_TRACE_FLAG(2)  /* block behind the region's last one */
#define HUMI_EVENT_NO_TIME HUMI_TRACE_FLAG(3)     /* move_ns is 0 */

/* Second byte of an event: bits 0-1 pages, 2-3 moved, 4-6 bytes, 7 modelled_ns is the last one. */
enum humi_trace_pages { HUMI_PAGES_NONE, HUMI_PAGES_ALL, HUMI_PAGES_LAST, HUMI_PAGES_LISTED };
enum humi_trace_moved { HUMI_MOVED_NONE, HUMI_MOVED_PAGES, HUMI_MOVED_LAST, HUMI_MOVED_LISTED };
enum humi_trace_bytes {
    HUMI_BYTES_NONE,
    HUMI_BYTES_H2D,       /* 1 + direction: that many pages as are in moved */
    HUMI_BYTES_D2H,
    HUMI_BYTES_D2D,
    HUMI_BYTES_LISTED,
    HUMI_BYTES_FORMS
};
#define HUMI_EVENT_SAME_MODELLED 0x80u

#define HUMI_FAULTS_SAME_ACTOR HUMI_TRACE_FLAG(0) /* processor, region, kernel are the last ones */
#define HUMI_FAULTS_ONE HUMI_TRACE_FLAG(1)        /* one fault, no duplicate */

#define HUMI_BATCH_SAME_PROCESSOR HUMI_TRACE_FLAG(0)
#define HUMI_BATCH_ONE HUMI_TRACE_FLAG(1)         /* one fault */

#define HUMI_ACCESS_WRITE HUMI_TRACE_FLAG(0)
#define HUMI_ACCESS_SAME_AGENT HUMI_TRACE_FLAG(1) /* agent .. launch are the last access's */
#define HUMI_ACCESS_ONE HUMI_TRACE_FLAG(2)        /* one page, touched once */
#define HUMI_ACCESS_SAME_LINES HUMI_TRACE_FLAG(3) /* lines are the last access's */

/*
 * The counters of a totals record that are not by cause, in their order; `c` is the name of a
 * pointer to them, or that with a & in front, for their addresses.
 */
#define HUMI_TRACE_COUNTERS(c)                                                                     \
    c->faults_host, c->faults_device, c->faults_duplicate, c->batches, c->bytes[HUM_H2D],          \
        c->bytes[HUM_D2H], c->bytes[HUM_D2D], c->evictions_clean, c->evictions_dirty,              \
        c->move_ns[HUM_H2D], c->move_ns[HUM_D2H], c->move_ns[HUM_D2D], c->service_ns,              \
        c->modelled_ns[HUM_H2D], c->modelled_ns[HUM_D2H], c->modelled_ns[HUM_D2D]
_Static_assert(sizeof(struct hum_counters) == (16 + 3 * HUM_CAUSE_COUNT) * sizeof(uint64_t),
               "a counter is missing above: it needs a new version of the format");

/*
 * What the next record is told as a difference to.  All zero at the start of a chunk; the same for
 * who writes and who reads.
 */
#define HUMI_TRACE_SLOTS 64u
struct humi_trace_state {
    uint64_t time_ns;                         /* of the last record that was no launch */
    struct hum_trace_event event;             /* the last one */
    uint32_t next_block[HUMI_TRACE_SLOTS];    /* by region, modulo */
    struct hum_trace_faults faults;
    int32_t batch_processor;
    struct hum_trace_access access;
    uint64_t next_page[HUMI_TRACE_SLOTS];     /* by agent, modulo */
    uint64_t launch;
};

#endif
