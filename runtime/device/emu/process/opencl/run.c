/* SPDX-License-Identifier: MIT */
/* run.c - running a piece of a launch: arguments, the enqueue, and waiting for its end. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "device/emu/process/opencl/program.h"
#include "device/opencl/enqueue.h"

/* ---- the first run of a shape ---------------------------------------------------------------- */

/*
 * The size of the groups as a number that is not 0, with what else PoCL compiles anew for: an
 * offset, and a wide grid.
 */
static size_t shape_of(const struct humi_cl_range *range)
{
    bool moved = range->offset[0] || range->offset[1] || range->offset[2];
    bool wide = (range->global[0] | range->global[1] | range->global[2]) > UINT16_MAX;
    size_t groups = range->any_local
                        ? ~(range->global[0] << 1)
                        : range->local[0] | range->local[1] << 20 | range->local[2] << 40;

    return groups ^ ((size_t)moved << 62 | (size_t)wide << 61);
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
                      const struct humi_cl_range *range)
{
    struct humi_cl_kernel *known = piece->kernel->cl;
    cl_command_queue queue = known->called       ? humi_cl_device.calls
                             : known->form.plain ? humi_cl_device.whole
                                                 : humi_cl_device.queue[worker];
    size_t shape = shape_of(range);
    cl_int error, end = CL_COMPLETE;
    cl_event event;

    error = humi_cl.EnqueueNDRangeKernel(queue, kernel, range->dimensions,
                                         known->called ? range->offset : NULL, range->global,
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

/* ---- launches of programs, one behind the other ---------------------------------------------- */

#define CHAIN_MAX 64u

/* Launches that OpenCL has, in the order of its queue. */
struct chain {
    unsigned queue, count;
    struct humi_emu_slot *last;
    const struct humi_kernel *kernel;   /* of the last */
    cl_event event;                     /* of the last */
};

/*
 * On a helper, between two launches: so that whatever is touched, and whatever crashes, is of the
 * right one.
 */
static void CL_CALLBACK pass(void *arg)
{
    unsigned queue;

    memcpy(&queue, arg, sizeof queue);
    humi_workers_lend(humi_schedule_pass(queue));
}

/* Give OpenCL one more; its arguments are set. */
static cl_int add(struct chain *chain, struct humi_emu_slot *slot,
                  const struct humi_kernel *kernel, const struct humi_cl_range *range)
{
    cl_event event;
    cl_int error = CL_SUCCESS;

    if (chain->count > 0)
        error = humi_cl.EnqueueNativeKernel(humi_cl_device.calls, pass, &chain->queue,
                                            sizeof chain->queue, 0, NULL, NULL, 0, NULL, NULL);
    if (error != CL_SUCCESS)
        return error;
    chain->kernel = kernel;
    error = humi_cl.EnqueueNDRangeKernel(humi_cl_device.calls, kernel->cl->called->kernel,
                                         range->dimensions, range->offset, range->global,
                                         range->any_local ? NULL : range->local, 0, NULL, &event);
    if (error != CL_SUCCESS)
        return error; /* of this launch, to which the helpers pass */
    if (chain->event)
        (void)humi_cl.ReleaseEvent(chain->event);
    chain->event = event;
    chain->last = slot;
    chain->count++;
    return CL_SUCCESS;
}

/* Those behind the first that will run without being compiled. */
static cl_int add_others(struct chain *chain)
{
    struct humi_emu_slot *slot;
    const struct humi_kernel *kernel;
    struct humi_cl_range range;
    cl_int error = CL_SUCCESS;

    while (error == CL_SUCCESS && chain->count < CHAIN_MAX) {
        slot = humi_schedule_next(chain->queue, chain->last, &kernel);
        if (!slot || humi_cl_call(kernel->cl->called, slot->args, (size_t)slot->args_bytes,
                                  &range) != CL_SUCCESS ||
            !is_known(kernel->cl, shape_of(&range)))
            return CL_SUCCESS; /* its own turn comes */
        error = add(chain, slot, kernel, &range);
    }
    return error;
}

static cl_int wait_for(struct chain *chain)
{
    cl_int error = humi_cl.Finish(humi_cl_device.calls), end = CL_COMPLETE;

    if (error == CL_SUCCESS && chain->event)
        error = humi_cl.GetEventInfo(chain->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof end,
                                     &end, NULL);
    if (chain->event)
        (void)humi_cl.ReleaseEvent(chain->event);
    return error == CL_SUCCESS && end < 0 ? end : error;
}

/* The result is that of the launch to which the piece has passed, whose kernel is written. */
static cl_int run_called(unsigned worker, const struct humi_piece *piece,
                         const struct humi_kernel **kernel_out)
{
    struct chain chain = {.queue = piece->queue, .kernel = piece->kernel};
    struct humi_emu_slot *slot = piece->slot;
    struct humi_cl_called *called = piece->kernel->cl->called;
    struct humi_cl_range range;
    cl_int error = humi_cl_call(called, slot->args, (size_t)slot->args_bytes, &range), end;

    if (error != CL_SUCCESS)
        return error;
    if (!is_known(piece->kernel->cl, shape_of(&range)))
        return enqueue(worker, piece, called->kernel, &range);
    humi_schedule_started(piece);
    error = add(&chain, slot, piece->kernel, &range);
    if (error == CL_SUCCESS)
        error = add_others(&chain);
    end = wait_for(&chain);
    *kernel_out = chain.kernel;
    return error == CL_SUCCESS ? end : error;
}

/* ---- all kernels ----------------------------------------------------------------------------- */

static cl_int run_on(unsigned worker, const struct humi_piece *piece)
{
    struct humi_cl_kernel *known = piece->kernel->cl;
    const struct humi_cl_form *form = &known->form;
    const struct humi_emu_slot *slot = piece->slot;
    const struct hum_grid *grid = slot->grouped ? &slot->grid : NULL;
    cl_kernel *kernel = &known->of_worker[worker];
    struct humi_cl_range range =
        form->plain ? humi_cl_range_plain(slot->count, grid)
                    : humi_cl_range_portable(piece->end - piece->first, grid, 1,
                                             humi_cl_device.target.items_max);
    cl_int error = CL_SUCCESS;

    if (!*kernel)
        *kernel = humi_cl.CreateKernel(form->program, form->name, &error);
    if (error == CL_SUCCESS)
        error = form->plain
                    ? humi_cl_set_plain(*kernel, form, slot->args, humi_cl_set_pointer, NULL)
                    : humi_cl_set_portable(*kernel, slot->args, piece->first, piece->parts, grid);
    return error == CL_SUCCESS ? enqueue(worker, piece, *kernel, &range) : error;
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
    const struct humi_kernel *kernel = piece->kernel;
    cl_int error = kernel->cl->called ? run_called(worker->index, piece, &kernel)
                                      : run_on(worker->index, piece);

    if (error != CL_SUCCESS)
        humi_warn("OpenCL does not run kernel %s: error %d", kernel->cl->form.name, error);
    return (struct humi_result){.status = status_of(error)};
}
