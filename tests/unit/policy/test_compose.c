/* SPDX-License-Identifier: MIT */
/*
 * test_compose.c - policies as users write them: what is read, what is refused and with which
 * words, the one canonical text, memory of parts, and plans that break the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "support/random.h"

static struct random randoms;

static enum hum_status read_text(const char *text, struct humi_policy *policy)
{
    return humi_policy_read("HUM_POLICY", humi_slice_of(text), policy);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void texts_become_canonical(void **state)
{
    static const char *const pairs[][2] = {
        {NULL, "auto"},
        {"", "auto"},
        {" ", "auto"},
        {"ahead", "ahead"},
        {"driver", "driver"},
        {"place=share,prefetch=none,evict=lru", "ondemand"},
        {"evict=lru,place=share,prefetch=none", "ondemand"},
        {" evict = lru , place = share , prefetch = none ", "ondemand"},
        {"prefetch=none,evict=lru", "place=intent,prefetch=none,thrash=off,evict=lru"},
        {"thrash=off", "ahead"},
        {"driver,place=share,thrash=off,prefetch.threshold=50,evict.reserve=1", "tree"},
        {"driver,place=share,thrash=off", "tree,prefetch.threshold=51,evict.reserve=0"},
        {"tree,prefetch=chunk", "place=share,prefetch=chunk,thrash=off,evict=lrm"},
        {"prefetch=chunk,place=move", "place=move,prefetch=chunk,thrash=off,evict=quarters"},
        {"driver,thrash=driver,prefetch.threshold=75", "driver,prefetch.threshold=75"},
        {"driver,thrash=on", "driver"},
        {"driver,thrash=off", "place=move,prefetch=tree,thrash=off,evict=lrm,evict.reserve=0"},
        {"driver,evict=lrm", "driver,evict.reserve=1"},
        {"driver,evict.reserve=3", "driver,evict.reserve=3"},
        {"evict.reserve=1,evict=quarters", "ahead"},
        {"driver,thrash.waits=5", "driver,thrash.waits=5"},
        {"prefetch.threshold=75,prefetch=tree,place=move,evict=lru",
         "place=move,prefetch=tree,thrash=off,evict=lru,prefetch.threshold=75"},
        {"prefetch.blocks=4,prefetch.threshold=0", "ahead,prefetch.threshold=0,prefetch.blocks=4"},
        {"driver,prefetch.threshold=51", "driver"},
        {"tree,prefetch.threshold=50", "tree"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct humi_policy policy;
        char text[HUMI_POLICY_TEXT_MAX];
        if (read_text(pairs[i][0], &policy) != HUM_OK)
            fail_msg("'%s': %s", pairs[i][0], hum_error_text());
        humi_policy_text(&policy, text, sizeof text);
        assert_string_equal(text, pairs[i][1]);
    }
}

static void wrong_texts_are_refused_with_what_is_known(void **state)
{
    static const char *const cases[][2] = {
        {"fastest", "unknown policy 'fastest'; known are ahead, driver, ondemand"},
        {"Driver", "unknown policy 'Driver'"},
        {",", "unknown policy ''"},
        {"prefetch=wood", "unknown prefetch 'wood'; known are ahead, none, chunk"},
        {"evict=lur", "unknown evict 'lur'; known are"},
        {"place=", "unknown place ''; known are share"},
        {"thrash=maybe", "unknown thrash 'maybe'; known are off"},
        {"fetch=tree", "unknown part 'fetch'; known are place, prefetch, thrash and evict"},
        {"prefetch=tree,prefetch=tree", "'prefetch' is given twice"},
        {"prefetch=tree,driver", "a policy's name stands first"},
        {"driver,", "is no part and no number"},
        {"driver,prefetch.width=3", "prefetch=tree has no number 'width'; known are threshold"},
        {"ondemand,prefetch.width=3", "prefetch=none has no number 'width'; it has none"},
        {"driver,prefetch.threshold=101",
         "prefetch.threshold is a whole number from 0 to 100, not '101'"},
        {"driver,prefetch.threshold=-1", "from 0 to 100, not '-1'"},
        {"driver,prefetch.threshold=", "from 0 to 100, not ''"},
        {"driver,thrash.waits=0", "thrash.waits is a whole number from 1 to 200, not '0'"},
        {"driver,evict.reserve=9", "evict.reserve is a whole number from 0 to 8, not '9'"},
        {"driver,prefetch.threshold=1,prefetch.threshold=1", "'threshold' is given twice"},
        {"driver,fetch.threshold=1", "unknown part 'fetch'"},
        {"driver,prefetch=chunk,prefetch.threshold=1", "prefetch=chunk has no number 'threshold'"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "unknown policy 'aaaa"},
        {"evict=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "unknown evict 'aaaa"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_policy policy, before;
        memset(&policy, 0x5a, sizeof policy);
        memcpy(&before, &policy, sizeof policy);
        assert_int_equal(read_text(cases[i][0], &policy), HUM_ERR_INVALID);
        if (strncmp(hum_error_text(), "HUM_POLICY: ", 12) != 0 ||
            !strstr(hum_error_text(), cases[i][1]))
            fail_msg("'%s': says '%s'", cases[i][0], hum_error_text());
        assert_memory_equal(&policy, &before, sizeof policy);
    }
}

static uint64_t any_value(const struct hum_tunable *tunable)
{
    uint64_t values = tunable->most - tunable->least;

    return tunable->least + random_next(&randoms) % (values == UINT64_MAX ? values : values + 1);
}

static void every_choice_reads_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < random_steps(2000); i++) {
        struct humi_policy policy, again;
        char text[HUMI_POLICY_TEXT_MAX], twice[HUMI_POLICY_TEXT_MAX];
        unsigned count = 0;
        while (humi_policy_at(count))
            count++;
        unsigned any = (unsigned)(random_next(&randoms) % count);
        snprintf(text, sizeof text, "%s", humi_policy_at(any)->name);
        assert_int_equal(read_text(text, &policy), HUM_OK);
        for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
            struct humi_tunables t = humi_policy_tunables(&policy, kind);
            for (unsigned n = 0; n < t.count; n++)
                if (random_next(&randoms) % 2)
                    policy.tunables[kind][n] = any_value(&t.table[n]);
            if (humi_kind_number(kind) && random_next(&randoms) % 2)
                policy.tunables[kind][HUMI_NUMBER_OF_KIND] = any_value(humi_kind_number(kind));
        }
        assert_true(humi_policy_text(&policy, text, sizeof text) < sizeof text);
        if (read_text(text, &again) != HUM_OK)
            fail_msg("'%s': %s", text, hum_error_text());
        assert_true(humi_policy_same_parts(&policy, &again));
        assert_memory_equal(policy.tunables, again.tunables, sizeof policy.tunables);
        humi_policy_text(&again, twice, sizeof twice);
        assert_string_equal(text, twice);
    }
}

static void a_short_buffer_gets_what_fits(void **state)
{
    struct humi_policy policy;
    char text[7] = "xxxxxx";

    (void)state;
    assert_int_equal(read_text("driver,evict=lru", &policy), HUM_OK);
    size_t length = humi_policy_text(&policy, NULL, 0);
    assert_int_equal(humi_policy_text(&policy, text, sizeof text), length);
    assert_int_equal(strlen(text), 6);
    assert_memory_equal(text, "place=", 6);
}

/* ---- tables of users ------------------------------------------------------------------------- */

