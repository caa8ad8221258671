/* SPDX-License-Identifier: MIT */
/* usm.c - see usm.h: allocating, freeing, asking. */
#include "platform/usm.h"

#include <stdlib.h>

#include "platform/answer.h"
#include "platform/device.h"
#include "platform/enqueue.h"
#include "platform/error.h"
#include "platform/platform.h"
#include "platform/svm.h"

/* ---- what devices can ------------------------------------------------------------------------ */

/* Pointers in memory have to mean the same everywhere, and both sides to touch it at any time. */
static bool shares(const struct _cl_device_id *device)
{
    return device->info.same_address && device->info.faults;
}

cl_ulong humi_usm_capabilities(const struct _cl_device_id *device, cl_device_info what)
{
    const cl_ulong alone =
        CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL | CL_UNIFIED_SHARED_MEMORY_ATOMIC_ACCESS_INTEL;
    const cl_ulong together = alone | CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ACCESS_INTEL |
                              CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ATOMIC_ACCESS_INTEL;

    switch (what) {
    case CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL:
        return alone;
    case CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
    case CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
        return shares(device) ? together : 0;
    case CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL:
        return humi_platform_shares_heap() ? together : 0;
    default:
        return 0;
    }
}

static bool can(const struct _cl_device_id *device, cl_unified_shared_memory_type_intel type)
{
    cl_device_info what = type == CL_MEM_TYPE_HOST_INTEL ? CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL
                          : type == CL_MEM_TYPE_DEVICE_INTEL
                              ? CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL
                              : CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL;

    return humi_usm_capabilities(device, what);
}

bool humi_usm_is_supported(const struct _cl_context *context,
                           cl_unified_shared_memory_type_intel type)
{
    for (unsigned i = 0; i < context->device_count; i++)
        if (can(context->devices[i], type))
            return true;
    return false;
}

/* ---- the allocations of a context ------------------------------------------------------------ */

bool humi_usm_find(cl_context context, const void *pointer, size_t bytes, struct humi_usm *usm_out)
{
    uintptr_t start = (uintptr_t)pointer;
    bool found = false;

    pthread_mutex_lock(&context->svm_lock);
    humi_list_each (link, &context->usm) {
        const struct humi_usm *usm = humi_container_of(link, struct humi_usm, link);
        uintptr_t first = (uintptr_t)usm->start;

        if (start < first || start - first >= usm->bytes || bytes > usm->bytes - (start - first))
            continue;
        *usm_out = *usm;
        found = true;
        break;
    }
    pthread_mutex_unlock(&context->svm_lock);
    return found;
}

size_t humi_usm_list(cl_context context, unsigned types, struct hum_range *ranges_out, size_t room)
{
    size_t count = 0;

    pthread_mutex_lock(&context->svm_lock);
    humi_list_each (link, &context->usm) {
        const struct humi_usm *usm = humi_container_of(link, struct humi_usm, link);

        if (!(types & HUMI_USM_BIT(usm->type)))
            continue;
        if (count < room)
            ranges_out[count] = (struct hum_range){usm->start, usm->bytes};
        count++;
    }
    pthread_mutex_unlock(&context->svm_lock);
    return count;
}

void humi_usm_reach(cl_context context, cl_unified_shared_memory_type_intel type)
{
    pthread_mutex_lock(&context->svm_lock);
    if (!(context->usm_reached & HUMI_USM_BIT(type))) {
        context->usm_reached |= HUMI_USM_BIT(type);
        humi_list_each (link, &context->usm) {
            const struct humi_usm *usm = humi_container_of(link, struct humi_usm, link);

            if (usm->type == type)
                (void)!hum_reachable(humi_space(), usm->start, true);
        }
    }
    pthread_mutex_unlock(&context->svm_lock);
}

static void add(cl_context context, struct humi_usm *usm)
{
    pthread_mutex_lock(&context->svm_lock);
    if (context->usm_reached & HUMI_USM_BIT(usm->type))
        (void)!hum_reachable(humi_space(), usm->start, true);
    humi_list_push_back(&context->usm, &usm->link);
    pthread_mutex_unlock(&context->svm_lock);
}

/* Taken out of the list; NULL: none starts there. */
static struct humi_usm *take(cl_context context, const void *pointer)
{
    struct humi_usm *found = NULL;

    pthread_mutex_lock(&context->svm_lock);
    humi_list_each (link, &context->usm) {
        struct humi_usm *usm = humi_container_of(link, struct humi_usm, link);

        if (usm->start == pointer) {
            found = usm;
            break;
        }
    }
    if (found)
        humi_list_remove(&found->link);
    pthread_mutex_unlock(&context->svm_lock);
    return found;
}

