/* SPDX-License-Identifier: MIT */
/* closed.c - agents, the service and the program, in modelled time. */
#include "model/closed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model/works.h"

#define QUANTUM_NS 1000.0

static const struct humi_survey_launch *told(const struct humi_simulation *sim, uint64_t launch)
{
    return humi_survey_launch(sim->player->survey, launch);
}

static unsigned device_of(const struct humi_simulation *sim, uint64_t launch)
{
    int device = told(sim, launch)->device;
    return device < 0 ? 1 : (unsigned)device + 1;
}

/* ---- agents ---------------------------------------------------------------------------------- */

void humi_simulation_add(struct humi_simulation *sim, const struct humi_script_lane *lane,
                         double ns)
{
    if (sim->agent_count == sim->agent_room) {
        size_t room = sim->agent_room ? sim->agent_room * 2 : 16;
        struct humi_agent *more = realloc(sim->agents, room * sizeof *more);
        if (!more) {
            humi_simulation_fail(sim, humi_fail(HUM_ERR_NO_MEMORY, "no memory for an agent"));
            return;
        }
        sim->agents = more;
        sim->agent_room = room;
    }
    sim->agents[sim->agent_count++] = (struct humi_agent){
        .lane = lane, .ns = ns, .launch = lane->launch, .thread = ++sim->threads};
}

static void end_agent(struct humi_simulation *sim, struct humi_agent *agent)
{
    agent->state = HUMI_AGENT_DONE;
    humi_simulation_set_time(sim, agent->ns);
    if (!agent->launch || agent == &sim->program)
        return;
    struct humi_work_item *launch = &sim->works[agent->launch - 1];
    if (agent->ns > launch->end_ns)
        launch->end_ns = agent->ns;
    if (--launch->running == 0)
        humi_works_end_launch(sim, launch, launch->end_ns);
}

static bool is_freeing(const struct humi_simulation *sim, const struct humi_script_step *step)
{
    return step->kind == HUMI_SCRIPT_RECORD &&
           sim->script->records[step->data].kind == HUM_TRACE_REGION_END;
}

static bool is_on_stream(const struct hum_trace_record *record)
{
    return record->kind == HUM_TRACE_CALL && record->call.device != HUM_HOST;
}

/* A step of the program that is no touch.  False: it must wait. */
static bool program_step(struct humi_simulation *sim, struct humi_agent *agent,
                         const struct humi_script_step *step)
{
    bool waits = step->kind == HUMI_SCRIPT_WAIT || is_freeing(sim, step);
    if (waits && sim->unfinished)
        return false;
    if (waits && agent->ns < sim->calls_ns)
        agent->ns = sim->calls_ns;
    humi_simulation_set_time(sim, agent->ns);
    if (step->kind == HUMI_SCRIPT_LAUNCH)
        humi_works_queue_launch(sim, agent, step->data);
    else if (step->kind == HUMI_SCRIPT_WAIT)
        humi_world_boundary(sim->world, 0, 0);
    else if (is_on_stream(&sim->script->records[step->data]))
        humi_works_queue_call(sim, agent, step->data);
    else
        agent->ns = humi_works_replay(sim, step->data, step->data, agent->ns);
    return true;
}

/* The next page that the agent will touch. */
static struct humi_world_touch touch_of(const struct humi_agent *agent)
{
    const struct humi_script_step *step = &agent->lane->steps[agent->step];
    return (struct humi_world_touch){.processor = agent->lane->processor,
                                     .page = step->data + agent->page,
                                     .thread = agent->thread,
                                     .kernel = step->kernel,
                                     .write = step->write};
}

/* What the touches bring is brought by whoever goes ahead, and nobody waits for it. */
static void warm(struct humi_simulation *sim, const struct humi_agent *agent,
                 const struct humi_script_step *step)
{
    struct humi_world_touch touch = touch_of(agent);
    humi_simulation_set_time(sim, agent->ns);
    humi_charge_begin_ahead(sim->charge, agent->ns);
    if (!humi_world_reach(sim->world, &touch, step->count))
        return;
    double end = humi_charge_end(sim->charge);
    sim->free_ns = end > sim->free_ns ? end : sim->free_ns;
    sim->service_ns += end - agent->ns;
}

