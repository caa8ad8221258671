/* SPDX-License-Identifier: MIT */
/*
 * launches.c - one stream a queue, two events a launch.
 *
 * After an error that stays every event answers with that error, so the driver cannot say whose it
 * was: the launch that was submitted first among those not known to have ended gets it, all others
 * are lost with the device.
 *
 * A kernel cannot be stopped.  One that outlives the watchdog loses the device, and restart() waits
 * until it has ended by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/status.h"
#include "device/cuda/cuda.h"
#include "device/launch.h"

#define FLAT_THREADS 256
#define FLAT_BLOCKS 32                        /* at most, for each multiprocessor */
#define LOOK_NS_MIN 5000u                     /* between two looks at a launch, doubled each time */
#define LOOK_NS_MAX 200000u

struct humi_cuda_launch {
    struct humi_link link;
    struct CUevent_st *start, *end;
    uint64_t seen_ns;           /* when it was first seen running, 0: not yet */
    uint64_t submit_ns;
    struct humi_outcome outcome; /* final once in the list `ended` */
    bool ended;
};

static struct humi_cuda_launch *launch_at(struct humi_link *link)
{
    return link ? humi_container_of(link, struct humi_cuda_launch, link) : NULL;
}

/* ---- outcomes (lock held) -------------------------------------------------------------------- */

static void end(struct humi_cuda_device *d, struct humi_cuda_launch *l, enum hum_status status)
{
    l->outcome.status = status;
    if (!l->outcome.end_ns)
        l->outcome.end_ns = humi_clock_ns();
    if (!l->outcome.start_ns)
        l->outcome.start_ns = l->seen_ns ? l->seen_ns : l->outcome.end_ns;
    l->ended = true;
    humi_list_remove(&l->link);
    humi_list_push_back(&d->launches.ended, &l->link);
}

/* The blame that a result puts on the kernel that ran. */
static enum hum_status blame(struct humi_cuda_device *d)
{
    enum humi_cu_result result = (enum humi_cu_result)atomic_load(&d->lost);
    enum hum_status status =
        humi_cuda_is_sticky(result) ? humi_cuda_status(&d->cu, HUMI_CUDA_FN_cuLaunchKernel, result)
                                    : HUM_ERR_DEVICE_LOST;

    return status == HUM_ERR_ILLEGAL_ADDRESS || status == HUM_ERR_KERNEL_CRASHED ||
                   status == HUM_ERR_TIMEOUT
               ? status
               : HUM_ERR_DEVICE_LOST;
}

static void settle(struct humi_cuda_device *d)
{
    struct humi_cuda_launches *s = &d->launches;
    enum hum_status status = blame(d);
    struct humi_cuda_launch *l;

    for (; (l = launch_at(humi_list_first(&s->flying))); status = HUM_ERR_DEVICE_LOST) {
        if (status == HUM_ERR_TIMEOUT)
            s->hung = l;
        end(d, l, status);
    }
}

static enum hum_status read_times(struct humi_cuda_device *d, struct humi_cuda_launch *l)
{
    struct humi_cuda_times times = {0};
    enum hum_status status = humi_cuda_clock_read(d, l->start, l->end, &times);

    if (times.end_ns < l->submit_ns + times.took_ns)
        times.end_ns = l->submit_ns + times.took_ns;
    l->outcome.end_ns = times.end_ns;
    l->outcome.start_ns = times.end_ns - times.took_ns;
    return status;
}

static void look_for_end(struct humi_cuda_device *d, struct humi_cuda_launch *l)
{
    enum hum_status status = humi_cuda_do(d, cuEventQuery, l->end);

    if (status == HUM_NOT_READY)
        return;
    if (status == HUM_OK)
        status = read_times(d, l);
    if (status == HUM_OK)
        end(d, l, HUM_OK);
    else
        humi_cuda_lose(d, HUMI_CUDA_ERROR_UNKNOWN); /* if it did not by itself */
}

static bool is_overdue(struct humi_cuda_device *d, struct humi_cuda_launch *l)
{
    uint64_t now = humi_clock_real_ns();

    if (!d->watchdog_ms)
        return false;
    if (!l->seen_ns && humi_cuda_do(d, cuEventQuery, l->start) == HUM_OK)
        l->seen_ns = now;
    return l->seen_ns && now - l->seen_ns > d->watchdog_ms * HUMI_NS_PER_MS;
}

