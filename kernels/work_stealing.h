/* SPDX-License-Identifier: MIT */
/*
 * work_stealing.h - workers of the host and of the device that steal work from each other.
 *
 * Every worker has a deque in shared memory: it pushes and pops at the bottom, others steal from
 * the top.  D. Chase, Y. Lev, "Dynamic Circular Work-Stealing Deque", 2005, with a fixed array.
 *
 *         top                bottom
 *   ... |  t  | t+1 | ... |    |         steal() takes at top, push() and pop() at bottom
 *
 * Order: every load and store of a deque is one of kernel.h's atomics, thus sequentially
 * consistent, and that holds between host and device too.  The algorithm needs it in one place: in
 * pop(), `bottom` must be seen lowered by thieves before the owner reads `top`.
 *
 * A worker ends when it has found nothing, neither in its own deque nor in any other,
 * STEALING_PATIENCE times running.  Nobody waits for a worker that has not begun, so the workers
 * of the device may run one after the other; and no task is lost, because what lies in a deque is
 * done by its owner at the latest.
 * Each deque has a page of its own: a page with deques of both sides would change hands at every
 * push.  Each task covers whole pages for the same reason.
 */
#ifndef HUM_KERNELS_WORK_STEALING_H
#define HUM_KERNELS_WORK_STEALING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/kernel.h>

#define STEALING_GRAIN 8192u    /* words of a task that is not divided any more, whole pages */
#define STEALING_PATIENCE 1000u
#define DEQUE_SLOTS 64
#define DEQUE_NONE 0u           /* no task: a task has at least one grain */

/* Grains [first, first + count) as one word, so that it is loaded and stored whole. */
static inline uint64_t task_of(uint64_t first, uint64_t count)
{
    return first << 32 | count;
}

struct deque {
    int64_t top, bottom;        /* they only grow, except bottom in pop() */
    uint64_t slots[DEQUE_SLOTS];
} __attribute__((aligned(4096)));

/* By the owner; false if it is full. */
static inline bool deque_push(struct deque *deque, uint64_t task)
{
    int64_t bottom = hum_atomic_load_i64(&deque->bottom);

    if (bottom - hum_atomic_load_i64(&deque->top) >= DEQUE_SLOTS)
        return false;
    hum_atomic_store_u64(&deque->slots[bottom % DEQUE_SLOTS], task);
    hum_atomic_store_i64(&deque->bottom, bottom + 1);
    return true;
}

/* By the owner: the youngest task, or DEQUE_NONE. */
static inline uint64_t deque_pop(struct deque *deque)
{
    int64_t bottom = hum_atomic_load_i64(&deque->bottom) - 1, top;
    uint64_t task = DEQUE_NONE;

    if (bottom < hum_atomic_load_i64(&deque->top))
        return DEQUE_NONE; /* empty, and only the owner could change that: do not write */
    hum_atomic_store_i64(&deque->bottom, bottom);
    top = hum_atomic_load_i64(&deque->top);
    if (top <= bottom)
        task = hum_atomic_load_u64(&deque->slots[bottom % DEQUE_SLOTS]);
    if (top < bottom)
        return task;
    /* The last one, which a thief may want too, or none. */
    if (top == bottom && hum_atomic_cas_i64(&deque->top, top, top + 1) != top)
        task = DEQUE_NONE;
    hum_atomic_store_i64(&deque->bottom, bottom + 1);
    return task;
}

/* By anybody: the oldest task; DEQUE_NONE if there is none or somebody else was faster. */
static inline uint64_t deque_steal(struct deque *deque)
{
    int64_t top = hum_atomic_load_i64(&deque->top);
    uint64_t task;

    if (top >= hum_atomic_load_i64(&deque->bottom))
        return DEQUE_NONE;
    task = hum_atomic_load_u64(&deque->slots[top % DEQUE_SLOTS]);
    return hum_atomic_cas_i64(&deque->top, top, top + 1) == top ? task : DEQUE_NONE;
}

struct stealing {
    struct deque *deques;       /* workers of them, those of the host first */
    size_t workers, host_workers;
    uint64_t *begun;            /* workers of the device that have */
    const uint64_t *in;
    uint64_t *out;              /* out[i] grows by stealing_work(in[i]) */
    size_t words;
};

struct work_stealing_args {
    struct stealing job;
};

/* As many rounds as the lowest six bits say. */
static inline uint64_t stealing_work(uint64_t word)
{
    uint64_t value = word;

    for (uint64_t rounds = word % 64; rounds > 0; rounds--)
        value = (value ^ (value >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) + rounds;
    return value;
}

/* The next task for worker `me`: its own, or else one of the others'. */
static inline uint64_t stealing_find(const struct stealing *job, size_t me)
{
    uint64_t task = deque_pop(&job->deques[me]);

    for (size_t i = 1; task == DEQUE_NONE && i < job->workers; i++)
        task = deque_steal(&job->deques[(me + i) % job->workers]);
    return task;
}

/* Halve the task and leave the other half to whoever comes, until it is one grain; do that. */
static inline void stealing_do(const struct stealing *job, size_t me, uint64_t task)
{
    uint64_t first = task >> 32, count = task & UINT32_MAX;
    size_t end;

    while (count > 1 && deque_push(&job->deques[me], task_of(first + count / 2,
                                                             count - count / 2)))
        count /= 2;
    end = (first + count) * STEALING_GRAIN;
    end = end < job->words ? end : job->words;
    for (size_t i = first * STEALING_GRAIN; i < end; i++)
        job->out[i] += stealing_work(job->in[i]);
}

/* The life of worker `me`; returns how many tasks it did. */
static inline uint64_t stealing_run(const struct stealing *job, size_t me)
{
    uint64_t done = 0;

    for (unsigned misses = 0; misses < STEALING_PATIENCE;) {
        uint64_t task = stealing_find(job, me);
        if (task == DEQUE_NONE) {
            misses++;
            continue;
        }
        stealing_do(job, me, task);
        done++;
        misses = 0;
    }
    return done;
}

#endif
