/* SPDX-License-Identifier: MIT */
/* advice.c - advice of the user about regions and parts of them. */
#include "base/clock.h"
#include "base/status.h"
#include "core/kept.h"
#include "core/record.h"
#include "core/remote.h"
#include "core/visit.h"

struct advice {
    enum hum_advice advice;
    int processor;
};

/* Where advice is kept, of a region or a block. */
struct words {
    uint32_t bits;
    int preferred;
    uint32_t accessed_by, remote_by;
};

/* The advice is about one processor more or less. */
static void advise_set(struct words *words, uint32_t *processors, uint32_t bit, int processor,
                       bool set)
{
    if (set)
        *processors |= HUM_BIT(processor);
    else
        *processors &= ~HUM_BIT(processor);
    words->bits = *processors ? words->bits | bit : words->bits & ~bit;
}

/* How one piece of advice changes the words that hold it. */
static void advise_words(const struct advice *advice, struct words *words)
{
    bool set = advice->advice < HUM_ADVISE_UNSET_READ_MOSTLY;
    switch (advice->advice) {
    case HUM_ADVISE_PREFERRED:
        words->preferred = advice->processor;
        words->bits |= HUM_ADVISE_PREFERRED;
        break;
    case HUM_ADVISE_ACCESSED_BY:
    case HUM_ADVISE_UNSET_ACCESSED_BY:
        advise_set(words, &words->accessed_by, HUM_ADVISE_ACCESSED_BY, advice->processor, set);
        break;
    case HUM_ADVISE_REMOTE:
    case HUM_ADVISE_UNSET_REMOTE:
        advise_set(words, &words->remote_by, HUM_ADVISE_REMOTE, advice->processor, set);
        break;
    case HUM_ADVISE_READ_MOSTLY:
        words->bits |= HUM_ADVISE_READ_MOSTLY;
        break;
    case HUM_ADVISE_UNSET_READ_MOSTLY:
    case HUM_ADVISE_UNSET_PREFERRED:
        words->bits &= ~((uint32_t)advice->advice >> 8);
        break;
    }
}

/* Without the advice the next touch moves the pages, so it must be a fault. */
static void end_remote(const struct humi_visit *visit, unsigned p)
{
    struct humi_event event = {.cause = HUM_CAUSE_ADVICE,
                               .processor = p,
                               .start_ns = humi_clock_ns()};
    event.which = humi_mask_and(&visit->pages, &visit->block->hold[p].remote);
    event.pages = humi_mask_count(&event.which);
    humi_remote_take(visit->hum, visit->block, p, event.which);
    if (event.pages)
        humi_record_event(visit->hum, visit->region, visit->block, &event);
}

static enum hum_status advise_block(const struct humi_visit *visit)
{
    const struct advice *advice = visit->context;
    struct humi_block *block = visit->block;
    struct words words = {block->advice, block->preferred, block->accessed_by, block->remote_by};
    advise_words(advice, &words);
    if (advice->advice == HUM_ADVISE_UNSET_REMOTE)
        end_remote(visit, humi_number(advice->processor));
    block->advice = words.bits;
    block->preferred = (int16_t)words.preferred;
    block->accessed_by = words.accessed_by;
    block->remote_by = words.remote_by;
    return HUM_OK;
}

/* Advice for all of a region is kept in the region: it costs no blocks. */
static void advise_region(struct humi_region *region, const struct advice *advice)
{
    struct words words = {atomic_load(&region->advice), atomic_load(&region->preferred),
                          atomic_load(&region->accessed_by), atomic_load(&region->remote_by)};
    advise_words(advice, &words);
    atomic_store(&region->preferred, words.preferred);
    atomic_store(&region->accessed_by, words.accessed_by);
    atomic_store(&region->remote_by, words.remote_by);
    atomic_store(&region->advice, words.bits);
}

static enum hum_status inherit_block(const struct humi_visit *visit)
{
    const struct humi_region *region = visit->region;
    struct humi_block *block = visit->block;
    uint32_t bits = atomic_load(&region->advice);
    if (bits & HUM_ADVISE_PREFERRED && !(block->advice & HUM_ADVISE_PREFERRED))
        block->preferred = (int16_t)atomic_load(&region->preferred);
    block->accessed_by |= atomic_load(&region->accessed_by);
    block->remote_by |= atomic_load(&region->remote_by);
    block->advice |= bits;
    return HUM_OK;
}

/* Before a part of a region loses advice that the whole has: the blocks take it over. */
static enum hum_status spread(struct hum *hum, struct humi_region *region)
{
    if (!atomic_load(&region->advice))
        return HUM_OK;
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = region->start,
                             .end = region->start + region->bytes,
                             .make = true,
                             .function = inherit_block};
    enum hum_status status = humi_visit_blocks(&walk);
    if (status != HUM_OK)
        return status;
    atomic_store(&region->advice, 0);
    atomic_store(&region->accessed_by, 0);
    atomic_store(&region->remote_by, 0);
    return HUM_OK;
}

/* Of two that advise about one region at the same time both count. */
static enum hum_status advise_at_large(struct hum *hum, struct humi_region *region,
                                       const struct advice *advice, bool whole)
{
    enum hum_status status = HUM_OK;
    humi_lock(&hum->lock);
    if (whole)
        advise_region(region, advice);
    else if (advice->advice >= HUM_ADVISE_UNSET_READ_MOSTLY)
        status = spread(hum, region);
    humi_unlock(&hum->lock);
    return status;
}

static bool is_advice(enum hum_advice advice)
{
    switch (advice) {
#define ADVICE_CASE(name, bit, text) case name:
        HUM_ADVICE_LIST(ADVICE_CASE)
#undef ADVICE_CASE
        return true;
    }
    return false;
}

enum hum_status hum_advise(struct hum *hum, const void *ptr, size_t bytes, enum hum_advice advice,
                           int processor)
{
    if (!hum || !is_advice(advice))
        return humi_fail(HUM_ERR_INVALID, "unknown advice %d", (int)advice);
    bool needs = advice != HUM_ADVISE_READ_MOSTLY && advice != HUM_ADVISE_UNSET_READ_MOSTLY &&
                 advice != HUM_ADVISE_UNSET_PREFERRED;
    if (needs && !humi_is_processor(hum, processor))
        return humi_fail(HUM_ERR_INVALID, "there is no processor %d", processor);
    struct humi_region *region = humi_visit_region(hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    struct advice data = {advice, needs ? processor : HUM_HOST};
    uintptr_t start = (uintptr_t)ptr, end = start + bytes;
    bool whole = start == region->start && bytes >= region->asked_bytes;
    bool unset = advice >= HUM_ADVISE_UNSET_READ_MOSTLY;
    humi_record_call(hum, &(struct hum_trace_call){.call = HUM_TRACE_CALL_ADVISE,
                                                   .region = region->id,
                                                   .processor = data.processor,
                                                   .advice = advice,
                                                   .offset = start - hum->params.start,
                                                   .bytes = bytes}, NULL);
    enum hum_status status = advise_at_large(hum, region, &data, whole);
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = start,
                             .end = end,
                             .make = !whole,
                             .function = advise_block,
                             .context = &data};
    if (status == HUM_OK && (!whole || unset))
        status = humi_visit_blocks(&walk);
    if (status == HUM_OK && humi_is_kept(hum))
        status = humi_kept_advise(hum, start, bytes, advice, data.processor);
    humi_region_put(region);
    return status;
}
