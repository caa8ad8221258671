/* SPDX-License-Identifier: MIT */
/* serve.c - the stages of serving a batch of faults; serve.h names them. */
#include "core/serve.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/price.h"
#include "core/budget.h"
#include "core/check.h"
#include "core/counts.h"
#include "core/heat.h"
#include "core/pace.h"
#include "core/policies.h"
#include "core/record.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/sample.h"
#include "core/uses.h"
#include "core/view.h"

/* ---- plan ------------------------------------------------------------------------------------ */

/* Ask for one block of the region ahead of a faulted one, the place-th that the plan wants. */
static void push_ahead(struct humi_server *server, const struct humi_group *group,
                       const struct hum_plan *plan, uint32_t index, unsigned place)
{
    const struct humi_block *block = humi_table_peek(&server->hum->table, index);
    unsigned guesses = atomic_load(&group->block->hold[group->processor].guesses) + place;
    struct humi_ahead_item item = {.region = group->region,
                                   .processor = group->processor,
                                   .block = index,
                                   .changes = block ? atomic_load(&block->changes) : 0,
                                   .guesses =
                                       (unsigned char)(guesses < UINT8_MAX ? guesses : UINT8_MAX),
                                   .takes = plan->ahead_takes,
                                   .exclusive =
                                       plan->exclusive || !humi_mask_empty(&group->write)};
    humi_ahead_push(server->ahead, &item);
}

static void go_ahead(struct humi_server *server, const struct humi_group *group,
                     const struct hum_plan *plan)
{
    const struct humi_region *region = group->region;
    int64_t first = humi_space_block(server->hum, region->start);
    int64_t last = humi_space_block(server->hum, region->start + region->bytes - 1);
    int64_t stride = plan->ahead_stride ? plan->ahead_stride : 1;
    int64_t index = group->block->index;
    for (unsigned i = 1; i <= plan->ahead_blocks; i++) {
        index += stride;
        if (index < first || index > last)
            return;
        push_ahead(server, group, plan, (uint32_t)index, i);
    }
}

