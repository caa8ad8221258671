/* SPDX-License-Identifier: MIT */
/*
 * stream.c - streams, events and their order.
 *
 * A stream is a queue with a thread.  Its n-th operation starts when its n-1 before have finished
 * and everything that it waits for has: a (stream, ticket) for each event, and for the default
 * stream and those that obey it what the legacy rule says.  Before an operation runs the thread
 * lets a pseudo-random time pass, so that a host that does not wait finds it undone.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/cuda_double/double.h"

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- the thread ----------------------------------------------------------------------------- */

static bool may_start(const struct CUstream_st *s)
{
    if (world.hold || !s->first)
        return false;
    for (size_t i = 0; i < s->first->wait_count; i++)
        if (s->first->waits[i].stream->finished < s->first->waits[i].ticket)
            return false;
    return true;
}

static void delay(struct CUstream_st *s)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    if (world.options.delay_us == 0)
        return;
    uint64_t us = (s->random >> 33) % (2u * world.options.delay_us + 1);
    struct timespec t = {0, (long)(us * 1000)};
    pthread_mutex_unlock(&world.lock);
    nanosleep(&t, NULL);
    pthread_mutex_lock(&world.lock);
}

static void operation_free(struct operation *op)
{
    free(op->snapshot);
    free(op->kernel);
    free(op->waits);
    free(op);
}

static void finish(struct CUstream_st *s)
{
    struct operation *op = s->first;

    s->first = op->next;
    if (!s->first)
        s->last = NULL;
    if (op->event)
        op->event->time_ns = now_ns();
    operation_free(op);
    s->finished++;
    pthread_cond_broadcast(&world.changed);
}

static void *serve(void *argument)
{
    struct CUstream_st *s = argument;

    pthread_mutex_lock(&world.lock);
    while (!s->stop && (s->first || !s->dead)) {
        if (!may_start(s)) {
            pthread_cond_wait(&world.changed, &world.lock);
            continue;
        }
        delay(s);
        /* After an error that stays nothing runs any more. */
        if (!s->first->context->sticky)
            operation_run(s, s->first);
        finish(s);
    }
    pthread_mutex_unlock(&world.lock);
    return NULL;
}

/* ---- streams -------------------------------------------------------------------------------- */

struct CUstream_st *stream_make(struct CUctx_st *context, unsigned flags, int priority)
{
    struct CUstream_st *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct CUstream_st){.context = context, .generation = context->generation,
                              .flags = flags, .priority = priority, .next = world.streams};
    s->random = world.options.seed;
    for (struct CUstream_st *other = world.streams; other; other = other->next)
        s->random++;
    if (pthread_create(&s->thread, NULL, serve, s)) {
        free(s);
        return NULL;
    }
    world.streams = s;
    return s;
}

static bool is_live(const struct CUstream_st *s)
{
    return !s->dead && s->generation == s->context->generation && s->context->live;
}

struct CUstream_st *stream_of(struct CUctx_st *context, struct CUstream_st *handle)
{
    if ((uintptr_t)handle <= 1)
        return context->none;
    for (struct CUstream_st *s = world.streams; s; s = s->next)
        if (s == handle)
            return is_live(s) && s->context == context ? s : NULL;
    return NULL;
}

bool stream_is_idle(const struct CUstream_st *stream)
{
    return stream->finished == stream->queued;
}

bool context_is_idle(const struct CUctx_st *context)
{
    for (struct CUstream_st *s = world.streams; s; s = s->next)
        if (s->context == context && !stream_is_idle(s))
            return false;
    return true;
}

void stream_wait(struct CUstream_st *stream, uint64_t ticket)
{
    while (stream->finished < ticket)
        pthread_cond_wait(&world.changed, &world.lock);
}

