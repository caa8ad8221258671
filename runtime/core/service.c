/* SPDX-License-Identifier: MIT */
/* service.c - the thread that serves faults; service.h has the stages. */
#include "core/service.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/ahead.h"
#include "core/doubt.h"
#include "core/record.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/seats.h"
#include "core/view.h"

#define BATCH_MAX 256u
#define RETRY_MS 1000
#define SPIN_NS UINT64_C(50000)            /* a little more than waking a sleeping core costs */
#define SHORT_BYTES ((uint64_t)256 << 10)  /* a batch that moved less moved pages, not blocks */
#define AWAIT_NS UINT64_C(3000000000) /* a start takes some milliseconds */
#define POLLS_MAX (1 + 2 * HUM_PROCESSORS_MAX)

struct humi_service {
    struct hum *hum;
    pthread_t thread;
    int stop_fd;
    struct pollfd polls[POLLS_MAX];
    unsigned poll_count;
    struct humi_seats seats;
    bool spins;               /* the last batch was the host's and moved little */
    bool retry;               /* a device is lost and waits for another try */
    struct humi_fault faults[BATCH_MAX];
    struct humi_doubts doubts;
    struct humi_ahead *ahead;
};

/* ---- plan ------------------------------------------------------------------------------------ */

static void go_ahead(struct humi_service *service, const struct humi_group *group,
                     const struct hum_plan *plan)
{
    uintptr_t end = group->region->start + group->region->bytes;
    const struct humi_hold *hold = &group->block->hold[group->processor];
    struct humi_ahead_item item = {.region = group->region,
                                   .processor = group->processor,
                                   .takes = plan->ahead_takes,
                                   .exclusive =
                                       plan->exclusive || !humi_mask_empty(&group->write)};
    for (unsigned i = 1; i <= plan->ahead_blocks; i++) {
        unsigned guesses = atomic_load(&hold->guesses) + i;
        item.block = group->block->index + i;
        const struct humi_block *block = humi_table_peek(&service->hum->table, item.block);
        item.changes = block ? atomic_load(&block->changes) : 0;
        item.guesses = (unsigned char)(guesses < UINT8_MAX ? guesses : UINT8_MAX);
        if (service->hum->params.start + (size_t)item.block * HUM_BLOCK_SIZE >= end)
            return;
        humi_ahead_push(service->ahead, &item);
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
    request.start_ns = group->start_ns;
    if (group->processor == 0)
        request.thread = (unsigned)group->faults->thread;
    else
        request.kernel = group->faults->kernel;
    count_map_fault(group);
    count_guess(group, &view, plan.exclusive);
    go_ahead(service, group, &plan); /* before serving: the two are copied side by side */
    enum hum_status status = humi_residency_serve(hum, group->block, &request);
    if (status != HUM_OK)
        return status;
    renew(hum, group, resident_before);
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
        group->start_ns = 0; /* another try begins behind the evictions */
        if (status == HUM_AGAIN && humi_room_make(hum, group->processor, group->block) != HUM_OK)
            status = HUM_ERR_NO_MEMORY;
        else if (status == HUM_ERR_NO_MEMORY && group->processor == 0 &&
                 humi_room_make(hum, 0, group->block) == HUM_OK)
            status = HUM_AGAIN; /* the system is out of memory, but stale frames could go */
    } while (status == HUM_AGAIN);
    return status;
}

/* A touch that cannot be served fails when it is seen the second time (doubt.h). */
static void fail(struct humi_service *service, unsigned p, const struct humi_fault *fault,
                 enum hum_status status)
{
    struct humi_processor *processor = service->hum->processor[p];
    size_t offset = fault->address - service->hum->params.start;
    if (humi_in_space(service->hum, fault->address) &&
        !humi_doubts_confirm(&service->doubts, p, fault, humi_clock_real_ns())) {
        processor->ops->resume(processor, offset & ~(HUM_PAGE_SIZE - 1), HUM_PAGE_SIZE);
        return;
    }
    humi_info("%s: %s at %#lx cannot be served: %s", processor->name,
              fault->write ? "write" : "read", (unsigned long)fault->address,
              hum_status_text(status));
    processor->ops->fail(processor, fault, status);
}

static void fail_all(struct humi_service *service, unsigned p, const struct humi_fault *faults,
                     unsigned count, enum hum_status status)
{
    for (unsigned i = 0; i < count; i++)
        fail(service, p, &faults[i], status);
}

