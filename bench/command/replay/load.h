/* SPDX-License-Identifier: MIT */
/*
 * load.h - a trace file as the source of a replay.
 */
#ifndef HUM_COMMAND_REPLAY_LOAD_H
#define HUM_COMMAND_REPLAY_LOAD_H

#include "command/replay/request.h"
#include "command/trace/tool.h"

/*
 * Read the trace of the request to its end and finish the source, which is initialised here and is
 * the caller's in any case.  Says how far it is when standard error is a terminal.  Fills in what
 * the trace says about itself.  false: the problem says why.
 */
bool replay_load(const struct replay_request *request, struct humi_source *source,
                 struct replay_outcome *outcome, struct trace_problem *problem);

#endif
