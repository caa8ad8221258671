/* SPDX-License-Identifier: MIT */
/* test_log.c - which lines are written, and that a line is one write. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "support/child.h"
#include "support/test.h"

static void say_each_level(void *context)
{
    const char *environment = context;

    if (environment)
        setenv("HUM_LOG", environment, 1);
    else
        unsetenv("HUM_LOG");
    humi_warn("one %d", 1);
    humi_info("two %d", 2);
    humi_debug("three %d", 3);
}

static void environment_chooses_the_lines(void **state)
{
    static const struct {
        const char *environment, *text;
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"quiet", ""},
        {"warn", "hum: warn: one 1\n"},
        {"info", "hum: warn: one 1\nhum: info: two 2\n"},
        {"debug", "hum: warn: one 1\nhum: info: two 2\nhum: debug: three 3\n"},
        {"loud", "hum: warn: HUM_LOG='loud' is not one of quiet, warn, info, debug\n"},
    };
    struct child child;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(child_run(say_each_level, (void *)(uintptr_t)cases[i].environment, &child));
        assert_string_equal(child.text, cases[i].text);
    }
}

static void say_at_set_level(void *context)
{
    (void)context;
    humi_log_set_level(HUMI_LOG_INFO);
    humi_info("info");
    humi_debug("debug");
    humi_log_set_level(HUMI_LOG_QUIET);
    humi_warn("warn");
}

static void set_level_replaces_the_environment(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(say_at_set_level, NULL, &child));
    assert_string_equal(child.text, "hum: info: info\n");
}

static void say_a_long_line(void *context)
{
    char text[3000];

    (void)context;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    humi_log_write(HUMI_LOG_WARN, "%s", text);
    humi_log_write(HUMI_LOG_WARN, "next");
}

static void long_line_is_cut_and_still_ends(void **state)
{
    struct child child;
    const char *end;

    (void)state;
    assert_true(child_run(say_a_long_line, NULL, &child));
    end = strchr(child.text, '\n');
    assert_non_null(end);
    assert_true(end - child.text > 900 && end - child.text < 1100);
    assert_string_equal(end + 1, "hum: warn: next\n");
}

static void say_to_a_closed_end(void *context)
{
    (void)context;
    close(STDERR_FILENO);
    errno = 42;
    humi_log_write(HUMI_LOG_WARN, "lost");
    _exit(errno == 42 ? 0 : 1);
}

static void closed_standard_error_is_harmless_and_errno_is_kept(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(say_to_a_closed_end, NULL, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_chooses_the_lines),
        cmocka_unit_test(set_level_replaces_the_environment),
        cmocka_unit_test(long_line_is_cut_and_still_ends),
        cmocka_unit_test(closed_standard_error_is_harmless_and_errno_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