/*
 * Touches that go over the link: the host's are of a device's frames, a device's are taken to be of
 * the host's, of which a peer's do not differ in price.
 */
static double reach(struct humi_simulation *sim, struct humi_agent *agent,
                    const struct humi_script_step *step)
{
    bool down = (agent->lane->processor == 0) != step->write;
    bool waits = !agent->reached;
    sim->world->reaches += waits;
    warm(sim, agent, step);
    agent->reached = true;
    return humi_charge_reach(sim->charge, down ? HUM_D2H : HUM_H2D, step->count, waits, agent->ns);
}

/* A page that was brought ahead: if it is still on its way the agent waits for the rest. */
static void await(struct humi_simulation *sim, struct humi_agent *agent)
{
    struct humi_model_entry *entry = sim->world->last[agent->lane->processor].entry;
    bool late = entry->arrives_ns > agent->ns;
    if (!entry->used) {
        sim->late += late;
        humi_charge_use(sim->charge, entry);
    }
    if (late)
        agent->ns = entry->arrives_ns;
}

/* The pages of one touch step, up to a fault or until until_ns.  True: the step is done. */
static bool touch_pages(struct humi_simulation *sim, struct humi_agent *agent,
                        const struct humi_script_step *step, double until_ns)
{
    unsigned processor = agent->lane->processor;
    double each = sim->touch_ns * step->count;
    for (; agent->page < step->pages && agent->ns < until_ns; agent->page++) {
        if (!humi_world_may(sim->world, processor, step->data + agent->page, step->write)) {
            agent->state = HUMI_AGENT_FAULTS;
            return false;
        }
        sim->world->touches++;
        sim->world->hits += !agent->served;
        agent->served = false;
        if (humi_world_is_arriving(sim->world, processor, step->data + agent->page, agent->ns))
            await(sim, agent);
        if (humi_world_is_remote(sim->world, processor, step->data + agent->page))
            agent->ns = reach(sim, agent, step);
        agent->ns += each;
    }
    return agent->page == step->pages;
}

static void advance(struct humi_simulation *sim, struct humi_agent *agent, double until_ns)
{
    while (agent->step < agent->lane->count && agent->ns < until_ns) {
        const struct humi_script_step *step = &agent->lane->steps[agent->step];
        if (step->kind == HUMI_SCRIPT_TOUCH) {
            if (!touch_pages(sim, agent, step, until_ns))
                return;
        } else if (!program_step(sim, agent, step)) {
            agent->state = HUMI_AGENT_WAITS;
            return;
        } else if (sim->agent_count) {
            until_ns = agent->ns; /* a launch may have begun: it has its turn */
        }
        agent->page = 0;
        agent->reached = false;
        agent->step++;
    }
    if (agent->step == agent->lane->count)
        end_agent(sim, agent);
}

/* Agents that are done leave, launches behind them begin, the program may go on. */
static void settle(struct humi_simulation *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->agent_count; i++)
        if (sim->agents[i].state != HUMI_AGENT_DONE)
            sim->agents[kept++] = sim->agents[i];
    sim->agent_count = kept;
    sim->cut = false;
    humi_works_begin(sim);
    if (sim->program.state != HUMI_AGENT_WAITS || sim->unfinished)
        return;
    sim->program.state = HUMI_AGENT_RUNS;
    if (sim->program.ns < sim->end_ns)
        sim->program.ns = sim->end_ns;
}

/* ---- the service ----------------------------------------------------------------------------- */

static struct humi_agent *agent_at(struct humi_simulation *sim, size_t i)
{
    return i < sim->agent_count ? &sim->agents[i] : &sim->program;
}

/* Agents of one processor whose faults the batch answers; how many. */
static unsigned collect(struct humi_simulation *sim, unsigned processor, double begin_ns,
                        struct humi_agent **batch, struct humi_world_touch *touches)
{
    unsigned count = 0;
    for (size_t i = 0; i <= sim->agent_count && count < HUMI_BATCH_MAX; i++) {
        struct humi_agent *agent = agent_at(sim, i);
        if (agent->state != HUMI_AGENT_FAULTS || agent->lane->processor != processor ||
            agent->ns > begin_ns)
            continue;
        batch[count] = agent;
        touches[count++] = touch_of(agent);
    }
    return count;
}

