/* SPDX-License-Identifier: MIT */
/* pattern.c - how a region is walked through. */
#include "policy/pattern.h"

#include "base/mask.h"

#define FETCHES_KNOWN 16u
#define FETCHES_MAX 256u
#define REACH (2u * HUM_CHUNKS_PER_BLOCK) /* chunks; further on is no walk */

static uint32_t get(_Atomic uint32_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add(_Atomic uint32_t *counter, uint32_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void halve(_Atomic uint32_t *counter)
{
    atomic_store_explicit(counter, get(counter) / 2, memory_order_relaxed);
}

/* Does the fault fetch something that is elsewhere? */
static bool is_fetch(const struct hum_view *view)
{
    struct hum_pages wanted = humi_mask_or(&view->read, &view->write);
    humi_mask_remove(&wanted, &view->resident);
    return view->processor != HUM_HOST && humi_mask_meets(&wanted, &view->elsewhere);
}

static uint64_t first_chunk(const struct hum_view *view)
{
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write);
    unsigned page = humi_mask_next_run(&faulted, 0).first;
    return (uint64_t)view->block * HUM_CHUNKS_PER_BLOCK + page / HUM_PAGES_PER_CHUNK;
}

static void learn(struct humi_pattern_counts *counts, const struct hum_view *view)
{
    uint64_t chunk = first_chunk(view) + 1;
    unsigned agent = (view->agent + (unsigned)view->processor * 0x9e3779b1u) * 0x85ebca6bu >> 28;
    uint64_t last = atomic_exchange_explicit(&counts->last[agent], chunk, memory_order_relaxed);

    add(&counts->fetches, 1);
    add(&counts->onwards, last && chunk > last && chunk - last <= REACH);
    add(&counts->back, view->evictions != 0);
    if (get(&counts->fetches) < FETCHES_MAX)
        return;
    halve(&counts->fetches);
    halve(&counts->onwards);
    halve(&counts->back);
}

enum humi_pattern humi_pattern_of(struct humi_pattern_counts *counts, const struct hum_view *view)
{
    if (!view->again && is_fetch(view))
        learn(counts, view);
    uint32_t fetches = get(&counts->fetches);
    if (fetches < FETCHES_KNOWN)
        return HUMI_UNKNOWN;
    if (get(&counts->onwards) < fetches / 4 * 3)
        return HUMI_RANDOM;
    return get(&counts->back) >= fetches / 4 ? HUMI_REUSE : HUMI_LINEAR;
}
