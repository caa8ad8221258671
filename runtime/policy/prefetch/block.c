/* SPDX-License-Identifier: MIT */
/* block.c - the faulted block, whole: right where all of it is used, dear where little of it is. */
#include "base/mask.h"
#include "policy/parts.h"
#include "policy/prefetch/fill.h"

/* A fault about access only brings nothing. */
static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    bool moves = !humi_mask_within(&faulted, &view->resident);

    (void)context;
    humi_fill_plan(view, moves ? &view->valid : &view->resident, plan);
}

const struct hum_part humi_prefetch_block = {
    .name = "block",
    .description = "the faulted block, whole",
    .plan = plan,
};
