/* SPDX-License-Identifier: MIT */
/*
 * command_buffers.c - cl_khr_command_buffer, written after the extension's text: what is recorded
 * is what runs, in which order, in which states.
 */
#include <string.h>

#include "platform/command_world.h"
#include "support/random.h"

static cl_command_buffer_state_khr state_of(cl_command_buffer_khr buffer)
{
    cl_command_buffer_state_khr now;

    ok(info(buffer, CL_COMMAND_BUFFER_STATE_KHR, sizeof now, &now, NULL));
    return now;
}

/* ---- that it is there ------------------------------------------------------------------------ */

static bool lists(const char *text)
{
    const char *at = strstr(text, "cl_khr_command_buffer");

    return at && (at[21] == ' ' || at[21] == '\0');
}

static void the_extension_is_listed(void **state)
{
    struct world *world = *state;
    cl_name_version all[64];
    char text[2048];
    size_t bytes;
    bool found = false;

    ok(clGetPlatformInfo(world->platform, CL_PLATFORM_EXTENSIONS, sizeof text, text, NULL));
    assert_true(lists(text));
    ok(clGetDeviceInfo(world->device, CL_DEVICE_EXTENSIONS, sizeof text, text, NULL));
    assert_true(lists(text));
    ok(clGetDeviceInfo(world->device, CL_DEVICE_EXTENSIONS_WITH_VERSION, sizeof all, all, &bytes));
    for (size_t i = 0; i < bytes / sizeof all[0]; i++)
        if (strcmp(all[i].name, "cl_khr_command_buffer") == 0)
            found = all[i].version == CL_MAKE_VERSION(0, 9, 1);
    assert_true(found);
    assert_int_equal(world_number(world, CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR),
                     CL_COMMAND_BUFFER_CAPABILITY_KERNEL_PRINTF_KHR |
                         CL_COMMAND_BUFFER_CAPABILITY_SIMULTANEOUS_USE_KHR |
                         CL_COMMAND_BUFFER_CAPABILITY_OUT_OF_ORDER_KHR);
    assert_int_equal(world_number(world, CL_DEVICE_COMMAND_BUFFER_REQUIRED_QUEUE_PROPERTIES_KHR),
                     0);
}

static void buffers_tell_what_they_are(void **state)
{
    struct world *world = *state;
    cl_command_buffer_khr buffer = make(world->queue, CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR),
                          plain = make(world->queue, 0);
    cl_command_buffer_properties_khr given[3] = {1, 1, 1};
    cl_command_queue queue;
    cl_uint count;
    size_t bytes;

    ok(info(buffer, CL_COMMAND_BUFFER_NUM_QUEUES_KHR, sizeof count, &count, NULL));
    assert_int_equal(count, 1);
    ok(info(buffer, CL_COMMAND_BUFFER_QUEUES_KHR, sizeof queue, &queue, &bytes));
    assert_ptr_equal(queue, world->queue);
    assert_int_equal(bytes, sizeof queue);
    ok(info(buffer, CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR, sizeof given, given, &bytes));
    assert_int_equal(bytes, sizeof given);
    assert_int_equal(given[0], CL_COMMAND_BUFFER_FLAGS_KHR);
    assert_int_equal(given[1], CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR);
    assert_int_equal(given[2], 0);
    ok(info(plain, CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR, 0, NULL, &bytes));
    assert_int_equal(bytes, 0);
    ok(retain(buffer));
    ok(info(buffer, CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR, sizeof count, &count, NULL));
    assert_int_equal(count, 2);
    ok(release(buffer));
    assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_RECORDING_KHR);
    ok(finalize(buffer));
    assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR);
    ok(release(buffer));
    ok(release(plain));
}

/* ---- what runs ------------------------------------------------------------------------------- */

/* Recorded once, enqueued three times; what was used is the buffer's alone by then. */
static void arguments_are_those_of_the_recording(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 0), y = buffer_full_of(world, 7);
    cl_kernel add = kernel("add");
    cl_command_buffer_khr buffer = make(world->queue, 0);

    record_add(buffer, add, x, 5);
    record_add(buffer, add, x, 100);
    ok(copy(buffer, NULL, x, y, 0, 0, BYTES, AT_ONCE));
    ok(clSetKernelArg(add, 0, ARG(y)));
    ok(clSetKernelArg(add, 1, ARG((cl_int){1 << 20})));
    ok(clReleaseKernel(add));
    ok(clReleaseMemObject(x));
    ok(finalize(buffer));
    for (int time = 1; time <= 3; time++) {
        ok(enqueue(0, NULL, buffer, 0, NULL, NULL));
        ok(clFinish(world->queue));
        is_full_of(world, y, 105 * time);
    }
    ok(release(buffer));
    ok(clReleaseMemObject(y));
}

