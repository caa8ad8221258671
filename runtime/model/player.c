/* SPDX-License-Identifier: MIT */
/* player.c - regions, launches, epochs and accesses, done again. */
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
    return status;
}

/* The same number again only names it. */
static enum hum_status take_region(struct humi_player *player,
                                   const struct hum_trace_region *region)
{
    enum hum_status status = reserve_region(player, region->region);
    if (status != HUM_OK)
        return status;
    if (player->region_pages[region->region] != UINT64_MAX)
        return humi_world_name(player->world, player->region_pages[region->region],
                               region->name);
    status = alloc_region(player, region);
    if (status == HUM_OK)
        player->region_pages[region->region] = region->first_page;
    return status;
}

static enum hum_status take_region_end(struct humi_player *player, uint32_t region)
{
    if (region >= player->region_room || player->region_pages[region] == UINT64_MAX)
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
    return alloc_region(player, &region);
}

/* ---- launches and epochs --------------------------------------------------------------------- */

static unsigned processor_of(const struct humi_player *player, uint64_t launch)
{
    const struct humi_survey_launch *told = humi_survey_launch(player->survey, launch);
    return told && told->device >= 0 ? (unsigned)told->device + 1 : 1;
}

void humi_player_begin(struct humi_player *player, uint64_t launch)
{
    if (launch <= player->begun)
        return;
    player->begun = launch;
    humi_world_launch(player->world, processor_of(player, launch), launch);
}

static void take_epoch(struct humi_player *player, const struct hum_trace_epoch *epoch)
{
    if (epoch->launch)
        humi_player_begin(player, epoch->launch);
    else
        humi_world_boundary(player->world, 0, 0);
}

/* It has ended. */
static void take_launch(struct humi_player *player, const struct hum_trace_record *record)
{
    humi_player_begin(player, record->launch.launch);
    humi_world_end(player->world, (unsigned)record->launch.device + 1);
    humi_world_tell(player->world, record);
}

/* ---- accesses -------------------------------------------------------------------------------- */

static unsigned kernel_of(const struct hum_trace_access *access)
{
    return access->kernel ? (access->kernel - 1) % 65536u + 1 : 0;
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
    humi_player_begin(player, access->launch);
    for (uint32_t i = 0; i < access->pages; i++, touch.page++) {
        enum hum_status status = humi_world_touch(player->world, &touch);
        if (status == HUM_ERR_ILLEGAL_ADDRESS)
            player->failed++;
        else if (status != HUM_OK)
            return status;
    }
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
                                   .host_is_device = humi_survey_is_host_only(survey),
                                   .assumes_host = humi_survey_is_host_only(survey) ||
                                                   humi_survey_is_device_only(survey)};
    enum hum_status status = humi_model_setup(survey, params, &world);
    if (status == HUM_OK)
        status = humi_world_open(&world, &player->world);
    if (status == HUM_OK && charge)
        charge->world = player->world;
    if (status == HUM_OK && !survey->regions)
        status = invent_region(player);
    if (status != HUM_OK)
        humi_player_fini(player);
    return status;
}

void humi_player_fini(struct humi_player *player)
{
    humi_world_close(player->world);
    free(player->region_pages);
    *player = (struct humi_player){.world = NULL};
}

enum hum_status humi_player_take(struct humi_player *player, const struct hum_trace_record *record)
{
    if (record->time_ns > player->world->now_ns)
        player->world->now_ns = record->time_ns;
    switch (record->kind) {
    case HUM_TRACE_REGION:
        return take_region(player, &record->region);
    case HUM_TRACE_REGION_END:
        return take_region_end(player, record->region_end.region);
    case HUM_TRACE_KERNEL:
        humi_world_tell(player->world, record);
        return HUM_OK;
    case HUM_TRACE_LAUNCH:
        take_launch(player, record);
        return HUM_OK;
    case HUM_TRACE_EPOCH:
        take_epoch(player, &record->epoch);
        return HUM_OK;
    case HUM_TRACE_ACCESS:
        return take_access(player, record);
    default:
        return HUM_OK;
    }
}
