/* SPDX-License-Identifier: MIT */
/* test_signals.c - a handler waits until the last lock of its thread is released. */
#include <pthread.h>
#include <signal.h>

#include "base/lock.h"
#include "base/signals.h"
#include "support/test.h"

static volatile sig_atomic_t handled;

static void count(int signal_number)
{
    (void)signal_number;
    handled++;
}

static int start_listening(void **state)
{
    (void)state;
    handled = 0;
    signal(SIGUSR1, count);
    return 0;
}

static void handler_runs_when_the_last_pair_ends(void **state)
{
    (void)state;
    humi_signals_hold();
    humi_signals_hold();
    raise(SIGUSR1);
    assert_int_equal(handled, 0);
    humi_signals_release();
    assert_int_equal(handled, 0);
    humi_signals_release();
    assert_int_equal(handled, 1);
    raise(SIGUSR1);
    assert_int_equal(handled, 2);
}

static void locks_hold_signals_and_a_lock_not_got_does_not(void **state)
{
    struct humi_lock lock;
    struct humi_rwlock rwlock;

    (void)state;
    humi_lock_init(&lock, HUMI_RANK_BLOCK);
    humi_rwlock_init(&rwlock, HUMI_RANK_REGION_TREE);
    humi_rwlock_read(&rwlock);
    assert_true(humi_lock_try(&lock));
    humi_rwlock_unlock(&rwlock);
    raise(SIGUSR1);
    assert_int_equal(handled, 0);
    humi_unlock(&lock);
    assert_int_equal(handled, 1);

    /* As somebody else who has it; by itself the lock cannot be tried twice. */
    pthread_mutex_lock(&lock.mutex);
    assert_false(humi_lock_try(&lock));
    raise(SIGUSR1);
    assert_int_equal(handled, 2);
    pthread_mutex_unlock(&lock.mutex);
}

static void pairs_of_a_spared_thread_hold_nothing_back(void **state)
{
    (void)state;
    assert_false(humi_signals_spare(true));
    humi_signals_hold();
    raise(SIGUSR1);
    assert_int_equal(handled, 1);
    humi_signals_release();
    assert_true(humi_signals_spare(false));
    humi_signals_hold();
    raise(SIGUSR1);
    assert_int_equal(handled, 1);
    humi_signals_release();
    assert_int_equal(handled, 2);
}

static void own_mask_of_the_thread_comes_back(void **state)
{
    sigset_t own, now;

    (void)state;
    sigemptyset(&own);
    sigaddset(&own, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &own, NULL);
    humi_signals_hold();
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    assert_true(sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM));
    assert_false(sigismember(&now, SIGSEGV) || sigismember(&now, SIGBUS));
    humi_signals_release();
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    assert_true(sigismember(&now, SIGUSR2) && !sigismember(&now, SIGUSR1));
    sigemptyset(&own);
    pthread_sigmask(SIG_SETMASK, &own, NULL);
}

static struct humi_lock wait_lock;
static pthread_cond_t wait_cond;

/* Waits until the handler ran in this thread: nobody ever signals the condition. */
static void *wait_for_handler(void *argument)
{
    (void)argument;
    humi_lock(&wait_lock);
    raise(SIGUSR1);
    while (handled == 0)
        humi_cond_wait(&wait_cond, &wait_lock);
    humi_unlock(&wait_lock);
    return NULL;
}

static void waiting_delivers_signals_now_and_then(void **state)
{
    pthread_t thread;

    (void)state;
    humi_lock_init(&wait_lock, HUMI_RANK_STREAM);
    humi_cond_init(&wait_cond);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_handler, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(handled, 1);
}

static void *never_listen(void *argument)
{
    (void)argument;
    humi_signals_never();
    humi_signals_hold();
    humi_signals_release();
    raise(SIGUSR1);
    return NULL;
}

static void thread_of_the_runtime_never_runs_a_handler(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, never_listen, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(handled, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(handler_runs_when_the_last_pair_ends, start_listening),
        cmocka_unit_test_setup(locks_hold_signals_and_a_lock_not_got_does_not, start_listening),
        cmocka_unit_test_setup(pairs_of_a_spared_thread_hold_nothing_back, start_listening),
        cmocka_unit_test_setup(own_mask_of_the_thread_comes_back, start_listening),
        cmocka_unit_test_setup(waiting_delivers_signals_now_and_then, start_listening),
        cmocka_unit_test_setup(thread_of_the_runtime_never_runs_a_handler, start_listening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
