/* SPDX-License-Identifier: MIT */
/* test_window.c - how far mapping reaches around a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/window.h"

static void windows_grow_up_to_the_block(void **state)
{
    (void)state;
    assert_int_equal(humi_window_pages(0), 16);
    assert_int_equal(humi_window_pages(1), 64);
    assert_int_equal(humi_window_pages(2), 512);
    assert_int_equal(humi_window_pages(255), 512);
}

static void windows_are_aligned_and_hold_the_page(void **state)
{
    static const struct {
        unsigned first, end, size; /* faulted pages [first, end) */
        unsigned want_first, want_end;
    } cases[] = {
        {0, 1, 16, 0, 16},       {15, 16, 16, 0, 16},     {16, 17, 16, 16, 32},
        {511, 512, 16, 496, 512}, {15, 17, 16, 0, 32},    {70, 71, 64, 64, 128},
        {300, 301, 512, 0, 512}, {0, 512, 16, 0, 512},    {63, 65, 64, 0, 128},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hum_pages faulted = humi_mask_range(cases[i].first, cases[i].end);
        struct hum_pages want = humi_mask_range(cases[i].want_first, cases[i].want_end);
        struct hum_pages got = humi_window_around(&faulted, cases[i].size);

        assert_memory_equal(&got, &want, sizeof got);
    }
}

static void far_faults_have_windows_of_their_own(void **state)
{
    struct hum_pages faulted = humi_mask_none(), got;

    (void)state;
    humi_mask_set(&faulted, 5);
    humi_mask_set(&faulted, 100);
    got = humi_window_around(&faulted, 16);
    assert_int_equal(humi_mask_count(&got), 32);
    assert_int_equal(humi_mask_count_range(&got, 0, 16), 16);
    assert_int_equal(humi_mask_count_range(&got, 96, 112), 16);
}

static void no_fault_has_no_window(void **state)
{
    struct hum_pages faulted = humi_mask_none(), got = humi_window_around(&faulted, 512);

    (void)state;
    assert_true(humi_mask_empty(&got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_grow_up_to_the_block),
        cmocka_unit_test(windows_are_aligned_and_hold_the_page),
        cmocka_unit_test(far_faults_have_windows_of_their_own),
        cmocka_unit_test(no_fault_has_no_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
