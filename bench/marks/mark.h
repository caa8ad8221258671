/* SPDX-License-Identifier: MIT */
/*
 * mark.h - what a benchmark is: a value of hum's, a floor, and the ratio that is promised.
 *
 * A benchmark is one const table.  Its measure() runs rounds of floor, value, floor, value, ... so
 * that a machine that slows down slows both, adds one number a round (or a batch) to each series,
 * and leaves a note about what was measured.  The first round warms up and is thrown away.
 *
 * To add one: write it beside its kin, declare it here, add it to the list in command/bench.c, to
 * README.md and to hum.1.
 */
#ifndef HUM_MARKS_MARK_H
#define HUM_MARKS_MARK_H

#include <stdbool.h>
#include <stddef.h>

#include "marks/series.h"

struct mark_options {
    size_t bytes;  /* of the streamed, prefetched and touched data */
    unsigned runs; /* rounds that count */
    size_t live;   /* live regions of `alloc` */
};

struct link_table;
struct thrash_table;

struct mark_result {
    struct series value, floor; /* in the mark's unit */
    bool paired;                /* value[i] belongs to floor[i]: ratio is the median of theirs */
    struct series cpu;          /* of `counters`, pair by pair: ratio of the CPU time of program and
                                   device with and without; empty where it is not measured */
    struct series overlap;      /* of `counters`, per cent: how many of the hottest were found */
    struct link_table *link;    /* of `link` (link.h), NULL elsewhere; freed with free() */
    struct thrash_table *thrash; /* of `thrash` (thrash.h), likewise */
    bool huge;                  /* hum's frames were huge pages: which limit applies */
    char note[512];             /* what was measured; after a failure: why not */
};

struct mark {
    const char *name, *unit, *about;
    const char *group;  /* the name that selects it besides its own, or NULL */
    double limit;       /* the largest good ratio; 0: figure only */
    double limit_small; /* the same without huge pages; 0: no difference */
    /* False: could not be measured, and note says why. */
    bool (*measure)(const struct mark_options *options, struct mark_result *result);
    /* False: this build cannot do it, the note says why; it is left out.  NULL: it always can. */
    bool (*possible)(struct mark_result *result);
};

extern const struct mark mark_resident;
extern const struct mark mark_stream_h2d, mark_stream_d2h;
extern const struct mark mark_prefetch_h2d, mark_prefetch_d2h;
extern const struct mark mark_fault_h2d, mark_fault_d2h, mark_upgrade;
extern const struct mark mark_launch, mark_call;
extern const struct mark mark_platform_wait, mark_platform_flow, mark_platform_events;
extern const struct mark mark_platform_args, mark_platform_unordered;
extern const struct mark mark_metadata, mark_metadata_reserved;
extern const struct mark mark_alloc;
extern const struct mark mark_link;
extern const struct mark mark_thrash;
extern const struct mark mark_trace_stream_h2d, mark_trace_stream_d2h, mark_trace_pagerank;
extern const struct mark mark_epoch_stream_h2d, mark_epoch_stream_d2h, mark_epoch_pagerank;
extern const struct mark mark_exact_stream_h2d, mark_exact_stream_d2h, mark_exact_pagerank;
extern const struct mark mark_counters_pagerank, mark_counters_join;

/* Write the note; returns false, so that a failure is `return mark_fail(result, ...)`. */
bool mark_fail(struct mark_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Append a sentence to the note. */
void mark_note(struct mark_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
