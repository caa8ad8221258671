/* SPDX-License-Identifier: MIT */
/*
 * test_command.c - the hum command as a user runs it: its JSON has the promised members, exit
 * statuses are passed on, and what could not be measured is said.  No times are asserted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command_output.h"

/* ---- help and usage ------------------------------------------------------------------------- */

static void each_command_explains_itself(void **state)
{
    static const char *const names[] = {"", "info", "run", "bench", "trace",
                                        "trace info", "trace cut", "trace merge", "trace export",
                                        "trace import", "report", "top"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct output *out = run_line("%s %s --help", command, names[i]);

        assert_int_equal(out->status, 0);
        assert_non_null(strstr(out->text, "Usage: hum"));
    }
    assert_int_equal(run_line("%s --version", command)->status, 0);
    assert_int_equal(run_line("%s help run", command)->status, 0);
}

static void a_wrong_command_line_is_refused(void **state)
{
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        {"", 2},
        {"frobnicate", 2},
        {"info --frobnicate", 2},
        {"info extra", 2},
        {"info --policies a b", 2},
        {"info --policies --devices emu", 2},
        {"info --policies nonsense", 1},
        {"info --policies ./none.so", 1},
        {"info --policies /dev/null", 1},
        {"bench nothing-of-this-name", 2},
        {"bench --runs 0", 2},
        {"bench --runs x", 2},
        {"bench --size -1", 2},
        {"bench --size 1X", 2},
        {"bench --size 99999999999999999999", 2},
        {"report", 2},
        {"report --frobnicate x", 2},
        {"report one two", 2},
        {"report --svg --json x", 2},
        {"report /nowhere", 1},
        {"report /dev/null", 1},
        {"top --frobnicate", 2},
        {"top 0", 2},
        {"top x", 2},
        {"top 1 2", 2},
        {"top --delay 0", 2},
        {"top --delay nan", 2},
        {"top --iterations 0", 2},
        {"top --sort colour", 2},
        {"top --batch 2147483647", 1},
        {"trace", 2},
        {"trace frobnicate", 2},
        {"trace info", 2},
        {"trace info a b", 2},
        {"trace info /nowhere", 1},
        {"trace cut /nowhere", 2},
        {"trace cut -o x --from soon /nowhere", 2},
        {"trace cut -o /nowhere/x /nowhere/y", 1},
        {"trace merge -o x one", 2},
        {"trace export x", 2},
        {"trace export --format pdf x", 2},
        {"trace import --format csv x", 2},
        {"trace import --format csv -o x /nowhere", 1},
        {"run", 125},
        {"run --frobnicate", 125},
        {"run --output", 125},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct output *out = run_line("%s %s 2>&1", command, cases[i].line);

        if (out->status != cases[i].status)
            fail_msg("hum %s: exit status %d", cases[i].line, out->status);
        assert_true(strlen(out->text) > 0);
    }
}

/* ---- info ----------------------------------------------------------------------------------- */

static void info_tells_devices_features_and_reductions(void **state)
{
    static const char *const members[] = {"version",    "works",      "devices", "space",
                                          "machine",    "topology",   "reduced", "kernel_features",
                                          "privileges", "huge_pages", "opencl",  NULL};
    static const char *const device_members[] = {"name",    "kind",       "memory_bytes",
                                                 "workers", "huge_pages", NULL};
    json_t *info = parse(run_line("%s info --json", command)->text), *devices;

    (void)state;
    has_members(info, members);
    assert_true(json_is_true(json_object_get(info, "works")));
    devices = json_object_get(info, "devices");
    assert_int_equal(json_array_size(devices), 1);
    has_members(json_array_get(devices, 0), device_members);
    json_decref(info);
}

static void info_opens_the_devices_it_is_told(void **state)
{
    json_t *info = parse(
               run_line("%s info --json --devices 'emu:mem=64M,workers=1;emu:mem=32M'", command)
                   ->text),
           *devices = json_object_get(info, "devices");

    (void)state;
    assert_int_equal(json_array_size(devices), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(devices, 0), "workers")), 1);
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(devices, 1), "memory_bytes")), 32 << 20);
    json_decref(info);
}

static json_t *policies_of(const char *arguments)
{
    struct output *out = run_line("%s info --policies --json %s", command, arguments);

    if (out->status != 0)
        fail_msg("hum info --policies %s: %d", arguments, out->status);
    return parse(out->text);
}

