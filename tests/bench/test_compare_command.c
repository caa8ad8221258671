/* SPDX-License-Identifier: MIT */
/*
 * test_compare_command.c - hum compare as a user runs it: each cell is what hum replay says of it,
 * the output does not depend on how many processes or ranks replayed, and a bad trace fails alone.
 *
 *     HUM_COMMAND  the command     HUM_RECORDED_SAMPLE  a sample to record
 *     HUM_MPIRUN   mpirun, for "ranks": without it that is skipped
 */
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRID "-q -p 'driver,ondemand;driver,prefetch.threshold=75' -r 1.25,1.5"
#define CRASHES TEST_PLUGINS "/hostile.so,prefetch.how=9"
#define TRACES "cyclic.hum chase.hum recorded.hum"

enum { POLICIES = 3, RATIOS = 2, TRACES_COUNT = 3, SKIP = 77 };

static const char *const policies[POLICIES] = {"driver", "ondemand",
                                               "driver,prefetch.threshold=75"};
static const char *const ratios[RATIOS] = {"1.25", "1.5"};
static const char *const traces[TRACES_COUNT] = {"cyclic", "chase", "recorded"};

static const char *command;
static char folder[] = "/tmp/hum-compare-XXXXXX";

struct output {
    char *text;
    int status;
};

static struct output run_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* In the folder, `hum` being the command; without standard error.  The text is the caller's. */
static struct output run_line(const char *format, ...)
{
    struct output output = {0};
    char line[2048], part[65536];
    size_t used, bytes, size;
    FILE *in, *out = open_memstream(&output.text, &size);
    va_list args;

    assert_non_null(out);
    used = (size_t)snprintf(line, sizeof(line), "cd %s; hum() { '%s' \"$@\"; }; { ", folder,
                            command);
    va_start(args, format);
    used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, args);
    va_end(args);
    assert_true(used + 4 < sizeof(line));
    strcpy(line + used, "; }");
    in = popen(line, "r");
    assert_non_null(in);
    while ((bytes = fread(part, 1, sizeof(part), in)) > 0)
        fwrite(part, 1, bytes, out);
    assert_int_equal(fclose(out), 0);
    output.status = pclose(in);
    assert_true(WIFEXITED(output.status));
    output.status = WEXITSTATUS(output.status);
    return output;
}

/* Its text, which the caller frees. */
static char *text_of(const char *line)
{
    struct output output = run_line("%s", line);

    if (output.status != 0)
        fail_msg("%s: %d, %s", line, output.status, output.text);
    return output.text;
}

static json_t *json_of(const char *line)
{
    char *text = text_of(line);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);

    if (!root)
        fail_msg("%s: %s in %s", line, error.text, text);
    free(text);
    return root;
}

static int64_t number(json_t *object, const char *field)
{
    json_t *value = json_object_get(object, field);

    if (!json_is_integer(value))
        fail_msg("%s is no whole number", field);
    return json_integer_value(value);
}

static int make_traces(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    free(text_of("hum trace generate cyclic --pages 6144 --passes 2 -o cyclic.hum"));
    free(text_of("hum trace generate chase --pages 6400 --passes 2 --writes 0.3 "
                 "-o chase.hum"));
    free(text_of("hum trace generate sequential --pages 12800 -o wide.hum"));
    free(text_of("HUM_DETERMINISTIC=on HUM_ACCESSES=full HUM_TRACE=recorded.hum "
                 "\"$HUM_RECORDED_SAMPLE\" --size 2M --mode unified --runs 1"));
    return 0;
}

static int remove_folder(void **state)
{
    struct output output = run_line("rm -r %s", folder);

    (void)state;
    free(output.text);
    return output.status;
}

/* ---- each cell ------------------------------------------------------------------------------- */

