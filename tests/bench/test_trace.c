/* SPDX-License-Identifier: MIT */
/*
 * test_trace.c - exporters, importers, cut and merge of hum trace, on traces made here.
 */
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/trace/filter.h"
#include "command/trace/map.h"
#include "command/trace/merger.h"
#include "command/trace/oracle.h"
#include "trace/record.h"
#include "unit/trace/records.h"

static uint64_t seed;
static struct trace_problem problem;

static struct hum_trace *open_trace(const char *path)
{
    struct hum_trace *trace;

    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    return trace;
}

static struct hum_trace_writer *create_trace(const char *path)
{
    struct hum_trace_writer *writer;

    assert_int_equal(hum_trace_create(path, &writer), HUM_OK);
    return writer;
}

static void same_records(const char *path_a, const char *path_b)
{
    struct hum_trace *a = open_trace(path_a), *b = open_trace(path_b);
    struct hum_trace_record record_a, record_b;
    enum hum_status status;

    while ((status = hum_trace_next(a, &record_a)) == HUM_OK) {
        assert_int_equal(hum_trace_next(b, &record_b), HUM_OK);
        assert_int_equal(record_a.kind, record_b.kind);
        assert_memory_equal(&record_a, &record_b, humi_trace_record_bytes(record_a.kind));
    }
    assert_int_equal(hum_trace_next(b, &record_b), status);
    assert_int_equal(status, HUM_ERR_NOT_FOUND);
    hum_trace_close(a);
    hum_trace_close(b);
}

/* A text as a file to import. */
static FILE *file_of(const char *text)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs(text, file);
    rewind(file);
    return file;
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static void csv_keeps_every_record(void **state)
{
    struct random random = random_make(seed, 1);
    const char *path = records_path(), *again = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace *trace;
    FILE *csv = tmpfile();

    (void)state;
    for (uint64_t i = 0; i < random_steps(3000); i++) {
        struct hum_trace_record record;

        records_random(&random, &record);
        assert_int_equal(hum_trace_put(writer, &record), HUM_OK);
    }
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    assert_true(trace_export_csv(trace, csv, &problem));
    hum_trace_close(trace);
    rewind(csv);
    writer = create_trace(again);
    if (!trace_import_csv(csv, writer, &problem))
        fail_msg("%s", problem.text);
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    same_records(path, again);
    fclose(csv);
    unlink(path);
    unlink(again);
}

static void csv_by_hand_may_leave_out_columns(void **state)
{
    const char *path = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace_record record;
    struct hum_trace *trace;
    FILE *csv = file_of("# by hand\npages,touches,kind,first_page,write\n3,1,access,7,1\n\n"
                        "# more\n1,2,\"access\",9,\n");

    (void)state;
    assert_true(trace_import_csv(csv, writer, &problem));
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
    assert_int_equal(record.access.first_page, 7);
    assert_int_equal(record.access.pages, 3);
    assert_true(record.access.write);
    assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
    assert_int_equal(record.access.count, 2);
    assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    fclose(csv);
    unlink(path);
}

static void a_bad_table_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no column is named 'kind'"},
        {"time_ns\n1\n", "no column is named 'kind'"},
        {"kind\nnothing\n", "line 2, column kind: 'nothing'"},
        {"kind,pages,touches\naccess,1,1\naccess,x,1\n", "line 3, column pages: 'x'"},
        {"kind,pages,touches\naccess,0,1\n", "line 2: hum_trace_put: an access touches nothing"},
        {"kind,pages,touches\naccess,1,4294967296\n", "line 2, column touches"},
        {"kind,page_set\nevent,5-512\n", "line 2, column page_set"},
        {"kind,cause\nevent,thirteen\n", "line 2, column cause"},
        {"kind,processor\nbatch,-\n", "line 2, column processor"},
        {"kind,processor\nbatch,99\n", "line 2: hum_trace_put"},
        {"kind,evicted\nevent,2\n", "'2' is not 0 or 1"},
        {"kind\nbatch,1,2\n", "more cells"},
        {"kind,program\nspace,\"no end\n", "has no end"},
        {"kind,counters\ntotals,1 2 z\n", "line 2, column counters"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *path = records_path();
        struct hum_trace_writer *writer = create_trace(path);
        FILE *csv = file_of(cases[i].text);

        problem.text[0] = '\0';
        assert_false(trace_import_csv(csv, writer, &problem));
        if (!strstr(problem.text, cases[i].says))
            fail_msg("case %zu: '%s' does not say '%s'", i, problem.text, cases[i].says);
        (void)!hum_trace_writer_close(writer);
        fclose(csv);
        unlink(path);
    }
}

