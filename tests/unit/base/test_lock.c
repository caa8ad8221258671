/* SPDX-License-Identifier: MIT */
/* test_lock.c - locks exclude, and locks out of order are reported before anybody waits. */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "support/child.h"
#include "support/test.h"

#ifdef NDEBUG
#define RANKS_CHECKED false
#else
#define RANKS_CHECKED true
#endif

static unsigned complaints;
static enum humi_rank last_held, last_taken;

static void note(enum humi_rank held, enum humi_rank taken)
{
    complaints++;
    last_held = held;
    last_taken = taken;
}

static int watch(void **state)
{
    (void)state;
    complaints = 0;
    humi_lock_set_hook(note);
    return 0;
}

static int unwatch(void **state)
{
    (void)state;
    humi_lock_set_hook(NULL);
    return 0;
}

/* ---- ranks ----------------------------------------------------------------------------------- */

static void every_pair_of_ranks_follows_the_rule(void **state)
{
    (void)state;
    for (unsigned first = 0; first < HUMI_RANK_COUNT; first++)
        for (unsigned second = 0; second < HUMI_RANK_COUNT; second++) {
            struct humi_lock a, b;
            humi_lock_init(&a, (enum humi_rank)first);
            humi_lock_init(&b, (enum humi_rank)second);
            complaints = 0;
            humi_lock(&a);
            humi_lock(&b);
            assert_int_equal(complaints, RANKS_CHECKED && second <= first);
            if (complaints) {
                assert_int_equal(last_held, first);
                assert_int_equal(last_taken, second);
            }
            humi_unlock(&a); /* not the last taken: any order is allowed */
            humi_unlock(&b);
            humi_lock_fini(&a);
            humi_lock_fini(&b);
        }
}

static void trying_may_go_against_the_order_but_not_to_the_same_rank(void **state)
{
    struct humi_lock list, block, other_list;

    (void)state;
    humi_lock_init(&list, HUMI_RANK_LIST);
    humi_lock_init(&block, HUMI_RANK_BLOCK);
    humi_lock_init(&other_list, HUMI_RANK_LIST);
    humi_lock(&list);
    assert_true(humi_lock_try(&block));
    assert_int_equal(complaints, 0);
    assert_true(humi_lock_try(&other_list));
    assert_int_equal(complaints, RANKS_CHECKED);
    humi_unlock(&other_list);
    humi_unlock(&block);
    humi_unlock(&list);
}

static void read_write_locks_have_ranks_too(void **state)
{
    struct humi_rwlock tree;
    struct humi_lock block, stream;

    (void)state;
    humi_rwlock_init(&tree, HUMI_RANK_REGION_TREE);
    humi_lock_init(&block, HUMI_RANK_BLOCK);
    humi_lock_init(&stream, HUMI_RANK_STREAM);
    humi_lock(&stream);
    humi_rwlock_read(&tree);
    humi_lock(&block);
    assert_int_equal(complaints, 0);
    humi_unlock(&block);
    humi_unlock(&stream);
    humi_lock(&stream);
    assert_int_equal(complaints, RANKS_CHECKED);
    humi_unlock(&stream);
    humi_rwlock_unlock(&tree);
    humi_lock(&block);
    humi_rwlock_write(&tree);
    assert_int_equal(complaints, 2 * RANKS_CHECKED);
    humi_rwlock_unlock(&tree);
    humi_unlock(&block);
    humi_rwlock_fini(&tree);
}

