/* SPDX-License-Identifier: MIT */
/* order.c - the order of eviction of one processor. */
#include "core/order.h"

#include <sched.h>

#include "base/clock.h"
#include "base/status.h"
#include "core/core.h"
#include "core/heat.h"

#define PATIENCE_NS UINT64_C(1000000000) /* so long may it take to leave a block, preempted too */

static const struct hum_heat no_heat;

static struct humi_hold *hold_of(const struct humi_order *order, struct humi_block *block)
{
    return &block->hold[order->processor];
}

static struct humi_block *block_of(const struct humi_order *order, struct humi_link *link)
{
    struct humi_hold *hold = humi_container_of(link, struct humi_hold, order);
    return humi_container_of(hold - order->processor, struct humi_block, hold);
}

static uint64_t time_of(const struct humi_order *order)
{
    uint64_t now = humi_clock_ns();
    return order->hum ? humi_decision_ns(order->hum, now) : now;
}

/* ---- the evict part's state ------------------------------------------------------------------ */

enum hum_status humi_order_prepare(const struct humi_order *order, const struct hum_evict *evict,
                                   const uint64_t *tunables, struct humi_guard *guard_out)
{
    uint64_t most = order->capacity < order->blocks ? order->capacity : order->blocks;
    return humi_guard_init(guard_out, evict, tunables, most, order->blocks);
}

static unsigned sole_pages(const struct humi_order *order, const struct humi_block *block)
{
    const struct humi_hold *hold = &block->hold[order->processor];
    struct hum_pages sole = humi_mask_and(&hold->resident, &block->written);
    for (unsigned p = 0; p < order->table->processors; p++)
        if (p != order->processor)
            humi_mask_remove(&sole, &block->hold[p].resident);
    return humi_mask_count(&sole);
}

/* Block lock held.  Orders that read none get none: gathering them costs as much as a copy. */
static struct hum_evict_facts facts_of(const struct humi_order *order,
                                       const struct humi_block *block)
{
    const struct humi_hold *hold = &block->hold[order->processor];
    if (!humi_guard_reads_facts(&order->guard))
        return (struct hum_evict_facts){.heat = &no_heat, .next_use = UINT64_MAX};
    return (struct hum_evict_facts){.time_ns = time_of(order),
                                    .heat = humi_heat_of(block, order->processor),
                                    .resident_pages = atomic_load(&hold->resident_pages),
                                    .dirty_pages = sole_pages(order, block),
                                    .faults = block->agents.count,
                                    .sharing = humi_agents_distinct(&block->agents),
                                    .evictions = hold->evictions,
                                    .next_use = UINT64_MAX};
}

enum hum_status humi_order_init(struct humi_order *order, const struct humi_order_params *params)
{
    if (params->table->alone)
        humi_lock_init_alone(&order->lock, HUMI_RANK_LIST);
    else
        humi_lock_init(&order->lock, HUMI_RANK_LIST);
    humi_list_init(&order->stale_list);
    order->hum = params->hum;
    order->table = params->table;
    order->blocks = params->table->leaf_count * HUMI_LEAF_BLOCKS;
    order->capacity = params->capacity;
    order->processor = params->processor;
    atomic_store(&order->held, 0);
    atomic_store(&order->stale, 0);
    humi_reserve_init(&order->reserve);
    for (unsigned i = 0; i < HUMI_NEWEST_KEPT; i++)
        order->newest[i] = HUM_EVICT_NONE;
    return humi_order_prepare(order, params->evict, params->tunables, &order->guard);
}

void humi_order_fini(struct humi_order *order)
{
    if (!order->table)
        return;
    humi_guard_fini(&order->guard);
    humi_lock_fini(&order->lock);
}

