/* SPDX-License-Identifier: MIT */
/* test_service_plans.c - what the policy is asked, and its plans carried out. */
#include "service_world.h"

static void a_plan_beyond_the_region_is_not_carried_out(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(4 * PAGE);
    (void)alloc(PAGE);
    answer.bring = answer.map = humi_mask_all();
    answer.ahead_blocks = 3;
    fault(DEV0, ptr + PAGE, TOUCH_WRITE);
    start();
    wait_granted(DEV0, ptr + PAGE, FAKE_WRITE);
    stop();
    assert_int_equal(resident(block_at(world, 0), DEV0), 1);
    assert_null(humi_table_peek(&world->hum.table, 1));
    end();
}

static void going_ahead_stays_inside_the_region(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(4 * PAGE);
    (void)alloc(2 * BLOCK);
    answer.bring = answer.map = humi_mask_range(0, 4);
    answer.ahead_blocks = 3;
    fault(DEV0, ptr + PAGE, TOUCH_WRITE);
    start();
    wait_granted(DEV0, ptr + 3 * PAGE, FAKE_WRITE);
    stop();
    assert_int_equal(resident(block_at(world, 0), DEV0), 4);
    assert_null(humi_table_peek(&world->hum.table, 1));
    end();
}

/* Planned twice: to wait, and when its time had come; the other one meanwhile. */
static void a_throttled_fault_waits_and_others_go_on(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * BLOCK);
    answer.throttle_us = 2000;
    fault(DEV0, ptr, TOUCH_WRITE);
    fault(DEV1, ptr + BLOCK, TOUCH_WRITE);
    start();
    wait_granted(DEV0, ptr, FAKE_WRITE);
    wait_granted(DEV1, ptr + BLOCK, FAKE_WRITE);
    stop();
    assert_int_equal(view_count, 4);
    assert_true(views[2].time_ns >= views[0].time_ns + 2000000);
    assert_false(views[2].again);
    assert_int_equal(counters(world).faults_device, 2);
    end();
}

static void an_exclusive_plan_maps_a_read_for_writing(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    touch_fill(world, block_at(world, 0), HOST, 0, 1, 0x13);
    answer.exclusive = true;
    fault(DEV0, ptr, TOUCH_READ);
    start();
    wait_granted(DEV0, ptr, FAKE_WRITE);
    stop();
    assert_int_equal(resident(block_at(world, 0), HOST), 0);
    end();
}

static bool has_frames(struct fake *fake, void *context)
{
    return fake->backed[*(size_t *)context];
}

static void what_is_written_ahead_is_brought(void **state)
{
    size_t page;

    (void)state;
    begin(&usual);
    char *ptr = alloc(3 * BLOCK);
    touch_fill(world, block_at(world, 1), HOST, 0, 8, 0x14);
    answer.ahead_blocks = 2;
    fault(DEV0, ptr, TOUCH_READ);
    start();
    page = HUMI_PAGES;
    assert_true(fake_wait(world->fake[DEV0], has_frames, &page));
    wait_granted(DEV0, ptr + BLOCK, FAKE_READ);
    stop();
    expect_content(world, block_at(world, 1), DEV0, 0, 8, 0x14);
    expect_access(world, block_at(world, 1), HOST, 0, 8, FAKE_READ);
    assert_int_equal(resident(block_at(world, 1), DEV0), 8);
    assert_int_equal(resident(block_at(world, 2), DEV0), 0);
    assert_int_equal(counters(world).bytes_by_cause[HUM_CAUSE_PREFETCH_POLICY], 8 * PAGE);
    end();
}

static void going_ahead_never_evicts(void **state)
{
    struct fake_params params = usual;

    (void)state;
    params.capacity[DEV0] = 1;
    begin(&params);
    char *ptr = alloc(2 * BLOCK);
    touch_fill(world, block_at(world, 1), HOST, 0, 8, 0x14);
    answer.ahead_blocks = 1;
    fault(DEV0, ptr, TOUCH_READ);
    start();
    wait_granted(DEV0, ptr, FAKE_READ);
    stop();
    assert_int_equal(counters(world).events[HUM_CAUSE_EVICTION], 0);
    assert_int_equal(resident(block_at(world, 1), DEV0), 0);
    end();
}

