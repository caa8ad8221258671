/* SPDX-License-Identifier: MIT */
/* engine.c - a trace read once, and each request given to its engine. */
#include "command/replay/engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "command/replay/blocks.h"
#include "command/replay/rules.h"
#include "policy/evict/registry.h"
#include "policy/registry.h"

#define PROGRESS_EVERY ((uint64_t)1 << 21) /* records */
#define ACCESS_BYTES 32u    /* of memory for each access: arrays that grow, the future for min */
#define PAGE_BYTES 192u     /* for each page: its number, its block, its state, a cache's links */

/* ---- reading --------------------------------------------------------------------------------- */

/* Half of the memory for accesses, the other for pages. */
static void limit(struct humi_source *source)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
    uint64_t half = pages * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
    uint64_t objects = half / PAGE_BYTES;

    humi_source_init(source, half / ACCESS_BYTES,
                     objects < HUMI_OBJECTS_MAX ? (uint32_t)objects : HUMI_OBJECTS_MAX);
}

static void note(struct replay_trace *trace, const struct hum_trace_record *record)
{
    if (record->kind == HUM_TRACE_SETTING && strcmp(record->setting.key, "accesses") == 0)
        snprintf(trace->recorded, sizeof(trace->recorded), "%.31s", record->setting.value);
    else if (record->kind == HUM_TRACE_DROPPED && record->dropped.kind == HUM_TRACE_ACCESS)
        trace->dropped += record->dropped.count;
}

static void say_progress(const struct humi_source *source, bool last)
{
    if (last)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\rloading: %.1f million accesses", (double)source->count / 1e6);
}

static bool read_all(struct hum_trace *file, struct replay_trace *trace, bool progress,
                     struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more;

    for (uint64_t records = 1;; records++) {
        if (!trace_read(file, &record, &more, problem))
            return false;
        if (!more)
            return records > 1 || trace_problem_say(problem, "there is no whole record in it");
        note(trace, &record);
        if (humi_source_add(&trace->source, &record) != HUM_OK)
            return trace_problem_hum(problem);
        if (progress && records % PROGRESS_EVERY == 0)
            say_progress(&trace->source, false);
    }
}

bool replay_open(struct replay_trace *trace, const char *path, bool progress,
                 struct trace_problem *problem)
{
    struct hum_trace_info info;
    struct hum_trace *file;
    bool good;

    *trace = (struct replay_trace){.path = path};
    progress = progress && isatty(STDERR_FILENO);
    if (hum_trace_open(path, &file) != HUM_OK)
        return trace_problem_hum(problem);
    limit(&trace->source);
    good = read_all(file, trace, progress, problem);
    if (progress)
        say_progress(&trace->source, true);
    hum_trace_info(file, &info);
    hum_trace_close(file);
    trace->truncated = info.truncated;
    if (good && trace->source.count && humi_source_finish(&trace->source, true) != HUM_OK)
        good = trace_problem_hum(problem);
    if (!good)
        replay_close(trace);
    return good;
}

static bool open_blocks(struct replay_trace *trace, struct trace_problem *problem)
{
    if (trace->file)
        return true;
    if (hum_trace_open(trace->path, &trace->file) != HUM_OK)
        return trace_problem_hum(problem);
    if (humi_survey_read(&trace->survey, trace->file) == HUM_OK)
        return true;
    hum_trace_close(trace->file);
    trace->file = NULL;
    return trace_problem_hum(problem);
}

bool replay_survey(struct replay_trace *trace, struct trace_problem *problem)
{
    return open_blocks(trace, problem);
}

void replay_again(const struct replay_trace *trace, struct replay_trace *again_out)
{
    *again_out = *trace;
    again_out->file = NULL;
}

void replay_again_close(struct replay_trace *again)
{
    if (again->file)
        humi_survey_fini(&again->survey);
    hum_trace_close(again->file);
    again->file = NULL;
}

void replay_close(struct replay_trace *trace)
{
    humi_source_fini(&trace->source);
    if (trace->file)
        humi_survey_fini(&trace->survey);
    hum_trace_close(trace->file);
    *trace = (struct replay_trace){.path = NULL};
}

/* ---- bounds ---------------------------------------------------------------------------------- */

/* What touching alone takes: everybody works all the time and finds everything. */
static uint64_t touching_ns(const struct replay_trace *trace, const struct replay_request *request)
{
    unsigned workers = 1;

    for (unsigned p = 1; p < trace->survey.processors; p++)
        if (trace->survey.traits[p].workers > 1)
            workers += trace->survey.traits[p].workers - 1;
    return (uint64_t)((double)trace->source.touch_sum * request->touch_ns / workers);
}

