/* SPDX-License-Identifier: MIT */
/*
 * world.h - what the tests of the platform share: a device, a context, a queue, and programs.
 *
 * The tests speak plain OpenCL and nothing of hum, so that they also run on another
 * implementation: HUM_TEST_PLATFORM is a part of its name ("hum" where it is not set).  Where one
 * test wants what only hum has, world_is_hum() tells.
 */
#ifndef PLATFORM_WORLD_H
#define PLATFORM_WORLD_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_2_0_APIS
#define CL_USE_DEPRECATED_OPENCL_2_1_APIS
#define CL_USE_DEPRECATED_OPENCL_2_2_APIS
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <stdbool.h>

#include "support/test.h"

struct world {
    cl_platform_id platform;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue; /* in order, with profiling */
};

void world_open(struct world *world);
void world_close(struct world *world);
bool world_is_hum(const struct world *world);

/* cmocka's setup and teardown: *state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);

/* Built; fails the test with the compiler's words if it cannot be. */
cl_program world_program(const struct world *world, const char *source);
cl_kernel world_kernel(const struct world *world, const char *source, const char *name);

cl_mem world_buffer(const struct world *world, size_t bytes);
void world_run(const struct world *world, cl_kernel kernel, size_t count);

/* The device's answer, a number of any size. */
cl_ulong world_number(const struct world *world, cl_device_info what);

/* A call that has to succeed, or to give this error. */
#define ok(call) assert_int_equal((call), CL_SUCCESS)
#define gives(error, call) assert_int_equal((call), (error))

/* A call that returns an object and its error through `&error`, refuses. */
#define refuses(code, call)              \
    do {                                 \
        cl_int error = 1;                \
        assert_null(call);               \
        assert_int_equal(error, (code)); \
    } while (0)

/* An argument that is not a buffer: its size and address. */
#define ARG(value) sizeof(value), &(value)

#endif
