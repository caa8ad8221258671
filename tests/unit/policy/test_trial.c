/* SPDX-License-Identifier: MIT */
/* test_trial.c - a block on trial, the region that follows it far, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/place/trial.h"

#define BLOCKS 16u
#define HERE 12u
#define PRICE_US 100u
#define LONG_NS 1000000u /* in which no touches of these tests overlap */
#define PASS 9u          /* returns that cost a price for each block */
#define FETCH_NS 65000u
#define RETURN_NS (FETCH_NS + 37000u + 512u * 164u)

/* A region of a device that holds 12 of its blocks; all of them have been evicted once. */
static struct world {
    struct humi_trial_space space;
    struct humi_trial_region region;
    struct humi_trial_block block[BLOCKS];
    struct hum_heat heat[BLOCKS];
    uint64_t time_ns;
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
                             .capacity_blocks = HERE,
                             .region_blocks = BLOCKS,
                             .region_here = HERE,
                             .block = block,
                             .evictions = 1,
                             .can_share = true,
                             .can_remote = true,
                             .time_ns = world.time_ns,
                             .heat = &world.heat[block]};
}

static struct humi_trial trial_of(unsigned block)
{
    return (struct humi_trial){&world.space, &world.region, &world.block[block], PRICE_US * 1000};
}

static bool ask(const struct hum_view *view)
{
    struct humi_trial trial = trial_of(view->block);

    return humi_trial_stays(&trial, view);
}

/* The block comes back: does it stay where it is? */
static bool returns(unsigned block)
{
    struct hum_view view = view_of(block);

    return ask(&view);
}

/* So many touches of the far block were counted within so long: does it still stay? */
static bool touched_in(unsigned block, unsigned touches, uint64_t ns)
{
    struct hum_view view = view_of(block);

    world.time_ns += ns;
    view.time_ns = world.time_ns;
    view.remote = humi_mask_all();
    world.heat[block].reads[0] = (uint8_t)touches;
    world.block[block].seen = 0;
    return ask(&view);
}

static bool touched(unsigned block, unsigned touches)
{
    return touched_in(block, touches, LONG_NS);
}

#define BEFORE 4u /* returns before the first trial: 8 prices of 100 us are more, and less than 5 */

static void lead_up(void)
{
    for (unsigned i = 0; i < BEFORE; i++)
        assert_false(returns(8 + i));
    assert_int_equal(world.region.fetched_ns, BEFORE * RETURN_NS);
}

/* The next to come back is on trial and was touched once; then so many others come. */
static void try_with_returns(unsigned count)
{
    lead_up();
    assert_true(returns(0));
    assert_int_equal(world.region.block, 1 + 0);
    assert_true(touched(0, 1));
    for (unsigned i = 0; i < count; i++)
        assert_false(returns(1 + i % (BLOCKS - 1)));
}

/* ---- near ------------------------------------------------------------------------------------ */

static void what_never_left_is_not_tried(void **state)
{
    struct hum_view view = view_of(0);

    (void)state;
    view.evictions = 0;
    for (view.block = 0; view.block < BLOCKS; view.block++)
        assert_false(ask(&view));
    assert_int_equal(world.region.fetched_ns, BLOCKS * FETCH_NS);
    assert_int_equal(world.region.block, 0);
}

static void a_return_need_not_be_from_an_eviction(void **state)
{
    struct hum_view view = view_of(3);

    (void)state;
    view.evictions = 0;
    assert_false(ask(&view));
    assert_int_equal(world.region.fetched_ns, FETCH_NS);
    assert_false(ask(&view)); /* somebody has taken it */
    assert_int_equal(world.region.fetched_ns, FETCH_NS + RETURN_NS);
}

static void a_stay_costs_what_came_and_what_was_written(void **state)
{
    struct hum_view view = view_of(3);
    uint64_t before;

    (void)state;
    assert_false(ask(&view));
    view.resident = humi_mask_range(0, 100);
    view.read = humi_mask_none();
    view.write = humi_mask_range(200, 201);
    assert_false(ask(&view));
    before = world.region.fetched_ns;
    view.resident = humi_mask_none();
    assert_false(ask(&view));
    assert_int_equal(world.region.fetched_ns - before, FETCH_NS + 37000 + 2 * 100 * 164);
}

