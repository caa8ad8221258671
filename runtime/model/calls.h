/* SPDX-License-Identifier: MIT */
/*
 * calls.h - what the program of a trace asked of the runtime, asked again through the same public
 * functions.
 *
 * Records of one call (`rest` in trace.h) are gathered and done at the last of them, or when
 * something else comes first, as in a trace that was cut.  A call that the runtime refuses is
 * counted and has done what it did in the run.
 *
 * Threads: one at a time.  Ownership: fini frees.
 */
#ifndef HUMI_MODEL_CALLS_H
#define HUMI_MODEL_CALLS_H

#include <hum/trace.h>

#include "model/world.h"

struct humi_calls {
    bool no_hints;               /* all but protections are left out */
    bool no_policies;            /* hum_policy_set() is */
    uint64_t refused;

    struct hum_trace_call last;  /* of the records gathered */
    void *region;                /* of it; NULL: it does not live */
    size_t count;                /* of them; 0: none */
    struct hum_range *ranges;
    size_t room;
    char text[HUM_POLICY_TEXT_MAX];
};

void humi_calls_fini(struct humi_calls *calls);

/* The second one goes on with the call of the first. */
bool humi_calls_go_on(const struct hum_trace_call *before, const struct hum_trace_call *next);

/*
 * first_page: of the region that the call is about, UINT64_MAX if it does not live.
 * HUM_ERR_INVALID: a policy that is not known here, or of a plug-in; the text says which.
 */
HUM_MUST_USE enum hum_status humi_calls_take(struct humi_calls *calls, struct humi_world *world,
                                             const struct hum_trace_call *call,
                                             uint64_t first_page);

/* What was gathered is done, if anything was. */
HUM_MUST_USE enum hum_status humi_calls_flush(struct humi_calls *calls, struct humi_world *world);

#endif
