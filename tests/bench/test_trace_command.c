/* SPDX-License-Identifier: MIT */
/* test_trace_command.c - hum trace as a user runs it. */
#include "bench/command_line.h"
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *command;
static char folder[] = "/tmp/hum-trace-XXXXXX";

/* A device fault, an eviction that throws one page of it out, its return; totals that agree. */
static const char table[] =
    "kind,time_ns,program,key,value,processor,name,region,first_page,bytes,kernel,device,launch,"
    "end_ns,cause,block,page_set,moved_set,h2d_bytes,d2h_bytes,move_ns,evicted,faults,pages,"
    "touches,counters\n"
    "space,0,saxpy,,,,,,,,,,,,,,,,,,,,,,,\n"
    "setting,0,,policy,ahead,,,,,,,,,,,,,,,,,,,,,\n"
    "processor,0,,,,0,emu0,,,,,,,,,,,,,,,,,,,\n"
    "region,0,,,,,x,1,0,2097152,,,,,,,,,,,,,,,,\n"
    "kernel,0,,,,,saxpy,,,,1,0,,,,,,,,,,,,,,\n"
    "faults,1000,,,,0,,1,,,1,,,,,,,,,,,,2,,,\n"
    "event,1000,,,,0,,1,,,1,,,,device fault,0,0-1,0-1,8192,0,500,0,,,,\n"
    "event,2000,,,,0,,1,,,,,,,eviction,0,0,0,0,4096,300,1,,,,\n"
    "event,3000,,,,0,,1,,,1,,,,device fault,0,0,0,4096,0,200,0,,,,\n"
    "launch,500,,,,,,,,,1,0,1,4000,,,,,,,,,,,,\n"
    "access,3500,,,,0,,,0,,1,,1,,,,,,,,,,,2,5,\n"
    "totals,5000,,,,,,,,,,,,,,,,,,,,,,,,"
    "0 2 0 0 12288 4096 0 "
    "0 0 2 0 0 0 0 1 0 0 0 0 0 0 0 "
    "0 0 3 0 0 0 0 1 0 0 0 0 0 0 0 "
    "0 0 12288 0 0 0 0 4096 0 0 0 0 0 0 0 "
    "0 1 700 300 0 0\n";

static void run_well(const char *line)
{
    struct output *out = run_line("%s", line);

    if (out->status != 0)
        fail_msg("%s: %s", line, out->text);
}

static int make_folder(void **state)
{
    char path[64];
    FILE *file;

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/t.csv", folder);
    file = fopen(path, "w");
    if (!file)
        return -1;
    fputs(table, file);
    if (fclose(file) != 0)
        return -1;
    return run_line("hum trace import --format csv -o t.trace t.csv")->status;
}

static int remove_folder(void **state)
{
    (void)state;
    return run_line("rm -r %s", folder)->status;
}

static json_t *info_of(const char *name)
{
    struct output *out = run_line("hum trace info --json %s", name);
    json_error_t error;
    json_t *root = json_loads(out->text, 0, &error);

    if (!root)
        fail_msg("%s in: %s", error.text, out->text);
    return root;
}

static int64_t number_at(json_t *root, const char *outer, const char *inner)
{
    json_t *value = json_object_get(json_object_get(root, outer), inner);

    if (!json_is_number(value))
        fail_msg("%s.%s is no number", outer, inner);
    return (int64_t)json_number_value(value);
}

static void info_sums_up(void **state)
{
    json_t *root = info_of("t.trace"), *metrics = json_object_get(root, "metrics");
    double event_bytes;

    (void)state;
    assert_int_equal(number_at(root, "records", "event"), 3);
    assert_int_equal(number_at(metrics, "bytes", "h2d"), 12288);
    assert_int_equal(number_at(metrics, "bytes", "d2h"), 4096);
    assert_int_equal(number_at(metrics, "faults", "device"), 2);
    assert_int_equal(number_at(metrics, "events", "device fault"), 2);
    assert_int_equal(number_at(root, "metrics", "thrashed_pages"), 1);
    assert_int_equal(number_at(root, "metrics", "distinct_bytes"), 8192);
    assert_true(json_number_value(json_object_get(metrics, "amplification")) == 2.0);
    assert_true(json_is_null(json_object_get(json_object_get(metrics, "link_busy"), "h2d")));
    assert_true(json_is_true(json_object_get(root, "totals_agree")));
    assert_true(json_is_false(json_object_get(root, "truncated")));
    event_bytes = json_number_value(json_object_get(root, "bytes_per_event"));
    assert_int_equal((int64_t)(3 * event_bytes + 0.5),
                     json_integer_value(json_object_get(root, "file_bytes")));
    assert_true(json_number_value(json_object_get(root, "bytes_per_record")) < event_bytes);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(root, "settings"), "policy")), "ahead");
    json_decref(root);
    assert_non_null(strstr(run_line("hum trace info t.trace")->text, "sum up to the runtime's"));
}

