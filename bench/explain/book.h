/* SPDX-License-Identifier: MIT */
/*
 * book.h - first reading of a trace: what things are called, when launches ran, what is known of
 * accesses.  Nothing of it grows with events; launches beyond BOOK_LAUNCHES_MAX are not kept, and
 * the uses in them then have the time at which they were recorded.
 */
#ifndef HUM_EXPLAIN_BOOK_H
#define HUM_EXPLAIN_BOOK_H

#include <hum/trace.h>

#include "report/ledger.h"
#include "report/source.h"

#define BOOK_LAUNCHES_MAX (1u << 20)

struct book_launch {
    uint64_t launch, start_ns, end_ns;
};

struct book {
    struct hum_trace_space space;
    bool has_space;
    struct hum_trace_processor processor[HUM_PROCESSORS_MAX]; /* by processor + 1 */
    bool has_processor[HUM_PROCESSORS_MAX];
    struct ledger ledger;             /* regions and kernels */
    struct book_launch *launch;       /* by number, once it is read */
    uint32_t launches, launch_room;
    bool *by_line;                    /* kernels with accesses, by row of the ledger */
    uint32_t lines_of;                /* processors whose accesses are told by line, HUM_BIT */
    bool has_accesses, has_modelled;
    bool no_copies;                   /* the run had no read-only copies on several processors */
    uint64_t dropped_accesses, dropped_events;
    uint64_t records;                 /* read; later readings stop there */
    char damage[256];                 /* "" or why reading ended early */
};

/* HUM_ERR_NO_MEMORY; HUM_ERR_INVALID: there is no record at all. */
HUM_MUST_USE enum hum_status book_read(const struct report_source *source, struct book *book);
void book_free(struct book *book);

/* "emu0", "host", "device 3" */
const char *book_processor(const struct book *book, int processor, char *room, size_t bytes);
/* NULL: no kernel, or its name is not known. */
const char *book_kernel(const struct book *book, uint32_t kernel);
/* NULL: not known. */
const struct book_launch *book_launch(const struct book *book, uint64_t launch);
uint64_t book_address(const struct book *book, uint64_t page);
/*
 * Is every access by the processor in the trace, line by line?  Of a device not, if it ran a kernel
 * that has no accesses.
 */
bool book_knows_lines(const struct book *book, int32_t processor);

#endif
