/* SPDX-License-Identifier: MIT */
/* test_pattern.c - how a region is walked through, and what place and prefetch make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/pattern.h"
#include "support/random.h"

static const struct hum_heat no_heat;
static struct humi_pattern_counts counts;
static struct random randoms;

static int begin(void **state)
{
    (void)state;
    memset(&counts, 0, sizeof counts);
    return 0;
}

/* A device faults on the first page of a chunk that the host has. */
static struct hum_view view_at(uint64_t chunk, unsigned evictions)
{
    unsigned page = (unsigned)(chunk % HUM_CHUNKS_PER_BLOCK) * HUM_PAGES_PER_CHUNK;

    return (struct hum_view){.valid = humi_mask_all(),
                             .read = humi_mask_range(page, page + 1),
                             .elsewhere = humi_mask_all(),
                             .written = humi_mask_all(),
                             .can_share = true,
                             .can_remote = true,
                             .free_blocks = 50,
                             .capacity_blocks = 100,
                             .region_blocks = 1000,
                             .block = (uint32_t)(chunk / HUM_CHUNKS_PER_BLOCK),
                             .evictions = evictions,
                             .heat = &no_heat};
}

static enum humi_pattern fetch(uint64_t chunk, unsigned evictions)
{
    struct hum_view view = view_at(chunk, evictions);

    return humi_pattern_of(&counts, &view);
}

static enum humi_pattern walk(unsigned steps, unsigned stride, unsigned evictions)
{
    enum humi_pattern pattern = HUMI_UNKNOWN;

    for (unsigned i = 0; i < steps; i++)
        pattern = fetch((uint64_t)i * stride, evictions);
    return pattern;
}

static enum humi_pattern jump(unsigned steps)
{
    enum humi_pattern pattern = HUMI_UNKNOWN;

    for (unsigned i = 0; i < steps; i++)
        pattern = fetch(random_next(&randoms) % 32000, 0);
    return pattern;
}

static void a_few_fetches_tell_nothing(void **state)
{
    (void)state;
    assert_int_equal(walk(15, 1, 0), HUMI_UNKNOWN);
}

static void a_walk_is_linear(void **state)
{
    (void)state;
    assert_int_equal(walk(16, 1, 0), HUMI_LINEAR);
    begin(state);
    assert_int_equal(walk(100, 64, 0), HUMI_LINEAR);
    begin(state);
    assert_int_equal(walk(100, 65, 0), HUMI_RANDOM); /* too far on each time */
}

static void agents_walk_on_their_own(void **state)
{
    enum humi_pattern pattern = HUMI_UNKNOWN;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct hum_view one = view_at(i, 0), two = view_at(20000 + i, 0);
        one.agent = 1;
        two.agent = 2;
        (void)humi_pattern_of(&counts, &one);
        pattern = humi_pattern_of(&counts, &two);
    }
    assert_int_equal(pattern, HUMI_LINEAR);
}

static void a_walk_over_what_was_evicted_is_reuse(void **state)
{
    (void)state;
    assert_int_equal(walk(64, 32, 1), HUMI_REUSE);
}

static void jumps_are_random(void **state)
{
    (void)state;
    assert_int_equal(jump(100), HUMI_RANDOM);
}

static void a_new_phase_is_seen(void **state)
{
    (void)state;
    assert_int_equal(jump(255), HUMI_RANDOM);
    assert_int_equal(walk(600, 1, 0), HUMI_LINEAR);
    assert_int_equal(jump(300), HUMI_RANDOM);
}

static void what_is_no_fetch_does_not_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct hum_view host = view_at(i, 0), here = view_at(i, 0), again = view_at(i, 0);
        host.processor = HUM_HOST;
        here.resident = humi_mask_all();
        again.again = true;
        assert_int_equal(humi_pattern_of(&counts, &host), HUMI_UNKNOWN);
        assert_int_equal(humi_pattern_of(&counts, &here), HUMI_UNKNOWN);
        assert_int_equal(humi_pattern_of(&counts, &again), HUMI_UNKNOWN);
    }
}

static void parts_act_by_the_pattern(void **state)
{
    static uint64_t memory_of_all[64];
    void *memory[HUM_MEMORY_COUNT] = {[HUM_MEMORY_REGION] = memory_of_all};
    struct humi_policy policy;
    struct hum_plan plan;

    (void)state;
    assert_int_equal(humi_policy_read("test", humi_slice_of("pattern"), &policy), HUM_OK);
    assert_true(policy.bytes[HUM_MEMORY_REGION] <= sizeof memory_of_all);
    for (unsigned i = 0; i < 100; i++) {
        struct hum_view view = view_at(33 * i, 0);
        humi_policy_plan(&policy, &view, memory, &plan);
        assert_int_equal(humi_mask_count(&plan.bring), i < 15 ? 15 : 511);
        assert_int_equal(plan.ahead_blocks, i < 15 ? 0 : 4);
        assert_true(humi_mask_empty(&plan.remote));
    }
    for (unsigned i = 0; i < 300; i++) {
        struct hum_view view = view_at(random_next(&randoms) % 32000, 0);
        humi_policy_plan(&policy, &view, memory, &plan);
    }
    assert_int_equal(humi_mask_count(&plan.remote), 16);
    assert_int_equal(humi_mask_count(&plan.bring), 0);
    assert_int_equal(plan.ahead_blocks, 0);
    assert_false(atomic_load(&policy.broken));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_few_fetches_tell_nothing, begin),
        cmocka_unit_test_setup(a_walk_is_linear, begin),
        cmocka_unit_test_setup(agents_walk_on_their_own, begin),
        cmocka_unit_test_setup(a_walk_over_what_was_evicted_is_reuse, begin),
        cmocka_unit_test_setup(jumps_are_random, begin),
        cmocka_unit_test_setup(a_new_phase_is_seen, begin),
        cmocka_unit_test_setup(what_is_no_fetch_does_not_count, begin),
        cmocka_unit_test_setup(parts_act_by_the_pattern, begin),
    };

    randoms = random_make(random_seed("policy_pattern"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
