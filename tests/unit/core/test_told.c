/* SPDX-License-Identifier: MIT */
/*
 * test_told.c - what a driver tells that keeps the space (told.h): each kind by itself, ranges over
 * blocks and regions, and random tellings against a model of whole pages.  And what policies then
 * ask of the driver (steer.h).
 */
#include "core_test.h"

#include <stdlib.h>

#include "core/kept.h"
#include "core/steer.h"
#include "core/told.h"
#include "support/random.h"

#define BLOCKS 4u
#define PAGES (BLOCKS * HUMI_PAGES)
#define TELL_MAX 64u

static struct fake_world *world;
static struct humi_region *region;

/* ---- a driver that tells what the test says, and notes what it is asked ---------------------- */

static struct {
    struct humi_told told[TELL_MAX];
    unsigned count;
    struct humi_keeper_range asked[HUMI_STEER_RANGES];
    size_t asked_count;
    int asked_unit;
    bool waited;
} driver;

static unsigned driver_told(struct humi_processor *p, struct humi_told *out, unsigned max,
                            bool wait)
{
    unsigned n = driver.count < max ? driver.count : max;

    (void)p;
    (void)wait;
    memcpy(out, driver.told, n * sizeof *out);
    driver.count = 0;
    return n;
}

static enum hum_status driver_prefetch(struct humi_processor *p,
                                       const struct humi_keeper_range *ranges, size_t count,
                                       int unit, bool wait)
{
    (void)p;
    memcpy(driver.asked, ranges, count * sizeof *ranges);
    driver.asked_count = count;
    driver.asked_unit = unit;
    driver.waited = wait;
    return HUM_OK;
}

static const struct humi_keeper_ops driver_ops = {.told = driver_told,
                                                  .prefetch = driver_prefetch};

static int setup(void **state)
{
    static const struct fake_params params = {.processors = 3, .blocks = BLOCKS};

    (void)state;
    memset(&driver, 0, sizeof driver);
    world = world_open(&params);
    struct hum *hum = &world->hum;
    for (unsigned p = 0; p < 3; p++)
        hum->processor[p]->unit = (int)p - 1;
    hum->keeper = hum->processor[1];
    hum->keeper->keeper = &driver_ops;
    hum->asked_ahead = calloc(1, 1);
    humi_lock_init(&hum->told_lock, HUMI_RANK_TOLD);
    assert_int_equal(humi_regions_alloc(&hum->regions, BLOCKS * BLOCK, 0, &region), HUM_OK);
    return hum->asked_ahead ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(world->hum.asked_ahead);
    humi_lock_fini(&world->hum.told_lock);
    fake_world_close(world);
    return 0;
}

static void tell(struct humi_told told)
{
    driver.told[driver.count++] = told;
    humi_told_take(&world->hum, false);
    assert_int_equal(driver.count, 0);
}

static void tell_move(unsigned first, unsigned pages, int from, int to, enum hum_cause cause)
{
    tell((struct humi_told){.kind = HUMI_TOLD_MOVED,
                            .cause = cause,
                            .from = from,
                            .to = to,
                            .offset = first * PAGE,
                            .bytes = pages * PAGE,
                            .start_ns = 1000,
                            .end_ns = 5000});
}

static void tell_fault(unsigned page, int unit, bool write)
{
    tell((struct humi_told){.kind = HUMI_TOLD_FAULTED,
                            .to = unit,
                            .offset = page * PAGE + 8,
                            .bytes = 1,
                            .count = 1,
                            .write = write});
}

/* Processors that have the page, bit = number. */
static unsigned where(unsigned page)
{
    const struct humi_block *block = humi_table_peek(&world->hum.table, page / HUMI_PAGES);
    unsigned bits = 0;

    for (unsigned p = 0; block && p < 3; p++)
        bits |= humi_mask_has(&block->hold[p].resident, page % HUMI_PAGES) ? 1u << p : 0;
    return bits;
}

/* ---- each kind ------------------------------------------------------------------------------- */

static void a_fault_on_an_unknown_page_puts_it_there(void **state)
{
    (void)state;
    tell_fault(5, 0, true);
    assert_int_equal(where(5), 2);
    assert_int_equal(where(6), 0);
    assert_int_equal(counters(world).faults_device, 1);
    assert_int_equal(counters(world).pages[HUM_CAUSE_FIRST_TOUCH], 1);
    tell_fault(5, -1, true); /* a move will say where it goes */
    assert_int_equal(where(5), 2);
    assert_int_equal(counters(world).faults_host, 1);
    assert_int_equal(counters(world).pages[HUM_CAUSE_FIRST_TOUCH], 1);
}

