/* SPDX-License-Identifier: MIT */
/* trial.c - blocks mapped far on trial, and whole regions that follow. */
#include "policy/place/trial.h"

#include "base/mask.h"
#include "policy/place/far.h"

#define RETURNS_KNOWN 8u
#define RETURNS_MAX 256u
#define SURE 4u
#define WAIT 16u
#define WAIT_DOUBLINGS 2u
#define SILENT_MAX 4u
#define TRIPS_MAX 16u
#define GROWTH 4u                /* of the limit, each time that it was reached */

#define get(field) atomic_load_explicit(field, memory_order_relaxed)
#define set(field, value) atomic_store_explicit(field, value, memory_order_relaxed)

/* The call tells of counted touches: what it asks for is mapped far already. */
static bool is_counted(const struct hum_view *view)
{
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);

    return !humi_mask_empty(&view->remote) && humi_mask_within(&asked, &view->remote);
}

/* The block comes back that had been evicted. */
static bool is_return(const struct hum_view *view)
{
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);

    return view->evictions && humi_mask_empty(&view->resident) &&
           humi_mask_meets(&asked, &view->elsewhere);
}

static uint32_t touches_of(const struct hum_view *view)
{
    uint64_t touches = 0;

    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++)
        touches += humi_far_touches(view->heat, c);
    return touches < UINT32_MAX ? (uint32_t)touches : UINT32_MAX;
}

/* Touches of a far block since it was last looked at. */
static uint32_t pay(struct humi_trial_block *block, const struct hum_view *view)
{
    uint32_t now = touches_of(view), touches = now > block->seen ? now - block->seen : 0;

    block->seen = now;
    block->paid = block->paid + touches < touches ? UINT32_MAX : block->paid + touches;
    return touches;
}

static bool go_far(struct humi_trial_block *block, const struct hum_view *view)
{
    block->seen = touches_of(view);
    block->paid = block->came = 0;
    block->far = true;
    return true;
}

static bool come(struct humi_trial_block *block, const struct hum_view *view)
{
    block->came = view->evictions + 1;
    block->far = false;
    return false;
}

/* ---- near ------------------------------------------------------------------------------------ */

static void end_trial(struct humi_trial_region *region)
{
    uint32_t ended = get(&region->ended);

    set(&region->block, 0);
    set(&region->wait, WAIT << (ended < WAIT_DOUBLINGS ? ended : WAIT_DOUBLINGS));
    set(&region->ended, ended + 1);
}

static bool on_trial(const struct humi_trial *trial, const struct hum_view *view, uint32_t touches)
{
    atomic_fetch_add_explicit(&trial->region->touches, touches, memory_order_relaxed);
    if (trial->block->paid < trial->price)
        return true;
    end_trial(trial->region);
    return come(trial->block, view);
}

static bool begin_trial(const struct humi_trial *trial, const struct hum_view *view)
{
    struct humi_trial_region *region = trial->region;
    uint32_t wait = get(&region->wait);

    if (wait) {
        set(&region->wait, wait - 1);
        return false;
    }
    if (!get(&trial->space->heard) && get(&trial->space->silent) >= SILENT_MAX)
        return false;
    set(&region->block, view->block + 1);
    return go_far(trial->block, view);
}

/* Fetching has cost `SURE` times what touching all of the region far would have. */
static bool is_far_cheaper(const struct humi_trial_region *region, const struct hum_view *view)
{
    uint64_t far_us = (uint64_t)get(&region->touches) * view->region_blocks;

    return get(&region->returns) * (uint64_t)HUMI_RETURN_US > SURE * far_us;
}

static void region_goes_far(struct humi_trial_region *region)
{
    uint64_t limit = get(&region->limit);

    uint64_t paid = get(&region->returns) * (uint64_t)HUMI_RETURN_US;

    if (!limit)
        set(&region->limit, paid);
    else if (limit <= UINT64_MAX / GROWTH)
        set(&region->limit, limit * GROWTH);
    set(&region->spent, 0);
    set(&region->block, 0);
    set(&region->far, true);
}

/* Another block came back while one is on trial. */
static bool beside_trial(const struct humi_trial *trial, const struct hum_view *view)
{
    struct humi_trial_region *region = trial->region;
    uint32_t returns = atomic_fetch_add_explicit(&region->returns, 1, memory_order_relaxed) + 1;

    if (returns >= RETURNS_MAX) {
        set(&region->returns, returns / 2);
        set(&region->touches, get(&region->touches) / 2);
    }
    if (returns < RETURNS_KNOWN)
        return false;
    if (!get(&trial->space->heard)) {
        atomic_fetch_add_explicit(&trial->space->silent, 1, memory_order_relaxed);
        set(&region->returns, 0);
        end_trial(region);
        return false;
    }
    if (!is_far_cheaper(region, view))
        return false;
    region_goes_far(region);
    return go_far(trial->block, view);
}

static bool stays_in_near(const struct humi_trial *trial, const struct hum_view *view,
                          uint32_t touches)
{
    uint32_t block = get(&trial->region->block);

    if (trial->block->far)
        return block == view->block + 1 ? on_trial(trial, view, touches)
                                        : come(trial->block, view);
    if (!is_return(view))
        return false;
    return block ? beside_trial(trial, view) : begin_trial(trial, view);
}

/* ---- far ------------------------------------------------------------------------------------- */

static void region_comes(struct humi_trial_region *region)
{
    set(&region->far, false);
    set(&region->returns, 0);
    set(&region->touches, 0);
    set(&region->wait, 0);
}

static bool stays_in_far(const struct humi_trial *trial, const struct hum_view *view,
                         uint32_t touches)
{
    struct humi_trial_region *region = trial->region;
    struct humi_trial_block *block = trial->block;
    uint64_t spent =
        atomic_fetch_add_explicit(&region->spent, touches, memory_order_relaxed) + touches;

    if (spent >= get(&region->limit)) {
        region_comes(region);
        return come(block, view);
    }
    if (!block->far)
        return block->came == view->evictions + 1 ? false : go_far(block, view);
    if (block->paid < trial->price << block->trips)
        return true;
    if (block->trips < TRIPS_MAX)
        block->trips++;
    return come(block, view);
}

bool humi_trial_stays(const struct humi_trial *trial, const struct hum_view *view)
{
    uint32_t touches;

    if (view->again)
        return trial->block->far;
    if (is_counted(view))
        set(&trial->space->heard, 1);
    touches = trial->block->far ? pay(trial->block, view) : 0;
    return get(&trial->region->far) ? stays_in_far(trial, view, touches)
                                    : stays_in_near(trial, view, touches);
}

bool humi_trial_hears(const struct humi_trial *trial)
{
    return get(&trial->space->heard) != 0;
}
