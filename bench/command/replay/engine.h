/* SPDX-License-Identifier: MIT */
/*
 * engine.h - a trace that is replayed again and again, by the engine that its request needs.
 *
 *     page by page    runtime/replay: open loop, every order of eviction, the bounds
 *     blocks          runtime/model: the runtime's own core, open or closed loop
 *
 * Threads: one at a time a trace.  Ownership: close frees what open made.
 */
#ifndef HUM_COMMAND_REPLAY_ENGINE_H
#define HUM_COMMAND_REPLAY_ENGINE_H

#include "command/replay/request.h"
#include "command/trace/tool.h"
#include "model/survey.h"

#define REPLAY_BOUNDS_KEPT 8u

struct replay_trace {
    const char *path;            /* the caller's */
    struct hum_trace *file;      /* for block replays; NULL before the first */
    struct humi_survey survey;   /* of it */
    struct humi_source source;
    bool truncated;              /* see struct replay_outcome */
    uint64_t dropped;
    char recorded[32];
    struct replay_kept {         /* bounds do not depend on the policy: the last ones are kept */
        uint64_t capacity;       /* 0: nothing is kept here */
        struct humi_cost_model cost;
        double touch_ns;
        enum replay_loop loop;
        bool blocks;
        struct humi_bounds bounds;
    } kept[REPLAY_BOUNDS_KEPT];
    unsigned kept_next;
};

/*
 * Read the trace at `path` to its end; one without accesses is opened, too.  Says how far it is
 * when standard error is a terminal and `progress` is set.  False: the problem says why; nothing
 * has to be closed.
 */
bool replay_open(struct replay_trace *trace, const char *path, bool progress,
                 struct trace_problem *problem);
void replay_close(struct replay_trace *trace);

/* Fill trace->survey, as the first replay of blocks does. */
bool replay_survey(struct replay_trace *trace, struct trace_problem *problem);

/*
 * The same trace for another process, which must not share the place in the file: a copy that uses
 * the arrays of the first, and opens the file for itself.  It is closed by the second function.
 */
void replay_again(const struct replay_trace *trace, struct replay_trace *again_out);
void replay_again_close(struct replay_trace *again);

/*
 * The text of the request's policy into what its engine takes, as far as that can be said without a
 * trace.  False: the problem names what there is.
 */
bool replay_check_policy(const struct replay_request *request, struct trace_problem *problem);

/* False is no failure: the trace has no accesses, and `why` says so. */
bool replay_has_accesses(const struct replay_trace *trace, struct trace_problem *why);

/*
 * The trace has accesses, and the policy decides on what moves.  False is no failure: `why` says
 * the reason, in the same words for all such requests.
 */
bool replay_has_work(struct replay_trace *trace, const struct replay_request *request,
                     struct trace_problem *why);

/*
 * Replay as the request says, with its bounds.  Single pages are replayed, too, where blocks cannot
 * be: a ratio leaves room for few, or launches declared what they use, which a trace does not tell.
 * False: the problem says why.
 */
bool replay_run(struct replay_trace *trace, const struct replay_request *request,
                struct replay_outcome *outcome, struct trace_problem *problem);

#endif
