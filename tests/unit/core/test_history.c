/* SPDX-License-Identifier: MIT */
/* test_history.c - what a block remembers, against a list of all that happened to each page. */
#include <inttypes.h>
#include <stdlib.h>

#include "core_test.h"
#include "support/random.h"

static struct humi_event event_on(unsigned first, unsigned end, uint64_t start_ns)
{
    struct humi_event event = {.cause = HUM_CAUSE_DEVICE_FAULT,
                               .processor = DEV0,
                               .which = humi_mask_range(first, end),
                               .start_ns = start_ns,
                               .kernel = 7,
                               .move_ns = 100,
                               .brought = true};

    event.pages = end - first;
    event.moved = event.which;
    event.bytes[HUM_H2D] = event.pages * PAGE;
    return event;
}

/* Times of the kept events of a page, newest first; the number of them. */
static unsigned times_of(const struct humi_history *history, unsigned page, uint64_t *times)
{
    unsigned n = 0;

    for (uint32_t i = history->count; i-- > 0;)
        if (humi_mask_has(&history->event[i].pages, page))
            times[n++] = history->event[i].start_ns;
    return n;
}

static void an_event_is_kept_as_it_was(void **state)
{
    struct humi_history history = {.count = 0};
    struct humi_event event = event_on(3, 5, 1000);

    (void)state;
    humi_history_put(&history, &event);
    humi_history_faults(&history, DEV0, 2);
    humi_history_faults(&history, HOST, 1);
    assert_int_equal(history.count, 1);
    const struct humi_history_event *kept = &history.event[0];
    assert_true(humi_mask_equal(&kept->pages, &event.which));
    assert_int_equal(kept->start_ns, 1000);
    assert_int_equal(kept->move_ns, 100);
    assert_int_equal(kept->who, 7);
    assert_int_equal(kept->moved[HUM_H2D], 2);
    assert_int_equal(kept->all_pages, 2);
    assert_int_equal(kept->copies, 1);
    assert_int_equal(kept->cause, HUM_CAUSE_DEVICE_FAULT);
    assert_int_equal(kept->processor, DEV0);
    assert_true(kept->copied && kept->brought && !kept->evicted);
    assert_int_equal(history.events, 1);
    assert_int_equal(history.moves[HUM_H2D], 1);
    assert_int_equal(history.bytes[HUM_H2D], 2 * PAGE);
    assert_int_equal(history.move_ns, 100);
    assert_int_equal(history.faults[0], 1);
    assert_int_equal(history.faults[1], 2);
}

/* What was copied and what was just zero are told apart page by page. */
static void an_event_that_copied_some_pages_is_kept_as_two(void **state)
{
    struct humi_history history = {.count = 0};
    struct humi_event event = event_on(0, 10, 1000);

    (void)state;
    event.moved = humi_mask_range(4, 6);
    event.bytes[HUM_H2D] = 2 * PAGE;
    humi_history_put(&history, &event);
    assert_int_equal(history.count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct humi_history_event *kept = &history.event[i];
        assert_int_equal(humi_mask_has(&kept->pages, 5), kept->copied);
        assert_int_equal(humi_mask_has(&kept->pages, 0), !kept->copied);
        assert_int_equal(kept->all_pages, 10);
        assert_true(kept->brought);
    }
    assert_int_equal(history.events, 1);
}

/* What an eviction copied came to the host; what it did not copy only left. */
static void an_eviction_brings_what_it_copies(void **state)
{
    struct humi_history history = {.count = 0};
    struct humi_event event = event_on(0, 4, 1000);

    (void)state;
    event.cause = HUM_CAUSE_EVICTION;
    event.brought = false;
    event.evicted = true;
    event.moved = humi_mask_range(0, 1);
    humi_history_put(&history, &event);
    assert_int_equal(history.count, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(history.event[i].brought, humi_mask_has(&history.event[i].pages, 0));
    assert_int_equal(history.evictions, 1);
}

static void a_page_that_came_long_ago_outlives_busy_neighbours(void **state)
{
    struct humi_history history = {.count = 0};
    struct humi_event whole = event_on(0, 512, 1);
    uint64_t times[HUM_EXPLAIN_EVENTS_MAX];

    (void)state;
    humi_history_put(&history, &whole);
    for (unsigned i = 0; i < 100; i++) {
        struct humi_event one = event_on(i % 20, i % 20 + 1, 2 + i);
        humi_history_put(&history, &one);
    }
    assert_int_equal(times_of(&history, 300, times), 1);
    assert_int_equal(times[0], 1);
    assert_false(humi_mask_has(&history.lost, 300));
    assert_int_equal(times_of(&history, 19, times), 1);
    assert_int_equal(times[0], 101);
    assert_true(humi_mask_has(&history.lost, 19));
}

static void of_equals_the_oldest_goes(void **state)
{
    struct humi_history history = {.count = 0};
    uint64_t times[HUM_EXPLAIN_EVENTS_MAX];

    (void)state;
    for (unsigned i = 0; i <= HUM_EXPLAIN_EVENTS_MAX; i++) {
        struct humi_event one = event_on(i, i + 1, i);
        humi_history_put(&history, &one);
    }
    for (unsigned i = 0; i <= HUM_EXPLAIN_EVENTS_MAX; i++) {
        assert_int_equal(times_of(&history, i, times), i > 0);
        assert_int_equal(humi_mask_has(&history.lost, i), i == 0);
    }
}

static void pages_that_are_freed_begin_anew(void **state)
{
    struct humi_history history = {.count = 0};
    struct hum_pages low = humi_mask_range(0, 8);
    uint64_t times[HUM_EXPLAIN_EVENTS_MAX];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct humi_event event = event_on(i % 2 ? 0 : 4, i % 2 ? 8 : 16, i);
        humi_history_put(&history, &event);
    }
    humi_history_forget(&history, &low);
    assert_false(humi_mask_meets(&history.lost, &low));
    for (unsigned page = 0; page < 8; page++)
        assert_int_equal(times_of(&history, page, times), 0);
    assert_true(times_of(&history, 12, times) > 0);
    for (uint32_t i = 0; i < history.count; i++)
        assert_false(humi_mask_empty(&history.event[i].pages));
    assert_int_equal(history.events, 20);
}

