/* SPDX-License-Identifier: MIT */
/* load.c - a trace file as the source of a replay. */
#include "command/replay/load.h"

#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY ((uint64_t)1 << 21) /* records */
#define ACCESS_BYTES 32u    /* of memory for each access: arrays that grow, the future for min */
#define PAGE_BYTES 192u     /* for each page: its number, its block, its state, a cache's links */

/* Half of the memory for accesses, the other for pages. */
static void limit(struct humi_source *source)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
    uint64_t half = pages * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
    uint64_t objects = half / PAGE_BYTES;

    humi_source_init(source, half / ACCESS_BYTES,
                     objects < HUMI_OBJECTS_MAX ? (uint32_t)objects : HUMI_OBJECTS_MAX);
}

static void note(struct replay_outcome *outcome, const struct hum_trace_record *record)
{
    if (record->kind == HUM_TRACE_SETTING && strcmp(record->setting.key, "accesses") == 0)
        snprintf(outcome->recorded, sizeof(outcome->recorded), "%.31s", record->setting.value);
    else if (record->kind == HUM_TRACE_DROPPED && record->dropped.kind == HUM_TRACE_ACCESS)
        outcome->dropped += record->dropped.count;
}

static void say_progress(const struct humi_source *source, bool last)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (last)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\rloading: %.1f million accesses", (double)source->count / 1e6);
}

static bool read_all(struct hum_trace *trace, struct humi_source *source,
                     struct replay_outcome *outcome, struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more;

    for (uint64_t records = 1;; records++) {
        if (!trace_read(trace, &record, &more, problem))
            return false;
        if (!more)
            return true;
        note(outcome, &record);
        if (humi_source_add(source, &record) != HUM_OK)
            return trace_problem_hum(problem);
        if (records % PROGRESS_EVERY == 0)
            say_progress(source, false);
    }
}

bool replay_load(const struct replay_request *request, struct humi_source *source,
                 struct replay_outcome *outcome, struct trace_problem *problem)
{
    bool neighbours = request->setup.parts.prefetch != HUMI_PREFETCH_NONE;
    struct hum_trace_info info;
    struct hum_trace *trace;
    bool good;

    limit(source);
    if (hum_trace_open(request->trace, &trace) != HUM_OK)
        return trace_problem_hum(problem);
    good = read_all(trace, source, outcome, problem);
    say_progress(source, true);
    hum_trace_info(trace, &info);
    hum_trace_close(trace);
    if (good && humi_source_finish(source, neighbours) != HUM_OK)
        good = trace_problem_hum(problem);
    outcome->truncated = info.truncated;
    outcome->footprint = source->touched;
    outcome->page_accesses = source->count;
    outcome->devices = source->devices;
    return good;
}
