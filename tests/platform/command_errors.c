/* SPDX-License-Identifier: MIT */
/*
 * command_errors.c - the code that the text of cl_khr_command_buffer names for each misuse.
 */
#include "platform/command_world.h"

static void refuse(cl_int wanted, cl_uint count, const cl_command_queue *queues,
                   const cl_command_buffer_properties_khr *given)
{
    cl_int error = 1;

    assert_null(create(count, queues, given, &error));
    assert_int_equal(error, wanted);
}

static void creating_is_checked(void **state)
{
    const struct world *world = *state;
    const cl_command_queue two[2] = {world->queue, world->queue}, none = NULL;
    const cl_command_buffer_properties_khr unknown[] = {0x7777, 1, 0},
                                           bits[] = {CL_COMMAND_BUFFER_FLAGS_KHR, 1 << 9, 0},
                                           mutable[] = {CL_COMMAND_BUFFER_FLAGS_KHR,
                                                        CL_COMMAND_BUFFER_MUTABLE_KHR, 0},
                                           twice[] = {CL_COMMAND_BUFFER_FLAGS_KHR, 1,
                                                      CL_COMMAND_BUFFER_FLAGS_KHR, 1, 0};

    refuse(CL_INVALID_VALUE, 0, two, NULL);
    refuse(CL_INVALID_VALUE, 2, two, NULL);
    refuse(CL_INVALID_VALUE, 1, NULL, NULL);
    refuse(CL_INVALID_COMMAND_QUEUE, 1, &none, NULL);
    refuse(CL_INVALID_VALUE, 1, two, unknown);
    refuse(CL_INVALID_VALUE, 1, two, bits);
    refuse(CL_INVALID_VALUE, 1, two, twice);
    refuse(CL_INVALID_PROPERTY, 1, two, mutable);
}

