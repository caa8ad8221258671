/* SPDX-License-Identifier: MIT */
/*
 * script.h - a trace as what each agent does, in its own order, without the times it had.
 *
 *     the program     alloc | touch .. | launch 1 | launch 2 | wait | touch .. | free
 *     launch 1        worker 0: touch ..      worker 1: touch ..
 *     launch 2        worker 0: touch ..
 *
 * Where epochs are recorded their boundaries say when the program launched and when its waits
 * ended.  Elsewhere it is taken to have waited for all before a launch if all had ended when that
 * one was submitted, and before it freed a region.  Accesses of devices in no known launch begin
 * with the program, each agent's for itself.
 *
 * A trace is not believed: what does not fit into memory is HUM_ERR_NO_MEMORY.
 * Threads: const once read.  Ownership: fini frees.
 */
#ifndef HUMI_MODEL_SCRIPT_H
#define HUMI_MODEL_SCRIPT_H

#include "model/survey.h"

enum humi_script_kind {
    HUMI_SCRIPT_TOUCH,           /* data: first page */
    HUMI_SCRIPT_LAUNCH,          /* data: number of the launch */
    HUMI_SCRIPT_WAIT,            /* for all launches; an epoch begins */
    HUMI_SCRIPT_RECORD,          /* data: index of a record: a region, its end, a kernel, a call */
};

struct humi_script_step {
    uint64_t data;
    uint32_t pages, count;       /* of a touch: neighbouring pages, each touched so often */
    uint32_t kernel;             /* 1 + the device's number; 0: none */
    unsigned char kind;          /* enum humi_script_kind */
    bool write;
};

/* What one agent does, or the program. */
struct humi_script_lane {
    unsigned processor;          /* number */
    uint32_t agent;
    uint64_t launch;             /* 0: in none */
    struct humi_script_step *steps;
    size_t count, room;
    size_t next;                 /* lane of the same launch, SIZE_MAX: none */
};

struct humi_script {
    struct humi_script_lane program;
    struct humi_script_lane *lanes;
    size_t lane_count, lane_room;
    size_t *first;               /* of launch k: its first lane; [0]: of those in none */
    size_t first_count;          /* launches + 1 */
    struct hum_trace_record *records;
    size_t record_count, record_room;
    uint64_t touches;            /* pages x count */
    double touch_ns;             /* what one takes, by the launches of the run; 0: not known */
};

HUM_MUST_USE enum hum_status humi_script_read(struct humi_script *script, struct hum_trace *trace,
                                              const struct humi_survey *survey);
void humi_script_fini(struct humi_script *script);

#endif
