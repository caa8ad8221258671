/* SPDX-License-Identifier: MIT */
/* replay.c - the open loop, everything in the order of the trace; and the door to the closed. */
#include "model/replay.h"

#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "model/charge.h"
#include "model/closed.h"
#include "model/door.h"

static enum hum_status play(struct humi_player *player, struct hum_trace *trace)
{
    struct hum_trace_record record;
    enum hum_status status = HUM_OK;
    while (status == HUM_OK) {
        status = hum_trace_next(trace, &record);
        if (status == HUM_OK)
            status = humi_player_take(player, &record);
    }
    if (status == HUM_ERR_NOT_FOUND)
        status = humi_player_finish(player);
    return status == HUM_OK ? humi_world_check(player->world) : status;
}

static void finish(const struct humi_player *player, struct humi_model_result *result,
                   uint64_t replay_ns)
{
    result->touches = player->world->touches;
    result->hits = player->world->hits;
    result->failed = player->failed;
    result->refused = player->calls.refused;
    result->remote = player->world->remote;
    result->reaches = player->world->reaches;
    result->returned = player->world->returned;
    result->arrivals = player->world->arrivals;
    result->replay_ns = replay_ns;
    humi_world_counters(player->world, &result->counters);
}

/* Charges need a link, and hear of all that happens. */
static enum hum_status set_charge(struct humi_charge *charge, const struct humi_survey *survey,
                                  const struct humi_model_params *params)
{
    const char *name = *survey->link ? survey->link : HUMI_MODEL_LINK;
    *charge = (struct humi_charge){.model.serial = params->serial};
    if (!params->link)
        return humi_link_parse(name, &charge->model.link);
    charge->model.link = *params->link;
    return HUM_OK;
}

static enum hum_status replay_closed(struct hum_trace *trace, const struct humi_survey *survey,
                                     const struct humi_model_params *params,
                                     struct humi_model_result *result)
{
    struct humi_charge charge;
    struct humi_player player;
    struct humi_script script;
    enum hum_status status = set_charge(&charge, survey, params);
    if (status == HUM_OK)
        status = humi_script_read(&script, trace, survey);
    if (status != HUM_OK)
        return status;
    struct humi_model_params mine = *params;
    mine.link = &charge.model.link;
    status = humi_player_init(&player, survey, &mine, &charge);
    uint64_t start = humi_clock_real_ns();
    if (status == HUM_OK)
        status = humi_closed_run(&player, &script, params, result);
    if (player.world) {
        finish(&player, result, humi_clock_real_ns() - start);
        humi_player_fini(&player);
    }
    humi_script_fini(&script);
    return status;
}

static enum hum_status replay_open(struct hum_trace *trace, const struct humi_survey *survey,
                                   const struct humi_model_params *params,
                                   struct humi_model_result *result)
{
    struct humi_player player;
    enum hum_status status = hum_trace_rewind(trace);
    if (status == HUM_OK)
        status = humi_player_init(&player, survey, params, NULL);
    if (status != HUM_OK)
        return status;
    uint64_t start = humi_clock_real_ns();
    status = play(&player, trace);
    finish(&player, result, humi_clock_real_ns() - start);
    humi_player_fini(&player);
    return status;
}

enum hum_status humi_model_replay_plain(struct hum_trace *trace,
                                        const struct humi_survey *survey,
                                        const struct humi_model_params *params,
                                        struct humi_model_result *result_out)
{
    struct humi_model_result result = {.touches = 0};
    if (survey->declared)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "the trace has launches with declared uses (a device that cannot fault, "
                         "HUM_CHECK=uses, or hum_acquire()), which a trace does not tell; record "
                         "the program on a device that faults, or replay single pages "
                         "(--page-only)");
    /* Locks hold signals back one by one, which costs more than all they guard here. */
    bool spared = humi_signals_spare(true);
    enum hum_status status = params->closed ? replay_closed(trace, survey, params, &result)
                                            : replay_open(trace, survey, params, &result);
    humi_signals_spare(spared);
    if (status == HUM_OK)
        *result_out = result;
    return status;
}
