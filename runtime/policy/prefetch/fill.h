/* SPDX-License-Identifier: MIT */
/*
 * fill.h - a plan from the pages that should be here.
 *
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_FILL_H
#define HUMI_POLICY_FILL_H

#include <hum/policy.h>

/*
 * Bring what of `wanted` is not here and map it, together with the window of resident pages around
 * the faults (window.h).  Only valid pages are asked for, the faulted ones not: they come anyway.
 */
void humi_fill_plan(const struct hum_view *view, const struct hum_pages *wanted,
                    struct hum_plan *plan);

/* The pages that were faulted on, and the chunks that they are in. */
struct hum_pages humi_fill_faulted(const struct hum_view *view);
uint32_t humi_fill_chunks(const struct hum_view *view);

#endif
