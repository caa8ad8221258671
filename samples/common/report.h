/* SPDX-License-Identifier: MIT */
/* report.h - what a sample measured, as a table for people or as JSON. */
#ifndef SAMPLES_REPORT_H
#define SAMPLES_REPORT_H

#include <stdbool.h>

#include "sample.h"

struct sample_result {
    const char *mode;           /* "unified" or "explicit" */
    size_t device_bytes;        /* capacity of the device */
    bool fits;                  /* false: not run, the other members below are empty */
    bool verified;              /* every run agreed with the reference */
    struct meter meter;         /* of the run with the median time */
    struct hum_counters total;  /* of all runs, from hum_open to the end */
};

struct sample_report {
    const char *name;
    struct sample_options options;
    struct sample_facts facts;
    unsigned count;
    struct sample_result results[2];
};

void report_print_table(const struct sample_report *report);

/*
 * {"sample","problem","graph","runs","footprint_bytes","device_bytes","cpu_ns",
 *  "results":[{"mode","fits","time_ns","faults","h2d_bytes","d2h_bytes","verified","total"}],
 *  "ratio"}
 * on one line; graph and ratio (unified over explicit) may be null; total is as below.
 */
void report_print_json(const struct sample_report *report);

/*
 * What hum_stats() says, as {"faults_host","faults_device","faults_duplicate","batches",
 * "bytes":[3 directions],"evictions_clean","evictions_dirty",
 * "causes":{"first touch":[events, pages, bytes],...}}.
 */
void report_print_counters(const struct hum_counters *counters);

/* Everything that ran agrees with the reference. */
bool report_is_good(const struct sample_report *report);

#endif
