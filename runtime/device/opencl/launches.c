/* SPDX-License-Identifier: MIT */
/*
 * launches.c - submitting and waiting.
 *
 * A queue of the core's is an in-order queue of OpenCL's.  The argument block of a portable kernel
 * is copied to the device in that queue, in front of the kernel, so that one place for it is
 * enough.  OpenCL tells of the end of each launch on a thread of its own (`ended`), which takes no
 * lock: it may come while this thread is inside of a call.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "device/launch.h"
#include "device/opencl/enqueue.h"
#include "device/opencl/opencl.h"
#include "device/opencl/threads.h"
#include "os/futex.h"

#define LOOK_NS ((int64_t)100 * (int64_t)HUMI_NS_PER_MS) /* between two looks at a launch */
#define FLAT_ITEMS 64u        /* of a group in a flat launch, where they run in step */
#define PARTS_PER_UNIT 16u    /* of a flat launch: enough that units end at about the same time */

/* From submit() to wait(), and until OpenCL has told of its end. */
struct humi_opencl_launch {
    struct humi_link link;      /* of humi_opencl_queue.launches */
    struct humi_opencl *device;
    uint64_t ticket;
    const struct humi_opencl_kernel *kernel;
    cl_event event;
    uint64_t submit_ns;
    uint32_t holders;           /* atomic: the list, and the call by OpenCL */
    /* guarded by gate */
    enum hum_status verdict;    /* HUM_OK: as OpenCL says */
    uintptr_t address;          /* that it should not have touched, 0: none */
    uint64_t running_ns;        /* when it was first seen running, 0: not yet */
    /* written by the call by OpenCL, before done */
    cl_int end;
    uint64_t end_ns;
    uint32_t done;              /* atomic */
    size_t args_bytes;
    _Alignas(16) char args[];
};

static void put_launch(struct humi_opencl_launch *launch)
{
    if (__atomic_sub_fetch(&launch->holders, 1, __ATOMIC_ACQ_REL) == 0)
        free(launch);
}

static bool is_done(const struct humi_opencl_launch *launch)
{
    return __atomic_load_n(&launch->done, __ATOMIC_ACQUIRE);
}

static void wake(struct humi_opencl *device)
{
    __atomic_add_fetch(&device->ended, 1, __ATOMIC_SEQ_CST);
    humi_futex_wake(&device->ended, HUMI_FUTEX_ALL);
}

static void CL_CALLBACK ended(cl_event event, cl_int end, void *context)
{
    struct humi_opencl_launch *launch = context;
    struct humi_opencl *device = launch->device;

    (void)event;
    launch->end = end;
    launch->end_ns = humi_clock_real_ns();
    __atomic_store_n(&launch->done, 1, __ATOMIC_RELEASE);
    put_launch(launch);
    wake(device);
    __atomic_sub_fetch(&device->calls_due, 1, __ATOMIC_SEQ_CST); /* the last touch of the device */
}

/* ---- losing the device ----------------------------------------------------------------------- */

static void end_all(struct humi_opencl *device)
{
    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++)
        humi_list_each (link, &device->queues[q].launches) {
            struct humi_opencl_launch *launch =
                humi_container_of(link, struct humi_opencl_launch, link);
            if (launch->verdict == HUM_OK && !is_done(launch))
                launch->verdict = HUM_ERR_DEVICE_LOST;
        }
}

void humi_opencl_lose(struct humi_opencl *device, const char *why)
{
    if (__atomic_exchange_n(&device->lost, true, __ATOMIC_ACQ_REL))
        return;
    humi_warn("%s is lost for good: %s", device->base.name, why);
    humi_lock(&device->gate);
    end_all(device);
    humi_unlock(&device->gate);
    wake(device);
}

/* ---- enqueuing (gate is held) ---------------------------------------------------------------- */

/* Sub-buffers of one enqueue, which holds them itself from then on. */
struct subs {
    const struct humi_opencl *device;
    unsigned count;
    cl_mem sub[HUMI_CL_ARGS_MAX];
};

