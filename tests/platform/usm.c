/* SPDX-License-Identifier: MIT */
/*
 * usm.c - unified shared memory, cl_intel_unified_shared_memory: written after the extension's
 * text, section by section.  Where a device has a type of memory not, it has to say so.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "platform/usm_world.h"

#define N 4096u

static const char source[] =
    "kernel void square(global int *x) { size_t i = get_global_id(0); x[i] *= x[i]; }\n"
    "kernel void value(global int *x, int y) { x[get_global_id(0)] = y; }\n"
    "kernel void twice(global int *x) { x[get_global_id(0)] *= 2; }\n"
    "kernel void scratch(global int *x, local int *y) { y[0] = 1; x[0] = y[0]; }\n"
    "typedef struct node { int value; global struct node *next; } node;\n"
    "typedef struct lists { global node *first[4]; } lists;\n"
    "kernel void walk(global lists *l, global int *sums)\n"
    "{ size_t i = get_global_id(0); int sum = 0;\n"
    "  for (global node *n = l->first[i]; n; n = n->next) sum += n->value++;\n"
    "  sums[i] = sum; }\n"
    "kernel void count(global int *counter, uint times)\n"
    "{ for (uint i = 0; i < times; i++) atomic_inc(counter); }\n";

/* ---- what devices say ------------------------------------------------------------------------ */

static void extension_is_listed(void **state)
{
    static const char name[] = "cl_intel_unified_shared_memory";
    struct world *world = *state;
    cl_name_version versions[64];
    char text[2048];
    size_t bytes;
    unsigned found = 0;

    ok(clGetDeviceInfo(world->device, CL_DEVICE_EXTENSIONS, sizeof text, text, NULL));
    assert_non_null(strstr(text, name));
    ok(clGetPlatformInfo(world->platform, CL_PLATFORM_EXTENSIONS, sizeof text, text, NULL));
    assert_non_null(strstr(text, name));
    ok(clGetDeviceInfo(world->device, CL_DEVICE_EXTENSIONS_WITH_VERSION, sizeof versions, versions,
                       &bytes));
    for (size_t i = 0; i < bytes / sizeof versions[0]; i++)
        found += strcmp(versions[i].name, name) == 0;
    ok(clGetPlatformInfo(world->platform, CL_PLATFORM_EXTENSIONS_WITH_VERSION, sizeof versions,
                         versions, &bytes));
    for (size_t i = 0; i < bytes / sizeof versions[0]; i++)
        found += strcmp(versions[i].name, name) == 0;
    assert_int_equal(found, 2);
    assert_null(clGetExtensionFunctionAddressForPlatform(world->platform, "clMemFreeINTE"));
}

/* The text requires access to device memory alone; what is possible together is possible alone. */
static void capabilities_are_consistent(void **state)
{
    struct world *world = *state;

    assert_true(world_number(world, CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL) &
                CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL);
    for (cl_device_info what = CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL;
         what <= CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL; what++) {
        cl_ulong can = world_number(world, what);

        assert_int_equal(can & ~15ull, 0);
        if (can)
            assert_true(can & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL);
        if (can & CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ATOMIC_ACCESS_INTEL)
            assert_true((can & 7) == 7);
    }
}

/* ---- allocating ------------------------------------------------------------------------------ */

static void refused(const struct world *world, enum type type, cl_int wanted,
                    const cl_mem_properties_intel *given, size_t bytes, cl_uint alignment)
{
    cl_int error = CL_SUCCESS;

    assert_null(try(world, type, given, bytes, alignment, &error));
    gives(has(world, type) ? wanted : CL_INVALID_OPERATION, error);
    assert_null(try(world, type, given, bytes, alignment, NULL));
}

