/* SPDX-License-Identifier: MIT */
/* test_stream_threads.c - many threads that share streams, and wait for them. */
#include <stdlib.h>

#include "stream_bench.h"

struct waiter {
    struct bench *bench;
    unsigned launches;
    unsigned errors;
};

static void *launch_and_wait(void *argument)
{
    struct waiter *waiter = argument;
    struct hum_stream *stream = waiter->bench->stream[0];

    for (unsigned i = 0; i < waiter->launches; i++) {
        waiter->errors +=
            hum_launch(stream, &waiter->bench->kernel[0], 1, NULL, 0) != HUM_OK;
        if (i % 3 == 0)
            waiter->errors += hum_stream_wait(stream) != HUM_OK;
    }
    waiter->errors += hum_wait(&waiter->bench->world->hum, HUM_ALL) != HUM_OK;
    return NULL;
}

static void threads_share_a_stream(void **state)
{
    enum { THREADS = 4 };
    struct bench bench;
    struct waiter waiters[THREADS];
    pthread_t threads[THREADS];
    atomic_uint destroyed = 0;
    struct gate gates[20];

    (void)state;
    bench_open(&bench, true);
    for (unsigned i = 0; i < THREADS; i++) {
        waiters[i] = (struct waiter){.bench = &bench, .launches = 500};
        assert_int_equal(pthread_create(&threads[i], NULL, launch_and_wait, &waiters[i]), 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        gate_init(&gates[i], true, HUM_OK, &destroyed);
        assert_int_equal(humi_stream_queue(bench.stream[0], &gates[i].work), HUM_OK);
        sched_yield();
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].errors, 0);
    }
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_OK);
    assert_int_equal(bench.stream[0]->finished, THREADS * 500 + 20);
    bench_close(&bench);
}

static bool somebody_waits(struct fake *fake, void *context)
{
    (void)context;
    return fake->waiters > 0;
}

static void *wait_for_stream(void *argument)
{
    struct waiter *waiter = argument;

    waiter->errors = hum_stream_wait(waiter->bench->stream[0]) != HUM_OK;
    return NULL;
}

/* One thread waits for the oldest ticket at the device; the others wait for it, not for theirs. */
static void one_thread_collects_for_all(void **state)
{
    enum { THREADS = 3 };
    struct bench bench;
    struct waiter waiters[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    bench_open(&bench, false);
    launch_at(&bench, bench.stream[0], 1);
    launch_at(&bench, bench.stream[0], 2);
    for (unsigned i = 0; i < THREADS; i++) {
        waiters[i] = (struct waiter){.bench = &bench};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_stream, &waiters[i]), 0);
    }
    assert_true(fake_wait(device(&bench, 0), somebody_waits, NULL));
    fake_finish(device(&bench, 0), HUM_OK, 1);
    fake_finish(device(&bench, 0), HUM_OK, 2);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiters[i].errors, 0);
    }
    assert_int_equal(device(&bench, 0)->waiters_most, 1);
    bench_close(&bench);
}

static bool somebody_waits_for_the_last(struct fake *fake, void *context)
{
    (void)context;
    return fake->waiters > 0 && fake->waited == fake->launch_count;
}

/* Whoever needs all of a row waits for its last, and sees every outcome, in order. */
static void a_row_is_waited_for_at_its_end(void **state)
{
    enum { LAUNCHES = 5 };
    struct bench bench;
    struct hum_event *event[LAUNCHES];
    struct hum_event_result result;
    struct waiter waiter = {.bench = &bench};
    pthread_t thread;

    (void)state;
    bench_open(&bench, false);
    device(&bench, 0)->patient = true;
    for (unsigned i = 0; i < LAUNCHES; i++) {
        launch_at(&bench, bench.stream[0], i);
        assert_int_equal(hum_event_create(&bench.world->hum, &event[i]), HUM_OK);
        assert_int_equal(hum_event_record(event[i], bench.stream[0]), HUM_OK);
    }
    assert_int_equal(pthread_create(&thread, NULL, wait_for_stream, &waiter), 0);
    assert_true(fake_wait(device(&bench, 0), somebody_waits_for_the_last, NULL));
    for (unsigned i = 0; i < LAUNCHES; i++)
        fake_finish(device(&bench, 0), i == 2 ? HUM_ERR_TIMEOUT : HUM_OK, 10 * (i + 1));
    pthread_join(thread, NULL);
    assert_int_equal(waiter.errors, 1);
    for (unsigned i = 0; i < LAUNCHES; i++) {
        assert_int_equal(hum_event_result(event[i], &result), HUM_OK);
        assert_int_equal(result.end_ns, 10 * (i + 1));
        assert_int_equal(result.status, i < 2 ? HUM_OK : HUM_ERR_TIMEOUT);
        hum_event_destroy(event[i]);
    }
    bench_close(&bench);
}

int stream_threads(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_stream),
        cmocka_unit_test(one_thread_collects_for_all),
        cmocka_unit_test(a_row_is_waited_for_at_its_end),
    };

    return cmocka_run_group_tests_name("stream_threads", tests, NULL, NULL);
}
