/* SPDX-License-Identifier: MIT */
/*
 * engine.h - who replays a cell: a seam, so that the work of spreading a grid can be tested without
 * replaying anything.
 *
 * Threads: one engine is used by one thread of one process at a time.
 */
#ifndef HUM_COMPARE_ENGINE_H
#define HUM_COMPARE_ENGINE_H

#include "comparison/grid.h"

struct compare_engine {
    void *context;
    /* Load a trace; what it returns goes to run().  NULL: `why` says what is wrong with it. */
    void *(*load)(void *context, const char *path, char *why, size_t why_bytes);
    void (*unload)(void *context, void *trace);
    /* Replay into cell->figures; what keeps it from that into cell->missing and why. */
    void (*run)(void *context, void *trace, const struct compare_grid *grid,
                struct compare_cell *cell);
};

/* Load the cell's trace if it is not the one held, and run it.  Starts with NULL in *held. */
struct compare_held {
    void *trace;
    unsigned index;
    char why[240];               /* it could not be loaded: trace is NULL */
    bool tried;
};

void compare_engine_run(const struct compare_engine *engine, const struct compare_grid *grid,
                        struct compare_held *held, struct compare_cell *cell);
void compare_engine_release(const struct compare_engine *engine, struct compare_held *held);

#endif
