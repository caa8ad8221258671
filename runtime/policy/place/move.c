/* SPDX-License-Identifier: MIT */
/*
 * move.c - every fault moves: a page is on one processor only, as NVIDIA's driver keeps it.
 *
 * A read takes its pages as a write would, so they are copied home when they leave a device, though
 * nobody wrote them there.  Pages advised as read mostly are copied (read duplication is by advice
 * only in the driver, too).  The host shares while its memory has a limit: what it has alone could
 * never leave it.  Unlike the driver's, pages that nobody ever wrote are zero everywhere and move
 * no bytes.
 */
#include "base/mask.h"
#include "policy/parts.h"

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    bool limited_host = view->processor == HUM_HOST && view->capacity_blocks != UINT64_MAX;
    bool defined = humi_mask_meets(&view->read, &view->written);

    (void)context;
    if (defined && !(view->advice & HUM_ADVISE_READ_MOSTLY) && !limited_host)
        plan->exclusive = true;
}

const struct hum_part humi_place_move = {
    .name = "move",
    .description = "a fault moves the page, unless it is advised as read mostly",
    .plan = plan,
};
