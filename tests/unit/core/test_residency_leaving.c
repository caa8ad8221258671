/* SPDX-License-Identifier: MIT */
/* test_residency_leaving.c - blocks that are evicted, forgotten, or on a device that is lost. */
#include "residency_test.h"

static void eviction_brings_home_what_is_nowhere_else(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_evicted evicted;

    (void)state;
    touch_fill(world, block, DEV0, 0, 8, 1);  /* dirty */
    touch_fill(world, block, HOST, 8, 16, 2);
    touch(world, block, DEV0, 8, 16, TOUCH_READ);  /* shared */
    touch(world, block, DEV0, 16, 24, TOUCH_READ); /* never written */
    touch_fill(world, block, DEV0, 24, 28, 3);
    touch(world, block, DEV1, 24, 28, TOUCH_READ); /* shared with a device only */
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    assert_int_equal(humi_mask_count(&evicted.left), 28);
    assert_int_equal(humi_mask_count(&evicted.home), 8);
    assert_int_equal(world->fake[DEV0]->calls.drop, 1);
    assert_int_equal(resident(block, DEV0), 0);
    touch(world, block, HOST, 0, 24, TOUCH_READ);
    expect_content(world, block, HOST, 0, 8, 1);
    expect_content(world, block, HOST, 8, 16, 2);
    expect_content(world, block, HOST, 16, 24, 0);
    expect_content(world, block, DEV1, 24, 28, 3);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    assert_true(humi_mask_empty(&evicted.left));
    fake_world_close(world);
}

static void a_clean_copy_leaves_without_a_copy(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_evicted evicted;

    (void)state;
    touch_fill(world, block, HOST, ALL, 1);
    touch(world, block, DEV0, ALL, TOUCH_READ);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    assert_int_equal(humi_mask_count(&evicted.left), 512);
    assert_true(humi_mask_empty(&evicted.home));
    assert_int_equal(evicted.move_ns, 0);
    fake_world_close(world);
}

static void an_own_block_is_evicted_whole(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_evicted evicted;

    (void)state;
    touch_whole(world, block, DEV0, TOUCH_WRITE);
    fill(world, block, DEV0, ALL, 0x31);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    assert_int_equal(humi_mask_count(&evicted.home), 512);
    touch_whole(world, block, HOST, TOUCH_READ);
    expect_content(world, block, HOST, ALL, 0x31);
    fake_world_close(world);
}

static void the_host_gives_up_only_what_others_have(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_evicted evicted;

    (void)state;
    touch_fill(world, block, HOST, 0, 8, 1);
    touch(world, block, DEV0, 0, 7, TOUCH_READ);
    assert_int_equal(evict(world, block, HOST, &evicted), HUM_ERR_BUSY);
    assert_int_equal(resident(block, HOST), 8);
    touch(world, block, DEV0, 7, 8, TOUCH_READ);
    assert_int_equal(evict(world, block, HOST, &evicted), HUM_OK);
    assert_int_equal(resident(block, HOST), 0);
    expect_content(world, block, DEV0, 0, 8, 1);
    fake_world_close(world);
}

static void a_full_host_says_again_and_nothing_changes(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.capacity[HOST] = 1;
    struct fake_world *world = world_open(&params);
    struct humi_block *block = block_at(world, 0), *other = block_at(world, 1);
    struct humi_evicted evicted;
    touch_fill(world, other, HOST, 0, 1, 1);
    touch_fill(world, block, DEV0, 0, 8, 2);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_AGAIN);
    expect_content(world, block, DEV0, 0, 8, 2);
    expect_access(world, block, DEV0, 0, 8, FAKE_WRITE);
    fake_world_close(world);
}

