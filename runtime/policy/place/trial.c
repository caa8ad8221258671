/* SPDX-License-Identifier: MIT */
/* trial.c - blocks mapped far on trial, and whole regions that follow. */
#include "policy/place/trial.h"

#include "base/mask.h"
#include "policy/place/far.h"

#define FAULT_NS UINT64_C(65000)
#define EVICTION_NS UINT64_C(37000)
#define PAGE_NS UINT64_C(164) /* over the link, 25 GB/s */
#define TOUCH_NS UINT64_C(1000)
#define BLOCKS_KNOWN 8u /* prices of fetching that tell something; more in larger regions */
#define PASSES_MAX 32u  /* so many times as much is half forgotten */
#define SILENT_MAX 4u
#define TRIPS_MAX 16u
#define STAYS_TOLD 0x7fffu /* apart, of one block */
#define GROWTH 4u    /* of the limit, each time that it was reached */
#define BUDGET 48u   /* trials cost one part of so many of fetching, ... */
#define FIRST 8u     /* ... but the first may begin after so many prices */
#define EXCURSION 4u /* the first limit is at least one part of so many of fetching */
#define TRUST 4u     /* the control's word counts up to so many limits */

#define get(field) atomic_load_explicit(field, memory_order_relaxed)
#define set(field, value) atomic_store_explicit(field, value, memory_order_relaxed)
#define add(field, value) atomic_fetch_add_explicit(field, value, memory_order_relaxed)

/* So much more the one must have cost than the other: by a quarter. */
static uint64_t clearly(uint64_t ns)
{
    return ns + ns / 4;
}

/* Something comes that is elsewhere. */
static bool is_fetch(const struct hum_view *view)
{
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);

    humi_mask_remove(&asked, &view->resident);
    return humi_mask_meets(&asked, &view->elsewhere);
}

static uint64_t absent_blocks(const struct hum_view *view)
{
    return view->region_here < view->region_blocks ? view->region_blocks - view->region_here : 1;
}

/* ---- what touches cost ----------------------------------------------------------------------- */

static uint32_t touches_of(const struct hum_view *view)
{
    uint64_t touches = 0;

    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++)
        touches += humi_far_touches(view->heat, c);
    return touches < UINT32_MAX ? (uint32_t)touches : UINT32_MAX;
}

/* What touches of a far block since it was last looked at have cost. */
static uint64_t pay(struct humi_trial_block *block, const struct hum_view *view)
{
    uint32_t now = touches_of(view), touches = now > block->seen ? now - block->seen : 0;
    uint64_t ns = touches * TOUCH_NS;

    block->seen = now;
    if (!touches)
        return 0;
    if (view->time_ns > block->looked_ns && view->time_ns - block->looked_ns < ns)
        ns = view->time_ns - block->looked_ns;
    block->looked_ns = view->time_ns;
    block->paid_ns = ns < UINT32_MAX - block->paid_ns ? block->paid_ns + (uint32_t)ns : UINT32_MAX;
    return ns;
}

/* Its touches have cost so much; where that is more than can be told, at the most it can be. */
static bool has_paid(const struct humi_trial_block *block, uint64_t ns)
{
    return block->paid_ns >= ns || block->paid_ns == UINT32_MAX;
}

static bool go_far(struct humi_trial_block *block, const struct hum_view *view)
{
    *block = (struct humi_trial_block){.looked_ns = view->time_ns,
                                       .seen = touches_of(view),
                                       .pages = block->pages,
                                       .trips = block->trips,
                                       .wrote = block->wrote,
                                       .far = 1};
    return true;
}

/* Another one from one eviction to the next; never 0. */
static unsigned stay_number(const struct hum_view *view)
{
    return view->evictions % STAYS_TOLD + 1;
}

static bool come(struct humi_trial_block *block, const struct hum_view *view)
{
    block->came = stay_number(view) & STAYS_TOLD;
    block->far = 0;
    return false;
}

/* ---- what fetching costs --------------------------------------------------------------------- */

static void charge(const struct humi_trial *trial, uint64_t ns)
{
    struct humi_trial_region *region = trial->region;

    add(&trial->space->fetched_ns, ns);
    add(&region->fetched_ns, ns);
    if (get(&region->block))
        add(&region->near_ns, ns);
}

/* A stay, which ends by leaving. */
static uint64_t stay_ns(const struct humi_trial_block *block)
{
    unsigned pages = block->pages ? block->pages : HUM_PAGES_PER_BLOCK;

    return EVICTION_NS + pages * PAGE_NS * (block->wrote ? 2 : 1);
}

/* A fault fetches something of a near block; true: of one that had been here before. */
static bool fetch(const struct humi_trial *trial, const struct hum_view *view)
{
    struct humi_trial_block *block = trial->block;
    unsigned pages = humi_mask_count(&view->resident);
    bool returns = pages == 0 && (block->pages || view->evictions);

    if (returns) {
        charge(trial, FAULT_NS + stay_ns(block));
        block->wrote = 0;
    } else {
        charge(trial, FAULT_NS);
    }
    if (!humi_mask_empty(&view->write))
        block->wrote = 1;
    if (pages == 0)
        block->pages = HUM_PAGES_PER_BLOCK; /* unless more faults show that it came in parts */
    else if (block->pages == HUM_PAGES_PER_BLOCK || pages > block->pages)
        block->pages = pages & 1023u;
    return returns;
}

void humi_trial_hears_host(const struct humi_trial *trial, const struct hum_view *view)
{
    if (!view->again && trial->block->pages && is_fetch(view))
        charge(trial, FAULT_NS);
}

/* ---- near ------------------------------------------------------------------------------------ */

