/* SPDX-License-Identifier: MIT */
/* test_double_context.c - the double: starting, devices, contexts, looking functions up. */
#include "double_world.h"

#include <pthread.h>
#include <unistd.h>

#include "support/child.h"

static void nothing_works_before_init(void **state)
{
    struct CUctx_st *context;
    int count = -1;
    const char *text;

    (void)state;
    cuda_double_open(&d, "");
    assert_true(d.reset("")); /* as freshly loaded: cuInit() was not called */
    assert_cu(d.cu.cuDeviceGetCount(&count), ERROR_NOT_INITIALIZED);
    assert_cu(d.cu.cuDevicePrimaryCtxRetain(&context, 0), ERROR_NOT_INITIALIZED);
    assert_int_equal(count, -1);
    assert_ok(d.cu.cuDriverGetVersion(&count));
    assert_ok(d.cu.cuGetErrorName(HUMI_CUDA_ERROR_UNKNOWN, &text));
    assert_cu(d.cu.cuGetErrorName((enum humi_cu_result)4711, &text), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuInit(1), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuInit(0));
    assert_ok(d.cu.cuDeviceGetCount(&count));
    assert_int_equal(count, 1);
}

static void devices_are_as_the_options_say(void **state)
{
    static const struct {
        enum humi_cu_device_attribute attribute;
        int value;
    } rows[] = {
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 9},
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0},
        {HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, 0},
        {HUMI_CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 1},
        {HUMI_CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 0},
        {HUMI_CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
        {HUMI_CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 0},
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 3},
    };
    struct humi_cu_uuid a, b;
    size_t bytes = 0;
    char name[64] = "";
    int device = -1, value, can = -1;

    (void)state;
    cuda_double_open(&d, "devices=2,memory=64M,compute=9.0,concurrent=0,vmm=0,compute_mode=3");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_ok(d.cu.cuDeviceGetAttribute(&value, rows[i].attribute, 1));
        assert_int_equal(value, rows[i].value);
    }
    assert_cu(d.cu.cuDeviceGetAttribute(&value, (enum humi_cu_device_attribute)9999, 0),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuDeviceGet(&device, 2), ERROR_INVALID_DEVICE);
    assert_cu(d.cu.cuDeviceGet(&device, -1), ERROR_INVALID_DEVICE);
    assert_ok(d.cu.cuDeviceGet(&device, 1));
    assert_ok(d.cu.cuDeviceTotalMem_v2(&bytes, device));
    assert_int_equal(bytes, 64 * MIB);
    assert_ok(d.cu.cuDeviceGetName(name, sizeof(name), device));
    assert_non_null(strstr(name, "double")); /* nobody takes it for a GPU */
    assert_ok(d.cu.cuDeviceGetUuid_v2(&a, 0));
    assert_ok(d.cu.cuDeviceGetUuid_v2(&b, 1));
    assert_memory_not_equal(&a, &b, sizeof(a));
    assert_ok(d.cu.cuDeviceCanAccessPeer(&can, 0, 1));
    assert_int_equal(can, 1);
    assert_ok(d.cu.cuDeviceCanAccessPeer(&can, 0, 0));
    assert_int_equal(can, 0);
    assert_cu(d.cu.cuDeviceCanAccessPeer(&can, 0, 2), ERROR_INVALID_DEVICE);
}

static void call_after_fork(void *context)
{
    int count;

    (void)context;
    _exit((int)d.cu.cuDeviceGetCount(&count));
}

