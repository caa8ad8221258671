/* SPDX-License-Identifier: MIT */
/* test_world.c - the core without threads and memory: what is touched, what is counted. */
#include <stdio.h>
#include <string.h>

#include "core/budget.h"
#include "model/setup.h"
#include "model/world.h"
#include "support/test.h"

#define HOST 0u
#define DEV0 1u
#define DEV1 2u
#define PAGES HUM_PAGES_PER_BLOCK
#define START UINT64_C(0x200000000000)

/* ---- a world --------------------------------------------------------------------------------- */

struct heard {
    uint64_t records[HUM_TRACE_KIND_COUNT];
    struct hum_metering *metering;
    struct hum_counters totals;
};

static struct heard heard;
static struct humi_world *world;

static void hear(void *self, const struct hum_trace_record *record)
{
    struct heard *mine = self;

    mine->records[record->kind]++;
    if (record->kind == HUM_TRACE_TOTALS)
        mine->totals = record->totals.counters;
    assert_int_equal(hum_metering_feed(mine->metering, record), HUM_OK);
}

static const struct humi_listener listener = {hear, &heard};

static struct humi_world_params params_of(const char *policy, uint64_t capacity_blocks)
{
    struct humi_world_params params = {.start = START,
                                       .bytes = UINT64_C(64) << 20,
                                       .processors = 3,
                                       .policy = policy,
                                       .stale_blocks_max = 4,
                                       .listener = &listener};

    for (unsigned p = 0; p < 3; p++) {
        params.traits[p].capacity_bytes = p ? capacity_blocks * HUM_BLOCK_SIZE : 0;
        params.traits[p].shared_read = true;
    }
    return params;
}

static void begin(const struct humi_world_params *params)
{
    heard = (struct heard){.metering = NULL};
    assert_int_equal(hum_metering_create(&heard.metering), HUM_OK);
    assert_int_equal(humi_world_open(params, &world), HUM_OK);
}

static void end(void)
{
    struct hum_counters counters;

    humi_world_counters(world, &counters);
    humi_world_close(world);
    assert_memory_equal(&heard.totals, &counters, sizeof counters);
    hum_metering_destroy(heard.metering);
}

static void alloc(uint32_t id, uint64_t first_page, uint64_t pages)
{
    struct hum_trace_region region = {id, first_page, pages * HUM_PAGE_SIZE, 0, "r"};

    assert_int_equal(humi_world_alloc(world, &region), HUM_OK);
}

static enum hum_status touch(unsigned p, uint64_t page, bool write)
{
    const struct humi_world_touch one = {.processor = p, .page = page, .write = write};

    return humi_world_touch(world, &one);
}

static void touches(unsigned p, uint64_t first, uint64_t end_page, bool write)
{
    for (uint64_t page = first; page < end_page; page++)
        assert_int_equal(touch(p, page, write), HUM_OK);
}

static struct hum_counters counters(void)
{
    struct hum_counters now;

    humi_world_counters(world, &now);
    return now;
}

static void *at(uint64_t page)
{
    uintptr_t address = START + page * HUM_PAGE_SIZE;
    void *ptr;

    memcpy(&ptr, &address, sizeof ptr);
    return ptr;
}

/* ---- touching -------------------------------------------------------------------------------- */

static void a_page_is_moved_once_and_hit_from_then_on(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ondemand", 8);
    begin(&params);
    alloc(1, 0, 2 * PAGES);
    touches(HOST, 0, 4, true);
    assert_int_equal(counters().events[HUM_CAUSE_FIRST_TOUCH], 4);
    touches(DEV0, 0, 4, false);
    touches(DEV0, 0, 4, false);
    struct hum_counters now = counters();
    assert_int_equal(now.faults_host, 4);
    assert_int_equal(now.faults_device, 4);
    assert_int_equal(now.batches, 8);
    assert_int_equal(now.bytes[HUM_H2D], 4 * HUM_PAGE_SIZE);
    assert_int_equal(world->touches, 12);
    assert_int_equal(world->hits, 4);
    end();
}

/* Whether its name comes with the region or later. */
static void rules_go_by_name(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ondemand;region:r=chunk;region:s=tree", 8);
    begin(&params);
    alloc(1, 0, PAGES);
    touches(HOST, 0, 16, true);
    touches(DEV0, 3, 4, false);
    assert_int_equal(counters().bytes[HUM_H2D], 16 * HUM_PAGE_SIZE);
    assert_int_equal(humi_world_name(world, 0, "t"), HUM_OK);
    touches(HOST, 16, 32, true);
    touches(DEV0, 17, 18, false);
    assert_int_equal(counters().bytes[HUM_H2D], 17 * HUM_PAGE_SIZE);
    end();
}

