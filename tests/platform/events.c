/* SPDX-License-Identifier: MIT */
/* events.c - what waits for what: queues, wait lists, user events, callbacks, times, failures. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"
#include "support/random.h"

static const char source[] =
    "kernel void times_plus(global uint *x, uint k) { x[get_global_id(0)] = x[get_global_id(0)] * "
    "3 + k; }\n"
    "kernel void wild(global int *x, ulong a) { *(global int *)(a + get_global_id(0)) = 1; }\n";

static cl_command_queue out_of_order(const struct world *world)
{
    cl_int error;
    const cl_queue_properties properties[] = {
        CL_QUEUE_PROPERTIES, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE, 0};
    cl_command_queue queue =
        clCreateCommandQueueWithProperties(world->context, world->device, properties, &error);

    ok(error);
    return queue;
}

static cl_int status_of(cl_event event)
{
    cl_int status;

    ok(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    return status;
}

static cl_event user_event(const struct world *world)
{
    cl_int error;
    cl_event event = clCreateUserEvent(world->context, &error);

    ok(error);
    return event;
}

static cl_uint read_one(const struct world *world, cl_mem mem)
{
    cl_uint value;

    ok(clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, 4, &value, 0, NULL, NULL));
    return value;
}

static cl_mem zeros(const struct world *world, size_t bytes)
{
    cl_mem mem = world_buffer(world, bytes);

    ok(clEnqueueFillBuffer(world->queue, mem, &(cl_uint){0}, 4, 0, bytes, 0, NULL, NULL));
    ok(clFinish(world->queue));
    return mem;
}

/* ---- order ----------------------------------------------------------------------------------- */

static void ten_thousand_launches_run_in_order(void **state)
{
    struct world *world = *state;
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_mem mem = zeros(world, 64);
    const size_t one = 1;
    cl_uint want = 0;

    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    for (cl_uint i = 0; i < 10000; i++) {
        ok(clSetKernelArg(kernel, 1, ARG(i)));
        ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL));
        want = want * 3 + i;
    }
    assert_int_equal(read_one(world, mem), want);
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
}

/* Random commands of several queues of both kinds; each waits for some earlier ones, always for
 * the one before it on its buffer, so that the result is that of doing them one after the other. */
static void random_graphs_give_what_order_gives(void **state)
{
    enum { MEMS = 4, QUEUES = 3, STEPS = 150 };
    struct world *world = *state;
    struct random random = random_make(random_seed("graphs"), 0);
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_command_queue queues[QUEUES] = {world->queue, out_of_order(world), out_of_order(world)};
    cl_event last[MEMS] = {NULL}, gate = user_event(world);
    cl_uint want[MEMS] = {0}, values[STEPS];
    cl_mem mems[MEMS];
    const size_t one = 1;

    for (unsigned i = 0; i < MEMS; i++)
        mems[i] = zeros(world, 64);
    for (cl_uint i = 0; i < STEPS; i++) {
        cl_command_queue queue = queues[random_below(&random, QUEUES)];
        unsigned m = (unsigned)random_below(&random, MEMS), other;
        cl_event waits[3] = {gate}, event;
        cl_uint count = 1;

        other = (unsigned)random_below(&random, MEMS);
        if (last[m])
            waits[count++] = last[m];
        if (other != m && last[other])
            waits[count++] = last[other];
        values[i] = i;
        switch (random_below(&random, 3)) {
        case 0:
            ok(clEnqueueWriteBuffer(queue, mems[m], CL_FALSE, 0, 4, &values[i], count, waits,
                                    &event));
            want[m] = i;
            break;
        case 1:
            if (other != m && last[other] && queue != world->queue) {
                ok(clEnqueueBarrierWithWaitList(queue, count, waits, &event));
                break;
            }
            /* fall through */
        default:
            ok(clSetKernelArg(kernel, 0, ARG(mems[m])));
            ok(clSetKernelArg(kernel, 1, ARG(i)));
            ok(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, count, waits, &event));
            want[m] = want[m] * 3 + i;
            break;
        }
        if (last[m])
            ok(clReleaseEvent(last[m]));
        last[m] = event;
    }
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    for (unsigned i = 0; i < QUEUES; i++)
        ok(clFinish(queues[i]));
    for (unsigned i = 0; i < MEMS; i++) {
        assert_int_equal(read_one(world, mems[i]), want[i]);
        if (last[i]) {
            assert_int_equal(status_of(last[i]), CL_COMPLETE);
            ok(clReleaseEvent(last[i]));
        }
        ok(clReleaseMemObject(mems[i]));
    }
    ok(clReleaseEvent(gate));
    ok(clReleaseCommandQueue(queues[1]));
    ok(clReleaseCommandQueue(queues[2]));
    ok(clReleaseKernel(kernel));
}

