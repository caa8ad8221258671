/* SPDX-License-Identifier: MIT */
/* emu.c - the emulated device as a processor: opening, closing, frames, access, faults. */
#include "device/emu/emu.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "device/away.h"
#include "os/memory.h"
#include "os/userfault.h"

/* ---- frames and access ----------------------------------------------------------------------- */

static enum hum_status emu_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    return humi_frames_back(&humi_emu_of(p)->frames, offset, bytes);
}

static void emu_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_emu *emu = humi_emu_of(p);

    humi_access_guard_own(&emu->access, offset, bytes);
    humi_frames_drop(&emu->frames, offset, bytes);
    humi_access_dropped(&emu->access, offset, bytes);
}

static enum hum_status emu_map(struct humi_processor *p, size_t offset, size_t bytes,
                               enum humi_map_access access, bool *own_out)
{
    struct humi_emu *emu = humi_emu_of(p);

    if (humi_emu_keep(emu, offset, bytes) && access != HUMI_MAP_OWN)
        humi_access_break(&emu->access, offset, bytes);
    return humi_access_map(&emu->access, offset, bytes, access, own_out);
}

static enum hum_status emu_map_remote(struct humi_processor *p, size_t offset, size_t bytes,
                                      const struct humi_processor *owner)
{
    return humi_away_map(&humi_emu_of(p)->access, offset, bytes, owner);
}

static void emu_protect(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_protect(&humi_emu_of(p)->access, offset, bytes);
}

static void emu_unmap(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_unmap(&humi_emu_of(p)->access, offset, bytes);
}

static void emu_watch(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_guard(&humi_emu_of(p)->access, offset, bytes);
}

static void emu_forget(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_forget(&humi_emu_of(p)->access, offset, bytes);
}

static void emu_resume(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_resume(&humi_emu_of(p)->access, offset, bytes);
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* Index of the worker whose thread or helper has this id, or params.workers. */
static unsigned find_worker(const struct humi_emu *emu, int thread)
{
    const struct humi_emu_worker *records = emu->control->workers;
    unsigned i = 0;

    while (i < emu->params.workers &&
           __atomic_load_n(&records[i].thread, __ATOMIC_RELAXED) != thread &&
           __atomic_load_n(&records[i].helper, __ATOMIC_RELAXED) != thread)
        i++;
    return i;
}

static unsigned emu_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    struct humi_emu *emu = humi_emu_of(p);
    struct humi_userfault_event events[64];
    unsigned count = humi_userfault_read(p->fault_fd, events, max < 64 ? max : 64);

    for (unsigned i = 0; i < count; i++) {
        unsigned worker = find_worker(emu, events[i].thread);
        faults_out[i] = (struct humi_fault){
            .address = events[i].address, .thread = events[i].thread, .write = events[i].write};
        if (worker == emu->params.workers)
            continue;
        const struct humi_emu_worker *record = &emu->control->workers[worker];
        /* Which launch fail() would end. */
        emu->fault_serial[worker] = __atomic_load_n(&record->serial, __ATOMIC_ACQUIRE);
        faults_out[i].kernel =
            __atomic_load_n(&record->kernel, __ATOMIC_RELAXED) % HUMI_EMU_KERNELS_MAX + 1;
    }
    return count;
}

static void emu_fail(struct humi_processor *p, const struct humi_fault *fault,
                     enum hum_status status)
{
    struct humi_emu *emu = humi_emu_of(p);
    unsigned worker = find_worker(emu, fault->thread);
    struct humi_emu_worker *w = &emu->control->workers[worker];

