/* SPDX-License-Identifier: MIT */
/* test_registry.c - policies by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/registry.h"

static void every_policy_is_found_by_its_name(void **state)
{
    unsigned count = 0;

    (void)state;
    for (const struct hum_policy *p; (p = humi_policy_at(count)); count++) {
        assert_ptr_equal(humi_policy_find(p->name), p);
        assert_int_equal(p->struct_size, sizeof(struct hum_policy));
        assert_non_null(p->plan);
        assert_non_null(p->description);
        assert_null(strchr(p->description, '\n'));
    }
    assert_true(count >= 3);
    assert_null(humi_policy_at(count));
    assert_null(humi_policy_at(~0u));
}

static void names_users_type_exist(void **state)
{
    (void)state;
    assert_non_null(humi_policy_find("ahead"));
    assert_non_null(humi_policy_find("driver"));
    assert_non_null(humi_policy_find("ondemand"));
}

static void no_name_is_the_default(void **state)
{
    (void)state;
    assert_string_equal(humi_policy_find(NULL)->name, HUMI_POLICY_DEFAULT);
    assert_string_equal(humi_policy_find("")->name, HUMI_POLICY_DEFAULT);
}

static void unknown_names_are_not_found(void **state)
{
    (void)state;
    assert_null(humi_policy_find("aheadx"));
    assert_null(humi_policy_find("Ahead"));
    assert_null(humi_policy_find(" ahead"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_is_found_by_its_name),
        cmocka_unit_test(names_users_type_exist),
        cmocka_unit_test(no_name_is_the_default),
        cmocka_unit_test(unknown_names_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
