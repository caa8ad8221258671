/* SPDX-License-Identifier: MIT */
/* queue.c - see queue.h */
#include "platform/queue.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/flight.h"
#include "platform/graph.h"
#include "platform/platform.h"

/* ---- the queue's threads --------------------------------------------------------------------- */

/* Work for a thread of the queue, done.  False: there is none. */
static bool work_once(struct _cl_command_queue *queue)
{
    struct humi_link *link = NULL;

    humi_list_each (each, &queue->runnable)
        if (!link && !humi_container_of(each, struct _cl_event, link)->by_caller)
            link = each;
    if (link) {
        humi_graph_run(humi_container_of(link, struct _cl_event, link));
        return true;
    }
    return queue->watched && humi_flight_collect(queue, NULL);
}

static void *serve(void *argument)
{
    struct _cl_command_queue *queue = argument;
    cl_context context = queue->context;

    humi_signals_never();
    humi_graph_enter(context);
    while (!queue->stopping || !humi_list_is_empty(&queue->open)) {
        if (!work_once(queue)) {
            pthread_cond_wait(&queue->work, &context->lock);
            continue;
        }
        humi_graph_leave(context);
        humi_graph_enter(context);
    }
    pthread_cond_broadcast(&queue->work);
    humi_graph_leave(context);
    humi_drop(&queue->object);
    return NULL;
}

/* No handler of the program runs there, ever. */
static bool start_detached(struct _cl_command_queue *queue)
{
    sigset_t all, before;
    pthread_t thread;
    bool started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, NULL, serve, queue) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started)
        return false;
    pthread_setname_np(thread, "hum-queue");
    pthread_detach(thread);
    return true;
}

cl_int humi_queue_thread_start(struct _cl_command_queue *queue)
{
    unsigned wanted = humi_queue_is_in_order(queue) ? 1 : HUMI_QUEUE_THREADS;

    while (queue->threads < wanted) {
        humi_hold(&queue->object);
        if (!start_detached(queue)) {
            humi_drop(&queue->object);
            return queue->threads ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
        }
        queue->threads++;
    }
    return CL_SUCCESS;
}

/* ---- creating -------------------------------------------------------------------------------- */

static void destroy(struct humi_object *object)
{
    struct _cl_command_queue *queue = (struct _cl_command_queue *)object;

    pthread_mutex_lock(&queue->context->lock);
    humi_list_remove(&queue->link);
    pthread_mutex_unlock(&queue->context->lock);
    while (queue->mark_count)
        hum_event_destroy(queue->marks[--queue->mark_count]);
    if (!queue->shares_stream)
        hum_stream_destroy(queue->stream);
    pthread_cond_destroy(&queue->work);
    humi_drop(&queue->context->object);
    free(queue);
}

static cl_int check(cl_context context, cl_device_id device, cl_command_queue_properties properties)
{
    const cl_command_queue_properties host =
        CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE;
    const cl_command_queue_properties known =
        host | CL_QUEUE_ON_DEVICE | CL_QUEUE_ON_DEVICE_DEFAULT;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!humi_is(device, HUMI_KIND_DEVICE) || !humi_context_has(context, device))
        return CL_INVALID_DEVICE;
    if (properties & ~known)
        return CL_INVALID_VALUE;
    return properties & ~host ? CL_INVALID_QUEUE_PROPERTIES : CL_SUCCESS;
}

/* Without a stream. */
static struct _cl_command_queue *allocate(cl_context context, cl_device_id device,
                                          cl_command_queue_properties properties)
{
    struct _cl_command_queue *queue = calloc(1, sizeof *queue);

    if (!queue)
        return NULL;
    humi_object_init(&queue->object, HUMI_KIND_QUEUE, destroy);
    humi_hold(&context->object);
    queue->context = context;
    queue->device = device;
    queue->properties = properties;
    humi_list_init(&queue->open);
    humi_list_init(&queue->flight);
    humi_list_init(&queue->runnable);
    humi_link_init(&queue->link);
    pthread_cond_init(&queue->work, NULL);
    return queue;
}

cl_command_queue humi_queue_recording(cl_command_queue like, cl_command_buffer_khr recorder)
{
    struct _cl_command_queue *queue = allocate(like->context, like->device, like->properties);

    if (queue)
        queue->recorder = recorder;
    return queue;
}

