/* SPDX-License-Identifier: MIT */
/*
 * lock.c - pthread locks, and for each thread the ranks it holds.
 */
#include "base/lock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"

static const char *const rank_texts[] = {
#define RANK_TEXT(name, text) [name] = text,
    HUMI_RANKS(RANK_TEXT)
#undef RANK_TEXT
};

static void abort_on_wrong_order(enum humi_rank held, enum humi_rank taken)
{
    humi_log_write(HUMI_LOG_QUIET, "a thread that holds a lock of rank '%s' takes one of '%s'",
                   humi_rank_text(held), humi_rank_text(taken));
    humi_check_failed("locks are taken in the order of base/lock.h", __FILE__, __LINE__);
}

static humi_lock_hook *_Atomic hook = abort_on_wrong_order;

const char *humi_rank_text(enum humi_rank rank)
{
    return (unsigned)rank < HUMI_RANK_COUNT ? rank_texts[rank] : "unknown";
}

humi_lock_hook *humi_lock_set_hook(humi_lock_hook *replacement)
{
    return atomic_exchange(&hook, replacement ? replacement : abort_on_wrong_order);
}

/* ---- what the calling thread holds ----------------------------------------------------------- */

#ifdef NDEBUG

static void may_wait_for(enum humi_rank rank)
{
    (void)rank;
}

static void may_try(enum humi_rank rank)
{
    (void)rank;
}

static void took(const void *lock, enum humi_rank rank)
{
    (void)lock;
    (void)rank;
}

static void released(const void *lock)
{
    (void)lock;
}

static bool holds(const void *lock)
{
    (void)lock;
    return true;
}

#else

/* One lock a rank is the rule; the rest is room for a hook that returns. */
#define HELD_MAX (2 * HUMI_RANK_COUNT)

struct held {
    const void *lock;
    enum humi_rank rank;
};

static _Thread_local struct held held[HELD_MAX];
static _Thread_local unsigned held_count;

/* Called before the lock is waited for: a wrong order is reported instead of a deadlock. */
static void may_wait_for(enum humi_rank rank)
{
    for (unsigned i = 0; i < held_count; i++)
        if (held[i].rank >= rank) {
            atomic_load(&hook)(held[i].rank, rank);
            return;
        }
}

static void may_try(enum humi_rank rank)
{
    for (unsigned i = 0; i < held_count; i++)
        if (held[i].rank == rank) {
            atomic_load(&hook)(rank, rank);
            return;
        }
}

static void took(const void *lock, enum humi_rank rank)
{
    humi_check(held_count < HELD_MAX);
    held[held_count++] = (struct held){lock, rank};
}

static void released(const void *lock)
{
    for (unsigned i = held_count; i-- > 0;)
        if (held[i].lock == lock) {
            held[i] = held[--held_count];
            return;
        }
    humi_check_failed("the thread holds the lock it releases", __FILE__, __LINE__);
}

static bool holds(const void *lock)
{
    for (unsigned i = 0; i < held_count; i++)
        if (held[i].lock == lock)
            return true;
    return false;
}

#endif

/* ---- mutexes --------------------------------------------------------------------------------- */

void humi_lock_init(struct humi_lock *lock, enum humi_rank rank)
{
    humi_check(pthread_mutex_init(&lock->mutex, NULL) == 0);
    lock->rank = rank;
    lock->alone = lock->held = false;
}

void humi_lock_init_alone(struct humi_lock *lock, enum humi_rank rank)
{
    humi_lock_init(lock, rank);
    lock->alone = true;
}

/* False: the thread has it, and would wait for itself. */
static bool lock_alone(struct humi_lock *lock)
{
    if (lock->held)
        return false;
    lock->held = true;
    took(lock, lock->rank);
    return true;
}

void humi_lock_fini(struct humi_lock *lock)
{
    humi_check(pthread_mutex_destroy(&lock->mutex) == 0);
}

