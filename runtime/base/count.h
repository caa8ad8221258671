/* SPDX-License-Identifier: MIT */
/*
 * count.h - counters that any thread adds to and that order nothing.
 *
 * A locked addition costs some 20 cycles, and a fault makes dozens.  So adding nothing is free, and
 * a process of one thread, as replays are, adds without the lock: the C library knows (glibc 2.32;
 * elsewhere every addition is locked).
 * Threads: any, relaxed: a figure is exact once the work that it counts has finished.
 */
#ifndef HUMI_BASE_COUNT_H
#define HUMI_BASE_COUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__has_include) && !defined(HUMI_ONE_THREAD)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define HUMI_ONE_THREAD __libc_single_threaded
#endif
#endif
#ifndef HUMI_ONE_THREAD
#define HUMI_ONE_THREAD false
#endif

/* The caller knows that there is one thread.  As a plain number it takes one instruction, not 3. */
static inline void humi_count_add_alone(_Atomic uint64_t *counter, uint64_t n)
{
    _Static_assert(sizeof *counter == sizeof n, "no lock lies in an atomic number");
    *(uint64_t *)(void *)counter += n;
}

/* Modulo 2^64: adding 0 - n takes n away. */
static inline void humi_count_add(_Atomic uint64_t *counter, uint64_t n)
{
    if (n == 0)
        return;
    if (HUMI_ONE_THREAD)
        humi_count_add_alone(counter, n);
    else
        atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
