/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process.h"
#include "support/test.h"

static struct humi_process run(const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct humi_process process;

    assert_int_equal(humi_process_start("/bin/sh", argv, &process), HUM_OK);
    return process;
}

static void await_death(const struct humi_process *process)
{
    struct pollfd p = {process->pidfd, POLLIN, 0};

    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_true(humi_process_has_died(process));
}

/* What it wrote on its end of the channel. */
static void expect(const char *script, const char *text)
{
    struct humi_process process = run(script);
    char got[256] = "";

    assert_true(read(process.channel, got, sizeof got - 1) >= 0);
    assert_string_equal(got, text);
    await_death(&process);
    humi_process_end(&process);
}

static void a_child_speaks_on_its_channel(void **state)
{
    (void)state;
    expect("printf hello >&3", "hello");
}

static void a_child_starts_clean(void **state)
{
    sigset_t set;

    (void)state;
    signal(SIGTERM, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    expect("kill -TERM $$; printf alive >&3", ""); /* not ignored there */
    expect("kill -USR1 $$; printf alive >&3", ""); /* not blocked there */
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    expect("test \"$(readlink /proc/$$/fd/0)\" = /dev/null && printf null >&3", "null");
}

static void a_child_has_the_output_of_the_program(void **state)
{
    int usual = dup(1), file = memfd_create("output", MFD_CLOEXEC);
    char text[16] = "";

    (void)state;
    fflush(stdout);
    assert_int_equal(dup3(file, 1, O_CLOEXEC), 1);
    expect("printf there; printf said >&3", "said");
    close(1); /* then there is none, and no other file of ours has taken its place */
    expect("test \"$(readlink /proc/$$/fd/1)\" = /dev/null && printf null >&3", "null");
    assert_int_equal(dup2(usual, 1), 1);
    assert_int_equal(pread(file, text, sizeof text - 1, 0), 5);
    assert_string_equal(text, "there");
    close(usual);
    close(file);
}

/* The program's own waiting for its children must not see ours, living or dead. */
static void waiting_for_any_child_does_not_find_it(void **state)
{
    struct humi_process process = run("exec sleep 60");
    struct humi_process ended = run("exit 0");

    (void)state;
    await_death(&ended);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_false(humi_process_has_died(&process));
    humi_process_kill(&process);
    assert_true(humi_process_has_died(&process));
    humi_process_end(&process);
    humi_process_end(&ended);
    assert_int_equal(process.pid, 0);
    humi_process_end(&process); /* nothing is left to end */
}

static void what_cannot_be_started_says_why(void **state)
{
    const char *const argv[] = {"x", NULL};
    struct humi_process process = {.pid = 77};

    (void)state;
    assert_int_equal(humi_process_start("/nowhere/x", argv, &process), HUM_ERR_SYSTEM);
    assert_non_null(strstr(hum_error_text(), "/nowhere/x"));
    assert_int_equal(process.pid, 77);
}

static void nothing_stays_open(void **state)
{
    int before = dup(0), after;

    (void)state;
    close(before);
    expect("printf x >&3", "x");
    after = dup(0);
    assert_int_equal(after, before);
    close(after);
}

static void hum_emu_is_found(void **state)
{
    char path[4096], *old = getenv("HUM_EMU") ? strdup(getenv("HUM_EMU")) : NULL;

    (void)state;
    assert_int_equal(humi_process_find_emu(path, sizeof path), HUM_OK);
    assert_int_equal(access(path, X_OK), 0);
    unsetenv("HUM_EMU");
    assert_int_equal(humi_process_find_emu(path, sizeof path), HUM_OK);
    assert_int_equal(access(path, X_OK), 0);
    setenv("HUM_EMU", "/nowhere", 1);
    assert_int_equal(humi_process_find_emu(path, sizeof path), HUM_ERR_NOT_FOUND);
    if (old)
        setenv("HUM_EMU", old, 1);
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_speaks_on_its_channel),
        cmocka_unit_test(a_child_starts_clean),
        cmocka_unit_test(a_child_has_the_output_of_the_program),
        cmocka_unit_test(waiting_for_any_child_does_not_find_it),
        cmocka_unit_test(what_cannot_be_started_says_why),
        cmocka_unit_test(nothing_stays_open),
        cmocka_unit_test(hum_emu_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