/* The pointer becomes a sub-buffer that ends with the arena; NULL stays NULL. */
static cl_int set_sub_buffer(cl_kernel kernel, cl_uint index, uintptr_t pointer, void *context)
{
    struct subs *subs = context;
    const struct humi_opencl *device = subs->device;
    size_t offset = pointer - device->space.start;
    cl_buffer_region region = {offset, device->arena_bytes - offset};
    cl_int error = CL_SUCCESS;
    cl_mem sub = NULL;

    if (pointer) {
        sub = humi_cl.CreateSubBuffer(device->buffer, CL_MEM_READ_WRITE,
                                      CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
        if (error != CL_SUCCESS)
            return error;
        subs->sub[subs->count++] = sub;
    }
    return humi_cl.SetKernelArg(kernel, index, sizeof sub, &sub);
}

static void release_subs(struct subs *subs)
{
    while (subs->count > 0)
        (void)humi_cl.ReleaseMemObject(subs->sub[--subs->count]);
}

/* ---- submit (gate is held) ------------------------------------------------------------------- */

static cl_int open_queue(struct humi_opencl *device, struct humi_opencl_queue *queue)
{
    cl_int error = CL_SUCCESS;

    if (!queue->queue)
        queue->queue = humi_opencl_make_queue(device, &error);
    if (error == CL_SUCCESS && device->arena && !queue->args) {
        queue->args = humi_cl.SVMAlloc(device->target.context, CL_MEM_READ_WRITE, HUM_ARGS_MAX, 0);
        error = queue->args ? CL_SUCCESS : CL_MEM_OBJECT_ALLOCATION_FAILURE;
    }
    return error;
}

/* Parts of the launch: what is 0 runs nothing. */
static size_t parts_of(const struct humi_opencl *device, const struct humi_launch *launch,
                       size_t flat_items)
{
    size_t parts = 1, most = (size_t)device->base.workers * PARTS_PER_UNIT;

    for (unsigned d = 0; launch->grouped && d < launch->grid.dimensions; d++)
        parts *= launch->grid.groups[d];
    if (launch->grouped)
        return parts;
    parts = launch->count / flat_items + (launch->count % flat_items != 0);
    return parts < most ? parts : most;
}

static cl_int enqueue_portable(struct humi_opencl *device, struct humi_opencl_queue *queue,
                               struct humi_opencl_launch *mine, const struct humi_launch *launch,
                               struct humi_cl_range *range_out)
{
    const struct hum_grid *grid = launch->grouped ? &launch->grid : NULL;
    size_t flat = !device->is_gpu ? 1 : launch->count < FLAT_ITEMS ? launch->count : FLAT_ITEMS;
    size_t parts = parts_of(device, launch, flat ? flat : 1);
    cl_int error;

    *range_out = humi_cl_range_portable(parts, grid, flat, mine->kernel->items_max);
    if (parts == 0)
        return CL_SUCCESS;
    error = humi_cl_set_portable(mine->kernel->object, queue->args, 0, parts, grid);
    if (error == CL_SUCCESS && mine->args_bytes > 0)
        error = humi_cl.EnqueueSVMMemcpy(queue->queue, CL_FALSE, queue->args, mine->args,
                                         mine->args_bytes, 0, NULL, NULL);
    return error;
}

static cl_int enqueue_range(struct humi_opencl_queue *queue, struct humi_opencl_launch *mine,
                            const struct humi_cl_range *range)
{
    for (unsigned d = 0; d < range->dimensions; d++)
        if (range->global[d] == 0)
            return humi_cl.EnqueueMarkerWithWaitList(queue->queue, 0, NULL, &mine->event);
    return humi_cl.EnqueueNDRangeKernel(queue->queue, mine->kernel->object, range->dimensions,
                                        NULL, range->global,
                                        range->any_local ? NULL : range->local, 0, NULL,
                                        &mine->event);
}

/* What was enqueued of a launch that failed must have ended before its arguments go. */
static cl_int enqueue(struct humi_opencl *device, struct humi_opencl_queue *queue,
                      struct humi_opencl_launch *mine, const struct humi_launch *launch)
{
    const struct humi_cl_form *form = &mine->kernel->form;
    struct subs subs = {.device = device};
    struct humi_cl_range range;
    cl_int error = CL_SUCCESS;

    if (form->plain) {
        range = humi_cl_range_plain(launch->count, launch->grouped ? &launch->grid : NULL);
        error = humi_cl_set_plain(mine->kernel->object, form, mine->args,
                                  device->arena ? humi_cl_set_pointer : set_sub_buffer, &subs);
    } else {
        error = enqueue_portable(device, queue, mine, launch, &range);
    }
    if (error == CL_SUCCESS)
        error = enqueue_range(queue, mine, &range);
    release_subs(&subs);
    if (error == CL_SUCCESS) {
        __atomic_add_fetch(&device->calls_due, 1, __ATOMIC_SEQ_CST);
        error = humi_cl.SetEventCallback(mine->event, CL_COMPLETE, ended, mine);
        if (error != CL_SUCCESS)
            __atomic_sub_fetch(&device->calls_due, 1, __ATOMIC_SEQ_CST);
    }
    if (error == CL_SUCCESS)
        error = humi_cl.Flush(queue->queue);
    else
        (void)humi_cl.Finish(queue->queue);
    return error;
}

static struct humi_opencl_launch *create(struct humi_opencl *device,
                                         const struct humi_launch *launch)
{
    struct humi_opencl_launch *mine = calloc(1, sizeof *mine + launch->args_bytes);

    if (!mine)
        return NULL;
    mine->device = device;
    mine->kernel = device->kernels[launch->kernel];
    mine->holders = 2;
    mine->submit_ns = humi_clock_real_ns();
    mine->args_bytes = launch->args_bytes;
    if (launch->args_bytes > 0)
        memcpy(mine->args, launch->args, launch->args_bytes);
    return mine;
}

/* *error_out: what OpenCL said, where HUM_AGAIN is returned. */
static enum hum_status submit_locked(struct humi_opencl *device,
                                     struct humi_opencl_launch *mine,
                                     const struct humi_launch *launch, cl_int *error_out)
{
    struct humi_opencl_queue *queue = &device->queues[launch->queue];
    enum hum_status status =
        humi_opencl_move_args(device, mine->kernel, mine->args, mine->args_bytes);

    if (status != HUM_OK)
        return status;
    if (humi_opencl_is_lost(device))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s is lost", device->base.name);
    *error_out = open_queue(device, queue);
    if (*error_out == CL_SUCCESS)
        *error_out = enqueue(device, queue, mine, launch);
    if (*error_out != CL_SUCCESS)
        return HUM_AGAIN;
    mine->ticket = ++device->launches * HUMI_QUEUES_MAX + launch->queue;
    humi_list_push_back(&queue->launches, &mine->link);
    return HUM_OK;
}

static enum hum_status check_launch(const struct humi_opencl *device,
                                    const struct humi_launch *launch)
{
    const struct humi_opencl_kernel *kernel;

    if (launch->kernel >= __atomic_load_n(&device->kernel_count, __ATOMIC_ACQUIRE))
        return humi_fail(HUM_ERR_INVALID, "no kernel has this number");
    kernel = device->kernels[launch->kernel];
    if (launch->grouped && launch->grid.local_bytes <= HUM_LOCAL_MAX &&
        launch->grid.local_bytes > device->local_bytes)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "kernel %s wants %zu bytes of local memory, %s has %zu", kernel->name,
                         launch->grid.local_bytes, device->base.name, device->local_bytes);
    return humi_launch_check(launch, kernel->name, kernel->args_bytes);
}

