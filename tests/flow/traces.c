/* SPDX-License-Identifier: MIT */
/* traces.c - what a run writes to its trace is what its counters say. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hum/trace.h>

#include "flow.h"
#include "support/random.h"
#include "sums.h"

static char path[] = "/tmp/hum-trace-XXXXXX";

static struct hum *open_traced(const char *link, bool pace)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = ONE_DEVICE;
    options.trace = path;
    options.link = link;
    options.pace = pace;
    setenv("HUM_PACE", "off", pace); /* the program's own wish counts more */
    ok(hum_open(&options, &hum));
    unsetenv("HUM_PACE");
    return hum;
}

static struct sums read_trace(void)
{
    struct hum_trace *trace;
    struct hum_trace_record record;
    struct sums sums = {0};
    enum hum_status status;

    ok(hum_trace_open(path, &trace));
    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        sums_add(&sums, &record);
    assert_int_equal(status, HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    return sums;
}

/* ---- stories --------------------------------------------------------------------------------- */

static void a_trace_adds_up_to_the_counters(void **state)
{
    struct hum *hum = open_traced(NULL, false);
    struct hum_stats stats;
    struct sums sums;

    (void)state;
    sums_story(hum);
    stats = flow_stats(hum);
    hum_close(hum);
    sums = read_trace();
    assert_true(sums.space && sums.end && sums.region_named && sums.kernel_named);
    assert_true(sums.kernel_told);
    assert_int_equal(sums.dropped, 0);
    assert_int_equal(sums.launches, stats.launches);
    assert_int_equal(sums.regions_ended, 1);
    assert_int_equal(sums.modelled_ns, 0);
    assert_true(sums.totals.evictions_dirty > 0);
    sums_agree(&sums);
}

static void a_link_prices_every_move(void **state)
{
    struct hum *hum = open_traced("alpha=1us,beta=1G", false);
    struct sums sums;
    uint64_t bytes;

    (void)state;
    sums_story(hum);
    hum_close(hum);
    sums = read_trace();
    bytes = sums.totals.bytes[HUM_H2D] + sums.totals.bytes[HUM_D2H];
    /* A copy has at least a page. */
    assert_in_range(sums.modelled_ns, bytes, bytes + bytes / PAGE * 1000);
    sums_agree(&sums);
}

static void a_paced_move_takes_as_long_as_on_the_link(void **state)
{
    struct hum *hum = open_traced("alpha=1us,beta=256M", true);
    unsigned char *bytes = flow_alloc(hum, 16 * MIB);
    struct timespec start, end;
    double seconds;

    (void)state;
    memset(bytes, 1, 16 * MIB);
    clock_gettime(CLOCK_MONOTONIC, &start);
    ok(hum_prefetch(hum, bytes, 16 * MIB, 0, NULL));
    clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    assert_true(seconds >= 16.0 * 1048576 / 256e6); /* a wait can only be longer than asked for */
    hum_close(hum);
}

/* A batch takes 45 us and 20 us for its block; a wait can only be longer than asked for. */
static void paced_faults_take_as_long_as_modelled(void **state)
{
    struct hum_stats stats;
    struct timespec start, end;
    unsigned char *bytes;
    struct hum *hum;
    int64_t ns;

    (void)state;
    setenv("HUM_PACE", "faults", 1);
    hum = open_traced("nvlink-c2c", false);
    bytes = flow_alloc(hum, 16 * MIB);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t i = 0; i < 8; i++)
        bytes[i * 2 * MIB] = 1; /* faults of the host, one after the other */
    clock_gettime(CLOCK_MONOTONIC, &end);
    ns = (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
    ok(hum_stats(hum, &stats));
    assert_true(stats.total.batches >= 1);
    assert_true(ns >= (int64_t)(stats.total.batches - 1) * 65000); /* the last may still go on */
    hum_close(hum);
}

static void pace_needs_a_link(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    options.pace = true;
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "HUM_LINK"));
}

static void a_trace_that_cannot_be_written_is_an_error(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    options.trace = "/nonexistent/folder/trace";
    assert_true(hum_open(&options, &hum) < 0);
    assert_non_null(strstr(hum_error_text(), "/nonexistent/folder/trace"));
}

