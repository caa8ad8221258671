/* SPDX-License-Identifier: MIT */
/* control.c - prefetch, discard, advice, query and statistics. */
#include "flow/flow.h"

static struct hum *hum;

/* What comes because its touches were counted comes at any time; here bytes are expected. */
static int setup(void **state)
{
    (void)state;
    if (setenv("HUM_SAMPLE", "off", 1) != 0)
        return -1;
    hum = flow_open(TWO_DEVICES, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static uint64_t *written_by_host(size_t bytes)
{
    uint64_t *words = flow_alloc(hum, bytes);

    for (size_t i = 0; i < bytes / sizeof *words; i++)
        words[i] = i + 1;
    return words;
}

/* How many of the range's pages are resident on the processor. */
static size_t resident_pages(const void *ptr, size_t bytes, int processor)
{
    size_t pages = bytes / PAGE, n = 0;
    struct hum_page_info *info = calloc(pages, sizeof *info);

    assert_non_null(info);
    ok(hum_query(hum, ptr, bytes, info, pages));
    for (size_t i = 0; i < pages; i++)
        n += (info[i].resident & HUM_BIT(processor)) != 0;
    free(info);
    return n;
}

/* ---- prefetch -------------------------------------------------------------------------------- */

static void prefetch_copies_and_leaves_the_old_copy_valid(void **state)
{
    uint64_t *words = written_by_host(3 * MIB);
    struct hum_stats start = flow_stats(hum);

    (void)state;
    ok(hum_prefetch(hum, words, 3 * MIB, 0, NULL));
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), 3 * MIB);
    assert_int_equal(flow_stats(hum).total.bytes_by_cause[HUM_CAUSE_PREFETCH_USER] -
                         start.total.bytes_by_cause[HUM_CAUSE_PREFETCH_USER], 3 * MIB);
    assert_int_equal(resident_pages(words, 3 * MIB, 0), 3 * MIB / PAGE);
    assert_int_equal(resident_pages(words, 3 * MIB, HUM_HOST), 3 * MIB / PAGE);

    start = flow_stats(hum);
    flow_words(hum, "read_words", words, 3 * MIB / sizeof *words, 0);
    ok(hum_prefetch(hum, words, 3 * MIB, 0, NULL));
    assert_int_equal(flow_moved_any(hum, &start), 0);
}

static void prefetch_brings_pages_home(void **state)
{
    uint64_t *words = flow_alloc(hum, 3 * MIB);
    size_t n = 3 * MIB / sizeof *words;
    struct hum_stats start;

    (void)state;
    flow_words(hum, "fill", words, n, 5);
    start = flow_stats(hum);
    ok(hum_prefetch(hum, words, 3 * MIB, HUM_HOST, NULL));
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), 3 * MIB);
    start = flow_stats(hum);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 5 + i);
    assert_int_equal(flow_moved_any(hum, &start), 0);
}

static void prefetch_on_a_stream_follows_its_work(void **state)
{
    uint64_t *words = flow_alloc(hum, MIB);
    size_t n = MIB / sizeof *words;
    struct flow_words args = {.words = words, .n = n, .value = 3};

    (void)state;
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "fill"), n, &args, sizeof args));
    ok(hum_prefetch(hum, words, MIB, HUM_HOST, hum_stream(hum, 0)));
    ok(hum_wait(hum, 0));
    assert_int_equal(resident_pages(words, MIB, HUM_HOST), MIB / PAGE);
    assert_int_equal(words[n - 1], 3 + n - 1);
}

static void prefetch_of_untouched_memory_moves_nothing(void **state)
{
    uint64_t *words = flow_alloc(hum, 4 * MIB);
    struct hum_stats start = flow_stats(hum);

    (void)state;
    ok(hum_prefetch(hum, words, 4 * MIB, 0, NULL));
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(words[100], 0);
}

