/* SPDX-License-Identifier: MIT */
/*
 * host.c - the host as a processor: the space in the program's own process.
 *
 * Mapping, protecting and forgetting act on this very address space; nothing is deferred, because
 * the program runs all the time.
 */
#include "device/host/host.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "device/away.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/userfault.h"

#define POISON_US 200u /* a woken thread has run by then, mostly */

static struct humi_host *of(struct humi_processor *p)
{
    return (struct humi_host *)p;
}

static const struct humi_host *of_access(const struct humi_access *access)
{
    return (const struct humi_host *)(const void *)((const char *)access -
                                                    offsetof(struct humi_host, access));
}

static void zap(struct humi_access *access, size_t offset, size_t bytes)
{
    humi_memory_zap(access->start + offset, bytes);
}

static bool zap_if_cheap(struct humi_access *access, size_t offset, size_t bytes)
{
    zap(access, offset, bytes);
    return true;
}

static enum hum_status lead(const struct humi_access *access, size_t offset, size_t bytes,
                            int file, bool fill)
{
    const struct humi_memory_lead lead = {.start = access->start + offset,
                                          .bytes = bytes,
                                          .file = file,
                                          .offset = offset,
                                          .right = HUMI_MEMORY_WRITE,
                                          .fill = fill};

    return humi_memory_lead(&lead);
}

static enum hum_status lead_away(struct humi_access *access, size_t offset, size_t bytes, int file)
{
    return lead(access, offset, bytes, file, true);
}

/* Until it is guarded again a touch goes through: see returns_writable in device.h. */
static enum hum_status lead_home(struct humi_access *access, size_t offset, size_t bytes)
{
    const struct humi_host *host = of_access(access);
    enum hum_status status = lead(access, offset, bytes, host->frames.fd, false);

    if (status != HUM_OK)
        return status;
    return humi_userfault_register(access->uffd, access->start + offset, bytes);
}

/* ---- members of the contract ----------------------------------------------------------------- */

static void host_close(struct humi_processor *p)
{
    struct humi_host *host = of(p);

    if (!host)
        return;
    if (host->mapped)
        humi_space_unmap(host->access.start, host->access.bytes);
    if (host->access.uffd >= 0)
        close(host->access.uffd);
    humi_access_fini(&host->access);
    humi_window_unmap(host->base.window, host->access.bytes);
    humi_ledger_fini(&host->ledger);
    humi_frames_close(&host->frames);
    free(host);
}

static enum hum_status host_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_host *host = of(p);
    struct hum_pages added;
    enum hum_status status = humi_ledger_take(&host->ledger, offset, bytes, &added);

    if (status != HUM_OK)
        return status;
    status = humi_frames_back(&host->frames, offset, bytes);
    if (status != HUM_OK)
        humi_ledger_return_pages(&host->ledger, offset, &added);
    return status;
}

static void host_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_host *host = of(p);

    humi_access_guard_own(&host->access, offset, bytes);
    humi_frames_drop(&host->frames, offset, bytes);
    humi_ledger_return(&host->ledger, offset, bytes);
}

static enum hum_status host_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out)
{
    return humi_access_map(&of(p)->access, offset, bytes, access, own_out);
}

static enum hum_status host_map_remote(struct humi_processor *p, size_t offset, size_t bytes,
                                       const struct humi_processor *owner)
{
    return humi_away_map(&of(p)->access, offset, bytes, owner);
}

static void host_protect(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_protect(&of(p)->access, offset, bytes);
}

static void host_unmap(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_unmap(&of(p)->access, offset, bytes);
}

static void host_watch(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_guard(&of(p)->access, offset, bytes);
}

static void host_forget(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_forget(&of(p)->access, offset, bytes);
}

static unsigned host_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    struct humi_userfault_event events[64];
    unsigned count = humi_userfault_read(p->fault_fd, events, max < 64 ? max : 64);

    for (unsigned i = 0; i < count; i++)
        faults_out[i] = (struct humi_fault){
            .address = events[i].address, .thread = events[i].thread, .write = events[i].write};
    return count;
}

static void host_resume(struct humi_processor *p, size_t offset, size_t bytes)
{
    humi_access_resume(&of(p)->access, offset, bytes);
}

/*
 * A thread that waits inside a system call takes no signal: the touch itself must fail.  The page
 * is poisoned just long enough for the thread to find it so; if it was too slow it faults again.
 */