static void plan_nothing(const struct hum_view *view, const struct hum_part_context *context,
                         struct hum_plan *plan)
{
    (void)view;
    (void)context;
    (void)plan;
}

static void tables_that_break_limits_are_refused(void **state)
{
    static const struct hum_part no_plan = {.name = "x"}, no_name = {.plan = plan_nothing},
        greedy = {.name = "x", .plan = plan_nothing, .memory_bytes = {[HUM_MEMORY_BLOCK] = 65}},
        huge = {.name = "x", .plan = plan_nothing, .memory_bytes = {[HUM_MEMORY_SPACE] = 65537}},
        many = {.name = "x", .plan = plan_nothing, .tunable_count = 9};
    static const struct hum_part *const bad[] = {&no_plan, &no_name, &greedy, &huge, &many};
    struct humi_policy policy;

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hum_policy table = {sizeof table, HUM_POLICY_VERSION, "x", "x", NULL, bad[i],
                                   NULL, NULL, NULL};
        assert_int_equal(humi_policy_of("x.so", &table, &policy), HUM_ERR_INVALID);
        assert_non_null(strstr(hum_error_text(), "the policy cannot be used: its prefetch part"));
    }
    struct hum_policy old = {sizeof old, 1, "x", "x", NULL, NULL, NULL, NULL, NULL};
    assert_int_equal(humi_policy_of("x.so", &old, &policy), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "another version"));
    struct hum_policy wrong = {sizeof wrong, HUM_POLICY_VERSION, "x", "x", NULL, NULL,
                               NULL, NULL, "prefetch.nothing=1"};
    assert_int_equal(humi_policy_of("x.so", &wrong, &policy), HUM_ERR_INVALID);
}

/* ---- memory and checked plans ---------------------------------------------------------------- */

static struct {
    void *space, *region, *block;
} seen[2];
static struct hum_plan answer;

static void plan_first(const struct hum_view *view, const struct hum_part_context *context,
                       struct hum_plan *plan)
{
    (void)view;
    seen[0].space = context->memory[HUM_MEMORY_SPACE];
    seen[0].region = context->memory[HUM_MEMORY_REGION];
    seen[0].block = context->memory[HUM_MEMORY_BLOCK];
    *plan = answer;
}

static void plan_second(const struct hum_view *view, const struct hum_part_context *context,
                        struct hum_plan *plan)
{
    (void)view;
    (void)plan;
    seen[1].space = context->memory[HUM_MEMORY_SPACE];
    seen[1].region = context->memory[HUM_MEMORY_REGION];
    seen[1].block = context->memory[HUM_MEMORY_BLOCK];
}