static cl_int create(cl_context context, cl_device_id device,
                     cl_command_queue_properties properties, cl_command_queue *queue_out)
{
    struct _cl_command_queue *queue;
    cl_int error = check(context, device, properties);

    if (error != CL_SUCCESS)
        return error;
    queue = allocate(context, device, properties);
    if (!queue)
        return CL_OUT_OF_HOST_MEMORY;
    if (hum_stream_create(humi_space(), device->number, &queue->stream) != HUM_OK) {
        queue->stream = hum_stream(humi_space(), device->number);
        queue->shares_stream = true;
    }
    pthread_mutex_lock(&context->lock);
    humi_list_push_back(&context->queues, &queue->link);
    pthread_mutex_unlock(&context->lock);
    *queue_out = queue;
    return CL_SUCCESS;
}

cl_command_queue CL_API_CALL humi_clCreateCommandQueue(cl_context context, cl_device_id device,
                                                       cl_command_queue_properties properties,
                                                       cl_int *error_out)
{
    cl_command_queue queue = NULL;
    cl_int error = create(context, device, properties, &queue);

    humi_error_tell(error_out, error);
    return queue;
}

static cl_int read_properties(const cl_queue_properties *given, size_t *count_out,
                              cl_command_queue_properties *properties_out)
{
    size_t count = 0;

    *properties_out = 0;
    *count_out = 0;
    if (!given)
        return CL_SUCCESS;
    for (; given[count]; count += 2) {
        if (count >= 4)
            return CL_INVALID_VALUE; /* there are two properties */
        if (given[count] == CL_QUEUE_PROPERTIES)
            *properties_out = given[count + 1];
        else if (given[count] != CL_QUEUE_SIZE)
            return CL_INVALID_VALUE;
        else if (!(*properties_out & CL_QUEUE_ON_DEVICE))
            return CL_INVALID_VALUE; /* the size is that of a queue on the device */
    }
    *count_out = count + 1;
    return CL_SUCCESS;
}

cl_command_queue CL_API_CALL humi_clCreateCommandQueueWithProperties(
    cl_context context, cl_device_id device, const cl_queue_properties *given, cl_int *error_out)
{
    cl_command_queue_properties properties;
    cl_command_queue queue = NULL;
    size_t count;
    cl_int error = check(context, device, 0);

    if (error == CL_SUCCESS)
        error = read_properties(given, &count, &properties);
    if (error == CL_SUCCESS)
        error = create(context, device, properties, &queue);
    if (error == CL_SUCCESS && count) {
        memcpy(queue->given, given, count * sizeof *given);
        queue->given_count = count;
    }
    humi_error_tell(error_out, error);
    return queue;
}

/* ---- the rest -------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clRetainCommandQueue(cl_command_queue queue)
{
    return humi_retain(queue, HUMI_KIND_QUEUE, CL_INVALID_COMMAND_QUEUE);
}

/* What was enqueued goes on; with it ends the queue. */
cl_int CL_API_CALL humi_clReleaseCommandQueue(cl_command_queue queue)
{
    cl_context context;

    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    context = queue->context;
    humi_graph_enter(context);
    if (atomic_load(&queue->object.references) == 1) {
        queue->stopping = true;
        if (!humi_list_is_empty(&queue->flight)) /* somebody has to let go what they hold */
            humi_graph_watch(humi_container_of(queue->flight.head.prev, struct _cl_event, link));
        pthread_cond_broadcast(&queue->work);
    }
    humi_hold(&context->object);
    humi_graph_leave(context);
    (void)humi_release(queue, HUMI_KIND_QUEUE, CL_INVALID_COMMAND_QUEUE);
    humi_drop(&context->object);
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what,
                                              size_t room, void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    switch (what) {
    case CL_QUEUE_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, queue->context);
    case CL_QUEUE_DEVICE:
        return HUMI_ANSWER(&answer, cl_device_id, queue->device);
    case CL_QUEUE_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&queue->object.references));
    case CL_QUEUE_PROPERTIES:
        return HUMI_ANSWER(&answer, cl_command_queue_properties, queue->properties);
    case CL_QUEUE_PROPERTIES_ARRAY:
        return humi_answer(&answer, queue->given, queue->given_count * sizeof queue->given[0]);
    case CL_QUEUE_DEVICE_DEFAULT:
        return HUMI_ANSWER(&answer, cl_command_queue, NULL);
    default: /* CL_QUEUE_SIZE is a question to a queue on the device */
        return what == CL_QUEUE_SIZE ? CL_INVALID_COMMAND_QUEUE : CL_INVALID_VALUE;
    }
}

