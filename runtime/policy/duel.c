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
static uint64_t fault_ns(unsigned ahead_blocks)
{
    return BATCH_NS / (1 + ahead_blocks) + BLOCK_NS;
}

static uint64_t known_ns(const struct humi_walk *walk, const struct humi_walked *walked)
{
    return walked->faults * fault_ns(walk->ahead_blocks) + walked->pages * (uint64_t)PAGE_NS;
}

/* Each fault is asked about. */
static uint64_t asked_ns(const struct humi_duellist *duellist, const struct hum_view *view,
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
        ns += fault_ns(plan.ahead_blocks);
        humi_mask_set(&shadow.resident, page);
        humi_mask_add(&shadow.resident, &plan.bring);
    }
    return ns + humi_mask_count(&shadow.resident) * (uint64_t)PAGE_NS;
}

uint64_t humi_duel_cost_ns(const struct humi_duellist *duellist, const struct hum_view *view,
                           uint32_t chunks)
{
    if (!duellist->known)
        return asked_ns(duellist, view, chunks);
    struct humi_ground ground;
    humi_ground_init(&ground, &view->valid, chunks);
    struct humi_walked walked = humi_walk_through(&duellist->walk, &ground);
    return known_ns(&duellist->walk, &walked);
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

static bool walk_alike(const struct humi_duellist *a, const struct humi_duellist *b)
{
    return b->known && a->walk.percent == b->walk.percent && a->walk.rest == b->walk.rest &&
           a->walk.apart == b->walk.apart;
}

/* How candidate i walks; [0, i) have walked. */
static void walk_through(const struct humi_duellist *list, unsigned i,
                         const struct humi_ground *ground, struct humi_walked *walked)
{
    unsigned alike = 0;

    while (alike < i && !walk_alike(&list[i], &list[alike]))
        alike++;
    walked[i] = alike < i ? walked[alike] : humi_walk_through(&list[i].walk, ground);
}

static void charge_each(struct humi_duel *duel, uint32_t chunks, const struct hum_view *view,
                        const struct humi_duellist *list, unsigned count)
{
    struct humi_walked walked[HUMI_DUEL_MAX];
    struct humi_ground ground;

    humi_ground_init(&ground, &view->valid, chunks);
    for (unsigned i = 0; i < count; i++) {
        uint64_t ns;
        if (list[i].known) {
            walk_through(list, i, &ground, walked);
            ns = known_ns(&list[i].walk, &walked[i]);
        } else {
            ns = asked_ns(&list[i], view, chunks);
        }
        atomic_fetch_add_explicit(&duel->cost_ns[i], ns, memory_order_relaxed);
    }
}

static void charge(struct humi_duel *duel, uint32_t chunks, const struct hum_view *view,
                   const struct humi_duellist *list, unsigned count)
{
    charge_each(duel, chunks, view, list, count);
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
