/* SPDX-License-Identifier: MIT */
/* test_series.c - medians and quantiles of a few numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "marks/series.h"

static void quantiles_lie_between_the_numbers(void **state)
{
    static const struct {
        double value[5];
        size_t count;
        double part, expected;
    } cases[] = {
        {{3}, 1, 0.5, 3},
        {{3, 1}, 2, 0.5, 2},
        {{9, 1, 2}, 3, 0.5, 2},
        {{4, 1, 3, 2}, 4, 0.5, 2.5},
        {{5, 4, 3, 2, 1}, 5, 0.25, 2},
        {{5, 4, 3, 2, 1}, 5, 0, 1},
        {{5, 4, 3, 2, 1}, 5, 1, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct series s = {NULL, 0, 0};

        for (size_t n = 0; n < cases[i].count; n++)
            series_add(&s, cases[i].value[n]);
        assert_true(fabs(series_quantile(&s, cases[i].part) - cases[i].expected) < 1e-12);
        series_free(&s);
    }
}

static void many_numbers_are_kept(void **state)
{
    struct series s = {NULL, 0, 0};

    (void)state;
    for (int i = 1000; i >= 0; i--)
        series_add(&s, i);
    assert_int_equal(s.count, 1001);
    assert_true(fabs(series_median(&s) - 500) < 1e-12);
    series_free(&s);
    assert_int_equal(s.count, 0);
}

static void nothing_has_no_median(void **state)
{
    struct series s = {NULL, 0, 0};

    (void)state;
    assert_true(isnan(series_median(&s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_lie_between_the_numbers),
        cmocka_unit_test(many_numbers_are_kept),
        cmocka_unit_test(nothing_has_no_median),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
