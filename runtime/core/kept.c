/* SPDX-License-Identifier: MIT */
/* kept.c - a space that a driver keeps: what the program asks, asked of the driver. */
#include "core/kept.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/range.h"
#include "base/status.h"
#include "core/record.h"
#include "core/steer.h"
#include "core/told.h"
#include "core/visit.h"
#include "device/keeper.h"
#include "device/registry.h"
#include "os/memory.h"

unsigned humi_kept_number(const struct hum *hum, int unit)
{
    unsigned p = 0;
    while (p < hum->processors && hum->processor[p]->unit != unit)
        p++;
    return p;
}

static int public_of(const struct hum *hum, int unit)
{
    unsigned p = humi_kept_number(hum, unit);
    return p < hum->processors ? humi_public(p) : HUM_HOST;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* A driver keeps the pages of all devices of a space, or of none. */
static enum hum_status check_wish(const struct humi_kept_wish *wish, bool kept)
{
    for (unsigned d = 1; d < wish->count; d++)
        if ((wish->devices[d].mode != HUMI_MODE_DECLARED) != kept)
            return humi_fail(HUM_ERR_INVALID, "HUM_DEVICES: a driver keeps the pages of all "
                                              "devices of a space (mode=managed or auto), or of "
                                              "none");
    if (kept && wish->needs_faults)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "%s needs hum to serve faults, but with mode=managed the driver does",
                         wish->needs_faults);
    return HUM_OK;
}

enum hum_status humi_kept_open(struct hum *hum, const struct humi_kept_wish *wish)
{
    struct humi_space_params *params = &hum->params;
    enum humi_device_mode mode = wish->devices[0].mode;
    enum hum_status status = check_wish(wish, mode != HUMI_MODE_DECLARED);
    if (mode == HUMI_MODE_DECLARED)
        return status;
    params->bytes = wish->space_bytes ? wish->space_bytes : HUMI_SPACE_DEFAULT;
    params->bytes_are_usual = !wish->space_bytes;
    if (status == HUM_OK)
        status = humi_device_open(params, &wish->devices[0], &hum->processor[1]);
    params->bytes = 0;
    if (status == HUM_ERR_UNSUPPORTED && mode == HUMI_MODE_AUTO) {
        humi_error_save(wish->unkept_out, HUMI_ERROR_TEXT_BYTES);
        for (unsigned d = 0; d < wish->count; d++)
            wish->devices[d].mode = HUMI_MODE_DECLARED;
        return HUM_OK;
    }
    if (status != HUM_OK)
        return status;
    hum->keeper = hum->processor[1];
    params->start = hum->keeper->home;
    params->bytes = hum->keeper->home_bytes;
    hum->used_before = calloc(params->bytes / HUM_BLOCK_SIZE / 8 + 1, 1);
    hum->asked_ahead = calloc(params->bytes / HUM_BLOCK_SIZE / 8 + 1, 1);
    return hum->used_before && hum->asked_ahead
               ? HUM_OK
               : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a space");
}

/* ---- prefetch and discard -------------------------------------------------------------------- */

/* Of a range to be discarded: the pages that are in it whole, or end with the region. */
static struct humi_keeper_range range_of(struct hum *hum, const struct humi_region *region,
                                         const struct hum_range *range, bool discard)
{
    uintptr_t start = (uintptr_t)range->ptr, end = start + range->bytes;
    bool ends = end == region->start + region->asked_bytes;
    start = discard ? humi_round_up(start, HUM_PAGE_SIZE) : humi_round_down(start, HUM_PAGE_SIZE);
    end = discard && !ends ? humi_round_down(end, HUM_PAGE_SIZE)
                           : humi_round_up(end, HUM_PAGE_SIZE);
    return (struct humi_keeper_range){start - hum->params.start, start < end ? end - start : 0};
}

/* The content of the pages is undefined at the driver; hum promises zeros. */
static enum hum_status discard(struct hum *hum, const struct humi_keeper_range *ranges,
                               size_t count)
{
    const struct humi_keeper_ops *keeper = hum->keeper->keeper;
    enum hum_status status = keeper->discard(hum->keeper, ranges, count);
    for (size_t i = 0; status == HUM_OK && i < count; i++) {
        humi_told_forget(hum, ranges[i].offset, ranges[i].bytes, HUM_CAUSE_DISCARD);
        status = keeper->zero(hum->keeper, ranges[i].offset, ranges[i].bytes);
    }
    return status;
}

/* What comes now comes because the program said so. */
static enum hum_status prefetch(struct hum *hum, const struct humi_keeper_range *ranges,
                                size_t count, int unit)
{
    for (size_t i = 0; i < count; i++)
        humi_steer_forget(hum, ranges[i].offset, ranges[i].bytes);
    return hum->keeper->keeper->prefetch(hum->keeper, ranges, count, unit, true);
}

static enum hum_status check_access(struct hum *hum, const struct humi_record_ranges *told,
                                    struct humi_keeper_range *ranges, size_t *count_out)
{
    size_t count = 0;
    for (size_t i = 0; i < told->count; i++) {
        struct humi_region *region =
            humi_visit_region(hum, told->ranges[i].ptr, told->ranges[i].bytes);
        if (!region)
            return HUM_ERR_INVALID;
        ranges[count] = range_of(hum, region, &told->ranges[i], told->discard);
        count += ranges[count].bytes != 0;
        humi_region_put(region);
    }
    *count_out = count;
    return HUM_OK;
}

