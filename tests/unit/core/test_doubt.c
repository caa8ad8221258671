/* SPDX-License-Identifier: MIT */
#include "core/doubt.h"
#include "support/test.h"

static struct humi_doubts doubts;

static bool confirm(unsigned processor, int thread, uintptr_t address, uint64_t now_ns)
{
    const struct humi_fault fault = {.address = address, .thread = thread};

    return humi_doubts_confirm(&doubts, processor, &fault, now_ns);
}

static int forget(void **state)
{
    (void)state;
    doubts = (struct humi_doubts){0};
    return 0;
}

static void the_second_time_is_believed_and_the_third_doubted(void **state)
{
    (void)state;
    assert_false(confirm(0, 7, 4096, 10));
    assert_true(confirm(0, 7, 4096, 20));
    assert_false(confirm(0, 7, 4096, 30));
}

static void another_touch_is_doubted_for_itself(void **state)
{
    (void)state;
    assert_false(confirm(0, 7, 4096, 10));
    assert_false(confirm(0, 8, 4096, 10));
    assert_false(confirm(0, 7, 8192, 10));
    assert_false(confirm(1, 7, 4096, 10));
    assert_true(confirm(0, 7, 8192, 11));
    assert_true(confirm(1, 7, 4096, 11));
    assert_true(confirm(0, 8, 4096, 11));
    assert_true(confirm(0, 7, 4096, 11));
}

static void note(unsigned processor, int thread, uintptr_t address, bool served)
{
    const struct humi_fault fault = {.address = address, .thread = thread};

    humi_doubts_note(&doubts, processor, &fault, served);
}

static void a_thread_that_went_on_was_no_culprit(void **state)
{
    (void)state;
    assert_false(confirm(0, 7, 4096, 10));
    note(0, 7, 8192, false); /* it faults elsewhere */
    assert_false(confirm(0, 7, 4096, 11));
    note(0, 7, 4096, true); /* it was served there */
    assert_false(confirm(0, 7, 4096, 12));
    note(0, 7, 4096, false); /* the same again */
    note(0, 8, 8192, true); /* another thread */
    note(1, 7, 8192, true); /* of another processor */
    assert_true(confirm(0, 7, 4096, 13));
}

static void an_old_doubt_is_none(void **state)
{
    (void)state;
    assert_false(confirm(0, 7, 4096, 10));
    assert_false(confirm(0, 7, 4096, 11 + HUMI_DOUBT_NS));
    assert_true(confirm(0, 7, 4096, 12 + HUMI_DOUBT_NS));
}

static void more_than_fit_take_another_round(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= HUMI_DOUBTS; i++)
        assert_false(confirm(0, (int)i, 4096, 10));
    assert_true(confirm(0, (int)HUMI_DOUBTS, 4096, 10));
    assert_true(confirm(0, 1, 4096, 10));
    assert_false(confirm(0, 0, 4096, 10)); /* was written over */
    assert_true(confirm(0, 0, 4096, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_second_time_is_believed_and_the_third_doubted, forget),
        cmocka_unit_test_setup(another_touch_is_doubted_for_itself, forget),
        cmocka_unit_test_setup(a_thread_that_went_on_was_no_culprit, forget),
        cmocka_unit_test_setup(an_old_doubt_is_none, forget),
        cmocka_unit_test_setup(more_than_fit_take_another_round, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
