/* SPDX-License-Identifier: MIT */
/*
 * copies.c - copies and fills of memory that devices have written: the bytes are right wherever
 * they lie and whoever copies them, and what lies on the device does not come home for it.
 *
 *     copies            the tests
 *     copies resident   only a program for copies.sh, which reads what hum run counts of it
 */
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"
#include "support/random.h"

#define BYTES ((size_t)1 << 20)
#define ROUNDS 60u

static const char source[] =
    "kernel void iota(global uint *x, uint add) { x[get_global_id(0)] = get_global_id(0) + add; }\n"
    "kernel void differ(global const uint *x, global const uint *y, global uint *n)\n"
    "{ size_t i = get_global_id(0); if (x[i] != y[i]) atomic_inc(n); }\n";

/* Bytes of the whole buffer, written by the device. */
static void write_on_device(const struct world *world, cl_kernel iota, cl_mem mem, cl_uint add)
{
    ok(clSetKernelArg(iota, 0, ARG(mem)));
    ok(clSetKernelArg(iota, 1, ARG(add)));
    world_run(world, iota, BYTES / 4);
}

/* Words of two buffers that differ, counted on the device. */
static cl_uint count_different(const struct world *world, cl_kernel differ, cl_mem x, cl_mem y)
{
    const cl_uint zero = 0;
    cl_mem n = world_buffer(world, sizeof zero);
    cl_uint different;

    ok(clEnqueueWriteBuffer(world->queue, n, CL_FALSE, 0, sizeof zero, &zero, 0, NULL, NULL));
    ok(clSetKernelArg(differ, 0, ARG(x)));
    ok(clSetKernelArg(differ, 1, ARG(y)));
    ok(clSetKernelArg(differ, 2, ARG(n)));
    world_run(world, differ, BYTES / 4);
    ok(clEnqueueReadBuffer(world->queue, n, CL_TRUE, 0, sizeof different, &different, 0, NULL,
                           NULL));
    ok(clReleaseMemObject(n));
    return different;
}

/* x and y are the same at the end, as the device sees them; the host looks at no byte of them. */
static void what_lies_on_the_device_stays_there(void **state)
{
    struct world *world = *state;
    cl_kernel iota = world_kernel(world, source, "iota");
    cl_kernel differ = world_kernel(world, source, "differ");
    const size_t none[3] = {0}, half[3] = {512, BYTES / 1024, 1}, right[3] = {512, 0, 0};
    const cl_uint pattern[2] = {7, 9};
    cl_mem x = world_buffer(world, BYTES), y = world_buffer(world, BYTES);
    cl_mem z = world_buffer(world, BYTES);
    cl_ulong start, end;
    cl_event event;

    write_on_device(world, iota, x, 5);
    ok(clEnqueueCopyBuffer(world->queue, x, y, 0, 0, BYTES, 0, NULL, &event));
    assert_int_equal(count_different(world, differ, x, y), 0);
    ok(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL));
    ok(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL));
    assert_true(start && start <= end);
    ok(clReleaseEvent(event));
    write_on_device(world, iota, z, 100);
    assert_int_equal(count_different(world, differ, x, z), BYTES / 4);
    ok(clEnqueueCopyBufferRect(world->queue, x, z, none, none, half, 1024, 0, 1024, 0, 0, NULL,
                               NULL));
    assert_int_equal(count_different(world, differ, x, z), BYTES / 8);
    ok(clEnqueueCopyBufferRect(world->queue, x, z, right, right, half, 1024, 0, 1024, 0, 0, NULL,
                               NULL));
    assert_int_equal(count_different(world, differ, x, z), 0);
    ok(clEnqueueFillBuffer(world->queue, x, pattern, sizeof pattern, 8, BYTES - 16, 0, NULL, NULL));
    ok(clEnqueueFillBuffer(world->queue, y, pattern, sizeof pattern, 8, BYTES - 16, 0, NULL, NULL));
    assert_int_equal(count_different(world, differ, x, y), 0);
    assert_true(count_different(world, differ, x, z) > BYTES / 4 - 16);
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    ok(clReleaseMemObject(z));
    ok(clReleaseKernel(iota));
    ok(clReleaseKernel(differ));
}

/* ---- against what bytes should be ------------------------------------------------------------ */

/* Two buffers and what they should hold. */
struct pair {
    cl_mem mem[2];
    unsigned char *is[2];
};

static struct random random_state;

static size_t draw(size_t count)
{
    return (size_t)random_below(&random_state, count);
}

static void touch_somewhere(const struct world *world, cl_kernel iota, struct pair *pair)
{
    unsigned which = (unsigned)draw(2);
    cl_uint add = (cl_uint)draw(1000), *words = (cl_uint *)(void *)pair->is[which];
    size_t bytes = 1 + draw(BYTES);

    if (draw(3)) { /* else the host has some of it */
        write_on_device(world, iota, pair->mem[which], add);
        for (size_t i = 0; i < BYTES / 4; i++)
            words[i] = (cl_uint)i + add;
        return;
    }
    memset(pair->is[which], (int)add, bytes);
    ok(clEnqueueWriteBuffer(world->queue, pair->mem[which], CL_TRUE, 0, bytes, pair->is[which], 0,
                            NULL, NULL));
}

static void copy_a_piece(const struct world *world, struct pair *pair)
{
    unsigned which = (unsigned)draw(2);
    size_t bytes = 1 + draw(draw(2) ? BYTES : 8192);
    size_t from = draw(BYTES - bytes + 1), to = draw(BYTES - bytes + 1);

    ok(clEnqueueCopyBuffer(world->queue, pair->mem[which], pair->mem[!which], from, to, bytes, 0,
                           NULL, NULL));
    memcpy(pair->is[!which] + to, pair->is[which] + from, bytes);
}

