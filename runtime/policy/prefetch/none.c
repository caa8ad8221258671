/* SPDX-License-Identifier: MIT */
/*
 * none.c - the faulted page, nothing else.
 *
 * What it moves is exactly what was touched, so everything else can be measured against it.  Advice
 * asks for more than was touched and is ignored.
 */
#include "policy/parts.h"

/* Faulted pages are served whatever a plan says. */
static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    (void)view;
    (void)context;
    (void)plan;
}

const struct hum_part humi_prefetch_none = {
    .name = "none",
    .description = "only the faulted page",
    .plan = plan,
};
