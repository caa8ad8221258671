/* SPDX-License-Identifier: MIT */
/* streams.c - order of work: streams, events, errors on the way. */
#include "flow/flow.h"

static struct hum *hum;
static uint64_t *gate;      /* kernels wait here for the host */

static int setup(void **state)
{
    (void)state;
    hum = flow_open(TWO_DEVICES, NULL);
    gate = flow_alloc(hum, PAGE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void set_gate(uint64_t value)
{
    __atomic_store_n(gate, value, __ATOMIC_SEQ_CST);
}

/* A kernel that stays until set_gate(until), then stores value to *out. */
static void launch_gate(struct hum_stream *stream, int device, uint64_t until, uint64_t *out,
                        uint64_t value)
{
    struct flow_gate args = {.gate = gate, .out = out, .until = until, .value = value};

    ok(hum_launch(stream, flow_kernel(hum, device, "gate"), 1, &args, sizeof args));
}

static void launch_words(struct hum_stream *stream, int device, const char *kernel, uint64_t *words,
                         size_t n, uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    ok(hum_launch(stream, flow_kernel(hum, device, kernel), n, &args, sizeof args));
}

static void work_of_a_stream_runs_in_order(void **state)
{
    uint64_t *words = flow_alloc(hum, 3 * PAGE), want = 0;
    size_t n = 3 * WORDS_PER_PAGE;

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        launch_words(hum_stream(hum, 0), 0, i % 2 ? "add" : "multiply", words, n, i);
        want = i % 2 ? want + i : want * i + 1;
    }
    ok(hum_wait(hum, 0));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], want);
}

static void arguments_are_copied_by_the_launch(void **state)
{
    uint64_t *out = flow_alloc(hum, PAGE);
    struct flow_gate args = {.gate = gate, .out = out, .until = 1, .value = 5};

    (void)state;
    set_gate(0);
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args, sizeof args));
    memset(&args, 0xff, sizeof args);
    set_gate(1);
    ok(hum_wait(hum, 0));
    assert_int_equal(*out, 5);
}

static void an_event_happens_when_its_stream_gets_there(void **state)
{
    struct hum_event *event;

    (void)state;
    set_gate(0);
    ok(hum_event_create(hum, &event));
    ok(hum_event_query(event)); /* never recorded: has happened */
    ok(hum_event_wait(event));
    launch_gate(hum_stream(hum, 0), 0, 2, NULL, 0);
    ok(hum_event_record(event, hum_stream(hum, 0)));
    status_is(HUM_NOT_READY, hum_event_query(event));
    set_gate(2);
    ok(hum_event_wait(event));
    ok(hum_event_query(event));
    ok(hum_wait(hum, 0));
    hum_event_destroy(event);
}

static void events_order_streams(void **state)
{
    for (int device = 0; device < 2; device++) { /* of the same device, then of two */
        struct hum_stream *first = hum_stream(hum, 0), *second;
        uint64_t *words = flow_alloc(hum, PAGE);
        struct hum_event *event;

        ok(hum_stream_create(hum, device, &second));
        ok(hum_event_create(hum, &event));
        set_gate(0);
        launch_gate(first, 0, 3, words, 10);
        ok(hum_event_record(event, first));
        ok(hum_stream_wait_event(second, event));
        launch_words(second, device, "multiply", words, 1, 7);
        set_gate(3);
        ok(hum_stream_wait(second));
        assert_int_equal(words[0], 71);
        hum_stream_destroy(second);
        hum_event_destroy(event);
        ok(hum_wait(hum, HUM_ALL));
    }
    (void)state;
}

static void a_wait_is_for_the_event_as_last_recorded(void **state)
{
    struct hum_stream *second;
    struct hum_event *event;

    (void)state;
    ok(hum_stream_create(hum, 1, &second));
    ok(hum_event_create(hum, &event));
    ok(hum_event_record(event, hum_stream(hum, 0)));
    ok(hum_event_wait(event));
    set_gate(0);
    launch_gate(hum_stream(hum, 0), 0, 4, NULL, 0);
    ok(hum_event_record(event, hum_stream(hum, 0)));
    status_is(HUM_NOT_READY, hum_event_query(event));
    set_gate(4);
    ok(hum_event_wait(event));
    ok(hum_stream_wait_event(second, event)); /* of an event that has happened */
    ok(hum_stream_wait(second));
    hum_stream_destroy(second);
    hum_event_destroy(event);
}

