/* SPDX-License-Identifier: MIT */
/* ahead.c - bringing blocks before they are asked for: the queue, and the thread. */
#include "core/ahead.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/price.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/budget.h"
#include "core/pace.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/view.h"
#include "core/warm.h"
#include "os/placement.h"

#define QUEUE_MAX 32u

struct humi_ahead {
    struct hum *hum;
    bool in_line;                /* fixed; no thread */
    pthread_t thread;
    struct humi_lock working;    /* held while an item is worked on; rank STREAM */
    struct humi_lock lock;       /* guards what follows; rank STATS, a leaf */
    pthread_cond_t changed;
    struct humi_ahead_item items[QUEUE_MAX];
    unsigned first;
    atomic_uint count;           /* read without it, too, to see whether any waits */
    uint32_t lacking;            /* processors whose reserve is to be kept, bit = number */
    uint64_t arrivals[HUM_PROCESSORS_MAX]; /* of each, when a room that is to be taken was */
    int tid;                     /* of the thread; 0 before it runs */
    bool stopping;
};

/* Bring and map what is written elsewhere; a block that nobody wrote waits for its first touch. */
static enum hum_status bring(struct hum *hum, const struct humi_ahead_item *item,
                             struct humi_block *block)
{
    struct humi_hold *hold = &block->hold[item->processor];
    struct hum_pages valid = humi_region_pages(item->region, humi_block_start(hum, block));
    unsigned access = humi_region_access(item->region, item->processor);
    struct humi_request request = {
        .processor = item->processor,
        .region = item->region,
        .bring = humi_mask_and(&valid, &block->written),
        .whole = humi_mask_full(&valid),
        .read_only = !(access & HUM_WRITE),
        .cause = HUM_CAUSE_PREFETCH_POLICY,
    };
    struct hum_pages stay = humi_view_stay(hum, block, item->region, item->processor);
    humi_mask_add(&stay, &hold->remote);
    humi_mask_remove(&request.bring, &stay); /* where they are is where they should be */
    if (atomic_load(&block->changes) != item->changes)
        return HUM_OK;
    const struct hum_pages *have = item->takes ? &hold->writable : &hold->mapped;
    if (humi_mask_within(&request.bring, have) || atomic_load(&item->region->dying) ||
        !(access & HUM_READ))
        return HUM_OK;
    /* What is here already may be given access to, but guesses take nothing from others. */
    bool takes = item->exclusive || !hum->processor[item->processor]->shared_read;
    if (takes && !item->takes && humi_mask_within(&request.bring, &hold->resident))
        return HUM_OK;
    request.map = request.bring;
    if (item->exclusive && !request.read_only)
        request.write = request.bring;
    bool was_here = atomic_load(&hold->resident_pages) != 0;
    humi_pace_serve(hum, HUMI_COST_BLOCK_NS);
    enum hum_status status = humi_residency_serve(hum, block, &request);
    if (status == HUM_OK && was_here)
        humi_order_renew(&hum->order[item->processor], block, HUM_EVICT_ON_MOVE);
    if (status == HUM_OK && item->exclusive)
        atomic_store(&hold->guesses, item->guesses);
    return status;
}

/* One block beside this one must fit: the one whose fault started it. */
static bool has_room(const struct humi_order *order)
{
    uint64_t held = atomic_load(&order->held), stale = atomic_load(&order->stale);
    uint64_t used = held > stale ? held - stale : 0;
    return order->capacity == UINT64_MAX || used + 2 <= order->capacity;
}

/* Frames that nobody uses may make room for it, pages of others not. */
static void work_on(struct hum *hum, const struct humi_ahead_item *item)
{
    struct humi_block *block = humi_table_get(&hum->table, item->block);
    enum hum_status status = HUM_OK;
    if (item->warm) {
        humi_warm_decide(hum, item->region, item->processor, item->block);
        return;
    }
    if (!block || !has_room(&hum->order[item->processor]) ||
        humi_budget_is_reached(hum, item->region, item->processor, block))
        return;
    do {
        humi_lock(&block->lock);
        status = bring(hum, item, block);
        humi_unlock(&block->lock);
        if (status == HUM_AGAIN && !atomic_load(&hum->order[item->processor].stale))
            return;
    } while (status == HUM_AGAIN && humi_room_make(hum, item->processor, block) == HUM_OK);
}

/* Lock held, and there is one. */
static struct humi_ahead_item pop(struct humi_ahead *ahead)
{
    struct humi_ahead_item item = ahead->items[ahead->first];
    ahead->first = (ahead->first + 1) % QUEUE_MAX;
    ahead->count--;
    return item;
}

/* What the thread does next. */
struct task {
    uint32_t lacking;            /* first: the next fault and blocks ahead want that room */
    uint64_t arrivals[HUM_PROCESSORS_MAX];
    bool brings;
    struct humi_ahead_item item; /* if it brings one */
};

/* Wait for something to do; false: stop. */
static bool take(struct humi_ahead *ahead, struct task *task)
{
    humi_lock(&ahead->lock);
    while (!ahead->count && !ahead->lacking && !ahead->stopping)
        humi_cond_wait(&ahead->changed, &ahead->lock);
    bool go_on = !ahead->stopping;
    task->lacking = ahead->lacking;
    memcpy(task->arrivals, ahead->arrivals, sizeof task->arrivals);
    task->brings = go_on && ahead->count;
    ahead->lacking = 0;
    if (task->brings)
        task->item = pop(ahead);
    humi_unlock(&ahead->lock);
    return go_on;
}

