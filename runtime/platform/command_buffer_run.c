/* SPDX-License-Identifier: MIT */
/* command_buffer_run.c - clEnqueueCommandBufferKHR: what was recorded, on a real queue. */
#include <stdlib.h>

#include "platform/command_buffer.h"
#include "platform/enqueue.h"
#include "platform/entries.h"

/* ---- a command that does a recorded one -------------------------------------------------------
 */

struct replay {
    struct _cl_event event;
    cl_command_buffer_khr buffer; /* held, and so the recorded one */
    struct _cl_event *recorded;   /* only read: several may do it at the same time */
};

static cl_int run(struct _cl_event *event)
{
    struct _cl_event *recorded = ((struct replay *)event)->recorded;

    return recorded->ops->run(recorded);
}

static cl_int launch(struct _cl_event *event, struct hum_stream *stream)
{
    struct _cl_event *recorded = ((struct replay *)event)->recorded;

    return recorded->ops->launch(recorded, stream);
}

static void look(struct _cl_event *event)
{
    struct _cl_event *recorded = ((struct replay *)event)->recorded;

    if (recorded->ops->look)
        recorded->ops->look(recorded);
}

static void release(struct _cl_event *event)
{
    humi_drop(&((struct replay *)event)->buffer->object);
}

static const struct humi_command_ops host_ops = {.run = run, .release = release, .look = look};
static const struct humi_command_ops device_ops = {
    .launch = launch, .release = release, .look = look};
static const struct humi_command_ops mark_ops = {.release = release};

static struct _cl_event *create(cl_command_buffer_khr buffer, cl_command_queue queue,
                                struct _cl_event *recorded)
{
    const struct humi_command_ops *ops = recorded->ops->run      ? &host_ops
                                         : recorded->ops->launch ? &device_ops
                                                                 : &mark_ops;
    struct replay *replay = humi_command_create(queue, sizeof *replay, recorded->type, ops);

    if (!replay)
        return NULL;
    humi_hold(&buffer->object);
    replay->buffer = buffer;
    replay->recorded = recorded;
    return &replay->event;
}

/* ---- one time that it is enqueued -------------------------------------------------------------
 */

struct pass {
    cl_command_buffer_khr buffer;
    cl_command_queue queue;
    cl_event *events; /* held: the begin, then one for each command, the end last */
    cl_event *waits;  /* room to say what one of them waits for */
    cl_uint done;     /* of events */
    cl_uint barrier;  /* of events: what all that follow wait for; 0, the begin, at first */
    cl_event shown;   /* the mark put last, with a reference; NULL: none */
};

/* In order the one before it, though it would wait anyway: an error of that is one of this.  Else
 * the last barrier, and what it says, or all since the barrier; NULL: the end. */
static cl_uint waits_of(const struct pass *pass, const struct humi_recorded *recorded)
{
    bool all = !recorded || (recorded->barrier && !recorded->wait_count);
    cl_uint count = 0;

    if (humi_queue_is_in_order(pass->queue)) {
        pass->waits[0] = pass->events[pass->done - 1];
        return 1;
    }
    pass->waits[count++] = pass->events[pass->barrier];
    for (cl_uint i = pass->barrier + 1; all && i < pass->done; i++)
        pass->waits[count++] = pass->events[i];
    for (cl_uint i = 0; !all && i < recorded->wait_count; i++)
        pass->waits[count++] = pass->events[recorded->waits[i]];
    return count;
}

/* It is held for the pass, whether or not it could be enqueued. */
static cl_int submit(struct pass *pass, struct _cl_event *event, const struct humi_submit *how)
{
    if (!event)
        return CL_OUT_OF_HOST_MEMORY;
    humi_hold(&event->object);
    pass->events[pass->done++] = event;
    return humi_graph_submit(event, how);
}

static void forget_shown(struct pass *pass)
{
    if (pass->shown)
        (void)humi_clReleaseEvent(pass->shown);
    pass->shown = NULL;
}

static cl_int submit_command(struct pass *pass, const struct humi_recorded *recorded)
{
    const struct humi_submit how = {.wait = {waits_of(pass, recorded), pass->waits},
                                    .small = recorded->small};
    cl_int error = submit(pass, create(pass->buffer, pass->queue, recorded->command), &how);

    if (error == CL_SUCCESS && recorded->barrier)
        pass->barrier = pass->done - 1;
    return error;
}

