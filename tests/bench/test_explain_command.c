/* SPDX-License-Identifier: MIT */
/* test_explain_command.c - hum explain as a user runs it, on the trace of sharer.c. */
#include "bench/command_line.h"
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES 10

static const char *command;
static char folder[] = "/tmp/hum-explain-XXXXXX";
static char address[32]; /* of the region "parts" */

static int make_traces(void **state)
{
    static const char how[] = "HUM_DEVICES='emu:mem=64M,workers=1;emu:mem=64M,workers=1' "
                              "HUM_TRACE=%s.trace HUM_POLICY=%s %s '%s'";
    const char *sharer = getenv("HUM_SHARER");
    struct output *out;

    (void)state;
    if (!sharer || !mkdtemp(folder))
        return -1;
    out = run_line(how, "exact", "ondemand", "HUM_ACCESSES=exact HUM_LINK=pcie3x16", sharer);
    if (out->status != 0) {
        fprintf(stderr, "%s", out->text);
        return -1;
    }
    snprintf(address, sizeof(address), "%.20s", out->text);
    address[strcspn(address, "\n")] = '\0';
    if (run_line(how, "ahead", "ahead", "HUM_ACCESSES=exact", sharer)->status != 0)
        return -1;
    return run_line(how, "plain", "ondemand", "", sharer)->status;
}

static int remove_folder(void **state)
{
    (void)state;
    return run_line("rm -r %s", folder)->status;
}

static json_t *explained(const char *arguments)
{
    struct output *out = run_line("hum explain --json %s", arguments);
    json_error_t error;
    json_t *root = json_loads(out->text, 0, &error);

    if (!root || out->status != 0)
        fail_msg("%s in: %s", error.text, out->text);
    return root;
}

static int64_t number_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (!json_is_integer(value))
        fail_msg("%s is no number", key);
    return (int64_t)json_integer_value(value);
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (!text)
        fail_msg("%s is no text", key);
    return text;
}

/* The group that holds a page of the region; NULL: it is at rest. */
static json_t *group_of(json_t *root, int64_t page)
{
    json_t *groups = json_object_get(root, "groups");
    int64_t first = number_of(json_object_get(root, "region"), "first_page");

    for (size_t i = 0; i < json_array_size(groups); i++) {
        json_t *group = json_array_get(groups, i);
        int64_t at = number_of(group, "first_page") - first;

        if (page >= at && page < at + number_of(group, "pages"))
            return group;
    }
    return NULL;
}

static const char *kind_of(json_t *root, int64_t page)
{
    json_t *group = group_of(root, page);

    return group ? text_of(group, "kind") : "rest";
}

/* What was copied back and forth most stands first. */
static void check_rank(json_t *groups)
{
    int64_t last = INT64_MAX;

    for (size_t i = 0; i < json_array_size(groups); i++) {
        json_t *group = json_array_get(groups, i);
        int64_t copies =
            number_of(group, "copies_to_host") + number_of(group, "copies_to_device");
        assert_true(copies <= last);
        last = copies;
    }
}

static void every_page_gets_its_own_verdict(void **state)
{
    static const char *const kinds[PAGES] = {"false", "rest", "true",  "rest", "unknown",
                                             "rest",  "true", "false", "true", "rest"};
    json_t *root = explained("exact.trace parts");

    (void)state;
    for (int page = 0; page < PAGES; page++)
        assert_string_equal(kind_of(root, page), kinds[page]);
    check_rank(json_object_get(root, "groups"));
    json_t *pages = json_object_get(root, "pages");
    assert_int_equal(number_of(pages, "false"), 2);
    assert_int_equal(number_of(pages, "true"), 3);
    assert_int_equal(number_of(pages, "unknown"), 1);
    json_t *group = group_of(root, 0);
    assert_int_equal(number_of(group, "trips_min"), 5);
    assert_int_equal(number_of(group, "copies_to_device"), 11);
    assert_int_equal(number_of(group, "copies_by_fault"), 11);
    assert_int_equal(number_of(group, "turns_false"), 11);
    assert_true(number_of(group, "modelled_ns") > 0);
    json_t *user = json_array_get(json_object_get(group, "users"), 1);
    assert_string_equal(text_of(user, "processor"), "emu1");
    assert_string_equal(text_of(user, "write_lines"), "8000000000000000");
    assert_non_null(strstr(text_of(group, "advice"), "pad or align"));
    assert_non_null(strstr(text_of(group_of(root, 6), "advice"), "hum_prefetch"));
    json_decref(root);
}

