/* SPDX-License-Identifier: MIT */
/*
 * call.c - launches as OpenCL has them: checked as clEnqueueNDRangeKernel() and clSetKernelArg()
 * would, then made into one argument block (device/program.h) and launched like any other.
 */
#include <string.h>

#include "base/status.h"
#include "core/program.h"
#include "core/stream.h"

/* Refuse with OpenCL's error; the text is its name and what is wrong. */
#define refuse(error, ...) (*error_out = (error), humi_fail(HUM_ERR_INVALID, __VA_ARGS__))

/* ---- where it runs --------------------------------------------------------------------------- */

static enum hum_status check_groups(const struct humi_signature *takes,
                                    const struct humi_call *call, int *error_out)
{
    uint64_t items = 1;
    for (unsigned d = 0; d < 3; d++) {
        uint64_t local = d < call->dimensions ? call->local[d] : 1;
        if (takes->required[0] && local != takes->required[d])
            return refuse(HUMI_CL_INVALID_WORK_GROUP_SIZE,
                          "the kernel asks for groups of another size in dimension %u", d);
        if (d >= call->dimensions || call->local[0] == 0)
            continue;
        if (local == 0)
            return refuse(HUMI_CL_INVALID_WORK_GROUP_SIZE, "groups of no work-items");
        if (local > takes->sizes_max[d])
            return refuse(HUMI_CL_INVALID_WORK_ITEM_SIZE,
                          "groups of %lu work-items in dimension %u, at most %lu are possible",
                          (unsigned long)local, d, (unsigned long)takes->sizes_max[d]);
        if (call->global[d] % local && !takes->non_uniform)
            return refuse(HUMI_CL_INVALID_WORK_GROUP_SIZE,
                          "%lu work-items in dimension %u are no whole number of groups of %lu",
                          (unsigned long)call->global[d], d, (unsigned long)local);
        if (__builtin_mul_overflow(items, local, &items) || items > takes->items_max)
            return refuse(HUMI_CL_INVALID_WORK_GROUP_SIZE,
                          "groups of more than %lu work-items", (unsigned long)takes->items_max);
    }
    return HUM_OK;
}

static enum hum_status check_range(const struct humi_call *call, uint64_t *items_out,
                                   int *error_out)
{
    uint64_t items = 1, end;
    for (unsigned d = 0; d < call->dimensions; d++) {
        if (__builtin_add_overflow(call->offset[d], call->global[d], &end))
            return refuse(HUMI_CL_INVALID_GLOBAL_OFFSET,
                          "numbers of work-items in dimension %u leave the range of size_t", d);
        if (__builtin_mul_overflow(items, call->global[d], &items))
            return refuse(HUMI_CL_INVALID_GLOBAL_WORK_SIZE, "too many work-items");
    }
    *items_out = items;
    return HUM_OK;
}

