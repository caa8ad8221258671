/* SPDX-License-Identifier: MIT */
/* service.c - the thread that serves faults; service.h has the stages. */
#include "core/service.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/view.h"

#define BATCH_MAX 256u
#define AHEAD_MAX 8u      /* blocks to go ahead for after one batch */
#define RETRY_MS 1000
#define POLLS_MAX (1 + 2 * HUM_PROCESSORS_MAX)

/* A block that a policy wants before it is asked for. */
struct ahead {
    struct humi_region *region; /* a reference */
    unsigned processor;
    uint32_t block;
    bool exclusive;
};

struct humi_service {
    struct hum *hum;
    pthread_t thread;
    int stop_fd;
    struct pollfd polls[POLLS_MAX];
    unsigned poll_count;
    bool retry;               /* a device is lost and waits for another try */
    struct humi_fault faults[BATCH_MAX];
    struct ahead ahead[AHEAD_MAX];
    unsigned ahead_count;
};

/* ---- plan ------------------------------------------------------------------------------------ */

static void go_ahead_later(struct humi_service *service, const struct humi_group *group,
                           const struct hum_plan *plan)
{
    uintptr_t end = group->region->start + group->region->bytes;
    for (unsigned i = 1; i <= plan->ahead_blocks && service->ahead_count < AHEAD_MAX; i++) {
        uint32_t index = group->block->index + i;
        if (service->hum->params.start + (size_t)index * HUM_BLOCK_SIZE >= end)
            return;
        atomic_fetch_add(&group->region->references, 1);
        service->ahead[service->ahead_count++] =
            (struct ahead){.region = group->region,
                           .processor = group->processor,
                           .block = index,
                           .exclusive = plan->exclusive || !humi_mask_empty(&group->write)};
    }
}

/* How many of the faults found their page accessible: another fault got there first. */
static unsigned count_duplicates(const struct humi_group *group)
{
    const struct humi_hold *hold = &group->block->hold[group->processor];
    struct hum_pages asked = humi_mask_or(&group->read, &group->write);
    struct hum_pages reads = humi_mask_minus(&group->read, &group->write);
    struct hum_pages read_there = humi_mask_and(&reads, &hold->mapped);
    struct hum_pages write_there = humi_mask_and(&group->write, &hold->writable);
    return group->count - humi_mask_count(&asked) + humi_mask_count(&read_there) +
           humi_mask_count(&write_there);
}

static void count_map_fault(struct humi_group *group)
{
    struct humi_hold *hold = &group->block->hold[group->processor];
    struct hum_pages asked = humi_mask_or(&group->read, &group->write);
    if (humi_mask_within(&asked, &hold->resident) && hold->map_faults < UINT8_MAX)
        hold->map_faults++;
}

/* A chain of guesses ends where a write proves it right; a policy lets none grow without end. */
static void count_guess(const struct humi_group *group, const struct hum_view *view, bool exclusive)
{
    struct humi_hold *hold = &group->block->hold[group->processor];
    if (!humi_mask_empty(&group->write))
        atomic_store(&hold->guesses, 0);
    else if (exclusive && view->neighbour_guesses < UINT8_MAX)
        atomic_store(&hold->guesses, (unsigned char)(view->neighbour_guesses + 1));
}

static void renew(struct hum *hum, const struct humi_group *group, unsigned resident_before)
{
    struct humi_hold *hold = &group->block->hold[group->processor];
    bool moved = atomic_load(&hold->resident_pages) != resident_before;
    if (moved || hum->policy->renewal == HUM_RENEW_ON_FAULT)
        humi_order_renew(&hum->order[group->processor], group->block);
}

/* ---- one group ------------------------------------------------------------------------------- */