static void a_move_takes_and_an_eviction_is_of_who_lost(void **state)
{
    struct hum_counters of;

    (void)state;
    tell_move(8, 16, -1, 0, HUM_CAUSE_DEVICE_FAULT);
    assert_int_equal(where(8), 2);
    tell_move(8, 16, 0, 1, HUM_CAUSE_DEVICE_FAULT);
    assert_int_equal(where(23), 4);
    tell_move(8, 16, 1, -1, HUM_CAUSE_EVICTION);
    assert_int_equal(where(8), 1);
    humi_counts_of_processor(&world->hum, 2, &of);
    assert_int_equal(of.evictions_dirty, 1);
    assert_int_equal(of.bytes[HUM_D2H], 16 * PAGE);
    assert_int_equal(counters(world).bytes[HUM_H2D], 16 * PAGE);
    assert_int_equal(counters(world).bytes[HUM_D2D], 16 * PAGE);
    assert_int_equal(atomic_load(&world->hum.resident_pages[0]), 16);
    assert_int_equal(atomic_load(&world->hum.resident_pages[1]), 0);
    assert_int_equal(atomic_load(&world->hum.present_pages[1]), 0);
    assert_int_equal(atomic_load(&world->hum.order[1].held), 0);
    assert_int_equal(atomic_load(&world->hum.order[0].held), 1);
}

static void read_mostly_pages_stay_where_they_were(void **state)
{
    (void)state;
    tell_fault(3, -1, true);
    atomic_store(&region->advice, HUM_ADVISE_READ_MOSTLY);
    tell_move(3, 1, -1, 0, HUM_CAUSE_DEVICE_FAULT);
    assert_int_equal(where(3), 3);
    tell_move(3, 1, 0, -1, HUM_CAUSE_EVICTION);
    assert_int_equal(where(3), 1);
}

static void remote_pages_are_remote_until_they_move(void **state)
{
    (void)state;
    tell_fault(3, -1, true);
    tell((struct humi_told){.kind = HUMI_TOLD_REMOTE, .from = -1, .to = 0, .offset = 3 * PAGE,
                            .bytes = 2 * PAGE});
    const struct humi_block *block = humi_table_peek(&world->hum.table, 0);
    assert_true(humi_mask_has(&block->hold[1].remote, 3));
    assert_false(humi_mask_has(&block->hold[1].remote, 4)); /* nobody is known to have it */
    assert_int_equal(counters(world).pages[HUM_CAUSE_REMOTE_MAP], 2);
    tell_move(3, 1, -1, 0, HUM_CAUSE_PREFETCH_USER);
    assert_true(humi_mask_empty(&block->hold[1].remote));
}

static void the_rest_is_counted(void **state)
{
    (void)state;
    tell((struct humi_told){.kind = HUMI_TOLD_THRASHED, .bytes = PAGE});
    tell((struct humi_told){.kind = HUMI_TOLD_THROTTLED, .start_ns = 10, .end_ns = 250});
    tell((struct humi_told){.kind = HUMI_TOLD_DROPPED, .count = 7});
    assert_int_equal(atomic_load(&world->hum.thrashed), 1);
    assert_int_equal(atomic_load(&world->hum.throttled_ns), 240);
    assert_int_equal(atomic_load(&world->hum.untold), 7);
    for (unsigned i = 0; i < PAGES; i += 17)
        assert_int_equal(where(i), 0);
}

static void what_is_of_others_is_left_alone(void **state)
{
    (void)state;
    tell_fault(1, 5, true);                                   /* a device that is not ours */
    tell_move(1, 4, -1, 7, HUM_CAUSE_DEVICE_FAULT);
    tell_move(1, 4, 0, 0, HUM_CAUSE_DEVICE_FAULT);            /* from itself */
    tell_move(PAGES - 2, 4, -1, 0, HUM_CAUSE_DEVICE_FAULT);   /* over the end of the space */
    assert_int_equal(where(1), 0);
    assert_int_equal(where(PAGES - 1), 2);
    assert_int_equal(counters(world).bytes[HUM_H2D], 2 * PAGE);
}

/* One telling is one event a block and region, each with its bytes and a share of the time. */
static void ranges_are_told_by_block_and_region(void **state)
{
    struct hum *hum = &world->hum;
    struct humi_region *small;

    (void)state;
    assert_ptr_equal(humi_regions_remove(&hum->regions, region->start), region);
    humi_regions_release(&hum->regions, region);
    assert_int_equal(humi_regions_alloc(&hum->regions, 4 * PAGE, 0, &small), HUM_OK);
    assert_int_equal(small->start, hum->params.start);
    tell_move(2, HUMI_PAGES, -1, 0, HUM_CAUSE_PREFETCH_USER);
    assert_int_equal(counters(world).events[HUM_CAUSE_PREFETCH_USER], 3);
    assert_int_equal(counters(world).pages[HUM_CAUSE_PREFETCH_USER], HUMI_PAGES);
    struct hum_counters of;
    humi_meter_read(humi_region_meter(small), &of);
    assert_int_equal(of.bytes[HUM_H2D], 2 * PAGE);
    assert_in_range(counters(world).move_ns[HUM_H2D], 3990, 4000);
    assert_int_equal(where(HUMI_PAGES + 1), 2);
    assert_int_equal(where(HUMI_PAGES + 2), 0);
    humi_told_forget(hum, 0, 4 * PAGE, HUM_CAUSE_FREE);
    assert_int_equal(where(3), 0);
    assert_int_equal(where(4), 2);
}

