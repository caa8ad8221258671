/* SPDX-License-Identifier: MIT */
/* host.c - what only the host does: signals, system calls, its limit. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/world.h"
#include "os/memory.h"
#include "support/child.h"

#define BAD (9 * HUM_BLOCK_SIZE + 40)

static const struct mode mode = {"host", ON_HOST, true, true, true, false, NULL};

/* ---- signals, each in a process of its own --------------------------------------------------- */

struct case_of_signal {
    enum hum_status status;
    int signal;
    enum { HANDLED, DEFAULT, BLOCKED, IGNORED } how;
};

static struct world child_world;
static enum hum_status child_status;
static sigjmp_buf escape;
static siginfo_t seen;

/* Every fault fails. */
static void *fail_all(void *arg)
{
    struct humi_processor *p = child_world.p;
    struct pollfd fd = {p->fault_fd, POLLIN, 0};
    struct humi_fault fault;

    while (poll(&fd, 1, -1) > 0)
        while (p->ops->faults(p, &fault, 1) == 1)
            (p->ops->fail)(p, &fault, child_status);
    return arg;
}

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    seen = *info;
    siglongjmp(escape, 1);
}

static void prepare(const struct case_of_signal *c)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, c->signal);
    if (c->how == HANDLED)
        sigaction(c->signal, &action, NULL);
    if (c->how == BLOCKED)
        sigprocmask(SIG_BLOCK, &set, NULL);
    if (c->how == IGNORED)
        signal(c->signal, SIG_IGN);
}

static void start_failing(enum hum_status status)
{
    pthread_t thread;
    sigset_t all, old;

    child_status = status;
    if (humi_space_reserve((size_t)4 << 30, true, &child_world.space.start,
                           &child_world.space.bytes) != HUM_OK ||
        humi_host_open(&child_world.space, 0, &child_world.p) != HUM_OK)
        _exit(10);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&thread, NULL, fail_all, NULL) != 0)
        _exit(11);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void touch_badly(void *context)
{
    const struct case_of_signal *c = context;

    start_failing(c->status);
    prepare(c);
    if (sigsetjmp(escape, 1) == 0) {
        *(volatile uint64_t *)at(&child_world, BAD) = 1;
        _exit(12);
    }
    _exit(seen.si_signo == c->signal && seen.si_addr == at(&child_world, BAD) ? 0 : 13);
}

