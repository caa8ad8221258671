/* SPDX-License-Identifier: MIT */
/* stream.c - streams: sequence numbers, the collector, the stream's thread. */
#include "core/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/accesses.h"
#include "core/epochs.h"
#include "core/check.h"
#include "core/kept.h"
#include "core/record.h"
#include "core/told.h"
#include "core/uses.h"

#define LOOK_NS INT64_C(1000000) /* the longest that new work waits behind a launch */
#define SOON_NS INT64_C(100000)  /* so long signals may be held back for no lock */
#define ROW_NS INT64_C(1000000)  /* the longest that others wait for one who waits for a row */

void humi_stream_put(struct hum_stream *stream)
{
    if (atomic_fetch_sub(&stream->references, 1) != 1)
        return;
    humi_lock_fini(&stream->lock);
    pthread_cond_destroy(&stream->changed);
    free(stream->tickets);
    humi_uses_free(stream->uses);
    free(stream);
}

/* ---- what has finished (stream lock held in all of this part) -------------------------------- */

void humi_stream_note_error(struct hum_stream *stream, enum hum_status status, const char *text)
{
    if (status == HUM_OK || stream->error != HUM_OK)
        return;
    stream->error = status;
    snprintf(stream->error_text, sizeof stream->error_text, "%s", text);
}

/* Everything up to `sequence` has finished; marks up to there happen. */
void humi_stream_note_finished(struct hum_stream *stream, uint64_t sequence, uint64_t ns)
{
    stream->finished = sequence;
    stream->finished_ns = ns;
    struct humi_link *link;
    while ((link = humi_list_first(&stream->marks))) {
        struct humi_mark *mark = humi_container_of(link, struct humi_mark, link);
        if (mark->sequence > sequence)
            break;
        humi_list_remove(link);
        humi_mark_happen(mark, ns);
        humi_mark_put(mark);
    }
    pthread_cond_broadcast(&stream->changed);
}

static void note_outcome(struct hum_stream *stream, const struct humi_outcome *outcome)
{
    char text[512];
    const char *device = stream->hum->processor[stream->processor]->name;
    if (outcome->status == HUM_OK)
        return;
    int n = snprintf(text, sizeof text, "kernel '%s' on %s: %s", outcome->kernel, device,
                     hum_status_text(outcome->status));
    if (outcome->address && n > 0 && (size_t)n < sizeof text)
        n += snprintf(text + n, sizeof text - (size_t)n, " at address %#lx",
                      (unsigned long)outcome->address);
    if (outcome->signal && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, " (%s)", strsignal(outcome->signal));
    humi_stream_note_error(stream, outcome->status, text);
}

static void record_outcome(struct hum_stream *stream, const struct humi_ticket *ticket,
                           const struct humi_outcome *outcome, enum hum_status status)
{
    const struct humi_record_launch launch = {
        .launch = ticket->launch,
        .processor = stream->processor,
        .kernel = ticket->kernel,
        .queue = stream->queue,
        .count = ticket->count,
        .submit_ns = ticket->submit_ns,
        .start_ns = outcome->start_ns,
        .end_ns = outcome->end_ns ? outcome->end_ns : humi_clock_ns(),
        .status = status == HUM_OK ? outcome->status : status,
    };
    humi_record_launch(stream->hum, &launch);
}

static struct humi_ticket *ticket_next(struct hum_stream *stream)
{
    if (!stream->ticket_count)
        return NULL;
    struct humi_ticket *ticket = &stream->tickets[stream->ticket_first];
    return ticket->sequence == stream->finished + 1 ? ticket : NULL;
}

/* The oldest launch has finished, or cannot: `status` is that of waiting for it. */
static void take_outcome(struct hum_stream *stream, struct humi_ticket ticket,
                         enum hum_status status, const struct humi_outcome *outcome)
{
    stream->ticket_first = (stream->ticket_first + 1) % stream->ticket_room;
    stream->ticket_count--;
    atomic_fetch_sub(&stream->hum->running[stream->processor], 1);
    if (!ticket.is_own)
        record_outcome(stream, &ticket, outcome, status);
    if (ticket.uses)
        humi_uses_end(stream->hum, ticket.uses);
    stream->started_ns = outcome->start_ns;
    if (status == HUM_OK)
        note_outcome(stream, outcome);
    else
        humi_stream_note_error(stream, status, hum_error_text());
    humi_stream_note_finished(stream, ticket.sequence,
                              outcome->end_ns ? outcome->end_ns : humi_clock_ns());
}