static cl_int submit_mark(struct pass *pass, const struct humi_wait *wait)
{
    static const struct humi_command_ops ops = {.run = NULL};
    struct _cl_event *mark =
        humi_command_create(pass->queue, sizeof *mark, CL_COMMAND_COMMAND_BUFFER_KHR, &ops);
    const struct humi_submit how = {.wait = *wait, .event_out = &pass->shown}; /* so it has times */

    forget_shown(pass);
    if (mark && pass->done) {
        humi_hold(&pass->events[0]->object);
        mark->begins = pass->events[0];
    }
    return submit(pass, mark, &how);
}

static cl_int submit_all(struct pass *pass, const struct humi_wait *wait)
{
    cl_command_buffer_khr buffer = pass->buffer;
    cl_int error = submit_mark(pass, wait);

    for (cl_uint i = 0; error == CL_SUCCESS && i < buffer->count; i++)
        error = submit_command(pass, &buffer->commands[i]);
    if (error == CL_SUCCESS)
        error = submit_mark(pass, &(struct humi_wait){waits_of(pass, NULL), pass->waits});
    return error;
}

/* ---- the function -----------------------------------------------------------------------------
 */

static cl_int check_queues(cl_command_buffer_khr buffer, cl_uint count,
                           const cl_command_queue *queues)
{
    if (!count != !queues || count > 1)
        return CL_INVALID_VALUE;
    if (!count)
        return CL_SUCCESS;
    if (!humi_is(queues[0], HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    if (queues[0]->context != buffer->queue->context)
        return CL_INVALID_CONTEXT;
    return queues[0]->device == buffer->queue->device &&
                   queues[0]->properties == buffer->queue->properties
               ? CL_SUCCESS
               : CL_INCOMPATIBLE_COMMAND_QUEUE_KHR;
}

/* From here to leave() it counts as pending. */
static cl_int enter(cl_command_buffer_khr buffer)
{
    cl_context context = buffer->queue->context;
    struct humi_list ended;
    cl_int error = CL_SUCCESS;

    humi_list_init(&ended);
    humi_graph_enter(context);
    if (!buffer->finalized ||
        (humi_command_buffer_is_pending(buffer, &ended) && !buffer->simultaneous))
        error = CL_INVALID_OPERATION;
    else
        buffer->entering++;
    humi_graph_leave(context);
    humi_command_buffer_free_runs(&ended);
    return error;
}

static void leave(cl_command_buffer_khr buffer, struct humi_run *run)
{
    humi_graph_enter(buffer->queue->context);
    buffer->entering--;
    if (run->end)
        humi_list_push_back(&buffer->runs, &run->link);
    humi_graph_leave(buffer->queue->context);
    if (!run->end)
        free(run);
}

static void end_pass(struct pass *pass)
{
    for (cl_uint i = 0; pass->events && i < pass->done; i++)
        humi_drop(&pass->events[i]->object);
    free(pass->events);
    free(pass->waits);
}

static cl_int enqueue(cl_command_buffer_khr buffer, cl_command_queue queue,
                      const struct humi_wait *wait, cl_event *event_out)
{
    size_t count = (size_t)buffer->count + 2;
    struct pass pass = {.buffer = buffer,
                        .queue = queue,
                        .events = calloc(count, sizeof(cl_event)),
                        .waits = calloc(count, sizeof(cl_event))};
    struct humi_run *run = calloc(1, sizeof *run);
    cl_int error = run && pass.events && pass.waits ? enter(buffer) : CL_OUT_OF_HOST_MEMORY;

    if (error != CL_SUCCESS) {
        free(run);
        end_pass(&pass);
        return error;
    }
    error = submit_all(&pass, wait);
    if (error == CL_SUCCESS) {
        run->end = pass.events[pass.done - 1];
        humi_hold(&run->end->object);
    }
    leave(buffer, run);
    if (error == CL_SUCCESS && event_out)
        *event_out = pass.shown;
    else
        forget_shown(&pass);
    end_pass(&pass);
    return error;
}

cl_int CL_API_CALL humi_clEnqueueCommandBufferKHR(cl_uint queue_count, cl_command_queue *queues,
                                                  cl_command_buffer_khr buffer, cl_uint count,
                                                  const cl_event *events, cl_event *event_out)
{
    const struct humi_wait wait = {count, events};
    cl_command_queue queue;
    cl_int error;

    if (!humi_is(buffer, HUMI_KIND_COMMAND_BUFFER))
        return CL_INVALID_COMMAND_BUFFER_KHR;
    error = check_queues(buffer, queue_count, queues);
    if (error != CL_SUCCESS)
        return error;
    queue = queue_count ? queues[0] : buffer->queue;
    error = humi_enqueue_check(queue, &wait);
    return error == CL_SUCCESS ? enqueue(buffer, queue, &wait, event_out) : error;
}
