/* SPDX-License-Identifier: MIT */
/* test_clock.c - the clock goes forward and can be turned by hand. */
#include <time.h>

#include "base/clock.h"
#include "support/test.h"

static uint64_t hand_ns;

static uint64_t by_hand(void)
{
    return hand_ns;
}

static void clock_is_the_monotonic_one(void **state)
{
    struct timespec before, after;
    uint64_t now;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    now = humi_clock_ns();
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now >= (uint64_t)before.tv_sec * HUMI_NS_PER_S + (uint64_t)before.tv_nsec);
    assert_true(now <= (uint64_t)after.tv_sec * HUMI_NS_PER_S + (uint64_t)after.tv_nsec);
}

static void replaced_clock_is_turned_by_hand(void **state)
{
    uint64_t before = humi_clock_ns();

    (void)state;
    humi_clock_replace(by_hand);
    hand_ns = 7;
    assert_int_equal(humi_clock_ns(), 7);
    hand_ns = 8;
    assert_int_equal(humi_clock_ns(), 8);
    humi_clock_replace(NULL);
    assert_true(humi_clock_ns() >= before);
}

static void a_thread_can_follow_a_time_of_its_own(void **state)
{
    uint64_t mine = 5, other = 50, real = humi_clock_real_ns();

    (void)state;
    assert_null(humi_clock_follow(&mine));
    assert_int_equal(humi_clock_ns(), 5);
    mine = 6;
    assert_int_equal(humi_clock_ns(), 6);
    assert_ptr_equal(humi_clock_follow(&other), &mine);
    assert_int_equal(humi_clock_ns(), 50);
    assert_true(humi_clock_real_ns() >= real);
    assert_ptr_equal(humi_clock_follow(NULL), &other);
    assert_true(humi_clock_ns() >= real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_is_the_monotonic_one),
        cmocka_unit_test(replaced_clock_is_turned_by_hand),
        cmocka_unit_test(a_thread_can_follow_a_time_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
