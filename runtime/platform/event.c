/* SPDX-License-Identifier: MIT */
/* event.c - see event.h; events in the hands of programs. */
#include "platform/event.h"

#include <stdlib.h>

#include "base/clock.h"
#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/flight.h"
#include "platform/graph.h"

static void destroy(struct humi_object *object)
{
    struct _cl_event *event = (struct _cl_event *)object;

    if (event->edges != event->inside)
        free(event->edges);
    humi_drop(event->begins ? &event->begins->object : NULL);
    if (event->queue)
        humi_drop(&event->queue->object);
    humi_drop(&event->context->object);
    free(event);
}

static struct _cl_event *create(cl_context context, size_t bytes, cl_command_type type)
{
    struct _cl_event *event = calloc(1, bytes);

    if (!event)
        return NULL;
    humi_object_init(&event->object, HUMI_KIND_EVENT, destroy);
    humi_hold(&context->object);
    event->context = context;
    event->type = type;
    event->edges = event->inside;
    humi_list_init(&event->dependents);
    humi_list_init(&event->callbacks);
    humi_link_init(&event->open);
    humi_link_init(&event->link);
    return event;
}

void *humi_command_create(cl_command_queue queue, size_t bytes, cl_command_type type,
                          const struct humi_command_ops *ops)
{
    struct _cl_event *command = create(queue->context, bytes, type);

    if (!command)
        return NULL;
    humi_hold(&queue->object);
    command->queue = queue;
    command->ops = ops;
    command->status = CL_QUEUED;
    return command;
}

cl_int humi_wait_check(cl_context context, const struct humi_wait *wait)
{
    if (!wait->count != !wait->events)
        return CL_INVALID_EVENT_WAIT_LIST;
    for (cl_uint i = 0; i < wait->count; i++)
        if (!humi_is(wait->events[i], HUMI_KIND_EVENT))
            return CL_INVALID_EVENT_WAIT_LIST;
    for (cl_uint i = 0; i < wait->count; i++)
        if (wait->events[i]->context != context)
            return CL_INVALID_CONTEXT;
    return CL_SUCCESS;
}

/* ---- user events ----------------------------------------------------------------------------- */

cl_event CL_API_CALL humi_clCreateUserEvent(cl_context context, cl_int *error_out)
{
    struct _cl_event *event = NULL;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT)) {
        event = create(context, sizeof *event, CL_COMMAND_USER);
        error = event ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    }
    if (event)
        event->status = CL_SUBMITTED;
    humi_error_tell(error_out, error);
    return event;
}

cl_int CL_API_CALL humi_clSetUserEventStatus(cl_event event, cl_int status)
{
    cl_int error = CL_INVALID_OPERATION;

    if (!humi_is(event, HUMI_KIND_EVENT) || event->queue)
        return CL_INVALID_EVENT;
    if (status > CL_COMPLETE)
        return CL_INVALID_VALUE;
    humi_graph_enter(event->context);
    if (!humi_event_has_ended(event)) {
        humi_hold(&event->object); /* the graph's, which lets go what has ended */
        humi_graph_end(event, status);
        error = CL_SUCCESS;
    }
    humi_graph_leave(event->context);
    return error;
}

/* ---- waiting --------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clWaitForEvents(cl_uint count, const cl_event *events)
{
    const struct humi_wait wait = {count, events};
    cl_int error;

    if (!count || !events)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < count; i++)
        if (!humi_is(events[i], HUMI_KIND_EVENT))
            return CL_INVALID_EVENT;
    error = humi_wait_check(events[0]->context, &wait);
    if (error != CL_SUCCESS)
        return error;
    humi_graph_enter(events[0]->context);
    for (cl_uint i = 0; i < count; i++) {
        humi_graph_await(events[i]);
        if (events[i]->status < 0)
            error = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    }
    humi_graph_leave(events[0]->context);
    return error;
}

/* ---- the rest -------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clRetainEvent(cl_event event)
{
    return humi_retain(event, HUMI_KIND_EVENT, CL_INVALID_EVENT);
}

cl_int CL_API_CALL humi_clReleaseEvent(cl_event event)
{
    return humi_release(event, HUMI_KIND_EVENT, CL_INVALID_EVENT);
}

/* As it is now: the device is asked. */
static cl_int status_now(cl_event event)
{
    cl_int status;

    humi_graph_enter(event->context);
    if (event->issued && !humi_event_has_ended(event))
        humi_flight_harvest(event->queue);
    status = event->status;
    if (status == CL_SUBMITTED && event->issued &&
        humi_list_first(&event->queue->flight) == &event->link)
        status = CL_RUNNING;
    humi_graph_leave(event->context);
    return status;
}

cl_int CL_API_CALL humi_clGetEventInfo(cl_event event, cl_event_info what, size_t room, void *value,
                                       size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(event, HUMI_KIND_EVENT))
        return CL_INVALID_EVENT;
    switch (what) {
    case CL_EVENT_COMMAND_QUEUE:
        return HUMI_ANSWER(&answer, cl_command_queue, event->queue);
    case CL_EVENT_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, event->context);
    case CL_EVENT_COMMAND_TYPE:
        return HUMI_ANSWER(&answer, cl_command_type, event->type);
    case CL_EVENT_COMMAND_EXECUTION_STATUS:
        return HUMI_ANSWER(&answer, cl_int, status_now(event));
    case CL_EVENT_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&event->object.references));
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t room,
                                                void *value, size_t *size_out)
{
    static const enum humi_time times[] = {HUMI_QUEUED, HUMI_SUBMITTED, HUMI_STARTED, HUMI_ENDED,
                                           HUMI_ENDED};
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(event, HUMI_KIND_EVENT))
        return CL_INVALID_EVENT;
    if (what < CL_PROFILING_COMMAND_QUEUED || what > CL_PROFILING_COMMAND_COMPLETE)
        return CL_INVALID_VALUE;
    if (!event->queue || !(event->queue->properties & CL_QUEUE_PROFILING_ENABLE) ||
        status_now(event) != CL_COMPLETE)
        return CL_PROFILING_INFO_NOT_AVAILABLE;
    if (event->begins && what == CL_PROFILING_COMMAND_START)
        return HUMI_ANSWER(&answer, cl_ulong, event->begins->ns[HUMI_ENDED]);
    if (event->begins && what < CL_PROFILING_COMMAND_START)
        event = event->begins;
    return HUMI_ANSWER(&answer, cl_ulong, event->ns[times[what - CL_PROFILING_COMMAND_QUEUED]]);
}