enum hum_status humi_opencl_submit(struct humi_processor *p, const struct humi_launch *launch,
                                   uint64_t *ticket_out)
{
    struct humi_opencl *device = humi_opencl_of(p);
    enum hum_status status = check_launch(device, launch);
    struct humi_opencl_launch *mine;
    cl_int error = CL_SUCCESS;

    if (status != HUM_OK)
        return status;
    mine = create(device, launch);
    if (!mine)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for one more launch");
    humi_lock(&device->gate);
    status = submit_locked(device, mine, launch, &error);
    if (status == HUM_OK)
        *ticket_out = mine->ticket;
    humi_unlock(&device->gate);
    if (status == HUM_OK)
        return HUM_OK;
    if (mine->event)
        (void)humi_cl.ReleaseEvent(mine->event);
    if (status == HUM_AGAIN)
        status = humi_opencl_fail(device, mine->kernel->name, error);
    free(mine);
    return status;
}

/* ---- wait ------------------------------------------------------------------------------------ */

/* gate is held. */
static struct humi_opencl_launch *find(struct humi_opencl *device, uint64_t ticket)
{
    humi_list_each (link, &device->queues[ticket % HUMI_QUEUES_MAX].launches) {
        struct humi_opencl_launch *launch =
            humi_container_of(link, struct humi_opencl_launch, link);
        if (launch->ticket == ticket)
            return launch;
    }
    return NULL;
}

