/* SPDX-License-Identifier: MIT */
/* duel.c - candidates walked through what was used, and their costs summed. */
#include "policy/duel.h"

#include "base/mask.h"
#include "policy/chunks.h"

#define BATCH_NS 45000u
#define BLOCK_NS 20000u
#define PAGE_NS (4096u / 25u) /* 25 GB/s */
#define SAMPLE_BITS 3u
#define SMALL_BLOCKS 64u
#define STAYS_KNOWN 4u
#define STAYS_MAX 256u

bool humi_duel_samples(const struct hum_view *view)
{
    return view->region_blocks <= SMALL_BLOCKS ||
           (view->block * UINT32_C(0x9e3779b1)) >> (32 - SAMPLE_BITS) == 0;
}

/* What a fault costs; blocks that come ahead share its batch. */
static uint64_t fault_ns(const struct hum_plan *plan)
{
    return BATCH_NS / (1 + plan->ahead_blocks) + BLOCK_NS;
}

/* One fault for each chunk of which there is a page, or for all of them. */
static uint64_t known_ns(const struct hum_view *view, uint32_t chunks, bool whole)
{
    struct hum_pages come = humi_chunks_pages(chunks);
    unsigned faults = 1;

    humi_mask_keep(&come, &view->valid);
    if (humi_mask_empty(&come))
        return 0;
    if (!whole)
        faults = (unsigned)__builtin_popcount(humi_chunks_of(&come));
    return faults * (uint64_t)(BATCH_NS + BLOCK_NS) +
           humi_mask_count(whole ? &view->valid : &come) * (uint64_t)PAGE_NS;
}

/* Each fault is asked about. */
static uint64_t walked_ns(const struct humi_duellist *duellist, const struct hum_view *view,
                          uint32_t chunks)
{
    const bool reads = humi_mask_empty(&view->write);
    struct hum_view shadow = *view;
    uint64_t ns = 0;

    shadow.again = true; /* nothing is learned from it */
    shadow.resident = shadow.mapped = shadow.remote = humi_mask_none();
    shadow.elsewhere = shadow.valid;
    shadow.map_faults = 0;
    for (; chunks; chunks &= chunks - 1) {
        unsigned chunk = (unsigned)__builtin_ctz(chunks), page;
        struct hum_plan plan = {.ahead_blocks = 0};

        if (!humi_chunk_lacks(&shadow.valid, &shadow.resident, chunk, &page))
            continue;
        shadow.read = shadow.write = humi_mask_none();
        humi_mask_set(reads ? &shadow.read : &shadow.write, page);
        duellist->part->plan(&shadow, &duellist->context, &plan);
        ns += fault_ns(&plan);
        humi_mask_set(&shadow.resident, page);
        humi_mask_add(&shadow.resident, &plan.bring);
    }
    return ns + humi_mask_count(&shadow.resident) * (uint64_t)PAGE_NS;
}

uint64_t humi_duel_cost_ns(const struct humi_duellist *duellist, const struct hum_view *view,
                           uint32_t chunks)
{
    if (duellist->brings == HUMI_DUEL_ASK)
        return walked_ns(duellist, view, chunks);
    return known_ns(view, chunks, duellist->brings == HUMI_DUEL_BLOCK);
}

static uint64_t cost_of(struct humi_duel *duel, unsigned candidate)
{
    return atomic_load_explicit(&duel->cost_ns[candidate], memory_order_relaxed);
}

static void forget_half(struct humi_duel *duel)
{
    atomic_store_explicit(&duel->stays, STAYS_MAX / 2, memory_order_relaxed);
    for (unsigned i = 0; i < HUMI_DUEL_MAX; i++)
        atomic_store_explicit(&duel->cost_ns[i], cost_of(duel, i) / 2, memory_order_relaxed);
}

static void choose(struct humi_duel *duel, unsigned count)
{
    unsigned live = atomic_load_explicit(&duel->live, memory_order_relaxed), best = live;

    for (unsigned i = 0; i < count; i++)
        if (cost_of(duel, i) < cost_of(duel, best))
            best = i;
    if (cost_of(duel, best) < cost_of(duel, live) - cost_of(duel, live) / 16)
        atomic_store_explicit(&duel->live, best, memory_order_relaxed);
}

static void charge(struct humi_duel *duel, uint32_t chunks, const struct hum_view *view,
                   const struct humi_duellist *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        atomic_fetch_add_explicit(&duel->cost_ns[i], humi_duel_cost_ns(&list[i], view, chunks),
                                  memory_order_relaxed);
    uint32_t stays = atomic_fetch_add_explicit(&duel->stays, 1, memory_order_relaxed) + 1;
    if (stays >= STAYS_KNOWN)
        choose(duel, count);
    if (stays >= STAYS_MAX)
        forget_half(duel);
}

bool humi_duel_begins(const struct humi_duel_stay *stay, const struct hum_view *view)
{
    return !view->again && humi_mask_empty(&view->resident) && stay->chunks;
}

void humi_duel_judge(struct humi_duel *duel, struct humi_duel_stay *stay,
                     const struct hum_view *view, const struct humi_duellist *list, unsigned count)
{
    charge(duel, stay->chunks, view, list, count);
    stay->chunks = 0;
}

unsigned humi_duel_live(struct humi_duel *duel)
{
    return atomic_load_explicit(&duel->live, memory_order_relaxed);
}

void humi_duel_note(struct humi_duel_stay *stay, const struct hum_view *view,
                    const struct hum_plan *plan)
{
    struct hum_pages came = humi_mask_or(&view->read, &view->write);

    humi_mask_add(&came, &plan->bring);
    humi_mask_remove(&came, &view->resident);
    stay->chunks |= humi_chunks_of(&came);
}
