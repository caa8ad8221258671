/* SPDX-License-Identifier: MIT */
/*
 * pool.h - a grid on all cores of this machine: a crew of processes, dealt one cell after another,
 * the next one to whoever is idle.
 *
 * A worker keeps the trace of its last cell, so workers are given cells of their trace as long as
 * there are some.
 */
#ifndef HUM_COMPARE_POOL_H
#define HUM_COMPARE_POOL_H

#include "comparison/engine.h"
#include "comparison/progress.h"

#define COMPARE_JOBS_MAX 1024u

/*
 * Run all cells with `jobs` workers.  A worker that dies fails its cell and is replaced.
 * False: not even one worker could be made; `problem` says why.
 */
bool compare_pool_run(const struct compare_engine *engine, struct compare_grid *grid,
                      unsigned jobs, struct compare_progress *progress,
                      struct compare_problem *problem);

/* Cores that this process may use: how many workers to have if nobody says. */
unsigned compare_pool_cores(void);

/* How cells are dealt out, apart from the processes: see deal.c. */
struct compare_deal;
struct compare_deal *compare_deal_create(const struct compare_grid *grid);
void compare_deal_destroy(struct compare_deal *deal);
/* The next cell for a worker that holds trace `held` (-1: none); SIZE_MAX: none is left. */
size_t compare_deal_next(struct compare_deal *deal, long held);

#endif