/* OpenCL 1.0 alone had it; since then a queue's properties stay as they are. */
cl_int CL_API_CALL humi_clSetCommandQueueProperty(cl_command_queue queue,
                                                  cl_command_queue_properties properties,
                                                  cl_bool enable,
                                                  cl_command_queue_properties *before_out)
{
    (void)properties;
    (void)enable;
    (void)before_out;
    return humi_is(queue, HUMI_KIND_QUEUE) ? CL_INVALID_OPERATION : CL_INVALID_COMMAND_QUEUE;
}

cl_int CL_API_CALL humi_clSetDefaultDeviceCommandQueue(cl_context context, cl_device_id device,
                                                       cl_command_queue queue)
{
    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!humi_is(device, HUMI_KIND_DEVICE) || !humi_context_has(context, device))
        return CL_INVALID_DEVICE;
    return humi_is(queue, HUMI_KIND_QUEUE) ? CL_INVALID_OPERATION : CL_INVALID_COMMAND_QUEUE;
}

/* ---- a failure ------------------------------------------------------------------------------- */

/* The stream knows the kernel and the address, and forgets them when it has told. */
void humi_queue_tell_failure(struct _cl_command_queue *queue)
{
    enum hum_status status = hum_stream_wait(queue->stream);
    const char *text = hum_error_text();

    if (status == HUM_ERR_ILLEGAL_ADDRESS && humi_platform_shares_heap())
        humi_log_write(
            HUMI_LOG_WARN,
            "%s; of the program's own memory kernels reach the blocks of malloc that are "
            "in use, not its variables, its stack and what it allocated before",
            text);
    humi_context_notify(queue->context, status == HUM_OK ? "a kernel failed" : text);
    humi_drop(&queue->object);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* With it, all others of the flight have ended; NULL: none is there, or it came after `ns`. */
static struct _cl_event *last_in_flight(const struct _cl_command_queue *queue, uint64_t ns)
{
    struct _cl_event *event = humi_container_of(queue->flight.head.prev, struct _cl_event, link);

    return humi_list_is_empty(&queue->flight) || event->ns[HUMI_QUEUED] > ns ? NULL : event;
}

void humi_queue_finish(struct _cl_command_queue *queue)
{
    cl_context context = queue->context;
    uint64_t now = humi_clock_ns();
    struct humi_link *link;

    humi_graph_enter(context);
    while ((link = humi_list_first(&queue->open))) {
        struct _cl_event *event = queue->last;

        if (!event)
            event = last_in_flight(queue, now);
        if (!event)
            event = humi_container_of(link, struct _cl_event, open);
        if (humi_container_of(link, struct _cl_event, open)->ns[HUMI_QUEUED] > now)
            break;
        humi_hold(&event->object);
        humi_graph_await(event);
        pthread_mutex_unlock(&context->lock);
        humi_drop(&event->object);
        pthread_mutex_lock(&context->lock);
    }
    humi_graph_leave(context);
}

/* With a command from before `ns` that has not ended; it is held by that one. */
static struct _cl_command_queue *find_open(cl_context context, uint64_t ns)
{
    humi_list_each (each, &context->queues) {
        struct _cl_command_queue *queue = humi_container_of(each, struct _cl_command_queue, link);
        struct humi_link *first = humi_list_first(&queue->open);

        if (first && humi_container_of(first, struct _cl_event, open)->ns[HUMI_QUEUED] <= ns)
            return queue;
    }
    return NULL;
}

void humi_queue_finish_all(cl_context context)
{
    uint64_t now = humi_clock_ns();
    struct _cl_command_queue *queue;

    humi_graph_enter(context);
    while ((queue = find_open(context, now))) {
        humi_hold(&queue->object);
        humi_graph_leave(context);
        humi_queue_finish(queue);
        humi_drop(&queue->object);
        humi_graph_enter(context);
    }
    humi_graph_leave(context);
}

/* Whatever may be done is under way already. */
cl_int CL_API_CALL humi_clFlush(cl_command_queue queue)
{
    return humi_is(queue, HUMI_KIND_QUEUE) ? CL_SUCCESS : CL_INVALID_COMMAND_QUEUE;
}

cl_int CL_API_CALL humi_clFinish(cl_command_queue queue)
{
    cl_int lost;

    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    humi_queue_finish(queue);
    humi_graph_enter(queue->context);
    lost = queue->lost;
    humi_graph_leave(queue->context);
    return lost;
}
