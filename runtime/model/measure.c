/* SPDX-License-Identifier: MIT */
/* measure.c - measures done to a world when their time has come. */
#include "model/measure.h"

#include <stdlib.h>
#include <string.h>

/* ---- when a region lives --------------------------------------------------------------------- */

static bool concerns(const struct humi_measure *measure, const struct hum_trace_region *region,
                     bool fresh)
{
    if (measure->region)
        return fresh && measure->region == region->region;
    return measure->name && *measure->name && strcmp(measure->name, region->name) == 0;
}

static enum hum_status do_live(const struct humi_measure *measure, struct humi_world *world,
                               uint64_t first_page)
{
    switch (measure->kind) {
    case HUMI_MEASURE_ADVICE:
        return humi_world_advise(world, first_page, measure->advice, measure->processor);
    case HUMI_MEASURE_POLICY:
        return humi_world_policy(world, first_page, measure->policy);
    case HUMI_MEASURE_PREFETCH:
        break;
    }
    return HUM_OK;
}

enum hum_status humi_measures_live(const struct humi_measures *measures, struct humi_world *world,
                                   const struct hum_trace_region *region, bool fresh)
{
    enum hum_status status = HUM_OK;
    for (size_t i = 0; i < measures->count && status == HUM_OK; i++)
        if (concerns(&measures->list[i], region, fresh))
            status = do_live(&measures->list[i], world, region->first_page);
    return status;
}

/* ---- before a launch ------------------------------------------------------------------------- */

static int compare_launches(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_due(const struct humi_measure *measure, uint64_t launch)
{
    return measure->kind == HUMI_MEASURE_PREFETCH && measure->launch_count &&
           bsearch(&launch, measure->launches, measure->launch_count, sizeof launch,
                   compare_launches);
}

static enum hum_status prefetch_named(const struct humi_measure *measure, struct humi_world *world)
{
    struct hum_region_info info = {.ptr = NULL};
    enum hum_status status = HUM_OK;
    const void *from = NULL;
    while (status == HUM_OK && hum_region_next(&world->hum, from, &info) == HUM_OK) {
        if (strcmp(info.name, measure->name) == 0)
            status = humi_world_prefetch(
                world, ((uintptr_t)info.ptr - world->hum.params.start) / HUM_PAGE_SIZE,
                measure->processor);
        from = (const char *)info.ptr + 1;
    }
    return status;
}

enum hum_status humi_measures_launch(const struct humi_measures *measures,
                                     struct humi_world *world, uint64_t launch,
                                     const uint64_t *first_pages, uint32_t regions)
{
    enum hum_status status = HUM_OK;
    for (size_t i = 0; i < measures->count && status == HUM_OK; i++) {
        const struct humi_measure *measure = &measures->list[i];
        if (!is_due(measure, launch))
            continue;
        if (!measure->region)
            status = prefetch_named(measure, world);
        else if (measure->region < regions && first_pages[measure->region] != UINT64_MAX)
            status = humi_world_prefetch(world, first_pages[measure->region], measure->processor);
    }
    return status;
}