/* A pixel is a number: buffer -> image -> image -> buffer, with a row filled, then a column. */
static void all_kinds_of_commands_run(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 0), y = buffer_full_of(world, -1), one = image_of(world),
           two = image_of(world);
    const size_t start[3] = {0}, whole[3] = {8, 8, 1}, row[3] = {8, 1, 1}, at[3] = {0, 3, 0};
    const size_t column[3] = {4, 8, 1}, from[3] = {0}, to[3] = {8, 0, 0};
    const cl_uint color[4] = {1, 2, 3, 4};
    cl_command_buffer_khr buffer = make(world->queue, 0);
    int pattern = 42, got[N];

    ok(fill(buffer, NULL, x, PATTERN(pattern), 0, BYTES, AT_ONCE));
    ok(to_image(buffer, NULL, x, one, 0, start, whole, AT_ONCE));
    ok(fill_image(buffer, NULL, one, color, at, row, AT_ONCE));
    ok(copy_image(buffer, NULL, one, two, start, start, whole, AT_ONCE));
    ok(barrier(buffer, NULL, AT_ONCE));
    ok(from_image(buffer, NULL, two, y, start, whole, 0, AT_ONCE));
    ok(fill(buffer, NULL, x, PATTERN((int){9}), 0, BYTES, AT_ONCE));
    ok(copy_rect(buffer, NULL, x, y, from, to, column, 32, 0, 32, 0, AT_ONCE));
    ok(finalize(buffer));
    for (unsigned time = 0; time < 2; time++) {
        ok(clEnqueueFillBuffer(world->queue, y, PATTERN((int){0}), 0, BYTES, 0, NULL, NULL));
        ok(enqueue(0, NULL, buffer, 0, NULL, NULL));
        ok(clEnqueueReadBuffer(world->queue, y, CL_TRUE, 0, BYTES, got, 0, NULL, NULL));
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(got[i], i % 8 == 2 ? 9 : i / 8 == 3 ? 0x04030201 : 42);
    }
    ok(release(buffer));
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    ok(clReleaseMemObject(one));
    ok(clReleaseMemObject(two));
}

/* ---- in which order -------------------------------------------------------------------------- */

#define MEMS 4u
#define COMMANDS 40u

/* The buffers as they have to be, and the last commands that wrote and read each. */
struct model {
    int numbers[MEMS];
    cl_sync_point_khr wrote[MEMS], read[MEMS][COMMANDS];
    unsigned readers[MEMS];
};

/* What a command that writes `to` and reads `from` (MEMS: none) has to wait for. */
static cl_uint needs(const struct model *model, unsigned to, unsigned from,
                     cl_sync_point_khr *waits)
{
    cl_uint count = 0;

    if (model->wrote[to])
        waits[count++] = model->wrote[to];
    for (unsigned i = 0; i < model->readers[to]; i++)
        waits[count++] = model->read[to][i];
    if (from < MEMS && model->wrote[from])
        waits[count++] = model->wrote[from];
    return count;
}

static void note(struct model *model, unsigned to, unsigned from, cl_sync_point_khr point)
{
    model->wrote[to] = point;
    model->readers[to] = 0;
    if (from < MEMS)
        model->read[from][model->readers[from]++] = point;
}

static void forget(struct model *model)
{
    memset(model->wrote, 0, sizeof model->wrote);
    memset(model->readers, 0, sizeof model->readers);
}

/* Record one command, and do it to the model.  Which sync points it needs is known from `after`. */
static void record_one(struct random *random, cl_command_buffer_khr buffer, const cl_mem *mems,
                       cl_kernel mix, struct model *model, bool ordered)
{
    unsigned to = (unsigned)random_below(random, MEMS), kind = (unsigned)random_below(random, 3);
    unsigned from = (to + 1 + (unsigned)random_below(random, MEMS - 1)) % MEMS;
    const int pattern = (int)random_below(random, 1000);
    const size_t count = N, group = 4;
    cl_sync_point_khr waits[3 * COMMANDS], point;
    cl_uint needed = needs(model, to, kind ? from : MEMS, waits);
    cl_uint wait_count = ordered ? 0 : needed;
    const cl_sync_point_khr *list = wait_count ? waits : NULL;

    if (kind == 0) {
        ok(fill(buffer, NULL, mems[to], PATTERN(pattern), 0, BYTES, wait_count, list, &point,
                NULL));
        model->numbers[to] = pattern;
    } else if (kind == 1) {
        ok(copy(buffer, NULL, mems[from], mems[to], 0, 0, BYTES, wait_count, list, &point, NULL));
        model->numbers[to] = model->numbers[from];
    } else {
        ok(clSetKernelArg(mix, 0, ARG(mems[to])));
        ok(clSetKernelArg(mix, 1, ARG(mems[from])));
        ok(launch(buffer, NULL, NULL, mix, 1, NULL, &count, &group, wait_count, list, &point,
                  NULL));
        model->numbers[to] =
            (int)(3u * (unsigned)model->numbers[to] + (unsigned)model->numbers[from]);
    }
    note(model, to, kind ? from : MEMS, point);
}