/* The block is locked and the region lives.  HUM_AGAIN: make room and come back. */
static enum hum_status serve_locked(struct humi_service *service, struct humi_group *group)
{
    struct hum *hum = service->hum;
    struct humi_hold *hold = &group->block->hold[group->processor];
    unsigned resident_before = atomic_load(&hold->resident_pages);
    struct hum_view view;
    struct hum_plan plan = {0};
    humi_view_fill(hum, group, &view);
    hum->policy->plan(&view, &plan);
    struct humi_request request = humi_view_request(group, &view, &plan);
    request.faults = group->count;
    request.duplicates = count_duplicates(group);
    count_map_fault(group);
    enum hum_status status = humi_residency_serve(hum, group->block, &request);
    if (status != HUM_OK)
        return status;
    count_guess(group, &view, plan.exclusive);
    renew(hum, group, resident_before);
    go_ahead_later(service, group, &plan);
    return HUM_OK;
}

static enum hum_status serve(struct humi_service *service, struct humi_group *group)
{
    struct hum *hum = service->hum;
    enum hum_status status;
    do {
        humi_lock(&group->block->lock);
        /*
         * hum_protect() may have come in between; it takes this lock after it changed the access.
         */
        bool may = !atomic_load(&group->region->dying) &&
                   (humi_region_access(group->region, group->processor) & HUM_READ);
        status = may ? serve_locked(service, group) : HUM_ERR_ILLEGAL_ADDRESS;
        humi_unlock(&group->block->lock);
        if (status == HUM_AGAIN && humi_room_make(hum, group->processor, group->block) != HUM_OK)
            status = HUM_ERR_NO_MEMORY;
        else if (status == HUM_ERR_NO_MEMORY && group->processor == 0 &&
                 humi_room_make(hum, 0, group->block) == HUM_OK)
            status = HUM_AGAIN; /* the system is out of memory, but stale frames could go */
    } while (status == HUM_AGAIN);
    return status;
}

static void fail_all(struct hum *hum, unsigned p, const struct humi_fault *faults, unsigned count,
                     enum hum_status status)
{
    struct humi_processor *processor = hum->processor[p];
    for (unsigned i = 0; i < count; i++) {
        humi_info("%s: %s at %#lx cannot be served: %s", processor->name,
                  faults[i].write ? "write" : "read", (unsigned long)faults[i].address,
                  hum_status_text(status));
        processor->ops->fail(processor, &faults[i], status);
    }
}

static void serve_group(struct humi_service *service, struct humi_group *group)
{
    struct hum *hum = service->hum;
    uint64_t start = humi_clock_ns();
    enum hum_status status = HUM_ERR_NO_MEMORY;
    group->block = humi_table_get(&hum->table, humi_space_block(hum, group->faults->address));
    if (group->block)
        status = serve(service, group);
    if (status != HUM_OK)
        fail_all(hum, group->processor, group->faults, group->count, status);
    uint64_t ns = humi_clock_ns() - start;
    struct humi_meter *meter = humi_region_meter(group->region);
    humi_meter_add(&hum->meter.service_ns, ns);
    if (meter)
        humi_meter_add(&meter->service_ns, ns);
}

/* ---- a batch --------------------------------------------------------------------------------- */

