/* SPDX-License-Identifier: MIT */
/*
 * heap.c - fine-grained system SVM: plain pointers of malloc and its like in kernels.  Run through
 * `hum run --opencl --system-svm`.  "absent" as argument: through `hum run --opencl` alone, where
 * it must not be offered; "large": with blocks from 128 KiB on alone.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/world.h"

static const char source[] =
    "kernel void square(global int *x) { size_t i = get_global_id(0); x[i] *= x[i]; }\n"
    "typedef struct node { global struct node *next; int value; } node;\n"
    "kernel void walk(global node *n, global int *sum)\n"
    "{ int all = 0; for (; n; n = n->next) { all += n->value; n->value = -n->value; }\n"
    "  *sum = all; }\n"
    "kernel void count(global int *counter, uint times)\n"
    "{ for (uint i = 0; i < times; i++) atomic_inc(counter); }\n"
    "kernel void upper(global char *text)\n"
    "{ char c = text[get_global_id(0)];\n"
    "  if (c >= 'a' && c <= 'z') text[get_global_id(0)] = c - 32; }\n";

struct node {
    struct node *next;
    int value;
};

static cl_program program; /* built once */

static cl_kernel kernel_with(const char *name, const void *pointer)
{
    const cl_bool on = CL_TRUE;
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, name, &error);

    ok(error);
    ok(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof on, &on));
    ok(clSetKernelArgSVMPointer(kernel, 0, pointer));
    return kernel;
}

/* In groups of few sizes, for each of which PoCL compiles the kernel. */
static cl_int enqueue(cl_command_queue queue, cl_kernel kernel, size_t count)
{
    const size_t group = count % 4 ? 1 : 4;

    return clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, &group, 0, NULL, NULL);
}

static void run(const struct world *world, const char *name, const void *pointer, size_t count)
{
    cl_kernel kernel = kernel_with(name, pointer);

    ok(enqueue(world->queue, kernel, count));
    ok(clFinish(world->queue));
    ok(clReleaseKernel(kernel));
}