static void look(struct humi_cuda_device *d, struct humi_cuda_launch *l)
{
    if (humi_cuda_enter(d)) {
        humi_lock(&d->launches.lock);
        if (!l->ended)
            look_for_end(d, l);
        if (!l->ended && !humi_cuda_is_lost(d) && is_overdue(d, l)) {
            humi_list_remove(&l->link); /* it is the one to blame */
            humi_list_push_front(&d->launches.flying, &l->link);
            humi_cuda_lose(d, HUMI_CUDA_ERROR_LAUNCH_TIMEOUT);
        }
        humi_unlock(&d->launches.lock);
        humi_cuda_leave(d);
    }
    if (humi_cuda_is_lost(d))
        humi_cuda_launches_settle(d);
}

void humi_cuda_launches_settle(struct humi_cuda_device *d)
{
    humi_lock(&d->launches.lock);
    if (humi_cuda_is_lost(d))
        settle(d);
    humi_unlock(&d->launches.lock);
}

/* Only a lost device is asked, by the thread that replaces it. */
const char *humi_cuda_launches_hung(struct humi_cuda_device *d)
{
    const struct humi_cuda_launch *hung = d->launches.hung;

    if (!hung || !d->context)
        return "";
    if (d->cu.cuCtxPushCurrent_v2(d->context))
        return "";
    enum humi_cu_result result = d->cu.cuEventQuery(hung->end);
    struct CUctx_st *was;
    (void)d->cu.cuCtxPopCurrent_v2(&was);
    return result == HUMI_CUDA_ERROR_NOT_READY ? hung->outcome.kernel : "";
}

/* ---- wait ------------------------------------------------------------------------------------ */

static bool has_ended(struct humi_cuda_device *d, const struct humi_cuda_launch *l)
{
    humi_lock(&d->launches.lock);
    bool ended = l->ended;
    humi_unlock(&d->launches.lock);
    return ended;
}

/* cuEventSynchronize() can neither end in time nor tell that a kernel takes too long. */
static bool await(struct humi_cuda_device *d, struct humi_cuda_launch *l, int64_t timeout_ns)
{
    uint64_t start = humi_clock_real_ns(), pause_ns = LOOK_NS_MIN;

    for (;;) {
        look(d, l);
        if (has_ended(d, l))
            return true;
        uint64_t passed = humi_clock_real_ns() - start;
        if (timeout_ns >= 0 && passed >= (uint64_t)timeout_ns)
            return false;
        nanosleep(&(struct timespec){0, (long)pause_ns}, NULL);
        pause_ns = pause_ns * 2 < LOOK_NS_MAX ? pause_ns * 2 : LOOK_NS_MAX;
    }
}

enum hum_status humi_cuda_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                               struct humi_outcome *outcome_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    struct humi_cuda_launch *l = (struct humi_cuda_launch *)(uintptr_t)ticket;

    if (!await(d, l, timeout_ns))
        return HUM_NOT_READY;
    humi_lock(&d->launches.lock);
    *outcome_out = l->outcome;
    humi_list_remove(&l->link);
    humi_list_push_back(&d->launches.spare, &l->link);
    humi_unlock(&d->launches.lock);
    return HUM_OK;
}

/* ---- submit: the shape ----------------------------------------------------------------------- */

struct shape {
    unsigned grid[3], block[3], shared_bytes;
    bool empty;
};

static enum hum_status shape_flat(const struct humi_cuda_device *d,
                                  const struct humi_cuda_kernel *kernel, size_t count,
                                  struct shape *shape_out)
{
    size_t threads = kernel->block_threads < FLAT_THREADS ? (size_t)kernel->block_threads
                                                          : FLAT_THREADS;
    size_t blocks = (count + threads - 1) / threads;
    size_t most = (size_t)d->limits.multiprocessors * FLAT_BLOCKS;

    *shape_out = (struct shape){.grid = {(unsigned)(blocks < most ? blocks : most), 1, 1},
                                .block = {(unsigned)threads, 1, 1},
                                .empty = count == 0};
    return HUM_OK;
}

