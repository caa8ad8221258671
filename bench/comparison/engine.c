/* SPDX-License-Identifier: MIT */
/* engine.c - one trace held at a time. */
#include "comparison/engine.h"

#include <stdio.h>

void compare_engine_release(const struct compare_engine *engine, struct compare_held *held)
{
    if (held->trace)
        engine->unload(engine->context, held->trace);
    *held = (struct compare_held){0};
}

void compare_engine_run(const struct compare_engine *engine, const struct compare_grid *grid,
                        struct compare_held *held, struct compare_cell *cell)
{
    if (!held->tried || held->index != cell->trace) {
        compare_engine_release(engine, held);
        held->tried = true;
        held->index = cell->trace;
        held->trace = engine->load(engine->context, grid->traces[cell->trace], held->why,
                                   sizeof(held->why));
    }
    if (held->trace) {
        engine->run(engine->context, held->trace, grid, cell);
        return;
    }
    cell->missing = COMPARE_FAILED;
    snprintf(cell->why, sizeof(cell->why), "%s", held->why);
}