/* ---- random tellings ------------------------------------------------------------------------- */

static unsigned model[PAGES];
static uint64_t model_bytes[HUM_DIRECTION_COUNT];

static void model_move(unsigned first, unsigned pages, unsigned from, unsigned to)
{
    for (unsigned i = first; i < first + pages && i < PAGES; i++) {
        model[i] = 1u << to;
        model_bytes[to == 0 ? HUM_D2H : from == 0 ? HUM_H2D : HUM_D2D] += PAGE;
    }
}

static void random_tellings_are_as_the_model_says(void **state)
{
    struct random random = random_make(random_seed("told"), 0);

    (void)state;
    memset(model, 0, sizeof model);
    memset(model_bytes, 0, sizeof model_bytes);
    for (uint64_t step = 0, steps = random_steps(2000); step < steps; step++) {
        unsigned first = (unsigned)random_below(&random, PAGES);
        unsigned pages = 1 + (unsigned)random_below(&random, step % 7 ? 40 : 1200);
        unsigned from = (unsigned)random_below(&random, 3);
        unsigned to = (from + 1 + (unsigned)random_below(&random, 2)) % 3;
        switch (random_below(&random, 4)) {
        case 0:
            tell_fault(first, (int)to - 1, true);
            model[first] = model[first] ? model[first] : 1u << to;
            break;
        case 1:
            pages = first + pages < PAGES ? pages : PAGES - first;
            humi_told_forget(&world->hum, first * PAGE, pages * PAGE, HUM_CAUSE_DISCARD);
            memset(&model[first], 0, pages * sizeof *model);
            break;
        default:
            tell_move(first, pages, (int)from - 1, (int)to - 1, HUM_CAUSE_HOST_FAULT);
            model_move(first, pages, from, to);
        }
    }
    uint64_t resident[3] = {0};
    for (unsigned i = 0; i < PAGES; i++) {
        if (where(i) != model[i])
            fail_msg("page %u: %x, not %x", i, where(i), model[i]);
        for (unsigned p = 0; p < 3; p++)
            resident[p] += model[i] >> p & 1;
    }
    for (unsigned p = 0; p < 3; p++) {
        assert_int_equal(atomic_load(&world->hum.resident_pages[p]), resident[p]);
        assert_int_equal(atomic_load(&world->hum.present_pages[p]), resident[p]);
        assert_int_equal(atomic_load(&world->hum.spare_pages[p]), 0);
    }
    for (int way = 0; way < HUM_DIRECTION_COUNT; way++)
        assert_int_equal(counters(world).bytes[way], model_bytes[way]);
}

/* ---- policies -------------------------------------------------------------------------------- */

static void a_plan_becomes_a_prefetch_while_the_device_runs(void **state)
{
    (void)state;
    tell_move(0, PAGES, 1, -1, HUM_CAUSE_PREFETCH_USER); /* the host has all of it */
    tell_fault(0, 0, false);
    assert_int_equal(driver.asked_count, 0); /* nothing runs there */
    atomic_store(&world->hum.running[1], 1);
    tell_fault(0, 0, false);
    assert_true(driver.asked_count > 0);
    assert_int_equal(driver.asked_unit, 0);
    assert_false(driver.waited);
    for (size_t i = 0; i < driver.asked_count; i++)
        assert_true(driver.asked[i].offset > 0); /* what faulted came by itself */
    /* The driver calls it the program's, hum knows better; until the program asks. */
    tell_move(1, 8, -1, 0, HUM_CAUSE_PREFETCH_USER);
    assert_int_equal(counters(world).pages[HUM_CAUSE_PREFETCH_POLICY], 8);
    humi_steer_forget(&world->hum, 0, PAGES * PAGE);
    tell_move(9, 8, -1, 0, HUM_CAUSE_PREFETCH_USER);
    assert_int_equal(counters(world).pages[HUM_CAUSE_PREFETCH_POLICY], 8);
}

static void what_is_advised_to_stay_is_not_asked_for(void **state)
{
    (void)state;
    tell_move(0, PAGES, 1, -1, HUM_CAUSE_PREFETCH_USER);
    atomic_store(&region->remote_by, HUM_BIT(0));
    atomic_store(&world->hum.running[1], 1);
    tell_fault(0, 0, false);
    assert_int_equal(driver.asked_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CASE(a_fault_on_an_unknown_page_puts_it_there),
        CASE(a_move_takes_and_an_eviction_is_of_who_lost),
        CASE(read_mostly_pages_stay_where_they_were),
        CASE(remote_pages_are_remote_until_they_move),
        CASE(the_rest_is_counted),
        CASE(what_is_of_others_is_left_alone),
        CASE(ranges_are_told_by_block_and_region),
        CASE(random_tellings_are_as_the_model_says),
        CASE(a_plan_becomes_a_prefetch_while_the_device_runs),
        CASE(what_is_advised_to_stay_is_not_asked_for),
#undef CASE
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
