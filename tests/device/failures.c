/* SPDX-License-Identifier: MIT */
/*
 * failures.c - what happens to launches that touch what they may not, crash, run too long, or lose
 * their process; and that the device can be used afterwards, each time.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/emu/emu.h"
#include "device/launch.h"

static struct world w;

static void open_with(unsigned workers, unsigned watchdog_ms)
{
    const struct humi_device_params params = {.kind = "emu",
                                              .memory_bytes = HUM_BLOCK_SIZE * 64,
                                              .workers = workers,
                                              .watchdog_ms = watchdog_ms};

    world_open_device(&w, &launch_mode, &params);
    world_map(&w, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
}

static int setup(void **state)
{
    (void)state;
    open_with(3, 0);
    return 0;
}

static int setup_watchdog(void **state)
{
    (void)state;
    open_with(3, 50);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void check_usable(void)
{
    struct mark_args args = {(uint32_t *)at(&w, 0), 1000};

    memset(frame(&w, 0), 0, 4096);
    launch_ok(&w, "mark", 1000, &args, sizeof args);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(((uint32_t *)frame(&w, 0))[i], 1);
}

static struct humi_outcome crash(enum crash how, uintptr_t address)
{
    struct crash_args args = {how, (uint64_t *)address};
    struct humi_outcome outcome =
        launch_end(&w, launch_start(&w, "crash", 1, 5, &args, sizeof args));

    assert_string_equal(outcome.kernel, "crash");
    return outcome;
}

/* ---- bad touches and crashes ----------------------------------------------------------------- */

static void touches_outside_of_the_space(void **state)
{
    static const uintptr_t addresses[] = {0, 8, 0x1000, 0x500000000000, 0x7ffffffff000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct humi_outcome outcome = crash(i ? CRASH_WILD : CRASH_NULL, addresses[i]);
        assert_int_equal(outcome.status, HUM_ERR_ILLEGAL_ADDRESS);
        assert_int_equal(outcome.address, addresses[i]);
        check_usable();
    }
    /* An address that no address can be: the processor does not say which. */
    assert_int_equal(crash(CRASH_WILD, UINT64_C(1) << 60).status, HUM_ERR_ILLEGAL_ADDRESS);
    check_usable();
}

static void crashes_say_which_signal(void **state)
{
    static const struct {
        enum crash how;
        int signal;
    } cases[] = {{CRASH_DIVIDE, SIGFPE}, {CRASH_ILLEGAL, SIGILL}, {CRASH_TRAP, SIGTRAP}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_outcome outcome = crash(cases[i].how, 0);
        assert_int_equal(outcome.status, HUM_ERR_KERNEL_CRASHED);
        assert_int_equal(outcome.signal, cases[i].signal);
        check_usable();
    }
}

static void stack_overflow_ends_the_launch(void **state)
{
    (void)state;
    assert_int_equal(crash(CRASH_STACK, 0).status, HUM_ERR_ILLEGAL_ADDRESS);
    check_usable();
}

static void failing_a_fault_ends_its_launch(void **state)
{
    static const enum hum_status how[] = {HUM_ERR_ILLEGAL_ADDRESS, HUM_ERR_NO_MEMORY};

    (void)state;
    for (int round = 0; round < 30; round++) {
        size_t offset = (40 + (size_t)round) * HUM_BLOCK_SIZE + 24;
        struct touch_args args = {.at = at(&w, offset), .value = 1, .write = 1};
        uint64_t bad = launch_start(&w, "touch", 1, 1, &args, sizeof args);
        struct touch *good = touch_write(&w, 200 * HUM_BLOCK_SIZE, 5);
        struct humi_outcome outcome;

        for (int i = 0; i < 2; i++) {
            struct humi_fault fault = world_fault(&w);
            if (fault.address == (uintptr_t)at(&w, offset))
                (w.p->ops->fail)(w.p, &fault, how[round % 2]); /* cmocka has a macro fail() */
            else
                world_map(&w, 200 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE, HUMI_MAP_WRITE);
        }
        outcome = launch_end(&w, bad);
        assert_int_equal(outcome.status, how[round % 2]);
        assert_int_equal(outcome.address, (uintptr_t)at(&w, offset));
        touch_end(good);
        w.p->ops->drop(w.p, 200 * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE);
        check_usable();
    }
}

