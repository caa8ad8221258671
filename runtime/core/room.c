/* SPDX-License-Identifier: MIT */
/* room.c - eviction until there is room. */
#include "core/room.h"

#include <sched.h>
#include <time.h>

#include "base/price.h"
#include "base/status.h"
#include "core/pace.h"
#include "core/record.h"
#include "core/residency.h"

#define BUSY_SPINS 100u         /* rounds over a list of which every block is being worked on */
#define BUSY_ROUNDS_MAX 100000u /* ... and with a pause between them: 10 s and more */

/* ---- the orders ------------------------------------------------------------------------------ */

enum hum_status humi_room_open(struct hum *hum)
{
    const struct humi_policy *policy = &humi_policies_of(hum, NULL)->policy;
    for (unsigned p = 0; p < hum->processors; p++) {
        uint64_t blocks = hum->keeper ? 0 : hum->processor[p]->memory_bytes / HUM_BLOCK_SIZE;
        const struct humi_order_params params = {.processor = p,
                                                 .hum = hum,
                                                 .capacity = blocks ? blocks : UINT64_MAX,
                                                 .table = &hum->table,
                                                 .evict = policy->evict,
                                                 .tunables = policy->tunables[HUMI_EVICT]};
        enum hum_status status = humi_order_init(&hum->order[p], &params);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

void humi_room_close(struct hum *hum)
{
    for (unsigned p = 0; p < hum->processors; p++)
        humi_order_fini(&hum->order[p]);
}

enum hum_status humi_room_rank(struct hum *hum, const struct humi_policy *policy)
{
    struct humi_guard guards[HUM_PROCESSORS_MAX] = {{.evict = NULL}};
    enum hum_status status = HUM_OK;
    for (unsigned p = 0; p < hum->processors && status == HUM_OK; p++)
        status = humi_order_prepare(&hum->order[p], policy->evict, policy->tunables[HUMI_EVICT],
                                    &guards[p]);
    for (unsigned p = 0; p < hum->processors; p++) {
        if (status == HUM_OK)
            humi_order_adopt(&hum->order[p], &guards[p]);
        else
            humi_guard_fini(&guards[p]);
    }
    return status;
}

/* ---- eviction -------------------------------------------------------------------------------- */

/* Each region counts its own pages; the space and the trace hear of the block once. */
static void record_regions(struct hum *hum, const struct humi_block *block,
                           const struct humi_evicted *evicted, struct humi_event event)
{
    uintptr_t start = humi_block_start(hum, block), at = start;
    while (at < start + HUM_BLOCK_SIZE) {
        struct humi_region *region = humi_regions_find(&hum->regions, at);
        if (!region)
            region = humi_regions_next(&hum->regions, at);
        if (!region || region->start >= start + HUM_BLOCK_SIZE) {
            humi_region_put(region);
            return;
        }
        struct hum_pages own = humi_region_pages(region, start);
        struct hum_pages left = humi_mask_and(&own, &evicted->left);
        struct hum_pages home = humi_mask_and(&own, &evicted->home);
        event.pages = humi_mask_count(&left);
        event.bytes[HUM_D2H] = humi_mask_count(&home) * HUM_PAGE_SIZE;
        event.moved = home;
        if (event.pages)
            humi_record_event_part(hum, region, &event);
        at = region->start + region->bytes;
        humi_region_put(region);
    }
}

static struct humi_event event_of(unsigned p, const struct humi_evicted *evicted)
{
    struct humi_event event = {.cause = HUM_CAUSE_EVICTION,
                               .processor = p,
                               .pages = humi_mask_count(&evicted->left),
                               .which = evicted->left,
                               .moved = evicted->home,
                               .start_ns = evicted->start_ns,
                               .move_ns = evicted->move_ns};
    event.evicted = p != 0;
    event.bytes[HUM_D2H] = humi_mask_count(&evicted->home) * HUM_PAGE_SIZE;
    return event;
}

/* The block is locked, and is unlocked here: the regions' lock comes before its own. */
static void record_and_unlock(struct hum *hum, struct humi_block *block, unsigned p,
                              const struct humi_evicted *evicted)
{
    struct humi_event event = event_of(p, evicted);
    if (event.pages)
        humi_record_event(hum, NULL, block, &event);
    humi_unlock(&block->lock);
    if (event.pages)
        record_regions(hum, block, evicted, event);
}

/* The host's turn comes when a device's only copies must go home and the host is full, too. */
static enum hum_status evict(struct hum *hum, struct humi_block *block, unsigned p,
                             struct humi_evicted *evicted)
{
    if (p != 0 && atomic_load(&block->hold[p].resident_pages))
        humi_pace_serve(hum, HUMI_COST_EVICTION_NS);
    enum hum_status status = humi_residency_evict(hum, block, p, evicted);
    while (status == HUM_AGAIN) {
        humi_unlock(&block->lock);
        status = humi_room_make(hum, 0, block);
        humi_lock(&block->lock);
        if (status == HUM_OK)
            status = humi_residency_evict(hum, block, p, evicted);
    }
    return status;
}

/* It holds something and is preferred here or among the newest. */
static bool is_spared(struct humi_order *order, const struct humi_block *block)
{
    if (atomic_load(&block->hold[order->processor].resident_pages) == 0)
        return false;
    bool preferred = (block->advice & HUM_ADVISE_PREFERRED) &&
                     humi_number(block->preferred) == order->processor;
    return preferred || humi_order_is_newest(order, block);
}

/* Whose block may leave. */
struct wanted {
    unsigned processor;
    const struct humi_block *avoid;    /* not this; may be NULL */
    const struct humi_region *region;  /* that has pages on it; NULL: any */
    bool reserve;                      /* nobody waits for its room */
};

static bool is_wanted(const struct hum *hum, const struct wanted *wanted,
                      const struct humi_block *block)
{
    const struct humi_region *region = wanted->region;
    if (block == wanted->avoid)
        return false;
    if (!region)
        return true;
    return atomic_load(&block->hold[wanted->processor].resident_pages) &&
           humi_block_start(hum, block) < region->start + region->bytes &&
           humi_block_start(hum, block) + HUM_BLOCK_SIZE > region->start;
}

/* Block lock held.  What leaves for a region's budget says nothing about the device. */
static void note_leaving(struct hum *hum, const struct wanted *wanted,
                         const struct humi_block *block, const struct humi_evicted *evicted)
{
    if (humi_mask_empty(&evicted->left))
        return;
    if (wanted->reserve)
        humi_order_reserved(&hum->order[wanted->processor], block);
    else if (!wanted->region)
        humi_reserve_press(hum, wanted->processor);
}

/*
 * One walk over the order.  HUM_NOT_READY: only blocks that others work on were left.  The newest
 * never leave for others that are preferred here: if they were all that may leave, they would drive
 * each other out for ever.
 */
static enum hum_status walk(struct hum *hum, const struct wanted *wanted, bool spare,
                            bool *missed_out)
{
    unsigned p = wanted->processor;
    const struct humi_block *avoid = wanted->avoid;
    struct humi_order *order = &hum->order[p];
    struct humi_order_walk walk = {.incoming = avoid ? avoid->index : HUM_EVICT_NONE};
    struct humi_block *block;
    while ((block = humi_order_next(order, &walk))) {
        struct humi_evicted evicted;
        enum hum_status status = HUM_ERR_BUSY;
        if (is_wanted(hum, wanted, block) && !(spare && is_spared(order, block)))
            status = evict(hum, block, p, &evicted);
        if (status == HUM_OK) {
            note_leaving(hum, wanted, block, &evicted);
            record_and_unlock(hum, block, p, &evicted);
            return HUM_OK;
        }
        humi_unlock(&block->lock);
    }
    *missed_out = walk.missed;
    return walk.busy ? HUM_NOT_READY : HUM_ERR_NO_MEMORY;
}

/* Copying a block takes 0.2 ms, but whoever does it may not be running just now. */
static void pause_round(unsigned round)
{
    struct timespec pause = {0, 100000};
    if (round < BUSY_SPINS)
        sched_yield();
    else
        nanosleep(&pause, NULL);
}

/* Two walks; the second spares nothing. */
static enum hum_status walk_twice(struct hum *hum, const struct wanted *wanted)
{
    bool missed = false;
    enum hum_status status = walk(hum, wanted, true, &missed);
    if (status != HUM_OK)
        status = walk(hum, wanted, false, &missed);
    if (status == HUM_ERR_NO_MEMORY && missed && humi_order_doubt(&hum->order[wanted->processor]))
        status = walk(hum, wanted, false, &missed);
    return status;
}

enum hum_status humi_room_make(struct hum *hum, unsigned p, const struct humi_block *avoid)
{
    const struct wanted wanted = {.processor = p, .avoid = avoid};
    enum hum_status status = HUM_NOT_READY;
    for (unsigned round = 0; status == HUM_NOT_READY && round < BUSY_ROUNDS_MAX; round++) {
        if (round)
            pause_round(round);
        status = walk_twice(hum, &wanted);
    }
    if (status == HUM_OK)
        return HUM_OK;
    return humi_fail(HUM_ERR_NO_MEMORY, "%s is full and nothing on it can leave",
                     hum->processor[p]->name);
}

enum hum_status humi_room_make_of(struct hum *hum, unsigned p, const struct humi_region *region,
                                  const struct humi_block *avoid)
{
    const struct wanted wanted = {.processor = p, .avoid = avoid, .region = region};
    return walk_twice(hum, &wanted) == HUM_OK ? HUM_OK : HUM_ERR_NO_MEMORY;
}

enum hum_status humi_room_reserve(struct hum *hum, unsigned p)
{
    const struct wanted wanted = {.processor = p, .reserve = true};
    bool missed;
    return walk(hum, &wanted, true, &missed) == HUM_OK ? HUM_OK : HUM_ERR_NO_MEMORY;
}

void humi_room_trim(struct hum *hum)
{
    struct humi_order *order = &hum->order[0];
    struct humi_order_walk walk = {.incoming = HUM_EVICT_NONE};
    while (atomic_load(&order->stale) > hum->stale_max) {
        struct humi_block *block = humi_order_next(order, &walk);
        if (!block)
            return;
        struct humi_evicted evicted;
        bool stale = atomic_load(&block->hold[0].resident_pages) == 0;
        if (stale && humi_residency_evict(hum, block, 0, &evicted) == HUM_OK)
            walk.looked_stale--; /* it left the list */
        humi_unlock(&block->lock);
        if (!stale)
            return; /* these come first */
    }
}
