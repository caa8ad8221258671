/* SPDX-License-Identifier: MIT */
/* fill.c - see fill.h; clEnqueueFillBuffer and clEnqueueSVMMemFill. */
#include "platform/fill.h"

#include <string.h>

#include "platform/carry.h"
#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/misuse.h"
#include "platform/usm.h"

#define PIECE ((size_t)4096) /* made once, then copied */

struct fill {
    struct _cl_event event;
    cl_mem mem; /* held; NULL: the memory is none's */
    char *to;
    size_t bytes, pattern_bytes;
    char pattern[HUMI_PATTERN_MAX];
};

bool humi_pattern_is_size(size_t bytes)
{
    return bytes && bytes <= HUMI_PATTERN_MAX && !(bytes & (bytes - 1));
}

void humi_pattern_fill(char *to, size_t bytes, const void *pattern, size_t pattern_bytes)
{
    char piece[PIECE];
    size_t made = bytes < PIECE ? bytes : PIECE / pattern_bytes * pattern_bytes;

    for (size_t i = 0; i < made; i += pattern_bytes)
        memcpy(piece + i, pattern, pattern_bytes);
    for (size_t i = 0; i < bytes; i += made)
        memcpy(to + i, piece, bytes - i < made ? bytes - i : made);
}

static cl_int run(struct _cl_event *event)
{
    struct fill *fill = (struct fill *)event;

    if (humi_carry_fill(
            event, &(struct humi_fill){fill->to, fill->bytes, fill->pattern, fill->pattern_bytes}))
        return CL_COMPLETE;
    if (fill->mem)
        humi_enqueue_overwrite(fill->to, fill->bytes, HUM_HOST);
    else
        humi_usm_overwrite(event->context, fill->to, fill->bytes, HUM_HOST);
    humi_misuse_begin(fill->to);
    humi_pattern_fill(fill->to, fill->bytes, fill->pattern, fill->pattern_bytes);
    humi_misuse_end(fill->to);
    return CL_COMPLETE;
}

static void release(struct _cl_event *event)
{
    struct fill *fill = (struct fill *)event;

    humi_drop(fill->mem ? &fill->mem->object : NULL);
}

static void look(struct _cl_event *event)
{
    const struct fill *fill = (struct fill *)event;

    humi_misuse_use_bytes(event->type, fill->to, fill->bytes, true);
}

static const struct humi_command_ops ops = {.run = run, .release = release, .look = look};

static cl_int submit(cl_command_queue queue, cl_command_type type, const struct fill *what,
                     const void *pattern, const struct humi_submit *how)
{
    struct fill *fill = humi_command_create(queue, sizeof *fill, type, &ops);

    if (!fill)
        return CL_OUT_OF_HOST_MEMORY;
    if (what->mem)
        humi_hold(&what->mem->object);
    fill->mem = what->mem;
    fill->to = what->to;
    fill->bytes = what->bytes;
    fill->pattern_bytes = what->pattern_bytes;
    memcpy(fill->pattern, pattern, what->pattern_bytes);
    return humi_graph_submit(&fill->event, how);
}

cl_int CL_API_CALL humi_clEnqueueFillBuffer(cl_command_queue queue, cl_mem mem, const void *pattern,
                                            size_t pattern_bytes, size_t offset, size_t bytes,
                                            cl_uint count, const cl_event *events,
                                            cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS)
        error = humi_enqueue_check_buffer(queue, mem);
    if (error != CL_SUCCESS)
        return error;
    if (!bytes || offset > mem->bytes || bytes > mem->bytes - offset || !pattern ||
        !humi_pattern_is_size(pattern_bytes) || offset % pattern_bytes || bytes % pattern_bytes)
        return CL_INVALID_VALUE;
    return submit(
        queue, CL_COMMAND_FILL_BUFFER,
        &(struct fill){
            .mem = mem, .to = mem->start + offset, .bytes = bytes, .pattern_bytes = pattern_bytes},
        pattern, &how);
}

cl_int humi_fill_enqueue(cl_command_queue queue, cl_command_type type, const struct humi_fill *fill,
                         const struct humi_submit *how)
{
    cl_int error = humi_enqueue_check(queue, &how->wait);

    if (error != CL_SUCCESS)
        return error;
    if (!fill->to || !fill->pattern || !humi_pattern_is_size(fill->pattern_bytes) ||
        (uintptr_t)fill->to % fill->pattern_bytes || fill->bytes % fill->pattern_bytes)
        return CL_INVALID_VALUE;
    return submit(
        queue, type,
        &(struct fill){.to = fill->to, .bytes = fill->bytes, .pattern_bytes = fill->pattern_bytes},
        fill->pattern, how);
}

cl_int CL_API_CALL humi_clEnqueueSVMMemFill(cl_command_queue queue, void *to, const void *pattern,
                                            size_t pattern_bytes, size_t bytes, cl_uint count,
                                            const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};

    return humi_fill_enqueue(queue, CL_COMMAND_SVM_MEMFILL,
                             &(struct humi_fill){to, bytes, pattern, pattern_bytes}, &how);
}
