/* SPDX-License-Identifier: MIT */
/*
 * call.c - the argument block of a called kernel, set argument by argument.
 *
 * What was set before and has not changed is not set again.  Images and samplers are looked up each
 * time: the object that was set may have been dropped meanwhile.
 */
#include <string.h>

#include "device/emu/process/opencl/program.h"

static cl_int set_image(cl_kernel kernel, cl_uint index, const unsigned char *at)
{
    struct hum_cl_image image;
    cl_mem memory;
    cl_int error;

    memcpy(&image, at, sizeof image);
    error = humi_cl_image(&image, &memory);
    return error == CL_SUCCESS ? humi_cl.SetKernelArg(kernel, index, sizeof memory, &memory)
                               : error;
}

static cl_int set_sampler(cl_kernel kernel, cl_uint index, const unsigned char *at)
{
    struct hum_cl_sampler as;
    cl_sampler sampler;
    cl_int error;

    memcpy(&as, at, sizeof as);
    error = humi_cl_sampler(&as, &sampler);
    return error == CL_SUCCESS ? humi_cl.SetKernelArg(kernel, index, sizeof sampler, &sampler)
                               : error;
}

/* The bytes at `at` are as many as `arg` says. */
static cl_int set(cl_kernel kernel, cl_uint index, const struct humi_call_arg *arg,
                  const unsigned char *at)
{
    uint64_t word = 0;

    memcpy(&word, at, arg->bytes < sizeof word ? arg->bytes : sizeof word);
    switch (arg->kind) {
    case HUM_CL_POINTER:
        return humi_cl_set_pointer(kernel, index, (uintptr_t)word, NULL);
    case HUM_CL_LOCAL:
        return humi_cl.SetKernelArg(kernel, index, (size_t)word, NULL);
    case HUM_CL_VALUE:
        return humi_cl.SetKernelArg(kernel, index, arg->bytes, at);
    case HUM_CL_IMAGE:
        return arg->bytes == sizeof(struct hum_cl_image) ? set_image(kernel, index, at)
                                                         : CL_INVALID_ARG_SIZE;
    case HUM_CL_SAMPLER:
        return arg->bytes == sizeof(struct hum_cl_sampler) ? set_sampler(kernel, index, at)
                                                           : CL_INVALID_ARG_SIZE;
    default:
        return CL_INVALID_ARG_VALUE;
    }
}

/* The arguments of the block, which a kernel may have written over, so that it is not trusted. */
static cl_int set_all(struct humi_cl_called *called, const unsigned char *block, size_t bytes,
                      unsigned count)
{
    size_t at = sizeof(struct humi_call);
    bool same = called->set_bytes > 0; /* all before had the same kind and size the last time */

    for (unsigned i = 0; i < count; i++) {
        struct humi_call_arg arg;
        bool is_object;
        size_t room;
        cl_int error;
        if (bytes - at < sizeof arg)
            return CL_INVALID_KERNEL_ARGS;
        memcpy(&arg, block + at, sizeof arg);
        room = humi_call_room(arg.bytes);
        if (bytes - at < room)
            return CL_INVALID_KERNEL_ARGS;
        same = same && at + room <= called->set_bytes &&
               memcmp(called->set + at, &arg, sizeof arg) == 0;
        is_object = arg.kind == HUM_CL_IMAGE || arg.kind == HUM_CL_SAMPLER;
        if (!same || is_object || memcmp(called->set + at, block + at, room) != 0) {
            error = set(called->kernel, i, &arg, block + at + sizeof arg);
            if (error != CL_SUCCESS)
                return error;
        }
        at += room;
    }
    return CL_SUCCESS;
}

cl_int humi_cl_call(struct humi_cl_called *called, const void *block, size_t bytes,
                    struct humi_cl_range *range_out)
{
    struct humi_call call;
    cl_int error;

    if (bytes < sizeof call || bytes > sizeof called->set)
        return CL_INVALID_KERNEL_ARGS;
    memcpy(&call, block, sizeof call);
    error = set_all(called, block, bytes, call.count);
    called->set_bytes = 0;
    if (error != CL_SUCCESS)
        return error;
    memcpy(called->set, block, bytes);
    called->set_bytes = bytes;
    *range_out = (struct humi_cl_range){.dimensions = call.dimensions % 4,
                                        .any_local = call.local[0] == 0};
    for (unsigned d = 0; d < 3; d++) {
        range_out->offset[d] = call.offset[d];
        range_out->global[d] = call.global[d];
        range_out->local[d] = call.local[d];
    }
    return CL_SUCCESS;
}
