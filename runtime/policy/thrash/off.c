/* SPDX-License-Identifier: MIT */
/* off.c - nothing is done about pages that processors take away from each other. */
#include "policy/parts.h"

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    (void)view;
    (void)context;
    (void)plan;
}

const struct hum_part humi_thrash_off = {
    .name = "off",
    .description = "nothing is done about it",
    .plan = plan,
};
