/* SPDX-License-Identifier: MIT */
/* test_count.c - additions before, beside and after threads: none is lost. */
#include <pthread.h>

#include "base/count.h"
#include "support/test.h"

#define THREADS 4u
#define ADDS 50000u

static _Atomic uint64_t counter;

static void one_thread_adds(void **state)
{
    (void)state;
    atomic_store(&counter, 40);
    humi_count_add(&counter, 0);
    assert_int_equal(atomic_load(&counter), 40);
    humi_count_add(&counter, 2);
    assert_int_equal(atomic_load(&counter), 42);
}

static void what_is_taken_away_wraps(void **state)
{
    (void)state;
    atomic_store(&counter, 3);
    humi_count_add(&counter, UINT64_C(0) - 2);
    assert_int_equal(atomic_load(&counter), 1);
    humi_count_add(&counter, UINT64_C(0) - 2);
    assert_true(atomic_load(&counter) == UINT64_MAX);
}

static void *count_up(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < ADDS; i++)
        humi_count_add(&counter, i % 3);
    return NULL;
}

/* The thread that makes the others adds, too, from the moment that the first of them can run. */
static void threads_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    uint64_t each = 0;

    (void)state;
    for (unsigned i = 0; i < ADDS; i++)
        each += i % 3;
    atomic_store(&counter, 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    count_up(NULL);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&counter), each * (THREADS + 1));
    humi_count_add(&counter, 1);
    assert_int_equal(atomic_load(&counter), each * (THREADS + 1) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_adds),
        cmocka_unit_test(what_is_taken_away_wraps),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
