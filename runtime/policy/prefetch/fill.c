/* SPDX-License-Identifier: MIT */
/* fill.c - a plan from the pages that should be here. */
#include "policy/prefetch/fill.h"

#include "base/mask.h"
#include "policy/window.h"

struct hum_pages humi_fill_faulted(const struct hum_view *view)
{
    return humi_mask_or(&view->read, &view->write);
}

void humi_fill_plan(const struct hum_view *view, const struct hum_pages *wanted,
                    struct hum_plan *plan)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    struct hum_pages window = humi_window_around(&faulted, humi_window_pages(view->map_faults));

    plan->bring = humi_mask_minus(wanted, &view->resident);
    humi_mask_keep(&plan->bring, &view->valid);
    plan->map = humi_mask_and(&window, &view->resident);
    humi_mask_keep(&plan->map, &view->valid);
    humi_mask_add(&plan->map, &plan->bring);
    humi_mask_remove(&plan->bring, &faulted);
    humi_mask_remove(&plan->map, &faulted);
}
