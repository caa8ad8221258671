/* SPDX-License-Identifier: MIT */
/*
 * state.h - what the next record of a chunk is told as a difference to.
 *
 * All zero at the start of a chunk.  Writer and reader keep the same, by calling the same functions
 * in the same order: expect, then note.
 *
 *     time  the clock is where the last record's doings ended; the next record is near it
 *     actor of the last event, of the last faults, of the last event with each cause
 *     block one behind the last one of each region
 *
 * Threads: plain data.
 */
#ifndef HUMI_TRACE_STATE_H
#define HUMI_TRACE_STATE_H

#include <stdbool.h>

#include "trace/format.h"

/* Who an event is about. */
struct humi_trace_actor {
    int32_t processor;
    uint32_t region, kernel, thread;
};

#define HUMI_TRACE_SLOTS 64u
struct humi_trace_state {
    uint64_t time_ns;                         /* of the last record that was no launch or batch */
    uint64_t clock_ns;                        /* when that ended, or a batch behind it */
    uint64_t first_ns;                        /* of the first event or faults since a batch */
    bool in_batch;                            /* there is such a one */
    struct hum_trace_event event;             /* the last one */
    struct humi_trace_actor actor;            /* its */
    struct humi_trace_actor by_cause[HUMI_TRACE_CAUSES];
    struct humi_trace_actor faulted;          /* of the last faults record; no thread */
    uint32_t thread[HUMI_TRACE_SLOTS];        /* of the last event, by processor, modulo */
    uint32_t next_block[HUMI_TRACE_SLOTS];    /* by region, modulo */
    int32_t batch_processor;
    struct hum_trace_access access;
    uint64_t next_page[HUMI_TRACE_SLOTS];     /* by agent, modulo */
    uint64_t launch, launch_submit_ns, launch_end_ns; /* of the last one */
    bool launch_waited;                       /* it was submitted behind the end of its last one */
};

/* The last event's thread there. */
static inline uint32_t *humi_trace_thread(struct humi_trace_state *state, int32_t processor)
{
    return &state->thread[(uint32_t)processor % HUMI_TRACE_SLOTS];
}

/* Where the next event of the region is expected. */
static inline uint32_t *humi_trace_next_block(struct humi_trace_state *state, uint32_t region)
{
    return &state->next_block[region % HUMI_TRACE_SLOTS];
}

static inline uint64_t *humi_trace_next_page(struct humi_trace_state *state, uint32_t agent)
{
    return &state->next_page[agent % HUMI_TRACE_SLOTS];
}

/* Who answers the faults that were noted last. */
static inline struct humi_trace_actor humi_trace_faulted(struct humi_trace_state *state)
{
    struct humi_trace_actor actor = state->faulted;

    actor.thread = *humi_trace_thread(state, actor.processor);
    return actor;
}

/* The column of the next event's or faults' time. */
static inline enum humi_trace_column humi_trace_time_column(const struct humi_trace_state *state)
{
    return state->in_batch ? HUMI_COLUMN_TIMES : HUMI_COLUMN_GAPS;
}

/* A record that is no launch and no batch, and lasted so long. */
static inline void humi_trace_note_time(struct humi_trace_state *state, uint64_t time_ns,
                                        uint64_t lasted_ns)
{
    state->time_ns = time_ns;
    state->clock_ns = time_ns + lasted_ns;
}

/* The same for an event or faults: a batch has them. */
static inline void humi_trace_note_work(struct humi_trace_state *state, uint64_t time_ns,
                                        uint64_t lasted_ns)
{
    humi_trace_note_time(state, time_ns, lasted_ns);
    if (!state->in_batch)
        state->first_ns = time_ns;
    state->in_batch = true;
}

static inline void humi_trace_note_event(struct humi_trace_state *state,
                                         const struct hum_trace_event *event,
                                         const struct humi_trace_actor *actor)
{
    state->event = *event;
    state->actor = *actor;
    state->by_cause[event->cause % HUMI_TRACE_CAUSES] = *actor;
    *humi_trace_thread(state, actor->processor) = actor->thread;
    *humi_trace_next_block(state, actor->region) = event->block + 1;
}

static inline uint64_t humi_trace_expected_start(const struct humi_trace_state *state)
{
    return state->in_batch ? state->first_ns : state->time_ns;
}

/* A batch that began at time_ns lasted about as long as its records did. */
static inline uint64_t humi_trace_expected_service(const struct humi_trace_state *state,
                                                   uint64_t time_ns)
{
    return state->clock_ns > time_ns ? state->clock_ns - time_ns : 0;
}

static inline void humi_trace_note_batch(struct humi_trace_state *state, uint64_t time_ns,
                                         const struct hum_trace_batch *batch)
{
    state->clock_ns = time_ns + batch->service_ns;
    state->in_batch = false;
    state->batch_processor = batch->processor;
}

/* A program that waits for each launch submits behind its end, another one behind the last. */
static inline uint64_t humi_trace_expected_submit(const struct humi_trace_state *state)
{
    return state->launch_waited ? state->launch_end_ns : state->launch_submit_ns;
}

static inline uint64_t humi_trace_expected_launch(const struct humi_trace_state *state,
                                                  uint64_t submit_ns)
{
    return submit_ns > state->launch_end_ns ? submit_ns : state->launch_end_ns;
}

static inline void humi_trace_note_launch(struct humi_trace_state *state,
                                          const struct hum_trace_launch *launch)
{
    state->launch = launch->launch;
    state->launch_waited = launch->submit_ns >= state->launch_end_ns;
    state->launch_submit_ns = launch->submit_ns;
    state->launch_end_ns = launch->end_ns;
}

static inline void humi_trace_note_access(struct humi_trace_state *state,
                                          const struct hum_trace_access *access)
{
    state->access = *access;
    *humi_trace_next_page(state, access->agent) = access->first_page + access->pages;
}

#endif
