/* SPDX-License-Identifier: MIT */
/* view.c - a locked block as a policy sees it, and a plan as a request. */
#include "core/view.h"

#include "base/clock.h"
#include "base/wide.h"
#include "core/budget.h"
#include "core/heat.h"
#include "core/policies.h"
#include "core/remote.h"

static uint32_t effective_advice(const struct humi_block *block, const struct humi_region *region,
                                 struct hum_view *view)
{
    unsigned whole = atomic_load(&region->advice);
    view->preferred =
        block->advice & HUM_ADVISE_PREFERRED ? block->preferred : atomic_load(&region->preferred);
    view->accessed_by = block->accessed_by | atomic_load(&region->accessed_by);
    return block->advice | whole;
}

/* What the blocks before and behind look like, if they are the same region's. */
static void view_neighbours(const struct hum *hum, const struct humi_group *group,
                            struct hum_view *view)
{
    uintptr_t start = humi_block_start(hum, group->block);
    uintptr_t region_end = group->region->start + group->region->bytes;
    bool inside[2] = {group->region->start < start, start + HUM_BLOCK_SIZE < region_end};
    view->neighbour_guesses = 0;
    for (int side = 0; side < 2; side++) {
        view->neighbour_pages[side] = view->neighbour_writable[side] = 0;
        struct humi_block *next =
            inside[side] ? humi_table_peek(&hum->table, group->block->index + (side ? 1u : -1u))
                         : NULL;
        if (!next)
            continue;
        struct humi_hold *hold = &next->hold[group->processor];
        view->neighbour_pages[side] = atomic_load(&hold->resident_pages);
        view->neighbour_writable[side] = atomic_load(&hold->writable_pages);
        if (side == 0)
            view->neighbour_guesses = atomic_load(&hold->guesses);
    }
}

/* The program's threads can run at any time. */
static bool others_are_idle(const struct hum *hum, unsigned processor)
{
    if (processor != 0)
        return false;
    for (unsigned p = 1; p < hum->processors; p++)
        if (atomic_load(&hum->running[p]))
            return false;
    return true;
}

/* Where the block stands in its region, and who touched it. */
static void view_place(const struct hum *hum, const struct humi_group *group, struct hum_view *view)
{
    const struct humi_region *region = group->region;
    uint32_t first = humi_space_block(hum, region->start);
    view->block = group->block->index - first;
    view->region_blocks = humi_space_block(hum, region->start + region->bytes - 1) - first + 1;
    view->region_here = humi_policies_of_counts(hum, region)
                            ? humi_budget_here(hum, group->region, group->processor)
                            : 0;
    /* Numbers of threads are the system's; a deterministic run has one thread a processor. */
    view->agent = hum->deterministic ? group->processor + 1 : (uint32_t)group->faults->thread;
    view->kernel = group->processor ? group->faults->kernel : 0;
}

HUMI_WIDE static void fill(const struct hum *hum, const struct humi_group *group,
                           struct hum_view *view)
{
    const struct humi_block *block = group->block;
    const struct humi_hold *hold = &block->hold[group->processor];
    const struct humi_order *order = &hum->order[group->processor];
    /* Every member is told, here or below: clearing them all first costs as much again. */
    view->processor = humi_public(group->processor);
    view->valid = humi_region_pages(group->region, humi_block_start(hum, block));
    view->read = group->read;
    view->write = group->write;
    view->resident = hold->resident;
    view->mapped = hold->mapped;
    view->elsewhere = humi_block_resident_elsewhere(hum, block, (int)group->processor);
    view->written = block->written;
    view->remote = hold->remote;
    view->opens_whole = hum->processor[group->processor]->opens_reads;
    view->others_idle = others_are_idle(hum, group->processor);
    view->can_share = hum->processor[group->processor]->shared_read;
    view->can_remote = humi_remote_can(hum, group->region, group->processor);
    view->map_faults = hold->map_faults;
    view->capacity_blocks = order->capacity;
    view->free_blocks = UINT64_MAX;
    view->evictions = hold->evictions;
    view->again = group->went_ahead;
    view->time_ns = humi_decision_ns(hum, group->start_ns ? group->start_ns : humi_clock_ns());
    view->heat = humi_heat_of(block, group->processor);
    view->advice = effective_advice(block, group->region, view);
    if (order->capacity != UINT64_MAX) {
        uint64_t held = atomic_load(&order->held), stale = atomic_load(&order->stale);
        uint64_t used = held > stale ? held - stale : 0;
        used += humi_reserve_kept(hum, group->processor);
        view->free_blocks = used < order->capacity ? order->capacity - used : 0;
    }
    view_neighbours(hum, group, view);
    view_place(hum, group, view);
}

void humi_view_fill(const struct hum *hum, const struct humi_group *group, struct hum_view *view)
{
    fill(hum, group, view);
}