static void the_host_taking_back_is_fetching_too(void **state)
{
    struct hum_view view = view_of(0);
    struct humi_trial trial = trial_of(0);

    (void)state;
    view.processor = HUM_HOST;
    humi_trial_hears_host(&trial, &view);
    assert_int_equal(world.region.fetched_ns, 0); /* no device had asked for it */
    assert_false(returns(0));
    humi_trial_hears_host(&trial, &view);
    assert_int_equal(world.region.fetched_ns, RETURN_NS + FETCH_NS);
    view.resident = humi_mask_all();
    humi_trial_hears_host(&trial, &view);
    assert_int_equal(world.region.fetched_ns, RETURN_NS + FETCH_NS);
}

static void a_trial_waits_until_it_costs_little(void **state)
{
    (void)state;
    lead_up();
    assert_true(returns(0));
    assert_true(touched(0, PRICE_US - 1));
    assert_false(touched(0, 1));
    assert_int_equal(world.space.tried_ns, PRICE_US * 1000);
    uint64_t next = world.region.fetched_ns + 48 * PRICE_US * 1000;
    while (world.region.fetched_ns + RETURN_NS < next)
        assert_false(returns(1));
    assert_true(returns(3));
    assert_int_equal(world.region.block, 1 + 3);
}

static void rarely_touched_the_region_goes_far_after_a_pass(void **state)
{
    (void)state;
    try_with_returns(PASS - 1);
    assert_false(world.region.far);
    assert_true(returns(8));
    assert_true(world.region.far);
    for (unsigned i = 1; i < BLOCKS; i++)
        assert_true(returns(i));
}

/* 4 blocks are not here: 60 us of touches a return would be 240 us for all of them. */
static void dear_far_touches_keep_the_region_near(void **state)
{
    (void)state;
    lead_up();
    for (unsigned i = 0; i < 1000; i++) {
        bool trying = world.region.block != 0;
        unsigned block = world.region.block - 1;

        if (trying)
            touched(block, 60);
        returns(1 + i % 15);
    }
    assert_true(world.region.near_ns > BLOCKS * PRICE_US * 1000);
    assert_false(world.region.far);
}

/* The same touches at once are dear no more: 60 of them in 5 us. */
static void touches_cost_no_more_than_the_time_that_passed(void **state)
{
    (void)state;
    lead_up();
    assert_true(returns(0));
    for (unsigned i = 0; i < PASS; i++) {
        assert_false(world.region.far);
        assert_true(touched_in(0, 60, 5000));
        returns(1 + i);
    }
    assert_int_equal(world.region.touched_ns, PASS * 5000);
    assert_int_equal(world.region.far_ns, PASS * 5000 * (BLOCKS - HERE));
    assert_true(world.region.far);
}

/* Host and device take single pages of blocks from each other: no block ever leaves as a whole. */
static void fetches_in_parts_tell_as_much_as_returns(void **state)
{
    (void)state;
    lead_up();
    assert_true(returns(0));
    assert_true(touched(0, 1));
    for (unsigned i = 0; !world.region.far; i++) {
        struct hum_view view = view_of(1 + i % 15);

        assert_true(i < BLOCKS * PRICE_US * 1000 / FETCH_NS + 1);
        view.evictions = 0;
        view.resident = humi_mask_range(100, 200);
        assert_true(ask(&view) == world.region.far);
    }
    assert_true(world.region.near_ns >= BLOCKS * PRICE_US * 1000);
}

static void where_more_is_here_less_would_be_touched_far(void **state)
{
    struct hum_view view = view_of(0);

    (void)state;
    lead_up();
    assert_true(returns(0));
    view.time_ns = LONG_NS;
    view.remote = humi_mask_all();
    view.region_here = BLOCKS - 1;
    world.heat[0].reads[3] = 7;
    assert_true(ask(&view));
    assert_int_equal(world.region.far_ns, 7000);
    view.time_ns += LONG_NS;
    view.region_here = 0;
    world.heat[0].reads[3] = 8;
    assert_true(ask(&view));
    assert_int_equal(world.region.far_ns, 7000 + BLOCKS * 1000);
}

/* ---- far ------------------------------------------------------------------------------------- */