static enum hum_status too_big(const struct humi_cuda_device *d,
                               const struct humi_cuda_kernel *kernel, const char *what, size_t is,
                               size_t most)
{
    return humi_fail(HUM_ERR_INVALID, "kernel %s: %zu %s, but %s allows %zu", kernel->name, is,
                     what, d->base.name, most);
}

static enum hum_status check_group(const struct humi_cuda_device *d,
                                   const struct humi_cuda_kernel *kernel,
                                   const struct hum_grid *grid)
{
    size_t items = 1, shared = grid->local_bytes + (size_t)kernel->static_bytes;

    for (unsigned i = 0; i < grid->dimensions; i++) {
        if (grid->items[i] > (size_t)d->limits.block_size[i])
            return too_big(d, kernel, "work-items in a dimension of a group", grid->items[i],
                           (size_t)d->limits.block_size[i]);
        if (grid->groups[i] > (size_t)d->limits.grid_size[i])
            return too_big(d, kernel, "groups in a dimension", grid->groups[i],
                           (size_t)d->limits.grid_size[i]);
        items *= grid->items[i];
    }
    if (items > (size_t)kernel->block_threads)
        return too_big(d, kernel, "work-items in a group", items, (size_t)kernel->block_threads);
    if (shared > (size_t)d->limits.shared_bytes)
        return too_big(d, kernel, "bytes of local memory", shared,
                       (size_t)d->limits.shared_bytes);
    return HUM_OK;
}

static enum hum_status shape_grid(const struct humi_cuda_device *d,
                                  const struct humi_cuda_kernel *kernel,
                                  const struct hum_grid *grid, struct shape *shape_out)
{
    struct shape shape = {{1, 1, 1}, {1, 1, 1}, (unsigned)grid->local_bytes, false};
    enum hum_status status = check_group(d, kernel, grid);

    if (status != HUM_OK)
        return status;
    for (unsigned i = 0; i < grid->dimensions; i++) {
        shape.grid[i] = (unsigned)grid->groups[i];
        shape.block[i] = (unsigned)grid->items[i];
        shape.empty |= grid->groups[i] == 0;
    }
    *shape_out = shape;
    return HUM_OK;
}

/* More shared memory than usual must be asked for.  Lock held. */
static enum hum_status allow_shared(struct humi_cuda_device *d, struct humi_cuda_kernel *kernel,
                                    unsigned bytes)
{
    if ((int)bytes <= kernel->dynamic_bytes)
        return HUM_OK;
    enum hum_status status =
        humi_cuda_do(d, cuFuncSetAttribute, kernel->function,
                     HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)bytes);
    if (status == HUM_OK)
        kernel->dynamic_bytes = (int)bytes;
    return status;
}

/* ---- submit: the launch (lock held) ---------------------------------------------------------- */

/* Words that point into the space are brought to where the device has it. */
static void translate(const struct humi_cuda_device *d, const struct humi_launch *launch,
                      char args_out[HUM_ARGS_MAX])
{
    memset(args_out, 0, HUM_ARGS_MAX);
    if (launch->args_bytes)
        memcpy(args_out, launch->args, launch->args_bytes);
    for (size_t at = 0; at + sizeof(uint64_t) <= launch->args_bytes; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, args_out + at, sizeof word);
        if (word - d->space.start >= d->space.bytes)
            continue;
        word = word - d->space.start + d->frames.base;
        memcpy(args_out + at, &word, sizeof word);
    }
}

static enum hum_status queue_open(struct humi_cuda_device *d, unsigned queue,
                                  struct CUstream_st **stream_out)
{
    struct CUstream_st **stream = &d->launches.queues[queue];
    enum hum_status status =
        *stream ? HUM_OK : humi_cuda_do(d, cuStreamCreate, stream, HUMI_CU_STREAM_NON_BLOCKING);

    *stream_out = *stream;
    return status;
}

static void launch_free(struct humi_cuda_device *d, struct humi_cuda_launch *l, bool alive)
{
    if (alive && l->start)
        (void)d->cu.cuEventDestroy_v2(l->start);
    if (alive && l->end)
        (void)d->cu.cuEventDestroy_v2(l->end);
    free(l);
}

