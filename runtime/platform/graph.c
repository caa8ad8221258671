/* SPDX-License-Identifier: MIT */
/* graph.c - see graph.h */
#include "platform/graph.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "platform/callback.h"
#include "platform/command_buffer.h"
#include "platform/flight.h"
#include "platform/misuse.h"

#define HARVEST_EVERY 32u /* commands: what they hold is not kept much longer than needed */

/* Commands that have ended and still hold what they used, in all contexts. */
static atomic_uint holding;
static _Thread_local bool lets_go;

/* ---- states ---------------------------------------------------------------------------------- */

void humi_graph_tell(struct _cl_event *event)
{
    if (!humi_list_is_empty(&event->callbacks))
        humi_callbacks_due(event, &event->context->due);
}

void humi_graph_set_status(struct _cl_event *event, cl_int status)
{
    event->status = status;
    humi_graph_tell(event);
}

/* One blocker less. */
static void unblock(struct _cl_event *event)
{
    humi_assert(event->blockers > 0);
    if (--event->blockers == 0)
        humi_list_push_back(&event->context->ready, &event->link);
}

/* Those that wait for it until it is issued, or all. */
void humi_graph_fire(struct _cl_event *event, bool issued_only)
{
    humi_list_each_safe (link, &event->dependents) {
        struct humi_edge *edge = humi_container_of(link, struct humi_edge, link);

        if (issued_only && !edge->until_issued)
            continue;
        humi_list_remove(link);
        if (event->status < 0 && edge->listed && !edge->waits->failed)
            edge->waits->failed = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
        unblock(edge->waits);
    }
}

void humi_graph_end(struct _cl_event *event, cl_int status)
{
    cl_command_queue queue = event->queue;
    uint64_t now = humi_clock_ns();

    humi_assert(!humi_event_has_ended(event));
    for (unsigned i = HUMI_SUBMITTED; i < HUMI_TIMES; i++)
        if (!event->ns[i])
            event->ns[i] = now;
    humi_graph_set_status(event, status);
    humi_graph_fire(event, false);
    humi_list_remove(&event->open);
    humi_list_remove(&event->link);
    humi_list_push_back(&event->context->ended, &event->link);
    atomic_fetch_add(&holding, 1);
    if (queue && queue->last == event)
        queue->last = NULL;
    if (queue && queue->barrier == event)
        queue->barrier = NULL;
    pthread_cond_broadcast(&event->context->changed);
}

static void watch_queue(struct _cl_command_queue *queue)
{
    queue->watched = true;
    /* Without a thread whoever waits or asks finds out. */
    (void)humi_queue_thread_start(queue);
    pthread_cond_broadcast(&queue->work);
}

void humi_graph_watch(struct _cl_event *event)
{
    event->watched = true;
    if (event->issued && !humi_event_has_ended(event))
        watch_queue(event->queue);
}

/* ---- the host's part ------------------------------------------------------------------------- */

static bool is_runnable(const struct _cl_event *command)
{
    return command->status == CL_SUBMITTED && !command->issued &&
           humi_link_is_linked(&command->link);
}

void humi_graph_run(struct _cl_event *command)
{
    cl_context context = command->context;
    cl_int error;

    humi_list_remove(&command->link);
    humi_graph_set_status(command, CL_RUNNING);
    command->ns[HUMI_STARTED] = humi_clock_ns();
    pthread_mutex_unlock(&context->lock);
    error = command->ops->run(command);
    pthread_mutex_lock(&context->lock);
    humi_graph_end(command, error);
}

static void make_runnable(struct _cl_event *command)
{
    cl_command_queue queue = command->queue;

    command->ns[HUMI_SUBMITTED] = humi_clock_ns();
    humi_list_push_back(&queue->runnable, &command->link);
    humi_graph_set_status(command, CL_SUBMITTED);
    if (command->by_caller) {
        pthread_cond_broadcast(&command->context->changed);
        return;
    }
    if (humi_queue_thread_start(queue) != CL_SUCCESS)
        humi_graph_run(command);
    else
        pthread_cond_broadcast(&queue->work);
}

