/* SPDX-License-Identifier: MIT */
/* script.c - records sorted by who did what. */
#include "model/script.h"

#include <stdlib.h>

#include "base/status.h"

/* Reading it goes on: what the last records said. */
struct reading {
    struct humi_script *script;
    const struct humi_survey *survey;
    bool host_is_device;
    size_t last;                 /* lane of the last access, SIZE_MAX: none */
    uint64_t end_ns;             /* when the last of the launches so far ended */
    uint64_t busy_ns, timed_touches; /* of launches whose times are known */
};

static enum hum_status no_memory(void)
{
    return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the accesses of the trace");
}

/* ---- steps ----------------------------------------------------------------------------------- */

static enum hum_status add_step(struct humi_script_lane *lane, const struct humi_script_step *step)
{
    if (lane->count == lane->room) {
        size_t room = lane->room ? lane->room * 2 : 16;
        struct humi_script_step *more = realloc(lane->steps, room * sizeof *more);
        if (!more)
            return no_memory();
        lane->steps = more;
        lane->room = room;
    }
    lane->steps[lane->count++] = *step;
    return HUM_OK;
}

static enum hum_status add_simple(struct reading *reading, enum humi_script_kind kind,
                                  uint64_t data)
{
    const struct humi_script_step step = {.data = data, .kind = (unsigned char)kind};
    return add_step(&reading->script->program, &step);
}

