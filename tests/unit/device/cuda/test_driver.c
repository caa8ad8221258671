/* SPDX-License-Identifier: MIT */
/* test_driver.c - finding NVIDIA's driver and telling what its codes mean, with the double. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cuda_double/open.h"

#define assert_text(part) assert_non_null(strstr(hum_error_text(), part))

static void every_function_of_a_new_driver_is_found(void **state)
{
    struct cuda_double d;

    (void)state;
    cuda_double_open(&d, "");
#define FOUND(symbol, name, since, need, parameters) assert_non_null(d.cu.symbol);
    HUMI_CUDA_FUNCTIONS(FOUND)
#undef FOUND
    assert_int_equal(d.cu.version, 13000);
}

static void an_older_driver_lacks_what_came_later(void **state)
{
    struct cuda_double d;

    (void)state;
    cuda_double_open(&d, "version=12020");
    assert_null(d.cu.cuMemPrefetchBatchAsync);
    assert_null(d.cu.cuMemDiscardBatchAsync);
    assert_non_null(d.cu.cuMemPrefetchAsync_v2);
    assert_ptr_not_equal(d.cu.cuMemPrefetchAsync_v2, d.cu.cuMemPrefetchAsync);
    assert_int_equal(humi_cuda_call(&d.cu, cuMemDiscardBatchAsync, NULL, NULL, 0, 0, NULL),
                     HUM_ERR_UNSUPPORTED);
    assert_text("cuMemDiscardBatchAsync");
    assert_text("13.0");
    assert_text("12.2");
}

/* Without cuGetProcAddress_v2 the symbols are asked for; versions are still looked at. */
static void drivers_before_cuda_12_are_read_by_symbol(void **state)
{
    const char *double_before = getenv("HUM_CUDA_LIBRARY");
    char keep[4096];
    struct cuda_double d;

    (void)state;
    snprintf(keep, sizeof(keep), "%s", double_before);
    setenv("HUM_CUDA_LIBRARY", getenv("HUM_TEST_OLD_DRIVER"), 1);
    cuda_double_open(&d, "version=11040");
    assert_null(d.cu.cuGetProcAddress_v2);
    assert_null(d.cu.cuMemPrefetchAsync_v2);
    assert_non_null(d.cu.cuMemPrefetchAsync);
    assert_non_null(d.cu.cuDeviceGetUuid_v2);
    int count = 0;
    assert_int_equal(humi_cuda_call(&d.cu, cuDeviceGetCount, &count), HUM_OK);
    assert_int_equal(count, 1);
    assert_true(d.reset("version=11030"));
    assert_int_equal(humi_cuda_open(&d.cu), HUM_OK);
    assert_null(d.cu.cuDeviceGetUuid_v2);
    setenv("HUM_CUDA_LIBRARY", keep, 1);
}

/* A hidden function: optional ones are NULL, a required one makes the driver useless. */
static void what_a_driver_hides_is_missed_by_name(void **state)
{
    struct cuda_double d;
    struct humi_cuda untouched, cu;

    (void)state;
    cuda_double_open(&d, "missing=cuMemPrefetchBatchAsync,missing=cuMemAdvise_v2");
    assert_null(d.cu.cuMemPrefetchBatchAsync);
    assert_non_null(d.cu.cuMemAdvise);
    assert_true(d.reset("missing=cuMemCreate"));
    memset(&cu, 0x5a, sizeof(cu));
    untouched = cu;
    assert_int_equal(humi_cuda_open(&cu), HUM_ERR_UNSUPPORTED);
    assert_text("cuMemCreate");
    assert_memory_equal(&cu, &untouched, sizeof(cu));
}

static void a_driver_that_is_too_old_is_refused(void **state)
{
    struct cuda_double d;

    (void)state;
    cuda_double_open(&d, "");
    assert_true(d.reset("version=10020"));
    assert_int_equal(humi_cuda_open(&d.cu), HUM_ERR_UNSUPPORTED);
    assert_text("10.2");
    assert_text("11.0");
}

static void no_device_is_told_from_no_driver(void **state)
{
    char keep[4096];
    struct cuda_double d;
    struct humi_cuda cu;

    (void)state;
    cuda_double_open(&d, "");
    assert_true(d.reset("devices=0"));
    assert_int_equal(humi_cuda_open(&cu), HUM_ERR_NOT_FOUND);
    assert_text("CUDA_ERROR_NO_DEVICE");
    snprintf(keep, sizeof(keep), "%s", getenv("HUM_CUDA_LIBRARY"));
    setenv("HUM_CUDA_LIBRARY", "/nowhere/libcuda.so.1", 1);
    assert_int_equal(humi_cuda_open(&cu), HUM_ERR_UNSUPPORTED);
    assert_text("/nowhere/libcuda.so.1");
    setenv("HUM_CUDA_LIBRARY", "libm.so.6", 1);
    assert_int_equal(humi_cuda_open(&cu), HUM_ERR_UNSUPPORTED);
    assert_text("cuDriverGetVersion");
    setenv("HUM_CUDA_LIBRARY", keep, 1);
}

