/* SPDX-License-Identifier: MIT */
/* test_region.c - addresses: where regions go, and that they never meet, against a naive model. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/region.h"
#include "support/random.h"
#include "support/test.h"

#define START ((uintptr_t)0x200000000000)
#define PAGE HUM_PAGE_SIZE
#define BLOCK HUM_BLOCK_SIZE
#define GIB ((size_t)1 << 30)

static struct humi_regions regions;

static void begin(size_t bytes)
{
    assert_int_equal(humi_regions_init(&regions, START, bytes), HUM_OK);
}

/* What a walk over free extents has seen. */
struct walked {
    size_t count, bytes;
    uintptr_t end;    /* of the extent before */
    size_t last;      /* its bytes */
};

/* In order of address; no two touch. */
static void walk_by_start(const struct humi_extent *extent, struct walked *walked)
{
    if (!extent)
        return;
    walk_by_start(RB_LEFT(extent, by_start), walked);
    assert_true(extent->bytes > 0);
    assert_true(!walked->count || extent->start > walked->end);
    walked->count++;
    walked->bytes += extent->bytes;
    walked->end = extent->start + extent->bytes;
    walk_by_start(RB_RIGHT(extent, by_start), walked);
}

static void walk_by_size(const struct humi_extent *extent, struct walked *walked)
{
    if (!extent)
        return;
    walk_by_size(RB_LEFT(extent, by_size), walked);
    assert_true(extent->bytes >= walked->last);
    walked->count++;
    walked->last = extent->bytes;
    walk_by_size(RB_RIGHT(extent, by_size), walked);
}

/* Both trees have the same extents, none touches another, and the sums are right. */
static void check_extents(size_t space)
{
    struct walked by_start = {0}, by_size = {0};

    walk_by_start(RB_ROOT(&regions.free_by_start), &by_start);
    walk_by_size(RB_ROOT(&regions.free_by_size), &by_size);
    assert_int_equal(by_start.count, by_size.count);
    assert_int_equal(by_start.count, regions.extents);
    assert_int_equal(by_start.bytes + regions.bytes, space);
}

static void end(size_t space)
{
    check_extents(space);
    humi_regions_fini(&regions);
}

static struct humi_region *alloc(size_t bytes, unsigned flags)
{
    struct humi_region *region = NULL;

    assert_int_equal(humi_regions_alloc(&regions, bytes, flags, &region), HUM_OK);
    return region;
}

static void release(struct humi_region *region)
{
    assert_ptr_equal(humi_regions_remove(&regions, region->start), region);
    humi_regions_release(&regions, region);
}

static uintptr_t at(const struct humi_region *region)
{
    return region->start - START;
}

/* ---- where regions go ------------------------------------------------------------------------ */

static void small_regions_share_blocks_but_no_page(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *a = alloc(1, 0), *b = alloc(PAGE + 1, 0), *c = alloc(BLOCK - 1, 0);
    assert_int_equal(at(a), 0);
    assert_int_equal(a->bytes, PAGE);
    assert_int_equal(a->asked_bytes, 1);
    assert_int_equal(at(b), PAGE);
    assert_int_equal(b->bytes, 2 * PAGE);
    assert_int_equal(at(c), 3 * PAGE);
    end(GIB);
}

static void from_a_block_on_regions_start_at_a_block(void **state)
{
    (void)state;
    begin(GIB);
    (void)alloc(PAGE, 0);
    struct humi_region *large = alloc(BLOCK + 1, 0), *small = alloc(PAGE, 0);
    assert_int_equal(at(large), BLOCK);
    assert_int_equal(large->bytes, BLOCK + PAGE);
    assert_int_equal(at(small), PAGE); /* the gap in front is used first */
    assert_int_equal(at(alloc(BLOCK, 0)), 3 * BLOCK);
    end(GIB);
}

static void own_blocks_are_shared_with_nobody(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *own = alloc(PAGE, HUM_ALLOC_OWN_BLOCKS);
    assert_int_equal(own->bytes, BLOCK);
    assert_int_equal(at(alloc(PAGE, 0)), BLOCK);
    struct humi_region *second = alloc(BLOCK + PAGE, HUM_ALLOC_OWN_BLOCKS);
    assert_int_equal(at(second), 2 * BLOCK);
    assert_int_equal(second->bytes, 2 * BLOCK);
    end(GIB);
}

