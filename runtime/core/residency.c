/* SPDX-License-Identifier: MIT */
/* residency.c - changes of one locked block: move, commit, have access given (grant.h), record. */
#include "core/residency.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/wide.h"
#include "core/account.h"
#include "core/bytes.h"
#include "core/epochs.h"
#include "core/grant.h"
#include "core/heat.h"
#include "core/pace.h"
#include "core/record.h"
#include "core/remote.h"
#include "core/sample.h"
#include "core/uses.h"

/* ---- masks and their counts ------------------------------------------------------------------ */

/* The pages that p has, of which there are `now`. */
HUMI_WIDE_PART void set_counted(struct hum *hum, struct humi_block *block, unsigned p,
                                const struct hum_pages *pages, unsigned now)
{
    struct humi_hold *hold = &block->hold[p];
    unsigned before = atomic_load(&hold->resident_pages);
    hold->resident = *pages;
    atomic_store_explicit(&hold->resident_pages, (unsigned short)now, memory_order_relaxed);
    humi_count_add(&hum->resident_pages[p], (uint64_t)now - before);
    if (!before && now) {
        humi_order_revive(&hum->order[p], block);
        humi_count_add(&hum->spare_pages[p], UINT64_C(0) - humi_mask_count(&hold->present));
    }
    if (before && !now) {
        humi_order_expire(&hum->order[p], block);
        humi_count_add(&hum->spare_pages[p], humi_mask_count(&hold->present));
    }
}

void humi_residency_set(struct hum *hum, struct humi_block *block, unsigned p,
                        struct hum_pages pages)
{
    set_counted(hum, block, p, &pages, humi_mask_count(&pages));
}

/* p gets so many pages that it had not. */
HUMI_WIDE_PART void add_resident(struct hum *hum, struct humi_block *block, unsigned p,
                                 const struct hum_pages *pages, unsigned count)
{
    struct hum_pages now = humi_mask_or(&block->hold[p].resident, pages);
    set_counted(hum, block, p, &now, atomic_load(&block->hold[p].resident_pages) + count);
}

HUMI_WIDE_PART void remove_resident(struct hum *hum, struct humi_block *block, unsigned p,
                                    const struct hum_pages *pages)
{
    struct hum_pages now = humi_mask_minus(&block->hold[p].resident, pages);
    set_counted(hum, block, p, &now, humi_mask_count_here(&now));
}

HUMI_WIDE_PART void count_present(struct hum *hum, const struct humi_hold *hold, unsigned p,
                                  uint64_t more)
{
    humi_count_add(&hum->present_pages[p], more);
    if (!atomic_load(&hold->resident_pages))
        humi_count_add(&hum->spare_pages[p], more);
}

/* Frames have been made for pages that had none. */
HUMI_WIDE_PART void add_present(struct hum *hum, struct humi_hold *hold, unsigned p,
                                const struct hum_pages *pages)
{
    humi_mask_add(&hold->present, pages);
    humi_mask_add(&hold->fresh, pages);
    count_present(hum, hold, p, humi_mask_count_here(pages));
}

static void set_present(struct hum *hum, struct humi_hold *hold, unsigned p, struct hum_pages pages)
{
    uint64_t before = humi_mask_count(&hold->present), now = humi_mask_count(&pages);
    hold->present = pages;
    humi_mask_keep(&hold->fresh, &pages);
    count_present(hum, hold, p, now - before);
}

/* No processor is full there: the driver sees to that. */
void humi_residency_told(struct hum *hum, struct humi_block *block, unsigned p,
                         struct hum_pages pages)
{
    struct humi_hold *hold = &block->hold[p];
    bool none = humi_mask_empty(&pages);
    if (!none)
        (void)humi_order_enter(&hum->order[p], block);
    humi_residency_set(hum, block, p, pages);
    set_present(hum, hold, p, pages);
    if (none)
        humi_order_leave(&hum->order[p], block);
}

