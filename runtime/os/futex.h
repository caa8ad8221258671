/* SPDX-License-Identifier: MIT */
/*
 * futex.h - sleep until a 32-bit word changes, also across processes that share it.
 * Threads: any.  Waking nobody is one system call; callers keep a count to avoid it.
 */
#ifndef HUMI_OS_FUTEX_H
#define HUMI_OS_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define HUMI_FUTEX_ALL INT_MAX
#define HUMI_FUTEX_SPIN_NS UINT64_C(50000)
#define HUMI_FUTEX_SLICE_NS UINT64_C(500000)   /* a core that is away so long is wanted */
#define HUMI_FUTEX_WANTED_NS UINT64_C(5000000)
#define HUMI_FUTEX_SHORT_NS UINT64_C(10000)

/*
 * Sleep while *word == value, at most timeout_ns (< 0: for ever).  Returns for no reason too: the
 * caller looks again.
 */
static inline void humi_futex_wait(const uint32_t *word, uint32_t value, int64_t timeout_ns)
{
    struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};

    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, timeout_ns < 0 ? NULL : &t, NULL, 0);
}

/* The same for a wait that humi_futex_wake_one_of() can choose: `bit` is one of 32. */
static inline void humi_futex_wait_as(const uint32_t *word, uint32_t value, int64_t timeout_ns,
                                      uint32_t bit)
{
    int64_t end = timeout_ns < 0 ? 0 : (int64_t)humi_clock_real_ns() + timeout_ns;
    struct timespec t = {end / 1000000000, end % 1000000000}; /* of CLOCK_MONOTONIC */

    (void)syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, timeout_ns < 0 ? NULL : &t, NULL,
                  bit);
}

/* Wake one of those that wait as one of `bits`. */
static inline void humi_futex_wake_one_of(const uint32_t *word, uint32_t bits)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE_BITSET, 1, NULL, NULL, bits);
}

static inline void humi_futex_wake(const uint32_t *word, int count)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

/*
 * Look at the word for ns before going to sleep on it: waking a thread on a core that sleeps costs
 * more than that (45-57 us on a 2-core virtual machine).  Whoever wants the core gets it meanwhile.
 * Where somebody took it for long, others need it: then who yields is away for a slice each time,
 * milliseconds, and who sleeps is woken at once, so for a while nobody yields nor looks for long.
 * True: it is no longer what it was.
 */
static inline bool humi_futex_spin(const uint32_t *word, uint32_t seen, uint64_t ns)
{
    static _Thread_local uint64_t wanted_until;
    uint64_t now = humi_clock_real_ns();
    bool yields = now >= wanted_until;
    uint64_t end = now + (yields || ns < HUMI_FUTEX_SHORT_NS ? ns : HUMI_FUTEX_SHORT_NS);

    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen) {
        uint64_t before = now;

        if (now >= end)
            return false;
        if (yields)
            sched_yield();
        now = humi_clock_real_ns();
        if (yields && now - before > HUMI_FUTEX_SLICE_NS) {
            wanted_until = now + HUMI_FUTEX_WANTED_NS;
            return __atomic_load_n(word, __ATOMIC_SEQ_CST) != seen;
        }
    }
    return true;
}

#endif
