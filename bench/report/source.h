/* SPDX-License-Identifier: MIT */
/*
 * source.h - where a report's records come from: a trace file, or an array in a test.
 *
 * A report reads all records twice, first to learn extents, then to fill bins.
 */
#ifndef HUM_REPORT_SOURCE_H
#define HUM_REPORT_SOURCE_H

#include <hum/trace.h>

struct report_source {
    void *of;
    /* As hum_trace_next() and hum_trace_rewind(); hum_error_text() explains a failure. */
    enum hum_status (*next)(void *of, struct hum_trace_record *record_out);
    enum hum_status (*rewind)(void *of);
};

/* Reads an open trace; owns nothing. */
struct report_source report_source_trace(struct hum_trace *trace);

struct report_array {
    const struct hum_trace_record *record;
    size_t count, at;
};

/* Reads an array; owns nothing. */
struct report_source report_source_array(struct report_array *array);

#endif
