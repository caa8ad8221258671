/* SPDX-License-Identifier: MIT */
/*
 * svm.c - shared virtual memory, group by group as the conformance tests name them; written after
 * the specification.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"

#define N 4096u

static const char source[] =
    "typedef struct node { int value; global struct node *next; } node;\n"
    "kernel void bytes(global uchar *x, uint which, uint of)\n"
    "{ size_t i = get_global_id(0); if (i % of == which) x[i] += (uchar)(which + 1); }\n"
    "kernel void make(global node *nodes, uint length)\n"
    "{ global node *list = nodes + get_global_id(0) * length;\n"
    "  for (uint i = 0; i < length; i++) {\n"
    "    list[i].value = (int)(get_global_id(0) * length + i);\n"
    "    list[i].next = i + 1 < length ? list + i + 1 : 0; } }\n"
    "kernel void walk(global node *nodes, uint length, global int *bad)\n"
    "{ global node *n = nodes + get_global_id(0) * length; int want = n->value;\n"
    "  for (uint i = 0; i < length; i++, n = n->next, want += 2)\n"
    "    if (n->value != want) atomic_inc(bad); }\n"
    "typedef struct pair { global int *a; global int *b; } pair;\n"
    "kernel void across(global pair *p, global int *out)\n"
    "{ size_t i = get_global_id(0); out[i] = p->a[i] + p->b[i]; }\n"
    "kernel void count(global int *counter, uint times)\n"
    "{ for (uint i = 0; i < times; i++) atomic_inc(counter); }\n"
    "kernel void square(global int *x) { size_t i = get_global_id(0); x[i] *= x[i]; }\n";

struct node {
    int value;
    struct node *next;
};

static void *svm(const struct world *world, cl_svm_mem_flags flags, size_t bytes)
{
    void *pointer = clSVMAlloc(world->context, CL_MEM_READ_WRITE | flags, bytes, 0);

    assert_non_null(pointer);
    return pointer;
}

static bool has(const struct world *world, cl_device_svm_capabilities wanted)
{
    return world_number(world, CL_DEVICE_SVM_CAPABILITIES) & wanted;
}

static void map(const struct world *world, void *pointer, size_t bytes)
{
    ok(clEnqueueSVMMap(world->queue, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, pointer, bytes, 0, NULL,
                       NULL));
}

static void unmap(const struct world *world, void *pointer)
{
    ok(clEnqueueSVMUnmap(world->queue, pointer, 0, NULL, NULL));
}

/* ---- allocating ------------------------------------------------------------------------------ */

static void allocate_shared_buffer(void **state)
{
    struct world *world = *state;
    static const cl_svm_mem_flags flags[] = {0, CL_MEM_SVM_FINE_GRAIN_BUFFER,
                                             CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS};

    for (unsigned i = 0; i < COUNT_OF(flags); i++) {
        unsigned char *pointer = svm(world, flags[i], 8192);
        cl_int error;
        cl_bool over;
        cl_mem mem = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, 8192, pointer, &error);
        unsigned char got[16];

        ok(error);
        ok(clGetMemObjectInfo(mem, CL_MEM_USES_SVM_POINTER, sizeof over, &over, NULL));
        assert_int_equal(over, CL_TRUE);
        map(world, pointer, 8192);
        memset(pointer, (int)i + 1, 8192);
        unmap(world, pointer);
        ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 8176, 16, got, 0, NULL, NULL));
        assert_int_equal(got[15], i + 1);
        ok(clReleaseMemObject(mem));
        ok(clFinish(world->queue));
        clSVMFree(world->context, pointer);
    }
}

