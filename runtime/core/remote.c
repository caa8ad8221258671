/* SPDX-License-Identifier: MIT */
/* remote.c - pages touched in the frames of other processors: chosen, given, taken. */
#include "core/remote.h"

#include "base/clock.h"
#include "base/status.h"
#include "core/epochs.h"
#include "core/grant.h"
#include "core/record.h"

/* ---- taking ---------------------------------------------------------------------------------- */

void humi_remote_take(struct hum *hum, struct humi_block *block, unsigned p, struct hum_pages pages)
{
    struct humi_processor *processor = hum->processor[p];
    struct humi_hold *hold = &block->hold[p];
    size_t offset = humi_block_offset(block);
    humi_mask_keep(&pages, &hold->remote);
    if (humi_mask_empty(&pages))
        return;
    humi_for_each_run (run, &pages)
        processor->ops->unmap(processor, offset + run.first * HUM_PAGE_SIZE,
                              (run.end - run.first) * HUM_PAGE_SIZE);
    humi_mask_remove(&hold->remote, &pages);
    if (processor->returns_writable)
        humi_mask_add(&block->away, &pages);
}

void humi_remote_take_all(struct hum *hum, struct humi_block *block,
                                    const struct hum_pages *pages)
{
    for (unsigned p = 0; p < hum->processors; p++)
        if (humi_mask_meets(&block->hold[p].remote, pages))
            humi_remote_take(hum, block, p, *pages);
}

/* ---- choosing -------------------------------------------------------------------------------- */

bool humi_remote_can(const struct hum *hum, const struct humi_region *region, unsigned p)
{
    return hum->processor[p]->ops->map_remote && !humi_is_exact(hum, p) &&
           (humi_region_access(region, p) & HUM_WRITE);
}

static bool can_map(const struct hum *hum, const struct humi_request *request, unsigned owner)
{
    return owner != request->processor && hum->processor[owner]->frames_fd >= 0 &&
           hum->processor[request->processor]->ops->map_remote && !request->read_only &&
           !humi_is_exact(hum, request->processor);
}

struct hum_pages humi_remote_choose(const struct hum *hum, const struct humi_block *block,
                                    const struct humi_request *request)
{
    const struct humi_hold *hold = &block->hold[request->processor];
    struct hum_pages can = humi_mask_none();
    for (unsigned q = 0; q < hum->processors; q++)
        if (can_map(hum, request, q))
            humi_mask_add(&can, &block->hold[q].resident);
    humi_mask_remove(&can, &hold->resident);
    return humi_mask_and(&request->remote, &can);
}

/* ---- giving ---------------------------------------------------------------------------------- */

/* Of the pages only the owner keeps a copy, and what it has may be written by others. */
static void make_sole(struct hum *hum, struct humi_block *block, unsigned owner,
                      const struct hum_pages *pages)
{
    for (unsigned q = 0; q < hum->processors; q++) {
        struct hum_pages gone = humi_mask_and(&block->hold[q].resident, pages);
        if (q == owner || humi_mask_empty(&gone))
            continue;
        humi_grant_take(hum, block, q, gone, false);
        gone = humi_mask_minus(&block->hold[q].resident, &gone);
        humi_residency_set(hum, block, q, gone);
    }
    humi_mask_add(&block->written, pages);
    humi_mask_add(&block->dirty, pages);
    humi_mask_remove(&block->hold[owner].fresh, pages);
}

static enum hum_status map_runs(const struct hum *hum, const struct humi_block *block, unsigned p,
                                unsigned owner, const struct hum_pages *pages)
{
    struct humi_processor *processor = hum->processor[p];
    humi_for_each_run (run, pages) {
        enum hum_status status = processor->ops->map_remote(
            processor, humi_block_offset(block) + run.first * HUM_PAGE_SIZE,
            (run.end - run.first) * HUM_PAGE_SIZE, hum->processor[owner]);
        if (status != HUM_OK)
            return status;
    }
    return HUM_OK;
}

static void record(struct hum *hum, struct humi_block *block, const struct humi_request *request,
                   const struct hum_pages *fresh, uint64_t start_ns)
{
    struct humi_event event = {.cause = HUM_CAUSE_REMOTE_MAP,
                               .processor = request->processor,
                               .kernel = request->kernel,
                               .thread = request->thread,
                               .start_ns = start_ns,
                               .which = *fresh,
                               .pages = humi_mask_count(fresh)};
    if (event.pages)
        humi_record_event(hum, request->region, block, &event);
}

/* The pages that one processor has.  After a failure none of them is remote. */
static enum hum_status give_of(struct hum *hum, struct humi_block *block,
                               const struct humi_request *request, unsigned owner,
                               const struct hum_pages *pages)
{
    struct humi_hold *hold = &block->hold[request->processor];
    struct hum_pages before = humi_mask_minus(pages, &hold->remote);
    uint64_t start = humi_clock_ns();
    make_sole(hum, block, owner, pages);
    enum hum_status status = map_runs(hum, block, request->processor, owner, pages);
    humi_mask_add(&hold->remote, pages);
    humi_block_forget_away(block, request->processor, pages);
    if (status != HUM_OK)
        humi_remote_take(hum, block, request->processor, *pages);
    else
        record(hum, block, request, &before, start);
    humi_block_changed(block);
    return status;
}

enum hum_status humi_remote_give(struct hum *hum, struct humi_block *block,
                                 const struct humi_request *request, const struct hum_pages *pages,
                                 struct hum_pages *refused_out)
{
    struct hum_pages left = *pages;
    *refused_out = humi_mask_none();
    for (unsigned q = 0; q < hum->processors && !humi_mask_empty(&left); q++) {
        struct hum_pages part = humi_mask_and(&left, &block->hold[q].resident);
        if (humi_mask_empty(&part) || !can_map(hum, request, q))
            continue;
        humi_mask_remove(&left, &part);
        enum hum_status status = give_of(hum, block, request, q, &part);
        if (status == HUM_ERR_DEVICE_LOST)
            return status;
        if (status != HUM_OK)
            humi_mask_add(refused_out, &part);
    }
    return HUM_OK;
}

void humi_remote_resume(struct hum *hum, struct humi_block *block, unsigned p,
                        const struct hum_pages *pages)
{
    struct humi_processor *processor = hum->processor[p];
    humi_for_each_run (run, pages)
        processor->ops->resume(processor, humi_block_offset(block) + run.first * HUM_PAGE_SIZE,
                               (run.end - run.first) * HUM_PAGE_SIZE);
}
