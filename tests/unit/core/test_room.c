/* SPDX-License-Identifier: MIT */
/* test_room.c - which block leaves a full processor, and when none can. */
#include <stdlib.h>
#include <time.h>

#include "core/room.h"
#include "core_test.h"
#include "policy/parts.h"

/* The blocks that came longest ago leave first. */
static const struct hum_policy policy = {.struct_size = sizeof policy,
                                         .version = HUM_POLICY_VERSION,
                                         .name = "test",
                                         .evict = &humi_evict_lrm};
static const struct fake_params tiny = {
    .processors = 3, .blocks = 8, .policy = &policy, .capacity = {0, 3, 3}};

static struct fake_world *full_device(uint64_t host_blocks)
{
    struct fake_params params = tiny;

    params.capacity[HOST] = host_blocks;
    struct fake_world *world = world_open(&params);
    for (uint32_t i = 0; i < 3; i++)
        touch_fill(world, block_at(world, i), DEV0, 0, 4, (int)i + 1);
    return world;
}

static bool is_on(struct fake_world *world, uint32_t index, unsigned p)
{
    return !humi_mask_empty(&block_at(world, index)->hold[p].present);
}

static void make_room(struct fake_world *world, unsigned p, const struct humi_block *avoid)
{
    assert_int_equal(humi_room_make(&world->hum, p, avoid), HUM_OK);
    check_world(world);
}

static void the_first_that_came_leaves_first(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        make_room(world, DEV0, NULL);
        for (uint32_t j = 0; j < 3; j++)
            assert_int_equal(is_on(world, j, DEV0), j > i);
    }
    assert_int_equal(humi_room_make(&world->hum, DEV0, NULL), HUM_ERR_NO_MEMORY);
    for (uint32_t i = 0; i < 3; i++) {
        touch(world, block_at(world, i), HOST, 0, 4, TOUCH_READ);
        expect_content(world, block_at(world, i), HOST, 0, 4, (int)i + 1);
    }
    fake_world_close(world);
}

static void a_renewed_block_leaves_last(void **state)
{
    struct fake_world *world = full_device(0);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    humi_lock(&block->lock);
    humi_order_renew(&world->hum.order[DEV0], block, HUM_EVICT_ON_MOVE);
    humi_unlock(&block->lock);
    make_room(world, DEV0, NULL);
    make_room(world, DEV0, NULL);
    assert_true(is_on(world, 0, DEV0));
    fake_world_close(world);
}

static void frames_without_pages_leave_first(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    touch(world, block_at(world, 2), HOST, 0, 4, TOUCH_WRITE);
    struct hum_counters before = counters(world);
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 2, DEV0));
    assert_true(is_on(world, 0, DEV0));
    expect_events(world, &before, NULL, 0); /* no page left */
    fake_world_close(world);
}

static void a_preferred_block_leaves_last(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    for (uint32_t i = 0; i < 3; i += 2) {
        block_at(world, i)->advice = HUM_ADVISE_PREFERRED;
        block_at(world, i)->preferred = 0;
    }
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 1, DEV0));
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 0, DEV0)); /* the newest stays for the older one that is preferred */
    assert_true(is_on(world, 2, DEV0));
    fake_world_close(world);
}

static void preferred_elsewhere_is_no_protection(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    block_at(world, 0)->advice = HUM_ADVISE_PREFERRED;
    block_at(world, 0)->preferred = 1;
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 0, DEV0));
    fake_world_close(world);
}

static void the_avoided_block_stays(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    make_room(world, DEV0, block_at(world, 0));
    assert_true(is_on(world, 0, DEV0));
    assert_false(is_on(world, 1, DEV0));
    make_room(world, DEV0, block_at(world, 0));
    assert_int_equal(humi_room_make(&world->hum, DEV0, block_at(world, 0)), HUM_ERR_NO_MEMORY);
    fake_world_close(world);
}

static void clean_and_dirty_evictions_are_counted(void **state)
{
    static const struct counted events[] = {{HUM_CAUSE_EVICTION, 4, {0, 3, 0}},
                                            {HUM_CAUSE_EVICTION, 4, {0, 0, 0}}};
    struct fake_world *world = full_device(0);

    (void)state;
    touch(world, block_at(world, 0), HOST, 3, 4, TOUCH_READ);
    touch(world, block_at(world, 1), HOST, 0, 4, TOUCH_READ);
    struct hum_counters before = counters(world);
    make_room(world, DEV0, NULL);
    expect_events(world, &before, events, 1);
    assert_int_equal(counters(world).evictions_dirty, 1);
    before = counters(world);
    make_room(world, DEV0, NULL);
    expect_events(world, &before, events + 1, 1);
    assert_int_equal(counters(world).evictions_clean, 1);
    fake_world_close(world);
}

