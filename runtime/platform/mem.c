/* SPDX-License-Identifier: MIT */
/* mem.c - see mem.h */
#include "platform/mem.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/answer.h"
#include "platform/device.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/graph.h"
#include "platform/misuse.h"
#include "platform/platform.h"

struct humi_mem_callback {
    struct humi_mem_callback *next;
    void(CL_CALLBACK *function)(cl_mem mem, void *data);
    void *data;
};

/* What strict devices have given out. */
static _Atomic size_t total_bytes;

cl_int humi_mem_check_flags(cl_mem_flags flags, const void *host_ptr)
{
    const cl_mem_flags access = CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY;
    const cl_mem_flags host =
        CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS;
    const cl_mem_flags pointer = CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR;
    cl_mem_flags one = flags & access, other = flags & host;

    if (flags & ~(access | host | pointer | CL_MEM_KERNEL_READ_AND_WRITE))
        return CL_INVALID_VALUE;
    if ((one & (one - 1)) || (other & (other - 1)))
        return CL_INVALID_VALUE;
    if ((flags & CL_MEM_USE_HOST_PTR) && (flags & (CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR)))
        return CL_INVALID_VALUE;
    if (!host_ptr != !(flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)))
        return CL_INVALID_HOST_PTR;
    return CL_SUCCESS;
}

/* ---- what lies in another one ---------------------------------------------------------------- */

cl_int humi_mem_check_part(cl_mem_flags whole, cl_mem_flags part)
{
    const cl_mem_flags pointer = CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR;

    if (part & pointer)
        return CL_INVALID_VALUE;
    if ((whole & CL_MEM_WRITE_ONLY) && (part & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY)))
        return CL_INVALID_VALUE;
    if ((whole & CL_MEM_READ_ONLY) && (part & (CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY)))
        return CL_INVALID_VALUE;
    if ((whole & CL_MEM_HOST_WRITE_ONLY) && (part & CL_MEM_HOST_READ_ONLY))
        return CL_INVALID_VALUE;
    if ((whole & CL_MEM_HOST_READ_ONLY) && (part & CL_MEM_HOST_WRITE_ONLY))
        return CL_INVALID_VALUE;
    if ((whole & CL_MEM_HOST_NO_ACCESS) &&
        (part & (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY)))
        return CL_INVALID_VALUE;
    return humi_mem_check_flags(part, NULL);
}

cl_mem_flags humi_mem_inherit(cl_mem_flags whole, cl_mem_flags part)
{
    const cl_mem_flags access = CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY;
    const cl_mem_flags host =
        CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS;
    cl_mem_flags flags = part;

    if (!(part & access))
        flags |= whole & access;
    if (!(part & host))
        flags |= whole & host;
    return flags | (whole & (CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR));
}

void humi_mem_lie_in(struct _cl_mem *mem, struct _cl_mem *whole, size_t origin, size_t bytes)
{
    humi_hold(&whole->object);
    mem->parent = whole;
    mem->origin = origin;
    mem->bytes = bytes;
    mem->start = whole->start + origin;
    mem->uses_host_ptr = whole->uses_host_ptr;
    if (whole->host_ptr)
        mem->host_ptr = (char *)whole->host_ptr + origin;
}

/* ---- creating and destroying ----------------------------------------------------------------- */

static void destroy(struct humi_object *object)
{
    struct _cl_mem *mem = (struct _cl_mem *)object;
    struct humi_mem_callback *callback;
    struct humi_link *link;

    while ((callback = mem->callbacks)) {
        mem->callbacks = callback->next;
        callback->function(mem, callback->data);
        free(callback);
    }
    if (humi_misuse_is_sought())
        humi_misuse_mem_gone(mem);
    while ((link = humi_list_pop_front(&mem->mappings)))
        free(humi_container_of(link, struct humi_mapping, link));
    if (mem->region) {
        atomic_fetch_sub(&total_bytes, mem->bytes);
        (void)hum_free(humi_space(), mem->region);
    }
    humi_drop(mem->parent ? &mem->parent->object : NULL);
    humi_drop(&mem->context->object);
    pthread_mutex_destroy(&mem->lock);
    free(mem->properties);
    free(mem);
}

struct _cl_mem *humi_mem_create(cl_context context, cl_mem_object_type type, cl_mem_flags flags)
{
    struct _cl_mem *mem = calloc(1, sizeof *mem);

    if (!mem)
        return NULL;
    humi_object_init(&mem->object, HUMI_KIND_MEM, destroy);
    humi_hold(&context->object);
    mem->context = context;
    mem->type = type;
    mem->flags = flags;
    if (!(flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY)))
        mem->flags |= CL_MEM_READ_WRITE;
    pthread_mutex_init(&mem->lock, NULL);
    humi_list_init(&mem->mappings);
    return mem;
}

/* A buffer that the program released is free for it as soon as the last command with it ended,
 * though another thread may be just giving it back. */