static void the_driver_does_not_outlive_a_fork(void **state)
{
    struct child child;

    (void)state;
    cuda_double_open_context(&d, "");
    assert_true(child_run(call_after_fork, NULL, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, HUMI_CUDA_ERROR_NOT_INITIALIZED);
    assert_ok(d.cu.cuCtxSynchronize()); /* here it goes on */
}

static void wrong_options_are_refused(void **state)
{
    static const char *const texts[] = {"devices=9", "granularity=3", "nothing=1", "peers=2",
                                        "memory=1X", "fail=cuInit", "fail=cuInit:0", "devices"};

    (void)state;
    cuda_double_open(&d, "");
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(d.reset(texts[i]));
    assert_true(d.reset(""));
}

static void calls_need_a_current_context(void **state)
{
    struct CUctx_st *context;
    struct CUstream_st *stream;
    struct CUevent_st *event;
    humi_cu_ptr ptr;
    size_t a, b;
    int device;

    (void)state;
    cuda_double_open(&d, "");
    assert_cu(d.cu.cuMemAlloc_v2(&ptr, 4096), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 4096, 1), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuMemGetInfo_v2(&a, &b), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuStreamCreate(&stream, 0), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuEventCreate(&event, 0), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxGetDevice(&device), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxPopCurrent_v2(&context), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxSetCurrent((struct CUctx_st *)0x1234), ERROR_INVALID_CONTEXT);
    assert_ok(d.cu.cuCtxGetCurrent(&context));
    assert_null(context);
}

static void contexts_are_a_stack_of_each_thread(void **state)
{
    struct CUctx_st *a, *b, *now;
    int device;

    (void)state;
    cuda_double_open(&d, "devices=2");
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&a, 0));
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&b, 1));
    assert_ok(d.cu.cuCtxPushCurrent_v2(a));
    assert_ok(d.cu.cuCtxPushCurrent_v2(b));
    assert_ok(d.cu.cuCtxGetDevice(&device));
    assert_int_equal(device, 1);
    assert_ok(d.cu.cuCtxSetCurrent(a)); /* in the place of the topmost */
    assert_ok(d.cu.cuCtxPopCurrent_v2(&now));
    assert_ptr_equal(now, a);
    assert_ok(d.cu.cuCtxPopCurrent_v2(&now));
    assert_ptr_equal(now, a);
    assert_cu(d.cu.cuCtxPopCurrent_v2(&now), ERROR_INVALID_CONTEXT);
}

static void *look_at_current(void *out)
{
    (void)d.cu.cuCtxGetCurrent(out);
    return NULL;
}

static void another_thread_has_no_context(void **state)
{
    struct CUctx_st *there = (struct CUctx_st *)1;
    pthread_t thread;

    (void)state;
    cuda_double_open_context(&d, "");
    assert_int_equal(pthread_create(&thread, NULL, look_at_current, &there), 0);
    pthread_join(thread, NULL);
    assert_null(there);
}

static void a_primary_context_lives_while_it_is_retained(void **state)
{
    struct CUctx_st *a, *b;
    unsigned flags;
    int active;

    (void)state;
    cuda_double_open(&d, "");
    assert_cu(d.cu.cuDevicePrimaryCtxRelease_v2(0), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuDevicePrimaryCtxRetain(&a, 1), ERROR_INVALID_DEVICE);
    assert_ok(d.cu.cuDevicePrimaryCtxGetState(0, &flags, &active));
    assert_int_equal(active, 0);
    assert_cu(d.cu.cuDevicePrimaryCtxSetFlags_v2(0, 3), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuDevicePrimaryCtxSetFlags_v2(0, HUMI_CU_CTX_SCHED_BLOCKING_SYNC));
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&a, 0));
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&b, 0));
    assert_ptr_equal(a, b);
    assert_ok(d.cu.cuDevicePrimaryCtxGetState(0, &flags, &active));
    assert_int_equal(active, 1);
    assert_int_equal(flags, HUMI_CU_CTX_SCHED_BLOCKING_SYNC);
    assert_ok(d.cu.cuDevicePrimaryCtxRelease_v2(0));
    assert_ok(d.cu.cuCtxSetCurrent(a));
    assert_ok(d.cu.cuCtxSynchronize());
    assert_ok(d.cu.cuDevicePrimaryCtxRelease_v2(0));
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxSetCurrent(a), ERROR_INVALID_CONTEXT);
}