static void blocks_keep_no_history(void **state)
{
    struct humi_world_params params = params_of("driver", 4);

    (void)state;
    begin(&params);
    alloc(1, 0, PAGES);
    touches(HOST, 0, 8, true);
    touches(DEV0, 0, 8, false);
    const struct humi_block *block = humi_table_peek(&world->hum.table, 0);
    assert_int_equal(block->history.count, 0);
    assert_int_equal(block->history.events, 0);
    assert_int_equal(block->history.faults[0] + block->history.faults[1], 0);
    end();
}

static void a_write_takes_the_copies_of_others(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ondemand", 8);
    begin(&params);
    alloc(1, 0, PAGES);
    touches(HOST, 0, 1, true);
    touches(DEV0, 0, 1, false);
    touches(DEV1, 0, 1, false);
    assert_true(humi_world_may(world, HOST, 0, false));
    assert_false(humi_world_may(world, HOST, 0, true));
    touches(DEV1, 0, 1, true);
    assert_int_equal(counters().events[HUM_CAUSE_UPGRADE], 1);
    assert_false(humi_world_may(world, HOST, 0, false));
    assert_false(humi_world_may(world, DEV0, 0, false));
    touches(HOST, 0, 1, false);
    assert_int_equal(counters().bytes[HUM_D2H], HUM_PAGE_SIZE);
    end();
}

/* Blocks in turn on a device that holds one less: the one moved longest ago leaves each time. */
static void rounds_of_four_blocks(const char *policy)
{
    const struct humi_world_params params = params_of(policy, 3);
    begin(&params);
    alloc(1, 0, 4 * PAGES);
    touches(HOST, 0, 4 * PAGES, true);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned b = 0; b < 4; b++)
            touches(DEV0, b * PAGES, (b + 1) * PAGES, false);
}

static void a_full_device_evicts_in_the_policys_order(void **state)
{
    (void)state;
    rounds_of_four_blocks("driver,place=share");
    struct hum_counters now = counters();
    assert_int_equal(now.evictions_clean, 9);
    assert_int_equal(now.evictions_dirty, 0);
    assert_int_equal(now.bytes[HUM_H2D], 12 * HUM_BLOCK_SIZE);
    end();
}

static void what_moved_to_be_read_is_copied_home(void **state)
{
    (void)state;
    rounds_of_four_blocks("driver");
    struct hum_counters now = counters();
    assert_int_equal(now.evictions_clean, 0);
    assert_int_equal(now.evictions_dirty, 9);
    assert_int_equal(now.bytes[HUM_H2D], 12 * HUM_BLOCK_SIZE);
    assert_int_equal(now.bytes[HUM_D2H], 9 * HUM_BLOCK_SIZE);
    end();
}

static void what_stays_is_touched_where_it_is(void **state)
{
    const struct humi_world_params params = params_of("ondemand", 2);
    struct hum_counters before, now;

    (void)state;
    begin(&params);
    alloc(1, 0, PAGES);
    assert_int_equal(hum_advise(&world->hum, at(0), PAGES * HUM_PAGE_SIZE, HUM_ADVISE_REMOTE, 0),
                     HUM_OK);
    touches(HOST, 0, PAGES, true);
    before = counters();
    touches(DEV0, 0, PAGES, true);
    touches(HOST, 0, PAGES, true);
    now = counters();
    assert_int_equal(now.bytes[HUM_H2D] + now.bytes[HUM_D2H], 0);
    assert_int_equal(now.pages[HUM_CAUSE_REMOTE_MAP], PAGES);
    assert_int_equal(now.faults_device - before.faults_device, 1);
    assert_int_equal(now.faults_host, before.faults_host);
    touches(DEV1, 0, 8, false); /* copies, so the mappings of these end */
    before = counters();
    touches(DEV0, 0, PAGES, false);
    now = counters();
    assert_int_equal(now.faults_device - before.faults_device, 1);
    assert_int_equal(now.pages[HUM_CAUSE_REMOTE_MAP], PAGES + 8);
    assert_int_equal(now.bytes[HUM_H2D], 8 * HUM_PAGE_SIZE);
    end();
}

