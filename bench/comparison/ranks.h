/* SPDX-License-Identifier: MIT */
/*
 * ranks.h - a grid over the processes that mpirun started: a seam to MPI.
 *
 * The command is not linked with MPI, whose libraries would be loaded by every `hum`.  A module
 * beside it, hum-mpi.so, is loaded when the environment says that mpirun started this process, and
 * gives one table of functions.  Built where an MPI was found (Debian: libopenmpi-dev).
 *
 * Rank 0 deals cells to all, itself too.  Each rank replays in a process beside it (crew.h), so a
 * replay that crashes ends neither its rank nor, with that, the others.  The results are the same
 * as without MPI, because a cell does not depend on where it is replayed.
 */
#ifndef HUM_COMPARE_RANKS_H
#define HUM_COMPARE_RANKS_H

#include "comparison/engine.h"
#include "comparison/progress.h"

/* Messages between ranks.  Every function returns false when MPI reports an error. */
struct compare_mpi {
    bool (*start)(int *rank_out, int *size_out);
    void (*end)(void);
    bool (*send)(int to, const void *bytes, int count);
    /* From anyone if from < 0; waits.  *from_out says who. */
    bool (*receive)(int from, void *bytes, int count, int *from_out);
    /* A message from anyone is there. */
    bool (*waits)(void);
};
#define COMPARE_MPI_SYMBOL "hum_compare_mpi"

/* mpirun started this process with others. */
bool compare_ranks_wanted(void);

/*
 * Run the grid over all ranks; progress may be NULL on ranks other than 0.  *first_out: this is
 * rank 0, which has all results; the other ranks return when there is nothing left to do.
 */
bool compare_ranks_run(const struct compare_engine *engine, struct compare_grid *grid,
                       struct compare_progress *progress, bool *first_out,
                       struct compare_problem *problem);

#endif
