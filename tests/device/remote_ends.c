/* SPDX-License-Identifier: MIT */
/* remote_ends.c - how many pages may lead elsewhere, what ends it, and what it costs. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "device/remote.h"

/* ---- limits and ends ------------------------------------------------------------------------- */

static void too_many_are_refused_and_harm_nothing(void **state)
{
    enum hum_status status = HUM_OK;
    size_t count = 0;

    (void)state;
    if (!pair->counts)
        return;
    for (size_t b = 0; b < 40; b++)
        back_owner(b * BLOCK, BLOCK);
    while (status == HUM_OK && count < 40 * 256) {
        status = w.p->ops->map_remote(w.p, 2 * count * PAGE, PAGE, owner.p);
        count += status == HUM_OK;
    }
    assert_int_equal(status, HUM_ERR_NO_MEMORY);
    assert_true(count > 1000);
    assert_false(write_faults(&w, 2 * (count - 1) * PAGE, 9));
    assert_int_equal(*frame(&owner, 2 * (count - 1) * PAGE), 9);
    assert_true(write_faults(&w, 2 * count * PAGE, 9));
    assert_int_equal(*frame(&owner, 2 * count * PAGE), 0);
    w.p->ops->unmap(w.p, 0, BLOCK);
    world_map(&w, 0, BLOCK, HUMI_MAP_OWN);
    w.p->ops->unmap(w.p, 0, BLOCK);
    lead(0, BLOCK); /* there is room again */
    assert_false(write_faults(&w, PAGE, 10));
}

static void kill_process(const struct world *whose)
{
    struct pollfd life = {whose->p->life_fd, POLLIN, 0};

    assert_int_equal(kill(whose->p->pid, SIGKILL), 0);
    assert_int_equal(poll(&life, 1, 10000), 1);
}

static void restart(void)
{
    assert_int_equal(w.p->ops->restart(w.p), HUM_OK);
    world_map(&w, w.space.bytes - BLOCK, BLOCK, HUMI_MAP_OWN); /* scratch */
}

static void killed_who_touches(void **state)
{
    (void)state;
    if (!w.mode->device)
        return;
    lead(0, CHUNK);
    assert_false(write_faults(&w, 8, 3));
    kill_process(&w);
    w.p->ops->unmap(w.p, 0, CHUNK); /* as well as later */
    restart();
    assert_true(write_faults(&w, 8, 4));
    assert_int_equal(*frame(&owner, 8), 3);
    assert_int_equal(*frame(&w, 8), 4);
    w.p->ops->unmap(w.p, 0, CHUNK);
    lead(0, CHUNK);
    assert_int_equal(read_through(8), 3);
}

static void killed_while_it_touches(void **state)
{
    struct hammer_args args = {at(&w, 8), at(&w, w.space.bytes - BLOCK)};

    (void)state;
    if (!w.mode->device)
        return;
    for (int round = 0; round < 5; round++) {
        lead(0, CHUNK);
        uint64_t running = launch_start(&w, "hammer", 1, 1, &args, sizeof args);
        let_run(&owner, 8);
        assert_int_equal(kill(w.p->pid, SIGKILL), 0);
        (void)w.p->ops->map_remote(w.p, CHUNK, CHUNK, owner.p); /* whatever it says */
        assert_int_equal(launch_end(&w, running).status, HUM_ERR_DEVICE_LOST);
        assert_int_equal(w.p->ops->map_remote(w.p, 4 * CHUNK, CHUNK, owner.p),
                         HUM_ERR_DEVICE_LOST);
        restart();
        assert_true(read_faults(&w, 8, NULL));
        w.p->ops->unmap(w.p, 0, BLOCK);
    }
}

static void the_owners_process_may_die(void **state)
{
    (void)state;
    if (!owner.mode->device)
        return;
    lead(0, CHUNK);
    assert_false(write_faults(&w, 8, 3));
    kill_process(&owner);
    assert_int_equal(read_through(8), 3);
    assert_false(write_faults(&w, 16, 4));
    assert_int_equal(owner.p->ops->restart(owner.p), HUM_OK);
    assert_false(write_faults(&w, 24, 5));
    assert_int_equal(*frame(&owner, 16), 4);
    assert_int_equal(*frame(&owner, 24), 5);
}

static void a_jump_into_the_space_is_still_a_crash(void **state)
{
    struct crash_args args = {CRASH_JUMP, at(&w, 0)};

    (void)state;
    if (!w.mode->device)
        return;
    for (int round = 0; round < 3; round++) {
        lead(0, CHUNK);
        w.p->ops->unmap(w.p, 0, CHUNK);
        world_map(&w, 0, PAGE, HUMI_MAP_WRITE);
        uint64_t jumping = launch_start(&w, "crash", 1, 1, &args, sizeof args);
        assert_int_equal(launch_end(&w, jumping).status, HUM_ERR_ILLEGAL_ADDRESS);
        w.p->ops->unmap(w.p, 0, PAGE);
    }
}

/* ---- what it costs: printed, not judged ------------------------------------------------------ */

#define ROUNDS 15u

static int compare_times(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median_us(uint64_t *ns)
{
    qsort(ns, ROUNDS, sizeof *ns, compare_times);
    return (double)ns[ROUNDS / 2] / 1000;
}

static void print_costs(const char *what, size_t bytes)
{
    uint64_t map_ns[ROUNDS], take_ns[ROUNDS];

    back_owner(0, BLOCK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = humi_clock_real_ns(), mapped;
        assert_int_equal(w.p->ops->map_remote(w.p, 0, bytes, owner.p), HUM_OK);
        mapped = humi_clock_real_ns();
        w.p->ops->unmap(w.p, 0, bytes);
        take_ns[i] = humi_clock_real_ns() - mapped;
        map_ns[i] = mapped - start;
    }
    print_message("    %s: map %.1f us, take away %.1f us\n", what, median_us(map_ns),
                  median_us(take_ns));
}

/* Reading 64 MiB by the host, from its own frames or from the owner's. */
static double gigabytes_per_second(bool remote)
{
    const size_t bytes = 32 * BLOCK;
    uint64_t ns[ROUNDS], sum = 0;

    for (size_t at = 0; at < bytes; at += BLOCK) {
        if (remote)
            lead(at, BLOCK);
        else
            world_map(&w, at, BLOCK, HUMI_MAP_OWN);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = humi_clock_real_ns();
        for (size_t word = 0; word < bytes / 8; word++)
            sum += at(&w, 0)[word];
        ns[i] = humi_clock_real_ns() - start;
    }
    assert_int_equal(sum, 0); /* new frames are zero */
    w.p->ops->unmap(w.p, 0, bytes);
    return (double)bytes / (median_us(ns) * 1000);
}

static void costs(void **state)
{
    (void)state;
    print_costs("64 KiB", CHUNK);
    print_costs("2 MiB", BLOCK);
    if (w.mode->device)
        return;
    double own = gigabytes_per_second(false);
    print_message("    read by the host: own %.1f GB/s, remote %.1f GB/s\n", own,
                  gigabytes_per_second(true));
}

int remote_ends(void)
{
    const struct CMUnitTest tests[] = {
        remote_test(too_many_are_refused_and_harm_nothing),
        remote_test(killed_who_touches),
        remote_test(killed_while_it_touches),
        remote_test(the_owners_process_may_die),
        remote_test(a_jump_into_the_space_is_still_a_crash),
        remote_test(costs),
    };

    return cmocka_run_group_tests_name(pair->name, tests, NULL, NULL);
}
