/* SPDX-License-Identifier: MIT */
/* buffers.c - buffers, what moves their bytes, and kernels that use them. */
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"
#include "support/random.h"

#define N 10007u /* items; no multiple of anything */

static const char source[] =
    "kernel void add(global const float *x, global const float *y, global float *z)\n"
    "{ size_t i = get_global_id(0); z[i] = x[i] + y[i]; }\n"
    "kernel void plus(global int *x, int k) { x[get_global_id(0)] += k; }\n"
    "kernel void iota(global int *x) { x[get_global_id(0)] = get_global_id(0); }\n";

static void vectors_are_added(void **state)
{
    struct world *world = *state;
    cl_kernel add = world_kernel(world, source, "add");
    cl_mem x = world_buffer(world, N * 4), y = world_buffer(world, N * 4);
    cl_mem z = world_buffer(world, N * 4);
    float *host = malloc(N * sizeof *host);

    for (unsigned i = 0; i < N; i++)
        host[i] = (float)i;
    ok(clEnqueueWriteBuffer(world->queue, x, CL_FALSE, 0, N * 4, host, 0, NULL, NULL));
    ok(clEnqueueWriteBuffer(world->queue, y, CL_FALSE, 0, N * 4, host, 0, NULL, NULL));
    ok(clSetKernelArg(add, 0, ARG(x)));
    ok(clSetKernelArg(add, 1, ARG(y)));
    ok(clSetKernelArg(add, 2, ARG(z)));
    world_run(world, add, N);
    ok(clEnqueueReadBuffer(world->queue, z, CL_TRUE, 0, N * 4, host, 0, NULL, NULL));
    for (unsigned i = 0; i < N; i++)
        assert_true(host[i] == 2 * (float)i);
    free(host);
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    ok(clReleaseMemObject(z));
    ok(clReleaseKernel(add));
}

/* Random boxes, against the definition of a box: byte by byte. */
static void boxes_are_copied_as_defined(void **state)
{
    enum { SIDE = 24, BYTES = SIDE * SIDE * SIDE };
    struct world *world = *state;
    struct random random = random_make(random_seed("boxes"), 0);
    unsigned char *host = malloc(BYTES), *want = malloc(BYTES), *got = malloc(BYTES);
    cl_mem mem = world_buffer(world, BYTES);

    for (unsigned i = 0; i < BYTES; i++)
        want[i] = (unsigned char)random_next(&random);
    ok(clEnqueueWriteBuffer(world->queue, mem, CL_TRUE, 0, BYTES, want, 0, NULL, NULL));
    for (unsigned round = 0; round < random_steps(40); round++) {
        size_t size[3], to[3], from[3];
        bool reads = random_below(&random, 2);

        for (unsigned d = 0; d < 3; d++) {
            size[d] = 1 + random_below(&random, SIDE);
            to[d] = random_below(&random, SIDE - size[d] + 1);
            from[d] = random_below(&random, SIDE - size[d] + 1);
        }
        for (unsigned i = 0; i < BYTES; i++)
            host[i] = (unsigned char)random_next(&random);
        for (size_t z = 0; z < size[2]; z++)
            for (size_t y = 0; y < size[1]; y++)
                for (size_t x = 0; x < size[0]; x++) {
                    size_t a = ((to[2] + z) * SIDE + to[1] + y) * SIDE + to[0] + x;
                    size_t b = ((from[2] + z) * SIDE + from[1] + y) * SIDE + from[0] + x;

                    if (!reads)
                        want[a] = host[b];
                }
        if (reads) {
            ok(clEnqueueReadBufferRect(world->queue, mem, CL_TRUE, from, to, size, SIDE,
                                       SIDE * SIDE, SIDE, SIDE * SIDE, host, 0, NULL, NULL));
            for (size_t z = 0; z < size[2]; z++)
                for (size_t y = 0; y < size[1]; y++)
                    assert_memory_equal(
                        host + ((to[2] + z) * SIDE + to[1] + y) * SIDE + to[0],
                        want + ((from[2] + z) * SIDE + from[1] + y) * SIDE + from[0], size[0]);
        } else {
            ok(clEnqueueWriteBufferRect(world->queue, mem, CL_TRUE, to, from, size, SIDE,
                                        SIDE * SIDE, SIDE, SIDE * SIDE, host, 0, NULL, NULL));
        }
        ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, BYTES, got, 0, NULL, NULL));
        assert_memory_equal(got, want, BYTES);
    }
    free(host);
    free(want);
    free(got);
    ok(clReleaseMemObject(mem));
}

