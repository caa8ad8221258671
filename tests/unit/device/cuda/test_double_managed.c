/* SPDX-License-Identifier: MIT */
/* test_double_managed.c - the double: managed memory, prefetch, discard, advice, attachment. */
#include "double_world.h"

#define PAGE 4096u

static const struct humi_cu_location device_0 = {HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0};
static const struct humi_cu_location host = {HUMI_CU_MEM_LOCATION_TYPE_HOST, 0};

static humi_cu_ptr managed(size_t bytes)
{
    humi_cu_ptr ptr = 0;

    assert_ok(d.cu.cuMemAllocManaged(&ptr, bytes, HUMI_CU_MEM_ATTACH_GLOBAL));
    return ptr;
}

static int range_attribute(enum humi_cu_range_attribute attribute, humi_cu_ptr ptr, size_t bytes)
{
    int value = -99;

    assert_ok(d.cu.cuMemRangeGetAttribute(&value, sizeof(value), attribute, ptr, bytes));
    return value;
}

static void host_and_devices_share_one_value(void **state)
{
    (void)state;
    cuda_double_open_context(&d, "");
    int32_t *words = (int32_t *)(uintptr_t)managed(4 * PAGE);
    for (int i = 0; i < 1024; i++)
        words[i] = i;
    struct add_args args = {words, 1024, 5};
    assert_ok(launch(kernel("add"), 4, 32, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
    for (int i = 0; i < 1024; i++)
        assert_int_equal(words[i], i + 5);
    assert_ok(d.cu.cuMemFree_v2((uintptr_t)words));
}

static void managed_memory_is_asked_for_rightly(void **state)
{
    humi_cu_ptr ptr;

    (void)state;
    cuda_double_open_context(&d, "memory=1M");
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 0, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAllocManaged(NULL, 4096, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 4096, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 4096, HUMI_CU_MEM_ATTACH_SINGLE), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 4096, 3), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAllocManaged(&ptr, 4 * MIB, 1)); /* more than the device has */
    cuda_double_open_context(&d, "managed=0");
    assert_cu(d.cu.cuMemAllocManaged(&ptr, 4096, 1), ERROR_NOT_SUPPORTED);
}

/* In stream order, and both signatures alike. */
static void a_prefetch_is_remembered(void **state)
{
    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = managed(4 * PAGE);
    const enum humi_cu_range_attribute last = HUMI_CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION;

    assert_int_equal(range_attribute(last, ptr, PAGE), HUMI_CU_DEVICE_INVALID);
    d.hold(true);
    assert_ok(d.cu.cuMemPrefetchAsync(ptr, 2 * PAGE, 0, NULL));
    assert_int_equal(range_attribute(last, ptr, PAGE), HUMI_CU_DEVICE_INVALID);
    d.hold(false);
    assert_ok(d.cu.cuCtxSynchronize());
    assert_int_equal(range_attribute(last, ptr, 2 * PAGE), 0);
    assert_int_equal(range_attribute(last, ptr, 3 * PAGE), HUMI_CU_DEVICE_INVALID); /* not all */
    assert_ok(d.cu.cuMemPrefetchAsync_v2(ptr, 4 * PAGE, host, 0, NULL));
    assert_ok(d.cu.cuCtxSynchronize());
    assert_int_equal(range_attribute(last, ptr, 4 * PAGE), HUMI_CU_DEVICE_CPU);
}

static void prefetches_of_something_else_are_refused(void **state)
{
    struct humi_cu_location nowhere = {HUMI_CU_MEM_LOCATION_TYPE_INVALID, 0};

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = managed(2 * PAGE), plain = allocated(PAGE);
    assert_cu(d.cu.cuMemPrefetchAsync(plain, PAGE, 0, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, 3 * PAGE, 0, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, 0, 0, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, PAGE, 1, NULL), ERROR_INVALID_DEVICE);
    assert_cu(d.cu.cuMemPrefetchAsync_v2(ptr, PAGE, nowhere, 0, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchAsync_v2(ptr, PAGE, device_0, 1, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, PAGE, 0, (struct CUstream_st *)0x1234),
              ERROR_INVALID_HANDLE);
    cuda_double_open_context(&d, "concurrent=0");
    ptr = managed(PAGE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, PAGE, 0, NULL), ERROR_INVALID_DEVICE);
    assert_cu(d.cu.cuMemPrefetchAsync(ptr, PAGE, HUMI_CU_DEVICE_CPU, NULL), ERROR_INVALID_DEVICE);
}