static void allocate_shared_buffer_negative(void **state)
{
    struct world *world = *state;
    char *pointer = svm(world, 0, 1024);
    cl_int error;
    cl_mem rest;

    assert_null(clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, 1025, pointer, &error));
    gives(CL_INVALID_BUFFER_SIZE, error);
    rest = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, 512, pointer + 512, &error);
    ok(error);
    ok(clReleaseMemObject(rest));
    clSVMFree(world->context, pointer);
    assert_null(clSVMAlloc(NULL, CL_MEM_READ_WRITE, 64, 0));
    assert_null(clSVMAlloc(world->context, CL_MEM_READ_WRITE, 0, 0));
    assert_null(clSVMAlloc(world->context, CL_MEM_READ_WRITE, SIZE_MAX / 2, 0));
    assert_null(clSVMAlloc(world->context, CL_MEM_READ_WRITE, 64, 3));
    assert_null(clSVMAlloc(world->context, CL_MEM_READ_WRITE | CL_MEM_SVM_ATOMICS, 64, 0));
    assert_null(clSVMAlloc(world->context, CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, 64, 0));
    clSVMFree(world->context, NULL);
}

/* ---- pointers in memory ---------------------------------------------------------------------- */

/* The device makes lists, the host walks and changes them, the device walks them. */
static void lists(const struct world *world, cl_svm_mem_flags flags, bool maps)
{
    enum { LISTS = 16, LENGTH = 64 };
    struct node *nodes = svm(world, flags, LISTS * LENGTH * sizeof *nodes);
    int *bad = svm(world, flags, sizeof *bad);
    cl_kernel make = world_kernel(world, source, "make"),
              walk = world_kernel(world, source, "walk");
    const cl_uint length = LENGTH;

    ok(clSetKernelArgSVMPointer(make, 0, nodes));
    ok(clSetKernelArg(make, 1, ARG(length)));
    ok(clSetKernelArgSVMPointer(walk, 0, nodes));
    ok(clSetKernelArg(walk, 1, ARG(length)));
    ok(clSetKernelArgSVMPointer(walk, 2, bad));
    world_run(world, make, LISTS);
    ok(clFinish(world->queue));
    if (maps) {
        map(world, nodes, LISTS * LENGTH * sizeof *nodes);
        map(world, bad, sizeof *bad);
    }
    *bad = 0;
    for (unsigned l = 0; l < LISTS; l++) {
        const struct node *n = nodes + l * LENGTH;
        unsigned seen = 0;

        for (; n; n = n->next, seen++)
            assert_int_equal(n->value, l * LENGTH + seen);
        assert_int_equal(seen, LENGTH);
        for (unsigned i = 0; i < LENGTH; i++) /* now 2 apart */
            nodes[l * LENGTH + i].value += (int)i;
    }
    if (maps) {
        unmap(world, nodes);
        unmap(world, bad);
    }
    world_run(world, walk, LISTS);
    ok(clFinish(world->queue));
    if (maps)
        map(world, bad, sizeof *bad);
    assert_int_equal(*bad, 0);
    if (maps)
        unmap(world, bad);
    ok(clFinish(world->queue));
    clSVMFree(world->context, nodes);
    clSVMFree(world->context, bad);
    ok(clReleaseKernel(make));
    ok(clReleaseKernel(walk));
}

static void shared_address_space_coarse_grain(void **state)
{
    lists(*state, 0, true);
}

static void shared_address_space_fine_grain_buffers(void **state)
{
    if (!has(*state, CL_DEVICE_SVM_FINE_GRAIN_BUFFER))
        skip();
    lists(*state, CL_MEM_SVM_FINE_GRAIN_BUFFER, false);
}

/* The old way: a buffer over the memory is the argument. */
static void shared_address_space_coarse_grain_old_api(void **state)
{
    struct world *world = *state;
    struct node *nodes = svm(world, 0, 64 * sizeof *nodes);
    cl_kernel make = world_kernel(world, source, "make");
    const cl_uint length = 64;
    cl_int error;
    cl_mem mem =
        clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, 64 * sizeof *nodes, nodes, &error);
    void *mapped;

    ok(error);
    ok(clSetKernelArg(make, 0, ARG(mem)));
    ok(clSetKernelArg(make, 1, ARG(length)));
    world_run(world, make, 1);
    mapped = clEnqueueMapBuffer(world->queue, mem, CL_TRUE, CL_MAP_READ, 0, 64 * sizeof *nodes, 0,
                                NULL, NULL, &error);
    ok(error);
    assert_ptr_equal(mapped, nodes);
    for (unsigned i = 0; i < 63; i++)
        assert_ptr_equal(nodes[i].next, &nodes[i + 1]);
    ok(clEnqueueUnmapMemObject(world->queue, mem, mapped, 0, NULL, NULL));
    ok(clFinish(world->queue));
    ok(clReleaseMemObject(mem));
    clSVMFree(world->context, nodes);
    ok(clReleaseKernel(make));
}

