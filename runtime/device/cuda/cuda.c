/* SPDX-License-Identifier: MIT */
/* cuda.c - open, close, lose and replace a CUDA device; see cuda.h. */
#include "device/cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/range.h"
#include "base/status.h"

/* ---- entering -------------------------------------------------------------------------------- */

static bool make_current(struct humi_cuda_device *d)
{
    return d->context && !d->cu.cuCtxPushCurrent_v2(d->context);
}

static void make_uncurrent(struct humi_cuda_device *d)
{
    struct CUctx_st *was;

    (void)d->cu.cuCtxPopCurrent_v2(&was);
}

bool humi_cuda_enter(struct humi_cuda_device *d)
{
    humi_rwlock_read(&d->gate);
    if (!humi_cuda_is_lost(d)) {
        if (make_current(d))
            return true;
        humi_cuda_lose(d, HUMI_CUDA_ERROR_CONTEXT_IS_DESTROYED);
    }
    humi_rwlock_unlock(&d->gate);
    return false;
}

void humi_cuda_leave(struct humi_cuda_device *d)
{
    make_uncurrent(d);
    humi_rwlock_unlock(&d->gate);
}

void humi_cuda_lose(struct humi_cuda_device *d, enum humi_cu_result result)
{
    int none = 0;
    uint64_t one = 1;

    if (!atomic_compare_exchange_strong(&d->lost, &none, (int)result))
        return;
    humi_check(write(d->base.life_fd, &one, sizeof one) == sizeof one);
}

enum hum_status humi_cuda_result(struct humi_cuda_device *d, enum humi_cuda_function function,
                                 enum humi_cu_result result)
{
    enum hum_status status = humi_cuda_status(&d->cu, function, result);

    if (humi_cuda_is_sticky(result) || status == HUM_ERR_DEVICE_LOST)
        humi_cuda_lose(d, result);
    return status;
}

/* ---- access: what is backed can be touched --------------------------------------------------- */

static enum hum_status cuda_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out)
{
    (void)p;
    (void)offset;
    (void)bytes;
    *own_out = access == HUMI_MAP_OWN;
    return HUM_OK;
}

/* Nothing runs that could touch it: the core sees to that. */
static void cuda_take(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
}

static unsigned cuda_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    (void)p;
    (void)faults_out;
    (void)max;
    return 0;
}

static void cuda_fail(struct humi_processor *p, const struct humi_fault *fault,
                      enum hum_status status)
{
    (void)p;
    (void)fault;
    (void)status;
}

/* ---- the context ----------------------------------------------------------------------------- */

static enum hum_status parts_open(struct humi_cuda_device *d)
{
    bool managed = d->mode == HUMI_MODE_MANAGED;
    enum hum_status status = managed ? humi_cuda_managed_open(d) : humi_cuda_frames_open(d);

    if (status == HUM_OK && !managed)
        status = humi_cuda_copies_open(d);
    if (status == HUM_OK)
        status = humi_cuda_launches_open(d);
    return status;
}

static enum hum_status retain(struct humi_cuda_device *d)
{
    return humi_cuda_do(d, cuDevicePrimaryCtxRetain, &d->context, d->ordinal);
}

static void release(struct humi_cuda_device *d)
{
    if (d->context)
        (void)d->cu.cuDevicePrimaryCtxRelease_v2(d->ordinal);
    d->context = NULL;
}

/* The last one who lets go of the primary context ends it, and with it the error that stays. */
static enum hum_status renew_context(struct humi_cuda_device *d)
{
    unsigned flags = 0;
    int active = 0;

    humi_cuda_copies_close(d, false);
    humi_cuda_launches_close(d, false);
    release(d);
    enum hum_status status =
        humi_cuda_do(d, cuDevicePrimaryCtxGetState, d->ordinal, &flags, &active);
    if (status == HUM_OK && active)
        return humi_fail(HUM_ERR_BUSY,
                         "the program uses %s, too: it must let go of the primary context "
                         "(cudaDeviceReset, cuDevicePrimaryCtxRelease)",
                         d->base.name);
    return status == HUM_OK ? retain(d) : status;
}