static void counts_stop_at_their_end(void **state)
{
    struct humi_history history = {.faults = {UINT32_MAX - 1, 0}};

    (void)state;
    humi_history_faults(&history, HOST, 5);
    assert_int_equal(history.faults[0], UINT32_MAX);
}

/* ---- against a list of everything ------------------------------------------------------------ */

#define ROUNDS 400u

struct all {
    uint64_t times[HUMI_PAGES][ROUNDS]; /* of each page's events, oldest first */
    unsigned count[HUMI_PAGES];
};

static struct hum_pages random_pages(struct random *random)
{
    struct hum_pages pages = humi_mask_none();
    unsigned runs = 1 + (unsigned)random_below(random, 3);

    for (unsigned i = 0; i < runs; i++) {
        unsigned first = (unsigned)random_below(random, HUMI_PAGES);
        unsigned most = random_below(random, 3) ? 4 : HUMI_PAGES;
        unsigned end = first + 1 + (unsigned)random_below(random, most);
        struct hum_pages run = humi_mask_range(first, end < HUMI_PAGES ? end : HUMI_PAGES);

        humi_mask_add(&pages, &run);
    }
    return pages;
}

static void check_page(const struct humi_history *history, const struct all *all, unsigned page)
{
    uint64_t times[HUM_EXPLAIN_EVENTS_MAX];
    unsigned kept = times_of(history, page, times), count = all->count[page];

    assert_true(kept <= count);
    for (unsigned i = 0; i < kept; i++)
        assert_int_equal(times[i], all->times[page][count - 1 - i]);
    assert_int_equal(humi_mask_has(&history->lost, page), kept < count);
}

static void what_is_kept_is_the_newest_without_a_gap(void **state)
{
    struct random random = random_make(random_seed("core_history"), 0);
    struct all *all = calloc(1, sizeof *all);
    struct humi_history history = {.count = 0};
    unsigned useful = 0;

    (void)state;
    assert_non_null(all);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct hum_pages pages = random_pages(&random), part = random_pages(&random);
        struct humi_event event = event_on(0, 1, round + 1);

        event.which = pages;
        event.moved = humi_mask_and(&pages, &part);
        event.pages = humi_mask_count(&pages);
        if (random_below(&random, 16) == 0) {
            humi_history_forget(&history, &pages);
            humi_for_each_run (run, &pages)
                for (unsigned page = run.first; page < run.end; page++)
                    all->count[page] = 0;
            continue;
        }
        humi_history_put(&history, &event);
        humi_for_each_run (run, &pages)
            for (unsigned page = run.first; page < run.end; page++)
                all->times[page][all->count[page]++] = round + 1;
        for (unsigned page = 0; page < HUMI_PAGES; page++)
            check_page(&history, all, page);
        useful += history.count == HUM_EXPLAIN_EVENTS_MAX;
    }
    assert_true(useful > ROUNDS / 4); /* room was short most of the time */
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_kept_as_it_was),
        cmocka_unit_test(an_event_that_copied_some_pages_is_kept_as_two),
        cmocka_unit_test(an_eviction_brings_what_it_copies),
        cmocka_unit_test(a_page_that_came_long_ago_outlives_busy_neighbours),
        cmocka_unit_test(of_equals_the_oldest_goes),
        cmocka_unit_test(pages_that_are_freed_begin_anew),
        cmocka_unit_test(counts_stop_at_their_end),
        cmocka_unit_test(what_is_kept_is_the_newest_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
