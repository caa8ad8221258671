/* SPDX-License-Identifier: MIT */
/*
 * same_counters.h - every counter that is no time, of a run and of its replay.
 * Threads: any.
 */
#ifndef SUPPORT_SAME_COUNTERS_H
#define SUPPORT_SAME_COUNTERS_H

#include <hum/hum.h>

/* How many differ; each is said on standard error. */
unsigned same_counters(const struct hum_counters *live, const struct hum_counters *replayed);

/* The same for one figure. */
unsigned same_counter(const char *what, const char *which, uint64_t live, uint64_t replayed);

#endif