static const struct hum_part first = {
    .name = "first", .plan = plan_first,
    .memory_bytes = {[HUM_MEMORY_SPACE] = 9, [HUM_MEMORY_BLOCK] = 3}};
static const struct hum_part nothing = {.name = "nothing", .plan = plan_nothing};
static const struct hum_part second = {
    .name = "second", .plan = plan_second,
    .memory_bytes = {[HUM_MEMORY_SPACE] = 8, [HUM_MEMORY_BLOCK] = 64}};

static struct humi_policy two_parts(void)
{
    struct hum_policy table = {sizeof table, HUM_POLICY_VERSION, "two", "two", &first, &nothing,
                               &second, NULL, NULL};
    struct humi_policy policy;

    assert_int_equal(humi_policy_of("two", &table, &policy), HUM_OK);
    return policy;
}

static void each_part_has_memory_of_its_own(void **state)
{
    struct humi_policy policy = two_parts();
    uint64_t space[3], block[9];
    void *memory[HUM_MEMORY_COUNT] = {
        [HUM_MEMORY_SPACE] = space, [HUM_MEMORY_BLOCK] = block};
    struct hum_view view = {.valid = humi_mask_all(), .read = humi_mask_range(0, 1)};
    struct hum_plan plan;

    (void)state;
    answer = (struct hum_plan){.ahead_blocks = 0};
    assert_int_equal(policy.bytes[HUM_MEMORY_SPACE], 24);
    assert_int_equal(policy.bytes[HUM_MEMORY_REGION], 0);
    assert_int_equal(policy.bytes[HUM_MEMORY_BLOCK], 72);
    humi_policy_plan(&policy, &view, memory, &plan);
    assert_ptr_equal(seen[0].space, space);
    assert_ptr_equal(seen[1].space, space + 2);
    assert_null(seen[0].region);
    assert_ptr_equal(seen[0].block, block);
    assert_ptr_equal(seen[1].block, block + 1);
}

static void broken_plans_become_empty(void **state)
{
    struct hum_view view = {.valid = humi_mask_range(0, 100),
                            .read = humi_mask_range(0, 1),
                            .resident = humi_mask_range(0, 50),
                            .elsewhere = humi_mask_range(40, 100),
                            .can_remote = true};
    const struct {
        struct hum_plan plan;
        const char *broken;
    } cases[] = {
        {{.bring = humi_mask_range(99, 101)}, "brings pages outside"},
        {{.map = humi_mask_range(99, 101)}, "maps pages outside"},
        {{.map = humi_mask_range(50, 51)}, "maps pages that are not here"},
        {{.remote = humi_mask_range(39, 41)}, "nowhere else"},
        {{.remote = humi_mask_range(90, 101)}, "outside the region remotely"},
            {{.ahead_blocks = 17}, "ahead"},
        {{.throttle_us = 10001}, "throttles"},
        {{.bring = humi_mask_range(50, 60), .map = humi_mask_range(40, 60),
          .remote = humi_mask_range(60, 100), .ahead_blocks = 16, .throttle_us = 10000}, NULL},
    };
    uint64_t space[3], block[9];
    void *memory[HUM_MEMORY_COUNT] = {
        [HUM_MEMORY_SPACE] = space, [HUM_MEMORY_BLOCK] = block};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_policy policy = two_parts();
        struct hum_plan plan, empty = {.ahead_blocks = 0};
        const char *broken = humi_plan_broken(&view, &cases[i].plan);
        answer = cases[i].plan;
        humi_policy_plan(&policy, &view, memory, &plan);
        assert_int_equal(broken != NULL, cases[i].broken != NULL);
        assert_int_equal(atomic_load(&policy.broken), broken != NULL);
        if (broken && !strstr(broken, cases[i].broken))
            fail_msg("'%s' instead of '%s'", broken, cases[i].broken);
        assert_memory_equal(&plan, broken ? &empty : &cases[i].plan, sizeof plan);
    }
    struct hum_plan both = {.bring = humi_mask_range(60, 61), .remote = humi_mask_range(60, 61)};
    assert_string_equal(humi_plan_broken(&view, &both), "maps pages remotely that it brings");
    assert_null(humi_plan_broken(&view, &cases[7].plan));
    view.can_remote = false;
    assert_non_null(humi_plan_broken(&view, &cases[7].plan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_canonical),
        cmocka_unit_test(wrong_texts_are_refused_with_what_is_known),
        cmocka_unit_test(every_choice_reads_back),
        cmocka_unit_test(a_short_buffer_gets_what_fits),
        cmocka_unit_test(tables_that_break_limits_are_refused),
        cmocka_unit_test(each_part_has_memory_of_its_own),
        cmocka_unit_test(broken_plans_become_empty),
    };

    randoms = random_make(random_seed("policy_compose"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
