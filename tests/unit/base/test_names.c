/* SPDX-License-Identifier: MIT */
/* test_names.c - every value of the public enums has a name, and unknown ones are no trap. */
#include <string.h>

#include <hum/hum.h>

#include "support/test.h"

static void every_status_has_its_name_and_text(void **state)
{
    static const struct {
        enum hum_status status;
        const char *name, *text;
    } cases[] = {
#define CASE(name, value, text) {name, #name, text},
        HUM_STATUS_LIST(CASE)
#undef CASE
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(hum_status_name(cases[i].status), cases[i].name);
        assert_string_equal(hum_status_text(cases[i].status), cases[i].text);
    }
}

static void errors_are_negative_and_the_rest_is_not(void **state)
{
    (void)state;
#define CHECK_SIGN(name, value, text)                                                              \
    assert_int_equal((name) < 0, strncmp(#name, "HUM_ERR_", 8) == 0);
    HUM_STATUS_LIST(CHECK_SIGN)
#undef CHECK_SIGN
    assert_int_equal(HUM_OK, 0);
}

static void unknown_values_have_a_text(void **state)
{
    (void)state;
    assert_string_equal(hum_status_name((enum hum_status)-1000), "HUM_STATUS_UNKNOWN");
    assert_string_equal(hum_status_text((enum hum_status)1000), "unknown status");
    assert_string_equal(hum_cause_text((enum hum_cause)HUM_CAUSE_COUNT), "unknown cause");
    assert_string_equal(hum_cause_text((enum hum_cause)-1), "unknown cause");
}

static void every_cause_has_its_own_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HUM_CAUSE_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(hum_cause_text((enum hum_cause)i),
                                    hum_cause_text((enum hum_cause)j));
    assert_string_equal(hum_cause_text(HUM_CAUSE_EVICTION), "eviction");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name_and_text),
        cmocka_unit_test(errors_are_negative_and_the_rest_is_not),
        cmocka_unit_test(unknown_values_have_a_text),
        cmocka_unit_test(every_cause_has_its_own_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
