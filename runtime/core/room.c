/* SPDX-License-Identifier: MIT */
/* room.c - eviction until there is room. */
#include "core/room.h"

#include <sched.h>
#include <time.h>

#include "base/status.h"
#include "core/record.h"
#include "core/residency.h"

/* The newest blocks never leave for older ones that are preferred here: one access may need several
 * blocks at once, and if they were all that may leave they would drive each other out for ever. */
#define NEWEST_KEPT 4u
#define BUSY_SPINS 100u         /* rounds over a list of which every block is being worked on */
#define BUSY_ROUNDS_MAX 100000u /* ... and with a pause between them: 10 s and more */

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

static bool is_preferred_here(const struct humi_block *block, unsigned p)
{
    return (block->advice & HUM_ADVISE_PREFERRED) && humi_number(block->preferred) == p &&
           atomic_load(&block->hold[p].resident_pages) != 0;
}

static bool is_newest(const struct humi_order *order, unsigned place)
{
    uint64_t held = atomic_load(&order->held);
    uint64_t kept = held / 2 < NEWEST_KEPT ? held / 2 : NEWEST_KEPT;
    return place + kept > held;
}

/* One walk over the order.  HUM_NOT_READY: only blocks that others work on were left. */
static enum hum_status walk(struct hum *hum, unsigned p, const struct humi_block *avoid,
                            bool spare_preferred)
{
    unsigned skip = 0;
    bool busy = false;
    struct humi_block *block;
    while ((block = humi_order_pick(&hum->order[p], &skip, &busy))) {
        struct humi_evicted evicted;
        enum hum_status status = HUM_ERR_BUSY;
        if (spare_preferred && is_newest(&hum->order[p], skip)) {
            humi_unlock(&block->lock);
            break;
        }
        if (block != avoid && !(spare_preferred && is_preferred_here(block, p)))
            status = evict(hum, block, p, &evicted);
        if (status == HUM_OK) {
            record_and_unlock(hum, block, p, &evicted);
            return HUM_OK;
        }
        humi_unlock(&block->lock);
    }
    return busy ? HUM_NOT_READY : HUM_ERR_NO_MEMORY;
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

enum hum_status humi_room_make(struct hum *hum, unsigned p, const struct humi_block *avoid)
{
    enum hum_status status = HUM_NOT_READY;
    for (unsigned round = 0; status == HUM_NOT_READY && round < BUSY_ROUNDS_MAX; round++) {
        if (round)
            pause_round(round);
        status = walk(hum, p, avoid, true);
        if (status != HUM_OK)
            status = walk(hum, p, avoid, false);
    }
    if (status == HUM_OK)
        return HUM_OK;
    return humi_fail(HUM_ERR_NO_MEMORY, "%s is full and nothing on it can leave",
                     hum->processor[p]->name);
}

void humi_room_trim(struct hum *hum)
{
    struct humi_order *order = &hum->order[0];
    unsigned skip = 0;
    bool busy = false;
    while (atomic_load(&order->stale) > hum->stale_max) {
        struct humi_block *block = humi_order_pick(order, &skip, &busy);
        if (!block)
            return;
        struct humi_evicted evicted;
        if (atomic_load(&block->hold[0].resident_pages) == 0 &&
            humi_residency_evict(hum, block, 0, &evicted) == HUM_OK)
            skip--; /* it left the list */
        humi_unlock(&block->lock);
    }
}