static void allocations_are_checked(void **state)
{
    struct world *world = *state;
    const cl_mem_properties_intel unknown[] = {0x1234, 0, 0},
                                  bits[] = {CL_MEM_ALLOC_FLAGS_INTEL, 1u << 9, 0},
                                  twice[] = {CL_MEM_ALLOC_FLAGS_INTEL, 0, CL_MEM_ALLOC_FLAGS_INTEL,
                                             0, 0},
                                  at_both[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                               CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL |
                                                   CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL,
                                               0},
                                  at_device[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                                 CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL, 0};
    cl_int error;

    for (enum type type = HOST; type < TYPES; type++) {
        refused(world, type, CL_INVALID_BUFFER_SIZE, NULL, 0, 0);
        refused(world, type, CL_INVALID_VALUE, NULL, 64, 3);
        refused(world, type, CL_INVALID_VALUE, NULL, 64, 256);
        refused(world, type, CL_INVALID_PROPERTY, unknown, 64, 0);
        refused(world, type, CL_INVALID_PROPERTY, bits, 64, 0);
        refused(world, type, CL_INVALID_PROPERTY, twice, 64, 0);
        refused(world, type, CL_INVALID_PROPERTY, at_both, 64, 0);
        if (type != SHARED)
            refused(world, type, CL_INVALID_PROPERTY, at_device, 64, 0);
    }
    assert_null(host_alloc(NULL, NULL, 64, 0, &error));
    gives(CL_INVALID_CONTEXT, error);
    assert_null(device_alloc(NULL, world->device, NULL, 64, 0, &error));
    gives(CL_INVALID_CONTEXT, error);
    assert_null(device_alloc(world->context, NULL, NULL, 64, 0, &error));
    gives(CL_INVALID_DEVICE, error);
    assert_null(shared_alloc(world->context, (cl_device_id)world->queue, NULL, 64, 0, &error));
    gives(CL_INVALID_DEVICE, error);
}

static void is(const struct world *world, const void *pointer, cl_mem_info_intel what,
               cl_ulong wanted)
{
    cl_ulong value = 0;
    size_t bytes;

    ok(alloc_info(world->context, pointer, what, sizeof value, &value, &bytes));
    assert_int_equal(bytes, what == CL_MEM_ALLOC_TYPE_INTEL ? 4 : 8);
    assert_int_equal(value, wanted);
}

static void what_is_allocated_is_told(void **state)
{
    static const cl_ulong types[TYPES] = {CL_MEM_TYPE_HOST_INTEL, CL_MEM_TYPE_DEVICE_INTEL,
                                          CL_MEM_TYPE_SHARED_INTEL};
    struct world *world = *state;
    const cl_mem_properties_intel combined[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                                CL_MEM_ALLOC_WRITE_COMBINED_INTEL, 0};
    cl_uint small;
    cl_ulong value;
    char *pointer;

    for (enum type type = HOST; type < TYPES; type++) {
        if (!has(world, type))
            continue;
        pointer = try(world, type, combined, 5000, 128, NULL);
        assert_non_null(pointer);
        assert_int_equal((uintptr_t)pointer % 128, 0);
        for (unsigned offset = 0; offset < 5000; offset += 4999) {
            is(world, pointer + offset, CL_MEM_ALLOC_TYPE_INTEL, types[type]);
            is(world, pointer + offset, CL_MEM_ALLOC_BASE_PTR_INTEL, (uintptr_t)pointer);
            is(world, pointer + offset, CL_MEM_ALLOC_SIZE_INTEL, 5000);
            is(world, pointer + offset, CL_MEM_ALLOC_DEVICE_INTEL,
               type == HOST ? 0 : (uintptr_t)world->device);
            is(world, pointer + offset, CL_MEM_ALLOC_FLAGS_INTEL,
               CL_MEM_ALLOC_WRITE_COMBINED_INTEL);
        }
        is(world, pointer + 5000, CL_MEM_ALLOC_TYPE_INTEL, CL_MEM_TYPE_UNKNOWN_INTEL);
        ok(mem_free(world->context, pointer));
        is(world, pointer, CL_MEM_ALLOC_TYPE_INTEL, CL_MEM_TYPE_UNKNOWN_INTEL);
    }
    for (cl_mem_info_intel what = CL_MEM_ALLOC_BASE_PTR_INTEL; what <= CL_MEM_ALLOC_DEVICE_INTEL;
         what++)
        is(world, &value, what, 0);
    is(world, NULL, CL_MEM_ALLOC_FLAGS_INTEL, 0);
    gives(CL_INVALID_CONTEXT, alloc_info(NULL, NULL, CL_MEM_ALLOC_TYPE_INTEL, 4, &small, NULL));
    gives(CL_INVALID_VALUE, alloc_info(world->context, NULL, 0x1234, 8, &value, NULL));
    gives(CL_INVALID_VALUE,
          alloc_info(world->context, NULL, CL_MEM_ALLOC_SIZE_INTEL, 4, &value, NULL));
}