static void nothing_passes_a_user_event(void **state)
{
    struct world *world = *state;
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_event gate = user_event(world), kernel_ran, read;
    cl_mem mem = zeros(world, 64);
    const size_t one = 1;
    cl_uint five = 5, got = 77;

    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    ok(clSetKernelArg(kernel, 1, ARG(five)));
    ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &one, NULL, 1, &gate, &kernel_ran));
    ok(clEnqueueReadBuffer(world->queue, mem, CL_FALSE, 0, 4, &got, 0, NULL, &read));
    ok(clSetKernelArg(kernel, 1, sizeof five, &(cl_uint){9})); /* too late for that launch */
    ok(clFlush(world->queue));
    assert_true(status_of(kernel_ran) > CL_RUNNING);
    assert_true(status_of(read) > CL_RUNNING);
    assert_int_equal(got, 77);
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    gives(CL_INVALID_OPERATION, clSetUserEventStatus(gate, CL_COMPLETE));
    ok(clWaitForEvents(1, &read));
    assert_int_equal(got, 5);
    assert_int_equal(status_of(kernel_ran), CL_COMPLETE);
    ok(clReleaseEvent(gate));
    ok(clReleaseEvent(kernel_ran));
    ok(clReleaseEvent(read));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
}

static void a_failed_event_fails_what_waits_for_it(void **state)
{
    struct world *world = *state;
    cl_event gate = user_event(world), event, next;
    cl_command_queue queue = out_of_order(world);
    cl_mem mem = zeros(world, 64);
    cl_uint one = 1;

    ok(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, &one, 1, &gate, &event));
    ok(clEnqueueMarkerWithWaitList(queue, 1, &event, &next));
    ok(clSetUserEventStatus(gate, -77));
    gives(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &next));
    assert_true(status_of(event) < 0);
    assert_true(status_of(next) < 0);
    assert_int_equal(status_of(gate), -77);
    assert_int_equal(read_one(world, mem), 0);
    ok(clReleaseEvent(gate));
    ok(clReleaseEvent(event));
    ok(clReleaseEvent(next));
    ok(clReleaseCommandQueue(queue));
    ok(clReleaseMemObject(mem));
}

/* Out of order: a marker waits for all before it, and what is behind a barrier for the barrier. */
static void barriers_hold_up_and_markers_wait(void **state)
{
    struct world *world = *state;
    cl_command_queue queue = out_of_order(world);
    cl_event gate = user_event(world), marker, behind, free_one;
    cl_mem mem = zeros(world, 64);
    cl_uint value = 3;

    ok(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, &value, 1, &gate, NULL));
    ok(clEnqueueMarkerWithWaitList(queue, 0, NULL, &marker));
    ok(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 4, 4, &value, 0, NULL, &free_one));
    ok(clWaitForEvents(1, &free_one)); /* nothing holds it up */
    ok(clEnqueueBarrierWithWaitList(queue, 0, NULL, NULL));
    ok(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 8, 4, &value, 0, NULL, &behind));
    assert_true(status_of(marker) > CL_COMPLETE);
    assert_true(status_of(behind) > CL_COMPLETE);
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    ok(clFinish(queue));
    assert_int_equal(status_of(marker), CL_COMPLETE);
    assert_int_equal(status_of(behind), CL_COMPLETE);
    ok(clReleaseEvent(gate));
    ok(clReleaseEvent(marker));
    ok(clReleaseEvent(behind));
    ok(clReleaseEvent(free_one));
    ok(clReleaseCommandQueue(queue));
    ok(clReleaseMemObject(mem));
}

