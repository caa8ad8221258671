/* SPDX-License-Identifier: MIT */
/* test_place.c - what stays where it is: remote, counter, adaptive, by touches and occupancy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"

/* A device faults on page 20 of a block that the host has; chunk 1 has `touches`. */
static const struct place_case {
    const char *says, *policy;
    unsigned reads, writes, scale;   /* counters of chunk 1 */
    bool host, stores, near;         /* who; how; no remote mapping can be had */
    uint64_t free, capacity;         /* blocks; capacity 0: no limit */
    unsigned evictions;
    unsigned want_remote, want_bring;
} cases[] = {
    {.says = "shared", .policy = "chunk", .want_bring = 15},
    {.says = "nothing moves", .policy = "chunk,place=remote", .want_remote = 512},
    {.says = "written neither", .policy = "chunk,place=remote", .stores = true, .want_remote = 512},
    {.says = "nor for the host", .policy = "chunk,place=remote", .host = true, .want_remote = 512},
    {.says = "nor whole blocks", .policy = "place=remote,prefetch=block", .want_remote = 512},
    {.says = "nor streams", .policy = "place=remote,prefetch=stride", .want_remote = 512},
    {.says = "unless it cannot be", .policy = "chunk,place=remote", .near = true, .want_bring = 15},

    {.says = "far at first", .policy = "counter", .want_remote = 16},
    {.says = "not for the host", .policy = "counter", .host = true, .want_bring = 15},
    {.says = "but if it should", .policy = "counter,place.host=1", .host = true,
     .want_remote = 16},
    {.says = "one touch less than it takes", .policy = "counter", .reads = 200, .writes = 55,
     .want_remote = 16},
    {.says = "enough touches", .policy = "counter", .reads = 200, .writes = 56, .want_bring = 15},
    {.says = "a unit may be many", .policy = "counter", .reads = 1, .scale = 8, .want_bring = 15},
    {.says = "the threshold can be told", .policy = "counter,place.threshold=10", .reads = 10,
     .want_bring = 15},
    {.says = "the host takes", .policy = "counter", .host = true, .want_bring = 15},
    {.says = "where nothing can be mapped it comes", .policy = "counter", .near = true,
     .want_bring = 15},

    {.says = "no limit: the first touch", .policy = "adaptive", .want_bring = 15},
    {.says = "an empty device, too", .policy = "adaptive", .free = 100, .capacity = 100,
     .want_bring = 15},
    {.says = "half full: 1 + 4", .policy = "adaptive", .free = 50, .capacity = 100, .reads = 3,
     .want_remote = 16},
    {.says = "the fifth touch", .policy = "adaptive", .free = 50, .capacity = 100, .reads = 4,
     .want_bring = 15},
    {.says = "full: 64", .policy = "adaptive", .free = 0, .capacity = 100, .reads = 62,
     .want_remote = 16},
    {.says = "the 64th touch", .policy = "adaptive", .free = 0, .capacity = 100, .reads = 63,
     .want_bring = 15},
    {.says = "two round trips: 192", .policy = "adaptive", .free = 0, .capacity = 100,
     .evictions = 2, .reads = 190, .want_remote = 16},
    {.says = "the 192nd", .policy = "adaptive", .free = 0, .capacity = 100, .evictions = 2,
     .reads = 191, .want_bring = 15},
    {.says = "writes move at once", .policy = "adaptive", .free = 0, .capacity = 100,
     .stores = true, .want_bring = 15},
};

static void pages_stay_or_come_as_in_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct place_case *c = &cases[i];
        struct hum_heat heat = {.scale = (uint8_t)c->scale};
        struct hum_pages page = humi_mask_range(20, 21);
        struct hum_view view = {.processor = c->host ? HUM_HOST : 0,
                                .valid = humi_mask_all(),
                                .elsewhere = humi_mask_all(),
                                .written = humi_mask_all(),
                                .can_share = true,
                                .can_remote = !c->near,
                                .free_blocks = c->capacity ? c->free : UINT64_MAX,
                                .capacity_blocks = c->capacity ? c->capacity : UINT64_MAX,
                                .evictions = c->evictions,
                                .heat = &heat};
        uint64_t memories[HUM_MEMORY_COUNT][64] = {{0}};
        void *memory[HUM_MEMORY_COUNT] = {memories[0], memories[1], memories[2]};
        struct humi_policy policy;
        struct hum_plan plan;

        heat.reads[1] = (uint8_t)c->reads;
        heat.writes[1] = (uint8_t)c->writes;
        *(c->stores ? &view.write : &view.read) = page;
        assert_int_equal(humi_policy_read("test", humi_slice_of(c->policy), &policy), HUM_OK);
        for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++)
            assert_true(policy.bytes[m] <= sizeof memories[m]);
        humi_policy_plan(&policy, &view, memory, &plan);
        if (humi_mask_count(&plan.remote) != c->want_remote ||
            humi_mask_count(&plan.bring) != c->want_bring || atomic_load(&policy.broken))
            fail_msg("%s, %s: %u pages remote, %u brought", c->policy, c->says,
                     humi_mask_count(&plan.remote), humi_mask_count(&plan.bring));
    }
}

static unsigned ahead_of(const char *text)
{
    struct hum_heat heat = {.scale = 0};
    struct hum_view view = {.processor = 0,
                            .valid = humi_mask_all(),
                            .elsewhere = humi_mask_all(),
                            .written = humi_mask_all(),
                            .read = humi_mask_range(0, 1),
                            .can_share = true,
                            .can_remote = true,
                            .neighbour_pages = {HUM_PAGES_PER_BLOCK},
                            .free_blocks = UINT64_MAX,
                            .capacity_blocks = UINT64_MAX,
                            .heat = &heat};
    uint64_t memories[HUM_MEMORY_COUNT][64] = {{0}};
    void *memory[HUM_MEMORY_COUNT] = {memories[0], memories[1], memories[2]};
    struct humi_policy policy;
    struct hum_plan plan;

    assert_int_equal(humi_policy_read("test", humi_slice_of(text), &policy), HUM_OK);
    humi_policy_plan(&policy, &view, memory, &plan);
    return plan.ahead_blocks;
}

static void a_fault_of_which_nothing_comes_asks_for_no_more(void **state)
{
    (void)state;
    assert_int_equal(ahead_of("place=move,prefetch=ahead"), 8);
    assert_int_equal(ahead_of("place=remote,prefetch=ahead"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_stay_or_come_as_in_the_table),
        cmocka_unit_test(a_fault_of_which_nothing_comes_asks_for_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