static void lock_knows_whether_the_thread_holds_it(void **state)
{
    struct humi_lock lock;
    struct humi_rwlock rwlock;

    (void)state;
    humi_lock_init(&lock, HUMI_RANK_BLOCK);
    humi_rwlock_init(&rwlock, HUMI_RANK_REGION_TREE);
    assert_int_equal(humi_lock_is_held(&lock), !RANKS_CHECKED);
    assert_int_equal(humi_rwlock_is_held(&rwlock), !RANKS_CHECKED);
    humi_rwlock_read(&rwlock);
    humi_lock(&lock);
    assert_true(humi_lock_is_held(&lock));
    assert_true(humi_rwlock_is_held(&rwlock));
    humi_unlock(&lock);
    assert_int_equal(humi_lock_is_held(&lock), !RANKS_CHECKED);
    humi_rwlock_unlock(&rwlock);
}

static void take_in_wrong_order(void *context)
{
    struct humi_lock block, hum;

    (void)context;
    humi_log_set_level(HUMI_LOG_QUIET);
    humi_lock_set_hook(NULL);
    humi_lock_init(&block, HUMI_RANK_BLOCK);
    humi_lock_init(&hum, HUMI_RANK_HUM);
    humi_lock(&block);
    humi_lock(&hum);
}

static void release_what_is_not_held(void *context)
{
    struct humi_lock block;

    (void)context;
    humi_lock_init(&block, HUMI_RANK_BLOCK);
    humi_unlock(&block);
}

static void wrong_order_aborts_with_both_names(void **state)
{
    struct child child;

    (void)state;
    if (!RANKS_CHECKED)
        skip();
    assert_true(child_run(take_in_wrong_order, NULL, &child));
    assert_false(child.exited);
    assert_non_null(strstr(child.text, "holds a lock of rank 'block' takes one of 'hum'"));
}

static void release_of_a_free_lock_aborts(void **state)
{
    struct child child;

    (void)state;
    if (!RANKS_CHECKED)
        skip();
    assert_true(child_run(release_what_is_not_held, NULL, &child));
    assert_false(child.exited);
}

/* Whoever picks blocks tries those that the same thread holds. */
static void lock_of_one_thread_is_taken_once(void **state)
{
    struct humi_lock lock, other;

    (void)state;
    humi_lock_init_alone(&lock, HUMI_RANK_BLOCK);
    humi_lock_init_alone(&other, HUMI_RANK_LIST);
    humi_lock(&lock);
    assert_true(humi_lock_is_held(&lock));
    humi_lock(&other);
    humi_unlock(&other);
    humi_unlock(&lock);
    assert_true(humi_lock_try(&lock));
    if (humi_lock_is_held(&other)) /* ranks are not checked: there a second try is an error */
        assert_false(humi_lock_try(&lock));
    humi_unlock(&lock);
    assert_true(humi_lock_try(&lock));
    humi_unlock(&lock);
    humi_lock_fini(&other);
    humi_lock_fini(&lock);
}

static void ranks_have_names(void **state)
{
    (void)state;
    assert_string_equal(humi_rank_text(HUMI_RANK_HUM), "hum");
    assert_string_equal(humi_rank_text(HUMI_RANK_STATS), "statistics");
    assert_string_equal(humi_rank_text((enum humi_rank)99), "unknown");
}

/* ---- exclusion ------------------------------------------------------------------------------- */

static struct humi_lock counter_lock;
static struct humi_rwlock counter_rwlock;
static pthread_cond_t counter_cond;
static unsigned counter;

static void *count_up(void *argument)
{
    (void)argument;
    for (int i = 0; i < 10000; i++) {
        humi_lock(&counter_lock);
        counter++;
        humi_unlock(&counter_lock);
    }
    return NULL;
}

static void no_increment_is_lost(void **state)
{
    pthread_t threads[4];

    (void)state;
    counter = 0;
    humi_lock_init(&counter_lock, HUMI_RANK_STATS);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counter, 40000);
    humi_lock_fini(&counter_lock);
}

struct tries {
    bool lock, read, write;
};

static void *try_all(void *argument)
{
    struct tries *tries = argument;

    if ((tries->lock = humi_lock_try(&counter_lock)))
        humi_unlock(&counter_lock);
    if ((tries->read = humi_rwlock_read_try(&counter_rwlock)))
        humi_rwlock_unlock(&counter_rwlock);
    if ((tries->write = humi_rwlock_write_try(&counter_rwlock)))
        humi_rwlock_unlock(&counter_rwlock);
    return NULL;
}

