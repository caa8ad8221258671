/* SPDX-License-Identifier: MIT */
/* test_sample.c - what is taken faults, the fault is answered and counted, and nothing else is. */
#include "base/clock.h"
#include "core/heat.h"
#include "core/residency.h"
#include "core/sample.h"
#include "core_test.h"

#define HALF 500000u

/* Device 0 has block 0 for itself, and a kernel runs there. */
static struct fake_world *world_with_owner(void)
{
    const struct fake_params params = {.processors = 2, .blocks = 4, .huge = true};
    struct fake_world *world = world_open(&params);
    struct humi_request request = fault_request(DEV0, ALL, TOUCH_WRITE);
    struct humi_block *block = block_at(world, 0);

    request.whole = true;
    humi_lock(&block->lock);
    assert_int_equal(humi_residency_serve(&world->hum, block, &request), HUM_OK);
    humi_unlock(&block->lock);
    assert_int_equal(fake_access(world->fake[DEV0], 0), FAKE_OWN);
    atomic_store(&world->hum.running[DEV0], 1);
    return world;
}

static void start(struct fake_world *world)
{
    assert_int_equal(humi_sample_start(&world->hum, HALF, false, &world->hum.sample), HUM_OK);
    assert_non_null(world->hum.sample);
}

static void end(struct fake_world *world)
{
    humi_sample_destroy(world->hum.sample);
    world->hum.sample = NULL;
    fake_world_close(world);
}

static bool was_taken(struct fake *fake, void *context)
{
    (void)context;
    return fake->calls.forget > 0;
}

/* Sampling goes on until it has taken block 0, and ends: nothing changes any more. */
static void take_once(struct fake_world *world)
{
    start(world);
    assert_true(fake_wait(world->fake[DEV0], was_taken, NULL));
    humi_sample_stop(world->hum.sample);
    assert_int_equal(fake_access(world->fake[DEV0], 0), FAKE_NONE);
    assert_true(humi_heat_is_armed(block_at(world, 0)->hold[DEV0].heat));
}

static struct humi_fault fault_at(struct fake_world *world, size_t page, bool write)
{
    return (struct humi_fault){.address = world->hum.params.start + page * PAGE, .write = write};
}

static unsigned answer(struct fake_world *world, struct humi_fault *faults, unsigned count)
{
    return humi_sample_answer(&world->hum, DEV0, faults, count, humi_clock_ns());
}

static void a_touch_of_what_was_taken_is_answered_and_counted(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_fault fault = fault_at(world, 3 * 16 + 5, true);
    struct humi_heat *heat;
    struct hum_stats stats = {0};

    (void)state;
    take_once(world);
    heat = block_at(world, 0)->hold[DEV0].heat;
    heat->fine->counted_us -= 2000000; /* as if it had not been sampled for two seconds */
    assert_int_equal(answer(world, &fault, 1), 0);
    assert_int_equal(fake_access(world->fake[DEV0], 0), FAKE_OWN);
    assert_false(humi_heat_is_armed(heat));
    assert_true(humi_heat_touches(heat, 3, true) > 0);
    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++) {
        assert_int_equal(humi_heat_touches(heat, c, false), 0);
        assert_true(c == 3 || humi_heat_touches(heat, c, true) == 0);
    }
    humi_sample_tell(&world->hum, &stats);
    assert_int_equal(stats.samples_taken, 1);
    assert_int_equal(stats.samples_touched, 1);
    assert_true(stats.sample_ns > 0);
    assert_int_equal(stats.sample_ppm, HALF);
    assert_int_equal(counters(world).faults_device, 0);
    check_world(world);
    end(world);
}

static void a_loop_through_a_block_counts_for_all_of_it(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_fault fault = fault_at(world, 0, true);
    struct humi_heat *heat;

    (void)state;
    take_once(world);
    heat = block_at(world, 0)->hold[DEV0].heat;
    heat->fine->wait = 1000; /* it is touched every 16 ms */
    heat->fine->counted_us -= 2000000;
    assert_int_equal(answer(world, &fault, 1), 0);
    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++)
        assert_true(humi_heat_touches(heat, c, true) > 0);
    end(world);
}

static void faults_that_nobody_took_are_left_in_order(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_fault faults[4] = {fault_at(world, 1024, false), fault_at(world, 7, false),
                                   fault_at(world, 600, true),
                                   {.address = world->hum.params.start - 1}};

    (void)state;
    take_once(world);
    assert_int_equal(answer(world, faults, 4), 3);
    assert_int_equal(faults[0].address, world->hum.params.start + 1024 * PAGE);
    assert_int_equal(faults[1].address, world->hum.params.start + 600 * PAGE);
    assert_int_equal(faults[2].address, world->hum.params.start - 1);
    assert_int_equal(faults[3].address, world->hum.params.start + 7 * PAGE);
    end(world);
}

