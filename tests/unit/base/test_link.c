/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/link.h"
#include "base/status.h"
#include "support/test.h"

static void known_links_cost_what_is_published(void **state)
{
    struct humi_link_model link;

    (void)state;
    assert_int_equal(humi_link_parse("pcie3x16", &link), HUM_OK);
    assert_in_range(humi_link_ns(&link, 4096, 1), 1800, 2200);
    assert_in_range(humi_link_ns(&link, 65536, 1), 6000, 8000);
    assert_in_range(humi_link_ns(&link, 1 << 20, 1), 82000, 84500);
    assert_in_range(humi_link_ns(&link, 2 << 20, 1), 163000, 167000);
    assert_int_equal(humi_link_ns(&link, 8192, 2) - humi_link_ns(&link, 8192, 1), 1800);
    assert_int_equal(humi_link_ns(&link, 0, 1), 0);
}

static void none_costs_nothing(void **state)
{
    struct humi_link_model link;

    (void)state;
    assert_int_equal(humi_link_parse(NULL, &link), HUM_OK);
    assert_int_equal(humi_link_ns(&link, 1 << 20, 1), 0);
    assert_int_equal(humi_link_parse("", &link), HUM_OK);
    assert_int_equal(humi_link_ns(&link, 1 << 20, 1), 0);
}

static void own_figures_are_read(void **state)
{
    struct humi_link_model link;

    (void)state;
    assert_int_equal(humi_link_parse("alpha=2us,beta=1G", &link), HUM_OK);
    assert_int_equal(humi_link_ns(&link, 1000, 1), 3000);
    assert_int_equal(humi_link_parse("beta=500M,alpha=100ns", &link), HUM_OK);
    assert_int_equal(humi_link_ns(&link, 1000, 1), 2100);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {"pcie9",          "alpha=2us",           "beta=1G",
                                        "alpha=2,beta=1G", "alpha=-1us,beta=1G", "alpha=1us,beta=0",
                                        "alpha=1us,beta=xG", "alpha=1us,beta=1G,gamma=2", ",",
                                        "alpha=nanus,beta=1G", "alpha=1us,beta=inf"};
    struct humi_link_model link = {.alpha_ns = 7};

    (void)state;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(humi_link_parse(texts[i], &link), HUM_ERR_INVALID);
        assert_non_null(strstr(hum_error_text(), texts[i]));
    }
    assert_true(link.alpha_ns == 7); /* outputs only on success */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_links_cost_what_is_published),
        cmocka_unit_test(none_costs_nothing),
        cmocka_unit_test(own_figures_are_read),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
