/* SPDX-License-Identifier: MIT */
/* transfer.c - see transfer.h; reading, writing and copying buffers: boxes of bytes. */
#include <stdlib.h>
#include <string.h>

#include "platform/carry.h"
#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/misuse.h"
#include "platform/transfer.h"

#define SMALL_BYTES ((size_t)64 << 10) /* not worth waking a thread for */

struct command {
    struct _cl_event event;
    struct humi_transfer what;
};

/* Where misuse is sought the platform says what it touches. */
static void copy_in_sight(const struct humi_transfer *what)
{
    const void *to = what->to_mem ? what->to : NULL, *from = what->from_mem ? what->from : NULL;

    humi_misuse_enter(to);
    humi_misuse_enter(from);
    humi_box_copy(what->to, &what->to_box, what->from, &what->from_box, what->size);
    humi_misuse_leave(from);
    humi_misuse_leave(to);
}

static cl_int run(struct _cl_event *event)
{
    struct humi_transfer *what = &((struct command *)event)->what;
    size_t bytes = what->size[0] * what->size[1] * what->size[2];
    size_t start = humi_box_start(&what->to_box);

    if (what->to_mem && what->from_mem && humi_carry_copy(event, what))
        return CL_COMPLETE;
    if (what->to_mem && humi_box_end(&what->to_box, what->size) - start == bytes)
        humi_enqueue_overwrite(what->to + start, bytes, HUM_HOST);
    if (humi_misuse_is_sought())
        copy_in_sight(what);
    else
        humi_box_copy(what->to, &what->to_box, what->from, &what->from_box, what->size);
    return CL_COMPLETE;
}

static void release(struct _cl_event *event)
{
    struct humi_transfer *what = &((struct command *)event)->what;

    humi_drop(what->to_mem ? &what->to_mem->object : NULL);
    humi_drop(what->from_mem ? &what->from_mem->object : NULL);
}

static void look(struct _cl_event *event)
{
    humi_misuse_transfer(event->type, &((struct command *)event)->what);
}

static const struct humi_command_ops ops = {.run = run, .release = release, .look = look};

cl_int humi_transfer_submit(cl_command_queue queue, cl_command_type type,
                            const struct humi_transfer *transfer, const struct humi_submit *how)
{
    struct command *command = humi_command_create(queue, sizeof *command, type, &ops);
    struct humi_submit mine = *how;

    if (!command)
        return CL_OUT_OF_HOST_MEMORY;
    command->what = *transfer;
    if (transfer->to_mem)
        humi_hold(&transfer->to_mem->object);
    if (transfer->from_mem)
        humi_hold(&transfer->from_mem->object);
    mine.small = transfer->size[0] * transfer->size[1] * transfer->size[2] <= SMALL_BYTES;
    return humi_graph_submit(&command->event, &mine);
}

static bool is_inside(cl_mem mem, size_t offset, size_t bytes)
{
    return bytes && offset <= mem->bytes && bytes <= mem->bytes - offset;
}

/* A linear piece. */
static struct humi_box piece(size_t offset, size_t bytes)
{
    return (struct humi_box){{offset, 0, 0}, bytes, bytes};
}

/* What read and write check, `host` the box in the program's memory. */
static cl_int check(cl_command_queue queue, cl_mem mem, const void *host,
                    const struct humi_wait *wait, bool writes)
{
    cl_int error = humi_enqueue_check(queue, wait);

    if (error == CL_SUCCESS)
        error = humi_enqueue_check_buffer(queue, mem);
    if (error == CL_SUCCESS && !host)
        error = CL_INVALID_VALUE;
    return error == CL_SUCCESS ? humi_enqueue_check_host(mem, writes) : error;
}

/* ---- linear ---------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clEnqueueReadBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                            size_t offset, size_t bytes, void *to, cl_uint count,
                                            const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    cl_int error = check(queue, mem, to, &how.wait, false);

    if (error != CL_SUCCESS)
        return error;
    if (!is_inside(mem, offset, bytes))
        return CL_INVALID_VALUE;
    return humi_transfer_submit(queue, CL_COMMAND_READ_BUFFER,
                                &(struct humi_transfer){.from_mem = mem,
                                                        .from = mem->start,
                                                        .to = to,
                                                        .from_box = piece(offset, bytes),
                                                        .to_box = piece(0, bytes),
                                                        .size = {bytes, 1, 1}},
                                &how);
}

cl_int CL_API_CALL humi_clEnqueueWriteBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                             size_t offset, size_t bytes, const void *from,
                                             cl_uint count, const cl_event *events,
                                             cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    cl_int error = check(queue, mem, from, &how.wait, true);

    if (error != CL_SUCCESS)
        return error;
    if (!is_inside(mem, offset, bytes))
        return CL_INVALID_VALUE;
    return humi_transfer_submit(queue, CL_COMMAND_WRITE_BUFFER,
                                &(struct humi_transfer){.to_mem = mem,
                                                        .to = mem->start,
                                                        .from = from,
                                                        .to_box = piece(offset, bytes),
                                                        .from_box = piece(0, bytes),
                                                        .size = {bytes, 1, 1}},
                                &how);
}

/* What both kinds of copy check of their buffers. */
static cl_int check_two(cl_command_queue queue, cl_mem from, cl_mem to,
                        const struct humi_wait *wait)
{
    cl_int error = humi_enqueue_check(queue, wait);

    if (error == CL_SUCCESS)
        error = humi_enqueue_check_buffer(queue, from);
    return error == CL_SUCCESS ? humi_enqueue_check_buffer(queue, to) : error;
}