/*
 * When it ran.  The device has a clock of its own; that of the program is ahead of it by no more
 * than the least that lies between a launch's end there and hearing of it here.  gate is held.
 */
static void read_times(struct humi_opencl *device, const struct humi_opencl_launch *launch,
                       struct humi_outcome *outcome)
{
    cl_ulong start, end;
    int64_t ahead;

    outcome->start_ns = launch->submit_ns;
    outcome->end_ns = launch->end_ns;
    if (humi_cl.GetEventProfilingInfo(launch->event, CL_PROFILING_COMMAND_START, sizeof start,
                                      &start, NULL) != CL_SUCCESS ||
        humi_cl.GetEventProfilingInfo(launch->event, CL_PROFILING_COMMAND_END, sizeof end, &end,
                                      NULL) != CL_SUCCESS ||
        end < start)
        return;
    ahead = (int64_t)(launch->end_ns - end);
    if (ahead < device->clock_ahead_ns)
        device->clock_ahead_ns = ahead;
    outcome->end_ns = end + (uint64_t)device->clock_ahead_ns;
    if (start + (uint64_t)device->clock_ahead_ns > launch->submit_ns)
        outcome->start_ns = start + (uint64_t)device->clock_ahead_ns;
    if (outcome->end_ns < outcome->start_ns)
        outcome->end_ns = outcome->start_ns;
}

/* It has ended: what came of it.  False: OpenCL says that it failed.  gate is held. */
static bool harvest(struct humi_opencl *device, struct humi_opencl_launch *launch,
                    struct humi_outcome *outcome_out)
{
    bool failed = launch->verdict == HUM_OK && launch->end < 0;

    *outcome_out = (struct humi_outcome){.status = failed ? HUM_ERR_DEVICE_LOST : launch->verdict,
                                         .address = launch->address};
    snprintf(outcome_out->kernel, sizeof outcome_out->kernel, "%s", launch->kernel->name);
    if (launch->verdict == HUM_OK) {
        read_times(device, launch, outcome_out);
    } else {
        outcome_out->start_ns = launch->submit_ns;
        outcome_out->end_ns = humi_clock_real_ns();
    }
    humi_list_remove(&launch->link);
    (void)humi_cl.ReleaseEvent(launch->event);
    put_launch(launch);
    return !failed;
}

/* The oldest launch of the queue that has not ended, NULL: none.  gate is held. */
static struct humi_opencl_launch *first_of(const struct humi_opencl_queue *queue)
{
    humi_list_each (link, &queue->launches) {
        struct humi_opencl_launch *launch =
            humi_container_of(link, struct humi_opencl_launch, link);
        if (!is_done(launch))
            return launch;
    }
    return NULL;
}

static bool is_running(const struct humi_opencl_launch *launch)
{
    cl_int state = CL_QUEUED;

    (void)humi_cl.GetEventInfo(launch->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state,
                               &state, NULL);
    return state == CL_RUNNING;
}

/* The first launch of the queue runs too long; it has ended with TIMEOUT then.  gate is held. */
static bool is_overdue(struct humi_opencl *device, struct humi_opencl_queue *queue)
{
    struct humi_opencl_launch *first = first_of(queue);
    uint64_t now = humi_clock_real_ns();

    if (device->watchdog_ms == 0 || !first || humi_opencl_is_lost(device) || !is_running(first))
        return false;
    if (first->running_ns == 0)
        first->running_ns = now;
    if (now - first->running_ns < device->watchdog_ms * HUMI_NS_PER_MS)
        return false;
    first->verdict = HUM_ERR_TIMEOUT;
    return true;
}

/* Of those that run the oldest one; gate is held. */
static struct humi_opencl_launch *oldest_running(const struct humi_opencl *device)
{
    struct humi_opencl_launch *oldest = NULL;

    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++) {
        struct humi_opencl_launch *one = first_of(&device->queues[q]);
        if (one && is_running(one) && (!oldest || one->submit_ns < oldest->submit_ns))
            oldest = one;
    }
    return oldest;
}

