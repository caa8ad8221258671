/* SPDX-License-Identifier: MIT */
/* test_quota.c - a budget of time, on a clock that the test turns. */
#include "core/quota.h"
#include "support/random.h"
#include "support/test.h"

#define PERCENT 10000u
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

static void work_is_owed_and_earned_back(void **state)
{
    struct humi_quota quota;

    (void)state;
    humi_quota_init(&quota, 2 * PERCENT);
    assert_true(humi_quota_allows(&quota)); /* the first piece shows what work costs */
    humi_quota_spend(&quota, 40 * US);
    assert_false(humi_quota_allows(&quota));
    assert_int_equal(humi_quota_wait_ns(&quota), 2 * MS);
    humi_quota_earn(&quota, 2 * MS - 50);
    assert_false(humi_quota_allows(&quota));
    humi_quota_earn(&quota, 50);
    assert_true(humi_quota_allows(&quota));
    assert_int_equal(humi_quota_wait_ns(&quota), 0);
    assert_int_equal(quota.spent_ns, 40 * US);
}

static void a_pause_is_not_followed_by_a_burst(void **state)
{
    struct humi_quota quota;
    uint64_t pieces = 0;

    (void)state;
    humi_quota_init(&quota, 2 * PERCENT);
    humi_quota_earn(&quota, 3600 * S);
    for (; humi_quota_allows(&quota); pieces++)
        humi_quota_spend(&quota, 50 * US);
    assert_int_equal(pieces, 2 * MS / (50 * US) + 1);
}

static void without_a_share_nothing_is_allowed(void **state)
{
    struct humi_quota quota;

    (void)state;
    humi_quota_init(&quota, 0);
    humi_quota_earn(&quota, S);
    assert_false(humi_quota_allows(&quota));
    assert_true(humi_quota_wait_ns(&quota) == UINT64_MAX);
}

static void extremes_do_not_overflow(void **state)
{
    struct humi_quota quota;

    (void)state;
    humi_quota_init(&quota, HUMI_QUOTA_WHOLE);
    humi_quota_earn(&quota, UINT64_MAX);
    assert_int_equal(quota.left_ns, HUMI_QUOTA_KEEP_NS);
    humi_quota_init(&quota, 1);
    humi_quota_spend(&quota, INT64_MAX / 2);
    assert_true(humi_quota_wait_ns(&quota) == UINT64_MAX);
}

/* Run in steps; whenever it is allowed, work of a cost that nobody knows before. */
static void check_seed(uint64_t seed, uint32_t share)
{
    struct random random;
    struct humi_quota quota;
    uint64_t ran = 0, worked = 0, largest = 0, phase = 1;

    random = random_make(seed, 0);
    humi_quota_init(&quota, share);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t step = 1 + random_below(&random, 3 * MS);

        if (i % 2000 == 0)
            phase = 1 + random_below(&random, 20); /* the machine becomes slower or faster */
        ran += step;
        humi_quota_earn(&quota, step);
        if (humi_quota_allows(&quota)) {
            uint64_t cost = 1 + random_below(&random, 30 * US * phase);

            humi_quota_spend(&quota, cost);
            worked += cost;
            largest = cost > largest ? cost : largest;
        }
        assert_true(worked <= ran / HUMI_QUOTA_WHOLE * share + share + largest);
        assert_int_equal(worked, quota.spent_ns);
    }
    /* And what is earned is used: no step was so long that more than its piece was allowed. */
    if (share <= PERCENT)
        assert_true(worked >= ran / HUMI_QUOTA_WHOLE * share * 9 / 10);
}

static void work_keeps_to_its_share_whatever_it_costs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        check_seed(seed, PERCENT / 10);
        check_seed(seed, PERCENT / 2);
        check_seed(seed, 2 * PERCENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_owed_and_earned_back),
        cmocka_unit_test(a_pause_is_not_followed_by_a_burst),
        cmocka_unit_test(without_a_share_nothing_is_allowed),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(work_keeps_to_its_share_whatever_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
