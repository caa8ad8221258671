/* SPDX-License-Identifier: MIT */
/* opencl.c - what is particular about a device of OpenCL: memory, addresses, and being lost. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/launch.h"
#include "device/opencl/library.h"
#include "os/memory.h"

#define ARENA (64 * HUM_BLOCK_SIZE)

static const struct mode mode = {"opencl", ON_OPENCL, true, true, true, true, NULL};
static struct world w;

/* As an OpenCL that reports this error would do. */
static cl_int wanted_error;

static void open_with(bool without_svm, unsigned watchdog_ms)
{
    const struct humi_device_params params = {.kind = "opencl",
                                              .unit = 0,
                                              .arena_bytes = ARENA,
                                              .memory_bytes = 1024 * HUM_BLOCK_SIZE,
                                              .watchdog_ms = watchdog_ms,
                                              .without_svm = without_svm};

    memset(&w, 0, sizeof w);
    w.mode = &mode;
    assert_int_equal(humi_space_reserve((size_t)1 << 30, true, &w.space.start, &w.space.bytes),
                     HUM_OK);
    assert_int_equal(humi_opencl_open(&w.space, &params, &w.p), HUM_OK);
}

static int setup(void **state)
{
    (void)state;
    open_with(false, 0);
    world_load(&w, "device_kernels.cl");
    return 0;
}

static int setup_without_svm(void **state)
{
    (void)state;
    open_with(true, 0);
    world_load(&w, "opencl_plain.cl");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void frames_end_with_the_arena(void **state)
{
    (void)state;
    assert_int_equal(w.p->memory_bytes, ARENA); /* more was asked for */
    assert_int_equal(w.p->ops->back(w.p, ARENA - HUM_BLOCK_SIZE, HUM_BLOCK_SIZE), HUM_OK);
    assert_int_equal(w.p->ops->back(w.p, ARENA, HUM_BLOCK_SIZE), HUM_ERR_UNSUPPORTED);
    assert_non_null(strstr(hum_error_text(), "arena="));
    w.p->ops->drop(w.p, 0, w.space.bytes); /* also where it never had any */
}

static void arguments_beyond_the_arena_are_refused(void **state)
{
    struct mark_args args = {(uint32_t *)at(&w, ARENA + HUM_PAGE_SIZE), 1};
    struct humi_launch launch = {.kernel = world_kernel(&w, "mark"),
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    uint64_t ticket;

    (void)state;
    assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_ERR_UNSUPPORTED);
    assert_non_null(strstr(hum_error_text(), "arena="));
}

static void it_does_not_claim_what_it_cannot(void **state)
{
    (void)state;
    assert_true(w.p->cannot_fault);
    assert_true(w.p->other_addresses);
    assert_null(w.p->window);
    assert_int_equal(w.p->fault_fd, -1);
    assert_int_equal(w.p->frames_fd, -1);
    assert_null(w.p->ops->map_remote);
}

static void there_is_no_such_device(void **state)
{
    const struct humi_device_params params = {.kind = "opencl", .unit = 63};
    struct humi_processor *p = NULL;

    (void)state;
    assert_int_equal(humi_opencl_open(&w.space, &params, &p), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "opencl:63"));
    assert_null(p);
}

/* ---- without shared virtual memory ----------------------------------------------------------- */

struct scale_args {
    uint64_t *to, *from, factor;
};

static void pointers_as_arguments_are_sub_buffers(void **state)
{
    struct scale_args args = {at(&w, HUM_BLOCK_SIZE), at(&w, 5 * HUM_PAGE_SIZE), 3};

    (void)state;
    world_map(&w, 0, 2 * HUM_BLOCK_SIZE, HUMI_MAP_WRITE);
    for (uint64_t i = 0; i < 100; i++)
        world_write(&w, 5 * HUM_PAGE_SIZE + i * 8, &i, sizeof i);
    launch_ok(&w, "scale", 100, &args, sizeof args);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(world_word(&w, HUM_BLOCK_SIZE + i * 8), 3 * i);
    assert_int_equal(world_word(&w, HUM_BLOCK_SIZE + 800), 0);
    args.from = NULL;
    launch_ok(&w, "scale", 10, &args, sizeof args);
    assert_int_equal(world_word(&w, HUM_BLOCK_SIZE + 72), 3);
    assert_int_equal(world_word(&w, HUM_BLOCK_SIZE + 80), 30);
}

static void pointers_that_cannot_be_are_refused(void **state)
{
    struct scale_args cases[] = {{at(&w, 8), NULL, 1}, {at(&w, ARENA), NULL, 1}, {NULL, NULL, 1}};
    struct humi_launch launch = {.kernel = world_kernel(&w, "scale"),
                                 .count = 1,
                                 .args_bytes = sizeof cases[0]};
    uint64_t ticket, local = 0;

    (void)state;
    cases[2].to = &local;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        launch.args = &cases[i];
        assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_ERR_UNSUPPORTED);
        assert_non_null(strstr(hum_error_text(), "argument 1 of kernel \"scale\""));
    }
}