void humi_lock(struct humi_lock *lock)
{
    may_wait_for(lock->rank);
    if (lock->alone) {
        humi_check(lock_alone(lock));
        return;
    }
    humi_signals_hold();
    humi_check(pthread_mutex_lock(&lock->mutex) == 0);
    took(lock, lock->rank);
}

bool humi_lock_try(struct humi_lock *lock)
{
    may_try(lock->rank);
    if (lock->alone)
        return lock_alone(lock);
    humi_signals_hold();
    if (pthread_mutex_trylock(&lock->mutex) != 0) {
        humi_signals_release();
        return false;
    }
    took(lock, lock->rank);
    return true;
}

void humi_unlock(struct humi_lock *lock)
{
    released(lock);
    if (lock->alone) {
        lock->held = false;
        return;
    }
    humi_check(pthread_mutex_unlock(&lock->mutex) == 0);
    humi_signals_release();
}

bool humi_lock_is_held(const struct humi_lock *lock)
{
    return holds(lock);
}

/* ---- conditions ------------------------------------------------------------------------------ */

void humi_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    humi_check(pthread_condattr_init(&attributes) == 0);
    humi_check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    humi_check(pthread_cond_init(cond, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

#define SIGNAL_PATIENCE_NS (50 * HUMI_NS_PER_MS) /* how long a wait holds signals back */

/* The thread counts as holding the lock while it waits: it runs nothing in between. */
static bool wait_until(pthread_cond_t *cond, struct humi_lock *lock, uint64_t deadline_ns)
{
    struct timespec deadline = {(time_t)(deadline_ns / HUMI_NS_PER_S),
                                (long)(deadline_ns % HUMI_NS_PER_S)};
    int error;

    humi_assert(holds(lock));
    error = pthread_cond_timedwait(cond, &lock->mutex, &deadline);
    humi_check(error == 0 || error == ETIMEDOUT);
    return error == 0;
}

/* Now and then the lock is let go by hand, which delivers the signals that came meanwhile. */
void humi_cond_wait(pthread_cond_t *cond, struct humi_lock *lock)
{
    if (wait_until(cond, lock, humi_clock_real_ns() + SIGNAL_PATIENCE_NS))
        return;
    humi_unlock(lock);
    humi_lock(lock);
}

/* ---- read-write locks ------------------------------------------------------------------------ */

void humi_rwlock_init(struct humi_rwlock *lock, enum humi_rank rank)
{
    humi_check(pthread_rwlock_init(&lock->rwlock, NULL) == 0);
    lock->rank = rank;
}

void humi_rwlock_fini(struct humi_rwlock *lock)
{
    humi_check(pthread_rwlock_destroy(&lock->rwlock) == 0);
}

void humi_rwlock_read(struct humi_rwlock *lock)
{
    may_wait_for(lock->rank);
    humi_signals_hold();
    humi_check(pthread_rwlock_rdlock(&lock->rwlock) == 0);
    took(lock, lock->rank);
}

void humi_rwlock_write(struct humi_rwlock *lock)
{
    may_wait_for(lock->rank);
    humi_signals_hold();
    humi_check(pthread_rwlock_wrlock(&lock->rwlock) == 0);
    took(lock, lock->rank);
}

bool humi_rwlock_read_try(struct humi_rwlock *lock)
{
    may_try(lock->rank);
    humi_signals_hold();
    if (pthread_rwlock_tryrdlock(&lock->rwlock) != 0) {
        humi_signals_release();
        return false;
    }
    took(lock, lock->rank);
    return true;
}

bool humi_rwlock_write_try(struct humi_rwlock *lock)
{
    may_try(lock->rank);
    humi_signals_hold();
    if (pthread_rwlock_trywrlock(&lock->rwlock) != 0) {
        humi_signals_release();
        return false;
    }
    took(lock, lock->rank);
    return true;
}

void humi_rwlock_unlock(struct humi_rwlock *lock)
{
    released(lock);
    humi_check(pthread_rwlock_unlock(&lock->rwlock) == 0);
    humi_signals_release();
}

bool humi_rwlock_is_held(const struct humi_rwlock *lock)
{
    return holds(lock);
}