static void record_some(struct random *random, cl_command_buffer_khr buffer, const cl_mem *mems,
                        cl_kernel mix, struct model *model, bool ordered)
{
    forget(model);
    for (unsigned i = 0; i < COMMANDS; i++) {
        if (random_below(random, 10)) {
            record_one(random, buffer, mems, mix, model, ordered);
            continue;
        }
        ok(barrier(buffer, NULL, AT_ONCE)); /* before it and behind it is order enough */
        forget(model);
    }
    ok(finalize(buffer));
}

/* Whatever order is not asked for may be any, so a number that is wrong is an order not kept. */
static void random_graphs_run_as_recorded(void **state)
{
    struct world *world = *state;
    struct random random = random_make(random_seed("command buffers"), 0);
    cl_command_queue queues[2] = {queue_with(world, 0),
                                  queue_with(world, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)};
    cl_kernel mix = kernel("blend");

    for (uint64_t round = 0; round < random_steps(12); round++) {
        cl_command_queue queue = queues[round % 2];
        cl_command_buffer_khr buffer = make(queue, 0);
        struct model model = {.readers = {0}};
        cl_mem mems[MEMS];

        for (unsigned i = 0; i < MEMS; i++)
            mems[i] = buffer_full_of(world, 0);
        ok(clFinish(world->queue));
        record_some(&random, buffer, mems, mix, &model, round % 2 == 0);
        ok(enqueue(0, NULL, buffer, 0, NULL, NULL));
        ok(clFinish(queue));
        for (unsigned i = 0; i < MEMS; i++) {
            is_full_of(world, mems[i], model.numbers[i]);
            ok(clReleaseMemObject(mems[i]));
        }
        ok(release(buffer));
    }
    for (unsigned i = 0; i < 2; i++)
        ok(clReleaseCommandQueue(queues[i]));
    ok(clReleaseKernel(mix));
}

/* ---- states and events ----------------------------------------------------------------------- */

static cl_int status_of(cl_event event)
{
    cl_int status;

    ok(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    return status;
}

static void a_buffer_waits_and_is_waited_for(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 1);
    cl_kernel add = kernel("add");
    cl_command_buffer_khr buffer = make(world->queue, 0);
    cl_event gate, done;
    cl_ulong ns[4];
    cl_command_type type;
    cl_int error;

    record_add(buffer, add, x, 1);
    record_add(buffer, add, x, 1);
    ok(finalize(buffer));
    gate = clCreateUserEvent(world->context, &error);
    ok(error);
    ok(enqueue(0, NULL, buffer, 1, &gate, &done));
    assert_true(status_of(done) > CL_COMPLETE);
    assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_PENDING_KHR);
    gives(CL_INVALID_OPERATION, enqueue(0, NULL, buffer, 0, NULL, NULL)); /* sequential use */
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    ok(clWaitForEvents(1, &done));
    assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR);
    ok(clGetEventInfo(done, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
    assert_int_equal(type, CL_COMMAND_COMMAND_BUFFER_KHR);
    for (unsigned i = 0; i < 4; i++)
        ok(clGetEventProfilingInfo(done, CL_PROFILING_COMMAND_QUEUED + i, sizeof ns[i], &ns[i],
                                   NULL));
    assert_true(ns[0] && ns[0] <= ns[1] && ns[1] <= ns[2] && ns[2] < ns[3]);
    ok(enqueue(0, NULL, buffer, 0, NULL, NULL));
    is_full_of(world, x, 5);
    ok(clReleaseEvent(gate));
    ok(clReleaseEvent(done));
    ok(release(buffer));
    ok(clReleaseMemObject(x));
    ok(clReleaseKernel(add));
}

/* Also when nobody but the commands under way has the buffer any more. */
static void simultaneous_use_piles_up(void **state)
{
    struct world *world = *state;
    cl_mem x = buffer_full_of(world, 0);
    cl_kernel add = kernel("add");
    cl_command_buffer_khr buffer = make(world->queue, CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR);
    cl_event gate;
    cl_int error;

    record_add(buffer, add, x, 3);
    ok(finalize(buffer));
    gate = clCreateUserEvent(world->context, &error);
    ok(error);
    for (unsigned i = 0; i < 10; i++)
        ok(enqueue(0, NULL, buffer, 1, &gate, NULL));
    assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_PENDING_KHR);
    ok(release(buffer));
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    is_full_of(world, x, 30);
    ok(clReleaseEvent(gate));
    ok(clReleaseMemObject(x));
    ok(clReleaseKernel(add));
}

