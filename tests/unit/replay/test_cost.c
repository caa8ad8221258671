/* SPDX-License-Identifier: MIT */
/* test_cost.c - the cost model: each term alone, the marks that it was made from, and batches. */
#include "support/test.h"

#include "replay/batch.h"
#include "replay/cost.h"

static struct humi_cost_model model_of(const char *link, bool serial)
{
    struct humi_cost_model model = {.serial = serial};

    assert_int_equal(humi_link_parse(link, &model.link), HUM_OK);
    return model;
}

static void each_term_has_its_price(void **state)
{
    static const struct {
        struct humi_cost_batch batch;
        uint64_t ns;
    } cases[] = {
        {{.faults = 1}, 45000},
        {{.faults = 200}, 45000}, /* together */
        {{.faults = 1, .duplicates = 7}, 45000 + 700},
        {{.faults = 1, .blocks = 3}, 45000 + 60000},
        {{.faults = 1, .blocks_taken = 2}, 45000 + 240000},
        {{.faults = 1, .evictions = 2}, 45000 + 74000},
        {{.faults = 1, .bytes_in = 1000, .copies_in = 2}, 45000 + 2000 + 1000},
        {{.faults = 1, .bytes_out = 1000, .copies_out = 1}, 45000 + 1000 + 1000},
        {{.faults = 1, .bytes_in = 10, .copies_in = 1, .bytes_out = 20, .copies_out = 1},
         45000 + 2000 + 30},
    };
    const struct humi_cost_model model = model_of("alpha=1us,beta=1G", false);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(humi_cost_batch_ns(&model, &cases[i].batch), cases[i].ns);
}

static void without_a_link_copies_are_free(void **state)
{
    const struct humi_cost_model model = model_of("", false);
    const struct humi_cost_batch batch = {.faults = 1, .bytes_in = 1u << 20, .copies_in = 4};

    (void)state;
    assert_int_equal(humi_cost_batch_ns(&model, &batch), 45000);
}

static void serial_charges_each_fault_and_the_link(void **state)
{
    const struct humi_cost_model model = model_of("alpha=1us,beta=1G", true);
    const struct humi_cost_batch batch = {.faults = 3, .duplicates = 9, .blocks = 2,
                                          .blocks_taken = 2, .evictions = 5, .copies_in = 1,
                                          .bytes_in = 4096};

    (void)state;
    assert_int_equal(humi_cost_batch_ns(&model, &batch), 3 * 45000 + 1000 + 4096);
}

/* What was measured for evicting a dirty block that somebody waits for: 180 to 200 us. */
static void a_dirty_block_is_evicted_in_200_us(void **state)
{
    const struct humi_cost_model model = model_of("pcie3x16", false);
    struct humi_cost_batch batch = {.faults = 1};
    uint64_t without = humi_cost_batch_ns(&model, &batch), with;

    (void)state;
    batch.evictions = batch.copies_out = 1;
    batch.bytes_out = 2u << 20;
    with = humi_cost_batch_ns(&model, &batch);
    assert_in_range(with - without, 199000, 204000);
}

static void remote_accesses_wait_together_and_share_the_link(void **state)
{
    const struct humi_cost_model model = model_of("alpha=1us,beta=1G", false);
    const struct humi_cost_model none = model_of("", false);

    (void)state;
    assert_int_equal(humi_cost_remote_ns(&model, 0, 0), 0);
    assert_int_equal(humi_cost_remote_ns(&model, 1, 1), 1000 + 128);
    assert_int_equal(humi_cost_remote_ns(&model, 1, 100), 1000 + 12800);
    assert_int_equal(humi_cost_remote_ns(&model, 100, 100), 100000 + 12800);
    assert_int_equal(humi_cost_remote_ns(&none, 2, 100), 2000);
}

static void a_batch_is_the_faults_of_one_record_up_to_256(void **state)
{
    const struct humi_cost_model model = model_of("", false);
    struct humi_batch batch = {.count = 0};

    (void)state;
    humi_batch_end(&batch, &model); /* none is open */
    assert_int_equal(batch.count, 0);
    for (unsigned i = 0; i < 300; i++)
        humi_batch_fault(&batch, &model, 1);
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.cost.faults, 44);
    humi_batch_fault(&batch, &model, 2);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.cost.faults, 1);
    humi_batch_end(&batch, &model);
    assert_int_equal(batch.count, 3);
    assert_int_equal(batch.modelled_ns, 3 * 45000);
}

static void neighbours_are_one_copy_and_one_block(void **state)
{
    static const uint64_t pages[] = {510, 511, 512, 600, 601, 3};
    const struct humi_cost_model model = model_of("", false);
    struct humi_batch batch = {.count = 0};

    (void)state;
    humi_batch_fault(&batch, &model, 1);
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        humi_batch_page(&batch, pages[i]);
        humi_batch_copy_in(&batch, pages[i]);
        humi_batch_copy_out(&batch, pages[i]);
        humi_batch_evict(&batch, pages[i]);
    }
    assert_int_equal(batch.cost.copies_in, 3);
    assert_int_equal(batch.cost.copies_out, 3);
    assert_int_equal(batch.cost.bytes_in, 6 * 4096);
    assert_int_equal(batch.cost.bytes_out, 6 * 4096);
    assert_int_equal(batch.cost.blocks, 3);
    assert_int_equal(batch.cost.evictions, 3);
    /* the next batch knows nothing of it: page 4 is a copy of its own */
    humi_batch_fault(&batch, &model, 2);
    humi_batch_page(&batch, 4);
    humi_batch_copy_in(&batch, 4);
    assert_int_equal(batch.cost.copies_in, 1);
    assert_int_equal(batch.cost.blocks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_term_has_its_price),
        cmocka_unit_test(without_a_link_copies_are_free),
        cmocka_unit_test(serial_charges_each_fault_and_the_link),
        cmocka_unit_test(a_dirty_block_is_evicted_in_200_us),
        cmocka_unit_test(remote_accesses_wait_together_and_share_the_link),
        cmocka_unit_test(a_batch_is_the_faults_of_one_record_up_to_256),
        cmocka_unit_test(neighbours_are_one_copy_and_one_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
