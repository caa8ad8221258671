/* SPDX-License-Identifier: MIT */
/*
 * test_failures.c - the n-th call fails, counted up until the change succeeds: a status comes back,
 * frames, grants and masks still agree, no content is lost, and trying again works.
 */
#include "core_test.h"
#include "core/room.h"

static const struct fake_params three = {.processors = 3, .blocks = 4};

/* Pages in three runs, so that a change takes several calls. */
static struct hum_pages stripes(void)
{
    struct hum_pages a = humi_mask_range(0, 4), b = humi_mask_range(8, 12),
                     c = humi_mask_range(100, 140);

    humi_mask_add(&a, &b);
    humi_mask_add(&a, &c);
    return a;
}

static struct humi_request stripes_request(unsigned p, enum touch how)
{
    struct humi_request request = fault_request(p, 0, 1, how);

    request.bring = request.map = request.faulted = stripes();
    if (how == TOUCH_WRITE)
        request.write = request.bring;
    return request;
}

static void expect_stripes(struct fake_world *world, struct humi_block *block, unsigned p,
                           int value)
{
    expect_content(world, block, p, 0, 4, value);
    expect_content(world, block, p, 8, 12, value);
    expect_content(world, block, p, 100, 140, value);
}

static void fill_stripes(struct fake_world *world, struct humi_block *block, unsigned p, int value)
{
    fill(world, block, p, 0, 4, value);
    fill(world, block, p, 8, 12, value);
    fill(world, block, p, 100, 140, value);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/*
 * Returns the status of a write by the device to what the host wrote, with its n-th back failing.
 */
static enum hum_status serve_with_failing_back(unsigned n)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = stripes_request(DEV0, TOUCH_WRITE);

    touch_fill(world, block, HOST, 0, 200, 0x51);
    struct hum_counters before = counters(world);
    world->fake[DEV0]->fail_back = n;
    enum hum_status status = serve(world, block, &request);
    world->fake[DEV0]->fail_back = 0;
    check_world(world);
    if (status != HUM_OK) {
        expect_events(world, &before, NULL, 0);
        expect_access(world, block, HOST, 0, 200, FAKE_WRITE);
        assert_int_equal(atomic_load(&world->hum.order[DEV0].held), 0);
        assert_int_equal(serve(world, block, &request), HUM_OK);
    }
    check_world(world);
    expect_stripes(world, block, DEV0, 0x51);
    fake_world_close(world);
    return status;
}

static void no_memory_for_frames_changes_nothing(void **state)
{
    unsigned n = 1;

    (void)state;
    while (serve_with_failing_back(n) == HUM_ERR_NO_MEMORY)
        n++;
    assert_int_equal(n, 4); /* one call a run */
}

/* The same with frames that were there before, which stay. */
static void no_memory_for_more_frames_keeps_those_that_were_there(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = stripes_request(DEV0, TOUCH_WRITE);

    (void)state;
    touch_fill(world, block, DEV0, 300, 310, 0x52);
    world->fake[DEV0]->fail_back = 2;
    assert_int_equal(serve(world, block, &request), HUM_ERR_NO_MEMORY);
    check_world(world);
    expect_content(world, block, DEV0, 300, 310, 0x52);
    expect_access(world, block, DEV0, 300, 310, FAKE_WRITE);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_stripes(world, block, DEV0, 0);
    fake_world_close(world);
}

static enum hum_status evict_with_failing_back(unsigned n)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = stripes_request(DEV0, TOUCH_WRITE);
    struct humi_evicted evicted;

    assert_int_equal(serve(world, block, &request), HUM_OK);
    fill_stripes(world, block, DEV0, 0x53);
    world->fake[HOST]->fail_back = n;
    enum hum_status status = evict(world, block, DEV0, &evicted);
    if (status != HUM_OK) {
        expect_stripes(world, block, DEV0, 0x53);
        assert_int_equal(resident(block, HOST), 0);
        assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    }
    request = stripes_request(HOST, TOUCH_READ);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    expect_stripes(world, block, HOST, 0x53);
    fake_world_close(world);
    return status;
}

static void no_memory_at_home_keeps_the_block_on_the_device(void **state)
{
    unsigned n = 1;

    (void)state;
    while (evict_with_failing_back(n) == HUM_ERR_NO_MEMORY)
        n++;
    assert_int_equal(n, 4);
}

static void room_is_not_made_when_home_has_no_memory(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.capacity[DEV0] = 1;
    struct fake_world *world = world_open(&params);
    struct humi_block *block = block_at(world, 0);
    touch_fill(world, block, DEV0, 0, 8, 0x54);
    world->fake[HOST]->fail_back = 1;
    assert_int_equal(humi_room_make(&world->hum, DEV0, NULL), HUM_OK); /* the second walk works */
    touch_fill(world, block, DEV0, 0, 8, 0x54);
    check_world(world);
    fake_world_close(world);
}

/* ---- access ---------------------------------------------------------------------------------- */

/*
 * With its n-th map failing.  The pages may have moved by then, but nobody has more access than the
 * masks say, and what p's threads wrote where they could is not lost.
 */
static enum hum_status serve_with_failing_map(unsigned n, enum touch how, bool first_touch)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = stripes_request(DEV0, how);

    if (!first_touch)
        touch_fill(world, block, HOST, 0, 200, 0x61);
    world->fake[DEV0]->fail_map = n;
    enum hum_status status = serve(world, block, &request);
    world->fake[DEV0]->fail_map = 0;
    check_world(world);
    if (status != HUM_OK)
        assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_stripes(world, block, DEV0, first_touch ? 0 : 0x61);
    request = stripes_request(HOST, TOUCH_WRITE);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_stripes(world, block, HOST, first_touch ? 0 : 0x61);
    fake_world_close(world);
    return status;
}

static void access_that_cannot_be_given_is_not_believed(void **state)
{
    (void)state;
    for (int how = TOUCH_READ; how <= TOUCH_WRITE; how++)
        for (int first = 0; first < 2; first++) {
            unsigned n = 1;
            while (serve_with_failing_map(n, (enum touch)how, first) == HUM_ERR_NO_MEMORY)
                n++;
            assert_int_equal(n, 4);
        }
}

/* Reading and writing pages in one request: the writable ones are mapped, then a read fails. */
static void mixed_access_that_fails_half_way(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = fault_request(DEV0, 0, 16, TOUCH_READ);

    (void)state;
    touch_fill(world, block, HOST, 0, 8, 0x71);
    request.write = humi_mask_range(8, 16);
    world->fake[DEV0]->fail_map = 2;
    assert_int_equal(serve(world, block, &request), HUM_ERR_NO_MEMORY);
    check_world(world);
    fake_world_close(world);
}

static void a_whole_block_that_cannot_be_mapped(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = fault_request(DEV0, ALL, TOUCH_WRITE);

    (void)state;
    touch_fill(world, block, HOST, ALL, 0x72);
    request.whole = true;
    world->fake[DEV0]->fail_map = 1;
    assert_int_equal(serve(world, block, &request), HUM_ERR_NO_MEMORY);
    check_world(world);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_content(world, block, DEV0, ALL, 0x72);
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_for_frames_changes_nothing),
        cmocka_unit_test(no_memory_for_more_frames_keeps_those_that_were_there),
        cmocka_unit_test(no_memory_at_home_keeps_the_block_on_the_device),
        cmocka_unit_test(room_is_not_made_when_home_has_no_memory),
        cmocka_unit_test(access_that_cannot_be_given_is_not_believed),
        cmocka_unit_test(mixed_access_that_fails_half_way),
        cmocka_unit_test(a_whole_block_that_cannot_be_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
