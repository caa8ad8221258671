/* SPDX-License-Identifier: MIT */
/* test_double_streams.c - the double: order, what has not run yet, events. */
#include "double_world.h"

#include <stdatomic.h>

/* Work is not done when the call returns: only waiting makes it so. */
static void work_is_done_later(void **state)
{
    static char source[4096], back[4096];

    (void)state;
    cuda_double_open_context(&d, "");
    assert_ok(d.cu.cuMemHostRegister_v2(source, sizeof(source), 0));
    assert_ok(d.cu.cuMemHostRegister_v2(back, sizeof(back), 0));
    humi_cu_ptr ptr = allocated(sizeof(source));
    struct CUstream_st *stream = new_stream();
    d.hold(true);
    memset(source, 1, sizeof(source));
    assert_ok(d.cu.cuMemcpyHtoDAsync_v2(ptr, source, sizeof(source), stream));
    assert_ok(d.cu.cuMemcpyDtoHAsync_v2(back, ptr, sizeof(back), stream));
    assert_cu(d.cu.cuStreamQuery(stream), ERROR_NOT_READY);
    assert_int_equal(back[0], 0);
    memset(source, 2, sizeof(source)); /* registered: read when the stream comes to it */
    d.hold(false);
    assert_ok(d.cu.cuStreamSynchronize(stream));
    assert_ok(d.cu.cuStreamQuery(stream));
    assert_int_equal(back[0], 2);
    assert_int_equal(back[4095], 2);
}

/* The driver takes the bytes of pageable memory before it returns. */
static void pageable_memory_is_read_at_the_call(void **state)
{
    char source[64], back[64];

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(sizeof(source));
    struct CUstream_st *stream = new_stream();
    d.hold(true);
    memset(source, 1, sizeof(source));
    assert_ok(d.cu.cuMemcpyHtoDAsync_v2(ptr, source, sizeof(source), stream));
    memset(source, 2, sizeof(source));
    d.hold(false);
    /* A pageable target has its bytes when the call returns. */
    assert_ok(d.cu.cuMemcpyDtoHAsync_v2(back, ptr, sizeof(back), stream));
    assert_int_equal(back[63], 1);
}

static void a_stream_keeps_its_order(void **state)
{
    enum { COUNT = 64 };
    unsigned char back = 0;

    (void)state;
    cuda_double_open_context(&d, "delay_us=5,seed=3");
    humi_cu_ptr ptr = allocated(1);
    struct CUstream_st *stream = new_stream();
    for (int i = 1; i <= COUNT; i++)
        assert_ok(d.cu.cuMemsetD8Async(ptr, (unsigned char)i, 1, stream));
    assert_ok(d.cu.cuStreamSynchronize(stream));
    read_device(&back, ptr, 1);
    assert_int_equal(back, COUNT);
}

static void bump(void *data)
{
    atomic_fetch_add((atomic_int *)data, 1);
}

static void a_host_function_runs_in_its_place(void **state)
{
    atomic_int count = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *stream = new_stream();
    d.hold(true);
    assert_ok(d.cu.cuLaunchHostFunc(stream, bump, &count));
    assert_ok(d.cu.cuLaunchHostFunc(stream, bump, &count));
    assert_int_equal(atomic_load(&count), 0);
    d.hold(false);
    assert_ok(d.cu.cuStreamSynchronize(stream));
    assert_int_equal(atomic_load(&count), 2);
    assert_cu(d.cu.cuLaunchHostFunc(stream, NULL, NULL), ERROR_INVALID_VALUE);
}

struct gate {
    atomic_int open;
};

static void wait_for_gate(void *data)
{
    struct gate *gate = data;

    while (!atomic_load(&gate->open)) {
    }
}

/* Another stream goes on while one waits; an event makes it wait, too. */
static void an_event_orders_two_streams(void **state)
{
    struct gate gate = {0};
    atomic_int count = 0;
    struct CUevent_st *event;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *a = new_stream(), *b = new_stream(), *c = new_stream();
    assert_ok(d.cu.cuEventCreate(&event, HUMI_CU_EVENT_DISABLE_TIMING));
    assert_ok(d.cu.cuEventQuery(event)); /* never recorded: done */
    assert_ok(d.cu.cuEventSynchronize(event));
    assert_ok(d.cu.cuLaunchHostFunc(a, wait_for_gate, &gate));
    assert_ok(d.cu.cuEventRecord(event, a));
    assert_ok(d.cu.cuStreamWaitEvent(b, event, 0));
    assert_ok(d.cu.cuLaunchHostFunc(b, bump, &count));
    assert_ok(d.cu.cuLaunchHostFunc(c, bump, &count));
    assert_ok(d.cu.cuStreamSynchronize(c));
    assert_int_equal(atomic_load(&count), 1);
    assert_cu(d.cu.cuEventQuery(event), ERROR_NOT_READY);
    assert_cu(d.cu.cuStreamQuery(b), ERROR_NOT_READY);
    atomic_store(&gate.open, 1);
    assert_ok(d.cu.cuStreamSynchronize(b));
    assert_ok(d.cu.cuEventQuery(event));
    assert_int_equal(atomic_load(&count), 2);
}

