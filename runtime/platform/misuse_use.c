/* SPDX-License-Identifier: MIT */
/* misuse_use.c - see misuse.h; what each command uses, and what it is called. */
#include <string.h>

#include "platform/misuse.h"
#include "platform/platform.h"

/* humi_kernel_arg.access, once it was asked for. */
enum access { ACCESS_UNKNOWN, ACCESS_READ, ACCESS_WRITE, ACCESS_BOTH };

const char *humi_misuse_call(cl_command_type type)
{
    static const struct {
        cl_command_type type;
        const char *call;
    } calls[] = {
        {CL_COMMAND_READ_BUFFER, "clEnqueueReadBuffer"},
        {CL_COMMAND_WRITE_BUFFER, "clEnqueueWriteBuffer"},
        {CL_COMMAND_COPY_BUFFER, "clEnqueueCopyBuffer"},
        {CL_COMMAND_READ_BUFFER_RECT, "clEnqueueReadBufferRect"},
        {CL_COMMAND_WRITE_BUFFER_RECT, "clEnqueueWriteBufferRect"},
        {CL_COMMAND_COPY_BUFFER_RECT, "clEnqueueCopyBufferRect"},
        {CL_COMMAND_FILL_BUFFER, "clEnqueueFillBuffer"},
        {CL_COMMAND_READ_IMAGE, "clEnqueueReadImage"},
        {CL_COMMAND_WRITE_IMAGE, "clEnqueueWriteImage"},
        {CL_COMMAND_COPY_IMAGE, "clEnqueueCopyImage"},
        {CL_COMMAND_FILL_IMAGE, "clEnqueueFillImage"},
        {CL_COMMAND_COPY_IMAGE_TO_BUFFER, "clEnqueueCopyImageToBuffer"},
        {CL_COMMAND_COPY_BUFFER_TO_IMAGE, "clEnqueueCopyBufferToImage"},
        {CL_COMMAND_MAP_BUFFER, "clEnqueueMapBuffer"},
        {CL_COMMAND_MAP_IMAGE, "clEnqueueMapImage"},
        {CL_COMMAND_UNMAP_MEM_OBJECT, "clEnqueueUnmapMemObject"},
        {CL_COMMAND_SVM_MEMCPY, "clEnqueueSVMMemcpy"},
        {CL_COMMAND_SVM_MEMFILL, "clEnqueueSVMMemFill"},
        {CL_COMMAND_SVM_UNMAP, "clEnqueueSVMUnmap"},
        {CL_COMMAND_MEMCPY_INTEL, "clEnqueueMemcpyINTEL"},
        {CL_COMMAND_MEMFILL_INTEL, "clEnqueueMemFillINTEL"},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i].type == type)
            return calls[i].call;
    return "a command";
}

/* Copying what was written in part, or out of it, is no misuse yet. */
static bool copies(cl_command_type type)
{
    switch (type) {
    case CL_COMMAND_COPY_BUFFER:
    case CL_COMMAND_COPY_BUFFER_RECT:
    case CL_COMMAND_COPY_IMAGE:
    case CL_COMMAND_COPY_IMAGE_TO_BUFFER:
    case CL_COMMAND_COPY_BUFFER_TO_IMAGE:
    case CL_COMMAND_SVM_MEMCPY:
    case CL_COMMAND_MEMCPY_INTEL:
        return true;
    default:
        return false;
    }
}

void humi_misuse_use_bytes(cl_command_type type, const void *start, size_t bytes, bool writes)
{
    if (bytes)
        humi_misuse_use(&(struct humi_use){.call = humi_misuse_call(type),
                                           .start = start,
                                           .box = {{0}, bytes, bytes},
                                           .size = {bytes, 1, 1},
                                           .reads = !writes,
                                           .writes = writes,
                                           .in_part = copies(type)});
}

void humi_misuse_transfer(cl_command_type type, const struct humi_transfer *transfer)
{
    struct humi_use use = {.call = humi_misuse_call(type), .in_part = copies(type)};

    memcpy(use.size, transfer->size, sizeof use.size);
    if (transfer->from_mem) {
        use.start = transfer->from;
        use.box = transfer->from_box;
        use.reads = true;
        humi_misuse_use(&use);
    }
    if (transfer->to_mem) {
        use.start = transfer->to;
        use.box = transfer->to_box;
        use.reads = false;
        use.writes = true;
        humi_misuse_use(&use);
    }
}