static void batches_prefetch_and_discard(void **state)
{
    const enum humi_cu_range_attribute last = HUMI_CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION;
    struct humi_cu_location places[] = {device_0, host};
    size_t sizes[] = {PAGE, PAGE, PAGE}, starts[] = {0, 2}, wrong[] = {1, 2}, same[] = {0, 0};

    (void)state;
    cuda_double_open_context(&d, "");
    struct CUstream_st *s = new_stream();
    humi_cu_ptr ptr = managed(4 * PAGE);
    humi_cu_ptr ptrs[] = {ptr, ptr + PAGE, ptr + 3 * PAGE};
    char *bytes = (char *)(uintptr_t)ptr;
    memset(bytes, 1, 4 * PAGE);

    assert_ok(d.cu.cuMemPrefetchBatchAsync(ptrs, sizes, 3, places, starts, 2, 0, s));
    assert_ok(d.cu.cuStreamSynchronize(s));
    assert_int_equal(range_attribute(last, ptr, 2 * PAGE), 0);
    assert_int_equal(range_attribute(last, ptr + 2 * PAGE, PAGE), HUMI_CU_DEVICE_INVALID);
    assert_int_equal(range_attribute(last, ptr + 3 * PAGE, PAGE), HUMI_CU_DEVICE_CPU);
    assert_int_equal(bytes[0], 1);

    assert_ok(d.cu.cuMemDiscardBatchAsync(ptrs, sizes, 2, 0, s));
    assert_ok(d.cu.cuStreamSynchronize(s));
    assert_int_not_equal(bytes[0], 1); /* what it is now nobody may rely on */
    assert_int_not_equal(bytes[2 * PAGE - 1], 1);
    assert_int_equal(bytes[2 * PAGE], 1);
    assert_ok(d.cu.cuMemDiscardAndPrefetchBatchAsync(ptrs + 2, sizes, 1, places, starts, 1, 0, s));
    assert_ok(d.cu.cuStreamSynchronize(s));
    assert_int_not_equal(bytes[3 * PAGE], 1);
    assert_int_equal(range_attribute(last, ptr + 3 * PAGE, PAGE), 0);

    /* The default stream, wrong starts, nothing to do. */
    assert_cu(d.cu.cuMemDiscardBatchAsync(ptrs, sizes, 2, 0, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemDiscardBatchAsync(ptrs, sizes, 0, 0, s), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemDiscardBatchAsync(ptrs, sizes, 1, 1, s), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchBatchAsync(ptrs, sizes, 3, places, wrong, 2, 0, s),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchBatchAsync(ptrs, sizes, 3, places, same, 2, 0, s),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemPrefetchBatchAsync(ptrs, sizes, 1, places, starts, 2, 0, s),
              ERROR_INVALID_VALUE);
}

static void advice_is_kept_for_each_page(void **state)
{
    int by[3];
    void *data[] = {by, &by[2]};
    size_t data_bytes[] = {2 * sizeof(int), sizeof(int)};
    enum humi_cu_range_attribute attributes[] = {HUMI_CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY,
                                                 HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY};

    (void)state;
    cuda_double_open_context(&d, "devices=2");
    humi_cu_ptr ptr = managed(4 * PAGE);
    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY, 77)); /* ignored */
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, ptr, PAGE), 1);
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, ptr, 2 * PAGE), 0);
    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_UNSET_READ_MOSTLY, 0));
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, ptr, PAGE), 0);

    assert_ok(d.cu.cuMemAdvise_v2(ptr, 2 * PAGE, HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION, host));
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, ptr, PAGE),
                     HUMI_CU_DEVICE_CPU);
    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION, 1));
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, ptr, PAGE), 1);
    assert_int_equal(range_attribute(HUMI_CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, ptr, 2 * PAGE),
                     HUMI_CU_DEVICE_INVALID);

    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_SET_ACCESSED_BY, 1));
    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_SET_ACCESSED_BY, -1));
    assert_ok(d.cu.cuMemRangeGetAttribute(by, sizeof(by), HUMI_CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY,
                                          ptr, PAGE));
    assert_int_equal(by[0], 1);
    assert_int_equal(by[1], HUMI_CU_DEVICE_CPU);
    assert_int_equal(by[2], HUMI_CU_DEVICE_INVALID);
    assert_ok(d.cu.cuMemAdvise(ptr, PAGE, HUMI_CU_MEM_ADVISE_UNSET_ACCESSED_BY, 1));
    assert_ok(d.cu.cuMemRangeGetAttributes(data, data_bytes, attributes, 2, ptr, PAGE));
    assert_int_equal(by[0], HUMI_CU_DEVICE_CPU);
    assert_int_equal(by[1], HUMI_CU_DEVICE_INVALID);
    assert_int_equal(by[2], 0);
}

