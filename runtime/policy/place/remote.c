/* SPDX-License-Identifier: MIT */
/*
 * remote.c - nothing moves: what somebody has is mapped where it is.
 *
 * The bound of what placement can cost: no byte moves, every touch goes over the link.  A first
 * touch makes the page where it happens.  A block is mapped as a whole, so that no way to prefetch
 * brings the rest of it.  Where nothing can be mapped remotely it is `share`.
 */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/place/far.h"

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct hum_pages far = humi_far_pages(view);

    (void)context;
    if (humi_mask_empty(&far))
        return;
    plan->remote = humi_mask_and(&view->elsewhere, &view->valid);
    humi_mask_remove(&plan->remote, &view->resident);
}

const struct hum_part humi_place_remote = {
    .name = "remote",
    .description = "pages stay where they are and are mapped over the link",
    .plan = plan,
};
