/* SPDX-License-Identifier: MIT */
/* advice.c - advice of the user about regions and parts of them. */
#include "base/status.h"
#include "core/visit.h"

struct advice {
    enum hum_advice advice;
    int processor;
};

/* How one piece of advice changes the three words that hold it. */
static void advise_words(const struct advice *advice, uint32_t *bits, int *preferred,
                         uint32_t *accessed_by)
{
    switch (advice->advice) {
    case HUM_ADVISE_PREFERRED:
        *preferred = advice->processor;
        *bits |= HUM_ADVISE_PREFERRED;
        break;
    case HUM_ADVISE_ACCESSED_BY:
        *accessed_by |= HUM_BIT(advice->processor);
        *bits |= HUM_ADVISE_ACCESSED_BY;
        break;
    case HUM_ADVISE_UNSET_ACCESSED_BY:
        *accessed_by &= ~HUM_BIT(advice->processor);
        if (!*accessed_by)
            *bits &= ~(uint32_t)HUM_ADVISE_ACCESSED_BY;
        break;
    case HUM_ADVISE_READ_MOSTLY:
        *bits |= HUM_ADVISE_READ_MOSTLY;
        break;
    case HUM_ADVISE_UNSET_READ_MOSTLY:
    case HUM_ADVISE_UNSET_PREFERRED:
        *bits &= ~((uint32_t)advice->advice >> 8);
        break;
    }
}

static enum hum_status advise_block(const struct humi_visit *visit)
{
    struct humi_block *block = visit->block;
    advise_words(visit->context, &block->advice, &block->preferred, &block->accessed_by);
    return HUM_OK;
}

/* Advice for all of a region is kept in the region: it costs no blocks. */
static void advise_region(struct humi_region *region, const struct advice *advice)
{
    uint32_t bits = atomic_load(&region->advice);
    uint32_t accessed_by = atomic_load(&region->accessed_by);
    int preferred = atomic_load(&region->preferred);
    advise_words(advice, &bits, &preferred, &accessed_by);
    atomic_store(&region->preferred, preferred);
    atomic_store(&region->accessed_by, accessed_by);
    atomic_store(&region->advice, bits);
}

static enum hum_status inherit_block(const struct humi_visit *visit)
{
    const struct humi_region *region = visit->region;
    struct humi_block *block = visit->block;
    uint32_t bits = atomic_load(&region->advice);
    if (bits & HUM_ADVISE_PREFERRED && !(block->advice & HUM_ADVISE_PREFERRED))
        block->preferred = atomic_load(&region->preferred);
    block->accessed_by |= atomic_load(&region->accessed_by);
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
    return HUM_OK;
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
    struct advice data = {advice, processor};
    uintptr_t start = (uintptr_t)ptr, end = start + bytes;
    bool whole = start == region->start && bytes >= region->asked_bytes;
    bool unset = advice >= HUM_ADVISE_UNSET_READ_MOSTLY;
    enum hum_status status = HUM_OK;
    if (!whole && unset)
        status = spread(hum, region);
    if (whole)
        advise_region(region, &data);
    struct humi_walk walk = {.hum = hum,
                             .region = region,
                             .start = start,
                             .end = end,
                             .make = !whole,
                             .function = advise_block,
                             .context = &data};
    if (status == HUM_OK && (!whole || unset))
        status = humi_visit_blocks(&walk);
    humi_region_put(region);
    return status;
}
