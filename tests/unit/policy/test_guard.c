/* SPDX-License-Identifier: MIT */
/*
 * test_guard.c - orders of eviction that are not ours: honest ones are left alone, others lose
 * their place to the default order, which then has every object that is in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/evict/guard.h"
#include "policy/evict/registry.h"
#include "policy/registry.h"
#include "support/random.h"
#include "support/test.h"

#define OBJECTS 40u

static struct random randoms;
static const struct hum_heat no_heat;
static const struct hum_evict_facts facts = {.heat = &no_heat, .resident_pages = 1};

/* ---- an order with answers of our choice, around fifo ---------------------------------------- */

static uint32_t (*answer)(void *state, uint32_t incoming, uint32_t after);

static uint32_t borrowed_victim(void *state, uint32_t incoming, uint32_t after)
{
    return answer(state, incoming, after);
}

/* fifo under another name is not ours, and never wrong. */
static struct hum_evict stranger(void)
{
    struct hum_evict evict = *humi_evict_find("fifo");
    evict.name = "stranger";
    evict.victim = borrowed_victim;
    return evict;
}

static uint32_t fifo(void *state, uint32_t incoming, uint32_t after)
{
    return humi_evict_find("fifo")->victim(state, incoming, after);
}

static uint32_t beyond(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    (void)after;
    return OBJECTS;
}

static uint32_t far_beyond(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    (void)after;
    return UINT32_MAX - 1;
}

static uint32_t not_in(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    (void)after;
    return OBJECTS - 1;
}

static uint32_t nothing(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    (void)after;
    return HUM_EVICT_NONE;
}

/* The first again and again. */
static uint32_t the_same(void *state, uint32_t incoming, uint32_t after)
{
    (void)after;
    return fifo(state, incoming, HUM_EVICT_NONE);
}

/* The first and the second in turn. */
static uint32_t round_and_round(void *state, uint32_t incoming, uint32_t after)
{
    uint32_t first = fifo(state, incoming, HUM_EVICT_NONE);
    return after == first ? fifo(state, incoming, first) : first;
}

static struct humi_guard make(const struct hum_evict *evict)
{
    struct humi_guard guard;
    assert_int_equal(humi_guard_init(&guard, evict, NULL, 16, OBJECTS), HUM_OK);
    for (uint32_t i = 0; i < 10; i++)
        humi_guard_arrive(&guard, (i * 7) % OBJECTS, &facts); /* never 39 */
    return guard;
}

/* A walk to its end; how many were named.  It must end, and name what is in. */
static unsigned walk(struct humi_guard *guard, bool *named)
{
    unsigned asked = 0;
    uint32_t at = HUM_EVICT_NONE;

    memset(named, 0, OBJECTS);
    while ((at = humi_guard_victim(guard, 3, at, asked)) != HUM_EVICT_NONE) {
        assert_true(humi_guard_has(guard, at));
        assert_true(asked < 1000);
        named[at] = true;
        asked++;
    }
    return asked;
}

static void assert_all_named(struct humi_guard *guard, const bool *named)
{
    for (uint32_t i = 0; i < OBJECTS; i++)
        assert_int_equal(named[i], humi_guard_has(guard, i));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void an_honest_stranger_keeps_its_place(void **state)
{
    struct hum_evict evict = stranger();
    struct humi_guard guard = make(&evict);
    bool named[OBJECTS];

    (void)state;
    answer = fifo;
    assert_int_equal(walk(&guard, named), 10);
    assert_all_named(&guard, named);
    assert_ptr_equal(guard.evict, &evict);
    assert_int_equal(humi_guard_victim(&guard, HUM_EVICT_NONE, HUM_EVICT_NONE, 0), 0);
    assert_int_equal(humi_guard_victim(&guard, HUM_EVICT_NONE, 0, 1), 7);
    humi_guard_fini(&guard);
}

static void nonsense_is_replaced_by_the_default_order(void **state)
{
    uint32_t (*const answers[])(void *, uint32_t, uint32_t) = {
        beyond, far_beyond, not_in, nothing, the_same, round_and_round};

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(answers); i++) {
        struct hum_evict evict = stranger();
        struct humi_guard guard = make(&evict);
        bool named[OBJECTS];

        answer = answers[i];
        walk(&guard, named);
        assert_ptr_equal(guard.evict, humi_policy_base()->evict);
        assert_all_named(&guard, named);
        assert_int_equal(walk(&guard, named), 10); /* each once from now on */
        humi_guard_leave(&guard, 7, true);
        humi_guard_arrive(&guard, 39, &facts);
        assert_int_equal(walk(&guard, named), 10);
        assert_all_named(&guard, named);
        assert_false(humi_guard_doubt(&guard));
        humi_guard_fini(&guard);
    }
}