/* The default stream waits for streams that obey it, and they for it; others do not care. */
static void the_default_stream_is_the_legacy_one(void **state)
{
    struct gate gate = {0};
    atomic_int count = 0;
    struct CUstream_st *obeys;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *free_one = new_stream();
    assert_ok(d.cu.cuStreamCreate(&obeys, HUMI_CU_STREAM_DEFAULT));
    assert_ok(d.cu.cuLaunchHostFunc(obeys, wait_for_gate, &gate));
    assert_ok(d.cu.cuLaunchHostFunc(NULL, bump, &count));
    assert_ok(d.cu.cuLaunchHostFunc(free_one, bump, &count));
    assert_ok(d.cu.cuStreamSynchronize(free_one));
    assert_cu(d.cu.cuStreamQuery(NULL), ERROR_NOT_READY);
    assert_int_equal(atomic_load(&count), 1);
    atomic_store(&gate.open, 1);
    assert_ok(d.cu.cuStreamSynchronize(NULL));
    assert_int_equal(atomic_load(&count), 2);
}

static void a_destroyed_stream_finishes_and_is_known_as_dead(void **state)
{
    atomic_int count = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *stream = new_stream();
    d.hold(true);
    assert_ok(d.cu.cuLaunchHostFunc(stream, bump, &count));
    assert_ok(d.cu.cuStreamDestroy_v2(stream));
    assert_cu(d.cu.cuStreamQuery(stream), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuStreamDestroy_v2(stream), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuStreamDestroy_v2(NULL), ERROR_INVALID_HANDLE);
    d.hold(false);
    assert_ok(d.cu.cuCtxSynchronize());
    assert_int_equal(atomic_load(&count), 1);
}

static void events_of_time_and_wrong_ones(void **state)
{
    struct CUevent_st *a, *b, *untimed;
    float ms = -1;

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *stream = new_stream();
    assert_cu(d.cu.cuEventCreate(&a, 64), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuEventCreate(&a, 0));
    assert_ok(d.cu.cuEventCreate(&b, 0));
    assert_ok(d.cu.cuEventCreate(&untimed, HUMI_CU_EVENT_DISABLE_TIMING));
    assert_cu(d.cu.cuEventElapsedTime(&ms, a, b), ERROR_INVALID_HANDLE); /* never recorded */
    d.hold(true);
    assert_ok(d.cu.cuEventRecord(a, stream));
    assert_ok(d.cu.cuEventRecord(b, stream));
    assert_ok(d.cu.cuEventRecord(untimed, stream));
    assert_cu(d.cu.cuEventElapsedTime(&ms, a, b), ERROR_NOT_READY);
    d.hold(false);
    assert_ok(d.cu.cuEventSynchronize(untimed));
    assert_ok(d.cu.cuEventElapsedTime(&ms, a, b));
    assert_true(ms >= 0);
    assert_cu(d.cu.cuEventElapsedTime(&ms, a, untimed), ERROR_INVALID_HANDLE);
    assert_ok(d.cu.cuEventDestroy_v2(a));
    assert_cu(d.cu.cuEventDestroy_v2(a), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuEventRecord(a, stream), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuStreamWaitEvent(stream, a, 0), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuEventQuery(a), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuStreamWaitEvent(stream, b, 2), ERROR_INVALID_VALUE);
}

static void streams_belong_to_their_context(void **state)
{
    struct CUctx_st *other;
    struct CUstream_st *stream, *made;
    struct CUevent_st *event;

    (void)state;
    cuda_double_open_context(&d, "devices=2");
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&other, 1));
    stream = new_stream();
    assert_cu(d.cu.cuStreamCreate(&made, 8), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuStreamCreate(NULL, 0), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuStreamCreateWithPriority(&made, HUMI_CU_STREAM_NON_BLOCKING, -1));
    assert_ok(d.cu.cuEventCreate(&event, 0));
    assert_ok(d.cu.cuCtxSetCurrent(other));
    assert_cu(d.cu.cuEventRecord(event, NULL), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuStreamSynchronize(stream), ERROR_INVALID_HANDLE);
    assert_ok(d.cu.cuStreamWaitEvent(NULL, event, 0)); /* events may come from elsewhere */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_later),
        cmocka_unit_test(pageable_memory_is_read_at_the_call),
        cmocka_unit_test(a_stream_keeps_its_order),
        cmocka_unit_test(a_host_function_runs_in_its_place),
        cmocka_unit_test(an_event_orders_two_streams),
        cmocka_unit_test(the_default_stream_is_the_legacy_one),
        cmocka_unit_test(a_destroyed_stream_finishes_and_is_known_as_dead),
        cmocka_unit_test(events_of_time_and_wrong_ones),
        cmocka_unit_test(streams_belong_to_their_context),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
