/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a trace replayed through the runtime's own core (world.h).
 *
 * What comes from the trace: regions, launches, epochs, what the program asked of the runtime, and
 * who touches what, in its order.  What comes out: the core's own counters, and if wanted every
 * record, as a trace or to a listener.
 *
 * Exactness.  A run with HUM_DETERMINISTIC=on and HUM_ACCESSES=full:1 has its counters in the
 * trace's totals.  Its replay as recorded, with the policy, capacity and abilities that the trace
 * names, gives the same faults, moves, bytes, prefetches and evictions, each by its cause.  A trace
 * that tells less gives less: with a window above 1 accesses to a page stand together, several
 * workers are not ordered, and a trace without the host's accesses does not say what it wrote.
 *
 *     the trace has                    taken for
 *     accesses of devices alone        the host wrote every page of a region before
 *     accesses of the host alone       device 0's, the host wrote every page before (imports)
 *     accesses, but no region          one region around all of them
 *
 * Neither of the first two where the run had HUM_ACCESSES=full: then nobody else touched anything.
 *
 * Threads: one at a time.  Ownership: the caller's; nothing is kept.
 */
#ifndef HUMI_MODEL_REPLAY_H
#define HUMI_MODEL_REPLAY_H

#include "core/record.h"
#include "model/measure.h"
#include "model/survey.h"

#define HUMI_MODEL_TOUCH_NS 1.0   /* of a hit, where the trace has no times of launches */
#define HUMI_MODEL_LINK "pcie3x16" /* of a closed loop, if nobody names one */

struct humi_model_params {
    const char *policy;                   /* as HUM_POLICY; NULL: as recorded, but
                                             for plug-ins, which must be named */
    const struct humi_link_model *link;   /* NULL: as recorded */
    uint64_t device_bytes;                /* of each device; 0: as recorded, UINT64_MAX: no limit */
    bool as_recorded;                     /* epochs take access away as they did in the run */
    bool closed;                          /* what agents do takes time (closed.h) */
    bool serial;                          /* closed: 45 us a fault, one at a time */
    double touch_ns;                      /* closed: of a hit; 0: as in the run, if it is known */
    const char *trace;                    /* file for the replay's own trace; NULL: none */
    const struct humi_listener *listener; /* is told its records; NULL: nobody */
    struct humi_measures measures;        /* that the program is to take; none: as it was */
    bool no_hints;                        /* its prefetches, discards, advice, budgets and policies
                                             are left out */
    bool no_policies;                     /* only its policies are */
};

struct humi_model_result {
    struct hum_counters counters;
    uint64_t touches;                     /* pages touched, as often as records name them */
    uint64_t hits;                        /* of them, without a fault */
    uint64_t failed;                      /* of them, on what was no region then */
    uint64_t refused;                     /* calls of the program, by the runtime */
    uint64_t remote;                      /* single touches of pages in another's frame */
    uint64_t reaches;                     /* accesses, of neighbouring pages, with any of these */
    uint64_t returned;                    /* pages that came to a device which had evicted them */
    struct humi_arrivals arrivals;
    uint64_t replay_ns;                   /* measured: the replay itself, without reading */

    /* of a closed loop, else 0 */
    uint64_t modelled_ns;                 /* from the first to the end of all */
    uint64_t modelled_service_ns;         /* of batches */
    uint64_t modelled_link_ns[HUM_DIRECTION_COUNT]; /* that the link was busy */
    uint64_t modelled_throttled_ns;       /* that faults waited because thrashing control said so */
    uint64_t late_prefetches;             /* blocks brought ahead, touched before they had come */
    double touch_ns;                      /* that a hit was taken to take */
};

/*
 * HUM_ERR_INVALID: the trace is damaged, has no accesses, or asks for what cannot be; the text says
 * what.  The survey is of this trace, which is read from its beginning.
 */
HUM_MUST_USE enum hum_status humi_model_replay(struct hum_trace *trace,
                                               const struct humi_survey *survey,
                                               const struct humi_model_params *params,
                                               struct humi_model_result *result_out);

#endif