/*
 * Be the collector for the oldest launch.  The lock is let go while waiting.  False: not finished
 * within timeout_ns.
 */
static bool collect(struct hum_stream *stream, struct humi_ticket ticket, int64_t timeout_ns)
{
    struct humi_processor *processor = stream->hum->processor[stream->processor];
    struct humi_outcome outcome = {0};
    stream->collecting = true;
    humi_unlock(&stream->lock);
    enum hum_status status = processor->ops->wait(processor, ticket.ticket, timeout_ns, &outcome);
    if (status != HUM_NOT_READY && stream->hum->deterministic)
        humi_accesses_flush(stream->hum->accesses);
    humi_lock(&stream->lock);
    stream->collecting = false;
    if (status == HUM_NOT_READY) {
        pthread_cond_broadcast(&stream->changed);
        return false;
    }
    take_outcome(stream, ticket, status, &outcome);
    return true;
}

/* The same, not for long: signals stay held back, which spares system calls. */
static bool collect_soon(struct hum_stream *stream, struct humi_ticket ticket)
{
    humi_signals_hold();
    bool finished = collect(stream, ticket, SOON_NS);
    humi_signals_release();
    return finished;
}

/* The same of what has finished already, with the lock held all the time. */
static bool collect_now(struct hum_stream *stream, struct humi_ticket ticket)
{
    struct humi_processor *processor = stream->hum->processor[stream->processor];
    struct humi_outcome outcome = {0};
    if (stream->hum->deterministic)
        return collect(stream, ticket, 0);
    enum hum_status status = processor->ops->wait(processor, ticket.ticket, 0, &outcome);
    if (status == HUM_NOT_READY)
        return false;
    take_outcome(stream, ticket, status, &outcome);
    return true;
}

/* Collect what has finished already. */
void humi_stream_look(struct hum_stream *stream)
{
    struct humi_ticket *ticket;
    while (!stream->collecting && (ticket = ticket_next(stream)))
        if (!collect_now(stream, *ticket))
            return;
}

/* The last outstanding launch up to there, if all between it and the oldest are launches. */
static struct humi_ticket last_of_row(const struct hum_stream *stream, uint64_t sequence)
{
    const struct humi_ticket *oldest = &stream->tickets[stream->ticket_first];
    uint64_t behind = sequence - oldest->sequence;
    if (behind >= stream->ticket_count)
        behind = stream->ticket_count - 1;
    const struct humi_ticket *last =
        &stream->tickets[(stream->ticket_first + behind) % stream->ticket_room];
    return last->sequence == oldest->sequence + behind ? *last : *oldest;
}

/* Be the collector for all up to this launch, which finish in order, for a while. */
static void collect_row(struct hum_stream *stream, struct humi_ticket last)
{
    struct humi_processor *processor = stream->hum->processor[stream->processor];
    struct humi_outcome outcome = {0};
    stream->collecting = true;
    humi_unlock(&stream->lock);
    enum hum_status status = processor->ops->wait(processor, last.ticket, ROW_NS, &outcome);
    humi_lock(&stream->lock);
    stream->collecting = false;
    if (status == HUM_NOT_READY) {
        humi_stream_look(stream);
        pthread_cond_broadcast(&stream->changed);
        return;
    }
    while (stream->finished + 1 < last.sequence) {
        struct humi_ticket ticket = *ticket_next(stream);
        if (!collect_now(stream, ticket))
            (void)collect(stream, ticket, -1);
    }
    take_outcome(stream, last, status, &outcome);
}

/*
 * As the collector, for as many as can be up to `sequence`.  *before is what had finished the last
 * time: where nothing has since then, launches are long, and each is waited for.  Tickets are
 * copies, for the ring may move meanwhile.
 */
static void await_some(struct hum_stream *stream, uint64_t sequence, uint64_t *before)
{
    struct humi_ticket oldest = *ticket_next(stream), last = last_of_row(stream, sequence);
    if (collect_now(stream, oldest))
        return;
    if (last.sequence > oldest.sequence && stream->waiting == 0 && stream->finished != *before &&
        !stream->hum->deterministic) {
        *before = stream->finished;
        collect_row(stream, last);
    } else if (!collect_soon(stream, oldest)) {
        (void)collect(stream, oldest, -1);
    }
}