static void portable_kernels_are_refused(void **state)
{
    unsigned module, kernel;
    size_t bytes;

    (void)state;
    assert_int_equal(w.p->ops->load(w.p, world_file("device_kernels.cl"), &module), HUM_OK);
    assert_int_equal(w.p->ops->kernel(w.p, module, "mark", &kernel, &bytes), HUM_ERR_UNSUPPORTED);
    assert_non_null(strstr(hum_error_text(), "shared virtual memory"));
}

/* ---- being lost ------------------------------------------------------------------------------ */

static cl_int CL_API_CALL enqueue_fails(cl_command_queue queue, cl_kernel kernel, cl_uint work_dim,
                                        const size_t *offset, const size_t *global,
                                        const size_t *local, cl_uint count, const cl_event *list,
                                        cl_event *event)
{
    (void)queue, (void)kernel, (void)work_dim, (void)offset, (void)global, (void)local;
    (void)count, (void)list, (void)event;
    return wanted_error;
}

static enum hum_status submit_failing(cl_int error)
{
    __typeof__(humi_cl.EnqueueNDRangeKernel) real = humi_cl.EnqueueNDRangeKernel;
    struct empty_args args = {0};
    struct humi_launch launch = {.kernel = world_kernel(&w, "empty"),
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    enum hum_status status;
    uint64_t ticket;

    wanted_error = error;
    humi_cl.EnqueueNDRangeKernel = enqueue_fails;
    status = w.p->ops->submit(w.p, &launch, &ticket);
    humi_cl.EnqueueNDRangeKernel = real;
    return status;
}

static void a_refused_launch_loses_nothing(void **state)
{
    struct empty_args args = {0};

    (void)state;
    assert_int_equal(submit_failing(CL_INVALID_WORK_GROUP_SIZE), HUM_ERR_UNSUPPORTED);
    assert_int_equal(submit_failing(CL_MEM_OBJECT_ALLOCATION_FAILURE), HUM_ERR_NO_MEMORY);
    launch_ok(&w, "empty", 1, &args, sizeof args);
}

static void errors_of_the_device_lose_it(void **state)
{
    uint64_t word = 5;

    (void)state;
    world_map(&w, 0, HUM_BLOCK_SIZE, HUMI_MAP_WRITE);
    world_write(&w, 0, &word, sizeof word);
    assert_int_equal(submit_failing(CL_OUT_OF_RESOURCES), HUM_ERR_DEVICE_LOST);
    assert_int_equal(submit_failing(CL_SUCCESS), HUM_ERR_DEVICE_LOST);
    assert_non_null(strstr(hum_error_text(), "lost"));
    assert_int_equal(world_word(&w, 0), 0); /* and nobody is stuck */
    world_write(&w, 0, &word, sizeof word);
    assert_int_equal(w.p->ops->back(w.p, HUM_BLOCK_SIZE, HUM_BLOCK_SIZE), HUM_OK);
    assert_int_equal(w.p->ops->restart(w.p), HUM_ERR_DEVICE_LOST);
}

/* In a child: the kernel never ends, and takes a thread of OpenCL's with it. */
static void run_forever(void)
{
    struct empty_args args = {0};
    uint64_t running, behind, other;

    open_with(false, 100);
    world_load(&w, "device_kernels.cl");
    running = launch_start(&w, "forever", 1, 1, &args, sizeof args);
    behind = launch_start(&w, "empty", 1, 1, &args, sizeof args);
    assert_int_equal(launch_end(&w, behind).status, HUM_ERR_DEVICE_LOST);
    assert_int_equal(launch_end(&w, running).status, HUM_ERR_TIMEOUT);
    assert_int_equal(w.p->ops->submit(w.p,
                                      &(struct humi_launch){.kernel = world_kernel(&w, "empty"),
                                                            .count = 1,
                                                            .args = &args,
                                                            .args_bytes = sizeof args},
                                      &other),
                     HUM_ERR_DEVICE_LOST);
    w.p->ops->close(w.p);
}

static void the_watchdog_gives_the_device_up(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        alarm(20);
        run_forever();
        _exit(42);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

#define cl_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define buffer_test(name) cmocka_unit_test_setup_teardown(name, setup_without_svm, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cl_test(frames_end_with_the_arena),
        cl_test(arguments_beyond_the_arena_are_refused),
        cl_test(it_does_not_claim_what_it_cannot),
        cl_test(there_is_no_such_device),
        buffer_test(pointers_as_arguments_are_sub_buffers),
        buffer_test(pointers_that_cannot_be_are_refused),
        buffer_test(portable_kernels_are_refused),
        cl_test(a_refused_launch_loses_nothing),
        cl_test(errors_of_the_device_lose_it),
    };
    const struct CMUnitTest children[] = {cmocka_unit_test(the_watchdog_gives_the_device_up)};

    if (!world_has_opencl(ON_EMU))
        return 77;
    /* First: a child of a process that has OpenCL's threads has none of them. */
    return cmocka_run_group_tests(children, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
