/* SPDX-License-Identifier: MIT */
/* test_double_mapping.c - the double: reservations, handles, mappings, access. */
#include "double_world.h"

#include <sys/mman.h>

static const struct humi_cu_location on_device = {HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0};
static const struct humi_cu_allocation_prop device_prop = {
    .type = HUMI_CU_MEM_ALLOCATION_TYPE_PINNED,
    .location = {HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0},
};

static void granularity_is_two_mebibytes_or_what_was_told(void **state)
{
    struct humi_cu_allocation_prop wrong = device_prop;
    size_t bytes = 0;

    (void)state;
    cuda_double_open(&d, "");
    assert_ok(d.cu.cuMemGetAllocationGranularity(&bytes, &device_prop, 0));
    assert_int_equal(bytes, 2 * MIB);
    assert_cu(d.cu.cuMemGetAllocationGranularity(&bytes, &device_prop, (enum humi_cu_granularity)2),
              ERROR_INVALID_VALUE);
    wrong.type = HUMI_CU_MEM_ALLOCATION_TYPE_INVALID;
    assert_cu(d.cu.cuMemGetAllocationGranularity(&bytes, &wrong, 0), ERROR_INVALID_VALUE);
    wrong = device_prop;
    wrong.location.id = 1;
    assert_cu(d.cu.cuMemGetAllocationGranularity(&bytes, &wrong, 0), ERROR_INVALID_DEVICE);
    cuda_double_open(&d, "granularity=64K");
    assert_ok(d.cu.cuMemGetAllocationGranularity(&bytes, &device_prop, 0));
    assert_int_equal(bytes, 64 << 10);
    assert_ok(d.cu.cuMemGetAllocationGranularity(&bytes, &device_prop,
                                                 HUMI_CU_MEM_ALLOC_GRANULARITY_RECOMMENDED));
    assert_int_equal(bytes, 2 * MIB);
}

