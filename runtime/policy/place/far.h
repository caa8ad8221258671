/* SPDX-License-Identifier: MIT */
/*
 * far.h - what may stay where it is and be mapped over the link.
 *
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_FAR_H
#define HUMI_POLICY_FAR_H

#include <hum/policy.h>

/*
 * The faulted pages that could be mapped where they are: only elsewhere, and their chunks whole as
 * far as that holds for them, because a mapping costs the same for a page and for a chunk.  None
 * where nothing can be mapped remotely.
 */
struct hum_pages humi_far_pages(const struct hum_view *view);

/* Touches of a chunk so far, as far as they were counted. */
uint64_t humi_far_touches(const struct hum_heat *heat, unsigned chunk);

/* Of the pages, those in chunks that were touched fewer than `threshold` times. */
struct hum_pages humi_far_cold(const struct hum_view *view, const struct hum_pages *pages,
                               uint64_t threshold);

/* The call tells of counted touches (`counts_touches`): what it asks for is mapped far already. */
bool humi_far_is_counted(const struct hum_view *view);

#endif