static void buffers_are_copied_and_filled(void **state)
{
    struct world *world = *state;
    cl_mem a = world_buffer(world, 1 << 20), b = world_buffer(world, 1 << 20);
    unsigned char *host = malloc(1 << 20);
    const cl_uint pattern[2] = {0x01020304, 0x05060708};
    const size_t from[3] = {0, 0, 0}, to[3] = {8, 1, 0}, size[3] = {16, 3, 1};

    ok(clEnqueueFillBuffer(world->queue, a, pattern, 8, 0, 1 << 20, 0, NULL, NULL));
    ok(clEnqueueFillBuffer(world->queue, a, &(cl_uchar){7}, 1, 4095, 3, 0, NULL, NULL));
    ok(clEnqueueCopyBuffer(world->queue, a, b, 0, 0, 1 << 20, 0, NULL, NULL));
    ok(clEnqueueFillBuffer(world->queue, a, &(cl_uint){0}, 4, 0, 1 << 20, 0, NULL, NULL));
    ok(clEnqueueCopyBufferRect(world->queue, b, a, from, to, size, 64, 0, 64, 0, 0, NULL, NULL));
    ok(clEnqueueReadBuffer(world->queue, b, CL_TRUE, 0, 1 << 20, host, 0, NULL, NULL));
    for (size_t i = 0; i < 1 << 20; i++)
        assert_int_equal(host[i], i >= 4095 && i < 4098 ? 7 : ((unsigned char *)pattern)[i % 8]);
    ok(clEnqueueReadBuffer(world->queue, a, CL_TRUE, 0, 1 << 20, host, 0, NULL, NULL));
    for (size_t i = 0; i < 4096; i++) {
        bool inside = i / 64 >= 1 && i / 64 < 4 && i % 64 >= 8 && i % 64 < 24;

        assert_int_equal(host[i], inside ? ((unsigned char *)pattern)[i % 8] : 0);
    }
    free(host);
    ok(clReleaseMemObject(a));
    ok(clReleaseMemObject(b));
}

/* A kernel, the host through a mapping, a kernel, and so on: each sees the other's bytes. */
static void mappings_show_what_kernels_wrote(void **state)
{
    struct world *world = *state;
    cl_kernel plus = world_kernel(world, source, "plus"),
              iota = world_kernel(world, source, "iota");
    cl_mem mem = world_buffer(world, N * 4);
    cl_int error, k = 1000;
    int *mapped;
    cl_uint count;

    ok(clSetKernelArg(iota, 0, ARG(mem)));
    ok(clSetKernelArg(plus, 0, ARG(mem)));
    ok(clSetKernelArg(plus, 1, ARG(k)));
    world_run(world, iota, N);
    for (int round = 1; round <= 5; round++) {
        mapped = clEnqueueMapBuffer(world->queue, mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 40, 400,
                                    0, NULL, NULL, &error);
        ok(error);
        ok(clGetMemObjectInfo(mem, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
        assert_int_equal(count, 1);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(mapped[i], i + 10 + (round - 1) * 1001);
            mapped[i]++;
        }
        ok(clEnqueueUnmapMemObject(world->queue, mem, mapped, 0, NULL, NULL));
        world_run(world, plus, N);
    }
    ok(clFinish(world->queue));
    ok(clGetMemObjectInfo(mem, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
    assert_int_equal(count, 0);
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(plus));
    ok(clReleaseKernel(iota));
}

static void host_memory_in_use_is_current_while_mapped(void **state)
{
    struct world *world = *state;
    cl_kernel plus = world_kernel(world, source, "plus");
    int *memory = calloc(1024, sizeof *memory), *mapped;
    cl_int error, k = 5;
    cl_mem mem;

    for (int i = 0; i < 1024; i++)
        memory[i] = i;
    mem = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, 4096, memory, &error);
    ok(error);
    ok(clSetKernelArg(plus, 0, ARG(mem)));
    ok(clSetKernelArg(plus, 1, ARG(k)));
    world_run(world, plus, 1024);
    for (int round = 1; round <= 3; round++) {
        mapped = clEnqueueMapBuffer(world->queue, mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, 4096,
                                    0, NULL, NULL, &error);
        ok(error);
        assert_ptr_equal(mapped, memory);
        for (int i = 0; i < 1024; i++) {
            assert_int_equal(mapped[i], i + round * 5 + round - 1);
            mapped[i]++;
        }
        ok(clEnqueueUnmapMemObject(world->queue, mem, mapped, 0, NULL, NULL));
        world_run(world, plus, 1024);
    }
    ok(clFinish(world->queue));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(plus));
    free(memory);
}

