/* SPDX-License-Identifier: MIT */
/* test_touch.c - how a worker of a device collects touches, and in which order it tells them. */
#include <stdlib.h>
#include <string.h>

#include <hum/hum.h>

#include "device/emu/process/touch.h"
#include "support/random.h"
#include "support/test.h"

#define RECORDS 4096u
#define START UINT64_C(0x200000000000)
#define PAGES ((uint64_t)16384)

static struct humi_emu_touches *shared;
static struct humi_touch_table t;

static void begin(uint32_t window)
{
    memset(shared, 0, humi_emu_touches_bytes(1, RECORDS));
    humi_touch_init(&t, shared, RECORDS, window, 0);
    t.start = START;
    t.bytes = PAGES * HUM_PAGE_SIZE;
    t.launch = 5;
    t.kernel = 6;
}

static int setup(void **state)
{
    (void)state;
    shared = aligned_alloc(64, humi_emu_touches_bytes(1, RECORDS));
    begin(HUMI_TOUCH_OPEN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(shared);
    return 0;
}

static void touch(uint64_t page, uint64_t byte, bool write)
{
    humi_touch(&t, START + page * HUM_PAGE_SIZE + byte, write, page);
}

static uint32_t told(void)
{
    return t.ring->head - t.ring->tail;
}

static struct humi_emu_touch next(void)
{
    assert_true(told() > 0);
    return t.ring->records[t.ring->tail++ % RECORDS];
}

static void expect_next(uint32_t page, uint32_t pages, uint32_t reads, uint32_t writes)
{
    struct humi_emu_touch record = next();

    assert_int_equal(record.page, page);
    assert_int_equal(record.pages, pages);
    assert_int_equal(record.count[0], reads);
    assert_int_equal(record.count[1], writes);
    assert_int_equal(record.launch, 5);
    assert_int_equal(record.kernel, 6);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void the_page_opened_first_is_told_first(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < HUMI_TOUCH_OPEN; i++)
        touch(10 * i, 0, false);
    touch(0, 0, false); /* touched last, but opened first */
    assert_int_equal(told(), 0);
    touch(10501, 0, false);
    touch(10601, 0, false); /* ends the run that page 0 could have begun */
    assert_int_equal(told(), 1);
    expect_next(0, 1, 2, 0);
    humi_touch_flush(&t, true);
    for (uint32_t i = 1; i < HUMI_TOUCH_OPEN; i++)
        expect_next(10 * i, 1, 1, 0);
    expect_next(10501, 1, 1, 0);
    expect_next(10601, 1, 1, 0);
    assert_int_equal(told(), 0);
}

static void reads_and_writes_share_a_record_that_says_which_was_first(void **state)
{
    struct humi_emu_touch record;

    (void)state;
    touch(3, 0, true);
    touch(3, 64, false);
    touch(3, 4095, false);
    touch(7, 0, false);
    touch(7, 0, true);
    humi_touch_flush(&t, true);
    record = next();
    assert_int_equal(record.write_first, 1);
    assert_int_equal(record.lines[1], 1);
    assert_int_equal(record.lines[0], (UINT64_C(1) << 63) | 2);
    assert_int_equal(record.count[0], 2);
    record = next();
    assert_int_equal(record.page, 7);
    assert_int_equal(record.write_first, 0);
}

/* A page comes back into a record of its own once `window` others were opened. */
static void a_window_says_how_many_pages_are_open(void **state)
{
    static const uint32_t windows[] = {1, 2, 16, HUMI_TOUCH_OPEN};

    (void)state;
    for (unsigned w = 0; w < sizeof windows / sizeof *windows; w++) {
        uint32_t others = windows[w] - 1;
        begin(windows[w]);
        for (uint64_t i = 0; i <= others; i++)
            touch(10 * i, 0, false);
        touch(0, 0, false); /* still open */
        touch(10 * (uint64_t)windows[w], 0, false);
        touch(0, 0, false); /* not any more */
        humi_touch_flush(&t, true);
        expect_next(0, 1, 2, 0);
        for (uint32_t i = 1; i <= windows[w]; i++)
            expect_next(10 * i, 1, 1, 0);
        expect_next(0, 1, 1, 0);
        assert_int_equal(told(), 0);
    }
}

static void alike_neighbours_in_order_become_a_run(void **state)
{
    (void)state;
    for (uint64_t page = 100; page < 140; page++)
        touch(page, 128, true);
    for (uint64_t page = 140; page < 150; page++)
        touch(page, 0, true); /* another line */
    for (uint64_t page = 200; page > 197; page--)
        touch(page, 0, true); /* backwards */
    humi_touch_flush(&t, true);
    expect_next(100, 40, 0, 1);
    expect_next(140, 10, 0, 1);
    expect_next(200, 1, 0, 1);
    expect_next(199, 1, 0, 1);
    expect_next(198, 1, 0, 1);
    assert_int_equal(told(), 0);
}

static void runs_end_at_their_longest(void **state)
{
    (void)state;
    for (uint64_t page = 0; page < HUMI_TOUCH_RUN_MAX + 1; page++)
        touch(page, 0, false);
    humi_touch_flush(&t, true);
    expect_next(0, HUMI_TOUCH_RUN_MAX, 1, 0);
    expect_next(HUMI_TOUCH_RUN_MAX, 1, 1, 0);
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void counts_beyond_32_bits_become_several_records(void **state)
{
    (void)state;
    touch(9, 0, false);
    touch(9, 0, true);
    t.open[0].count[0] += UINT32_MAX;
    humi_touch_flush(&t, true);
    expect_next(9, 1, UINT32_MAX, 1);
    expect_next(9, 1, 1, 0);
    assert_int_equal(told(), 0);
}

static void what_is_outside_is_not_told(void **state)
{
    (void)state;
    humi_touch(&t, START - 1, true, 0);
    humi_touch(&t, START + t.bytes, false, 1);
    humi_touch(&t, START + t.bytes, false, 1);
    humi_touch(&t, 0, true, 2);
    t.bytes = 0;
    humi_touch(&t, START, true, 3);
    humi_touch_flush(&t, true);
    assert_int_equal(told(), 0);
}

static void a_site_forgets_its_line_when_a_page_closes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        for (uint64_t page = 0; page < 2 * HUMI_TOUCH_OPEN; page++)
            humi_touch(&t, START + 2 * page * HUM_PAGE_SIZE, false, 8);
        humi_touch(&t, START, false, 9);
        humi_touch(&t, START, false, 9);
        humi_touch_flush(&t, true);
        for (uint32_t page = 0; page < 2 * HUMI_TOUCH_OPEN; page++)
            expect_next(2 * page, 1, 1, 0);
        expect_next(0, 1, 2, 0);
        t.epoch = -HUMI_TOUCH_EPOCH; /* the next one begins anew */
    }
}

