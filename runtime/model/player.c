/* SPDX-License-Identifier: MIT */
/* player.c - regions, launches, epochs, calls and accesses, done again. */
#include "model/player.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/epochs.h"
#include "model/charge.h"

#define REGIONS_MAX (UINT32_C(1) << 24)

/* ---- regions --------------------------------------------------------------------------------- */

static enum hum_status reserve_region(struct humi_player *player, uint32_t region)
{
    if (region < player->region_room)
        return HUM_OK;
    if (region >= REGIONS_MAX)
        return humi_fail(HUM_ERR_INVALID, "the trace numbers a region %u", region);
    uint32_t room = region < 32 ? 64 : region * 2;
    uint64_t *more = realloc(player->region_pages, room * sizeof *more);
    if (!more)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for %u regions", room);
    for (uint32_t i = player->region_room; i < room; i++)
        more[i] = UINT64_MAX;
    player->region_pages = more;
    player->region_room = room;
    return HUM_OK;
}

static enum hum_status alloc_region(struct humi_player *player,
                                    const struct hum_trace_region *region)
{
    enum hum_status status = humi_world_alloc(player->world, region);
    if (status == HUM_OK && player->assumes_host)
        status = humi_world_assume(player->world, region->first_page,
                                   (region->bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE);
    if (status == HUM_OK)
        status = humi_measures_live(&player->measures, player->world, region, true);
    if (status == HUM_OK)
        player->region_pages[region->region] = region->first_page;
    return status;
}

static enum hum_status name_region(struct humi_player *player,
                                   const struct hum_trace_region *region)
{
    struct hum_trace_region lives = *region;
    lives.first_page = player->region_pages[region->region];
    enum hum_status status = humi_world_name(player->world, lives.first_page, region->name);
    if (status == HUM_OK)
        status = humi_measures_live(&player->measures, player->world, &lives, false);
    return status;
}

/* The same number again only names it. */
static enum hum_status take_region(struct humi_player *player,
                                   const struct hum_trace_region *region)
{
    enum hum_status status = reserve_region(player, region->region);
    if (status != HUM_OK)
        return status;
    return player->region_pages[region->region] == UINT64_MAX ? alloc_region(player, region)
                                                              : name_region(player, region);
}

static enum hum_status take_region_end(struct humi_player *player, uint32_t region)
{
    if (!player->survey->regions || region >= player->region_room ||
        player->region_pages[region] == UINT64_MAX)
        return HUM_OK; /* its beginning was not recorded */
    uint64_t first_page = player->region_pages[region];
    player->region_pages[region] = UINT64_MAX;
    return humi_world_free(player->world, first_page);
}

/* A trace without regions: one around all accesses. */
static enum hum_status invent_region(struct humi_player *player)
{
    const struct humi_survey *survey = player->survey;
    const struct hum_trace_region region = {
        .region = 1,
        .first_page = survey->first_page,
        .bytes = (survey->end_page - survey->first_page) * HUM_PAGE_SIZE};
    enum hum_status status = reserve_region(player, region.region);
    return status == HUM_OK ? alloc_region(player, &region) : status;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static enum hum_status take_call(struct humi_player *player, const struct hum_trace_call *call)
{
    uint64_t first_page =
        call->region < player->region_room ? player->region_pages[call->region] : UINT64_MAX;
    return humi_calls_take(&player->calls, player->world, call, first_page);
}

enum hum_status humi_player_finish(struct humi_player *player)
{
    return humi_calls_flush(&player->calls, player->world);
}

/* ---- launches and epochs --------------------------------------------------------------------- */

static unsigned processor_of(const struct humi_player *player, uint64_t launch)
{
    const struct humi_survey_launch *told = humi_survey_launch(player->survey, launch);
    return told && told->device >= 0 ? (unsigned)told->device + 1 : 1;
}

enum hum_status humi_player_prefetch(struct humi_player *player, uint64_t launch)
{
    return humi_measures_launch(&player->measures, player->world, launch, player->region_pages,
                                player->region_room);
}

enum hum_status humi_player_begin(struct humi_player *player, uint64_t launch)
{
    if (launch <= player->begun)
        return HUM_OK;
    player->begun = launch;
    enum hum_status status = player->charge ? HUM_OK : humi_player_prefetch(player, launch);
    humi_world_launch(player->world, processor_of(player, launch), launch);
    return status;
}

static enum hum_status take_epoch(struct humi_player *player, const struct hum_trace_epoch *epoch)
{
    if (epoch->launch)
        return humi_player_begin(player, epoch->launch);
    humi_world_boundary(player->world, 0, 0);
    return HUM_OK;
}

/* It has ended. */
static enum hum_status take_launch(struct humi_player *player,
                                   const struct hum_trace_record *record)
{
    enum hum_status status = humi_player_begin(player, record->launch.launch);
    humi_world_end(player->world, (unsigned)record->launch.device + 1);
    humi_world_tell(player->world, record);
    return status;
}

/* ---- accesses -------------------------------------------------------------------------------- */

static unsigned kernel_of(const struct hum_trace_access *access)
{
    return access->kernel ? (access->kernel - 1) % 65536u + 1 : 0;
}

/* In the run it ended the launch; what an atomic operation touched with it was never touched. */
static void fail(struct humi_player *player, uint64_t launch)
{
    const struct humi_survey_launch *told = humi_survey_launch(player->survey, launch);
    player->failed++;
    if (told && told->illegal)
        player->ended = launch;
}

static bool has_ended(const struct humi_player *player, uint64_t launch)
{
    return launch && launch == player->ended;
}

static enum hum_status take_access(struct humi_player *player,
                                   const struct hum_trace_record *record)
{
    const struct hum_trace_access *access = &record->access;
    struct humi_world_touch touch = {
        .processor = humi_player_processor(player, access->processor),
        .page = access->first_page,
        .thread = (int)(access->agent & INT32_MAX) + 1,
        .kernel = kernel_of(access),
        .write = access->write};
    uint64_t before = player->world->remote;
    enum hum_status status = humi_player_begin(player, access->launch);
    if (has_ended(player, access->launch))
        return status;
    for (uint32_t i = 0; i < access->pages && status == HUM_OK; i++, touch.page++) {
        status = humi_world_touch(player->world, &touch);
        if (status == HUM_OK && humi_world_is_remote(player->world, touch.processor, touch.page))
            (void)humi_world_reach(player->world, &touch, access->count);
        if (status == HUM_ERR_ILLEGAL_ADDRESS) {
            fail(player, access->launch);
            status = HUM_OK;
        }
        if (has_ended(player, access->launch))
            break;
    }
    player->world->reaches += player->world->remote != before;
    if (status != HUM_OK)
        return status;
    if (!humi_epochs_watch(&player->world->hum, touch.processor))
        humi_world_tell(player->world, record);
    return HUM_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

enum hum_status humi_player_init(struct humi_player *player, const struct humi_survey *survey,
                                 const struct humi_model_params *params,
                                 struct humi_charge *charge)
{
    struct humi_world_params world;
    *player = (struct humi_player){.survey = survey,
                                   .charge = charge,
                                   .measures = params->measures,
                                   .calls = {.no_hints = params->no_hints,
                                             .no_policies = params->no_policies},
                                   .host_is_device = humi_survey_is_host_only(survey),
                                   .assumes_host = humi_survey_is_host_only(survey) ||
                                                   humi_survey_is_device_only(survey)};
    enum hum_status status = humi_model_setup(survey, params, &world);
    if (status == HUM_OK)
        status = humi_world_open(&world, &player->world);
    if (status == HUM_OK && charge)
        humi_charge_watch(charge, player->world);
    if (status == HUM_OK && !survey->regions)
        status = invent_region(player);
    if (status != HUM_OK)
        humi_player_fini(player);
    return status;
}

void humi_player_fini(struct humi_player *player)
{
    humi_world_close(player->world);
    humi_calls_fini(&player->calls);
    free(player->region_pages);
    *player = (struct humi_player){.world = NULL};
}

/* What a record of anything that is done again means; a call that was cut off comes first. */
static enum hum_status take(struct humi_player *player, const struct hum_trace_record *record)
{
    enum hum_status status = humi_player_finish(player);
    if (status != HUM_OK)
        return status;
    switch (record->kind) {
    case HUM_TRACE_REGION:
        return take_region(player, &record->region);
    case HUM_TRACE_REGION_END:
        return take_region_end(player, record->region_end.region);
    case HUM_TRACE_KERNEL:
        humi_world_tell(player->world, record);
        return HUM_OK;
    case HUM_TRACE_LAUNCH:
        return take_launch(player, record);
    case HUM_TRACE_EPOCH:
        return take_epoch(player, &record->epoch);
    default:
        return take_access(player, record);
    }
}

enum hum_status humi_player_take(struct humi_player *player, const struct hum_trace_record *record)
{
    if (record->time_ns > player->world->now_ns)
        player->world->now_ns = record->time_ns;
    switch (record->kind) {
    case HUM_TRACE_REGION:
    case HUM_TRACE_REGION_END:
    case HUM_TRACE_KERNEL:
    case HUM_TRACE_LAUNCH:
    case HUM_TRACE_EPOCH:
    case HUM_TRACE_ACCESS:
        return take(player, record);
    case HUM_TRACE_CALL:
        return take_call(player, &record->call);
    default:
        return HUM_OK;
    }
}