static struct tries try_on_another_thread(void)
{
    struct tries tries = {0};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, try_all, &tries), 0);
    pthread_join(thread, NULL);
    return tries;
}

static void trying_fails_where_waiting_would_wait(void **state)
{
    struct tries tries;

    (void)state;
    humi_lock_init(&counter_lock, HUMI_RANK_STATS);
    humi_rwlock_init(&counter_rwlock, HUMI_RANK_REGION_TREE);
    tries = try_on_another_thread();
    assert_true(tries.lock && tries.read && tries.write);

    humi_rwlock_read(&counter_rwlock);
    humi_lock(&counter_lock);
    tries = try_on_another_thread();
    assert_true(!tries.lock && tries.read && !tries.write);
    humi_unlock(&counter_lock);
    humi_rwlock_unlock(&counter_rwlock);

    humi_rwlock_write(&counter_rwlock);
    tries = try_on_another_thread();
    assert_true(tries.lock && !tries.read && !tries.write);
    humi_rwlock_unlock(&counter_rwlock);
    humi_rwlock_fini(&counter_rwlock);
    humi_lock_fini(&counter_lock);
}

static void *wake_with_one(void *argument)
{
    (void)argument;
    humi_lock(&counter_lock);
    counter = 1;
    pthread_cond_signal(&counter_cond);
    humi_unlock(&counter_lock);
    return NULL;
}

static void condition_wakes_the_waiter(void **state)
{
    pthread_t thread;

    (void)state;
    counter = 0;
    humi_lock_init(&counter_lock, HUMI_RANK_STREAM);
    humi_cond_init(&counter_cond);
    humi_lock(&counter_lock);
    assert_int_equal(pthread_create(&thread, NULL, wake_with_one, NULL), 0);
    while (counter == 0)
        humi_cond_wait(&counter_cond, &counter_lock);
    humi_unlock(&counter_lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&counter_cond);
}

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static void handlers_run_when_the_last_lock_is_let_go(void **state)
{
    struct humi_lock outer, inner;

    (void)state;
    humi_lock_init(&outer, HUMI_RANK_STREAM);
    humi_lock_init(&inner, HUMI_RANK_LIST);
    handled = 0;
    signal(SIGUSR1, on_signal);
    humi_lock(&outer);
    humi_lock(&inner);
    raise(SIGUSR1);
    humi_unlock(&outer);
    assert_int_equal(handled, 0);
    humi_unlock(&inner);
    assert_int_equal(handled, 1);
    raise(SIGUSR1);
    assert_int_equal(handled, 2);
    signal(SIGUSR1, SIG_DFL);
    humi_lock_fini(&outer);
    humi_lock_fini(&inner);
}

int main(void)
{
#define WATCHED(test) cmocka_unit_test_setup_teardown(test, watch, unwatch)
    const struct CMUnitTest tests[] = {
        WATCHED(every_pair_of_ranks_follows_the_rule),
        WATCHED(trying_may_go_against_the_order_but_not_to_the_same_rank),
        WATCHED(read_write_locks_have_ranks_too),
        WATCHED(lock_knows_whether_the_thread_holds_it),
        cmocka_unit_test(wrong_order_aborts_with_both_names),
        cmocka_unit_test(release_of_a_free_lock_aborts),
        cmocka_unit_test(ranks_have_names),
        cmocka_unit_test(lock_of_one_thread_is_taken_once),
        cmocka_unit_test(no_increment_is_lost),
        cmocka_unit_test(trying_fails_where_waiting_would_wait),
        cmocka_unit_test(condition_wakes_the_waiter),
        cmocka_unit_test(handlers_run_when_the_last_lock_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