/* ---- what is ready --------------------------------------------------------------------------- */

static void start_ready(cl_context context)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(&context->ready))) {
        struct _cl_event *command = humi_container_of(link, struct _cl_event, link);

        if (command->failed || command->queue->lost)
            humi_graph_end(command, command->failed ? command->failed : command->queue->lost);
        else if (!command->ops->run)
            humi_flight_issue(command);
        else
            make_runnable(command);
    }
}

void humi_graph_enter(cl_context context)
{
    pthread_mutex_lock(&context->lock);
}

/* Without the lock. */
static void let_go(struct humi_list *ended, struct humi_list *due)
{
    bool nested = lets_go;
    struct humi_link *link;

    lets_go = true;
    humi_list_each (each, ended) {
        struct _cl_event *event = humi_container_of(each, struct _cl_event, link);

        if (event->ops && event->ops->release)
            event->ops->release(event);
        atomic_fetch_sub(&holding, 1);
    }
    lets_go = nested;
    humi_callbacks_tell(due);
    while ((link = humi_list_pop_front(ended)))
        humi_drop(&humi_container_of(link, struct _cl_event, link)->object);
}

bool humi_graph_is_holding(void)
{
    return !lets_go && atomic_load(&holding) > 0;
}

static void take_all(struct humi_list *from, struct humi_list *to)
{
    struct humi_link *link;

    humi_list_init(to);
    while ((link = humi_list_pop_front(from)))
        humi_list_push_back(to, link);
}

/* Functions of the program are called by one thread at a time, so that those of one event come in
 * the order of its states; who calls one takes what came meanwhile along. */
static bool may_tell(cl_context context)
{
    return !context->telling && (!humi_list_is_empty(&context->due) || context->failed);
}

/* Until nothing is left to be started, released or told.  The lock is let go meanwhile. */
static void settle(cl_context context)
{
    struct humi_list ended, due;

    for (;;) {
        cl_command_queue failed = NULL;
        bool tells;

        start_ready(context);
        tells = may_tell(context);
        if (humi_list_is_empty(&context->ended) && !tells)
            return;
        take_all(&context->ended, &ended);
        humi_list_init(&due);
        if (tells) {
            context->telling = true;
            take_all(&context->due, &due);
            failed = context->failed;
            context->failed = NULL;
        }
        pthread_mutex_unlock(&context->lock);
        if (failed)
            humi_queue_tell_failure(failed);
        let_go(&ended, &due);
        pthread_mutex_lock(&context->lock);
        if (tells)
            context->telling = false;
    }
}

void humi_graph_leave(cl_context context)
{
    humi_hold(&context->object);
    settle(context);
    pthread_mutex_unlock(&context->lock);
    humi_drop(&context->object);
}

/* ---- enqueueing ------------------------------------------------------------------------------ */

static void connect(struct _cl_event *command, struct _cl_event *other, struct humi_edge *edge,
                    bool listed)
{
    bool blocking = command->blocks;
    bool one_stream =
        !command->ops->run && other->ops && !other->ops->run && other->queue == command->queue;

    if (humi_event_has_ended(other)) {
        if (listed && other->status < 0)
            command->failed = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
        return;
    }
    if (one_stream && other->issued)
        return;
    *edge = (struct humi_edge){.waits = command, .listed = listed, .until_issued = one_stream};
    humi_list_push_back(&other->dependents, &edge->link);
    command->blockers++;
    if (!one_stream && !(blocking && other->queue == command->queue))
        humi_graph_watch(other); /* else the caller waits for it by itself */
}

static size_t count_open(const struct _cl_command_queue *queue)
{
    size_t count = 0;

    humi_list_each (link, &queue->open)
        count++;
    return count;
}