/* The figures and bounds of a cell against those of the same replay alone. */
static void check_cell(json_t *cell, json_t *alone)
{
    json_t *bounds = json_object_get(alone, "bounds");
    static const char *const bound_names[][2] = {
        {"bound_infinite_ns", "infinite"}, {"bound_resident_ns", "resident"},
        {"bound_min_ns", "min"},           {"bound_oracle_ns", "min_oracle_prefetch"},
        {"bound_remote_ns", "remote_all"}, {"bound_least_ns", "least"}};
    static const char *const figures[] = {
        "accesses", "accesses_device", "misses", "host_faults", "far_faults", "upgrades",
        "batches", "first_touches", "pages_in", "pages_out", "pages_prefetched", "late_prefetches",
        "evictions", "evictions_clean", "bytes_h2d", "bytes_d2h", "bytes_d2d", "bytes_demand",
        "bytes_prefetch", "bytes_eviction", "thrashed_pages", "remote_accesses", "modelled_ns"};

    for (size_t i = 0; i < COUNT_OF(figures); i++)
        assert_int_equal(number(cell, figures[i]), number(alone, figures[i]));
    for (size_t i = 0; i < COUNT_OF(bound_names); i++)
        assert_int_equal(number(cell, bound_names[i][0]),
                         number(json_object_get(bounds, bound_names[i][1]), "modelled_ns"));
    assert_int_equal(number(cell, "capacity_bytes"), number(alone, "capacity_pages") * 4096);
}

static void cells_are_what_hum_replay_says(const char *options)
{
    char line[512];
    json_t *cells, *root;

    snprintf(line, sizeof(line), "hum compare --json " GRID " %s " TRACES, options);
    root = json_of(line);
    cells = json_object_get(root, "cells");
    assert_int_equal(json_array_size(cells), TRACES_COUNT * RATIOS * POLICIES);
    for (size_t i = 0; i < json_array_size(cells); i++) {
        size_t trace = i / (RATIOS * POLICIES), ratio = i / POLICIES % RATIOS;
        json_t *cell = json_array_get(cells, i), *alone;

        assert_int_equal(number(cell, "trace"), trace);
        assert_int_equal(number(cell, "ratio"), ratio);
        assert_int_equal(number(cell, "policy"), i % POLICIES);
        snprintf(line, sizeof(line), "hum replay --json %s -p '%s' -c r=%s %s.hum", options,
                 policies[i % POLICIES], ratios[ratio], traces[trace]);
        alone = json_of(line);
        assert_true(json_is_false(json_object_get(alone, "page_only")));
        check_cell(cell, alone);
        json_decref(alone);
    }
    json_decref(root);
}

static void each_cell_is_the_replay_alone(void **state)
{
    (void)state;
    cells_are_what_hum_replay_says("");
    cells_are_what_hum_replay_says("--link nvlink-c2c --fault serial");
}

/* ---- what is said about them ----------------------------------------------------------------- */

