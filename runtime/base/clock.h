/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the one clock, in nanoseconds since an arbitrary point that is the same for all
 * processes of the machine.  Never goes back.  Tests replace it and turn time by hand.
 * Threads: any.  A thread that simulates can have a time of its own.
 */
#ifndef HUMI_BASE_CLOCK_H
#define HUMI_BASE_CLOCK_H

#include <stdint.h>

#define HUMI_NS_PER_US UINT64_C(1000)
#define HUMI_NS_PER_MS UINT64_C(1000000)
#define HUMI_NS_PER_S UINT64_C(1000000000)

uint64_t humi_clock_ns(void);

/* CLOCK_MONOTONIC also while a test turns time: for deadlines that the kernel keeps. */
uint64_t humi_clock_real_ns(void);

/* What the calling thread has worked: how long others kept it from the core does not count. */
uint64_t humi_clock_thread_ns(void);

/* Every later humi_clock_ns() calls `now`; NULL: CLOCK_MONOTONIC again. */
void humi_clock_replace(uint64_t (*now)(void));

/*
 * humi_clock_ns() of the calling thread is *now_ns, which must outlive that; NULL: as everybody's.
 * Returns what it followed before.
 */
const uint64_t *humi_clock_follow(const uint64_t *now_ns);

#endif