static void a_full_ring_drops_only_what_must_not_wait(void **state)
{
    (void)state;
    for (uint64_t page = 0; page < RECORDS; page++)
        touch(3 * page, 0, false);
    touch(998, 0, false);
    humi_touch_flush(&t, false);
    assert_int_equal(told(), RECORDS);
    for (uint32_t page = 0; page < RECORDS; page++)
        expect_next(3 * page, 1, 1, 0);
    touch(1, 0, true);
    humi_touch_flush(&t, true);
    expect_next(1, 1, 0, 1);
}

/* ---- against a model ------------------------------------------------------------------------- */

static uint64_t expected[PAGES][2], seen[PAGES][2];

/* Take what is told until so many records are left. */
static void take(uint32_t left)
{
    while (told() > left) {
        struct humi_emu_touch record = next();
        for (uint32_t page = record.page; page < record.page + record.pages; page++)
            for (int w = 0; w < 2; w++)
                seen[page][w] += record.count[w];
    }
}

static void random_touches_are_told_completely(void **state)
{
    struct random random = random_make(random_seed("touches"), 0);
    uint64_t steps = random_steps(200000);

    (void)state;
    for (uint64_t i = 0; i < steps; i++) {
        if (i % (steps / 4 + 1) == 0) {
            humi_touch_flush(&t, true);
            take(0);
            begin(i == 0 ? HUMI_TOUCH_OPEN : 1 + (uint32_t)random_below(&random, 64));
        }
        uint64_t page = random_below(&random, random_below(&random, 8) > 0 ? 12 : PAGES);
        bool write = random_below(&random, 3) == 0;
        humi_touch(&t, START + page * HUM_PAGE_SIZE + random_below(&random, HUM_PAGE_SIZE), write,
                   random_below(&random, 5));
        expected[page][write]++;
        take(RECORDS / 2);
    }
    take(0);
    humi_touch_flush(&t, true);
    take(0);
    assert_memory_equal(seen, expected, sizeof seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_page_opened_first_is_told_first, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_and_writes_share_a_record_that_says_which_was_first,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_says_how_many_pages_are_open, setup, teardown),
        cmocka_unit_test_setup_teardown(alike_neighbours_in_order_become_a_run, setup, teardown),
        cmocka_unit_test_setup_teardown(runs_end_at_their_longest, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_beyond_32_bits_become_several_records, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_outside_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_site_forgets_its_line_when_a_page_closes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_ring_drops_only_what_must_not_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(random_touches_are_told_completely, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
