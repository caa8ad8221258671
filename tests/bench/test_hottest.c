/* SPDX-License-Identifier: MIT */
/* test_hottest.c - how much of the hottest tenth another count finds, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "marks/hottest.h"

#define COUNT 30u /* the hottest are three */

static unsigned found(const uint64_t *truth, const uint64_t *counts)
{
    double weight;

    return (unsigned)(3 * hottest_overlap(truth, counts, COUNT, &weight) + 0.5);
}

static void a_tenth_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(hottest_number(30), 3);
    assert_int_equal(hottest_number(31), 4);
}

static void those_in_both_count(void **state)
{
    const uint64_t truth[COUNT] = {[2] = 50, [9] = 40, [20] = 30, [21] = 20};
    const uint64_t same[COUNT] = {[2] = 3, [9] = 2, [20] = 1};
    const uint64_t one_wrong[COUNT] = {[2] = 3, [9] = 2, [21] = 9};

    (void)state;
    assert_int_equal(found(truth, same), 3);
    assert_int_equal(found(truth, one_wrong), 2);
}

/* 9, 20 and 21 are as hot as the last of the hottest: two of them belong to it, any two. */
static void alike_stand_for_each_other_and_for_none_that_is_hotter(void **state)
{
    const uint64_t truth[COUNT] = {[2] = 50, [9] = 40, [20] = 40, [21] = 40};
    const uint64_t two[COUNT] = {[2] = 3, [20] = 2, [21] = 1};
    const uint64_t three[COUNT] = {[9] = 3, [20] = 2, [21] = 1};

    (void)state;
    assert_int_equal(found(truth, two), 3);
    assert_int_equal(found(truth, three), 2);
}

static void of_what_was_found_alike_the_later_ones_are_taken(void **state)
{
    const uint64_t truth[COUNT] = {[0] = 50, [1] = 40, [2] = 30};
    const uint64_t nothing[COUNT] = {0};

    (void)state;
    assert_int_equal(found(truth, nothing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenth_is_rounded_up),
        cmocka_unit_test(those_in_both_count),
        cmocka_unit_test(alike_stand_for_each_other_and_for_none_that_is_hotter),
        cmocka_unit_test(of_what_was_found_alike_the_later_ones_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