/* ---- callbacks and times --------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    cl_int status[8];
    unsigned count;
} told = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void CL_CALLBACK tell(cl_event event, cl_int status, void *data)
{
    (void)event;
    (void)data;
    pthread_mutex_lock(&told.lock);
    told.status[told.count++] = status;
    pthread_cond_signal(&told.changed);
    pthread_mutex_unlock(&told.lock);
}

static void callbacks_come_without_being_waited_for(void **state)
{
    struct world *world = *state;
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_event gate = user_event(world), event;
    cl_mem mem = zeros(world, 64);
    const size_t one = 1;
    cl_uint k = 5;

    told.count = 0;
    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    ok(clSetKernelArg(kernel, 1, ARG(k)));
    ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &one, NULL, 1, &gate, &event));
    ok(clSetEventCallback(event, CL_COMPLETE, tell, NULL));
    ok(clSetEventCallback(event, CL_SUBMITTED, tell, NULL));
    ok(clReleaseEvent(event)); /* the callbacks keep it */
    ok(clFlush(world->queue));
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    pthread_mutex_lock(&told.lock);
    while (told.count < 2)
        pthread_cond_wait(&told.changed, &told.lock);
    pthread_mutex_unlock(&told.lock);
    assert_int_equal(told.status[0], CL_SUBMITTED);
    assert_int_equal(told.status[1], CL_COMPLETE);
    ok(clReleaseEvent(gate));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
}

static void times_are_in_order(void **state)
{
    static const cl_profiling_info infos[] = {CL_PROFILING_COMMAND_QUEUED,
                                              CL_PROFILING_COMMAND_SUBMIT,
                                              CL_PROFILING_COMMAND_START, CL_PROFILING_COMMAND_END};
    struct world *world = *state;
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_mem mem = zeros(world, 4096);
    cl_event events[3];
    const size_t count = 1024;
    cl_uint k = 1;
    cl_ulong before = 0;

    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    ok(clSetKernelArg(kernel, 1, ARG(k)));
    ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &count, NULL, 0, NULL, &events[0]));
    ok(clEnqueueFillBuffer(world->queue, mem, &k, 4, 0, 4096, 0, NULL, &events[1]));
    ok(clEnqueueNDRangeKernel(world->queue, kernel, 1, NULL, &count, NULL, 0, NULL, &events[2]));
    ok(clWaitForEvents(3, events));
    for (unsigned i = 0; i < 3; i++) {
        cl_ulong times[4];

        for (unsigned t = 0; t < 4; t++)
            ok(clGetEventProfilingInfo(events[i], infos[t], sizeof times[t], &times[t], NULL));
        for (unsigned t = 1; t < 4; t++)
            assert_true(times[t] >= times[t - 1]);
        assert_true(times[2] >= before); /* one after the other */
        before = times[3];
        ok(clReleaseEvent(events[i]));
    }
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
}

/* ---- several threads ------------------------------------------------------------------------- */

struct worker {
    const struct world *world;
    cl_kernel kernel;
    cl_uint start, got;
    cl_int error;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    cl_int error;
    cl_mem mem = clCreateBuffer(worker->world->context, 0, 64, NULL, &error);
    cl_command_queue queue =
        clCreateCommandQueue(worker->world->context, worker->world->device, 0, NULL);
    const size_t one = 1;

    worker->error = clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, &worker->start, 0, NULL, NULL);
    for (cl_uint i = 0; i < 200; i++) {
        worker->error |= clSetKernelArg(worker->kernel, 0, ARG(mem));
        worker->error |= clSetKernelArg(worker->kernel, 1, ARG(i));
        worker->error |=
            clEnqueueNDRangeKernel(queue, worker->kernel, 1, NULL, &one, NULL, 0, NULL, NULL);
        if (i % 50 == 0)
            worker->error |= clFinish(queue);
    }
    worker->error |= clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 4, &worker->got, 0, NULL, NULL);
    worker->error |= clReleaseMemObject(mem);
    worker->error |= clReleaseCommandQueue(queue);
    return NULL;
}

