/* SPDX-License-Identifier: MIT */
/*
 * measure.h - what the program of a trace could have done for its memory, and did not: advice, a
 * policy, a prefetch, for one region or all of a name.  Replayed with it, a trace says what it
 * would have been worth.
 *
 *     advice    hum_advise() for all of the region    as soon as it lives, or has the name
 *     policy    hum_policy_set() for it               the same
 *     prefetch  hum_prefetch() of all of it           before each of the launches, in their streams
 *
 * Threads: pure data; the functions as world.h.  Ownership: the caller's.
 */
#ifndef HUMI_MODEL_MEASURE_H
#define HUMI_MODEL_MEASURE_H

#include <hum/trace.h>

#include "model/world.h"

enum humi_measure_kind { HUMI_MEASURE_ADVICE, HUMI_MEASURE_POLICY, HUMI_MEASURE_PREFETCH };

struct humi_measure {
    enum humi_measure_kind kind;
    uint32_t region;             /* its number in the trace, 1 in one without regions; 0: by name */
    const char *name;            /* of regions */
    enum hum_advice advice;
    int processor;               /* that advice or prefetch are about */
    const char *policy;          /* as hum_policy_set() takes it */
    const uint64_t *launches;    /* of a prefetch: before these, ascending */
    size_t launch_count;
};

struct humi_measures {
    const struct humi_measure *list; /* in this order */
    size_t count;
};

/* The region has come to live (`fresh`), or only has a new name. */
HUM_MUST_USE enum hum_status humi_measures_live(const struct humi_measures *measures,
                                                struct humi_world *world,
                                                const struct hum_trace_region *region, bool fresh);

/*
 * What is to be prefetched before the launch.  first_pages: of the regions that live, by number,
 * UINT64_MAX for others.
 */
HUM_MUST_USE enum hum_status humi_measures_launch(const struct humi_measures *measures,
                                                  struct humi_world *world, uint64_t launch,
                                                  const uint64_t *first_pages, uint32_t regions);

#endif
