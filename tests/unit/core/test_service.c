/* SPDX-License-Identifier: MIT */
/* test_service.c - batches of faults, touches that cannot be served, memory that runs out. */
#include "service_world.h"

/* ---- batches --------------------------------------------------------------------------------- */

static void faults_of_one_block_are_one_group(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * BLOCK);
    for (unsigned i = 0; i < 10; i++)
        fault(DEV0, ptr + (20 - i) * PAGE + i, TOUCH_READ);
    fault(DEV0, ptr + BLOCK + 5 * PAGE, TOUCH_WRITE);
    for (unsigned i = 0; i < 5; i++)
        fault(DEV0, ptr + i * PAGE, TOUCH_WRITE);
    start();
    wait_granted(DEV0, ptr + BLOCK + 5 * PAGE, FAKE_WRITE);
    stop();
    assert_int_equal(view_count, 2);
    struct hum_pages read = humi_mask_range(11, 21), write = humi_mask_range(0, 5);
    assert_true(humi_mask_equal(&views[0].read, &read));
    assert_true(humi_mask_equal(&views[0].write, &write));
    assert_int_equal(views[0].processor, 0);
    assert_true(humi_mask_full(&views[0].valid));
    struct hum_counters now = counters(world);
    assert_int_equal(now.batches, 1);
    assert_int_equal(now.faults_device, 16);
    assert_int_equal(now.faults_host, 0);
    assert_int_equal(now.faults_duplicate, 0);
    assert_int_equal(now.events[HUM_CAUSE_FIRST_TOUCH], 2);
    assert_int_equal(now.pages[HUM_CAUSE_FIRST_TOUCH], 16);
    end();
}

static void one_write_of_a_group_takes_all_of_it_for_writing(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    fault(HOST, ptr, TOUCH_READ);
    fault(HOST, ptr + PAGE, TOUCH_WRITE);
    start();
    wait_granted(HOST, ptr, FAKE_WRITE);
    stop();
    assert_int_equal(counters(world).faults_host, 2);
    end();
}

static void duplicates_are_counted_and_served(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    fault(DEV0, ptr, TOUCH_READ);
    fault(DEV0, ptr + 100, TOUCH_READ);
    fault(DEV0, ptr + PAGE, TOUCH_READ);
    start();
    wait_granted(DEV0, ptr + PAGE, FAKE_READ);
    unsigned maps = world->fake[DEV0]->calls.map;
    fault(DEV0, ptr, TOUCH_READ); /* there already: mapped again */
    wait_served(DEV0, maps + 1);
    stop();
    struct hum_counters now = counters(world);
    assert_int_equal(now.faults_device, 4);
    assert_int_equal(now.faults_duplicate, 2);
    end();
}

static void regions_of_one_block_are_groups_of_their_own(void **state)
{
    struct hum_region_info info;

    (void)state;
    begin(&usual);
    char *a = alloc(3 * PAGE), *b = alloc(5 * PAGE);
    assert_ptr_equal(a + 3 * PAGE, b);
    fault(DEV0, a + 2 * PAGE, TOUCH_READ);
    fault(DEV0, b, TOUCH_WRITE);
    fault(DEV0, b + 4 * PAGE, TOUCH_READ);
    start();
    wait_granted(DEV0, b + 4 * PAGE, FAKE_READ);
    stop();
    assert_int_equal(view_count, 2);
    struct hum_pages valid = humi_mask_range(3, 8);
    assert_true(humi_mask_equal(&views[1].valid, &valid));
    assert_int_equal(hum_region_info(&world->hum, a, &info), HUM_OK);
    assert_int_equal(info.counters.faults_device, 1);
    assert_int_equal(info.counters.pages[HUM_CAUSE_FIRST_TOUCH], 1);
    assert_int_equal(hum_region_info(&world->hum, b, &info), HUM_OK);
    assert_int_equal(info.counters.faults_device, 2);
    expect_access(world, block_at(world, 0), DEV0, 2, 3, FAKE_READ); /* a's page is not written */
    end();
}

static void more_faults_than_a_batch_holds(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * BLOCK);
    for (unsigned i = 0; i < 1000; i++)
        fault(DEV0, ptr + (i * 7 % 1000) * PAGE, TOUCH_READ);
    start();
    for (unsigned i = 0; i < 1000; i++)
        wait_granted(DEV0, ptr + i * PAGE, FAKE_READ);
    stop();
    assert_int_equal(counters(world).faults_device, 1000);
    assert_int_equal(counters(world).batches, 4);
    end();
}

