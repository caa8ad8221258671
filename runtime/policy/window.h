/* SPDX-License-Identifier: MIT */
/*
 * window.h - how much of what is resident is mapped with a faulted page.
 *
 * Mapping a page costs about a microsecond, faulting for it about ten.  A processor that faults
 * once on resident pages gets the chunk around; each further such fault since its access was last
 * taken away makes the aligned window larger: 16, then 64, then all 512 pages.
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_WINDOW_H
#define HUMI_POLICY_WINDOW_H

#include <hum/policy.h>

/* Pages of the window after that many map faults. */
unsigned humi_window_pages(unsigned map_faults);

/* The union of the aligned windows of `size` pages (a power of two) around each page of `pages`. */
struct hum_pages humi_window_around(const struct hum_pages *pages, unsigned size);

#endif