static void an_empty_state_may_name_nothing(void **state)
{
    struct hum_evict evict = stranger();
    struct humi_guard guard;

    (void)state;
    answer = nothing;
    assert_int_equal(humi_guard_init(&guard, &evict, NULL, 16, OBJECTS), HUM_OK);
    assert_int_equal(humi_guard_victim(&guard, HUM_EVICT_NONE, HUM_EVICT_NONE, 0), HUM_EVICT_NONE);
    assert_ptr_equal(guard.evict, &evict);
    humi_guard_fini(&guard);
}

static void a_doubted_order_loses_its_place_unless_it_is_ours(void **state)
{
    struct hum_evict evict = stranger();
    struct humi_guard guard = make(&evict), ours = make(humi_evict_find("fifo"));

    (void)state;
    answer = fifo;
    assert_true(humi_guard_doubt(&guard));
    assert_ptr_equal(guard.evict, humi_policy_base()->evict);
    assert_false(humi_guard_doubt(&ours));
    assert_ptr_equal(ours.evict, humi_evict_find("fifo"));
    humi_guard_fini(&guard);
    humi_guard_fini(&ours);
}

static size_t too_many(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return (size_t)HUMI_GUARD_BYTES_MAX(objects) + 1;
}

static size_t most_of_memory(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    (void)objects;
    return SIZE_MAX;
}

static void too_much_state_is_refused(void **state)
{
    size_t (*const sizes[])(uint64_t, uint32_t) = {too_many, most_of_memory};

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        struct hum_evict evict = stranger();
        struct humi_guard guard;
        evict.bytes = sizes[i];
        assert_int_equal(humi_guard_init(&guard, &evict, NULL, 16, OBJECTS), HUM_ERR_INVALID);
        assert_non_null(strstr(hum_error_text(), "evict=stranger wants"));
    }
}

/* A space of 1 TiB, and a device of any size. */
static void every_order_of_ours_fits(void **state)
{
    const uint64_t capacities[] = {1, 4, 1000, UINT64_C(1) << 19};

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++)
        for (unsigned c = 0; c < COUNT_OF(capacities); c++)
            assert_true(humi_evict_at(i)->bytes(capacities[c], 1u << 19) <=
                        HUMI_GUARD_BYTES_MAX(1u << 19));
}

/* Against a set: whatever comes and goes, a walk names what is in, also after a change of hands. */
static void random_histories_keep_what_is_in(void **state)
{
    uint32_t (*const answers[])(void *, uint32_t, uint32_t) = {
        fifo, beyond, nothing, the_same, round_and_round};

    (void)state;
    for (unsigned round = 0; round < random_steps(300); round++) {
        struct hum_evict evict = stranger();
        struct humi_guard guard;
        bool in[OBJECTS] = {false}, named[OBJECTS];
        unsigned count = 0;

        assert_int_equal(humi_guard_init(&guard, &evict, NULL, 16, OBJECTS), HUM_OK);
        for (unsigned step = 0; step < 60; step++) {
            uint32_t object = (uint32_t)(random_next(&randoms) % OBJECTS);
            if (in[object])
                humi_guard_leave(&guard, object, random_next(&randoms) % 2);
            else
                humi_guard_arrive(&guard, object, &facts);
            in[object] = !in[object];
            count = in[object] ? count + 1 : count - 1;
            assert_int_equal(guard.count, count);
            if (random_next(&randoms) % 20)
                continue;
            answer = answers[random_next(&randoms) % COUNT_OF(answers)];
            walk(&guard, named);
            if (guard.spare && (answer == the_same || answer == round_and_round))
                assert_true(count < 2); /* no harm could be seen */
            else
                assert_memory_equal(named, in, sizeof in);
        }
        humi_guard_fini(&guard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_stranger_keeps_its_place),
        cmocka_unit_test(nonsense_is_replaced_by_the_default_order),
        cmocka_unit_test(an_empty_state_may_name_nothing),
        cmocka_unit_test(a_doubted_order_loses_its_place_unless_it_is_ours),
        cmocka_unit_test(too_much_state_is_refused),
        cmocka_unit_test(every_order_of_ours_fits),
        cmocka_unit_test(random_histories_keep_what_is_in),
    };

    randoms = random_make(random_seed("policy_guard"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
