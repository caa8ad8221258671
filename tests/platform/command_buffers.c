/* SPDX-License-Identifier: MIT */
/*
 * command_buffers.c - cl_khr_command_buffer, written after the extension's text: what is recorded
 * is what runs, in which order, in which states, and the code for each misuse.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"
#include "support/random.h"

/* X(name behind "cl", what it is called here) */
#define FUNCTIONS(X)                           \
    X(CreateCommandBufferKHR, create)          \
    X(FinalizeCommandBufferKHR, finalize)      \
    X(RetainCommandBufferKHR, retain)          \
    X(ReleaseCommandBufferKHR, release)        \
    X(EnqueueCommandBufferKHR, enqueue)        \
    X(CommandBarrierWithWaitListKHR, barrier)  \
    X(CommandCopyBufferKHR, copy)              \
    X(CommandCopyBufferRectKHR, copy_rect)     \
    X(CommandCopyBufferToImageKHR, to_image)   \
    X(CommandCopyImageKHR, copy_image)         \
    X(CommandCopyImageToBufferKHR, from_image) \
    X(CommandFillBufferKHR, fill)              \
    X(CommandFillImageKHR, fill_image)         \
    X(CommandNDRangeKernelKHR, launch)         \
    X(GetCommandBufferInfoKHR, info)

#define X(name, here) static cl##name##_fn here;
FUNCTIONS(X)
#undef X

#define N 64u /* numbers in a buffer */
#define BYTES (N * sizeof(int))
#define PATTERN(value) &(value), sizeof(value)
#define AT_ONCE 0, NULL, NULL, NULL /* no sync points are waited for, none is wanted */

static const char source[] =
    "kernel void add(global int *x, int much) { x[get_global_id(0)] += much; }\n"
    "kernel void blend(global int *x, global const int *y)\n"
    "{ size_t i = get_global_id(0); x[i] = 3 * x[i] + y[i]; }\n";

static cl_program program; /* built once */

static cl_kernel kernel(const char *name)
{
    cl_int error;
    cl_kernel made = clCreateKernel(program, name, &error);

    ok(error);
    return made;
}

static cl_command_buffer_khr make(cl_command_queue queue, cl_command_buffer_flags_khr flags)
{
    const cl_command_buffer_properties_khr given[] = {CL_COMMAND_BUFFER_FLAGS_KHR, flags, 0};
    cl_int error;
    cl_command_buffer_khr buffer = create(1, &queue, flags ? given : NULL, &error);

    ok(error);
    return buffer;
}

static cl_command_queue queue_with(const struct world *world,
                                   cl_command_queue_properties properties)
{
    cl_int error;
    cl_command_queue queue =
        clCreateCommandQueue(world->context, world->device, properties, &error);

    ok(error);
    return queue;
}

static void record_add(cl_command_buffer_khr buffer, cl_kernel add, cl_mem mem, cl_int much)
{
    const size_t count = N, group = 4;

    ok(clSetKernelArg(add, 0, ARG(mem)));
    ok(clSetKernelArg(add, 1, ARG(much)));
    ok(launch(buffer, NULL, NULL, add, 1, NULL, &count, &group, AT_ONCE));
}

static void is_full_of(const struct world *world, cl_mem mem, int number)
{
    int got[N];

    ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, BYTES, got, 0, NULL, NULL));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(got[i], number);
}

static cl_mem buffer_full_of(const struct world *world, int number)
{
    cl_mem mem = world_buffer(world, BYTES);

    ok(clEnqueueFillBuffer(world->queue, mem, PATTERN(number), 0, BYTES, 0, NULL, NULL));
    return mem;
}

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

static cl_mem image_of(const struct world *world)
{
    const cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
    const cl_image_desc desc = {
        .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 8, .image_height = 8};
    cl_int error;
    cl_mem image = clCreateImage(world->context, CL_MEM_READ_WRITE, &format, &desc, NULL, &error);

    ok(error);
    return image;
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

/* ---- misuse ---------------------------------------------------------------------------------- */

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

static int setup(void **state)
{
    int error = world_setup(state);
    struct world *world = *state;

#define X(name, here) \
    here = (cl##name##_fn)clGetExtensionFunctionAddressForPlatform(world->platform, "cl" #name);
    FUNCTIONS(X)
#undef X
#define X(name, here) assert_non_null((void *)(uintptr_t)here);
    FUNCTIONS(X)
#undef X
    program = world_program(world, source);
    return error;
}

static int teardown(void **state)
{
    ok(clReleaseProgram(program));
    return world_teardown(state);
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
        cmocka_unit_test(creating_is_checked),
        cmocka_unit_test(buffers_are_checked),
        cmocka_unit_test(recording_is_checked),
        cmocka_unit_test(commands_are_checked),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
