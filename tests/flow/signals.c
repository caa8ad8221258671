/* SPDX-License-Identifier: MIT */
/*
 * signals.c - the program's own signals and debugger: its SIGSEGV handler stays its own, timers may
 * fire during faults, gdb may attach.  Each story runs in a child process.
 */
#include "flow/flow.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct hum *open_in_child(void)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = ONE_DEVICE;
    must(hum_open(&options, &hum) == HUM_OK);
    return hum;
}

static struct hum_kernel *kernel_in_child(struct hum *hum, const char *name)
{
    struct hum_module *module;
    struct hum_kernel *kernel;

    must(hum_module_load(hum, 0, "flow_memory", &module) == HUM_OK);
    must(hum_kernel_get(module, name, &kernel) == HUM_OK);
    return kernel;
}

static void run_in_child(struct hum *hum, struct hum_kernel *kernel, uint64_t *words, size_t n,
                         uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    must(hum_launch(hum_stream(hum, 0), kernel, n, &args, sizeof args) == HUM_OK);
    must(hum_wait(hum, 0) == HUM_OK);
}

/* ---- the program's SIGSEGV handler ----------------------------------------------------------- */

static sigjmp_buf out;
static void *volatile fault_address;
static volatile sig_atomic_t fault_count;

static void on_segv(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    fault_address = info->si_addr;
    fault_count++;
    siglongjmp(out, 1);
}

static void catch_segv(int signal)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_segv;
    action.sa_flags = SA_SIGINFO;
    must(sigaction(signal, &action, NULL) == 0);
}

/* Touching the address calls the handler with that address (or its page). */
static void must_fault_at(volatile char *address)
{
    int before = fault_count;

    if (sigsetjmp(out, 1) == 0) {
        (void)*address;
        flow_must_failed("the touch faults", __FILE__, __LINE__);
    }
    must(fault_count == before + 1);
    must((char *)fault_address == (const volatile char *)address ||
         (uintptr_t)fault_address == ((uintptr_t)address & ~(PAGE - 1)));
}

static void own_handler(void *context)
{
    struct sigaction before, after;
    struct hum *hum;
    struct hum_kernel *add;
    uint64_t *words;
    char *freed;

    (void)context;
    catch_segv(SIGSEGV);
    must(sigaction(SIGSEGV, NULL, &before) == 0);
    hum = open_in_child();
    add = kernel_in_child(hum, "add");
    must(sigaction(SIGSEGV, NULL, &after) == 0);
    must(after.sa_sigaction == before.sa_sigaction && after.sa_flags == before.sa_flags);

    must(hum_alloc(hum, 4 * MIB, 0, (void **)&words) == HUM_OK);
    run_in_child(hum, add, words, 4 * MIB / 8, 1);
    for (size_t i = 0; i < 4 * MIB / 8; i++)
        must(words[i] == 1);
    must(fault_count == 0); /* managed faults never reach the program */

    must_fault_at((char *)16);
    must(hum_alloc(hum, 4 * MIB, 0, (void **)&freed) == HUM_OK);
    freed[5000] = 1;
    must(hum_free(hum, freed) == HUM_OK);
    must_fault_at(freed + 5000);
    must_fault_at(freed + 3 * MIB + 77);
    must_fault_at((char *)words + 1024 * MIB); /* in the space, in no region */
    must(words[0] == 1);
    run_in_child(hum, add, words, 4 * MIB / 8, 1);
    must(words[9] == 2);
    hum_close(hum);
}

static void the_programs_sigsegv_handler_stays_its_own(void **state)
{
    (void)state;
    flow_child_ok(flow_child(own_handler, NULL));
}

static void touch_freed(void *context)
{
    struct hum *hum = open_in_child();
    volatile char *bytes;

    must(hum_alloc(hum, context ? 4 * MIB : PAGE, 0, (void **)(uintptr_t)&bytes) == HUM_OK);
    bytes[0] = 1;
    must(hum_free(hum, (void *)(uintptr_t)bytes) == HUM_OK);
    bytes[0] = 2;
}

static void touching_freed_memory_ends_the_program(void **state)
{
    (void)state;
    flow_child_signal(flow_child(touch_freed, NULL), SIGSEGV);
    flow_child_signal(flow_child(touch_freed, ""), SIGSEGV);
}

/* ---- signals while faulting ------------------------------------------------------------------ */

static volatile sig_atomic_t ticks;

