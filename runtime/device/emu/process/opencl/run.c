/* SPDX-License-Identifier: MIT */
/* run.c - running a piece of a launch: arguments, the enqueue, and waiting for its end. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "device/emu/process/opencl/program.h"
#include "device/opencl/enqueue.h"
#include "os/futex.h"

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

/*
 * OpenCL gets one launch and behind it a function, which runs on a helper when the launch has
 * ended: it tells so, and looks for the next.  So launch follows launch without waking a thread,
 * the worker sleeps meanwhile, and what is touched, or crashes, is of the right launch.
 */
struct series {
    struct humi_worker *worker;
    struct humi_piece *piece;   /* of the launch that runs */
    cl_event event;             /* that launch's */
    cl_int error;               /* that launch's */
    uint32_t ended;             /* futex: no function is behind it */
};

#define KEEP_NS INT64_C(1000000) /* that a helper sleeps for the next launch */

static void CL_CALLBACK go_on(void *arg);

static cl_int set_args(struct humi_cl_called *called, struct humi_emu_slot *slot,
                       struct humi_cl_range *range_out)
{
    return humi_cl_call(called, humi_emu_args(humi_device.control, slot),
                        (size_t)slot->args_bytes, range_out);
}

static void series_end(struct series *series)
{
    uint32_t *ended = &series->ended; /* the series may be gone once it is set */

    __atomic_store_n(ended, 1, __ATOMIC_SEQ_CST);
    humi_futex_wake(ended, 1);
}

/* The arguments of the piece's launch are set. */
static void give(struct series *series, const struct humi_cl_range *range)
{
    cl_command_queue queue = humi_cl_device.calls;

    series->error = humi_cl.EnqueueNDRangeKernel(
        queue, series->piece->kernel->cl->called->kernel, range->dimensions, range->offset,
        range->global, range->any_local ? NULL : range->local, 0, NULL, &series->event);
    if (series->error != CL_SUCCESS ||
        humi_cl.EnqueueNativeKernel(queue, go_on, &series, sizeof series, 0, NULL, NULL, 0, NULL,
                                    NULL) != CL_SUCCESS)
        series_end(series); /* the worker tells that the launch has ended */
    (void)humi_cl.Flush(queue);
}

/* How the launch that OpenCL was given last has ended, which it has. */
static cl_int outcome(struct series *series)
{
    cl_int end = CL_COMPLETE, error = series->error;

    if (series->event) {
        if (error == CL_SUCCESS)
            error = humi_cl.GetEventInfo(series->event, CL_EVENT_COMMAND_EXECUTION_STATUS,
                                         sizeof end, &end, NULL);
        (void)humi_cl.ReleaseEvent(series->event);
        series->event = NULL;
    }
    return error == CL_SUCCESS && end < 0 ? end : error;
}

/* Look for the next launch for a while; false: there is none, or it is not run here. */
static bool find_next(struct series *series, struct humi_cl_range *range_out)
{
    const uint32_t *doorbell = &humi_device.control->doorbell;
    const struct humi_kernel *kernel;
    struct humi_emu_slot *slot;
    enum humi_next next;
    uint32_t bell;

    do {
        bell = __atomic_load_n(doorbell, __ATOMIC_SEQ_CST);
        next = humi_schedule_end(series->piece, &slot, &kernel);
    } while (next == HUMI_NEXT_NONE && humi_worker_await(bell, KEEP_NS));
    return next == HUMI_NEXT_CALLED &&
           set_args(kernel->cl->called, slot, range_out) == CL_SUCCESS &&
           is_known(kernel->cl, shape_of(range_out));
}

/* The launch has ended: that is told.  False: no other one runs in its place. */
static bool pass_on(struct series *series)
{
    struct humi_cl_range range;

    series->error = outcome(series);
    if (series->error != CL_SUCCESS)
        return false;
    humi_workers_lend(NULL);
    if (!find_next(series, &range))
        return false;
    humi_schedule_repeat(series->worker, series->piece);
    humi_workers_lend(series->piece->slot);
    give(series, &range);
    return true;
}

/* On a helper, behind a launch. */
static void CL_CALLBACK go_on(void *arg)
{
    struct series *series;

    memcpy(&series, arg, sizeof series);
    if (!pass_on(series))
        series_end(series);
}

static cl_int run_called(struct humi_worker *worker, struct humi_piece *piece)
{
    struct series series = {.worker = worker, .piece = piece};
    struct humi_cl_called *called = piece->kernel->cl->called;
    struct humi_cl_range range;
    cl_int error = set_args(called, piece->slot, &range), last;

    if (error != CL_SUCCESS)
        return error;
    if (!is_known(piece->kernel->cl, shape_of(&range)))
        return enqueue(worker->index, piece, called->kernel, &range);
    humi_schedule_started(piece);
    give(&series, &range);
    while (!__atomic_load_n(&series.ended, __ATOMIC_SEQ_CST))
        humi_futex_wait(&series.ended, 0, -1);
    error = humi_cl.Finish(humi_cl_device.calls);
    last = outcome(&series);
    return error == CL_SUCCESS ? last : error;
}

/* ---- all kernels ----------------------------------------------------------------------------- */

static cl_int run_on(unsigned worker, const struct humi_piece *piece)
{
    struct humi_cl_kernel *known = piece->kernel->cl;
    const struct humi_cl_form *form = &known->form;
    struct humi_emu_slot *slot = piece->slot;
    const struct hum_grid *grid = slot->grouped ? &slot->grid : NULL;
    const void *args = humi_emu_args(humi_device.control, slot);
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
                    ? humi_cl_set_plain(*kernel, form, args, humi_cl_set_pointer, NULL)
                    : humi_cl_set_portable(*kernel, args, piece->first, piece->parts, grid);
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

struct humi_result humi_cl_run(struct humi_worker *worker, struct humi_piece *piece)
{
    cl_int error = piece->kernel->cl->called ? run_called(worker, piece)
                                             : run_on(worker->index, piece);

    if (error != CL_SUCCESS && piece->slot)
        humi_warn("OpenCL does not run kernel %s: error %d", piece->kernel->cl->form.name, error);
    return (struct humi_result){.status = status_of(error)};
}