static void a_full_device_says_again_and_nothing_changes(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.capacity[DEV0] = 1;
    struct fake_world *world = world_open(&params);
    struct humi_block *block = block_at(world, 0), *other = block_at(world, 1);
    struct humi_request request = fault_request(DEV0, 0, 8, TOUCH_WRITE);
    touch_fill(world, other, DEV0, 0, 1, 1);
    touch_fill(world, block, HOST, 0, 8, 2);
    struct hum_counters before = counters(world);
    assert_int_equal(serve(world, block, &request), HUM_AGAIN);
    check_world(world);
    expect_events(world, &before, NULL, 0);
    expect_access(world, block, HOST, 0, 8, FAKE_WRITE);
    fake_world_close(world);
}

static void forgetting_moves_nothing_and_reads_as_zero(void **state)
{
    static const struct counted events[] = {{HUM_CAUSE_DISCARD, 12, {0}},
                                            {HUM_CAUSE_DISCARD, 4, {0}}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch_fill(world, block, HOST, 0, 8, 1);
    touch_fill(world, block, DEV0, 4, 16, 2);
    touch(world, block, DEV1, 4, 8, TOUCH_READ);
    struct hum_counters before = counters(world);
    forget(world, block, 4, 20);
    expect_events(world, &before, events, 1);
    assert_int_equal(resident(block, DEV0), 0);
    assert_true(block->hold[DEV0].stale); /* frames stay for what comes next */
    assert_int_equal(humi_mask_count(&block->hold[DEV0].present), 12);
    before = counters(world);
    forget(world, block, 0, 20);
    expect_events(world, &before, events + 1, 1);
    before = counters(world);
    forget(world, block, ALL);
    expect_events(world, &before, NULL, 0);
    touch(world, block, HOST, 0, 20, TOUCH_READ);
    expect_content(world, block, HOST, 0, 20, 0);
    fake_world_close(world);
}

static void forgetting_a_page_of_an_own_block(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch_whole(world, block, DEV0, TOUCH_WRITE);
    fill(world, block, DEV0, ALL, 0x31);
    forget(world, block, 100, 101);
    assert_int_equal(resident(block, DEV0), 511);
    touch(world, block, DEV0, ALL, TOUCH_READ);
    expect_content(world, block, DEV0, 0, 100, 0x31);
    expect_content(world, block, DEV0, 100, 101, 0);
    expect_content(world, block, DEV0, 101, HUMI_PAGES, 0x31);
    fake_world_close(world);
}

static void a_lost_device_keeps_its_pages(void **state)
{
    static const struct counted events[] = {{HUM_CAUSE_DEVICE_LOST, 512, {0}},
                                            {HUM_CAUSE_HOST_FAULT, 512, {0, 512, 0}}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch_whole(world, block, DEV0, TOUCH_WRITE);
    fill(world, block, DEV0, ALL, 0x41);
    struct hum_counters before = counters(world);
    fake_die(world->fake[DEV0]);
    humi_lock(&block->lock);
    humi_residency_lost(&world->hum, block, DEV0);
    humi_residency_lost(&world->hum, block, DEV0); /* nothing to lose: no event */
    humi_unlock(&block->lock);
    check_world(world);
    expect_events(world, &before, events, 1);
    assert_int_equal(resident(block, DEV0), 512);
    before = counters(world);
    touch(world, block, HOST, ALL, TOUCH_READ);
    expect_events(world, &before, events + 1, 1);
    expect_content(world, block, HOST, ALL, 0x41);
    touch(world, block, DEV0, 0, 1, TOUCH_WRITE);
    fake_world_close(world);
}

int residency_leaving(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eviction_brings_home_what_is_nowhere_else),
        cmocka_unit_test(a_clean_copy_leaves_without_a_copy),
        cmocka_unit_test(an_own_block_is_evicted_whole),
        cmocka_unit_test(the_host_gives_up_only_what_others_have),
        cmocka_unit_test(a_full_host_says_again_and_nothing_changes),
        cmocka_unit_test(a_full_device_says_again_and_nothing_changes),
        cmocka_unit_test(forgetting_moves_nothing_and_reads_as_zero),
        cmocka_unit_test(forgetting_a_page_of_an_own_block),
        cmocka_unit_test(a_lost_device_keeps_its_pages),
    };

    return cmocka_run_group_tests_name("residency_leaving", tests, NULL, NULL);
}
