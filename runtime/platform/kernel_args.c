/* SPDX-License-Identifier: MIT */
/* kernel_args.c - clSetKernelArg and its like: what was set is copied, objects are not held. */
#include <stdlib.h>
#include <string.h>

#include "platform/entries.h"
#include "platform/kernel.h"
#include "platform/platform.h"
#include "platform/sampler.h"
#include "platform/svm.h"
#include "platform/usm.h"

static cl_int set_value(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    void *place = arg->inside;

    if (!value)
        return CL_INVALID_ARG_VALUE;
    if (arg->param.bytes ? bytes != arg->param.bytes : !bytes)
        return CL_INVALID_ARG_SIZE;
    if (bytes > HUMI_VALUE_INSIDE) {
        place = malloc(bytes);
        if (!place)
            return CL_OUT_OF_HOST_MEMORY;
    }
    memcpy(place, value, bytes);
    if (arg->value != arg->inside)
        free(arg->value);
    arg->value = place;
    arg->bytes = bytes;
    return CL_SUCCESS;
}

static cl_int set_local(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    if (value)
        return CL_INVALID_ARG_VALUE;
    if (!bytes)
        return CL_INVALID_ARG_SIZE;
    arg->bytes = bytes;
    return CL_SUCCESS;
}

/* A buffer, or nothing. */
static cl_int set_pointer(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    cl_mem mem = NULL;

    if (bytes != sizeof mem)
        return CL_INVALID_ARG_SIZE;
    if (value)
        memcpy(&mem, value, sizeof mem);
    if (mem && !humi_mem_is_buffer(mem))
        return CL_INVALID_MEM_OBJECT;
    arg->mem = mem;
    arg->pointer = NULL;
    return CL_SUCCESS;
}

static cl_int set_image(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    cl_mem mem;

    if (bytes != sizeof mem)
        return CL_INVALID_ARG_SIZE;
    if (!value)
        return CL_INVALID_ARG_VALUE;
    memcpy(&mem, value, sizeof mem);
    if (!humi_mem_is_image(mem))
        return CL_INVALID_MEM_OBJECT;
    arg->mem = mem;
    return CL_SUCCESS;
}

static cl_int set_sampler(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    cl_sampler sampler;

    if (bytes != sizeof sampler)
        return CL_INVALID_ARG_SIZE;
    if (!value)
        return CL_INVALID_ARG_VALUE;
    memcpy(&sampler, value, sizeof sampler);
    if (!humi_is(sampler, HUMI_KIND_SAMPLER))
        return CL_INVALID_SAMPLER;
    arg->sampler = sampler;
    return CL_SUCCESS;
}

static cl_int set(struct humi_kernel_arg *arg, size_t bytes, const void *value)
{
    switch (arg->param.kind) {
    case HUM_CL_POINTER:
        return set_pointer(arg, bytes, value);
    case HUM_CL_LOCAL:
        return set_local(arg, bytes, value);
    case HUM_CL_IMAGE:
        return set_image(arg, bytes, value);
    case HUM_CL_SAMPLER:
        return set_sampler(arg, bytes, value);
    case HUM_CL_VALUE:
    default:
        return set_value(arg, bytes, value);
    }
}

cl_int CL_API_CALL humi_clSetKernelArg(cl_kernel kernel, cl_uint index, size_t bytes,
                                       const void *value)
{
    cl_int error;

    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    if (index >= kernel->arg_count)
        return CL_INVALID_ARG_INDEX;
    error = set(&kernel->args[index], bytes, value);
    if (error == CL_SUCCESS)
        kernel->args[index].is_set = true;
    return error;
}

cl_int CL_API_CALL humi_clSetKernelArgSVMPointer(cl_kernel kernel, cl_uint index,
                                                 const void *pointer)
{
    struct humi_kernel_arg *arg;

    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    if (index >= kernel->arg_count)
        return CL_INVALID_ARG_INDEX;
    arg = &kernel->args[index];
    if (arg->param.kind != HUM_CL_POINTER)
        return CL_INVALID_ARG_VALUE;
    arg->mem = NULL;
    arg->pointer = pointer;
    arg->is_set = true;
    return CL_SUCCESS;
}

/* ---- what arguments do not show -------------------------------------------------------------- */

static cl_int set_reached(struct humi_reached *reached, size_t bytes, const void *value)
{
    size_t count = bytes / sizeof(void *);
    void **pointers;

    if (!value || !count || bytes % sizeof(void *))
        return CL_INVALID_VALUE;
    pointers = malloc(bytes);
    if (!pointers)
        return CL_OUT_OF_HOST_MEMORY;
    memcpy(pointers, value, bytes);
    free(reached->pointers);
    reached->pointers = pointers;
    reached->count = count;
    return CL_SUCCESS;
}

/* All unified shared memory of a type may be reached, or not. */
static cl_int set_indirect(cl_kernel kernel, cl_unified_shared_memory_type_intel type, size_t bytes,
                           const void *value)
{
    cl_bool on;

    if (!humi_usm_is_supported(kernel->program->context, type))
        return CL_INVALID_OPERATION;
    if (!value || bytes != sizeof on)
        return CL_INVALID_VALUE;
    memcpy(&on, value, sizeof on);
    if (on) {
        kernel->usm_types |= HUMI_USM_BIT(type);
        humi_usm_reach(kernel->program->context, type);
    } else {
        kernel->usm_types &= ~HUMI_USM_BIT(type);
    }
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clSetKernelExecInfo(cl_kernel kernel, cl_kernel_exec_info what,
                                            size_t bytes, const void *value)
{
    cl_bool on;

    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    switch (what) {
    case CL_KERNEL_EXEC_INFO_SVM_PTRS:
        return set_reached(&kernel->reached[HUMI_REACHED_SVM], bytes, value);
    case CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL:
        return set_reached(&kernel->reached[HUMI_REACHED_USM], bytes, value);
    case CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL:
        return set_indirect(kernel, CL_MEM_TYPE_HOST_INTEL, bytes, value);
    case CL_KERNEL_EXEC_INFO_INDIRECT_DEVICE_ACCESS_INTEL:
        return set_indirect(kernel, CL_MEM_TYPE_DEVICE_INTEL, bytes, value);
    case CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL:
        return set_indirect(kernel, CL_MEM_TYPE_SHARED_INTEL, bytes, value);
    case CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM:
        if (!value || bytes != sizeof on)
            return CL_INVALID_VALUE;
        memcpy(&on, value, sizeof on);
        return on && !humi_platform_shares_heap() ? CL_INVALID_OPERATION : CL_SUCCESS;
    default:
        return CL_INVALID_VALUE;
    }
}
