/* SPDX-License-Identifier: MIT */
/*
 * test_service.c - the real service thread, faults that the test puts into fakes, and a policy that
 * writes down what it saw and answers what the test wants.
 */
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "core/service.h"
#include "core_test.h"

/* ---- the policy ------------------------------------------------------------------------------ */

#define VIEWS_MAX 64u

static struct hum_view views[VIEWS_MAX]; /* written by the service thread; read once it stopped */
static unsigned view_count;
static struct hum_plan answer;           /* fixed while the service runs */

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan_out)
{
    (void)context;
    if (view_count < VIEWS_MAX)
        views[view_count++] = *view;
    *plan_out = answer;
}

static const struct hum_part part = {.name = "test", .description = "as the test", .plan = plan};
static const struct hum_policy policy = {.struct_size = sizeof policy,
                                         .version = HUM_POLICY_VERSION,
                                         .name = "test",
                                         .prefetch = &part};

/* ---- a space with a service ------------------------------------------------------------------ */

static struct fake_world *world;
static struct humi_service *service;

static void begin(const struct fake_params *params)
{
    struct fake_params mine = *params;

    view_count = 0;
    answer = (struct hum_plan){.ahead_blocks = 0};
    mine.policy = &policy;
    world = world_open(&mine);
}

static void start(void)
{
    assert_int_equal(humi_service_start(&world->hum, &service), HUM_OK);
}

/* The service has finished its batch and ended; masks and counters may be looked at. */
static void stop(void)
{
    humi_service_stop(service);
    check_world(world);
}

static void end(void)
{
    fake_world_close(world);
}

static const struct fake_params usual = {.processors = 3, .blocks = 8};

static char *alloc(size_t bytes)
{
    void *ptr;

    assert_int_equal(hum_alloc(&world->hum, bytes, 0, &ptr), HUM_OK);
    return ptr;
}

static size_t offset_of(const char *ptr)
{
    return (uintptr_t)ptr - world->hum.params.start;
}

/* Each touch is another thread's: one waits for its fault before it can have the next. */
static void fault(unsigned p, const char *ptr, enum touch how)
{
    static int thread = 1 << 30; /* above what the system gives: its affinity is set for real */

    fake_fault(world->fake[p], (uintptr_t)ptr, how == TOUCH_WRITE, thread++);
}

struct granted {
    size_t page;
    enum fake_access access;
};

static bool is_granted(struct fake *fake, void *context)
{
    const struct granted *granted = context;

    return fake->access[granted->page] >= (unsigned char)granted->access;
}

/* Until p's threads may touch the page. */
static void wait_granted(unsigned p, const char *ptr, enum fake_access access)
{
    struct granted granted = {offset_of(ptr) / PAGE, access};

    assert_true(fake_wait(world->fake[p], is_granted, &granted));
}

static bool has_failed(struct fake *fake, void *context)
{
    return fake->failed_count >= *(unsigned *)context;
}

static void wait_failed(unsigned p, unsigned count)
{
    assert_true(fake_wait(world->fake[p], has_failed, &count));
}

static bool has_resumed(struct fake *fake, void *context)
{
    return fake->calls.resume + fake->calls.map >= *(unsigned *)context;
}

static void wait_served(unsigned p, unsigned calls)
{
    assert_true(fake_wait(world->fake[p], has_resumed, &calls));
}

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

/* ---- plans ----------------------------------------------------------------------------------- */

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

/* ---- a device dies --------------------------------------------------------------------------- */

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
        cmocka_unit_test(a_plan_beyond_the_region_is_not_carried_out),
        cmocka_unit_test(going_ahead_stays_inside_the_region),
        cmocka_unit_test(a_throttled_fault_waits_and_others_go_on),
        cmocka_unit_test(an_exclusive_plan_maps_a_read_for_writing),
        cmocka_unit_test(what_is_written_ahead_is_brought),
        cmocka_unit_test(going_ahead_never_evicts),
        cmocka_unit_test(the_view_tells_what_is),
        cmocka_unit_test(only_faults_on_resident_pages_are_map_faults),
        cmocka_unit_test(a_dead_device_is_started_again),
        cmocka_unit_test(a_device_that_cannot_be_started_again_stays_lost),
        cmocka_unit_test(a_device_may_die_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
