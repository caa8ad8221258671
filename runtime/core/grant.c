/* SPDX-License-Identifier: MIT */
/* grant.c - access to the pages of one locked block: chosen, given, taken. */
#include "core/grant.h"

#include "base/check.h"
#include "base/wide.h"
#include "core/epochs.h"
#include "core/heat.h"

void humi_grant_set_writable(struct humi_hold *hold, struct hum_pages pages)
{
    hold->writable = pages;
    atomic_store_explicit(&hold->writable_pages, (unsigned short)humi_mask_count(&pages),
                          memory_order_relaxed);
}

static bool is_opened(const struct hum *hum, const struct humi_hold *hold, unsigned p)
{
    return hum->processor[p]->opens_reads && humi_mask_full(&hold->mapped) &&
           humi_mask_empty(&hold->writable);
}

bool humi_grant_is_whole(const struct hum *hum, const struct humi_block *block, unsigned p)
{
    const struct humi_hold *hold = &block->hold[p];
    return hum->processor[p]->huge && (hold->own || is_opened(hum, hold, p));
}

void humi_grant_take(struct hum *hum, struct humi_block *block, unsigned p, struct hum_pages pages,
                     bool write_only)
{
    struct humi_processor *processor = hum->processor[p];
    struct humi_hold *hold = &block->hold[p];
    size_t offset = humi_block_offset(block);
    humi_mask_keep(&pages, write_only ? &hold->writable : &hold->mapped);
    if (humi_mask_empty(&pages))
        return;
    hold->map_faults = 0;
    humi_heat_disarm(hold->heat);
    if (hold->own || humi_grant_is_whole(hum, block, p)) {
        /*
         * Splitting it would cost more than giving all of it back at the next touch; and a huge
         * page that was opened for reading cannot be split, but whether the kernel made it one is
         * not known.
         */
        processor->ops->unmap(processor, offset, HUM_BLOCK_SIZE);
        hold->own = false;
        hold->mapped = humi_mask_none();
        humi_grant_set_writable(hold, humi_mask_none());
        return;
    }
    humi_for_each_run (run, &pages) {
        size_t start = offset + run.first * HUM_PAGE_SIZE;
        size_t bytes = (run.end - run.first) * HUM_PAGE_SIZE;
        if (write_only)
            processor->ops->protect(processor, start, bytes);
        else
            processor->ops->unmap(processor, start, bytes);
    }
    humi_grant_set_writable(hold, humi_mask_minus(&hold->writable, &pages));
    if (!write_only)
        humi_mask_remove(&hold->mapped, &pages);
}

void humi_grant_revoke_others(struct hum *hum, struct humi_block *block, unsigned p,
                                        const struct hum_pages *write,
                                        const struct hum_pages *copied)
{
    for (unsigned q = 0; q < hum->processors; q++) {
        const struct humi_hold *hold = &block->hold[q];
        if (q == p)
            continue;
        bool take = humi_mask_meets(&hold->mapped, write);
        bool protect = humi_mask_meets(&hold->writable, copied);
        if (take)
            humi_grant_take(hum, block, q, *write, false);
        if (protect)
            humi_grant_take(hum, block, q, *copied, true);
    }
}