static void a_cut_can_replace_its_input(void **state)
{
    json_t *root;

    (void)state;
    run_well("cp t.trace cut.trace && hum trace cut --from 1.5us --region x -p emu0 "
             "-o cut.trace cut.trace");
    root = info_of("cut.trace");
    assert_int_equal(number_at(root, "records", "event"), 2);
    assert_int_equal(number_at(root, "records", "launch"), 1);
    assert_int_equal(number_at(root, "records", "faults"), 0);
    assert_int_equal(number_at(root, "records", "totals"), 0);
    assert_true(json_is_null(json_object_get(root, "totals_agree")));
    json_decref(root);
}

static void what_fails_leaves_no_file(void **state)
{
    struct output *out = run_line("hum trace cut --region nothing -o none.trace t.trace");

    (void)state;
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "no region 'nothing'"));
    assert_int_equal(run_line("hum trace cut -p emu7 -o none.trace t.trace")->status, 1);
    out = run_line("hum trace cut --from 2us --to 1us -o none.trace t.trace");
    assert_int_equal(out->status, 2);
    assert_non_null(strstr(out->text, "--to is not behind --from"));
    assert_int_equal(run_line("hum trace import -F lackey -o none.trace t.csv")->status, 1);
    assert_int_equal(run_line("hum trace export -F oracle t.trace | cat")->status, 0);
    assert_string_equal(run_line("ls | grep -v '^t\\.\\|^cut\\.' | grep none; true")->text, "");
}

/* A rename would put a file in its place, and a device may be anybody's. */
static void what_is_no_file_is_written_to_and_stays(void **state)
{
    (void)state;
    run_well("hum trace export -F csv t.trace >all.csv");
    run_well("mkfifo pipe; timeout 9 cat pipe >piped & "
             "hum trace export -F csv -o pipe t.trace && wait $! && test -p pipe && "
             "cmp all.csv piped");
    run_well("timeout 9 cat pipe >piped & hum trace cut -o pipe t.trace && wait $! && "
             "test -p pipe && hum trace cut -o cut.trace t.trace && cmp cut.trace piped");
    run_well("ln -s there.csv link && hum trace export -F csv -o link t.trace && test -L link && "
             "cmp all.csv there.csv");
    run_well("echo old >there.csv && hum trace export -F csv -o link t.trace && test -L link && "
             "cmp all.csv there.csv");
    run_well("cp t.trace own.trace && ln -s own.trace self && hum trace cut -o self self && "
             "test -L self && cmp cut.trace own.trace");
    assert_int_equal(run_line("hum trace cut -o . t.trace")->status, 1);
    assert_string_equal(run_line("ls | grep part; true")->text, "");
}

static void a_full_disk_is_said_once(void **state)
{
    (void)state;
    if (run_line("test -c /dev/full")->status != 0)
        skip();
    run_well("for line in 'export -F csv' 'export -F perfetto' info; do "
             "hum trace $line t.trace >/dev/full 2>said; test $? = 1 && "
             "test $(grep -c 'No space left' said) = 1 || exit 1; done");
    run_well("hum report t.trace >/dev/full 2>said; test $? = 1 && "
             "test $(grep -c 'No space left' said) = 1");
}

static void merge_sums_totals(void **state)
{
    json_t *root;

    (void)state;
    run_well("hum trace merge -o m.trace t.trace t.trace t.trace");
    root = info_of("m.trace");
    assert_int_equal(number_at(root, "records", "event"), 9);
    assert_int_equal(number_at(root, "metrics", "thrashed_pages"), 3);
    assert_true(json_is_true(json_object_get(root, "totals_agree")));
    json_decref(root);
    run_well("hum trace merge --one-machine -o m.trace t.trace t.trace");
}

static void exports_come_back(void **state)
{
    (void)state;
    run_well("hum trace export -F csv -o e.csv t.trace && hum trace import -F csv -o e.trace - "
             "<e.csv && cmp t.trace e.trace");
    run_well("hum trace export -F oracle -R -o e.oracle t.trace && test $(wc -c <e.oracle) = 240");
    run_well("hum trace import -F oracle -o o.trace e.oracle");
    run_well("hum trace export -F perfetto t.trace | grep -q '\"region\":\"x\"'");
}

