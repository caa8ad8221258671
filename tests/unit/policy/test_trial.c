/* SPDX-License-Identifier: MIT */
/* test_trial.c - a block on trial, the region that follows it far, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/place/trial.h"

#define BLOCKS 16u
#define PRICE 100u

/* A region of a device that holds 12 of its blocks; all of them have been evicted once. */
static struct world {
    struct humi_trial_space space;
    struct humi_trial_region region;
    struct humi_trial_block block[BLOCKS];
    struct hum_heat heat[BLOCKS];
} world;

static int begin(void **state)
{
    (void)state;
    world = (struct world){.space = {0}};
    return 0;
}

static struct hum_view view_of(unsigned block)
{
    return (struct hum_view){.processor = 0,
                             .valid = humi_mask_all(),
                             .written = humi_mask_all(),
                             .elsewhere = humi_mask_all(),
                             .read = humi_mask_range(20, 21),
                             .capacity_blocks = 12,
                             .region_blocks = BLOCKS,
                             .block = block,
                             .evictions = 1,
                             .can_share = true,
                             .can_remote = true,
                             .heat = &world.heat[block]};
}

static bool ask(const struct hum_view *view)
{
    struct humi_trial trial = {&world.space, &world.region, &world.block[view->block], PRICE};

    return humi_trial_stays(&trial, view);
}

/* The block comes back: does it stay where it is? */
static bool returns(unsigned block)
{
    struct hum_view view = view_of(block);

    return ask(&view);
}

/* So many touches of the far block were counted: does it still stay? */
static bool touched(unsigned block, unsigned touches)
{
    struct hum_view view = view_of(block);

    view.remote = humi_mask_all();
    world.heat[block].reads[0] = (uint8_t)(world.heat[block].reads[0] + touches);
    return ask(&view);
}

/* The first to come back is on trial and was touched once; then so many others come. */
static void try_with_returns(unsigned count)
{
    assert_true(returns(0));
    assert_true(touched(0, 1));
    for (unsigned i = 0; i < count; i++)
        assert_false(returns(1 + i % (BLOCKS - 1)));
}

static void what_never_left_is_not_tried(void **state)
{
    struct hum_view view = view_of(0);

    (void)state;
    view.evictions = 0;
    assert_false(ask(&view));
    assert_int_equal(world.region.block, 0);
}

static void rarely_touched_the_region_goes_far(void **state)
{
    (void)state;
    try_with_returns(7);
    assert_true(returns(8));
    assert_true(world.region.far);
    for (unsigned i = 1; i < BLOCKS; i++)
        assert_true(returns(i));
}

static void often_touched_it_comes_and_the_next_trial_waits(void **state)
{
    (void)state;
    assert_true(returns(0));
    assert_true(touched(0, PRICE - 1));
    assert_false(touched(0, 1));
    for (unsigned i = 0; i < 16; i++)
        assert_false(returns(1 + i % 15));
    assert_true(returns(3));
    assert_int_equal(world.region.block, 1 + 3);
    assert_false(touched(3, PRICE));
    for (unsigned i = 0; i < 32; i++)
        assert_false(returns(1 + i % 15));
    assert_true(returns(5));
}

/* 5 touches x 16 blocks x 4 cost 320 us, 2 more a return: never cheaper than 270 us a return. */
static void dear_far_touches_keep_the_region_near(void **state)
{
    (void)state;
    assert_true(returns(0));
    for (unsigned i = 0; i < 16; i++) {
        assert_true(touched(0, 5));
        assert_false(returns(1 + i % 15));
    }
    assert_false(world.region.far);
}

static void in_a_far_region_each_coming_costs_twice_as_much(void **state)
{
    (void)state;
    try_with_returns(7);
    assert_true(returns(8));
    world.region.limit = UINT64_MAX;
    assert_true(touched(8, PRICE - 1));
    assert_false(touched(8, 1));
    /* while it is in, more of it comes */
    assert_false(returns(8));
    /* and when it has left again */
    struct hum_view view = view_of(8);
    view.evictions = 2;
    assert_true(ask(&view));
    view.remote = humi_mask_all();
    world.heat[8].reads[1] = 2 * PRICE - 1;
    assert_true(ask(&view));
    world.heat[8].writes[1] = 1;
    assert_false(ask(&view));
}

static void far_has_a_limit_which_grows(void **state)
{
    uint64_t limit;

    (void)state;
    try_with_returns(7);
    assert_true(returns(8));
    limit = world.region.limit;
    assert_int_equal(limit, 8 * HUMI_RETURN_US);
    world.region.spent = limit - 1;
    assert_false(touched(8, 1));
    assert_false(world.region.far);
    assert_false(touched(0, 1));
    assert_true(returns(9));
    for (unsigned i = 0; i < 7; i++)
        assert_false(returns(1 + i));
    assert_true(returns(10));
    assert_int_equal(world.region.limit, 4 * limit);
}

static void unheard_nothing_goes_far_and_trials_end(void **state)
{
    unsigned far = 0;

    (void)state;
    for (unsigned i = 0; i < 2000; i++)
        far += returns(i % BLOCKS);
    assert_false(world.region.far);
    assert_int_equal(world.space.silent, 4);
    assert_int_equal(far, 4);
}

static void seen_again_nothing_is_counted_twice(void **state)
{
    struct hum_view view = view_of(0);

    (void)state;
    assert_true(ask(&view));
    struct world before = world;
    view.again = true;
    assert_true(ask(&view));
    assert_memory_equal(&before, &world, sizeof world);
}

/* The part itself: whole blocks stay, and what was touched enough comes whole. */
static void the_part_leaves_and_brings_whole_blocks(void **state)
{
    static uint64_t memory[HUM_MEMORY_COUNT][8192];
    void *pieces[HUM_MEMORY_COUNT] = {memory[0], memory[1], memory[2]};
    struct hum_view view = view_of(0);
    struct humi_policy policy;
    struct hum_plan plan;

    (void)state;
    assert_int_equal(humi_policy_read("test", humi_slice_of("auto,place.price=100"), &policy),
                     HUM_OK);
    humi_policy_plan(&policy, &view, pieces, &plan);
    assert_int_equal(humi_mask_count(&plan.remote), HUM_PAGES_PER_BLOCK);
    view.remote = humi_mask_all();
    world.heat[0].reads[1] = PRICE;
    humi_policy_plan(&policy, &view, pieces, &plan);
    assert_true(humi_mask_empty(&plan.remote));
    assert_true(humi_mask_count(&plan.bring) >= HUM_PAGES_PER_BLOCK - 1);
    assert_false(atomic_load(&policy.broken));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_never_left_is_not_tried, begin),
        cmocka_unit_test_setup(rarely_touched_the_region_goes_far, begin),
        cmocka_unit_test_setup(often_touched_it_comes_and_the_next_trial_waits, begin),
        cmocka_unit_test_setup(dear_far_touches_keep_the_region_near, begin),
        cmocka_unit_test_setup(in_a_far_region_each_coming_costs_twice_as_much, begin),
        cmocka_unit_test_setup(far_has_a_limit_which_grows, begin),
        cmocka_unit_test_setup(unheard_nothing_goes_far_and_trials_end, begin),
        cmocka_unit_test_setup(seen_again_nothing_is_counted_twice, begin),
        cmocka_unit_test_setup(the_part_leaves_and_brings_whole_blocks, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