static enum hum_status map_runs(struct humi_processor *processor, size_t offset,
                                const struct hum_pages *pages, enum humi_map_access access)
{
    bool own;
    if (humi_mask_empty(pages))
        return HUM_OK;
    if (processor->ops->map_pages && access != HUMI_MAP_UPGRADE)
        return processor->ops->map_pages(processor, offset, pages, access);
    humi_for_each_run (run, pages) {
        enum hum_status status =
            processor->ops->map(processor, offset + run.first * HUM_PAGE_SIZE,
                                (run.end - run.first) * HUM_PAGE_SIZE, access, &own);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

/*
 * Pages that were remote come back with the right to write (returns_writable of device.h).  Those
 * that may only be read lose it at once: nobody may store to them anyway.
 */
static enum hum_status return_unwritable(struct humi_processor *processor, size_t offset,
                                         const struct hum_pages *pages)
{
    enum hum_status status = map_runs(processor, offset, pages, HUMI_MAP_WRITE);
    humi_for_each_run (run, pages)
        processor->ops->protect(processor, offset + run.first * HUM_PAGE_SIZE,
                                (run.end - run.first) * HUM_PAGE_SIZE);
    return status;
}

static enum hum_status map_own(struct humi_processor *processor, struct humi_block *block,
                               struct humi_hold *hold)
{
    bool own = false;
    enum hum_status status = processor->ops->map(processor, humi_block_offset(block),
                                                 HUM_BLOCK_SIZE, HUMI_MAP_OWN, &own);
    if (status == HUM_OK)
        hold->own = own;
    return status;
}

/*
 * Before a block is mapped as a whole: page by page mappings of a part of it would keep the kernel
 * from ever mapping it as a huge page.
 */
static void forget_pages(struct humi_processor *processor, const struct humi_block *block,
                         const struct humi_hold *hold)
{
    if (processor->huge && !humi_mask_empty(&hold->mapped))
        processor->ops->unmap(processor, humi_block_offset(block), HUM_BLOCK_SIZE);
}

void humi_grant_again(struct hum *hum, struct humi_block *block, unsigned p)
{
    struct humi_processor *processor = hum->processor[p];
    struct humi_hold *hold = &block->hold[p];
    struct hum_pages all = humi_mask_all();
    struct hum_pages r = humi_mask_minus(&hold->mapped, &hold->writable);
    enum hum_status status;
    humi_heat_disarm(hold->heat);
    if (hold->own) {
        status = map_own(processor, block, hold);
        processor->ops->resume(processor, humi_block_offset(block), HUM_BLOCK_SIZE);
    } else if (is_opened(hum, hold, p)) {
        status = map_runs(processor, humi_block_offset(block), &all, HUMI_MAP_READ);
    } else {
        status = map_runs(processor, humi_block_offset(block), &hold->writable, HUMI_MAP_WRITE);
        if (status == HUM_OK)
            status = map_runs(processor, humi_block_offset(block), &r, HUMI_MAP_READ);
    }
    if (status != HUM_OK)
        humi_grant_take(hum, block, p, all, false);
}

/* The calls that giving takes: pages that are there already need none, but where they faulted. */
struct calls {
    struct hum_pages write, upgrade, read, back;
    bool writes, upgrades, reads, returns;
};

HUMI_WIDE static void choose_calls(const struct humi_hold *hold, const struct humi_request *request,
                                   const struct humi_grant *access, const struct hum_pages *away,
                                   struct calls *restrict out)
{
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t mapped = hold->mapped.word[i], had = hold->writable.word[i];
        uint64_t faulted = request->faulted.word[i];
        uint64_t write = access->writable.word[i] & (~had | faulted);
        uint64_t read = access->readable.word[i] & (~mapped | faulted);
        uint64_t upgrade = mapped & ~had & write, back = away->word[i] & read;
        out->write.word[i] = write & ~upgrade;
        out->upgrade.word[i] = upgrade;
        out->read.word[i] = read & ~back;
        out->back.word[i] = back;
    }
    out->writes = !humi_mask_empty(&out->write);
    out->upgrades = !humi_mask_empty(&out->upgrade);
    out->reads = !humi_mask_empty(&out->read);
    out->returns = !humi_mask_empty(&out->back);
}

/* A block that is opened for reading changes as a whole, with what is mapped already. */
static void read_all(const struct hum_pages *away, struct calls *calls)
{
    struct hum_pages all = humi_mask_all();
    calls->back = *away;
    calls->returns = !humi_mask_empty(away);
    calls->read = humi_mask_minus(&all, away);
    calls->reads = !humi_mask_empty(&calls->read);
}

static enum hum_status make_calls(struct humi_processor *processor, size_t offset,
                                  const struct calls *calls)
{
    enum hum_status status = HUM_OK;
    if (calls->writes)
        status = map_runs(processor, offset, &calls->write, HUMI_MAP_WRITE);
    if (status == HUM_OK && calls->upgrades)
        status = map_runs(processor, offset, &calls->upgrade, HUMI_MAP_UPGRADE);
    if (status == HUM_OK && calls->returns)
        status = return_unwritable(processor, offset, &calls->back);
    if (status == HUM_OK && calls->reads)
        status = map_runs(processor, offset, &calls->read, HUMI_MAP_READ);
    return status;
}

HUMI_WIDE static void commit(struct humi_block *block, struct humi_hold *hold,
                             const struct humi_grant *access)
{
    hold->mapped = access->mapped;
    if (!access->writes)
        return;
    hold->writable = access->after;
    atomic_store_explicit(&hold->writable_pages,
                          (unsigned short)humi_mask_count_here(&access->after),
                          memory_order_relaxed);
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t writable = access->writable.word[i];
        block->written.word[i] |= writable;
        block->dirty.word[i] |= writable;
        hold->fresh.word[i] &= ~writable;
    }
}

enum hum_status humi_grant_give(struct hum *hum, struct humi_block *block,
                                const struct humi_request *request, const struct humi_grant *access)
{
    struct humi_processor *processor = hum->processor[request->processor];
    struct humi_hold *hold = &block->hold[request->processor];
    size_t offset = humi_block_offset(block);
    enum hum_status status;
    if (humi_heat_is_armed(hold->heat)) /* what is given may be believed to be there */
        humi_grant_again(hum, block, request->processor);
    if (hold->own) {
        /* The touch came before, or the device was started again: mapping twice does no harm. */
        status = map_own(processor, block, hold);
        processor->ops->resume(processor, offset, HUM_BLOCK_SIZE);
        return status;
    }
    bool may_open = humi_grant_may_open(hum, request);
    bool own = may_open && humi_mask_full(&access->after);
    bool open = may_open && processor->opens_reads && humi_mask_full(&access->readable) &&
                !humi_mask_full(&hold->mapped);
    if (own || open)
        forget_pages(processor, block, hold);
    if (own) {
        status = map_own(processor, block, hold);
    } else {
        struct calls calls;
        const struct hum_pages *away = humi_block_away(block, request->processor);
        choose_calls(hold, request, access, away, &calls);
        if (access->opens && (calls.reads || calls.returns))
            read_all(away, &calls);
        humi_assert(!calls.returns || request->read_only);
        status = make_calls(processor, offset, &calls);
    }
    commit(block, hold, access);
    if (status == HUM_OK)
        humi_block_forget_away(block, request->processor, &access->mapped);
    if (status != HUM_OK) {
        /* Some of it was given, and may have been used: so it counts as written, and is taken. */
        struct hum_pages tried = humi_mask_or(&access->writable, &access->readable);
        humi_grant_take(hum, block, request->processor, tried, false);
    }
    return status;
}