/* Finer counters round otherwise when they are halved, and so another block leaves. */
static void counters_are_as_fine_as_they_were_in_the_run(void **state)
{
    static const char *const accesses[] = {"full", "exact", "epoch"};
    struct humi_survey survey = {.processors = 2, .end_page = 512};
    struct humi_model_params params = {.policy = "lfu"};
    struct humi_world_params setup, opened;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        snprintf(survey.accesses, sizeof survey.accesses, "%s", accesses[i % 3]);
        params.as_recorded = i < 3;
        assert_int_equal(humi_model_setup(&survey, &params, &setup), HUM_OK);
        assert_int_equal(setup.fractions, i < 2);
        opened = params_of("lfu", 4);
        opened.fractions = setup.fractions;
        begin(&opened);
        assert_int_equal(world->hum.table.fine_heat, i < 2);
        end();
    }
}

static void a_touch_of_nothing_is_an_error(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ahead", 8);
    begin(&params);
    alloc(1, 8, 8);
    assert_int_equal(touch(DEV0, 7, false), HUM_ERR_ILLEGAL_ADDRESS);
    assert_int_equal(touch(DEV0, 16, true), HUM_ERR_ILLEGAL_ADDRESS);
    assert_int_equal(touch(HOST, UINT64_C(1) << 40, true), HUM_ERR_ILLEGAL_ADDRESS);
    assert_int_equal(touch(DEV0, 15, true), HUM_OK);
    assert_int_equal(hum_protect(&world->hum, at(8), 0, HUM_READ), HUM_OK);
    assert_int_equal(touch(DEV0, 15, true), HUM_ERR_ILLEGAL_ADDRESS);
    assert_int_equal(touch(DEV0, 15, false), HUM_OK);
    end();
}

static void what_is_touched_last_is_not_remembered_too_long(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ondemand", 8);
    begin(&params);
    alloc(1, 0, PAGES);
    touches(DEV0, 0, 4, true);
    assert_int_equal(humi_world_free(world, 0), HUM_OK);
    assert_int_equal(touch(DEV0, 0, false), HUM_ERR_ILLEGAL_ADDRESS);
    assert_int_equal(humi_world_free(world, 0), HUM_ERR_INVALID);
    alloc(2, 0, PAGES);
    touches(DEV0, 0, 4, true);
    assert_int_equal(counters().events[HUM_CAUSE_FREE], 1);
    assert_int_equal(counters().faults_device, 8);
    end();
}

/* ---- what programs do beside ----------------------------------------------------------------- */

static void the_programs_calls_work_on_it(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("driver", 8);
    begin(&params);
    alloc(1, 0, 2 * PAGES);
    touches(HOST, 0, 2 * PAGES, true);
    assert_int_equal(hum_prefetch(&world->hum, at(0), 2 * HUM_BLOCK_SIZE, 0, NULL), HUM_OK);
    assert_int_equal(counters().bytes[HUM_H2D], 2 * HUM_BLOCK_SIZE);
    assert_int_equal(hum_discard(&world->hum, at(0), HUM_BLOCK_SIZE, NULL), HUM_OK);
    assert_int_equal(counters().pages[HUM_CAUSE_DISCARD], PAGES);
    assert_int_equal(hum_advise(&world->hum, at(0), 2 * HUM_BLOCK_SIZE, HUM_ADVISE_PREFERRED, 1),
                     HUM_OK);
    touches(DEV1, 0, 1, false);
    assert_int_equal(counters().pages[HUM_CAUSE_FIRST_TOUCH] +
                         counters().pages[HUM_CAUSE_PREFETCH_POLICY],
                     3 * PAGES);
    end();
}

static void a_boundary_takes_the_hosts_access_alone(void **state)
{
    (void)state;
    struct humi_world_params params = params_of("driver", 8);
    params.watched = 1;
    begin(&params);
    alloc(1, 0, PAGES);
    touches(HOST, 0, 2, true);
    touches(DEV0, 4, 6, true);
    humi_world_launch(world, DEV0, 1);
    humi_world_end(world, DEV0);
    humi_world_boundary(world, HOST, 0);
    assert_false(humi_world_may(world, HOST, 0, false));
    assert_true(humi_world_may(world, DEV0, 4, true));
    touches(HOST, 0, 1, false);
    assert_false(humi_world_may(world, HOST, 0, true));
    assert_false(humi_world_may(world, HOST, 1, false));
    assert_int_equal(heard.records[HUM_TRACE_EPOCH], 2);
    assert_int_equal(heard.records[HUM_TRACE_ACCESS], 3);
    end();
}

