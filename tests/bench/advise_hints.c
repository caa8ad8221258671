/* SPDX-License-Identifier: MIT */
/* advise_hints.c - see advise_hints.h */
#include "bench/advise_hints.h"

#include <jansson.h>

#include "bench/command_line.h"
#include "unit/model/made_trace.h"

#define INPUT_PAGES (4 * PAGES)

static void put_call(struct hum_trace_call call)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_CALL, .call = call};

    made_put(&record);
}

/* The program calls, then a device reads what the host wrote. */
static void make_trace(struct hum_trace_call call)
{
    made_begin("ondemand");
    made_region(1, 0, INPUT_PAGES);
    made_host(0, INPUT_PAGES, true);
    put_call(call);
    made_epoch(1);
    made_access(&(struct made_access){.launch = 1, .pages = INPUT_PAGES, .count = 500});
    made_launch(1, 0, 0);
    made_epoch(0);
    made_end();
}

static json_t *advise(const char *options)
{
    struct output *out = run_line("hum advise --json -q %s %s", options, made_path);
    json_t *root = json_loads(out->text, 0, NULL);

    if (!root || out->status != 0)
        fail_msg("%s: %s", options, out->text);
    return root;
}

/* NULL: it is not advised. */
static const json_t *advice_of(const json_t *root, const char *kind)
{
    json_t *advice;
    size_t i;

    json_array_foreach(json_object_get(root, "advice"), i, advice)
        if (strcmp(json_string_value(json_object_get(advice, "kind")), kind) == 0)
            return advice;
    return NULL;
}

static json_int_t modelled_ns(const json_t *root, const char *figures)
{
    json_t *value = json_object_get(json_object_get(root, figures), "modelled_ns");

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void says(const char *options, int status, const char *text)
{
    struct output *out = run_line("hum advise -q %s %s", options, made_path);

    if (out->status != status || !strstr(out->text, text))
        fail_msg("%s: status %d: %s", options, out->status, out->text);
}

/* What the program does already gains nothing more; without it, just as much as it does. */
static void what_the_program_asked_for_is_in_the_base(void **state)
{
    json_t *root, *without;

    (void)state;
    make_trace((struct hum_trace_call){.call = HUM_TRACE_CALL_PREFETCH,
                                       .region = 1,
                                       .bytes = INPUT_PAGES * HUM_PAGE_SIZE});
    root = advise("");
    without = advise("--no-hints");
    assert_int_equal(json_integer_value(json_object_get(root, "calls")), 1);
    assert_int_equal(json_integer_value(json_object_get(root, "refused_calls")), 0);
    assert_true(json_is_true(json_object_get(root, "program_advised")));
    assert_true(json_is_true(json_object_get(root, "hints")));
    assert_true(json_is_false(json_object_get(without, "hints")));
    assert_null(advice_of(root, "prefetch"));
    assert_non_null(advice_of(without, "prefetch"));
    assert_int_equal(modelled_ns(advice_of(without, "prefetch"), "after"),
                     modelled_ns(root, "before"));
    assert_true(modelled_ns(root, "before") < modelled_ns(without, "before"));
    json_decref(without);
    json_decref(root);
    says("", 0, "with what the program asked of the runtime, once");
    says("--no-hints", 0, "without what the program asked of the runtime");
    made_remove();
}

/* The text of the error says what helps. */
static void a_policy_of_a_plugin_is_left_out_as_it_is_said(void **state)
{
    (void)state;
    make_trace((struct hum_trace_call){.call = HUM_TRACE_CALL_POLICY,
                                       .processor = HUM_HOST,
                                       .device = HUM_HOST,
                                       .text = "/nonesuch/mine.so"});
    says("", 1, "(--policy), or leaving hints out (--no-hints), leaves it out");
    says("--policy ondemand", 0, "what to do");
    says("--no-hints", 0, "what to do");
    made_remove();
}

int advise_hints(const char *command)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_program_asked_for_is_in_the_base),
        cmocka_unit_test(a_policy_of_a_plugin_is_left_out_as_it_is_said),
    };

    command_line_hum = command;
    command_line_folder = "/tmp";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