static void a_bad_touch_is_the_signal_of_plain_memory(void **state)
{
    static const struct case_of_signal cases[] = {
        {HUM_ERR_ILLEGAL_ADDRESS, SIGSEGV, HANDLED}, {HUM_ERR_ILLEGAL_ADDRESS, SIGSEGV, DEFAULT},
        {HUM_ERR_ILLEGAL_ADDRESS, SIGSEGV, BLOCKED}, {HUM_ERR_ILLEGAL_ADDRESS, SIGSEGV, IGNORED},
        {HUM_ERR_NO_MEMORY, SIGBUS, HANDLED},        {HUM_ERR_NO_MEMORY, SIGBUS, DEFAULT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct child child;
        assert_true(child_run(touch_badly, (void *)(uintptr_t)&cases[i], &child));
        assert_int_equal(child.exited, cases[i].how == HANDLED);
        assert_int_equal(child.code, cases[i].how == HANDLED ? 0 : cases[i].signal);
    }
}

static void write_badly(void *context)
{
    const struct case_of_signal c = {HUM_ERR_ILLEGAL_ADDRESS, SIGSEGV, HANDLED};
    int null = open("/dev/zero", O_RDONLY);

    (void)context;
    child_world.space.kernel_faults = true;
    start_failing(c.status);
    if (!child_world.p->kernel_faults)
        _exit(0); /* not permitted here */
    prepare(&c);
    if (sigsetjmp(escape, 1) == 0)
        _exit(read(null, at(&child_world, BAD), 8) < 0 && errno == EFAULT ? 0 : 14);
    _exit(0);
}

static void a_system_call_on_a_bad_address_ends(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(write_badly, NULL, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
}

/* ---- system calls, children ------------------------------------------------------------------ */

static struct world w;

static int setup(void **state)
{
    (void)state;
    world_open(&w, &mode);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void *serve_one(void *arg)
{
    struct pollfd fd = {w.p->fault_fd, POLLIN, 0};
    struct humi_fault fault;

    if (poll(&fd, 1, 10000) == 1 && w.p->ops->faults(w.p, &fault, 1) == 1) {
        size_t offset = (fault.address - w.space.start) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
        (void)w.p->ops->back(w.p, offset, HUM_PAGE_SIZE);
        (void)w.p->ops->map(w.p, offset, HUM_PAGE_SIZE, HUMI_MAP_WRITE, NULL);
    }
    return arg;
}

static void a_system_call_faults_like_the_program(void **state)
{
    int zero = open("/proc/self/exe", O_RDONLY);
    pthread_t thread;

    (void)state;
    if (!w.p->kernel_faults)
        skip();
    assert_int_equal(pthread_create(&thread, NULL, serve_one, NULL), 0);
    assert_int_equal(read(zero, at(&w, BAD), 4), 4);
    pthread_join(thread, NULL);
    assert_memory_equal(at(&w, BAD), "\177ELF", 4);
    close(zero);
}

static void a_forked_child_does_not_have_the_space(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    world_map(&w, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    *(volatile uint64_t *)at(&w, 0) = 1;
    pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile uint64_t *)at(&w, 0) = 2;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    assert_int_equal(*at(&w, 0), 1);
}

/* ---- the limit ------------------------------------------------------------------------------- */

static void open_limited(bool huge, size_t bytes)
{
    memset(&w, 0, sizeof w);
    w.space.huge = huge;
    assert_int_equal(
        humi_space_reserve((size_t)4 << 30, true, &w.space.start, &w.space.bytes), HUM_OK);
    assert_int_equal(humi_host_open(&w.space, bytes, &w.p), HUM_OK);
}

static enum hum_status back(size_t offset, size_t bytes)
{
    return w.p->ops->back(w.p, offset, bytes);
}

static void the_limit_is_exact_with_small_frames(void **state)
{
    (void)state;
    open_limited(false, HUM_BLOCK_SIZE + 3 * HUM_PAGE_SIZE);
    assert_int_equal(w.p->memory_bytes, HUM_BLOCK_SIZE + 3 * HUM_PAGE_SIZE);
    assert_int_equal(back(0, HUM_BLOCK_SIZE), HUM_OK);
    assert_int_equal(back(HUM_BLOCK_SIZE, 4 * HUM_PAGE_SIZE), HUM_ERR_NO_MEMORY);
    assert_int_equal(back(HUM_BLOCK_SIZE, 3 * HUM_PAGE_SIZE), HUM_OK);
    assert_int_equal(back(HUM_BLOCK_SIZE, 3 * HUM_PAGE_SIZE), HUM_OK); /* present already */
    assert_int_equal(back(5 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_ERR_NO_MEMORY);
    w.p->ops->drop(w.p, 10 * HUM_PAGE_SIZE, HUM_PAGE_SIZE);
    w.p->ops->drop(w.p, 10 * HUM_PAGE_SIZE, HUM_PAGE_SIZE); /* absent already */
    assert_int_equal(back(5 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_OK);
    assert_int_equal(back(6 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_ERR_NO_MEMORY);
    w.p->ops->drop(w.p, 0, w.space.bytes);
    assert_int_equal(back(7 * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE), HUM_OK);
    world_close(&w);
}

static void the_limit_counts_huge_frames_whole(void **state)
{
    (void)state;
    open_limited(true, 2 * HUM_BLOCK_SIZE);
    if (!w.p->huge) {
        world_close(&w);
        skip();
    }
    assert_int_equal(back(0, HUM_PAGE_SIZE), HUM_OK);
    assert_int_equal(back(HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_OK);
    assert_int_equal(back(0, HUM_BLOCK_SIZE), HUM_OK);
    assert_int_equal(back(2 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_ERR_NO_MEMORY);
    w.p->ops->drop(w.p, 0, HUM_BLOCK_SIZE);
    assert_int_equal(back(2 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE), HUM_OK);
    world_close(&w);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void two_spaces_do_not_meet(void **state)
{
    struct world a, b;

    (void)state;
    world_open(&a, &mode);
    world_open(&b, &mode);
    assert_true(a.space.start + a.space.bytes <= b.space.start ||
                b.space.start + b.space.bytes <= a.space.start);
    world_map(&a, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    world_map(&b, 0, HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    *at(&a, 0) = 1;
    *at(&b, 0) = 2;
    assert_int_equal(*frame(&a, 0), 1);
    world_close(&a);
    assert_int_equal(*frame(&b, 0), 2);
    world_close(&b);
}

static void a_device_without_its_program_says_where_it_looked(void **state)
{
    const struct humi_device_params params = {
        .kind = "emu", .memory_bytes = HUM_BLOCK_SIZE, .workers = 1};
    char *old = getenv("HUM_EMU") ? strdup(getenv("HUM_EMU")) : NULL;
    struct humi_processor *device = NULL;

    (void)state;
    setenv("HUM_EMU", "/nowhere/hum-emu", 1);
    assert_int_equal(humi_emu_open(&w.space, &params, &device), HUM_ERR_NOT_FOUND);
    assert_non_null(strstr(hum_error_text(), "/nowhere/hum-emu"));
    setenv("HUM_EMU", "/bin/true", 1); /* runs, and does not answer */
    assert_int_equal(humi_emu_open(&w.space, &params, &device), HUM_ERR_DEVICE_LOST);
    assert_null(device);
    if (old)
        setenv("HUM_EMU", old, 1);
    else
        unsetenv("HUM_EMU");
    free(old);
}

#define host_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_touch_is_the_signal_of_plain_memory),
        cmocka_unit_test(a_system_call_on_a_bad_address_ends),
        host_test(a_system_call_faults_like_the_program),
        host_test(a_forked_child_does_not_have_the_space),
        cmocka_unit_test(the_limit_is_exact_with_small_frames),
        cmocka_unit_test(the_limit_counts_huge_frames_whole),
        cmocka_unit_test(two_spaces_do_not_meet),
        host_test(a_device_without_its_program_says_where_it_looked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