static void prefetch_takes_the_pages_a_range_touches(void **state)
{
    char *bytes = (char *)written_by_host(8 * PAGE);

    (void)state;
    ok(hum_prefetch(hum, bytes + 2 * PAGE - 1, 2, 0, NULL));
    assert_int_equal(resident_pages(bytes, 8 * PAGE, 0), 2);
    assert_true(flow_page(hum, bytes + PAGE).resident & HUM_BIT(0));
    assert_true(flow_page(hum, bytes + 2 * PAGE).resident & HUM_BIT(0));
}

/* What does not fit a region's budget makes nothing leave that does. */
static void prefetch_fills_a_budget_and_no_more(void **state)
{
    uint64_t *words = written_by_host(14 * MIB);
    struct hum_stats start;

    (void)state;
    ok(hum_budget_set(hum, words, 0, 8 * MIB));
    ok(hum_prefetch(hum, words, 14 * MIB, 0, NULL));
    assert_int_equal(resident_pages(words, 8 * MIB, 0), 8 * MIB / PAGE);
    assert_int_equal(resident_pages(words, 14 * MIB, 0), 8 * MIB / PAGE);
    start = flow_stats(hum);
    ok(hum_prefetch(hum, words, 14 * MIB, 0, NULL));
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), 0);
    assert_int_equal(resident_pages(words, 8 * MIB, 0), 8 * MIB / PAGE);
    ok(hum_free(hum, words));
}

static void prefetch_batch_brings_every_range(void **state)
{
    char *a = (char *)written_by_host(MIB), *b = (char *)written_by_host(5 * MIB);
    struct hum_range ranges[] = {{a, MIB}, {b, PAGE}, {b + 4 * MIB, MIB}};
    struct hum_stats start = flow_stats(hum);

    (void)state;
    ok(hum_prefetch_batch(hum, ranges, 3, 1, NULL));
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), 2 * MIB + PAGE);
    assert_int_equal(resident_pages(b, 5 * MIB, 1), MIB / PAGE + 1);
    ok(hum_prefetch_batch(hum, ranges, 0, 1, NULL));
}

/* ---- discard --------------------------------------------------------------------------------- */

static void discarded_memory_is_zero_and_given_back(void **state)
{
    uint64_t *words = written_by_host(4 * MIB);
    size_t n = 4 * MIB / sizeof *words;
    struct hum_stats start;

    (void)state;
    flow_words(hum, "read_words", words, n, 0);
    start = flow_stats(hum);
    ok(hum_discard(hum, words, 4 * MIB, NULL));
    assert_int_equal(flow_moved_any(hum, &start), 0);
    if (flow_can_share(hum))
        assert_int_equal(flow_stats(hum).frame_bytes[0], start.frame_bytes[0] - 4 * MIB);
    assert_int_equal(flow_stats(hum).frame_bytes[1], start.frame_bytes[1] - 4 * MIB);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 0);
    assert_int_equal(flow_moved_any(hum, &start), 0);
}

static void discarded_device_writes_never_come_home(void **state)
{
    uint64_t *words = flow_alloc(hum, 4 * MIB);
    size_t n = 4 * MIB / sizeof *words;
    struct flow_words args = {.words = words, .n = n, .value = 3};
    struct hum_stats start = flow_stats(hum);

    (void)state;
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "fill"), n, &args, sizeof args));
    ok(hum_discard(hum, words, 4 * MIB, hum_stream(hum, 0)));
    ok(hum_wait(hum, 0));
    for (size_t i = 0; i < n; i += WORDS_PER_PAGE)
        assert_int_equal(words[i], 0);
    assert_int_equal(flow_moved_any(hum, &start), 0);
}

