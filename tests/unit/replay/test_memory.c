/* SPDX-License-Identifier: MIT */
/* test_memory.c - every allocation of replay/ fails once: a status, and nothing is lost. */
#include "support/test.h"

#include "policy/evict/registry.h"
#include "replay/cache.h"
#include "replay/next_use.h"
#include "replay/machine.h"
#include "replay/pages.h"
#include "support/fail_call.h"

/* Counted up until a cache is made without a failure. */
static void a_cache_without_memory_is_a_status(void **state)
{
    const struct humi_cache_size size = {.capacity = 10, .objects = 100};

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        struct humi_cache cache = {0};
        long pieces = fail_call_pieces();
        bool failed = true;

        for (int n = 1; failed; n++) {
            enum hum_status status;

            fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, n);
            status = humi_cache_create(humi_evict_at(i), &size, &cache);
            failed = fail_call_disarm();
            assert_int_equal(status, failed ? HUM_ERR_NO_MEMORY : HUM_OK);
            assert_true(failed == !cache.state && (n > 1 || failed));
        }
        /* Its accesses allocate nothing. */
        fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, 1);
        for (uint32_t k = 0; k < size.objects; k++)
            humi_cache_access(&cache, k, HUMI_NEVER);
        assert_false(fail_call_disarm());
        humi_cache_destroy(&cache);
        assert_int_equal(fail_call_pieces(), pieces);
    }
}

/* Counted up until all 2000 pages are in without a failure. */
static void pages_survive_each_failing_allocation(void **state)
{
    bool failed = true;

    (void)state;
    for (int n = 1; failed; n++) {
        long pieces = fail_call_pieces();
        struct humi_pages pages;
        unsigned failures = 0;

        humi_pages_init(&pages, 5000);
        fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, n);
        for (uint32_t i = 0; i < 2000;) {
            uint32_t object = 77;

            if (humi_pages_get(&pages, i * 3u, &object) == HUM_OK) {
                assert_int_equal(object, i++);
            } else {
                assert_int_equal(object, 77);
                failures++;
            }
        }
        failed = fail_call_disarm();
        assert_int_equal(failures, failed ? 1 : 0);
        for (uint32_t i = 0; i < 2000; i++)
            assert_int_equal(humi_pages_find(&pages, i * 3u), i);
        humi_pages_fini(&pages);
        assert_int_equal(fail_call_pieces(), pieces);
        assert_true(n < 100);
    }
}

static void next_uses_without_memory_are_not_written(void **state)
{
    const uint32_t objects[] = {0, 1, 0};
    const struct humi_accesses accesses = {objects, 3, 2};
    uint64_t next[3] = {7, 7, 7};

    (void)state;
    fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, 1);
    assert_int_equal(humi_next_use(&accesses, next), HUM_ERR_NO_MEMORY);
    assert_true(fail_call_disarm());
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(next[i], 7);
}

/* All that a replay with prefetching, counters and the future needs, in turn. */
static enum hum_status replay(const char *policy)
{
    const struct hum_trace_record records[] = {
        {.kind = HUM_TRACE_REGION, .region = {.first_page = 0, .bytes = 4096 * 64}},
        {.kind = HUM_TRACE_ACCESS, .access = {.processor = 0, .pages = 9, .count = 1}},
        {.kind = HUM_TRACE_ACCESS, .access = {.processor = HUM_HOST, .pages = 3, .count = 2}},
        {.kind = HUM_TRACE_REGION_END, .region_end = {.region = 0}},
        {.kind = HUM_TRACE_ACCESS, .access = {.processor = 1, .pages = 9, .count = 3}},
    };
    struct humi_replay_setup setup = {.capacity = 5};
    struct humi_replay_result result;
    enum hum_status status = humi_parts_parse(policy, &setup.parts);
    struct humi_source source;

    humi_source_init(&source, 1000, 1000);
    for (size_t i = 0; i < COUNT_OF(records) && status == HUM_OK; i++)
        status = humi_source_add(&source, &records[i]);
    if (status == HUM_OK)
        status = humi_source_finish(&source, true);
    if (status == HUM_OK)
        status = humi_machine_run(&source, &setup, &result);
    humi_source_fini(&source);
    return status;
}

static void a_replay_survives_each_failing_allocation(void **state)
{
    static const char *const policies[] = {"prefetch=tree,evict=min", "prefetch=stride,evict=arc",
                                           "place=counter,evict=lfu", "place=remote"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        bool failed = true;
        int n = 1;

        for (; failed; n++) {
            long pieces = fail_call_pieces();
            enum hum_status status;

            fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, n);
            status = replay(policies[i]);
            failed = fail_call_disarm();
            assert_int_equal(status, failed ? HUM_ERR_NO_MEMORY : HUM_OK);
            assert_int_equal(fail_call_pieces(), pieces);
            assert_true(n < 100);
        }
        assert_true(n > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cache_without_memory_is_a_status),
        cmocka_unit_test(pages_survive_each_failing_allocation),
        cmocka_unit_test(next_uses_without_memory_are_not_written),
        cmocka_unit_test(a_replay_survives_each_failing_allocation),
    };

    if (!fail_call_init())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