static void expect_texts(json_t *array, const char *const *texts, size_t count)
{
    assert_int_equal(json_array_size(array), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(json_string_value(json_array_get(array, i)), texts[i]);
}

static void check_point(json_t *root, json_t *point, size_t at)
{
    json_t *cells = json_object_get(root, "cells");
    int64_t least = INT64_MAX;

    assert_int_equal(number(point, "trace"), at / RATIOS);
    assert_int_equal(number(point, "ratio"), at % RATIOS);
    for (size_t p = 0; p < POLICIES; p++) {
        int64_t ns = number(json_array_get(cells, at * POLICIES + p), "modelled_ns");

        least = ns < least ? ns : least;
    }
    assert_int_equal(number(point, "best_ns"), least);
    for (size_t p = 0; p < POLICIES; p++) {
        json_t *cell = json_array_get(cells, at * POLICIES + p);
        double regret = (double)number(cell, "modelled_ns") / (double)least - 1;

        assert_true(json_number_value(json_object_get(cell, "regret")) == regret);
        assert_int_equal(number(point, "bound_ns"), number(cell, "bound_least_ns"));
    }
}

static void json_holds_the_whole_comparison(void **state)
{
    json_t *root = json_of("hum compare --json " GRID " " TRACES), *points, *standings;
    char *text;

    (void)state;
    expect_texts(json_object_get(root, "traces"), traces, TRACES_COUNT);
    expect_texts(json_object_get(root, "policies"), policies, POLICIES);
    assert_int_equal(json_array_size(json_object_get(root, "ratios")), RATIOS);
    assert_string_equal(json_string_value(json_object_get(root, "link")), "pcie4x16");
    assert_string_equal(json_string_value(json_object_get(root, "fault")), "batch");
    assert_int_equal(number(root, "baseline"), 0);
    assert_non_null(strstr(json_string_value(json_object_get(root, "command")),
                           "compare --json -q -p 'driver,ondemand;driver,prefetch.threshold=75'"));
    points = json_object_get(root, "points");
    assert_int_equal(json_array_size(points), TRACES_COUNT * RATIOS);
    for (size_t i = 0; i < json_array_size(points); i++)
        check_point(root, json_array_get(points, i), i);
    standings = json_object_get(root, "standings");
    assert_int_equal(json_array_size(standings), POLICIES);
    for (size_t i = 0; i < POLICIES; i++)
        assert_int_equal(number(json_array_get(standings, i), "points"), TRACES_COUNT * RATIOS);
    text = text_of("hum compare " GRID " " TRACES);
    assert_non_null(strstr(text, json_string_value(json_object_get(root, "findings"))));
    assert_non_null(strstr(text, "recorded, r = 1.5"));
    free(text);
    json_decref(root);
}

/* Without a policy and a ratio: all of them; where driver is not there nothing is the baseline. */
static void everything_is_the_default(void **state)
{
    json_t *root = json_of("hum compare -q --json wide.hum");
    json_t *one = json_of("hum compare -q --json -p ondemand -r 1.25 cyclic.hum");

    (void)state;
    assert_true(json_array_size(json_object_get(root, "policies")) >= 5);
    assert_int_equal(json_array_size(json_object_get(root, "ratios")), 6);
    assert_true(json_is_null(json_object_get(one, "baseline")));
    json_decref(one);
    json_decref(root);
}

/* ---- processes and ranks --------------------------------------------------------------------- */

/* --json has the command line in it, which is not the same. */
static char *without_command(char *text)
{
    json_t *root = json_loads(text, 0, NULL);
    char *rest;

    if (!root)
        return text;
    assert_int_equal(json_object_del(root, "command"), 0);
    rest = json_dumps(root, 0);
    assert_non_null(rest);
    json_decref(root);
    free(text);
    return rest;
}

static void any_number_of_processes_says_the_same(void **state)
{
    static const struct {
        const char *arguments;
        unsigned jobs[2];        /* beside one */
    } cases[] = {{"--json " GRID " " TRACES, {2, 5}},
                 {"--csv -q -p driver -r 1.25 " TRACES, {2, 5}},
                 {"-q -p driver -r 1.25 " TRACES, {2, 5}}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[512], *one;

        snprintf(line, sizeof(line), "hum compare %s --jobs 1", cases[i].arguments);
        one = without_command(text_of(line));
        for (unsigned k = 0; k < 2; k++) {
            char *many;

            snprintf(line, sizeof(line), "hum compare %s --jobs %u", cases[i].arguments,
                     cases[i].jobs[k]);
            many = without_command(text_of(line));
            assert_string_equal(many, one);
            free(many);
        }
        free(one);
    }
}

static void csv_has_a_line_for_each_cell(void **state)
{
    char *text = text_of("hum compare --csv " GRID " " TRACES);
    size_t lines = 0;

    (void)state;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 1 + TRACES_COUNT * RATIOS * POLICIES);
    assert_int_equal(strncmp(text, "trace,policy,ratio,failed,accesses,", 35), 0);
    assert_non_null(strstr(text, "\n\"chase.hum\",\"driver,prefetch.threshold=75\",1.5,,12800,"));
    free(text);
    text = text_of("hum compare --csv -q -p driver -r 1.3333333333,2 chase.hum");
    assert_non_null(strstr(text, "\n\"chase.hum\",\"driver\",1.3333333333,,"));
    assert_non_null(strstr(text, "\n\"chase.hum\",\"driver\",2,,"));
    free(text);
}

