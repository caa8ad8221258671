/* SPDX-License-Identifier: MIT */
/*
 * ondemand.c - the control: the faulted page, nothing else.
 *
 * What it moves is exactly what was touched, so every other policy can be measured against it.
 * Advice asks for more than was touched and is ignored.
 */
#include <hum/policy.h>

extern const struct hum_policy humi_policy_ondemand;

/* The plan arrives zeroed, and faulted pages are served whatever it says. */
static void plan(const struct hum_view *view, struct hum_plan *plan_out)
{
    (void)view;
    (void)plan_out;
}

const struct hum_policy humi_policy_ondemand = {
    .struct_size = sizeof(struct hum_policy),
    .name = "ondemand",
    .description = "only the faulted page; the block faulted on longest ago leaves first",
    .renewal = HUM_RENEW_ON_FAULT,
    .plan = plan,
};
