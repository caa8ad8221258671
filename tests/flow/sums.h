/* SPDX-License-Identifier: MIT */
/*
 * sums.h - what records add up to, so that it can be held against the runtime's counters; and a
 * story that makes records of every kind.
 */
#ifndef HUM_FLOW_SUMS_H
#define HUM_FLOW_SUMS_H

#include <stdbool.h>

#include <hum/trace.h>

/* What the records of a trace add up to, and what they say about things. */
struct sums {
    struct hum_counters counters;
    struct hum_counters totals;  /* as the runtime wrote them at the end */
    uint64_t modelled_ns, launches, regions, regions_ended, dropped;
    bool space, end, kernel_named, region_named, kernel_told;
};

void sums_add(struct sums *sums, const struct hum_trace_record *record);

/* The records say what the counters that they end with say. */
void sums_agree(const struct sums *sums);

/* Moves both ways, upgrades, evictions, a discard, a free; on a device of 64 MiB. */
void sums_story(struct hum *hum);

#endif
