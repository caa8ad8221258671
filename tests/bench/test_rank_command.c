/* SPDX-License-Identifier: MIT */
/*
 * test_rank_command.c - hum rank as a user runs it: what was run and replayed is the same work, and
 * places and pairs follow from the times that are printed.  No time is asserted.
 *
 *     HUM_COMMAND  the command     HUM_RECORDED_SAMPLE  a sample to run
 */
#include "support/test.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/command_line.h"

#define PROGRAM "\"$HUM_RECORDED_SAMPLE\" --size 1500K --mode unified --runs 1"

enum { POLICIES = 3, RUNS = 2 };

static char folder[] = "/tmp/hum-rank-XXXXXX";

static double number(json_t *object, const char *field)
{
    json_t *value = json_object_get(object, field);

    if (!json_is_number(value))
        fail_msg("%s is no number", field);
    return json_number_value(value);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", value, expected);
}

static json_t *member(json_t *object, const char *field)
{
    json_t *value = json_object_get(object, field);

    if (!value)
        fail_msg("no %s", field);
    return value;
}

static int make_folder(void **state)
{
    (void)state;
    command_line_folder = mkdtemp(folder);
    command_line_hum = getenv("HUM_COMMAND");
    return command_line_folder && command_line_hum ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* which must be empty: every file of its own is gone */
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* Median and spread of its runs. */
static void check_entry(json_t *entry)
{
    json_t *runs = member(entry, "live_runs_s");
    double a, b;

    assert_int_equal(json_array_size(runs), RUNS);
    a = json_number_value(json_array_get(runs, 0));
    b = json_number_value(json_array_get(runs, 1));
    assert_true(a > 0 && b > 0);
    assert_true(number(entry, "live_s") >= (a < b ? a : b));
    assert_true(number(entry, "live_s") <= (a < b ? b : a));
    assert_near(number(entry, "live_spread_s"), (a > b ? a - b : b - a) / 2);
    assert_true(number(entry, "modelled_s") > 0);
    assert_true(number(entry, "live_faults") > 0);
}

/* Places add up, and never go against the times. */
static void check_places(json_t *policies, const char *place, const char *time)
{
    double sum = 0;

    for (size_t i = 0; i < POLICIES; i++) {
        json_t *x = json_array_get(policies, i);

        sum += number(x, place);
        for (size_t j = 0; j < POLICIES; j++) {
            json_t *y = json_array_get(policies, j);

            if (number(x, time) <= number(y, time))
                assert_true(number(x, place) <= number(y, place));
        }
    }
    assert_near(sum, POLICIES * (POLICIES + 1) / 2.0);
}

/* The pairs of an agreement, counted again from the places. */
static void check_agreement(json_t *workload)
{
    json_t *policies = member(workload, "policies");
    json_t *pairs = member(member(workload, "agreement"), "pairs");
    double agree = 0, disagree = 0, tied = 0;

    for (size_t i = 0; i < POLICIES; i++)
        for (size_t j = 0; j < i; j++) {
            json_t *x = json_array_get(policies, i), *y = json_array_get(policies, j);
            double turn = (number(x, "live_place") - number(y, "live_place")) *
                          (number(x, "modelled_place") - number(y, "modelled_place"));

            agree += turn > 0;
            disagree += turn < 0;
            tied += turn == 0;
        }
    assert_near(number(pairs, "agree"), agree);
    assert_near(number(pairs, "disagree"), disagree);
    assert_near(number(pairs, "tied_live") + number(pairs, "tied_modelled") +
                           number(pairs, "tied_both"), tied);
}

static void places_follow_from_the_times(void **state)
{
    static const char *const names[POLICIES] = {"ahead", "driver", "chunk"};
    struct output *out = run_line("TMPDIR=. hum rank -q -j -n 2 -r 1.0 -p ahead,driver,chunk "
                                  "--link alpha=1us,beta=4G -- " PROGRAM);
    const char *object = strchr(out->text, '{'); /* behind what a sanitizer says on its way out */
    json_error_t error;
    json_t *root = object ? json_loads(object, 0, &error) : NULL, *workload, *policies;

    (void)state;
    if (out->status != 0 || !root)
        fail_msg("%d: %s", out->status, out->text);
    assert_int_equal(json_array_size(member(root, "workloads")), 1);
    workload = json_array_get(member(root, "workloads"), 0);
    assert_string_equal(json_string_value(member(workload, "name")), "vector_add");
    assert_int_equal(json_array_size(member(workload, "command")), 7);
    policies = member(workload, "policies");
    assert_int_equal(json_array_size(policies), POLICIES);
    for (size_t i = 0; i < POLICIES; i++) {
        json_t *entry = json_array_get(policies, i);

        assert_string_equal(json_string_value(member(entry, "policy")), names[i]);
        check_entry(entry);
    }
    check_places(policies, "live_place", "live_s");
    check_places(policies, "modelled_place", "modelled_s");
    check_agreement(workload);
    assert_true(json_equal(member(member(workload, "agreement"), "pairs"),
                           member(member(root, "agreement"), "pairs")));
    json_decref(root);
}

static void several_programs_are_parted_by_two_dashes(void **state)
{
    struct output *out = run_line("TMPDIR=. hum rank -q -n 1 -p ahead,chunk --link pcie5x16 -r 1 "
                                  "-- " PROGRAM " -- " PROGRAM);

    (void)state;
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "2 workloads under 2 policies, r = 1, link pcie5x16"));
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *line, *says;
        int status;
    } cases[] = {
        {"hum rank", "which program?", 2},
        {"hum rank -- --", "which program?", 2},
        {"hum rank -p ahead -- true", "2 to 32 policies", 2},
        {"hum rank -p ahead,nothing -- true", "nothing", 2},
        {"hum rank -r 1,2 -- true", "one ratio", 2},
        {"hum rank -n 0 -- true", "--runs takes", 2},
        {"hum rank --tie x -- true", "--tie takes", 2},
        {"hum rank --pace off -- true", "--pace takes", 2},
        {"hum rank --time my -- true", "--time takes", 2},
        {"hum rank --link none -- true", "only on a link", 2},
        {"hum rank --link slow -- true", "slow", 2},
        {"TMPDIR=. hum rank -- true", "the trace of true", 1},
        {"TMPDIR=. hum rank -- false", "false ended with status 1", 1},
        {"TMPDIR=. hum rank -- ./none", "cannot run ./none", 1},
        {"TMPDIR=. hum rank -- \"$HUM_RECORDED_SAMPLE\" --size 64K --mode unified --runs 1",
         "room for less than 8 blocks", 0},
        {"TMPDIR=. hum rank -p driver,chunk -- \"$HUM_RECORDED_SAMPLE\" --size 64K "
         "--mode unified --runs 1", "too small", 0},
        {"TMPDIR=/none hum rank -- true", "cannot make a file", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct output *out = run_line("%s", cases[i].line);

        if (out->status != cases[i].status || !strstr(out->text, cases[i].says))
            fail_msg("%s: %d, %s", cases[i].line, out->status, out->text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_follow_from_the_times),
        cmocka_unit_test(several_programs_are_parted_by_two_dashes),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