static void the_queue_goes_on_behind_a_failure(void **state)
{
    struct crash_args crash_args = {CRASH_NULL, NULL};
    struct mark_args args = {(uint32_t *)at(&w, 0), 10};
    uint64_t bad = launch_start(&w, "crash", 1, 1, &crash_args, sizeof crash_args);
    uint64_t good = launch_start(&w, "mark", 1, 10, &args, sizeof args);

    (void)state;
    assert_int_equal(launch_end(&w, good).status, HUM_OK);
    assert_int_equal(launch_end(&w, bad).status, HUM_ERR_ILLEGAL_ADDRESS);
}

/* ---- the watchdog ---------------------------------------------------------------------------- */

static void a_kernel_past_the_watchdog_is_ended(void **state)
{
    struct empty_args args = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        uint64_t ticket = launch_start(&w, "forever", 2, 100, &args, sizeof args);
        struct humi_outcome outcome = launch_end(&w, ticket);
        assert_int_equal(outcome.status, HUM_ERR_TIMEOUT);
        assert_true(outcome.end_ns - outcome.start_ns >= 50 * HUMI_NS_PER_MS);
        assert_true(outcome.end_ns - outcome.start_ns < 2000 * HUMI_NS_PER_MS);
        check_usable();
    }
}

/* A kernel that waits for a fault nobody serves. */
static void the_watchdog_ends_a_wait_for_a_fault(void **state)
{
    struct touch_args args = {.at = at(&w, 99 * HUM_BLOCK_SIZE), .write = 1};
    uint64_t ticket = launch_start(&w, "touch", 1, 1, &args, sizeof args);

    (void)state;
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_TIMEOUT);
    check_usable();
}

static void short_kernels_are_left_alone(void **state)
{
    uint64_t end = humi_clock_ns() + 200 * HUMI_NS_PER_MS;

    (void)state;
    while (humi_clock_ns() < end)
        check_usable();
}

/* All workers are taken: what waits for one does not count as running. */
static void waiting_for_a_worker_is_not_running(void **state)
{
    struct empty_args args = {0};
    uint64_t tickets[12];

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(tickets); i++)
        tickets[i] = launch_start(&w, i < 6 ? "forever" : "empty", i, 3, &args, sizeof args);
    for (unsigned i = 0; i < COUNT_OF(tickets); i++)
        assert_int_equal(launch_end(&w, tickets[i]).status, i < 6 ? HUM_ERR_TIMEOUT : HUM_OK);
    check_usable();
}

/* ---- losing the process ---------------------------------------------------------------------- */

static void restart(void)
{
    assert_int_equal(w.p->ops->restart(w.p), HUM_OK);
    world_map(&w, 512 * (size_t)HUM_BLOCK_SIZE, HUM_PAGE_SIZE, HUMI_MAP_WRITE);
    world_map(&w, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    world_map(&w, w.space.bytes - HUM_BLOCK_SIZE, HUM_BLOCK_SIZE, HUMI_MAP_OWN); /* scratch */
}

static void a_killed_device_loses_its_launches_and_no_bytes(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct empty_args args = {0};
        struct pollfd life = {w.p->life_fd, POLLIN, 0};
        uint64_t running = launch_start(&w, "forever", 1, 100, &args, sizeof args);
        uint64_t queued = launch_start(&w, "empty", 1, 1, &args, sizeof args), after;
        struct humi_launch launch = {.kernel = world_kernel(&w, "empty"),
                                     .args = &args,
                                     .args_bytes = sizeof args,
                                     .count = 1};

        frame(&w, 0)[round] = 0x1234;
        assert_int_equal(poll(&life, 1, 0), 0);
        assert_int_equal(kill(w.p->pid, SIGKILL), 0);
        if (round % 2) {
            assert_int_equal(poll(&life, 1, 10000), 1);
            restart();
        }
        assert_int_equal(launch_end(&w, running).status, HUM_ERR_DEVICE_LOST);
        assert_int_equal(launch_end(&w, queued).status, HUM_ERR_DEVICE_LOST);
        if (round % 2 == 0) {
            assert_int_equal(w.p->ops->submit(w.p, &launch, &after), HUM_ERR_DEVICE_LOST);
            w.p->ops->unmap(w.p, 0, HUM_BLOCK_SIZE);
            w.p->ops->protect(w.p, 0, HUM_BLOCK_SIZE);
            restart();
        }
        assert_int_equal(frame(&w, 0)[round], 0x1234);
        check_usable();
        assert_false(write_faults(&w, 8, 1));
        assert_true(read_faults(&w, 900 * HUM_BLOCK_SIZE, NULL));
        w.p->ops->drop(w.p, 900 * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE);
    }
}