static void wrong_advice_and_questions_are_refused(void **state)
{
    int value;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = managed(PAGE), plain = allocated(PAGE);
    const enum humi_cu_advice prefer = HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION;
    const enum humi_cu_range_attribute mostly = HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY;

    assert_cu(d.cu.cuMemAdvise(plain, PAGE, prefer, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAdvise(ptr, PAGE, prefer, 1), ERROR_INVALID_DEVICE);
    assert_cu(d.cu.cuMemAdvise(ptr, PAGE, (enum humi_cu_advice)99, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAdvise(ptr, 0, prefer, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemRangeGetAttribute(&value, 3, mostly, ptr, PAGE), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemRangeGetAttribute(&value, 4, mostly, plain, PAGE), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemRangeGetAttribute(&value, 4, (enum humi_cu_range_attribute)99, ptr, PAGE),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemRangeGetAttribute(&value, 2, HUMI_CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, ptr,
                                          PAGE),
              ERROR_INVALID_VALUE);
}

/* Memory that is attached to the host is out of a kernel's reach until it is attached elsewhere. */
static void attachment_decides_who_may_touch(void **state)
{
    humi_cu_ptr ptr;

    (void)state;
    cuda_double_open_context(&d, "concurrent=0");
    struct CUstream_st *stream = new_stream();
    assert_ok(d.cu.cuMemAllocManaged(&ptr, PAGE, HUMI_CU_MEM_ATTACH_HOST));
    assert_cu(d.cu.cuStreamAttachMemAsync(stream, ptr + 1, 0, HUMI_CU_MEM_ATTACH_GLOBAL),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuStreamAttachMemAsync(stream, ptr, 0, 3), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuStreamAttachMemAsync(NULL, ptr, 0, HUMI_CU_MEM_ATTACH_SINGLE),
              ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuStreamAttachMemAsync(stream, ptr, 0, HUMI_CU_MEM_ATTACH_SINGLE));
    struct add_args args = {(int32_t *)(uintptr_t)ptr, 1, 1};
    assert_ok(launch(kernel("add"), 1, 1, 0, stream, &args));
    assert_ok(d.cu.cuStreamSynchronize(stream));
    assert_int_equal(*(int32_t *)(uintptr_t)ptr, 1);
    assert_ok(d.cu.cuStreamAttachMemAsync(stream, ptr, 0, HUMI_CU_MEM_ATTACH_HOST));
    assert_ok(launch(kernel("add"), 1, 1, 0, stream, &args));
    assert_cu(d.cu.cuStreamSynchronize(stream), ERROR_ILLEGAL_ADDRESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_devices_share_one_value),
        cmocka_unit_test(managed_memory_is_asked_for_rightly),
        cmocka_unit_test(a_prefetch_is_remembered),
        cmocka_unit_test(prefetches_of_something_else_are_refused),
        cmocka_unit_test(batches_prefetch_and_discard),
        cmocka_unit_test(advice_is_kept_for_each_page),
        cmocka_unit_test(wrong_advice_and_questions_are_refused),
        cmocka_unit_test(attachment_decides_who_may_touch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
