/* SPDX-License-Identifier: MIT */
/* test_stream_events.c - marks in streams, and events that other streams wait for. */
#include "base/clock.h"
#include "stream_bench.h"

static uint64_t test_now;

static uint64_t now_by_hand(void)
{
    return test_now;
}

static void an_event_happens_when_the_work_before_it_is_done(void **state)
{
    struct bench bench;
    struct hum_event *event;

    (void)state;
    bench_open(&bench, false);
    assert_int_equal(hum_event_create(&bench.world->hum, &event), HUM_OK);
    assert_int_equal(hum_event_query(event), HUM_OK); /* never recorded */
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_event_record(event, bench.stream[0]), HUM_OK);
    launch_at(&bench, bench.stream[0], 2);
    assert_int_equal(hum_event_query(event), HUM_NOT_READY);
    fake_finish(device(&bench, 0), HUM_OK, 5);
    assert_int_equal(hum_event_query(event), HUM_OK);
    assert_int_equal(hum_event_wait(event), HUM_OK);
    assert_int_equal(bench.stream[0]->finished, 1);
    assert_int_equal(hum_event_record(event, bench.stream[0]), HUM_OK); /* again */
    assert_int_equal(hum_event_query(event), HUM_NOT_READY);
    hum_event_destroy(event); /* while its mark waits */
    fake_finish(device(&bench, 0), HUM_OK, 6);
    assert_int_equal(hum_wait(&bench.world->hum, 0), HUM_OK);
    bench_close(&bench);
}

/* With a clock that the test sets, and two events. */
static void open_with_events(struct bench *bench, struct hum_event **start, struct hum_event **end)
{
    test_now = 1000;
    humi_clock_replace(now_by_hand);
    bench_open(bench, false);
    assert_int_equal(hum_event_create(&bench->world->hum, start), HUM_OK);
    assert_int_equal(hum_event_create(&bench->world->hum, end), HUM_OK);
}

static void close_with_events(struct bench *bench, struct hum_event *start, struct hum_event *end)
{
    hum_event_destroy(start);
    hum_event_destroy(end);
    bench_close(bench);
    humi_clock_replace(NULL);
}

static void elapsed_is_between_the_ends_of_the_work(void **state)
{
    struct bench bench;
    struct hum_event *start, *end;
    int64_t ns = -1;

    (void)state;
    open_with_events(&bench, &start, &end);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_ERR_INVALID);
    assert_int_equal(hum_event_record(start, bench.stream[0]), HUM_OK); /* idle: now */
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_event_record(end, bench.stream[0]), HUM_OK);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_ERR_INVALID); /* not yet */
    assert_int_equal(ns, -1);
    fake_finish(device(&bench, 0), HUM_OK, 1700);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_OK);
    assert_int_equal(ns, 700);
    close_with_events(&bench, start, end);
}

/* A stream that has been idle for long: the event happens when it is recorded, not before. */
static void an_event_never_happens_before_it_is_recorded(void **state)
{
    struct bench bench;
    struct hum_event *start, *end;
    int64_t ns = -1;

    (void)state;
    open_with_events(&bench, &start, &end);
    launch_at(&bench, bench.stream[0], 1);
    fake_finish(device(&bench, 0), HUM_OK, 1100); /* nobody has looked yet */
    test_now = 9000;
    assert_int_equal(hum_event_record(start, bench.stream[0]), HUM_OK);
    launch_at(&bench, bench.stream[0], 2);
    assert_int_equal(hum_event_record(end, bench.stream[0]), HUM_OK);
    fake_finish(device(&bench, 0), HUM_OK, 9300);
    assert_int_equal(hum_event_wait(end), HUM_OK);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_OK);
    assert_int_equal(ns, 300);
    close_with_events(&bench, start, end);
}

static void a_stream_waits_for_another_ones_event(void **state)
{
    struct bench bench;
    struct hum_event *event;
    size_t count = 1;

    (void)state;
    bench_open(&bench, false);
    assert_int_equal(hum_event_create(&bench.world->hum, &event), HUM_OK);
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_event_record(event, bench.stream[0]), HUM_OK);
    assert_int_equal(hum_stream_wait_event(bench.stream[1], event), HUM_OK);
    launch_at(&bench, bench.stream[1], 2);
    hum_event_destroy(event); /* "as last recorded": the wait stays */
    assert_int_equal(device(&bench, 1)->launch_count, 0);
    fake_finish(device(&bench, 0), HUM_OK, 5);
    assert_true(fake_wait(device(&bench, 1), has_launches, &count));
    fake_finish(device(&bench, 1), HUM_OK, 6);
    assert_int_equal(hum_wait(&bench.world->hum, HUM_ALL), HUM_OK);
    bench_close(&bench);
}

static void waiting_for_what_has_happened_queues_nothing(void **state)
{
    struct bench bench;
    struct hum_event *event;

    (void)state;
    bench_open(&bench, true);
    assert_int_equal(hum_event_create(&bench.world->hum, &event), HUM_OK);
    assert_int_equal(hum_stream_wait_event(bench.stream[1], event), HUM_OK);
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_event_record(event, bench.stream[0]), HUM_OK);
    assert_int_equal(hum_stream_wait_event(bench.stream[1], event), HUM_OK);
    assert_int_equal(hum_stream_wait_event(bench.stream[0], event), HUM_OK);
    assert_false(bench.stream[0]->has_thread || bench.stream[1]->has_thread);
    assert_int_equal(bench.stream[1]->issued, 0);
    hum_event_destroy(event);
    bench_close(&bench);
}

static void an_event_outlives_its_stream(void **state)
{
    struct bench bench;
    struct hum_event *event;
    struct hum_stream *stream;

    (void)state;
    bench_open(&bench, true);
    assert_int_equal(hum_stream_create(&bench.world->hum, 0, &stream), HUM_OK);
    assert_int_equal(hum_event_create(&bench.world->hum, &event), HUM_OK);
    launch_at(&bench, stream, 1);
    assert_int_equal(hum_event_record(event, stream), HUM_OK);
    hum_stream_destroy(stream);
    assert_int_equal(hum_event_query(event), HUM_OK);
    assert_int_equal(hum_event_wait(event), HUM_OK);
    hum_event_destroy(event);
    bench_close(&bench);
}

int stream_events(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_happens_when_the_work_before_it_is_done),
        cmocka_unit_test(elapsed_is_between_the_ends_of_the_work),
        cmocka_unit_test(an_event_never_happens_before_it_is_recorded),
        cmocka_unit_test(a_stream_waits_for_another_ones_event),
        cmocka_unit_test(waiting_for_what_has_happened_queues_nothing),
        cmocka_unit_test(an_event_outlives_its_stream),
    };

    return cmocka_run_group_tests_name("stream_events", tests, NULL, NULL);
}
