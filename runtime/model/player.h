/* SPDX-License-Identifier: MIT */
/*
 * player.h - what the records of a trace mean to a world: all but time.
 *
 * Threads: one at a time.  Ownership: init opens the world, fini closes it.
 */
#ifndef HUMI_MODEL_PLAYER_H
#define HUMI_MODEL_PLAYER_H

#include "model/calls.h"
#include "model/setup.h"

struct humi_charge;

struct humi_player {
    struct humi_world *world;
    const struct humi_survey *survey;
    bool host_is_device;         /* accesses of the host are device 0's */
    bool assumes_host;           /* the host wrote every page of a region before */
    struct humi_charge *charge;  /* NULL: time is the trace's */
    uint64_t failed;             /* touches that no region allowed */
    uint64_t *region_pages;      /* first page by region; UINT64_MAX: does not live */
    uint32_t region_room;
    uint64_t begun;              /* the last launch that did */
    uint64_t ended;              /* the last that ended at a touch which could not be served */
    struct humi_measures measures;
    struct humi_calls calls;
};

HUM_MUST_USE enum hum_status humi_player_init(struct humi_player *player,
                                              const struct humi_survey *survey,
                                              const struct humi_model_params *params,
                                              struct humi_charge *charge);
void humi_player_fini(struct humi_player *player);

/* The processor that makes the access in this replay, as a number. */
static inline unsigned humi_player_processor(const struct humi_player *player, int32_t processor)
{
    return player->host_is_device && processor == HUM_HOST ? 1 : (unsigned)(processor + 1);
}

/* A launch begins unless it did; in open loop behind what is prefetched for it. */
HUM_MUST_USE enum hum_status humi_player_begin(struct humi_player *player, uint64_t launch);

/* What the measures prefetch before the launch. */
HUM_MUST_USE enum hum_status humi_player_prefetch(struct humi_player *player, uint64_t launch);

/* All that a record means; nothing for records of what followed from others. */
HUM_MUST_USE enum hum_status humi_player_take(struct humi_player *player,
                                              const struct hum_trace_record *record);

/* Behind the last record: what a cut trace left of a call is done. */
HUM_MUST_USE enum hum_status humi_player_finish(struct humi_player *player);

#endif
