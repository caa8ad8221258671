/* SPDX-License-Identifier: MIT */
/*
 * lock.h - locks with ranks: this file is the lock order of the whole runtime.
 *
 * Every lock has a rank.  A thread may wait for a lock only if its rank is higher than every rank
 * that the thread holds, so no two threads can wait for each other.  Trying never waits, so it may
 * go against the order.  No thread ever holds two locks of one rank, tried or not.  Locks may be
 * released in any order.
 *
 * Builds without NDEBUG check the rule for each thread and call the failure hook when it is broken;
 * the hook aborts unless a test replaced it.
 *
 * While a thread holds one, no handler of the program's signals runs there (signals.h).
 *
 * Threads: any.  No lock may be held while managed memory is touched, and none is recursive.
 */
#ifndef HUMI_BASE_LOCK_H
#define HUMI_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * X(name, text), from the first taken to the last taken.
 *
 *   HUM          opening and closing; lists of modules, kernels, streams and events.  May be held
 *                while a device starts or ends, so never taken on the fault path.
 *   STREAM       the queue and error of one stream.  Never two: an event is passed by value.
 *   TOLD         taking what a driver tells that keeps a space (core/told.h).
 *   REGION_TREE  which regions exist and where (a rwlock: faults read, alloc and free write).
 *   BLOCK        the state of one block.  Never two: making room for a block says HUM_AGAIN and
 *                the caller lets go first.  May be held while bytes are copied.
 *   LIST         the order of eviction of one processor.  Held for a few instructions; blocks may
 *                be tried under it, to pick one that can leave.
 *   USES         which launches with declared uses are in flight.  Held for a few instructions.
 *   DEVICE       inside a back end: its queue, its tables, its socket.
 *   DEVICE_LENT  inside a back end: that another device of its kind may copy from it; held with
 *                the DEVICE of that one.
 *   DEVICE_PART  inside a back end, under DEVICE: one part of it.  Never two.
 *   STATS        counters that are not atomic.  A leaf: nothing is taken under it.
 */
#define HUMI_RANKS(X)                                                                              \
    X(HUMI_RANK_HUM, "hum")                                                                        \
    X(HUMI_RANK_STREAM, "stream")                                                                  \
    X(HUMI_RANK_TOLD, "told by the driver")                                                        \
    X(HUMI_RANK_REGION_TREE, "region tree")                                                        \
    X(HUMI_RANK_BLOCK, "block")                                                                    \
    X(HUMI_RANK_LIST, "eviction list")                                                             \
    X(HUMI_RANK_USES, "uses in flight")                                                            \
    X(HUMI_RANK_DEVICE, "device")                                                                  \
    X(HUMI_RANK_DEVICE_LENT, "lent device")                                                        \
    X(HUMI_RANK_DEVICE_PART, "part of a device")                                                   \
    X(HUMI_RANK_STATS, "statistics")

enum humi_rank {
#define HUMI_RANK_ENUM(name, text) name,
    HUMI_RANKS(HUMI_RANK_ENUM)
#undef HUMI_RANK_ENUM
    HUMI_RANK_COUNT
};

struct humi_lock {
    pthread_mutex_t mutex;
    enum humi_rank rank; /* fixed at init */
    bool alone;          /* fixed before it is first taken: one thread takes it, ever */
    bool held;           /* if alone */
};

struct humi_rwlock {
    pthread_rwlock_t rwlock;
    enum humi_rank rank; /* fixed at init */
};

void humi_lock_init(struct humi_lock *lock, enum humi_rank rank);
/*
 * One thread takes it, ever, and holds no signals back by it: what replays have, which take four
 * of them for each fault.  The rule of ranks holds all the same.
 */
void humi_lock_init_alone(struct humi_lock *lock, enum humi_rank rank);
/* Nobody holds it. */
void humi_lock_fini(struct humi_lock *lock);

void humi_lock(struct humi_lock *lock);
/* false: somebody has it. */
bool humi_lock_try(struct humi_lock *lock);
void humi_unlock(struct humi_lock *lock);

void humi_rwlock_init(struct humi_rwlock *lock, enum humi_rank rank);
void humi_rwlock_fini(struct humi_rwlock *lock);

void humi_rwlock_read(struct humi_rwlock *lock);
void humi_rwlock_write(struct humi_rwlock *lock);
/* false: a writer (write_try: anybody) has it. */
bool humi_rwlock_read_try(struct humi_rwlock *lock);
bool humi_rwlock_write_try(struct humi_rwlock *lock);
/* Either kind. */
void humi_rwlock_unlock(struct humi_rwlock *lock);

void humi_cond_init(pthread_cond_t *cond);
/* The lock is held at the call and at the return, free in between.  Wakes for no reason too. */
void humi_cond_wait(pthread_cond_t *cond, struct humi_lock *lock);

/* The calling thread holds it.  Always true where ranks are not checked. */
bool humi_lock_is_held(const struct humi_lock *lock);
bool humi_rwlock_is_held(const struct humi_rwlock *lock);

/* Never NULL. */
const char *humi_rank_text(enum humi_rank rank);

/*
 * What is called when a thread that holds `held` takes `taken`, which it may not.  When it returns
 * the lock is taken all the same.  Returns the hook it replaces; NULL stands for the one that
 * aborts.
 */
typedef void humi_lock_hook(enum humi_rank held, enum humi_rank taken);
humi_lock_hook *humi_lock_set_hook(humi_lock_hook *hook);

#endif
