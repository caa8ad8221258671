/* SPDX-License-Identifier: MIT */
/*
 * test_thrash.c - the driver's thrash detector: each transition, on a clock that the test turns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/thrash/driver.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static const struct hum_heat no_heat;
static struct humi_policy policy;
static struct humi_thrash thrash;
static uint64_t now_ns;
static bool can_remote;

static int begin(void **state)
{
    (void)state;
    memset(&thrash, 0, sizeof thrash);
    now_ns = 1000 * MS;
    can_remote = true;
    return humi_policy_read("test", humi_slice_of("ondemand,thrash=driver"), &policy) != HUM_OK;
}

/* The processor touches a page that only another one has. */
static struct hum_plan take_page(int processor, unsigned page)
{
    struct hum_view view = {.processor = processor,
                            .valid = humi_mask_all(),
                            .write = humi_mask_range(page, page + 1),
                            .elsewhere = humi_mask_all(),
                            .written = humi_mask_all(),
                            .can_remote = can_remote,
                            .free_blocks = 10,
                            .capacity_blocks = 20,
                            .time_ns = now_ns,
                            .heat = &no_heat};
    void *memory[HUM_MEMORY_COUNT] = {[HUM_MEMORY_BLOCK] = &thrash};
    struct hum_plan plan;

    assert_true(policy.bytes[HUM_MEMORY_BLOCK] >= sizeof thrash);
    humi_policy_plan(&policy, &view, memory, &plan);
    assert_false(atomic_load(&policy.broken));
    return plan;
}

static struct hum_plan take(int processor)
{
    return take_page(processor, 3);
}

static bool is_empty(const struct hum_plan *plan)
{
    static const struct hum_plan empty;

    return memcmp(plan, &empty, sizeof empty) == 0;
}

/* Host and device in turn, 100 us apart, until it thrashes at the third event, the host's. */
static void make_it_thrash(void)
{
    for (int i = 0; i < 3; i++) {
        struct hum_plan plan = take(i % 2 ? 0 : HUM_HOST);
        assert_true(is_empty(&plan));
        assert_int_equal(thrash.thrashing != 0, i == 2);
        now_ns += 100 * US;
    }
}

static void make_it_pinned(void)
{
    make_it_thrash();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(thrash.pinned, 0);
        (void)take(0);
    }
    assert_int_equal(thrash.pinned, 1);
}

static void three_events_in_a_row_are_thrashing(void **state)
{
    (void)state;
    make_it_thrash();
    assert_int_equal(thrash.thrashing, 1);
}

static void events_far_apart_are_not(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct hum_plan plan = take(i % 2 ? 0 : HUM_HOST);
        assert_true(is_empty(&plan));
        now_ns += 502 * US;
    }
    assert_int_equal(thrash.thrashing, 0);
}

static void one_processor_alone_does_not_thrash(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct hum_plan plan = take(0);
        assert_true(is_empty(&plan));
        now_ns += 10 * US;
    }
    assert_int_equal(thrash.thrashing, 0);
}

static void other_chunks_do_not_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct hum_plan plan = take_page(i % 2 ? 0 : HUM_HOST, 16 * i % 512);
        assert_true(is_empty(&plan));
        now_ns += 10 * US;
    }
    assert_int_equal(thrash.thrashing, 0);
}

static void one_goes_on_and_others_wait(void **state)
{
    (void)state;
    make_it_thrash();               /* the host took it 100 us ago and goes on for 400 */
    assert_int_equal(thrash.owner, 1);
    assert_int_equal(take(0).throttle_us, 400);
    struct hum_plan plan = take(HUM_HOST);
    assert_int_equal(plan.throttle_us, 0);
    now_ns += 401 * US;
    plan = take(0);                 /* now it is the device's turn */
    assert_int_equal(plan.throttle_us, 0);
    assert_int_equal(thrash.owner, 2);
    assert_int_equal(take(HUM_HOST).throttle_us, 500);
}

