/* SPDX-License-Identifier: MIT */
/* test_command_bench.c - hum bench as a user runs it; no times are asserted. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "command_output.h"

static void check_result(json_t *result)
{
    static const char *const members[] = {"name", "value", "unit", "floor", "ratio",
                                          "note", "limit", "pass", NULL};
    double value, floor, ratio;

    has_members(result, members);
    if (json_is_null(json_object_get(result, "value")))
        fail_msg("%s: %s", json_string_value(json_object_get(result, "name")),
                 json_string_value(json_object_get(result, "note")));
    value = json_number_value(json_object_get(result, "value"));
    floor = json_number_value(json_object_get(result, "floor"));
    ratio = json_number_value(json_object_get(result, "ratio"));
    assert_true(floor > 0);
    if (!json_object_get(result, "ratio_spread")) /* else it is the median of the pairs' */
        assert_true(fabs(ratio - value / floor) <= 1e-9 * fabs(ratio));
    assert_true(ratio > 0);
}

/* Run with tiny sizes and check that the results have these names, in this order. */
static void check_bench(const char *names, const char *const *expected)
{
    struct output *out =
        run_line("%s bench --json --size 1M --runs 1 --regions 100 %s", command, names);
    json_t *all = parse(out->text), *results = json_object_get(all, "results"), *result;
    size_t i = 0;

    json_array_foreach(results, i, result)
    {
        assert_non_null(expected[i]);
        assert_string_equal(json_string_value(json_object_get(result, "name")), expected[i]);
        check_result(result);
    }
    assert_null(expected[i]);
    assert_int_equal(out->status, 0);
    json_decref(all);
}

static void bench_measures_launch_alloc_and_metadata(void **state)
{
    static const char *const expected[] = {"launch", "metadata", "metadata-reserved", "alloc",
                                           NULL};

    (void)state;
    check_bench("alloc launch metadata launch", expected);
}

static void bench_measures_moves(void **state)
{
    static const char *const expected[] = {"resident",     "stream-h2d",   "stream-d2h",
                                           "prefetch-h2d", "prefetch-d2h", NULL};

    (void)state;
    check_bench("resident stream-h2d stream-d2h prefetch-h2d prefetch-d2h", expected);
}

static void bench_measures_faults(void **state)
{
    static const char *const expected[] = {"fault-h2d", "fault-d2h", NULL};

    (void)state;
    check_bench("fault-h2d fault-d2h", expected);
}

static void bench_measures_recording(void **state)
{
    static const char *const expected[] = {"trace-stream-h2d", "trace-stream-d2h",
                                           "trace-pagerank",   "exact-stream-h2d",
                                           "exact-pagerank",   NULL};

    (void)state;
    check_bench("exact-pagerank exact-stream-h2d trace-stream-h2d trace-stream-d2h trace-pagerank",
                expected);
}

static void bench_leaves_out_what_this_build_cannot_do(void **state)
{
    struct output *out = run_line("%s bench --list", command);
    bool listed = strstr(out->text, "epoch-stream-h2d") != NULL;

    (void)state;
    out = run_line("%s bench --json --size 1M --runs 1 epoch-stream-h2d", command);
    assert_int_equal(out->status, listed ? 0 : 1);
    json_decref(parse(out->text));
}

/* 4 KiB .. 1 MiB both ways, a line each way and one for both. */
static void bench_fits_a_link(void **state)
{
    struct output *out = run_line("%s bench --json --size 1M --runs 1 link", command);
    json_t *all = parse(out->text);
    json_t *result = json_array_get(json_object_get(all, "results"), 0);
    static const char *const members[] = {"alpha_ns", "beta_bytes_per_s", "setting",
                                          "error_median", "error_max", NULL};
    static const char *const point_members[] = {"direction", "bytes", "copies", "ns", "memcpy_ns",
                                                NULL};

    (void)state;
    check_result(result);
    has_members(result, members);
    assert_int_equal(json_array_size(json_object_get(result, "points")), 2 * 9);
    has_members(json_array_get(json_object_get(result, "points"), 17), point_members);
    assert_int_equal(json_array_size(json_object_get(result, "directions")), 2);
    for (size_t d = 0; d < 2; d++)
        has_members(json_array_get(json_object_get(result, "directions"), d), members);
    json_decref(all);
    assert_int_equal(out->status, 0);
}

