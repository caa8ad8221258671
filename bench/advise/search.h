/* SPDX-License-Identifier: MIT */
/*
 * search.h - every candidate of a plan replayed alone, and the best ones together.
 *
 *     base                as it was
 *     each candidate      base + it                            gain > 1 %: kept, best first
 *     together            the best kept one of each subject, and of the whole program:
 *         round 1         the best of all
 *         round n         what is there + each of the others; the best of them is taken, if it adds
 *                         more than 1 % of the base; those that add nothing are dropped
 *
 * Greedy, so the combination is good and not proven best.  Replays of a round run in processes of
 * their own (comparison/pool.h).  A gain is of modelled time: (before - after) / before.
 *
 * Threads: one.
 */
#ifndef HUM_ADVISE_SEARCH_H
#define HUM_ADVISE_SEARCH_H

#include <stdio.h>

#include "advise/plan.h"
#include "command/replay/engine.h"

#define ADVISE_REGIONS_MAX 64u
#define ADVISE_TOGETHER_MAX (ADVISE_REGIONS_MAX + 1) /* and the whole program */
#define ADVISE_GAIN_LEAST 0.01

struct advise_search {
    struct replay_trace *trace;
    const struct replay_request *base; /* its measures are those that the run had */
    struct advise_plan *plan;
    struct compare_figures before;   /* of the base */
    unsigned jobs;
    FILE *progress;                  /* NULL: none is shown */

    /* found */
    size_t *kept;                    /* candidates of the plan, best first */
    size_t kept_count;
    size_t replays, failed;
    size_t together[ADVISE_TOGETHER_MAX]; /* candidates, in the order in which they were taken */
    size_t together_count;
    struct compare_figures after;    /* of all of them; of the base, if there are none */
};

/* The first part is set.  False: the problem says why. */
bool advise_search_run(struct advise_search *search, struct trace_problem *problem);
void advise_search_fini(struct advise_search *search);

/* Part of `before` that is saved; negative: it costs more. */
double advise_gain(const struct compare_figures *before, const struct compare_figures *after);

#endif
