/* SPDX-License-Identifier: MIT */
/* test_mask.c - every operation on page masks against arrays of bool, random and at the edges. */
#include <string.h>

#include "base/mask.h"
#include "support/random.h"
#include "support/test.h"

struct naive {
    bool has[HUMI_PAGES];
};

static struct naive naive_of(const struct hum_pages *m)
{
    struct naive n;

    for (unsigned i = 0; i < HUMI_PAGES; i++)
        n.has[i] = humi_mask_has(m, i);
    return n;
}

/* Long runs, short runs or noise, so that full and empty words are met as often as mixed ones. */
static struct hum_pages random_mask(struct random *random)
{
    struct hum_pages m = humi_mask_none();
    uint64_t run_max = UINT64_C(1) << random_below(random, 10);
    unsigned at = 0;

    while (at < HUMI_PAGES) {
        unsigned end = at + 1 + (unsigned)random_below(random, run_max);
        bool set = random_below(random, 2);
        for (; at < end && at < HUMI_PAGES; at++)
            if (set)
                humi_mask_set(&m, at);
    }
    return m;
}

static void check_pair(const struct hum_pages *a, const struct hum_pages *b)
{
    struct hum_pages and = humi_mask_and(a, b), or = humi_mask_or(a, b),
                     minus = humi_mask_minus(a, b), added = *a, removed = *a, kept = *a;
    struct naive x = naive_of(a), y = naive_of(b);
    bool meets = false, within = true;

    humi_mask_add(&added, b);
    humi_mask_remove(&removed, b);
    humi_mask_keep(&kept, b);
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        assert_int_equal(humi_mask_has(&and, i), x.has[i] && y.has[i]);
        assert_int_equal(humi_mask_has(&or, i), x.has[i] || y.has[i]);
        assert_int_equal(humi_mask_has(&minus, i), x.has[i] && !y.has[i]);
        meets = meets || (x.has[i] && y.has[i]);
        within = within && (!x.has[i] || y.has[i]);
    }
    assert_true(humi_mask_equal(&added, &or));
    assert_true(humi_mask_equal(&removed, &minus));
    assert_true(humi_mask_equal(&kept, &and));
    assert_int_equal(humi_mask_meets(a, b), meets);
    assert_int_equal(humi_mask_within(a, b), within);
    assert_int_equal(humi_mask_equal(a, b), memcmp(&x, &y, sizeof x) == 0);
}

static unsigned naive_count(const struct naive *n, unsigned first, unsigned end)
{
    unsigned count = 0;

    for (unsigned i = first; i < end; i++)
        count += n->has[i];
    return count;
}

static void check_only(const struct hum_pages *m)
{
    unsigned count = 0, last = HUMI_PAGES, words = 0;

    for (unsigned page = 0; page < HUMI_PAGES; page++) {
        if (humi_mask_has(m, page))
            last = page;
        count += humi_mask_has(m, page);
        words |= (unsigned)humi_mask_has(m, page) << page / 64;
    }
    assert_int_equal(humi_mask_only(m), count == 1 ? last : HUMI_PAGES);
    assert_int_equal(humi_mask_words(m), words);
}

static void one_page_is_a_set_of_one(void **state)
{
    (void)state;
    for (unsigned page = 0; page < HUMI_PAGES; page++) {
        struct hum_pages one = humi_mask_one(page), range = humi_mask_range(page, page + 1);
        assert_memory_equal(&one, &range, sizeof one);
        assert_int_equal(humi_mask_only(&one), page);
    }
}

/* Ranges put into a set and taken out of it change nothing else. */
static void check_parts(const struct hum_pages *m, unsigned first, unsigned end)
{
    struct hum_pages range = humi_mask_range(first, end), more = *m, less = *m;
    struct hum_pages either = humi_mask_or(m, &range), rest = humi_mask_minus(m, &range);

    if (first == end)
        return;
    humi_mask_add_range(&more, first, end);
    humi_mask_remove_range(&less, first, end);
    assert_memory_equal(&more, &either, sizeof more);
    assert_memory_equal(&less, &rest, sizeof less);
}