/* ---- launches -------------------------------------------------------------------------------- */

static cl_ulong ask(struct hum_kernel *kernel, unsigned what, unsigned index, size_t bytes)
{
    cl_ulong value = 0; /* little-endian */

    if (hum_kernel_info(kernel, HUM_CL_KERNEL_ARG, what, index, NULL, 0, &value, bytes, NULL,
                        NULL) != HUM_OK)
        return 0;
    return value;
}

/* As the program in OpenCL C says; without a word it may do both. */
static enum access find_access(struct hum_kernel *kernel, unsigned index, enum hum_cl_arg_kind kind)
{
    cl_ulong value;

    if (kind == HUM_CL_IMAGE) {
        value = ask(kernel, CL_KERNEL_ARG_ACCESS_QUALIFIER, index,
                    sizeof(cl_kernel_arg_access_qualifier));
        return value == CL_KERNEL_ARG_ACCESS_READ_ONLY    ? ACCESS_READ
               : value == CL_KERNEL_ARG_ACCESS_WRITE_ONLY ? ACCESS_WRITE
                                                          : ACCESS_BOTH;
    }
    value = ask(kernel, CL_KERNEL_ARG_TYPE_QUALIFIER, index, sizeof(cl_kernel_arg_type_qualifier));
    if (value & CL_KERNEL_ARG_TYPE_CONST)
        return ACCESS_READ;
    value = ask(kernel, CL_KERNEL_ARG_ADDRESS_QUALIFIER, index,
                sizeof(cl_kernel_arg_address_qualifier));
    return value == CL_KERNEL_ARG_ADDRESS_CONSTANT ? ACCESS_READ : ACCESS_BOTH;
}

/* The flags of a memory object say it, too. */
static enum access access_of(cl_kernel kernel, unsigned index, cl_device_id device)
{
    struct humi_kernel_arg *arg = &kernel->args[index];
    cl_mem_flags flags = arg->mem ? arg->mem->flags : 0;

    if (!arg->access)
        arg->access =
            (unsigned char)find_access(humi_kernel_on(kernel, device), index, arg->param.kind);
    if (flags & CL_MEM_READ_ONLY)
        return ACCESS_READ;
    return flags & CL_MEM_WRITE_ONLY ? ACCESS_WRITE : (enum access)arg->access;
}

static void use_memory(cl_kernel kernel, const void *start, size_t bytes, enum access access)
{
    humi_misuse_use(&(struct humi_use){.call = "clEnqueueNDRangeKernel",
                                       .kernel = kernel->name,
                                       .start = start,
                                       .box = {{0}, bytes, bytes},
                                       .size = {bytes, 1, 1},
                                       .reads = access & ACCESS_READ,
                                       .writes = access & ACCESS_WRITE,
                                       .in_part = true});
}

/* The whole of an allocation, where a pointer may lead anywhere in it. */
static void use_whole(cl_kernel kernel, const void *pointer, enum access access)
{
    struct hum_region_info region;

    if (pointer && hum_region_info(humi_space(), pointer, &region) == HUM_OK)
        use_memory(kernel, region.ptr, region.bytes, access);
}

void humi_misuse_launch(cl_kernel kernel, cl_device_id device)
{
    for (unsigned i = 0; i < kernel->arg_count; i++) {
        const struct humi_kernel_arg *arg = &kernel->args[i];

        if (arg->param.kind != HUM_CL_POINTER && arg->param.kind != HUM_CL_IMAGE)
            continue;
        if (arg->mem)
            use_memory(kernel, arg->mem->start, arg->mem->bytes, access_of(kernel, i, device));
        else
            use_whole(kernel, arg->pointer, access_of(kernel, i, device));
    }
    for (unsigned k = 0; k < HUMI_REACHED_KINDS; k++)
        for (size_t i = 0; i < kernel->reached[k].count; i++)
            use_whole(kernel, kernel->reached[k].pointers[i], ACCESS_BOTH);
}
