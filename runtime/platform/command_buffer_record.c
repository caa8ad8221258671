/* SPDX-License-Identifier: MIT */
/*
 * command_buffer_record.c - clCommand...: each is the function that enqueues such a command, on
 * the buffer's own queue, from where humi_graph_submit() comes back to record().
 */
#include <stdlib.h>
#include <string.h>

#include "platform/command_buffer.h"
#include "platform/entries.h"

/* What a program said of its command beside the command itself. */
struct sync {
    cl_uint count;
    const cl_sync_point_khr *points;
    cl_sync_point_khr *out; /* NULL: not wanted */
};

/* Of the function that records on this thread. */
static _Thread_local struct sync present;

/* ---- recording ------------------------------------------------------------------------------- */

static bool make_room(cl_command_buffer_khr buffer)
{
    cl_uint room = buffer->room ? 2 * buffer->room : 8;
    struct humi_recorded *more;

    if (buffer->count < buffer->room)
        return true;
    more = realloc(buffer->commands, room * sizeof *more);
    if (!more)
        return false;
    buffer->commands = more;
    buffer->room = room;
    return true;
}

/* The lock is held.  What a program may not do since begin() is found here once more. */
static cl_int append(cl_command_buffer_khr buffer, const struct humi_recorded *recorded)
{
    if (buffer->finalized)
        return CL_INVALID_OPERATION;
    if (!make_room(buffer))
        return CL_OUT_OF_HOST_MEMORY;
    buffer->commands[buffer->count++] = *recorded;
    if (present.out)
        *present.out = buffer->count;
    return CL_SUCCESS;
}

cl_int humi_command_buffer_record(cl_command_buffer_khr buffer, struct _cl_event *command,
                                  const struct humi_submit *how)
{
    struct humi_recorded recorded = {.command = command,
                                     .small = how->small,
                                     .barrier = how->holds_up,
                                     .wait_count = present.count};
    cl_int error = CL_SUCCESS;

    if (present.count) {
        recorded.waits = malloc(present.count * sizeof *recorded.waits);
        if (recorded.waits)
            memcpy(recorded.waits, present.points, present.count * sizeof *recorded.waits);
        else
            error = CL_OUT_OF_HOST_MEMORY;
    }
    humi_graph_enter(command->context);
    if (error == CL_SUCCESS)
        error = append(buffer, &recorded);
    humi_graph_leave(command->context);
    if (error == CL_SUCCESS)
        return CL_SUCCESS;
    free(recorded.waits);
    if (command->ops->release)
        command->ops->release(command);
    humi_drop(&command->object);
    return error;
}

/* ---- what all of them check ------------------------------------------------------------------ */

/* Only commands that are there can be waited for. */
static bool are_sync_points(cl_command_buffer_khr buffer, const struct sync *sync)
{
    if (!sync->count != !sync->points)
        return false;
    for (cl_uint i = 0; i < sync->count; i++)
        if (!sync->points[i] || sync->points[i] > buffer->count)
            return false;
    return true;
}

static cl_int begin(cl_command_buffer_khr buffer, cl_command_queue queue,
                    cl_mutable_command_khr *handle_out, const struct sync *sync)
{
    cl_int error = CL_SUCCESS;

    if (!humi_is(buffer, HUMI_KIND_COMMAND_BUFFER))
        return CL_INVALID_COMMAND_BUFFER_KHR;
    if (queue)
        return CL_INVALID_COMMAND_QUEUE;
    if (handle_out)
        return CL_INVALID_VALUE;
    humi_graph_enter(buffer->queue->context);
    if (buffer->finalized)
        error = CL_INVALID_OPERATION;
    else if (!are_sync_points(buffer, sync))
        error = CL_INVALID_SYNC_POINT_WAIT_LIST_KHR;
    humi_graph_leave(buffer->queue->context);
    if (error == CL_SUCCESS)
        present = *sync;
    return error;
}

/* The parameters that all functions have, and a call that enqueues. */
#define RECORD(call)                                         \
    const struct sync sync = {wait_count, waits, point_out}; \
    cl_int error = begin(buffer, queue, handle_out, &sync);  \
                                                             \
    if (error == CL_SUCCESS)                                 \
        error = call;                                        \
    return error
#define PLACE buffer->recording
#define NO_EVENTS 0, NULL, NULL