/* Each region is told about its own pages of the block, the space about all. */
static void regions_of_one_block_share_the_eviction(void **state)
{
    struct fake_world *world = world_open(&tiny);
    struct humi_region *regions[3];
    static const unsigned pages[] = {4, 2, 8};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(humi_regions_alloc(&world->hum.regions, pages[i] * PAGE, 0, &regions[i]),
                         HUM_OK);
    struct humi_block *block = block_at(world, 0);
    touch_fill(world, block, DEV0, 0, 14, 1);
    touch(world, block, HOST, 4, 5, TOUCH_READ);
    make_room(world, DEV0, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct hum_counters now;
        humi_meter_read(regions[i]->meter, &now);
        assert_int_equal(now.pages[HUM_CAUSE_EVICTION], pages[i]);
        assert_int_equal(now.bytes[HUM_D2H], (pages[i] - (i == 1)) * PAGE);
    }
    assert_int_equal(counters(world).pages[HUM_CAUSE_EVICTION], 14);
    assert_int_equal(counters(world).events[HUM_CAUSE_EVICTION], 1);
    fake_world_close(world);
}

/* ---- a full host ----------------------------------------------------------------------------- */

static void stale_frames_of_the_host_leave_for_what_comes_home(void **state)
{
    struct fake_world *world = full_device(1);

    (void)state;
    touch_fill(world, block_at(world, 5), HOST, 0, 4, 0x55);
    touch(world, block_at(world, 5), DEV1, 0, 4, TOUCH_WRITE); /* the host's frames are stale */
    assert_true(is_on(world, 5, HOST));
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 0, DEV0));
    assert_false(is_on(world, 5, HOST));
    expect_content(world, block_at(world, 5), DEV1, 0, 4, 0x55);
    fake_world_close(world);
}

static void copies_at_the_host_leave_for_what_comes_home(void **state)
{
    struct fake_world *world = full_device(1);

    (void)state;
    touch_fill(world, block_at(world, 5), HOST, 0, 4, 0x55);
    touch(world, block_at(world, 5), DEV1, 0, 4, TOUCH_READ);
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 5, HOST));
    expect_content(world, block_at(world, 5), DEV1, 0, 4, 0x55);
    /* evictions_clean counts what left a device, and the host is none */
    assert_int_equal(counters(world).evictions_dirty, 1);
    assert_int_equal(counters(world).evictions_clean, 0);
    fake_world_close(world);
}

static void a_host_full_of_only_copies_stops_everything(void **state)
{
    struct fake_world *world = full_device(1);

    (void)state;
    touch_fill(world, block_at(world, 5), HOST, 0, 4, 0x55);
    assert_int_equal(humi_room_make(&world->hum, HOST, NULL), HUM_ERR_NO_MEMORY);
    assert_int_equal(humi_room_make(&world->hum, DEV0, NULL), HUM_ERR_NO_MEMORY);
    check_world(world);
    for (uint32_t i = 0; i < 3; i++)
        expect_content(world, block_at(world, i), DEV0, 0, 4, (int)i + 1);
    expect_content(world, block_at(world, 5), HOST, 0, 4, 0x55);
    fake_world_close(world);
}

static void a_clean_block_leaves_though_the_host_is_full(void **state)
{
    struct fake_world *world = full_device(1);

    (void)state;
    touch_fill(world, block_at(world, 1), HOST, 9, 10, 7); /* so the host cannot give it up */
    touch(world, block_at(world, 1), HOST, 0, 4, TOUCH_READ);
    make_room(world, DEV0, NULL);
    assert_true(is_on(world, 0, DEV0));
    assert_false(is_on(world, 1, DEV0));
    fake_world_close(world);
}

/* ---- stale frames ---------------------------------------------------------------------------- */

static void make_stale(struct fake_world *world, uint32_t index)
{
    touch_fill(world, block_at(world, index), HOST, 0, 4, 1);
    touch(world, block_at(world, index), DEV0, 0, 4, TOUCH_WRITE);
}

static void stale_host_frames_are_kept_up_to_a_limit(void **state)
{
    struct fake_world *world = world_open(&tiny);

    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        make_stale(world, i);
    touch(world, block_at(world, 4), HOST, 0, 4, TOUCH_WRITE);
    world->hum.stale_max = 3;
    humi_room_trim(&world->hum);
    check_world(world);
    assert_int_equal(world->hum.order[HOST].stale, 3);
    world->hum.stale_max = 1;
    humi_room_trim(&world->hum);
    check_world(world);
    assert_int_equal(world->hum.order[HOST].stale, 1);
    world->hum.stale_max = 0;
    humi_room_trim(&world->hum);
    check_world(world);
    assert_int_equal(world->hum.order[HOST].held, 1);
    assert_true(is_on(world, 4, HOST));
    for (uint32_t i = 0; i < 3; i++)
        expect_content(world, block_at(world, i), DEV0, 0, 4, 1);
    fake_world_close(world);
}

