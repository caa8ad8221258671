/* SPDX-License-Identifier: MIT */
/* test_source.c - the accesses of a trace as arrays. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "replay/cache.h"
#include "unit/replay/touches.h"

static void a_record_of_several_pages_is_as_many_accesses(void **state)
{
    static const struct touches touches[] = {
        {.processor = 1, .page = 17, .write = true, .pages = 3, .count = 2, .agent = 9},
        {.processor = HUM_HOST, .page = 18},
    };
    static const uint32_t objects[] = {0, 1, 2, 1}, counts[] = {2, 2, 2, 1};
    struct humi_source source;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(source.count, 4);
    assert_int_equal(source.touch_sum, 7);
    assert_int_equal(source.touched, 3);
    assert_int_equal(source.devices, 2);
    assert_false(source.from_host);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(source.objects[i], objects[i]);
        assert_int_equal(humi_source_touches(&source, i), counts[i]);
        assert_int_equal(humi_how_processor(source.how[i]), i < 3 ? 2 : 0);
        assert_int_equal(humi_how_is_write(source.how[i]), i < 3);
        assert_int_equal(humi_how_is_joined(source.how[i]), i == 1 || i == 2);
        assert_int_equal(humi_how_agent(source.how[i]), i < 3 ? 0 : 1);
    }
    assert_int_equal(source.blocks.count, 1);
    humi_source_fini(&source);
}

/* One agent number on two processors is two agents. */
static void agents_belong_to_processors(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .agent = 5}, {.processor = 1, .agent = 5}, {.processor = 0, .agent = 5}};
    struct humi_source source;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(humi_how_agent(source.how[0]), 0);
    assert_int_equal(humi_how_agent(source.how[1]), 1);
    assert_int_equal(humi_how_agent(source.how[2]), 0);
    assert_null(source.touches);
    assert_true(source.from_host);
    humi_source_fini(&source);
}

static void what_only_the_host_touched_is_done_by_device_0(void **state)
{
    static const struct touches touches[] = {
        {.processor = HUM_HOST, .page = 5}, {.processor = HUM_HOST, .page = 6, .write = true}};
    struct humi_source source;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(source.devices, 1);
    assert_true(source.from_host);
    assert_int_equal(humi_how_processor(source.how[0]), 1);
    assert_int_equal(humi_how_processor(source.how[1]), 1);
    assert_true(humi_how_is_write(source.how[1]));
    humi_source_fini(&source);
}

static bool is_valid(const struct humi_source *source, uint64_t page)
{
    uint32_t block = humi_pages_find(&source->blocks, page / 512);

    return block != HUMI_OBJECT_NONE && humi_mask_has(&source->valid[block], page % 512);
}

/* Regions that meet, overlap and lie in no touched block. */
static void neighbours_are_the_regions_pages_of_touched_blocks(void **state)
{
    static const struct touches touches[] = {{.page = 520}, {.page = 5000}};
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 100, 10000);
    touches_add(&source, touches, COUNT_OF(touches));
    touches_add_region(&source, 600, 10);
    touches_add_region(&source, 500, 20); /* begins in the block before, which nobody touched */
    touches_add_region(&source, 605, 10);
    touches_add_region(&source, 900, 1000);
    touches_add_region(&source, 3000, 4);
    assert_int_equal(humi_source_finish(&source, true), HUM_OK);
    assert_int_equal(source.touched, 2);
    assert_int_equal(source.blocks.count, 2);
    for (uint64_t page = 0; page < 6000; page++) {
        bool valid = (page >= 512 && page < 521) || (page >= 600 && page < 615) ||
                     (page >= 900 && page < 1024) || page == 5000;

        assert_int_equal(is_valid(&source, page), valid);
        assert_int_equal(humi_pages_find(&source.pages, page) != HUMI_OBJECT_NONE, valid);
    }
    assert_int_equal(source.pages.count, 9 + 15 + 124 + 1);
    for (uint32_t i = 0; i < source.pages.count; i++)
        assert_int_equal(source.blocks.page_of[source.block_of[i]],
                         source.pages.page_of[i] / 512);
    humi_source_fini(&source);
}

static void without_neighbours_only_touched_pages_are_numbered(void **state)
{
    static const struct touches touches[] = {{.page = 10}};
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 100, 10000);
    touches_add_region(&source, 0, 512);
    touches_add(&source, touches, 1);
    assert_int_equal(humi_source_finish(&source, false), HUM_OK);
    assert_int_equal(source.pages.count, 1);
    humi_source_fini(&source);
}

