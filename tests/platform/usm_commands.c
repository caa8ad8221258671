/* SPDX-License-Identifier: MIT */
/*
 * usm_commands.c - commands on unified shared memory: fills and copies against what they should
 * give, hints that change no byte, and the free that waits.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/usm_world.h"

#define N 4096u

static const char source[] =
    "kernel void square(global int *x) { size_t i = get_global_id(0); x[i] *= x[i]; }\n"
    "kernel void value(global int *x, int y) { x[get_global_id(0)] = y; }\n";

static void ends_as(cl_event event, cl_command_type wanted)
{
    cl_command_type type;
    cl_int status;

    ok(clWaitForEvents(1, &event));
    ok(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
    assert_int_equal(type, wanted);
    ok(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    assert_int_equal(status, CL_COMPLETE);
    ok(clReleaseEvent(event));
}

/* Against a fill written here, over each size of pattern, at odd places of several pages. */
static void fills_are_exact(void **state)
{
    enum { BYTES = 20000 };
    struct world *world = *state;
    unsigned char pattern[128], *want = malloc(BYTES), *got = malloc(BYTES);
    cl_event event;

    assert_true(want && got);
    for (unsigned i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)(3 * i + 1);
    for (enum type type = HOST; type < TYPES; type++) {
        unsigned char *x;

        if (!has(world, type))
            continue;
        x = usm(world, type, BYTES);
        memset(want, 9, BYTES);
        ok(mem_fill(world->queue, x, &(char){9}, 1, BYTES, 0, NULL, &event));
        ends_as(event, CL_COMMAND_MEMFILL_INTEL);
        for (size_t size = 1; size <= sizeof pattern; size *= 2) {
            size_t offset = 7 * size, bytes = (BYTES / 2 / size - 20) * size;

            for (size_t i = 0; i < bytes; i++)
                want[offset + i] = pattern[i % size];
            ok(mem_fill(world->queue, x + offset, pattern, size, bytes, 0, NULL, NULL));
        }
        ok(mem_copy(world->queue, CL_TRUE, got, x, BYTES, 0, NULL, NULL));
        assert_memory_equal(got, want, BYTES);
        ok(mem_free(world->context, x));
    }
    free(want);
    free(got);
}

static void copies_go_between_all_types(void **state)
{
    enum { BYTES = 3 << 20 };
    struct world *world = *state;
    char *ends[TYPES], *got = calloc(1, BYTES);
    cl_event events[2];

    assert_non_null(got);
    for (enum type type = HOST; type < TYPES; type++)
        ends[type] = has(world, type) ? usm(world, type, BYTES) : NULL;
    for (enum type from = HOST; from < TYPES; from++)
        for (enum type to = HOST; to < TYPES; to++) {
            int mark = (int)(from * TYPES + to + 1);

            if (from == to || !ends[from] || !ends[to])
                continue;
            ok(mem_fill(world->queue, ends[from], &mark, sizeof mark, BYTES, 0, NULL, &events[0]));
            ok(mem_copy(world->queue, CL_FALSE, ends[to] + 4, ends[from], BYTES - 4, 1, events,
                        &events[1]));
            ok(mem_copy(world->queue, CL_TRUE, got, ends[to] + 4, BYTES - 4, 1, &events[1], NULL));
            for (size_t i = 0; i < BYTES - 4; i += 4)
                assert_memory_equal(got + i, &mark, 4);
            ok(clReleaseEvent(events[0]));
            ends_as(events[1], CL_COMMAND_MEMCPY_INTEL);
        }
    for (enum type type = HOST; type < TYPES; type++)
        ok(mem_free(world->context, ends[type]));
    free(got);
}