static void on_tick(int signal)
{
    (void)signal;
    ticks++;
}

static void storm(void *context)
{
    struct itimerval often = {{0, 300}, {0, 300}}, off = {{0, 0}, {0, 0}};
    struct sigaction action;
    struct hum *hum;
    struct hum_kernel *add;
    uint64_t *words;
    size_t n = 8 * MIB / 8;

    (void)context;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_tick;
    action.sa_flags = SA_RESTART;
    must(sigaction(SIGALRM, &action, NULL) == 0);
    must(setitimer(ITIMER_REAL, &often, NULL) == 0); /* before opening: that must bear it too */
    hum = open_in_child();
    add = kernel_in_child(hum, "add");
    must(hum_alloc(hum, 8 * MIB, 0, (void **)&words) == HUM_OK);
    for (unsigned round = 1; round <= 15; round++) {
        for (size_t i = 0; i < n; i += 64)
            words[i]++;
        run_in_child(hum, add, words, n, 1);
    }
    for (size_t i = 0; i < n; i++)
        must(words[i] == (i % 64 ? 15 : 30));
    hum_close(hum);
    must(setitimer(ITIMER_REAL, &off, NULL) == 0);
    must(ticks > 10);
}

static void timers_may_fire_during_faults(void **state)
{
    (void)state;
    flow_child_ok(flow_child(storm, NULL));
}

/* A handler that itself touches managed memory. */
static uint64_t *volatile shared_word;

static void on_tick_touch(int signal)
{
    (void)signal;
    if (shared_word)
        __atomic_fetch_add(shared_word, 1, __ATOMIC_SEQ_CST);
    ticks++;
}

static void touching_handler(void *context)
{
    struct itimerval often = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
    struct hum *hum = open_in_child();
    struct hum_kernel *count = kernel_in_child(hum, "count");
    uint64_t *word;
    unsigned n = 0;

    (void)context;
    must(hum_alloc(hum, PAGE, 0, (void **)&word) == HUM_OK);
    shared_word = word;
    signal(SIGALRM, on_tick_touch);
    must(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (ticks < 50) {
        run_in_child(hum, count, word, 100, 0);
        n += 100;
    }
    must(setitimer(ITIMER_REAL, &off, NULL) == 0);
    signal(SIGALRM, SIG_IGN);
    must(*word == n + (unsigned)ticks);
    hum_close(hum);
}

static void handlers_may_touch_managed_memory(void **state)
{
    (void)state;
    flow_child_ok(flow_child(touching_handler, NULL));
}

/* ---- a debugger ------------------------------------------------------------------------------ */

static void debugged(void *context)
{
    int ready = *(int *)context;
    struct hum *hum = open_in_child();
    struct hum_kernel *add = kernel_in_child(hum, "add");
    double end = flow_now() + 100;
    uint64_t *words, rounds = 0;

    must(hum_alloc(hum, 4 * MIB, 0, (void **)&words) == HUM_OK);
    must(write(ready, "r", 1) == 1);
    while (flow_now() < end && getppid() > 1) {
        char byte;
        run_in_child(hum, add, words, 4 * MIB / 8, 1);
        rounds++;
        must(words[77] == rounds && words[4 * MIB / 8 - 1] == rounds);
        if (recv(ready, &byte, 1, MSG_DONTWAIT) == 1)
            break;
    }
    hum_close(hum);
}

static void gdb_attaches_and_the_program_goes_on(void **state)
{
    int sockets[2], status = -1;
    char command[200], byte;
    pid_t child;

    (void)state;
    if (system("command -v gdb >/dev/null") != 0 || getuid() != 0) {
        print_message("needs gdb and root\n");
        skip();
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        debugged(&sockets[1]);
        _exit(0);
    }
    assert_int_equal(read(sockets[0], &byte, 1), 1);
    snprintf(command, sizeof command,
             "timeout 60 gdb -nx -p %d -batch -ex 'thread apply all bt 3' -ex detach "
             ">/dev/null 2>&1", (int)child);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(system(command), 0);
    assert_int_equal(write(sockets[0], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    flow_child_ok(status);
    close(sockets[0]);
    close(sockets[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_programs_sigsegv_handler_stays_its_own),
        cmocka_unit_test(touching_freed_memory_ends_the_program),
        cmocka_unit_test(timers_may_fire_during_faults),
        cmocka_unit_test(handlers_may_touch_managed_memory),
        cmocka_unit_test(gdb_attaches_and_the_program_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