/* Where both lie in one buffer, they may overlap. */
static bool overlaps(cl_mem from, const struct humi_box *from_box, cl_mem to,
                     const struct humi_box *to_box, const size_t size[3])
{
    cl_mem whole = humi_mem_whole(from);
    struct humi_box a = *from_box, b = *to_box;

    if (whole != humi_mem_whole(to))
        return false;
    a.origin[0] += (size_t)(from->start - whole->start);
    b.origin[0] += (size_t)(to->start - whole->start);
    return humi_boxes_overlap(&a, &b, size);
}

cl_int CL_API_CALL humi_clEnqueueCopyBuffer(cl_command_queue queue, cl_mem from, cl_mem to,
                                            size_t from_offset, size_t to_offset, size_t bytes,
                                            cl_uint count, const cl_event *events,
                                            cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = from,
                                     .to_mem = to,
                                     .from_box = piece(from_offset, bytes),
                                     .to_box = piece(to_offset, bytes),
                                     .size = {bytes, 1, 1}};
    cl_int error = check_two(queue, from, to, &how.wait);

    if (error != CL_SUCCESS)
        return error;
    if (!is_inside(from, from_offset, bytes) || !is_inside(to, to_offset, bytes))
        return CL_INVALID_VALUE;
    if (overlaps(from, &transfer.from_box, to, &transfer.to_box, transfer.size))
        return CL_MEM_COPY_OVERLAP;
    transfer.from = from->start;
    transfer.to = to->start;
    return humi_transfer_submit(queue, CL_COMMAND_COPY_BUFFER, &transfer, &how);
}

/* ---- boxes ----------------------------------------------------------------------------------- */

/* A box in a buffer, as programs give it; false: it is not inside, or none. */
static bool box_in(cl_mem mem, const size_t *origin, const size_t *size, size_t row_pitch,
                   size_t slice_pitch, struct humi_box *box_out)
{
    if (!origin || !size)
        return false;
    *box_out = (struct humi_box){{origin[0], origin[1], origin[2]}, row_pitch, slice_pitch};
    return humi_box_complete(box_out, size) && (!mem || humi_box_end(box_out, size) <= mem->bytes);
}

cl_int CL_API_CALL humi_clEnqueueReadBufferRect(cl_command_queue queue, cl_mem mem,
                                                cl_bool blocking, const size_t *origin,
                                                const size_t *host_origin, const size_t *size,
                                                size_t row_pitch, size_t slice_pitch,
                                                size_t host_row_pitch, size_t host_slice_pitch,
                                                void *to, cl_uint count, const cl_event *events,
                                                cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = mem, .to = to};
    cl_int error = check(queue, mem, to, &how.wait, false);

    if (error != CL_SUCCESS)
        return error;
    if (!box_in(mem, origin, size, row_pitch, slice_pitch, &transfer.from_box) ||
        !box_in(NULL, host_origin, size, host_row_pitch, host_slice_pitch, &transfer.to_box))
        return CL_INVALID_VALUE;
    transfer.from = mem->start;
    memcpy(transfer.size, size, sizeof transfer.size);
    return humi_transfer_submit(queue, CL_COMMAND_READ_BUFFER_RECT, &transfer, &how);
}

cl_int CL_API_CALL humi_clEnqueueWriteBufferRect(cl_command_queue queue, cl_mem mem,
                                                 cl_bool blocking, const size_t *origin,
                                                 const size_t *host_origin, const size_t *size,
                                                 size_t row_pitch, size_t slice_pitch,
                                                 size_t host_row_pitch, size_t host_slice_pitch,
                                                 const void *from, cl_uint count,
                                                 const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_transfer transfer = {.to_mem = mem, .from = from};
    cl_int error = check(queue, mem, from, &how.wait, true);

    if (error != CL_SUCCESS)
        return error;
    if (!box_in(mem, origin, size, row_pitch, slice_pitch, &transfer.to_box) ||
        !box_in(NULL, host_origin, size, host_row_pitch, host_slice_pitch, &transfer.from_box))
        return CL_INVALID_VALUE;
    transfer.to = mem->start;
    memcpy(transfer.size, size, sizeof transfer.size);
    return humi_transfer_submit(queue, CL_COMMAND_WRITE_BUFFER_RECT, &transfer, &how);
}

cl_int CL_API_CALL humi_clEnqueueCopyBufferRect(cl_command_queue queue, cl_mem from, cl_mem to,
                                                const size_t *from_origin, const size_t *to_origin,
                                                const size_t *size, size_t from_row_pitch,
                                                size_t from_slice_pitch, size_t to_row_pitch,
                                                size_t to_slice_pitch, cl_uint count,
                                                const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = from, .to_mem = to};
    cl_int error = check_two(queue, from, to, &how.wait);

    if (error != CL_SUCCESS)
        return error;
    if (!box_in(from, from_origin, size, from_row_pitch, from_slice_pitch, &transfer.from_box) ||
        !box_in(to, to_origin, size, to_row_pitch, to_slice_pitch, &transfer.to_box))
        return CL_INVALID_VALUE;
    if (from == to && (transfer.from_box.row_pitch != transfer.to_box.row_pitch ||
                       transfer.from_box.slice_pitch != transfer.to_box.slice_pitch))
        return CL_INVALID_VALUE;
    if (overlaps(from, &transfer.from_box, to, &transfer.to_box, size))
        return CL_MEM_COPY_OVERLAP;
    transfer.from = from->start;
    transfer.to = to->start;
    memcpy(transfer.size, size, sizeof transfer.size);
    return humi_transfer_submit(queue, CL_COMMAND_COPY_BUFFER_RECT, &transfer, &how);
}