static void square_and_check(const struct world *world, int *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (int)(i % 1000);
    run(world, "square", x, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(x[i], (i % 1000) * (i % 1000));
}

/* ---- blocks of every kind -------------------------------------------------------------------- */

static void it_is_offered(void **state)
{
    assert_true(world_number(*state, CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
}

static void blocks_of_all_sizes_are_reached(void **state)
{
    static const size_t bytes[] = {4, 40, 1000, 30000, 65536, 65540, 200000, 3 << 20};

    for (unsigned i = 0; i < COUNT_OF(bytes); i++) {
        int *x = malloc(bytes[i]);

        assert_non_null(x);
        square_and_check(*state, x, bytes[i] / sizeof *x);
        free(x);
    }
}

static void aligned_blocks_are_reached(void **state)
{
    for (size_t alignment = 16; alignment <= (size_t)4 << 20; alignment *= 8) {
        int *x[3];

        x[0] = aligned_alloc(alignment, alignment);
        x[1] = memalign(alignment, 24);
        assert_int_equal(posix_memalign((void **)&x[2], alignment, 100000), 0);
        for (unsigned i = 0; i < 3; i++) {
            assert_non_null(x[i]);
            assert_int_equal((uintptr_t)x[i] % alignment, 0);
            assert_true(malloc_usable_size(x[i]) >= (i == 0 ? alignment : i == 1 ? 24 : 100000));
            square_and_check(*state, x[i], 4);
            free(x[i]);
        }
    }
}

static void lists_of_small_blocks_are_walked(void **state)
{
    enum { NODES = 3000 };
    struct world *world = *state;
    struct node *first = NULL;
    int *sum = malloc(sizeof *sum), seen = 0;
    cl_kernel walk;

    for (int i = 1; i <= NODES; i++) {
        struct node *node = malloc(sizeof *node);

        assert_non_null(node);
        *node = (struct node){first, i};
        first = node;
    }
    walk = kernel_with("walk", first);
    ok(clSetKernelArgSVMPointer(walk, 1, sum));
    ok(enqueue(world->queue, walk, 1));
    ok(clFinish(world->queue));
    assert_int_equal(*sum, NODES * (NODES + 1) / 2);
    while (first) {
        struct node *node = first;

        first = node->next;
        seen += node->value;
        free(node);
    }
    assert_int_equal(seen, -NODES * (NODES + 1) / 2);
    free(sum);
    ok(clReleaseKernel(walk));
}

static void calloc_is_zero_where_a_kernel_wrote(void **state)
{
    for (size_t bytes = 64; bytes <= 1 << 20; bytes *= 16) {
        int *x = malloc(bytes);

        assert_non_null(x);
        memset(x, 1, bytes);
        run(*state, "square", x, bytes / sizeof *x);
        free(x);
        x = calloc(1, bytes);
        assert_non_null(x);
        for (size_t i = 0; i < bytes / sizeof *x; i++)
            assert_int_equal(x[i], 0);
        free(x);
    }
}

static void realloc_keeps_what_kernels_wrote(void **state)
{
    size_t count = 8;
    int *x = malloc(count * sizeof *x);

    for (size_t i = 0; i < count; i++)
        x[i] = 3;
    for (; count < 300000; count *= 8) {
        run(*state, "square", x, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(x[i], 9);
        x = realloc(x, 8 * count * sizeof *x);
        assert_non_null(x);
        for (size_t i = 0; i < 8 * count; i++) {
            if (i < count)
                assert_int_equal(x[i], 9);
            x[i] = 3;
        }
    }
    x = realloc(x, 3 * sizeof *x);
    assert_non_null(x);
    square_and_check(*state, x, 3);
    assert_null(realloc(x, 0));
}

static void copied_strings_are_reached(void **state)
{
    char *text = strdup("hello, kernel"), *part = strndup("abcdef", 3);

    run(*state, "upper", text, strlen(text));
    run(*state, "upper", part, strlen(part));
    assert_string_equal(text, "HELLO, KERNEL");
    assert_string_equal(part, "ABC");
    free(text);
    free(part);
}

/* ---- at the same time ------------------------------------------------------------------------ */

struct worker {
    const struct world *world;
    pthread_t thread;
    int *left; /* for another thread to free */
    bool right;
};

/* No assertion: this is no main thread. */
static void *work(void *data)
{
    struct worker *worker = data;
    cl_int error;
    cl_command_queue queue =
        clCreateCommandQueue(worker->world->context, worker->world->device, 0, &error);
    bool right = error == CL_SUCCESS;

    for (unsigned round = 0; right && round < 5; round++) {
        size_t count = (size_t)8 << 3 * round;
        int *x = malloc(count * sizeof *x);
        cl_kernel kernel = kernel_with("square", x);

        for (size_t i = 0; i < count; i++)
            x[i] = (int)round + 2;
        right = enqueue(queue, kernel, count) == CL_SUCCESS && clFinish(queue) == CL_SUCCESS;
        for (size_t i = 0; i < count; i++)
            right = right && x[i] == (int)((round + 2) * (round + 2));
        right = clReleaseKernel(kernel) == CL_SUCCESS && right;
        free(worker->left);
        worker->left = x;
    }
    worker->right = clReleaseCommandQueue(queue) == CL_SUCCESS && right;
    return NULL;
}

static void threads_allocate_for_themselves_and_free_for_each_other(void **state)
{
    struct worker workers[4];

    for (unsigned i = 0; i < COUNT_OF(workers); i++) {
        workers[i] = (struct worker){.world = *state};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(workers); i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].right);
        free(workers[i].left);
    }
}

static void atomics_of_both_sides_meet(void **state)
{
    struct world *world = *state;
    _Atomic int *counter = calloc(1, sizeof *counter);
    const cl_uint times = 50;
    cl_kernel count = kernel_with("count", (void *)counter);

    ok(clSetKernelArg(count, 1, ARG(times)));
    ok(enqueue(world->queue, count, 256));
    ok(clFlush(world->queue));
    for (unsigned i = 0; i < 1000; i++)
        atomic_fetch_add(counter, 1);
    ok(clFinish(world->queue));
    assert_int_equal(atomic_load(counter), 256 * 50 + 1000);
    free((void *)counter);
    ok(clReleaseKernel(count));
}

/* ---- with other things ----------------------------------------------------------------------- */

static void buffers_over_blocks_are_no_copies(void **state)
{
    enum { N = 1000 };
    struct world *world = *state;
    int *x = malloc(N * sizeof *x);
    cl_int error;
    cl_mem mem = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, N * sizeof *x, x, &error);
    cl_kernel square = kernel_with("square", NULL);
    cl_bool over;

    ok(error);
    ok(clGetMemObjectInfo(mem, CL_MEM_USES_SVM_POINTER, sizeof over, &over, NULL));
    assert_int_equal(over, CL_TRUE);
    for (int i = 0; i < N; i++)
        x[i] = i;
    ok(clSetKernelArg(square, 0, ARG(mem)));
    ok(enqueue(world->queue, square, N));
    ok(clFinish(world->queue));
    for (int i = 0; i < N; i++)
        assert_int_equal(x[i], i * i);
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(square));
    free(x);
}