static void the_smallest_gap_that_fits_is_used(void **state)
{
    struct humi_region *list[7];
    static const size_t pages[] = {8, 1, 4, 1, 6, 1, 4};

    (void)state;
    begin(GIB);
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        list[i] = alloc(pages[i] * PAGE, 0);
    (void)alloc(PAGE, 0);
    for (size_t i = 0; i < COUNT_OF(pages); i += 2)
        release(list[i]);
    assert_int_equal(at(alloc(4 * PAGE, 0)), 9 * PAGE);  /* of two equal ones the lower */
    assert_int_equal(at(alloc(4 * PAGE, 0)), 21 * PAGE);
    assert_int_equal(at(alloc(4 * PAGE, 0)), 14 * PAGE); /* 6 pages */
    assert_int_equal(at(alloc(8 * PAGE, 0)), 0);
    end(GIB);
}

static void neighbours_that_are_freed_join(void **state)
{
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1},
                                         {2, 1, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        begin(GIB);
        struct humi_region *list[] = {alloc(PAGE, 0), alloc(3 * PAGE, 0), alloc(2 * PAGE, 0)};
        for (unsigned j = 0; j < 3; j++)
            release(list[orders[i][j]]);
        assert_int_equal(regions.extents, 1);
        assert_int_equal(alloc(GIB, 0)->bytes, GIB);
        end(GIB);
    }
}

static void the_whole_space_is_one_region(void **state)
{
    struct humi_region *none = (struct humi_region *)&none;

    (void)state;
    begin(GIB);
    struct humi_region *all = alloc(GIB - 5, HUM_ALLOC_OWN_BLOCKS);
    assert_int_equal(all->bytes, GIB);
    assert_int_equal(regions.extents, 0);
    assert_int_equal(humi_regions_alloc(&regions, 1, 0, &none), HUM_ERR_NO_SPACE);
    assert_ptr_equal(none, (struct humi_region *)&none);
    release(all);
    assert_int_equal(at(alloc(PAGE, 0)), 0);
    end(GIB);
}

static void what_is_too_large_is_refused(void **state)
{
    static const size_t sizes[] = {GIB + 1, SIZE_MAX, SIZE_MAX - PAGE, SIZE_MAX - BLOCK,
                                   SIZE_MAX / 2, GIB - PAGE + 1};
    struct humi_region *region;

    (void)state;
    begin(GIB);
    (void)alloc(PAGE, 0);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (unsigned flags = 0; flags < 2; flags++)
            assert_int_equal(humi_regions_alloc(&regions, sizes[i], flags, &region),
                             HUM_ERR_NO_SPACE);
    assert_int_equal(regions.count, 1);
    end(GIB);
}

/* ---- looking up ------------------------------------------------------------------------------ */