/* ---- touches that cannot be served ----------------------------------------------------------- */

static void a_touch_outside_every_region_fails_alone(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * PAGE), *freed = alloc(PAGE);
    unsigned found = 0;
    assert_int_equal(hum_free(&world->hum, freed), HUM_OK);
    fault(DEV0, freed + 8, TOUCH_WRITE);
    fault(DEV0, ptr + PAGE, TOUCH_READ);
    fault(DEV0, (const char *)world->hum.params.start + world->hum.params.bytes, TOUCH_READ);
    fault(DEV0, (const char *)16, TOUCH_READ);
    start();
    wait_granted(DEV0, ptr + PAGE, FAKE_READ);
    wait_failed(DEV0, 3);
    stop();
    assert_int_equal(world->fake[DEV0]->failed_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(world->fake[DEV0]->failed[i].status, HUM_ERR_ILLEGAL_ADDRESS);
        if (world->fake[DEV0]->failed[i].fault.address != (uintptr_t)freed + 8)
            continue;
        assert_true(world->fake[DEV0]->failed[i].fault.write);
        found++;
    }
    assert_int_equal(found, 1);
    end();
}

static void protection_fails_what_it_forbids(void **state)
{
    (void)state;
    begin(&usual);
    char *none = alloc(PAGE), *read = alloc(4 * PAGE);
    assert_int_equal(hum_protect(&world->hum, none, 0, HUM_NONE), HUM_OK);
    assert_int_equal(hum_protect(&world->hum, read, 0, HUM_READ), HUM_OK);
    fault(DEV0, none, TOUCH_READ);
    fault(DEV0, read, TOUCH_WRITE);
    fault(DEV0, read + PAGE, TOUCH_READ);
    fault(HOST, none, TOUCH_WRITE);
    start();
    wait_failed(DEV0, 2);
    wait_granted(DEV0, read + PAGE, FAKE_READ);
    wait_granted(HOST, none, FAKE_WRITE);
    stop();
    assert_int_equal(world->fake[DEV0]->failed_count, 2);
    assert_int_equal(world->fake[HOST]->failed_count, 0);
    expect_access(world, block_at(world, 0), DEV0, 1, 2, FAKE_NONE);
    expect_access(world, block_at(world, 0), DEV0, 2, 3, FAKE_READ);
    end();
}

static void protection_takes_access_away_and_gives_it_back(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    answer.bring = answer.map = humi_mask_all();
    start();
    fault(DEV0, ptr, TOUCH_WRITE);
    wait_granted(DEV0, ptr, FAKE_OWN);
    assert_int_equal(hum_protect(&world->hum, ptr, 0, HUM_READ), HUM_OK);
    assert_true(fake_access(world->fake[DEV0], offset_of(ptr)) <= FAKE_READ);
    fault(DEV0, ptr, TOUCH_READ);
    wait_granted(DEV0, ptr, FAKE_READ);
    fault(DEV0, ptr, TOUCH_WRITE);
    wait_failed(DEV0, 1);
    assert_int_equal(hum_protect(&world->hum, ptr, 0, HUM_READ | HUM_WRITE), HUM_OK);
    fault(DEV0, ptr, TOUCH_WRITE);
    wait_granted(DEV0, ptr, FAKE_OWN);
    assert_int_equal(hum_protect(&world->hum, ptr, 0, HUM_NONE), HUM_OK);
    assert_int_equal(fake_access(world->fake[DEV0], offset_of(ptr)), FAKE_NONE);
    stop();
    end();
}

/*
 * A fault that was looked at before hum_protect() and is served after it.  The service waits for
 * the block while access is taken away, so it must look again.
 */