static void freeing_is_checked(void **state)
{
    struct world *world = *state;
    char *pointer = usm(world, DEVICE, N);
    int foreign;

    ok(mem_free(world->context, NULL));
    ok(mem_blocking_free(world->context, NULL));
    gives(CL_INVALID_CONTEXT, mem_free(NULL, pointer));
    gives(CL_INVALID_CONTEXT, mem_blocking_free(NULL, pointer));
    gives(CL_INVALID_VALUE, mem_free(world->context, pointer + 1));
    gives(CL_INVALID_VALUE, mem_blocking_free(world->context, pointer + 1));
    gives(CL_INVALID_VALUE, mem_free(world->context, &foreign));
    ok(mem_free(world->context, pointer));
    gives(CL_INVALID_VALUE, mem_free(world->context, pointer));
    gives(CL_INVALID_VALUE, mem_blocking_free(world->context, pointer));
}

/* What no call frees goes with the context; the sanitizers see to it. */
static void context_takes_its_memory_along(void **state)
{
    struct world *world = *state, other;

    world_open(&other);
    (void)usm(&other, DEVICE, N);
    (void)usm(&other, DEVICE, N);
    assert_non_null(world);
    world_close(&other);
}

/* ---- kernels --------------------------------------------------------------------------------- */

/* Each type is filled, worked on and read back by commands alone. */
static void kernels_work_on_each_type(void **state)
{
    struct world *world = *state;
    cl_kernel square = world_kernel(world, source, "square");
    int *got = malloc(N * sizeof *got);

    assert_non_null(got);
    for (enum type type = HOST; type < TYPES; type++) {
        int *x;

        if (!has(world, type))
            continue;
        x = usm(world, type, N * sizeof *x);
        for (int i = 0; i < (int)N; i++)
            got[i] = i % 100;
        ok(mem_copy(world->queue, CL_TRUE, x, got, N * sizeof *x, 0, NULL, NULL));
        memset(got, 0, N * sizeof *got);
        ok(set_arg(square, 0, x));
        world_run(world, square, N);
        ok(set_arg(square, 0, x + N / 2));
        world_run(world, square, N / 2);
        ok(mem_copy(world->queue, CL_TRUE, got, x, N * sizeof *x, 0, NULL, NULL));
        for (int i = 0; i < (int)N; i++) {
            int once = i % 100 * (i % 100);

            assert_int_equal(got[i], i < (int)N / 2 ? once : once * once);
        }
        if (type != DEVICE)
            assert_memory_equal(got, x, N * sizeof *x);
        ok(mem_free(world->context, x));
    }
    free(got);
    ok(clReleaseKernel(square));
}