/* Also where a trace cannot be read or a replay crashes; the status is that of rank 0. */
static void ranks_say_the_same(void **state)
{
    static const struct {
        unsigned ranks;
        const char *form;
    } cases[] = {{1, ""}, {2, "--csv"}, {3, "--json"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *rest = "-q -p 'driver,ondemand;" CRASHES "' -r 1.25 absent.hum " TRACES;
        struct output alone = run_line("'%s' compare %s %s 2>alone.err", command, cases[i].form,
                                       rest);
        struct output output = run_line(
            "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 '%s' --oversubscribe "
            "-n %u '%s' compare %s %s 2>ranks.err",
            getenv("HUM_MPIRUN"), cases[i].ranks, command, cases[i].form, rest);

        assert_true(strlen(alone.text) > 100);
        assert_string_equal(output.text, alone.text);
        assert_non_null(strstr(alone.text, "the replay "));
        assert_int_equal(alone.status, 1);
        assert_int_equal(output.status, 1);
        free(alone.text);
        free(output.text);
    }
}

static void a_replay_that_crashes_fails_alone(void **state)
{
    json_t *good = json_of("hum compare --json -p driver -r 1.25,1.5 chase.hum"), *root, *cells;
    struct output output = run_line("hum compare --json -n 2 -p 'driver;" CRASHES "' -r 1.25,1.5 "
                                    "chase.hum 2>said");

    (void)state;
    assert_int_equal(output.status, 1);
    root = json_loads(output.text, 0, NULL);
    cells = json_object_get(root, "cells");
    assert_int_equal(json_array_size(cells), 4);
    for (size_t i = 0; i < 2; i++) {
        json_t *crashed = json_object_get(json_array_get(cells, 2 * i + 1), "failed");

        assert_non_null(strstr(json_string_value(crashed), "the replay "));
        assert_true(json_equal(json_array_get(cells, 2 * i),
                               json_array_get(json_object_get(good, "cells"), i)));
    }
    free(output.text);
    json_decref(root);
    json_decref(good);
}

/* Where there is room for less than eight blocks, pages are replayed, and every output says so. */
static void pages_instead_of_blocks_are_named(void **state)
{
    static const char *const lines[] = {
        "hum compare -q -p ondemand -r 1.25 cyclic.hum",
        "hum compare -q -p ondemand -r 2 cyclic.hum",
        "hum compare -q -p ondemand -r 1.25 --page-only cyclic.hum"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char json[128], *text = text_of(lines[i]);
        json_t *root;

        snprintf(json, sizeof(json), "%s --json", lines[i]);
        root = json_of(json);
        assert_int_equal(number(json_array_get(json_object_get(root, "cells"), 0), "page_only"),
                         i > 0);
        assert_int_equal(strstr(text, ", page by page\n") != NULL, i > 0);
        json_decref(root);
        free(text);
    }
}

/* ---- what fails ------------------------------------------------------------------------------ */

static void a_damaged_trace_fails_alone(void **state)
{
    json_t *good = json_of("hum compare --json " GRID " chase.hum"), *root, *cells;
    json_t *good_cells = json_object_get(good, "cells");
    struct output output;

    (void)state;
    free(text_of("cp cyclic.hum damaged.hum; "
                 "printf '\\377' | dd of=damaged.hum bs=1 seek=300 conv=notrunc status=none"));
    output = run_line("hum compare --json " GRID " damaged.hum chase.hum absent.hum 2>said");
    assert_int_equal(output.status, 1);
    root = json_loads(output.text, 0, NULL);
    assert_non_null(root);
    cells = json_object_get(root, "cells");
    for (size_t i = 0; i < RATIOS * POLICIES; i++) {
        json_t *damaged = json_array_get(cells, i);
        json_t *absent = json_array_get(cells, 2 * RATIOS * POLICIES + i);
        json_t *cell = json_array_get(cells, RATIOS * POLICIES + i);

        assert_non_null(strstr(json_string_value(json_object_get(damaged, "failed")),
                               "is damaged"));
        assert_non_null(strstr(json_string_value(json_object_get(absent, "failed")),
                               "there is no trace"));
        json_object_set_new(cell, "trace", json_integer(0));
        assert_true(json_equal(cell, json_array_get(good_cells, i)));
    }
    free(output.text);
    output = run_line("cat said");
    assert_non_null(strstr(output.text, "12 of 18 replays failed"));
    free(output.text);
    output = run_line("hum compare " GRID " damaged.hum chase.hum 2>&1");
    assert_int_equal(output.status, 1);
    assert_non_null(strstr(output.text, "6 of 12 replays failed"));
    assert_non_null(strstr(output.text, "failed, 6 of 12: "));
    free(output.text);
    json_decref(root);
    json_decref(good);
}

/* The pipe ends when the last process that holds it has; timeout says 124 if one never does. */
static void no_replay_outlives_its_command(void **state)
{
    struct output output;

    (void)state;
    if (access("/proc/thread-self/children", R_OK) != 0)
        skip();
    output = run_line("('%s' compare -q -n 1 -r 1.25 -p '" TEST_PLUGINS
                      "/hostile.so,prefetch.how=8' chase.hum 2>no.err & p=$!; "
                      "for i in $(seq 5000); do grep -q . /proc/$p/task/$p/children && break; "
                      "done; kill -9 $p) | timeout 20 cat; echo $?", command);
    assert_string_equal(output.text, "0\n");
    free(output.text);
}

static void wrong_command_lines_say_what_is_wrong(void **state)
{
    static const struct {
        const char *arguments, *said;
        int status;
    } cases[] = {
        {"", "which traces?", 2},
        {"-p nothing chase.hum", "unknown policy 'nothing'", 2},
        {"-p 'driver;;ondemand' chase.hum", "a policy without a name", 2},
        {"-p 'prefetch=nothing' chase.hum", "nothing", 2},
        {"-r 0 chase.hum", "no list of ratios", 2},
        {"-r 1,x chase.hum", "no list of ratios", 2},
        {"--link usb chase.hum", "nvlink-c2c", 2},
        {"--fault never chase.hum", "batch or serial", 2},
        {"--jobs 0 chase.hum", "--jobs takes 1 to", 2},
        {"--jobs two chase.hum", "--jobs takes 1 to", 2},
        {"--json --csv chase.hum", "exclude each other", 2},
        {"-p ahead,tree --baseline lfu chase.hum", "none of the policies compared", 2},
        {"--no-such-option chase.hum", "Try 'hum compare --help'", 2},
        {"-q absent.hum", "there is no trace", 1},
        {"-q -p driver -r 1.25 cyclic.hum -R absent/page.html", "page", 1},
        {"-q -p driver -r 1.25 cyclic.hum >/dev/full", "", 1},
        {"--help", "mpirun", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct output output = run_line("{ hum compare %s; } 2>&1", cases[i].arguments);

        if (output.status != cases[i].status || !strstr(output.text, cases[i].said))
            fail_msg("%s: %d, %s", cases[i].arguments, output.status, output.text);
        free(output.text);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_is_the_replay_alone),
        cmocka_unit_test(json_holds_the_whole_comparison),
        cmocka_unit_test(everything_is_the_default),
        cmocka_unit_test(any_number_of_processes_says_the_same),
        cmocka_unit_test(csv_has_a_line_for_each_cell),
        cmocka_unit_test(pages_instead_of_blocks_are_named),
        cmocka_unit_test(a_damaged_trace_fails_alone),
        cmocka_unit_test(a_replay_that_crashes_fails_alone),
        cmocka_unit_test(no_replay_outlives_its_command),
        cmocka_unit_test(wrong_command_lines_say_what_is_wrong),
    };
    const struct CMUnitTest ranks[] = {cmocka_unit_test(ranks_say_the_same)};

    command = getenv("HUM_COMMAND");
    if (!command || !getenv("HUM_RECORDED_SAMPLE")) {
        fputs("HUM_COMMAND and HUM_RECORDED_SAMPLE are not set\n", stderr);
        return 1;
    }
    if (argc < 2 || strcmp(argv[1], "ranks") != 0)
        return cmocka_run_group_tests(tests, make_traces, remove_folder);
    if (!getenv("HUM_MPIRUN")) {
        puts("skipped: no mpirun, or hum was built without MPI (Debian: libopenmpi-dev)");
        return SKIP;
    }
    return cmocka_run_group_tests(ranks, make_traces, remove_folder);
}
