/* SPDX-License-Identifier: MIT */
/*
 * launch.c - kernels put on streams: checked, then submitted at once or queued behind other work.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "core/declared.h"
#include "core/epochs.h"
#include "core/module.h"
#include "core/service.h"
#include "core/stream.h"

#define COLLECT_EVERY 64u /* launches between two looks for finished ones */

enum hum_status humi_ticket_push(struct hum_stream *stream, struct humi_ticket ticket)
{
    enum hum_status status = humi_ticket_reserve(stream);
    if (status != HUM_OK)
        return status;
    size_t at = (stream->ticket_first + stream->ticket_count) % stream->ticket_room;
    stream->tickets[at] = ticket;
    stream->ticket_count++;
    return HUM_OK;
}

enum hum_status humi_ticket_reserve(struct hum_stream *stream)
{
    if (stream->ticket_count < stream->ticket_room)
        return HUM_OK;
    size_t room = stream->ticket_room ? stream->ticket_room * 2 : 64;
    struct humi_ticket *tickets = calloc(room, sizeof *tickets);
    if (!tickets)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for an outstanding launch");
    for (size_t i = 0; i < stream->ticket_count; i++)
        tickets[i] = stream->tickets[(stream->ticket_first + i) % stream->ticket_room];
    free(stream->tickets);
    stream->tickets = tickets;
    stream->ticket_first = 0;
    stream->ticket_room = room;
    return HUM_OK;
}

/* ---- launches -------------------------------------------------------------------------------- */

/* A launch that waits behind other work of its stream. */
struct launch_work {
    struct humi_work work;
    struct humi_launch launch;
    struct humi_uses *uses;      /* declared; NULL: none, or they are with the ticket */
    char args[];
};

static uint64_t items_of(const struct humi_launch *launch)
{
    uint64_t items = 1;
    if (!launch->grouped)
        return launch->count;
    for (unsigned d = 0; d < launch->grid.dimensions; d++)
        items *= launch->grid.groups[d] * launch->grid.items[d];
    return items;
}

/* Stream lock held; the device keeps the order of one queue. */
static enum hum_status submit_locked(struct hum_stream *stream, const struct humi_launch *launch,
                                     uint64_t sequence, struct humi_uses *uses)
{
    struct hum *hum = stream->hum;
    struct humi_processor *processor = hum->processor[stream->processor];
    struct humi_ticket ticket = {
        .sequence = sequence,
        .count = items_of(launch),
        .submit_ns = humi_clock_ns(),
        .kernel = launch->kernel,
        .uses = uses,
    };
    enum hum_status status = humi_ticket_reserve(stream);
    if (status != HUM_OK)
        return status;
    ticket.launch = atomic_fetch_add(&hum->recorder.launches, 1) + 1;
    humi_epochs_begin(hum, ticket.launch, stream->processor);
    struct humi_launch labelled = *launch;
    labelled.label = ticket.launch;
    atomic_fetch_add(&hum->running[stream->processor], 1); /* before it can touch a page */
    status = processor->ops->submit(processor, &labelled, &ticket.ticket);
    if (status != HUM_OK) {
        atomic_fetch_sub(&hum->running[stream->processor], 1);
        return status;
    }
    atomic_fetch_add(&hum->launches, 1);
    if (hum->keeper)
        humi_service_wake(hum->service); /* to look what the driver tells while it runs */
    return humi_ticket_push(stream, ticket); /* there is room */
}

static enum hum_status launch_run(struct hum_stream *stream, struct humi_work *work)
{
    struct launch_work *mine = humi_container_of(work, struct launch_work, work);
    humi_service_await(stream->hum, stream->processor);
    mine->launch.restarted =
        atomic_load(&stream->hum->processor[stream->processor]->restarted);
    struct humi_uses *uses = mine->uses;
    mine->uses = NULL;
    enum hum_status status =
        uses ? humi_declared_bring(stream, work->sequence, uses) : HUM_OK;
    humi_lock(&stream->lock);
    if (status == HUM_OK) {
        if (humi_epochs_watch_devices(stream->hum))
            humi_stream_finish_locked(stream, work->sequence - 1);
        status = submit_locked(stream, &mine->launch, work->sequence, uses);
        if (status != HUM_OK && uses)
            humi_uses_end(stream->hum, uses);
    }
    if (status != HUM_OK) {
        humi_stream_finish_locked(stream, work->sequence - 1);
        humi_stream_note_error(stream, status, hum_error_text()); /* before anyone may look */
        humi_stream_note_finished(stream, work->sequence, humi_clock_ns());
    }
    pthread_cond_broadcast(&stream->changed);
    humi_unlock(&stream->lock);
    return HUM_OK; /* a failure was noted above */
}

static void launch_destroy(struct humi_work *work)
{
    struct launch_work *mine = humi_container_of(work, struct launch_work, work);
    free(mine);
}

