/* SPDX-License-Identifier: MIT */
#include "device/prot.h"
#include "support/test.h"

static void change_needs_the_expected_state(void **state)
{
    unsigned char prot = HUMI_PROT_READ;

    (void)state;
    assert_false(humi_prot_change(&prot, HUMI_PROT_STALE, HUMI_PROT_WRITE));
    assert_int_equal(humi_prot_get(&prot), HUMI_PROT_READ);
    assert_true(humi_prot_change(&prot, HUMI_PROT_READ, HUMI_PROT_WRITE));
    assert_int_equal(humi_prot_get(&prot), HUMI_PROT_WRITE);
}

static void the_runtime_moves_everything_but_what_may_be_written(void **state)
{
    static const enum humi_prot froms[] = {HUMI_PROT_READ, HUMI_PROT_STALE, HUMI_PROT_OPENING,
                                           HUMI_PROT_READ_OPEN, HUMI_PROT_OPEN};
    unsigned char prot;

    (void)state;
    for (unsigned i = 0; i < sizeof froms / sizeof froms[0]; i++) {
        prot = (unsigned char)froms[i];
        assert_true(humi_prot_move(&prot, HUMI_PROT_OPENING));
        assert_int_equal(humi_prot_get(&prot), HUMI_PROT_OPENING);
    }
    prot = HUMI_PROT_WRITE;
    assert_false(humi_prot_move(&prot, HUMI_PROT_OPENING));
    assert_int_equal(humi_prot_get(&prot), HUMI_PROT_WRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_needs_the_expected_state),
        cmocka_unit_test(the_runtime_moves_everything_but_what_may_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