/* The host takes the block while it is sampled: the device's touch is a fault like any other. */
static void a_block_that_went_away_is_no_sample(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_request request = fault_request(HOST, ALL, TOUCH_WRITE);
    struct humi_fault fault = fault_at(world, 7, false);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    take_once(world);
    humi_lock(&block->lock);
    assert_int_equal(humi_residency_serve(&world->hum, block, &request), HUM_OK);
    humi_unlock(&block->lock);
    assert_false(humi_heat_is_armed(block->hold[DEV0].heat));
    assert_int_equal(answer(world, &fault, 1), 1);
    assert_int_equal(fake_access(world->fake[DEV0], 7 * PAGE), FAKE_NONE);
    check_world(world);
    end(world);
}

static void a_mapping_that_cannot_be_had_is_a_fault_like_any_other(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_fault fault = fault_at(world, 7, true);

    (void)state;
    take_once(world);
    world->fake[DEV0]->fail_map = 1;
    assert_int_equal(answer(world, &fault, 1), 1);
    assert_true(humi_mask_empty(&block_at(world, 0)->hold[DEV0].mapped));
    check_world(world);
    end(world);
}

static void a_processor_that_does_not_run_is_left_alone(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_request request = fault_request(HOST, ALL, TOUCH_WRITE);
    struct humi_block *block = block_at(world, 1);

    (void)state;
    atomic_store(&world->hum.running[DEV0], 0);
    request.whole = true;
    humi_lock(&block->lock);
    assert_int_equal(humi_residency_serve(&world->hum, block, &request), HUM_OK);
    humi_unlock(&block->lock);
    start(world); /* the host always runs: when it has had its turn the device could have had one */
    assert_true(fake_wait(world->fake[HOST], was_taken, NULL));
    humi_sample_stop(world->hum.sample);
    assert_int_equal(world->fake[DEV0]->calls.forget, 0);
    end(world);
}

static void without_a_share_nothing_is_started(void **state)
{
    struct fake_world *world = world_with_owner();
    struct humi_fault fault = fault_at(world, 7, true);
    struct hum_stats stats = {0};

    (void)state;
    assert_int_equal(humi_sample_start(&world->hum, 0, false, &world->hum.sample), HUM_OK);
    assert_null(world->hum.sample);
    assert_int_equal(answer(world, &fault, 1), 1);
    humi_sample_tell(&world->hum, &stats);
    assert_int_equal(stats.sample_ppm, 0);
    humi_sample_stop(NULL);
    end(world);
}

/* A page that is mapped where it is, is what somebody wants to know about. */
static void what_is_for_later_begins_when_it_is_wanted(void **state)
{
    const struct timespec several_rounds = {.tv_nsec = 50000000};
    struct fake_world *world = world_with_owner();

    (void)state;
    humi_sample_want(&world->hum); /* there is none */
    assert_int_equal(humi_sample_start(&world->hum, HALF, true, &world->hum.sample), HUM_OK);
    nanosleep(&several_rounds, NULL);
    assert_int_equal(world->fake[DEV0]->calls.forget, 0);
    humi_sample_want(&world->hum);
    humi_sample_want(&world->hum);
    assert_true(fake_wait(world->fake[DEV0], was_taken, NULL));
    humi_sample_stop(world->hum.sample);
    end(world);
}

static void what_never_was_wanted_ends(void **state)
{
    struct fake_world *world = world_with_owner();

    (void)state;
    assert_int_equal(humi_sample_start(&world->hum, HALF, true, &world->hum.sample), HUM_OK);
    humi_sample_stop(world->hum.sample);
    assert_int_equal(world->fake[DEV0]->calls.forget, 0);
    end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_touch_of_what_was_taken_is_answered_and_counted),
        cmocka_unit_test(a_loop_through_a_block_counts_for_all_of_it),
        cmocka_unit_test(faults_that_nobody_took_are_left_in_order),
        cmocka_unit_test(a_block_that_went_away_is_no_sample),
        cmocka_unit_test(a_mapping_that_cannot_be_had_is_a_fault_like_any_other),
        cmocka_unit_test(a_processor_that_does_not_run_is_left_alone),
        cmocka_unit_test(without_a_share_nothing_is_started),
        cmocka_unit_test(what_is_for_later_begins_when_it_is_wanted),
        cmocka_unit_test(what_never_was_wanted_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
