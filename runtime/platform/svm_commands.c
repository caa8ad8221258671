/* SPDX-License-Identifier: MIT */
/*
 * svm_commands.c - commands on shared virtual memory.  Mapping and unmapping are marks in the
 * queue: the bytes are where they are, for everybody.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/carry.h"
#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/map.h"
#include "platform/misuse.h"
#include "platform/platform.h"
#include "platform/svm.h"
#include "platform/usm.h"

#define SMALL_BYTES ((size_t)64 << 10)

static const struct humi_command_ops mark_ops = {.run = NULL};

/* ---- copying --------------------------------------------------------------------------------- */

struct copy {
    struct _cl_event event;
    struct humi_svm_copy what;
};

static cl_int copy_run(struct _cl_event *event)
{
    const struct humi_svm_copy *what = &((struct copy *)event)->what;
    const struct humi_box box = {{0}, what->bytes, what->bytes};

    if (humi_carry_copy(event, &(struct humi_transfer){.to = what->to,
                                                       .from = what->from,
                                                       .to_box = box,
                                                       .from_box = box,
                                                       .size = {what->bytes, 1, 1}}))
        return CL_COMPLETE;
    humi_usm_overwrite(event->context, what->to, what->bytes, HUM_HOST);
    humi_misuse_begin(what->to);
    humi_misuse_begin(what->from);
    memcpy(what->to, what->from, what->bytes);
    humi_misuse_end(what->from);
    humi_misuse_end(what->to);
    return CL_COMPLETE;
}

static const struct humi_command_ops copy_ops = {.run = copy_run};

cl_int humi_svm_copy(cl_command_queue queue, cl_command_type type, const struct humi_svm_copy *what,
                     struct humi_submit how)
{
    cl_int error = humi_enqueue_check(queue, &how.wait);
    uintptr_t to = (uintptr_t)what->to, from = (uintptr_t)what->from;
    struct copy *copy;

    if (error != CL_SUCCESS)
        return error;
    if (!to || !from)
        return CL_INVALID_VALUE;
    if (to < from + what->bytes && from < to + what->bytes)
        return CL_MEM_COPY_OVERLAP;
    copy = humi_command_create(queue, sizeof *copy, type, &copy_ops);
    if (!copy)
        return CL_OUT_OF_HOST_MEMORY;
    copy->what = *what;
    how.small = what->bytes <= SMALL_BYTES;
    if (humi_misuse_is_sought()) {
        humi_misuse_use_bytes(type, what->from, what->bytes, false);
        humi_misuse_use_bytes(type, what->to, what->bytes, true);
    }
    return humi_graph_submit(&copy->event, &how);
}

cl_int CL_API_CALL humi_clEnqueueSVMMemcpy(cl_command_queue queue, cl_bool blocking, void *to,
                                           const void *from, size_t bytes, cl_uint count,
                                           const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};

    return humi_svm_copy(queue, CL_COMMAND_SVM_MEMCPY, &(struct humi_svm_copy){to, from, bytes},
                         how);
}

/* ---- mapping --------------------------------------------------------------------------------- */

struct mark {
    struct _cl_event event;
    const void *pointer;
};

/* A map, where misuse is sought. */
static cl_int mark_run(struct _cl_event *event)
{
    const void *pointer = ((struct mark *)event)->pointer;

    humi_misuse_mapped(pointer, pointer);
    return CL_COMPLETE;
}

static const struct humi_command_ops sought_ops = {.run = mark_run};

static cl_int submit_mark(cl_command_queue queue, cl_command_type type, const void *pointer,
                          const struct humi_submit *how)
{
    bool is_sought = humi_misuse_is_sought() && type == CL_COMMAND_SVM_MAP;
    struct mark *mark =
        humi_command_create(queue, sizeof *mark, type, is_sought ? &sought_ops : &mark_ops);

    if (!mark)
        return CL_OUT_OF_HOST_MEMORY;
    mark->pointer = pointer;
    return humi_graph_submit(&mark->event, how);
}

cl_int CL_API_CALL humi_clEnqueueSVMMap(cl_command_queue queue, cl_bool blocking,
                                        cl_map_flags flags, void *pointer, size_t bytes,
                                        cl_uint count, const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error != CL_SUCCESS)
        return error;
    if (!pointer || !bytes || !humi_map_flags_are_valid(flags))
        return CL_INVALID_VALUE;
    if (humi_misuse_is_sought())
        humi_misuse_map(&(struct humi_use){.call = "clEnqueueSVMMap",
                                           .start = pointer,
                                           .box = {{0}, bytes, bytes},
                                           .size = {bytes, 1, 1},
                                           .reads = flags == CL_MAP_READ,
                                           .writes = flags & ~(cl_map_flags)CL_MAP_READ},
                        pointer);
    return submit_mark(queue, CL_COMMAND_SVM_MAP, pointer, &how);
}

cl_int CL_API_CALL humi_clEnqueueSVMUnmap(cl_command_queue queue, void *pointer, cl_uint count,
                                          const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error != CL_SUCCESS)
        return error;
    if (!pointer)
        return CL_INVALID_VALUE;
    if (humi_misuse_is_sought())
        humi_misuse_unmap(CL_COMMAND_SVM_UNMAP, pointer, pointer);
    return submit_mark(queue, CL_COMMAND_SVM_UNMAP, pointer, &how);
}

/* ---- freeing --------------------------------------------------------------------------------- */

struct freeing {
    struct _cl_event event;
    void(CL_CALLBACK *function)(cl_command_queue, cl_uint, void *[], void *);
    void *data;
    cl_uint count;
    void *pointers[];
};

static cl_int freeing_run(struct _cl_event *event)
{
    struct freeing *freeing = (struct freeing *)event;

    if (freeing->function)
        freeing->function(event->queue, freeing->count, freeing->pointers, freeing->data);
    else
        for (cl_uint i = 0; i < freeing->count; i++)
            humi_svm_free(event->context, freeing->pointers[i]);
    return CL_COMPLETE;
}

static const struct humi_command_ops freeing_ops = {.run = freeing_run};

cl_int CL_API_CALL
humi_clEnqueueSVMFree(cl_command_queue queue, cl_uint pointer_count, void *pointers[],
                      void(CL_CALLBACK *function)(cl_command_queue, cl_uint, void *[], void *),
                      void *data, cl_uint count, const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);
    struct freeing *freeing;

    if (error != CL_SUCCESS)
        return error;
    if (!pointer_count != !pointers)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < pointer_count; i++)
        if (!pointers[i])
            return CL_INVALID_VALUE;
    freeing = humi_command_create(queue, sizeof *freeing + pointer_count * sizeof *pointers,
                                  CL_COMMAND_SVM_FREE, &freeing_ops);
    if (!freeing)
        return CL_OUT_OF_HOST_MEMORY;
    freeing->function = function;
    freeing->data = data;
    freeing->count = pointer_count;
    if (pointer_count)
        memcpy(freeing->pointers, pointers, pointer_count * sizeof *pointers);
    return humi_graph_submit(&freeing->event, &how);
}
