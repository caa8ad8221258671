/* SPDX-License-Identifier: MIT */
/*
 * test_deque.c - the deque of the sample work_stealing: one after the other it does what an array
 * does, and with thieves at work every task is taken once.
 */
#include <pthread.h>

#include "random.h"
#include "support/test.h"
#include "work_stealing.h"

#define SEED 21u
#define STEPS 200000u
#define THIEVES 3u
#define TASKS 100000u

/* ---- one thread, against an array ------------------------------------------------------------ */

/* Tasks [top, bottom) of an array that is never reused. */
struct model {
    uint64_t tasks[STEPS];
    size_t top, bottom;
};

static void step_both(struct deque *deque, struct model *model, uint64_t *random)
{
    uint64_t task = task_of(random_below(random, 1000), 1 + random_below(random, 1000));
    bool is_empty = model->top == model->bottom;

    switch (random_below(random, 4)) {
    case 0:
    case 1: /* oftener than each of the others, so that it fills up too */
        assert_int_equal(deque_push(deque, task), model->bottom - model->top < DEQUE_SLOTS);
        if (model->bottom - model->top < DEQUE_SLOTS)
            model->tasks[model->bottom++] = task;
        break;
    case 2:
        assert_int_equal(deque_pop(deque),
                         is_empty ? DEQUE_NONE : model->tasks[model->bottom - 1]);
        model->bottom -= !is_empty;
        break;
    default:
        assert_int_equal(deque_steal(deque), is_empty ? DEQUE_NONE : model->tasks[model->top]);
        model->top += !is_empty;
    }
}

static void deque_does_what_an_array_does(void **state)
{
    static struct model model;
    struct deque deque = {0};
    uint64_t random = SEED;
    unsigned full = 0, empty = 0;

    (void)state;
    for (unsigned i = 0; i < STEPS; i++) {
        if (i % 1000 == 500) /* as pushes prevail, empty it now and then */
            while (deque_pop(&deque) != DEQUE_NONE)
                model.bottom--;
        step_both(&deque, &model, &random);
        full += model.bottom - model.top == DEQUE_SLOTS;
        empty += model.bottom == model.top;
    }
    assert_true(full > 100 && empty > 100);
}

/* ---- thieves --------------------------------------------------------------------------------- */

struct chase {
    struct deque deque;
    uint32_t taken[TASKS];      /* how often each task was */
    uint32_t is_over;
    uint64_t stolen;
};

static void take(struct chase *chase, uint64_t task)
{
    hum_atomic_add_u32(&chase->taken[task >> 32], 1);
}

static void *thief_run(void *arg)
{
    struct chase *chase = arg;
    uint64_t task;

    while (!hum_atomic_load_u32(&chase->is_over)) {
        task = deque_steal(&chase->deque);
        if (task == DEQUE_NONE)
            continue;
        take(chase, task);
        hum_atomic_add_u64(&chase->stolen, 1);
    }
    return NULL;
}

/* Push all tasks, popping some in between, and the rest at the end. */
static void owner_run(struct chase *chase)
{
    uint64_t random = SEED, task, next = 0;

    while (next < TASKS) {
        if (random_below(&random, 3) > 0 && deque_push(&chase->deque, task_of(next, 1))) {
            next++;
            continue;
        }
        if ((task = deque_pop(&chase->deque)) != DEQUE_NONE)
            take(chase, task);
    }
    while ((task = deque_pop(&chase->deque)) != DEQUE_NONE)
        take(chase, task);
}

static void every_task_is_taken_once(void **state)
{
    static struct chase chase;
    pthread_t thieves[THIEVES];

    (void)state;
    for (unsigned i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&thieves[i], NULL, thief_run, &chase), 0);
    owner_run(&chase);
    hum_atomic_store_u32(&chase.is_over, 1);
    for (unsigned i = 0; i < THIEVES; i++)
        pthread_join(thieves[i], NULL);
    for (unsigned i = 0; i < TASKS; i++)
        assert_int_equal(chase.taken[i], 1);
    print_message("%llu of %u stolen\n", (unsigned long long)chase.stolen, TASKS);
}

/* ---- the whole job --------------------------------------------------------------------------- */

/* Workers one after the other, as a device may run them: the first one does everything. */
static void workers_in_turn_do_all(void **state)
{
    static struct deque deques[3];
    static uint64_t in[5 * STEALING_GRAIN + 7], out[5 * STEALING_GRAIN + 7];
    struct stealing job = {deques, 3, 1, NULL, in, out, COUNT_OF(in)};
    uint64_t random = SEED;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(in); i++)
        in[i] = random_next(&random);
    assert_true(deque_push(&deques[0], task_of(0, 6)));
    assert_int_equal(stealing_run(&job, 2), 6);
    assert_int_equal(stealing_run(&job, 1), 0);
    assert_int_equal(stealing_run(&job, 0), 0);
    for (size_t i = 0; i < COUNT_OF(in); i++)
        assert_int_equal(out[i], stealing_work(in[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deque_does_what_an_array_does),
        cmocka_unit_test(every_task_is_taken_once),
        cmocka_unit_test(workers_in_turn_do_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
