/* SPDX-License-Identifier: MIT */
/*
 * launch.c - clEnqueueNDRangeKernel.  A launch takes along what its arguments are at the enqueue:
 *
 *     struct launch | hum_cl_arg each | held objects | images | bytes of the values
 */
#include <stdlib.h>
#include <string.h>

#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/image.h"
#include "platform/kernel.h"
#include "platform/misuse.h"
#include "platform/platform.h"
#include "platform/sampler.h"
#include "platform/usm.h"

struct launch {
    struct _cl_event event;
    cl_kernel kernel; /* held */
    struct hum_kernel *on_device;
    struct hum_cl_range range;
    unsigned arg_count, held_count;
    struct humi_object **held;
    size_t use_count;
    struct hum_range *uses; /* declared, allocated; NULL: hum finds them in the arguments */
    struct hum_cl_arg args[];
};

/* ---- on its way ------------------------------------------------------------------------------ */

static cl_int run(struct _cl_event *event, struct hum_stream *stream)
{
    struct launch *launch = (struct launch *)event;
    int error = CL_SUCCESS;
    enum hum_status status = HUM_OK;

    for (size_t i = 0; status == HUM_OK && i < launch->use_count; i++)
        status = hum_use(stream, launch->uses[i].ptr, launch->uses[i].bytes, HUM_READ | HUM_WRITE);
    if (status == HUM_OK)
        status = hum_launch_cl(stream, launch->on_device, &launch->range, launch->args,
                               launch->arg_count, &error);
    return humi_program_error(status, error);
}

static void release(struct _cl_event *event)
{
    struct launch *launch = (struct launch *)event;

    for (unsigned i = 0; i < launch->held_count; i++)
        humi_drop(launch->held[i]);
    free(launch->uses);
    humi_drop(&launch->kernel->object);
}

static void look(struct _cl_event *event)
{
    humi_misuse_launch(((struct launch *)event)->kernel, event->queue->device);
}

static const struct humi_command_ops ops = {.launch = run, .release = release, .look = look};

/* ---- what it takes along --------------------------------------------------------------------- */

/* Where the parts behind the arguments go. */
struct packing {
    struct launch *launch;
    struct hum_cl_image *images;
    char *values;
};