static enum hum_status reopen(struct humi_cuda_device *d)
{
    if (!make_current(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s: its context cannot be used", d->base.name);
    humi_cuda_frames_close(d);
    enum hum_status status = parts_open(d);
    if (status == HUM_OK)
        status = humi_cuda_modules_reload(d);
    make_uncurrent(d);
    return status;
}

static void tell_what_was_lost(struct humi_cuda_device *d)
{
    size_t bytes = atomic_exchange(&d->lost_bytes, 0);

    if (bytes)
        humi_warn("%s: %zu pages were asked for after it was lost and read as zeros", d->base.name,
                  (bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE);
}

static enum hum_status cuda_restart(struct humi_processor *p)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    enum hum_status status = HUM_OK;
    uint64_t count;

    humi_rwlock_write(&d->gate);
    humi_rwlock_write(&d->lent);
    humi_cuda_launches_settle(d);
    const char *hung = humi_cuda_launches_hung(d);
    if (*hung)
        status = humi_fail(HUM_ERR_BUSY, "kernel %s still runs, and the driver cannot stop it",
                           hung);
    if (status == HUM_OK)
        status = renew_context(d);
    if (status == HUM_OK)
        status = reopen(d);
    if (status == HUM_OK) {
        atomic_fetch_add(&p->restarted, 1);
        atomic_store(&d->lost, 0);
        humi_check(read(p->life_fd, &count, sizeof count) == sizeof count);
    }
    humi_rwlock_unlock(&d->lent);
    humi_rwlock_unlock(&d->gate);
    tell_what_was_lost(d);
    return status;
}

/* ---- open and close -------------------------------------------------------------------------- */

static const char *hung_at_close(struct humi_cuda_device *d)
{
    humi_cuda_launches_settle(d);
    return humi_cuda_launches_hung(d);
}

/* What could not be closed: the driver may still write to its memory, to the end of the program. */
static struct humi_cuda_device *_Atomic left;

static void leave(struct humi_cuda_device *d)
{
    d->next = atomic_load(&left);
    while (!atomic_compare_exchange_weak(&left, &d->next, d))
        continue;
}

/* Of a lost device nothing is unpinned before its context ends; if that does it is not said. */
static bool unpin_lost(struct humi_cuda_device *d)
{
    bool done = !humi_cuda_copies_pinned(d);

    if (done || retain(d) != HUM_OK)
        return done;
    if (make_current(d)) {
        done = humi_cuda_copies_unpin(d);
        make_uncurrent(d);
    }
    release(d);
    return done;
}

static void close_parts(struct humi_cuda_device *d)
{
    bool current = make_current(d), alive = current && !humi_cuda_is_lost(d);

    humi_cuda_copies_close(d, alive);
    humi_cuda_launches_close(d, alive);
    humi_cuda_modules_free(d);
    humi_cuda_frames_close(d);
    humi_cuda_managed_close(d, alive);
    if (current)
        make_uncurrent(d);
    release(d);
}

static void launches_free(struct humi_cuda_device *d)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(&d->launches.ended)) ||
           (link = humi_list_pop_front(&d->launches.flying)))
        humi_list_push_back(&d->launches.spare, link);
    humi_cuda_launches_close(d, false);
}

static void cuda_close(struct humi_processor *p)
{
    struct humi_cuda_device *d = humi_cuda_of(p);

    if (!d)
        return;
    humi_cuda_peers_leave(d);
    if (*hung_at_close(d)) { /* every call of the driver would wait for the kernel */
        humi_warn("%s: a kernel still runs: its memory stays taken", p->name);
        leave(d);
        return;
    }
    close_parts(d);
    launches_free(d);
    close(p->life_fd);
    if (!unpin_lost(d)) {
        humi_warn("%s was lost: some memory of this process stays pinned", p->name);
        leave(d);
        return;
    }
    free(d->up.memory);
    free(d->down.memory);
    humi_lock_fini(&d->frames.lock);
    humi_lock_fini(&d->up.lock);
    humi_lock_fini(&d->down.lock);
    humi_lock_fini(&d->launches.lock);
    humi_lock_fini(&d->modules.lock);
    humi_rwlock_fini(&d->lent);
    humi_rwlock_fini(&d->gate);
    free(d);
}

