/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - the counters of a replay by the runtime's own core as the figures of a replay.
 *
 *     misses            pages that came to a device because it touched them
 *     host_faults       pages that the host touched and only devices had
 *     evictions         blocks of 2 MiB that left a device
 *     pages_prefetched  pages that a policy brought to anybody before they were touched
 *     remote_accesses   touches of pages that stayed where they were
 */
#ifndef HUM_COMMAND_REPLAY_BLOCKS_H
#define HUM_COMMAND_REPLAY_BLOCKS_H

#include "command/replay/engine.h"

/* Replay into outcome->result, policy and replay_ns.  The trace's file is open and surveyed. */
bool replay_blocks(struct replay_trace *trace, const struct replay_request *request,
                   struct replay_outcome *outcome, struct trace_problem *problem);

#endif
