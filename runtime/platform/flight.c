/* SPDX-License-Identifier: MIT */
/* flight.c - see flight.h */
#include "platform/flight.h"

#include "base/clock.h"
#include "platform/error.h"
#include "platform/graph.h"
#include "platform/platform.h"

#define MARK_EVERY 16u /* commands: what they hold is not kept much longer than needed */

/* ---- marks ----------------------------------------------------------------------------------- */

static struct hum_event *mark_take(struct _cl_command_queue *queue)
{
    struct hum_event *mark = NULL;

    if (queue->mark_count)
        return queue->marks[--queue->mark_count];
    return hum_event_create(humi_space(), &mark) == HUM_OK ? mark : NULL;
}

static void mark_give(struct _cl_command_queue *queue, struct hum_event *mark)
{
    if (mark == queue->awaited)
        queue->awaited_given = true;
    else if (queue->mark_count < HUMI_QUEUE_MARKS)
        queue->marks[queue->mark_count++] = mark;
    else
        hum_event_destroy(mark);
}

/* Behind the command, which is the last on the stream.  False: no memory. */
static bool mark_put(struct _cl_event *command)
{
    struct _cl_command_queue *queue = command->queue;
    struct hum_event *mark = mark_take(queue);

    if (!mark)
        return false;
    if (hum_event_record(mark, queue->stream) != HUM_OK) {
        mark_give(queue, mark);
        return false;
    }
    command->mark = mark;
    queue->unmarked = 0;
    return true;
}

/* The first of the flight, from a command on, that has a mark; NULL: none. */
static struct _cl_event *marked_from(struct _cl_command_queue *queue, struct humi_link *link)
{
    for (; link && link != &queue->flight.head; link = link->next) {
        struct _cl_event *command = humi_container_of(link, struct _cl_event, link);

        if (command->mark)
            return command;
    }
    return NULL;
}

/* ---- issuing --------------------------------------------------------------------------------- */

void humi_flight_issue(struct _cl_event *command)
{
    cl_command_queue queue = command->queue;
    cl_int error = CL_SUCCESS;

    command->ns[HUMI_SUBMITTED] = humi_clock_ns();
    if (command->ops->launch)
        error = command->ops->launch(command, queue->stream);
    if (error != CL_SUCCESS) {
        if (!command->entering && !queue->lost)
            queue->lost = error; /* what is behind it would not see what it should have done */
        humi_graph_end(command, error);
        return;
    }
    command->issued = true;
    humi_list_push_back(&queue->flight, &command->link);
    humi_graph_set_status(command, CL_SUBMITTED);
    humi_graph_fire(command, true);
    if (command->marked || ++queue->unmarked >= MARK_EVERY)
        (void)mark_put(command); /* without memory it ends with a later one */
    if (!command->ops->launch)
        humi_flight_harvest(queue); /* a mark behind nothing has happened */
    if ((command->watched || queue->stopping) && !humi_event_has_ended(command))
        humi_graph_watch(command);
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* A failed kernel ends the queue; the context's function is told once. */
static cl_int outcome(struct _cl_command_queue *queue, const struct hum_event_result *result)
{
    if (result->status != HUM_OK && !queue->lost) {
        queue->lost = humi_error_of(result->status);
        if (!queue->context->failed) {
            humi_hold(&queue->object);
            queue->context->failed = queue;
        }
    }
    return queue->lost ? queue->lost : CL_COMPLETE;
}

/* Of one with a mark of its own, these are its times. */
static void set_times(struct _cl_event *command, const struct hum_event_result *result)
{
    uint64_t least = command->ns[HUMI_SUBMITTED];
    uint64_t start = command->ops->launch ? result->start_ns : result->end_ns;
    uint64_t end = result->end_ns > least ? result->end_ns : least;

    if (start < least)
        start = least;
    command->ns[HUMI_STARTED] = start < end ? start : end;
    command->ns[HUMI_ENDED] = end;
}

void humi_flight_harvest(struct _cl_command_queue *queue)
{
    struct hum_event_result result;
    struct _cl_event *marked, *command;

    queue->since_harvest = 0;
    while ((marked = marked_from(queue, humi_list_first(&queue->flight)))) {
        if (hum_event_result(marked->mark, &result) != HUM_OK)
            return;
        mark_give(queue, marked->mark);
        marked->mark = NULL;
        do {
            command = humi_container_of(humi_list_first(&queue->flight), struct _cl_event, link);
            set_times(command, &result);
            humi_graph_end(command, outcome(queue, &result));
        } while (command != marked);
    }
    if (humi_list_is_empty(&queue->flight))
        queue->watched = false;
}

/* The mark to wait for: what has happened with it, the wanted one has. */
static struct hum_event *mark_for(struct _cl_command_queue *queue, struct _cl_event *wanted)
{
    struct humi_link *link = humi_list_first(&queue->flight);
    struct _cl_event *marked, *last;

    if (!queue->watched && wanted && wanted->queue == queue && wanted->issued)
        link = &wanted->link;
    marked = marked_from(queue, link);
    if (marked)
        return marked->mark;
    last = humi_container_of(queue->flight.head.prev, struct _cl_event, link);
    return mark_put(last) ? last->mark : NULL;
}

bool humi_flight_collect(struct _cl_command_queue *queue, struct _cl_event *wanted)
{
    struct hum_event *mark;
    bool served;

    if (humi_list_is_empty(&queue->flight) || queue->collecting)
        return false;
    mark = mark_for(queue, wanted);
    if (!mark)
        return false;
    queue->collecting = true;
    queue->awaited = mark;
    humi_hold(&queue->object);
    pthread_mutex_unlock(&queue->context->lock);
    (void)hum_event_wait(mark);
    pthread_mutex_lock(&queue->context->lock);
    queue->collecting = false;
    queue->awaited = NULL;
    if (queue->awaited_given)
        mark_give(queue, mark); /* somebody else has harvested it */
    queue->awaited_given = false;
    served = queue->watched || queue->stopping;
    humi_flight_harvest(queue);
    pthread_cond_broadcast(&queue->context->changed);
    if (served) /* else the queue's threads have nothing to do with it */
        pthread_cond_broadcast(&queue->work);
    humi_drop(&queue->object);
    return true;
}
