/* SPDX-License-Identifier: MIT */
/* setup.c - parameters of a world from a survey. */
#include "model/setup.h"

#include <string.h>

#include "base/range.h"
#include "base/status.h"
#include "policy/plugin.h"

#define START UINT64_C(0x200000000000) /* where live spaces are, too */

/* A file that is read names no code to run. */
static enum hum_status check_policy(const struct humi_survey *survey,
                                    const struct humi_model_params *params)
{
    if (params->policy || !humi_plugin_in(survey->policy))
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID, "the trace was recorded under a policy of a plug-in, '%s', "
                                      "which is loaded only if you name it, not because the trace "
                                      "does", survey->policy);
}

static enum hum_status set_link(const struct humi_survey *survey,
                                const struct humi_model_params *params,
                                struct humi_world_params *world)
{
    if (!params->link)
        return humi_link_parse(survey->link, &world->link);
    world->link = *params->link;
    return HUM_OK;
}

static enum hum_status set_space(const struct humi_survey *survey,
                                 struct humi_world_params *world)
{
    uint64_t pages = survey->end_page;
    if (pages > HUMI_WORLD_BYTES_MAX / HUM_PAGE_SIZE)
        return humi_fail(HUM_ERR_INVALID, "the trace touches page %llu, which no space of 128 TiB "
                                          "has; page by page it can be replayed",
                         (unsigned long long)pages - 1);
    if (pages < survey->region_end_page)
        pages = survey->region_end_page;
    uint64_t bytes = pages * HUM_PAGE_SIZE;
    if (bytes < survey->bytes)
        bytes = survey->bytes;
    if (bytes > HUMI_WORLD_BYTES_MAX)
        bytes = HUMI_WORLD_BYTES_MAX;
    world->start = survey->start && survey->start % HUM_BLOCK_SIZE == 0 &&
                           survey->start <= HUMI_WORLD_BYTES_MAX
                       ? survey->start
                       : START;
    world->bytes = humi_round_up(bytes, HUM_BLOCK_SIZE);
    return HUM_OK;
}

static void set_processors(const struct humi_survey *survey,
                           const struct humi_model_params *params,
                           struct humi_world_params *world)
{
    world->processors = survey->processors < 2 ? 2 : survey->processors;
    memcpy(world->traits, survey->traits, sizeof world->traits);
    for (unsigned p = 1; p < world->processors && params->device_bytes; p++)
        world->traits[p].capacity_bytes =
            params->device_bytes == UINT64_MAX ? 0 : params->device_bytes;
    world->stale_blocks_max = survey->stale_blocks;
    if (!params->as_recorded)
        return;
    world->fractions = strcmp(survey->accesses, "full") == 0 ||
                       strcmp(survey->accesses, "exact") == 0;
    if (strcmp(survey->accesses, "full") == 0)
        world->watched = 1;
    else if (strcmp(survey->accesses, "epoch") == 0)
        world->watched = UINT32_MAX;
}

enum hum_status humi_model_setup(const struct humi_survey *survey,
                                 const struct humi_model_params *params,
                                 struct humi_world_params *world_out)
{
    struct humi_world_params world = {.trace = params->trace, .listener = params->listener,
                                       .policy = params->policy ? params->policy
                                                                : survey->policy};
    enum hum_status status = check_policy(survey, params);
    if (status == HUM_OK && !survey->end_page)
        status = humi_fail(HUM_ERR_INVALID, "the trace has no accesses to replay: record it with "
                                            "HUM_ACCESSES=full");
    if (status == HUM_OK)
        status = set_link(survey, params, &world);
    if (status == HUM_OK)
        status = set_space(survey, &world);
    if (status != HUM_OK)
        return status;
    world.deterministic = params->as_recorded && survey->deterministic;
    set_processors(survey, params, &world);
    *world_out = world;
    return HUM_OK;
}