static void the_view_tells_what_is(void **state)
{
    struct fake_params params = usual;

    (void)state;
    params.capacity[DEV0] = 5;
    begin(&params);
    char *ptr = alloc(3 * BLOCK);
    touch(world, block_at(world, 0), DEV0, 0, 300, TOUCH_READ);
    touch(world, block_at(world, 2), DEV0, 0, 200, TOUCH_WRITE);
    touch(world, block_at(world, 1), HOST, 0, 10, TOUCH_WRITE);
    touch(world, block_at(world, 1), DEV0, 5, 12, TOUCH_READ);
    assert_int_equal(hum_advise(&world->hum, ptr, 3 * BLOCK, HUM_ADVISE_PREFERRED, 1), HUM_OK);
    fault(DEV0, ptr + BLOCK + 20 * PAGE, TOUCH_READ);
    start();
    wait_granted(DEV0, ptr + BLOCK + 20 * PAGE, FAKE_READ);
    stop();
    const struct hum_view *view = &views[0];
    struct hum_pages here = humi_mask_range(5, 12), there = humi_mask_range(0, 10);
    assert_true(humi_mask_equal(&view->resident, &here));
    assert_true(humi_mask_equal(&view->mapped, &here));
    assert_true(humi_mask_equal(&view->elsewhere, &there));
    assert_true(humi_mask_equal(&view->written, &there));
    assert_int_equal(view->neighbour_pages[0], 300);
    assert_int_equal(view->neighbour_pages[1], 200);
    assert_int_equal(view->neighbour_writable[0], 0);
    assert_int_equal(view->neighbour_writable[1], 200);
    assert_int_equal(view->capacity_blocks, 5);
    assert_int_equal(view->free_blocks, 2);
    assert_int_equal(view->advice, HUM_ADVISE_PREFERRED);
    assert_int_equal(view->preferred, 1);
    end();
}

/* policy.h: faults on resident pages since access was last taken away. */
static void only_faults_on_resident_pages_are_map_faults(void **state)
{
    static const unsigned want[] = {0, 0, 0, 1};
    struct humi_block *block;

    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    start();
    fault(DEV0, ptr, TOUCH_READ); /* comes */
    wait_granted(DEV0, ptr, FAKE_READ);
    fault(DEV0, ptr + PAGE, TOUCH_READ); /* comes */
    wait_granted(DEV0, ptr + PAGE, FAKE_READ);
    fault(DEV0, ptr, TOUCH_WRITE); /* is there */
    wait_granted(DEV0, ptr, FAKE_WRITE);
    fault(DEV0, ptr + PAGE, TOUCH_WRITE); /* is there */
    wait_granted(DEV0, ptr + PAGE, FAKE_WRITE);
    stop();
    block = block_at(world, 0);
    assert_int_equal(view_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(views[i].map_faults, want[i]);
    assert_int_equal(block->hold[DEV0].map_faults, 2);
    end();
}

/* The block that two regions share has a past until the last of them ends. */
static void the_past_of_a_block_ends_with_its_last_region(void **state)
{
    struct humi_evicted evicted;

    (void)state;
    begin(&usual);
    char *first = alloc(4 * PAGE), *second = alloc(4 * PAGE);
    struct humi_block *block = block_at(world, 0);
    start();
    fault(DEV0, first, TOUCH_WRITE);
    wait_granted(DEV0, first, FAKE_WRITE);
    stop();
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    assert_int_equal(hum_advise(&world->hum, first, PAGE, HUM_ADVISE_REMOTE, 0), HUM_OK);
    assert_int_equal(hum_free(&world->hum, first), HUM_OK);
    assert_int_equal(block->advice, HUM_ADVISE_REMOTE);
    assert_int_equal(block->hold[DEV0].evictions, 1);
    assert_int_equal(block->agents.count, 1);
    assert_int_equal(hum_free(&world->hum, second), HUM_OK);
    assert_int_equal(block->advice | block->remote_by, 0);
    assert_int_equal(block->hold[DEV0].evictions, 0);
    assert_int_equal(block->agents.count, 0);
    end();
}

int service_plans(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_beyond_the_region_is_not_carried_out),
        cmocka_unit_test(going_ahead_stays_inside_the_region),
        cmocka_unit_test(a_throttled_fault_waits_and_others_go_on),
        cmocka_unit_test(an_exclusive_plan_maps_a_read_for_writing),
        cmocka_unit_test(what_is_written_ahead_is_brought),
        cmocka_unit_test(going_ahead_never_evicts),
        cmocka_unit_test(the_view_tells_what_is),
        cmocka_unit_test(only_faults_on_resident_pages_are_map_faults),
        cmocka_unit_test(the_past_of_a_block_ends_with_its_last_region),
    };

    return cmocka_run_group_tests_name("service_plans", tests, NULL, NULL);
}