static size_t round_up(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static struct launch *allocate(cl_command_queue queue, cl_kernel kernel, cl_command_type type,
                               struct packing *packing_out)
{
    size_t images = 0, values = 0, args = kernel->arg_count, bytes;
    struct launch *launch;

    for (size_t i = 0; i < args; i++) {
        if (kernel->args[i].param.kind == HUM_CL_IMAGE)
            images++;
        else if (kernel->args[i].param.kind == HUM_CL_VALUE)
            values += round_up(kernel->args[i].bytes);
    }
    bytes = sizeof *launch + args * sizeof launch->args[0] + args * sizeof launch->held[0] +
            images * sizeof *packing_out->images + values;
    launch = humi_command_create(queue, bytes, type, &ops);
    if (!launch)
        return NULL;
    launch->held = (struct humi_object **)(void *)(launch->args + args);
    packing_out->launch = launch;
    packing_out->images = (struct hum_cl_image *)(void *)(launch->held + args);
    packing_out->values = (char *)(packing_out->images + images);
    return launch;
}

static void hold(struct launch *launch, struct humi_object *object)
{
    humi_hold(object);
    launch->held[launch->held_count++] = object;
}

static void pack(struct packing *packing, const struct humi_kernel_arg *arg)
{
    struct launch *launch = packing->launch;
    struct hum_cl_arg *out = &launch->args[launch->arg_count++];

    out->kind = arg->param.kind;
    out->bytes = arg->bytes;
    if (arg->mem)
        hold(launch, &arg->mem->object);
    switch (arg->param.kind) {
    case HUM_CL_POINTER:
        out->u.pointer = arg->mem ? arg->mem->start : arg->pointer;
        break;
    case HUM_CL_IMAGE:
        humi_image_describe(arg->mem, packing->images);
        out->u.image = packing->images++;
        break;
    case HUM_CL_SAMPLER:
        hold(launch, &arg->sampler->object);
        out->u.sampler = &arg->sampler->mode;
        break;
    case HUM_CL_VALUE:
        memcpy(packing->values, arg->value, arg->bytes);
        out->u.value = packing->values;
        packing->values += round_up(arg->bytes);
        break;
    case HUM_CL_LOCAL:
    default:
        break;
    }
}

/* ---- declared uses --------------------------------------------------------------------------- */

/* Add the allocation, or buffer, that starts or lies there. */
static void add_use(struct launch *launch, const void *pointer)
{
    struct hum_region_info region;

    if (pointer && hum_region_info(humi_space(), pointer, &region) == HUM_OK)
        launch->uses[launch->use_count++] = (struct hum_range){region.ptr, region.bytes};
}

/* With memory that no argument shows, a launch declares all that it uses. */
static cl_int declare(struct launch *launch, cl_kernel kernel)
{
    cl_context context = kernel->program->context;
    size_t room = launch->arg_count, all;

    for (unsigned k = 0; k < HUMI_REACHED_KINDS; k++)
        room += kernel->reached[k].count;
    if (room == launch->arg_count)
        return CL_SUCCESS; /* where types are reached as a whole, hum knows: humi_usm_reach() */
    all = humi_usm_list(context, kernel->usm_types, NULL, 0);
    launch->uses = calloc(room + all, sizeof *launch->uses);
    if (!launch->uses)
        return CL_OUT_OF_HOST_MEMORY;
    launch->use_count = humi_usm_list(context, kernel->usm_types, launch->uses, all);
    if (launch->use_count > all)
        launch->use_count = all; /* made meanwhile */
    for (unsigned k = 0; k < HUMI_REACHED_KINDS; k++)
        for (size_t i = 0; i < kernel->reached[k].count; i++)
            add_use(launch, kernel->reached[k].pointers[i]);
    for (unsigned i = 0; i < launch->arg_count; i++) {
        if (launch->args[i].kind == HUM_CL_POINTER)
            add_use(launch, launch->args[i].u.pointer);
        else if (launch->args[i].kind == HUM_CL_IMAGE)
            add_use(launch, launch->args[i].u.image->pixels);
    }
    return CL_SUCCESS;
}

/* ---- checking -------------------------------------------------------------------------------- */

static cl_int check_args(cl_command_queue queue, cl_kernel kernel)
{
    for (unsigned i = 0; i < kernel->arg_count; i++) {
        const struct humi_kernel_arg *arg = &kernel->args[i];
        cl_int error = CL_SUCCESS;

        if (!arg->is_set)
            return CL_INVALID_KERNEL_ARGS;
        if (arg->mem)
            error = humi_enqueue_check_mem(queue, arg->mem);
        if (error != CL_SUCCESS)
            return error;
        if (arg->param.kind == HUM_CL_SAMPLER && arg->sampler->context != queue->context)
            return CL_INVALID_CONTEXT;
    }
    return CL_SUCCESS;
}

static cl_int check_kernel(cl_command_queue queue, cl_kernel kernel, const struct humi_wait *wait)
{
    if (!humi_is(queue, HUMI_KIND_QUEUE))
        return CL_INVALID_COMMAND_QUEUE;
    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    if (kernel->program->context != queue->context)
        return CL_INVALID_CONTEXT;
    cl_int error = humi_wait_check(queue->context, wait);
    if (error != CL_SUCCESS)
        return error;
    if (!humi_kernel_on(kernel, queue->device))
        return CL_INVALID_PROGRAM_EXECUTABLE;
    return check_args(queue, kernel);
}

/* Work-items must have numbers that a size_t holds; groups must be none of nothing. */
static cl_int read_range(cl_uint dimensions, const size_t *offset, const size_t *global,
                         const size_t *local, struct hum_cl_range *range_out)
{
    if (dimensions < 1 || dimensions > 3)
        return CL_INVALID_WORK_DIMENSION;
    if (!global)
        return CL_INVALID_GLOBAL_WORK_SIZE;
    *range_out = (struct hum_cl_range){.dimensions = dimensions};
    for (cl_uint d = 0; d < dimensions; d++) {
        size_t end;

        range_out->offset[d] = offset ? offset[d] : 0;
        range_out->global[d] = global[d];
        range_out->local[d] = local ? local[d] : 0;
        if (local && !local[d])
            return CL_INVALID_WORK_GROUP_SIZE;
        if (__builtin_add_overflow(range_out->offset[d], global[d], &end))
            return CL_INVALID_GLOBAL_OFFSET;
    }
    return CL_SUCCESS;
}

/* ---- the functions --------------------------------------------------------------------------- */

/* The kernel, held; of a command that is recorded one whose arguments stay as they are, if they
 * are going to be asked for. */
static cl_kernel keep(cl_command_queue queue, cl_kernel kernel)
{
    if (queue->recorder && humi_misuse_is_sought())
        return humi_clCloneKernel(kernel, NULL);
    humi_hold(&kernel->object);
    return kernel;
}

static cl_int submit(cl_command_queue queue, cl_kernel kernel, cl_command_type type,
                     const struct hum_cl_range *range, const struct humi_submit *how)
{
    struct packing packing;
    struct launch *launch = allocate(queue, kernel, type, &packing);
    cl_int error;

    if (!launch)
        return CL_OUT_OF_HOST_MEMORY;
    launch->kernel = keep(queue, kernel);
    if (!launch->kernel) {
        (void)humi_clReleaseEvent(&launch->event);
        return CL_OUT_OF_HOST_MEMORY;
    }
    launch->on_device = humi_kernel_on(kernel, queue->device);
    launch->range = *range;
    for (unsigned i = 0; i < kernel->arg_count; i++)
        pack(&packing, &kernel->args[i]);
    error = declare(launch, kernel);
    if (error == CL_SUCCESS)
        return humi_graph_submit(&launch->event, how);
    release(&launch->event);
    (void)humi_clReleaseEvent(&launch->event);
    return error;
}

cl_int CL_API_CALL humi_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
                                               cl_uint dimensions, const size_t *offset,
                                               const size_t *global, const size_t *local,
                                               cl_uint count, const cl_event *events,
                                               cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct hum_cl_range range;
    cl_int error = check_kernel(queue, kernel, &how.wait);

    if (error == CL_SUCCESS)
        error = read_range(dimensions, offset, global, local, &range);
    return error == CL_SUCCESS ? submit(queue, kernel, CL_COMMAND_NDRANGE_KERNEL, &range, &how)
                               : error;
}