static void reservations_are_granular_and_do_not_overlap(void **state)
{
    humi_cu_ptr a = 0, b = 0, c = 0;

    (void)state;
    cuda_double_open(&d, "");
    assert_cu(d.cu.cuMemAddressReserve(&a, 0, 0, 0, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressReserve(&a, MIB, 0, 0, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressReserve(&a, 2 * MIB, 3, 0, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressReserve(&a, 2 * MIB, 0, 1, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressReserve(&a, 2 * MIB, 0, 0, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressReserve(NULL, 2 * MIB, 0, 0, 0), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAddressReserve(&a, 8 * MIB, 16 * MIB, 0, 0));
    assert_int_equal(a % (16 * MIB), 0);
    assert_ok(d.cu.cuMemAddressReserve(&b, 8 * MIB, 0, a, 0)); /* a wish that cannot be had */
    assert_true(b >= a + 8 * MIB || a >= b + 8 * MIB);
    assert_cu(d.cu.cuMemAddressFree(a, 4 * MIB), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressFree(a + 2 * MIB, 8 * MIB), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAddressFree(a, 8 * MIB));
    assert_cu(d.cu.cuMemAddressFree(a, 8 * MIB), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAddressReserve(&c, 8 * MIB, 0, a, 0)); /* and one that can */
    assert_int_equal(c, a);
}

/* Addresses that the host uses are not given, unless the option says that this driver does. */
static void addresses_of_the_host_are_given_with_over_host(void **state)
{
    humi_cu_ptr ptr = 0;
    char *host = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uintptr_t wanted = ((uintptr_t)host + 2 * MIB - 1) / (2 * MIB) * (2 * MIB);

    (void)state;
    assert_ptr_not_equal(host, MAP_FAILED);
    *(char *)wanted = 42;
    cuda_double_open(&d, "");
    assert_ok(d.cu.cuMemAddressReserve(&ptr, 2 * MIB, 0, wanted, 0));
    assert_int_not_equal(ptr, wanted);
    cuda_double_open(&d, "over_host=1");
    assert_ok(d.cu.cuMemAddressReserve(&ptr, 2 * MIB, 0, wanted, 0));
    assert_int_equal(ptr, wanted);
    assert_ok(d.cu.cuMemAddressFree(ptr, 2 * MIB));
    assert_int_equal(*(char *)wanted, 42);
    munmap(host, 4 * MIB);
}

/* One address, two things: the host's own memory and the device's. */
static void host_and_device_differ_at_one_address(void **state)
{
    unsigned long long handle;
    int32_t word = 5;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = mapped(2 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE, &handle);
    int32_t *host = mmap((void *)(uintptr_t)ptr, 2 * MIB, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    assert_ptr_equal(host, (void *)(uintptr_t)ptr);
    *host = 100;
    write_device(ptr, &word, sizeof(word));
    struct add_args args = {host, 1, 1};
    assert_ok(launch(kernel("add"), 1, 1, 0, NULL, &args));
    read_device(&word, ptr, sizeof(word));
    assert_int_equal(word, 6);
    assert_int_equal(*host, 100);
}

static void handles_are_made_for_what_there_is(void **state)
{
    struct humi_cu_allocation_prop prop = device_prop;
    unsigned long long handle = 0, more = 0;

    (void)state;
    cuda_double_open(&d, "memory=8M");
    assert_cu(d.cu.cuMemCreate(&handle, 0, &prop, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemCreate(&handle, MIB, &prop, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, &prop, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, NULL, 0), ERROR_INVALID_VALUE);
    prop.location.id = 7;
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, &prop, 0), ERROR_INVALID_DEVICE);
    prop.location.type = HUMI_CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, &prop, 0), ERROR_INVALID_VALUE);
    prop.location.type = HUMI_CU_MEM_LOCATION_TYPE_HOST;
    prop.requestedHandleTypes = HUMI_CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, &prop, 0), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemCreate(&handle, 6 * MIB, &device_prop, 0));
    assert_cu(d.cu.cuMemCreate(&more, 4 * MIB, &device_prop, 0), ERROR_OUT_OF_MEMORY);
    assert_ok(d.cu.cuMemCreate(&more, 2 * MIB, &device_prop, 0));
    assert_ok(d.cu.cuMemRelease(handle));
    assert_cu(d.cu.cuMemRelease(handle), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemCreate(&handle, 6 * MIB, &device_prop, 0));
    assert_int_not_equal(handle, more);
}

static void mappings_lie_in_reservations_and_once(void **state)
{
    unsigned long long handle;
    humi_cu_ptr ptr = 0;

    (void)state;
    cuda_double_open(&d, "");
    assert_ok(d.cu.cuMemAddressReserve(&ptr, 8 * MIB, 0, 0, 0));
    assert_ok(d.cu.cuMemCreate(&handle, 4 * MIB, &device_prop, 0));
    assert_cu(d.cu.cuMemMap(ptr + MIB, 2 * MIB, 0, handle, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemMap(ptr, MIB, 0, handle, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemMap(ptr, 6 * MIB, 0, handle, 0), ERROR_INVALID_VALUE); /* beyond handle */
    assert_cu(d.cu.cuMemMap(ptr, 2 * MIB, 2 * MIB, handle, 0), ERROR_INVALID_VALUE); /* offset */
    assert_cu(d.cu.cuMemMap(ptr, 4 * MIB, 0, handle, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemMap(ptr, 4 * MIB, 0, handle + 1, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemMap(ptr + 6 * MIB, 4 * MIB, 0, handle, 0), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemMap(ptr, 4 * MIB, 0, handle, 0));
    assert_cu(d.cu.cuMemMap(ptr + 2 * MIB, 4 * MIB, 0, handle, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemAddressFree(ptr, 8 * MIB), ERROR_INVALID_VALUE); /* something is mapped */
    assert_cu(d.cu.cuMemUnmap(ptr, 2 * MIB), ERROR_INVALID_VALUE);       /* half of a mapping */
    assert_cu(d.cu.cuMemUnmap(ptr, 6 * MIB), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemUnmap(ptr, 4 * MIB));
    assert_cu(d.cu.cuMemUnmap(ptr, 4 * MIB), ERROR_INVALID_VALUE);
    assert_ok(d.cu.cuMemAddressFree(ptr, 8 * MIB));
}

/* A mapping keeps memory whose handle was released; the bytes go when both are gone. */
static void memory_lives_as_long_as_its_mappings(void **state)
{
    struct cuda_double_counts counts;
    unsigned long long handle, again = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = mapped(2 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE, &handle);
    assert_ok(d.cu.cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)(ptr + 4096)));
    assert_int_equal(again, handle);
    assert_ok(d.cu.cuMemRelease(handle));
    assert_ok(d.cu.cuMemRelease(handle));
    assert_cu(d.cu.cuMemRelease(handle), ERROR_INVALID_VALUE);
    int32_t word = 3, back = 0;
    write_device(ptr, &word, sizeof(word));
    read_device(&back, ptr, sizeof(back));
    assert_int_equal(back, 3);
    d.count(&counts);
    assert_int_equal(counts.live_bytes, 2 * MIB);
    assert_ok(d.cu.cuMemUnmap(ptr, 2 * MIB));
    d.count(&counts);
    assert_int_equal(counts.live_bytes, 0);
    assert_cu(d.cu.cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)ptr),
              ERROR_INVALID_VALUE);
}

static void access_is_for_whole_mappings_and_known_places(void **state)
{
    unsigned long long handle, flags = 9;
    struct humi_cu_access_desc access = {on_device, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE};

    (void)state;
    cuda_double_open_context(&d, "devices=2,peers=0");
    humi_cu_ptr ptr = mapped(4 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_NONE, &handle);
    assert_ok(d.cu.cuMemGetAccess(&flags, &on_device, ptr));
    assert_int_equal(flags, HUMI_CU_MEM_ACCESS_FLAGS_PROT_NONE);
    assert_cu(d.cu.cuMemSetAccess(ptr, 2 * MIB, &access, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemSetAccess(ptr, 6 * MIB, &access, 1), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 0), ERROR_INVALID_VALUE);
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, NULL, 1), ERROR_INVALID_VALUE);
    access.location.id = 2;
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 1), ERROR_INVALID_DEVICE);
    access.location.id = 1; /* a peer that is none */
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 1), ERROR_NOT_SUPPORTED);
    access.location.type = HUMI_CU_MEM_LOCATION_TYPE_HOST;
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 1), ERROR_INVALID_VALUE);
    access.location = on_device;
    access.flags = (enum humi_cu_access_flags)2;
    assert_cu(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 1), ERROR_INVALID_VALUE);
    access.flags = HUMI_CU_MEM_ACCESS_FLAGS_PROT_READ;
    assert_ok(d.cu.cuMemSetAccess(ptr, 4 * MIB, &access, 1));
    assert_ok(d.cu.cuMemGetAccess(&flags, &on_device, ptr + 3 * MIB));
    assert_int_equal(flags, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READ);
}