static void errors_of_what_is_waited_for_are_the_buffers(void **state)
{
    struct world *world = *state;
    static const cl_command_queue_properties orders[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};

    for (unsigned i = 0; i < COUNT_OF(orders); i++) {
        cl_command_queue queue = queue_with(world, orders[i]);
        cl_mem x = buffer_full_of(world, 1);
        cl_kernel add = kernel("add");
        cl_command_buffer_khr buffer = make(queue, 0);
        cl_event gate, done;
        cl_int error;

        ok(clFinish(world->queue));
        record_add(buffer, add, x, 1);
        ok(fill(buffer, NULL, x, PATTERN((int){8}), 0, BYTES, AT_ONCE));
        ok(finalize(buffer));
        gate = clCreateUserEvent(world->context, &error);
        ok(error);
        ok(enqueue(0, NULL, buffer, 1, &gate, &done));
        ok(clSetUserEventStatus(gate, -5));
        gives(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &done));
        assert_true(status_of(done) < 0);
        assert_int_equal(state_of(buffer), CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR);
        is_full_of(world, x, 1); /* nothing ran */
        ok(clReleaseEvent(gate));
        ok(clReleaseEvent(done));
        ok(release(buffer));
        ok(clReleaseMemObject(x));
        ok(clReleaseKernel(add));
        ok(clReleaseCommandQueue(queue));
    }
}

static void an_empty_buffer_ends_with_what_is_before_it(void **state)
{
    struct world *world = *state;
    cl_command_buffer_khr buffer = make(world->queue, 0);
    cl_event done;

    ok(finalize(buffer));
    ok(enqueue(0, NULL, buffer, 0, NULL, &done));
    ok(clWaitForEvents(1, &done));
    assert_int_equal(status_of(done), CL_COMPLETE);
    ok(clReleaseEvent(done));
    ok(release(buffer));
}

static void compatible_queues_may_stand_in(void **state)
{
    struct world *world = *state;
    cl_command_queue like = queue_with(world, CL_QUEUE_PROFILING_ENABLE),
                     other = queue_with(world, 0), queues[2] = {like, like};
    cl_mem x = buffer_full_of(world, 0);
    cl_kernel add = kernel("add");
    cl_command_buffer_khr buffer = make(world->queue, 0);
    struct world apart;

    world_open(&apart);
    ok(clFinish(world->queue));
    record_add(buffer, add, x, 4);
    ok(finalize(buffer));
    ok(enqueue(1, &like, buffer, 0, NULL, NULL));
    ok(clFinish(like));
    is_full_of(world, x, 4);
    gives(CL_INCOMPATIBLE_COMMAND_QUEUE_KHR, enqueue(1, &other, buffer, 0, NULL, NULL));
    gives(CL_INVALID_CONTEXT, enqueue(1, &apart.queue, buffer, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, enqueue(2, queues, buffer, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, enqueue(0, queues, buffer, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, enqueue(1, NULL, buffer, 0, NULL, NULL));
    gives(CL_INVALID_COMMAND_QUEUE, enqueue(1, &(cl_command_queue){NULL}, buffer, 0, NULL, NULL));
    ok(release(buffer));
    ok(clReleaseMemObject(x));
    ok(clReleaseKernel(add));
    ok(clReleaseCommandQueue(like));
    ok(clReleaseCommandQueue(other));
    world_close(&apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_extension_is_listed),
        cmocka_unit_test(buffers_tell_what_they_are),
        cmocka_unit_test(arguments_are_those_of_the_recording),
        cmocka_unit_test(all_kinds_of_commands_run),
        cmocka_unit_test(random_graphs_run_as_recorded),
        cmocka_unit_test(a_buffer_waits_and_is_waited_for),
        cmocka_unit_test(simultaneous_use_piles_up),
        cmocka_unit_test(errors_of_what_is_waited_for_are_the_buffers),
        cmocka_unit_test(an_empty_buffer_ends_with_what_is_before_it),
        cmocka_unit_test(compatible_queues_may_stand_in),
    };

    return cmocka_run_group_tests(tests, command_setup, command_teardown);
}