/* ---- Perfetto ------------------------------------------------------------------------------- */

static uint64_t arg_of(json_t *item, const char *name)
{
    json_t *value = json_object_get(json_object_get(item, "args"), name);

    return (uint64_t)json_number_value(value);
}

static void perfetto_sums_are_those_of_the_trace(void **state)
{
    struct random random = random_make(seed, 2);
    const char *path = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_metering *metering;
    struct hum_metrics metrics;
    struct hum_trace *trace;
    FILE *out = tmpfile();
    uint64_t bytes = 0, faults = 0;
    json_t *root, *list, *item;
    json_error_t error;
    size_t i;

    (void)state;
    assert_int_equal(hum_metering_create(&metering), HUM_OK);
    for (uint64_t n = 0; n < 5000; n++) {
        struct hum_trace_record record;

        if (n % 2)
            records_typical(&random, n, &record);
        else
            records_random(&random, &record);
        if (record.kind == HUM_TRACE_EVENT) /* sums below 2^53, that JSON can say */
            for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
                record.event.bytes[d] %= UINT64_C(1) << 40;
        record.time_ns %= UINT64_C(1) << 50;
        assert_int_equal(hum_trace_put(writer, &record), HUM_OK);
        if (record.kind != HUM_TRACE_ACCESS)
            assert_int_equal(hum_metering_feed(metering, &record), HUM_OK);
    }
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    hum_metering_read(metering, &metrics);
    hum_metering_destroy(metering);
    trace = open_trace(path);
    assert_true(trace_export_perfetto(trace, out, &problem));
    hum_trace_close(trace);
    rewind(out);
    root = json_loadf(out, JSON_DECODE_INT_AS_REAL, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    list = json_object_get(root, "traceEvents");
    json_array_foreach(list, i, item) {
        assert_true(json_is_string(json_object_get(item, "ph")));
        assert_true(json_is_string(json_object_get(item, "name")));
        bytes += arg_of(item, "bytes");
        faults += arg_of(item, "faults");
    }
    assert_int_equal(bytes, metrics.bytes[0] + metrics.bytes[1] + metrics.bytes[2]);
    assert_int_equal(faults, metrics.faults[0] + metrics.faults[1]);
    json_decref(root);
    fclose(out);
    unlink(path);
}

/* ---- oracle --------------------------------------------------------------------------------- */

#define ORACLE_ACCESSES 3000u

/* Accesses to few pages, so that they come again; returns how many records they expand to. */
static size_t write_accesses(const char *path)
{
    struct random random = random_make(seed, 3);
    struct hum_trace_writer *writer = create_trace(path);
    size_t records = 0;

    for (uint64_t i = 0; i < ORACLE_ACCESSES; i++) {
        struct hum_trace_record record;

        memset(&record, 0, sizeof(record));
        record.kind = HUM_TRACE_ACCESS;
        record.time_ns = i * 10000000;
        record.access.processor = HUM_HOST;
        record.access.first_page = random_below(&random, 2000);
        record.access.pages = 1 + (uint32_t)random_below(&random, 3);
        record.access.count = 1 + (uint32_t)random_below(&random, 3);
        records += record.access.pages;
        assert_int_equal(hum_trace_put(writer, &record), HUM_OK);
    }
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    return records;
}

static unsigned char *export_oracle(const char *path, bool repeat, size_t *bytes_out)
{
    struct hum_trace *trace = open_trace(path);
    const char *out_path = records_path();
    FILE *out = fopen(out_path, "w+");
    unsigned char *bytes;

    assert_non_null(out);
    if (!trace_export_oracle(trace, out, repeat, &problem))
        fail_msg("%s", problem.text);
    fclose(out);
    hum_trace_close(trace);
    bytes = records_bytes(out_path, bytes_out);
    assert_non_null(bytes);
    unlink(out_path);
    return bytes;
}

static void oracle_knows_the_next_access(void **state)
{
    const char *path = records_path();
    size_t records = write_accesses(path), bytes;
    unsigned char *oracle = export_oracle(path, false, &bytes);

    (void)state;
    assert_int_equal(bytes, records * ORACLE_BYTES);
    for (size_t i = 0; i < records; i++) {
        struct oracle one = oracle_load(oracle + i * ORACLE_BYTES);
        int64_t next = -1;

        for (size_t k = i + 1; k < records && next < 0; k++)
            if (oracle_load(oracle + k * ORACLE_BYTES).object == one.object)
                next = (int64_t)k;
        assert_int_equal(one.next, next);
        assert_int_equal(one.size, 4096);
        assert_true(one.time_s <= 30);
    }
    free(oracle);
    unlink(path);
}

static void oracle_comes_back(void **state)
{
    const char *path = records_path(), *again = records_path();
    const struct trace_import_options options = {0};
    struct hum_trace_writer *writer;
    unsigned char *first, *second;
    size_t first_bytes, second_bytes;
    FILE *in = tmpfile();

    (void)state;
    write_accesses(path);
    first = export_oracle(path, true, &first_bytes);
    assert_int_equal(fwrite(first, 1, first_bytes, in), first_bytes);
    rewind(in);
    writer = create_trace(again);
    assert_true(trace_import_oracle(in, writer, &options, &problem));
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    second = export_oracle(again, false, &second_bytes);
    assert_int_equal(first_bytes, second_bytes);
    assert_memory_equal(first, second, first_bytes);
    free(first);
    free(second);
    fclose(in);
    unlink(path);
    unlink(again);
}

static void hashed_objects_need_numbers(void **state)
{
    static const uint64_t objects[] = {UINT64_MAX, 5, UINT64_MAX, UINT64_C(1) << 60};
    static const uint64_t pages[] = {0, 1, 0, 2};
    struct trace_import_options options = {0};
    const char *path = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace_record record;
    struct hum_trace *trace;
    FILE *in = tmpfile();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(objects); i++) {
        unsigned char bytes[ORACLE_BYTES];

        oracle_store(&(struct oracle){1, objects[i], 1, -1}, bytes);
        fwrite(bytes, sizeof(bytes), 1, in);
    }
    rewind(in);
    assert_false(trace_import_oracle(in, writer, &options, &problem));
    assert_non_null(strstr(problem.text, "--renumber"));
    options.renumber = true;
    rewind(in);
    assert_true(trace_import_oracle(in, writer, &options, &problem));
    fputc('x', in);
    rewind(in);
    assert_false(trace_import_oracle(in, writer, &options, &problem));
    assert_non_null(strstr(problem.text, "cut off"));
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
        assert_int_equal(record.access.first_page, pages[i]);
    }
    hum_trace_close(trace);
    fclose(in);
    unlink(path);
}

