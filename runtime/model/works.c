/* SPDX-License-Identifier: MIT */
/* works.c - launches and calls, each behind those before it in its stream. */
#include "model/works.h"

#include <string.h>

#include "base/status.h"

static const struct humi_survey_launch *told(const struct humi_simulation *sim, uint64_t launch)
{
    return humi_survey_launch(sim->player->survey, launch);
}

void humi_works_end_launch(struct humi_simulation *sim, struct humi_work_item *launch, double ns)
{
    launch->ended = true;
    launch->end_ns = ns;
    sim->unfinished--;
    humi_simulation_set_time(sim, ns);
    const struct hum_trace_record record = {
        .kind = HUM_TRACE_LAUNCH,
        .time_ns = (uint64_t)launch->start_ns,
        .launch = {.launch = launch->launch,
                   .kernel = told(sim, launch->launch)->kernel,
                   .device = (int32_t)launch->device - 1,
                   .stream = launch->stream,
                   .count = 1,
                   .submit_ns = (uint64_t)launch->issued_ns,
                   .end_ns = (uint64_t)ns}};
    humi_world_end(sim->world, launch->device);
    humi_world_tell(sim->world, &record);
}

/* What is prefetched before the launch, in its stream: when that has come. */
static double prefetch(struct humi_simulation *sim, uint64_t number, double ns)
{
    if (!sim->player->measures.count)
        return ns;
    humi_simulation_set_time(sim, ns);
    humi_charge_begin(sim->charge, ns);
    enum hum_status status = humi_player_prefetch(sim->player, number);
    if (status != HUM_OK)
        humi_simulation_fail(sim, status);
    return humi_charge_end(sim->charge);
}

static void begin_launch(struct humi_simulation *sim, struct humi_work_item *launch, double ns)
{
    ns = prefetch(sim, launch->launch, ns);
    launch->start_ns = ns;
    for (size_t at = sim->script->first[launch->launch]; at != SIZE_MAX;
         at = sim->script->lanes[at].next) {
        launch->running++;
        humi_simulation_add(sim, &sim->script->lanes[at], ns);
    }
    if (!launch->running)
        humi_works_end_launch(sim, launch, ns);
}

/* Records of the script as the program gave them; when what they ask for is done. */
double humi_works_replay(struct humi_simulation *sim, size_t first, size_t last, double ns)
{
    enum hum_status status = HUM_OK;
    humi_simulation_set_time(sim, ns);
    humi_charge_begin(sim->charge, ns);
    for (size_t i = first; i <= last && status == HUM_OK; i++) {
        struct hum_trace_record record = sim->script->records[i];
        record.time_ns = sim->world->now_ns;
        status = humi_player_take(sim->player, &record);
    }
    if (status != HUM_OK)
        humi_simulation_fail(sim, status);
    return humi_charge_end(sim->charge);
}

/* The record goes on with the call of the one before it. */
static bool goes_on(const struct humi_script *script, size_t record)
{
    return record > 0 && record < script->record_count &&
           script->records[record - 1].kind == HUM_TRACE_CALL &&
           script->records[record].kind == HUM_TRACE_CALL &&
           humi_calls_go_on(&script->records[record - 1].call, &script->records[record].call);
}

/* It is carried out at once; its end, when its copies have come, may be in the future. */
static void begin_call(struct humi_simulation *sim, struct humi_work_item *call, double ns)
{
    size_t first = call->record;
    while (goes_on(sim->script, first))
        first--;
    call->start_ns = ns;
    call->end_ns = humi_works_replay(sim, first, call->record, ns);
    call->ended = true;
    sim->unfinished--;
    if (call->end_ns > sim->calls_ns)
        sim->calls_ns = call->end_ns;
    if (call->end_ns > sim->end_ns)
        sim->end_ns = call->end_ns;
}

static void begin_work(struct humi_simulation *sim, struct humi_work_item *work, double ns)
{
    work->begun = true;
    if (work->launch)
        begin_launch(sim, work, ns);
    else
        begin_call(sim, work, ns);
}

static bool is_same_stream(const struct humi_work_item *a, const struct humi_work_item *b)
{
    return a->device == b->device && a->stream == b->stream;
}

/* When the work may begin: what is before it in its stream has ended.  < 0: not yet. */
static double ready_ns(const struct humi_simulation *sim, size_t place)
{
    const struct humi_work_item *work = sim->queued[place];
    double ns = work->issued_ns;
    for (size_t i = 0; i < place; i++) {
        const struct humi_work_item *before = sim->queued[i];
        if (!is_same_stream(before, work))
            continue;
        if (!before->ended)
            return -1;
        if (before->end_ns > ns)
            ns = before->end_ns;
    }
    return ns;
}

/* Nobody has to ask any more when it ended: what is behind it in its stream has begun. */
static bool is_past(const struct humi_simulation *sim, size_t place)
{
    const struct humi_work_item *work = sim->queued[place];
    for (size_t i = place + 1; work->ended && i < sim->queued_count; i++)
        if (is_same_stream(sim->queued[i], work))
            return sim->queued[i]->begun;
    return false;
}

/* What is behind works that have ended begins, and those leave the queue. */
void humi_works_begin(struct humi_simulation *sim)
{
    for (size_t i = 0; i < sim->queued_count;) {
        struct humi_work_item *work = sim->queued[i];
        double ns = work->begun ? -1 : ready_ns(sim, i);
        if (ns >= 0)
            begin_work(sim, work, ns);
        if (is_past(sim, i))
            memmove(&sim->queued[i], &sim->queued[i + 1],
                    (--sim->queued_count - i) * sizeof *sim->queued);
        else
            i++;
    }
}

static void queue(struct humi_simulation *sim, const struct humi_agent *agent,
                  struct humi_work_item *work)
{
    work->issued_ns = agent->ns;
    sim->queued[sim->queued_count++] = work;
    sim->unfinished++;
    humi_simulation_set_time(sim, agent->ns);
}

void humi_works_queue_launch(struct humi_simulation *sim, struct humi_agent *agent, uint64_t number)
{
    if (number > sim->player->survey->launch_count || sim->works[number - 1].issued_ns >= 0)
        return; /* beyond what is kept, or told twice */
    queue(sim, agent, &sim->works[number - 1]);
    enum hum_status status = humi_player_begin(sim->player, number);
    if (status != HUM_OK)
        humi_simulation_fail(sim, status);
    humi_works_begin(sim);
}

/* The call is on a stream: it is put there with its last record. */
void humi_works_queue_call(struct humi_simulation *sim, struct humi_agent *agent, size_t record)
{
    const struct hum_trace_call *call = &sim->script->records[record].call;
    if (goes_on(sim->script, record + 1))
        return;
    struct humi_work_item *work = &sim->works[sim->work_count++];
    *work = (struct humi_work_item){.record = record,
                                    .device = (unsigned)call->device + 1,
                                    .stream = call->stream};
    queue(sim, agent, work);
    humi_works_begin(sim);
}