/* Ends threads, of what they were doing when the operation is over, and drops what is queued. */
void streams_end(struct CUctx_st *context)
{
    for (struct CUstream_st *s = world.streams; s; s = s->next) {
        if ((context && s->context != context) || s->stop)
            continue;
        s->stop = s->dead = true;
        pthread_cond_broadcast(&world.changed);
        pthread_mutex_unlock(&world.lock);
        pthread_join(s->thread, NULL);
        pthread_mutex_lock(&world.lock);
        while (s->first)
            finish(s);
    }
    while (!context && world.streams) {
        struct CUstream_st *s = world.streams;
        world.streams = s->next;
        free(s->waits);
        free(s);
    }
    while (!context && world.events) {
        struct CUevent_st *e = world.events;
        world.events = e->next;
        free(e);
    }
}

/* ---- order ---------------------------------------------------------------------------------- */

static bool wait_add(struct wait **waits, size_t *count, struct CUstream_st *stream,
                     uint64_t ticket)
{
    if (stream->finished >= ticket)
        return true;
    struct wait *more = realloc(*waits, (*count + 1) * sizeof(*more));
    if (!more)
        return false;
    more[*count] = (struct wait){stream, ticket};
    *waits = more;
    ++*count;
    return true;
}

/* The default stream waits for all that obey it, and they for it. */
static bool wait_add_legacy(struct CUstream_st *stream, struct operation *op)
{
    struct CUstream_st *none = stream->context->none;

    if (stream != none)
        return stream->flags & HUMI_CU_STREAM_NON_BLOCKING ||
               wait_add(&op->waits, &op->wait_count, none, none->queued);
    for (struct CUstream_st *s = world.streams; s; s = s->next)
        if (s->context == stream->context && s != none &&
            !(s->flags & HUMI_CU_STREAM_NON_BLOCKING) &&
            !wait_add(&op->waits, &op->wait_count, s, s->queued))
            return false;
    return true;
}

enum humi_cu_result stream_append(struct CUstream_st *stream, const struct operation *op)
{
    struct operation *copy = malloc(sizeof(*copy));

    if (!copy)
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    *copy = *op;
    copy->next = NULL;
    copy->context = stream->context;
    copy->waits = stream->waits;
    copy->wait_count = stream->wait_count;
    stream->waits = NULL;
    stream->wait_count = 0;
    if (!wait_add_legacy(stream, copy)) {
        copy->snapshot = NULL; /* the caller's still */
        copy->kernel = NULL;
        operation_free(copy);
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    }
    if (stream->last)
        stream->last->next = copy;
    else
        stream->first = copy;
    stream->last = copy;
    stream->queued++;
    pthread_cond_broadcast(&world.changed);
    return HUMI_CUDA_SUCCESS;
}

static enum humi_cu_result create(struct CUctx_st *context, struct CUstream_st **stream,
                                  unsigned flags, int priority)
{
    if (!stream || flags & ~(unsigned)HUMI_CU_STREAM_NON_BLOCKING)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    struct CUstream_st *s = stream_make(context, flags, priority);
    if (!s)
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    *stream = s;
    return HUMI_CUDA_SUCCESS;
}

enum humi_cu_result cuStreamCreate(struct CUstream_st **stream, unsigned flags)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamCreate, context);
    RETURN(create(context, stream, flags, 0));
}

enum humi_cu_result cuStreamCreateWithPriority(struct CUstream_st **stream, unsigned flags,
                                               int priority)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamCreateWithPriority, context);
    RETURN(create(context, stream, flags, priority));
}

/* Returns at once; what is queued is still done. */
enum humi_cu_result cuStreamDestroy_v2(struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamDestroy_v2, context);
    struct CUstream_st *s = (uintptr_t)stream <= 1 ? NULL : stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    s->dead = true;
    pthread_cond_broadcast(&world.changed);
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuStreamSynchronize(struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamSynchronize, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    stream_wait(s, s->queued);
    managed_release(context);
    RETURN(context->sticky);
}

enum humi_cu_result cuStreamQuery(struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamQuery, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!stream_is_idle(s))
        RETURN(HUMI_CUDA_ERROR_NOT_READY);
    managed_release(context);
    RETURN(context->sticky);
}

enum humi_cu_result cuCtxSynchronize(void)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuCtxSynchronize, context);
    for (struct CUstream_st *s = world.streams; s; s = s->next)
        if (s->context == context)
            stream_wait(s, s->queued);
    managed_release(context);
    RETURN(context->sticky);
}

