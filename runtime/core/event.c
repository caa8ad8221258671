/* SPDX-License-Identifier: MIT */
/* event.c - events: counted marks in streams, and the public handle around the newest one. */
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "core/epochs.h"
#include "core/stream.h"

/*
 * Guarded by `lock`, which may be held when a stream's is taken.  Nobody who serves faults takes
 * it, so it holds no signals back.
 */
struct hum_event {
    struct hum *hum;
    pthread_mutex_t lock;
    struct humi_mark *mark; /* a reference; NULL: never recorded */
};

/* ---- marks ----------------------------------------------------------------------------------- */

void humi_mark_happen(struct humi_mark *mark, uint64_t ns)
{
    atomic_store(&mark->ns, ns);
    atomic_store(&mark->start_ns, mark->stream->started_ns);
    atomic_store(&mark->status, (int)mark->stream->error);
    atomic_store(&mark->happened, true);
}

static struct humi_mark *mark_create(struct hum_stream *stream)
{
    struct humi_mark *mark = calloc(1, sizeof *mark);
    if (!mark)
        return NULL;
    humi_link_init(&mark->link);
    mark->stream = stream;
    atomic_fetch_add(&stream->references, 1);
    atomic_store(&mark->references, 1);
    return mark;
}

struct humi_mark *humi_stream_mark(struct hum_stream *stream, struct humi_mark *before)
{
    bool again = before && before->stream == stream && atomic_load(&before->happened) &&
                 atomic_load(&before->references) == 1;
    struct humi_mark *mark = again ? before : mark_create(stream);
    if (!mark)
        return NULL;
    if (!again)
        humi_mark_put(before);
    atomic_store(&mark->happened, false);
    humi_lock(&stream->lock);
    humi_stream_look(stream); /* what is done already does not date the mark back */
    mark->sequence = stream->issued;
    if (stream->finished >= mark->sequence) {
        humi_mark_happen(mark, humi_clock_ns());
    } else {
        atomic_fetch_add(&mark->references, 1);
        humi_list_push_back(&stream->marks, &mark->link);
    }
    humi_unlock(&stream->lock);
    return mark;
}

void humi_mark_put(struct humi_mark *mark)
{
    if (!mark || atomic_fetch_sub(&mark->references, 1) != 1)
        return;
    humi_stream_put(mark->stream);
    free(mark);
}

bool humi_mark_look(struct humi_mark *mark)
{
    if (atomic_load(&mark->happened))
        return true;
    humi_lock(&mark->stream->lock);
    humi_stream_look(mark->stream);
    humi_unlock(&mark->stream->lock);
    return atomic_load(&mark->happened);
}

void humi_mark_wait(struct humi_mark *mark)
{
    if (!atomic_load(&mark->happened))
        humi_stream_finish(mark->stream, mark->sequence);
}

/* ---- the public handle ----------------------------------------------------------------------- */

/* The event's mark with a reference, NULL if it was never recorded. */
static struct humi_mark *mark_of(struct hum_event *event)
{
    pthread_mutex_lock(&event->lock);
    struct humi_mark *mark = event->mark;
    if (mark)
        atomic_fetch_add(&mark->references, 1);
    pthread_mutex_unlock(&event->lock);
    return mark;
}

enum hum_status hum_event_create(struct hum *hum, struct hum_event **event_out)
{
    if (!hum || !event_out)
        return humi_fail(HUM_ERR_INVALID, "hum_event_create needs a space and an output");
    struct hum_event *event = calloc(1, sizeof *event);
    if (!event)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for an event");
    event->hum = hum;
    pthread_mutex_init(&event->lock, NULL);
    *event_out = event;
    return HUM_OK;
}

void hum_event_destroy(struct hum_event *event)
{
    if (!event)
        return;
    humi_mark_put(event->mark);
    pthread_mutex_destroy(&event->lock);
    free(event);
}