static void discard_leaves_partial_pages_alone(void **state)
{
    unsigned char *bytes = flow_alloc(hum, 4 * PAGE);

    (void)state;
    memset(bytes, 9, 4 * PAGE);
    ok(hum_discard(hum, bytes + 100, 2 * PAGE, NULL));
    assert_int_equal(bytes[PAGE - 1], 9);
    assert_int_equal(bytes[PAGE], 0);
    assert_int_equal(bytes[2 * PAGE - 1], 0);
    assert_int_equal(bytes[2 * PAGE], 9);
    ok(hum_discard(hum, bytes + 3 * PAGE, PAGE - 1, NULL));
    assert_int_equal(bytes[3 * PAGE], 9);
}

static void discard_batch_takes_every_range(void **state)
{
    unsigned char *a = flow_alloc(hum, 2 * PAGE), *b = flow_alloc(hum, 2 * PAGE);
    struct hum_range ranges[] = {{a, PAGE}, {b + PAGE, PAGE}};

    (void)state;
    memset(a, 1, 2 * PAGE);
    memset(b, 1, 2 * PAGE);
    ok(hum_discard_batch(hum, ranges, 2, NULL));
    assert_int_equal(a[0] + b[PAGE], 0);
    assert_int_equal(a[PAGE] + b[0], 2);
}

static void discarded_memory_can_be_used_again(void **state)
{
    uint64_t *words = written_by_host(MIB);
    size_t n = MIB / sizeof *words;

    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        ok(hum_discard(hum, words, MIB, NULL));
        flow_words(hum, "add", words, n, round + 1);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(words[i], round + 1);
    }
}

/* ---- advice ---------------------------------------------------------------------------------- */

static void advice_is_set_and_unset(void **state)
{
    char *ptr = flow_alloc(hum, 2 * BLOCK);
    struct hum_page_info info;

    (void)state;
    assert_int_equal(flow_page(hum, ptr).advice, 0);
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_PREFERRED, 1));
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_ACCESSED_BY, 0));
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_ACCESSED_BY, HUM_HOST));
    info = flow_page(hum, ptr + 2 * BLOCK - 1);
    assert_int_equal(info.advice,
                     HUM_ADVISE_READ_MOSTLY | HUM_ADVISE_PREFERRED | HUM_ADVISE_ACCESSED_BY);
    assert_int_equal(info.preferred, 1);
    assert_int_equal(info.accessed_by, HUM_BIT(HUM_HOST) | HUM_BIT(0));

    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_UNSET_ACCESSED_BY, 0));
    assert_int_equal(flow_page(hum, ptr).accessed_by, HUM_BIT(HUM_HOST));
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_UNSET_ACCESSED_BY, HUM_HOST));
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_UNSET_PREFERRED, 1));
    assert_int_equal(flow_page(hum, ptr).advice, HUM_ADVISE_READ_MOSTLY);
    ok(hum_advise(hum, ptr, 2 * BLOCK, HUM_ADVISE_UNSET_READ_MOSTLY, HUM_HOST));
    assert_int_equal(flow_page(hum, ptr).advice, 0);
}

