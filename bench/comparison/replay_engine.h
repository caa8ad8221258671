/* SPDX-License-Identifier: MIT */
/* replay_engine.h - the engine that replays: `hum replay` for each cell. */
#ifndef HUM_COMPARE_REPLAY_ENGINE_H
#define HUM_COMPARE_REPLAY_ENGINE_H

#include "command/replay/request.h"
#include "comparison/engine.h"

struct compare_replay_options {
    const char *link, *fault;    /* as users type them */
    bool page_only;
};

/* The options are checked; they must outlive the engine, which owns nothing. */
bool compare_replay_engine(const struct compare_replay_options *options,
                           struct compare_engine *engine_out, struct compare_problem *problem);

/* A trace that this engine loaded has accesses; without them every cell is left out. */
bool compare_replay_has_accesses(const void *trace);

/* What an outcome of hum replay says in a comparison. */
struct compare_figures compare_figures_of(const struct replay_outcome *outcome);

/* A policy as users type it is known. */
bool compare_replay_knows(const char *policy, struct compare_problem *problem);

/* The named policies that can be replayed; NULL-ended, static. */
const char *const *compare_replay_policies(void);

#endif
