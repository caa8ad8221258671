/* SPDX-License-Identifier: MIT */
/*
 * again.h - `hum replay --as-recorded`: the run of a trace once more, under its own policy, on its
 * own devices, with its own epochs; and whether that counts what the run itself counted.
 *
 * A run with HUM_DETERMINISTIC=on and HUM_ACCESSES=full:1 has the very same counters (see
 * model/replay.h, which says what others lack).  Times are not compared.
 * Threads: one at a time a trace.
 */
#ifndef HUM_COMMAND_REPLAY_AGAIN_H
#define HUM_COMMAND_REPLAY_AGAIN_H

#include <hum/hum.h>

#include <stdbool.h>
#include <stdio.h>

#include "command/trace/tool.h"
#include "policy/compose.h"

/* Faults, batches, evictions and bytes, then events, pages and bytes of each cause. */
#define REPLAY_COUNTERS (6u + HUM_DIRECTION_COUNT + 3u * HUM_CAUSE_COUNT)

struct replay_again {
    char policy[HUMI_POLICY_TEXT_MAX]; /* that the run had */
    char recorded[16];           /* how accesses were: "full", "exact" */
    bool deterministic;          /* the run was */
    uint64_t dropped;            /* records that it could not keep */
    bool has_accesses;           /* else there is nothing to replay */
    struct hum_counters run, replay;
    uint64_t illegal;            /* launches that ended in the run by a touch of nothing */
    uint64_t failed, refused;    /* touches of nothing, and calls, that the replay could not do */
};

/*
 * policy: a plug-in that the trace names, which is loaded only if the user does, too; NULL: the
 * trace's.  False: the problem says why there is nothing to compare; then only has_accesses is set,
 * to false if that is why.
 */
bool replay_run_again(const char *path, const char *policy, struct replay_again *again_out,
                      struct trace_problem *problem);

/* "pages, device fault": the index-th counter of both, index < REPLAY_COUNTERS. */
void replay_counter_at(const struct hum_counters *counters, unsigned index, char *name_out,
                       size_t bytes, uint64_t *value_out);

bool replay_is_same(const struct replay_again *again);

void replay_again_text(const char *trace, const struct replay_again *again, FILE *out);
/* False: not all of it could be written. */
bool replay_again_json(const char *trace, const struct replay_again *again, FILE *out);

#endif