static void lookups_are_exact_at_the_edges(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *a = alloc(2 * PAGE, 0), *b = alloc(PAGE, 0), *found;
    release(alloc(PAGE, 0));
    static const struct {
        size_t offset;
        int want; /* 0 none, 1 a, 2 b */
    } cases[] = {{0, 1}, {2 * PAGE - 1, 1}, {2 * PAGE, 2}, {3 * PAGE - 1, 2}, {3 * PAGE, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        found = humi_regions_find(&regions, START + cases[i].offset);
        assert_ptr_equal(found, cases[i].want == 1 ? a : cases[i].want == 2 ? b : NULL);
        humi_region_put(found);
    }
    assert_null(humi_regions_find(&regions, START - 1));
    assert_null(humi_regions_find(&regions, 0));
    assert_null(humi_regions_find(&regions, UINTPTR_MAX));
    found = humi_regions_next(&regions, START + 1);
    assert_ptr_equal(found, b);
    humi_region_put(found);
    assert_null(humi_regions_next(&regions, b->start + 1));
    assert_null(humi_regions_remove(&regions, a->start + PAGE)); /* not its start */
    assert_null(humi_regions_remove(&regions, START - PAGE));
    end(GIB);
}

static void a_reference_outlives_the_region(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *region = alloc(PAGE, 0);
    uintptr_t start = region->start;
    assert_ptr_equal(humi_regions_find(&regions, start), region);
    release(region);
    assert_true(atomic_load(&region->dying));
    assert_int_equal(region->start, start);
    assert_null(humi_regions_find(&regions, start));
    humi_region_put(region);
    humi_region_put(NULL);
    end(GIB);
}

static void addresses_are_kept_until_the_release(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *region = alloc(PAGE, 0);
    assert_ptr_equal(humi_regions_remove(&regions, region->start), region);
    assert_int_equal(at(alloc(PAGE, 0)), PAGE); /* its blocks are not clean yet */
    humi_regions_release(&regions, region);
    assert_int_equal(at(alloc(PAGE, 0)), 0);
    end(GIB);
}

static void pages_of_a_region_in_each_block(void **state)
{
    (void)state;
    begin(GIB);
    (void)alloc(3 * PAGE, 0);
    struct humi_region *small = alloc(5 * PAGE, 0), *large = alloc(2 * BLOCK + 7 * PAGE, 0);
    static const struct {
        bool large;
        size_t block;
        unsigned first, end;
    } cases[] = {{false, 0, 3, 8}, {false, 1, 0, 0}, {true, 0, 0, 0}, {true, 1, 0, 512},
                 {true, 2, 0, 512}, {true, 3, 0, 7}, {true, 4, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hum_pages want = humi_mask_range(cases[i].first, cases[i].end);
        struct hum_pages has = humi_region_pages(cases[i].large ? large : small,
                                                 START + cases[i].block * BLOCK);
        assert_true(humi_mask_equal(&has, &want));
    }
    end(GIB);
}

static void access_of_one_processor_is_its_own(void **state)
{
    (void)state;
    begin(GIB);
    struct humi_region *region = alloc(PAGE, 0);
    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
        humi_region_set_access(region, p, p % 3 == 0 ? HUM_NONE : p % 3 == 1 ? HUM_READ : 3);
    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
        assert_int_equal(humi_region_access(region, p), p % 3 == 0 ? 0 : p % 3 == 1 ? 1 : 3);
    end(GIB);
}

/* ---- against a naive model ------------------------------------------------------------------- */

#define MODEL_BLOCKS 16u
#define MODEL_PAGES (MODEL_BLOCKS * HUM_PAGES_PER_BLOCK)

static unsigned short owner[MODEL_PAGES]; /* slot + 1 of the region that has the page */

static bool model_fits(size_t pages, size_t step)
{
    for (size_t first = 0; first + pages <= MODEL_PAGES; first += step) {
        size_t n = 0;
        while (n < pages && !owner[first + n])
            n++;
        if (n == pages)
            return true;
    }
    return false;
}

static size_t random_bytes(struct random *random)
{
    static const size_t scale[] = {PAGE, 16 * PAGE, BLOCK, 4 * BLOCK};

    return 1 + random_below(random, scale[random_below(random, COUNT_OF(scale))]);
}

static void model_alloc(struct random *random, struct humi_region **slot, unsigned short mark)
{
    size_t bytes = random_bytes(random);
    unsigned flags = random_below(random, 8) ? 0 : HUM_ALLOC_OWN_BLOCKS;
    size_t grain = flags ? BLOCK : PAGE;
    size_t pages = (bytes + grain - 1) / grain * grain / PAGE;
    bool aligned = flags || bytes >= BLOCK;
    bool fits = model_fits(pages, aligned ? HUM_PAGES_PER_BLOCK : 1);
    enum hum_status status = humi_regions_alloc(&regions, bytes, flags, slot);

    assert_int_equal(status, fits ? HUM_OK : HUM_ERR_NO_SPACE);
    if (!fits)
        return;
    assert_int_equal((*slot)->bytes, pages * PAGE);
    assert_int_equal(at(*slot) % (aligned ? BLOCK : PAGE), 0);
    for (size_t i = at(*slot) / PAGE; i < at(*slot) / PAGE + pages; i++) {
        assert_int_equal(owner[i], 0);
        owner[i] = mark;
    }
}

static void model_free(struct humi_region **slot)
{
    for (size_t i = 0; i < (*slot)->bytes / PAGE; i++)
        owner[at(*slot) / PAGE + i] = 0;
    release(*slot);
    *slot = NULL;
}

static void random_regions_agree_with_a_page_map(void **state)
{
    struct random random = random_make(random_seed("random_regions_agree_with_a_page_map"), 0);
    struct humi_region *slots[200] = {NULL};

    (void)state;
    memset(owner, 0, sizeof owner);
    begin(MODEL_BLOCKS * BLOCK);
    for (uint64_t i = 0; i < random_steps(10000); i++) {
        size_t slot = random_below(&random, COUNT_OF(slots));
        if (slots[slot])
            model_free(&slots[slot]);
        else
            model_alloc(&random, &slots[slot], (unsigned short)(slot + 1));
        size_t page = random_below(&random, MODEL_PAGES);
        struct humi_region *found = humi_regions_find(&regions, START + page * PAGE + 17);
        assert_ptr_equal(found, owner[page] ? slots[owner[page] - 1] : NULL);
        humi_region_put(found);
        if (i % 64 == 0)
            check_extents(MODEL_BLOCKS * BLOCK);
    }
    for (size_t slot = 0; slot < COUNT_OF(slots); slot++)
        if (slots[slot])
            model_free(&slots[slot]);
    assert_int_equal(regions.extents, 1);
    end(MODEL_BLOCKS * BLOCK);
}

/* ---- many ------------------------------------------------------------------------------------ */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static enum hum_status insert(size_t first_page, size_t pages, uint32_t id,
                              struct humi_region **out)
{
    const struct humi_region_place place = {.start = START + first_page * PAGE,
                                            .bytes = pages * PAGE,
                                            .asked_bytes = pages * PAGE - 1,
                                            .id = id};
    return humi_regions_insert(&regions, &place, out);
}

static void a_place_that_is_given_is_taken_if_it_is_free(void **state)
{
    struct humi_region *first, *second, *next;
    (void)state;
    begin(GIB);
    assert_int_equal(insert(8, 4, 7, &first), HUM_OK);
    assert_int_equal(first->start, START + 8 * PAGE);
    assert_int_equal(first->id, 7);
    assert_int_equal(insert(12, 1, 3, &second), HUM_OK);
    assert_int_equal(insert(11, 2, 9, &next), HUM_ERR_NO_SPACE);
    assert_int_equal(insert(7, 2, 9, &next), HUM_ERR_NO_SPACE);
    assert_int_equal(insert(GIB / PAGE - 1, 2, 9, &next), HUM_ERR_NO_SPACE);
    assert_int_equal(insert(GIB / PAGE, 1, 9, &next), HUM_ERR_NO_SPACE);
    assert_int_equal(insert(0, 0, 9, &next), HUM_ERR_NO_SPACE);
    assert_int_equal(humi_regions_alloc(&regions, PAGE, 0, &next), HUM_OK);
    assert_int_equal(next->id, 8); /* above all that were given */
    check_extents(GIB);
    release(first);
    release(second);
    release(next);
    end(GIB);
}

/* Places at random against one mark a page. */
static void random_places_agree_with_a_page_map(void **state)
{
    enum { SPACE_PAGES = 256 };
    struct random random = random_make(random_seed("random_places_agree_with_a_page_map"), 0);
    struct humi_region *there[SPACE_PAGES] = {NULL};
    (void)state;
    begin(SPACE_PAGES * PAGE);
    for (uint64_t i = 0; i < random_steps(20000); i++) {
        size_t first = random_below(&random, SPACE_PAGES), pages = 1 + random_below(&random, 12);
        bool is_free = first + pages <= COUNT_OF(there);
        for (size_t p = first; is_free && p < first + pages; p++)
            is_free = !there[p];
        struct humi_region *made = NULL, *old = there[first];
        assert_int_equal(insert(first, pages, (uint32_t)i + 1, &made),
                         is_free ? HUM_OK : HUM_ERR_NO_SPACE);
        for (size_t p = first; is_free && p < first + pages; p++)
            there[p] = made;
        for (size_t p = 0; old && p < SPACE_PAGES; p++)
            there[p] = there[p] == old ? NULL : there[p];
        if (old)
            release(old);
        check_extents(SPACE_PAGES * PAGE);
    }
    for (size_t p = 0; p < SPACE_PAGES; p++) {
        struct humi_region *old = there[p];
        for (size_t q = p; old && q < SPACE_PAGES; q++)
            there[q] = there[q] == old ? NULL : there[q];
        if (old)
            release(old);
    }
    end(SPACE_PAGES * PAGE);
}

static void a_hundred_thousand_regions(void **state)
{
    enum { COUNT = 100000 };
    struct humi_region **list = calloc(COUNT, sizeof *list);
    struct random random = random_make(1, 0);
    double start = seconds(), took;

    (void)state;
    assert_non_null(list);
    begin(1024 * GIB);
    for (size_t i = 0; i < COUNT; i++)
        list[i] = alloc(1 + random_below(&random, 256 * 1024), 0);
    for (size_t i = COUNT - 1; i > 0; i--) {
        size_t j = random_below(&random, i + 1);
        struct humi_region *swap = list[i];
        list[i] = list[j];
        list[j] = swap;
    }
    assert_int_equal(regions.count, COUNT);
    for (size_t i = 0; i < COUNT; i += 2)
        release(list[i]);
    for (size_t i = 0; i < COUNT; i += 2)
        list[i] = alloc(64 * 1024, 0);
    for (size_t i = 0; i < COUNT; i++)
        release(list[i]);
    assert_int_equal(regions.extents, 1);
    took = seconds() - start;
    print_message("    %.2f us an allocation and free\n", took * 1e6 / (1.5 * COUNT));
    end(1024 * GIB);
    free(list);
}

/* 10 000 gaps of 2 MiB + 4 KiB in which no aligned block lies must not be walked one by one. */
static void gaps_that_fit_but_for_their_alignment_cost_nothing(void **state)
{
    enum { COUNT = 10000 };
    struct humi_region **list = calloc(2 * COUNT, sizeof *list);
    uint64_t looks;

    (void)state;
    assert_non_null(list);
    begin(1024 * GIB);
    for (size_t i = 0; i < 2 * COUNT; i += 2) {
        list[i] = alloc(BLOCK - PAGE, 0);
        list[i + 1] = alloc(2 * PAGE, 0);
        (void)alloc(PAGE, 0);
    }
    for (size_t i = 0; i < 2 * COUNT; i++)
        release(list[i]);
    looks = regions.looks;
    for (size_t i = 0; i < 2000; i++)
        (void)alloc(BLOCK, 0);
    looks = (regions.looks - looks) / 2000;
    assert_in_range(looks, 1, 16); /* a walk over all gaps looks at thousands */
    end(1024 * GIB);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_regions_share_blocks_but_no_page),
        cmocka_unit_test(from_a_block_on_regions_start_at_a_block),
        cmocka_unit_test(own_blocks_are_shared_with_nobody),
        cmocka_unit_test(the_smallest_gap_that_fits_is_used),
        cmocka_unit_test(neighbours_that_are_freed_join),
        cmocka_unit_test(the_whole_space_is_one_region),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(lookups_are_exact_at_the_edges),
        cmocka_unit_test(a_reference_outlives_the_region),
        cmocka_unit_test(addresses_are_kept_until_the_release),
        cmocka_unit_test(pages_of_a_region_in_each_block),
        cmocka_unit_test(access_of_one_processor_is_its_own),
        cmocka_unit_test(random_regions_agree_with_a_page_map),
        cmocka_unit_test(a_place_that_is_given_is_taken_if_it_is_free),
        cmocka_unit_test(random_places_agree_with_a_page_map),
        cmocka_unit_test(a_hundred_thousand_regions),
        cmocka_unit_test(gaps_that_fit_but_for_their_alignment_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