static enum hum_status add_record(struct reading *reading, const struct hum_trace_record *record)
{
    struct humi_script *script = reading->script;
    if (script->record_count == script->record_room) {
        size_t room = script->record_room ? script->record_room * 2 : 16;
        struct hum_trace_record *more = realloc(script->records, room * sizeof *more);
        if (!more)
            return no_memory();
        script->records = more;
        script->record_room = room;
    }
    script->records[script->record_count] = *record;
    return add_simple(reading, HUMI_SCRIPT_RECORD, script->record_count++);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static bool is_lane(const struct humi_script_lane *lane, unsigned processor, uint32_t agent,
                    uint64_t launch)
{
    return lane->launch == launch && lane->agent == agent && lane->processor == processor;
}

static size_t find_lane(const struct humi_script *script, unsigned processor, uint32_t agent,
                        uint64_t launch)
{
    size_t at = script->first[launch];
    while (at != SIZE_MAX && !is_lane(&script->lanes[at], processor, agent, launch))
        at = script->lanes[at].next;
    return at;
}

/* SIZE_MAX: no memory. */
static size_t make_lane(struct humi_script *script, unsigned processor, uint32_t agent,
                        uint64_t launch)
{
    if (script->lane_count == script->lane_room) {
        size_t room = script->lane_room ? script->lane_room * 2 : 16;
        struct humi_script_lane *more = realloc(script->lanes, room * sizeof *more);
        if (!more)
            return SIZE_MAX;
        script->lanes = more;
        script->lane_room = room;
    }
    script->lanes[script->lane_count] = (struct humi_script_lane){.processor = processor,
                                                                  .agent = agent,
                                                                  .launch = launch,
                                                                  .next = script->first[launch]};
    return script->first[launch] = script->lane_count++;
}

/* NULL: no memory. */
static struct humi_script_lane *lane_of(struct reading *reading,
                                        const struct hum_trace_access *access)
{
    struct humi_script *script = reading->script;
    unsigned processor = (unsigned)(access->processor + 1);
    uint64_t launch = access->launch < script->first_count ? access->launch : 0;
    if (processor == 0 && !reading->host_is_device)
        return &script->program;
    if (processor == 0)
        processor = 1;
    size_t at = reading->last;
    if (at == SIZE_MAX || !is_lane(&script->lanes[at], processor, access->agent, launch))
        at = find_lane(script, processor, access->agent, launch);
    if (at == SIZE_MAX)
        at = make_lane(script, processor, access->agent, launch);
    reading->last = at;
    return at == SIZE_MAX ? NULL : &script->lanes[at];
}

static enum hum_status take_access(struct reading *reading, const struct hum_trace_access *access)
{
    struct humi_script_lane *lane = lane_of(reading, access);
    const struct humi_script_step step = {
        .data = access->first_page,
        .pages = access->pages,
        .count = access->count,
        .kernel = access->kernel ? (access->kernel - 1) % 65536u + 1 : 0,
        .kind = HUMI_SCRIPT_TOUCH,
        .write = access->write};
    reading->script->touches += (uint64_t)access->pages * access->count;
    if (humi_survey_launch(reading->survey, access->launch) &&
        humi_survey_launch(reading->survey, access->launch)->end_ns)
        reading->timed_touches += (uint64_t)access->pages * access->count;
    return lane ? add_step(lane, &step) : no_memory();
}

/* ---- launches -------------------------------------------------------------------------------- */

static enum hum_status take_launch(struct reading *reading, const struct hum_trace_record *record)
{
    const struct hum_trace_launch *launch = &record->launch;
    bool waited = reading->end_ns && launch->submit_ns >= reading->end_ns;
    enum hum_status status = HUM_OK;
    if (launch->end_ns > record->time_ns)
        reading->busy_ns += launch->end_ns - record->time_ns;
    if (launch->end_ns > reading->end_ns)
        reading->end_ns = launch->end_ns;
    if (reading->survey->epochs)
        return HUM_OK; /* the boundary was where it began */
    if (waited)
        status = add_simple(reading, HUMI_SCRIPT_WAIT, 0);
    return status == HUM_OK ? add_simple(reading, HUMI_SCRIPT_LAUNCH, launch->launch) : status;
}

static enum hum_status take(struct reading *reading, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_REGION:
    case HUM_TRACE_REGION_END:
    case HUM_TRACE_KERNEL:
    case HUM_TRACE_CALL:
        return add_record(reading, record);
    case HUM_TRACE_LAUNCH:
        return take_launch(reading, record);
    case HUM_TRACE_EPOCH:
        return record->epoch.launch
                   ? add_simple(reading, HUMI_SCRIPT_LAUNCH, record->epoch.launch)
                   : add_simple(reading, HUMI_SCRIPT_WAIT, 0);
    case HUM_TRACE_ACCESS:
        return take_access(reading, &record->access);
    default:
        return HUM_OK;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Launches of the run, less the time in which faults were served. */
static double touch_ns(const struct reading *reading)
{
    uint64_t served = reading->survey->totals.service_ns;
    if (!reading->timed_touches || reading->busy_ns <= served)
        return 0;
    return (double)(reading->busy_ns - served) / (double)reading->timed_touches;
}

enum hum_status humi_script_read(struct humi_script *script, struct hum_trace *trace,
                                 const struct humi_survey *survey)
{
    struct reading reading = {.script = script,
                              .survey = survey,
                              .host_is_device = humi_survey_is_host_only(survey),
                              .last = SIZE_MAX};
    struct hum_trace_record record;
    *script = (struct humi_script){.first_count = (size_t)survey->launch_count + 1};
    script->first = malloc(script->first_count * sizeof *script->first);
    if (!script->first)
        return no_memory();
    for (size_t i = 0; i < script->first_count; i++)
        script->first[i] = SIZE_MAX;
    enum hum_status status = hum_trace_rewind(trace);
    while (status == HUM_OK && (status = hum_trace_next(trace, &record)) == HUM_OK)
        status = take(&reading, &record);
    if (status == HUM_ERR_NOT_FOUND)
        status = HUM_OK;
    script->touch_ns = touch_ns(&reading);
    if (status != HUM_OK)
        humi_script_fini(script);
    return status;
}

void humi_script_fini(struct humi_script *script)
{
    for (size_t i = 0; i < script->lane_count; i++)
        free(script->lanes[i].steps);
    free(script->lanes);
    free(script->program.steps);
    free(script->first);
    free(script->records);
    *script = (struct humi_script){.lanes = NULL};
}