void humi_usm_overwrite(cl_context context, char *start, size_t bytes, int processor)
{
    struct humi_usm usm;
    struct humi_svm svm;

    if (!humi_usm_find(context, start, bytes, &usm)) {
        if (humi_svm_find(context, start, bytes, &svm))
            humi_enqueue_overwrite(start, bytes, processor);
    } else if (usm.type == CL_MEM_TYPE_SHARED_INTEL) {
        humi_enqueue_overwrite(start, bytes, processor);
    } else if (usm.type == CL_MEM_TYPE_DEVICE_INTEL) {
        /* What does not fit there is written at the host. */
        (void)!hum_prefetch(humi_space(), start, bytes, usm.device->number, NULL);
    }
}

/* ---- allocating ------------------------------------------------------------------------------ */

struct request {
    cl_context context;
    cl_device_id device; /* NULL: none */
    cl_unified_shared_memory_type_intel type;
    const cl_mem_properties_intel *properties;
    size_t bytes;
    cl_uint alignment;
};

static cl_int read_flags(const struct request *request, cl_mem_alloc_flags_intel *flags_out)
{
    const cl_mem_alloc_flags_intel placement =
        CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL | CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL;
    const cl_mem_properties_intel *at = request->properties;
    cl_mem_alloc_flags_intel flags = 0;

    if (at && *at) {
        if (at[0] != CL_MEM_ALLOC_FLAGS_INTEL || at[2])
            return CL_INVALID_PROPERTY; /* there is one property, and once */
        flags = at[1];
    }
    if (flags & ~(placement | CL_MEM_ALLOC_WRITE_COMBINED_INTEL))
        return CL_INVALID_PROPERTY;
    if ((flags & placement) == placement ||
        ((flags & placement) && request->type != CL_MEM_TYPE_SHARED_INTEL))
        return CL_INVALID_PROPERTY;
    *flags_out = flags;
    return CL_SUCCESS;
}

/* For each device that the memory is for. */
static bool fits(const struct request *request)
{
    for (unsigned i = 0; i < request->context->device_count; i++) {
        const struct _cl_device_id *device = request->context->devices[i];

        if ((!request->device || request->device == device) && can(device, request->type) &&
            humi_device_refuses(device, request->bytes))
            return false;
    }
    return true;
}

static cl_int check(const struct request *request, cl_mem_alloc_flags_intel *flags_out)
{
    cl_context context = request->context;
    cl_device_id device = request->device;
    cl_int error;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (device ? !humi_is(device, HUMI_KIND_DEVICE) || !humi_context_has(context, device)
               : request->type == CL_MEM_TYPE_DEVICE_INTEL)
        return CL_INVALID_DEVICE;
    if (device ? !can(device, request->type) : !humi_usm_is_supported(context, request->type))
        return CL_INVALID_OPERATION;
    if ((request->alignment & (request->alignment - 1)) || request->alignment > HUMI_ALIGN_BYTES)
        return CL_INVALID_VALUE;
    error = read_flags(request, flags_out);
    if (error != CL_SUCCESS)
        return error;
    return request->bytes && fits(request) ? CL_SUCCESS : CL_INVALID_BUFFER_SIZE;
}

static void advise(const struct humi_usm *usm, enum hum_advice advice, int processor)
{
    (void)!hum_advise(humi_space(), usm->start, usm->bytes, advice, processor);
}

/* All of it is a matter of speed. */
static void place(cl_context context, const struct humi_usm *usm)
{
    switch (usm->type) {
    case CL_MEM_TYPE_HOST_INTEL:
        advise(usm, HUM_ADVISE_PREFERRED, HUM_HOST);
        for (unsigned i = 0; i < context->device_count; i++)
            advise(usm, HUM_ADVISE_REMOTE, context->devices[i]->number);
        (void)!hum_prefetch(humi_space(), usm->start, usm->bytes, HUM_HOST, NULL);
        break;
    case CL_MEM_TYPE_DEVICE_INTEL:
        advise(usm, HUM_ADVISE_PREFERRED, usm->device->number);
        advise(usm, HUM_ADVISE_REMOTE, HUM_HOST);
        break;
    default:
        if (usm->flags & CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL)
            advise(usm, HUM_ADVISE_PREFERRED, HUM_HOST);
        else if (usm->device && (usm->flags & CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL))
            advise(usm, HUM_ADVISE_PREFERRED, usm->device->number);
        break;
    }
}

