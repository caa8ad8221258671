/* SPDX-License-Identifier: MIT */
/*
 * driver.c - what NVIDIA's driver does (open kernel modules 595.45.04), the baseline to beat.
 *
 * The density tree at 51 %; the first touch of a block at its preferred location takes all of it;
 * never anything outside the block.  Advice other than the preferred location changes nothing.
 * Left out: its thrash detector, which decides by wall-clock time.
 * How much of what is resident gets mapped is hum's own matter and the same as in `ahead`.
 */
#include "base/mask.h"
#include "policy/tree.h"
#include "policy/window.h"

extern const struct hum_policy humi_policy_driver;

/* Nobody holds any page of the block yet, and this is where the user wants it. */
static bool is_first_touch_at_home(const struct hum_view *view)
{
    return (view->advice & HUM_ADVISE_PREFERRED) && view->preferred == view->processor &&
           humi_mask_empty(&view->resident) && humi_mask_empty(&view->elsewhere);
}

static void plan(const struct hum_view *view, struct hum_plan *plan_out)
{
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write);
    struct hum_pages window = humi_window_around(&faulted, humi_window_pages(view->map_faults));
    struct hum_pages grown;

    if (is_first_touch_at_home(view))
        grown = view->valid;
    else
        grown = humi_tree_grow(&view->resident, &faulted, &view->valid, HUMI_TREE_PERCENT);

    plan_out->bring = humi_mask_minus(&grown, &view->resident);
    plan_out->map = humi_mask_and(&window, &view->resident);
    humi_mask_add(&plan_out->map, &plan_out->bring);
    humi_mask_remove(&plan_out->bring, &faulted);
    humi_mask_keep(&plan_out->map, &view->valid);
    humi_mask_remove(&plan_out->map, &faulted);
}

const struct hum_policy humi_policy_driver = {
    .struct_size = sizeof(struct hum_policy),
    .name = "driver",
    .description = "density tree of NVIDIA's driver; the block moved longest ago leaves first",
    .renewal = HUM_RENEW_ON_MOVE,
    .plan = plan,
};
