/* SPDX-License-Identifier: MIT */
/* far.c - what may stay where it is and be mapped over the link. */
#include "policy/place/far.h"

#include "base/mask.h"
#include "policy/tree.h"

struct hum_pages humi_far_pages(const struct hum_view *view)
{
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write), far;

    if (!view->can_remote)
        return humi_mask_none();
    humi_mask_keep(&faulted, &view->elsewhere);
    humi_mask_remove(&faulted, &view->resident);
    far = humi_tree_chunks(&faulted);
    humi_mask_keep(&far, &view->elsewhere);
    humi_mask_keep(&far, &view->valid);
    humi_mask_remove(&far, &view->resident);
    return far;
}

uint64_t humi_far_touches(const struct hum_heat *heat, unsigned chunk)
{
    unsigned scale = heat->scale < 48 ? heat->scale : 48;

    return (uint64_t)(heat->reads[chunk] + heat->writes[chunk]) << scale;
}

struct hum_pages humi_far_cold(const struct hum_view *view, const struct hum_pages *pages,
                               uint64_t threshold)
{
    struct hum_pages cold = *pages;

    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK && !humi_mask_empty(pages); c++)
        if (humi_far_touches(view->heat, c) >= threshold)
            cold.word[c / 4] &= ~(UINT64_C(0xffff) << c % 4 * HUM_PAGES_PER_CHUNK);
    return cold;
}

bool humi_far_is_counted(const struct hum_view *view)
{
    if (humi_mask_empty(&view->remote))
        return false;
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);
    return humi_mask_within(&asked, &view->remote);
}
