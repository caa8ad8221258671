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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_added),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