static void in_a_far_region_each_coming_costs_twice_as_much(void **state)
{
    struct hum_view view = view_of(8);

    (void)state;
    try_with_returns(PASS - 1);
    assert_true(returns(8));
    world.region.limit_ns = UINT64_MAX;
    assert_true(touched(8, PRICE_US - 1));
    assert_false(touched(8, 1));
    /* while it is in, more of it comes */
    assert_false(returns(8));
    /* and when it has left again */
    view.evictions = 2;
    view.time_ns = world.time_ns += LONG_NS;
    assert_true(ask(&view));
    view.remote = humi_mask_all();
    world.heat[8].reads[1] = 2 * PRICE_US - 1;
    view.time_ns += LONG_NS;
    assert_true(ask(&view));
    world.heat[8].writes[1] = 1;
    view.time_ns += LONG_NS;
    assert_false(ask(&view));
}

static void far_has_a_limit_which_grows(void **state)
{
    uint64_t limit;

    (void)state;
    try_with_returns(PASS - 1);
    assert_true(returns(8));
    limit = world.region.limit_ns;
    assert_int_equal(limit, world.region.near_ns);
    world.region.spent_ns = limit - 1;
    assert_false(touched(8, 1));
    assert_false(world.region.far);
    assert_false(touched(0, 1));
    assert_int_equal(world.region.block, 0);
    assert_true(returns(9));
    /* half of what was known still counts */
    for (unsigned i = 0; i < PASS - PASS / 2 - 1; i++)
        assert_false(returns(1 + i));
    assert_true(returns(10));
    assert_int_equal(world.region.limit_ns, 4 * limit);
}

static void far_is_regretted_where_much_more_is_absent(void **state)
{
    struct hum_view view;

    (void)state;
    try_with_returns(PASS - 1);
    assert_true(returns(8));
    world.region.touched_ns = PASS * RETURN_NS / 8; /* of 4 absent blocks, half of fetching */
    assert_true(returns(9));
    view = view_of(10);
    view.region_here = 0;
    assert_false(ask(&view));
    assert_false(world.region.far);
}

static void far_may_cost_a_quarter_of_all_fetching(void **state)
{
    (void)state;
    world.space.fetched_ns = 100 * RETURN_NS;
    try_with_returns(PASS - 1);
    assert_true(returns(8));
    assert_int_equal(world.region.limit_ns, world.space.fetched_ns / 4);
}

static void the_control_defends_being_far_up_to_four_limits(void **state)
{
    uint64_t limit;

    (void)state;
    try_with_returns(PASS - 1);
    assert_true(returns(8));
    limit = world.region.limit_ns;
    /* the one that was on trial was touched 20 times as often: so often would all have returned */
    assert_true(touched(0, 20));
    world.region.spent_ns = 2 * limit;
    assert_true(touched(1, 0));
    world.region.spent_ns = 4 * limit;
    assert_false(touched(1, 0));
    assert_false(world.region.far);
}

/* ---- nobody counts, and the same again ------------------------------------------------------- */

/* Another region has had its trial, and the two together have not fetched enough for a second. */
static void the_space_has_one_budget_for_trials(void **state)
{
    (void)state;
    world.space.tried_ns = PRICE_US * 1000;
    world.space.fetched_ns = 20 * PRICE_US * 1000;
    for (unsigned i = 0; i < 19; i++)
        assert_false(returns(i % BLOCKS));
    assert_true(world.space.fetched_ns < (48 + 8) * PRICE_US * 1000);
    assert_true(returns(3));
}

static void unheard_nothing_goes_far_and_trials_end(void **state)
{
    (void)state;
    for (unsigned i = 0; world.space.silent < 4 && i < 1000; i++)
        returns(i % BLOCKS);
    assert_int_equal(world.space.silent, 4);
    for (unsigned i = 0; i < 1000; i++)
        assert_false(returns(i % BLOCKS));
    assert_false(world.region.far);
}

static void seen_again_nothing_is_counted_twice(void **state)
{
    struct hum_view view = view_of(0);
    struct humi_trial trial = trial_of(0);

    (void)state;
    lead_up();
    assert_true(ask(&view));
    struct world before = world;
    view.again = true;
    assert_true(ask(&view));
    view.processor = HUM_HOST;
    humi_trial_hears_host(&trial, &view);
    assert_memory_equal(&before, &world, sizeof world);
}

/* ---- the part itself ------------------------------------------------------------------------- */

