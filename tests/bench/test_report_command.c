/* SPDX-License-Identifier: MIT */
/*
 * test_report_command.c - hum report as a user runs it, on a trace of a program that never ran.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static const char *command, *make_trace;
static char folder[] = "/tmp/hum-test-report-XXXXXX";

/* What a command line printed, malloc()ed; its exit status must be `status`. */
static char *output_of(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

static char *output_of(int status, const char *format, ...)
{
    char line[1024], *text = NULL;
    size_t bytes, got;
    char piece[65536];
    va_list args;
    int ended;
    FILE *in, *out = open_memstream(&text, &bytes);

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    in = popen(line, "r");
    assert_non_null(in);
    while ((got = fread(piece, 1, sizeof(piece), in)) > 0)
        fwrite(piece, 1, got, out);
    ended = pclose(in);
    fclose(out);
    assert_true(WIFEXITED(ended));
    if (WEXITSTATUS(ended) != status)
        fail_msg("%s: exit status %d: %s", line, WEXITSTATUS(ended), text);
    return text;
}

static json_t *json_of(const char *what)
{
    char *text = output_of(0, "%s %s --json %s/trace", command, what, folder);
    json_error_t error;
    json_t *value = json_loads(text, 0, &error);

    if (!value)
        fail_msg("%s in: %.200s", error.text, text);
    free(text);
    return value;
}

static void figures_equal_those_of_trace_info(void **state)
{
    json_t *report = json_of("report"), *info = json_of("trace info");
    json_t *ours = json_object_get(report, "metrics"), *theirs = json_object_get(info, "metrics");

    (void)state;
    assert_true(json_object_size(ours) > 20);
    assert_true(json_equal(ours, theirs));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(report, "check"), "result")), "agrees");
    json_decref(report);
    json_decref(info);
}

static void text_is_the_form_without_options(void **state)
{
    char *plain = output_of(0, "%s report %s/trace", command, folder);
    char *text = output_of(0, "%s report --text %s/trace", command, folder);

    (void)state;
    assert_string_equal(plain, text);
    assert_non_null(strstr(text, "REGIONS"));
    assert_non_null(strstr(text, "gather_ranks"));
    assert_non_null(strstr(text, "link (modelled)"));
    assert_non_null(strstr(text, "counters agree"));
    free(plain);
    free(text);
}

static void a_picture_is_whole(void **state)
{
    char *text = output_of(0, "%s report --svg %s/trace", command, folder);

    (void)state;
    assert_int_equal(strncmp(text, "<svg ", 5), 0);
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_true(strlen(text) < 1 << 20);
    free(text);
}

static void a_page_is_whole_or_the_reason_is_said(void **state)
{
    char *text = output_of(0,
                           "%s report %s/trace -o %s/page.html 2>&1; cat %s/page.html 2>&1 || true",
                           command, folder, folder, folder);

    (void)state;
    if (!strstr(text, "--text"))
        assert_non_null(strstr(text, "</html>"));
    free(text);
}

static void a_cut_trace_is_shown_up_to_there(void **state)
{
    char *text = output_of(0, "head -c -1000 %s/trace >%s/cut && %s report %s/cut", folder, folder,
                           command, folder);

    (void)state;
    assert_non_null(strstr(text, "The end is missing"));
    free(text);
}

static void what_is_no_trace_is_refused_with_a_sentence(void **state)
{
    char *text = output_of(1, "%s report %s 2>&1", command, command);

    (void)state;
    assert_int_equal(strncmp(text, "hum report: ", 12), 0);
    free(text);
    text = output_of(1, "%s report --text -o /nowhere/x %s/trace 2>&1", command, folder);
    assert_non_null(strstr(text, "/nowhere/x"));
    free(text);
}

static int make(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    free(output_of(0, "%s %s/trace 200000", make_trace, folder));
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    free(output_of(0, "rm -r %s", folder));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_those_of_trace_info),
        cmocka_unit_test(text_is_the_form_without_options),
        cmocka_unit_test(a_picture_is_whole),
        cmocka_unit_test(a_page_is_whole_or_the_reason_is_said),
        cmocka_unit_test(a_cut_trace_is_shown_up_to_there),
        cmocka_unit_test(what_is_no_trace_is_refused_with_a_sentence),
    };

    command = getenv("HUM_COMMAND");
    make_trace = getenv("HUM_MAKE_TRACE");
    if (!command || !make_trace) {
        fputs("set HUM_COMMAND and HUM_MAKE_TRACE\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, make, remove_all);
}