static int compare_faults(const void *a, const void *b)
{
    const struct humi_fault *x = a, *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

/* The faults from `faults` on that belong to the same block and region. */
static unsigned group_length(const struct hum *hum, const struct humi_region *region,
                             const struct humi_fault *faults, unsigned count)
{
    uint32_t block = humi_space_block(hum, faults->address);
    unsigned n = 1;
    while (n < count && faults[n].address - region->start < region->bytes &&
           humi_space_block(hum, faults[n].address) == block)
        n++;
    return n;
}

/* Gather the pages; touches that hum_protect() forbids fail here and leave the group. */
static void group_pages(struct hum *hum, struct humi_group *group)
{
    unsigned access = humi_region_access(group->region, group->processor);
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct humi_fault fault = group->faults[i];
        unsigned wanted = fault.write ? HUM_READ | HUM_WRITE : HUM_READ;
        size_t offset = fault.address - hum->params.start;
        unsigned page = (unsigned)(offset % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
        if ((access & wanted) != wanted) {
            fail_all(hum, group->processor, &fault, 1, HUM_ERR_ILLEGAL_ADDRESS);
            continue;
        }
        humi_mask_set(fault.write ? &group->write : &group->read, page);
        group->faults[kept++] = fault;
    }
    group->count = kept;
}

static void serve_batch(struct humi_service *service, unsigned p, unsigned count)
{
    struct hum *hum = service->hum;
    qsort(service->faults, count, sizeof *service->faults, compare_faults);
    for (unsigned i = 0; i < count;) {
        struct humi_fault *faults = &service->faults[i];
        struct humi_group group = {.processor = p, .faults = faults};
        unsigned length = 1;
        group.region = humi_regions_find(&hum->regions, faults->address);
        if (group.region) {
            length = group_length(hum, group.region, faults, count - i);
            group.count = length;
            group_pages(hum, &group);
            if (group.count)
                serve_group(service, &group);
            humi_region_put(group.region);
        } else {
            fail_all(hum, p, faults, 1, HUM_ERR_ILLEGAL_ADDRESS);
        }
        i += length;
    }
}

/* ---- going ahead ----------------------------------------------------------------------------- */

/* Bring and map what is written elsewhere; a block that nobody wrote waits for its first touch. */
static enum hum_status bring_ahead(struct hum *hum, const struct ahead *ahead,
                                   struct humi_block *block)
{
    const struct humi_hold *hold = &block->hold[ahead->processor];
    struct hum_pages valid = humi_region_pages(ahead->region, humi_block_start(hum, block));
    struct humi_request request = {
        .processor = ahead->processor,
        .region = ahead->region,
        .bring = humi_mask_and(&valid, &block->written),
        .whole = humi_mask_full(&valid),
        .read_only = !(humi_region_access(ahead->region, ahead->processor) & HUM_WRITE),
        .cause = HUM_CAUSE_PREFETCH_POLICY,
    };
    if (humi_mask_within(&request.bring, &hold->mapped) || atomic_load(&ahead->region->dying) ||
        !(humi_region_access(ahead->region, ahead->processor) & HUM_READ))
        return HUM_OK;
    request.map = request.bring;
    if (ahead->exclusive && !request.read_only)
        request.write = request.bring;
    enum hum_status status = humi_residency_serve(hum, block, &request);
    if (status == HUM_OK)
        humi_order_renew(&hum->order[ahead->processor], block);
    return status;
}

/* Frames that nobody uses may make room for it, pages of others not. */
static void ahead_block(struct hum *hum, const struct ahead *ahead, struct humi_block *block)
{
    enum hum_status status;
    do {
        humi_lock(&block->lock);
        status = bring_ahead(hum, ahead, block);
        humi_unlock(&block->lock);
        if (status == HUM_AGAIN && !atomic_load(&hum->order[ahead->processor].stale))
            return;
    } while (status == HUM_AGAIN && humi_room_make(hum, ahead->processor, block) == HUM_OK);
}

static void go_ahead(struct humi_service *service)
{
    struct hum *hum = service->hum;
    for (unsigned i = 0; i < service->ahead_count; i++) {
        struct ahead *ahead = &service->ahead[i];
        struct humi_block *block = humi_table_get(&hum->table, ahead->block);
        if (block)
            ahead_block(hum, ahead, block);
        humi_region_put(ahead->region);
    }
    service->ahead_count = 0;
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* A device's process died: its access is gone, its frames are not. */
static void recover(struct hum *hum, unsigned p)
{
    struct humi_processor *processor = hum->processor[p];
    if (!atomic_exchange(&hum->lost[p], true))
        humi_warn("%s: process %d died; its pages stay readable", processor->name, processor->pid);
    /* The new process maps nothing, so the masks claim too much until they are cleared: harmless,
     * while the other order would let a new mapping be forgotten. */
    enum hum_status status = processor->ops->restart(processor);
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        humi_lock(&block->lock);
        humi_residency_lost(hum, block, p);
        humi_unlock(&block->lock);
    }
    if (status == HUM_OK) {
        atomic_fetch_add(&hum->restarts[p], 1);
        atomic_store(&hum->lost[p], false);
    } else {
        humi_warn("%s: cannot be started again, another try in a second: %s", processor->name,
                  hum_error_text());
    }
}

static void fill_polls(struct humi_service *service)
{
    struct hum *hum = service->hum;
    bool any_lost = false;
    service->polls[0] = (struct pollfd){.fd = service->stop_fd, .events = POLLIN};
    for (unsigned p = 0; p < hum->processors; p++) {
        bool lost = atomic_load(&hum->lost[p]);
        any_lost |= lost;
        int fault_fd = lost ? -1 : hum->processor[p]->fault_fd;
        int life_fd = lost ? -1 : hum->processor[p]->life_fd;
        service->polls[1 + 2 * p] = (struct pollfd){.fd = fault_fd, .events = POLLIN};
        service->polls[2 + 2 * p] = (struct pollfd){.fd = life_fd, .events = POLLIN};
    }
    service->poll_count = 1 + 2 * hum->processors;
    service->retry = any_lost;
}

static void serve_processor(struct humi_service *service, unsigned p)
{
    struct humi_processor *processor = service->hum->processor[p];
    unsigned count = processor->ops->faults(processor, service->faults, BATCH_MAX);
    if (!count)
        return;
    humi_meter_add(&service->hum->meter.batches, 1);
    serve_batch(service, p, count);
    go_ahead(service);
    humi_room_trim(service->hum);
}

/* Devices that could not be started again get another try. */
static void recover_lost(struct humi_service *service)
{
    struct hum *hum = service->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        if (atomic_load(&hum->lost[p]))
            recover(hum, p);
    fill_polls(service);
}

static void *run(void *argument)
{
    struct humi_service *service = argument;
    struct hum *hum = service->hum;
    humi_signals_never();
    fill_polls(service);
    for (;;) {
        int ready = poll(service->polls, service->poll_count, service->retry ? RETRY_MS : -1);
        humi_check(ready >= 0 || errno == EINTR);
        if (ready == 0)
            recover_lost(service);
        if (ready <= 0)
            continue;
        if (service->polls[0].revents)
            return NULL;
        for (unsigned p = 0; p < hum->processors; p++) {
            if (service->polls[1 + 2 * p].revents & POLLIN)
                serve_processor(service, p);
            if (service->polls[2 + 2 * p].revents) {
                recover(hum, p);
                fill_polls(service);
            }
        }
    }
}

static int start_thread(struct humi_service *service)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&service->thread, NULL, run, service);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        pthread_setname_np(service->thread, "hum-service");
    return error;
}

enum hum_status humi_service_start(struct hum *hum, struct humi_service **service_out)
{
    struct humi_service *service = calloc(1, sizeof *service);
    if (!service)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the fault service");
    service->hum = hum;
    service->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (service->stop_fd < 0) {
        free(service);
        return humi_fail_errno("cannot make an eventfd for the fault service");
    }
    int error = start_thread(service);
    if (error) {
        close(service->stop_fd);
        free(service);
        errno = error;
        return humi_fail_errno("cannot start the fault service's thread");
    }
    *service_out = service;
    return HUM_OK;
}

void humi_service_stop(struct humi_service *service)
{
    if (!service)
        return;
    uint64_t one = 1;
    ssize_t written = write(service->stop_fd, &one, sizeof one);
    humi_check(written == sizeof one);
    pthread_join(service->thread, NULL);
    close(service->stop_fd);
    free(service);
}