static void advice_concerns_the_blocks_of_its_range_only(void **state)
{
    char *ptr = flow_alloc(hum, 3 * BLOCK);

    (void)state;
    ok(hum_advise(hum, ptr + BLOCK, 1, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    assert_int_equal(flow_page(hum, ptr).advice, 0);
    assert_int_equal(flow_page(hum, ptr + BLOCK + PAGE).advice, HUM_ADVISE_READ_MOSTLY);
    assert_int_equal(flow_page(hum, ptr + 2 * BLOCK).advice, 0);
}

static void advice_of_a_freed_region_is_forgotten(void **state)
{
    char *ptr = flow_alloc(hum, BLOCK), *again;

    (void)state;
    ok(hum_advise(hum, ptr, BLOCK, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    ok(hum_free(hum, ptr));
    again = flow_alloc(hum, BLOCK);
    assert_int_equal(flow_page(hum, again).advice, 0);
}

static void advised_readers_get_whole_blocks(void **state)
{
    static const enum hum_advice advice[] = {HUM_ADVISE_READ_MOSTLY, HUM_ADVISE_ACCESSED_BY,
                                             HUM_ADVISE_PREFERRED};

    (void)state;
    if (strcmp(flow_system(hum).policy, "ahead") != 0)
        skip();
    for (unsigned i = 0; i < 3; i++) {
        uint64_t *words = written_by_host(3 * BLOCK);

        ok(hum_advise(hum, words, 3 * BLOCK, advice[i], 0));
        flow_words(hum, "read_words", words + BLOCK / sizeof *words + 77777, 1, 0);
        assert_int_equal(resident_pages((char *)words + BLOCK, BLOCK, 0), BLOCK / PAGE);
        assert_int_equal(resident_pages(words, BLOCK, 0), 0);
        ok(hum_free(hum, words));
    }
}

static void advice_never_changes_results(void **state)
{
    uint64_t *words = written_by_host(MIB);
    size_t n = MIB / sizeof *words;

    (void)state;
    for (unsigned round = 0; round < 8; round++) {
        ok(hum_advise(hum, words, MIB, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
        ok(hum_advise(hum, words, MIB, HUM_ADVISE_PREFERRED, round % 2 ? 0 : HUM_HOST));
        flow_words(hum, "add", words, n, 1);
        words[round]++;
        ok(hum_advise(hum, words, MIB, HUM_ADVISE_UNSET_READ_MOSTLY, HUM_HOST));
        flow_words(hum, "add", words, n, 1);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i + 17 + (i < 8));
}

/* ---- query and statistics -------------------------------------------------------------------- */

static void query_tells_each_page_as_it_is(void **state)
{
    uint64_t *words = flow_alloc(hum, 4 * PAGE);
    struct hum_page_info info[4];

    (void)state;
    ok(hum_query(hum, words, 4 * PAGE, info, 4));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(info[i].resident | info[i].mapped | info[i].writable | info[i].dirty, 0);

    words[0] = 1;
    info[0] = flow_page(hum, words);
    assert_int_equal(info[0].resident, HUM_BIT(HUM_HOST));
    assert_int_equal(info[0].writable, HUM_BIT(HUM_HOST));
    assert_int_equal(info[0].dirty, HUM_BIT(HUM_HOST));

    flow_words(hum, "add", words, 1, 1);
    info[0] = flow_page(hum, words);
    assert_int_equal(info[0].resident, HUM_BIT(0));
    assert_int_equal(info[0].dirty, HUM_BIT(0));
    assert_int_equal(info[0].mapped & ~HUM_BIT(0), 0);
    assert_int_equal(info[0].writable & ~HUM_BIT(0), 0);

    assert_int_equal(words[0], 2); /* the host reads: shared where that can be */
    if (!flow_can_share(hum))
        return;
    info[0] = flow_page(hum, words);
    assert_int_equal(info[0].resident, HUM_BIT(HUM_HOST) | HUM_BIT(0));
    assert_int_equal(info[0].writable, 0);
    assert_int_equal(info[0].dirty, 0);
}

static void query_writes_no_more_than_asked(void **state)
{
    char *ptr = flow_alloc(hum, 4 * PAGE);
    struct hum_page_info info[4];

    (void)state;
    memset(info, 0x5a, sizeof info);
    ok(hum_query(hum, ptr, 4 * PAGE, info, 2));
    assert_int_equal(info[2].resident, 0x5a5a5a5a);
    ok(hum_query(hum, ptr + PAGE - 1, 2, info + 1, 3)); /* touches two pages */
    assert_int_equal(info[2].resident, 0);
    assert_int_equal(info[3].resident, 0x5a5a5a5a);
}

static void statistics_count_what_happened(void **state)
{
    struct hum_stats start = flow_stats(hum), end;
    struct hum_region_info region;
    uint64_t *words;

    (void)state;
    assert_int_equal(start.devices, 2);
    assert_int_equal(start.capacity_bytes[1], 64 * MIB);
    words = written_by_host(MIB + 1);
    ok(hum_name(hum, words, "table"));
    flow_words(hum, "add", words, MIB / sizeof *words, 1);
    end = flow_stats(hum);
    assert_int_equal(end.regions, start.regions + 1);
    assert_int_equal(end.region_bytes, start.region_bytes + MIB + PAGE);
    assert_int_equal(end.launches, start.launches + 1);
    assert_true(end.total.faults_host > start.total.faults_host);
    assert_true(end.total.faults_device > start.total.faults_device);
    assert_true(end.resident_bytes[1] >= start.resident_bytes[1] + MIB);
    assert_true(end.frame_bytes[1] <= 64 * MIB);
    assert_true(end.metadata_bytes > 0);

    ok(hum_region_info(hum, (char *)words + MIB, &region));
    assert_ptr_equal(region.ptr, words);
    assert_int_equal(region.bytes, MIB + 1);
    assert_string_equal(region.name, "table");
    assert_int_equal(region.counters.bytes[HUM_H2D],
                     end.total.bytes[HUM_H2D] - start.total.bytes[HUM_H2D]);
    assert_true(region.counters.faults_device > 0);
}

static void causes_add_up_to_the_bytes(void **state)
{
    uint64_t *words = written_by_host(4 * MIB);
    struct hum_stats stats;
    uint64_t by_cause = 0, by_direction = 0;

    (void)state;
    ok(hum_prefetch(hum, words, MIB, 0, NULL));
    flow_words(hum, "add", words, 4 * MIB / sizeof *words, 1);
    for (size_t i = 0; i < 4 * MIB / sizeof *words; i += 100)
        words[i]++;
    stats = flow_stats(hum);
    for (int c = 0; c < HUM_CAUSE_COUNT; c++) {
        by_cause += stats.total.bytes_by_cause[c];
        assert_non_null(hum_cause_text((enum hum_cause)c));
    }
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        by_direction += stats.total.bytes[d];
    assert_int_equal(by_cause, by_direction);
}

static void names_are_cut_at_63_bytes(void **state)
{
    char long_name[200];
    struct hum_region_info region;
    void *ptr = flow_alloc(hum, 1);

    (void)state;
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    ok(hum_name(hum, ptr, long_name));
    ok(hum_region_info(hum, ptr, &region));
    assert_int_equal(strlen(region.name), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefetch_copies_and_leaves_the_old_copy_valid),
        cmocka_unit_test(prefetch_brings_pages_home),
        cmocka_unit_test(prefetch_on_a_stream_follows_its_work),
        cmocka_unit_test(prefetch_of_untouched_memory_moves_nothing),
        cmocka_unit_test(prefetch_takes_the_pages_a_range_touches),
        cmocka_unit_test(prefetch_fills_a_budget_and_no_more),
        cmocka_unit_test(prefetch_batch_brings_every_range),
        cmocka_unit_test(discarded_memory_is_zero_and_given_back),
        cmocka_unit_test(discarded_device_writes_never_come_home),
        cmocka_unit_test(discard_leaves_partial_pages_alone),
        cmocka_unit_test(discard_batch_takes_every_range),
        cmocka_unit_test(discarded_memory_can_be_used_again),
        cmocka_unit_test(advice_is_set_and_unset),
        cmocka_unit_test(advice_concerns_the_blocks_of_its_range_only),
        cmocka_unit_test(advice_of_a_freed_region_is_forgotten),
        cmocka_unit_test(advised_readers_get_whole_blocks),
        cmocka_unit_test(advice_never_changes_results),
        cmocka_unit_test(query_tells_each_page_as_it_is),
        cmocka_unit_test(query_writes_no_more_than_asked),
        cmocka_unit_test(statistics_count_what_happened),
        cmocka_unit_test(causes_add_up_to_the_bytes),
        cmocka_unit_test(names_are_cut_at_63_bytes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
