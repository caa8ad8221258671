/* SPDX-License-Identifier: MIT */
/* run.c - running a piece of a launch: arguments, the enqueue, and waiting for its end. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "device/emu/process/opencl/program.h"

/* One enqueue, as OpenCL wants it. */
struct range {
    cl_uint dimensions;
    size_t global[3], local[3];
    bool any_local; /* OpenCL chooses the size of groups */
};

/* ---- arguments ------------------------------------------------------------------------------- */

static cl_int set_portable(cl_kernel kernel, const struct humi_piece *piece)
{
    const struct humi_emu_slot *slot = piece->slot;
    cl_ulong first = piece->first, parts = piece->parts;
    cl_ulong groups[4] = {1, 1, 1, 1}, items[4] = {1, 1, 1, 1};
    size_t local = slot->grouped && slot->grid.local_bytes ? slot->grid.local_bytes : 64;
    cl_int error;

    for (unsigned d = 0; slot->grouped && d < slot->grid.dimensions && d < 3; d++) {
        groups[d] = slot->grid.groups[d];
        items[d] = slot->grid.items[d];
    }
    error = humi_cl.SetKernelArgSVMPointer(kernel, 0, slot->args);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 1, sizeof first, &first);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 2, sizeof parts, &parts);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 3, sizeof groups, groups);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 4, sizeof items, items);
    return error == CL_SUCCESS ? humi_cl.SetKernelArg(kernel, 5, local, NULL) : error;
}

static cl_int set_plain(cl_kernel kernel, const struct humi_cl_kernel *known,
                        const struct humi_emu_slot *slot)
{
    cl_int error = CL_SUCCESS;

    for (cl_uint i = 0; error == CL_SUCCESS && i < known->count; i++) {
        const struct humi_cl_arg *arg = &known->args[i];
        const unsigned char *at = slot->args + arg->offset;
        size_t bytes;
        void *pointer;

        switch (arg->kind) {
        case HUMI_CL_POINTER:
            memcpy(&pointer, at, sizeof pointer);
            error = humi_cl.SetKernelArgSVMPointer(kernel, i, pointer);
            break;
        case HUMI_CL_LOCAL:
            memcpy(&bytes, at, sizeof bytes);
            error = humi_cl.SetKernelArg(kernel, i, bytes, NULL);
            break;
        default:
            error = humi_cl.SetKernelArg(kernel, i, arg->size, at);
        }
    }
    return error;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* A work-group a part; its place in the grid comes as arguments. */
static struct range portable_range(const struct humi_piece *piece)
{
    const struct humi_emu_slot *slot = piece->slot;
    size_t items = 1;

    for (unsigned d = 0; slot->grouped && d < slot->grid.dimensions && d < 3; d++)
        items *= slot->grid.items[d];
    items = items < humi_cl_device.items_max ? items : humi_cl_device.items_max;
    return (struct range){.dimensions = 1,
                          .global = {(piece->end - piece->first) * items},
                          .local = {items}};
}

static struct range plain_range(const struct humi_emu_slot *slot)
{
    struct range range = {.dimensions = 1, .global = {slot->count}, .any_local = true};

    if (!slot->grouped)
        return range;
    range.any_local = false;
    range.dimensions = slot->grid.dimensions < 3 ? slot->grid.dimensions : 3;
    for (unsigned d = 0; d < range.dimensions; d++) {
        range.local[d] = slot->grid.items[d];
        range.global[d] = slot->grid.groups[d] * slot->grid.items[d];
    }
    return range;
}

/* ---- the first run of a shape ---------------------------------------------------------------- */

/* The size of the groups as a number that is not 0. */
static size_t shape_of(const struct range *range)
{
    return range->any_local ? ~(range->global[0] << 1)
                            : range->local[0] | range->local[1] << 20 | range->local[2] << 40;
}

static bool is_known(const struct humi_cl_kernel *kernel, size_t shape)
{
    for (unsigned i = 0; i < HUMI_CL_SHAPES_MAX; i++)
        if (__atomic_load_n(&kernel->shapes[i], __ATOMIC_RELAXED) == shape)
            return true;
    return false;
}

/* What finds no room is new every time: that only costs looks. */
static void learn(struct humi_cl_kernel *kernel, size_t shape)
{
    for (unsigned i = 0; i < HUMI_CL_SHAPES_MAX; i++) {
        size_t none = 0;
        if (__atomic_compare_exchange_n(&kernel->shapes[i], &none, shape, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return;
    }
}

/* Until kernel code runs: before, it is compiled, which is no time of the kernel's. */
static void await_start(cl_event event)
{
    cl_int state = CL_QUEUED;

    while (humi_cl.GetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state,
                                NULL) == CL_SUCCESS &&
           state > CL_RUNNING)
        usleep(200);
}

/* ---- running --------------------------------------------------------------------------------- */

static cl_int enqueue(unsigned worker, const struct humi_piece *piece, cl_kernel kernel,
                      const struct range *range)
{
    struct humi_cl_kernel *known = piece->kernel->cl;
    cl_command_queue queue = known->plain ? humi_cl_device.whole : humi_cl_device.queue[worker];
    size_t shape = shape_of(range);
    cl_int error, end = CL_COMPLETE;
    cl_event event;

    error = humi_cl.EnqueueNDRangeKernel(queue, kernel, range->dimensions, NULL, range->global,
                                         range->any_local ? NULL : range->local, 0, NULL, &event);
    if (error != CL_SUCCESS)
        return error;
    (void)humi_cl.Flush(queue);
    if (!is_known(known, shape)) {
        await_start(event);
        learn(known, shape);
    }
    humi_schedule_started(piece);
    error = humi_cl.WaitForEvents(1, &event);
    if (error == CL_SUCCESS || error == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
        error = humi_cl.GetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof end, &end,
                                     NULL);
    (void)humi_cl.ReleaseEvent(event);
    return error == CL_SUCCESS && end < 0 ? end : error;
}

static cl_int run_on(unsigned worker, const struct humi_piece *piece)
{
    struct humi_cl_kernel *known = piece->kernel->cl;
    struct range range = known->plain ? plain_range(piece->slot) : portable_range(piece);
    cl_int error = CL_SUCCESS;

    if (!known->of_worker[worker])
        known->of_worker[worker] = humi_cl.CreateKernel(known->program, known->name, &error);
    if (error == CL_SUCCESS)
        error = known->plain ? set_plain(known->of_worker[worker], known, piece->slot)
                             : set_portable(known->of_worker[worker], piece);
    return error == CL_SUCCESS ? enqueue(worker, piece, known->of_worker[worker], &range) : error;
}

static enum hum_status status_of(cl_int error)
{
    switch (error) {
    case CL_SUCCESS:
        return HUM_OK;
    case CL_OUT_OF_HOST_MEMORY:
    case CL_OUT_OF_RESOURCES:
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
        return HUM_ERR_NO_MEMORY;
    case CL_INVALID_WORK_GROUP_SIZE:
    case CL_INVALID_WORK_ITEM_SIZE:
    case CL_INVALID_GLOBAL_WORK_SIZE:
    case CL_INVALID_ARG_SIZE:
        return HUM_ERR_UNSUPPORTED;
    default:
        return HUM_ERR_MODULE;
    }
}

struct humi_result humi_cl_run(struct humi_worker *worker, const struct humi_piece *piece)
{
    cl_int error = run_on(worker->index, piece);

    if (error != CL_SUCCESS)
        humi_warn("OpenCL does not run kernel %s: error %d", piece->kernel->cl->name, error);
    return (struct humi_result){.status = status_of(error)};
}
