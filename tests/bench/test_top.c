/* SPDX-License-Identifier: MIT */
/*
 * test_top.c - hum top as a user runs it: its figures are the program's own, nobody can write the
 * page, nothing is published while nobody looks, and the screen leaves the terminal as it was.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>
#include <jansson.h>

#include "command/top/page.h"

#define PATIENCE_S 60 /* no figure: how long until something is taken for broken */

static const char *command, *shown;

/* ---- the program that is looked at ---------------------------------------------------------- */

struct program {
    pid_t pid;
    int input;
    long child;
    uint64_t faults_host, bytes_h2d, batches, resident_host, resident_device, samples;
};

static struct program start(const char *argument)
{
    struct program program = {0};
    int in[2], out[2];
    FILE *lines;
    long pid;

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    program.pid = fork();
    if (program.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execl(shown, shown, argument, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    program.input = in[1];
    lines = fdopen(out[0], "r");
    assert_non_null(lines);
    assert_int_equal(fscanf(lines, "%ld %ld %lu %lu %lu %lu %lu %lu", &pid, &program.child,
                            &program.faults_host, &program.bytes_h2d, &program.batches,
                            &program.resident_host, &program.resident_device,
                            &program.samples),
                     8);
    fclose(lines);
    assert_int_equal(pid, program.pid);
    return program;
}

static void stop(struct program *program)
{
    int status;

    close(program->input);
    assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What a command line printed, and its exit status. */
static int run_line(char *text, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int run_line(char *text, size_t bytes, const char *format, ...)
{
    char line[1024];
    va_list args;
    size_t length;
    FILE *in;
    int ended;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    in = popen(line, "re");
    assert_non_null(in);
    length = fread(text, 1, bytes - 1, in);
    text[length] = '\0';
    ended = pclose(in);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

/* ---- figures -------------------------------------------------------------------------------- */

static uint64_t count(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);

    if (!json_is_integer(member))
        fail_msg("no number '%s'", name);
    return (uint64_t)json_integer_value(member);
}

static void figures_are_those_of_hum_stats(void **state)
{
    struct program program = start(NULL);
    char text[65536];
    json_t *look, *total, *processors, *region;

    (void)state;
    assert_int_equal(
        run_line(text, sizeof(text), "%s top --json -n 1 %d", command, program.pid), 0);
    look = json_loads(text, 0, NULL);
    assert_non_null(look);
    total = json_object_get(look, "total");
    processors = json_object_get(look, "processors");
    region = json_array_get(json_object_get(look, "regions"), 0);
    assert_int_equal(count(look, "pid"), program.pid);
    assert_int_equal(count(total, "faults_host"), program.faults_host);
    assert_int_equal(count(json_object_get(total, "bytes"), "h2d"), program.bytes_h2d);
    assert_true(program.bytes_h2d > 0);
    assert_int_equal(count(total, "batches"), program.batches); /* times are counted behind */
    assert_int_equal(count(json_array_get(processors, 0), "resident_bytes"),
                     program.resident_host);
    assert_int_equal(count(json_array_get(processors, 1), "resident_bytes"),
                     program.resident_device);
    assert_int_equal(count(look, "regions_live"), 1);
    assert_string_equal(json_string_value(json_object_get(region, "name")), "shown");
    assert_int_equal(
        json_integer_value(json_array_get(json_object_get(region, "resident_bytes"), 1)),
        program.resident_device);
    json_decref(look);
    stop(&program);
}

/* It takes samples while it waits: whatever it has taken since, it says what that cost. */
static void what_sampling_costs_is_shown_where_there_is_some(void **state)
{
    static const struct {
        const char *sample;
        double share;
    } cases[] = {{"off", 0}, {"0.5%", 0.005}};
    char text[65536];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct program program;
        json_t *look, *sampling;

        setenv("HUM_SAMPLE", cases[i].sample, 1);
        program = start(NULL);
        unsetenv("HUM_SAMPLE");
        assert_int_equal(
            run_line(text, sizeof(text), "%s top --json -n 1 %d", command, program.pid), 0);
        look = json_loads(text, 0, NULL);
        assert_non_null(look);
        sampling = json_object_get(look, "sampling");
        assert_true(json_real_value(json_object_get(sampling, "share")) == cases[i].share);
        assert_true(count(sampling, "taken") >= program.samples);
        assert_true(count(sampling, "touched") <= count(sampling, "taken"));
        if (cases[i].share == 0)
            assert_int_equal(count(sampling, "taken") + count(sampling, "ns"), 0);
        assert_true(json_is_number(json_object_get(json_object_get(sampling, "per_s"), "ns")));
        json_decref(look);
        assert_int_equal(
            run_line(text, sizeof(text), "%s top -b -n 1 %d", command, program.pid), 0);
        assert_int_equal(strstr(text, "sampling: ") != NULL, cases[i].share > 0);
        assert_int_equal(strstr(text, "at most 0.5 %") != NULL, cases[i].share > 0);
        stop(&program);
    }
}

static void lines_for_logs_name_processors_and_regions(void **state)
{
    struct program program = start(NULL);
    char text[65536];

    (void)state;
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -d 0.1 -n 2 %d", command, program.pid), 0);
    assert_non_null(strstr(text, "emu0"));
    assert_non_null(strstr(text, "shown"));
    assert_non_null(strstr(strstr(text, "policy ") + 1, "policy ")); /* two looks */
    stop(&program);
}

static void a_program_that_ends_is_said_to_have_ended(void **state)
{
    struct program program = start(NULL);
    char text[65536];

    (void)state;
    kill(program.pid, SIGKILL);
    waitpid(program.pid, NULL, 0);
    close(program.input);
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %d 2>&1", command, program.pid), 1);
    assert_non_null(strstr(text, "there is no process"));
}

static void a_hidden_program_is_not_found(void **state)
{
    struct program program;
    char text[65536];

    (void)state;
    setenv("HUM_LIVE", "off", 1);
    program = start(NULL);
    unsetenv("HUM_LIVE");
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %d 2>&1", command, program.pid), 1);
    assert_non_null(strstr(text, "HUM_LIVE"));
    stop(&program);
}

static void another_user_may_not_look(void **state)
{
    struct program program;
    char text[65536];

    (void)state;
    if (geteuid() != 0)
        skip();
    program = start(NULL);
    assert_int_equal(run_line(text, sizeof(text),
                              "setpriv --reuid 65534 --regid 65534 --clear-groups %s top -b -n 1 "
                              "%d 2>&1",
                              command, program.pid),
                     1);
    assert_non_null(strstr(text, "not yours"));
    stop(&program);
}

static void a_forked_child_does_not_show_its_parent(void **state)
{
    struct program program = start("fork");
    char text[65536];

    (void)state;
    assert_true(program.child > 0);
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %ld 2>&1", command, program.child), 1);
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %d 2>&1", command, program.pid), 0);
    stop(&program);
}

/* ---- the page ------------------------------------------------------------------------------- */

static int open_page(pid_t pid, int flags)
{
    struct top_places places;
    char path[64];

    assert_int_equal(top_find(pid, &places), 0);
    assert_int_equal(places.count, 1);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, places.place[0].fd);
    return open(path, flags | O_CLOEXEC);
}

static void nobody_can_write_or_resize_the_page(void **state)
{
    struct program program = start(NULL);
    int fd = open_page(program.pid, O_RDWR);

    (void)state;
    assert_true(fd >= 0);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(ftruncate(fd, 1 << 30), -1);
    close(fd);
    stop(&program);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* A mapping can be read without the program noticing. */
static void nothing_is_published_while_nobody_looks(void **state)
{
    struct program program = start(NULL);
    int fd = open_page(program.pid, O_RDONLY);
    const struct humi_live_page *page =
        mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, fd, 0);
    uint64_t last, now, still = 0;
    char text[65536];

    (void)state;
    assert_ptr_not_equal(page, MAP_FAILED);
    close(fd);
    last = atomic_load(&page->sequence);
    for (unsigned i = 0; i < PATIENCE_S * 10 && still < 10; i++) { /* a second without change */
        pause_ms(100);
        now = atomic_load(&page->sequence);
        still = now == last ? still + 1 : 0;
        last = now;
    }
    assert_int_equal(still, 10);
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %d", command, program.pid), 0);
    assert_true(atomic_load(&page->sequence) > last);
    munmap((void *)(uintptr_t)page, sizeof(*page));
    stop(&program);
}

static void publish_forever(int fd)
{
    for (uint64_t sequence = 2;; sequence += 2) {
        (void)!pwrite(fd, &sequence, sizeof(sequence), offsetof(struct humi_live_page, sequence));
        pause_ms(20);
    }
}

/* A page that is cut off is refused; one that claims more than fits is read, and nothing breaks. */
static void a_hostile_page_is_survived(void **state)
{
    static const char *const forms[] = {"-b", "--json", "-b -s name", "-b -s cost"};
    static char text[1 << 20];
    int fd = memfd_create(HUMI_LIVE_NAME, MFD_CLOEXEC);
    struct humi_live_page *page = malloc(sizeof(*page));
    pid_t publisher;

    (void)state;
    assert_true(fd >= 0 && page);
    memset(page, 0xff, sizeof(*page));
    assert_int_equal(pwrite(fd, page, 1000, 0), 1000);
    assert_int_equal(
        run_line(text, sizeof(text), "%s top -b -n 1 %d 2>&1", command, getpid()), 1);
    page->magic = HUMI_LIVE_MAGIC;
    page->version = HUMI_LIVE_VERSION;
    page->page_bytes = sizeof(*page);
    page->counters_bytes = sizeof(struct hum_counters);
    page->pid = (uint32_t)getpid();
    assert_int_equal(pwrite(fd, page, sizeof(*page), 0), sizeof(*page));
    publisher = fork();
    if (publisher == 0)
        publish_forever(fd);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_int_equal(run_line(text, sizeof(text), "%s top %s -n 2 -d 0.1 %d", command, forms[i],
                                  getpid()),
                         0);
        assert_true(strlen(text) > 1000);
    }
    kill(publisher, SIGKILL);
    waitpid(publisher, NULL, 0);
    assert_true(top_page_check(page));
    assert_int_equal(page->processors, HUM_PROCESSORS_MAX);
    assert_int_equal(page->region_count, HUMI_LIVE_REGIONS);
    assert_int_equal(page->kernel_count, HUMI_LIVE_KERNELS);
    assert_true(strlen(page->region[63].name) < sizeof(page->region[63].name));
    free(page);
    close(fd);
}

/* ---- the screen ----------------------------------------------------------------------------- */

struct terminal {
    pid_t pid;
    int master, slave;
    struct termios before;
    char text[1 << 18];
    size_t length;
};

static void terminal_start(struct terminal *terminal, pid_t pid)
{
    struct winsize size = {.ws_row = 30, .ws_col = 120};
    char number[32];

    memset(terminal, 0, sizeof(*terminal));
    snprintf(number, sizeof(number), "%d", pid);
    assert_int_equal(openpty(&terminal->master, &terminal->slave, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(terminal->slave, &terminal->before), 0);
    terminal->pid = fork();
    if (terminal->pid == 0) {
        login_tty(terminal->slave);
        setenv("TERM", "xterm", 1);
        execl(command, command, "top", "-d", "0.2", number, (char *)NULL);
        _exit(127);
    }
}

/* Read until the text has come; what came before is forgotten. */
static void expect(struct terminal *terminal, const char *want)
{
    time_t end = time(NULL) + PATIENCE_S;

    while (!strstr(terminal->text, want)) {
        struct pollfd in = {.fd = terminal->master, .events = POLLIN};
        ssize_t n = 0;

        if (time(NULL) >= end)
            fail_msg("'%s' did not appear", want);
        if (poll(&in, 1, 1000) > 0)
            n = read(terminal->master, terminal->text + terminal->length,
                     sizeof(terminal->text) - 1 - terminal->length);
        for (ssize_t i = 0; i < n; i++)
            if (terminal->text[terminal->length + (size_t)i] == '\0')
                terminal->text[terminal->length + (size_t)i] = ' ';
        terminal->length += n > 0 ? (size_t)n : 0;
        assert_true(terminal->length < sizeof(terminal->text) - 1);
        terminal->text[terminal->length] = '\0';
    }
    terminal->length = 0;
    terminal->text[0] = '\0';
}

static void press(struct terminal *terminal, const char *keys)
{
    assert_int_equal(write(terminal->master, keys, strlen(keys)), strlen(keys));
}

/* It ended with that status, and the terminal's modes are what they were. */
static void terminal_end(struct terminal *terminal, int want)
{
    struct termios after;
    int status = 0;

    while (waitpid(terminal->pid, &status, WNOHANG) == 0) { /* its last words must be read */
        struct pollfd in = {.fd = terminal->master, .events = POLLIN};

        if (poll(&in, 1, 100) > 0)
            (void)!read(terminal->master, terminal->text, sizeof(terminal->text));
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), want);
    assert_int_equal(tcgetattr(terminal->slave, &after), 0);
    assert_int_equal(after.c_lflag, terminal->before.c_lflag);
    assert_int_equal(after.c_iflag, terminal->before.c_iflag);
    assert_int_equal(after.c_oflag, terminal->before.c_oflag);
    close(terminal->master);
    close(terminal->slave);
}

static void keys_do_what_the_help_says(void **state)
{
    static struct terminal terminal;
    struct program program = start(NULL);

    (void)state;
    terminal_start(&terminal, program.pid);
    expect(&terminal, "sorted by rate");
    press(&terminal, "F");
    expect(&terminal, "faults");
    press(&terminal, "\t");
    expect(&terminal, "KERNEL");
    press(&terminal, "h");
    expect(&terminal, "Any key goes back");
    press(&terminal, "x");
    expect(&terminal, "Quit");
    press(&terminal, " ");
    expect(&terminal, "paused");
    press(&terminal, "q");
    terminal_end(&terminal, 0);
    stop(&program);
}

static void an_interrupt_restores_the_terminal(void **state)
{
    static struct terminal terminal;
    struct program program = start(NULL);

    (void)state;
    terminal_start(&terminal, program.pid);
    expect(&terminal, "shown");
    press(&terminal, "\003");
    terminal_end(&terminal, 0);
    stop(&program);
}

static void the_screen_ends_with_the_program(void **state)
{
    static struct terminal terminal;
    struct program program = start(NULL);

    (void)state;
    terminal_start(&terminal, program.pid);
    expect(&terminal, "shown");
    kill(program.pid, SIGKILL);
    waitpid(program.pid, NULL, 0);
    close(program.input);
    expect(&terminal, "ended");
    terminal_end(&terminal, 0);
}

static bool has_screen(void)
{
    char text[4096];
    int status = run_line(text, sizeof(text), "%s top %d 2>&1 </dev/null", command, getpid());

    return status == 1 && strstr(text, "no terminal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_hum_stats),
        cmocka_unit_test(what_sampling_costs_is_shown_where_there_is_some),
        cmocka_unit_test(lines_for_logs_name_processors_and_regions),
        cmocka_unit_test(a_program_that_ends_is_said_to_have_ended),
        cmocka_unit_test(a_hidden_program_is_not_found),
        cmocka_unit_test(another_user_may_not_look),
        cmocka_unit_test(a_forked_child_does_not_show_its_parent),
        cmocka_unit_test(nobody_can_write_or_resize_the_page),
        cmocka_unit_test(nothing_is_published_while_nobody_looks),
        cmocka_unit_test(a_hostile_page_is_survived),
    };
    const struct CMUnitTest screens[] = {
        cmocka_unit_test(keys_do_what_the_help_says),
        cmocka_unit_test(an_interrupt_restores_the_terminal),
        cmocka_unit_test(the_screen_ends_with_the_program),
    };
    int failed;

    command = getenv("HUM_COMMAND");
    shown = getenv("HUM_SHOWN");
    if (!command || !shown) {
        fprintf(stderr, "set HUM_COMMAND and HUM_SHOWN to the programs to test\n");
        return 1;
    }
    failed = cmocka_run_group_tests_name("pages", tests, NULL, NULL);
    if (has_screen())
        failed += cmocka_run_group_tests_name("screen", screens, NULL, NULL);
    return failed;
}