/* Pages of the first region that device 0 read and wrote, and the lines of each. */
struct touched {
    uint64_t lines[2][64];
    uint64_t counts[2];
};

static struct touched read_touched(void)
{
    struct hum_trace *trace;
    struct hum_trace_record record;
    struct touched touched = {0};
    uint64_t first_page = UINT64_MAX;

    ok(hum_trace_open(path, &trace));
    while (hum_trace_next(trace, &record) == HUM_OK) {
        const struct hum_trace_access *a = &record.access;
        if (record.kind == HUM_TRACE_REGION && first_page == UINT64_MAX)
            first_page = record.region.first_page;
        if (record.kind != HUM_TRACE_ACCESS)
            continue;
        assert_int_equal(a->processor, 0);
        assert_int_equal(a->launch, 1);
        assert_in_range(a->first_page + a->pages, first_page + 1, first_page + 64);
        for (uint64_t p = 0; p < a->pages; p++)
            touched.lines[a->write][a->first_page - first_page + p] |= a->lines;
        touched.counts[a->write] += (uint64_t)a->count * a->pages;
    }
    hum_trace_close(trace);
    return touched;
}

static void exact_accesses_are_those_of_the_kernel(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    size_t n = 40 * WORDS_PER_PAGE + 8; /* 40 pages and one line */
    struct touched touched;
    uint64_t *words;
    struct hum *hum;

    (void)state;
    options.devices = ONE_DEVICE;
    options.trace = path;
    options.accesses = "exact";
    ok(hum_open(&options, &hum));
    words = flow_alloc(hum, 64 * PAGE);
    flow_words(hum, "add", words, n, 3);
    assert_int_equal(words[n - 1], 3);
    hum_close(hum);
    touched = read_touched();
    for (unsigned write = 0; write < 2; write++) {
        assert_int_equal(touched.counts[write], n);
        for (unsigned p = 0; p < 64; p++)
            assert_int_equal(touched.lines[write][p], p < 40 ? UINT64_MAX : p == 40);
    }
}

static struct hum_metrics read_metrics(void)
{
    struct hum_trace *trace;
    struct hum_metering *metering;
    struct hum_metrics metrics;
    struct hum_trace_record record;

    ok(hum_trace_open(path, &trace));
    ok(hum_metering_create(&metering));
    while (hum_trace_next(trace, &record) == HUM_OK)
        ok(hum_metering_feed(metering, &record));
    hum_metering_read(metering, &metrics);
    hum_metering_destroy(metering);
    hum_trace_close(trace);
    return metrics;
}

/* Fill words on the host, and let the device, which is told to touch them there, add to them. */
static void add_remotely(struct hum *hum, size_t n)
{
    uint64_t *words = flow_alloc(hum, n * sizeof *words);

    ok(hum_advise(hum, words, n * sizeof *words, HUM_ADVISE_REMOTE, 0));
    for (size_t i = 0; i < n; i++)
        words[i] = i;
    flow_words(hum, "add", words, n, 3);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i + 3);
}

static void touches_of_remote_pages_are_told(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    size_t n = 40 * WORDS_PER_PAGE;
    struct hum_metrics metrics;
    struct hum *hum;

    (void)state;
    options.devices = ONE_DEVICE;
    options.trace = path;
    options.accesses = "exact";
    ok(hum_open(&options, &hum));
    add_remotely(hum, n);
    hum_close(hum);
    metrics = read_metrics();
    assert_int_equal(metrics.event_pages[HUM_CAUSE_REMOTE_MAP], 40);
    assert_int_equal(metrics.remote_accesses, 2 * n); /* each word is read and written */
    assert_int_equal(metrics.remote_bytes, 2 * n * 64);
    assert_int_equal(metrics.bytes[HUM_H2D] + metrics.bytes[HUM_D2H], 0);
}

/* ---- epochs ---------------------------------------------------------------------------------- */

#define EPOCH_PAGES 64u
#define EPOCHS_MAX 32u