/* Owns the uses if it succeeds. */
static enum hum_status launch_later(struct hum_stream *stream, const struct humi_launch *launch,
                                    struct humi_uses *uses)
{
    struct launch_work *mine = calloc(1, sizeof *mine + launch->args_bytes);
    if (!mine)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a launch");
    mine->work.is_launch = true;
    mine->work.run = launch_run;
    mine->work.destroy = launch_destroy;
    mine->launch = *launch;
    if (launch->args_bytes)
        memcpy(mine->args, launch->args, launch->args_bytes);
    mine->launch.args = mine->args;
    mine->uses = uses;
    enum hum_status status = humi_stream_queue_locked(stream, &mine->work);
    if (status != HUM_OK)
        free(mine);
    return status;
}

enum hum_status humi_launch(struct hum_stream *stream, const struct humi_launch *launch)
{
    struct humi_uses *uses;
    humi_service_await_launch(stream->hum, stream->processor);
    humi_lock(&stream->lock);
    enum hum_status status = humi_declared_take(stream, launch, &uses);
    if (status != HUM_OK) {
        humi_unlock(&stream->lock);
        return status;
    }
    if (uses || stream->busy || !humi_list_is_empty(&stream->work) ||
        humi_epochs_watch_devices(stream->hum)) {
        status = launch_later(stream, launch, uses);
        if (status != HUM_OK && uses)
            humi_uses_end(stream->hum, uses);
    } else {
        status = submit_locked(stream, launch, stream->issued + 1, NULL);
        if (status == HUM_OK)
            stream->issued++;
        if (stream->issued % COLLECT_EVERY == 0)
            humi_stream_look(stream);
    }
    if (stream->hum->deterministic)
        humi_stream_finish_locked(stream, stream->issued);
    humi_unlock(&stream->lock);
    return status;
}

static enum hum_status check_launch(struct hum_stream *stream, struct hum_kernel *kernel,
                                    const void *args, size_t args_bytes)
{
    if (!stream || !kernel)
        return humi_fail(HUM_ERR_INVALID, "a launch needs a stream and a kernel");
    if (kernel->module->hum != stream->hum || kernel->module->processor != stream->processor)
        return humi_fail(HUM_ERR_INVALID,
                         "kernel '%s' was loaded on another device than the stream's; load its "
                         "module on that device too",
                         kernel->name);
    if (kernel->signature)
        return humi_fail(HUM_ERR_INVALID, "kernel '%s' is of a program: use hum_launch_cl()",
                         kernel->name);
    if (args_bytes != kernel->args_bytes && kernel->args_bytes != HUMI_ARGS_UNKNOWN)
        return humi_fail(HUM_ERR_INVALID,
                         "kernel '%s' takes an argument block of %zu bytes, not %zu",
                         kernel->name, kernel->args_bytes, args_bytes);
    if (args_bytes > HUM_ARGS_MAX || (args_bytes && !args))
        return humi_fail(HUM_ERR_INVALID, "kernel '%s': %s", kernel->name,
                         args ? "the argument block is too large" : "args is NULL");
    return HUM_OK;
}

enum hum_status hum_launch(struct hum_stream *stream, struct hum_kernel *kernel, size_t count,
                           const void *args, size_t args_bytes)
{
    enum hum_status status = check_launch(stream, kernel, args, args_bytes);
    if (status != HUM_OK)
        return status;
    struct humi_launch data = {.kernel = kernel->id,
                               .queue = stream->queue,
                               .count = count,
                               .args = args,
                               .args_bytes = args_bytes};
    return humi_launch(stream, &data);
}

static enum hum_status check_grid(const struct hum_grid *grid)
{
    size_t items = 1, groups = 1;
    if (!grid || grid->dimensions < 1 || grid->dimensions > 3)
        return humi_fail(HUM_ERR_INVALID, "a grid has 1, 2 or 3 dimensions");
    for (unsigned d = 0; d < grid->dimensions; d++) {
        if (!grid->items[d] || grid->items[d] > 65536 / items)
            return humi_fail(HUM_ERR_INVALID, "a group has 1 to 65536 work-items");
        items *= grid->items[d];
        if (grid->groups[d] && groups > SIZE_MAX / grid->groups[d])
            return humi_fail(HUM_ERR_INVALID, "the grid has too many groups");
        groups *= grid->groups[d];
    }
    if (grid->local_bytes > HUM_LOCAL_MAX)
        return humi_fail(HUM_ERR_INVALID, "a group has at most %zu bytes of local memory",
                         HUM_LOCAL_MAX);
    return HUM_OK;
}

enum hum_status hum_launch_nd(struct hum_stream *stream, struct hum_kernel *kernel,
                              const struct hum_grid *grid, const void *args, size_t args_bytes)
{
    enum hum_status status = check_launch(stream, kernel, args, args_bytes);
    if (status == HUM_OK)
        status = check_grid(grid);
    if (status != HUM_OK)
        return status;
    struct humi_launch data = {.kernel = kernel->id,
                               .queue = stream->queue,
                               .grouped = true,
                               .grid = *grid,
                               .args = args,
                               .args_bytes = args_bytes};
    for (unsigned d = grid->dimensions; d < 3; d++)
        data.grid.groups[d] = data.grid.items[d] = 1;
    return humi_launch(stream, &data);
}
