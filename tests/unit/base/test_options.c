/* SPDX-License-Identifier: MIT */
/* test_options.c - what users may write, and that everything else is refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "support/test.h"

static struct humi_option option_of(const char *text)
{
    return (struct humi_option){"HUM_TEST", humi_slice_of(text)};
}

/* Refused, nothing written, and the sentence names the option and the text. */
static void check_refused(enum hum_status status, const char *text)
{
    assert_int_equal(status, HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "HUM_TEST"));
    if (strlen(text) < 64)
        assert_non_null(strstr(hum_error_text(), text));
}

/* ---- sizes, durations, numbers, switches ----------------------------------------------------- */

static void sizes_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"64K", 64 << 10},
        {"64k", 64 << 10},
        {"256M", (size_t)256 << 20},
        {"256MiB", (size_t)256 << 20},
        {"1.5G", (size_t)3 << 29},
        {"0.25G", (size_t)1 << 28},
        {"1T", (size_t)1 << 40},
        {"1tib", (size_t)1 << 40},
        {"1.000001K", 1024},
        {"18446744073709551615", SIZE_MAX},
        {"16777215T", (size_t)16777215 << 40},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_option option = option_of(cases[i].text);
        size_t bytes = 1;
        assert_int_equal(humi_option_size(&option, &bytes), HUM_OK);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void other_sizes_are_refused(void **state)
{
    static const char *const cases[] = {
        "",      " ",     "M",     "-1",     "+1",  "1 M", "1MM",     "1Q",      "0x10",
        "1.",    ".5G",   "1..5G", "1.5.1G", "1e3", "64M ", "1,5G",   "1.1234567G", "1B",
        "18446744073709551616", "16777216T", "16777215.9999999T",
        "99999999999999999999999999999999999999999999999999999999999999999999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_option option = option_of(cases[i]);
        size_t bytes = 77;
        check_refused(humi_option_size(&option, &bytes), cases[i]);
        assert_int_equal(bytes, 77);
    }
}

static void fraction_may_not_overflow(void **state)
{
    struct humi_option fits = option_of("16777215.999999T"), over = option_of("16777216.5T");
    size_t bytes = 0;

    (void)state;
    assert_int_equal(humi_option_size(&fits, &bytes), HUM_OK);
    assert_true(bytes > (size_t)16777215 << 40);
    assert_int_equal(humi_option_size(&over, &bytes), HUM_ERR_INVALID);
}