static void pass_block(struct humi_order *order, struct humi_guard *guard, uint32_t index)
{
    struct humi_hold *hold = hold_of(order, humi_table_peek(order->table, index));
    struct hum_evict_facts facts = {.time_ns = time_of(order),
                                    .heat = &no_heat,
                                    .resident_pages = atomic_load(&hold->resident_pages),
                                    .dirty_pages = atomic_load(&hold->writable_pages),
                                    .next_use = UINT64_MAX};
    if (!humi_guard_has(guard, index))
        humi_guard_arrive(guard, index, &facts);
}

/*
 * The blocks go over in the order in which they would have left, those that it does not name behind
 * them; dirty is what may be written.
 */
static void pass_over(struct humi_order *order, struct humi_guard *guard)
{
    struct humi_guard *old = &order->guard;
    unsigned asked = 0;
    uint32_t at = humi_guard_victim(old, HUM_EVICT_NONE, HUM_EVICT_NONE, asked++);
    for (; at != HUM_EVICT_NONE; at = humi_guard_victim(old, HUM_EVICT_NONE, at, asked++))
        pass_block(order, guard, at);
    for (uint32_t i = 0; i < order->blocks && guard->count < old->count; i++)
        if (humi_guard_has(old, i))
            pass_block(order, guard, i);
}

void humi_order_adopt(struct humi_order *order, const struct humi_guard *guard)
{
    struct humi_guard made = *guard;
    humi_lock(&order->lock);
    pass_over(order, &made);
    struct humi_guard old = order->guard;
    order->guard = made;
    humi_unlock(&order->lock);
    humi_guard_fini(&old);
}

/* ---- changes; the lock is held in those that are static -------------------------------------- */

static void make_newest(struct humi_order *order, uint32_t index)
{
    uint32_t carried = index;
    for (unsigned i = 0; i < HUMI_NEWEST_KEPT; i++) {
        uint32_t here = order->newest[i];
        order->newest[i] = carried;
        if (here == index)
            return;
        carried = here;
    }
}

static void mark_stale(struct humi_order *order, struct humi_hold *hold, bool stale)
{
    if (hold->stale == stale)
        return;
    hold->stale = stale;
    if (stale) {
        humi_list_push_front(&order->stale_list, &hold->order);
        humi_count_add(&order->stale, 1);
    } else {
        humi_list_remove(&hold->order);
        humi_count_add(&order->stale, UINT64_C(0) - 1);
    }
}

static void unrank(struct humi_order *order, struct humi_block *block, bool evicted)
{
    struct humi_hold *hold = hold_of(order, block);
    if (!hold->ranked)
        return;
    hold->ranked = false;
    humi_guard_leave(&order->guard, block->index, evicted);
}

bool humi_order_enter(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    if (hold->ordered)
        return true;
    humi_lock(&order->lock);
    bool room = atomic_load(&order->held) < order->capacity;
    if (room) {
        hold->ordered = true;
        humi_count_add(&order->held, 1);
        humi_reserve_hear_arrival(&order->reserve, block->index);
    }
    humi_unlock(&order->lock);
    return room;
}

void humi_order_leave(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    unrank(order, block, false);
    mark_stale(order, hold, false);
    if (hold->ordered) {
        hold->ordered = false;
        humi_count_add(&order->held, UINT64_C(0) - 1);
    }
    humi_unlock(&order->lock);
}

void humi_order_evicted(struct humi_order *order, struct humi_block *block)
{
    humi_lock(&order->lock);
    unrank(order, block, true);
    humi_unlock(&order->lock);
}

void humi_order_reserved(struct humi_order *order, const struct humi_block *block)
{
    humi_lock(&order->lock);
    humi_reserve_hear_left(&order->reserve, block->index,
                           order->capacity - atomic_load(&order->held));
    humi_unlock(&order->lock);
}

void humi_order_renew(struct humi_order *order, struct humi_block *block, unsigned occurred)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    unsigned heard = occurred & order->guard.evict->feed;
    if (hold->ranked && heard) {
        struct hum_evict_facts facts = facts_of(order, block);
        humi_guard_renew(&order->guard, block->index, &facts);
        if (heard & (HUM_EVICT_ON_MOVE | HUM_EVICT_ON_FAULT))
            make_newest(order, block->index);
    }
    humi_unlock(&order->lock);
}

