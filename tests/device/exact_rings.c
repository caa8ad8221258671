/* SPDX-License-Identifier: MIT */
/* exact_rings.c - exact recording with full or damaged rings: nobody hangs. */
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "device/emu/emu.h"
#include "device/exact_world.h"

#define TINY 4u /* records of a ring */

static int setup_tiny(void **state)
{
    (void)state;
    exact_open(TINY, 2, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&exact_w);
    return 0;
}

static struct stride_args slow_args(void)
{
    return (struct stride_args){at(&exact_w, 0), 1024, 520}; /* no two records make a run */
}

/* A launch whose touches nobody takes; returns once every worker waits. */
static uint64_t start_and_fill(void)
{
    struct humi_emu *emu = (struct humi_emu *)(void *)exact_w.p;
    struct stride_args args = slow_args();
    uint64_t ticket = exact_start("stride", args.n, &args, sizeof args);
    uint64_t end = humi_clock_ns() + 10 * HUMI_NS_PER_S;

    for (unsigned i = 0; i < exact_w.p->workers; i++) {
        const struct humi_emu_ring *ring = humi_emu_ring(emu->touches, emu->touch_records, i);
        while (!__atomic_load_n(&ring->waits, __ATOMIC_SEQ_CST)) {
            assert_true(humi_clock_ns() < end);
            sched_yield();
        }
    }
    return ticket;
}

static void expect_slow(void)
{
    struct stride_args args = slow_args();

    for (size_t i = 0; i < args.n; i++)
        exact_expect(&args.words[i * args.step], 8, true);
}

static void a_worker_waits_for_room_and_loses_nothing(void **state)
{
    uint64_t ticket = start_and_fill();
    struct humi_outcome outcome;

    (void)state;
    assert_int_equal(exact_w.p->ops->wait(exact_w.p, ticket, 0, &outcome), HUM_NOT_READY);
    while (exact_w.p->ops->wait(exact_w.p, ticket, 0, &outcome) == HUM_NOT_READY)
        (void)exact_take_some((int64_t)HUMI_NS_PER_MS);
    assert_int_equal(outcome.status, HUM_OK);
    exact_take_all();
    expect_slow();
    exact_check(true);
}

static void a_kill_while_a_ring_is_full_hangs_nobody(void **state)
{
    uint64_t ticket = start_and_fill();
    struct stride_args args = slow_args();

    (void)state;
    assert_int_equal(kill(exact_w.p->pid, SIGKILL), 0);
    assert_int_equal(launch_end(&exact_w, ticket).status, HUM_ERR_DEVICE_LOST);
    assert_int_equal(exact_w.p->ops->restart(exact_w.p), HUM_OK);
    exact_take_all();
    assert_true(exact_order_count == 2 * 4 * 1); /* what was in the two rings is not lost */
    world_map(&exact_w, 0, EXACT_BYTES, HUMI_MAP_OWN);
    exact_forget();
    expect_slow();
    exact_run_flat("stride", args.n, &args, sizeof args);
    exact_check(true);
}

static void closing_while_a_ring_is_full_hangs_nobody(void **state)
{
    (void)state;
    (void)start_and_fill();
}

static void the_watchdog_ends_a_wait_for_room(void **state)
{
    struct stride_args args;
    uint64_t ticket;

    (void)state;
    world_close(&exact_w);
    exact_open(TINY, 2, 200);
    args = slow_args();
    ticket = exact_start("stride", args.n, &args, sizeof args);
    assert_int_equal(launch_end(&exact_w, ticket).status, HUM_ERR_TIMEOUT);
    exact_take_all();
    exact_forget();
    args.n = 3;
    for (size_t i = 0; i < args.n; i++)
        exact_expect(&args.words[i * args.step], 8, true);
    exact_run_flat("stride", args.n, &args, sizeof args);
    exact_check(true);
}

static void a_ring_written_over_is_survived(void **state)
{
    struct humi_emu *emu = (struct humi_emu *)(void *)exact_w.p;
    struct humi_emu_ring *ring = humi_emu_ring(emu->touches, emu->touch_records, 0);
    struct stride_args args = slow_args();

    (void)state;
    ring->head += 1000;
    exact_take_all();
    ring->records[ring->head % 4] =
        (struct humi_emu_touch){.page = UINT32_MAX - 5, .pages = 99, .count = {1, 1}};
    ring->head++;
    exact_take_all();
    assert_int_equal(exact_order_count, 0);
    expect_slow();
    exact_run_flat("stride", args.n, &args, sizeof args);
    exact_check(true);
}

static void odd_rings_are_refused(void **state)
{
    static const uint32_t odd[] = {1, 2, 3, 5, 100, UINT32_C(1) << 25};
    const struct humi_device_params params = {
        .kind = "emu", .memory_bytes = EXACT_BYTES, .workers = 1};
    struct humi_space_params space = exact_w.space;
    struct humi_processor *p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        space.exact_records = odd[i];
        assert_int_equal(humi_emu_open(&space, &params, &p), HUM_ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_worker_waits_for_room_and_loses_nothing, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_kill_while_a_ring_is_full_hangs_nobody, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(closing_while_a_ring_is_full_hangs_nobody, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_watchdog_ends_a_wait_for_room, setup_tiny, teardown),
        cmocka_unit_test_setup_teardown(a_ring_written_over_is_survived, setup_tiny, teardown),
        cmocka_unit_test_setup_teardown(odd_rings_are_refused, setup_tiny, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