static bool fail_system_call(struct humi_host *host, uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(HUM_PAGE_SIZE - 1);

    if (!humi_userfault_poison(host->access.uffd, page, HUM_PAGE_SIZE))
        return false;
    humi_userfault_wake(host->access.uffd, page, HUM_PAGE_SIZE);
    usleep(POISON_US);
    humi_memory_zap(page, HUM_PAGE_SIZE);
    return true;
}

static void host_fail(struct humi_processor *p, const struct humi_fault *fault,
                      enum hum_status status)
{
    struct humi_host *host = of(p);

    if (!humi_host_is_in_system_call(fault->thread) || !fail_system_call(host, fault->address))
        humi_host_raise(fault->thread, fault->address, status);
}

static const struct humi_processor_ops host_ops = {
    .kind = "host",
    .close = host_close,
    .back = host_back,
    .drop = host_drop,
    .map = host_map,
    .map_remote = host_map_remote,
    .protect = host_protect,
    .unmap = host_unmap,
    .watch = host_watch,
    .forget = host_forget,
    .faults = host_faults,
    .resume = host_resume,
    .fail = host_fail,
};

/* ---- opening --------------------------------------------------------------------------------- */

static enum hum_status open_memory(struct humi_host *host, const struct humi_space_params *space,
                                   size_t host_bytes)
{
    char emu[4096];
    bool found = space->huge && humi_process_find_emu(emu, sizeof emu) == HUM_OK;
    enum hum_status status =
        humi_frames_open(space->bytes, space->huge, found ? emu : NULL, &host->frames);

    if (status != HUM_OK)
        return status;
    status = humi_ledger_init(&host->ledger, space->bytes, host_bytes, host->frames.huge);
    if (status != HUM_OK)
        return status;
    status = humi_window_map(host->frames.fd, space->bytes, &host->base.window);
    if (status != HUM_OK)
        return status;
    status = humi_space_map(space->start, space->bytes, host->frames.fd);
    host->mapped = status == HUM_OK;
    return status;
}

static enum hum_status open_access(struct humi_host *host, const struct humi_space_params *space)
{
    struct humi_access *access = &host->access;
    /* Each run makes up to two mappings; the other mappings of the process are the program's. */
    size_t most = humi_memory_mappings_max();
    const struct humi_access_limits limits = {.own_runs = most / 4, .away_runs = most / 16};
    enum hum_status status = humi_userfault_open(space->kernel_faults, &access->uffd,
                                                 &host->base.kernel_faults);

    if (status != HUM_OK)
        return status;
    access->huge = host->frames.huge;
    if (space->shared_read)
        status = humi_userfault_can_share(&access->shared_read);
    if (status != HUM_OK)
        return status;
    access->zap = zap;
    access->zap_if_cheap = zap_if_cheap;
    access->lead_away = lead_away;
    access->lead_home = lead_home;
    access->lead_home_late = true;
    status = humi_access_init(access, &limits);
    if (status != HUM_OK)
        return status;
    return humi_userfault_register(access->uffd, space->start, space->bytes);
}

static void describe(struct humi_host *host, size_t host_bytes)
{
    struct humi_processor *p = &host->base;

    p->ops = &host_ops;
    snprintf(p->name, sizeof p->name, "host");
    snprintf(p->kind, sizeof p->kind, "host");
    p->memory_bytes = host_bytes;
    p->fault_fd = host->access.uffd;
    p->frames_fd = host->frames.fd;
    p->returns_writable = true;
    p->life_fd = -1;
    p->pid = getpid();
    p->huge = host->frames.huge;
    p->shared_read = host->access.shared_read;
}

enum hum_status humi_host_open(const struct humi_space_params *space, size_t host_bytes,
                               struct humi_processor **out)
{
    struct humi_host *host = calloc(1, sizeof *host);
    enum hum_status status;

    if (!host)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the host's side of a space");
    host->frames.fd = -1;
    host->access.uffd = -1;
    host->access.start = space->start;
    host->access.bytes = space->bytes;
    status = open_memory(host, space, host_bytes);
    if (status == HUM_OK)
        status = open_access(host, space);
    if (status != HUM_OK) {
        host_close(&host->base);
        return status;
    }
    describe(host, host_bytes);
    humi_debug("host: %s frames, %s faults%s", host->base.huge ? "huge" : "small",
               host->base.kernel_faults ? "kernel and user" : "user",
               host->base.shared_read ? ", shared reads" : "");
    *out = &host->base;
    return HUM_OK;
}
