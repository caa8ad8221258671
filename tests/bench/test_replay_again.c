/* SPDX-License-Identifier: MIT */
/* test_replay_again.c - hum replay --as-recorded as a user runs it: a run, done again. */
#include "bench/replay_line.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <hum/hum.h>

static void record(const char *policy, const char *name)
{
    struct output *out = run_line("HUM_DETERMINISTIC=on HUM_ACCESSES=full:1 HUM_TRACE=%s "
                                  "HUM_POLICY='%s' '%s' --mode unified --runs 1 --size 20001",
                                  name, policy, getenv("HUM_RECORDED_SAMPLE"));

    if (out->status != 0)
        fail_msg("%s", out->text);
}

static void a_run_again_counts_the_same(void **state)
{
    json_t *root, *run, *again;

    (void)state;
    record("driver;region:a=chunk", "run.trace");
    root = replay("run.trace --as-recorded");
    run = json_object_get(root, "run");
    again = json_object_get(root, "replay");
    assert_string_equal(json_string_value(json_object_get(root, "policy")),
                        "driver;region:a=chunk");
    assert_true(json_is_true(json_object_get(root, "same")));
    assert_int_equal(json_array_size(json_object_get(root, "differing")), 0);
    assert_true(number(run, "faults of devices") > 0);
    assert_true(number(run, "bytes, device fault") > 0);
    assert_int_equal(json_object_size(run), 9 + 3 * HUM_CAUSE_COUNT);
    assert_true(json_equal(run, again));
    json_decref(root);
}

/* A region's policy is told without an order of eviction, which none may be given. */
static void a_rule_of_parts_can_be_done_again(void **state)
{
    json_t *root;

    (void)state;
    record("driver;region:a=place=remote", "rule.trace");
    root = replay("rule.trace --as-recorded");
    assert_non_null(strstr(json_string_value(json_object_get(root, "policy")),
                           ";region:a=place=remote,"));
    assert_null(strstr(json_string_value(json_object_get(root, "policy")), "evict="));
    assert_true(json_is_true(json_object_get(root, "same")));
    json_decref(root);
}

/* The same run of which every third access is missing. */
static void what_counts_otherwise_is_named(void **state)
{
    struct output *out;

    (void)state;
    run_well("hum trace export -F csv run.trace | awk '!/^access/ || n++ % 3' | "
             "hum trace import -F csv -o less.trace -");
    out = run_line("hum replay less.trace --as-recorded");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "counters differ"));
    assert_non_null(strstr(out->text, "differs\n"));
    out = run_line("hum replay less.trace --as-recorded --json");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "\"same\": false"));
    assert_null(strstr(out->text, "\"differing\": []"));
}

static void as_recorded_needs_a_run(void **state)
{
    static const char plugin[] = TEST_PLUGINS "/good.so";
    struct output *out;

    (void)state;
    out = run_line("hum replay blocks.trace --as-recorded");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "does not say what the run counted"));
    out = run_line("hum replay n.trace --as-recorded");
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "no accesses"));
    for (size_t i = 0; i < 3; i++) {
        out = run_line("hum replay run.trace --as-recorded %s",
                       i == 0 ? "-c 64M" : i == 1 ? "--loop open" : "--record x");
        assert_int_equal(out->status, 2);
        assert_non_null(strstr(out->text, "takes everything from the trace"));
    }
    record(plugin, "plugin.trace");
    out = run_line("hum replay plugin.trace --as-recorded");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "only if you name it"));
    out = run_line("hum replay plugin.trace --as-recorded --policy %s", plugin);
    assert_int_equal(out->status, 0);
}

int replay_as_recorded(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_again_counts_the_same),
        cmocka_unit_test(a_rule_of_parts_can_be_done_again),
        cmocka_unit_test(what_counts_otherwise_is_named),
        cmocka_unit_test(as_recorded_needs_a_run),
    };

    return cmocka_run_group_tests_name("replay_as_recorded", tests, NULL, NULL);
}