static void arguments_are_checked(void **state)
{
    struct world *world = *state;
    cl_kernel value = world_kernel(world, source, "value"),
              scratch = world_kernel(world, source, "scratch");
    int foreign;

    ok(set_arg(value, 0, NULL));
    ok(set_arg(value, 0, &foreign)); /* not followed, so none of its business */
    gives(CL_INVALID_KERNEL, set_arg(NULL, 0, NULL));
    gives(CL_INVALID_ARG_INDEX, set_arg(value, 2, NULL));
    gives(CL_INVALID_ARG_VALUE, set_arg(value, 1, NULL));
    gives(CL_INVALID_ARG_VALUE, set_arg(scratch, 1, NULL));
    ok(clReleaseKernel(value));
    ok(clReleaseKernel(scratch));
}

static void exec_info_is_checked(void **state)
{
    struct world *world = *state;
    cl_kernel walk = world_kernel(world, source, "walk");
    const cl_bool yes = CL_TRUE, no = CL_FALSE;
    void *pointers[1] = {usm(world, DEVICE, 64)};

    for (cl_kernel_exec_info what = CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL;
         what <= CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL; what++) {
        enum type type = (enum type)(what - CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL);
        bool can = has(world, type);

        gives(can ? CL_SUCCESS : CL_INVALID_OPERATION, clSetKernelExecInfo(walk, what, ARG(yes)));
        gives(can ? CL_SUCCESS : CL_INVALID_OPERATION, clSetKernelExecInfo(walk, what, ARG(no)));
        gives(can ? CL_INVALID_VALUE : CL_INVALID_OPERATION,
              clSetKernelExecInfo(walk, what, 1, &yes));
        gives(can ? CL_INVALID_VALUE : CL_INVALID_OPERATION,
              clSetKernelExecInfo(walk, what, sizeof yes, NULL));
        gives(CL_INVALID_KERNEL, clSetKernelExecInfo(NULL, what, ARG(yes)));
    }
    ok(clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, ARG(pointers)));
    gives(CL_INVALID_VALUE,
          clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, 3, pointers));
    gives(CL_INVALID_VALUE,
          clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, sizeof(void *), NULL));
    ok(mem_free(world->context, pointers[0]));
    ok(clReleaseKernel(walk));
}

struct node {
    int value;
    struct node *next;
};

struct lists {
    struct node *first[4];
};

/* Two lists in host memory and two in shared memory, which only pointers in memory lead to. */
static void walk_lists(const struct world *world, cl_kernel walk, int times)
{
    enum { LENGTH = 100 };
    struct node *nodes[2] = {usm(world, HOST, 2 * LENGTH * sizeof *nodes[0]),
                             usm(world, SHARED, 2 * LENGTH * sizeof *nodes[1])};
    struct lists *lists = usm(world, SHARED, sizeof *lists);
    int *sums = usm(world, HOST, 4 * sizeof *sums);

    for (unsigned l = 0; l < 4; l++) {
        struct node *list = nodes[l / 2] + l % 2 * LENGTH;

        lists->first[l] = list;
        for (unsigned i = 0; i < LENGTH; i++)
            list[i] = (struct node){(int)(l + i), i + 1 < LENGTH ? &list[i + 1] : NULL};
    }
    ok(set_arg(walk, 0, lists));
    ok(set_arg(walk, 1, sums));
    if (times == 1)
        ok(clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, sizeof nodes, nodes));
    for (int i = 0; i < 2; i++) /* each run adds one to every node */
        world_run(world, walk, 4);
    ok(clFinish(world->queue));
    for (int l = 0; l < 4; l++)
        assert_int_equal(sums[l], LENGTH * (l + 1) + LENGTH * (LENGTH - 1) / 2);
    assert_int_equal(lists->first[3][7].value, 3 + 7 + 2);
    ok(mem_blocking_free(world->context, nodes[0]));
    ok(mem_blocking_free(world->context, nodes[1]));
    ok(mem_free(world->context, lists));
    ok(mem_free(world->context, sums));
}