/* In the run, a touch that was not allowed ended its launch, whatever its other agents were at. */
static void end_illegal(struct humi_simulation *sim, uint64_t launch, double ns)
{
    if (!launch || !told(sim, launch)->illegal)
        return;
    for (size_t i = 0; i < sim->agent_count; i++) {
        struct humi_agent *agent = &sim->agents[i];
        if (agent->launch != launch || agent->state == HUMI_AGENT_DONE)
            continue;
        agent->ns = agent->ns > ns ? agent->ns : ns;
        end_agent(sim, agent);
        sim->cut = true;
    }
}

static void resume(struct humi_simulation *sim, struct humi_agent *agent, double ns)
{
    struct humi_world_touch touch = touch_of(agent);
    if (agent->state == HUMI_AGENT_DONE)
        return;
    agent->state = HUMI_AGENT_RUNS;
    agent->ns = ns;
    agent->served = true;
    if (humi_world_allows(sim->world, &touch))
        return;
    agent->served = false;
    sim->player->failed++;
    sim->world->touches++;
    agent->page++;
    end_illegal(sim, agent->launch, ns);
}

/* How long thrashing control lets those who faulted on the block wait. */
static double throttle(struct humi_simulation *sim, uint64_t block)
{
    const struct humi_server *server = &sim->world->server;
    for (unsigned i = 0; i < server->throttled_count; i++) {
        if (server->throttled[i].block != block)
            continue;
        double ns = 1e3 * server->throttled[i].us;
        sim->throttled_ns += ns;
        return ns;
    }
    return 0;
}

/* Full memory, of a device or of this process: the touch would fault for ever. */
static void note_failed(struct humi_simulation *sim, unsigned p)
{
    const struct humi_model_processor *processor = &sim->world->processor[p];
    if (processor->failed != HUM_OK && processor->failed != HUM_ERR_ILLEGAL_ADDRESS)
        humi_simulation_fail(sim, humi_fail(processor->failed, "%s cannot be served: %s",
                                            processor->base.name,
                                            hum_status_text(processor->failed)));
}