/* Bytes over the link a block at a time, and the touching; nobody waits for single pages. */
static uint64_t block_ns(const struct replay_request *request, uint64_t bytes, uint64_t touching)
{
    return touching +
           humi_link_ns(&request->cost.link, bytes,
                        (unsigned)((bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE));
}

/*
 * Where blocks move, the bounds count the pages that must, but they come a block at a time.  Time
 * includes the touching; just in time it goes on beside the link.
 */
static void bound_blocks(struct humi_bounds *bounds, const struct replay_request *request,
                         uint64_t touching)
{
    bounds->infinite.modelled_ns = block_ns(request, bounds->infinite.bytes, touching);
    bounds->resident.modelled_ns = touching;
    bounds->min.modelled_ns = block_ns(request, bounds->min.bytes, touching);
    bounds->remote_all.modelled_ns += touching;
    if (bounds->min_oracle_prefetch.modelled_ns < touching)
        bounds->min_oracle_prefetch.modelled_ns = touching;
    if (bounds->least.modelled_ns < touching)
        bounds->least.modelled_ns = touching;
}

static const struct replay_kept *find_kept(const struct replay_trace *trace,
                                           const struct replay_request *request,
                                           const struct replay_outcome *outcome)
{
    for (unsigned i = 0; i < REPLAY_BOUNDS_KEPT; i++) {
        const struct replay_kept *kept = &trace->kept[i];

        if (kept->capacity == outcome->capacity && kept->blocks == !outcome->page_only &&
            kept->touch_ns == request->touch_ns && kept->loop == request->loop &&
            kept->cost.serial == request->cost.serial &&
            memcmp(&kept->cost.link, &request->cost.link, sizeof(kept->cost.link)) == 0)
            return kept;
    }
    return NULL;
}

static bool find_bounds(struct replay_trace *trace, const struct replay_request *request,
                        struct replay_outcome *outcome, struct trace_problem *problem)
{
    const struct replay_kept *kept = find_kept(trace, request, outcome);
    struct humi_replay_setup setup = {.capacity = outcome->capacity, .cost = request->cost};

    if (kept) {
        outcome->bounds = kept->bounds;
        return true;
    }
    if (humi_bounds_find(&trace->source, &setup, &outcome->bounds) != HUM_OK)
        return trace_problem_hum(problem);
    if (!outcome->page_only)
        bound_blocks(&outcome->bounds, request,
                     request->loop == REPLAY_CLOSED ? touching_ns(trace, request) : 0);
    trace->kept[trace->kept_next] = (struct replay_kept){.capacity = outcome->capacity,
                                                         .cost = request->cost,
                                                         .touch_ns = request->touch_ns,
                                                         .loop = request->loop,
                                                         .blocks = !outcome->page_only,
                                                         .bounds = outcome->bounds};
    trace->kept_next = (trace->kept_next + 1) % REPLAY_BOUNDS_KEPT;
    return true;
}

/* ---- running --------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_as_recorded(const struct replay_request *request)
{
    return request->capacity.pages == 0 && request->capacity.r == 0;
}

static enum hum_status read_parts(const struct replay_request *request, struct humi_parts *parts)
{
    const char *text = request->policy ? request->policy : "ondemand";

    if (strchr(text, ';'))
        return humi_fail(HUM_ERR_INVALID, "no rules for regions (;region:NAME=POLICY) can be "
                                          "given: they are about blocks");
    return humi_parts_parse(text, parts);
}

/* Where blocks move an order of eviction alone is no policy; here it is one of single pages. */
static bool say_order(const struct hum_evict *order, struct trace_problem *problem)
{
    if (order->needs_next_use)
        return trace_problem_say(problem, "--policy: evict=%s looks at what is touched next, which "
                                          "only replays of single pages can tell: --page-only",
                                 order->name);
    return trace_problem_say(problem, "--policy: '%s' is an order of eviction: write evict=%s, or "
                                      "--page-only to replay single pages",
                             order->name, order->name);
}

/* The policy and its rules for regions, as blocks take them.  The caller ends the rules. */
static bool read_blocks(const struct replay_request *request, struct replay_rules *rules,
                        struct trace_problem *problem)
{
    const char *text = request->policy ? request->policy : "";
    const struct hum_evict *order = humi_evict_find(text);

    if (order && !humi_policy_find(text))
        return say_order(order, problem);
    return replay_rules_read(rules, "--policy", text, problem);
}

static bool is_for_blocks(const struct replay_request *request, struct trace_problem *problem)
{
    struct replay_rules rules;

    if (!read_blocks(request, &rules, problem))
        return false;
    replay_rules_fini(&rules);
    return true;
}

bool replay_check_policy(const struct replay_request *request, struct trace_problem *problem)
{
    struct humi_parts parts;

    if (read_parts(request, &parts) == HUM_OK)
        return true;
    /* a ratio may turn out to make few blocks, or many */
    return request->page_only ? trace_problem_hum(problem)
                              : is_for_blocks(request, problem);
}

/* As far as it was surveyed. */
static bool is_declared(const struct replay_trace *trace)
{
    return trace->file && trace->survey.declared;
}

/* Nobody asked for single pages, but they must do. */
static bool is_implied(struct replay_trace *trace, const struct replay_request *request)
{
    struct trace_problem ignored;

    if (request->page_only || is_as_recorded(request))
        return false;
    return !humi_capacity_is_blocks(&request->capacity, trace->source.touched) ||
           (open_blocks(trace, &ignored) && is_declared(trace));
}

bool replay_has_accesses(const struct replay_trace *trace, struct trace_problem *why)
{
    return trace->source.count ||
           trace_problem_say(why, "there is no access in the trace, so nothing to replay: record "
                                  "with HUM_ACCESSES (hum run --accesses), import or generate "
                                  "one");
}

bool replay_has_work(struct replay_trace *trace, const struct replay_request *request,
                     struct trace_problem *why)
{
    bool pages = request->page_only || is_implied(trace, request);
    struct trace_problem ignored;
    struct humi_parts parts;

    if (!replay_has_accesses(trace, why))
        return false;
    if (pages ? read_parts(request, &parts) == HUM_OK : is_for_blocks(request, &ignored))
        return true;
    if (!pages)
        return trace_problem_say(why, "the policy decides on single pages alone, and blocks are "
                                      "replayed");
    return trace_problem_say(why, "the policy decides on blocks of 2 MiB alone, and single pages "
                                  "are replayed: %s",
                             request->page_only ? "so it was asked for"
                             : is_declared(trace)
                                 ? "launches of the trace declare what they use"
                                 : "there is room for less than 8 blocks");
}

static bool say_unrecorded(const struct replay_outcome *outcome, struct trace_problem *problem)
{
    return trace_problem_say(problem, "--record: single pages are replayed, of which no trace is "
                                      "written: %s",
                             outcome->declared ? "launches of the trace declare what they use"
                                               : "give a capacity of whole blocks of 2 MiB, or a "
                                                 "ratio that makes 8 of them");
}

static bool run_pages(const struct replay_trace *trace, const struct replay_request *request,
                      struct replay_outcome *outcome, struct trace_problem *problem)
{
    struct humi_replay_setup setup = {.capacity = outcome->capacity, .cost = request->cost};
    uint64_t start;

    if (request->record)
        return say_unrecorded(outcome, problem);
    if (read_parts(request, &setup.parts) != HUM_OK)
        return outcome->implied
                   ? trace_problem_say(problem, "%llu pages are too few to be replayed as blocks, "
                                                "and for single pages %s",
                                       (unsigned long long)outcome->capacity, hum_error_text())
                   : trace_problem_hum(problem);
    humi_parts_print(&setup.parts, outcome->policy, sizeof(outcome->policy));
    start = now_ns();
    if (humi_machine_run(&trace->source, &setup, &outcome->result) != HUM_OK)
        return trace_problem_hum(problem);
    outcome->replay_ns = now_ns() - start;
    return true;
}

/* Rules for regions are measures: regions of a trace may have their names from the beginning. */
static bool run_blocks(struct replay_trace *trace, const struct replay_request *request,
                       struct replay_outcome *outcome, struct trace_problem *problem)
{
    struct replay_request apart = *request;
    struct replay_rules rules;
    bool good;

    if (!read_blocks(request, &rules, problem))
        return false;
    snprintf(outcome->policy, sizeof(outcome->policy), "%s", rules.whole);
    apart.policy = rules.space;
    if (rules.count)
        apart.measures = (struct humi_measures){rules.measures, rules.count};
    good = open_blocks(trace, problem) && replay_blocks(trace, &apart, outcome, problem);
    replay_rules_fini(&rules);
    return good;
}

bool replay_run(struct replay_trace *trace, const struct replay_request *request,
                struct replay_outcome *outcome, struct trace_problem *problem)
{
    uint64_t capacity = is_as_recorded(request)
                            ? 0
                            : humi_capacity_pages(&request->capacity, trace->source.touched);

    *outcome = (struct replay_outcome){.footprint = trace->source.touched,
                                       .page_accesses = trace->source.count,
                                       .devices = trace->source.devices,
                                       .dropped = trace->dropped,
                                       .truncated = trace->truncated};
    memcpy(outcome->recorded, trace->recorded, sizeof(outcome->recorded));
    outcome->implied = is_implied(trace, request);
    outcome->declared = outcome->implied && is_declared(trace);
    outcome->page_only = request->page_only || outcome->implied;
    outcome->capacity =
        outcome->page_only ? capacity : capacity / HUM_PAGES_PER_BLOCK * HUM_PAGES_PER_BLOCK;
    return (outcome->page_only ? run_pages(trace, request, outcome, problem)
                           : run_blocks(trace, request, outcome, problem)) &&
           (request->no_bounds || find_bounds(trace, request, outcome, problem));
}
