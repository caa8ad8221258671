/* SPDX-License-Identifier: MIT */
/*
 * test_plan.c - plans of all policies: what holds for every policy, on random views, and tables of
 * what each one decides.  Reports what a decision costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "support/random.h"

static struct random randoms;
static const struct hum_heat no_heat;

/* ---- policies with memory -------------------------------------------------------------------- */

static uint64_t memory_of[HUM_MEMORY_COUNT][HUMI_PLANNERS * (64u << 10) / 8];

/* Decide with parts that remember nothing yet. */
static struct hum_plan decide(struct humi_policy *policy, const struct hum_view *view)
{
    void *memory[HUM_MEMORY_COUNT];
    struct hum_plan plan;

    for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++)
        memory[m] = memset(memory_of[m], 0, policy->bytes[m]);
    humi_policy_plan(policy, view, memory, &plan);
    return plan;
}

static struct humi_policy policy_named(const char *text)
{
    struct humi_policy policy;

    assert_int_equal(humi_policy_read("test", humi_slice_of(text), &policy), HUM_OK);
    return policy;
}

/* ---- small worlds ---------------------------------------------------------------------------- */

/* A view in few words: runs are [first, end) pages. */
struct world {
    const char *says;
    const char *policy;
    unsigned read[2], write[2], resident[2], elsewhere[2];
    unsigned before, behind, before_writable, guesses, map_faults;
    uint32_t advice;
    uint64_t free_blocks;       /* 0: no limit */
    bool host;                  /* the host faults, and nothing runs on a device if idle */
    bool idle, opens;           /* hum_view.others_idle, opens_whole */
    unsigned want_bring, want_map, want_ahead;
    bool want_exclusive, want_takes;
};

/* Device 0 or the host faults on a block; all pages are valid, what is resident was written. */
static struct hum_view view_of(const struct world *w)
{
    struct hum_view view = {
        .processor = w->host ? HUM_HOST : 0,
        .valid = humi_mask_all(),
        .read = humi_mask_range(w->read[0], w->read[1]),
        .write = humi_mask_range(w->write[0], w->write[1]),
        .resident = humi_mask_range(w->resident[0], w->resident[1]),
        .elsewhere = humi_mask_range(w->elsewhere[0], w->elsewhere[1]),
        .neighbour_pages = {w->before, w->behind},
        .neighbour_writable = {w->before_writable, 0},
        .neighbour_guesses = w->guesses,
        .map_faults = w->map_faults,
        .advice = w->advice,
        .preferred = 0,
        .accessed_by = HUM_BIT(0),
        .free_blocks = w->free_blocks ? w->free_blocks : UINT64_MAX,
        .capacity_blocks = w->host && w->free_blocks ? 2 * w->free_blocks : UINT64_MAX,
        .others_idle = w->idle,
        .opens_whole = w->opens,
        .can_share = true,
        .region_blocks = 64,
        .block = 32,
        .heat = &no_heat,
    };

    view.written = humi_mask_or(&view.resident, &view.elsewhere);
    return view;
}