static bool fits(cl_device_id device, size_t bytes)
{
    while (atomic_load(&total_bytes) + bytes > humi_device_memory(device)) {
        if (!humi_graph_is_holding())
            return atomic_load(&total_bytes) + bytes <= humi_device_memory(device);
        sched_yield();
    }
    return true;
}

cl_int humi_mem_allocate(struct _cl_mem *mem, size_t bytes)
{
    static atomic_uint number;
    cl_device_id device = mem->context->devices[0];
    enum hum_status status;
    char name[32];

    if (humi_platform_is_strict() && !fits(device, bytes))
        return CL_MEM_OBJECT_ALLOCATION_FAILURE;
    status = hum_alloc(humi_space(), bytes, 0, &mem->region);
    if (status != HUM_OK)
        return humi_error_of(status);
    atomic_fetch_add(&total_bytes, bytes);
    mem->start = mem->region;
    mem->bytes = bytes;
    snprintf(name, sizeof name, "%s %u", mem->type == CL_MEM_OBJECT_BUFFER ? "buffer" : "image",
             atomic_fetch_add(&number, 1));
    return humi_error_of(hum_name(humi_space(), mem->region, name));
}

cl_int humi_mem_copy_properties(struct _cl_mem *mem, const cl_mem_properties *properties)
{
    size_t count = 0;

    if (!properties)
        return CL_SUCCESS;
    if (properties[0])
        return CL_INVALID_PROPERTY; /* OpenCL 3.0 has none */
    count++;
    mem->properties = calloc(count, sizeof *properties);
    if (!mem->properties)
        return CL_OUT_OF_HOST_MEMORY;
    mem->property_count = count;
    return CL_SUCCESS;
}

/* ---- the rest -------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clRetainMemObject(cl_mem mem)
{
    return humi_retain(mem, HUMI_KIND_MEM, CL_INVALID_MEM_OBJECT);
}

cl_int CL_API_CALL humi_clReleaseMemObject(cl_mem mem)
{
    return humi_release(mem, HUMI_KIND_MEM, CL_INVALID_MEM_OBJECT);
}

cl_int CL_API_CALL humi_clSetMemObjectDestructorCallback(
    cl_mem mem, void(CL_CALLBACK *function)(cl_mem, void *), void *data)
{
    struct humi_mem_callback *callback;

    if (!humi_is(mem, HUMI_KIND_MEM))
        return CL_INVALID_MEM_OBJECT;
    if (!function)
        return CL_INVALID_VALUE;
    callback = malloc(sizeof *callback);
    if (!callback)
        return CL_OUT_OF_HOST_MEMORY;
    callback->function = function;
    callback->data = data;
    pthread_mutex_lock(&mem->lock);
    callback->next = mem->callbacks;
    mem->callbacks = callback;
    pthread_mutex_unlock(&mem->lock);
    return CL_SUCCESS;
}

static bool is_over_svm(struct _cl_mem *mem)
{
    return (humi_mem_whole(mem)->flags & CL_MEM_USE_HOST_PTR) && !mem->uses_host_ptr;
}

static cl_uint map_count(struct _cl_mem *mem)
{
    cl_uint count;

    pthread_mutex_lock(&mem->lock);
    count = mem->map_count;
    pthread_mutex_unlock(&mem->lock);
    return count;
}

cl_int CL_API_CALL humi_clGetMemObjectInfo(cl_mem mem, cl_mem_info what, size_t room, void *value,
                                           size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(mem, HUMI_KIND_MEM))
        return CL_INVALID_MEM_OBJECT;
    switch (what) {
    case CL_MEM_TYPE:
        return HUMI_ANSWER(&answer, cl_mem_object_type, mem->type);
    case CL_MEM_FLAGS:
        return HUMI_ANSWER(&answer, cl_mem_flags, mem->flags);
    case CL_MEM_SIZE:
        return HUMI_ANSWER(&answer, size_t, mem->bytes);
    case CL_MEM_HOST_PTR:
        return HUMI_ANSWER(&answer, void *, mem->host_ptr);
    case CL_MEM_MAP_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, map_count(mem));
    case CL_MEM_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&mem->object.references));
    case CL_MEM_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, mem->context);
    case CL_MEM_ASSOCIATED_MEMOBJECT:
        return HUMI_ANSWER(&answer, cl_mem, mem->parent);
    case CL_MEM_OFFSET:
        return HUMI_ANSWER(&answer, size_t, mem->origin);
    case CL_MEM_USES_SVM_POINTER:
        return HUMI_ANSWER(&answer, cl_bool, is_over_svm(mem) ? CL_TRUE : CL_FALSE);
    case CL_MEM_PROPERTIES:
        return humi_answer(&answer, mem->properties, mem->property_count * sizeof *mem->properties);
    default:
        return CL_INVALID_VALUE;
    }
}