/* What the context had goes with it. */
static void releasing_the_context_frees_what_it_had(void **state)
{
    struct cuda_double_counts counts;
    struct CUevent_st *event;

    (void)state;
    cuda_double_open_context(&d, "");
    (void)allocated(3 * MIB);
    (void)new_stream();
    assert_ok(d.cu.cuEventCreate(&event, 0));
    d.count(&counts);
    assert_int_equal(counts.live_bytes, 3 * MIB);
    assert_int_equal(counts.live_objects, 3);
    assert_ok(d.cu.cuDevicePrimaryCtxRelease_v2(0));
    d.count(&counts);
    assert_int_equal(counts.live_bytes, 0);
    assert_int_equal(counts.live_objects, 0);
}

static void a_prohibited_device_gives_no_context(void **state)
{
    struct CUctx_st *context;

    (void)state;
    cuda_double_open(&d, "compute_mode=2");
    assert_cu(d.cu.cuDevicePrimaryCtxRetain(&context, 0), ERROR_DEVICE_UNAVAILABLE);
}

static void functions_are_looked_up_by_name_and_version(void **state)
{
    enum humi_cu_proc_result status;
    void *old = NULL, *new = NULL, *none = &status;

    (void)state;
    cuda_double_open(&d, "");
    assert_ok(d.cu.cuGetProcAddress_v2("cuMemAdvise", &old, 12010, 0, &status));
    assert_ok(d.cu.cuGetProcAddress_v2("cuMemAdvise", &new, 13000, 0, &status));
    assert_ptr_equal(old, (void *)(uintptr_t)d.cu.cuMemAdvise);
    assert_ptr_equal(new, (void *)(uintptr_t)d.cu.cuMemAdvise_v2);
    assert_ok(d.cu.cuGetProcAddress_v2("cuMemAdvise", &none, 7000, 0, &status));
    assert_null(none);
    assert_int_equal(status, HUMI_CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
    assert_ok(d.cu.cuGetProcAddress_v2("cuNothing", &none, 13000, 0, &status));
    assert_int_equal(status, HUMI_CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
    assert_cu(d.cu.cuGetProcAddress_v2("cuNothing", &none, 13000, 0, NULL), ERROR_NOT_FOUND);
    assert_cu(d.cu.cuGetProcAddress_v2(NULL, &none, 13000, 0, &status), ERROR_INVALID_VALUE);
}

static void peers_are_enabled_once(void **state)
{
    struct CUctx_st *other;

    (void)state;
    cuda_double_open_context(&d, "devices=2");
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&other, 1));
    assert_cu(d.cu.cuCtxEnablePeerAccess(d.context, 0), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxEnablePeerAccess((struct CUctx_st *)0x1234, 0), ERROR_INVALID_CONTEXT);
    assert_cu(d.cu.cuCtxEnablePeerAccess(other, 1), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuCtxEnablePeerAccess(other, 0));
    assert_cu(d.cu.cuCtxEnablePeerAccess(other, 0), ERROR_PEER_ACCESS_ALREADY_ENABLED);
    cuda_double_open_context(&d, "devices=2,peers=0");
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&other, 1));
    assert_cu(d.cu.cuCtxEnablePeerAccess(other, 0), ERROR_PEER_ACCESS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_works_before_init),
        cmocka_unit_test(devices_are_as_the_options_say),
        cmocka_unit_test(the_driver_does_not_outlive_a_fork),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(calls_need_a_current_context),
        cmocka_unit_test(contexts_are_a_stack_of_each_thread),
        cmocka_unit_test(another_thread_has_no_context),
        cmocka_unit_test(a_primary_context_lives_while_it_is_retained),
        cmocka_unit_test(releasing_the_context_frees_what_it_had),
        cmocka_unit_test(a_prohibited_device_gives_no_context),
        cmocka_unit_test(functions_are_looked_up_by_name_and_version),
        cmocka_unit_test(peers_are_enabled_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
