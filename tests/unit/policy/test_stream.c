/* SPDX-License-Identifier: MIT */
/* test_stream.c - streams of blocks: which steps make one, how far it looks, agents apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/stream.h"

static const struct hum_heat no_heat;

static struct hum_view view_at(uint32_t block, uint32_t agent)
{
    return (struct hum_view){.valid = humi_mask_all(),
                             .read = humi_mask_range(0, 1),
                             .elsewhere = humi_mask_all(),
                             .written = humi_mask_all(),
                             .free_blocks = 100,
                             .capacity_blocks = 200,
                             .region_blocks = 1000,
                             .block = block,
                             .agent = agent,
                             .can_share = true,
                             .heat = &no_heat};
}

#define FAULTS_MAX 16u

static const struct {
    const char *says;
    uint32_t blocks[FAULTS_MAX];  /* 1 + block; 0 ends */
    int stride;                   /* then */
    unsigned steps, depth;
} cases[] = {
    {"the first fault tells nothing", {8}, 0, 0, 0},
    {"one step is one", {8, 10}, 2, 1, 0},
    {"faults in one block are no step", {8, 8, 8}, 0, 0, 0},
    {"nor do they end a stream", {8, 10, 10, 12, 12, 14}, 2, 3, 2},
    {"three equal steps", {8, 10, 12, 14}, 2, 3, 2},
    {"backwards", {14, 12, 10, 8}, -2, 3, 2},
    {"single steps do not reach further", {8, 9, 10, 11, 12, 13, 14}, 1, 6, 2},
    {"a step over what was brought looks twice as far", {8, 10, 12, 14, 20}, 2, 4, 4},
    {"and again, to the most", {8, 10, 12, 14, 20, 30, 48, 66, 84}, 2, 8, 8},
    {"a step over more is another stream", {8, 10, 12, 14, 22}, 8, 1, 0},
    {"an odd step, too", {8, 10, 12, 14, 17}, 3, 1, 0},
    {"turning round ends it", {8, 10, 12, 14, 12}, -2, 1, 0},
    {"the first block counts from 0", {1, 2, 3, 4}, 1, 3, 2},
};

static void steps_are_as_in_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct humi_streams streams;
        struct humi_stream_step step = {0, 0, 0};

        memset(&streams, 0, sizeof streams);
        for (unsigned f = 0; f < FAULTS_MAX && cases[i].blocks[f]; f++) {
            struct hum_view view = view_at(cases[i].blocks[f] - 1, 5);
            step = humi_streams_step(&streams, &view, 8);
        }
        if (step.stride != cases[i].stride || step.steps != cases[i].steps ||
            step.depth != cases[i].depth)
            fail_msg("%s: stride %d steps %u depth %u", cases[i].says, step.stride, step.steps,
                     step.depth);
    }
}

static void agents_are_told_apart(void **state)
{
    static struct humi_streams streams;
    struct humi_stream_step one = {0, 0, 0}, two = {0, 0, 0};

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct hum_view a = view_at(10 + 3 * i, 1), b = view_at(90 - i, 2);
        one = humi_streams_step(&streams, &a, 8);
        two = humi_streams_step(&streams, &b, 8);
    }
    assert_int_equal(one.stride, 3);
    assert_int_equal(one.steps, 3);
    assert_int_equal(two.stride, -1);
    assert_int_equal(two.steps, 3);
}

static void a_fault_seen_again_teaches_nothing(void **state)
{
    static struct humi_streams streams;
    struct humi_stream_step step = {0, 0, 0};

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct hum_view view = view_at(10 + i, 1);
        step = humi_streams_step(&streams, &view, 8);
        view.again = true;
        view.block = 700;
        struct humi_stream_step same = humi_streams_step(&streams, &view, 8);
        assert_memory_equal(&same, &step, sizeof same);
    }
    assert_int_equal(step.steps, 3);
}

static void far_apart_blocks_do_not_overflow(void **state)
{
    static struct humi_streams streams;
    struct humi_stream_step step = {0, 0, 0};

    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        struct hum_view view = view_at(i % 2 ? 0 : INT32_MAX - 1, 1);
        step = humi_streams_step(&streams, &view, 16);
    }
    assert_int_equal(step.steps, 1);
}

/* ---- the prefetch part ----------------------------------------------------------------------- */

static struct hum_plan decide(struct humi_policy *policy, struct humi_streams *streams,
                              const struct hum_view *view)
{
    void *memory[HUM_MEMORY_COUNT] = {[HUM_MEMORY_REGION] = streams};
    struct hum_plan plan;

    assert_int_equal(policy->bytes[HUM_MEMORY_REGION], sizeof *streams);
    humi_policy_plan(policy, view, memory, &plan);
    return plan;
}

static void a_stream_takes_whole_blocks_and_goes_ahead(void **state)
{
    static const struct {
        unsigned bring, ahead;
    } want[] = {{15, 0}, {15, 0}, {15, 0}, {511, 2}, {511, 2}};
    static struct humi_streams streams;
    struct humi_policy policy;

    (void)state;
    assert_int_equal(humi_policy_read("test", humi_slice_of("stride"), &policy), HUM_OK);
    for (uint32_t i = 0; i < 5; i++) {
        struct hum_view view = view_at(200 - 3 * i, 1);
        struct hum_plan plan = decide(&policy, &streams, &view);
        assert_int_equal(humi_mask_count(&plan.bring), want[i].bring);
        assert_int_equal(plan.ahead_blocks, want[i].ahead);
        assert_int_equal(plan.ahead_stride, want[i].ahead ? -3 : 0);
    }
}

static void a_full_device_gets_nothing_ahead(void **state)
{
    static struct humi_streams streams;
    struct humi_policy policy;

    (void)state;
    assert_int_equal(humi_policy_read("test", humi_slice_of("stride,prefetch.steps=1"), &policy),
                     HUM_OK);
    struct hum_view view = view_at(1, 1);
    (void)decide(&policy, &streams, &view);
    view.block = 2;
    assert_int_equal(decide(&policy, &streams, &view).ahead_blocks, 0);
    view.block = 3;
    assert_int_equal(decide(&policy, &streams, &view).ahead_blocks, 2);
    view.block = 4;
    view.free_blocks = 1;
    assert_int_equal(decide(&policy, &streams, &view).ahead_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_as_in_the_table),
        cmocka_unit_test(agents_are_told_apart),
        cmocka_unit_test(a_fault_seen_again_teaches_nothing),
        cmocka_unit_test(far_apart_blocks_do_not_overflow),
        cmocka_unit_test(a_stream_takes_whole_blocks_and_goes_ahead),
        cmocka_unit_test(a_full_device_gets_nothing_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
