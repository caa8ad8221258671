/* SPDX-License-Identifier: MIT */
/* world.c - see world.h */
#include "platform/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLATFORMS_MAX 16u

static const char *wanted(void)
{
    const char *name = getenv("HUM_TEST_PLATFORM");

    return name ? name : "hum";
}

bool world_is_hum(const struct world *world)
{
    (void)world;
    return strcmp(wanted(), "hum") == 0;
}

void world_open(struct world *world)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0;
    cl_int error;

    ok(clGetPlatformIDs(PLATFORMS_MAX, platforms, &count));
    world->platform = NULL;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX; i++) {
        char name[256] = "";

        ok(clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL));
        if (strstr(name, wanted()))
            world->platform = platforms[i];
    }
    if (!world->platform)
        fail_msg("no platform named %s", wanted());
    ok(clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_DEFAULT, 1, &world->device, NULL));
    world->context = clCreateContext(NULL, 1, &world->device, NULL, NULL, &error);
    ok(error);
    world->queue =
        clCreateCommandQueue(world->context, world->device, CL_QUEUE_PROFILING_ENABLE, &error);
    ok(error);
}

void world_close(struct world *world)
{
    ok(clReleaseCommandQueue(world->queue));
    ok(clReleaseContext(world->context));
}

int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world_open(world);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    if (!*state)
        return 0;
    world_close(*state);
    free(*state);
    return 0;
}

cl_program world_program(const struct world *world, const char *source)
{
    static char log[4096];
    cl_int error;
    cl_program program = clCreateProgramWithSource(world->context, 1, &source, NULL, &error);

    ok(error);
    error = clBuildProgram(program, 1, &world->device, "-cl-std=CL2.0", NULL, NULL);
    if (error == CL_SUCCESS)
        return program;
    (void)clGetProgramBuildInfo(program, world->device, CL_PROGRAM_BUILD_LOG, sizeof log, log,
                                NULL);
    fail_msg("the program was not built, error %d: %s", error, log);
    return NULL;
}

cl_kernel world_kernel(const struct world *world, const char *source, const char *name)
{
    cl_program program = world_program(world, source);
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, name, &error);

    ok(error);
    ok(clReleaseProgram(program)); /* the kernel keeps it */
    return kernel;
}

cl_mem world_buffer(const struct world *world, size_t bytes)
{
    cl_int error;
    cl_mem buffer = clCreateBuffer(world->context, CL_MEM_READ_WRITE, bytes, NULL, &error);

    ok(error);
    return buffer;
}

void world_run(const struct world *world, cl_kernel kernel, size_t count)
{
    ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL));
}

cl_ulong world_number(const struct world *world, cl_device_info what)
{
    cl_ulong number = 0;

    ok(clGetDeviceInfo(world->device, what, sizeof number, &number, NULL));
    return number;
}
