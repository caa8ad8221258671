/* SPDX-License-Identifier: MIT */
/* test_waiting.c - faults that wait: when they are due, whose they are, all or none. */
#include "core/waiting.h"
#include "core_test.h"

static struct humi_waiting waiting;
static struct humi_fault out[HUMI_WAITING_MAX];

static bool add(unsigned processor, unsigned count, uint64_t due)
{
    static struct humi_fault faults[HUMI_WAITING_MAX + 1];

    for (unsigned i = 0; i < count; i++)
        faults[i].address = processor * 1000 + i;
    return humi_waiting_add(&waiting, processor, faults, count, due);
}

static void the_first_due_is_told(void **state)
{
    (void)state;
    waiting.count = 0;
    assert_true(humi_waiting_due_ns(&waiting) == UINT64_MAX);
    assert_true(add(1, 2, 70));
    assert_true(add(2, 1, 50));
    assert_int_equal(humi_waiting_due_ns(&waiting), 50);
}

static void what_is_due_is_taken_by_processor(void **state)
{
    unsigned p = 0;

    (void)state;
    waiting.count = 0;
    assert_true(add(1, 2, 50) && add(2, 3, 50) && add(1, 1, 50) && add(1, 1, 51));
    assert_int_equal(humi_waiting_take(&waiting, 49, &p, out, 10), 0);
    assert_int_equal(humi_waiting_take(&waiting, 50, &p, out, 10), 3);
    assert_int_equal(p, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(out[i].address / 1000, 1);
    assert_int_equal(humi_waiting_take(&waiting, 50, &p, out, 2), 2);
    assert_int_equal(p, 2);
    assert_int_equal(humi_waiting_take(&waiting, 50, &p, out, 2), 1);
    assert_int_equal(p, 2);
    assert_int_equal(humi_waiting_take(&waiting, 50, &p, out, 2), 0);
    assert_int_equal(waiting.count, 1);
}

static void all_find_a_place_or_none(void **state)
{
    (void)state;
    waiting.count = 0;
    assert_true(add(1, HUMI_WAITING_MAX - 1, 1));
    assert_false(add(2, 2, 1));
    assert_int_equal(waiting.count, HUMI_WAITING_MAX - 1);
    assert_true(add(2, 1, 1));
}

static void who_is_gone_waits_no_more(void **state)
{
    (void)state;
    waiting.count = 0;
    assert_true(add(1, 2, 1) && add(2, 1, 2) && add(1, 2, 1));
    humi_waiting_forget(&waiting, 1);
    assert_int_equal(waiting.count, 1);
    assert_int_equal(waiting.item[0].processor, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_due_is_told),
        cmocka_unit_test(what_is_due_is_taken_by_processor),
        cmocka_unit_test(all_find_a_place_or_none),
        cmocka_unit_test(who_is_gone_waits_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