static enum hum_status launch_make(struct humi_cuda_device *d, struct humi_cuda_launch **out)
{
    struct humi_cuda_launch *l = launch_at(humi_list_pop_front(&d->launches.spare));
    enum hum_status status = HUM_OK;

    if (!l) {
        l = calloc(1, sizeof *l);
        if (!l)
            return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a launch");
        humi_link_init(&l->link);
    }
    if (!l->start)
        status = humi_cuda_do(d, cuEventCreate, &l->start, HUMI_CU_EVENT_DEFAULT);
    if (status == HUM_OK && !l->end)
        status = humi_cuda_do(d, cuEventCreate, &l->end, HUMI_CU_EVENT_DEFAULT);
    if (status != HUM_OK) {
        launch_free(d, l, true);
        return status;
    }
    l->outcome = (struct humi_outcome){0};
    l->seen_ns = 0;
    l->ended = false;
    *out = l;
    return HUM_OK;
}

static enum hum_status enqueue(struct humi_cuda_device *d, struct humi_cuda_launch *l,
                               struct CUstream_st *stream, struct CUfunc_st *function,
                               const struct shape *shape, void *args)
{
    void *parameters[] = {args};
    enum hum_status status = HUM_OK;

    if (d->up.last) /* none in managed mode */
        status = humi_cuda_do(d, cuStreamWaitEvent, stream, d->up.last, 0);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuEventRecord, l->start, stream);
    if (status == HUM_OK && !shape->empty)
        status = humi_cuda_do(d, cuLaunchKernel, function, shape->grid[0], shape->grid[1],
                              shape->grid[2], shape->block[0], shape->block[1], shape->block[2],
                              shape->shared_bytes, stream, parameters, NULL);
    if (status == HUM_OK && humi_cuda_do(d, cuEventRecord, l->end, stream) != HUM_OK)
        humi_cuda_lose(d, HUMI_CUDA_ERROR_UNKNOWN); /* it runs, or has lost the device already */
    return status;
}

static enum hum_status submit(struct humi_cuda_device *d, const struct humi_launch *launch,
                              struct humi_cuda_kernel *kernel, const struct shape *shape,
                              uint64_t *ticket_out)
{
    char args[HUM_ARGS_MAX] __attribute__((aligned(16)));
    struct CUstream_st *stream = NULL;
    struct humi_cuda_launch *l = NULL;
    enum hum_status status = queue_open(d, launch->queue, &stream);

    if (status == HUM_OK)
        status = allow_shared(d, kernel, shape->shared_bytes);
    if (status == HUM_OK)
        status = humi_cuda_clock_renew(d);
    if (status == HUM_OK)
        status = launch_make(d, &l);
    if (status != HUM_OK)
        return status;
    translate(d, launch, args);
    l->submit_ns = humi_clock_ns();
    snprintf(l->outcome.kernel, sizeof l->outcome.kernel, "%s", kernel->name);
    status = enqueue(d, l, stream, kernel->function, shape, args);
    if (status != HUM_OK) {
        humi_list_push_back(&d->launches.spare, &l->link);
        return status;
    }
    humi_list_push_back(&d->launches.flying, &l->link);
    *ticket_out = (uint64_t)(uintptr_t)l;
    return HUM_OK;
}

static enum hum_status check(const struct humi_cuda_device *d, const struct humi_launch *launch,
                             const struct humi_cuda_kernel *kernel, struct shape *shape_out)
{
    if (!kernel)
        return humi_fail(HUM_ERR_INVALID, "no such kernel");
    enum hum_status status = humi_launch_check(launch, kernel->name, kernel->args_bytes);
    if (status != HUM_OK)
        return status;
    return launch->grouped ? shape_grid(d, kernel, &launch->grid, shape_out)
                           : shape_flat(d, kernel, launch->count, shape_out);
}