enum hum_status humi_kept_ranges(struct hum *hum, const struct humi_record_ranges *told)
{
    struct humi_keeper_range *ranges = calloc(told->count, sizeof *ranges);
    size_t count = 0;
    if (!ranges)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for %zu ranges", told->count);
    enum hum_status status = check_access(hum, told, ranges, &count);
    if (status == HUM_OK && count) {
        int unit = hum->processor[told->processor]->unit;
        status = told->discard ? discard(hum, ranges, count)
                               : prefetch(hum, ranges, count, unit);
    }
    free(ranges);
    return status;
}

/* ---- advice ---------------------------------------------------------------------------------- */

enum hum_status humi_kept_advise(struct hum *hum, uintptr_t start, size_t bytes,
                                 enum hum_advice advice, int processor)
{
    uintptr_t from = humi_round_down(start, HUM_PAGE_SIZE);
    const struct humi_keeper_range range = {from - hum->params.start,
                                            humi_round_up(start + bytes, HUM_PAGE_SIZE) - from};
    return hum->keeper->keeper->advise(hum->keeper, &range, advice,
                                       hum->processor[humi_number(processor)]->unit);
}

/* ---- regions --------------------------------------------------------------------------------- */

enum hum_status humi_kept_begin(struct hum *hum, const struct humi_region *region)
{
    size_t offset = region->start - hum->params.start;
    uint32_t first = (uint32_t)(offset / HUM_BLOCK_SIZE);
    uint32_t end = (uint32_t)((offset + region->bytes - 1) / HUM_BLOCK_SIZE) + 1;
    bool used = false;
    /* Blocks that never held a freed region read as zero already. */
    for (uint32_t b = first; b < end && !used; b++)
        used = hum->used_before[b / 8] >> (b % 8) & 1;
    return used ? hum->keeper->keeper->zero(hum->keeper, offset, region->bytes) : HUM_OK;
}

static void mark_used(struct hum *hum, size_t offset, size_t bytes)
{
    uint32_t end = (uint32_t)((offset + bytes - 1) / HUM_BLOCK_SIZE) + 1;
    for (uint32_t b = (uint32_t)(offset / HUM_BLOCK_SIZE); b < end; b++)
        __atomic_fetch_or(&hum->used_before[b / 8], (unsigned char)(1u << (b % 8)),
                          __ATOMIC_RELAXED);
}

/* The advice that a region had must not be found by the next one at its addresses. */
static void withdraw(struct hum *hum, const struct humi_keeper_range *range)
{
    static const enum hum_advice ends[] = {HUM_ADVISE_UNSET_READ_MOSTLY, HUM_ADVISE_UNSET_PREFERRED,
                                           HUM_ADVISE_UNSET_ACCESSED_BY};
    const struct humi_keeper_ops *keeper = hum->keeper->keeper;
    enum hum_status status = HUM_OK;
    for (unsigned p = 0; p < hum->processors && status == HUM_OK; p++)
        for (unsigned i = p ? 2 : 0; i < 3 && status == HUM_OK; i++)
            status = keeper->advise(hum->keeper, range, ends[i], hum->processor[p]->unit);
    if (status != HUM_OK)
        humi_warn("advice of a freed region stays: %s", hum_error_text());
}

void humi_kept_end(struct hum *hum, const struct humi_region *region)
{
    const struct humi_keeper_range range = {region->start - hum->params.start, region->bytes};
    for (unsigned p = 1; p < hum->processors; p++)
        hum->processor[p]->keeper->idle(hum->processor[p]);
    humi_told_take(hum, true);
    withdraw(hum, &range);
    mark_used(hum, range.offset, range.bytes);
    if (hum->keeper->keeper->discard(hum->keeper, &range, 1) != HUM_OK)
        humi_debug("pages of a freed region stay where they are: %s", hum_error_text());
    humi_told_forget(hum, range.offset, range.bytes, HUM_CAUSE_FREE);
}

/* ---- looking --------------------------------------------------------------------------------- */

void humi_kept_look(struct hum *hum, uintptr_t page, struct hum_page_info *info)
{
    struct humi_keeper_answer answer;
    if (hum->keeper->keeper->look(hum->keeper, page - hum->params.start, &answer) != HUM_OK)
        return;
    info->advice &= ~(uint32_t)(HUM_ADVISE_READ_MOSTLY | HUM_ADVISE_PREFERRED |
                                HUM_ADVISE_ACCESSED_BY);
    info->advice |= answer.read_mostly ? HUM_ADVISE_READ_MOSTLY : 0;
    if (answer.preferred != HUMI_KEEPER_NOWHERE) {
        info->advice |= HUM_ADVISE_PREFERRED;
        info->preferred = public_of(hum, answer.preferred);
    }
    info->accessed_by = 0;
    for (unsigned p = 0; p < hum->processors; p++)
        if (answer.accessed_by >> (hum->processor[p]->unit + 1) & 1)
            info->accessed_by |= HUM_BIT(humi_public(p));
    if (info->accessed_by)
        info->advice |= HUM_ADVISE_ACCESSED_BY;
}