/* By epoch and by processor (0 the host): bit p is page p of the first region. */
struct epochs {
    uint64_t read[EPOCHS_MAX][2], written[EPOCHS_MAX][2];
    uint64_t launch[EPOCHS_MAX];
    unsigned count;
};

static struct hum *open_epochs(const char *grade, bool deterministic)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum = NULL;
    enum hum_status status;

    options.devices = ONE_DEVICE;
    options.trace = path;
    options.accesses = grade;
    options.deterministic = deterministic;
    status = hum_open(&options, &hum);
    if (status == HUM_ERR_UNSUPPORTED) /* no read-only copies: Linux before 6.4, or taken away */
        skip();
    ok(status);
    return hum;
}

/* Faults tell what was touched, so every touch must be one. */
static void epochs_move_what_would_be_remote(void **state)
{
    struct hum *hum = open_epochs("epoch", false);
    struct hum_metrics metrics;

    (void)state;
    add_remotely(hum, 40 * WORDS_PER_PAGE);
    hum_close(hum);
    metrics = read_metrics();
    assert_int_equal(metrics.events[HUM_CAUSE_REMOTE_MAP], 0);
    assert_int_equal(metrics.bytes[HUM_H2D], 40 * PAGE);
}

static struct epochs read_epochs(void)
{
    struct epochs epochs = {0};
    struct hum_trace_record record;
    struct hum_trace *trace;
    uint64_t first_page = UINT64_MAX;

    ok(hum_trace_open(path, &trace));
    while (hum_trace_next(trace, &record) == HUM_OK) {
        const struct hum_trace_access *a = &record.access;
        if (record.kind == HUM_TRACE_REGION && first_page == UINT64_MAX)
            first_page = record.region.first_page;
        if (record.kind == HUM_TRACE_EPOCH) {
            epochs.count++;
            assert_int_equal(record.epoch.epoch, epochs.count);
            assert_in_range(epochs.count, 1, EPOCHS_MAX - 1);
            epochs.launch[epochs.count] = record.epoch.launch;
        }
        if (record.kind != HUM_TRACE_ACCESS || a->first_page - first_page >= EPOCH_PAGES)
            continue;
        uint64_t (*set)[2] = a->write ? epochs.written : epochs.read;
        for (uint64_t p = 0; p < a->pages; p++)
            set[epochs.count][a->processor == HUM_HOST ? 0 : 1] |=
                UINT64_C(1) << (a->first_page - first_page + p);
    }
    hum_trace_close(trace);
    return epochs;
}

static uint64_t bits(unsigned first, unsigned end)
{
    return (end == 64 ? UINT64_MAX : (UINT64_C(1) << end) - 1) & ~((UINT64_C(1) << first) - 1);
}

static void epochs_hold_what_each_side_touched(void **state)
{
    struct hum *hum = open_epochs("epoch", false);
    uint64_t *words = flow_alloc(hum, EPOCH_PAGES * PAGE);
    volatile uint64_t sum = 0;
    struct epochs e;

    (void)state;
    for (size_t p = 0; p < 40; p++)                             /* epoch 0: written */
        words[p * WORDS_PER_PAGE] = p;
    flow_words(hum, "add", words, 10 * WORDS_PER_PAGE, 3);      /* 1: the launch; 2: the wait */
    for (size_t p = 5; p < 20; p++)
        sum += words[p * WORDS_PER_PAGE];
    words[7 * WORDS_PER_PAGE]++;
    ok(hum_wait(hum, HUM_ALL));                                 /* 3: the same pages again */
    sum += words[5 * WORDS_PER_PAGE];
    flow_words(hum, "fill", words, 20 * WORDS_PER_PAGE, 1);     /* 4, 5 */
    hum_close(hum);
    e = read_epochs();
    assert_int_equal(e.count, 5);
    assert_int_equal(e.written[0][0], bits(0, 40));
    assert_int_equal(e.launch[1], 1);
    assert_int_equal(e.read[1][1] & ~bits(0, 10), 0); /* `add` to memory is one store */
    assert_int_equal(e.written[1][1], bits(0, 10));
    assert_int_equal(e.read[1][0] | e.written[1][0], 0);
    assert_int_equal(e.launch[2], 0);
    assert_int_equal(e.read[2][0], bits(5, 20));
    assert_int_equal(e.written[2][0], bits(7, 8));
    assert_int_equal(e.read[2][1] | e.written[2][1], 0);
    assert_int_equal(e.read[3][0], bits(5, 6));
    assert_int_equal(e.written[3][0], 0);
    assert_int_equal(e.launch[4], 2);
    assert_int_equal(e.read[4][1], 0);
    assert_int_equal(e.written[4][1], bits(0, 20));
}