static void elapsed_time_is_between_the_events(void **state)
{
    struct hum_event *start, *end;
    int64_t ns = -1, limit;
    double before = flow_now();

    (void)state;
    ok(hum_event_create(hum, &start));
    ok(hum_event_create(hum, &end));
    assert_true(hum_event_elapsed(start, end, &ns) != HUM_OK);
    assert_int_equal(ns, -1);
    ok(hum_event_record(start, hum_stream(hum, 0)));
    launch_words(hum_stream(hum, 0), 0, "fill", flow_alloc(hum, MIB), MIB / 8, 1);
    ok(hum_event_record(end, hum_stream(hum, 0)));
    ok(hum_event_wait(end));
    limit = (int64_t)((flow_now() - before) * 1e9);
    ok(hum_event_elapsed(start, end, &ns));
    assert_true(ns > 0 && ns <= limit);
    ok(hum_wait(hum, 0));
    hum_event_destroy(start);
    hum_event_destroy(end);
}

static void streams_do_not_wait_for_each_other(void **state)
{
    struct hum_stream *other;
    uint64_t *words = flow_alloc(hum, PAGE);

    (void)state;
    set_gate(0);
    ok(hum_stream_create(hum, 1, &other));
    launch_gate(hum_stream(hum, 0), 0, 5, NULL, 0);
    launch_words(other, 1, "fill", words, 1, 1);
    ok(hum_stream_wait(other)); /* while device 0 stays */
    assert_int_equal(words[0], 1);
    set_gate(5);
    ok(hum_wait(hum, HUM_ALL));
    hum_stream_destroy(other);
}

static void destroying_a_stream_waits_for_its_work(void **state)
{
    struct hum_stream *stream;
    uint64_t *words = flow_alloc(hum, 4 * MIB);
    size_t n = 4 * MIB / sizeof *words;

    (void)state;
    ok(hum_stream_create(hum, 0, &stream));
    for (unsigned i = 0; i < 20; i++)
        launch_words(stream, 0, "add", words, n, 1);
    hum_stream_destroy(stream);
    assert_int_equal(words[n - 1], 20);
}

static void many_streams_do_their_own_work(void **state)
{
    enum { STREAMS = 32 };
    struct hum_stream *streams[STREAMS];
    uint64_t *words = flow_alloc(hum, STREAMS * PAGE);

    (void)state;
    for (unsigned i = 0; i < STREAMS; i++)
        ok(hum_stream_create(hum, (int)i % 2, &streams[i]));
    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < STREAMS; i++)
            launch_words(streams[i], (int)i % 2, round % 2 ? "add" : "multiply",
                         words + i * WORDS_PER_PAGE, WORDS_PER_PAGE, i + 1);
    ok(hum_wait(hum, HUM_ALL));
    for (unsigned i = 0; i < STREAMS; i++) {
        uint64_t want = 0;
        for (unsigned round = 0; round < 20; round++)
            want = round % 2 ? want + i + 1 : want * (i + 1) + 1;
        assert_int_equal(words[i * WORDS_PER_PAGE + 7], want);
        hum_stream_destroy(streams[i]);
    }
}

static void the_first_error_is_reported_once_and_work_goes_on(void **state)
{
    struct flow_poke bad = {.address = (uint64_t *)0x10000};
    struct flow_none none = {0};
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_stream *stream = hum_stream(hum, 0);

    (void)state;
    ok(hum_launch(stream, flow_kernel(hum, 0, "poke"), 1, &bad, sizeof bad));
    ok(hum_launch(stream, flow_kernel(hum, 0, "bad_instruction"), 1, &none, sizeof none));
    launch_words(stream, 0, "fill", words, 1, 8);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "poke"));
    assert_int_equal(words[0], 8);
    ok(hum_wait(hum, 0));
}

