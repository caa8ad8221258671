/* SPDX-License-Identifier: MIT */
/*
 * survey.h - a trace read once before it is replayed: what ran, on what, and how it was recorded.
 *
 * A trace is not believed: what it may make us allocate is limited.
 * Threads: guarded by whoever holds it.  Ownership: fini frees.
 */
#ifndef HUMI_MODEL_SURVEY_H
#define HUMI_MODEL_SURVEY_H

#include <hum/trace.h>

#include "model/processor.h"
#include "policy/compose.h"

#define HUMI_SURVEY_LAUNCHES_MAX (UINT64_C(1) << 20) /* what a trace says of later ones is lost */

struct humi_survey_launch {
    int16_t device;              /* -1: the trace does not say */
    uint16_t stream;
    uint32_t kernel;
    bool illegal;                /* it ended at a touch that could not be served */
    uint64_t submit_ns, start_ns, end_ns; /* 0: not known */
    uint64_t touches;            /* pages named by its accesses */
};

struct humi_survey {
    uint64_t start, bytes;       /* of the space; start 0: not said */
    char policy[HUMI_POLICY_TEXT_MAX], link[64], accesses[16]; /* settings; "" if missing */
    bool deterministic;
    uint64_t stale_blocks;       /* UINT64_MAX: not said */
    unsigned processors;         /* the host and devices, also those that only touch */
    struct humi_model_traits traits[HUM_PROCESSORS_MAX]; /* as recorded */
    bool traits_known;           /* its processors told what they can do */

    uint64_t accesses_of[HUM_PROCESSORS_MAX]; /* pages named */
    uint64_t first_page, end_page; /* of all accesses */
    uint64_t region_end_page;    /* of all regions */
    uint64_t declared;           /* changes that launches with declared uses made */
    uint64_t records, regions, epochs, calls; /* a call of several ranges counts once */
    uint64_t dropped;            /* records that the trace lacks and a replay needs */
    uint64_t illegal;            /* launches that ended so */
    bool has_totals;
    struct hum_counters totals;  /* of the run */

    struct humi_survey_launch *launches; /* by number - 1 */
    uint64_t launch_count, launch_room;
};

/* Reads to the end and rewinds. */
HUM_MUST_USE enum hum_status humi_survey_read(struct humi_survey *survey, struct hum_trace *trace);
void humi_survey_fini(struct humi_survey *survey);

/* NULL if the trace says nothing of it. */
const struct humi_survey_launch *humi_survey_launch(const struct humi_survey *survey,
                                                    uint64_t launch);

/*
 * No device touches anything: the accesses are the host's, as in imported traces.  Not where the
 * trace has all accesses.
 */
bool humi_survey_is_host_only(const struct humi_survey *survey);

/* The host touches nothing: what it wrote before is not known.  Not where the trace has all. */
bool humi_survey_is_device_only(const struct humi_survey *survey);

#endif
