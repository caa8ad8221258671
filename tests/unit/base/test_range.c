/* SPDX-License-Identifier: MIT */
/* test_range.c - rounding and cutting into blocks, against a walk over single pages. */
#include "base/range.h"
#include "support/random.h"
#include "support/test.h"

#define PAGE HUM_PAGE_SIZE
#define BLOCK HUM_BLOCK_SIZE

/* The pieces are the pages that a walk over all touched pages meets, in its order. */
static void check_pieces(const struct humi_range *range)
{
    uintptr_t page = range->start / PAGE;
    uintptr_t end = humi_range_is_empty(range) ? page : (range->end - 1) / PAGE + 1;
    size_t last_block = 0;
    bool any = false;

    humi_for_each_block (piece, range) {
        assert_true(!any || piece.block == last_block + 1);
        assert_true(piece.first < piece.end && piece.end <= HUM_PAGES_PER_BLOCK);
        for (unsigned i = piece.first; i < piece.end; i++, page++)
            assert_int_equal(piece.block * HUM_PAGES_PER_BLOCK + i, page);
        last_block = piece.block;
        any = true;
    }
    assert_int_equal(page, end);
}

static void check_rounding(const struct humi_range *range, size_t unit)
{
    struct humi_range outer = humi_range_outer(range, unit), inner = humi_range_inner(range, unit);

    assert_true(humi_range_within(range, &outer));
    assert_true(humi_range_within(&inner, range));
    if (humi_range_is_empty(range)) {
        assert_true(humi_range_is_empty(&outer) && humi_range_is_empty(&inner));
        return;
    }
    assert_true(outer.start % unit == 0 && outer.end % unit == 0);
    assert_true(range->start - outer.start < unit && outer.end - range->end < unit);
    if (humi_range_is_empty(&inner)) {
        assert_true(humi_round_up(range->start, unit) + unit > range->end);
        return;
    }
    assert_true(inner.start % unit == 0 && inner.end % unit == 0);
    assert_true(inner.start - range->start < unit && range->end - inner.end < unit);
}

/* Edges are where mistakes are: most numbers are near a multiple of a page or a block. */
static size_t random_size(struct random *random, size_t below)
{
    size_t value = random_below(random, below);
    size_t near = random_below(random, 3);

    switch (random_below(random, 3)) {
    case 0:
        return value;
    case 1:
        return humi_round_down(value, PAGE) + near;
    default:
        return humi_round_down(value, BLOCK) + near;
    }
}

static void random_ranges_agree_with_a_walk_over_pages(void **state)
{
    uint64_t seed = random_seed("random_ranges_agree_with_a_walk_over_pages");
    struct random random = random_make(seed, 0);

    (void)state;
    for (uint64_t i = 0; i < random_steps(2000); i++) {
        struct humi_range range;
        size_t start = BLOCK + random_size(&random, 64 * BLOCK);
        assert_true(humi_range_make(start, random_size(&random, 8 * BLOCK), &range));
        check_pieces(&range);
        check_rounding(&range, PAGE);
        check_rounding(&range, BLOCK);
    }
}

static void pieces_of_small_worlds(void **state)
{
    static const struct {
        uintptr_t start, end;
    } cases[] = {
        {0, 0}, {5, 5}, {BLOCK, BLOCK}, {0, 1}, {0, PAGE}, {PAGE - 1, PAGE + 1}, {0, BLOCK},
        {1, BLOCK}, {0, BLOCK + 1}, {BLOCK - 1, BLOCK}, {BLOCK - 1, BLOCK + 1},
        {BLOCK - PAGE, 3 * BLOCK + PAGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_range range = {cases[i].start, cases[i].end};
        check_pieces(&range);
    }
}

static void walk_may_be_left_early(void **state)
{
    struct humi_range range = {0, 10 * BLOCK};
    unsigned seen = 0;

    (void)state;
    humi_for_each_block (piece, &range) {
        if (piece.block == 3)
            break;
        seen++;
    }
    assert_int_equal(seen, 3);
}

static void range_past_the_last_address_is_refused(void **state)
{
    struct humi_range range = {1, 2};

    (void)state;
    assert_false(humi_range_make(UINTPTR_MAX, 1, &range));
    assert_false(humi_range_make(1, SIZE_MAX, &range));
    assert_false(humi_range_make(SIZE_MAX / 2, SIZE_MAX / 2 + 2, &range));
    assert_false(humi_range_make(UINTPTR_MAX - BLOCK + 1, 0, &range));
    assert_int_equal(range.start, 1);
    assert_true(humi_range_make(UINTPTR_MAX - BLOCK - 8, 8, &range));
    assert_true(humi_range_outer(&range, BLOCK).end != 0);
}

static void relations_of_ranges(void **state)
{
    struct humi_range a = {10, 20}, inside = {12, 20}, behind = {20, 30}, empty = {15, 15};

    (void)state;
    assert_int_equal(humi_range_bytes(&a), 10);
    assert_true(humi_range_has(&a, 10) && humi_range_has(&a, 19));
    assert_false(humi_range_has(&a, 9) || humi_range_has(&a, 20));
    assert_true(humi_range_within(&inside, &a) && !humi_range_within(&a, &inside));
    assert_true(humi_range_meets(&a, &inside) && !humi_range_meets(&a, &behind));
    assert_true(humi_range_is_empty(&empty) && !humi_range_is_empty(&a));
}

static void places_in_blocks(void **state)
{
    (void)state;
    assert_int_equal(humi_block_index(BLOCK - 1), 0);
    assert_int_equal(humi_block_index(BLOCK), 1);
    assert_int_equal(humi_page_in_block(BLOCK - 1), HUM_PAGES_PER_BLOCK - 1);
    assert_int_equal(humi_page_in_block(BLOCK + PAGE), 1);
    assert_int_equal(humi_round_up(1, PAGE), PAGE);
    assert_int_equal(humi_round_up(PAGE, PAGE), PAGE);
    assert_int_equal(humi_round_up(0, PAGE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ranges_agree_with_a_walk_over_pages),
        cmocka_unit_test(pieces_of_small_worlds),
        cmocka_unit_test(walk_may_be_left_early),
        cmocka_unit_test(range_past_the_last_address_is_refused),
        cmocka_unit_test(relations_of_ranges),
        cmocka_unit_test(places_in_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