static bool on_trial(const struct humi_trial *trial, const struct hum_view *view, uint64_t ns)
{
    struct humi_trial_region *region = trial->region;

    add(&trial->space->tried_ns, ns);
    add(&region->touched_ns, ns);
    add(&region->far_ns, ns * absent_blocks(view));
    if (!has_paid(trial->block, trial->price_ns))
        return true;
    set(&region->block, 0);
    set(&region->next_ns, get(&region->fetched_ns) + trial->price_ns * BUDGET);
    return come(trial->block, view);
}

/* All trials of the space together cost little. */
static bool is_affordable(const struct humi_trial *trial)
{
    return get(&trial->space->tried_ns) * BUDGET + trial->price_ns * FIRST <=
           get(&trial->space->fetched_ns);
}

static bool begin_trial(const struct humi_trial *trial, const struct hum_view *view)
{
    struct humi_trial_region *region = trial->region;
    uint64_t next = get(&region->next_ns);

    if (get(&region->fetched_ns) < (next ? next : trial->price_ns * FIRST) || !is_affordable(trial))
        return false;
    if (!get(&trial->space->heard) && get(&trial->space->silent) >= SILENT_MAX)
        return false;
    set(&region->block, view->block + 1);
    return go_far(trial->block, view);
}

static void region_goes_far(const struct humi_trial *trial)
{
    struct humi_trial_region *region = trial->region;
    uint64_t limit = get(&region->limit_ns), near = get(&region->near_ns);
    uint64_t part = get(&trial->space->fetched_ns) / EXCURSION;

    if (!limit)
        set(&region->limit_ns, near > part ? near : part);
    else if (limit <= UINT64_MAX / GROWTH)
        set(&region->limit_ns, limit * GROWTH);
    set(&region->spent_ns, 0);
    set(&region->control_ns, 0);
    set(&region->next_ns, 0);
    set(&region->far, true);
}

static void forget_half(struct humi_trial_region *region)
{
    set(&region->near_ns, get(&region->near_ns) / 2);
    set(&region->touched_ns, get(&region->touched_ns) / 2);
    set(&region->far_ns, get(&region->far_ns) / 2);
}

static void forget(struct humi_trial_region *region)
{
    set(&region->block, 0);
    set(&region->near_ns, 0);
    set(&region->touched_ns, 0);
    set(&region->far_ns, 0);
}

/* Something of another block was fetched while one is on trial. */
static bool beside_trial(const struct humi_trial *trial, const struct hum_view *view)
{
    struct humi_trial_region *region = trial->region;
    uint64_t blocks = view->region_blocks > BLOCKS_KNOWN ? view->region_blocks : BLOCKS_KNOWN;
    uint64_t near = get(&region->near_ns);

    if (near < trial->price_ns * blocks)
        return false;
    if (!get(&trial->space->heard)) {
        add(&trial->space->silent, 1);
        forget(region);
        return false;
    }
    if (near / PASSES_MAX > trial->price_ns * blocks)
        forget_half(region);
    if (near <= clearly(get(&region->far_ns)))
        return false;
    region_goes_far(trial);
    return go_far(trial->block, view);
}

static bool stays_in_near(const struct humi_trial *trial, const struct hum_view *view, uint64_t ns)
{
    uint32_t block = get(&trial->region->block);

    if (trial->block->far) {
        if (block == view->block + 1)
            return on_trial(trial, view, ns);
        return come(trial->block, view);
    }
    if (!is_fetch(view))
        return false;
    bool returns = fetch(trial, view);
    if (block)
        return beside_trial(trial, view);
    return returns && begin_trial(trial, view);
}

/* ---- far ------------------------------------------------------------------------------------- */

/* What fetching would have cost since the region went far, by what the control was touched. */
static uint64_t fetching_ns(struct humi_trial_region *region)
{
    uint64_t touched = get(&region->touched_ns);

    return (uint64_t)((double)get(&region->control_ns) * (double)get(&region->near_ns) /
                      (double)(touched ? touched : 1));
}

static bool is_too_dear(struct humi_trial_region *region)
{
    uint64_t spent = get(&region->spent_ns);

    uint64_t limit = get(&region->limit_ns);

    if (spent < limit)
        return false;
    return spent / TRUST >= limit || spent > clearly(fetching_ns(region));
}

/* With as many blocks absent as there are now it would not have gone far. */
static bool is_regretted(struct humi_trial_region *region, const struct hum_view *view)
{
    return get(&region->near_ns) <= clearly(get(&region->touched_ns) * absent_blocks(view));
}

static bool stays_in_far(const struct humi_trial *trial, const struct hum_view *view, uint64_t ns)
{
    struct humi_trial_region *region = trial->region;
    struct humi_trial_block *block = trial->block;

    add(&region->spent_ns, ns);
    if (get(&region->block) == view->block + 1)
        add(&region->control_ns, ns);
    if (is_too_dear(region) || is_regretted(region, view)) {
        set(&region->far, false);
        set(&region->block, 0);
        forget_half(region);
        return come(block, view);
    }
    if (!block->far)
        return block->came == stay_number(view) ? false : go_far(block, view);
    if (!has_paid(block, trial->price_ns << block->trips))
        return true;
    if (block->trips < TRIPS_MAX)
        block->trips++;
    add(&region->spent_ns, stay_ns(block));
    return come(block, view);
}

bool humi_trial_stays(const struct humi_trial *trial, const struct hum_view *view)
{
    uint64_t ns;

    if (view->again)
        return trial->block->far;
    if (humi_far_is_counted(view))
        set(&trial->space->heard, 1);
    ns = trial->block->far ? pay(trial->block, view) : 0;
    return get(&trial->region->far) ? stays_in_far(trial, view, ns)
                                    : stays_in_near(trial, view, ns);
}

bool humi_trial_hears(const struct humi_trial *trial)
{
    return get(&trial->space->heard) != 0;
}