static void kernels_follow_pointers_in_memory(void **state)
{
    struct world *world = *state;
    cl_kernel walk = world_kernel(world, source, "walk"), copy;
    const cl_bool yes = CL_TRUE;
    cl_int error;

    if (!has(world, SHARED)) {
        ok(clReleaseKernel(walk));
        skip();
    }
    walk_lists(world, walk, 1); /* which is told pointer by pointer, */
    ok(clReleaseKernel(walk));
    walk = world_kernel(world, source, "walk");
    ok(clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL, ARG(yes)));
    ok(clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL, ARG(yes)));
    walk_lists(world, walk, 0); /* or type by type */
    copy = clCloneKernel(walk, &error);
    ok(error);
    ok(clReleaseKernel(walk));
    walk_lists(world, copy, 0);
    walk_lists(world, copy, 1);
    ok(clReleaseKernel(copy));
}

/* Host and kernel count at the same time in one place. */
static void atomics_meet(void **state)
{
    struct world *world = *state;
    cl_kernel count = world_kernel(world, source, "count");
    const cl_uint times = 50;

    for (enum type type = HOST; type < TYPES; type++) {
        _Atomic int *counter;

        if (type == DEVICE || !has(world, type))
            continue;
        counter = usm(world, type, sizeof *counter);
        atomic_store(counter, 0);
        ok(set_arg(count, 0, (void *)counter));
        ok(clSetKernelArg(count, 1, ARG(times)));
        world_run(world, count, 256);
        ok(clFlush(world->queue));
        for (unsigned i = 0; i < 1000; i++)
            atomic_fetch_add(counter, 1);
        ok(clFinish(world->queue));
        assert_int_equal(atomic_load(counter), 256 * 50 + 1000);
        ok(mem_free(world->context, (void *)counter));
    }
    ok(clReleaseKernel(count));
}

/* One after the other, each device adds to memory that belongs to none, and so does the host. */
static void devices_share_memory(void **state)
{
    struct world *world = *state;
    cl_device_id devices[8];
    cl_uint count;
    cl_int error;
    const char *text = source;
    const size_t items = N;
    int want[N];

    ok(clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_ALL, COUNT_OF(devices), devices, &count));
    if (!has(world, SHARED) || count < 2)
        skip();
    cl_context context = clCreateContext(NULL, count, devices, NULL, NULL, &error);
    ok(error);
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
    ok(error);
    ok(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    cl_kernel twice = clCreateKernel(program, "twice", &error);
    ok(error);
    int *x = shared_alloc(context, NULL, NULL, N * sizeof *x, 0, &error);
    ok(error);
    for (unsigned i = 0; i < N; i++)
        x[i] = want[i] = (int)i;
    ok(set_arg(twice, 0, x));
    for (cl_uint d = 0; d < count; d++) {
        cl_command_queue queue = clCreateCommandQueue(context, devices[d], 0, &error);

        ok(error);
        ok(clEnqueueNDRangeKernel(queue, twice, 1, NULL, &items, NULL, 0, NULL, NULL));
        ok(clFinish(queue));
        for (unsigned i = 0; i < N; i++) {
            want[i] *= 2;
            assert_int_equal(x[i]++, want[i]++);
        }
        ok(clReleaseCommandQueue(queue));
    }
    ok(mem_blocking_free(context, x));
    ok(clReleaseKernel(twice));
    ok(clReleaseProgram(program));
    ok(clReleaseContext(context));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extension_is_listed),
        cmocka_unit_test(capabilities_are_consistent),
        cmocka_unit_test(allocations_are_checked),
        cmocka_unit_test(what_is_allocated_is_told),
        cmocka_unit_test(freeing_is_checked),
        cmocka_unit_test(context_takes_its_memory_along),
        cmocka_unit_test(kernels_work_on_each_type),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(exec_info_is_checked),
        cmocka_unit_test(kernels_follow_pointers_in_memory),
        cmocka_unit_test(atomics_meet),
        cmocka_unit_test(devices_share_memory),
    };

    return cmocka_run_group_tests(tests, usm_setup, world_teardown);
}