static void buffers_are_checked(void **state)
{
    struct world *world = *state;
    cl_command_buffer_khr buffer = make(world->queue, 0),
                          wrong = (cl_command_buffer_khr)world->queue;
    cl_event other;
    struct world apart;
    cl_int error;

    gives(CL_INVALID_COMMAND_BUFFER_KHR, retain(NULL));
    gives(CL_INVALID_COMMAND_BUFFER_KHR, release(wrong));
    gives(CL_INVALID_COMMAND_BUFFER_KHR, finalize(wrong));
    gives(CL_INVALID_COMMAND_BUFFER_KHR, info(NULL, CL_COMMAND_BUFFER_STATE_KHR, 0, NULL, NULL));
    gives(CL_INVALID_COMMAND_BUFFER_KHR, enqueue(0, NULL, wrong, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, info(buffer, 0x7777, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, info(buffer, CL_COMMAND_BUFFER_STATE_KHR, 1, &error, NULL));
    gives(CL_INVALID_OPERATION, enqueue(0, NULL, buffer, 0, NULL, NULL));
    ok(finalize(buffer));
    gives(CL_INVALID_OPERATION, finalize(buffer));
    gives(CL_INVALID_EVENT_WAIT_LIST, enqueue(0, NULL, buffer, 1, NULL, NULL));
    world_open(&apart);
    other = clCreateUserEvent(apart.context, &error);
    ok(error);
    gives(CL_INVALID_CONTEXT, enqueue(0, NULL, buffer, 1, &other, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST, enqueue(0, NULL, buffer, 0, &other, NULL));
    ok(clReleaseEvent(other));
    world_close(&apart);
    ok(release(buffer));
}

/* Each function that records: the buffer, the queue, the handle, its state, sync points. */
static void recording_is_checked(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 0), y = world_buffer(world, BYTES), image = image_of(world);
    cl_command_buffer_khr open = make(world->queue, 0), closed = make(world->queue, 0),
                          wrong = (cl_command_buffer_khr)world->context;
    cl_kernel add = kernel("add");
    const size_t zero[3] = {0}, one[3] = {1, 1, 1}, beside[3] = {1, 1, 0}, count = N;
    const cl_uint color[4] = {0};
    const cl_int much = 1;
    cl_mutable_command_khr handle;
    cl_sync_point_khr point = 0, bad;

    ok(clSetKernelArg(add, 0, ARG(x)));
    ok(clSetKernelArg(add, 1, ARG(much)));
    ok(barrier(open, NULL, 0, NULL, &point, NULL));
    assert_true(point);
    bad = point + 100;
    ok(finalize(closed));
#define EACH(f, ...)                                                                             \
    do {                                                                                         \
        gives(CL_INVALID_COMMAND_BUFFER_KHR, f(wrong, NULL, __VA_ARGS__ 0, NULL, NULL, NULL));   \
        gives(CL_INVALID_COMMAND_QUEUE, f(open, world->queue, __VA_ARGS__ 0, NULL, NULL, NULL)); \
        gives(CL_INVALID_VALUE, f(open, NULL, __VA_ARGS__ 0, NULL, NULL, &handle));              \
        gives(CL_INVALID_OPERATION, f(closed, NULL, __VA_ARGS__ 0, NULL, NULL, NULL));           \
        gives(CL_INVALID_SYNC_POINT_WAIT_LIST_KHR,                                               \
              f(open, NULL, __VA_ARGS__ 1, NULL, NULL, NULL));                                   \
        gives(CL_INVALID_SYNC_POINT_WAIT_LIST_KHR,                                               \
              f(open, NULL, __VA_ARGS__ 0, &point, NULL, NULL));                                 \
        gives(CL_INVALID_SYNC_POINT_WAIT_LIST_KHR,                                               \
              f(open, NULL, __VA_ARGS__ 1, &bad, NULL, NULL));                                   \
        ok(f(open, NULL, __VA_ARGS__ 1, &point, NULL, NULL));                                    \
    } while (0)
#define ARGS(...) __VA_ARGS__,
    EACH(barrier, );
    EACH(copy, ARGS(x, y, 0, 0, 4));
    EACH(copy_rect, ARGS(x, y, zero, zero, one, 0, 0, 0, 0));
    EACH(to_image, ARGS(x, image, 0, zero, one));
    EACH(copy_image, ARGS(image, image, zero, beside, one));
    EACH(from_image, ARGS(image, x, zero, one, 0));
    EACH(fill, ARGS(x, &much, 4, 0, 4));
    EACH(fill_image, ARGS(image, color, zero, one));
    EACH(launch, ARGS(NULL, add, 1, NULL, &count, NULL));
#undef EACH
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    ok(clReleaseMemObject(image));
    ok(clReleaseKernel(add));
    ok(release(open));
    ok(release(closed));
}

/* What the functions that enqueue refuse, those that record refuse, too, and nothing is recorded.
 */
static void commands_are_checked(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 6), image = image_of(world);
    cl_command_buffer_khr buffer = make(world->queue, 0);
    cl_kernel add = kernel("add");
    const cl_ndrange_kernel_command_properties_khr some[] = {0x7777, 1, 0}, end[] = {0};
    const size_t zero[3] = {0}, one[3] = {1, 1, 1}, none[3] = {0}, count = N, nothing = 0;
    const int much = 1;
    struct world apart;
    cl_mem theirs;

    world_open(&apart);
    theirs = world_buffer(&apart, BYTES);
    gives(CL_INVALID_MEM_OBJECT, copy(buffer, NULL, NULL, x, 0, 0, 4, AT_ONCE));
    gives(CL_INVALID_CONTEXT, copy(buffer, NULL, theirs, x, 0, 0, 4, AT_ONCE));
    gives(CL_INVALID_VALUE, copy(buffer, NULL, x, x, 0, 0, BYTES + 1, AT_ONCE));
    gives(CL_MEM_COPY_OVERLAP, copy(buffer, NULL, x, x, 0, 4, 8, AT_ONCE));
    gives(CL_INVALID_VALUE, copy_rect(buffer, NULL, x, x, zero, one, none, 0, 0, 0, 0, AT_ONCE));
    gives(CL_INVALID_MEM_OBJECT, to_image(buffer, NULL, image, image, 0, zero, one, AT_ONCE));
    gives(CL_INVALID_VALUE, to_image(buffer, NULL, x, image, BYTES, zero, one, AT_ONCE));
    gives(CL_MEM_COPY_OVERLAP, copy_image(buffer, NULL, image, image, zero, zero, one, AT_ONCE));
    gives(CL_INVALID_MEM_OBJECT, from_image(buffer, NULL, x, x, zero, one, 0, AT_ONCE));
    gives(CL_INVALID_VALUE, fill(buffer, NULL, x, &much, 3, 0, 3, AT_ONCE));
    gives(CL_INVALID_VALUE, fill_image(buffer, NULL, image, NULL, zero, one, AT_ONCE));
    gives(CL_INVALID_KERNEL, launch(buffer, NULL, NULL, NULL, 1, NULL, &count, NULL, AT_ONCE));
    gives(CL_INVALID_KERNEL_ARGS, launch(buffer, NULL, NULL, add, 1, NULL, &count, NULL, AT_ONCE));
    ok(clSetKernelArg(add, 0, ARG(x)));
    ok(clSetKernelArg(add, 1, ARG(much)));
    gives(CL_INVALID_WORK_DIMENSION,
          launch(buffer, NULL, NULL, add, 4, NULL, &count, NULL, AT_ONCE));
    gives(CL_INVALID_WORK_GROUP_SIZE,
          launch(buffer, NULL, NULL, add, 1, NULL, &count, &nothing, AT_ONCE));
    gives(CL_INVALID_VALUE, launch(buffer, NULL, some, add, 1, NULL, &count, NULL, AT_ONCE));
    ok(finalize(buffer));
    ok(enqueue(0, NULL, buffer, 0, NULL, NULL));
    is_full_of(world, x, 6);
    ok(release(buffer));
    buffer = make(world->queue, 0);
    ok(launch(buffer, NULL, end, add, 1, NULL, &count, NULL, AT_ONCE));
    ok(release(buffer)); /* while it records */
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(image));
    ok(clReleaseMemObject(theirs));
    ok(clReleaseKernel(add));
    world_close(&apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creating_is_checked),
        cmocka_unit_test(buffers_are_checked),
        cmocka_unit_test(recording_is_checked),
        cmocka_unit_test(commands_are_checked),
    };

    return cmocka_run_group_tests(tests, command_setup, command_teardown);
}