/* Of cl_intel_unified_shared_memory, too; migrations are of SVM. */
static void blocks_are_system_allocations(void **state)
{
    struct world *world = *state;
    int *x = malloc(100000), *small = malloc(100);
    const void *pointers[2] = {x, small}, *stack = &pointers;
    const size_t sizes[2] = {40000, 0};
    clEnqueueMigrateMemINTEL_fn migrate =
        (clEnqueueMigrateMemINTEL_fn)clGetExtensionFunctionAddressForPlatform(
            world->platform, "clEnqueueMigrateMemINTEL");

    assert_true(world_number(world, CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL) &
                CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL);
    for (unsigned i = 0; i < 10000; i++)
        x[i] = 2;
    ok(clEnqueueSVMMigrateMem(world->queue, 2, pointers, sizes, 0, 0, NULL, NULL));
    ok(migrate(world->queue, x + 10, 4000, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, migrate(world->queue, x, 200000, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE,
          clEnqueueSVMMigrateMem(world->queue, 1, &stack, NULL, 0, 0, NULL, NULL));
    run(world, "square", x, 10000);
    ok(clEnqueueSVMMemFill(world->queue, x + 5000, &(int){7}, sizeof(int), 20000, 0, NULL, NULL));
    ok(clEnqueueSVMMigrateMem(world->queue, 1, pointers, NULL, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
                              NULL));
    ok(clFinish(world->queue));
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(x[i], i < 5000 ? 4 : 7);
    free(x);
    free(small);
}

static void system_calls_touch_what_kernels_wrote(void **state)
{
    char *text = strdup("through a pipe"), *got = calloc(1, 100);
    int ends[2];

    run(*state, "upper", text, strlen(text));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    run(*state, "upper", got, 100);
    assert_int_equal(read(ends[0], got, 100), strlen(text));
    assert_string_equal(got, "THROUGH A PIPE");
    close(ends[0]);
    close(ends[1]);
    free(text);
    free(got);
}

/* Numpy asks for huge pages, others for other things: the runtime's mappings are not disturbed. */
static void advice_for_pages_does_no_harm(void **state)
{
    const size_t page = 4096, bytes = (size_t)8 << 20, count = bytes / sizeof(int);
    int *x = malloc(bytes);
    char *part = (char *)x + page - (uintptr_t)x % page + 3 * page;

    square_and_check(*state, x, count);
    assert_int_equal(madvise(part, bytes / 2, MADV_HUGEPAGE), 0);
    square_and_check(*state, x, count);
    assert_int_equal(madvise(part, 100 * page, MADV_NOHUGEPAGE), 0);
    assert_int_equal(posix_madvise(part, 50 * page, POSIX_MADV_WILLNEED), 0);
    assert_int_equal(mlock(part, page), -1);
    assert_int_equal(munlock(part, page), 0);
    assert_int_equal(mprotect(part, page, PROT_READ), -1);
    assert_int_equal(mprotect(part, page, PROT_READ | PROT_WRITE), 0);
    assert_int_equal(madvise(part, page, MADV_DONTFORK), -1);
    square_and_check(*state, x, count);
    assert_int_equal(madvise(part, 2 * page, MADV_DONTNEED), 0);
    for (size_t i = 0; i < 2 * page; i++)
        assert_int_equal(part[i], 0);
    free(x);
}

/* A child of fork() has copies, of blocks that lie on the device, too. */
static void a_child_has_the_heap(void **state)
{
    enum { N = 100000 };
    int *large = malloc(N * sizeof *large), status;
    char *small = strdup("parent");
    pid_t child;

    square_and_check(*state, large, N);
    run(*state, "upper", small, 1);
    run(*state, "square", large, N);
    child = fork();
    if (child == 0) {
        bool right = strcmp(small, "Parent") == 0 && large[3] == 81;

        small = realloc(small, 100000);
        right = right && small && strcmp(small, "Parent") == 0;
        large[3] = 1;
        free(small);
        free(large);
        free(malloc(1000));
        _exit(right ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(large[3], 81);
    assert_string_equal(small, "Parent");
    free(small);
    free(large);
}

/* ---- what is out of reach -------------------------------------------------------------------- */

static char told[512];

static void CL_CALLBACK tell(const char *text, const void *info, size_t bytes, void *data)
{
    (void)info;
    (void)bytes;
    (void)data;
    snprintf(told, sizeof told, "%s", text);
}

/* A kernel that touches it fails, and the context's function is told which and where. */
static void is_out_of_reach(const struct world *world, const void *pointer)
{
    struct world mine = *world;
    char address[32];
    cl_kernel kernel;
    cl_int error;

    mine.context = clCreateContext(NULL, 1, &world->device, tell, NULL, &error);
    ok(error);
    mine.queue = clCreateCommandQueue(mine.context, world->device, 0, &error);
    ok(error);
    kernel = world_kernel(&mine, source, "square");
    ok(clSetKernelArgSVMPointer(kernel, 0, pointer));
    ok(enqueue(mine.queue, kernel, 4));
    gives(CL_OUT_OF_RESOURCES, clFinish(mine.queue));
    snprintf(address, sizeof address, "0x%zx", (size_t)(uintptr_t)pointer / 4096);
    assert_non_null(strstr(told, "square"));
    assert_non_null(strstr(told, address));
    ok(clReleaseKernel(kernel));
    world_close(&mine);
}

static void the_stack_is_out_of_reach(void **state)
{
    int local[4] = {0};

    is_out_of_reach(*state, local);
}

/* With HUM_SYSTEM_SVM_MIN=128K; a block that grows or shrinks changes sides. */
static void only_large_blocks_are_reached(void **state)
{
    int *small = calloc(1, 131071), *large = calloc(1, 131072);

    square_and_check(*state, large, 131072 / sizeof *large);
    is_out_of_reach(*state, small);
    large[5] = small[5] = 7;
    small = realloc(small, 200000);
    large = realloc(large, 100);
    assert_non_null(small);
    assert_non_null(large);
    assert_int_equal(small[5], 7);
    assert_int_equal(large[5], 7);
    square_and_check(*state, small, 200000 / sizeof *small);
    is_out_of_reach(*state, large);
    free(small);
    free(large);
}

static void it_is_not_offered(void **state)
{
    struct world *world = *state;
    const cl_bool on = CL_TRUE, off = CL_FALSE;
    cl_kernel kernel = clCreateKernel(program, "square", NULL);

    assert_false(world_number(world, CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
    gives(CL_INVALID_OPERATION,
          clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof on, &on));
    ok(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof off, &off));
    ok(clReleaseKernel(kernel));
}

static int setup(void **state)
{
    int error = world_setup(state);

    program = world_program(*state, source);
    return error;
}

static int teardown(void **state)
{
    ok(clReleaseProgram(program));
    return world_teardown(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_offered),
        cmocka_unit_test(blocks_of_all_sizes_are_reached),
        cmocka_unit_test(aligned_blocks_are_reached),
        cmocka_unit_test(lists_of_small_blocks_are_walked),
        cmocka_unit_test(calloc_is_zero_where_a_kernel_wrote),
        cmocka_unit_test(realloc_keeps_what_kernels_wrote),
        cmocka_unit_test(copied_strings_are_reached),
        cmocka_unit_test(threads_allocate_for_themselves_and_free_for_each_other),
        cmocka_unit_test(atomics_of_both_sides_meet),
        cmocka_unit_test(buffers_over_blocks_are_no_copies),
        cmocka_unit_test(blocks_are_system_allocations),
        cmocka_unit_test(system_calls_touch_what_kernels_wrote),
        cmocka_unit_test(advice_for_pages_does_no_harm),
        cmocka_unit_test(a_child_has_the_heap),
        cmocka_unit_test(the_stack_is_out_of_reach),
    };
    const struct CMUnitTest absent[] = {cmocka_unit_test(it_is_not_offered)};
    const struct CMUnitTest large[] = {cmocka_unit_test(it_is_offered),
                                       cmocka_unit_test(only_large_blocks_are_reached)};

    if (argc > 1 && strcmp(argv[1], "large") == 0)
        return cmocka_run_group_tests(large, setup, teardown);
    if (argc > 1 && strcmp(argv[1], "absent") == 0)
        return cmocka_run_group_tests(absent, setup, teardown);
    return cmocka_run_group_tests(tests, setup, teardown);
}
