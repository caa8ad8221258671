/* SPDX-License-Identifier: MIT */
/* test_prefetch.c - which pages are proposed with a faulted one, by eye. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "unit/replay/touches.h"
#include "replay/prefetch.h"

static struct humi_source source;

/* Pages first .. first + pages - 1 are touched by device 0, and of agent 0. */
static void make(struct humi_prefetcher *prefetcher, enum humi_prefetch kind, uint64_t first,
                 uint32_t pages)
{
    const struct touches all = {.page = first, .pages = pages}, other = {.page = first, .agent = 1};

    humi_source_init(&source, 100000, 100000);
    touches_add(&source, &all, 1);
    touches_add(&source, &other, 1);
    assert_int_equal(humi_source_finish(&source, true), HUM_OK);
    assert_int_equal(humi_prefetcher_init(prefetcher, &source, kind), HUM_OK);
}

static void end(struct humi_prefetcher *prefetcher)
{
    humi_prefetcher_fini(prefetcher);
    humi_source_fini(&source);
}

/* "22 25 28": what a fault of the agent on the page has proposed. */
static const char *propose(struct humi_prefetcher *prefetcher, uint64_t page, uint32_t agent)
{
    static char text[8192];
    const struct humi_prefetch_fault fault = {humi_pages_find(&source.pages, page), 0, agent};
    struct humi_proposal proposal;
    size_t used = 0;

    text[0] = '\0';
    humi_prefetcher_propose(prefetcher, &fault, &proposal);
    for (uint32_t i = 0; i < proposal.count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu", i ? " " : "",
                                 (unsigned long long)source.pages.page_of[proposal.objects[i]]);
    return text;
}

static void none_proposes_nothing(void **state)
{
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_NONE, 0, 40);
    assert_string_equal(propose(&prefetcher, 5, 0), "");
    end(&prefetcher);
}

static void chunk_is_the_valid_rest_of_16_pages(void **state)
{
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_CHUNK, 12, 10);
    assert_string_equal(propose(&prefetcher, 13, 0), "12 14 15");
    assert_string_equal(propose(&prefetcher, 16, 0), "17 18 19 20 21");
    end(&prefetcher);
}

/* A chunk that is full and its neighbour that faults make 32 of 32; of 64 that is not enough. */
static void tree_grows_with_what_is_there(void **state)
{
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_TREE, 0, 64);
    assert_string_equal(propose(&prefetcher, 1, 0), "0 2 3 4 5 6 7 8 9 10 11 12 13 14 15");
    for (uint64_t page = 0; page < 32; page++)
        humi_prefetcher_came(&prefetcher, 0, humi_pages_find(&source.pages, page));
    /* 16 more make 48 of 64: all that is missing comes */
    assert_string_equal(propose(&prefetcher, 33, 0),
                        "32 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 "
                        "56 57 58 59 60 61 62 63");
    for (uint64_t page = 0; page < 32; page++)
        humi_prefetcher_left(&prefetcher, 0, humi_pages_find(&source.pages, page));
    assert_string_equal(propose(&prefetcher, 33, 0),
                        "32 34 35 36 37 38 39 40 41 42 43 44 45 46 47");
    end(&prefetcher);
}

static void three_equal_distances_are_a_stride_that_grows_as_it_serves(void **state)
{
    static const struct {
        uint64_t page;
        const char *proposed;
    } faults[] = {
        {10, ""}, {13, ""}, {16, ""}, {19, "22 25"}, {28, "31 34 37 40"},
        {43, "46 49 52 55 58 61 64 67"},
        /* not the expected one: over; three distances of 1 are another */
        {44, ""}, {45, ""}, {46, "47 48"}, {49, "50 51 52 53"}, {54, "55 56 57 58 59 60 61 62"},
        /* the pages run out before the stride does */
        {63, "64 65 66 67 68 69"},
    };
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_STRIDE, 0, 70);
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        assert_string_equal(propose(&prefetcher, faults[i].page, 0), faults[i].proposed);
    end(&prefetcher);
}

static void a_stride_goes_down_too_and_belongs_to_one_agent(void **state)
{
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_STRIDE, 100, 100);
    for (uint64_t page = 190; page >= 170; page -= 10) {
        assert_string_equal(propose(&prefetcher, page, 0), "");
        assert_string_equal(propose(&prefetcher, page + 1, 1), "");
    }
    assert_string_equal(propose(&prefetcher, 160, 0), "140 150");
    assert_string_equal(propose(&prefetcher, 162, 1), ""); /* 171 to 162: another distance */
    assert_string_equal(propose(&prefetcher, 130, 0), "100 110 120"); /* 90 is not valid */
    end(&prefetcher);
}

static void a_stride_ends_at_32(void **state)
{
    struct humi_prefetcher prefetcher;
    uint64_t page = 3;
    unsigned words = 0;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_STRIDE, 0, 1000);
    for (uint64_t i = 0; i < 3; i++)
        propose(&prefetcher, i, 0);
    for (unsigned ahead = 2; page < 800; page += ahead + 1, ahead = ahead < 32 ? ahead * 2 : 32) {
        words = 1;
        for (const char *c = propose(&prefetcher, page, 0); *c; c++)
            words += *c == ' ';
        assert_int_equal(words, ahead);
    }
    assert_int_equal(words, 32);
    end(&prefetcher);
}

static void the_same_page_again_is_no_stride(void **state)
{
    struct humi_prefetcher prefetcher;

    (void)state;
    make(&prefetcher, HUMI_PREFETCH_STRIDE, 0, 100);
    for (int i = 0; i < 8; i++)
        assert_string_equal(propose(&prefetcher, 7, 0), "");
    end(&prefetcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_proposes_nothing),
        cmocka_unit_test(chunk_is_the_valid_rest_of_16_pages),
        cmocka_unit_test(tree_grows_with_what_is_there),
        cmocka_unit_test(three_equal_distances_are_a_stride_that_grows_as_it_serves),
        cmocka_unit_test(a_stride_goes_down_too_and_belongs_to_one_agent),
        cmocka_unit_test(a_stride_ends_at_32),
        cmocka_unit_test(the_same_page_again_is_no_stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