void humi_order_expire(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    unrank(order, block, false);
    if (hold->ordered)
        mark_stale(order, hold, true);
    humi_unlock(&order->lock);
}

void humi_order_revive(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    mark_stale(order, hold, false);
    if (hold->ordered && !hold->ranked) {
        struct hum_evict_facts facts = facts_of(order, block);
        hold->ranked = true;
        humi_guard_arrive(&order->guard, block->index, &facts);
        make_newest(order, block->index);
    }
    humi_unlock(&order->lock);
}

/* ---- picking; the lock is held --------------------------------------------------------------- */

static struct humi_block *next_stale(struct humi_order *order, struct humi_order_walk *walk)
{
    unsigned at = 0;
    humi_list_each (link, &order->stale_list) {
        if (at++ < walk->looked_stale)
            continue;
        walk->looked_stale++;
        struct humi_block *block = block_of(order, link);
        if (humi_lock_try(&block->lock))
            return block;
        walk->busy = true;
    }
    return NULL;
}

/* The entry behind the last one; if that left meanwhile, as many as were looked at are passed. */
static uint32_t next_victim(struct humi_order *order, struct humi_order_walk *walk)
{
    struct humi_guard *guard = &order->guard;
    unsigned looked = walk->looked_ranked;
    if (looked && humi_guard_has(guard, walk->last))
        return humi_guard_victim(guard, walk->incoming, walk->last, looked);
    uint32_t at = humi_guard_victim(guard, walk->incoming, HUM_EVICT_NONE, looked);
    for (unsigned i = 1; i < looked && at != HUM_EVICT_NONE; i++)
        at = humi_guard_victim(guard, walk->incoming, at, looked);
    return at;
}

static struct humi_block *next_ranked(struct humi_order *order, struct humi_order_walk *walk)
{
    uint32_t at;
    while ((at = next_victim(order, walk)) != HUM_EVICT_NONE) {
        struct humi_block *block = humi_table_peek(order->table, at);
        walk->looked_ranked++;
        walk->last = at;
        if (humi_lock_try(&block->lock))
            return block;
        walk->busy = true;
    }
    walk->missed = walk->looked_ranked < order->guard.count;
    return NULL;
}

static struct humi_block *next(struct humi_order *order, struct humi_order_walk *walk,
                               bool patient)
{
    humi_lock(&order->lock);
    struct humi_block *block = next_stale(order, walk);
    if (!block && !(patient && walk->busy))
        block = next_ranked(order, walk);
    humi_unlock(&order->lock);
    return block;
}

/*
 * The fault service may still be leaving a block whose fault it has answered.  In a deterministic
 * run nobody else works on blocks, so it is waited for: who leaves must not depend on it.
 */
struct humi_block *humi_order_next(struct humi_order *order, struct humi_order_walk *walk)
{
    bool patient = order->hum && order->hum->deterministic && !walk->busy;
    const struct humi_order_walk before = *walk;
    uint64_t until = 0;
    for (;;) {
        struct humi_block *block = next(order, walk, patient);
        if (!patient || !walk->busy)
            return block;
        if (block)
            humi_unlock(&block->lock);
        *walk = before;
        until = until ? until : humi_clock_real_ns() + PATIENCE_NS;
        patient = humi_clock_real_ns() < until;
        sched_yield();
    }
}

bool humi_order_doubt(struct humi_order *order)
{
    humi_lock(&order->lock);
    bool other = humi_guard_doubt(&order->guard);
    humi_unlock(&order->lock);
    return other;
}

bool humi_order_is_newest(struct humi_order *order, const struct humi_block *block)
{
    bool newest = false;
    humi_lock(&order->lock);
    uint64_t half = atomic_load(&order->held) / 2;
    for (unsigned i = 0; i < HUMI_NEWEST_KEPT && i < half; i++)
        newest |= order->newest[i] == block->index;
    humi_unlock(&order->lock);
    return newest;
}
