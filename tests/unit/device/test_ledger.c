/* SPDX-License-Identifier: MIT */
#include "base/mask.h"
#include "device/host/ledger.h"
#include "support/test.h"

#define SPACE ((size_t)1 << 30)

static void without_a_limit_nothing_is_counted(void **state)
{
    struct humi_ledger ledger;
    struct hum_pages added;

    (void)state;
    assert_int_equal(humi_ledger_init(&ledger, SPACE, 0, true), HUM_OK);
    assert_int_equal(humi_ledger_take(&ledger, 0, HUM_BLOCK_SIZE, &added), HUM_OK);
    assert_int_equal(ledger.held, 0);
    humi_ledger_return(&ledger, 0, SPACE);
    humi_ledger_fini(&ledger);
}

static void pages_are_counted_once(void **state)
{
    struct humi_ledger ledger;
    struct hum_pages added;

    (void)state;
    assert_int_equal(humi_ledger_init(&ledger, SPACE, 10 * HUM_PAGE_SIZE, false), HUM_OK);
    assert_int_equal(humi_ledger_take(&ledger, 0, 4 * HUM_PAGE_SIZE, &added), HUM_OK);
    assert_int_equal(humi_ledger_take(&ledger, 2 * HUM_PAGE_SIZE, 4 * HUM_PAGE_SIZE, &added),
                     HUM_OK);
    assert_int_equal(humi_mask_count(&added), 2);
    assert_int_equal(ledger.held, 6 * HUM_PAGE_SIZE);
    humi_ledger_return_pages(&ledger, 2 * HUM_PAGE_SIZE, &added); /* the frames failed */
    assert_int_equal(ledger.held, 4 * HUM_PAGE_SIZE);
    assert_int_equal(humi_ledger_take(&ledger, HUM_BLOCK_SIZE, 7 * HUM_PAGE_SIZE, &added),
                     HUM_ERR_NO_MEMORY);
    assert_int_equal(ledger.held, 4 * HUM_PAGE_SIZE);
    humi_ledger_return(&ledger, 0, SPACE);
    assert_int_equal(ledger.held, 0);
    humi_ledger_fini(&ledger);
}

static void a_huge_frame_is_there_until_its_last_page_goes(void **state)
{
    struct humi_ledger ledger;
    struct hum_pages added;

    (void)state;
    assert_int_equal(humi_ledger_init(&ledger, SPACE, 2 * HUM_BLOCK_SIZE, true), HUM_OK);
    assert_int_equal(humi_ledger_take(&ledger, 0, 2 * HUM_PAGE_SIZE, &added), HUM_OK);
    assert_int_equal(ledger.held, HUM_BLOCK_SIZE);
    humi_ledger_return(&ledger, 0, HUM_PAGE_SIZE);
    assert_int_equal(ledger.held, HUM_BLOCK_SIZE);
    humi_ledger_return(&ledger, HUM_PAGE_SIZE, HUM_PAGE_SIZE);
    assert_int_equal(ledger.held, 0);
    humi_ledger_fini(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_limit_nothing_is_counted),
        cmocka_unit_test(pages_are_counted_once),
        cmocka_unit_test(a_huge_frame_is_there_until_its_last_page_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