enum hum_status humi_cuda_submit(struct humi_processor *p, const struct humi_launch *launch,
                                 uint64_t *ticket_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    struct humi_cuda_kernel *kernel;
    struct shape shape;

    if (!humi_cuda_enter(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", p->name);
    kernel = humi_cuda_kernel_of(d, launch->kernel);
    enum hum_status status = check(d, launch, kernel, &shape);
    if (status == HUM_OK && launch->restarted != atomic_load(&p->restarted))
        status = humi_fail(HUM_ERR_DEVICE_LOST,
                           "%s was lost, and what kernel %s uses with it, before it started",
                           p->name, kernel->name);
    if (status == HUM_OK) {
        humi_lock(&d->launches.lock);
        status = submit(d, launch, kernel, &shape, ticket_out);
        humi_unlock(&d->launches.lock);
    }
    if (status != HUM_OK && humi_cuda_is_lost(d))
        status = HUM_ERR_DEVICE_LOST; /* by what ran before: nothing of this one did */
    humi_cuda_leave(d);
    return status;
}

/* ---- the program's own work ------------------------------------------------------------------ */

/* Events of ours in the stream of the program's, which nothing else of hum's is ever in. */
static enum hum_status follow(struct humi_cuda_device *d, unsigned queue,
                              struct CUstream_st *theirs, uint64_t *ticket_out)
{
    struct CUstream_st *ours = NULL;
    struct humi_cuda_launch *l = NULL;
    enum hum_status status = queue_open(d, queue, &ours);

    if (status == HUM_OK)
        status = humi_cuda_clock_renew(d);
    if (status == HUM_OK)
        status = launch_make(d, &l);
    if (status != HUM_OK)
        return status;
    l->submit_ns = humi_clock_ns();
    snprintf(l->outcome.kernel, sizeof l->outcome.kernel, "of the program's own");
    status = humi_cuda_do(d, cuEventRecord, l->start, theirs);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuEventRecord, l->end, theirs);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuStreamWaitEvent, ours, l->end, 0);
    humi_list_push_back(status == HUM_OK ? &d->launches.flying : &d->launches.spare, &l->link);
    *ticket_out = (uint64_t)(uintptr_t)l;
    return status;
}

enum hum_status humi_cuda_follow(struct humi_processor *p, const struct humi_launch *launch,
                                 void *native, uint64_t *ticket_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);

    if (!humi_cuda_enter(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", p->name);
    enum hum_status status = HUM_OK;
    if (launch->restarted != atomic_load(&p->restarted))
        status = humi_fail(HUM_ERR_DEVICE_LOST,
                           "%s was lost, and what was acquired with it, before it was released",
                           p->name);
    if (status == HUM_OK) {
        humi_lock(&d->launches.lock);
        status = follow(d, launch->queue, native, ticket_out);
        humi_unlock(&d->launches.lock);
    }
    if (status != HUM_OK && humi_cuda_is_lost(d))
        status = HUM_ERR_DEVICE_LOST;
    humi_cuda_leave(d);
    return status;
}

/* ---- open and close -------------------------------------------------------------------------- */

enum hum_status humi_cuda_launches_open(struct humi_cuda_device *d)
{
    return humi_cuda_clock_open(d);
}

static void list_free(struct humi_cuda_device *d, struct humi_list *list, bool alive)
{
    struct humi_cuda_launch *l;

    while ((l = launch_at(humi_list_pop_front(list))))
        launch_free(d, l, alive);
}

/* Outcomes are kept for who waits, without the events; one may be taken meanwhile. */
void humi_cuda_launches_close(struct humi_cuda_device *d, bool alive)
{
    struct humi_cuda_launches *s = &d->launches;

    humi_lock(&s->lock);
    humi_list_each (link, &s->ended) {
        struct humi_cuda_launch *l = launch_at(link);
        if (alive) {
            (void)d->cu.cuEventDestroy_v2(l->start);
            (void)d->cu.cuEventDestroy_v2(l->end);
        }
        l->start = l->end = NULL;
    }
    list_free(d, &s->spare, alive);
    for (unsigned i = 0; i < HUMI_QUEUES_MAX; i++) {
        if (alive && s->queues[i])
            (void)d->cu.cuStreamDestroy_v2(s->queues[i]);
        s->queues[i] = NULL;
    }
    humi_cuda_clock_close(d, alive);
    s->hung = NULL;
    humi_unlock(&s->lock);
}
