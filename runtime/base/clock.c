/* SPDX-License-Identifier: MIT */
/*
 * clock.c - CLOCK_MONOTONIC unless a test turns time by hand, or a thread has its own.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * HUMI_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t humi_clock_real_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t humi_clock_thread_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t (*_Atomic current)(void) = humi_clock_real_ns;

static _Thread_local const uint64_t *followed;

uint64_t humi_clock_ns(void)
{
    if (followed)
        return *followed;
    return atomic_load_explicit(&current, memory_order_relaxed)();
}

void humi_clock_replace(uint64_t (*now)(void))
{
    atomic_store(&current, now ? now : humi_clock_real_ns);
}

const uint64_t *humi_clock_follow(const uint64_t *now_ns)
{
    const uint64_t *before = followed;

    followed = now_ns;
    return before;
}
