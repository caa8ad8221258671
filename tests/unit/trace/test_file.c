/* SPDX-License-Identifier: MIT */
/*
 * test_file.c - what is written is read again; what is cut off gives what was before; what is
 * damaged is refused with a sentence.
 */
#include "support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/child.h"
#include "trace/format.h"
#include "trace/record.h"
#include "unit/trace/records.h"

#define SMALL 60u

static uint64_t seed;

static struct hum_trace_record *make_records(size_t count, uint64_t stream)
{
    struct hum_trace_record *records = calloc(count, sizeof *records);
    struct random random = random_make(seed, stream);

    assert_non_null(records);
    for (size_t i = 0; i < count; i++)
        records_random(&random, &records[i]);
    return records;
}

/* Reads up to the end or the damage; the records must be the first ones of `records`. */
static size_t read_prefix(struct hum_trace *trace, const struct hum_trace_record *records,
                          size_t count, enum hum_status *status_out)
{
    struct hum_trace_record record;
    size_t read = 0;

    while ((*status_out = hum_trace_next(trace, &record)) == HUM_OK) {
        assert_true(read < count);
        assert_memory_equal(&record, &records[read], humi_trace_record_bytes(record.kind));
        read++;
    }
    return read;
}

static void check_round_trip(size_t count, size_t chunk, uint64_t stream)
{
    struct hum_trace_record *records = make_records(count, stream);
    const char *path = records_path();
    struct hum_trace *trace;
    struct hum_trace_info info;
    enum hum_status status;
    uint64_t sum = 0;

    assert_int_equal(records_write(path, records, count, chunk), HUM_OK);
    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(read_prefix(trace, records, count, &status), count);
        assert_int_equal(status, HUM_ERR_NOT_FOUND);
        hum_trace_info(trace, &info);
        assert_false(info.truncated);
        assert_int_equal(hum_trace_rewind(trace), HUM_OK);
    }
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        sum += info.records[kind];
    assert_int_equal(sum, count);
    assert_int_equal(info.version, HUMI_TRACE_VERSION);
    if (chunk)
        assert_int_equal(info.chunks, (count + chunk - 1) / chunk);
    hum_trace_close(trace);
    unlink(path);
    free(records);
}

static void random_records_come_back(void **state)
{
    (void)state;
    check_round_trip(0, 0, 1);
    check_round_trip(1, 0, 2);
    check_round_trip(1000, 1, 3);
    check_round_trip(1000, 7, 4);
    check_round_trip(random_steps(20000), 0, 5);
}

static void every_cut_gives_a_start(void **state)
{
    struct hum_trace_record *records = make_records(SMALL, 10);
    const char *path = records_path(), *cut_path = records_path();
    size_t bytes, last = 0;
    unsigned char *file;

    (void)state;
    assert_int_equal(records_write(path, records, SMALL, 7), HUM_OK);
    file = records_bytes(path, &bytes);
    assert_non_null(file);
    for (size_t cut = 0; cut <= bytes; cut++) {
        struct hum_trace *trace;
        struct hum_trace_info info;
        enum hum_status status;
        size_t read;

        assert_int_equal(records_put_bytes(cut_path, file, cut), HUM_OK);
        assert_int_equal(hum_trace_open(cut_path, &trace), HUM_OK);
        read = read_prefix(trace, records, SMALL, &status);
        assert_int_equal(status, HUM_ERR_NOT_FOUND);
        assert_true(read >= last && (read % 7 == 0 || read == SMALL));
        last = read;
        hum_trace_info(trace, &info);
        assert_int_equal(info.truncated, cut < bytes);
        assert_int_equal(info.file_bytes, cut);
        hum_trace_close(trace);
    }
    assert_int_equal(last, SMALL);
    free(file);
    free(records);
    unlink(path);
    unlink(cut_path);
}

static void every_changed_byte_is_noticed(void **state)
{
    struct hum_trace_record *records = make_records(SMALL, 20);
    struct random random = random_make(seed, 21);
    const char *path = records_path(), *bad_path = records_path();
    unsigned char *file;
    size_t bytes;

    (void)state;
    assert_int_equal(records_write(path, records, SMALL, 7), HUM_OK);
    file = records_bytes(path, &bytes);
    assert_non_null(file);
    for (size_t at = 0; at < bytes; at++) {
        unsigned char was = file[at];
        struct hum_trace *trace = NULL;
        enum hum_status status;

        file[at] = (unsigned char)(was ^ (1 + random_below(&random, 255)));
        assert_int_equal(records_put_bytes(bad_path, file, bytes), HUM_OK);
        file[at] = was;
        status = hum_trace_open(bad_path, &trace);
        if (status == HUM_OK) {
            read_prefix(trace, records, SMALL, &status);
            hum_trace_close(trace);
        }
        assert_int_equal(status, HUM_ERR_INVALID);
        assert_true(strlen(hum_error_text()) > 20);
    }
    free(file);
    free(records);
    unlink(path);
    unlink(bad_path);
}

static void damage_stays_damage(void **state)
{
    struct hum_trace_record *records = make_records(SMALL, 30), record;
    const char *path = records_path();
    struct hum_trace *trace;
    enum hum_status status;
    unsigned char *file;
    size_t bytes;

    (void)state;
    assert_int_equal(records_write(path, records, SMALL, 7), HUM_OK);
    file = records_bytes(path, &bytes);
    assert_non_null(file);
    file[bytes / 2] ^= 0x40;
    assert_int_equal(records_put_bytes(path, file, bytes), HUM_OK);
    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    read_prefix(trace, records, SMALL, &status);
    assert_int_equal(status, HUM_ERR_INVALID);
    assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_INVALID);
    hum_trace_close(trace);
    free(file);
    free(records);
    unlink(path);
}