/* ---- lackey --------------------------------------------------------------------------------- */

static void lackey_touches_become_accesses(void **state)
{
    static const struct {
        uint64_t page, lines, time;
        uint32_t count;
        bool write;
    } want[] = {
        {0x1000, 3, 1, 2, false},                    /* two loads of one page, lines 0 and 1 */
        {0x1000, UINT64_C(1) << 63, 1, 1, true},     /* a store over the page's end ... */
        {0x1001, 1, 1, 1, true},                     /* ... and into the next one */
        {0x2, 1, 2, 1, false}, {0x2, 1, 2, 1, true}, /* a modify is both */
    };
    const struct trace_import_options options = {0};
    const char *path = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace_record record;
    struct hum_trace *trace;
    FILE *in = file_of("==12== Lackey, an example Valgrind tool\nhello from the program\n"
                       "I  04000000,3\n L 01000000,8\n L 01000040,4\n S 01000ffc,8\n"
                       "I  04000003,3\n M 00002000,4\n L zzz,4\n L 10,\n S 20\n L ,4\n");

    (void)state;
    assert_true(trace_import_lackey(in, writer, &options, &problem));
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
        assert_int_equal(record.access.first_page, want[i].page);
        assert_int_equal(record.access.lines, want[i].lines);
        assert_int_equal(record.access.count, want[i].count);
        assert_int_equal(record.access.write, want[i].write);
        assert_int_equal(record.time_ns, want[i].time);
    }
    assert_int_equal(hum_trace_next(trace, &record), HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    fclose(in);
    unlink(path);
}

