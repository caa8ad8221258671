/* SPDX-License-Identifier: MIT */
/* fill.c - a plan from the pages that should be here. */
#include "policy/prefetch/fill.h"

#include "base/mask.h"
#include "base/wide.h"
#include "policy/window.h"

struct hum_pages humi_fill_faulted(const struct hum_view *view)
{
    return humi_mask_or(&view->read, &view->write);
}

HUMI_WIDE void humi_fill_plan(const struct hum_view *view, const struct hum_pages *wanted,
                    struct hum_plan *plan)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    struct hum_pages window = humi_window_around(&faulted, humi_window_pages(view->map_faults));

    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t resident = view->resident.word[i], wants = wanted->word[i] & ~resident;
        uint64_t asked = view->valid.word[i] & ~faulted.word[i];
        plan->bring.word[i] = wants & asked;
        plan->map.word[i] = (wants | (window.word[i] & resident)) & asked;
    }
}