/* What the user asked for; a task is one work-item. */
static struct humi_call call_of(const struct hum_cl_range *range, unsigned count)
{
    struct humi_call call = {.dimensions = range->dimensions, .count = count};
    for (unsigned d = 0; d < range->dimensions; d++) {
        call.offset[d] = range->offset[d];
        call.global[d] = range->global[d];
        call.local[d] = range->local[0] ? range->local[d] : 0;
    }
    if (range->dimensions == 0) {
        call.dimensions = 1;
        call.global[0] = call.local[0] = 1;
    }
    for (unsigned d = call.dimensions; d < 3; d++) {
        call.global[d] = 1;
        call.local[d] = call.local[0] ? 1 : 0;
    }
    return call;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* What of an argument goes into the block. */
struct piece {
    const void *data;
    size_t bytes;
};

static enum hum_status check_arg(const struct humi_param *param, const struct hum_cl_arg *arg,
                                 unsigned index, int *error_out)
{
    if ((uint32_t)arg->kind != param->kind ||
        (arg->kind != HUM_CL_POINTER && arg->kind != HUM_CL_LOCAL && !arg->u.value))
        return refuse(HUMI_CL_INVALID_ARG_VALUE, "argument %u is of another kind, or not given",
                      index);
    if (arg->kind == HUM_CL_LOCAL && arg->bytes == 0)
        return refuse(HUMI_CL_INVALID_ARG_SIZE, "argument %u: no bytes of local memory", index);
    if (arg->kind == HUM_CL_VALUE && (arg->bytes == 0 || arg->bytes > HUM_ARGS_MAX ||
                                      (param->bytes && arg->bytes != param->bytes)))
        return refuse(HUMI_CL_INVALID_ARG_SIZE, "argument %u has %u bytes, not %zu", index,
                      param->bytes, arg->bytes);
    return HUM_OK;
}

static struct piece piece_of(const struct hum_cl_arg *arg)
{
    switch (arg->kind) {
    case HUM_CL_POINTER:
        return (struct piece){&arg->u.pointer, sizeof arg->u.pointer};
    case HUM_CL_LOCAL:
        return (struct piece){&arg->bytes, sizeof arg->bytes};
    case HUM_CL_IMAGE:
        return (struct piece){arg->u.image, sizeof *arg->u.image};
    case HUM_CL_SAMPLER:
        return (struct piece){arg->u.sampler, sizeof *arg->u.sampler};
    default:
        return (struct piece){arg->u.value, arg->bytes};
    }
}

/* The arguments behind the call's head; *bytes is what there is of the block, and grows. */
static enum hum_status put_args(const struct humi_signature *takes, const struct hum_cl_arg *args,
                                unsigned count, unsigned char *block, size_t *bytes,
                                int *error_out)
{
    uint64_t local = 0;
    for (unsigned i = 0; i < count; i++) {
        enum hum_status status = check_arg(&takes->params[i], &args[i], i, error_out);
        if (status != HUM_OK)
            return status;
        struct piece piece = piece_of(&args[i]);
        struct humi_call_arg head = {args[i].kind, (uint32_t)piece.bytes};
        size_t room = humi_call_room(piece.bytes);
        if (room > HUM_ARGS_MAX - *bytes)
            return refuse(HUMI_CL_OUT_OF_RESOURCES, "arguments of more than %zu bytes",
                          HUM_ARGS_MAX);
        if (args[i].kind == HUM_CL_LOCAL &&
            __builtin_add_overflow(local, args[i].bytes, &local))
            local = UINT64_MAX;
        memset(block + *bytes, 0, room);
        memcpy(block + *bytes, &head, sizeof head);
        memcpy(block + *bytes + sizeof head, piece.data, piece.bytes);
        *bytes += room;
    }
    if (local > takes->local_max)
        return refuse(HUMI_CL_OUT_OF_RESOURCES, "%lu bytes of local memory, at most %lu are left",
                      (unsigned long)local, (unsigned long)takes->local_max);
    return HUM_OK;
}

/* ---- the launch ------------------------------------------------------------------------------ */

static enum hum_status check_call(struct hum_stream *stream, const struct hum_kernel *kernel,
                                  const struct hum_cl_range *range, const struct hum_cl_arg *args,
                                  unsigned count, int *error_out)
{
    if (!stream || !kernel || !kernel->signature || kernel->module->hum != stream->hum ||
        kernel->module->processor != stream->processor)
        return refuse(HUMI_CL_INVALID_KERNEL,
                      "hum_launch_cl needs a stream and a kernel of a program of its device");
    if (!range || range->dimensions > 3)
        return refuse(HUMI_CL_INVALID_WORK_DIMENSION, "a range has 0 to 3 dimensions");
    if (count != kernel->signature->count || (count && !args))
        return refuse(HUMI_CL_INVALID_KERNEL_ARGS, "kernel '%s' takes %u arguments, not %u",
                      kernel->name, kernel->signature->count, count);
    return HUM_OK;
}

enum hum_status hum_launch_cl(struct hum_stream *stream, struct hum_kernel *kernel,
                              const struct hum_cl_range *range, const struct hum_cl_arg *args,
                              unsigned count, int *error_out)
{
    _Alignas(8) unsigned char block[HUM_ARGS_MAX];
    size_t bytes = sizeof(struct humi_call);
    uint64_t items = 0;
    int error = 0;
    enum hum_status status = check_call(stream, kernel, range, args, count, &error);
    if (status != HUM_OK)
        return humi_program_result(status, error, error_out);
    struct humi_call call = call_of(range, count);
    status = check_range(&call, &items, &error);
    if (status == HUM_OK && items > 0)
        status = check_groups(kernel->signature, &call, &error);
    if (status == HUM_OK)
        status = put_args(kernel->signature, args, count, block, &bytes, &error);
    if (status != HUM_OK)
        return humi_program_result(status, error, error_out);
    memcpy(block, &call, sizeof call);
    const struct humi_launch launch = {.kernel = kernel->id,
                                       .queue = stream->queue,
                                       .count = items,
                                       .args = block,
                                       .args_bytes = bytes};
    return humi_program_result(humi_launch(stream, &launch), 0, error_out);
}