static const struct humi_processor_ops cuda_ops = {
    .kind = "cuda",
    .close = cuda_close,
    .back = humi_cuda_back,
    .drop = humi_cuda_drop,
    .put = humi_cuda_put,
    .get = humi_cuda_get,
    .fence = humi_cuda_fence,
    .copy = humi_cuda_copy,
    .map = cuda_map,
    .protect = cuda_take,
    .unmap = cuda_take,
    .watch = cuda_take,
    .forget = cuda_take,
    .faults = cuda_faults,
    .resume = cuda_take,
    .fail = cuda_fail,
    .load = humi_cuda_load,
    .kernel = humi_cuda_kernel,
    .submit = humi_cuda_submit,
    .wait = humi_cuda_wait,
    .follow = humi_cuda_follow,
    .restart = cuda_restart,
};

/* The driver populates. */
static enum hum_status managed_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
    return HUM_OK;
}

/* The core does not restart what took its space along (core/service.c). */
static enum hum_status managed_restart(struct humi_processor *p)
{
    return humi_fail(HUM_ERR_UNSUPPORTED, "%s was lost with the space that its driver kept",
                     p->name);
}

static const struct humi_processor_ops managed_ops = {
    .kind = "cuda",
    .close = cuda_close,
    .back = managed_back,
    .drop = cuda_take,
    .map = cuda_map,
    .protect = cuda_take,
    .unmap = cuda_take,
    .watch = cuda_take,
    .forget = cuda_take,
    .faults = cuda_faults,
    .resume = cuda_take,
    .fail = cuda_fail,
    .load = humi_cuda_load,
    .kernel = humi_cuda_kernel,
    .submit = humi_cuda_submit,
    .wait = humi_cuda_wait,
    .follow = humi_cuda_follow,
    .restart = managed_restart,
};

static struct humi_cuda_device *create(const struct humi_space_params *space,
                                       const struct humi_device_params *params)
{
    struct humi_cuda_device *d = calloc(1, sizeof *d);
    int life_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (!d || life_fd < 0) {
        free(d);
        if (life_fd >= 0)
            close(life_fd);
        return NULL;
    }
    bool managed = params->mode != HUMI_MODE_DECLARED;
    d->base = (struct humi_processor){.ops = managed ? &managed_ops : &cuda_ops,
                                      .kind = "cuda",
                                      .fault_fd = -1,
                                      .frames_fd = -1,
                                      .life_fd = life_fd,
                                      .memory_bytes = params->memory_bytes,
                                      .huge = true,
                                      .cannot_fault = !managed,
                                      .shared_read = managed || space->shared_read,
                                      .prefers_cuda = true,
                                      .opens_reads = !managed && space->shared_read,
                                      .frames_die = true};
    d->managed.silent = params->without_cupti;
    d->mode = managed ? HUMI_MODE_MANAGED : HUMI_MODE_DECLARED;
    d->ordinal = params->unit < 0 ? 0 : params->unit;
    snprintf(d->base.name, sizeof d->base.name, "cuda%d", d->ordinal);
    d->space = *space;
    d->watchdog_ms = params->watchdog_ms;
    humi_rwlock_init(&d->gate, HUMI_RANK_DEVICE);
    humi_rwlock_init(&d->lent, HUMI_RANK_DEVICE_LENT);
    humi_lock_init(&d->frames.lock, HUMI_RANK_DEVICE_PART);
    humi_lock_init(&d->up.lock, HUMI_RANK_DEVICE_PART);
    humi_lock_init(&d->down.lock, HUMI_RANK_DEVICE_PART);
    humi_lock_init(&d->launches.lock, HUMI_RANK_DEVICE_PART);
    humi_lock_init(&d->modules.lock, HUMI_RANK_DEVICE_PART);
    humi_list_init(&d->launches.flying);
    humi_list_init(&d->launches.ended);
    humi_list_init(&d->launches.spare);
    return d;
}

static enum hum_status read_limits(struct humi_cuda_device *d)
{
    const struct {
        enum humi_cu_device_attribute which;
        int *value;
    } wanted[] = {
        {HUMI_CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &d->limits.multiprocessors},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &d->limits.block_threads},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, &d->limits.block_size[0]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, &d->limits.block_size[1]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, &d->limits.block_size[2]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, &d->limits.grid_size[0]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, &d->limits.grid_size[1]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, &d->limits.grid_size[2]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &d->limits.shared_bytes},
    };
    int vmm = 0;
    enum hum_status status =
        humi_cuda_do(d, cuDeviceGetAttribute, &vmm,
                     HUMI_CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, d->ordinal);

    if (status == HUM_OK && !vmm && d->mode == HUMI_MODE_DECLARED)
        return humi_fail(HUM_ERR_UNSUPPORTED, "%s: the device has no virtual memory management "
                                              "(cuMemMap), which hum needs",
                         d->base.name);
    for (size_t i = 0; status == HUM_OK && i < sizeof wanted / sizeof *wanted; i++)
        status = humi_cuda_do(d, cuDeviceGetAttribute, wanted[i].value, wanted[i].which,
                              d->ordinal);
    d->base.workers = d->limits.multiprocessors > 0 ? (unsigned)d->limits.multiprocessors : 1;
    return status;
}