/* A mapping that is made anew has no access, whatever the one before had. */
static void access_does_not_outlive_a_mapping(void **state)
{
    unsigned long long handle;

    (void)state;
    cuda_double_open_context(&d, "");
    humi_cu_ptr ptr = mapped(2 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE, &handle);
    assert_ok(d.cu.cuMemUnmap(ptr, 2 * MIB));
    assert_ok(d.cu.cuMemMap(ptr, 2 * MIB, 0, handle, 0));
    assert_ok(d.cu.cuMemsetD8Async(ptr, 0, 16, NULL));
    assert_cu(d.cu.cuCtxSynchronize(), ERROR_ILLEGAL_ADDRESS);
}

/* Two devices, one memory: the peer reads through the access that it was given. */
static void a_peer_reads_what_was_mapped_for_it(void **state)
{
    unsigned long long handle;
    struct CUctx_st *other;
    int32_t word = 41;
    struct humi_cu_access_desc access[] = {
        {{HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0}, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE},
        {{HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 1}, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE},
    };

    (void)state;
    cuda_double_open_context(&d, "devices=2");
    assert_ok(d.cu.cuDevicePrimaryCtxRetain(&other, 1));
    humi_cu_ptr ptr = mapped(2 * MIB, 0, HUMI_CU_MEM_ACCESS_FLAGS_PROT_NONE, &handle);
    assert_ok(d.cu.cuMemSetAccess(ptr, 2 * MIB, access, 2));
    write_device(ptr, &word, sizeof(word));
    assert_ok(d.cu.cuCtxSetCurrent(other));
    struct add_args args = {(int32_t *)(uintptr_t)ptr, 1, 1};
    assert_ok(launch(kernel("add"), 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
    assert_ok(d.cu.cuCtxSetCurrent(d.context));
    read_device(&word, ptr, sizeof(word));
    assert_int_equal(word, 42);
}

/* Memory of the host by handle: the host reaches it once it was given access. */
static void host_memory_is_mapped_for_both(void **state)
{
    struct humi_cu_allocation_prop prop = device_prop;
    struct humi_cu_access_desc access[] = {
        {{HUMI_CU_MEM_LOCATION_TYPE_HOST, 0}, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE},
        {{HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0}, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE},
    };
    unsigned long long handle;
    humi_cu_ptr ptr = 0;

    (void)state;
    cuda_double_open_context(&d, "");
    prop.location.type = HUMI_CU_MEM_LOCATION_TYPE_HOST;
    assert_ok(d.cu.cuMemAddressReserve(&ptr, 2 * MIB, 0, 0, 0));
    assert_ok(d.cu.cuMemCreate(&handle, 2 * MIB, &prop, 0));
    assert_ok(d.cu.cuMemMap(ptr, 2 * MIB, 0, handle, 0));
    assert_ok(d.cu.cuMemSetAccess(ptr, 2 * MIB, access, 2));
    int32_t *word = (int32_t *)(uintptr_t)ptr;
    *word = 1;
    struct add_args args = {word, 1, 1};
    assert_ok(launch(kernel("add"), 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
    assert_int_equal(*word, 2);
    assert_ok(d.cu.cuMemUnmap(ptr, 2 * MIB));
}

static void without_vmm_nothing_of_it_is_supported(void **state)
{
    humi_cu_ptr ptr;
    unsigned long long handle;

    (void)state;
    cuda_double_open(&d, "vmm=0");
    assert_cu(d.cu.cuMemAddressReserve(&ptr, 2 * MIB, 0, 0, 0), ERROR_NOT_SUPPORTED);
    assert_cu(d.cu.cuMemCreate(&handle, 2 * MIB, &device_prop, 0), ERROR_NOT_SUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(granularity_is_two_mebibytes_or_what_was_told),
        cmocka_unit_test(reservations_are_granular_and_do_not_overlap),
        cmocka_unit_test(addresses_of_the_host_are_given_with_over_host),
        cmocka_unit_test(host_and_device_differ_at_one_address),
        cmocka_unit_test(handles_are_made_for_what_there_is),
        cmocka_unit_test(mappings_lie_in_reservations_and_once),
        cmocka_unit_test(memory_lives_as_long_as_its_mappings),
        cmocka_unit_test(access_is_for_whole_mappings_and_known_places),
        cmocka_unit_test(access_does_not_outlive_a_mapping),
        cmocka_unit_test(a_peer_reads_what_was_mapped_for_it),
        cmocka_unit_test(host_memory_is_mapped_for_both),
        cmocka_unit_test(without_vmm_nothing_of_it_is_supported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