static void no_page_is_wrongly_accused_when_blocks_move_together(void **state)
{
    static const int alone[] = {1, 3, 5, 9};
    json_t *root = explained("ahead.trace parts");

    (void)state;
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        const char *kind = kind_of(root, alone[i]);
        if (strcmp(kind, "false") == 0 || strcmp(kind, "true") == 0)
            fail_msg("page %d is called %s", alone[i], kind);
    }
    assert_string_not_equal(kind_of(root, 0), "true");
    assert_string_not_equal(kind_of(root, 2), "false");
    json_decref(root);
}

static void without_accesses_nothing_is_claimed(void **state)
{
    json_t *root = explained("plain.trace parts");

    (void)state;
    assert_string_equal(kind_of(root, 0), "unknown");
    assert_string_equal(kind_of(root, 2), "unknown");
    assert_string_equal(kind_of(root, 1), "rest");
    assert_non_null(strstr(text_of(group_of(root, 0), "advice"), "HUM_ACCESSES=exact"));
    json_decref(root);
    assert_non_null(strstr(run_line("hum explain plain.trace parts")->text, "no accesses"));
}

static void a_page_is_found_by_address_or_offset(void **state)
{
    static const char *const forms[] = {"parts+0x2008", "1+8K", "--all parts+12287"};
    char arguments[96];

    (void)state;
    for (size_t i = 0; i <= sizeof(forms) / sizeof(forms[0]); i++) {
        if (i == sizeof(forms) / sizeof(forms[0]))
            snprintf(arguments, sizeof(arguments), "exact.trace %.*s2abc",
                     (int)strlen(address) - 4, address);
        else
            snprintf(arguments, sizeof(arguments), "exact.trace %s", forms[i]);
        json_t *root = explained(arguments), *page = json_object_get(root, "page");
        int64_t first = number_of(json_object_get(root, "region"), "first_page");
        assert_int_equal(number_of(page, "page"), first + 2);
        assert_string_equal(kind_of(root, 2), "true");
        json_decref(root);
    }
}

static void a_page_tells_its_events_and_its_users(void **state)
{
    json_t *root = explained("--all exact.trace parts+24576"); /* page 6 */
    json_t *page = json_object_get(root, "page"), *events = json_object_get(page, "events");
    json_t *touches = json_object_get(page, "touches");
    int64_t last = 0, copied = 0;

    (void)state;
    assert_string_equal(text_of(json_object_get(page, "arrival"), "processor"), "emu1");
    assert_int_equal(number_of(page, "event_count"), json_array_size(events));
    assert_int_equal(number_of(page, "events_left_out"), 0);
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *event = json_array_get(events, i);
        assert_true(number_of(event, "time_ns") >= last);
        last = number_of(event, "time_ns");
        copied += json_is_true(json_object_get(event, "copied"));
        if (json_is_true(json_object_get(event, "copied"))) {
            assert_string_equal(text_of(event, "kernel"), "read_words");
            assert_string_equal(text_of(event, "processor"), "emu1");
            assert_string_equal(text_of(event, "cause"), "device fault");
            assert_int_equal(number_of(event, "bytes"), 4096);
            assert_true(number_of(event, "modelled_ns") > 0);
        }
    }
    assert_int_equal(copied, 6);
    assert_int_equal(number_of(page, "copies"), 6);
    assert_int_equal(json_array_size(touches), 2);
    json_t *fill = json_array_get(touches, 0), *read = json_array_get(touches, 1);
    assert_string_equal(text_of(fill, "kernel"), "fill");
    assert_int_equal(number_of(fill, "launches"), 6);
    assert_int_equal(number_of(fill, "writes"), 6 * 8);
    assert_string_equal(text_of(read, "kernel"), "read_words");
    assert_string_equal(text_of(read, "read_lines"), "0000000000000001");
    json_decref(root);
}