#define ALL {0, 512}
static const struct world worlds[] = {
    {.says = "only the page", .policy = "ondemand", .read = {7, 8}, .elsewhere = ALL},
    {.says = "not even with advice", .policy = "ondemand", .read = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_READ_MOSTLY | HUM_ADVISE_ACCESSED_BY | HUM_ADVISE_PREFERRED},
    {.says = "not beside dense blocks", .policy = "ondemand", .read = {7, 8}, .elsewhere = ALL,
     .before = 512, .behind = 512},

    {.says = "chunk", .policy = "driver", .read = {7, 8}, .elsewhere = ALL,
     .want_bring = 15, .want_map = 15, .want_exclusive = true},
    {.says = "chunk at first touch", .policy = "driver", .write = {7, 8},
     .want_bring = 15, .want_map = 15},
    {.says = "zeros are not moved", .policy = "driver", .read = {7, 8}, .want_bring = 15,
     .want_map = 15},
    {.says = "seventeenth chunk takes all", .policy = "driver", .read = {256, 257},
     .resident = {0, 256}, .elsewhere = {256, 512}, .want_bring = 255, .want_map = 255,
     .want_exclusive = true},
    {.says = "first touch at home", .policy = "driver", .write = {7, 8},
     .advice = HUM_ADVISE_PREFERRED, .want_bring = 511, .want_map = 511},
    {.says = "home, but written elsewhere", .policy = "driver", .read = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_PREFERRED, .want_bring = 15, .want_map = 15, .want_exclusive = true},
    {.says = "neighbours do not matter", .policy = "driver", .read = {7, 8}, .elsewhere = ALL,
     .before = 512, .behind = 512, .want_bring = 15, .want_map = 15, .want_exclusive = true},
    {.says = "resident pages map in growing windows", .policy = "driver", .read = {7, 8},
     .resident = {0, 256}, .map_faults = 1, .want_bring = 0, .want_map = 63,
     .want_exclusive = true},

    {.says = "but not against advice", .policy = "driver", .read = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_READ_MOSTLY, .want_bring = 15, .want_map = 15},
    {.says = "nor where memory of the host has a limit", .policy = "driver", .host = true,
     .read = {7, 8}, .elsewhere = ALL, .free_blocks = 100, .want_bring = 15, .want_map = 15},
    {.says = "the threshold counts", .policy = "driver,prefetch.threshold=80", .read = {256, 257},
     .resident = {0, 256}, .elsewhere = {256, 512}, .want_bring = 15, .want_map = 15,
     .want_exclusive = true},
    {.says = "half and one page is more than half", .policy = "tree", .read = {256, 257},
     .resident = {0, 241}, .elsewhere = {241, 512}, .want_bring = 270, .want_map = 270},
    {.says = "of driver's 51 % it is less", .policy = "tree,prefetch.threshold=51",
     .read = {256, 257}, .resident = {0, 241}, .elsewhere = {241, 512}, .want_bring = 15,
     .want_map = 15},
    {.says = "the chunk and no more", .policy = "chunk", .read = {256, 257}, .resident = {0, 256},
     .elsewhere = {256, 512}, .want_bring = 15, .want_map = 15},

    {.says = "chunk", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .want_bring = 15, .want_map = 15},
    {.says = "sparse first touch stays small", .policy = "ahead", .write = {7, 8},
     .want_bring = 15, .want_map = 15},
    {.says = "whole behind a dense block", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .before = 256, .want_bring = 511, .want_map = 511},
    {.says = "whole before a dense block", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .behind = 256, .want_bring = 511, .want_map = 511},
    {.says = "not beside a sparse block", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .before = 255, .behind = 255, .want_bring = 15, .want_map = 15},
    {.says = "stream asks ahead", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 384, .want_bring = 511, .want_map = 511, .want_ahead = 8},
    {.says = "backward stream does not", .policy = "ahead", .read = {511, 512}, .elsewhere = ALL,
     .behind = 512, .want_bring = 511, .want_map = 511},
    {.says = "the next block is there", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 512, .behind = 512, .want_bring = 511, .want_map = 511},
    {.says = "sixteen free blocks are enough", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 512, .free_blocks = 16, .want_bring = 511, .want_map = 511, .want_ahead = 8},
    {.says = "fifteen free blocks are not", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 512, .free_blocks = 15, .want_bring = 511, .want_map = 511},
    {.says = "stream goes on over blocks brought ahead", .policy = "ahead", .read = {0, 1},
     .resident = ALL, .elsewhere = ALL, .before = 512, .want_map = 511, .want_ahead = 8},
    {.says = "read-mostly reader", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_READ_MOSTLY, .want_bring = 511, .want_map = 511},
    {.says = "read-mostly writer", .policy = "ahead", .write = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_READ_MOSTLY, .want_bring = 15, .want_map = 15},
    {.says = "accessed by me", .policy = "ahead", .write = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_ACCESSED_BY, .want_bring = 511, .want_map = 511},
    {.says = "my preferred location", .policy = "ahead", .read = {7, 8}, .elsewhere = ALL,
     .advice = HUM_ADVISE_PREFERRED, .want_bring = 511, .want_map = 511},
    {.says = "access only: nothing is brought", .policy = "ahead", .read = {7, 8},
     .resident = {0, 300}, .elsewhere = ALL, .want_map = 15},
    {.says = "second access fault", .policy = "ahead", .read = {7, 8}, .resident = {0, 300},
     .elsewhere = ALL, .map_faults = 1, .want_map = 63},
    {.says = "third access fault", .policy = "ahead", .read = {7, 8}, .resident = {0, 300},
     .elsewhere = ALL, .map_faults = 2, .want_map = 299},
    {.says = "upgrade stays small beside dense blocks", .policy = "ahead", .write = {7, 8},
     .resident = ALL, .elsewhere = ALL, .before = 512, .behind = 100, .want_map = 15},
    {.says = "upgrade in a stream of writes takes all", .policy = "ahead", .write = {0, 1},
     .resident = ALL, .elsewhere = ALL, .before = 512, .before_writable = 512, .behind = 100,
     .want_map = 511, .want_ahead = 8},
    {.says = "read in a stream of writes takes for writing", .policy = "ahead", .read = {0, 1},
     .elsewhere = ALL, .before = 512, .before_writable = 512, .want_bring = 511, .want_map = 511,
     .want_ahead = 8, .want_exclusive = true},
    {.says = "but not for ever", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 512, .before_writable = 512, .guesses = 8, .want_bring = 511, .want_map = 511,
     .want_ahead = 8},
    {.says = "nor against advice", .policy = "ahead", .read = {0, 1}, .elsewhere = ALL,
     .before = 512, .before_writable = 512, .advice = HUM_ADVISE_READ_MOSTLY, .want_bring = 511,
     .want_map = 511, .want_ahead = 8},
    {.says = "nor where nobody wrote", .policy = "ahead", .read = {0, 1}, .before = 512,
     .before_writable = 512, .want_bring = 511, .want_map = 511, .want_ahead = 8},
    {.says = "where whole blocks are opened the first fault brings all", .policy = "ahead",
     .opens = true, .read = {7, 8}, .elsewhere = ALL, .want_bring = 511, .want_map = 511},
    {.says = "unless a part was never written", .policy = "ahead", .opens = true, .read = {7, 8},
     .elsewhere = {0, 511}, .want_bring = 15, .want_map = 15},
    {.says = "an upgrade takes all there", .policy = "ahead", .opens = true, .write = {7, 8},
     .resident = ALL, .elsewhere = ALL, .want_map = 511},
    {.says = "the host takes a whole block that it reads", .policy = "ahead", .host = true,
     .read = {16, 17}, .resident = {0, 16}, .elsewhere = ALL, .want_bring = 495, .want_map = 511,
     .want_exclusive = true},
    {.says = "not its first chunk", .policy = "ahead", .host = true, .read = {16, 17},
     .elsewhere = ALL, .want_bring = 15, .want_map = 15},
    {.says = "not against advice", .policy = "ahead", .host = true, .read = {16, 17},
     .resident = {0, 16}, .elsewhere = ALL, .advice = HUM_ADVISE_READ_MOSTLY, .want_bring = 495,
     .want_map = 511},
    {.says = "not where its memory has a limit", .policy = "ahead", .host = true,
     .read = {16, 17}, .resident = {0, 16}, .elsewhere = ALL, .free_blocks = 100,
     .want_bring = 495, .want_map = 511},
    {.says = "not what it has already", .policy = "ahead", .host = true, .read = {16, 17},
     .resident = ALL, .elsewhere = ALL, .before = 512, .behind = 100, .want_map = 511,
     .want_ahead = 8},
    {.says = "the host writes again what idle devices have", .policy = "ahead", .host = true,
     .idle = true, .write = {0, 1}, .resident = ALL, .elsewhere = ALL, .before = 512,
     .before_writable = 512, .behind = 512, .want_map = 511, .want_ahead = 8, .want_takes = true},
    {.says = "but takes nothing ahead from a running one", .policy = "ahead", .host = true,
     .write = {0, 1}, .resident = ALL, .elsewhere = ALL, .before = 512, .before_writable = 512,
     .behind = 512, .want_map = 511},
    {.says = "nor for ever", .policy = "ahead", .host = true, .idle = true, .write = {0, 1},
     .resident = ALL, .elsewhere = ALL, .before = 512, .before_writable = 512, .behind = 512,
     .guesses = 8, .want_map = 511},
    {.says = "last page of the block completes it", .policy = "ahead", .read = {511, 512},
     .resident = {0, 511}, .elsewhere = ALL, .want_map = 511},
};

