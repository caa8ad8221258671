/* SPDX-License-Identifier: MIT */
/* test_stream.c - order and errors of streams on devices that finish when told. */
#include <stdlib.h>

#include "stream_bench.h"

/* ---- order ----------------------------------------------------------------------------------- */

static void launches_go_straight_to_the_device(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, false);
    for (unsigned i = 0; i < 200; i++)
        launch_at(&bench, bench.stream[0], i);
    assert_int_equal(device(&bench, 0)->launch_count, 200);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(device(&bench, 0)->launches[i].kernel, i);
        fake_finish(device(&bench, 0), HUM_OK, 100 + i);
    }
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_OK);
    assert_int_equal(bench.stream[0]->finished, 200);
    assert_int_equal(bench.world->hum.launches, 200);
    bench_close(&bench);
}

static void ten_thousand_launches(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, true);
    for (unsigned i = 0; i < 10000; i++)
        launch_at(&bench, bench.stream[0], i);
    assert_true(bench.stream[0]->ticket_room <= 128); /* finished ones were collected on the way */
    assert_int_equal(hum_wait(&bench.world->hum, 0), HUM_OK);
    assert_int_equal(device(&bench, 0)->launch_count, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_true(device(&bench, 0)->launches[i].collected);
    bench_close(&bench);
}

static void ten_thousand_launches_outstanding(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, false);
    for (unsigned i = 0; i < 10000; i++)
        launch_at(&bench, bench.stream[0], i);
    for (unsigned i = 0; i < 10000; i++)
        fake_finish(device(&bench, 0), HUM_OK, 1 + i);
    assert_int_equal(hum_wait(&bench.world->hum, HUM_ALL), HUM_OK);
    assert_int_equal(bench.stream[0]->finished, 10000);
    bench_close(&bench);
}

static void host_work_keeps_its_place(void **state)
{
    struct bench bench;
    atomic_uint destroyed = 0;
    struct gate gate;
    size_t count = 1;

    (void)state;
    bench_open(&bench, false);
    gate_init(&gate, false, HUM_OK, &destroyed);
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(humi_stream_queue(bench.stream[0], &gate.work), HUM_OK);
    launch_at(&bench, bench.stream[0], 2);
    launch_at(&bench, bench.stream[0], 3);
    assert_int_equal(device(&bench, 0)->launch_count, 1);
    assert_false(gate.entered);
    fake_finish(device(&bench, 0), HUM_OK, 10);
    gate_wait_entered(&gate);
    assert_int_equal(gate.finished_before, 1);
    assert_int_equal(device(&bench, 0)->launch_count, 1);
    gate_open(&gate);
    count = 3;
    assert_true(fake_wait(device(&bench, 0), has_launches, &count));
    assert_int_equal(device(&bench, 0)->launches[1].kernel, 2);
    assert_int_equal(device(&bench, 0)->launches[2].kernel, 3);
    fake_finish(device(&bench, 0), HUM_OK, 20);
    fake_finish(device(&bench, 0), HUM_OK, 30);
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_OK);
    assert_int_equal(bench.stream[0]->finished, 4);
    bench_close(&bench);
    assert_int_equal(destroyed, 1);
}

/* Host work and launches mixed; every piece of work starts after all before it has finished. */
static void mixed_work_runs_in_order(void **state)
{
    enum { COUNT = 300 };
    struct bench bench;
    atomic_uint destroyed = 0;
    struct gate *gates = calloc(COUNT, sizeof *gates);
    uint64_t sequence = 0;

    (void)state;
    assert_non_null(gates);
    bench_open(&bench, true);
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned launches = i * 7 % 5;
        for (unsigned j = 0; j < launches; j++)
            launch_at(&bench, bench.stream[0], i);
        gate_init(&gates[i], true, HUM_OK, &destroyed);
        assert_int_equal(humi_stream_queue(bench.stream[0], &gates[i].work), HUM_OK);
    }
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        sequence += i * 7 % 5;
        assert_int_equal(gates[i].finished_before, sequence);
        sequence++;
    }
    bench_close(&bench);
    assert_int_equal(destroyed, COUNT);
    free(gates);
}