/* ---- who listens ----------------------------------------------------------------------------- */

static void records_sum_up_to_the_counters(void **state)
{
    (void)state;
    const struct humi_world_params params = params_of("ahead", 4);
    struct hum_metrics metrics;
    begin(&params);
    alloc(1, 0, 8 * PAGES);
    touches(HOST, 0, 8 * PAGES, true);
    for (unsigned round = 0; round < 2; round++)
        touches(DEV0, 0, 8 * PAGES, round != 0);
    hum_metering_read(heard.metering, &metrics);
    struct hum_counters now = counters();
    assert_int_equal(metrics.batches, now.batches);
    assert_int_equal(metrics.evictions_dirty, now.evictions_dirty);
    assert_int_equal(metrics.evictions_clean, now.evictions_clean);
    assert_true(now.evictions_clean > 0);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        assert_int_equal(metrics.bytes[d], now.bytes[d]);
    for (int c = 0; c < HUM_CAUSE_COUNT; c++)
        assert_int_equal(metrics.event_pages[c], now.pages[c]);
    assert_int_equal(heard.records[HUM_TRACE_SPACE], 1);
    assert_int_equal(heard.records[HUM_TRACE_PROCESSOR], 3);
    end();
}

static void wrong_parameters_are_refused(void **state)
{
    (void)state;
    struct humi_world_params params = params_of("ahead", 4);
    params.bytes += 4096;
    assert_int_equal(humi_world_open(&params, &world), HUM_ERR_INVALID);
    params = params_of("ahead", 4);
    params.processors = 1;
    assert_int_equal(humi_world_open(&params, &world), HUM_ERR_INVALID);
    params = params_of("ahead", 4);
    params.traits[2].capacity_bytes = 4096;
    assert_int_equal(humi_world_open(&params, &world), HUM_ERR_INVALID);
    params = params_of("ahead", 4);
    params.watched = 1;
    params.traits[0].shared_read = false;
    assert_int_equal(humi_world_open(&params, &world), HUM_ERR_INVALID);

    params = params_of("ahead", 4);
    begin(&params);
    const struct hum_trace_region outside = {1, params.bytes / HUM_PAGE_SIZE - 1, 8192, 0, ""};
    assert_int_equal(humi_world_alloc(world, &outside), HUM_ERR_INVALID);
    alloc(1, 0, 4);
    const struct hum_trace_region twice = {2, 3, 4096, 0, ""};
    assert_int_equal(humi_world_alloc(world, &twice), HUM_ERR_NO_SPACE);
    end();
}

/* ---- touches where pages are ----------------------------------------------------------------- */

/* The touch, which needs no fault, and what it does to a page that is not here. */
static bool reach(unsigned p, uint64_t page, uint32_t times)
{
    const struct humi_world_touch one = {.processor = p, .page = page};

    assert_int_equal(humi_world_touch(world, &one), HUM_OK);
    assert_true(humi_world_is_remote(world, p, page));
    return humi_world_reach(world, &one, times);
}

static void a_chunk_comes_when_it_was_touched_often_enough(void **state)
{
    const struct humi_world_params params = params_of("counter,prefetch=none", 8);

    (void)state;
    begin(&params);
    alloc(1, 0, 512);
    touches(HOST, 0, 512, true);
    assert_int_equal(touch(DEV0, 16, false), HUM_OK); /* each fault is one touch */
    assert_int_equal(touch(DEV0, 32, false), HUM_OK);
    assert_false(reach(DEV0, 17, 254));
    assert_false(reach(DEV0, 33, 200));
    assert_int_equal(counters().bytes[HUM_H2D], 0);
    assert_true(reach(DEV0, 18, 1));
    assert_int_equal(counters().bytes[HUM_H2D], 16 * HUM_PAGE_SIZE);
    assert_int_equal(counters().pages[HUM_CAUSE_PREFETCH_POLICY], 16);
    touches(DEV0, 16, 32, false);
    assert_false(humi_world_is_remote(world, DEV0, 20));
    assert_false(reach(DEV0, 33, 1));
    assert_int_equal(counters().faults_device, 2);
    end();
}

