/* SPDX-License-Identifier: MIT */
/* replay_engine.c - cells replayed as hum replay would; see replay_engine.h */
#include "comparison/replay_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/replay/engine.h"
#include "policy/registry.h"

#define POLICIES_MAX 64u

/* One at a time in a process: the command's. */
static struct replay_request asked;

static bool read_request(const struct compare_replay_options *options,
                         struct replay_request *request, struct compare_problem *problem)
{
    const char *link = strcmp(options->link, "none") == 0 ? NULL : options->link;

    *request = (struct replay_request){.touch_ns = REPLAY_TOUCH_NS,
                                       .page_only = options->page_only,
                                       .no_policies = true}; /* each row has its own */
    request->cost.serial = strcmp(options->fault, "serial") == 0;
    if (!request->cost.serial && strcmp(options->fault, "batch") != 0) {
        snprintf(problem->text, sizeof(problem->text), "--fault is batch or serial, not '%.40s'",
                 options->fault);
        return false;
    }
    if (humi_link_parse(link, &request->cost.link) == HUM_OK)
        return true;
    snprintf(problem->text, sizeof(problem->text), "%s", hum_error_text());
    return false;
}

static void *load(void *context, const char *path, char *why, size_t why_bytes)
{
    struct replay_trace *trace = malloc(sizeof(*trace));
    struct trace_problem problem = {"out of memory"};

    (void)context;
    if (trace && replay_open(trace, path, false, &problem))
        return trace;
    snprintf(why, why_bytes, "%s", problem.text);
    free(trace);
    return NULL;
}

static void unload(void *context, void *trace)
{
    (void)context;
    replay_close(trace);
    free(trace);
}

bool compare_replay_has_accesses(const void *trace)
{
    struct trace_problem ignored;

    return replay_has_accesses(trace, &ignored);
}

struct compare_figures compare_figures_of(const struct replay_outcome *outcome)
{
    const struct humi_replay_result *r = &outcome->result;
    const struct humi_bounds *b = &outcome->bounds;

    return (struct compare_figures){
        .accesses = r->accesses,
        .accesses_device = r->accesses_device,
        .misses = r->misses,
        .host_faults = r->host_faults,
        .far_faults = r->far_faults,
        .upgrades = r->upgrades,
        .batches = r->batches,
        .first_touches = r->first_touches,
        .pages_in = r->pages_in,
        .pages_out = r->pages_out,
        .bytes_h2d = r->bytes_h2d,
        .bytes_d2h = r->bytes_d2h,
        .bytes_d2d = r->bytes_d2d,
        .bytes_demand = r->bytes_demand,
        .bytes_prefetch = r->bytes_prefetch,
        .bytes_eviction = r->bytes_eviction,
        .pages_prefetched = r->pages_prefetched,
        .late_prefetches = r->late_prefetches,
        .evictions = r->evictions,
        .evictions_clean = r->evictions_clean,
        .thrashed_pages = r->thrashed_pages,
        .remote_accesses = r->remote_accesses,
        .capacity_bytes = outcome->capacity * HUM_PAGE_SIZE,
        .page_only = outcome->page_only,
        .modelled_ns = r->modelled_ns,
        .bounds = {.infinite_ns = b->infinite.modelled_ns,
                   .resident_ns = b->resident.modelled_ns,
                   .min_ns = b->min.modelled_ns,
                   .oracle_ns = b->min_oracle_prefetch.modelled_ns,
                   .remote_ns = b->remote_all.modelled_ns,
                   .least_ns = b->least.modelled_ns},
    };
}

static void run(void *context, void *trace, const struct compare_grid *grid,
                struct compare_cell *cell)
{
    struct replay_request request = *(const struct replay_request *)context;
    struct replay_outcome outcome;
    struct trace_problem problem;

    request.policy = grid->policies[cell->policy];
    request.capacity.r = grid->ratios[cell->ratio];
    if (!replay_has_work(trace, &request, &problem)) {
        cell->missing = COMPARE_LEFT_OUT;
        snprintf(cell->why, sizeof(cell->why), "%.239s", problem.text);
        return;
    }
    if (replay_run(trace, &request, &outcome, &problem)) {
        cell->figures = compare_figures_of(&outcome);
        return;
    }
    cell->missing = COMPARE_FAILED;
    snprintf(cell->why, sizeof(cell->why), "%.239s", problem.text);
}

bool compare_replay_engine(const struct compare_replay_options *options,
                           struct compare_engine *engine_out, struct compare_problem *problem)
{
    if (!read_request(options, &asked, problem))
        return false;
    *engine_out = (struct compare_engine){&asked, load, unload, run};
    return true;
}

bool compare_replay_knows(const char *policy, struct compare_problem *problem)
{
    struct replay_request request = {.policy = policy};
    struct trace_problem why;

    if (replay_check_policy(&request, &why))
        return true;
    snprintf(problem->text, sizeof(problem->text), "%.319s", why.text);
    return false;
}

const char *const *compare_replay_policies(void)
{
    static const char *names[POLICIES_MAX + 1];
    const struct hum_policy *policy;
    unsigned count = 0;

    while (count < POLICIES_MAX && (policy = humi_policy_at(count)))
        names[count++] = policy->name;
    return names;
}
