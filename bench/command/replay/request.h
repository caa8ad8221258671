/* SPDX-License-Identifier: MIT */
/*
 * request.h - what `hum replay` was asked for, and what came of it, whatever engine replayed.
 */
#ifndef HUM_COMMAND_REPLAY_REQUEST_H
#define HUM_COMMAND_REPLAY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/bounds.h"
#include "replay/capacity.h"
#include "replay/machine.h"

struct replay_request {
    const char *trace;
    const char *policy;              /* as written */
    struct humi_capacity capacity;   /* as written */
    struct humi_replay_setup setup;  /* its capacity is known once the trace is */
    bool page_only;                  /* asked for */
    bool json;
};

struct replay_outcome {
    uint64_t footprint;              /* pages touched */
    uint64_t page_accesses;          /* pages of access records: what is counted a second */
    uint64_t replay_ns;              /* measured, without loading and bounds */
    uint32_t devices;
    uint64_t dropped;                /* access records that the program could not keep */
    bool truncated;                  /* the program was killed */
    char recorded[32];               /* how accesses were: "exact:16", "full", "epoch"; "" */
    bool page_only;                  /* single pages moved */
    bool implied;                    /* because of the capacity: it was not asked for */
    struct humi_replay_result result;
    struct humi_bounds bounds;
};

#endif