static void threads_use_queues_of_one_context(void **state)
{
    enum { THREADS = 4 };
    struct world *world = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .world = world, .kernel = world_kernel(world, source, "times_plus"), .start = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cl_uint want = i;

        pthread_join(threads[i], NULL);
        for (cl_uint k = 0; k < 200; k++)
            want = want * 3 + k;
        assert_int_equal(workers[i].error, CL_SUCCESS);
        assert_int_equal(workers[i].got, want);
        ok(clReleaseKernel(workers[i].kernel));
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static void CL_CALLBACK count_failures(const char *text, const void *more, size_t bytes, void *data)
{
    (void)more;
    (void)bytes;
    if (text && *text)
        ++*(atomic_int *)data;
}

/* The launch, and what is behind it in its queue, ends with an error; the program goes on. */
static void a_kernel_that_crashes_ends_its_queue(void **state)
{
    struct world mine = *(struct world *)*state, *world = &mine;
    atomic_int failures = 0;
    cl_kernel wild, good;
    cl_mem mem;
    cl_ulong nowhere = 16;
    const size_t one = 1;
    cl_event events[2];
    cl_command_queue queue;
    cl_uint k = 4;

    if (!world_is_hum(world))
        skip(); /* elsewhere it ends the program */
    mine.context = clCreateContext(NULL, 1, &mine.device, count_failures, &failures, NULL);
    mine.queue = clCreateCommandQueue(mine.context, mine.device, 0, NULL);
    wild = world_kernel(world, source, "wild");
    good = world_kernel(world, source, "times_plus");
    mem = zeros(world, 64);
    queue = clCreateCommandQueue(world->context, world->device, 0, NULL);
    ok(clSetKernelArg(wild, 0, ARG(mem)));
    ok(clSetKernelArg(wild, 1, ARG(nowhere)));
    ok(clSetKernelArg(good, 0, ARG(mem)));
    ok(clSetKernelArg(good, 1, ARG(k)));
    ok(clEnqueueNDRangeKernel(queue, wild, 1, NULL, &one, NULL, 0, NULL, &events[0]));
    ok(clEnqueueNDRangeKernel(queue, good, 1, NULL, &one, NULL, 0, NULL, &events[1]));
    gives(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(2, events));
    gives(CL_OUT_OF_RESOURCES, clFinish(queue));
    assert_int_equal(failures, 1);
    assert_int_equal(status_of(events[0]), CL_OUT_OF_RESOURCES);
    assert_int_equal(status_of(events[1]), CL_OUT_OF_RESOURCES);
    ok(clReleaseCommandQueue(queue));
    queue = clCreateCommandQueue(world->context, world->device, 0, NULL);
    ok(clEnqueueFillBuffer(queue, mem, &(cl_uint){2}, 4, 0, 64, 0, NULL, NULL));
    ok(clEnqueueNDRangeKernel(queue, good, 1, NULL, &one, NULL, 0, NULL, NULL));
    ok(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 4, &k, 0, NULL, NULL));
    assert_int_equal(k, 10);
    ok(clReleaseEvent(events[0]));
    ok(clReleaseEvent(events[1]));
    ok(clReleaseCommandQueue(queue));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(wild));
    ok(clReleaseKernel(good));
    world_close(&mine);
}

/* Behind a user event the launch is refused when it starts: what follows must not go on as if. */
static void a_launch_refused_on_its_way_ends_its_queue(void **state)
{
    struct world *world = *state;
    cl_kernel kernel = world_kernel(world, source, "times_plus");
    cl_mem mem = zeros(world, 64);
    cl_command_queue queue = clCreateCommandQueue(world->context, world->device, 0, NULL);
    cl_event gate = user_event(world), launched;
    const size_t many = (size_t)1 << 20;
    cl_uint k = 4;

    if (!world_is_hum(world))
        skip(); /* elsewhere the enqueueing function says so */
    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    ok(clSetKernelArg(kernel, 1, ARG(k)));
    ok(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &many, &many, 1, &gate, &launched));
    ok(clSetUserEventStatus(gate, CL_COMPLETE));
    assert_int_not_equal(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 4, &k, 0, NULL, NULL),
                         CL_SUCCESS);
    assert_int_equal(status_of(launched), CL_INVALID_WORK_ITEM_SIZE);
    assert_int_equal(clFinish(queue), CL_INVALID_WORK_ITEM_SIZE);
    assert_int_equal(read_one(world, mem), 0);
    ok(clReleaseEvent(gate));
    ok(clReleaseEvent(launched));
    ok(clReleaseCommandQueue(queue));
    ok(clReleaseMemObject(mem));
    ok(clReleaseKernel(kernel));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_launches_run_in_order),
        cmocka_unit_test(random_graphs_give_what_order_gives),
        cmocka_unit_test(nothing_passes_a_user_event),
        cmocka_unit_test(a_failed_event_fails_what_waits_for_it),
        cmocka_unit_test(barriers_hold_up_and_markers_wait),
        cmocka_unit_test(callbacks_come_without_being_waited_for),
        cmocka_unit_test(times_are_in_order),
        cmocka_unit_test(threads_use_queues_of_one_context),
        cmocka_unit_test(a_kernel_that_crashes_ends_its_queue),
        cmocka_unit_test(a_launch_refused_on_its_way_ends_its_queue),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