static void what_is_generated_can_be_repeated_from_its_settings(void **state)
{
    json_t *root, *settings;
    const char *line;

    (void)state;
    run_well("hum trace generate gemm --pages 300 --tile 4 -o g.trace");
    root = info_of("g.trace"); /* 5 by 5 tiles of 4 pages */
    assert_int_equal(number_at(root, "metrics", "distinct_bytes"), 3 * 25 * 4 * 4096);
    assert_int_equal(number_at(root, "metrics", "duration_ns"), 25 * 11 * 4);
    assert_int_equal(number_at(root, "records", "launch"), 5);
    assert_int_equal(number_at(root, "records", "region"), 3);
    json_decref(root);
    run_well("hum trace generate zipf -p 5000 -n 20000 --theta 0.99 --writes 0.25 --scatter "
             "--seed 3 -d 2 -a 4 -o z.trace");
    root = info_of("z.trace");
    settings = json_object_get(root, "settings");
    assert_string_equal(json_string_value(json_object_get(settings, "theta")), "0.99");
    line = json_string_value(json_object_get(settings, "generator"));
    assert_non_null(line);
    assert_int_equal(run_line("%s -o again.trace && cmp z.trace again.trace", line)->status, 0);
    json_decref(root);
}

static void neighbours_are_one_record_and_a_wrong_pattern_leaves_no_file(void **state)
{
    struct output *out;
    json_t *root;

    (void)state;
    run_well("hum trace generate cyclic --pages 1000 --passes 7 -o c.trace");
    root = info_of("c.trace");
    assert_int_equal(number_at(root, "records", "access"), 7);
    assert_int_equal(number_at(root, "records", "launch"), 7);
    assert_int_equal(number_at(root, "metrics", "distinct_bytes"), 1000 * 4096);
    json_decref(root);
    run_well("hum trace generate pingpong --pages 10 --passes 3 -o p.trace");
    root = info_of("p.trace");
    assert_int_equal(number_at(root, "records", "access"), 6);
    assert_int_equal(number_at(root, "records", "launch"), 3);
    json_decref(root);
    out = run_line("hum trace generate cycle -o none.trace");
    assert_int_equal(out->status, 2);
    assert_non_null(strstr(out->text, "known are sequential"));
    out = run_line("hum trace generate zipf --theta 1,5 -o none.trace");
    assert_int_equal(out->status, 2);
    assert_non_null(strstr(out->text, "--theta takes a fraction such as 0.25, not '1,5'"));
    assert_int_equal(run_line("test -e none.trace")->status, 1);
    assert_int_equal(run_line("hum trace generate zipf -o nowhere/x.trace")->status, 1);
}

static void a_cut_off_trace_is_truncated_and_a_damaged_one_is_said(void **state)
{
    struct output *out;
    json_t *root;

    (void)state;
    run_well("head -c 30 t.trace >short.trace");
    root = info_of("short.trace");
    assert_true(json_is_true(json_object_get(root, "truncated")));
    json_decref(root);
    run_well("head -c 50 t.trace >bad.trace; printf XXXX >>bad.trace; "
             "tail -c +55 t.trace >>bad.trace");
    out = run_line("hum trace info bad.trace");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "damaged"));
    assert_int_equal(run_line("hum trace export -F csv -o b.csv bad.trace")->status, 1);
    assert_int_equal(run_line("test -e b.csv")->status, 1);
}

static void lackey_of_a_real_program_is_read(void **state)
{
    json_t *root;

    (void)state;
    if (run_line("command -v valgrind")->status != 0)
        skip();
    run_well("valgrind --tool=lackey --trace-mem=yes --log-file=l.txt true");
    run_well("hum trace import -F lackey -o l.trace l.txt");
    root = info_of("l.trace");
    assert_true(number_at(root, "records", "access") > 1000);
    assert_true(number_at(root, "metrics", "distinct_bytes") > 40960);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_sums_up),
        cmocka_unit_test(a_cut_can_replace_its_input),
        cmocka_unit_test(what_fails_leaves_no_file),
        cmocka_unit_test(what_is_no_file_is_written_to_and_stays),
        cmocka_unit_test(a_full_disk_is_said_once),
        cmocka_unit_test(merge_sums_totals),
        cmocka_unit_test(exports_come_back),
        cmocka_unit_test(what_is_generated_can_be_repeated_from_its_settings),
        cmocka_unit_test(neighbours_are_one_record_and_a_wrong_pattern_leaves_no_file),
        cmocka_unit_test(a_cut_off_trace_is_truncated_and_a_damaged_one_is_said),
        cmocka_unit_test(lackey_of_a_real_program_is_read),
    };

    command = getenv("HUM_COMMAND");
    command_line_hum = command;
    command_line_folder = folder;
    if (!command) {
        fputs("HUM_COMMAND must name the hum command\n", stderr);
        return 2;
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