    humi_lock(&emu->gate);
    if (humi_emu_is_lost(emu)) {
        humi_unlock(&emu->gate);
        return;
    }
    if (worker == emu->params.workers) {
        humi_emu_kill(emu, "touched managed memory outside of a kernel");
    } else {
        w->fail_status = status;
        w->fail_address = fault->address;
        __atomic_store_n(&w->fail_serial, emu->fault_serial[worker], __ATOMIC_RELEASE);
        (void)syscall(SYS_tgkill, emu->process.pid, fault->thread, HUMI_EMU_SIGNAL);
    }
    humi_unlock(&emu->gate);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void emu_close(struct humi_processor *p)
{
    struct humi_emu *emu = humi_emu_of(p);

    if (!emu)
        return;
    if (emu->control)
        humi_emu_stop(emu);
    if (emu->base.life_fd >= 0)
        close(emu->base.life_fd);
    if (emu->access.uffd >= 0)
        close(emu->access.uffd);
    if (emu->control)
        munmap(emu->control, humi_emu_control_bytes(emu->space.bytes));
    if (emu->control_fd >= 0)
        close(emu->control_fd);
    if (emu->agent_channel >= 0)
        close(emu->agent_channel);
    humi_emu_close_samples(emu);
    humi_emu_close_touches(emu);
    humi_access_fini(&emu->access);
    humi_window_unmap(emu->base.window, emu->space.bytes);
    humi_frames_close(&emu->frames);
    humi_emu_forget_modules(emu);
    humi_lock_fini(&emu->gate);
    pthread_mutex_destroy(&emu->agent);
    pthread_mutex_destroy(&emu->command);
    free(emu->tickets);
    free(emu);
}

static const struct humi_processor_ops emu_ops = {
    .kind = "emu",
    .close = emu_close,
    .back = emu_back,
    .drop = emu_drop,
    .map = emu_map,
    .map_remote = emu_map_remote,
    .protect = emu_protect,
    .unmap = emu_unmap,
    .watch = emu_watch,
    .forget = emu_forget,
    .faults = emu_faults,
    .resume = emu_resume,
    .fail = emu_fail,
    .load = humi_emu_load,
    .kernel = humi_emu_kernel,
    .submit = humi_emu_submit,
    .wait = humi_emu_wait,
    .restart = humi_emu_restart,
    .touches = humi_emu_touches,
    .sampled_begin = humi_emu_sampled_begin,
    .sampled_next = humi_emu_sampled_next,
    .sampled_cost = humi_emu_sampled_cost,
    .ask = humi_emu_ask,
};

static struct humi_emu *create(const struct humi_space_params *space,
                               const struct humi_device_params *params)
{
    struct humi_emu *emu = calloc(1, sizeof *emu);

    if (!emu)
        return NULL;
    emu->base.ops = &emu_ops;
    emu->base.fault_fd = emu->base.life_fd = -1;
    snprintf(emu->base.name, sizeof emu->base.name, "emu%d", params->index);
    snprintf(emu->base.kind, sizeof emu->base.kind, "emu");
    emu->base.memory_bytes = params->memory_bytes;
    emu->base.workers = params->workers;
    emu->base.cannot_fault = params->cannot_fault;
    emu->base.prefers_opencl = params->opencl;
    emu->space = *space;
    emu->params = *params;
    emu->frames.fd = emu->control_fd = emu->touches_fd = emu->access.uffd = -1;
    emu->agent_channel = emu->base.frames_fd = -1;
    emu->process = (struct humi_process){.pidfd = -1, .channel = -1};
    emu->patience_ns = HUMI_EMU_PATIENCE_NS;
    emu->lost = true;
    emu->ticket_free = UINT32_MAX;
    emu->access.start = space->start;
    emu->access.bytes = space->bytes;
    emu->access.prompt = params->prompt;
    emu->access.zap = humi_emu_zap;
    emu->access.zap_if_cheap = humi_emu_zap_if_cheap;
    emu->access.lead_away = humi_emu_lead_away;
    emu->access.lead_home = humi_emu_lead_home;
    humi_lock_init(&emu->gate, HUMI_RANK_DEVICE);
    pthread_mutex_init(&emu->agent, NULL);
    pthread_mutex_init(&emu->command, NULL);
    return emu;
}

static enum hum_status open_control(struct humi_emu *emu)
{
    size_t bytes = humi_emu_control_bytes(emu->space.bytes);
    void *control;

    emu->control_fd = memfd_create("hum-control", MFD_CLOEXEC);
    if (emu->control_fd < 0 || ftruncate(emu->control_fd, (off_t)bytes) != 0)
        return humi_fail_errno("control memory");
    control = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, emu->control_fd, 0);
    if (control == MAP_FAILED)
        return humi_fail_errno("control memory");
    (void)madvise(control, bytes, MADV_DONTFORK);
    emu->control = control;
    for (uint32_t i = 0; i < HUMI_EMU_SLOTS; i++)
        emu->slot_ticket[i] = UINT32_MAX;
    return HUM_OK;
}

/* The process has no other use for mappings; each run makes up to two of them. */
static struct humi_access_limits limits(void)
{
    size_t most = humi_memory_mappings_max();

    return (struct humi_access_limits){.own_runs = most * 3 / 8, .away_runs = most / 8};
}

static enum hum_status open_memory(struct humi_emu *emu)
{
    const struct humi_access_limits runs = limits();
    enum hum_status status;

    status = humi_frames_open(emu->space.bytes, emu->space.huge, emu->path, &emu->frames);
    if (status != HUM_OK)
        return status;
    emu->base.frames_fd = emu->frames.fd;
    emu->base.huge = emu->access.huge = emu->frames.huge;
    if (emu->space.shared_read)
        status = humi_userfault_can_share(&emu->access.shared_read);
    if (status != HUM_OK)
        return status;
    emu->base.shared_read = emu->access.shared_read;
    if (emu->base.shared_read)
        emu->access.prot = emu->control->prot;
    emu->base.opens_reads = emu->base.shared_read;
    status = humi_window_map(emu->frames.fd, emu->space.bytes, &emu->base.window);
    if (status != HUM_OK)
        return status;
    emu->kernels = calloc(HUMI_EMU_KERNELS_MAX, sizeof emu->kernels[0]);
    if (!emu->kernels)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a table of kernels");
    return humi_access_init(&emu->access, &runs);
}

enum hum_status humi_emu_open(const struct humi_space_params *space,
                              const struct humi_device_params *params, struct humi_processor **out)
{
    struct humi_emu *emu = create(space, params);
    enum hum_status status;

    if (!emu)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a device");
    status = humi_process_find_emu(emu->path, sizeof emu->path);
    if (status == HUM_OK)
        status = open_control(emu);
    if (status == HUM_OK)
        status = open_memory(emu);
    if (status == HUM_OK)
        status = humi_emu_open_touches(emu);
    if (status == HUM_OK)
        status = humi_emu_open_samples(emu);
    if (status == HUM_OK)
        status = humi_emu_start(emu);
    if (status != HUM_OK) {
        emu_close(&emu->base);
        return status;
    }
    humi_debug("%s: process %d, %u workers, %zu MiB, %s frames", emu->base.name, emu->base.pid,
               params->workers, params->memory_bytes >> 20, emu->base.huge ? "huge" : "small");
    *out = &emu->base;
    return HUM_OK;
}
