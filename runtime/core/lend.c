/* SPDX-License-Identifier: MIT */
/*
 * lend.c - memory lent to device code of the program's own: a library's kernels, its own launches.
 *
 * What the stream declared is brought and held as for a launch, by the calling thread; the launch
 * that follows is the program's.  When the memory is given back, a ticket of the device stands for
 * what the program has queued, and from there on all is as for a launch.
 *
 *     hum_use ... hum_acquire_device   enter, begin, bring, held
 *                 (the program's own calls)
 *                 hum_release_device   a ticket; its end ends the uses
 */
#include <stdlib.h>

#include "base/status.h"
#include "core/declared.h"
#include "core/service.h"
#include "core/stream.h"

/* ---- acquire --------------------------------------------------------------------------------- */

static enum hum_status may_lend(const struct hum_stream *stream)
{
    const struct humi_processor *processor = stream->hum->processor[stream->processor];
    if (!processor->ops->follow)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "nothing but hum can run code on %s: there is no driver that the "
                         "program shares with it",
                         processor->name);
    if (stream->is_lent)
        return humi_fail(HUM_ERR_INVALID, "the stream has acquired its device already");
    if (!stream->uses && processor->cannot_fault)
        return humi_fail(HUM_ERR_INVALID,
                         "say first, with hum_use(), what the program's own code on %s uses",
                         processor->name);
    return HUM_OK;
}

/* The uses of the stream, entered; *uses_out NULL: what is touched comes by itself. */
static enum hum_status take_uses(struct hum_stream *stream, struct humi_uses **uses_out,
                                 uint64_t *issued_out)
{
    const struct humi_launch none = {0};
    humi_lock(&stream->lock);
    enum hum_status status = may_lend(stream);
    if (status == HUM_OK)
        status = humi_declared_take(stream, &none, uses_out);
    stream->is_lent |= status == HUM_OK;
    *issued_out = stream->issued;
    humi_unlock(&stream->lock);
    return status;
}

enum hum_status hum_acquire_device(struct hum_stream *stream)
{
    struct humi_uses *uses = NULL;
    uint64_t issued;
    if (!stream)
        return humi_fail(HUM_ERR_INVALID, "hum_acquire_device needs a stream");
    struct humi_processor *processor = stream->hum->processor[stream->processor];
    humi_service_await(stream->hum, stream->processor);
    enum hum_status status = take_uses(stream, &uses, &issued);
    if (status != HUM_OK)
        return status;
    humi_stream_finish(stream, issued);
    stream->lent_restarted = atomic_load(&processor->restarted);
    if (uses)
        status = humi_declared_bring(stream, issued + 1, uses);
    if (status == HUM_OK && processor->ops->fence)
        processor->ops->fence(processor); /* new frames are zero, also for who is not in a queue */
    humi_lock(&stream->lock);
    stream->is_lent = status == HUM_OK;
    stream->lent = status == HUM_OK ? uses : NULL;
    humi_unlock(&stream->lock);
    return status;
}

/* ---- release --------------------------------------------------------------------------------- */

struct own_work {
    struct humi_work work;
    struct humi_ticket ticket;
};

/* Its turn: from now on whoever waits for the stream waits for the ticket. */
static enum hum_status own_run(struct hum_stream *stream, struct humi_work *work)
{
    struct own_work *mine = humi_container_of(work, struct own_work, work);
    mine->ticket.sequence = work->sequence;
    humi_lock(&stream->lock);
    while (humi_ticket_push(stream, mine->ticket) != HUM_OK) /* once the others are collected */
        humi_stream_finish_locked(stream, work->sequence - 1);
    pthread_cond_broadcast(&stream->changed);
    humi_unlock(&stream->lock);
    return HUM_OK;
}

static void own_destroy(struct humi_work *work)
{
    free(humi_container_of(work, struct own_work, work));
}

/* Stream lock held. */
static enum hum_status follow(struct hum_stream *stream, void *native, struct own_work *mine)
{
    struct humi_processor *processor = stream->hum->processor[stream->processor];
    const struct humi_launch launch = {.queue = stream->queue,
                                       .restarted = stream->lent_restarted};
    mine->work.is_launch = true;
    mine->work.run = own_run;
    mine->work.destroy = own_destroy;
    mine->ticket.uses = stream->lent;
    mine->ticket.is_own = true;
    enum hum_status status = humi_ticket_reserve(stream);
    if (status == HUM_OK)
        status = humi_stream_ready(stream);
    if (status == HUM_OK)
        status = processor->ops->follow(processor, &launch, native, &mine->ticket.ticket);
    if (status != HUM_OK)
        return status;
    atomic_fetch_add(&stream->hum->running[stream->processor], 1);
    return humi_stream_queue_locked(stream, &mine->work); /* it is ready, so that cannot fail */
}

/* Stream lock held. */
static void end_lent(struct hum_stream *stream)
{
    struct humi_uses *uses = stream->lent;
    stream->lent = NULL;
    stream->is_lent = false;
    if (uses)
        humi_uses_end(stream->hum, uses);
}

void humi_lend_close(struct hum_stream *stream)
{
    humi_lock(&stream->lock);
    end_lent(stream);
    humi_unlock(&stream->lock);
}

enum hum_status hum_release_device(struct hum_stream *stream, void *native)
{
    if (!stream)
        return humi_fail(HUM_ERR_INVALID, "hum_release_device needs a stream");
    struct own_work *mine = calloc(1, sizeof *mine);
    if (!mine)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to wait for the program's own work");
    humi_lock(&stream->lock);
    enum hum_status status = stream->is_lent ? follow(stream, native, mine) : HUM_ERR_INVALID;
    if (!stream->is_lent)
        (void)humi_fail(status, "the stream has not acquired its device");
    else if (status == HUM_OK)
        stream->is_lent = false;
    else if (status == HUM_ERR_DEVICE_LOST)
        end_lent(stream);
    if (status == HUM_OK)
        stream->lent = NULL;
    humi_unlock(&stream->lock);
    if (status != HUM_OK)
        free(mine);
    return status;
}

/* ---- addresses ------------------------------------------------------------------------------- */

void *hum_device_pointer(struct hum *hum, int device, const void *ptr)
{
    uintptr_t address = (uintptr_t)ptr;
    if (!hum || !humi_is_device(hum, device) || !humi_in_space(hum, address))
        return NULL;
    const struct humi_processor *processor = hum->processor[humi_number(device)];
    if (!processor->other_addresses)
        return (void *)address;
    uintptr_t there = atomic_load(&processor->there);
    return there ? (void *)(there + (address - hum->params.start)) : NULL;
}
