/* SPDX-License-Identifier: MIT */
/* test_stream.c - order, errors, marks and events of streams on devices that finish when told. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "core/module.h"
#include "core/stream.h"
#include "core_test.h"

static const struct fake_params two_devices = {.processors = 3, .blocks = 2};

struct bench {
    struct fake_world *world;
    struct hum_module module[2];
    struct hum_kernel kernel[2];   /* of device 0 and 1 */
    struct hum_stream *stream[2];  /* the default ones */
};

static void bench_open(struct bench *bench, bool finish_at_once)
{
    *bench = (struct bench){.world = world_open(&two_devices)};
    for (unsigned d = 0; d < 2; d++) {
        bench->module[d] = (struct hum_module){.hum = &bench->world->hum, .processor = d + 1};
        bench->kernel[d] = (struct hum_kernel){.module = &bench->module[d], .name = "k"};
        bench->world->fake[d + 1]->finish_at_once = finish_at_once;
        assert_int_equal(
            humi_stream_open(&bench->world->hum, d + 1, true, &bench->stream[d]), HUM_OK);
        bench->world->hum.default_stream[d] = bench->stream[d];
    }
}

static void bench_close(struct bench *bench)
{
    humi_streams_close(&bench->world->hum);
    for (unsigned p = 0; p < 3; p++)
        assert_string_equal(bench->world->fake[p]->violation, "");
    fake_world_close(bench->world);
}

static void launch_at(struct bench *bench, struct hum_stream *stream, unsigned kernel)
{
    struct hum_kernel named = bench->kernel[stream->processor - 1];

    named.id = kernel;
    assert_int_equal(hum_launch(stream, &named, 1, NULL, 0), HUM_OK);
}

static struct fake *device(struct bench *bench, unsigned d)
{
    return bench->world->fake[d + 1];
}

/* ---- host work that stops until told --------------------------------------------------------- */

struct gate {
    struct humi_work work;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool entered, open;
    enum hum_status status;
    atomic_uint *destroyed;
    uint64_t finished_before; /* of the stream, when it ran */
};

static enum hum_status gate_run(struct hum_stream *stream, struct humi_work *work)
{
    struct gate *gate = humi_container_of(work, struct gate, work);

    humi_lock(&stream->lock);
    gate->finished_before = stream->finished;
    humi_unlock(&stream->lock);
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return gate->status == HUM_OK ? HUM_OK : humi_fail(gate->status, "the gate says so");
}

static void gate_destroy(struct humi_work *work)
{
    struct gate *gate = humi_container_of(work, struct gate, work);

    atomic_fetch_add(gate->destroyed, 1);
}

static void gate_init(struct gate *gate, bool open, enum hum_status status, atomic_uint *destroyed)
{
    *gate = (struct gate){.open = open, .status = status, .destroyed = destroyed};
    gate->work.run = gate_run;
    gate->work.destroy = gate_destroy;
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}

static void gate_wait_entered(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->entered)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

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

static bool has_launches(struct fake *fake, void *count)
{
    return fake->launch_count >= *(size_t *)count;
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

/* ---- marks and events ------------------------------------------------------------------------ */

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

static void elapsed_is_between_the_ends_of_the_work(void **state)
{
    struct bench bench;
    struct hum_event *start, *end;
    int64_t ns = -1;

    (void)state;
    test_now = 1000;
    humi_clock_replace(now_by_hand);
    bench_open(&bench, false);
    assert_int_equal(hum_event_create(&bench.world->hum, &start), HUM_OK);
    assert_int_equal(hum_event_create(&bench.world->hum, &end), HUM_OK);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_ERR_INVALID);
    assert_int_equal(hum_event_record(start, bench.stream[0]), HUM_OK); /* idle: now */
    launch_at(&bench, bench.stream[0], 1);
    assert_int_equal(hum_event_record(end, bench.stream[0]), HUM_OK);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_ERR_INVALID); /* not yet */
    assert_int_equal(ns, -1);
    fake_finish(device(&bench, 0), HUM_OK, 1700);
    assert_int_equal(hum_event_elapsed(start, end, &ns), HUM_OK);
    assert_int_equal(ns, 700);
    hum_event_destroy(start);
    hum_event_destroy(end);
    bench_close(&bench);
    humi_clock_replace(NULL);
}

/* A stream that has been idle for long: the event happens when it is recorded, not before. */
static void an_event_never_happens_before_it_is_recorded(void **state)
{
    struct bench bench;
    struct hum_event *start, *end;
    int64_t ns = -1;

    (void)state;
    test_now = 1000;
    humi_clock_replace(now_by_hand);
    bench_open(&bench, false);
    assert_int_equal(hum_event_create(&bench.world->hum, &start), HUM_OK);
    assert_int_equal(hum_event_create(&bench.world->hum, &end), HUM_OK);
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
    hum_event_destroy(start);
    hum_event_destroy(end);
    bench_close(&bench);
    humi_clock_replace(NULL);
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

/* ---- many threads ---------------------------------------------------------------------------- */

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
        cmocka_unit_test(an_event_happens_when_the_work_before_it_is_done),
        cmocka_unit_test(elapsed_is_between_the_ends_of_the_work),
        cmocka_unit_test(an_event_never_happens_before_it_is_recorded),
        cmocka_unit_test(a_stream_waits_for_another_ones_event),
        cmocka_unit_test(waiting_for_what_has_happened_queues_nothing),
        cmocka_unit_test(an_event_outlives_its_stream),
        cmocka_unit_test(threads_share_a_stream),
        cmocka_unit_test(one_thread_collects_for_all),
        cmocka_unit_test(a_row_is_waited_for_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
