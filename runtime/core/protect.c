/* SPDX-License-Identifier: MIT */
/* protect.c - what a processor may do with a region. */
#include "base/clock.h"
#include "base/status.h"
#include "core/grant.h"
#include "core/kept.h"
#include "core/record.h"
#include "core/remote.h"
#include "core/uses.h"
#include "core/visit.h"

struct protection {
    unsigned processor;
    bool write_only;
};

static enum hum_status protect_block(const struct humi_visit *visit)
{
    const struct protection *protection = visit->context;
    struct humi_event event = {.cause = HUM_CAUSE_PROTECT,
                               .processor = protection->processor,
                               .start_ns = humi_clock_ns()};
    struct humi_hold *hold = &visit->block->hold[protection->processor];
    struct hum_pages had = humi_mask_or(
        &hold->remote, protection->write_only ? &hold->writable : &hold->mapped);
    event.which = humi_mask_and(&visit->pages, &had);
    event.pages = humi_mask_count(&event.which);
    humi_remote_take(visit->hum, visit->block, protection->processor, visit->pages);
    humi_grant_take(visit->hum, visit->block, protection->processor, visit->pages,
                         protection->write_only);
    if (event.pages)
        humi_record_event(visit->hum, visit->region, visit->block, &event);
    humi_block_check(visit->hum, visit->block);
    return HUM_OK;
}

enum hum_status hum_protect(struct hum *hum, void *ptr, int processor, unsigned access)
{
    if (!hum || !humi_is_processor(hum, processor) ||
        (access != HUM_NONE && access != HUM_READ && access != (HUM_READ | HUM_WRITE)))
        return humi_fail(HUM_ERR_INVALID,
                         "hum_protect takes a processor and none, read or read and write");
    unsigned p = humi_number(processor);
    if (humi_is_kept(hum))
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "the driver of %s keeps this space and cannot take access to a part of it "
                         "away: open it with mode=declared",
                         hum->keeper->name);
    if (access == HUM_READ && !hum->processor[p]->shared_read)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "read-only access needs Linux 6.4 or newer (UFFDIO_CONTINUE_MODE_WP)");
    struct humi_region *region = humi_visit_region(hum, ptr, 1);
    if (!region || region->start != (uintptr_t)ptr) {
        humi_region_put(region);
        return humi_fail(HUM_ERR_INVALID, "%p is not the start of a live region", ptr);
    }
    if (access != (HUM_READ | HUM_WRITE)) /* launches that have begun keep what they have */
        humi_uses_await(hum, region->start, region->start + region->bytes, true);
    humi_record_call(hum, &(struct hum_trace_call){.call = HUM_TRACE_CALL_PROTECT,
                                                   .region = region->id,
                                                   .processor = processor,
                                                   .access = access}, NULL);
    humi_region_set_access(region, p, access);
    struct protection protection = {.processor = p, .write_only = access == HUM_READ};
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = region->start,
                             .end = region->start + region->bytes,
                             .function = protect_block,
                             .context = &protection};
    enum hum_status status = HUM_OK;
    if (access != (HUM_READ | HUM_WRITE))
        status = humi_visit_blocks(&walk);
    humi_region_put(region);
    return status;
}