static void durations_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } cases[] = {
        {"0", 0},
        {"250", 250000000},
        {"250ms", 250000000},
        {"2s", 2000000000},
        {"1.5s", 1500000000},
        {"10us", 10000},
        {"500ns", 500},
        {"3min", UINT64_C(180000000000)},
        {"0.5", 500000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_option option = option_of(cases[i].text);
        uint64_t ns = 1;
        assert_int_equal(humi_option_duration(&option, &ns), HUM_OK);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void other_durations_are_refused(void **state)
{
    static const char *const cases[] = {"", "s", "-1s", "1h", "1 s", "ms250", "18446744073710s"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_option option = option_of(cases[i]);
        uint64_t ns = 77;
        check_refused(humi_option_duration(&option, &ns), cases[i]);
        assert_int_equal(ns, 77);
    }
}

static void numbers_have_a_largest(void **state)
{
    struct humi_option option = option_of("16");
    uint64_t number = 0;

    (void)state;
    assert_int_equal(humi_option_number(&option, 16, &number), HUM_OK);
    assert_int_equal(number, 16);
    check_refused(humi_option_number(&option, 15, &number), "16");
    assert_non_null(strstr(hum_error_text(), "from 0 to 15"));
}

static void other_numbers_are_refused(void **state)
{
    static const char *const cases[] = {"", "-1", "1.0", "1K", "two", "1 ", "18446744073709551616"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_option option = option_of(cases[i]);
        uint64_t number = 77;
        check_refused(humi_option_number(&option, UINT64_MAX, &number), cases[i]);
        assert_int_equal(number, 77);
    }
}

static void switches_are_words(void **state)
{
    static const char *const on[] = {"1", "on", "ON", "yes", "true", "True"};
    static const char *const off[] = {"0", "off", "no", "NO", "false"};
    static const char *const neither[] = {"", "2", "onn", "o", "y", "01"};
    bool value = false;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(on); i++) {
        struct humi_option option = option_of(on[i]);
        assert_int_equal(humi_option_switch(&option, &value), HUM_OK);
        assert_true(value);
    }
    for (size_t i = 0; i < COUNT_OF(off); i++) {
        struct humi_option option = option_of(off[i]);
        assert_int_equal(humi_option_switch(&option, &value), HUM_OK);
        assert_false(value);
    }
    for (size_t i = 0; i < COUNT_OF(neither); i++) {
        struct humi_option option = option_of(neither[i]);
        check_refused(humi_option_switch(&option, &value), neither[i]);
    }
}

static void option_without_a_value_is_refused(void **state)
{
    struct humi_option option = option_of(NULL);
    size_t bytes;
    uint64_t number;
    bool on;

    (void)state;
    assert_int_equal(humi_option_size(&option, &bytes), HUM_ERR_INVALID);
    assert_int_equal(humi_option_number(&option, 1, &number), HUM_ERR_INVALID);
    assert_int_equal(humi_option_duration(&option, &number), HUM_ERR_INVALID);
    assert_int_equal(humi_option_switch(&option, &on), HUM_ERR_INVALID);
}

/* ---- where a value comes from ---------------------------------------------------------------- */

static void program_comes_before_environment(void **state)
{
    struct humi_option option;

    (void)state;
    setenv("HUM_TEST", "outside", 1);
    option = humi_option_find("HUM_TEST", "inside");
    assert_true(humi_slice_is(&option.value, "inside"));
    option = humi_option_find("HUM_TEST", NULL);
    assert_true(humi_slice_is(&option.value, "outside"));
    option = humi_option_find("HUM_TEST", "");
    assert_true(humi_slice_is(&option.value, "outside"));
    setenv("HUM_TEST", "", 1);
    option = humi_option_find("HUM_TEST", NULL);
    assert_false(humi_option_is_set(&option));
    unsetenv("HUM_TEST");
    option = humi_option_find("HUM_TEST", NULL);
    assert_false(humi_option_is_set(&option));
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* The items of a list joined by '|'. */
static const char *items_of(const char *list, char separator)
{
    static char joined[128];
    struct humi_slice rest = humi_slice_of(list), item;
    size_t used = 0;

    while (humi_slice_next(&rest, separator, &item)) {
        memcpy(joined + used, item.text, item.bytes);
        used += item.bytes;
        joined[used++] = '|';
    }
    joined[used] = '\0';
    return joined;
}

static void lists_are_split(void **state)
{
    (void)state;
    assert_string_equal(items_of(NULL, ';'), "");
    assert_string_equal(items_of("", ';'), "|");
    assert_string_equal(items_of("a", ';'), "a|");
    assert_string_equal(items_of("a;b", ';'), "a|b|");
    assert_string_equal(items_of(" a ;\tb c ", ';'), "a|b c|");
    assert_string_equal(items_of("a;;b;", ';'), "a||b||");
    assert_string_equal(items_of("a;b", ','), "a;b|");
}

static void slices_are_cut_at_the_first_separator(void **state)
{
    struct humi_slice slice = humi_slice_of("mem = 1=2"), before, after;

    (void)state;
    assert_true(humi_slice_cut(&slice, '=', &before, &after));
    assert_true(humi_slice_is(&before, "mem"));
    assert_true(humi_slice_is(&after, "1=2"));
    assert_false(humi_slice_cut(&slice, ':', &before, &after));
    slice = humi_slice_of("=");
    assert_true(humi_slice_cut(&slice, '=', &before, &after));
    assert_true(humi_slice_is(&before, ""));
    assert_true(humi_slice_is(&after, ""));
    slice = humi_slice_of("");
    assert_false(humi_slice_cut(&slice, '=', &before, &after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read_exactly),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(fraction_may_not_overflow),
        cmocka_unit_test(durations_are_read_exactly),
        cmocka_unit_test(other_durations_are_refused),
        cmocka_unit_test(numbers_have_a_largest),
        cmocka_unit_test(other_numbers_are_refused),
        cmocka_unit_test(switches_are_words),
        cmocka_unit_test(option_without_a_value_is_refused),
        cmocka_unit_test(program_comes_before_environment),
        cmocka_unit_test(lists_are_split),
        cmocka_unit_test(slices_are_cut_at_the_first_separator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