static void serve(struct humi_simulation *sim, const struct humi_agent *first)
{
    unsigned p = first->lane->processor;
    struct humi_agent *batch[HUMI_BATCH_MAX];
    struct humi_world_touch touches[HUMI_BATCH_MAX];
    double begin = first->ns > sim->free_ns ? first->ns : sim->free_ns;
    unsigned count = collect(sim, p, begin, batch, touches);
    humi_simulation_set_time(sim, begin);
    humi_charge_begin(sim->charge, begin);
    humi_world_serve(sim->world, touches, count);
    double end = humi_charge_end(sim->charge);
    sim->free_ns = end;
    sim->service_ns += end - begin;
    for (unsigned i = 0; i < count; i++)
        resume(sim, batch[i], end + throttle(sim, touches[i].page / HUM_PAGES_PER_BLOCK));
    note_failed(sim, p);
    if (sim->cut)
        settle(sim);
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* The earliest that runs, when the next of them does, and the earliest fault. */
struct outlook {
    struct humi_agent *runs, *faults;
    double next_ns;
};

static struct outlook look(struct humi_simulation *sim)
{
    struct outlook outlook = {.next_ns = 1e300};
    for (size_t i = 0; i <= sim->agent_count; i++) {
        struct humi_agent *agent = agent_at(sim, i);
        if (agent->state == HUMI_AGENT_FAULTS &&
            (!outlook.faults || agent->ns < outlook.faults->ns))
            outlook.faults = agent;
        if (agent->state != HUMI_AGENT_RUNS)
            continue;
        if (!outlook.runs || agent->ns < outlook.runs->ns) {
            outlook.next_ns = outlook.runs ? outlook.runs->ns : outlook.next_ns;
            outlook.runs = agent;
        } else if (agent->ns < outlook.next_ns) {
            outlook.next_ns = agent->ns;
        }
    }
    return outlook;
}

/* The next number that can be told from x, which is no less than zero. */
static double just_after(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits++;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Whoever ran has a fault, and it is served before anything else happens. */
static bool faults_first(const struct humi_simulation *sim, const struct outlook *outlook)
{
    double ns = outlook->runs->ns;
    return sim->status == HUM_OK && outlook->runs->state == HUMI_AGENT_FAULTS &&
           !outlook->faults &&
           outlook->next_ns > (ns > sim->free_ns ? ns : sim->free_ns);
}

/* False: nothing is left to be done. */
static bool go_on(struct humi_simulation *sim)
{
    struct outlook outlook = look(sim);
    double batch = 1e300;
    if (outlook.faults)
        batch = outlook.faults->ns > sim->free_ns ? outlook.faults->ns : sim->free_ns;
    if (outlook.runs && outlook.runs->ns <= batch) {
        double until = outlook.next_ns + QUANTUM_NS;
        double behind = just_after(batch); /* what happens at that moment is in time */
        advance(sim, outlook.runs, until < behind ? until : behind);
        if (faults_first(sim, &outlook))
            serve(sim, outlook.runs);
        else if (outlook.runs->state == HUMI_AGENT_DONE || outlook.runs->state == HUMI_AGENT_WAITS)
            settle(sim);
        return true;
    }
    if (!outlook.faults)
        return false;
    serve(sim, outlook.faults);
    return true;
}

/* What is there from the beginning, for those who begin with it. */
static void begin_program(struct humi_simulation *sim)
{
    const struct humi_script_lane *lane = sim->program.lane;
    for (; sim->program.step < lane->count; sim->program.step++) {
        const struct humi_script_step *step = &lane->steps[sim->program.step];
        if (step->kind != HUMI_SCRIPT_RECORD || !program_step(sim, &sim->program, step))
            return;
    }
}

static enum hum_status prepare(struct humi_simulation *sim)
{
    size_t launches = (size_t)sim->player->survey->launch_count;
    size_t room = launches + sim->script->record_count + 1;
    sim->works = calloc(room, sizeof *sim->works);
    sim->queued = calloc(room, sizeof *sim->queued);
    if (!sim->works || !sim->queued)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for %zu launches and calls", room);
    for (size_t i = 0; i < launches; i++)
        sim->works[i] = (struct humi_work_item){.launch = i + 1,
                                                .device = device_of(sim, i + 1),
                                                .stream = told(sim, i + 1)->stream,
                                                .issued_ns = -1};
    sim->work_count = launches;
    sim->program = (struct humi_agent){.lane = &sim->script->program, .thread = ++sim->threads};
    begin_program(sim);
    for (size_t at = sim->script->first[0]; at != SIZE_MAX; at = sim->script->lanes[at].next)
        humi_simulation_add(sim, &sim->script->lanes[at], 0);
    return sim->status;
}

static double touch_ns_of(const struct humi_script *script, const struct humi_model_params *params)
{
    if (params->touch_ns > 0)
        return params->touch_ns;
    return script->touch_ns > 0 ? script->touch_ns : HUMI_MODEL_TOUCH_NS;
}

enum hum_status humi_closed_run(struct humi_player *player, const struct humi_script *script,
                                const struct humi_model_params *params,
                                struct humi_model_result *result)
{
    struct humi_charge *charge = player->charge;
    struct humi_simulation sim = {.player = player,
                                  .world = player->world,
                                  .script = script,
                                  .charge = charge,
                                  .touch_ns = touch_ns_of(script, params)};
    enum hum_status status = prepare(&sim);
    while (status == HUM_OK && go_on(&sim))
        status = sim.status;
    if (status == HUM_OK)
        status = humi_player_finish(player);
    if (status == HUM_OK)
        status = humi_world_check(player->world);
    result->modelled_ns = (uint64_t)fmax(sim.end_ns, humi_charge_least_ns(charge));
    result->modelled_throttled_ns = (uint64_t)sim.throttled_ns;
    result->late_prefetches = sim.late;
    result->modelled_service_ns = (uint64_t)sim.service_ns;
    result->touch_ns = sim.touch_ns;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        result->modelled_link_ns[d] = (uint64_t)charge->busy_ns[d];
    free(sim.agents);
    free(sim.works);
    free(sim.queued);
    return status;
}