static void plans_are_as_in_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
        const struct world *w = &worlds[i];
        struct hum_view view = view_of(w);
        struct humi_policy policy = policy_named(w->policy);
        struct hum_plan plan = decide(&policy, &view);
        unsigned bring, map;

        bring = humi_mask_count(&plan.bring);
        map = humi_mask_count(&plan.map);
        if (bring != w->want_bring || map != w->want_map || plan.ahead_blocks != w->want_ahead ||
            plan.exclusive != w->want_exclusive || plan.ahead_takes != w->want_takes)
            fail_msg("%s, %s: bring %u map %u ahead %u exclusive %d takes %d, "
                     "wanted %u %u %u %d %d", w->policy, w->says, bring, map, plan.ahead_blocks,
                     plan.exclusive, plan.ahead_takes, w->want_bring, w->want_map, w->want_ahead,
                     w->want_exclusive, w->want_takes);
    }
}

static void advice_for_others_changes_nothing(void **state)
{
    struct world w = {.read = {7, 8}, .elsewhere = ALL};
    struct hum_view view = view_of(&w);
    struct humi_policy policy = policy_named("ahead");

    (void)state;
    view.advice = HUM_ADVISE_PREFERRED | HUM_ADVISE_ACCESSED_BY;
    view.preferred = HUM_HOST;
    view.accessed_by = HUM_BIT(HUM_HOST) | HUM_BIT(1);
    struct hum_plan plan = decide(&policy, &view);
    assert_int_equal(humi_mask_count(&plan.bring), 15);
}

