/* SPDX-License-Identifier: MIT */
/* marker.c - markers and barriers: marks in the queue that nothing is done for. */
#include "platform/enqueue.h"
#include "platform/entries.h"

static const struct humi_command_ops ops = {.run = NULL};

static cl_int submit(cl_command_queue queue, cl_command_type type, struct humi_submit how)
{
    struct _cl_event *mark = humi_command_create(queue, sizeof *mark, type, &ops);

    how.after_all = !how.wait.count;
    return mark ? humi_graph_submit(mark, &how) : CL_OUT_OF_HOST_MEMORY;
}

cl_int CL_API_CALL humi_clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint count,
                                                    const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    return error == CL_SUCCESS ? submit(queue, CL_COMMAND_MARKER, how) : error;
}

cl_int CL_API_CALL humi_clEnqueueBarrierWithWaitList(cl_command_queue queue, cl_uint count,
                                                     const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .holds_up = true, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    return error == CL_SUCCESS ? submit(queue, CL_COMMAND_BARRIER, how) : error;
}

/* ---- as OpenCL 1.1 had them ------------------------------------------------------------------ */

cl_int CL_API_CALL humi_clEnqueueMarker(cl_command_queue queue, cl_event *event_out)
{
    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    return event_out ? humi_clEnqueueMarkerWithWaitList(queue, 0, NULL, event_out)
                     : CL_INVALID_VALUE;
}

cl_int CL_API_CALL humi_clEnqueueBarrier(cl_command_queue queue)
{
    return humi_clEnqueueBarrierWithWaitList(queue, 0, NULL, NULL);
}

cl_int CL_API_CALL humi_clEnqueueWaitForEvents(cl_command_queue queue, cl_uint count,
                                               const cl_event *events)
{
    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    if (!count || !events)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < count; i++)
        if (!humi_is(events[i], HUMI_KIND_EVENT))
            return CL_INVALID_EVENT;
    return humi_clEnqueueBarrierWithWaitList(queue, count, events, NULL);
}
