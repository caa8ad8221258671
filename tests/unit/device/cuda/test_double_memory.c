/* SPDX-License-Identifier: MIT */
/* test_double_memory.c - the double: device memory, registered memory, copies, pointers. */
#include "double_world.h"

#include "support/child.h"

static void memory_has_an_end(void **state)
{
    humi_cu_ptr a = 0, b = 0;
    size_t free_bytes, total;

    (void)state;
    cuda_double_open_context(&d, "memory=4M");
    assert_cu(d.cu.cuMemAlloc_v2(&a, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAlloc_v2(NULL, 4096), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAlloc_v2(&a, 5 * MIB), ERROR_OUT_OF_MEMORY);
    assert_ok(d.cu.cuMemAlloc_v2(&a, 3 * MIB));
    assert_ok(d.cu.cuMemGetInfo_v2(&free_bytes, &total));
    assert_int_equal(total, 4 * MIB);
    assert_int_equal(free_bytes, MIB);
    assert_cu(d.cu.cuMemAlloc_v2(&b, 2 * MIB), ERROR_OUT_OF_MEMORY);
    assert_int_equal(b, 0);
    assert_cu(d.cu.cuMemFree_v2(a + 512), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemFree_v2(a));
    assert_cu(d.cu.cuMemFree_v2(a), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAlloc_v2(&b, 4 * MIB));
}

static void touch(void *address)
{
    *(volatile char *)address = 1;
}

static void the_host_cannot_touch_device_memory(void **state)
{
    struct child child;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(4096);
    assert_true(child_run(touch, (void *)(uintptr_t)ptr, &child));
    assert_false(child.exited && child.code == 0);
}

static void host_memory_is_registered_once(void **state)
{
    static char memory[4 * 4096];

    (void)state;
    cuda_double_open_context(&d, "");
    assert_cu(d.cu.cuMemHostRegister_v2(NULL, 4096, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemHostRegister_v2(memory, 0, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemHostRegister_v2(memory, 4096, 64), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemHostRegister_v2(memory, 4096, HUMI_CU_MEMHOSTREGISTER_READ_ONLY),
              ERROR_NOT_SUPPORTED);
    assert_ok(d.cu.cuMemHostRegister_v2(memory, 2 * 4096, HUMI_CU_MEMHOSTREGISTER_PORTABLE));
    assert_cu(d.cu.cuMemHostRegister_v2(memory + 4096, 2 * 4096, 0),
              ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    assert_cu(d.cu.cuMemHostUnregister(memory + 4096), ERROR_HOST_MEMORY_NOT_REGISTERED);
    assert_cu(d.cu.cuMemHostUnregister(NULL), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemHostUnregister(memory));
    assert_cu(d.cu.cuMemHostUnregister(memory), ERROR_HOST_MEMORY_NOT_REGISTERED);
}

static void copies_of_wrong_addresses_are_refused(void **state)
{
    char host[64];

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(4096);
    uintptr_t there = (uintptr_t)host;
    assert_cu(d.cu.cuMemcpyHtoDAsync_v2(there, host, 8, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemcpyHtoDAsync_v2(ptr, NULL, 8, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemcpyHtoDAsync_v2(ptr + 4090, host, 8, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemcpyHtoDAsync_v2(ptr, (void *)(uintptr_t)ptr, 8, NULL),
              ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemcpyDtoHAsync_v2(host, there, 8, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemcpyAsync(there, there, 8, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemsetD8Async(ptr + 4095, 0, 2, NULL), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemsetD8Async(ptr, 0, 2, (struct CUstream_st *)0x1234), ERROR_INVALID_HANDLE);
    assert_cu(d.cu.cuMemcpyPeerAsync(ptr, d.context, ptr, NULL, 8, NULL), ERROR_INVALID_CONTEXT);
    assert_ok(d.cu.cuCtxSynchronize()); /* none of them left an error */
}

static void fresh_memory_is_not_cleared(void **state)
{
    unsigned char bytes[16] = {0};

    (void)state;
    cuda_double_open_context(&d, "");
    read_device(bytes, allocated(4096), sizeof(bytes));
    assert_int_not_equal(bytes[0], 0);
}

/* The way of a copy follows from the addresses. */
static void copies_find_their_way(void **state)
{
    char out[8] = "abcdefg", in[8] = "";

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr a = allocated(4096), b = allocated(4096);
    assert_ok(d.cu.cuMemcpyAsync(a, (uintptr_t)out, 8, NULL));
    assert_ok(d.cu.cuMemcpyAsync(b, a, 8, NULL));
    assert_ok(d.cu.cuMemcpyAsync((uintptr_t)in, b, 8, NULL));
    assert_string_equal(in, "abcdefg");
}

/* Without peer access a kernel cannot reach the other device; a copy can. */
static void devices_keep_their_memory_apart(void **state)
{
    struct CUctx_st *other;
    int32_t word = 8;

    (void)state;
    for (int enabled = 0; enabled <= 1; enabled++) {
        cuda_double_open_context(&d, "devices=2");
        assert_ok(d.cu.cuDevicePrimaryCtxRetain(&other, 1));
        humi_cu_ptr here = allocated(4096);
        write_device(here, &word, sizeof(word));
        assert_ok(d.cu.cuCtxSetCurrent(other));
        humi_cu_ptr there = allocated(4096);
        assert_ok(d.cu.cuMemcpyPeerAsync(there, other, here, d.context, sizeof(word), NULL));
        int32_t back = 0;
        read_device(&back, there, sizeof(back));
        assert_int_equal(back, 8);
        if (enabled)
            assert_ok(d.cu.cuCtxEnablePeerAccess(d.context, 0));
        struct add_args args = {(int32_t *)(uintptr_t)here, 1, 1};
        assert_ok(launch(kernel("add"), 1, 1, 0, NULL, &args));
        if (!enabled) {
            assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
            assert_ok(d.cu.cuCtxSetCurrent(d.context)); /* the other context is well */
            assert_ok(d.cu.cuCtxSynchronize());
        } else {
            assert_ok(d.cu.cuCtxSynchronize());
        }
    }
}

/* Copies in and out of a mapping that was taken away meanwhile: an error that stays. */
static void a_copy_that_finds_nothing_is_an_illegal_address(void **state)
{
    unsigned long long handle;
    char byte = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = mapped(2 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE, &handle);
    d.hold(true);
    assert_ok(d.cu.cuMemcpyHtoDAsync_v2(ptr, &byte, 1, NULL));
    assert_ok(d.cu.cuMemUnmap(ptr, 2 * MIB));
    d.hold(false);
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
}

static void a_pointer_says_what_it_is(void **state)
{
    static char host[4096];
    struct CUctx_st *context = NULL;
    unsigned type = 0, managed = 9;
    uintptr_t start = 0;
    size_t bytes = 0;
    int ordinal = -1;
    humi_cu_ptr shared;
    enum humi_cu_pointer_attribute list[] = {HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                             HUMI_CU_POINTER_ATTRIBUTE_IS_MANAGED,
                                             HUMI_CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    void *data[] = {&type, &managed, &ordinal};

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = allocated(8192);
    assert_ok(d.cu.cuPointerGetAttribute(&context, HUMI_CU_POINTER_ATTRIBUTE_CONTEXT, ptr));
    assert_ptr_equal(context, d.context);
    assert_ok(d.cu.cuPointerGetAttribute(&start, HUMI_CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
                                         ptr + 100));
    assert_int_equal(start, ptr);
    assert_ok(d.cu.cuPointerGetAttribute(&bytes, HUMI_CU_POINTER_ATTRIBUTE_RANGE_SIZE, ptr + 100));
    assert_int_equal(bytes, 8192);
    assert_ok(d.cu.cuPointerGetAttributes(3, list, data, ptr));
    assert_int_equal(type, HUMI_CU_MEMORYTYPE_DEVICE);
    assert_int_equal(managed, 0);
    assert_int_equal(ordinal, 0);
    assert_ok(d.cu.cuMemAllocManaged(&shared, 4096, HUMI_CU_MEM_ATTACH_GLOBAL));
    assert_ok(d.cu.cuPointerGetAttributes(3, list, data, shared));
    assert_int_equal(managed, 1);

    /* One by one it is an error to ask of what the driver does not know; in a list it is not. */
    assert_cu(d.cu.cuPointerGetAttribute(&type, HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                         (uintptr_t)host),
              ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuPointerGetAttributes(3, list, data, (uintptr_t)host));
    assert_int_equal(type, 0);
    assert_int_equal(ordinal, HUMI_CU_DEVICE_INVALID);
    assert_ok(d.cu.cuMemHostRegister_v2(host, sizeof(host), 0));
    assert_ok(d.cu.cuPointerGetAttribute(&type, HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                         (uintptr_t)host));
    assert_int_equal(type, HUMI_CU_MEMORYTYPE_HOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_has_an_end),
        cmocka_unit_test(the_host_cannot_touch_device_memory),
        cmocka_unit_test(host_memory_is_registered_once),
        cmocka_unit_test(copies_of_wrong_addresses_are_refused),
        cmocka_unit_test(fresh_memory_is_not_cleared),
        cmocka_unit_test(copies_find_their_way),
        cmocka_unit_test(devices_keep_their_memory_apart),
        cmocka_unit_test(a_copy_that_finds_nothing_is_an_illegal_address),
        cmocka_unit_test(a_pointer_says_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
