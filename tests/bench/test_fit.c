/* SPDX-License-Identifier: MIT */
/* test_fit.c - alpha and beta from measured moves, and the setting that they make. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/link.h"
#include "marks/fit.h"

#define POINTS 15u

/* 4 KiB .. 64 MiB as the runtime prices them: one copy a block. */
static void make(struct fit_point points[POINTS], double alpha_ns, double beta)
{
    for (unsigned i = 0; i < POINTS; i++) {
        double bytes = 4096.0 * (double)(1u << i);
        double copies = bytes > 2097152 ? bytes / 2097152 : 1;

        points[i] = (struct fit_point){bytes, copies, alpha_ns * copies + bytes * 1e9 / beta};
    }
}

static void assert_near(double value, double expected, double part)
{
    if (!(fabs(value - expected) <= part * fabs(expected)))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void exact_times_give_the_exact_line(void **state)
{
    static const double lines[][2] = {
        {1800, 12.8e9}, {1, 1e9}, {54000, 25e9}, {900, 300e9}, {5e6, 1e6}, {0.5, 5e8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct fit_point points[POINTS];
        struct fit fit;
        const char *why;

        make(points, lines[i][0], lines[i][1]);
        assert_true(fit_link(points, POINTS, &fit, &why));
        assert_near(fit.alpha_ns, lines[i][0], 1e-4);
        assert_near(fit.beta, lines[i][1], 1e-4);
        assert_true(fit.error_max < 1e-6);
    }
}

static void outliers_do_not_move_the_line(void **state)
{
    struct fit_point points[POINTS];
    struct fit fit;
    const char *why;

    (void)state;
    make(points, 1800, 12.8e9);
    for (unsigned i = 0; i < POINTS; i++)
        points[i].ns *= i % 2 ? 1.01 : 0.99;
    points[2].ns *= 20;
    points[7].ns *= 5;
    points[11].ns *= 3;
    points[13].ns /= 2;
    assert_true(fit_link(points, POINTS, &fit, &why));
    assert_near(fit.alpha_ns, 1800, 0.03);
    assert_near(fit.beta, 12.8e9, 0.03);
    assert_true(fit.error_median < 0.03);
    assert_true(fit.error_max > 0.9); /* it says that some points lie far off */
}

static void what_has_no_line_is_refused(void **state)
{
    static const struct {
        struct fit_point points[3];
        size_t count;
        const char *why;
    } cases[] = {
        {{{4096, 1, 100}}, 1, "two sizes"},
        {{{4096, 1, 100}}, 0, "two sizes"},
        {{{4096, 1, 100}, {8192, 1, 0}}, 2, "above zero"},
        {{{4096, 1, 100}, {8192, 1, -5}}, 2, "above zero"},
        {{{4096, 1, 100}, {8192, 1, NAN}}, 2, "above zero"},
        {{{4096, 1, 100}, {8192, 1, INFINITY}}, 2, "above zero"},
        {{{4096, 1, 100}, {4096, 1, 120}, {8192, 2, 200}}, 3, "same bytes a copy"},
        {{{4096, 1, 100}, {8192, 1, 100}, {16384, 1, 100}}, 3, "do not grow"},
        {{{4096, 1, 100}, {8192, 1, 90}, {16384, 1, 80}}, 3, "do not grow"},
        {{{4096, 1, 100}, {8192, 1, 300}, {16384, 1, 900}}, 3, "do not grow"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fit fit = {1, 2, 3, 4};
        const char *why;

        assert_false(fit_link(cases[i].points, cases[i].count, &fit, &why));
        assert_non_null(strstr(why, cases[i].why));
        assert_true(fit.alpha_ns == 1 && fit.beta == 2); /* not written */
    }
}

static void the_setting_is_what_the_runtime_reads(void **state)
{
    static const struct fit fits[] = {
        {1800, 12.8e9, 0, 0},  {0.0123, 3e8, 0, 0},      {999.96, 999.99e6, 0, 0},
        {53737, 25.7e9, 0, 0}, {12345678.9, 1234, 0, 0}, {1e9, 999e12, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
        struct humi_link_model link;
        char text[FIT_SETTING_ROOM];

        fit_setting(&fits[i], text);
        assert_true(strlen(text) < sizeof(link.name)); /* kept whole in traces */
        assert_int_equal(humi_link_parse(text, &link), HUM_OK);
        assert_near(link.alpha_ns, fits[i].alpha_ns, 1e-3);
        assert_near(1e9 / link.ns_per_byte, fits[i].beta, 1e-3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_times_give_the_exact_line),
        cmocka_unit_test(outliers_do_not_move_the_line),
        cmocka_unit_test(what_has_no_line_is_refused),
        cmocka_unit_test(the_setting_is_what_the_runtime_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
