/* SPDX-License-Identifier: MIT */
/*
 * crew.h - processes that each replay one cell after another: of the pool of this machine, and of
 * one rank of many.
 *
 * Processes, not threads, because a replay turns the runtime's clock, which is one a process; and
 * one that crashes or runs out of memory takes nothing with it but its cell.
 *
 *     owner:  begin -- number of a cell ->  worker, which keeps the trace of its last cell
 *             end   <- struct compare_cell --
 *
 * Threads: one.  Ownership: close ends the processes.
 */
#ifndef HUM_COMPARE_CREW_H
#define HUM_COMPARE_CREW_H

#include <signal.h>
#include <sys/types.h>

#include "comparison/engine.h"

struct compare_worker {
    pid_t pid;                   /* 0: none yet, or none any more */
    int to, from;                /* pipes; `from` can be polled while it works */
    size_t cell;                 /* it works on; SIZE_MAX: none */
    long held;                   /* trace of its last cell, -1: none */
};

struct compare_crew {
    const struct compare_engine *engine;
    const struct compare_grid *grid;
    struct compare_worker *workers;
    unsigned count;
    struct sigaction before;     /* of SIGPIPE: a worker that died is seen by EPIPE */
};

/* No process is made yet.  False: no memory. */
bool compare_crew_open(struct compare_crew *crew, const struct compare_engine *engine,
                       const struct compare_grid *grid, unsigned count);
void compare_crew_close(struct compare_crew *crew);

/*
 * Give an idle worker a cell; its process is made if there is none.  False: it failed already, and
 * *cell_out says why.
 */
bool compare_crew_begin(struct compare_crew *crew, struct compare_worker *worker, size_t number,
                        struct compare_cell *cell_out);

/* Wait for the cell that it works on: the result, or how its process ended. */
void compare_crew_end(struct compare_crew *crew, struct compare_worker *worker,
                      struct compare_cell *cell_out);

/* An idle worker's process ends, if it has one. */
void compare_crew_dismiss(struct compare_worker *worker);

#endif