/* Two loads, 1 .. 8 kernels, each under all policies; every round of each kernel is counted. */
static void bench_tells_what_thrashing_control_does(void **state)
{
    static const char *const members[] = {"load", "kernels", "policy", "array_bytes",
                                          "device_bytes", "rounds_per_s", "faults", "faults_per_s",
                                          "moved_bytes", "evictions", "remote_maps", NULL};
    struct output *out = run_line("%s bench --json --size 1M --runs 1 thrash", command);
    json_t *all = parse(out->text), *cell;
    json_t *result = json_array_get(json_object_get(all, "results"), 0);
    json_t *cells = json_object_get(result, "cells");
    size_t i;

    (void)state;
    check_result(result);
    assert_int_equal(json_array_size(cells) % (2 * 8), 0);
    json_array_foreach(cells, i, cell)
    {
        long long kernels = json_integer_value(json_object_get(cell, "kernels"));
        const char *load = json_string_value(json_object_get(cell, "load"));
        bool own = strcmp(load, "own") == 0;
        const char *policy = json_string_value(json_object_get(cell, "policy"));
        json_int_t out_of_room = json_integer_value(json_object_get(cell, "evictions"));

        has_members(cell, members);
        assert_int_equal(json_integer_value(json_object_get(cell, "rounds")),
                         kernels * (own ? 1 : 30));
        assert_true(json_number_value(json_object_get(cell, "seconds")) > 0);
        if (own && strcmp(policy, "ahead") == 0) /* four fill the device */
            assert_int_equal(out_of_room > 0, kernels > 4);
    }
    json_decref(all);
    assert_int_equal(out->status, 0);
}

/* One opening of a fraction of a second: each pair of rounds has a ratio of both kinds. */
static void bench_tells_what_sampling_costs(void **state)
{
    static const char *const members[] = {"cpu_ratio", "cpu_ratio_spread", "ratio_spread",
                                          "overlap_percent", NULL};
    struct output *out = run_line("%s bench --json --size 1M --runs 1 counters-join", command);
    json_t *all = parse(out->text), *spread;
    json_t *result = json_array_get(json_object_get(all, "results"), 0);
    double median = json_number_value(json_object_get(result, "cpu_ratio"));

    (void)state;
    check_result(result);
    has_members(result, members);
    spread = json_object_get(result, "cpu_ratio_spread");
    assert_true(median > 0 && median >= json_number_value(json_object_get(spread, "min")) &&
                median <= json_number_value(json_object_get(spread, "max")));
    assert_true(json_integer_value(json_object_get(spread, "count")) > 0);
    assert_int_equal(
        json_integer_value(json_object_get(spread, "count")),
        json_integer_value(json_object_get(json_object_get(result, "ratio_spread"), "count")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(result, "overlap_percent"), "count")),
        1);
    json_decref(all);
    all = parse(run_line("%s bench --json --size 1M --runs 1 metadata", command)->text);
    result = json_array_get(json_object_get(all, "results"), 0);
    check_result(result);
    assert_null(json_object_get(result, "cpu_ratio"));
    json_decref(all);
}

static void bench_lists_its_names(void **state)
{
    static const char *const names[] = {
        "resident",  "stream-h2d", "stream-d2h", "prefetch-h2d", "prefetch-d2h", "fault-h2d",
        "fault-d2h", "upgrade",    "launch",     "metadata",     "alloc",
        "link",      "thrash",    "trace-stream-h2d", "exact-pagerank",
    };
    struct output *out = run_line("%s bench --list", command);

    (void)state;
    assert_int_equal(out->status, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(out->text, names[i]));
    json_decref(parse(run_line("%s bench --list --json", command)->text));
}

int command_bench(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bench_measures_launch_alloc_and_metadata),
        cmocka_unit_test(bench_measures_moves),
        cmocka_unit_test(bench_measures_faults),
        cmocka_unit_test(bench_measures_recording),
        cmocka_unit_test(bench_leaves_out_what_this_build_cannot_do),
        cmocka_unit_test(bench_fits_a_link),
        cmocka_unit_test(bench_tells_what_thrashing_control_does),
        cmocka_unit_test(bench_tells_what_sampling_costs),
        cmocka_unit_test(bench_lists_its_names),
    };

    return cmocka_run_group_tests_name("command_bench", tests, NULL, NULL);
}