static void copy_a_box(const struct world *world, struct pair *pair)
{
    const size_t size[3] = {1 + draw(9000), 1 + draw(9), 1 + draw(6)};
    const size_t from[3] = {draw(50), draw(3), draw(2)}, to[3] = {draw(50), draw(3), draw(2)};
    size_t row[2], slice[2];
    unsigned which = (unsigned)draw(2);

    for (unsigned i = 0; i < 2; i++) {
        row[i] = size[0] + draw(3) * 50;
        slice[i] = row[i] * (size[1] + draw(2));
    }
    if (3 * slice[0] + from[1] * row[0] + 50 + slice[0] * size[2] > BYTES ||
        3 * slice[1] + to[1] * row[1] + 50 + slice[1] * size[2] > BYTES)
        return;
    ok(clEnqueueCopyBufferRect(world->queue, pair->mem[which], pair->mem[!which], from, to, size,
                               row[0], slice[0], row[1], slice[1], 0, NULL, NULL));
    for (size_t k = 0; k < size[2]; k++)
        for (size_t j = 0; j < size[1]; j++)
            memcpy(pair->is[!which] + (to[2] + k) * slice[1] + (to[1] + j) * row[1] + to[0],
                   pair->is[which] + (from[2] + k) * slice[0] + (from[1] + j) * row[0] + from[0],
                   size[0]);
}

static void fill_a_piece(const struct world *world, struct pair *pair)
{
    unsigned char pattern[128];
    size_t width = (size_t)1 << draw(8), units = BYTES / width, which = draw(2);
    size_t count = 1 + draw(units), at = draw(units - count + 1);

    for (size_t i = 0; i < width; i++)
        pattern[i] = (unsigned char)draw(256);
    ok(clEnqueueFillBuffer(world->queue, pair->mem[which], pattern, width, at * width,
                           count * width, 0, NULL, NULL));
    for (size_t i = 0; i < count * width; i++)
        pair->is[which][at * width + i] = pattern[i % width];
}

static void bytes_are_right_wherever_they_lie(void **state)
{
    struct world *world = *state;
    cl_kernel iota = world_kernel(world, source, "iota");
    unsigned char *got = malloc(BYTES);
    const unsigned char zero = 0;
    struct pair pair;

    for (unsigned i = 0; i < 2; i++) {
        pair.mem[i] = world_buffer(world, BYTES);
        pair.is[i] = calloc(1, BYTES);
        ok(clEnqueueFillBuffer(world->queue, pair.mem[i], &zero, 1, 0, BYTES, 0, NULL, NULL));
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        touch_somewhere(world, iota, &pair);
        copy_a_piece(world, &pair);
        copy_a_box(world, &pair);
        fill_a_piece(world, &pair);
        if (round % 8)
            continue;
        for (unsigned i = 0; i < 2; i++) {
            ok(clEnqueueReadBuffer(world->queue, pair.mem[i], CL_TRUE, 0, BYTES, got, 0, NULL,
                                   NULL));
            assert_memory_equal(got, pair.is[i], BYTES);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        ok(clReleaseMemObject(pair.mem[i]));
        free(pair.is[i]);
    }
    ok(clReleaseKernel(iota));
    free(got);
}

static void shared_memory_is_copied_and_filled(void **state)
{
    struct world *world = *state;
    cl_kernel iota = world_kernel(world, source, "iota");
    unsigned *from = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0), own[64];
    unsigned *to = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0), pattern = 77;
    const cl_uint add = 3;

    ok(clSetKernelArgSVMPointer(iota, 0, from));
    ok(clSetKernelArg(iota, 1, ARG(add)));
    world_run(world, iota, BYTES / 4);
    ok(clEnqueueSVMMemcpy(world->queue, CL_FALSE, to + 1, from, BYTES - 4, 0, NULL, NULL));
    ok(clEnqueueSVMMemFill(world->queue, from, &pattern, sizeof pattern, BYTES / 2, 0, NULL, NULL));
    ok(clEnqueueSVMMemcpy(world->queue, CL_TRUE, own, to, sizeof own, 0, NULL, NULL));
    for (unsigned i = 1; i < 64; i++)
        assert_int_equal(own[i], i - 1 + add);
    ok(clEnqueueSVMMap(world->queue, CL_TRUE, CL_MAP_READ, from, BYTES, 0, NULL, NULL));
    for (unsigned i = 0; i < BYTES / 4; i++)
        assert_int_equal(from[i], i < BYTES / 8 ? pattern : i + add);
    ok(clEnqueueSVMUnmap(world->queue, from, 0, NULL, NULL));
    ok(clFinish(world->queue));
    clSVMFree(world->context, from);
    clSVMFree(world->context, to);
    ok(clReleaseKernel(iota));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest resident[] = {cmocka_unit_test(what_lies_on_the_device_stays_there)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_on_the_device_stays_there),
        cmocka_unit_test(bytes_are_right_wherever_they_lie),
        cmocka_unit_test(shared_memory_is_copied_and_filled),
    };
    const bool only_resident = argc > 1 && strcmp(argv[1], "resident") == 0;

    random_state = random_make(random_seed("platform_copies"), 0);
    return only_resident ? cmocka_run_group_tests(resident, world_setup, world_teardown)
                         : cmocka_run_group_tests(tests, world_setup, world_teardown);
}
