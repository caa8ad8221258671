/* SPDX-License-Identifier: MIT */
/* usm_commands.c - commands on unified shared memory, and what kernels are told of it. */
#include "heap/heap.h"
#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/fill.h"
#include "platform/migrate.h"
#include "platform/platform.h"
#include "platform/svm.h"
#include "platform/usm.h"

/* Any pointer will do; whether the kernel may follow it is seen when it does. */
cl_int CL_API_CALL humi_clSetKernelArgMemPointerINTEL(cl_kernel kernel, cl_uint index,
                                                      const void *pointer)
{
    return humi_clSetKernelArgSVMPointer(kernel, index, pointer);
}

/* ---- filling and copying --------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clEnqueueMemFillINTEL(cl_command_queue queue, void *to, const void *pattern,
                                              size_t pattern_bytes, size_t bytes, cl_uint count,
                                              const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};

    return humi_fill_enqueue(queue, CL_COMMAND_MEMFILL_INTEL,
                             &(struct humi_fill){to, bytes, pattern, pattern_bytes}, &how);
}

cl_int CL_API_CALL humi_clEnqueueMemcpyINTEL(cl_command_queue queue, cl_bool blocking, void *to,
                                             const void *from, size_t bytes, cl_uint count,
                                             const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};

    return humi_svm_copy(queue, CL_COMMAND_MEMCPY_INTEL, &(struct humi_svm_copy){to, from, bytes},
                         how);
}

/* ---- hints ----------------------------------------------------------------------------------- */

/* An allocation, or a block of the program's own, which moves as shared memory does. */
static bool find(cl_context context, const void *pointer, size_t bytes, struct humi_usm *usm_out)
{
    char *start;
    size_t room;

    if (humi_usm_find(context, pointer, bytes, usm_out))
        return true;
    *usm_out = (struct humi_usm){.type = CL_MEM_TYPE_SHARED_INTEL};
    if (!humi_platform_shares_heap() || !hum_heap_find(pointer, &start, &room))
        return false;
    usm_out->start = start;
    usm_out->bytes = room;
    return bytes <= (size_t)(start + room - (const char *)pointer);
}

/* Nothing moves host memory; that of a device goes to it alone. */
static bool may_move(const struct humi_usm *usm, cl_device_id device, cl_mem_migration_flags flags)
{
    if (usm->type == CL_MEM_TYPE_SHARED_INTEL)
        return true;
    return usm->type == CL_MEM_TYPE_DEVICE_INTEL && usm->device == device &&
           !(flags & CL_MIGRATE_MEM_OBJECT_HOST);
}

cl_int CL_API_CALL humi_clEnqueueMigrateMemINTEL(cl_command_queue queue, const void *pointer,
                                                 size_t bytes, cl_mem_migration_flags flags,
                                                 cl_uint count, const cl_event *events,
                                                 cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);
    struct hum_range range = {NULL, bytes};
    struct humi_usm usm;

    if (error != CL_SUCCESS)
        return error;
    if (!find(queue->context, pointer, bytes, &usm))
        return CL_INVALID_VALUE;
    range.ptr = usm.start + ((const char *)pointer - usm.start);
    return humi_migrate_range(queue, CL_COMMAND_MIGRATEMEM_INTEL,
                              bytes && may_move(&usm, queue->device, flags) ? &range : NULL, flags,
                              &how);
}

struct advising {
    struct _cl_event event;
    const void *pointer;
    size_t bytes;
    cl_mem_advice_intel advice;
};

static cl_int advising_run(struct _cl_event *event)
{
    const struct advising *advising = (const struct advising *)event;

    for (cl_mem_advice_intel bit = 1; bit && bit <= advising->advice; bit <<= 1)
        if (advising->advice & bit)
            (void)!hum_advise(humi_space(), advising->pointer, advising->bytes,
                              (enum hum_advice)bit, event->queue->device->number);
    return CL_COMPLETE;
}

static const struct humi_command_ops advising_ops = {.run = advising_run};
static const struct humi_command_ops mark_ops = {.run = NULL};

/* The extension names no advice yet, but keeps numbers for it; here it is bits of hum's. */
static bool advice_is_valid(cl_mem_advice_intel advice)
{
#define HUMI_ADVICE_BIT(name, bit, text) | (bit)
    const cl_mem_advice_intel known = 0 HUM_ADVICE_LIST(HUMI_ADVICE_BIT);
#undef HUMI_ADVICE_BIT

    return !(advice & ~known);
}

cl_int CL_API_CALL humi_clEnqueueMemAdviseINTEL(cl_command_queue queue, const void *pointer,
                                                size_t bytes, cl_mem_advice_intel advice,
                                                cl_uint count, const cl_event *events,
                                                cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);
    struct advising *advising;
    struct humi_usm usm;
    bool heeds;

    if (error != CL_SUCCESS)
        return error;
    if (!find(queue->context, pointer, bytes, &usm) || !advice_is_valid(advice))
        return CL_INVALID_VALUE;
    heeds = bytes && advice && usm.type == CL_MEM_TYPE_SHARED_INTEL;
    advising = humi_command_create(queue, sizeof *advising, CL_COMMAND_MEMADVISE_INTEL,
                                   heeds ? &advising_ops : &mark_ops);
    if (!advising)
        return CL_OUT_OF_HOST_MEMORY;
    advising->pointer = pointer;
    advising->bytes = bytes;
    advising->advice = advice;
    return humi_graph_submit(&advising->event, &how);
}