/* A new process has nothing mapped, whatever the old one had. */
static void restart_takes_all_access(void **state)
{
    struct pollfd life = {w.p->life_fd, POLLIN, 0};
    uint64_t value;

    (void)state;
    world_map(&w, HUM_BLOCK_SIZE, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    assert_false(write_faults(&w, HUM_BLOCK_SIZE, 7));
    assert_int_equal(kill(w.p->pid, SIGKILL), 0);
    assert_int_equal(poll(&life, 1, 10000), 1);
    restart();
    assert_true(read_faults(&w, HUM_BLOCK_SIZE, &value));
    assert_int_equal(value, 7);
}

static void load_revives_a_dead_device(void **state)
{
    unsigned module;
    struct pollfd life = {w.p->life_fd, POLLIN, 0};

    (void)state;
    kill(w.p->pid, SIGKILL);
    assert_int_equal(poll(&life, 1, 10000), 1);
    assert_int_equal(w.p->ops->load(w.p, world_module_path(), &module), HUM_OK);
    assert_int_equal(module, w.module);
    world_map(&w, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    check_usable();
}

static void *kill_soon(void *arg)
{
    usleep(20000); /* the waiter should be asleep by then; it need not be */
    kill(w.p->pid, SIGKILL);
    return arg;
}

static void a_waiter_hears_of_the_death(void **state)
{
    struct empty_args args = {0};
    uint64_t ticket = launch_start(&w, "forever", 1, 1, &args, sizeof args);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, kill_soon, NULL), 0);
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_DEVICE_LOST);
    pthread_join(thread, NULL);
}

/* A full ring blocks the submitter, and the death of the device lets it go. */
static void a_blocked_submitter_hears_of_the_death(void **state)
{
    struct empty_args args = {0};
    struct humi_launch launch = {.kernel = world_kernel(&w, "forever"),
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    enum hum_status status = HUM_OK;
    uint64_t ticket, first = 0;
    pthread_t thread;
    int count = 0;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, kill_soon, NULL), 0);
    for (; status == HUM_OK; count++) {
        status = w.p->ops->submit(w.p, &launch, &ticket);
        first = count == 0 ? ticket : first;
    }
    assert_int_equal(status, HUM_ERR_DEVICE_LOST);
    assert_true(count <= (int)HUMI_EMU_SLOTS + 1);
    assert_int_equal(launch_end(&w, first).status, HUM_ERR_DEVICE_LOST);
    pthread_join(thread, NULL);
}

static bool has_stopped(int pid, const char *task)
{
    char path[300], state = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/task/%s/stat", pid, task);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
    fclose(file);
    return state == 'T';
}

/* Until all threads of the process have stopped, not only been told to. */
static void await_stop(int pid)
{
    char path[64];
    bool all = false;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    while (!all) {
        DIR *folder = opendir(path);
        assert_non_null(folder);
        all = true;
        for (struct dirent *task; (task = readdir(folder)) != NULL;)
            all &= task->d_name[0] == '.' || has_stopped(pid, task->d_name);
        closedir(folder);
    }
}

/* Taking access from a process that does not answer must end, and with nothing left mapped. */
static void a_stopped_device_is_given_up(void **state)
{
    struct touch *t = touch_hammer(&w, 64);
    struct pollfd life = {w.p->life_fd, POLLIN, 0};

    (void)state;
    humi_emu_of(w.p)->patience_ns = 300 * (int64_t)HUMI_NS_PER_MS;
    assert_int_equal(kill(w.p->pid, SIGSTOP), 0);
    await_stop(w.p->pid);
    w.p->ops->unmap(w.p, 0, HUM_BLOCK_SIZE);
    assert_int_equal(poll(&life, 1, 0), 1);
    (void)t;
    restart();
    check_usable();
}

#define failure_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define watchdog_test(name) cmocka_unit_test_setup_teardown(name, setup_watchdog, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        failure_test(touches_outside_of_the_space),
        failure_test(crashes_say_which_signal),
        failure_test(stack_overflow_ends_the_launch),
        failure_test(failing_a_fault_ends_its_launch),
        failure_test(the_queue_goes_on_behind_a_failure),
        watchdog_test(a_kernel_past_the_watchdog_is_ended),
        watchdog_test(the_watchdog_ends_a_wait_for_a_fault),
        watchdog_test(short_kernels_are_left_alone),
        watchdog_test(waiting_for_a_worker_is_not_running),
        failure_test(a_killed_device_loses_its_launches_and_no_bytes),
        failure_test(restart_takes_all_access),
        failure_test(load_revives_a_dead_device),
        failure_test(a_waiter_hears_of_the_death),
        failure_test(a_blocked_submitter_hears_of_the_death),
        failure_test(a_stopped_device_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
