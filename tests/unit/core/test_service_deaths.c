/* SPDX-License-Identifier: MIT */
/* test_service_deaths.c - devices that die, and are started again or not. */
#include "service_world.h"

static bool has_restarted(struct fake *fake, void *context)
{
    return fake->calls.restart >= *(unsigned *)context;
}

static void a_dead_device_is_started_again(void **state)
{
    unsigned restarts = 1;

    (void)state;
    begin(&usual);
    char *ptr = alloc(2 * BLOCK);
    touch_fill(world, block_at(world, 0), DEV0, ALL, 0x21);
    touch(world, block_at(world, 1), DEV1, 0, 4, TOUCH_WRITE);
    start();
    fake_die(world->fake[DEV0]);
    assert_true(fake_wait(world->fake[DEV0], has_restarted, &restarts));
    fault(DEV0, ptr + 3 * PAGE, TOUCH_READ);
    wait_granted(DEV0, ptr + 3 * PAGE, FAKE_READ);
    fault(HOST, ptr + 4 * PAGE, TOUCH_READ);
    wait_granted(HOST, ptr + 4 * PAGE, FAKE_READ);
    stop();
    assert_int_equal(world->hum.restarts[DEV0], 1);
    assert_false(world->hum.lost[DEV0]);
    expect_content(world, block_at(world, 0), HOST, 4, 5, 0x21);
    expect_content(world, block_at(world, 0), DEV0, 3, 4, 0x21);
    expect_access(world, block_at(world, 1), DEV1, 0, 4, FAKE_WRITE);
    assert_int_equal(counters(world).pages[HUM_CAUSE_DEVICE_LOST], 512);
    assert_int_equal(counters(world).events[HUM_CAUSE_DEVICE_LOST], 1);
    end();
}

static void a_device_that_cannot_be_started_again_stays_lost(void **state)
{
    unsigned restarts = 1;

    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    touch_fill(world, block_at(world, 0), DEV0, ALL, 0x22);
    world->fake[DEV0]->refuse_restart = true;
    start();
    fake_die(world->fake[DEV0]);
    assert_true(fake_wait(world->fake[DEV0], has_restarted, &restarts));
    fault(HOST, ptr, TOUCH_READ);
    wait_granted(HOST, ptr, FAKE_READ);
    stop();
    assert_true(world->hum.lost[DEV0]);
    assert_int_equal(world->fake[DEV0]->calls.restart, 1);
    expect_content(world, block_at(world, 0), HOST, 0, 1, 0x22);
    end();
}

static void a_device_may_die_again_and_again(void **state)
{
    (void)state;
    begin(&usual);
    char *ptr = alloc(BLOCK);
    start();
    for (unsigned i = 1; i <= 20; i++) {
        fault(DEV0, ptr + i * PAGE, TOUCH_WRITE);
        wait_granted(DEV0, ptr + i * PAGE, FAKE_WRITE);
        fake_die(world->fake[DEV0]);
        assert_true(fake_wait(world->fake[DEV0], has_restarted, &i));
    }
    fault(HOST, ptr, TOUCH_WRITE);
    wait_granted(HOST, ptr, FAKE_WRITE);
    stop();
    assert_int_equal(world->hum.restarts[DEV0], 20);
    end();
}

int service_deaths(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_device_is_started_again),
        cmocka_unit_test(a_device_that_cannot_be_started_again_stays_lost),
        cmocka_unit_test(a_device_may_die_again_and_again),
    };

    return cmocka_run_group_tests_name("service_deaths", tests, NULL, NULL);
}
