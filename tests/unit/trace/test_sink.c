/* SPDX-License-Identifier: MIT */
/* test_sink.c - what running threads put is in the file, or counted there as dropped. */
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/child.h"
#include "trace/file.h"
#include "unit/trace/records.h"

#define PRODUCERS 4u

/* What a file holds, by kind, and what it says was dropped. */
struct found {
    uint64_t records[HUM_TRACE_KIND_COUNT], dropped[HUM_TRACE_KIND_COUNT];
    enum hum_trace_kind last;
    bool truncated;
};

static enum hum_status look(const char *path, struct found *found)
{
    struct hum_trace_record record;
    struct hum_trace_info info;
    struct hum_trace *trace;
    enum hum_status status = hum_trace_open(path, &trace);

    memset(found, 0, sizeof *found);
    if (status != HUM_OK)
        return status;
    while ((status = hum_trace_next(trace, &record)) == HUM_OK) {
        found->records[record.kind]++;
        found->last = record.kind;
        if (record.kind == HUM_TRACE_DROPPED)
            found->dropped[record.dropped.kind] += record.dropped.count;
    }
    hum_trace_info(trace, &info);
    found->truncated = info.truncated;
    hum_trace_close(trace);
    return status;
}

struct producer {
    pthread_t thread;
    struct humi_file *file;
    uint64_t records;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    struct hum_trace_record record;
    struct random random = random_make(1, 2);

    for (uint64_t i = 0; i < producer->records; i++) {
        records_typical(&random, i, &record);
        humi_file_put(producer->file, &record);
    }
    return NULL;
}

static void all_is_written_or_counted(void **state)
{
    struct producer producers[PRODUCERS];
    struct hum_trace_record totals = {.kind = HUM_TRACE_TOTALS};
    const char *path = records_path();
    const uint64_t records = 3 * random_steps(10000);
    struct humi_file *file;
    struct found found;
    uint64_t dropped;

    (void)state;
    assert_int_equal(humi_file_open(path, 1024, &file), HUM_OK);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.file = file, .records = records};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i].thread, NULL);
    dropped = humi_file_dropped(file);
    assert_int_equal(humi_file_close(file, &totals), HUM_OK);
    assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
    assert_false(found.truncated);
    assert_int_equal(found.last, HUM_TRACE_TOTALS);
    for (unsigned kind = HUM_TRACE_EVENT; kind <= HUM_TRACE_BATCH; kind++)
        assert_int_equal(found.records[kind] + found.dropped[kind], PRODUCERS * records / 3);
    assert_int_equal(found.dropped[HUM_TRACE_EVENT] + found.dropped[HUM_TRACE_FAULTS] +
                         found.dropped[HUM_TRACE_BATCH],
                     dropped);
    print_message("dropped %llu of %llu\n", (unsigned long long)dropped,
                  (unsigned long long)(PRODUCERS * records));
    unlink(path);
}

static void a_record_is_in_the_file_soon(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_BATCH};
    const char *path = records_path();
    uint64_t start = humi_clock_real_ns();
    struct humi_file *file;
    struct found found;

    (void)state;
    assert_int_equal(humi_file_open(path, 64, &file), HUM_OK);
    humi_file_put(file, &record);
    do {
        assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
    } while (found.records[HUM_TRACE_BATCH] == 0 &&
             humi_clock_real_ns() - start < 20 * HUMI_NS_PER_S);
    assert_int_equal(found.records[HUM_TRACE_BATCH], 1);
    assert_true(found.truncated);
    assert_int_equal(humi_file_close(file, NULL), HUM_OK);
    assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
    assert_false(found.truncated);
    unlink(path);
}

static void a_bad_record_counts_as_dropped(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_ACCESS};
    const char *path = records_path();
    struct humi_file *file;
    struct found found;

    (void)state;
    assert_int_equal(humi_file_open(path, 64, &file), HUM_OK);
    humi_file_put(file, &record);
    assert_int_equal(humi_file_close(file, NULL), HUM_OK);
    assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
    assert_int_equal(found.records[HUM_TRACE_ACCESS], 0);
    assert_int_equal(found.dropped[HUM_TRACE_ACCESS], 1);
    unlink(path);
}

