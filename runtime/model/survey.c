/* SPDX-License-Identifier: MIT */
/* survey.c - records that say how a trace came to be. */
#include "model/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/status.h"
#include "core/record.h"

/* ---- settings -------------------------------------------------------------------------------- */

static void read_abilities(struct humi_survey *survey, const char *number, const char *words)
{
    char *end;
    long processor = strtol(number, &end, 10);
    if (end == number || *end || processor < HUM_HOST || processor >= HUM_DEVICES_MAX)
        return;
    struct humi_model_traits *traits = &survey->traits[processor + 1];
    struct humi_slice rest = humi_slice_of(words), item;
    traits->huge = traits->shared_read = traits->opens_reads = false;
    while (humi_slice_next(&rest, ' ', &item)) {
        traits->huge |= humi_slice_is(&item, "huge");
        traits->shared_read |= humi_slice_is(&item, "shares");
        traits->opens_reads |= humi_slice_is(&item, "opens");
    }
    survey->traits_known = true;
}

static void read_setting(struct humi_survey *survey, const struct hum_trace_setting *setting)
{
    static const char abilities[] = HUMI_RECORD_ABILITIES;
    const char *key = setting->key, *value = setting->value;
    if (strcmp(key, "policy") == 0)
        snprintf(survey->policy, sizeof survey->policy, "%s", value);
    else if (strcmp(key, "link") == 0)
        snprintf(survey->link, sizeof survey->link, "%.63s", value);
    else if (strcmp(key, "accesses") == 0)
        snprintf(survey->accesses, sizeof survey->accesses, "%.15s", value);
    else if (strcmp(key, "deterministic") == 0)
        survey->deterministic = strcmp(value, "yes") == 0;
    else if (strcmp(key, "stale blocks") == 0)
        survey->stale_blocks = strtoull(value, NULL, 10);
    else if (strncmp(key, abilities, sizeof abilities - 1) == 0)
        read_abilities(survey, key + sizeof abilities - 1, value);
}

/* ---- who and what ---------------------------------------------------------------------------- */

static void see_processor(struct humi_survey *survey, int processor)
{
    unsigned number = (unsigned)(processor + 1);
    if (number + 1 > survey->processors)
        survey->processors = number + 1;
}

static void read_processor(struct humi_survey *survey, const struct hum_trace_processor *told)
{
    struct humi_model_traits *traits = &survey->traits[told->processor + 1];
    see_processor(survey, told->processor);
    snprintf(traits->name, sizeof traits->name, "%s", told->name);
    snprintf(traits->kind, sizeof traits->kind, "%s", told->kind);
    traits->capacity_bytes = told->capacity_bytes;
    traits->workers = told->workers;
}

/* The place of a launch; NULL: it is none, or too many. */
static struct humi_survey_launch *launch_at(struct humi_survey *survey, uint64_t launch)
{
    if (!launch || launch > HUMI_SURVEY_LAUNCHES_MAX)
        return NULL;
    if (launch > survey->launch_room) {
        uint64_t room = launch < 64 ? 64 : launch * 2;
        struct humi_survey_launch *more =
            realloc(survey->launches, (size_t)room * sizeof *survey->launches);
        if (!more)
            return NULL;
        survey->launches = more;
        survey->launch_room = room;
    }
    for (; survey->launch_count < launch; survey->launch_count++)
        survey->launches[survey->launch_count] = (struct humi_survey_launch){.device = -1};
    return &survey->launches[launch - 1];
}

static void read_launch(struct humi_survey *survey, const struct hum_trace_record *record)
{
    const struct hum_trace_launch *told = &record->launch;
    struct humi_survey_launch *launch = launch_at(survey, told->launch);
    see_processor(survey, told->device);
    bool illegal = told->status == HUM_ERR_ILLEGAL_ADDRESS;
    survey->illegal += illegal;
    if (!launch)
        return;
    launch->illegal = illegal;
    launch->device = (int16_t)told->device;
    launch->stream = (uint16_t)told->stream;
    launch->kernel = told->kernel;
    launch->submit_ns = told->submit_ns;
    launch->start_ns = record->time_ns;
    launch->end_ns = told->end_ns;
}