static void stale_frames_are_used_again_without_asking_for_memory(void **state)
{
    struct fake_world *world = world_open(&tiny);

    (void)state;
    make_stale(world, 0);
    unsigned backs = world->fake[HOST]->calls.back;
    touch(world, block_at(world, 0), HOST, 0, 4, TOUCH_READ);
    expect_content(world, block_at(world, 0), HOST, 0, 4, 1);
    assert_int_equal(world->fake[HOST]->calls.back, backs);
    assert_false(block_at(world, 0)->hold[HOST].stale);
    fake_world_close(world);
}

static void forgotten_blocks_make_room_first(void **state)
{
    struct fake_world *world = full_device(0);

    (void)state;
    forget(world, block_at(world, 1), ALL);
    assert_true(is_on(world, 1, DEV0));
    make_room(world, DEV0, NULL);
    assert_false(is_on(world, 1, DEV0));
    assert_true(is_on(world, 0, DEV0) && is_on(world, 2, DEV0));
    fake_world_close(world);
}

/* ---- blocks at work -------------------------------------------------------------------------- */

struct holder {
    struct humi_block *block;
    pthread_barrier_t held;
    unsigned ms;
};

static void *hold_block(void *argument)
{
    struct holder *holder = argument;
    struct timespec time = {holder->ms / 1000, holder->ms % 1000 * 1000000L};

    humi_lock(&holder->block->lock);
    pthread_barrier_wait(&holder->held);
    nanosleep(&time, NULL); /* a slow copy */
    humi_unlock(&holder->block->lock);
    return NULL;
}

static void hold_begin(struct holder *holder, pthread_t *thread, struct humi_block *block,
                       unsigned ms)
{
    holder->block = block;
    holder->ms = ms;
    pthread_barrier_init(&holder->held, NULL, 2);
    assert_int_equal(pthread_create(thread, NULL, hold_block, holder), 0);
    pthread_barrier_wait(&holder->held);
}

static void hold_end(struct holder *holder, pthread_t thread)
{
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&holder->held);
}

static void a_block_at_work_is_passed_over(void **state)
{
    struct fake_world *world = full_device(0);
    struct holder holder;
    pthread_t thread;

    (void)state;
    hold_begin(&holder, &thread, block_at(world, 0), 50);
    enum hum_status status = humi_room_make(&world->hum, DEV0, NULL);
    hold_end(&holder, thread);
    assert_int_equal(status, HUM_OK);
    check_world(world);
    assert_true(is_on(world, 0, DEV0));
    assert_false(is_on(world, 1, DEV0));
    fake_world_close(world);
}

/* However long somebody works on the only block that can leave, that is no lack of memory. */
static void the_only_block_is_waited_for(void **state)
{
    struct fake_params params = tiny;
    struct holder holder;
    pthread_t thread;

    (void)state;
    params.capacity[DEV0] = 1;
    struct fake_world *world = world_open(&params);
    touch_fill(world, block_at(world, 0), DEV0, 0, 4, 1);
    hold_begin(&holder, &thread, block_at(world, 0), 300);
    enum hum_status status = humi_room_make(&world->hum, DEV0, block_at(world, 1));
    hold_end(&holder, thread);
    assert_int_equal(status, HUM_OK);
    check_world(world);
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_came_leaves_first),
        cmocka_unit_test(a_renewed_block_leaves_last),
        cmocka_unit_test(frames_without_pages_leave_first),
        cmocka_unit_test(a_preferred_block_leaves_last),
        cmocka_unit_test(preferred_elsewhere_is_no_protection),
        cmocka_unit_test(the_avoided_block_stays),
        cmocka_unit_test(clean_and_dirty_evictions_are_counted),
        cmocka_unit_test(regions_of_one_block_share_the_eviction),
        cmocka_unit_test(stale_frames_of_the_host_leave_for_what_comes_home),
        cmocka_unit_test(copies_at_the_host_leave_for_what_comes_home),
        cmocka_unit_test(a_host_full_of_only_copies_stops_everything),
        cmocka_unit_test(a_clean_block_leaves_though_the_host_is_full),
        cmocka_unit_test(stale_host_frames_are_kept_up_to_a_limit),
        cmocka_unit_test(stale_frames_are_used_again_without_asking_for_memory),
        cmocka_unit_test(forgotten_blocks_make_room_first),
        cmocka_unit_test(a_block_at_work_is_passed_over),
        cmocka_unit_test(the_only_block_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
