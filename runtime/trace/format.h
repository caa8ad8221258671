/* SPDX-License-Identifier: MIT */
/*
 * format.h - the numbers of the trace file; FORMAT.md says what they mean.
 *
 *     file    header, chunk, chunk, ..., end
 *     chunk   chunk header, zstd frame of: lengths of the columns, columns
 *     end     a chunk header without records and without a body
 */
#ifndef HUMI_TRACE_FORMAT_H
#define HUMI_TRACE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <hum/trace.h>

#define HUMI_TRACE_VERSION 3u                   /* that is written */
#define HUMI_TRACE_VERSION_LEAST 2u             /* that is read */
#define HUMI_TRACE_VERSION_CALLS 3u             /* first with calls, and flags of regions */
#define HUMI_TRACE_MAGIC "HUMTRACE"             /* 8 bytes, then u32 version, u32 0 */
#define HUMI_TRACE_HEADER_BYTES ((size_t)16)

#define HUMI_TRACE_CHUNK_MAGIC 0x4b4e4843u      /* "CHNK" */
#define HUMI_TRACE_END_MAGIC 0x21444e45u        /* "END!" */
#define HUMI_TRACE_CHUNK_HEADER_BYTES ((size_t)24)

#define HUMI_TRACE_RAW_MAX ((size_t)1 << 20)    /* bytes of a chunk before compression */
#define HUMI_TRACE_BODY_MAX (HUMI_TRACE_RAW_MAX + (HUMI_TRACE_RAW_MAX >> 8) + 256)
#define HUMI_TRACE_RECORD_MAX ((size_t)1024)    /* no record takes more bytes than that */

/*
 * What a chunk consists of.  Fields of one sort stand together, because they resemble each other
 * and nothing else.  Those from GAPS on are numbers (numbers.h), and BITS has what their symbols
 * do not say.
 */
#define HUMI_TRACE_COLUMN_LIST(X)                                                                  \
    X(HUMI_COLUMN_HEADS, "heads")       /* what is the same as before, and which kind it is */     \
    X(HUMI_COLUMN_ACTORS, "actors")     /* processors, kernels, threads, agents, launches */       \
    X(HUMI_COLUMN_REGIONS, "regions")                                                              \
    X(HUMI_COLUMN_BLOCKS, "blocks")                                                                \
    X(HUMI_COLUMN_MASKS, "masks")       /* pages of a block */                                     \
    X(HUMI_COLUMN_COUNTS, "counts")                                                                \
    X(HUMI_COLUMN_PAGES, "pages")       /* of accesses */                                          \
    X(HUMI_COLUMN_LINES, "lines")                                                                  \
    X(HUMI_COLUMN_PLAIN, "plain")       /* what things are */                                      \
    X(HUMI_COLUMN_GAPS, "gaps")         /* from the end of a batch to what is next */              \
    X(HUMI_COLUMN_TIMES, "times")       /* of everything else, from the end of what was last */    \
    X(HUMI_COLUMN_STARTS, "starts")     /* of batches, from their first record */                  \
    X(HUMI_COLUMN_SERVICES, "services") /* of batches, from their last record */                   \
    X(HUMI_COLUMN_MOVES, "moves")                                                                  \
    X(HUMI_COLUMN_LINKS, "links")       /* modelled */                                             \
    X(HUMI_COLUMN_LAUNCHES, "launches")                                                            \
    X(HUMI_COLUMN_BITS, "bits")

enum humi_trace_column {
#define HUMI_TRACE_COLUMN_ENUM(name, text) name,
    HUMI_TRACE_COLUMN_LIST(HUMI_TRACE_COLUMN_ENUM)
#undef HUMI_TRACE_COLUMN_ENUM
    HUMI_COLUMNS
};

/* Most bytes of a column that a writer makes, a block of zstd's: then the chunk is full. */
#define HUMI_TRACE_COLUMN_MAX ((size_t)1 << 17)
#define HUMI_TRACE_LENGTHS_MAX (3 * (size_t)HUMI_COLUMNS) /* varints below 2^21 */

/* First byte of a record: its kind, and four flags whose meaning depends on the kind. */
#define HUMI_TRACE_FLAG(n) (0x10u << (n))

/* An event's first byte. */
#define HUMI_EVENT_EVICTED HUMI_TRACE_FLAG(0)
#define HUMI_EVENT_NO_TIME HUMI_TRACE_FLAG(1)     /* move_ns is 0 */
#define HUMI_EVENT_SAME_BLOCK HUMI_TRACE_FLAG(2)  /* as the last event's */
#define HUMI_EVENT_NEXT_BLOCK HUMI_TRACE_FLAG(3)  /* behind the region's last one */

/* Its second byte: bits 0-2 pages, 3-4 moved, 5-7 bytes. */
enum humi_trace_pages {
    HUMI_PAGES_NONE,
    HUMI_PAGES_ALL,
    HUMI_PAGES_LAST,      /* the last event's */
    HUMI_PAGES_LISTED,
    HUMI_PAGES_REST,      /* all but the last event's */
    HUMI_PAGES_JOINED,    /* listed together with the last event's */
    HUMI_PAGES_FORMS
};
enum humi_trace_moved { HUMI_MOVED_NONE, HUMI_MOVED_PAGES, HUMI_MOVED_LAST, HUMI_MOVED_LISTED };
enum humi_trace_bytes {
    HUMI_BYTES_NONE,
    HUMI_BYTES_H2D,       /* 1 + direction: that many pages as are in moved */
    HUMI_BYTES_D2H,
    HUMI_BYTES_D2D,
    HUMI_BYTES_LISTED,
    HUMI_BYTES_FORMS
};

/* Its third byte: bits 0-1 the actor, bit 2: at the time of the record before, bits 3-7 cause. */
enum humi_trace_actor_form {
    HUMI_ACTOR_LAST,      /* the last event's */
    HUMI_ACTOR_FAULTED,   /* the last faults record's, and the processor's last thread */
    HUMI_ACTOR_CAUSE,     /* of the last event with this cause */
    HUMI_ACTOR_LISTED
};
#define HUMI_EVENT_SAME_TIME 4u
#define HUMI_TRACE_CAUSES 32u
_Static_assert(HUM_CAUSE_COUNT <= HUMI_TRACE_CAUSES, "a cause has five bits");

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
 * pointer to them, or that with a & in front, for their addresses.  New ones go to the end: a
 * reader passes over those that it does not know.
 */
#define HUMI_TRACE_COUNTERS(c)                                                                     \
    c->faults_host, c->faults_device, c->faults_duplicate, c->batches, c->bytes[HUM_H2D],          \
        c->bytes[HUM_D2H], c->bytes[HUM_D2D], c->evictions_clean, c->evictions_dirty,              \
        c->move_ns[HUM_H2D], c->move_ns[HUM_D2H], c->move_ns[HUM_D2D], c->service_ns,              \
        c->modelled_ns[HUM_H2D], c->modelled_ns[HUM_D2H], c->modelled_ns[HUM_D2D]
#define HUMI_TRACE_COUNTERS_KNOWN 16
_Static_assert(sizeof(struct hum_counters) ==
                   (HUMI_TRACE_COUNTERS_KNOWN + 3 * HUM_CAUSE_COUNT) * sizeof(uint64_t),
               "a counter is missing above");

#endif