static void cross_buffer_pointers(void **state)
{
    struct world *world = *state;
    struct {
        int *a, *b;
    } *pair = svm(world, 0, sizeof *pair);
    int *a = svm(world, 0, N * sizeof *a), *b = svm(world, 0, N * sizeof *b);
    int *out = svm(world, 0, N * sizeof *out);
    cl_kernel cross = world_kernel(world, source, "across");
    void *reached[2] = {a, b};

    map(world, pair, sizeof *pair);
    map(world, a, N * sizeof *a);
    map(world, b, N * sizeof *b);
    pair->a = a;
    pair->b = b;
    for (unsigned i = 0; i < N; i++) {
        a[i] = (int)i;
        b[i] = (int)(2 * i);
    }
    unmap(world, pair);
    unmap(world, a);
    unmap(world, b);
    ok(clSetKernelArgSVMPointer(cross, 0, pair));
    ok(clSetKernelArgSVMPointer(cross, 1, out));
    ok(clSetKernelExecInfo(cross, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof reached, reached));
    world_run(world, cross, N);
    map(world, out, N * sizeof *out);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(out[i], 3 * i);
    unmap(world, out);
    ok(clEnqueueSVMFree(world->queue, 2, reached, NULL, NULL, 0, NULL, NULL));
    ok(clFinish(world->queue));
    clSVMFree(world->context, pair);
    clSVMFree(world->context, out);
    ok(clReleaseKernel(cross));
}

/* Pointers into the middle, set as arguments and shared with parts of a buffer. */
static void pointer_passing_and_shared_sub_buffers(void **state)
{
    struct world *world = *state;
    int *x = svm(world, 0, N * sizeof *x);
    cl_kernel square = world_kernel(world, source, "square");
    const cl_buffer_region region = {1024 * sizeof *x, 1024 * sizeof *x};
    cl_int error;
    cl_mem whole, part;

    map(world, x, N * sizeof *x);
    for (unsigned i = 0; i < N; i++)
        x[i] = (int)(i % 100);
    unmap(world, x);
    ok(clSetKernelArgSVMPointer(square, 0, x + 2048));
    world_run(world, square, 1024);
    whole = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, N * sizeof *x, x, &error);
    ok(error);
    part = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    ok(error);
    ok(clSetKernelArg(square, 0, ARG(part)));
    world_run(world, square, 1024);
    map(world, x, N * sizeof *x);
    for (int i = 0; i < (int)N; i++)
        assert_int_equal(x[i], i >= 1024 && i < 3072 ? (i % 100) * (i % 100) : i % 100);
    unmap(world, x);
    ok(clFinish(world->queue));
    ok(clReleaseMemObject(part));
    ok(clReleaseMemObject(whole));
    clSVMFree(world->context, x);
    ok(clReleaseKernel(square));
}

/* ---- fine grain ------------------------------------------------------------------------------ */

/* The host and a kernel write neighbouring bytes at the same time: none is lost. */
static void byte_granularity(void **state)
{
    struct world *world = *state;
    unsigned char *x;
    cl_kernel bytes;
    const cl_uint which = 0, of = 2;

    if (!has(world, CL_DEVICE_SVM_FINE_GRAIN_BUFFER))
        skip();
    x = svm(world, CL_MEM_SVM_FINE_GRAIN_BUFFER, N);
    bytes = world_kernel(world, source, "bytes");
    memset(x, 0, N);
    ok(clSetKernelArgSVMPointer(bytes, 0, x));
    ok(clSetKernelArg(bytes, 1, ARG(which)));
    ok(clSetKernelArg(bytes, 2, ARG(of)));
    for (unsigned round = 0; round < 10; round++) {
        world_run(world, bytes, N);
        ok(clFlush(world->queue));
        for (unsigned i = 1; i < N; i += 2)
            ((volatile unsigned char *)x)[i] += 2;
    }
    ok(clFinish(world->queue));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(x[i], i % 2 ? 20 : 10);
    clSVMFree(world->context, x);
    ok(clReleaseKernel(bytes));
}

