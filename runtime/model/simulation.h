/* SPDX-License-Identifier: MIT */
/*
 * simulation.h - the closed loop in progress: who is where, at what time.  For closed.c, in which
 * agents and the service are, and works.c, in which streams are.
 *
 * Threads: one at a time.  Ownership: closed.c makes and frees it.
 */
#ifndef HUMI_MODEL_SIMULATION_H
#define HUMI_MODEL_SIMULATION_H

#include "model/charge.h"
#include "model/player.h"
#include "model/script.h"

enum humi_agent_state { HUMI_AGENT_RUNS, HUMI_AGENT_FAULTS, HUMI_AGENT_WAITS, HUMI_AGENT_DONE };

/* A thread of the program, or of a launch. */
struct humi_agent {
    const struct humi_script_lane *lane;
    enum humi_agent_state state;
    double ns;                   /* its time; of a fault when it happened */
    size_t step;
    uint32_t page;               /* of the step */
    uint64_t launch;             /* that it is a part of; 0: of none */
    bool served;                 /* its next page was, after a fault */
    bool reached;                /* it waited for pages of the step that are in another's frame */
    int thread;
};

/* What streams do in order: launches, and calls of the program that it put on one. */
struct humi_work_item {
    uint64_t launch;             /* its number; 0: a call */
    size_t record;               /* of a call: its last one */
    unsigned device, stream;     /* number of the device */
    double issued_ns;            /* by the program; < 0: not yet */
    unsigned running;            /* agents that have not ended */
    bool begun, ended;
    double start_ns, end_ns;
};

struct humi_simulation {
    struct humi_player *player;
    struct humi_world *world;
    const struct humi_script *script;
    struct humi_charge *charge;
    double touch_ns;
    struct humi_agent program;
    struct humi_agent *agents;        /* that are at work */
    size_t agent_count, agent_room;
    struct humi_work_item *works;          /* launches by number - 1, calls behind them */
    size_t work_count;
    struct humi_work_item **queued;        /* in order of issue: works that have not ended, and of
                                              each stream the last one that has */
    size_t queued_count;
    size_t unfinished;           /* issued and not ended */
    double calls_ns;             /* all calls on streams have ended then */
    double free_ns;              /* the service is free then */
    int threads;                 /* given */
    enum hum_status status;      /* not HUM_OK: stop */
    bool cut;                    /* agents have ended that nobody looked at */
    uint64_t late;
    double service_ns, throttled_ns, end_ns;
};

static inline void humi_simulation_fail(struct humi_simulation *sim, enum hum_status status)
{
    if (sim->status == HUM_OK)
        sim->status = status;
}

static inline void humi_simulation_set_time(struct humi_simulation *sim, double ns)
{
    if (ns > (double)sim->world->now_ns)
        sim->world->now_ns = (uint64_t)ns;
    if (ns > sim->end_ns)
        sim->end_ns = ns;
}

/* One more agent is at work, from ns on. */
void humi_simulation_add(struct humi_simulation *sim, const struct humi_script_lane *lane,
                         double ns);

#endif