static void protection_wins_over_a_fault_on_its_way(void **state)
{
    struct timespec moment = {0, 20 * 1000000L};

    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    struct humi_block *block = block_at(world, (uint32_t)(offset_of(ptr) / BLOCK));
    struct humi_region *region = humi_regions_find(&world->hum.regions, (uintptr_t)ptr);
    start();
    humi_lock(&block->lock);
    fault(DEV0, ptr, TOUCH_READ);
    while (atomic_load(&region->references) < 3) /* tree, test, service: it is in the group */
        sched_yield();
    nanosleep(&moment, NULL); /* it cannot be seen waiting for the block */
    humi_region_set_access(region, DEV0, HUM_NONE);
    humi_unlock(&block->lock);
    assert_int_equal(hum_protect(&world->hum, ptr, 0, HUM_NONE), HUM_OK);
    fault(HOST, ptr, TOUCH_READ); /* once this is served, the other one was, too */
    wait_granted(HOST, ptr, FAKE_READ);
    stop();
    assert_int_equal(world->fake[DEV0]->calls.map, 0);
    assert_int_equal(world->fake[DEV0]->failed_count, 1);
    humi_region_put(region);
    end();
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void a_full_device_makes_room(void **state)
{
    struct fake_params params = usual;

    (void)state;
    params.capacity[DEV0] = 1;
    begin(&params);
    char *ptr = alloc(3 * BLOCK);
    for (unsigned i = 0; i < 3; i++)
        fault(DEV0, ptr + i * BLOCK, TOUCH_WRITE);
    start();
    wait_granted(DEV0, ptr + 2 * BLOCK, FAKE_WRITE);
    stop();
    assert_int_equal(world->fake[DEV0]->failed_count, 0);
    assert_int_equal(counters(world).evictions_dirty, 2);
    assert_int_equal(counters(world).bytes[HUM_D2H], 2 * PAGE);
    assert_int_equal(world->hum.order[DEV0].held, 1);
    end();
}

static void no_memory_anywhere_fails_the_touch(void **state)
{
    struct fake_params params = usual;

    (void)state;
    params.capacity[DEV0] = params.capacity[HOST] = 1;
    begin(&params);
    char *ptr = alloc(3 * BLOCK);
    touch_fill(world, block_at(world, 0), HOST, 0, 1, 1);
    touch_fill(world, block_at(world, 1), DEV0, 0, 1, 2);
    fault(DEV0, ptr + 2 * BLOCK, TOUCH_WRITE);
    fault(HOST, ptr + 2 * BLOCK, TOUCH_WRITE);
    start();
    wait_failed(DEV0, 1);
    wait_failed(HOST, 1);
    stop();
    assert_int_equal(world->fake[DEV0]->failed[0].status, HUM_ERR_NO_MEMORY);
    assert_int_equal(world->fake[HOST]->failed[0].status, HUM_ERR_NO_MEMORY);
    expect_content(world, block_at(world, 0), HOST, 0, 1, 1);
    expect_content(world, block_at(world, 1), DEV0, 0, 1, 2);
    end();
}

static void stale_host_frames_go_when_the_system_has_no_memory(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * BLOCK);
    touch(world, block_at(world, 0), HOST, 0, 4, TOUCH_WRITE);
    touch(world, block_at(world, 0), DEV0, 0, 4, TOUCH_WRITE);
    world->fake[HOST]->fail_back = 1;
    fault(HOST, ptr + BLOCK, TOUCH_WRITE);
    start();
    wait_granted(HOST, ptr + BLOCK, FAKE_WRITE);
    stop();
    assert_true(humi_mask_empty(&block_at(world, 0)->hold[HOST].present));
    assert_int_equal(world->fake[HOST]->failed_count, 0);
    end();
}

static void frames_that_cannot_be_had_for_a_moment_are_tried_again(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    world->fake[DEV0]->fail_back = 1;
    start();
    fault(DEV0, ptr, TOUCH_WRITE);
    wait_granted(DEV0, ptr, FAKE_WRITE);
    stop();
    assert_int_equal(world->fake[DEV0]->failed_count, 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_one_block_are_one_group),
        cmocka_unit_test(one_write_of_a_group_takes_all_of_it_for_writing),
        cmocka_unit_test(duplicates_are_counted_and_served),
        cmocka_unit_test(regions_of_one_block_are_groups_of_their_own),
        cmocka_unit_test(more_faults_than_a_batch_holds),
        cmocka_unit_test(a_touch_outside_every_region_fails_alone),
        cmocka_unit_test(protection_fails_what_it_forbids),
        cmocka_unit_test(protection_takes_access_away_and_gives_it_back),
        cmocka_unit_test(protection_wins_over_a_fault_on_its_way),
        cmocka_unit_test(a_full_device_makes_room),
        cmocka_unit_test(no_memory_anywhere_fails_the_touch),
        cmocka_unit_test(stale_host_frames_go_when_the_system_has_no_memory),
        cmocka_unit_test(frames_that_cannot_be_had_for_a_moment_are_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + service_plans() + service_deaths();
}