static cl_int make(const struct request *request, cl_mem_alloc_flags_intel flags, void **start_out)
{
    static const char *const names[] = {"usm", "usm host", "usm device", "usm shared"};
    struct humi_usm *usm = calloc(1, sizeof *usm);
    enum hum_status status;

    if (!usm)
        return CL_OUT_OF_HOST_MEMORY;
    status = hum_alloc(humi_space(), request->bytes, 0, start_out);
    if (status != HUM_OK) {
        free(usm);
        return status == HUM_ERR_NO_MEMORY ? CL_OUT_OF_HOST_MEMORY : CL_OUT_OF_RESOURCES;
    }
    usm->start = *start_out;
    usm->bytes = request->bytes;
    usm->type = request->type;
    usm->device = request->device;
    usm->flags = flags;
    (void)!hum_name(humi_space(), usm->start, names[usm->type - CL_MEM_TYPE_UNKNOWN_INTEL]);
    place(request->context, usm);
    add(request->context, usm);
    return CL_SUCCESS;
}

static void *allocate(const struct request *request, cl_int *error_out)
{
    cl_mem_alloc_flags_intel flags;
    void *start = NULL;
    cl_int error = check(request, &flags);

    if (error == CL_SUCCESS)
        error = make(request, flags, &start);
    humi_error_tell(error_out, error);
    return error == CL_SUCCESS ? start : NULL;
}

void *CL_API_CALL humi_clHostMemAllocINTEL(cl_context context,
                                           const cl_mem_properties_intel *properties, size_t bytes,
                                           cl_uint alignment, cl_int *error_out)
{
    return allocate(
        &(struct request){context, NULL, CL_MEM_TYPE_HOST_INTEL, properties, bytes, alignment},
        error_out);
}

void *CL_API_CALL humi_clDeviceMemAllocINTEL(cl_context context, cl_device_id device,
                                             const cl_mem_properties_intel *properties,
                                             size_t bytes, cl_uint alignment, cl_int *error_out)
{
    return allocate(
        &(struct request){context, device, CL_MEM_TYPE_DEVICE_INTEL, properties, bytes, alignment},
        error_out);
}

void *CL_API_CALL humi_clSharedMemAllocINTEL(cl_context context, cl_device_id device,
                                             const cl_mem_properties_intel *properties,
                                             size_t bytes, cl_uint alignment, cl_int *error_out)
{
    return allocate(
        &(struct request){context, device, CL_MEM_TYPE_SHARED_INTEL, properties, bytes, alignment},
        error_out);
}

/* ---- freeing --------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clMemFreeINTEL(cl_context context, void *pointer)
{
    struct humi_usm *usm;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!pointer)
        return CL_SUCCESS;
    usm = take(context, pointer);
    if (!usm)
        return CL_INVALID_VALUE;
    (void)hum_free(humi_space(), usm->start);
    free(usm);
    return CL_SUCCESS;
}

/* Any command may use it, through pointers in memory. */
cl_int CL_API_CALL humi_clMemBlockingFreeINTEL(cl_context context, void *pointer)
{
    struct humi_usm usm;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!pointer)
        return CL_SUCCESS;
    if (!humi_usm_find(context, pointer, 1, &usm) || usm.start != pointer)
        return CL_INVALID_VALUE;
    humi_queue_finish_all(context);
    return humi_clMemFreeINTEL(context, pointer);
}

void humi_usm_free_all(cl_context context)
{
    struct humi_link *link;

    while ((link = humi_list_first(&context->usm))) {
        struct humi_usm *usm = humi_container_of(link, struct humi_usm, link);

        humi_list_remove(link);
        (void)hum_free(humi_space(), usm->start);
        free(usm);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clGetMemAllocInfoINTEL(cl_context context, const void *pointer,
                                               cl_mem_info_intel what, size_t room, void *value,
                                               size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    struct humi_usm usm;

    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!humi_usm_find(context, pointer, 1, &usm))
        usm = (struct humi_usm){.type = CL_MEM_TYPE_UNKNOWN_INTEL};
    switch (what) {
    case CL_MEM_ALLOC_TYPE_INTEL:
        return HUMI_ANSWER(&answer, cl_unified_shared_memory_type_intel, usm.type);
    case CL_MEM_ALLOC_BASE_PTR_INTEL:
        return humi_answer(&answer, &usm.start, sizeof usm.start);
    case CL_MEM_ALLOC_SIZE_INTEL:
        return HUMI_ANSWER(&answer, size_t, usm.bytes);
    case CL_MEM_ALLOC_DEVICE_INTEL:
        return HUMI_ANSWER(&answer, cl_device_id, usm.device);
    case CL_MEM_ALLOC_FLAGS_INTEL:
        return HUMI_ANSWER(&answer, cl_mem_alloc_flags_intel, usm.flags);
    default:
        return CL_INVALID_VALUE;
    }
}