enum humi_cu_result cuLaunchHostFunc(struct CUstream_st *stream, humi_cu_host_function *function,
                                     void *data)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuLaunchHostFunc, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!function)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(stream_append(s, &(struct operation){.kind = OP_CALL, .call = function, .data = data}));
}

/* ---- events --------------------------------------------------------------------------------- */

static struct CUevent_st *event_of(struct CUevent_st *handle)
{
    for (struct CUevent_st *e = world.events; e; e = e->next)
        if (e == handle)
            return !e->dead && e->context->live && e->generation == e->context->generation ? e
                                                                                           : NULL;
    return NULL;
}

/* An event that was never recorded is done. */
static bool event_is_done(const struct CUevent_st *e)
{
    return !e->recorded || e->stream->finished >= e->ticket;
}

enum humi_cu_result cuEventCreate(struct CUevent_st **event, unsigned flags)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventCreate, context);
    if (!event ||
        flags & ~(unsigned)(HUMI_CU_EVENT_BLOCKING_SYNC | HUMI_CU_EVENT_DISABLE_TIMING))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    struct CUevent_st *e = calloc(1, sizeof(*e));
    if (!e)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    *e = (struct CUevent_st){.context = context, .generation = context->generation,
                             .flags = flags, .next = world.events};
    world.events = *event = e;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuEventDestroy_v2(struct CUevent_st *event)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventDestroy_v2, context);
    struct CUevent_st *e = event_of(event);
    if (!e)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    e->dead = true;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuEventRecord(struct CUevent_st *event, struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventRecord, context);
    struct CUevent_st *e = event_of(event);
    struct CUstream_st *s = stream_of(context, stream);
    if (!e || !s || e->context != context)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    enum humi_cu_result result =
        stream_append(s, &(struct operation){.kind = OP_NOTHING, .event = e});
    if (!result) {
        e->recorded = true;
        e->stream = s;
        e->ticket = s->queued;
    }
    RETURN(result);
}

enum humi_cu_result cuEventQuery(struct CUevent_st *event)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventQuery, context);
    struct CUevent_st *e = event_of(event);
    if (!e)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!event_is_done(e))
        RETURN(HUMI_CUDA_ERROR_NOT_READY);
    managed_release(e->context);
    RETURN(e->context->sticky);
}

enum humi_cu_result cuEventSynchronize(struct CUevent_st *event)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventSynchronize, context);
    struct CUevent_st *e = event_of(event);
    if (!e)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (e->recorded)
        stream_wait(e->stream, e->ticket);
    managed_release(e->context);
    RETURN(e->context->sticky);
}

/* Of any context: this is how devices wait for each other. */
enum humi_cu_result cuStreamWaitEvent(struct CUstream_st *stream, struct CUevent_st *event,
                                      unsigned flags)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamWaitEvent, context);
    struct CUevent_st *e = event_of(event);
    struct CUstream_st *s = stream_of(context, stream);
    if (!e || !s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (flags > 1)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (event_is_done(e))
        RETURN(HUMI_CUDA_SUCCESS);
    if (!wait_add(&s->waits, &s->wait_count, e->stream, e->ticket))
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    /* The wait is work of its own: a stream that has it is not idle. */
    RETURN(stream_append(s, &(struct operation){.kind = OP_NOTHING}));
}

enum humi_cu_result cuEventElapsedTime(float *milliseconds, struct CUevent_st *start,
                                       struct CUevent_st *end)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuEventElapsedTime, context);
    struct CUevent_st *a = event_of(start), *b = event_of(end);
    if (!milliseconds)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (!a || !b || !a->recorded || !b->recorded ||
        (a->flags | b->flags) & HUMI_CU_EVENT_DISABLE_TIMING)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!event_is_done(a) || !event_is_done(b))
        RETURN(HUMI_CUDA_ERROR_NOT_READY);
    *milliseconds = (float)((double)(b->time_ns - a->time_ns) / 1e6);
    RETURN(HUMI_CUDA_SUCCESS);
}
