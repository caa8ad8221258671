/* SPDX-License-Identifier: MIT */
/*
 * devices.c - two small devices in one context, and what a strict one refuses.  Run with two
 * devices of 64 MiB and HUM_CL_STRICT=1; only hum has these.
 */
#include <stdlib.h>

#include "platform/world.h"

#define N 100000u
#define MIB ((size_t)1 << 20)

static const char source[] =
    "kernel void plus(global int *x, int k) { x[get_global_id(0)] += k; }\n";

struct pair {
    cl_device_id devices[2];
    cl_context context;
    cl_command_queue queues[2];
};

static void open_pair(const struct world *world, struct pair *pair)
{
    cl_uint count;
    cl_int error;

    ok(clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_GPU, 2, pair->devices, &count));
    assert_int_equal(count, 2);
    pair->context = clCreateContext(NULL, 2, pair->devices, NULL, NULL, &error);
    ok(error);
    for (unsigned i = 0; i < 2; i++) {
        pair->queues[i] = clCreateCommandQueue(pair->context, pair->devices[i], 0, &error);
        ok(error);
    }
}

static void close_pair(struct pair *pair)
{
    ok(clReleaseCommandQueue(pair->queues[0]));
    ok(clReleaseCommandQueue(pair->queues[1]));
    ok(clReleaseContext(pair->context));
}

/* One buffer, kernels of both devices by turns: events order them across the queues. */
static void devices_take_turns_on_a_buffer(void **state)
{
    const char *text = source;
    struct pair pair;
    cl_event last = NULL, event;
    cl_program program;
    cl_kernel kernel;
    cl_mem mem;
    cl_int error, *got = malloc(N * sizeof *got);
    const size_t count = N;

    open_pair(*state, &pair);
    program = clCreateProgramWithSource(pair.context, 1, &text, NULL, &error);
    ok(error);
    ok(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    kernel = clCreateKernel(program, "plus", &error);
    ok(error);
    mem = clCreateBuffer(pair.context, 0, N * sizeof *got, NULL, &error);
    ok(error);
    ok(clEnqueueFillBuffer(pair.queues[0], mem, &(cl_int){0}, 4, 0, N * sizeof *got, 0, NULL,
                           &last));
    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    for (cl_int i = 1; i <= 20; i++) {
        ok(clSetKernelArg(kernel, 1, ARG(i)));
        ok(clEnqueueNDRangeKernel(pair.queues[i % 2], kernel, 1, NULL, &count, NULL, 1, &last,
                                  &event));
        ok(clReleaseEvent(last));
        last = event;
    }
    ok(clEnqueueReadBuffer(pair.queues[1], mem, CL_TRUE, 0, N * sizeof *got, got, 1, &last, NULL));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(got[i], 210);
    ok(clReleaseEvent(last));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
    ok(clReleaseProgram(program));
    close_pair(&pair);
    free(got);
}

static void a_strict_device_refuses_what_it_cannot_hold(void **state)
{
    struct world *world = *state;
    cl_mem mems[4];
    cl_int error;

    assert_int_equal(world_number(world, CL_DEVICE_GLOBAL_MEM_SIZE), 64 * MIB);
    assert_int_equal(world_number(world, CL_DEVICE_MAX_MEM_ALLOC_SIZE), 16 * MIB);
    assert_null(clCreateBuffer(world->context, 0, 16 * MIB + 1, NULL, &error));
    gives(CL_INVALID_BUFFER_SIZE, error);
    assert_null(clSVMAlloc(world->context, 0, 16 * MIB + 1, 0));
    clSVMFree(world->context, NULL);
    for (unsigned i = 0; i < 4; i++)
        mems[i] = world_buffer(world, 16 * MIB);
    assert_null(clCreateBuffer(world->context, 0, 1, NULL, &error));
    gives(CL_MEM_OBJECT_ALLOCATION_FAILURE, error);
    ok(clReleaseMemObject(mems[0]));
    mems[0] = world_buffer(world, 16 * MIB);
    for (unsigned i = 0; i < 4; i++)
        ok(clReleaseMemObject(mems[i]));
}

/* Whichever thread of the platform ends the commands. */
static void what_was_released_is_free_as_soon_as_its_commands_ended(void **state)
{
    struct world *world = *state;
    cl_command_queue other;
    cl_mem mems[4];
    cl_event filled;
    cl_int error, got;

    other = clCreateCommandQueue(world->context, world->device, 0, &error);
    ok(error);
    for (cl_int round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 4; i++)
            mems[i] = world_buffer(world, 16 * MIB);
        ok(clEnqueueFillBuffer(world->queue, mems[0], &round, 4, 0, 4, 0, NULL, &filled));
        ok(clEnqueueReadBuffer(other, mems[0], CL_TRUE, 0, 4, &got, 1, &filled, NULL));
        assert_int_equal(got, round);
        ok(clReleaseEvent(filled));
        for (unsigned i = 0; i < 4; i++)
            ok(clReleaseMemObject(mems[i]));
    }
    ok(clReleaseCommandQueue(other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_take_turns_on_a_buffer),
        cmocka_unit_test(a_strict_device_refuses_what_it_cannot_hold),
        cmocka_unit_test(what_was_released_is_free_as_soon_as_its_commands_ended),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