static void keep_reserve(struct hum *hum, unsigned p, uint64_t arrivals)
{
    while (humi_reserve_fill(hum, p, arrivals)) {
    }
}

static void keep_reserves(struct humi_ahead *ahead, const struct task *task)
{
    for (unsigned p = 0; task->lacking >> p; p++)
        if (task->lacking >> p & 1)
            keep_reserve(ahead->hum, p, task->arrivals[p]);
}

static void *run(void *argument)
{
    struct humi_ahead *ahead = argument;
    struct task task;
    humi_signals_never();
    humi_lock(&ahead->lock);
    ahead->tid = gettid();
    pthread_cond_broadcast(&ahead->changed);
    humi_unlock(&ahead->lock);
    while (take(ahead, &task)) {
        humi_lock(&ahead->working);
        keep_reserves(ahead, &task);
        if (task.brings)
            work_on(ahead->hum, &task.item);
        humi_unlock(&ahead->working);
        if (task.brings)
            humi_region_put(task.item.region);
    }
    return NULL;
}

bool humi_ahead_is_in_line(const struct humi_ahead *ahead)
{
    return ahead->in_line;
}

bool humi_ahead_waits(const struct humi_ahead *ahead)
{
    return atomic_load_explicit(&ahead->count, memory_order_relaxed) != 0;
}

bool humi_ahead_help(struct humi_ahead *ahead)
{
    struct humi_ahead_item item;
    humi_lock(&ahead->lock);
    bool any = ahead->count != 0;
    if (any)
        item = pop(ahead);
    humi_unlock(&ahead->lock);
    if (!any)
        return false;
    work_on(ahead->hum, &item);
    humi_region_put(item.region);
    return true;
}

void humi_ahead_push(struct humi_ahead *ahead, const struct humi_ahead_item *item)
{
    humi_lock(&ahead->lock);
    bool fits = ahead->count < QUEUE_MAX;
    if (fits) {
        atomic_fetch_add(&item->region->references, 1);
        ahead->items[(ahead->first + ahead->count) % QUEUE_MAX] = *item;
        ahead->count++;
        pthread_cond_signal(&ahead->changed);
    }
    humi_unlock(&ahead->lock);
}

static void ask_for_reserve(struct humi_ahead *ahead, unsigned p, uint64_t arrivals)
{
    humi_lock(&ahead->lock);
    ahead->lacking |= UINT32_C(1) << p;
    ahead->arrivals[p] = arrivals;
    pthread_cond_signal(&ahead->changed);
    humi_unlock(&ahead->lock);
}

void humi_ahead_reserve_for(struct humi_ahead *ahead, unsigned p, const struct humi_block *block)
{
    if (ahead->in_line || !humi_mask_empty(&block->hold[p].present))
        return;
    uint64_t arrivals = atomic_load(&ahead->hum->order[p].reserve.arrivals) + 1;
    if (humi_reserve_lacks(ahead->hum, p, arrivals))
        ask_for_reserve(ahead, p, arrivals);
}

void humi_ahead_reserve(struct humi_ahead *ahead, unsigned p)
{
    if (!humi_reserve_lacks(ahead->hum, p, 0))
        return;
    if (ahead->in_line)
        keep_reserve(ahead->hum, p, 0);
    else
        ask_for_reserve(ahead, p, 0);
}

void humi_ahead_avoid(struct humi_ahead *ahead, int core)
{
    if (ahead->in_line)
        return;
    humi_lock(&ahead->lock);
    while (!ahead->tid) /* it has just been started */
        humi_cond_wait(&ahead->changed, &ahead->lock);
    humi_unlock(&ahead->lock);
    humi_placement_avoid(ahead->tid, core);
}

void humi_ahead_pause(struct humi_ahead *ahead)
{
    humi_lock(&ahead->working);
}

void humi_ahead_resume(struct humi_ahead *ahead)
{
    humi_unlock(&ahead->working);
}

static void ahead_destroy(struct humi_ahead *ahead)
{
    humi_lock_fini(&ahead->working);
    humi_lock_fini(&ahead->lock);
    pthread_cond_destroy(&ahead->changed);
    free(ahead);
}

enum hum_status humi_ahead_start(struct hum *hum, bool in_line, struct humi_ahead **ahead_out)
{
    struct humi_ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to bring blocks ahead");
    ahead->hum = hum;
    ahead->in_line = in_line;
    humi_lock_init(&ahead->working, HUMI_RANK_STREAM);
    humi_lock_init(&ahead->lock, HUMI_RANK_STATS);
    humi_cond_init(&ahead->changed);
    enum hum_status status =
        in_line ? HUM_OK : humi_thread_start(&ahead->thread, "hum-ahead", run, ahead);
    if (status != HUM_OK) {
        ahead_destroy(ahead);
        return status;
    }
    *ahead_out = ahead;
    return HUM_OK;
}

void humi_ahead_stop(struct humi_ahead *ahead)
{
    if (!ahead)
        return;
    humi_lock(&ahead->lock);
    ahead->stopping = true;
    pthread_cond_signal(&ahead->changed);
    humi_unlock(&ahead->lock);
    if (!ahead->in_line)
        pthread_join(ahead->thread, NULL);
    for (; ahead->count; ahead->count--) {
        humi_region_put(ahead->items[ahead->first].region);
        ahead->first = (ahead->first + 1) % QUEUE_MAX;
    }
    ahead_destroy(ahead);
}