static void lackey_instructions_count_only_if_asked(void **state)
{
    const struct trace_import_options options = {.instructions = true};
    const char *path = records_path();
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace_record record;
    struct hum_trace *trace;
    FILE *in = file_of("I  04000000,3\nI  04000003,3\n"), *empty = file_of("nothing of it\n");

    (void)state;
    assert_true(trace_import_lackey(in, writer, &options, &problem));
    assert_false(trace_import_lackey(empty, writer, &options, &problem));
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
    assert_int_equal(record.access.count, 2);
    assert_false(record.access.write);
    hum_trace_close(trace);
    fclose(in);
    fclose(empty);
    unlink(path);
}

/* ---- cut ------------------------------------------------------------------------------------ */

static bool keeps(struct trace_filter *filter, struct hum_trace_record *record)
{
    bool failed, kept = trace_filter_keeps(filter, record, &failed);

    assert_false(failed);
    return kept;
}

static void a_cut_keeps_what_is_asked_for(void **state)
{
    struct trace_filter filter = {.from_ns = 100, .to_ns = 200, .region = "graph",
                                  .processor = "emu0"};
    struct hum_trace_record processor = {.kind = HUM_TRACE_PROCESSOR};
    struct hum_trace_record region = {.kind = HUM_TRACE_REGION};
    struct hum_trace_record totals = {.kind = HUM_TRACE_TOTALS, .time_ns = 150};
    struct hum_trace_record event = {.kind = HUM_TRACE_EVENT, .time_ns = 150};
    struct hum_trace_record access = {.kind = HUM_TRACE_ACCESS, .time_ns = 150};
    struct hum_trace_record launch = {.kind = HUM_TRACE_LAUNCH, .time_ns = 50};

    (void)state;
    strcpy(processor.processor.name, "emu0");
    assert_true(keeps(&filter, &processor));
    assert_false(trace_filter_found_region(&filter));
    region.region = (struct hum_trace_region){3, 1000, 5 * 4096 + 1, 0, "graph"};
    assert_true(keeps(&filter, &region));
    assert_true(trace_filter_found_region(&filter) && trace_filter_found_processor(&filter));
    assert_false(keeps(&filter, &totals));
    assert_false(keeps(&filter, &event)); /* of region 0 */
    event.event.region = 3;
    assert_true(keeps(&filter, &event));
    event.event.processor = HUM_HOST;
    assert_false(keeps(&filter, &event));
    event.event.processor = 0;
    event.time_ns = 200;
    assert_false(keeps(&filter, &event));
    access.access.first_page = 990;
    access.access.pages = 100;
    access.access.count = 1;
    assert_true(keeps(&filter, &access));
    assert_int_equal(access.access.first_page, 1000);
    assert_int_equal(access.access.pages, 6);
    launch.launch.end_ns = 99;
    assert_false(keeps(&filter, &launch));
    launch.launch.end_ns = 100;
    assert_true(keeps(&filter, &launch));
    trace_filter_free(&filter);
}

/* ---- merge ---------------------------------------------------------------------------------- */

static void write_run(const char *path, uint64_t unix_ns, uint64_t events)
{
    struct hum_trace_record records[3 + 10];

    memset(records, 0, sizeof(records));
    records[0].kind = HUM_TRACE_SPACE;
    records[0].space.unix_ns = unix_ns;
    strcpy(records[0].space.program, "saxpy");
    records[1].kind = HUM_TRACE_REGION;
    records[1].region = (struct hum_trace_region){1, 512, 4096, 0, "x"};
    for (uint64_t i = 0; i < events; i++) {
        struct hum_trace_record *record = &records[2 + i];

        record->kind = HUM_TRACE_EVENT;
        record->time_ns = 10 * i;
        record->event.cause = HUM_CAUSE_DEVICE_FAULT;
        record->event.region = 1;
        record->event.block = 1;
        record->event.bytes[HUM_H2D] = 4096;
    }
    records[2 + events].kind = HUM_TRACE_TOTALS;
    records[2 + events].totals.counters.bytes[HUM_H2D] = 4096 * events;
    assert_int_equal(records_write(path, records, 3 + events, 0), HUM_OK);
}