static void serve_group(struct humi_service *service, struct humi_group *group)
{
    struct hum *hum = service->hum;
    uint64_t start = group->start_ns;
    enum hum_status status = HUM_ERR_NO_MEMORY;
    group->block = humi_table_get(&hum->table, humi_space_block(hum, group->faults->address));
    if (group->block)
        status = serve(service, group);
    if (status != HUM_OK)
        fail_all(service, group->processor, group->faults, group->count, status);
    for (unsigned i = 0; status == HUM_OK && i < group->count; i++)
        humi_doubts_note(&service->doubts, group->processor, &group->faults[i], true);
    humi_record_service(hum, group->region, group->processor, group->faults->kernel,
                        humi_clock_ns() - start);
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
static void group_pages(struct humi_service *service, struct humi_group *group)
{
    struct hum *hum = service->hum;
    unsigned access = humi_region_access(group->region, group->processor);
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct humi_fault fault = group->faults[i];
        unsigned wanted = fault.write ? HUM_READ | HUM_WRITE : HUM_READ;
        size_t offset = fault.address - hum->params.start;
        unsigned page = (unsigned)(offset % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
        if ((access & wanted) != wanted) {
            fail(service, group->processor, &fault, HUM_ERR_ILLEGAL_ADDRESS);
            continue;
        }
        humi_mask_set(fault.write ? &group->write : &group->read, page);
        group->faults[kept++] = fault;
    }
    group->count = kept;
}

/* The batch begins with its first group: one time for both. */
static void serve_batch(struct humi_service *service, unsigned p, unsigned count, uint64_t start_ns)
{
    struct hum *hum = service->hum;
    qsort(service->faults, count, sizeof *service->faults, compare_faults);
    for (unsigned i = 0; i < count;) {
        struct humi_fault *faults = &service->faults[i];
        struct humi_group group = {.processor = p, .faults = faults};
        group.start_ns = i ? humi_clock_ns() : start_ns;
        unsigned length = 1;
        group.region = humi_regions_find(&hum->regions, faults->address);
        if (group.region) {
            length = group_length(hum, group.region, faults, count - i);
            group.count = length;
            group_pages(service, &group);
            if (group.count)
                serve_group(service, &group);
            humi_region_put(group.region);
        } else {
            fail(service, p, faults, HUM_ERR_ILLEGAL_ADDRESS);
        }
        i += length;
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void forget_accesses(struct hum *hum, unsigned p)
{
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        humi_lock(&block->lock);
        humi_residency_lost(hum, block, p);
        humi_unlock(&block->lock);
    }
}

/*
 * A device's process died: its access is gone, its frames are not.  Only this thread and the paused
 * one map on devices, so nothing is mapped between forgetting and the new start.  If a module was
 * loaded meanwhile, the device runs again already; then masks claim too much, which is harmless.
 */
static void recover(struct humi_service *service, unsigned p)
{
    struct hum *hum = service->hum;
    struct humi_processor *processor = hum->processor[p];
    if (!humi_service_is_dead(hum, p))
        return;
    if (!atomic_exchange(&hum->lost[p], true))
        humi_warn("%s: process %d died; its pages stay readable", processor->name, processor->pid);
    humi_ahead_pause(service->ahead);
    forget_accesses(hum, p);
    enum hum_status status = processor->ops->restart(processor);
    humi_ahead_resume(service->ahead);
    if (status == HUM_OK) {
        atomic_fetch_add(&hum->restarts[p], 1);
        atomic_store(&hum->lost[p], false);
    } else {
        humi_warn("%s: cannot be started again, another try in a second: %s", processor->name,
                  hum_error_text());
    }
}

bool humi_service_is_dead(const struct hum *hum, unsigned p)
{
    struct pollfd life = {.fd = hum->processor[p]->life_fd, .events = POLLIN};
    return atomic_load(&hum->lost[p]) || (life.fd >= 0 && poll(&life, 1, 0) > 0);
}

void humi_service_await(const struct hum *hum, unsigned p)
{
    struct timespec pause = {0, 200000};
    uint64_t start = humi_clock_real_ns();
    while (humi_service_is_dead(hum, p) && humi_clock_real_ns() - start < AWAIT_NS)
        nanosleep(&pause, NULL);
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

static uint64_t moved_bytes(const struct hum *hum)
{
    uint64_t sum = 0;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        sum += atomic_load_explicit(&hum->meter.bytes[d], memory_order_relaxed);
    return sum;
}

/* False: there was nothing to do. */
static bool serve_processor(struct humi_service *service, unsigned p)
{
    struct humi_processor *processor = service->hum->processor[p];
    unsigned count = processor->ops->faults(processor, service->faults, BATCH_MAX);
    if (!count)
        return false;
    struct humi_meter *meter = &service->hum->meter;
    struct humi_record_batch batch = {.processor = p, .faults = count, .start_ns = humi_clock_ns()};
    uint64_t before = moved_bytes(service->hum), served = atomic_load(&meter->service_ns);
    humi_record_batch_start(service->hum, p);
    for (unsigned i = 0; i < count; i++)
        humi_doubts_note(&service->doubts, p, &service->faults[i], false);
    humi_seats_fault(&service->seats, p, service->faults[0].thread, humi_clock_real_ns());
    serve_batch(service, p, count, batch.start_ns);
    batch.service_ns = atomic_load(&meter->service_ns) - served;
    humi_record_batch(service->hum, &batch);
    humi_room_trim(service->hum);
    service->spins = p == 0 && moved_bytes(service->hum) - before < SHORT_BYTES;
    return true;
}

/*
 * Where one fault of the program's was, the next often follows at once: look for it for a moment,
 * because waking a sleeping core costs more than serving a page.  Not after moving blocks: others
 * need the core for that.
 */
static void spin(struct humi_service *service)
{
    uint64_t end = humi_clock_real_ns() + SPIN_NS;
    while (service->spins && humi_clock_real_ns() < end) {
        if (serve_processor(service, 0))
            end = humi_clock_real_ns() + SPIN_NS;
        else
            sched_yield(); /* whoever wants this core gets it */
    }
    service->spins = false;
}

/* Devices that could not be started again get another try. */
static void recover_lost(struct humi_service *service)
{
    struct hum *hum = service->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        if (atomic_load(&hum->lost[p]))
            recover(service, p);
    fill_polls(service);
}

static bool is_idle(struct humi_service *service)
{
    return poll(service->polls, service->poll_count, 0) == 0;
}

static void *run(void *argument)
{
    struct humi_service *service = argument;
    struct hum *hum = service->hum;
    humi_signals_never();
    humi_seats_init(&service->seats, hum);
    humi_ahead_avoid(service->ahead, service->seats.home);
    fill_polls(service);
    for (;;) {
        spin(service);
        bool helped = humi_ahead_waits(service->ahead) && is_idle(service) &&
                      humi_ahead_help(service->ahead);
        int patience = helped ? 0 : service->retry ? RETRY_MS : -1;
        int ready = poll(service->polls, service->poll_count, patience);
        humi_check(ready >= 0 || errno == EINTR);
        if (ready == 0 && !helped)
            recover_lost(service);
        if (ready <= 0)
            continue;
        if (service->polls[0].revents)
            return NULL;
        for (unsigned p = 0; p < hum->processors; p++) {
            if (service->polls[1 + 2 * p].revents & POLLIN)
                serve_processor(service, p);
            if (service->polls[2 + 2 * p].revents) {
                recover(service, p);
                fill_polls(service);
            }
        }
    }
}

static void service_destroy(struct humi_service *service)
{
    humi_ahead_stop(service->ahead);
    if (service->stop_fd >= 0)
        close(service->stop_fd);
    free(service);
}

enum hum_status humi_service_start(struct hum *hum, struct humi_service **service_out)
{
    struct humi_service *service = calloc(1, sizeof *service);
    if (!service)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the fault service");
    service->hum = hum;
    service->stop_fd = eventfd(0, EFD_CLOEXEC);
    enum hum_status status = service->stop_fd < 0
                                 ? humi_fail_errno("cannot make an eventfd for the fault service")
                                 : humi_ahead_start(hum, &service->ahead);
    if (status == HUM_OK)
        status = humi_thread_start(&service->thread, "hum-service", run, service);
    if (status != HUM_OK) {
        service_destroy(service);
        return status;
    }
    *service_out = service;
    return HUM_OK;
}

void humi_service_stop(struct humi_service *service)
{
    if (!service)
        return;
    uint64_t one = 1;
    while (write(service->stop_fd, &one, sizeof one) != sizeof one)
        humi_check(errno == EINTR);
    pthread_join(service->thread, NULL);
    service_destroy(service);
}
