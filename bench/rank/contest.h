/* SPDX-License-Identifier: MIT */
/*
 * contest.h - the work of `hum rank` for one program: record it, replay the trace under every
 * policy, run it live under every policy.
 *
 * Live runs go round by round, each under all policies in another order (table.h): a machine that
 * becomes slower does so for all of them.
 */
#ifndef HUM_RANK_CONTEST_H
#define HUM_RANK_CONTEST_H

#include "comparison/replay_engine.h"
#include "rank/live.h"
#include "rank/table.h"

struct rank_contest {
    const struct compare_engine *engine;
    const struct compare_grid *grid; /* its policies and its one ratio */
    struct rank_live *live;
    unsigned runs;
    bool service;                /* the live time is that of serving faults, not the whole */
    bool quiet;                  /* nothing of how far it is */
};

/*
 * Fill the entries' times and counts, or left_out; argv and name are set.  False after a message.
 */
bool rank_contest_run(const struct rank_contest *contest, struct rank_workload *workload);

#endif
