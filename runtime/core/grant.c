/* SPDX-License-Identifier: MIT */
/* grant.c - access to the pages of one locked block: chosen, given, taken. */
#include "core/grant.h"

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

void humi_grant_take(struct hum *hum, struct humi_block *block, unsigned p,
                     struct hum_pages pages, bool write_only)
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

void humi_grant_revoke_others(struct hum *hum, struct humi_block *block,
                              const struct humi_request *request, const struct hum_pages *write,
                              const struct hum_pages *copied)
{
    for (unsigned q = 0; q < hum->processors; q++) {
        if (q == request->processor)
            continue;
        if (humi_mask_meets(&block->hold[q].mapped, write))
            humi_grant_take(hum, block, q, *write, false);
        if (humi_mask_meets(&block->hold[q].writable, copied))
            humi_grant_take(hum, block, q, *copied, true);
    }
}

static enum hum_status map_runs(struct humi_processor *processor, size_t offset,
                                const struct hum_pages *pages, enum humi_map_access access)
{
    bool own;
    if (humi_mask_empty(pages))
        return HUM_OK;
    humi_for_each_run (run, pages) {
        enum hum_status status =
            processor->ops->map(processor, offset + run.first * HUM_PAGE_SIZE,
                                (run.end - run.first) * HUM_PAGE_SIZE, access, &own);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

/* Pages of `pages` that still need a call: not there yet, or faulted on all the same. */
static struct hum_pages to_map(const struct hum_pages *pages, const struct hum_pages *have,
                               const struct hum_pages *faulted)
{
    struct hum_pages missing = humi_mask_minus(pages, have);
    struct hum_pages again = humi_mask_and(pages, faulted);
    return humi_mask_or(&missing, &again);
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

/* The block may be mapped as a whole, unguarded.  Not where faults tell what is touched. */
static bool may_open(const struct hum *hum, const struct humi_request *request)
{
    return request->whole && !humi_is_exact(hum, request->processor);
}

/*
 * A processor that opens whole blocks for reading gets all of a block that it may read but not
 * write: that is cheaper than a part of it.
 */
static bool opens_all(const struct hum *hum, const struct humi_hold *hold,
                      const struct humi_request *request, const struct hum_pages *writable)
{
    return hum->processor[request->processor]->opens_reads && may_open(hum, request) &&
           humi_mask_full(&hold->resident) && humi_mask_empty(&hold->writable) &&
           humi_mask_empty(writable) && !humi_mask_empty(&request->map);
}

/*
 * The requested pages that are resident now.  A page that only this processor has and that was
 * written before is mapped for writing at once: there is nothing to protect.
 */
struct humi_grant humi_grant_choose(const struct hum *hum, const struct humi_block *block,
                                    const struct humi_request *request,
                                    const struct hum_pages *write)
{
    const struct humi_hold *hold = &block->hold[request->processor];
    struct hum_pages map = humi_mask_and(&request->map, &hold->resident);
    struct hum_pages elsewhere =
        humi_block_resident_elsewhere(hum, block, (int)request->processor);
    struct hum_pages sole = humi_mask_minus(&block->written, &elsewhere);
    struct hum_pages writable = humi_mask_or(&sole, write);
    writable = request->read_only ? humi_mask_none() : humi_mask_and(&map, &writable);
    if (humi_is_exact(hum, request->processor)) {
        /* Only what was touched, and for writing only what was stored to (or was before). */
        struct hum_pages stored = humi_mask_or(&request->stores, &hold->writable);
        humi_mask_keep(&map, &request->faulted);
        humi_mask_keep(&writable, &request->faulted);
        humi_mask_keep(&writable, &stored);
    }
    if (opens_all(hum, hold, request, &writable))
        map = humi_mask_all();
    return (struct humi_grant){.writable = writable,
                           .readable = humi_mask_minus(&map, &writable),
                           .after = humi_mask_or(&hold->writable, &writable),
                           .mapped = humi_mask_or(&hold->mapped, &map)};
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

enum hum_status humi_grant_give(struct hum *hum, struct humi_block *block,
                                const struct humi_request *request,
                                const struct humi_grant *access)
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
    bool own = may_open(hum, request) && humi_mask_full(&access->after);
    bool open = may_open(hum, request) && processor->opens_reads &&
                humi_mask_full(&access->readable) && !humi_mask_full(&hold->mapped);
    if (own || open)
        forget_pages(processor, block, hold);
    if (own) {
        status = map_own(processor, block, hold);
    } else {
        struct hum_pages w = to_map(&access->writable, &hold->writable, &request->faulted);
        struct hum_pages r = to_map(&access->readable, &hold->mapped, &request->faulted);
        if (opens_all(hum, hold, request, &access->after) && !humi_mask_empty(&r))
            r = humi_mask_all(); /* also what is mapped already: the block changes as a whole */
        struct hum_pages upgraded = humi_mask_minus(&hold->mapped, &hold->writable);
        humi_mask_keep(&upgraded, &w);
        humi_mask_remove(&w, &upgraded);
        status = map_runs(processor, offset, &w, HUMI_MAP_WRITE);
        if (status == HUM_OK)
            status = map_runs(processor, offset, &upgraded, HUMI_MAP_UPGRADE);
        struct hum_pages back = humi_block_away(block, request->processor);
        humi_mask_keep(&back, &r);
        humi_mask_remove(&r, &back);
        if (status == HUM_OK)
            status = return_unwritable(processor, offset, &back);
        if (status == HUM_OK)
            status = map_runs(processor, offset, &r, HUMI_MAP_READ);
    }
    hold->mapped = access->mapped;
    humi_grant_set_writable(hold, access->after);
    humi_mask_add(&block->written, &access->writable);
    humi_mask_add(&block->dirty, &access->writable);
    humi_mask_remove(&hold->fresh, &access->writable);
    if (status == HUM_OK)
        humi_block_forget_away(block, request->processor, &access->mapped);
    if (status != HUM_OK) {
        /* Some of it was given, and may have been used: so it counts as written, and is taken. */
        struct hum_pages tried = humi_mask_or(&access->writable, &access->readable);
        humi_grant_take(hum, block, request->processor, tried, false);
    }
    return status;
}
