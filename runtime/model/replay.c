/* SPDX-License-Identifier: MIT */
/* replay.c - the open loop: everything in the order of the trace. */
#include "model/replay.h"

#include "base/clock.h"
#include "base/signals.h"
#include "model/player.h"

#define SIGNALS_EVERY 4096u /* records between two moments in which signals arrive */

/*
 * Locks hold signals back one by one, which costs more than all they guard here; so signals are
 * held for many records at once.
 */
static enum hum_status play(struct humi_player *player, struct hum_trace *trace)
{
    struct hum_trace_record record;
    enum hum_status status = HUM_OK;
    humi_signals_hold();
    for (uint64_t i = 1; status == HUM_OK; i++) {
        status = hum_trace_next(trace, &record);
        if (status == HUM_OK)
            status = humi_player_take(player, &record);
        if (i % SIGNALS_EVERY == 0) {
            humi_signals_release();
            humi_signals_hold();
        }
    }
    humi_signals_release();
    return status == HUM_ERR_NOT_FOUND ? HUM_OK : status;
}

enum hum_status humi_model_replay(struct hum_trace *trace, const struct humi_survey *survey,
                                  const struct humi_model_params *params,
                                  struct humi_model_result *result_out)
{
    struct humi_player player;
    enum hum_status status = hum_trace_rewind(trace);
    if (status == HUM_OK)
        status = humi_player_init(&player, survey, params);
    if (status != HUM_OK)
        return status;
    uint64_t start = humi_clock_real_ns();
    status = play(&player, trace);
    if (status == HUM_OK) {
        *result_out = (struct humi_model_result){.touches = player.world->touches,
                                                 .hits = player.world->hits,
                                                 .failed = player.failed,
                                                 .replay_ns = humi_clock_real_ns() - start};
        humi_world_counters(player.world, &result_out->counters);
    }
    humi_player_fini(&player);
    return status;
}