/* The driver lets pages take what there is, whatever was wished. */
static enum hum_status tell_memory(struct humi_cuda_device *d, bool given)
{
    size_t free_bytes = 0, total = 0;
    enum hum_status status = humi_cuda_do(d, cuMemGetInfo_v2, &free_bytes, &total);

    if (status == HUM_OK && given)
        snprintf(d->base.reduced, sizeof d->base.reduced,
                 "mem= limits nothing where the driver keeps residency (mode=managed)");
    d->base.memory_bytes = humi_round_down(total, HUM_BLOCK_SIZE);
    return status;
}

/* Without a wish: seven eighths of what is free now. */
static enum hum_status choose_memory(struct humi_cuda_device *d, bool given)
{
    size_t free_bytes = 0, total = 0;
    enum hum_status status = humi_cuda_do(d, cuMemGetInfo_v2, &free_bytes, &total);

    if (status != HUM_OK)
        return status;
    if (given && d->base.memory_bytes > total)
        return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: mem=%zuM, but %s has %zu MiB",
                         d->base.memory_bytes >> 20, d->base.name, total >> 20);
    if (!given)
        d->base.memory_bytes = humi_round_down(free_bytes / 8 * 7, HUM_BLOCK_SIZE);
    if (d->base.memory_bytes == 0)
        return humi_fail(HUM_ERR_NO_MEMORY, "%s has only %zu KiB of free memory", d->base.name,
                         free_bytes >> 10);
    return HUM_OK;
}

static enum hum_status find_device(struct humi_cuda_device *d)
{
    int count = 0, device = 0;
    enum hum_status status = humi_cuda_do(d, cuDeviceGetCount, &count);

    if (status == HUM_OK && d->ordinal >= count)
        return humi_fail(HUM_ERR_NOT_FOUND, "HUM_DEVICES: cuda:%d, but the driver has %d devices",
                         d->ordinal, count);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuDeviceGet, &device, d->ordinal);
    d->ordinal = status == HUM_OK ? device : d->ordinal;
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuDeviceGetName, d->base.model, (int)sizeof d->base.model,
                              d->ordinal);
    return status == HUM_OK ? read_limits(d) : status;
}

static enum hum_status start(struct humi_cuda_device *d, bool memory_given)
{
    enum hum_status status = find_device(d);

    if (status == HUM_OK)
        status = retain(d);
    if (status != HUM_OK)
        return status;
    if (!make_current(d))
        return humi_fail(HUM_ERR_SYSTEM, "%s: its context cannot be used", d->base.name);
    status = d->mode == HUMI_MODE_MANAGED ? tell_memory(d, memory_given)
                                          : choose_memory(d, memory_given);
    if (status == HUM_OK)
        status = parts_open(d);
    make_uncurrent(d);
    return status;
}

enum hum_status humi_cuda_device_open(const struct humi_space_params *space,
                                      const struct humi_device_params *params,
                                      struct humi_processor **out)
{
    struct humi_cuda_device *d = create(space, params);

    if (!d)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a CUDA device");
    enum hum_status status = humi_cuda_open(&d->cu);
    if (status == HUM_OK)
        status = start(d, !params->memory_is_usual);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        cuda_close(&d->base);
        humi_error_restore(text);
        return status;
    }
    humi_debug("%s: %d multiprocessors, %zu MiB, %s, space at %#llx%s", d->base.name,
               d->limits.multiprocessors, d->base.memory_bytes >> 20,
               d->mode == HUMI_MODE_MANAGED ? "managed" : "declared", d->frames.base,
               d->base.other_addresses ? " (another address than here)" : "");
    if (d->mode != HUMI_MODE_MANAGED)
        humi_cuda_peers_join(d);
    *out = &d->base;
    return HUM_OK;
}