void humi_stream_finish_locked(struct hum_stream *stream, uint64_t sequence)
{
    uint64_t before = UINT64_MAX;
    while (stream->finished < sequence) {
        if (ticket_next(stream) && !stream->collecting) {
            await_some(stream, sequence, &before);
            continue;
        }
        stream->waiting++;
        humi_cond_wait(&stream->changed, &stream->lock);
        stream->waiting--;
    }
}

void humi_stream_finish(struct hum_stream *stream, uint64_t sequence)
{
    humi_lock(&stream->lock);
    humi_stream_finish_locked(stream, sequence);
    humi_unlock(&stream->lock);
}

/* ---- the stream's thread --------------------------------------------------------------------- */

/* Stream lock held, and let go while the work runs. */
static void run_work(struct hum_stream *stream, struct humi_work *work)
{
    if (!work->is_launch)
        humi_stream_finish_locked(stream, work->sequence - 1);
    humi_unlock(&stream->lock);
    enum hum_status status = work->run(stream, work);
    humi_lock(&stream->lock);
    humi_stream_note_error(stream, status, hum_error_text());
    if (!work->is_launch)
        humi_stream_note_finished(stream, work->sequence, humi_clock_ns());
}

/*
 * A launch that holds its pages must end in time also if nobody waits for it: others wait for the
 * pages.  Looks for new work in between.  False: there is none, or somebody else waits for it.
 */
static bool end_declared(struct hum_stream *stream)
{
    struct humi_ticket *ticket = ticket_next(stream);
    if (!ticket || !ticket->uses || stream->collecting)
        return false;
    (void)collect(stream, *ticket, LOOK_NS);
    return true;
}

static void *run(void *argument)
{
    struct hum_stream *stream = argument;
    humi_signals_never();
    humi_lock(&stream->lock);
    for (;;) {
        struct humi_link *link = humi_list_pop_front(&stream->work);
        if (!link) {
            stream->busy = false;
            if (stream->stopping)
                break;
            if (end_declared(stream))
                continue;
            humi_cond_wait(&stream->changed, &stream->lock);
            continue;
        }
        struct humi_work *work = humi_container_of(link, struct humi_work, link);
        stream->busy = true;
        run_work(stream, work);
        work->destroy(work);
    }
    humi_unlock(&stream->lock);
    return NULL;
}

enum hum_status humi_stream_ready(struct hum_stream *stream)
{
    if (stream->has_thread)
        return HUM_OK;
    enum hum_status status = humi_thread_start(&stream->thread, "hum-stream", run, stream);
    if (status != HUM_OK)
        return status;
    stream->has_thread = true;
    return HUM_OK;
}

enum hum_status humi_stream_queue_locked(struct hum_stream *stream, struct humi_work *work)
{
    enum hum_status status = humi_stream_ready(stream);
    if (status != HUM_OK)
        return status;
    work->sequence = ++stream->issued;
    humi_list_push_back(&stream->work, &work->link);
    stream->busy = true;
    pthread_cond_broadcast(&stream->changed);
    return HUM_OK;
}

enum hum_status humi_stream_queue(struct hum_stream *stream, struct humi_work *work)
{
    humi_lock(&stream->lock);
    enum hum_status status = humi_stream_queue_locked(stream, work);
    if (stream->hum->deterministic)
        humi_stream_finish_locked(stream, stream->issued);
    humi_unlock(&stream->lock);
    if (status != HUM_OK)
        work->destroy(work);
    return status;
}

/* ---- streams --------------------------------------------------------------------------------- */

static unsigned queue_unused(const struct hum *hum, unsigned processor)
{
    uint64_t used = 0;
    humi_list_each (link, &hum->streams) {
        const struct hum_stream *stream = humi_container_of(link, struct hum_stream, all);
        if (stream->processor == processor)
            used |= UINT64_C(1) << stream->queue;
    }
    return ~used ? (unsigned)__builtin_ctzll(~used) : HUMI_QUEUES_MAX;
}

enum hum_status humi_stream_open(struct hum *hum, unsigned processor, bool is_default,
                                 struct hum_stream **stream_out)
{
    struct hum_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a stream");
    stream->hum = hum;
    stream->processor = processor;
    stream->is_default = is_default;
    atomic_store(&stream->references, 1);
    humi_lock_init(&stream->lock, HUMI_RANK_STREAM);
    humi_cond_init(&stream->changed);
    humi_list_init(&stream->work);
    humi_list_init(&stream->marks);
    humi_lock(&hum->lock);
    stream->queue = queue_unused(hum, processor);
    if (stream->queue < HUMI_QUEUES_MAX)
        humi_list_push_back(&hum->streams, &stream->all);
    humi_unlock(&hum->lock);
    if (stream->queue >= HUMI_QUEUES_MAX) {
        humi_stream_put(stream);
        return humi_fail(HUM_ERR_BUSY, "a device has at most %u streams", HUMI_QUEUES_MAX);
    }
    *stream_out = stream;
    return HUM_OK;
}

