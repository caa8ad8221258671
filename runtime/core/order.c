/* SPDX-License-Identifier: MIT */
/* order.c - the order of eviction of one processor. */
#include "core/order.h"

static struct humi_hold *hold_of(const struct humi_order *order, struct humi_block *block)
{
    return &block->hold[order->processor];
}

static struct humi_block *block_of(const struct humi_order *order, struct humi_link *link)
{
    struct humi_hold *hold = humi_container_of(link, struct humi_hold, order);
    return humi_container_of(hold - order->processor, struct humi_block, hold);
}

/* List lock held. */
static void mark_stale(struct humi_order *order, struct humi_hold *hold, bool stale)
{
    if (hold->stale == stale)
        return;
    hold->stale = stale;
    if (stale)
        atomic_fetch_add(&order->stale, 1);
    else
        atomic_fetch_sub(&order->stale, 1);
}

void humi_order_init(struct humi_order *order, unsigned processor, uint64_t capacity)
{
    humi_lock_init(&order->lock, HUMI_RANK_LIST);
    humi_list_init(&order->list);
    order->capacity = capacity;
    order->processor = processor;
    atomic_store(&order->held, 0);
    atomic_store(&order->stale, 0);
}

void humi_order_fini(struct humi_order *order)
{
    humi_lock_fini(&order->lock);
}

bool humi_order_enter(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    bool room = hold->ordered || atomic_load(&order->held) < order->capacity;
    if (room && !hold->ordered) {
        humi_list_push_back(&order->list, &hold->order);
        hold->ordered = true;
        atomic_fetch_add(&order->held, 1);
    }
    humi_unlock(&order->lock);
    return room;
}

void humi_order_leave(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    if (hold->ordered) {
        humi_list_remove(&hold->order);
        hold->ordered = false;
        mark_stale(order, hold, false);
        atomic_fetch_sub(&order->held, 1);
    }
    humi_unlock(&order->lock);
}

void humi_order_renew(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    if (hold->ordered) {
        humi_list_move_back(&order->list, &hold->order);
    }
    humi_unlock(&order->lock);
}

void humi_order_expire(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    if (hold->ordered) {
        humi_list_remove(&hold->order);
        humi_list_push_front(&order->list, &hold->order);
        mark_stale(order, hold, true);
    }
    humi_unlock(&order->lock);
}

void humi_order_revive(struct humi_order *order, struct humi_block *block)
{
    struct humi_hold *hold = hold_of(order, block);
    humi_lock(&order->lock);
    mark_stale(order, hold, false);
    humi_unlock(&order->lock);
}

struct humi_block *humi_order_pick(struct humi_order *order, unsigned *skip, bool *busy_out)
{
    struct humi_block *picked = NULL;
    unsigned at = 0;
    humi_lock(&order->lock);
    humi_list_each (link, &order->list) {
        if (at++ < *skip)
            continue;
        struct humi_block *block = block_of(order, link);
        if (humi_lock_try(&block->lock))
            picked = block;
        else
            *busy_out = true;
        if (picked)
            break;
    }
    humi_unlock(&order->lock);
    *skip = at;
    return picked;
}