static void host_memory_is_copied_at_creation(void **state)
{
    struct world *world = *state;
    int memory[64], got[64];
    cl_int error;
    cl_mem mem;

    for (int i = 0; i < 64; i++)
        memory[i] = i * i;
    mem = clCreateBuffer(world->context, CL_MEM_COPY_HOST_PTR, sizeof memory, memory, &error);
    ok(error);
    memset(memory, 0, sizeof memory);
    ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, sizeof got, got, 0, NULL, NULL));
    for (int i = 0; i < 64; i++)
        assert_int_equal(got[i], i * i);
    ok(clReleaseMemObject(mem));
}

static void parts_share_their_buffers_bytes(void **state)
{
    struct world *world = *state;
    cl_kernel plus = world_kernel(world, source, "plus");
    cl_mem whole = world_buffer(world, 8192), part;
    const cl_buffer_region region = {1024, 2048};
    cl_int error, k = 3;
    int got[2048];

    part = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    ok(error);
    ok(clEnqueueFillBuffer(world->queue, whole, &(cl_int){10}, 4, 0, 8192, 0, NULL, NULL));
    ok(clSetKernelArg(plus, 0, ARG(part)));
    ok(clSetKernelArg(plus, 1, ARG(k)));
    world_run(world, plus, 512);
    ok(clReleaseMemObject(part)); /* the launch keeps it */
    ok(clEnqueueReadBuffer(world->queue, whole, CL_TRUE, 0, 8192, got, 0, NULL, NULL));
    for (int i = 0; i < 2048; i++)
        assert_int_equal(got[i], i >= 256 && i < 768 ? 13 : 10);
    ok(clReleaseMemObject(whole));
    ok(clReleaseKernel(plus));
}

static int destroyed[4], destroyed_count;

static void CL_CALLBACK note(cl_mem mem, void *data)
{
    (void)mem;
    destroyed[destroyed_count++] = *(int *)data;
}

static void destructors_are_called_in_reverse(void **state)
{
    static int one = 1, two = 2;
    struct world *world = *state;
    cl_mem mem = world_buffer(world, 64);

    destroyed_count = 0;
    ok(clSetMemObjectDestructorCallback(mem, note, &one));
    ok(clSetMemObjectDestructorCallback(mem, note, &two));
    ok(clRetainMemObject(mem));
    ok(clReleaseMemObject(mem));
    assert_int_equal(destroyed_count, 0);
    ok(clReleaseMemObject(mem));
    ok(clFinish(world->queue));
    assert_int_equal(destroyed_count, 2);
    assert_int_equal(destroyed[0], 2);
    assert_int_equal(destroyed[1], 1);
}

/* Several buffers, together 32 MiB, each read and written by kernels in turn, then by the host:
 * what does not fit on the device leaves and comes again. */