static void ten_waits_pin_it_where_it_is(void **state)
{
    struct hum_plan plan;

    (void)state;
    make_it_thrash();
    for (int i = 0; i < 9; i++) {
        assert_true(take(0).throttle_us > 0);
        assert_int_equal(thrash.pinned, 0);
        (void)take(HUM_HOST);
    }
    plan = take(0);
    assert_int_equal(thrash.pinned, 1);
    assert_int_equal(plan.throttle_us, 0);
    assert_int_equal(humi_mask_count(&plan.remote), 16); /* its chunk */
    assert_true(humi_mask_has(&plan.remote, 3));
    plan = take(HUM_HOST);
    assert_true(humi_mask_empty(&plan.remote)); /* it is there */
    now_ns += 149 * MS;
    plan = take(0);
    assert_int_equal(humi_mask_count(&plan.remote), 16);
}

static void a_pin_ends_and_it_may_thrash_again(void **state)
{
    struct hum_plan plan;

    (void)state;
    make_it_pinned();
    now_ns += 151 * MS;
    plan = take(0);
    assert_true(is_empty(&plan));
    assert_int_equal(thrash.pinned, 0);
    assert_int_equal(thrash.thrashing, 0);
    assert_int_equal(thrash.pins, 1);
}

static void the_fifth_pin_stays(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 5; i++) {
        make_it_pinned();
        assert_int_equal(thrash.pins, i);
        now_ns += 151 * MS;
        (void)take(0);
        assert_int_equal(thrash.pinned != 0, i == 5);
        now_ns += 1 * MS; /* what follows begins anew */
    }
}

static void a_second_without_events_forgets_all(void **state)
{
    struct hum_plan plan;

    (void)state;
    make_it_pinned();
    now_ns += 1001 * MS;
    plan = take(0);
    assert_true(is_empty(&plan));
    assert_int_equal(thrash.pins, 0);
    assert_int_equal(thrash.pinned | thrash.thrashing, 0);
}

static void where_nothing_can_be_mapped_others_wait_at_a_pin(void **state)
{
    (void)state;
    can_remote = false;
    make_it_pinned();
    struct hum_plan plan = take(0);
    assert_true(humi_mask_empty(&plan.remote));
    assert_int_equal(plan.throttle_us, 500);
}

static void a_fault_seen_again_is_no_event(void **state)
{
    struct hum_view view = {.valid = humi_mask_all(), .read = humi_mask_range(0, 1),
                            .elsewhere = humi_mask_all(), .written = humi_mask_all(),
                            .again = true, .time_ns = now_ns, .heat = &no_heat};
    void *memory[HUM_MEMORY_COUNT] = {[HUM_MEMORY_BLOCK] = &thrash};
    struct humi_thrash before;
    struct hum_plan plan;

    (void)state;
    make_it_thrash();
    memcpy(&before, &thrash, sizeof before);
    humi_policy_plan(&policy, &view, memory, &plan);
    assert_memory_equal(&before, &thrash, sizeof before);
    assert_int_equal(plan.throttle_us, 0); /* it has waited */
}

static void what_thrashes_comes_alone(void **state)
{
    (void)state;
    assert_int_equal(humi_policy_read("test", humi_slice_of("driver"), &policy), HUM_OK);
    for (int i = 0; i < 3; i++) {
        struct hum_plan plan = take(i % 2 ? 0 : HUM_HOST);
        assert_int_equal(humi_mask_count(&plan.bring), i < 2 ? 15 : 0);
        now_ns += 100 * US;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(three_events_in_a_row_are_thrashing, begin),
        cmocka_unit_test_setup(events_far_apart_are_not, begin),
        cmocka_unit_test_setup(one_processor_alone_does_not_thrash, begin),
        cmocka_unit_test_setup(other_chunks_do_not_count, begin),
        cmocka_unit_test_setup(one_goes_on_and_others_wait, begin),
        cmocka_unit_test_setup(ten_waits_pin_it_where_it_is, begin),
        cmocka_unit_test_setup(a_pin_ends_and_it_may_thrash_again, begin),
        cmocka_unit_test_setup(the_fifth_pin_stays, begin),
        cmocka_unit_test_setup(a_second_without_events_forgets_all, begin),
        cmocka_unit_test_setup(where_nothing_can_be_mapped_others_wait_at_a_pin, begin),
        cmocka_unit_test_setup(a_fault_seen_again_is_no_event, begin),
        cmocka_unit_test_setup(what_thrashes_comes_alone, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