cl_int CL_API_CALL humi_clEnqueueTask(cl_command_queue queue, cl_kernel kernel, cl_uint count,
                                      const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    const struct hum_cl_range range = {.dimensions = 1, .global = {1, 1, 1}, .local = {1, 1, 1}};
    cl_int error = check_kernel(queue, kernel, &how.wait);

    return error == CL_SUCCESS ? submit(queue, kernel, CL_COMMAND_TASK, &range, &how) : error;
}

/* No device runs functions of the program: CL_DEVICE_EXECUTION_CAPABILITIES. */
cl_int CL_API_CALL humi_clEnqueueNativeKernel(cl_command_queue queue,
                                              void(CL_CALLBACK *function)(void *), void *args,
                                              size_t bytes, cl_uint mem_count, const cl_mem *mems,
                                              const void **places, cl_uint count,
                                              const cl_event *events, cl_event *event_out)
{
    const struct humi_wait wait = {count, events};
    cl_int error = humi_enqueue_check(queue, &wait);

    (void)event_out;
    if (error != CL_SUCCESS)
        return error;
    if (!function || (!args && (bytes || mem_count)) || (args && !bytes) || !mem_count != !mems ||
        !mem_count != !places)
        return CL_INVALID_VALUE;
    return CL_INVALID_OPERATION;
}
