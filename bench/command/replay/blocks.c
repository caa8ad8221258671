/* SPDX-License-Identifier: MIT */
/* blocks.c - a replay by the runtime's own core; see blocks.h */
#include "command/replay/blocks.h"

#include <stdlib.h>

#include "model/replay.h"

/* Touches by devices: objects of the source know their processor. */
static uint64_t device_touches(const struct humi_source *source)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < source->count; i++)
        if (humi_how_processor(source->how[i]) != 0)
            sum += humi_source_touches(source, i);
    return sum;
}

static void set_counts(const struct replay_trace *trace, const struct humi_model_result *model,
                       struct humi_replay_result *result)
{
    const struct hum_counters *counters = &model->counters;
    uint64_t faults = counters->faults_host + counters->faults_device;

    result->accesses = trace->source.touch_sum;
    result->accesses_device = device_touches(&trace->source);
    result->misses = model->arrivals.demanded;
    result->host_faults = model->arrivals.home;
    result->far_faults = faults - counters->faults_duplicate;
    result->upgrades = counters->events[HUM_CAUSE_UPGRADE];
    result->batches = counters->batches;
    result->first_touches = model->arrivals.bare;
    result->pages_in = model->arrivals.at_devices;
    result->pages_prefetched = model->arrivals.ahead;
    result->evictions = counters->evictions_clean + counters->evictions_dirty;
    result->evictions_clean = counters->evictions_clean;
    result->bytes_h2d = counters->bytes[HUM_H2D];
    result->bytes_d2h = counters->bytes[HUM_D2H];
    result->bytes_d2d = counters->bytes[HUM_D2D];
    result->pages_out = result->bytes_d2h / HUM_PAGE_SIZE;
    result->bytes_prefetch = counters->bytes_by_cause[HUM_CAUSE_PREFETCH_POLICY] +
                             counters->bytes_by_cause[HUM_CAUSE_PREFETCH_USER];
    result->bytes_eviction = counters->bytes_by_cause[HUM_CAUSE_EVICTION];
    result->bytes_demand = counters->bytes_by_cause[HUM_CAUSE_DEVICE_FAULT] +
                           counters->bytes_by_cause[HUM_CAUSE_HOST_FAULT] +
                           counters->bytes_by_cause[HUM_CAUSE_UPGRADE];
}

/* In open loop nobody waits, so time is what serving everything one by one would take. */
static uint64_t open_loop_ns(const struct replay_request *request,
                             const struct humi_model_result *result)
{
    struct humi_cost_batch none = {.faults = 0};
    const uint64_t *link_ns = result->counters.modelled_ns;

    return result->counters.batches * humi_cost_batch_ns(&request->cost, &none) +
           link_ns[HUM_H2D] + link_ns[HUM_D2H] + link_ns[HUM_D2D] +
           humi_cost_remote_ns(&request->cost, result->reaches, result->remote);
}

bool replay_blocks(struct replay_trace *trace, const struct replay_request *request,
                   struct replay_outcome *outcome, struct trace_problem *problem)
{
    const struct humi_model_params params = {
        .policy = request->policy ? request->policy : "",
        .link = &request->cost.link,
        .device_bytes = outcome->capacity * HUM_PAGE_SIZE,
        .closed = request->loop == REPLAY_CLOSED,
        .serial = request->cost.serial,
        .touch_ns = request->touch_ns,
        .trace = request->record,
        .listener = request->listener,
        .measures = request->measures,
        .no_hints = request->no_hints,
        .no_policies = request->no_policies,
    };
    struct humi_model_result result;

    if (humi_model_replay(trace->file, &trace->survey, &params, &result) != HUM_OK)
        return trace_problem_hum(problem);
    set_counts(trace, &result, &outcome->result);
    outcome->result.thrashed_pages = result.returned;
    outcome->result.remote_accesses = result.remote;
    outcome->result.late_prefetches = result.late_prefetches;
    outcome->calls = trace->survey.calls;
    outcome->refused = result.refused;
    outcome->replay_ns = result.replay_ns;
    outcome->result.modelled_ns =
        params.closed ? result.modelled_ns
                      : open_loop_ns(request, &result);
    return true;
}