static void text_says_the_same(void **state)
{
    struct output *out = run_line("hum explain exact.trace parts");

    (void)state;
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "region 'parts' (number 1)"));
    assert_non_null(strstr(out->text, "ping-pongs, falsely shared; 5 round trips"));
    assert_non_null(strstr(out->text, "emu1 reads bytes 4032-4095; writes 4032-4095"));
    assert_non_null(strstr(out->text, "advice: emu0 and emu1 write different lines"));
    assert_non_null(strstr(out->text, "host use is known by page only"));
    assert_non_null(strstr(out->text, "modelled"));
    out = run_line("hum explain exact.trace parts+0");
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "It came last to emu1"));
    assert_non_null(strstr(out->text, "by device fault (kernel add)"));
    assert_non_null(strstr(out->text, "more: --all"));
    assert_non_null(strstr(out->text, "write upgrade"));
    out = run_line("hum explain --region 1 exact.trace");
    assert_non_null(strstr(out->text, "region 'parts'"));
    out = run_line("hum explain --trips 6 exact.trace parts");
    assert_non_null(strstr(out->text, "nothing ping-pongs"));
    assert_null(strstr(run_line("hum explain plain.trace parts")->text, "modelled"));
}

/* Cut anywhere, what is left is explained or refused, with a sentence. */
static void a_damaged_trace_is_explained_up_to_there(void **state)
{
    (void)state;
    for (unsigned part = 1; part < 8; part += 3) {
        struct output *out =
            run_line("head -c $(($(wc -c <exact.trace) * %u / 8)) exact.trace >part.trace; "
                     "hum explain part.trace parts", part);
        assert_in_range(out->status, 0, 1);
        assert_true(strlen(out->text) > 0);
    }
    struct output *out = run_line("{ cat exact.trace; echo more; } >long.trace; "
                                  "hum explain long.trace parts");
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "explained up to there"));
}

static void what_is_not_there_is_refused(void **state)
{
    static const struct {
        const char *arguments, *says;
        int status;
    } cases[] = {
        {"", "which trace?", 2},
        {"exact.trace", "which address or region?", 2},
        {"exact.trace parts more", "unexpected argument 'more'", 2},
        {"--trips 0 exact.trace parts", "--trips takes a number", 2},
        {"--colour exact.trace parts", "Try 'hum explain --help'", 2},
        {"none.trace parts", "none.trace", 1},
        {"exact.trace graph", "no region 'graph'; regions: 'parts'", 1},
        {"exact.trace parts+40960", "behind its end", 1},
        {"exact.trace parts+x", "no region 'parts+x'", 1},
        {"exact.trace 0x10", "not in the space", 1},
        {"--region 0x200000000000 exact.trace", "no region", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct output *out = run_line("hum explain %s", cases[i].arguments);
        if (out->status != cases[i].status || !strstr(out->text, cases[i].says))
            fail_msg("%s: %d, %s", cases[i].arguments, out->status, out->text);
    }
    struct output *out = run_line("hum explain exact.trace %.*sa00000", (int)strlen(address) - 6,
                                  address); /* within the space, behind the region */
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "no region holds"));
    assert_int_equal(run_line("hum explain --help")->status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_gets_its_own_verdict),
        cmocka_unit_test(no_page_is_wrongly_accused_when_blocks_move_together),
        cmocka_unit_test(without_accesses_nothing_is_claimed),
        cmocka_unit_test(a_page_is_found_by_address_or_offset),
        cmocka_unit_test(a_page_tells_its_events_and_its_users),
        cmocka_unit_test(text_says_the_same),
        cmocka_unit_test(a_damaged_trace_is_explained_up_to_there),
        cmocka_unit_test(what_is_not_there_is_refused),
    };

    command = getenv("HUM_COMMAND");
    command_line_hum = command;
    command_line_folder = folder;
    if (!command) {
        fputs("HUM_COMMAND must name the hum command\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, make_traces, remove_folder);
}
