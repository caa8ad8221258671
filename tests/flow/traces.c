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

static char path[] = "/tmp/hum-trace-XXXXXX";

static struct hum *open_traced(const char *link, bool pace)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = ONE_DEVICE;
    options.trace = path;
    options.link = link;
    options.pace = pace;
    ok(hum_open(&options, &hum));
    return hum;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* What the records of a trace add up to, and what they say about things. */
struct sums {
    struct hum_counters counters;
    struct hum_counters totals;  /* as the runtime wrote them at the end */
    uint64_t modelled_ns, launches, regions, regions_ended, dropped;
    bool space, end, kernel_named, region_named, kernel_told;
};

static void add_event(struct sums *sums, const struct hum_trace_event *event)
{
    struct hum_counters *c = &sums->counters;
    uint64_t pages = 0, moved = 0, bytes = 0;

    for (int i = 0; i < 8; i++) {
        pages += (uint64_t)__builtin_popcountll(event->pages.word[i]);
        moved += (uint64_t)__builtin_popcountll(event->moved.word[i]);
        assert_int_equal(event->moved.word[i] & ~event->pages.word[i], 0);
    }
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        c->bytes[d] += event->bytes[d];
        bytes += event->bytes[d];
    }
    assert_int_equal(bytes, moved * PAGE);
    c->events[event->cause]++;
    c->pages[event->cause] += pages;
    c->bytes_by_cause[event->cause] += bytes;
    c->evictions_clean += event->evicted && !bytes;
    c->evictions_dirty += event->evicted && bytes;
    sums->modelled_ns += event->modelled_ns;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        c->modelled_ns[d] += event->bytes[d] ? event->modelled_ns : 0; /* each has one direction */
    sums->kernel_told |= event->kernel != 0 && event->cause == HUM_CAUSE_DEVICE_FAULT;
}

static void add(struct sums *sums, const struct hum_trace_record *record)
{
    struct hum_counters *c = &sums->counters;

    switch (record->kind) {
    case HUM_TRACE_EVENT:
        add_event(sums, &record->event);
        break;
    case HUM_TRACE_FAULTS:
        *(record->faults.processor == HUM_HOST ? &c->faults_host : &c->faults_device) +=
            record->faults.faults;
        c->faults_duplicate += record->faults.duplicates;
        break;
    case HUM_TRACE_BATCH:
        c->batches++;
        c->service_ns += record->batch.service_ns;
        break;
    case HUM_TRACE_DROPPED:
        sums->dropped += record->dropped.count;
        break;
    case HUM_TRACE_TOTALS:
        sums->totals = record->totals.counters;
        sums->end = true;
        break;
    default:
        sums->space |= record->kind == HUM_TRACE_SPACE;
        sums->launches += record->kind == HUM_TRACE_LAUNCH;
        sums->regions_ended += record->kind == HUM_TRACE_REGION_END;
        sums->region_named |=
            record->kind == HUM_TRACE_REGION && strcmp(record->region.name, "words") == 0;
        sums->kernel_named |=
            record->kind == HUM_TRACE_KERNEL && strcmp(record->kernel.name, "fill") == 0;
    }
}

static struct sums read_trace(void)
{
    struct hum_trace *trace;
    struct hum_trace_record record;
    struct sums sums = {0};
    enum hum_status status;

    ok(hum_trace_open(path, &trace));
    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        add(&sums, &record);
    assert_int_equal(status, HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    return sums;
}

/* Times of moves are told in 32 bits each and by direction; everything else must be equal. */
static void assert_sums_agree(const struct sums *sums)
{
    struct hum_counters totals = sums->totals;

    memset(totals.move_ns, 0, sizeof totals.move_ns);
    assert_memory_equal(&sums->counters, &totals, sizeof totals);
}

/* ---- stories --------------------------------------------------------------------------------- */

/* Moves both ways, upgrades, evictions, a discard, a free. */
static void story(struct hum *hum)
{
    size_t n = 96 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 96 * MIB), sum = 0;

    ok(hum_name(hum, words, "words"));
    for (size_t i = 0; i < n; i += 512)
        words[i] = i;
    flow_words(hum, "add", words, n, 1);
    flow_words(hum, "fill", words, n / 2, 7);
    for (size_t i = 0; i < n; i += 4096)
        sum += words[i];
    assert_true(sum > 0);
    ok(hum_prefetch(hum, words, 4 * MIB, 0, NULL));
    ok(hum_discard(hum, words, 2 * MIB, NULL));
    ok(hum_free(hum, words));
}

static void a_trace_adds_up_to_the_counters(void **state)
{
    struct hum *hum = open_traced(NULL, false);
    struct hum_stats stats;
    struct sums sums;

    (void)state;
    story(hum);
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
    assert_sums_agree(&sums);
}

static void a_link_prices_every_move(void **state)
{
    struct hum *hum = open_traced("alpha=1us,beta=1G", false);
    struct sums sums;
    uint64_t bytes;

    (void)state;
    story(hum);
    hum_close(hum);
    sums = read_trace();
    bytes = sums.totals.bytes[HUM_H2D] + sums.totals.bytes[HUM_D2H];
    /* A copy has at least a page. */
    assert_in_range(sums.modelled_ns, bytes, bytes + bytes / PAGE * 1000);
    assert_sums_agree(&sums);
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

static void accesses_need_a_trace(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    options.accesses = "exact";
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "HUM_TRACE"));
    options.accesses = "every";
    options.trace = path;
    assert_int_equal(hum_open(&options, &hum), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "every"));
}

static _Noreturn void run_for_ever(void)
{
    struct hum *hum = open_traced(NULL, false);

    for (;;)
        story(hum);
}

/* Killed at any moment, a trace opens, and everything up to its end can be read. */
static void a_killed_program_leaves_a_trace(void **state)
{
    unsigned rounds = 50;

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        struct timespec pause = {0, 20000000 + 17000000L * (long)i % 900000000L};
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
        cmocka_unit_test(pace_needs_a_link),
        cmocka_unit_test(a_trace_that_cannot_be_written_is_an_error),
        cmocka_unit_test(exact_accesses_are_those_of_the_kernel),
        cmocka_unit_test(accesses_need_a_trace),
        cmocka_unit_test(a_killed_program_leaves_a_trace),
    };
    int file = mkstemp(path);

    if (file < 0)
        return 1;
    close(file);
    return cmocka_run_group_tests(tests, NULL, remove_trace);
}