static void every_code_has_its_status_and_its_name(void **state)
{
    static const struct {
        enum humi_cu_result result;
        enum hum_status status;
        const char *name;
    } rows[] = {
        {HUMI_CUDA_ERROR_OUT_OF_MEMORY, HUM_ERR_NO_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
        {HUMI_CUDA_ERROR_ILLEGAL_ADDRESS, HUM_ERR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"},
        {HUMI_CUDA_ERROR_LAUNCH_FAILED, HUM_ERR_KERNEL_CRASHED, "CUDA_ERROR_LAUNCH_FAILED"},
        {HUMI_CUDA_ERROR_LAUNCH_TIMEOUT, HUM_ERR_TIMEOUT, "CUDA_ERROR_LAUNCH_TIMEOUT"},
        {HUMI_CUDA_ERROR_INVALID_PTX, HUM_ERR_MODULE, "CUDA_ERROR_INVALID_PTX"},
        {HUMI_CUDA_ERROR_ECC_UNCORRECTABLE, HUM_ERR_DEVICE_LOST, "CUDA_ERROR_ECC"},
        {HUMI_CUDA_ERROR_UNKNOWN, HUM_ERR_SYSTEM, "CUDA_ERROR_UNKNOWN"},
        {(enum humi_cu_result)12345, HUM_ERR_SYSTEM, "12345"},
    };
    struct cuda_double d;

    (void)state;
    cuda_double_open(&d, "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(humi_cuda_status(&d.cu, HUMI_CUDA_FN_cuLaunchKernel, rows[i].result),
                         rows[i].status);
        assert_text("cuLaunchKernel");
        assert_text(rows[i].name);
    }
    assert_int_equal(humi_cuda_status(&d.cu, HUMI_CUDA_FN_cuInit, HUMI_CUDA_SUCCESS), HUM_OK);
    assert_int_equal(humi_cuda_status(&d.cu, HUMI_CUDA_FN_cuStreamQuery, HUMI_CUDA_ERROR_NOT_READY),
                     HUM_NOT_READY);
}

/* Work that is not finished is no error: the text of the last one stays. */
static void not_ready_leaves_the_text_alone(void **state)
{
    struct cuda_double d;

    (void)state;
    cuda_double_open(&d, "");
    (void)humi_cuda_status(&d.cu, HUMI_CUDA_FN_cuMemFree_v2, HUMI_CUDA_ERROR_INVALID_VALUE);
    (void)humi_cuda_status(&d.cu, HUMI_CUDA_FN_cuStreamQuery, HUMI_CUDA_ERROR_NOT_READY);
    assert_text("cuMemFree");
}

static void errors_of_kernels_stay_and_others_do_not(void **state)
{
    (void)state;
    assert_true(humi_cuda_is_sticky(HUMI_CUDA_ERROR_ILLEGAL_ADDRESS));
    assert_true(humi_cuda_is_sticky(HUMI_CUDA_ERROR_LAUNCH_FAILED));
    assert_false(humi_cuda_is_sticky(HUMI_CUDA_ERROR_OUT_OF_MEMORY));
    assert_false(humi_cuda_is_sticky(HUMI_CUDA_ERROR_NOT_READY));
    assert_false(humi_cuda_is_sticky(HUMI_CUDA_SUCCESS));
}

/* A function fails once when told to, with the code that was told, and humi_cuda_call says so. */
static void a_call_that_fails_says_which(void **state)
{
    struct cuda_double d;
    humi_cu_ptr ptr;

    (void)state;
    cuda_double_open_context(&d, "fail=cuMemAlloc_v2:2,fail=cuCtxSynchronize:1:719");
    assert_int_equal(humi_cuda_call(&d.cu, cuMemAlloc_v2, &ptr, 4096), HUM_OK);
    assert_int_equal(humi_cuda_call(&d.cu, cuMemAlloc_v2, &ptr, 4096), HUM_ERR_NO_MEMORY);
    assert_text("cuMemAlloc:");
    assert_int_equal(humi_cuda_call(&d.cu, cuMemAlloc_v2, &ptr, 4096), HUM_OK);
    assert_int_equal(humi_cuda_call(&d.cu, cuCtxSynchronize), HUM_ERR_KERNEL_CRASHED);
    assert_int_equal(humi_cuda_call(&d.cu, cuCtxSynchronize), HUM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_of_a_new_driver_is_found),
        cmocka_unit_test(an_older_driver_lacks_what_came_later),
        cmocka_unit_test(drivers_before_cuda_12_are_read_by_symbol),
        cmocka_unit_test(what_a_driver_hides_is_missed_by_name),
        cmocka_unit_test(a_driver_that_is_too_old_is_refused),
        cmocka_unit_test(no_device_is_told_from_no_driver),
        cmocka_unit_test(every_code_has_its_status_and_its_name),
        cmocka_unit_test(not_ready_leaves_the_text_alone),
        cmocka_unit_test(errors_of_kernels_stay_and_others_do_not),
        cmocka_unit_test(a_call_that_fails_says_which),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