static void a_stream_reports_its_own_errors(void **state)
{
    struct flow_poke bad = {.address = (uint64_t *)0x10000};
    struct hum_stream *good_stream, *bad_stream;
    uint64_t *words = flow_alloc(hum, PAGE);

    (void)state;
    ok(hum_stream_create(hum, 0, &good_stream));
    ok(hum_stream_create(hum, 0, &bad_stream));
    ok(hum_launch(bad_stream, flow_kernel(hum, 0, "poke"), 1, &bad, sizeof bad));
    launch_words(good_stream, 0, "fill", words, 1, 8);
    ok(hum_stream_wait(good_stream));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_stream_wait(bad_stream));
    ok(hum_stream_wait(bad_stream));
    ok(hum_wait(hum, HUM_ALL));
    hum_stream_destroy(good_stream);
    hum_stream_destroy(bad_stream);
}

/* Each event has the times and the error of the work before it; the wait has the error yet. */
static void events_tell_what_became_of_the_work(void **state)
{
    struct flow_poke bad = {.address = (uint64_t *)0x10000};
    struct hum_event_result good_result, bad_result, none;
    uint64_t before = (uint64_t)(flow_now() * 1e9);
    struct hum_event *good, *failed, *never;
    struct hum_stream *stream;

    (void)state;
    ok(hum_stream_create(hum, 0, &stream));
    ok(hum_event_create(hum, &good));
    ok(hum_event_create(hum, &failed));
    ok(hum_event_create(hum, &never));
    set_gate(0);
    launch_gate(stream, 0, 4, NULL, 0);
    ok(hum_event_record(good, stream));
    status_is(HUM_NOT_READY, hum_event_result(good, &none));
    ok(hum_launch(stream, flow_kernel(hum, 0, "poke"), 1, &bad, sizeof bad));
    ok(hum_event_record(failed, stream));
    set_gate(4);
    ok(hum_event_wait(failed));
    ok(hum_event_result(good, &good_result));
    ok(hum_event_result(failed, &bad_result));
    assert_int_equal(good_result.status, HUM_OK);
    assert_int_equal(bad_result.status, HUM_ERR_ILLEGAL_ADDRESS);
    assert_true(before <= good_result.start_ns + 1000 && good_result.start_ns > 0);
    assert_true(good_result.start_ns <= good_result.end_ns);
    assert_true(good_result.end_ns <= bad_result.end_ns);
    status_is(HUM_ERR_INVALID, hum_event_result(never, &none));
    status_is(HUM_ERR_INVALID, hum_event_result(good, NULL));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_stream_wait(stream));
    hum_event_destroy(good);
    hum_event_destroy(failed);
    hum_event_destroy(never);
    hum_stream_destroy(stream);
}

static void closing_waits_for_all_work(void **state)
{
    struct hum *other = flow_open(ONE_DEVICE, NULL);
    struct flow_words args = {.words = flow_alloc(other, 4 * MIB), .n = 4 * MIB / 8, .value = 1};

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        ok(hum_launch(hum_stream(other, 0), flow_kernel(other, 0, "add"), args.n, &args,
                      sizeof args));
    hum_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_of_a_stream_runs_in_order),
        cmocka_unit_test(arguments_are_copied_by_the_launch),
        cmocka_unit_test(an_event_happens_when_its_stream_gets_there),
        cmocka_unit_test(events_order_streams),
        cmocka_unit_test(a_wait_is_for_the_event_as_last_recorded),
        cmocka_unit_test(elapsed_time_is_between_the_events),
        cmocka_unit_test(streams_do_not_wait_for_each_other),
        cmocka_unit_test(destroying_a_stream_waits_for_its_work),
        cmocka_unit_test(many_streams_do_their_own_work),
        cmocka_unit_test(the_first_error_is_reported_once_and_work_goes_on),
        cmocka_unit_test(a_stream_reports_its_own_errors),
        cmocka_unit_test(events_tell_what_became_of_the_work),
        cmocka_unit_test(closing_waits_for_all_work),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
