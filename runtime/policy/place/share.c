/* SPDX-License-Identifier: MIT */
/*
 * share.c - reads copy, writes move: what the runtime does when nobody says anything else.
 *
 * A copy that stays behind is still current, so a page that was only read leaves a full device
 * without a copy home.
 */
#include "policy/parts.h"

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    (void)view;
    (void)context;
    (void)plan;
}

const struct hum_part humi_place_share = {
    .name = "share",
    .description = "a read leaves a copy behind, a write takes the page",
    .plan = plan,
};
