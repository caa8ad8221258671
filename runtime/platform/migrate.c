/* SPDX-License-Identifier: MIT */
/*
 * migrate.c - memory brought where it is going to be used: a prefetch; where the program says that
 * what is in it does not matter, it is discarded instead.
 */
#include "platform/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/misuse.h"
#include "platform/platform.h"
#include "platform/svm.h"

struct migrate {
    struct _cl_event event;
    int processor;
    bool undefined; /* the content is */
    cl_mem *mems;   /* held; behind the ranges */
    size_t mem_count, range_count;
    struct hum_range ranges[];
};

static cl_int run(struct _cl_event *event)
{
    struct migrate *migrate = (struct migrate *)event;

    for (size_t i = 0; i < migrate->range_count; i++) {
        const struct hum_range *range = &migrate->ranges[i];

        humi_misuse_begin(range->ptr);
        /* Only a matter of speed: what cannot be moved now is moved when it is touched. */
        if (migrate->undefined)
            (void)!hum_discard(humi_space(), range->ptr, range->bytes, NULL);
        else
            (void)!hum_prefetch(humi_space(), range->ptr, range->bytes, migrate->processor, NULL);
        humi_misuse_end(range->ptr);
    }
    return CL_COMPLETE;
}

static void release(struct _cl_event *event)
{
    struct migrate *migrate = (struct migrate *)event;

    for (size_t i = 0; i < migrate->mem_count; i++)
        humi_drop(&migrate->mems[i]->object);
}

static const struct humi_command_ops ops = {.run = run, .release = release};

static bool flags_are_valid(cl_mem_migration_flags flags)
{
    return !(flags & ~(cl_mem_migration_flags)(CL_MIGRATE_MEM_OBJECT_HOST |
                                               CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED));
}

static struct migrate *create(cl_command_queue queue, cl_command_type type, size_t count,
                              cl_mem_migration_flags flags)
{
    struct migrate *migrate;
    size_t bytes = sizeof *migrate + count * (sizeof(struct hum_range) + sizeof(cl_mem));

    migrate = humi_command_create(queue, bytes, type, &ops);
    if (!migrate)
        return NULL;
    migrate->mems = (cl_mem *)(void *)(migrate->ranges + count);
    migrate->processor = flags & CL_MIGRATE_MEM_OBJECT_HOST ? HUM_HOST : queue->device->number;
    migrate->undefined = flags & CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED;
    return migrate;
}

cl_int humi_migrate_range(cl_command_queue queue, cl_command_type type,
                          const struct hum_range *range, cl_mem_migration_flags flags,
                          const struct humi_submit *how)
{
    struct migrate *migrate;

    if (!flags_are_valid(flags))
        return CL_INVALID_VALUE;
    migrate = create(queue, type, 1, flags);
    if (!migrate)
        return CL_OUT_OF_HOST_MEMORY;
    if (range)
        migrate->ranges[migrate->range_count++] = *range;
    return humi_graph_submit(&migrate->event, how);
}

cl_int CL_API_CALL humi_clEnqueueMigrateMemObjects(cl_command_queue queue, cl_uint mem_count,
                                                   const cl_mem *mems, cl_mem_migration_flags flags,
                                                   cl_uint count, const cl_event *events,
                                                   cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);
    struct migrate *migrate;

    if (error == CL_SUCCESS && (!mem_count || !mems || !flags_are_valid(flags)))
        error = CL_INVALID_VALUE;
    for (cl_uint i = 0; error == CL_SUCCESS && i < mem_count; i++)
        error = humi_enqueue_check_mem(queue, mems[i]);
    if (error != CL_SUCCESS)
        return error;
    migrate = create(queue, CL_COMMAND_MIGRATE_MEM_OBJECTS, mem_count, flags);
    if (!migrate)
        return CL_OUT_OF_HOST_MEMORY;
    for (cl_uint i = 0; i < mem_count; i++) {
        humi_hold(&mems[i]->object);
        migrate->mems[migrate->mem_count++] = mems[i];
        migrate->ranges[migrate->range_count++] =
            (struct hum_range){mems[i]->start, mems[i]->bytes};
    }
    return humi_graph_submit(&migrate->event, &how);
}

/* Size 0, or no sizes: the whole allocation that holds the pointer. */
static bool range_of(cl_context context, const void *pointer, size_t bytes,
                     struct hum_range *range_out)
{
    struct humi_svm svm;

    if (!pointer || !humi_svm_find(context, pointer, bytes ? bytes : 1, &svm))
        return false;
    *range_out = bytes ? (struct hum_range){svm.start + ((const char *)pointer - svm.start), bytes}
                       : (struct hum_range){svm.start, svm.bytes};
    return true;
}

cl_int CL_API_CALL humi_clEnqueueSVMMigrateMem(cl_command_queue queue, cl_uint pointer_count,
                                               const void **pointers, const size_t *sizes,
                                               cl_mem_migration_flags flags, cl_uint count,
                                               const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    cl_int error = humi_enqueue_check(queue, &how.wait);
    struct migrate *migrate;

    if (error != CL_SUCCESS)
        return error;
    if (!pointer_count || !pointers || !flags_are_valid(flags))
        return CL_INVALID_VALUE;
    migrate = create(queue, CL_COMMAND_SVM_MIGRATE_MEM, pointer_count, flags);
    if (!migrate)
        return CL_OUT_OF_HOST_MEMORY;
    for (; migrate->range_count < pointer_count; migrate->range_count++) {
        size_t i = migrate->range_count;

        if (!range_of(queue->context, pointers[i], sizes ? sizes[i] : 0, &migrate->ranges[i])) {
            (void)humi_clReleaseEvent(&migrate->event);
            return CL_INVALID_VALUE;
        }
    }
    return humi_graph_submit(&migrate->event, &how);
}