/* Run `check` for every prefetch part with every place part, and with all named policies. */
static void with_every_policy(void (*check)(struct humi_policy *policy, void *context),
                              void *context)
{
    const struct hum_part *place, *prefetch, *thrash;

    for (unsigned i = 0; humi_policy_at(i); i++) {
        struct humi_policy policy = policy_named(humi_policy_at(i)->name);
        check(&policy, context);
    }
    for (unsigned a = 0; (place = humi_part_at(HUMI_PLACE, a)); a++)
        for (unsigned b = 0; (prefetch = humi_part_at(HUMI_PREFETCH, b)); b++)
            for (unsigned c = 0; (thrash = humi_part_at(HUMI_THRASH, c)); c++) {
                char text[128];
                struct humi_policy policy;
                snprintf(text, sizeof text, "place=%s,prefetch=%s,thrash=%s", place->name,
                         prefetch->name, thrash->name);
                policy = policy_named(text);
                check(&policy, context);
            }
}

static void check_within(struct humi_policy *policy, void *context)
{
    const struct hum_view *view = context;
    struct hum_plan plan = decide(policy, view);

    assert_true(humi_mask_within(&plan.bring, &view->valid));
    assert_true(humi_mask_within(&plan.map, &view->valid));
}

static void nothing_outside_the_region_is_asked_for(void **state)
{
    struct world w = {.read = {20, 21}, .elsewhere = {16, 24}, .before = 512};

    struct hum_view view = view_of(&w);

    (void)state;
    view.valid = humi_mask_range(16, 24);
    with_every_policy(check_within, &view);
}

/* ---- what holds for every policy ------------------------------------------------------------- */

static struct hum_pages random_mask(void)
{
    unsigned first = (unsigned)(random_next(&randoms) % 512),
             end = (unsigned)(random_next(&randoms) % 513);
    struct hum_pages mask = first < end ? humi_mask_range(first, end) : humi_mask_none();

    for (unsigned i = (unsigned)(random_next(&randoms) % 40); i > 0; i--)
        humi_mask_set(&mask, (unsigned)(random_next(&randoms) % 512));
    return random_next(&randoms) % 6 ? mask : humi_mask_all();
}

static struct hum_view random_view(void)
{
    struct hum_view view = {
        .processor = (int)(random_next(&randoms) % 3) - 1,
        .valid = random_mask(),
        .read = random_mask(),
        .write = random_mask(),
        .resident = random_mask(),
        .elsewhere = random_mask(),
        .neighbour_pages = {(unsigned)(random_next(&randoms) % 513),
                            (unsigned)(random_next(&randoms) % 513)},
        .map_faults = (unsigned)(random_next(&randoms) % 5),
        .advice = (uint32_t)(random_next(&randoms) % 8),
        .preferred = (int)(random_next(&randoms) % 3) - 1,
        .accessed_by = (uint32_t)(random_next(&randoms) % 8),
        .free_blocks = random_next(&randoms) % 16,
        .capacity_blocks = 4,
        .can_share = random_next(&randoms) % 4 != 0,
        .can_remote = random_next(&randoms) % 2,
        .region_blocks = 100,
        .block = (uint32_t)(random_next(&randoms) % 100),
        .evictions = (unsigned)(random_next(&randoms) % 3),
        .agent = (uint32_t)(random_next(&randoms) % 3),
        .time_ns = random_next(&randoms) % 1000000,
        .heat = &no_heat,
    };
    unsigned page = (unsigned)(random_next(&randoms) % 512);

