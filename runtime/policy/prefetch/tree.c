/* SPDX-License-Identifier: MIT */
/*
 * tree.c - the density tree of NVIDIA's driver (open kernel modules 595.45.04).
 *
 * The largest subtree that is dense enough; the first touch of a block at its preferred location
 * takes all of it; never anything outside the block.  Other advice changes nothing.  How much of
 * what is resident gets mapped is hum's own matter.
 */
#include "policy/tree.h"

#include "base/mask.h"
#include "base/wide.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"

static const struct hum_tunable tunables[] = {
    {"threshold", "take a subtree of which more than so much is here, %", HUMI_TREE_PERCENT, 0,
     100},
};

/* Nobody holds any page of the block yet, and this is where the user wants it. */
static bool is_first_touch_at_home(const struct hum_view *view)
{
    return (view->advice & HUM_ADVISE_PREFERRED) && view->preferred == view->processor &&
           humi_mask_empty(&view->resident) && humi_mask_empty(&view->elsewhere);
}

HUMI_WIDE static void plan(const struct hum_view *view, const struct hum_part_context *context,
                           struct hum_plan *plan)
{
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write);
    struct hum_pages grown = view->valid;

    if (!is_first_touch_at_home(view))
        grown = humi_tree_grow(&view->resident, &faulted, &view->valid,
                               (unsigned)context->tunables[0]);
    humi_fill_plan(view, &grown, plan);
}

const struct hum_part humi_prefetch_tree = {
    .name = "tree",
    .description = "the density tree of NVIDIA's driver, inside the block",
    .tunables = tunables,
    .tunable_count = 1,
    .plan = plan,
};