static void a_file_can_be_read_while_it_grows(void **state)
{
    struct hum_trace_record *records = make_records(3, 40), record;
    const char *path = records_path();
    struct hum_trace_writer *writer;
    struct hum_trace_info info;
    struct hum_trace *trace;

    (void)state;
    assert_int_equal(hum_trace_create(path, &writer), HUM_OK);
    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(hum_trace_put(writer, &records[i]), HUM_OK);
        assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_NOT_FOUND);
        assert_int_equal(hum_trace_flush(writer), HUM_OK);
        assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
        assert_memory_equal(&record, &records[i], humi_trace_record_bytes(records[i].kind));
    }
    assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_NOT_FOUND);
    hum_trace_info(trace, &info);
    assert_true(info.truncated);
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_NOT_FOUND);
    hum_trace_info(trace, &info);
    assert_false(info.truncated);
    hum_trace_close(trace);
    free(records);
    unlink(path);
}

static void what_is_no_trace_is_refused(void **state)
{
    static const unsigned char text[] = "kind,time_ns\n";
    const char *path = records_path();
    struct hum_trace *const untouched = (struct hum_trace *)(uintptr_t)0x5a5a;
    struct hum_trace *trace = untouched;

    (void)state;
    assert_int_equal(hum_trace_open(path, &trace), HUM_ERR_NOT_FOUND);
    assert_int_equal(records_put_bytes(path, text, sizeof text - 1), HUM_OK);
    assert_int_equal(hum_trace_open(path, &trace), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "not a trace"));
    unlink(path);
    assert_int_equal(hum_trace_open("/", &trace), HUM_ERR_INVALID);
    assert_int_equal(hum_trace_open("/dev/null", &trace), HUM_ERR_INVALID);
    assert_int_equal(hum_trace_open(NULL, &trace), HUM_ERR_INVALID);
    assert_ptr_equal(trace, untouched);
    hum_trace_close(NULL);
}

static void a_record_that_is_none_is_refused(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_ACCESS}, got;
    const char *path = records_path();
    struct hum_trace_writer *writer;
    struct hum_trace *trace;

    (void)state;
    assert_int_equal(hum_trace_create(path, &writer), HUM_OK);
    assert_int_equal(hum_trace_put(writer, &record), HUM_ERR_INVALID);
    assert_int_equal(hum_trace_put(writer, NULL), HUM_ERR_INVALID);
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    assert_int_equal(hum_trace_next(trace, &got), HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    unlink(path);
}

static void a_file_that_cannot_be_made_is_said(void **state)
{
    struct hum_trace_writer *writer = NULL;

    (void)state;
    assert_int_equal(hum_trace_create("/nowhere/at/all", &writer), HUM_ERR_SYSTEM);
    assert_int_equal(hum_trace_create("", &writer), HUM_ERR_INVALID);
    assert_null(writer);
    assert_int_equal(hum_trace_writer_close(NULL), HUM_OK);
}

/* In a child: files may have 300 bytes.  What was whole before stays readable. */
static void fill_the_disk(void *context)
{
    const struct rlimit limit = {300, 300};
    const struct hum_trace_record *records = context;
    const char *path = records_path();
    struct hum_trace_writer *writer;
    struct hum_trace_record record;
    struct hum_trace *trace;
    enum hum_status status = HUM_OK;
    size_t written = 0, read = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || hum_trace_create(path, &writer) != HUM_OK)
        _exit(1);
    while (status == HUM_OK && written < SMALL) {
        status = hum_trace_put(writer, &records[written]);
        if (status == HUM_OK)
            status = hum_trace_flush(writer);
        if (status == HUM_OK)
            written++;
    }
    if (status == HUM_OK || hum_trace_put(writer, records) == HUM_OK ||
        hum_trace_writer_close(writer) == HUM_OK || hum_trace_open(path, &trace) != HUM_OK)
        _exit(2);
    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        read++;
    hum_trace_close(trace);
    unlink(path);
    _exit(status == HUM_ERR_NOT_FOUND && read == written ? 0 : 3);
}

static void a_full_disk_leaves_whole_chunks(void **state)
{
    struct hum_trace_record *records = make_records(SMALL, 50);
    struct child child;

    (void)state;
    assert_true(child_run(fill_the_disk, records, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
    free(records);
}

static void typical_events_are_small(void **state)
{
    struct random random = random_make(seed, 60);
    const char *path = records_path();
    struct hum_trace_writer *writer;
    struct hum_trace_record record;
    const unsigned events = 100000;
    struct stat stat_of;

    (void)state;
    assert_int_equal(hum_trace_create(path, &writer), HUM_OK);
    for (uint64_t i = 0; i < 3 * (uint64_t)events; i++) {
        records_typical(&random, i, &record);
        if (record.kind == HUM_TRACE_EVENT)
            assert_int_equal(hum_trace_put(writer, &record), HUM_OK);
    }
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    assert_int_equal(stat(path, &stat_of), 0);
    print_message("bytes an event: %.2f\n", (double)stat_of.st_size / events);
    assert_true(stat_of.st_size <= 6 * (off_t)events);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_records_come_back),
        cmocka_unit_test(every_cut_gives_a_start),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(damage_stays_damage),
        cmocka_unit_test(a_file_can_be_read_while_it_grows),
        cmocka_unit_test(what_is_no_trace_is_refused),
        cmocka_unit_test(a_record_that_is_none_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_made_is_said),
        cmocka_unit_test(a_full_disk_leaves_whole_chunks),
        cmocka_unit_test(typical_events_are_small),
    };

    seed = random_seed("trace_file");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
