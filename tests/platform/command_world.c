/* SPDX-License-Identifier: MIT */
/* command_world.c - see command_world.h */
#include "platform/command_world.h"

#include <stdlib.h>
#include <string.h>

#define X(name, here) cl##name##_fn here;
FUNCTIONS(X)
#undef X

static const char source[] =
    "kernel void add(global int *x, int much) { x[get_global_id(0)] += much; }\n"
    "kernel void blend(global int *x, global const int *y)\n"
    "{ size_t i = get_global_id(0); x[i] = 3 * x[i] + y[i]; }\n";

static cl_program program;

int command_setup(void **state)
{
    if (world_setup(state))
        return -1;
    const struct world *world = *state;
    void *function;

#define X(name, here)                                                                 \
    function = clGetExtensionFunctionAddressForPlatform(world->platform, "cl" #name); \
    assert_non_null(function);                                                        \
    memcpy(&here, &function, sizeof function);
    FUNCTIONS(X)
#undef X
    program = world_program(world, source);
    return 0;
}

int command_teardown(void **state)
{
    ok(clReleaseProgram(program));
    return world_teardown(state);
}

cl_kernel kernel(const char *name)
{
    cl_int error;
    cl_kernel made = clCreateKernel(program, name, &error);

    ok(error);
    return made;
}

cl_command_buffer_khr make(cl_command_queue queue, cl_command_buffer_flags_khr flags)
{
    const cl_command_buffer_properties_khr given[] = {CL_COMMAND_BUFFER_FLAGS_KHR, flags, 0};
    cl_int error;
    cl_command_buffer_khr buffer = create(1, &queue, flags ? given : NULL, &error);

    ok(error);
    return buffer;
}

cl_command_queue queue_with(const struct world *world, cl_command_queue_properties properties)
{
    cl_int error;
    cl_command_queue queue =
        clCreateCommandQueue(world->context, world->device, properties, &error);

    ok(error);
    return queue;
}

void record_add(cl_command_buffer_khr buffer, cl_kernel add, cl_mem mem, cl_int much)
{
    const size_t count = N, group = 4;

    ok(clSetKernelArg(add, 0, ARG(mem)));
    ok(clSetKernelArg(add, 1, ARG(much)));
    ok(launch(buffer, NULL, NULL, add, 1, NULL, &count, &group, AT_ONCE));
}

void is_full_of(const struct world *world, cl_mem mem, int number)
{
    int got[N];

    ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, BYTES, got, 0, NULL, NULL));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(got[i], number);
}

cl_mem buffer_full_of(const struct world *world, int number)
{
    cl_mem mem = world_buffer(world, BYTES);

    ok(clEnqueueFillBuffer(world->queue, mem, PATTERN(number), 0, BYTES, 0, NULL, NULL));
    return mem;
}

cl_mem image_of(const struct world *world)
{
    const cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
    const cl_image_desc desc = {
        .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 8, .image_height = 8};
    cl_int error;
    cl_mem image = clCreateImage(world->context, CL_MEM_READ_WRITE, &format, &desc, NULL, &error);

    ok(error);
    return image;
}