/* The device has room for one block, and both are touched often: one leaves for the other. */
static void what_comes_by_touches_makes_room(void **state)
{
    const struct humi_world_params params = params_of("counter,prefetch=none", 1);

    (void)state;
    begin(&params);
    alloc(1, 0, 1024);
    touches(HOST, 0, 1024, true);
    for (unsigned b = 0; b < 2; b++) {
        assert_int_equal(touch(DEV0, b * 512, false), HUM_OK);
        assert_true(reach(DEV0, b * 512, 255));
    }
    assert_int_equal(counters().bytes[HUM_H2D], 32 * HUM_PAGE_SIZE);
    assert_int_equal(counters().events[HUM_CAUSE_EVICTION], 1);
    end();
}

/*
 * auto maps a block that comes back far, as a whole, and takes the first touch for its price: then
 * all of it comes, though one chunk was touched.
 */
static void what_is_mapped_beside_it_comes_along(void **state)
{
    const struct humi_world_params params = params_of("auto,place.price=1", 2);

    (void)state;
    begin(&params);
    alloc(1, 0, 3 * 512);
    touches(HOST, 0, 3 * 512, true);
    for (unsigned turn = 0; turn < 6 && !counters().pages[HUM_CAUSE_REMOTE_MAP]; turn++)
        assert_int_equal(touch(DEV0, turn % 3 * 512, false), HUM_OK);
    const struct hum_counters before = counters();
    assert_int_equal(before.pages[HUM_CAUSE_REMOTE_MAP], 512);
    uint64_t page = humi_world_is_remote(world, DEV0, 5) ? 5 : 512 + 5;
    assert_true(reach(DEV0, page, 1));
    assert_int_equal(counters().bytes[HUM_H2D] - before.bytes[HUM_H2D], HUM_BLOCK_SIZE);
    assert_int_equal(counters().faults_device, before.faults_device);
    end();
}

/* Counted at once in a small region: a look counts eight blocks on average. */
static void a_region_knows_how_many_of_its_blocks_are_here(void **state)
{
    const struct humi_world_params params = params_of("counter,place=share,prefetch=none", 4);

    (void)state;
    begin(&params);
    alloc(1, 0, 6 * 512);
    touches(HOST, 0, 6 * 512, true);
    struct humi_region *region = humi_regions_find(&world->hum.regions, START);
    assert_non_null(region);
    assert_int_equal(humi_budget_here(&world->hum, region, DEV0), 0);
    for (unsigned b = 0; b < 6; b++) {
        assert_int_equal(touch(DEV0, b * 512, false), HUM_OK);
        assert_int_equal(humi_budget_here(&world->hum, region, DEV0), b < 4 ? b + 1 : 4);
    }
    assert_int_equal(humi_budget_here(&world->hum, region, HOST), 6);
    humi_region_put(region);
    end();
}

/* Policies that do not decide by touches are not asked, and nothing is counted for them. */
static void other_policies_are_not_asked(void **state)
{
    const struct humi_world_params params = params_of("place=remote,prefetch=none", 8);
    struct hum_chunk_heat heat;

    (void)state;
    begin(&params);
    alloc(1, 0, 512);
    touches(HOST, 0, 512, true);
    assert_int_equal(touch(DEV0, 16, false), HUM_OK);
    assert_false(reach(DEV0, 16, 1000000));
    assert_int_equal(counters().bytes[HUM_H2D], 0);
    assert_int_equal(hum_heat_query(&world->hum, at(16), 1, 0, &heat, 1), HUM_OK);
    assert_int_equal(heat.reads, 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_moved_once_and_hit_from_then_on),
        cmocka_unit_test(rules_go_by_name),
        cmocka_unit_test(blocks_keep_no_history),
        cmocka_unit_test(a_write_takes_the_copies_of_others),
        cmocka_unit_test(a_full_device_evicts_in_the_policys_order),
        cmocka_unit_test(what_moved_to_be_read_is_copied_home),
        cmocka_unit_test(what_stays_is_touched_where_it_is),
        cmocka_unit_test(counters_are_as_fine_as_they_were_in_the_run),
        cmocka_unit_test(a_touch_of_nothing_is_an_error),
        cmocka_unit_test(what_is_touched_last_is_not_remembered_too_long),
        cmocka_unit_test(the_programs_calls_work_on_it),
        cmocka_unit_test(a_boundary_takes_the_hosts_access_alone),
        cmocka_unit_test(records_sum_up_to_the_counters),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(a_chunk_comes_when_it_was_touched_often_enough),
        cmocka_unit_test(what_comes_by_touches_makes_room),
        cmocka_unit_test(what_is_mapped_beside_it_comes_along),
        cmocka_unit_test(a_region_knows_how_many_of_its_blocks_are_here),
        cmocka_unit_test(other_policies_are_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