static void stream_close(struct hum_stream *stream)
{
    humi_lend_close(stream);
    humi_stream_finish(stream, stream->issued);
    humi_lock(&stream->lock);
    stream->stopping = true;
    pthread_cond_broadcast(&stream->changed);
    humi_unlock(&stream->lock);
    if (stream->has_thread)
        pthread_join(stream->thread, NULL);
    humi_lock(&stream->hum->lock);
    humi_list_remove(&stream->all);
    humi_unlock(&stream->hum->lock);
    humi_stream_put(stream);
}

void humi_streams_close(struct hum *hum)
{
    struct humi_link *link;
    while ((link = humi_list_first(&hum->streams)))
        stream_close(humi_container_of(link, struct hum_stream, all));
}

struct hum_stream *hum_stream(struct hum *hum, int device)
{
    return hum && humi_is_device(hum, device) ? hum->default_stream[device] : NULL;
}

enum hum_status hum_stream_create(struct hum *hum, int device, struct hum_stream **stream_out)
{
    if (!hum || !stream_out || !humi_is_device(hum, device))
        return humi_fail(HUM_ERR_INVALID,
                         "hum_stream_create needs a space, a device and an output");
    return humi_stream_open(hum, humi_number(device), false, stream_out);
}

void hum_stream_destroy(struct hum_stream *stream)
{
    if (stream && !stream->is_default)
        stream_close(stream);
}

static enum hum_status stream_wait(struct hum_stream *stream)
{
    char text[HUMI_ERROR_TEXT_BYTES];
    humi_lock(&stream->lock);
    humi_stream_finish_locked(stream, stream->issued);
    enum hum_status status = stream->error;
    memcpy(text, stream->error_text, sizeof text);
    stream->error = HUM_OK;
    humi_unlock(&stream->lock);
    return status == HUM_OK ? HUM_OK : humi_fail(status, "%s", text);
}

enum hum_status hum_stream_wait(struct hum_stream *stream)
{
    if (!stream)
        return humi_fail(HUM_ERR_INVALID, "hum_stream_wait needs a stream");
    enum hum_status status = stream_wait(stream);
    humi_check_report(stream->hum);
    humi_epochs_begin(stream->hum, 0, 0);
    return status;
}

/* The index-th stream of the device with a reference, NULL behind the last. */
static struct hum_stream *stream_at(struct hum *hum, int device, unsigned index)
{
    struct hum_stream *found = NULL;
    humi_lock(&hum->lock);
    humi_list_each (link, &hum->streams) {
        struct hum_stream *stream = humi_container_of(link, struct hum_stream, all);
        if (device != HUM_ALL && stream->processor != humi_number(device))
            continue;
        if (index-- == 0) {
            atomic_fetch_add(&stream->references, 1);
            found = stream;
            break;
        }
    }
    humi_unlock(&hum->lock);
    return found;
}

enum hum_status humi_streams_wait(struct hum *hum, int device)
{
    enum hum_status first = HUM_OK;
    char text[HUMI_ERROR_TEXT_BYTES];
    struct hum_stream *stream;
    for (unsigned i = 0; (stream = stream_at(hum, device, i)); i++) {
        enum hum_status status = stream_wait(stream);
        if (status != HUM_OK && first == HUM_OK) {
            first = status;
            humi_error_save(text, sizeof text);
        }
        humi_stream_put(stream);
    }
    humi_check_report(hum);
    humi_epochs_begin(hum, 0, 0);
    if (first != HUM_OK)
        humi_error_restore(text);
    return first;
}

enum hum_status hum_wait(struct hum *hum, int device)
{
    if (!hum || (device != HUM_ALL && !humi_is_device(hum, device)))
        return humi_fail(HUM_ERR_INVALID, "there is no device %d", device);
    enum hum_status status = humi_streams_wait(hum, device);
    if (humi_is_kept(hum)) { /* without it the thread's error text would be lost */
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        humi_told_take(hum, false);
        humi_error_restore(text);
    }
    return status;
}