static void commands_are_checked(void **state)
{
    struct world *world = *state;
    char *x = usm(world, DEVICE, N), y[256];
    const cl_event none = NULL;

    gives(CL_INVALID_COMMAND_QUEUE, mem_fill(NULL, x, y, 4, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, NULL, y, 4, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, x + 2, y, 4, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, x, NULL, 4, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, x, y, 3, 63, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, x, y, 256, 512, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_fill(world->queue, x, y, 4, 66, 0, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST, mem_fill(world->queue, x, y, 4, 64, 1, NULL, NULL));
    gives(CL_INVALID_COMMAND_QUEUE, mem_copy(NULL, CL_TRUE, x, y, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_copy(world->queue, CL_TRUE, NULL, y, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, mem_copy(world->queue, CL_TRUE, x, NULL, 64, 0, NULL, NULL));
    gives(CL_MEM_COPY_OVERLAP, mem_copy(world->queue, CL_TRUE, x + 63, x, 64, 0, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST, mem_copy(world->queue, CL_TRUE, x, y, 64, 0, &none, NULL));
    gives(CL_INVALID_COMMAND_QUEUE, migrate(NULL, x, 64, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, migrate(world->queue, x, 64, 1u << 7, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, migrate(world->queue, y, 64, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, migrate(world->queue, x + 64, N, 0, 0, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST, migrate(world->queue, x, 64, 0, 1, NULL, NULL));
    gives(CL_INVALID_COMMAND_QUEUE, advise(NULL, x, 64, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, advise(world->queue, x, 64, 1u << 30, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, advise(world->queue, y, 64, 0, 0, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST, advise(world->queue, x, 64, 0, 1, NULL, NULL));
    ok(clFinish(world->queue));
    ok(mem_free(world->context, x));
}

/* Hints change no byte, whatever they are about. */
static void hints_keep_the_bytes(void **state)
{
    enum { BYTES = 4 << 20 };
    static const cl_mem_advice_intel bits[] = {0, 1, 2, 4, 8, 15, 256, 512, 1024, 2048};
    static const cl_mem_alloc_flags_intel places[] = {
        0, CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL, CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL};
    struct world *world = *state;
    cl_kernel square = world_kernel(world, source, "square");
    cl_event event;

    for (unsigned p = 0; has(world, SHARED) && p < COUNT_OF(places); p++) {
        const cl_mem_properties_intel given[] = {CL_MEM_ALLOC_FLAGS_INTEL, places[p], 0};
        int *x = try(world, SHARED, given, BYTES, 0, NULL), want = 1;

        assert_non_null(x);
        ok(mem_fill(world->queue, x, &(int){-1}, 4, BYTES, 0, NULL, NULL));
        ok(set_arg(square, 0, x));
        for (unsigned i = 0; i < COUNT_OF(bits); i++) {
            ok(advise(world->queue, x, i % 2 ? BYTES : BYTES / 4, bits[i], 0, NULL, &event));
            ends_as(event, CL_COMMAND_MEMADVISE_INTEL);
            ok(migrate(world->queue, x + 10, BYTES - 40, i % 2 ? CL_MIGRATE_MEM_OBJECT_HOST : 0, 0,
                       NULL, &event));
            ends_as(event, CL_COMMAND_MIGRATEMEM_INTEL);
            world_run(world, square, BYTES / sizeof *x);
        }
        ok(clFinish(world->queue));
        for (unsigned i = 0; i < BYTES / sizeof *x; i++)
            want &= x[i] == 1;
        assert_int_equal(want, 1);
        ok(mem_free(world->context, x));
    }
    ok(clReleaseKernel(square));
}

/* Neither host memory nor a device's goes anywhere else, nor does it forget. */
static void hints_leave_owned_memory_alone(void **state)
{
    struct world *world = *state;
    const cl_mem_migration_flags flags[] = {0, CL_MIGRATE_MEM_OBJECT_HOST,
                                            CL_MIGRATE_MEM_OBJECT_HOST |
                                                CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED};
    int got[N];

    for (enum type type = HOST; type <= DEVICE; type++) {
        int *x;

        if (!has(world, type))
            continue;
        x = usm(world, type, sizeof got);
        ok(mem_fill(world->queue, x, &(int){77}, 4, sizeof got, 0, NULL, NULL));
        for (unsigned i = 0; i < COUNT_OF(flags); i++)
            ok(migrate(world->queue, x, i ? sizeof got : 0, flags[i], 0, NULL, NULL));
        ok(advise(world->queue, x, sizeof got, 1, 0, NULL, NULL));
        ok(mem_copy(world->queue, CL_TRUE, got, x, sizeof got, 0, NULL, NULL));
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(got[i], 77);
        ok(mem_free(world->context, x));
    }
}

/* Sizes that no other test has: usm.sh looks for them in the report of `hum run`. */
static void each_type_is_where_it_belongs(void **state)
{
    static const size_t bytes[TYPES] = {3 << 19, 5 << 19, 7 << 19};
    struct world *world = *state;
    cl_kernel value = world_kernel(world, source, "value");
    int *got = malloc(bytes[SHARED]), y = 5;

    assert_non_null(got);
    ok(clSetKernelArg(value, 1, ARG(y)));
    for (enum type type = HOST; type < TYPES; type++) {
        size_t half = bytes[type] / 2;
        char *x;

        if (!has(world, type))
            continue;
        x = usm(world, type, bytes[type]);
        memset(got, 3, bytes[type]);
        ok(mem_copy(world->queue, CL_TRUE, x, got, bytes[type], 0, NULL, NULL));
        ok(migrate(world->queue, x, bytes[type], 0, 0, NULL, NULL));
        ok(set_arg(value, 0, x));
        world_run(world, value, half / sizeof *got);
        ok(mem_copy(world->queue, CL_TRUE, got, x, bytes[type], 0, NULL, NULL));
        for (size_t i = 0; i < bytes[type] / sizeof *got; i++)
            assert_int_equal(got[i], i < half / sizeof *got ? 5 : 0x03030303);
        ok(mem_free(world->context, x));
    }
    free(got);
    ok(clReleaseKernel(value));
}

/* Commands of another queue that wait for yet another one still have their memory. */
static void blocking_free_waits_for_all_queues(void **state)
{
    enum { COPIES = 20, BYTES = 1 << 20 };
    struct world *world = *state;
    cl_command_queue queues[2];
    char *x = usm(world, DEVICE, BYTES), *got = calloc(COPIES, BYTES);
    cl_event gate[2], last = NULL;
    cl_int error, status;

    assert_non_null(got);
    for (unsigned q = 0; q < 2; q++) {
        queues[q] = clCreateCommandQueue(world->context, world->device,
                                         CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &error);
        ok(error);
    }
    ok(mem_fill(queues[0], x, "u", 1, BYTES, 0, NULL, &gate[0]));
    ok(clEnqueueBarrierWithWaitList(queues[1], 1, &gate[0], &gate[1]));
    for (unsigned i = 0; i < COPIES; i++)
        ok(mem_copy(queues[i % 2], CL_FALSE, got + i * BYTES, x, BYTES, 1, &gate[1],
                    i + 1 < COPIES ? NULL : &last));
    ok(mem_blocking_free(world->context, x));
    ok(clGetEventInfo(last, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    assert_int_equal(status, CL_COMPLETE);
    for (unsigned i = 0; i < COPIES; i++)
        assert_true(got[i * BYTES] == 'u' && got[(i + 1) * BYTES - 1] == 'u');
    ok(clReleaseEvent(last));
    for (unsigned q = 0; q < 2; q++) {
        ok(clReleaseEvent(gate[q]));
        ok(clReleaseCommandQueue(queues[q]));
    }
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_are_exact),
        cmocka_unit_test(copies_go_between_all_types),
        cmocka_unit_test(commands_are_checked),
        cmocka_unit_test(hints_keep_the_bytes),
        cmocka_unit_test(hints_leave_owned_memory_alone),
        cmocka_unit_test(each_type_is_where_it_belongs),
        cmocka_unit_test(blocking_free_waits_for_all_queues),
    };

    return cmocka_run_group_tests(tests, usm_setup, world_teardown);
}