static void more_than_fits_is_right(void **state)
{
    enum { BUFFERS = 8, ITEMS = 1 << 20 };
    struct world *world = *state;
    cl_kernel plus = world_kernel(world, source, "plus"),
              iota = world_kernel(world, source, "iota");
    cl_mem mem[BUFFERS];
    int *got = malloc(ITEMS * sizeof *got);

    for (int i = 0; i < BUFFERS; i++) {
        mem[i] = world_buffer(world, ITEMS * sizeof *got);
        ok(clSetKernelArg(iota, 0, ARG(mem[i])));
        world_run(world, iota, ITEMS);
    }
    for (int i = 0; i < BUFFERS; i++) {
        ok(clSetKernelArg(plus, 0, ARG(mem[i])));
        ok(clSetKernelArg(plus, 1, ARG(i)));
        world_run(world, plus, ITEMS);
    }
    ok(clEnqueueMigrateMemObjects(world->queue, 2, mem, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL, NULL));
    for (int i = 0; i < BUFFERS; i++) {
        ok(clEnqueueReadBuffer(world->queue, mem[i], CL_TRUE, 0, ITEMS * sizeof *got, got, 0, NULL,
                               NULL));
        for (int k = 0; k < ITEMS; k++)
            assert_int_equal(got[k], k + i);
        ok(clReleaseMemObject(mem[i]));
    }
    free(got);
    ok(clReleaseKernel(plus));
    ok(clReleaseKernel(iota));
}

/* What the second kernel of a name is made for does not touch what was set on the first. */
static void kernels_of_one_name_have_arguments_of_their_own(void **state)
{
    struct world *world = *state;
    static const char text[] =
        "typedef float real; typedef struct { real a; int b; } both;\n"
        "kernel void scale(global float *x, real by, both and)\n"
        "{ x[get_global_id(0)] = x[get_global_id(0)] * by + and.a + and.b; }\n";
    const struct {
        cl_float a;
        cl_int b;
    } and = {0.5f, 2};
    const cl_float by = 3, start[4] = {1, 1, 1, 1};
    cl_program program = world_program(world, text);
    cl_mem x = world_buffer(world, sizeof start);
    cl_kernel kernels[3];

    for (unsigned i = 0; i < COUNT_OF(kernels); i++) {
        cl_float got[4];
        cl_int error;

        kernels[i] = clCreateKernel(program, "scale", &error);
        ok(error);
        ok(clSetKernelArg(kernels[i], 0, ARG(x)));
        ok(clSetKernelArg(kernels[i], 1, ARG(by)));
        ok(clSetKernelArg(kernels[i], 2, ARG(and)));
        for (unsigned k = 0; k <= i; k++) {
            ok(clEnqueueWriteBuffer(world->queue, x, CL_TRUE, 0, sizeof start, start, 0, NULL,
                                    NULL));
            world_run(world, kernels[k], 4);
            ok(clEnqueueReadBuffer(world->queue, x, CL_TRUE, 0, sizeof got, got, 0, NULL, NULL));
            assert_true(got[0] == 5.5f && got[3] == 5.5f);
        }
    }
    for (unsigned i = 0; i < COUNT_OF(kernels); i++)
        ok(clReleaseKernel(kernels[i]));
    ok(clReleaseProgram(program));
    ok(clReleaseMemObject(x));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_added),
        cmocka_unit_test(kernels_of_one_name_have_arguments_of_their_own),
        cmocka_unit_test(boxes_are_copied_as_defined),
        cmocka_unit_test(buffers_are_copied_and_filled),
        cmocka_unit_test(mappings_show_what_kernels_wrote),
        cmocka_unit_test(host_memory_in_use_is_current_while_mapped),
        cmocka_unit_test(host_memory_is_copied_at_creation),
        cmocka_unit_test(parts_share_their_buffers_bytes),
        cmocka_unit_test(destructors_are_called_in_reverse),
        cmocka_unit_test(more_than_fits_is_right),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