    humi_mask_set(&view.valid, page);
    if (random_next(&randoms) % 2)
        view.read = view.write = humi_mask_none();
    humi_mask_set(random_next(&randoms) % 2 ? &view.read : &view.write, page);
    humi_mask_keep(&view.read, &view.valid);
    humi_mask_keep(&view.write, &view.valid);
    humi_mask_keep(&view.resident, &view.valid);
    humi_mask_keep(&view.elsewhere, &view.valid);
    view.mapped = random_mask();
    humi_mask_keep(&view.mapped, &view.resident);
    view.written = humi_mask_or(&view.resident, &view.elsewhere);
    return view;
}

static void check_rules(struct humi_policy *policy, void *context)
{
    const struct hum_view *view = context;
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write);
    struct hum_plan plan = decide(policy, view), again = decide(policy, view);

    assert_memory_equal(&plan, &again, sizeof plan);
    assert_null(humi_plan_broken(view, &plan));
    assert_false(humi_mask_meets(&plan.bring, &view->resident));
    assert_false(humi_mask_meets(&plan.bring, &faulted));
    assert_false(humi_mask_meets(&plan.map, &faulted));
    if (atomic_load(&policy->broken))
        fail_msg("%s: a plan was broken", policy->part[HUMI_PREFETCH]->name);
}

static void every_plan_keeps_the_rules(void **state)
{
    (void)state;
    for (unsigned i = 0; i < random_steps(5000); i++) {
        struct hum_view view = random_view();
        with_every_policy(check_rules, &view);
    }
}

/* What making room changes, and when it is asked again. */
static void check_steadiness(struct humi_policy *policy, void *context)
{
    struct hum_view view = *(const struct hum_view *)context;
    struct hum_plan plan = decide(policy, &view), later;

    if (!policy->steady)
        return;
    view.again = true;
    view.free_blocks = random_next(&randoms) % 20;
    view.time_ns += random_next(&randoms) % 1000000;
    for (unsigned side = 0; side < 2; side++) {
        view.neighbour_pages[side] = (unsigned)(random_next(&randoms) % 513);
        view.neighbour_writable[side] = view.neighbour_pages[side] / 2;
    }
    later = decide(policy, &view);
    later.throttle_us = plan.throttle_us; /* it has waited */
    assert_memory_equal(&plan, &later, sizeof plan);
}

static void what_leaves_changes_no_plan_that_holds(void **state)
{
    struct humi_policy driver = policy_named("driver"), ahead = policy_named("ahead");

    (void)state;
    assert_true(driver.steady);
    assert_false(ahead.steady);
    for (unsigned i = 0; i < random_steps(2000); i++) {
        struct hum_view view = random_view();
        with_every_policy(check_steadiness, &view);
    }
}

/* ---- cost ------------------------------------------------------------------------------------ */

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void decisions_are_cheap(void **state)
{
    enum { VIEWS = 64, ROUNDS = 2000 };
    static struct hum_view views[VIEWS];

    (void)state;
    for (unsigned i = 0; i < VIEWS; i++) {
        views[i] = random_view();
        views[i].read = views[i].write = humi_mask_none();
        humi_mask_set(&views[i].read, (unsigned)(random_next(&randoms) % 512));
    }
    for (unsigned p = 0; humi_policy_at(p); p++) {
        struct humi_policy policy = policy_named(humi_policy_at(p)->name);
        void *memory[HUM_MEMORY_COUNT];
        for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++)
            memory[m] = memset(memory_of[m], 0, policy.bytes[m]);
        double start = now_ns(), each;
        for (unsigned i = 0; i < VIEWS * ROUNDS; i++) {
            struct hum_plan plan;
            humi_policy_plan(&policy, &views[i % VIEWS], memory, &plan);
            __asm__ volatile("" : : "r"(&plan) : "memory");
        }
        each = (now_ns() - start) / (VIEWS * ROUNDS);
        print_message("%-14s %6.0f ns a decision (goal: 100), %u bytes a block\n",
                      humi_policy_at(p)->name, each, policy.bytes[HUM_MEMORY_BLOCK]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_are_as_in_the_table),
        cmocka_unit_test(advice_for_others_changes_nothing),
        cmocka_unit_test(nothing_outside_the_region_is_asked_for),
        cmocka_unit_test(every_plan_keeps_the_rules),
        cmocka_unit_test(what_leaves_changes_no_plan_that_holds),
        cmocka_unit_test(decisions_are_cheap),
    };

    randoms = random_make(random_seed("policy_plan"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