/* Atomic operations of both sides at the same time meet in one place. */
static void fine_grain_memory_consistency(void **state)
{
    struct world *world = *state;
    const cl_uint times = 50;
    _Atomic int *counter;
    cl_kernel count;

    if (!has(world, CL_DEVICE_SVM_ATOMICS))
        skip();
    counter = svm(world, CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS, sizeof *counter);
    count = world_kernel(world, source, "count");
    atomic_store(counter, 0);
    ok(clSetKernelArgSVMPointer(count, 0, (void *)counter));
    ok(clSetKernelArg(count, 1, ARG(times)));
    world_run(world, count, 256);
    ok(clFlush(world->queue));
    for (unsigned i = 0; i < 1000; i++)
        atomic_fetch_add(counter, 1);
    ok(clFinish(world->queue));
    assert_int_equal(atomic_load(counter), 256 * 50 + 1000);
    clSVMFree(world->context, (void *)counter);
    ok(clReleaseKernel(count));
}

/* What the host wrote before a launch, and the kernel before its end, is seen without mapping. */
static void fine_grain_sync_buffers(void **state)
{
    struct world *world = *state;
    cl_kernel square;
    int *x;

    if (!has(world, CL_DEVICE_SVM_FINE_GRAIN_BUFFER))
        skip();
    x = svm(world, CL_MEM_SVM_FINE_GRAIN_BUFFER, N * sizeof *x);
    square = world_kernel(world, source, "square");
    ok(clSetKernelArgSVMPointer(square, 0, x));
    for (int round = 1; round < 5; round++) {
        for (unsigned i = 0; i < N; i++)
            x[i] = round;
        world_run(world, square, N);
        ok(clFinish(world->queue));
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(x[i], round * round);
    }
    clSVMFree(world->context, x);
    ok(clReleaseKernel(square));
}

/* ---- commands -------------------------------------------------------------------------------- */

static cl_uint freed;

static void CL_CALLBACK free_them(cl_command_queue queue, cl_uint count, void *pointers[],
                                  void *data)
{
    cl_context context;

    (void)queue;
    (void)clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    for (cl_uint i = 0; i < count; i++)
        clSVMFree(context, pointers[i]);
    *(cl_uint *)data = count;
}

