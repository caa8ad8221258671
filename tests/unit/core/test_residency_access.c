/* SPDX-License-Identifier: MIT */
/* test_residency_access.c - access to whole blocks, and where less of it is to be had. */
#include "residency_test.h"

#include "core/remote.h"

/* ---- whole blocks ---------------------------------------------------------------------------- */

static void a_whole_block_is_mapped_own(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 3);

    (void)state;
    touch_whole(world, block, DEV0, TOUCH_WRITE);
    assert_true(block->hold[DEV0].own);
    expect_access(world, block, DEV0, ALL, FAKE_OWN);
    assert_int_equal(world->fake[DEV0]->calls.map, 1);
    touch(world, block, DEV0, 3, 4, TOUCH_WRITE); /* late, or after a restart: mapped again */
    assert_int_equal(world->fake[DEV0]->calls.map, 2);
    assert_int_equal(world->fake[DEV0]->calls.resume, 1);
    fake_world_close(world);
}

static void a_part_of_a_region_is_never_own(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 3);
    struct humi_request request = fault_request(DEV0, ALL, TOUCH_WRITE);

    (void)state;
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_access(world, block, DEV0, ALL, FAKE_WRITE);
    fake_world_close(world);
}

static void own_is_refused_and_write_works_instead(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 3);

    (void)state;
    world->fake[DEV0]->refuse_own = true;
    touch_whole(world, block, DEV0, TOUCH_WRITE);
    assert_false(block->hold[DEV0].own);
    expect_access(world, block, DEV0, ALL, FAKE_WRITE);
    touch(world, block, HOST, 3, 4, TOUCH_READ);
    expect_access(world, block, DEV0, 4, 5, FAKE_WRITE);
    fake_world_close(world);
}

static void one_page_taken_from_an_own_block_takes_all_access(void **state)
{
    for (int write = 0; write < 2; write++) {
        struct fake_world *world = world_open(&three);
        struct humi_block *block = block_at(world, 3);

        (void)state;
        touch_whole(world, block, DEV0, TOUCH_WRITE);
        fill(world, block, DEV0, ALL, 0x5a);
        touch(world, block, HOST, 9, 10, write ? TOUCH_WRITE : TOUCH_READ);
        expect_content(world, block, HOST, 9, 10, 0x5a);
        expect_access(world, block, DEV0, ALL, FAKE_NONE);
        assert_int_equal(resident(block, DEV0), write ? 511 : 512);
        assert_int_equal(resident(block, HOST), 1);
        touch_whole(world, block, DEV0, TOUCH_WRITE);
        assert_true(block->hold[DEV0].own);
        fake_world_close(world);
    }
}

static void an_own_block_read_whole_is_shared(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 3);

    (void)state;
    touch_whole(world, block, HOST, TOUCH_WRITE);
    fill(world, block, HOST, ALL, 0x66);
    touch_whole(world, block, DEV0, TOUCH_READ);
    expect_content(world, block, DEV0, ALL, 0x66);
    expect_access(world, block, DEV0, ALL, FAKE_READ);
    expect_access(world, block, HOST, ALL, FAKE_NONE);
    touch_whole(world, block, HOST, TOUCH_READ);
    expect_access(world, block, HOST, ALL, FAKE_READ);
    assert_false(block->hold[HOST].own);
    fake_world_close(world);
}

/* ---- pages that were touched far ------------------------------------------------------------- */

/* Touches of the pages by the host go to the frames of DEV0. */
static void touch_far(struct fake_world *world, struct humi_block *block, unsigned first,
                      unsigned end)
{
    struct humi_request request = fault_request(HOST, first, end, TOUCH_READ);

    request.remote = request.bring;
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_access(world, block, HOST, first, end, FAKE_REMOTE);
}

/* A store of the host goes through from when they lead home until they are guarded. */
static void what_the_host_reads_instead_of_far_is_nobody_elses(void **state)
{
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        struct fake_world *world = world_open(&three);
        struct humi_block *block = block_at(world, 1);
        touch_fill(world, block, DEV0, 4, 8, 0x31);
        touch_far(world, block, 4, 8);
        if (taken) {
            humi_lock(&block->lock);
            humi_remote_take(&world->hum, block, HOST, humi_mask_all());
            humi_unlock(&block->lock);
        }
        touch(world, block, HOST, 4, 6, TOUCH_READ);
        expect_content(world, block, HOST, 4, 6, 0x31);
        expect_access(world, block, HOST, 4, 6, FAKE_WRITE);
        assert_int_equal(resident(block, HOST), 2);
        assert_int_equal(resident(block, DEV0), 2);
        fake_world_close(world);
    }
}

