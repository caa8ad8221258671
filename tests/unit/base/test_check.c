/* SPDX-License-Identifier: MIT */
/* test_check.c - a broken check ends the process and says where. */
#include <signal.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "support/child.h"
#include "support/test.h"

static void break_check(void *context)
{
    (void)context;
    humi_log_set_level(HUMI_LOG_QUIET);
    humi_check(1 + 1 == 3);
}

static void break_assertion(void *context)
{
    (void)context;
    humi_assert(1 + 1 == 3);
}

static void broken_check_aborts_and_names_the_place(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(break_check, NULL, &child));
    assert_false(child.exited);
    assert_int_equal(child.code, SIGABRT);
    assert_non_null(strstr(child.text, "test_check.c:"));
    assert_non_null(strstr(child.text, "check failed: 1 + 1 == 3"));
}

static void kept_check_does_nothing(void **state)
{
    (void)state;
    humi_check(1 + 1 == 2);
    humi_assert(1 + 1 == 2);
}

static void assertion_follows_ndebug(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(break_assertion, NULL, &child));
#ifdef NDEBUG
    assert_true(child.exited);
#else
    assert_int_equal(child.code, SIGABRT);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_check_aborts_and_names_the_place),
        cmocka_unit_test(kept_check_does_nothing),
        cmocka_unit_test(assertion_follows_ndebug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