/* In its block. */
static unsigned page_of(const struct hum *hum, const struct humi_fault *fault)
{
    return (unsigned)((fault->address - hum->params.start) % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
}

/* How many of the faults found their page accessible: another fault got there first. */
static unsigned count_duplicates(const struct hum *hum, const struct humi_group *group)
{
    const struct humi_hold *hold = &group->block->hold[group->processor];
    if (group->count == 1) {
        unsigned page = page_of(hum, group->faults);
        return humi_mask_has(group->faults->write ? &hold->writable : &hold->mapped, page) ||
               humi_mask_has(&hold->remote, page);
    }
    struct hum_pages asked = humi_mask_or(&group->read, &group->write);
    struct hum_pages reads = humi_mask_minus(&group->read, &group->write);
    struct hum_pages read_there = humi_mask_and(&reads, &hold->mapped);
    struct hum_pages write_there = humi_mask_and(&group->write, &hold->writable);
    struct hum_pages remote = humi_mask_and(&asked, &hold->remote);
    return group->count - humi_mask_count(&asked) + humi_mask_count(&read_there) +
           humi_mask_count(&write_there) + humi_mask_count(&remote);
}

static void count_map_fault(const struct hum *hum, struct humi_group *group)
{
    struct humi_hold *hold = &group->block->hold[group->processor];
    bool here;
    if (group->count == 1) {
        here = humi_mask_has(&hold->resident, page_of(hum, group->faults));
    } else {
        struct hum_pages asked = humi_mask_or(&group->read, &group->write);
        here = humi_mask_within(&asked, &hold->resident);
    }
    if (here && hold->map_faults < UINT8_MAX)
        hold->map_faults++;
}

/* Numbers of threads are the system's: deterministic runs have one agent a processor. */
static void note_agents(const struct hum *hum, const struct humi_group *group)
{
    unsigned from = group->count > HUMI_AGENTS_MAX ? group->count - HUMI_AGENTS_MAX : 0;
    for (unsigned i = from; i < group->count; i++)
        humi_agents_note(&group->block->agents, group->processor,
                         hum->deterministic ? 0 : group->faults[i].thread);
}

/* A chain of guesses ends where a write proves it right; a policy lets none grow without end. */
static void count_guess(const struct humi_group *group, const struct hum_view *view, bool exclusive)
{
    struct humi_hold *hold = &group->block->hold[group->processor];
    if (!humi_mask_empty(&group->write))
        atomic_store_explicit(&hold->guesses, 0, memory_order_relaxed);
    else if (exclusive && view->neighbour_guesses < UINT8_MAX)
        atomic_store_explicit(&hold->guesses, (unsigned char)(view->neighbour_guesses + 1),
                              memory_order_relaxed);
}

/* A block that has just come is in its place already. */
static void renew(struct hum *hum, const struct humi_group *group, unsigned resident_before)
{
    const struct humi_hold *hold = &group->block->hold[group->processor];
    bool moved = atomic_load(&hold->resident_pages) != resident_before;
    if (resident_before)
        humi_order_renew(&hum->order[group->processor], group->block,
                         moved ? HUM_EVICT_ON_FAULT | HUM_EVICT_ON_MOVE : HUM_EVICT_ON_FAULT);
}

/* Who faulted waits: nothing is done or counted before its time has come. */
static bool lets_wait(struct humi_server *server, struct humi_group *group,
                      const struct hum_plan *plan)
{
    if (!plan->throttle_us || server->served_late || group->went_ahead)
        return false;
    if (!server->lets_wait) {
        unsigned i = server->throttled_count++;
        server->throttled[i].block = group->block->index;
        server->throttled[i].us = plan->throttle_us;
        return false;
    }
    uint64_t due = humi_clock_real_ns() + plan->throttle_us * UINT64_C(1000);
    group->waits = humi_waiting_add(&server->waiting, group->processor, group->faults,
                                    group->count, due);
    return group->waits;
}

/* ---- one group ------------------------------------------------------------------------------- */

/* What was planned for a group; on a full device it comes again, behind an eviction. */
struct attempt {
    struct hum_view view;
    struct hum_plan plan;
    unsigned changes;            /* of the block, at that time */
    bool holds;                  /* the plan is good while there are no others */
    bool over;                   /* others of the region leave first, for its budget */
};

static void plan(struct hum *hum, const struct humi_group *group, struct attempt *attempt)
{
    unsigned changes = atomic_load_explicit(&group->block->changes, memory_order_relaxed);
    if (attempt->holds && attempt->changes == changes)
        return;
    attempt->changes = changes;
    attempt->holds = humi_policies_of(hum, group->region)->policy.steady;
    humi_view_fill(hum, group, &attempt->view);
    humi_view_plan(hum, group, &attempt->view, &attempt->plan);
}

/* Once a group, before serving: the two are copied side by side. */
static void begin(struct humi_server *server, struct humi_group *group, const struct hum_view *view,
                  const struct hum_plan *plan)
{
    group->went_ahead = true;
    note_agents(server->hum, group);
    count_map_fault(server->hum, group);
    count_guess(group, view, plan->exclusive);
    humi_ahead_reserve_for(server->ahead, group->processor, group->block);
    go_ahead(server, group, plan);
}

/* What comes would be too much for the region's budget; asked again, it is let in. */
static bool is_over(struct hum *hum, const struct humi_group *group, struct attempt *attempt,
                    const struct hum_pages *bring)
{
    attempt->over = !attempt->over && !humi_mask_empty(bring) &&
                    humi_budget_is_reached(hum, group->region, group->processor, group->block);
    return attempt->over;
}

/*
 * The block is locked and the region lives.  HUM_AGAIN: make room and come back.  HUM_NOT_READY: do
 * what was queued ahead, in line, and come back.
 */
static enum hum_status serve_locked(struct humi_server *server, struct humi_group *group,
                                    struct attempt *attempt)
{
    struct hum *hum = server->hum;
    struct humi_hold *hold = &group->block->hold[group->processor];
    unsigned resident_before = atomic_load(&hold->resident_pages);
    struct humi_request request;
    plan(hum, group, attempt);
    if (lets_wait(server, group, &attempt->plan))
        return HUM_OK;
    humi_view_request(hum, group, &attempt->view, &attempt->plan, &request);
    request.faults = group->count;
    request.duplicates = count_duplicates(hum, group);
    request.start_ns = group->start_ns;
    if (group->processor == 0)
        request.thread = (unsigned)group->faults->thread;
    else
        request.kernel = group->faults->kernel;
    if (!group->went_ahead) {
        begin(server, group, &attempt->view, &attempt->plan);
        if (humi_ahead_is_in_line(server->ahead) && humi_ahead_waits(server->ahead))
            return HUM_NOT_READY;
    }
    if (is_over(hum, group, attempt, &request.bring))
        return HUM_AGAIN;
    enum hum_status status = humi_residency_serve(hum, group->block, &request);
    if (status != HUM_OK)
        return status;
    if (group->count == 1)
        humi_heat_fault(hum, group->block, group->processor, page_of(hum, group->faults),
                        group->faults->write);
    else
        humi_heat_faults(hum, group->block, group->processor, &group->read, &group->write);
    renew(hum, group, resident_before);
    return HUM_OK;
}

/* A launch holds the pages: the faults are served when it has ended (humi_service_wake). */
static enum hum_status wait_for_launch(struct humi_server *server, struct humi_group *group)
{
    struct humi_processor *processor = server->hum->processor[group->processor];
    group->waits = humi_waiting_add(&server->waiting, group->processor, group->faults,
                                    group->count, UINT64_MAX);
    for (unsigned i = 0; !group->waits && i < group->count; i++) /* no place: they come again */
        processor->ops->resume(
            processor,
            (group->faults[i].address - server->hum->params.start) & ~(HUM_PAGE_SIZE - 1),
            HUM_PAGE_SIZE);
    group->waits = true;
    return HUM_OK;
}

static enum hum_status go_in_line(struct humi_server *server)
{
    while (humi_ahead_help(server->ahead)) {
    }
    return HUM_AGAIN;
}

/* A launch holds one of the pages against the host. */
static bool is_held(struct hum *hum, const struct humi_group *group)
{
    bool held = false;
    for (unsigned i = 0; group->processor == 0 && i < group->count; i++)
        held |= humi_uses_hold_host(hum, group->faults[i].address, group->faults[i].write);
    return held;
}

/* The pages are held by a launch that runs in this process, and which touches them itself. */
static void blame_own(struct hum *hum, const struct humi_group *group)
{
    for (unsigned p = 1; p < hum->processors; p++)
        for (unsigned i = 0; hum->processor[p]->ops->blame && i < group->count; i++)
            (void)hum->processor[p]->ops->blame(hum->processor[p], &group->faults[i]);
}

/* A budget is kept as far as blocks can leave now; a device cannot hold more than it has. */
static enum hum_status make_room(struct hum *hum, const struct humi_group *group,
                                 const struct attempt *attempt)
{
    if (attempt->over)
        humi_budget_keep(hum, group->region, group->processor, group->block);
    else if (humi_room_make(hum, group->processor, group->block) != HUM_OK)
        return HUM_ERR_NO_MEMORY;
    return HUM_AGAIN;
}

static enum hum_status serve(struct humi_server *server, struct humi_group *group)
{
    struct hum *hum = server->hum;
    struct attempt attempt;
    enum hum_status status;
    attempt.holds = attempt.over = false;
    if (is_held(hum, group)) {
        blame_own(hum, group);
        return wait_for_launch(server, group);
    }
    do {
        humi_lock(&group->block->lock);
        /*
         * hum_protect() may have come in between; it takes this lock after it changed the access.
         */
        bool may = !atomic_load(&group->region->dying) &&
                   (humi_region_access(group->region, group->processor) & HUM_READ);
        status = may ? serve_locked(server, group, &attempt) : HUM_ERR_ILLEGAL_ADDRESS;
        humi_unlock(&group->block->lock);
        group->start_ns = 0; /* another try begins behind the evictions */
        if (status == HUM_ERR_BUSY)
            status = wait_for_launch(server, group);
        if (status == HUM_NOT_READY)
            status = go_in_line(server);
        else if (status == HUM_AGAIN)
            status = make_room(hum, group, &attempt);
        else if (status == HUM_ERR_NO_MEMORY && group->processor == 0 &&
                 humi_room_make(hum, 0, group->block) == HUM_OK)
            status = HUM_AGAIN; /* the system is out of memory, but stale frames could go */
    } while (status == HUM_AGAIN);
    return status;
}

/* A touch that cannot be served fails when it is seen the second time (doubt.h). */
static void fail(struct humi_server *server, unsigned p, const struct humi_fault *fault,
                 enum hum_status status)
{
    struct humi_processor *processor = server->hum->processor[p];
    size_t offset = fault->address - server->hum->params.start;
    if (humi_in_space(server->hum, fault->address) &&
        !humi_doubts_confirm(&server->doubts, p, fault, humi_clock_real_ns())) {
        processor->ops->resume(processor, offset & ~(HUM_PAGE_SIZE - 1), HUM_PAGE_SIZE);
        return;
    }
    humi_info("%s: %s at %#lx cannot be served: %s", processor->name,
              fault->write ? "write" : "read", (unsigned long)fault->address,
              hum_status_text(status));
    processor->ops->fail(processor, fault, status);
}

static void fail_all(struct humi_server *server, unsigned p, const struct humi_fault *faults,
                     unsigned count, enum hum_status status)
{
    for (unsigned i = 0; i < count; i++)
        fail(server, p, &faults[i], status);
}

static void note_faults(struct humi_server *server, unsigned p, const struct humi_fault *faults,
                        unsigned count, bool served)
{
    for (unsigned i = 0; server->doubts.count && i < count; i++)
        humi_doubts_note(&server->doubts, p, &faults[i], served);
}

static void serve_group(struct humi_server *server, struct humi_group *group)
{
    struct hum *hum = server->hum;
    uint64_t start = group->start_ns;
    enum hum_status status = HUM_ERR_NO_MEMORY;
    humi_pace_serve(hum, HUMI_COST_BLOCK_NS);
    group->block = humi_table_get(&hum->table, humi_space_block(hum, group->faults->address));
    if (hum->sample && group->block && humi_policies_of_counts(hum, group->region))
        humi_sample_take_block(hum, group->processor, group->block->index);
    if (group->block)
        status = serve(server, group);
    if (status != HUM_OK)
        fail_all(server, group->processor, group->faults, group->count, status);
    else if (!group->waits)
        note_faults(server, group->processor, group->faults, group->count, true);
    humi_record_service(hum, group->region, group->processor, group->faults->kernel,
                        humi_clock_ns() - start);
}

/* ---- the region ------------------------------------------------------------------------------ */

/* One that is not dying is in the tree, or was when this began. */
struct humi_region *humi_server_region(struct humi_server *server, uintptr_t address)
{
    struct humi_region *kept = server->region;
    if (kept && address - kept->start < kept->bytes && !atomic_load(&kept->dying))
        return kept;
    humi_region_put(kept);
    server->region = humi_regions_find(&server->hum->regions, address);
    return server->region;
}

void humi_server_fini(struct humi_server *server)
{
    humi_region_put(server->region);
    server->region = NULL;
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

/* What cannot fault may do so only where it has been given less than it was told. */
static bool may_fault(struct hum *hum, unsigned p, const struct humi_fault *fault)
{
    return !hum->processor[p]->cannot_fault ||
           humi_uses_declare(hum, p, fault->address, fault->write);
}

/* Gather the pages; touches that hum_protect() forbids fail here and leave the group. */
static void group_pages(struct humi_server *server, struct humi_group *group)
{
    struct hum *hum = server->hum;
    unsigned access = humi_region_access(group->region, group->processor);
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct humi_fault fault = group->faults[i];
        unsigned wanted = fault.write ? HUM_READ | HUM_WRITE : HUM_READ;
        if ((access & wanted) != wanted || !may_fault(hum, group->processor, &fault)) {
            fail(server, group->processor, &fault, HUM_ERR_ILLEGAL_ADDRESS);
            continue;
        }
        if (hum->check)
            humi_check_fault(hum, group->processor, &fault, group->region);
        if (group->count > 1)
            humi_mask_set(fault.write ? &group->write : &group->read, page_of(hum, &fault));
        if (kept != i)
            group->faults[kept] = fault;
        kept++;
    }
    if (kept && group->count == 1)
        *(group->faults->write ? &group->write : &group->read) =
            humi_mask_one(page_of(hum, group->faults));
    group->count = kept;
}

/* The batch begins with its first group: one time for both. */
static void serve_faults(struct humi_server *server, unsigned p, unsigned count,
                         uint64_t start_ns)
{
    struct hum *hum = server->hum;
    if (count > 1)
        qsort(server->faults, count, sizeof *server->faults, compare_faults);
    for (unsigned i = 0; i < count;) {
        struct humi_fault *faults = &server->faults[i];
        struct humi_group group = {.processor = p, .faults = faults};
        group.start_ns = i ? humi_clock_ns() : start_ns;
        unsigned length = 1;
        group.region = humi_server_region(server, faults->address);
        if (group.region) {
            length = group_length(hum, group.region, faults, count - i);
            group.count = length;
            group_pages(server, &group);
            if (group.count)
                serve_group(server, &group);
        } else {
            fail(server, p, faults, HUM_ERR_ILLEGAL_ADDRESS);
        }
        i += length;
    }
}

/* Behind a batch; but who faulted goes on as soon as it is answered, and may be faster. */
static void keep_room(struct humi_server *server, unsigned p)
{
    humi_room_trim(server->hum);
    humi_ahead_reserve(server->ahead, p);
}

uint64_t humi_server_serve(struct humi_server *server, unsigned p, unsigned count)
{
    struct hum *hum = server->hum;
    if (hum->deterministic) /* of the batch before: now everybody waits */
        keep_room(server, p);
    struct humi_record_batch batch = {.processor = p, .faults = count, .start_ns = humi_clock_ns()};
    uint64_t before = humi_counts_moved_bytes(hum), served = humi_counts_service_ns(hum);
    server->throttled_count = 0;
    humi_record_batch_start(hum, p);
    note_faults(server, p, server->faults, count, false);
    unsigned left = humi_sample_answer(hum, p, server->faults, count, batch.start_ns);
    note_faults(server, p, server->faults + left, count - left, true);
    if (left)
        humi_pace_serve(hum, HUMI_COST_BATCH_NS);
    serve_faults(server, p, left, batch.start_ns);
    batch.service_ns = humi_counts_service_ns(hum) - served;
    humi_record_batch(hum, &batch);
    uint64_t moved = humi_counts_moved_bytes(hum) - before;
    if (!hum->deterministic)
        keep_room(server, p);
    return moved;
}

void humi_server_serve_due(struct humi_server *server)
{
    unsigned p = 0, count;
    if (humi_waiting_due_ns(&server->waiting) > humi_clock_real_ns())
        return;
    server->served_late = true;
    while ((count = humi_waiting_take(&server->waiting, humi_clock_real_ns(), &p, server->faults,
                                      HUMI_BATCH_MAX)))
        humi_server_serve(server, p, count);
    server->served_late = false;
}