/* ---- the functions --------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clCommandBarrierWithWaitListKHR(cl_command_buffer_khr buffer,
                                                        cl_command_queue queue, cl_uint wait_count,
                                                        const cl_sync_point_khr *waits,
                                                        cl_sync_point_khr *point_out,
                                                        cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueBarrierWithWaitList(PLACE, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandCopyBufferKHR(cl_command_buffer_khr buffer, cl_command_queue queue,
                                               cl_mem from, cl_mem to, size_t from_offset,
                                               size_t to_offset, size_t bytes, cl_uint wait_count,
                                               const cl_sync_point_khr *waits,
                                               cl_sync_point_khr *point_out,
                                               cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueCopyBuffer(PLACE, from, to, from_offset, to_offset, bytes, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandCopyBufferRectKHR(
    cl_command_buffer_khr buffer, cl_command_queue queue, cl_mem from, cl_mem to,
    const size_t *from_origin, const size_t *to_origin, const size_t *size, size_t from_row_pitch,
    size_t from_slice_pitch, size_t to_row_pitch, size_t to_slice_pitch, cl_uint wait_count,
    const cl_sync_point_khr *waits, cl_sync_point_khr *point_out,
    cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueCopyBufferRect(PLACE, from, to, from_origin, to_origin, size,
                                        from_row_pitch, from_slice_pitch, to_row_pitch,
                                        to_slice_pitch, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandCopyBufferToImageKHR(
    cl_command_buffer_khr buffer, cl_command_queue queue, cl_mem from, cl_mem to, size_t offset,
    const size_t *origin, const size_t *region, cl_uint wait_count, const cl_sync_point_khr *waits,
    cl_sync_point_khr *point_out, cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueCopyBufferToImage(PLACE, from, to, offset, origin, region, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandCopyImageKHR(cl_command_buffer_khr buffer, cl_command_queue queue,
                                              cl_mem from, cl_mem to, const size_t *from_origin,
                                              const size_t *to_origin, const size_t *region,
                                              cl_uint wait_count, const cl_sync_point_khr *waits,
                                              cl_sync_point_khr *point_out,
                                              cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueCopyImage(PLACE, from, to, from_origin, to_origin, region, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandCopyImageToBufferKHR(
    cl_command_buffer_khr buffer, cl_command_queue queue, cl_mem from, cl_mem to,
    const size_t *origin, const size_t *region, size_t offset, cl_uint wait_count,
    const cl_sync_point_khr *waits, cl_sync_point_khr *point_out,
    cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueCopyImageToBuffer(PLACE, from, to, origin, region, offset, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandFillBufferKHR(cl_command_buffer_khr buffer, cl_command_queue queue,
                                               cl_mem mem, const void *pattern,
                                               size_t pattern_bytes, size_t offset, size_t bytes,
                                               cl_uint wait_count, const cl_sync_point_khr *waits,
                                               cl_sync_point_khr *point_out,
                                               cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueFillBuffer(PLACE, mem, pattern, pattern_bytes, offset, bytes, NO_EVENTS));
}

cl_int CL_API_CALL humi_clCommandFillImageKHR(cl_command_buffer_khr buffer, cl_command_queue queue,
                                              cl_mem image, const void *color, const size_t *origin,
                                              const size_t *region, cl_uint wait_count,
                                              const cl_sync_point_khr *waits,
                                              cl_sync_point_khr *point_out,
                                              cl_mutable_command_khr *handle_out)
{
    RECORD(humi_clEnqueueFillImage(PLACE, image, color, origin, region, NO_EVENTS));
}

/* There are no properties of a recorded launch: a list may only end at once. */
cl_int CL_API_CALL humi_clCommandNDRangeKernelKHR(
    cl_command_buffer_khr buffer, cl_command_queue queue,
    const cl_ndrange_kernel_command_properties_khr *properties, cl_kernel kernel,
    cl_uint dimensions, const size_t *offset, const size_t *global, const size_t *local,
    cl_uint wait_count, const cl_sync_point_khr *waits, cl_sync_point_khr *point_out,
    cl_mutable_command_khr *handle_out)
{
    if (humi_is(buffer, HUMI_KIND_COMMAND_BUFFER) && properties && properties[0])
        return CL_INVALID_VALUE;
    RECORD(
        humi_clEnqueueNDRangeKernel(PLACE, kernel, dimensions, offset, global, local, NO_EVENTS));
}
