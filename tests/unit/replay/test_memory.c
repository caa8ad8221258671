/* SPDX-License-Identifier: MIT */
/* test_memory.c - every allocation of replay/ fails once: a status, and nothing is lost. */
#include "support/test.h"

#include "policy/evict/registry.h"
#include "replay/cache.h"
#include "replay/next_use.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cache_without_memory_is_a_status),
        cmocka_unit_test(pages_survive_each_failing_allocation),
        cmocka_unit_test(next_uses_without_memory_are_not_written),
    };

    if (!fail_call_init())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