enum hum_status hum_event_record(struct hum_event *event, struct hum_stream *stream)
{
    if (!event || !stream || event->hum != stream->hum)
        return humi_fail(HUM_ERR_INVALID, "an event is recorded in a stream of its own space");
    pthread_mutex_lock(&event->lock);
    struct humi_mark *mark = humi_stream_mark(stream, event->mark);
    if (mark)
        event->mark = mark;
    pthread_mutex_unlock(&event->lock);
    return mark ? HUM_OK : humi_fail(HUM_ERR_NO_MEMORY, "no memory to record an event");
}

struct wait_work {
    struct humi_work work;
    struct humi_mark *mark; /* a reference */
};

static enum hum_status wait_run(struct hum_stream *stream, struct humi_work *work)
{
    (void)stream;
    humi_mark_wait(humi_container_of(work, struct wait_work, work)->mark);
    return HUM_OK;
}

static void wait_destroy(struct humi_work *work)
{
    struct wait_work *mine = humi_container_of(work, struct wait_work, work);
    humi_mark_put(mine->mark);
    free(mine);
}

enum hum_status hum_stream_wait_event(struct hum_stream *stream, struct hum_event *event)
{
    if (!stream || !event || event->hum != stream->hum)
        return humi_fail(HUM_ERR_INVALID, "a stream waits for an event of its own space");
    struct humi_mark *mark = mark_of(event);
    if (!mark || humi_mark_look(mark) || mark->stream == stream) {
        humi_mark_put(mark); /* nothing to wait for, or the stream's own order sees to it */
        return HUM_OK;
    }
    struct wait_work *mine = calloc(1, sizeof *mine);
    if (!mine) {
        humi_mark_put(mark);
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to wait for an event");
    }
    mine->work.run = wait_run;
    mine->work.destroy = wait_destroy;
    mine->mark = mark;
    return humi_stream_queue(stream, &mine->work);
}

enum hum_status hum_event_wait(struct hum_event *event)
{
    if (!event)
        return humi_fail(HUM_ERR_INVALID, "hum_event_wait needs an event");
    struct humi_mark *mark = mark_of(event);
    if (mark)
        humi_mark_wait(mark);
    humi_mark_put(mark);
    humi_epochs_begin(event->hum, 0, 0);
    return HUM_OK;
}

enum hum_status hum_event_query(struct hum_event *event)
{
    if (!event)
        return humi_fail(HUM_ERR_INVALID, "hum_event_query needs an event");
    struct humi_mark *mark = mark_of(event);
    bool happened = !mark || humi_mark_look(mark);
    humi_mark_put(mark);
    return happened ? HUM_OK : HUM_NOT_READY;
}

enum hum_status hum_event_result(struct hum_event *event, struct hum_event_result *result_out)
{
    if (!event || !result_out)
        return humi_fail(HUM_ERR_INVALID, "hum_event_result needs an event and an output");
    struct humi_mark *mark = mark_of(event);
    if (!mark)
        return humi_fail(HUM_ERR_INVALID, "the event was never recorded");
    enum hum_status status = humi_mark_look(mark) ? HUM_OK : HUM_NOT_READY;
    if (status == HUM_OK)
        *result_out = (struct hum_event_result){.start_ns = atomic_load(&mark->start_ns),
                                                .end_ns = atomic_load(&mark->ns),
                                                .status =
                                                    (enum hum_status)atomic_load(&mark->status)};
    humi_mark_put(mark);
    return status;
}

enum hum_status hum_event_elapsed(struct hum_event *start, struct hum_event *end, int64_t *ns_out)
{
    if (!start || !end || !ns_out)
        return humi_fail(HUM_ERR_INVALID, "hum_event_elapsed needs two events and an output");
    struct humi_mark *from = mark_of(start), *to = mark_of(end);
    enum hum_status status = HUM_OK;
    if (!from || !to || !humi_mark_look(from) || !humi_mark_look(to))
        status =
            humi_fail(HUM_ERR_INVALID, "both events must have been recorded and have happened");
    else
        *ns_out = (int64_t)(atomic_load(&to->ns) - atomic_load(&from->ns));
    humi_mark_put(from);
    humi_mark_put(to);
    return status;
}