/* The thread tells no queue. */
bool humi_opencl_blame(struct humi_processor *p, const struct humi_fault *fault)
{
    struct humi_opencl *device = humi_opencl_of(p);

    if (!humi_opencl_threads_has(fault->thread) || humi_opencl_is_lost(device))
        return false;
    humi_lock(&device->gate);
    struct humi_opencl_launch *oldest = oldest_running(device);
    if (oldest) {
        oldest->verdict = HUM_ERR_ILLEGAL_ADDRESS;
        oldest->address = fault->address;
    }
    humi_unlock(&device->gate);
    if (oldest)
        humi_opencl_lose(device, "a kernel followed a pointer in memory, which means something "
                                 "else there: use indices");
    return oldest != NULL;
}

/* One look at a ticket.  HUM_AGAIN: it has not ended. */
static enum hum_status look(struct humi_opencl *device, uint64_t ticket,
                            struct humi_outcome *outcome_out)
{
    struct humi_opencl_launch *launch;
    bool good = true, late = false;
    enum hum_status status = HUM_OK;

    humi_lock(&device->gate);
    launch = find(device, ticket);
    if (launch && launch->verdict == HUM_OK && !is_done(launch)) {
        late = is_overdue(device, &device->queues[ticket % HUMI_QUEUES_MAX]);
        status = HUM_AGAIN;
    } else if (launch) {
        good = harvest(device, launch, outcome_out);
    }
    humi_unlock(&device->gate);
    if (!launch)
        return humi_fail(HUM_ERR_INVALID, "no launch has this ticket, or it was waited for");
    if (late)
        humi_opencl_lose(device, "a kernel ran past the watchdog and cannot be ended");
    if (!good)
        humi_opencl_lose(device, "OpenCL could not run a kernel to its end");
    return status;
}

static int64_t nap(const struct humi_opencl *device)
{
    int64_t often = (int64_t)(device->watchdog_ms * HUMI_NS_PER_MS / 4);

    return often > 0 && often < LOOK_NS ? often : LOOK_NS;
}

enum hum_status humi_opencl_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                                 struct humi_outcome *outcome_out)
{
    struct humi_opencl *device = humi_opencl_of(p);
    uint64_t start = humi_clock_real_ns();

    for (;;) {
        uint32_t seen = __atomic_load_n(&device->ended, __ATOMIC_SEQ_CST);
        enum hum_status status = look(device, ticket, outcome_out);
        int64_t left = nap(device);
        if (status != HUM_AGAIN)
            return status;
        if (timeout_ns >= 0) {
            int64_t rest = timeout_ns - (int64_t)(humi_clock_real_ns() - start);
            if (timeout_ns == 0 || rest <= 0)
                return HUM_NOT_READY;
            left = rest < left ? rest : left;
        }
        if (!humi_futex_spin(&device->ended, seen, HUMI_FUTEX_SPIN_NS))
            humi_futex_wait(&device->ended, seen, left);
    }
}

/* ---- open and close -------------------------------------------------------------------------- */

void humi_opencl_launches_open(struct humi_opencl *device)
{
    humi_lock_init(&device->gate, HUMI_RANK_DEVICE);
    device->clock_ahead_ns = INT64_MAX;
    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++)
        humi_list_init(&device->queues[q].launches);
}

static void close_queue(struct humi_opencl *device, struct humi_opencl_queue *queue)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(&queue->launches))) {
        struct humi_opencl_launch *launch =
            humi_container_of(link, struct humi_opencl_launch, link);
        (void)humi_cl.ReleaseEvent(launch->event);
        put_launch(launch);
    }
    if (queue->queue)
        (void)humi_cl.ReleaseCommandQueue(queue->queue);
    if (queue->args)
        humi_cl.SVMFree(device->target.context, queue->args);
}

void humi_opencl_launches_close(struct humi_opencl *device)
{
    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++)
        if (device->queues[q].queue)
            (void)humi_cl.Finish(device->queues[q].queue);
    while (__atomic_load_n(&device->calls_due, __ATOMIC_SEQ_CST) > 0)
        sched_yield();
    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++)
        close_queue(device, &device->queues[q]);
    humi_lock_fini(&device->gate);
}