static cl_command_type type_of(cl_event event)
{
    cl_command_type type;

    ok(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
    return type;
}

static void enqueue_api(void **state)
{
    static const cl_command_type types[] = {CL_COMMAND_SVM_MEMFILL, CL_COMMAND_SVM_MEMCPY,
                                            CL_COMMAND_SVM_MAP, CL_COMMAND_SVM_UNMAP,
                                            CL_COMMAND_SVM_FREE};
    struct world *world = *state;
    int *a = svm(world, 0, N * sizeof *a), *b = svm(world, 0, N * sizeof *b), got[4];
    void *both[2] = {a, b};
    cl_event events[5];

    ok(clEnqueueSVMMemFill(world->queue, a, &(int){42}, sizeof(int), N * sizeof *a, 0, NULL,
                           &events[0]));
    ok(clEnqueueSVMMemcpy(world->queue, CL_FALSE, b, a, N * sizeof *a, 1, &events[0], &events[1]));
    ok(clEnqueueSVMMap(world->queue, CL_TRUE, CL_MAP_READ, b, N * sizeof *b, 1, &events[1],
                       &events[2]));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(b[i], 42);
    ok(clEnqueueSVMUnmap(world->queue, b, 0, NULL, &events[3]));
    ok(clEnqueueSVMMemcpy(world->queue, CL_TRUE, got, b + 100, sizeof got, 0, NULL, NULL));
    assert_int_equal(got[3], 42);
    freed = 0;
    ok(clEnqueueSVMFree(world->queue, 2, both, free_them, &freed, 0, NULL, &events[4]));
    ok(clFinish(world->queue));
    assert_int_equal(freed, 2);
    for (unsigned i = 0; i < COUNT_OF(events); i++) {
        assert_int_equal(type_of(events[i]), types[i]);
        ok(clReleaseEvent(events[i]));
    }
}

static void negative_memcpy_overlap(void **state)
{
    struct world *world = *state;
    char *x = svm(world, 0, 256);

    gives(CL_MEM_COPY_OVERLAP,
          clEnqueueSVMMemcpy(world->queue, CL_TRUE, x, x + 10, 20, 0, NULL, NULL));
    gives(CL_MEM_COPY_OVERLAP,
          clEnqueueSVMMemcpy(world->queue, CL_TRUE, x + 10, x, 20, 0, NULL, NULL));
    ok(clEnqueueSVMMemcpy(world->queue, CL_TRUE, x, x + 20, 20, 0, NULL, NULL));
    clSVMFree(world->context, x);
}

static void migrate(void **state)
{
    struct world *world = *state;
    int *x = svm(world, 0, 1 << 20);
    const void *pointers[2] = {x, x + 1000};
    const size_t sizes[2] = {0, 4000};
    cl_kernel square = world_kernel(world, source, "square");
    cl_event event;

    map(world, x, 1 << 20);
    for (unsigned i = 0; i < N; i++)
        x[i] = 7;
    unmap(world, x);
    ok(clEnqueueSVMMigrateMem(world->queue, 1, pointers, NULL, 0, 0, NULL, NULL));
    ok(clSetKernelArgSVMPointer(square, 0, x));
    world_run(world, square, N);
    ok(clEnqueueSVMMigrateMem(world->queue, 2, pointers, sizes, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
                              &event));
    assert_int_equal(type_of(event), CL_COMMAND_SVM_MIGRATE_MEM);
    ok(clWaitForEvents(1, &event));
    map(world, x, 1 << 20);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(x[i], 49);
    unmap(world, x);
    ok(clEnqueueSVMMigrateMem(world->queue, 1, pointers, NULL,
                              CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL));
    ok(clFinish(world->queue));
    ok(clReleaseEvent(event));
    clSVMFree(world->context, x);
    ok(clReleaseKernel(square));
}

static void set_kernel_exec_info_svm_ptrs(void **state)
{
    struct world *world = *state;
    cl_kernel cross = world_kernel(world, source, "across"), copy;
    int *x = svm(world, 0, 64);
    void *reached[1] = {x};
    cl_int error;

    ok(clSetKernelExecInfo(cross, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof reached, reached));
    if (world_is_hum(world)) /* PoCL 3.1 takes it */
        gives(CL_INVALID_VALUE, clSetKernelExecInfo(cross, CL_KERNEL_EXEC_INFO_SVM_PTRS, 0, NULL));
    if (world_is_hum(world))
        gives(CL_INVALID_VALUE, clSetKernelExecInfo(cross, 0x7777, sizeof reached, reached));
    gives(CL_INVALID_KERNEL,
          clSetKernelExecInfo(NULL, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof reached, reached));
    copy = clCloneKernel(cross, &error);
    ok(error);
    ok(clReleaseKernel(copy));
    ok(clReleaseKernel(cross));
    clSVMFree(world->context, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocate_shared_buffer),
        cmocka_unit_test(allocate_shared_buffer_negative),
        cmocka_unit_test(shared_address_space_coarse_grain),
        cmocka_unit_test(shared_address_space_fine_grain_buffers),
        cmocka_unit_test(shared_address_space_coarse_grain_old_api),
        cmocka_unit_test(cross_buffer_pointers),
        cmocka_unit_test(pointer_passing_and_shared_sub_buffers),
        cmocka_unit_test(byte_granularity),
        cmocka_unit_test(fine_grain_memory_consistency),
        cmocka_unit_test(fine_grain_sync_buffers),
        cmocka_unit_test(enqueue_api),
        cmocka_unit_test(negative_memcpy_overlap),
        cmocka_unit_test(migrate),
        cmocka_unit_test(set_kernel_exec_info_svm_ptrs),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