static void info_lists_policies_parts_and_numbers(void **state)
{
    static const char *const kinds[] = {"place", "prefetch", "thrash", "evict", NULL};
    json_t *all = policies_of(""), *parts = json_object_get(all, "parts"), *policy;
    unsigned defaults = 0;
    size_t i;

    (void)state;
    has_members(parts, kinds);
    json_array_foreach(json_object_get(all, "policies"), i, policy) {
        has_members(policy, kinds);
        defaults += json_is_true(json_object_get(policy, "default"));
        const char *name = json_string_value(json_object_get(policy, "name"));
        json_t *one = policies_of(name);
        assert_string_equal(json_string_value(json_object_get(one, "policy")), name);
        json_decref(one);
    }
    assert_true(i >= 5);
    assert_int_equal(defaults, 1);
    for (unsigned k = 0; kinds[k]; k++)
        assert_true(json_array_size(json_object_get(parts, kinds[k])) >= 1);
    json_decref(all);
    assert_non_null(strstr(run_line("%s info --policies", command)->text, "second-chance"));
}

static void info_tells_what_a_plugin_consists_of(void **state)
{
    json_t *one = policies_of(PLUGINS_EXAMPLE ",evict=lru,prefetch.pages=4");
    json_t *parts = json_object_get(one, "parts"), *prefetch = json_object_get(parts, "prefetch");
    json_t *number = json_array_get(json_object_get(prefetch, "numbers"), 0);

    (void)state;
    assert_string_equal(json_string_value(json_object_get(one, "policy")),
                        "place=intent,prefetch=" PLUGINS_EXAMPLE
                        ",thrash=off,evict=lru,prefetch.pages=4");
    assert_string_equal(json_string_value(json_object_get(prefetch, "name")), "second-fault");
    assert_string_equal(json_string_value(json_object_get(prefetch, "plugin")), PLUGINS_EXAMPLE);
    assert_true(json_is_null(json_object_get(json_object_get(parts, "evict"), "plugin")));
    assert_int_equal(json_integer_value(json_object_get(number, "value")), 4);
    assert_int_equal(json_integer_value(json_object_get(number, "initial")), 16);
    assert_int_equal(json_integer_value(json_object_get(number, "least")), 1);
    assert_int_equal(json_integer_value(json_object_get(number, "most")), 512);
    json_decref(one);
    assert_non_null(strstr(run_line("%s info -p " PLUGINS_EXAMPLE, command)->text,
                           "of " PLUGINS_EXAMPLE));
}

static void info_says_why_hum_does_not_work(void **state)
{
    struct output *out = run_line("%s info --json --devices nonsense", command);
    json_t *info = parse(out->text);

    (void)state;
    assert_int_equal(out->status, 1);
    assert_true(json_is_false(json_object_get(info, "works")));
    assert_true(strlen(json_string_value(json_object_get(info, "error"))) > 0);
    json_decref(info);
    assert_int_equal(run_line("%s info", command)->status, 0);
}

/* ---- run ------------------------------------------------------------------------------------ */

static const char *const run_members[] = {"program",  "exit_status", "signal",  "wall_s",  "user_s",
                                          "system_s", "spaces",      "findings",
                                          "damaged",  "message",     NULL};

static void run_passes_the_exit_status_on(void **state)
{
    static const struct {
        const char *program;
        int status;
    } cases[] = {
        {"true", 0},
        {"sh -c 'exit 3'", 3},
        {"sh -c 'kill -9 $$'", 137},
        {"/nonexistent/program", 127},
        {"/etc/passwd", 126},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct output *out = run_line("%s run --json -- %s 2>/dev/null", command, cases[i].program);
        json_t *report = parse_last_line(out->text);

        assert_int_equal(out->status, cases[i].status);
        has_members(report, run_members);
        assert_int_equal(json_array_size(json_object_get(report, "spaces")), 0);
        assert_true(strlen(json_string_value(json_object_get(report, "message"))) > 0);
        json_decref(report);
    }
}