void humi_view_plan(struct hum *hum, const struct humi_group *group, const struct hum_view *view,
                    struct hum_plan *plan_out)
{
    _Atomic(struct humi_memo *) *const lists[HUM_MEMORY_COUNT] = {
        [HUM_MEMORY_SPACE] = &hum->policies.memo,
        [HUM_MEMORY_REGION] = &group->region->memo,
        [HUM_MEMORY_BLOCK] = &group->block->memo,
    };
    struct humi_choice *choice = humi_policies_of(hum, group->region);
    void *memory[HUM_MEMORY_COUNT] = {NULL};
    for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++) {
        size_t bytes = choice->policy.bytes[m];
        if (!bytes)
            continue;
        memory[m] = humi_memo_find(lists[m], choice->parts, bytes, &hum->policies.memo_bytes);
        if (!memory[m]) {
            atomic_store(&hum->table.short_of_memory, true);
            *plan_out = (struct hum_plan){.ahead_blocks = 0};
            return; /* nothing can be remembered: the empty plan */
        }
    }
    humi_policy_plan(&choice->policy, view, memory, plan_out);
}

/* Some pages may be advised to stay where they are. */
static bool may_stay(const struct humi_block *block, const struct humi_region *region,
                     unsigned processor)
{
    uint32_t bit = HUM_BIT(humi_public(processor));
    return ((block->remote_by | atomic_load(&region->remote_by) | block->accessed_by |
             atomic_load(&region->accessed_by)) &
            bit) != 0;
}

struct hum_pages humi_view_stay(const struct hum *hum, const struct humi_block *block,
                                const struct humi_region *region, unsigned processor)
{
    struct hum_view view;
    uint32_t bit = HUM_BIT(humi_public(processor));
    uint32_t both = HUM_ADVISE_PREFERRED | HUM_ADVISE_ACCESSED_BY;
    struct hum_pages stay = humi_mask_none();
    if (!may_stay(block, region, processor))
        return stay;
    uint32_t advice = effective_advice(block, region, &view);
    if ((block->remote_by | atomic_load(&region->remote_by)) & bit)
        stay = humi_block_resident_elsewhere(hum, block, (int)processor);
    else if ((advice & both) == both && (view.accessed_by & bit))
        stay = block->hold[humi_number(view.preferred)].resident;
    return humi_mask_minus(&stay, &block->hold[processor].resident);
}

/* As advised, as planned, and what is remote already unless the plan brings it after all. */
static struct hum_pages remote_pages(const struct hum *hum, const struct humi_group *group,
                                     const struct hum_view *view, const struct hum_plan *plan)
{
    struct hum_pages faulted = humi_mask_or(&group->read, &group->write);
    struct hum_pages stay = humi_view_stay(hum, group->block, group->region, group->processor);
    struct hum_pages remote = humi_mask_and(&view->remote, &faulted);
    humi_mask_add(&remote, &plan->remote);
    humi_mask_remove(&remote, &plan->bring);
    humi_mask_add(&remote, &stay);
    humi_mask_remove(&remote, &view->resident);
    return humi_mask_and(&remote, &view->valid);
}

static bool may_be_remote(const struct humi_group *group, const struct hum_view *view,
                          const struct hum_plan *plan)
{
    return humi_mask_meets(&view->remote, &view->read) ||
           humi_mask_meets(&view->remote, &view->write) || !humi_mask_empty(&plan->remote) ||
           may_stay(group->block, group->region, group->processor);
}

/* All but `remote`, which says what is not brought; true: the region covers the block. */
HUMI_WIDE static bool fill_pages(const struct hum_view *view, const struct hum_plan *plan,
                                 uint64_t writes, struct humi_request *restrict out)
{
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t valid = view->valid.word[i];
        uint64_t faulted = view->read.word[i] | view->write.word[i];
        uint64_t bring = (faulted | plan->bring.word[i]) & valid & ~out->remote.word[i];
        uint64_t here = view->resident.word[i] | bring;
        uint64_t map = (bring | plan->map.word[i]) & valid & here;
        out->faulted.word[i] = faulted;
        out->stores.word[i] = view->write.word[i];
        out->bring.word[i] = bring;
        out->map.word[i] = map;
        out->write.word[i] = (bring | map) & writes;
    }
    return humi_mask_full(&view->valid);
}

void humi_view_request(const struct hum *hum, const struct humi_group *group,
                       const struct hum_view *view, const struct hum_plan *plan,
                       struct humi_request *request_out)
{
    struct humi_request *request = request_out;
    bool writes = plan->exclusive || !humi_mask_empty(&group->write);
    request->processor = group->processor;
    request->region = group->region;
    request->read_only = !(humi_region_access(group->region, group->processor) & HUM_WRITE);
    request->cause = group->processor == 0 ? HUM_CAUSE_HOST_FAULT : HUM_CAUSE_DEVICE_FAULT;
    request->faults = request->duplicates = request->kernel = request->thread = 0;
    request->start_ns = 0;
    request->remote =
        may_be_remote(group, view, plan) ? remote_pages(hum, group, view, plan) : humi_mask_none();
    request->whole =
        fill_pages(view, plan, writes && !request->read_only ? ~UINT64_C(0) : 0, request);
}
