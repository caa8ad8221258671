/* SPDX-License-Identifier: MIT */
/*
 * request.h - what `hum replay` was asked for, and what came of it, whatever engine replayed.
 */
#ifndef HUM_COMMAND_REPLAY_REQUEST_H
#define HUM_COMMAND_REPLAY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/replay.h"
#include "replay/bounds.h"
#include "replay/capacity.h"
#include "replay/machine.h"

/* What a touch that finds its page takes on a device, if nobody says: ten in a nanosecond. */
#define REPLAY_TOUCH_NS 0.1

enum replay_loop { REPLAY_CLOSED, REPLAY_OPEN };

struct replay_request {
    const char *policy;              /* as written; NULL: the engine's default */
    struct humi_capacity capacity;   /* as written; zeros: blocks, as recorded */
    struct humi_cost_model cost;
    enum replay_loop loop;           /* of blocks; single pages are always in open loop */
    double touch_ns;                 /* closed loop */
    bool page_only;                  /* asked for */
    const char *record;              /* blocks: file for the replay's own trace; NULL: none */
    struct humi_measures measures;   /* blocks: that the program is to take */
    bool no_hints, no_policies;      /* blocks: what the program asked for is left out, see
                                        model/replay.h; single pages never have it */
    const struct humi_listener *listener; /* blocks: hears every record; NULL: nobody */
    bool no_bounds;                  /* they are not looked for */
};

struct replay_outcome {
    uint64_t footprint;              /* pages touched */
    uint64_t capacity;               /* pages of each device; 0: as recorded */
    uint64_t page_accesses;          /* pages of access records: what is counted a second */
    uint64_t replay_ns;              /* measured, without loading and bounds */
    uint32_t devices;
    uint64_t dropped;                /* access records that the program could not keep */
    bool truncated;                  /* the program was killed */
    char recorded[32];               /* how accesses were: "exact:16", "full", "epoch"; "" */
    bool page_only;                  /* single pages moved, asked for or not */
    bool implied;                    /* because of capacity or trace: it was not asked for */
    bool declared;                   /* implied: by launches that declare what they use */
    uint64_t calls, refused;         /* blocks: of the program, in the trace; that could not be
                                        done again */
    char policy[1024];               /* in full: the parts that decided */
    struct humi_replay_result result;
    struct humi_bounds bounds;
};

#endif