static void no_sink_takes_nothing(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_BATCH};
    struct humi_file *file = NULL;

    (void)state;
    humi_file_put(NULL, &record);
    assert_int_equal(humi_file_close(NULL, NULL), HUM_OK);
    assert_int_equal(humi_file_open("/nowhere/at/all", 64, &file), HUM_ERR_SYSTEM);
    assert_int_equal(humi_file_open(records_path(), 1, &file), HUM_ERR_INVALID);
    assert_null(file);
}

/* In a child: files may have 200 bytes. */
static void fill_the_disk(void *context)
{
    const struct rlimit limit = {200, 200};
    struct random random = random_make(3, 4);
    const char *path = context;
    struct hum_trace_record record;
    struct humi_file *file;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || humi_file_open(path, 4096, &file) != HUM_OK)
        _exit(1);
    for (uint64_t i = 0; i < 3000; i++) {
        records_typical(&random, i, &record);
        humi_file_put(file, &record);
    }
    if (humi_file_close(file, NULL) == HUM_OK || !strstr(hum_error_text(), "cannot write"))
        _exit(2);
    _exit(0);
}

static void a_failed_write_is_reported_at_close(void **state)
{
    const char *path = records_path();
    struct child child;
    struct found found;

    (void)state;
    assert_true(child_run(fill_the_disk, (void *)(uintptr_t)path, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
    assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
    assert_true(found.truncated);
    unlink(path);
}

/* A child that puts until it is killed. */
static pid_t start_endless(const char *path)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct random random = random_make(5, 6);
        struct hum_trace_record record;
        struct humi_file *file;

        if (humi_file_open(path, 4096, &file) != HUM_OK)
            _exit(1);
        for (uint64_t i = 0;; i++) {
            records_random(&random, &record);
            humi_file_put(file, &record);
        }
    }
    return pid;
}

static void a_killed_program_leaves_a_trace(void **state)
{
    struct random random = random_make(random_seed("trace_sink"), 0);

    (void)state;
    for (uint64_t i = 0; i < random_steps(10); i++) {
        const char *path = records_path();
        uint64_t until;
        struct found found;
        pid_t pid = start_endless(path);
        int ended;

        assert_true(pid > 0);
        while (access(path, F_OK) != 0)
            continue;
        until = humi_clock_real_ns() + random_below(&random, 100 * HUMI_NS_PER_MS);
        while (humi_clock_real_ns() < until)
            continue;
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &ended, 0), pid);
        assert_true(WIFSIGNALED(ended));
        assert_int_equal(look(path, &found), HUM_ERR_NOT_FOUND);
        assert_true(found.truncated);
        unlink(path);
    }
}

/* A figure, no check: what a put costs the thread that puts. */
static void a_put_is_cheap(void **state)
{
    const char *path = records_path();
    struct random random = random_make(7, 8);
    struct hum_trace_record records[3];
    uint64_t best = UINT64_MAX;
    struct humi_file *file;

    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        records_typical(&random, i, &records[i]);
    assert_int_equal(humi_file_open(path, 1u << 16, &file), HUM_OK);
    for (unsigned round = 0; round < 20; round++) {
        uint64_t start = humi_clock_real_ns(), ns;

        for (unsigned i = 0; i < 999; i++)
            humi_file_put(file, &records[i % 3]);
        ns = humi_clock_real_ns() - start;
        best = ns < best ? ns : best;
    }
    assert_int_equal(humi_file_dropped(file), 0);
    assert_int_equal(humi_file_close(file, NULL), HUM_OK);
    print_message("a put: %.1f ns\n", (double)best / 999);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_written_or_counted),
        cmocka_unit_test(a_record_is_in_the_file_soon),
        cmocka_unit_test(a_bad_record_counts_as_dropped),
        cmocka_unit_test(no_sink_takes_nothing),
        cmocka_unit_test(a_failed_write_is_reported_at_close),
        cmocka_unit_test(a_killed_program_leaves_a_trace),
        cmocka_unit_test(a_put_is_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