/* ---- reduced processors and protected regions ------------------------------------------------ */

static void without_shared_read_access_is_exclusive(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.no_shared_read = true;
    struct fake_world *world = world_open(&params);
    struct humi_block *block = block_at(world, 0);
    touch(world, block, HOST, 0, 8, TOUCH_READ);
    expect_access(world, block, HOST, 0, 8, FAKE_WRITE);
    fill(world, block, HOST, 0, 8, 3);
    touch(world, block, DEV0, 0, 8, TOUCH_READ);
    expect_content(world, block, DEV0, 0, 8, 3);
    expect_access(world, block, DEV0, 0, 8, FAKE_WRITE);
    assert_int_equal(resident(block, HOST), 0);
    fake_world_close(world);
}

/* A prefetch leaves two copies; the first touch of either takes the other. */
static void without_shared_read_a_prefetched_copy_is_taken_at_the_touch(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.no_shared_read = true;
    struct fake_world *world = world_open(&params);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = {.processor = DEV0,
                                   .bring = humi_mask_range(0, 8),
                                   .cause = HUM_CAUSE_PREFETCH_USER};
    touch_fill(world, block, HOST, 0, 8, 4);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    touch_fill(world, block, HOST, 0, 4, 5);
    assert_int_equal(resident(block, DEV0), 4);
    touch(world, block, DEV0, 0, 8, TOUCH_READ);
    expect_content(world, block, DEV0, 0, 4, 5);
    expect_content(world, block, DEV0, 4, 8, 4);
    assert_int_equal(resident(block, HOST), 0);
    fake_world_close(world);
}

static void read_only_never_maps_for_writing(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = fault_request(DEV0, ALL, TOUCH_READ);
    struct humi_evicted evicted;

    (void)state;
    touch_fill(world, block, DEV0, ALL, 6);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    touch(world, block, DEV0, ALL, TOUCH_READ);
    humi_lock(&block->lock);
    humi_grant_take(&world->hum, block, DEV0, humi_mask_all(), false);
    humi_unlock(&block->lock);
    request.read_only = request.whole = true;
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_access(world, block, DEV0, ALL, FAKE_READ);
    fake_world_close(world);
}

static void unmapping_writes_only_keeps_reads(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch(world, block, DEV0, 0, 8, TOUCH_WRITE);
    humi_lock(&block->lock);
    humi_grant_take(&world->hum, block, DEV0, humi_mask_range(2, 4), true);
    humi_grant_take(&world->hum, block, DEV0, humi_mask_range(6, 20), false);
    humi_unlock(&block->lock);
    check_world(world);
    expect_access(world, block, DEV0, 0, 2, FAKE_WRITE);
    expect_access(world, block, DEV0, 2, 4, FAKE_READ);
    expect_access(world, block, DEV0, 4, 6, FAKE_WRITE);
    expect_access(world, block, DEV0, 6, 8, FAKE_NONE);
    assert_int_equal(resident(block, DEV0), 8);
    fake_world_close(world);
}

int residency_access(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_block_is_mapped_own),
        cmocka_unit_test(a_part_of_a_region_is_never_own),
        cmocka_unit_test(own_is_refused_and_write_works_instead),
        cmocka_unit_test(one_page_taken_from_an_own_block_takes_all_access),
        cmocka_unit_test(an_own_block_read_whole_is_shared),
        cmocka_unit_test(what_the_host_reads_instead_of_far_is_nobody_elses),
        cmocka_unit_test(without_shared_read_access_is_exclusive),
        cmocka_unit_test(without_shared_read_a_prefetched_copy_is_taken_at_the_touch),
        cmocka_unit_test(read_only_never_maps_for_writing),
        cmocka_unit_test(unmapping_writes_only_keeps_reads),
    };

    return cmocka_run_group_tests_name("residency_access", tests, NULL, NULL);
}