/* One that ends where no page is fails when it is made. */
static void read_region(struct humi_survey *survey, const struct hum_trace_region *region)
{
    uint64_t pages = region->bytes / HUM_PAGE_SIZE + 1;
    survey->regions++;
    if (region->first_page < HUM_TRACE_PAGES_MAX && pages < HUM_TRACE_PAGES_MAX &&
        region->first_page + pages > survey->region_end_page)
        survey->region_end_page = region->first_page + pages;
}

static void read_access(struct humi_survey *survey, const struct hum_trace_access *access)
{
    uint64_t end = access->first_page + access->pages;
    struct humi_survey_launch *launch = launch_at(survey, access->launch);
    see_processor(survey, access->processor);
    survey->accesses_of[access->processor + 1] += access->pages;
    if (access->first_page < survey->first_page)
        survey->first_page = access->first_page;
    if (end > survey->end_page)
        survey->end_page = end;
    if (!launch)
        return;
    launch->touches += access->pages;
    if (launch->device < 0)
        launch->device = (int16_t)access->processor;
}

/* Not a record of what followed from others. */
static bool is_needed(uint32_t kind)
{
    return kind != HUM_TRACE_EVENT && kind != HUM_TRACE_FAULTS && kind != HUM_TRACE_BATCH;
}

static void take(struct humi_survey *survey, const struct hum_trace_record *record)
{
    survey->records++;
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        survey->start = record->space.start;
        survey->bytes = record->space.bytes;
        break;
    case HUM_TRACE_SETTING:
        read_setting(survey, &record->setting);
        break;
    case HUM_TRACE_PROCESSOR:
        read_processor(survey, &record->processor);
        break;
    case HUM_TRACE_REGION:
        read_region(survey, &record->region);
        break;
    case HUM_TRACE_LAUNCH:
        read_launch(survey, record);
        break;
    case HUM_TRACE_EPOCH:
        survey->epochs++;
        break;
    case HUM_TRACE_EVENT:
        survey->declared += record->event.cause == HUM_CAUSE_DECLARED;
        break;
    case HUM_TRACE_CALL:
        survey->calls += record->call.rest == 0;
        break;
    case HUM_TRACE_ACCESS:
        read_access(survey, &record->access);
        break;
    case HUM_TRACE_DROPPED:
        if (is_needed(record->dropped.kind))
            survey->dropped += record->dropped.count;
        break;
    case HUM_TRACE_TOTALS:
        survey->has_totals = true;
        survey->totals = record->totals.counters;
        break;
    default:
        break;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

enum hum_status humi_survey_read(struct humi_survey *survey, struct hum_trace *trace)
{
    struct hum_trace_record record;
    enum hum_status status;
    *survey = (struct humi_survey){
        .processors = 1, .first_page = UINT64_MAX, .stale_blocks = UINT64_MAX};
    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
        survey->traits[p].shared_read = true;
    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        take(survey, &record);
    if (status == HUM_ERR_NOT_FOUND)
        status = hum_trace_rewind(trace);
    if (status != HUM_OK)
        humi_survey_fini(survey);
    return status;
}

void humi_survey_fini(struct humi_survey *survey)
{
    free(survey->launches);
    survey->launches = NULL;
    survey->launch_count = survey->launch_room = 0;
}

const struct humi_survey_launch *humi_survey_launch(const struct humi_survey *survey,
                                                    uint64_t launch)
{
    return launch && launch <= survey->launch_count ? &survey->launches[launch - 1] : NULL;
}

/* Whoever has no accesses there touched nothing. */
static bool tells_all(const struct humi_survey *survey)
{
    return strcmp(survey->accesses, "full") == 0;
}

bool humi_survey_is_host_only(const struct humi_survey *survey)
{
    if (tells_all(survey))
        return false;
    for (unsigned p = 1; p < HUM_PROCESSORS_MAX; p++)
        if (survey->accesses_of[p])
            return false;
    return true;
}

bool humi_survey_is_device_only(const struct humi_survey *survey)
{
    return survey->accesses_of[0] == 0 && !tells_all(survey);
}