static void run_takes_what_to_check_in_every_form(void **state)
{
    static const struct {
        const char *options, *variables;
    } cases[] = {
        {"", "-,-"},
        {"--check", "uses,-"},
        {"--check uses", "uses,-"},
        {"--check=released", "released,-"},
        {"--check opencl", "-,1"},
        {"--check=opencl --check none", "none,-"},
        {"--check=fail", "uses,-"},
        {"--check uses,fail", "uses,-"},
        {"--check=opencl,fail", "-,1"},
        {"--check=failing", "failing,-"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct output *out = run_line("env -u HUM_CHECK -u HUM_CL_CHECK %s run -o /dev/null %s -- "
                                      "sh -c 'echo ${HUM_CHECK:--},${HUM_CL_CHECK:--}'",
                                      command, cases[i].options);

        assert_int_equal(out->status, 0);
        assert_memory_equal(out->text, cases[i].variables, strlen(cases[i].variables));
    }
}

static void run_passes_signals_on(void **state)
{
    struct output *out = run_line("%s run -- sh -c 'trap \"exit 5\" TERM; kill -TERM $PPID; "
                                  "while :; do sleep 0.01; done' 2>/dev/null",
                                  command);

    (void)state;
    assert_int_equal(out->status, 5);
}

static void run_reports_what_a_space_did(void **state)
{
    static const char *const ends[] = {"close", "free", "leave"};

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct output *out = run_line("%s run --json --devices emu:mem=64M,workers=1 "
                                      "--policy ondemand -- %s %s",
                                      command, opener, ends[i]);
        json_t *report = parse_last_line(out->text), *spaces, *space, *regions, *total, *bytes;

        assert_int_equal(out->status, i == 2 ? 4 : 0);
        assert_non_null(strstr(out->text, "opener was here"));
        spaces = json_object_get(report, "spaces");
        assert_int_equal(json_array_size(spaces), 1);
        space = json_array_get(spaces, 0);
        assert_string_equal(json_string_value(json_object_get(space, "policy")), "ondemand");
        assert_int_equal(json_array_size(json_object_get(space, "devices")), 1);
        total = json_object_get(space, "total");
        assert_true(json_integer_value(json_object_get(total, "faults_host")) > 0);
        bytes = json_object_get(json_object_get(total, "bytes"), "host_to_device");
        assert_int_equal(json_integer_value(bytes), 1 << 20);
        regions = json_object_get(space, "regions");
        if (i != 1 || json_array_size(regions) > 0)
            assert_string_equal(
                json_string_value(json_object_get(json_array_get(regions, 0), "name")),
                "written by opener");
        json_decref(report);
    }
}

static void run_says_that_a_killed_program_left_no_summary(void **state)
{
    struct output *out = run_line("%s run --json -- %s kill", command, opener);
    json_t *report = parse_last_line(out->text);
    const char *message = json_string_value(json_object_get(report, "message"));

    (void)state;
    assert_int_equal(out->status, 137);
    assert_int_equal(json_integer_value(json_object_get(report, "signal")), 9);
    assert_non_null(strstr(message, "no summary"));
    json_decref(report);
}

static void run_writes_tables_where_it_is_told(void **state)
{
    struct output *out = run_line("%s run --output /tmp/hum-test-report.$$ -- %s close && "
                                  "cat /tmp/hum-test-report.$$; rm -f /tmp/hum-test-report.$$",
                                  command, opener);

    (void)state;
    assert_non_null(strstr(out->text, "host to device"));
    assert_non_null(strstr(out->text, "written by opener"));
    assert_int_equal(
        run_line("%s run --output /nonexistent/x -- true 2>/dev/null", command)->status, 125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_explains_itself),
        cmocka_unit_test(a_wrong_command_line_is_refused),
        cmocka_unit_test(info_tells_devices_features_and_reductions),
        cmocka_unit_test(info_opens_the_devices_it_is_told),
        cmocka_unit_test(info_lists_policies_parts_and_numbers),
        cmocka_unit_test(info_tells_what_a_plugin_consists_of),
        cmocka_unit_test(info_says_why_hum_does_not_work),
        cmocka_unit_test(run_passes_the_exit_status_on),
        cmocka_unit_test(run_takes_what_to_check_in_every_form),
        cmocka_unit_test(run_passes_signals_on),
        cmocka_unit_test(run_reports_what_a_space_did),
        cmocka_unit_test(run_says_that_a_killed_program_left_no_summary),
        cmocka_unit_test(run_writes_tables_where_it_is_told),
    };

    command = getenv("HUM_COMMAND");
    opener = getenv("HUM_OPENER");
    if (!command || !opener) {
        fprintf(stderr, "HUM_COMMAND and HUM_OPENER name the programs to test\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL) + command_bench();
}