static void check_counts(const struct hum_pages *m, unsigned first, unsigned end)
{
    struct naive n = naive_of(m);
    unsigned count = naive_count(&n, 0, HUMI_PAGES);

    assert_int_equal(humi_mask_count(m), count);
    assert_int_equal(humi_mask_count_plain(m), count);
    assert_int_equal(humi_mask_count_here(m), count);
    check_parts(m, first, end);
    check_only(m);
    assert_int_equal(humi_mask_empty(m), count == 0);
    assert_int_equal(humi_mask_full(m), count == HUMI_PAGES);
    assert_int_equal(humi_mask_count_range(m, first, end), naive_count(&n, first, end));
}

static void check_range(unsigned first, unsigned end)
{
    struct hum_pages m = humi_mask_range(first, end);

    for (unsigned i = 0; i < HUMI_PAGES; i++)
        assert_int_equal(humi_mask_has(&m, i), i >= first && i < end);
}

/* Runs are in order, do not touch each other, and are exactly the set pages. */
static void check_runs(const struct hum_pages *m)
{
    struct hum_pages seen = humi_mask_none();
    unsigned last_end = 0, runs = 0;

    humi_for_each_run (run, m) {
        struct hum_pages pages = humi_mask_range(run.first, run.end);
        assert_true(!runs || run.first > last_end);
        humi_mask_add(&seen, &pages);
        last_end = run.end;
        runs++;
    }
    assert_true(humi_mask_equal(&seen, m));
    assert_int_equal(humi_mask_count_runs(m), runs);
}

static void random_masks_agree_with_arrays(void **state)
{
    uint64_t seed = random_seed("random_masks_agree_with_arrays");
    struct random random = random_make(seed, 0);

    (void)state;
    for (uint64_t i = 0; i < random_steps(2000); i++) {
        struct hum_pages a = random_mask(&random), b = random_mask(&random);
        unsigned first = (unsigned)random_below(&random, HUMI_PAGES + 1);
        unsigned end = first + (unsigned)random_below(&random, HUMI_PAGES + 1 - first);
        if (i % 4 == 0)
            b = a;
        check_pair(&a, &b);
        check_counts(&a, first, end);
        check_range(first, end);
        check_runs(&a);
    }
}

static void empty_and_full_masks_agree_too(void **state)
{
    struct hum_pages none = humi_mask_none(), all = humi_mask_all();

    (void)state;
    check_pair(&none, &all);
    check_pair(&all, &none);
    check_pair(&all, &all);
    check_counts(&none, 0, HUMI_PAGES);
    check_counts(&all, 0, HUMI_PAGES);
    check_counts(&all, HUMI_PAGES, HUMI_PAGES);
    check_runs(&none);
    check_runs(&all);
}

static void ranges_at_word_edges(void **state)
{
    static const unsigned edges[] = {0, 1, 63, 64, 65, 127, 128, 448, 511, 512};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = i; j < COUNT_OF(edges); j++)
            check_range(edges[i], edges[j]);
}

static void set_and_clear_touch_one_page(void **state)
{
    (void)state;
    for (unsigned page = 0; page < HUMI_PAGES; page++) {
        struct hum_pages m = humi_mask_none();
        humi_mask_set(&m, page);
        assert_int_equal(humi_mask_count(&m), 1);
        assert_true(humi_mask_has(&m, page));
        m = humi_mask_all();
        humi_mask_clear(&m, page);
        assert_int_equal(humi_mask_count(&m), HUMI_PAGES - 1);
        assert_false(humi_mask_has(&m, page));
    }
}

static void next_run_starts_in_the_middle_of_a_run(void **state)
{
    struct hum_pages m = humi_mask_range(10, 100);
    struct humi_run run = humi_mask_next_run(&m, 50);

    (void)state;
    assert_int_equal(run.first, 50);
    assert_int_equal(run.end, 100);
    run = humi_mask_next_run(&m, 100);
    assert_int_equal(run.first, run.end);
    run = humi_mask_next_run(&m, HUMI_PAGES);
    assert_int_equal(run.first, run.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_masks_agree_with_arrays),
        cmocka_unit_test(empty_and_full_masks_agree_too),
        cmocka_unit_test(one_page_is_a_set_of_one),
        cmocka_unit_test(ranges_at_word_edges),
        cmocka_unit_test(set_and_clear_touch_one_page),
        cmocka_unit_test(next_run_starts_in_the_middle_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