static void streams_have_queues_of_their_own(void **state)
{
    struct bench bench;
    struct hum_stream *streams[HUMI_QUEUES_MAX], *more = NULL;
    uint64_t seen = 0;

    (void)state;
    bench_open(&bench, true);
    seen |= UINT64_C(1) << bench.stream[0]->queue;
    for (unsigned i = 0; i < HUMI_QUEUES_MAX - 1; i++) {
        assert_int_equal(hum_stream_create(&bench.world->hum, 0, &streams[i]), HUM_OK);
        assert_false(seen & (UINT64_C(1) << streams[i]->queue));
        seen |= UINT64_C(1) << streams[i]->queue;
    }
    assert_int_equal(hum_stream_create(&bench.world->hum, 0, &more), HUM_ERR_BUSY);
    assert_null(more);
    hum_stream_destroy(streams[7]);
    assert_int_equal(hum_stream_create(&bench.world->hum, 0, &streams[7]), HUM_OK);
    hum_stream_destroy(bench.stream[0]); /* the default one stays */
    assert_ptr_equal(hum_stream(&bench.world->hum, 0), bench.stream[0]);
    bench_close(&bench);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void the_first_error_is_told_once_and_work_goes_on(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, false);
    for (unsigned i = 0; i < 4; i++)
        launch_at(&bench, bench.stream[0], i);
    fake_finish(device(&bench, 0), HUM_OK, 1);
    fake_finish(device(&bench, 0), HUM_ERR_KERNEL_CRASHED, 2);
    fake_finish(device(&bench, 0), HUM_ERR_TIMEOUT, 3);
    fake_finish(device(&bench, 0), HUM_OK, 4);
    assert_int_equal(hum_wait(&bench.world->hum, 0), HUM_ERR_KERNEL_CRASHED);
    assert_non_null(strstr(hum_error_text(), "kernel1"));
    assert_non_null(strstr(hum_error_text(), "fake0"));
    assert_int_equal(hum_wait(&bench.world->hum, 0), HUM_OK);
    bench_close(&bench);
}

static void all_devices_are_waited_for_even_after_an_error(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, false);
    launch_at(&bench, bench.stream[0], 1);
    launch_at(&bench, bench.stream[1], 2);
    fake_finish(device(&bench, 0), HUM_ERR_KERNEL_CRASHED, 1);
    fake_finish(device(&bench, 1), HUM_ERR_TIMEOUT, 1);
    assert_int_equal(hum_wait(&bench.world->hum, HUM_ALL), HUM_ERR_KERNEL_CRASHED);
    assert_non_null(strstr(hum_error_text(), "kernel1"));
    assert_int_equal(bench.stream[1]->finished, 1);
    assert_int_equal(hum_wait(&bench.world->hum, HUM_ALL), HUM_OK);
    bench_close(&bench);
}

static void a_launch_that_cannot_be_submitted_is_no_work(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, true);
    device(&bench, 0)->fail_submit = 1;
    assert_int_equal(hum_launch(bench.stream[0], &bench.kernel[0], 1, NULL, 0),
                     HUM_ERR_NO_MEMORY);
    assert_int_equal(bench.stream[0]->issued, 0);
    assert_int_equal(bench.world->hum.launches, 0);
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_wait(&bench.world->hum, 0), HUM_OK);
    bench_close(&bench);
}

static void host_work_that_fails_is_told_at_the_wait(void **state)
{
    struct bench bench;
    atomic_uint destroyed = 0;
    struct gate gate;

    (void)state;
    bench_open(&bench, true);
    gate_init(&gate, true, HUM_ERR_PERMISSION, &destroyed);
    assert_int_equal(humi_stream_queue(bench.stream[0], &gate.work), HUM_OK);
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_ERR_PERMISSION);
    assert_string_equal(hum_error_text(), "the gate says so");
    assert_int_equal(hum_stream_wait(bench.stream[0]), HUM_OK);
    bench_close(&bench);
}

/* A queued launch whose submit fails must be told at the very next wait, never at a later one. */
static void a_queued_launch_that_fails_is_told_at_the_next_wait(void **state)
{
    struct bench bench;
    atomic_uint destroyed = 0;
    unsigned late = 0;

    (void)state;
    bench_open(&bench, true);
    for (unsigned i = 0; i < 2000; i++) {
        struct gate gate;
        gate_init(&gate, false, HUM_OK, &destroyed);
        assert_int_equal(humi_stream_queue(bench.stream[0], &gate.work), HUM_OK);
        gate_wait_entered(&gate);
        device(&bench, 0)->fail_submit = 1;
        launch_at(&bench, bench.stream[0], i);
        gate_open(&gate);
        late += hum_stream_wait(bench.stream[0]) != HUM_ERR_NO_MEMORY;
        while (atomic_load(&destroyed) != i + 1)
            sched_yield();
    }
    assert_int_equal(late, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(launches_go_straight_to_the_device),
        cmocka_unit_test(ten_thousand_launches),
        cmocka_unit_test(ten_thousand_launches_outstanding),
        cmocka_unit_test(host_work_keeps_its_place),
        cmocka_unit_test(mixed_work_runs_in_order),
        cmocka_unit_test(streams_have_queues_of_their_own),
        cmocka_unit_test(the_first_error_is_told_once_and_work_goes_on),
        cmocka_unit_test(all_devices_are_waited_for_even_after_an_error),
        cmocka_unit_test(a_launch_that_cannot_be_submitted_is_no_work),
        cmocka_unit_test(host_work_that_fails_is_told_at_the_wait),
        cmocka_unit_test(a_queued_launch_that_fails_is_told_at_the_next_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + stream_events() + stream_threads();
}