/* A region behind the last page, of no bytes, of more bytes than there are: none does harm. */
static void hostile_regions_are_cut(void **state)
{
    static const struct {
        uint64_t first, bytes;
    } regions[] = {
        {UINT64_MAX, UINT64_MAX}, {0, 0}, {HUM_TRACE_PAGES_MAX - 1, UINT64_MAX}, {1, UINT64_MAX}};
    static const struct touches touches[] = {{.page = 700}, {.page = HUM_TRACE_PAGES_MAX - 1}};
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 100, 10000);
    for (size_t i = 0; i < COUNT_OF(regions); i++) {
        const struct hum_trace_record record = {
            .kind = HUM_TRACE_REGION,
            .region = {.first_page = regions[i].first, .bytes = regions[i].bytes}};

        assert_int_equal(humi_source_add(&source, &record), HUM_OK);
    }
    touches_add(&source, touches, COUNT_OF(touches));
    assert_int_equal(humi_source_finish(&source, true), HUM_OK);
    assert_int_equal(source.pages.count, 1024);
    humi_source_fini(&source);
}

/* A region named again has the same pages; what has no beginning, or ended, has no end. */
static void ends_stand_before_the_access_that_came_next(void **state)
{
    static const struct touches touch = {.page = 700};
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 100, 1000);
    touches_end(&source, 4);
    touches_begin(&source, 4, 100, 10);
    touches_begin(&source, 7, 200, 1);
    touches_begin(&source, 4, 100, 10);
    touches_add(&source, &touch, 1);
    touches_end(&source, 4);
    touches_end(&source, 4);
    touches_begin(&source, 4, 300, 2); /* the number again */
    touches_add(&source, &touch, 1);
    touches_end(&source, 7);
    touches_end(&source, 4);
    assert_int_equal(humi_source_finish(&source, false), HUM_OK);
    assert_int_equal(source.end_count, 3);
    assert_int_equal(source.ends[0].access, 1);
    assert_int_equal(source.ends[0].pages.first, 100);
    assert_int_equal(source.ends[0].pages.end, 110);
    assert_int_equal(source.ends[1].access, 2); /* behind the last: nothing follows */
    assert_int_equal(source.ends[1].pages.first, 200);
    assert_int_equal(source.ends[2].pages.first, 300);
    humi_source_fini(&source);
}

static void too_much_is_a_status(void **state)
{
    const struct hum_trace_record many = {
        .kind = HUM_TRACE_ACCESS, .access = {.pages = UINT32_MAX, .count = 1}};
    const struct hum_trace_record few = {
        .kind = HUM_TRACE_ACCESS, .access = {.pages = 11, .count = 1}};
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 1000, 10);
    assert_int_equal(humi_source_add(&source, &many), HUM_ERR_NO_MEMORY);
    assert_non_null(strstr(hum_error_text(), "hum trace cut"));
    assert_int_equal(humi_source_add(&source, &few), HUM_ERR_NO_MEMORY);
    assert_non_null(strstr(hum_error_text(), "more than 10 pages"));
    humi_source_fini(&source);
}

static void no_access_is_nothing_to_replay(void **state)
{
    struct humi_source source;

    (void)state;
    humi_source_init(&source, 1000, 1000);
    touches_add_region(&source, 0, 100);
    assert_int_equal(humi_source_finish(&source, true), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "no access"));
    humi_source_fini(&source);
}

/* Each device has its own future; the host has none. */
static void next_uses_are_those_of_the_same_device(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 1}, {.processor = 1, .page = 1},
        {.processor = HUM_HOST, .page = 1}, {.processor = 0, .page = 2},
        {.processor = 0, .page = 1}, {.processor = 1, .page = 2},
        {.processor = 1, .page = 1}};
    static const uint64_t expected[] = {2, 2, 0, HUMI_NEVER, HUMI_NEVER, HUMI_NEVER, HUMI_NEVER};
    struct humi_source source;
    uint64_t *next_use;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(humi_source_next_use(&source, &next_use), HUM_OK);
    for (size_t i = 0; i < COUNT_OF(touches); i++)
        assert_int_equal(next_use[i], expected[i]);
    free(next_use);
    humi_source_fini(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_several_pages_is_as_many_accesses),
        cmocka_unit_test(agents_belong_to_processors),
        cmocka_unit_test(what_only_the_host_touched_is_done_by_device_0),
        cmocka_unit_test(neighbours_are_the_regions_pages_of_touched_blocks),
        cmocka_unit_test(without_neighbours_only_touched_pages_are_numbered),
        cmocka_unit_test(hostile_regions_are_cut),
        cmocka_unit_test(ends_stand_before_the_access_that_came_next),
        cmocka_unit_test(too_much_is_a_status),
        cmocka_unit_test(no_access_is_nothing_to_replay),
        cmocka_unit_test(next_uses_are_those_of_the_same_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
