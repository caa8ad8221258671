/* SPDX-License-Identifier: MIT */
/*
 * filter.h - which records a cut keeps.
 *
 * Start, `spec` set, else zero; free at the end.  What things are (space, settings, processors,
 * regions, kernels) is always kept, so that what is left still has names; totals never are, since
 * they are those of the whole.
 */
#ifndef HUM_COMMAND_TRACE_FILTER_H
#define HUM_COMMAND_TRACE_FILTER_H

#include <hum/trace.h>

#include "command/trace/map.h"

struct trace_filter {
    uint64_t from_ns, to_ns;      /* kept: [from_ns, to_ns); a launch if any of it is; calls that
                                     hold on, as advice does, from before, too */
    const char *region;           /* name or number; NULL: all */
    const char *processor;        /* name or number, "host"; NULL: all */

    struct trace_names processors;
    struct trace_map regions;     /* numbers of those that match */
    struct trace_extent {
        uint64_t first_page, end_page;
        uint32_t region;
        bool live;
    } *extents;                   /* pages of those that match */
    size_t extent_count, extent_room;
};

void trace_filter_free(struct trace_filter *filter);

/*
 * Is the record kept?  The pages of an access are cut to the region.  *failed_out: out of memory.
 */
bool trace_filter_keeps(struct trace_filter *filter, struct hum_trace_record *record,
                        bool *failed_out);

/* A region and a processor matched something, as far as they were asked for. */
bool trace_filter_found_region(const struct trace_filter *filter);
bool trace_filter_found_processor(const struct trace_filter *filter);

#endif