static struct humi_policy policy;
static uint64_t memory[HUM_MEMORY_COUNT][8192];

static struct hum_plan plan_of(const struct hum_view *view)
{
    void *pieces[HUM_MEMORY_COUNT] = {memory[0], memory[1], memory[2]};
    struct hum_plan plan;

    humi_policy_plan(&policy, view, pieces, &plan);
    assert_false(atomic_load(&policy.broken));
    return plan;
}

static int begin_part(void **state)
{
    begin(state);
    memset(memory, 0, sizeof memory);
    assert_int_equal(humi_policy_read("test", humi_slice_of("auto,place.price=100"), &policy),
                     HUM_OK);
    return 0;
}

static void the_part_leaves_and_brings_whole_blocks(void **state)
{
    struct hum_view view = view_of(0);
    struct hum_plan plan;

    (void)state;
    for (unsigned i = 0; i <= BEFORE; i++)
        plan = plan_of(&view);
    assert_int_equal(humi_mask_count(&plan.remote), HUM_PAGES_PER_BLOCK);
    view.remote = humi_mask_all();
    view.time_ns = LONG_NS;
    world.heat[0].reads[1] = PRICE_US;
    plan = plan_of(&view);
    assert_true(humi_mask_empty(&plan.remote));
    assert_true(humi_mask_count(&plan.bring) >= HUM_PAGES_PER_BLOCK - 1);
}

/* It was read in order to be written before, and no counted touch makes that forgotten. */
static void what_was_touched_far_comes_as_it_was_used_near(void **state)
{
    struct hum_view view = view_of(0);
    struct hum_plan plan;

    (void)state;
    view.resident = view.write = humi_mask_range(20, 21);
    plan_of(&view);
    view.resident = view.write = humi_mask_none();
    for (unsigned i = 0; i <= BEFORE; i++)
        plan = plan_of(&view);
    assert_int_equal(humi_mask_count(&plan.remote), HUM_PAGES_PER_BLOCK);
    view.remote = humi_mask_all();
    for (unsigned i = 1; i < PRICE_US; i++) {
        world.heat[0].reads[1] = (uint8_t)i;
        view.time_ns += LONG_NS;
        plan = plan_of(&view);
        assert_false(humi_mask_empty(&plan.remote));
    }
    world.heat[0].reads[1] = PRICE_US;
    view.time_ns += LONG_NS;
    plan = plan_of(&view);
    assert_true(humi_mask_empty(&plan.remote));
    assert_true(plan.exclusive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_never_left_is_not_tried, begin),
        cmocka_unit_test_setup(a_return_need_not_be_from_an_eviction, begin),
        cmocka_unit_test_setup(a_stay_costs_what_came_and_what_was_written, begin),
        cmocka_unit_test_setup(the_host_taking_back_is_fetching_too, begin),
        cmocka_unit_test_setup(a_trial_waits_until_it_costs_little, begin),
        cmocka_unit_test_setup(rarely_touched_the_region_goes_far_after_a_pass, begin),
        cmocka_unit_test_setup(dear_far_touches_keep_the_region_near, begin),
        cmocka_unit_test_setup(touches_cost_no_more_than_the_time_that_passed, begin),
        cmocka_unit_test_setup(fetches_in_parts_tell_as_much_as_returns, begin),
        cmocka_unit_test_setup(where_more_is_here_less_would_be_touched_far, begin),
        cmocka_unit_test_setup(in_a_far_region_each_coming_costs_twice_as_much, begin),
        cmocka_unit_test_setup(far_has_a_limit_which_grows, begin),
        cmocka_unit_test_setup(far_is_regretted_where_much_more_is_absent, begin),
        cmocka_unit_test_setup(far_may_cost_a_quarter_of_all_fetching, begin),
        cmocka_unit_test_setup(the_control_defends_being_far_up_to_four_limits, begin),
        cmocka_unit_test_setup(the_space_has_one_budget_for_trials, begin),
        cmocka_unit_test_setup(unheard_nothing_goes_far_and_trials_end, begin),
        cmocka_unit_test_setup(seen_again_nothing_is_counted_twice, begin),
        cmocka_unit_test_setup(the_part_leaves_and_brings_whole_blocks, begin_part),
        cmocka_unit_test_setup(what_was_touched_far_comes_as_it_was_used_near, begin_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
