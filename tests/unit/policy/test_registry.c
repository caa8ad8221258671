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
        assert_int_equal(p->version, HUM_POLICY_VERSION);
        assert_true(p->place && p->prefetch && p->evict && p->thrash);
        assert_non_null(p->description);
        assert_null(strchr(p->description, '\n'));
    }
    assert_true(count >= 3);
    assert_null(humi_policy_at(count));
    assert_null(humi_policy_at(~0u));
}

static void every_part_is_found_by_its_name(void **state)
{
    static const unsigned least[HUMI_PLANNERS] = {5, 5, 2};

    (void)state;
    for (enum humi_kind kind = 0; kind < HUMI_PLANNERS; kind++) {
        unsigned count = 0;
        for (const struct hum_part *p; (p = humi_part_at(kind, count)); count++) {
            assert_ptr_equal(humi_part_find(kind, p->name), p);
            assert_true(p->tunable_count <= HUM_TUNABLES_MAX);
            assert_null(strchr(p->description, '\n'));
            for (unsigned i = 0; i < p->tunable_count; i++) {
                assert_true(p->tunables[i].least <= p->tunables[i].initial);
                assert_true(p->tunables[i].initial <= p->tunables[i].most);
                assert_non_null(p->tunables[i].description);
            }
        }
        assert_true(count >= least[kind]);
        assert_null(humi_part_find(kind, "nonsense"));
        assert_null(humi_part_at(kind, ~0u));
    }
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
        cmocka_unit_test(every_part_is_found_by_its_name),
        cmocka_unit_test(names_users_type_exist),
        cmocka_unit_test(no_name_is_the_default),
        cmocka_unit_test(unknown_names_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