static enum hum_direction direction(unsigned to, unsigned from)
{
    return to == 0 ? HUM_D2H : from == 0 ? HUM_H2D : HUM_D2D;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* All of the pages or none of them. */
static enum hum_status back_runs(struct humi_processor *processor, size_t offset,
                                 const struct hum_pages *pages)
{
    enum hum_status status = HUM_OK;
    unsigned failed = 0;
    humi_for_each_run (run, pages) {
        status = processor->ops->back(processor, offset + run.first * HUM_PAGE_SIZE,
                                      (run.end - run.first) * HUM_PAGE_SIZE);
        failed = run.first;
        if (status != HUM_OK)
            break;
    }
    if (status == HUM_OK)
        return HUM_OK;
    struct hum_pages made = humi_mask_range(0, failed);
    humi_mask_keep(&made, pages);
    humi_for_each_run (run, &made)
        processor->ops->drop(processor, offset + run.first * HUM_PAGE_SIZE,
                             (run.end - run.first) * HUM_PAGE_SIZE);
    return status;
}

/* Make frames for the pages; counts the block against the processor's capacity (R4). */
HUMI_WIDE static enum hum_status ensure_present(struct hum *hum, struct humi_block *block,
                                                unsigned p, const struct hum_pages *pages)
{
    struct humi_processor *processor = hum->processor[p];
    struct humi_hold *hold = &block->hold[p];
    if (humi_mask_within(pages, &hold->present))
        return HUM_OK;
    struct hum_pages all = humi_mask_all();
    struct hum_pages wanted = humi_mask_minus(processor->huge ? &all : pages, &hold->present);
    if (!humi_order_enter(&hum->order[p], block))
        return HUM_AGAIN;
    enum hum_status status = HUM_OK;
    if (processor->ops->back)
        status = back_runs(processor, humi_block_offset(block), &wanted);
    if (status != HUM_OK) {
        if (humi_mask_empty(&hold->present))
            humi_order_leave(&hum->order[p], block);
        return status;
    }
    add_present(hum, hold, p, &wanted);
    return HUM_OK;
}

static void drop_frames(struct hum *hum, struct humi_block *block, unsigned p)
{
    struct humi_hold *hold = &block->hold[p];
    if (humi_mask_empty(&hold->present))
        return;
    hum->processor[p]->ops->drop(hum->processor[p], humi_block_offset(block), HUM_BLOCK_SIZE);
    humi_residency_set(hum, block, p, humi_mask_none());
    set_present(hum, hold, p, humi_mask_none());
    humi_grant_set_writable(hold, humi_mask_none());
    hold->mapped = humi_mask_none();
    hold->own = false;
    hold->map_faults = 0;
    humi_heat_disarm(hold->heat);
    humi_order_leave(&hum->order[p], block);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Copy the pages of q's frames into p's. */
static void copy_pages(struct hum *hum, struct humi_block *block, unsigned p, unsigned q,
                       const struct hum_pages *pages)
{
    uint64_t start = hum->recorder.pace ? humi_clock_real_ns() : 0;
    humi_bytes_copy(hum->processor[p], hum->processor[q], humi_block_offset(block), pages);
    humi_mask_remove(&block->hold[p].fresh, pages);
    humi_pace_move(hum, direction(p, q), pages, start);
}

/* Copy one part of the missing pages from q, who has them. */
HUMI_WIDE_PART void fill_from(struct hum *hum, struct humi_block *block,
                              const struct humi_request *request, unsigned q,
                              const struct hum_pages *part, struct humi_account *account)
{
    enum hum_direction d = direction(request->processor, q);
    bool all = !account->change.zeroes && humi_mask_within(&account->change.missing, part);
    unsigned pages = account->missing, faulted = account->demanded;
    if (!all) {
        struct hum_pages demand = humi_mask_and(part, &request->faulted);
        pages = humi_mask_count(part);
        faulted = humi_mask_count(&demand);
    }
    copy_pages(hum, block, request->processor, q, part);
    account->bytes[0][d] += (uint64_t)faulted * HUM_PAGE_SIZE;
    account->bytes[1][d] += (uint64_t)(pages - faulted) * HUM_PAGE_SIZE;
}

/* Fill p's frames of the missing pages: copies from whoever has them, the host first. */
HUMI_WIDE_PART void fill_written(struct hum *hum, struct humi_block *block,
                                 const struct humi_request *request, struct humi_account *account)
{
    struct hum_pages left = account->change.copied;
    bool more = true;
    uint64_t start = humi_clock_ns();
    for (unsigned q = 0; more && q < hum->processors; q++) {
        struct hum_pages part = humi_mask_and(&left, &block->hold[q].resident);
        if (q == request->processor || humi_mask_empty(&part))
            continue;
        fill_from(hum, block, request, q, &part, account);
        humi_mask_remove(&left, &part);
        more = !humi_mask_empty(&left);
    }
    account->move_ns = humi_clock_ns() - start;
    humi_check(!more && "R3: a written page is resident somewhere");
}

/* Pages never written read as zero; a frame that was used before must be wiped for them. */
static void fill_zero(struct hum *hum, struct humi_block *block, unsigned p, struct hum_pages pages)
{
    struct humi_hold *hold = &block->hold[p];
    humi_mask_remove(&pages, &hold->fresh);
    humi_bytes_zero(hum->processor[p], humi_block_offset(block), &pages);
    humi_mask_add(&hold->fresh, &pages);
}

/* ---- the changes ----------------------------------------------------------------------------- */

/* The others lose what is to be written here. */
HUMI_WIDE_PART void lose(struct hum *hum, struct humi_block *block, unsigned p,
                         const struct hum_pages *write)
{
    for (unsigned q = 0; q < hum->processors; q++)
        if (q != p && humi_mask_meets(&block->hold[q].resident, write))
            remove_resident(hum, block, q, write);
}

/* After the copies: who has the pages now. */
HUMI_WIDE_PART void commit(struct hum *hum, struct humi_block *block, unsigned p,
                           const struct humi_account *account)
{
    const struct humi_change *change = &account->change;
    if (change->misses)
        add_resident(hum, block, p, &change->missing, account->missing);
    if (change->loses)
        lose(hum, block, p, &change->write);
    if (change->leaves) {
        struct hum_pages shared = humi_mask_minus(&change->copied, &change->write);
        humi_mask_remove(&block->dirty, &shared);
    }
}

/* Of the pages to be touched where they are: what cannot be is brought like the others. */
static void bring_instead(struct humi_request *request, const struct hum_pages *pages)
{
    struct hum_pages stores = humi_mask_and(pages, &request->stores);
    humi_mask_add(&request->bring, pages);
    humi_mask_add(&request->map, pages);
    if (!request->read_only)
        humi_mask_add(&request->write, &stores);
}

HUMI_WIDE_PART void move(struct hum *hum, struct humi_block *block,
                         const struct humi_request *request, struct humi_account *account)
{
    const struct humi_change *change = &account->change;
    if (change->misses)
        humi_remote_take_all(hum, block, &change->missing);
    if (change->loses || change->copies)
        humi_grant_revoke_others(hum, block, request->processor, &change->write, &change->copied);
    if (change->copies)
        fill_written(hum, block, request, account);
    if (change->zeroes)
        fill_zero(hum, block, request->processor,
                  humi_mask_minus(&change->missing, &block->written));
}

/* Nothing of the block is here and no room for it: so much is known before all else. */
static bool finds_no_room(struct hum *hum, const struct humi_block *block,
                          const struct humi_request *request)
{
    return !block->hold[request->processor].ordered &&
           humi_order_is_full(&hum->order[request->processor]) && !humi_mask_empty(&request->bring);
}

/* Bring what is to be here, and give access to it. */
HUMI_WIDE static enum hum_status serve_here(struct hum *hum, struct humi_block *block,
                                            const struct humi_request *request)
{
    struct humi_account account;
    struct humi_change *change = &account.change;
    enum hum_status status = HUM_OK;
    if (finds_no_room(hum, block, request))
        return HUM_AGAIN;
    account.start_ns = request->start_ns ? request->start_ns : humi_clock_ns();
    humi_change_foresee(hum, block, request, change);
    if (change->misses)
        status = ensure_present(hum, block, request->processor, &change->missing);
    if (status != HUM_OK)
        return status;
    account.missing = change->misses ? humi_mask_count_here(&change->missing) : 0;
    account.demanded = !change->demands ? 0
                       : !change->adds  ? account.missing
                                        : humi_mask_count_here(&change->demanded);
    account.move_ns = 0;
    memset(account.bytes, 0, sizeof account.bytes);
    move(hum, block, request, &account);
    commit(hum, block, request->processor, &account);
    humi_block_changed(block);
    humi_account_record(hum, block, request, &account);
    humi_epochs_note(hum, block, request);
    return humi_grant_give(hum, block, request, &change->grant);
}

/* A launch that cannot fault runs with what this would touch, or write. */
static bool is_held(struct hum *hum, const struct humi_block *block,
                    const struct humi_request *request)
{
    unsigned p = request->processor;
    struct hum_pages returning = humi_block_returning(block, p), touch, write;
    if (!atomic_load(&hum->in_flight.holding))
        return false;
    touch = humi_mask_or(&request->bring, &request->map);
    humi_mask_add(&touch, &request->remote);
    write = humi_mask_or(&request->write, &request->remote);
    humi_mask_keep(&returning, &touch);
    humi_mask_add(&write, hum->processor[p]->shared_read ? &returning : &request->map);
    return humi_uses_are_held(hum, block, p, &touch, &write);
}

/* Some of the pages are to be touched where they are. */
static enum hum_status serve_apart(struct hum *hum, struct humi_block *block,
                                   const struct humi_request *asked)
{
    struct humi_request request = *asked;
    struct hum_pages remote = humi_remote_choose(hum, block, asked), refused, moved;
    struct hum_pages missing;
    humi_mask_remove(&request.bring, &remote);
    humi_mask_remove(&request.map, &remote);
    humi_mask_remove(&request.write, &remote);
    moved = humi_mask_minus(&asked->remote, &remote);
    bring_instead(&request, &moved);
    missing = humi_mask_minus(&request.bring, &block->hold[request.processor].resident);
    enum hum_status status = ensure_present(hum, block, request.processor, &missing);
    if (status == HUM_OK)
        status = humi_remote_give(hum, block, &request, &remote, &refused);
    if (status == HUM_OK) {
        bring_instead(&request, &refused);
        status = serve_here(hum, block, &request);
    }
    if (status != HUM_OK)
        return status;
    humi_remote_resume(hum, block, request.processor, &remote);
    if (hum->sample && humi_policies_of_counts(hum, request.region))
        humi_sample_want(hum);
    return status;
}

enum hum_status humi_residency_serve(struct hum *hum, struct humi_block *block,
                                     const struct humi_request *asked)
{
    if (is_held(hum, block, asked))
        return HUM_ERR_BUSY;
    enum hum_status status = humi_mask_empty(&asked->remote) ? serve_here(hum, block, asked)
                                                             : serve_apart(hum, block, asked);
    humi_block_check(hum, block);
    return status;
}

enum hum_status humi_residency_assume(struct hum *hum, struct humi_block *block, unsigned p,
                                      struct hum_pages pages)
{
    struct hum_pages anywhere = humi_block_resident_elsewhere(hum, block, -1);
    humi_mask_remove(&pages, &anywhere);
    enum hum_status status = ensure_present(hum, block, p, &pages);
    if (status != HUM_OK)
        return status;
    humi_residency_set(hum, block, p, humi_mask_or(&block->hold[p].resident, &pages));
    humi_mask_remove(&block->hold[p].fresh, &pages);
    humi_mask_add(&block->written, &pages);
    humi_mask_add(&block->dirty, &pages);
    humi_block_changed(block);
    humi_block_check(hum, block);
    return HUM_OK;
}

/* Nobody writes p's frames any more.  Pages that lead to the frames of others stay as they are. */
static void stop_writing(struct hum *hum, struct humi_block *block, unsigned p)
{
    struct humi_processor *processor = hum->processor[p];
    const struct humi_hold *hold = &block->hold[p];
    struct hum_pages all = humi_mask_all();
    const struct hum_pages *pages = humi_mask_empty(&hold->remote) ? &all : &hold->writable;
    humi_for_each_run (run, pages)
        processor->ops->protect(processor, humi_block_offset(block) + run.first * HUM_PAGE_SIZE,
                                (run.end - run.first) * HUM_PAGE_SIZE);
}

/* Copy what only p has to the host's frames. */
static enum hum_status write_back(struct hum *hum, struct humi_block *block, unsigned p,
                                  const struct hum_pages *sole)
{
    if (humi_mask_empty(sole))
        return HUM_OK;
    if (p == 0)
        return HUM_ERR_BUSY;
    enum hum_status status = ensure_present(hum, block, 0, sole);
    if (status != HUM_OK)
        return status;
    /* Remote pages are among these (R6); nothing was changed before. */
    humi_remote_take_all(hum, block, sole);
    stop_writing(hum, block, p);
    copy_pages(hum, block, 0, p, sole);
    humi_residency_set(hum, block, 0, humi_mask_or(&block->hold[0].resident, sole));
    humi_mask_remove(&block->dirty, sole);
    return HUM_OK;
}

enum hum_status humi_residency_evict(struct hum *hum, struct humi_block *block, unsigned p,
                                     struct humi_evicted *evicted_out)
{
    struct humi_hold *hold = &block->hold[p];
    struct hum_pages elsewhere = humi_block_resident_elsewhere(hum, block, (int)p);
    struct hum_pages sole = humi_mask_minus(&hold->resident, &elsewhere);
    if (humi_uses_keep(hum, block, p))
        return HUM_ERR_BUSY;
    humi_mask_keep(&sole, &block->written);
    uint64_t start = humi_clock_ns();
    enum hum_status status = write_back(hum, block, p, &sole);
    if (status != HUM_OK)
        return status;
    evicted_out->left = hold->resident;
    evicted_out->home = sole;
    evicted_out->start_ns = start;
    evicted_out->move_ns = humi_mask_empty(&sole) ? 0 : humi_clock_ns() - start;
    humi_order_evicted(&hum->order[p], block);
    drop_frames(hum, block, p);
    if (hold->evictions < UINT16_MAX)
        hold->evictions++;
    humi_block_changed(block);
    humi_block_check(hum, block);
    return HUM_OK;
}

void humi_residency_forget(struct hum *hum, struct humi_block *block, struct hum_pages pages,
                           struct humi_region *region, enum hum_cause cause)
{
    struct humi_event event = {.cause = cause, .start_ns = humi_clock_ns()};
    struct hum_pages anywhere = humi_block_resident_elsewhere(hum, block, -1);
    event.which = humi_mask_and(&anywhere, &pages);
    event.pages = humi_mask_count(&event.which);
    humi_remote_take_all(hum, block, &pages);
    for (unsigned p = 0; p < hum->processors; p++) {
        struct humi_hold *hold = &block->hold[p];
        humi_grant_take(hum, block, p, pages, false);
        humi_residency_set(hum, block, p, humi_mask_minus(&hold->resident, &pages));
        if (cause == HUM_CAUSE_FREE)
            humi_heat_forget(hold->heat, &pages);
    }
    humi_mask_remove(&block->written, &pages);
    humi_mask_remove(&block->dirty, &pages);
    humi_block_changed(block);
    if (event.pages)
        humi_record_event(hum, region, block, &event);
    if (cause == HUM_CAUSE_FREE)
        humi_history_forget(&block->history, &pages);
    humi_block_check(hum, block);
}

/* Frames died: what was only there, and written, is nowhere any more and reads as zero. */
static struct hum_pages forget_frames(struct hum *hum, struct humi_block *block, unsigned p)
{
    struct hum_pages elsewhere = humi_block_resident_elsewhere(hum, block, (int)p);
    struct hum_pages sole = humi_mask_minus(&block->hold[p].resident, &elsewhere);
    humi_mask_keep(&sole, &block->written);
    humi_remote_take_all(hum, block, &block->hold[p].resident);
    humi_mask_remove(&block->written, &sole);
    humi_mask_remove(&block->dirty, &sole);
    drop_frames(hum, block, p);
    humi_block_changed(block);
    return sole;
}

unsigned humi_residency_lost(struct hum *hum, struct humi_block *block, unsigned p)
{
    struct hum_pages gone = humi_mask_none();
    struct humi_hold *hold = &block->hold[p];
    struct humi_event event = {.cause = HUM_CAUSE_DEVICE_LOST,
                               .processor = p,
                               .start_ns = humi_clock_ns(),
                               .which = humi_mask_or(&hold->mapped, &hold->remote)};
    event.pages = humi_mask_count(&event.which);
    hold->mapped = humi_mask_none();
    hold->remote = humi_mask_none();
    humi_grant_set_writable(hold, humi_mask_none());
    hold->own = false;
    hold->map_faults = 0;
    humi_heat_disarm(hold->heat);
    if (hum->processor[p]->frames_die)
        gone = forget_frames(hum, block, p);
    if (event.pages)
        humi_record_event(hum, NULL, block, &event);
    humi_block_check(hum, block);
    return humi_mask_count(&gone);
}