/* All that it waits for.  One blocker stands for the call itself. */
static cl_int connect_all(struct _cl_event *command, const struct humi_submit *how)
{
    cl_command_queue queue = command->queue;
    struct _cl_event *before = humi_queue_is_in_order(queue) ? queue->last : queue->barrier;
    bool after_all = how->after_all && !humi_queue_is_in_order(queue);
    size_t count = how->wait.count + (after_all ? count_open(queue) : 1);
    struct humi_edge *edge;

    command->edges = command->inside;
    if (count > HUMI_EDGES_INSIDE)
        command->edges = calloc(count, sizeof *command->edges);
    if (!command->edges)
        return CL_OUT_OF_HOST_MEMORY;
    edge = command->edges;
    command->blockers = 1;
    for (cl_uint i = 0; i < how->wait.count; i++)
        connect(command, how->wait.events[i], edge++, true);
    if (after_all) {
        humi_list_each (link, &queue->open)
            connect(command, humi_container_of(link, struct _cl_event, open), edge++, false);
    } else if (before) {
        connect(command, before, edge++, false);
    }
    return CL_SUCCESS;
}

/* The lock is held; the graph holds it from here. */
static void insert(struct _cl_event *command, const struct humi_submit *how)
{
    cl_command_queue queue = command->queue;

    humi_hold(&command->object);
    command->ns[HUMI_QUEUED] = humi_clock_ns();
    humi_list_push_back(&queue->open, &command->open);
    if (humi_queue_is_in_order(queue))
        queue->last = command;
    else if (how->holds_up)
        queue->barrier = command;
    command->entering = true;
    unblock(command);
    start_ready(command->context);
    command->entering = false;
}

/* Who enqueued it does it, or waits for it. */
static void see_through(struct _cl_event *command, const struct humi_submit *how)
{
    if (how->blocking) {
        humi_graph_await(command);
    } else if (command->by_caller) {
        command->by_caller = false;
        if (is_runnable(command))
            humi_graph_run(command);
    }
}

/* A launch that was refused at once was never enqueued. */
static cl_int refusal(const struct _cl_event *command, const struct humi_submit *how)
{
    if (command->status >= CL_COMPLETE || command->failed)
        return how->blocking && command->failed ? command->failed : CL_SUCCESS;
    return how->blocking || (!command->issued && !command->ops->run && !command->queue->lost)
               ? command->status
               : CL_SUCCESS;
}

cl_int humi_graph_submit(struct _cl_event *command, const struct humi_submit *how)
{
    cl_context context = command->context;
    cl_command_queue queue = command->queue;
    bool inserted = true;
    cl_int error;

    if (queue->recorder)
        return humi_command_buffer_record(queue->recorder, command, how);
    if (humi_misuse_is_sought() && command->ops->look)
        command->ops->look(command);
    humi_graph_enter(context);
    if (command->ops->run || ++queue->since_harvest >= HARVEST_EVERY)
        humi_flight_harvest(queue);
    command->blocks = how->blocking;
    command->marked = how->event_out;
    command->by_caller = command->ops->run && (how->blocking || how->small);
    error = connect_all(command, how);
    if (error == CL_SUCCESS) {
        insert(command, how);
        see_through(command, how);
        error = refusal(command, how);
    } else {
        inserted = false;
    }
    humi_graph_leave(context);
    if (!inserted && command->ops->release)
        command->ops->release(command);
    if (error == CL_SUCCESS && how->event_out)
        *how->event_out = command;
    else
        (void)humi_release(command, HUMI_KIND_EVENT, CL_INVALID_EVENT);
    return error;
}

void humi_graph_await(struct _cl_event *event)
{
    cl_context context = event->context;

    for (;;) {
        settle(context);
        if (humi_event_has_ended(event))
            return;
        if (event->by_caller && is_runnable(event))
            humi_graph_run(event);
        else if (!event->queue || !humi_flight_collect(event->queue, event))
            pthread_cond_wait(&context->changed, &context->lock);
    }
}