/* The host as by epoch, devices exactly; in order, since the run is deterministic. */
static void full_holds_both_sides_in_order(void **state)
{
    struct hum *hum = open_epochs("full", true);
    uint64_t *words = flow_alloc(hum, EPOCH_PAGES * PAGE);
    volatile uint64_t sum = 0;
    struct epochs e;

    (void)state;
    for (size_t p = 0; p < 40; p++)                             /* epoch 0: written */
        words[p * WORDS_PER_PAGE] = p;
    flow_words(hum, "add", words, 10 * WORDS_PER_PAGE, 3);      /* 1: the launch; 2: the wait */
    for (size_t p = 5; p < 20; p++)
        sum += words[p * WORDS_PER_PAGE];
    words[7 * WORDS_PER_PAGE]++;
    flow_words(hum, "fill", words, 20 * WORDS_PER_PAGE, 1);     /* 3, 4 */
    sum += words[0];
    hum_close(hum);
    e = read_epochs();
    assert_int_equal(e.count, 4);
    assert_int_equal(e.written[0][0], bits(0, 40));
    assert_int_equal(e.written[0][1] | e.read[0][1], 0);
    assert_int_equal(e.launch[1], 1);
    assert_int_equal(e.read[1][1], bits(0, 10));
    assert_int_equal(e.written[1][1], bits(0, 10));
    assert_int_equal(e.read[1][0] | e.written[1][0], 0);
    assert_int_equal(e.read[2][0], bits(5, 20));
    assert_int_equal(e.written[2][0], bits(7, 8));
    assert_int_equal(e.read[2][1] | e.written[2][1], 0);
    assert_int_equal(e.launch[3], 2);
    assert_int_equal(e.read[3][1], 0);
    assert_int_equal(e.written[3][1], bits(0, 20));
    assert_int_equal(e.read[4][0], bits(0, 1));
}

/* Several workers were asked for; what the trace says of the space tells how it ran. */
static void deterministic_devices_have_one_worker(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum_trace_record record;
    struct hum_trace *trace;
    unsigned devices = 0, deterministic = 0;
    struct hum *hum;

    (void)state;
    options.devices = "emu:mem=64M,workers=4;emu:mem=64M";
    options.trace = path;
    options.deterministic = true;
    setenv("HUM_DETERMINISTIC", "off", 1); /* the program's own wish counts more */
    ok(hum_open(&options, &hum));
    unsetenv("HUM_DETERMINISTIC");
    hum_close(hum);
    ok(hum_trace_open(path, &trace));
    while (hum_trace_next(trace, &record) == HUM_OK) {
        if (record.kind == HUM_TRACE_PROCESSOR && record.processor.processor >= 0) {
            assert_int_equal(record.processor.workers, 1);
            devices++;
        }
        deterministic += record.kind == HUM_TRACE_SETTING &&
                         strcmp(record.setting.key, "deterministic") == 0 &&
                         strcmp(record.setting.value, "yes") == 0;
    }
    hum_trace_close(trace);
    assert_int_equal(devices, 2);
    assert_int_equal(deterministic, 1);
    setenv("HUM_DETERMINISTIC", "perhaps", 1);
    assert_int_equal(hum_open(NULL, &hum), HUM_ERR_INVALID);
    unsetenv("HUM_DETERMINISTIC");
    assert_non_null(strstr(hum_error_text(), "HUM_DETERMINISTIC"));
}

