/* SPDX-License-Identifier: MIT */
/* command_buffer.c - see command_buffer.h: making, asking, letting go. */
#include "platform/command_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/flight.h"

/* ---- creating and destroying ----------------------------------------------------------------- */

static void destroy(struct humi_object *object)
{
    struct _cl_command_buffer_khr *buffer = (struct _cl_command_buffer_khr *)object;

    for (cl_uint i = 0; i < buffer->count; i++) {
        struct _cl_event *command = buffer->commands[i].command;

        if (command->ops->release)
            command->ops->release(command);
        humi_drop(&command->object);
        free(buffer->commands[i].waits);
    }
    humi_command_buffer_free_runs(&buffer->runs);
    humi_drop(buffer->recording ? &buffer->recording->object : NULL);
    humi_drop(&buffer->queue->object);
    free(buffer->commands);
    free(buffer);
}

/* The one property, its bits; how many words they are with the ending 0. */
static cl_int read_properties(const cl_command_buffer_properties_khr *given, size_t *count_out,
                              bool *simultaneous_out)
{
    *count_out = 0;
    *simultaneous_out = false;
    if (!given)
        return CL_SUCCESS;
    *count_out = 1;
    if (!given[0])
        return CL_SUCCESS;
    if (given[0] != CL_COMMAND_BUFFER_FLAGS_KHR || given[2])
        return CL_INVALID_VALUE; /* unknown, or one more, which would be the same */
    if (given[1] & CL_COMMAND_BUFFER_MUTABLE_KHR)
        return CL_INVALID_PROPERTY; /* of another extension */
    if (given[1] & ~(cl_command_buffer_properties_khr)CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR)
        return CL_INVALID_VALUE;
    *count_out = 3;
    *simultaneous_out = given[1] != 0;
    return CL_SUCCESS;
}

static struct _cl_command_buffer_khr *create(cl_command_queue queue)
{
    struct _cl_command_buffer_khr *buffer = calloc(1, sizeof *buffer);

    if (!buffer)
        return NULL;
    humi_object_init(&buffer->object, HUMI_KIND_COMMAND_BUFFER, destroy);
    humi_hold(&queue->object);
    buffer->queue = queue;
    humi_list_init(&buffer->runs);
    buffer->recording = humi_queue_recording(queue, buffer);
    if (buffer->recording)
        return buffer;
    humi_drop(&buffer->object);
    return NULL;
}

cl_command_buffer_khr CL_API_CALL
humi_clCreateCommandBufferKHR(cl_uint count, const cl_command_queue *queues,
                              const cl_command_buffer_properties_khr *given, cl_int *error_out)
{
    cl_command_buffer_khr buffer = NULL;
    cl_int error = count == 1 && queues ? CL_SUCCESS : CL_INVALID_VALUE;
    bool simultaneous;
    size_t words;

    if (error == CL_SUCCESS && !humi_is(queues[0], HUMI_KIND_QUEUE))
        error = CL_INVALID_COMMAND_QUEUE;
    if (error == CL_SUCCESS)
        error = read_properties(given, &words, &simultaneous);
    if (error == CL_SUCCESS && !(buffer = create(queues[0])))
        error = CL_OUT_OF_HOST_MEMORY;
    if (buffer) {
        buffer->simultaneous = simultaneous;
        buffer->given_count = words;
        if (words)
            memcpy(buffer->given, given, words * sizeof *given);
    }
    humi_error_tell(error_out, error);
    return buffer;
}

cl_int CL_API_CALL humi_clRetainCommandBufferKHR(cl_command_buffer_khr buffer)
{
    return humi_retain(buffer, HUMI_KIND_COMMAND_BUFFER, CL_INVALID_COMMAND_BUFFER_KHR);
}

cl_int CL_API_CALL humi_clReleaseCommandBufferKHR(cl_command_buffer_khr buffer)
{
    return humi_release(buffer, HUMI_KIND_COMMAND_BUFFER, CL_INVALID_COMMAND_BUFFER_KHR);
}

cl_int CL_API_CALL humi_clFinalizeCommandBufferKHR(cl_command_buffer_khr buffer)
{
    cl_int error;

    if (!humi_is(buffer, HUMI_KIND_COMMAND_BUFFER))
        return CL_INVALID_COMMAND_BUFFER_KHR;
    humi_graph_enter(buffer->queue->context);
    error = buffer->finalized ? CL_INVALID_OPERATION : CL_SUCCESS;
    buffer->finalized = true;
    humi_graph_leave(buffer->queue->context);
    return error;
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool humi_command_buffer_is_pending(cl_command_buffer_khr buffer, struct humi_list *ended)
{
    humi_list_each_safe (link, &buffer->runs) {
        cl_event end = humi_container_of(link, struct humi_run, link)->end;

        if (end->issued && !humi_event_has_ended(end))
            humi_flight_harvest(end->queue);
        if (!humi_event_has_ended(end))
            continue;
        humi_list_remove(link);
        humi_list_push_back(ended, link);
    }
    return buffer->entering || !humi_list_is_empty(&buffer->runs);
}

void humi_command_buffer_free_runs(struct humi_list *ended)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(ended))) {
        struct humi_run *run = humi_container_of(link, struct humi_run, link);

        humi_drop(&run->end->object);
        free(run);
    }
}

static cl_command_buffer_state_khr state_now(cl_command_buffer_khr buffer)
{
    cl_context context = buffer->queue->context;
    struct humi_list ended;
    bool finalized, pending;

    humi_list_init(&ended);
    humi_graph_enter(context);
    finalized = buffer->finalized;
    pending = humi_command_buffer_is_pending(buffer, &ended);
    humi_graph_leave(context);
    humi_command_buffer_free_runs(&ended);
    return pending     ? CL_COMMAND_BUFFER_STATE_PENDING_KHR
           : finalized ? CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR
                       : CL_COMMAND_BUFFER_STATE_RECORDING_KHR;
}

cl_int CL_API_CALL humi_clGetCommandBufferInfoKHR(cl_command_buffer_khr buffer,
                                                  cl_command_buffer_info_khr what, size_t room,
                                                  void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(buffer, HUMI_KIND_COMMAND_BUFFER))
        return CL_INVALID_COMMAND_BUFFER_KHR;
    switch (what) {
    case CL_COMMAND_BUFFER_NUM_QUEUES_KHR:
        return HUMI_ANSWER(&answer, cl_uint, 1);
    case CL_COMMAND_BUFFER_QUEUES_KHR:
        return HUMI_ANSWER(&answer, cl_command_queue, buffer->queue);
    case CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&buffer->object.references));
    case CL_COMMAND_BUFFER_STATE_KHR:
        return HUMI_ANSWER(&answer, cl_command_buffer_state_khr, state_now(buffer));
    case CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR:
        return humi_answer(&answer, buffer->given, buffer->given_count * sizeof buffer->given[0]);
    default:
        return CL_INVALID_VALUE;
    }
}