static void merged_traces_keep_apart_on_one_clock(void **state)
{
    const char *path = records_path();
    const char *const parts[] = {records_path(), records_path()};
    struct hum_trace_writer *writer = create_trace(path);
    struct hum_trace *traces[2], *trace;
    struct hum_trace_record record;
    uint64_t last = 0, events[3] = {0}, total = 0;

    (void)state;
    write_run(parts[0], 1000, 10);
    write_run(parts[1], 1035, 5);
    traces[0] = open_trace(parts[0]);
    traces[1] = open_trace(parts[1]);
    if (!trace_merge_all(traces, 2, false, writer, &problem))
        fail_msg("%s", problem.text);
    assert_int_equal(hum_trace_writer_close(writer), HUM_OK);
    trace = open_trace(path);
    assert_int_equal(hum_trace_next(trace, &record), HUM_OK);
    assert_int_equal(record.kind, HUM_TRACE_SPACE);
    assert_int_equal(record.space.unix_ns, 1000);
    assert_string_equal(record.space.program, "saxpy (and 1 more)");
    while (hum_trace_next(trace, &record) == HUM_OK) {
        if (record.kind == HUM_TRACE_TOTALS)
            total = record.totals.counters.bytes[HUM_H2D];
        if (record.kind != HUM_TRACE_EVENT)
            continue;
        assert_true(record.time_ns >= last);
        last = record.time_ns;
        assert_in_range(record.event.region, 1, 3);
        assert_int_equal(record.event.processor, record.event.region == 1 ? 0 : 1);
        assert_int_equal(record.event.block, record.event.region == 1 ? 1 : 3);
        assert_int_equal(record.time_ns % 10, record.event.region == 1 ? 0 : 5);
        events[record.event.region - 1]++;
    }
    assert_int_equal(events[0], 10);
    assert_int_equal(events[2], 5); /* numbers 0 and 1 are the first trace's: 1 becomes 3 */
    assert_int_equal(total, 15 * 4096);
    hum_trace_close(trace);
    hum_trace_close(traces[0]);
    hum_trace_close(traces[1]);
    unlink(path);
    unlink(parts[0]);
    unlink(parts[1]);
}

/* ---- tables --------------------------------------------------------------------------------- */

static void maps_keep_what_is_put(void **state)
{
    struct trace_names names = {0};
    struct trace_map map = {0};

    (void)state;
    assert_null(trace_map_find(&map, 1));
    for (uint64_t i = 0; i < 5000; i++)
        *trace_map_get(&map, i * 4096) = i;
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(*trace_map_find(&map, i * 4096), i);
    assert_int_equal(map.used, 5000);
    trace_map_free(&map);
    assert_null(trace_names_find(&names, 7));
    assert_true(trace_names_set(&names, 7, ""));
    assert_null(trace_names_find(&names, 7));
    assert_true(trace_names_set(&names, 7, "seven"));
    assert_string_equal(trace_names_find(&names, 7), "seven");
    trace_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_keeps_every_record),
        cmocka_unit_test(csv_by_hand_may_leave_out_columns),
        cmocka_unit_test(a_bad_table_is_refused_with_its_line),
        cmocka_unit_test(perfetto_sums_are_those_of_the_trace),
        cmocka_unit_test(oracle_knows_the_next_access),
        cmocka_unit_test(oracle_comes_back),
        cmocka_unit_test(hashed_objects_need_numbers),
        cmocka_unit_test(lackey_touches_become_accesses),
        cmocka_unit_test(lackey_instructions_count_only_if_asked),
        cmocka_unit_test(a_cut_keeps_what_is_asked_for),
        cmocka_unit_test(merged_traces_keep_apart_on_one_clock),
        cmocka_unit_test(maps_keep_what_is_put),
    };

    seed = random_seed("bench_trace");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