/* Launches of one stream end before the next begins, and results are what they always are. */
static void epochs_keep_launches_apart(void **state)
{
    struct hum *hum = open_epochs("epoch", false);
    uint64_t *words = flow_alloc(hum, EPOCH_PAGES * PAGE);
    struct hum_kernel *add = flow_kernel(hum, 0, "add");
    struct epochs e;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct flow_words args = {.words = words + i * WORDS_PER_PAGE, .n = 8, .value = i};
        ok(hum_launch(hum_stream(hum, 0), add, args.n, &args, sizeof args));
    }
    ok(hum_stream_wait(hum_stream(hum, 0)));
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(words[i * WORDS_PER_PAGE], i);
    hum_close(hum);
    e = read_epochs();
    assert_int_equal(e.count, 9);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(e.launch[i + 1], i + 1);
        assert_int_equal(e.written[i + 1][1], UINT64_C(1) << i);
    }
    assert_int_equal(e.read[9][0], bits(0, 8));
}

static void accesses_need_a_trace(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    options.accesses = "exact";
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "HUM_TRACE"));
    options.accesses = "epoch";
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "HUM_TRACE"));
    options.trace = path;
    options.features = "-share";
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_UNSUPPORTED);
    assert_non_null(strstr(hum_error_text(), "6.4"));
    options.features = NULL;
    for (unsigned i = 0; i < 5; i++) {
        static const char *const windows[] = {"exact:0", "exact:1025", "exact:few", "full:0",
                                              "full:all"};
        options.accesses = windows[i];
        assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
        assert_non_null(strstr(hum_error_text(), "HUM_ACCESSES"));
    }
    options.accesses = "every";
    options.trace = path;
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "every"));
}

static _Noreturn void run_for_ever(void)
{
    struct hum *hum = open_traced(NULL, false);

    for (;;)
        sums_story(hum);
}

/* Killed at any moment, a trace opens, and everything up to its end can be read. */
static void a_killed_program_leaves_a_trace(void **state)
{
    struct random random = random_make(random_seed("kills"), 0);

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        /* Chunks leave once a second; most of the moments are before that. */
        uint64_t us = random_below(&random, i % 10 ? 200000 : 1500000);
        struct timespec pause = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
        int status;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            run_for_ever();
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (access(path, F_OK) == 0 && i > 0) /* the first may be killed before it made the file */
            (void)read_trace();
    }
}

/* It ends by itself, as does a child it made, which has no part in the trace. */
static _Noreturn void end_without_closing(void)
{
    sums_story(open_traced(NULL, false));
    pid_t child = fork();

    if (child == 0)
        exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    exit(child < 0);
}

static void a_program_that_closes_nothing_leaves_a_whole_trace(void **state)
{
    struct sums sums;
    int status;
    pid_t child;

    (void)state;
    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        end_without_closing();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    sums = read_trace();
    assert_true(sums.space && sums.end);
    assert_true(sums.totals.evictions_dirty > 0);
    assert_int_equal(sums.dropped, 0);
    sums_agree(&sums);
}

static int remove_trace(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_adds_up_to_the_counters),
        cmocka_unit_test(a_link_prices_every_move),
        cmocka_unit_test(a_paced_move_takes_as_long_as_on_the_link),
        cmocka_unit_test(paced_faults_take_as_long_as_modelled),
        cmocka_unit_test(pace_needs_a_link),
        cmocka_unit_test(a_trace_that_cannot_be_written_is_an_error),
        cmocka_unit_test(exact_accesses_are_those_of_the_kernel),
        cmocka_unit_test(touches_of_remote_pages_are_told),
        cmocka_unit_test(epochs_move_what_would_be_remote),
        cmocka_unit_test(epochs_hold_what_each_side_touched),
        cmocka_unit_test(full_holds_both_sides_in_order),
        cmocka_unit_test(deterministic_devices_have_one_worker),
        cmocka_unit_test(epochs_keep_launches_apart),
        cmocka_unit_test(accesses_need_a_trace),
        cmocka_unit_test(a_killed_program_leaves_a_trace),
        cmocka_unit_test(a_program_that_closes_nothing_leaves_a_whole_trace),
    };
    int file = mkstemp(path);

    if (file < 0)
        return 1;
    close(file);
    return cmocka_run_group_tests(tests, NULL, remove_trace);
}
