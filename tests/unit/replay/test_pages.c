/* SPDX-License-Identifier: MIT */
/* test_pages.c - pages under dense numbers: order, limits, and random pages against a search. */
#include "support/test.h"

#include <string.h>

#include "replay/cache.h"
#include "replay/pages.h"
#include "support/random.h"

static uint32_t get(struct humi_pages *pages, uint64_t page)
{
    uint32_t object = HUMI_OBJECT_NONE;

    assert_int_equal(humi_pages_get(pages, page, &object), HUM_OK);
    return object;
}

static void numbers_follow_the_first_naming(void **state)
{
    struct humi_pages pages;

    (void)state;
    humi_pages_init(&pages, HUMI_OBJECTS_MAX);
    assert_int_equal(humi_pages_find(&pages, 0), HUMI_OBJECT_NONE);
    assert_int_equal(get(&pages, UINT64_MAX), 0);
    assert_int_equal(get(&pages, 0), 1);
    assert_int_equal(get(&pages, UINT64_MAX), 0);
    assert_int_equal(get(&pages, 512), 2);
    assert_int_equal(humi_pages_find(&pages, 512), 2);
    assert_int_equal(humi_pages_find(&pages, 513), HUMI_OBJECT_NONE);
    assert_int_equal(pages.count, 3);
    assert_true(pages.page_of[0] == UINT64_MAX && pages.page_of[1] == 0 && pages.page_of[2] == 512);
    humi_pages_fini(&pages);
    assert_int_equal(humi_pages_find(&pages, 512), HUMI_OBJECT_NONE);
    humi_pages_fini(&pages);
}

static void one_page_too_many_is_refused_and_says_so(void **state)
{
    struct humi_pages pages;
    uint32_t object = 77;

    (void)state;
    humi_pages_init(&pages, 2);
    assert_int_equal(get(&pages, 10), 0);
    assert_int_equal(get(&pages, 20), 1);
    assert_int_equal(humi_pages_get(&pages, 30, &object), HUM_ERR_NO_MEMORY);
    assert_int_equal(object, 77);
    assert_non_null(strstr(hum_error_text(), "more than 2 pages"));
    assert_int_equal(get(&pages, 20), 1);
    humi_pages_fini(&pages);
}

/* Walks, strides that fall on one slot of each group, and pages from anywhere. */
static void random_pages_agree_with_a_search(void **state)
{
    enum { STEPS = 6000 };
    static uint64_t known[STEPS];
    struct random random = random_make(random_seed("pages"), 0);
    struct humi_pages pages;
    uint32_t count = 0;

    (void)state;
    humi_pages_init(&pages, STEPS);
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t page = random_below(&random, 2000), which = random_below(&random, 3);
        uint32_t expected = 0;

        if (which == 1)
            page *= 512;
        else if (which == 2)
            page = random_next(&random);
        while (expected < count && known[expected] != page)
            expected++;
        assert_int_equal(humi_pages_find(&pages, page),
                         expected < count ? expected : HUMI_OBJECT_NONE);
        if (expected == count)
            known[count++] = page;
        assert_int_equal(get(&pages, page), expected);
    }
    assert_int_equal(pages.count, count);
    assert_memory_equal(pages.page_of, known, count * sizeof *known);
    humi_pages_fini(&pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_the_first_naming),
        cmocka_unit_test(one_page_too_many_is_refused_and_says_so),
        cmocka_unit_test(random_pages_agree_with_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
