/* SPDX-License-Identifier: MIT */
/* buffer.c - making buffers and parts of them. */
#include <stdlib.h>
#include <string.h>

#include "platform/device.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/mem.h"
#include "platform/misuse.h"
#include "platform/platform.h"
#include "platform/svm.h"

/* For all devices, or for the SVM allocation that the program's pointer is of. */
static bool is_too_large(cl_context context, cl_mem_flags flags, size_t bytes, const void *host_ptr)
{
    struct humi_svm svm;

    if ((flags & CL_MEM_USE_HOST_PTR) && humi_svm_find(context, host_ptr, 0, &svm))
        return bytes > (size_t)(svm.start + svm.bytes - (const char *)host_ptr);
    for (unsigned i = 0; i < context->device_count; i++)
        if (!humi_device_refuses(context->devices[i], bytes))
            return false;
    return true;
}

static cl_int fill(struct _cl_mem *mem, size_t bytes, void *host_ptr)
{
    struct humi_svm svm;
    cl_int error;

    if (mem->flags & CL_MEM_USE_HOST_PTR) {
        mem->host_ptr = host_ptr;
        if (humi_svm_find(mem->context, host_ptr, bytes, &svm)) {
            mem->start = host_ptr;
            mem->bytes = bytes;
            return CL_SUCCESS;
        }
        mem->uses_host_ptr = true;
    }
    error = humi_mem_allocate(mem, bytes);
    if (error == CL_SUCCESS && host_ptr)
        memcpy(mem->start, host_ptr, bytes);
    if (error == CL_SUCCESS && humi_misuse_is_sought())
        humi_misuse_made(mem->context, mem->start, bytes, host_ptr, 0);
    return error;
}

cl_mem CL_API_CALL humi_clCreateBufferWithProperties(cl_context context,
                                                     const cl_mem_properties *properties,
                                                     cl_mem_flags flags, size_t bytes,
                                                     void *host_ptr, cl_int *error_out)
{
    struct _cl_mem *mem = NULL;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = humi_mem_check_flags(flags, host_ptr);
    if (error == CL_SUCCESS && (flags & CL_MEM_KERNEL_READ_AND_WRITE))
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS && (!bytes || is_too_large(context, flags, bytes, host_ptr)))
        error = CL_INVALID_BUFFER_SIZE;
    if (error == CL_SUCCESS && !(mem = humi_mem_create(context, CL_MEM_OBJECT_BUFFER, flags)))
        error = CL_OUT_OF_HOST_MEMORY;
    if (error == CL_SUCCESS)
        error = humi_mem_copy_properties(mem, properties);
    if (error == CL_SUCCESS)
        error = fill(mem, bytes, host_ptr);
    humi_error_tell(error_out, error);
    if (error == CL_SUCCESS)
        return mem;
    humi_drop(mem ? &mem->object : NULL);
    return NULL;
}

cl_mem CL_API_CALL humi_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes,
                                       void *host_ptr, cl_int *error_out)
{
    return humi_clCreateBufferWithProperties(context, NULL, flags, bytes, host_ptr, error_out);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static cl_int check_part(cl_mem whole, cl_mem_flags flags, const cl_buffer_region *part)
{
    cl_int error;

    if (!humi_mem_is_buffer(whole) || whole->parent)
        return CL_INVALID_MEM_OBJECT;
    error = humi_mem_check_part(whole->flags, flags);
    if (error != CL_SUCCESS)
        return error;
    if (!part || part->origin > whole->bytes || part->size > whole->bytes - part->origin)
        return CL_INVALID_VALUE;
    if (!part->size)
        return CL_INVALID_BUFFER_SIZE;
    return part->origin % HUMI_ALIGN_BYTES ? CL_MISALIGNED_SUB_BUFFER_OFFSET : CL_SUCCESS;
}

cl_mem CL_API_CALL humi_clCreateSubBuffer(cl_mem whole, cl_mem_flags flags,
                                          cl_buffer_create_type type, const void *info,
                                          cl_int *error_out)
{
    const cl_buffer_region *part = type == CL_BUFFER_CREATE_TYPE_REGION ? info : NULL;
    struct _cl_mem *mem = NULL;
    cl_int error = check_part(whole, flags, part);

    if (error == CL_SUCCESS) {
        mem = humi_mem_create(whole->context, CL_MEM_OBJECT_BUFFER,
                              humi_mem_inherit(whole->flags, flags));
        error = mem ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    }
    if (mem)
        humi_mem_lie_in(mem, whole, part->origin, part->size);
    humi_error_tell(error_out, error);
    return mem;
}
