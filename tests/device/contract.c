/* SPDX-License-Identifier: MIT */
/*
 * contract.c - what device.h promises, on every processor and in every mode.
 *
 * The tests see access only as a program does: by touching.  Those that need touches to fault, or
 * a window, say so in the list at the end.
 */
#include <stdio.h>
#include <string.h>

#include "device/contract.h"
#include "os/userfault.h"
#include "support/random.h"

static const struct mode modes[] = {
    {"host", ON_HOST, true, true, true, false, NULL},
    {"host, small frames", ON_HOST, false, true, true, false, NULL},
    {"host, user faults only", ON_HOST, true, false, true, false, NULL},
    {"host, no shared reads", ON_HOST, true, true, false, false, NULL},
    {"emu", ON_EMU, true, true, true, false, NULL},
    {"emu, small frames", ON_EMU, false, true, true, false, NULL},
    {"emu, user faults only", ON_EMU, true, false, true, false, NULL},
    {"emu, no shared reads", ON_EMU, true, true, false, false, NULL},
    {"emu, opencl", ON_EMU, true, true, true, true, NULL},
    {"opencl", ON_OPENCL, true, true, true, true, NULL},
    {"opencl, no shared reads", ON_OPENCL, true, true, false, true, NULL},
    {"cuda", ON_CUDA, true, true, true, false, ""},
    {"cuda, at the host's addresses", ON_CUDA, true, true, true, false, "over_host=1"},
    {"cuda, small granularity", ON_CUDA, true, true, true, false, "granularity=4K"},
    {"cuda, large granularity", ON_CUDA, true, true, true, false, "granularity=8M"},
    {"cuda, no peers", ON_CUDA, true, true, true, false, "devices=2,peers=0"},
    {"cuda, no concurrent access", ON_CUDA, true, true, true, false, "concurrent=0"},
    {"cuda, no managed memory", ON_CUDA, true, true, true, false, "managed=0,compute_mode=3"},
    {"cuda, old driver", ON_CUDA, true, true, true, false, "version=11000"},
    {"cuda, managed", ON_MANAGED, true, true, true, false, ""},
    {"cuda, managed, old driver", ON_MANAGED, true, true, true, false, "version=11000"},
};
const struct mode *mode;
struct world w;

int contract_setup(void **state)
{
    (void)state;
    world_open(&w, mode);
    return 0;
}

int contract_teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void touch_of_nothing_faults_with_its_address(void **state)
{
    struct touch *t = touch_read(&w, 3 * BLOCK + 5 * PAGE + 16);
    struct humi_fault fault = world_fault(&w);

    (void)state;
    assert_int_equal(fault.address, (uintptr_t)at(&w, 3 * BLOCK + 5 * PAGE + 16));
    assert_false(fault.write);
    assert_true(fault.thread > 0);
    assert_int_equal(w.p->ops->back(w.p, 3 * BLOCK + 5 * PAGE, PAGE), HUM_OK);
    *frame(&w, 3 * BLOCK + 5 * PAGE + 16) = 77;
    world_map(&w, 3 * BLOCK + 5 * PAGE, PAGE, HUMI_MAP_WRITE);
    assert_int_equal(touch_end(t), 77);
}

static void write_faults_say_so(void **state)
{
    struct touch *t = touch_write(&w, 7 * BLOCK, 5);
    struct humi_fault fault = world_fault(&w);

    (void)state;
    assert_true(fault.write);
    world_map(&w, 7 * BLOCK, PAGE, HUMI_MAP_WRITE);
    touch_end(t);
    assert_int_equal(*frame(&w, 7 * BLOCK), 5);
}

static void resume_alone_faults_again(void **state)
{
    struct touch *t = touch_read(&w, BLOCK);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_fault(&w).address, (uintptr_t)at(&w, BLOCK));
        w.p->ops->resume(w.p, BLOCK, PAGE);
    }
    (void)world_fault(&w);
    world_map(&w, BLOCK, PAGE, HUMI_MAP_WRITE);
    assert_int_equal(touch_end(t), 0);
}

static void several_touches_of_a_page_are_all_woken(void **state)
{
    struct touch *t[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        t[i] = touch_read(&w, 2 * BLOCK + i * 8);
    for (int i = 0; i < 4; i++)
        (void)world_fault(&w);
    world_map(&w, 2 * BLOCK, PAGE, HUMI_MAP_WRITE);
    for (size_t i = 0; i < 4; i++)
        touch_end(t[i]);
    assert_true(world_is_quiet(&w));
}

/* A device may give less than told where it was opened before: the touch then faults once more. */
static void write_settles(size_t offset, uint64_t value)
{
    (void)write_faults(&w, offset, value);
    assert_false(write_faults(&w, offset, value));
}

/* ---- frames ---------------------------------------------------------------------------------- */

static char content[BLOCK], got[BLOCK];

static void new_frames_are_zero_and_present_ones_stay(void **state)
{
    (void)state;
    assert_int_equal(w.p->ops->back(w.p, 4 * BLOCK, BLOCK), HUM_OK);
    world_read(&w, 4 * BLOCK, got, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        assert_int_equal(got[i], 0);
    memset(content, 0xab, BLOCK);
    world_write(&w, 4 * BLOCK, content, BLOCK);
    assert_int_equal(w.p->ops->back(w.p, 4 * BLOCK, BLOCK), HUM_OK);
    assert_int_equal(w.p->ops->back(w.p, 4 * BLOCK + 9 * PAGE, PAGE), HUM_OK);
    world_read(&w, 4 * BLOCK, got, BLOCK);
    assert_memory_equal(got, content, BLOCK);
}

/* Half of it zero because nobody wrote it, half because it was dropped. */
static void dropped_frames_come_back_as_zero(void **state)
{
    (void)state;
    world_map(&w, 6 * BLOCK, BLOCK, HUMI_MAP_OWN);
    memset(content, 0x5c, BLOCK);
    for (int round = 0; round < 3; round++) {
        world_write(&w, 6 * BLOCK, content, BLOCK / 2);
        w.p->ops->drop(w.p, 6 * BLOCK, BLOCK);
        assert_int_equal(w.p->ops->back(w.p, 6 * BLOCK, BLOCK), HUM_OK);
        if (round == 1) /* as kernels see it */
            world_map(&w, 6 * BLOCK, BLOCK, HUMI_MAP_WRITE);
        if (round == 1 && w.mode->device)
            assert_int_equal(touch_end(touch_read(&w, 6 * BLOCK + 8)), 0);
        world_read(&w, 6 * BLOCK, got, BLOCK);
        for (size_t i = 0; i < BLOCK; i++)
            assert_int_equal(got[i], 0);
    }
}

static void touches_and_copies_see_the_same_bytes(void **state)
{
    static const uint64_t value = 0x1122334455667788;

    (void)state;
    world_map(&w, 2 * BLOCK, 2 * BLOCK, HUMI_MAP_WRITE);
    world_write(&w, 3 * BLOCK - 8, &value, sizeof value);
    assert_int_equal(touch_end(touch_read(&w, 3 * BLOCK - 8)), value);
    touch_end(touch_write(&w, 3 * BLOCK, value + 1));
    assert_int_equal(world_word(&w, 3 * BLOCK), value + 1);
    assert_int_equal(world_word(&w, 3 * BLOCK - 8), value);
    assert_int_equal(touch_end(touch_read(&w, 3 * BLOCK + 8)), 0);
}

/* Random runs of pages written, wiped, dropped and read, against an array. */
static void copies_of_runs_of_pages_are_those_of_an_array(void **state)
{
    static char model[BLOCK], part[BLOCK];
    struct random random = random_make(random_seed("copies of runs"), 0);

    (void)state;
    if (!w.p->ops->put)
        skip();
    memset(model, 0, BLOCK);
    world_map(&w, BLOCK, BLOCK, HUMI_MAP_WRITE);
    for (int step = 0; step < 300; step++) {
        size_t first = random_below(&random, (BLOCK / PAGE));
        size_t at_byte = first * PAGE;
        size_t bytes = (1 + random_below(&random, (BLOCK / PAGE) - first)) * PAGE;
        unsigned what = (unsigned)random_below(&random, 4);
        memset(part, step + 1, bytes);
        if (what == 0) {
            w.p->ops->put(w.p, BLOCK + at_byte, bytes, part);
            memcpy(model + at_byte, part, bytes);
        } else if (what == 1) {
            w.p->ops->put(w.p, BLOCK + at_byte, bytes, NULL);
            memset(model + at_byte, 0, bytes);
        } else if (what == 2) {
            w.p->ops->drop(w.p, BLOCK + at_byte, bytes);
            world_map(&w, BLOCK + at_byte, bytes, HUMI_MAP_WRITE);
            memset(model + at_byte, 0, bytes);
        }
        w.p->ops->fence(w.p);
        w.p->ops->get(w.p, BLOCK + at_byte, bytes, part);
        w.p->ops->fence(w.p);
        assert_memory_equal(part, model + at_byte, bytes);
    }
    world_read(&w, BLOCK, got, BLOCK);
    assert_memory_equal(got, model, BLOCK);
}

static void drop_ends_access_and_forgets_content(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        world_map(&w, 0, 2 * BLOCK, how[i]);
        assert_false(write_faults(&w, 8, 1));
        assert_false(write_faults(&w, BLOCK + 8, 2));
        w.p->ops->drop(w.p, 0, 2 * BLOCK);
        assert_true(read_faults(&w, 8, &value));
        assert_int_equal(value, 0);
        assert_true(read_faults(&w, BLOCK + 8, &value));
        assert_int_equal(value, 0);
        w.p->ops->drop(w.p, 0, 2 * BLOCK);
    }
}

static void drop_of_a_page_leaves_the_others(void **state)
{
    uint64_t value;

    (void)state;
    world_map(&w, 0, BLOCK, HUMI_MAP_OWN);
    for (size_t i = 0; i < BLOCK; i += PAGE)
        *frame(&w, i) = i + 1;
    w.p->ops->drop(w.p, 100 * PAGE, PAGE);
    assert_true(read_faults(&w, 100 * PAGE, &value));
    assert_int_equal(value, 0);
    for (size_t i = 0; i < BLOCK; i += PAGE)
        assert_int_equal(*frame(&w, i), i == 100 * PAGE ? 0 : i + 1);
}

/* ---- access ---------------------------------------------------------------------------------- */

static void write_access_lets_both_through(void **state)
{
    uint64_t value;

    (void)state;
    world_map(&w, PAGE, 3 * PAGE, HUMI_MAP_WRITE);
    assert_false(write_faults(&w, PAGE, 3));
    assert_false(write_faults(&w, 3 * PAGE + 8, 4));
    assert_false(read_faults(&w, PAGE, &value));
    assert_int_equal(value, 3);
    assert_true(read_faults(&w, 0, NULL));
    assert_true(read_faults(&w, 4 * PAGE, NULL));
}

static void own_access_lets_everything_through(void **state)
{
    (void)state;
    world_map(&w, 0, 3 * BLOCK, HUMI_MAP_OWN);
    for (size_t i = 0; i < 3 * BLOCK; i += BLOCK / 4) {
        assert_false(read_faults(&w, i, NULL));
        assert_false(write_faults(&w, i, i));
    }
    assert_int_equal(*frame(&w, 2 * BLOCK + BLOCK / 2), 2 * BLOCK + BLOCK / 2);
    assert_true(read_faults(&w, 3 * BLOCK, NULL));
}

static void read_access_lets_only_reads_through(void **state)
{
    uint64_t value;

    (void)state;
    if (!w.p->shared_read)
        return;
    assert_int_equal(w.p->ops->back(w.p, 0, BLOCK), HUM_OK);
    *frame(&w, 64) = 9;
    world_map(&w, 0, BLOCK, HUMI_MAP_READ);
    assert_false(read_faults(&w, 64, &value));
    assert_int_equal(value, 9);
    assert_true(write_faults(&w, 64, 10));
    assert_int_equal(*frame(&w, 64), 10);
    assert_true(write_faults(&w, PAGE, 11)); /* a page that was never touched */
}

static void map_brings_mapped_pages_to_the_new_access(void **state)
{
    (void)state;
    if (!w.p->shared_read)
        return;
    world_map(&w, 0, BLOCK, HUMI_MAP_READ);
    world_map(&w, 0, BLOCK, HUMI_MAP_WRITE);
    write_settles(0, 1);
    world_map(&w, 0, BLOCK, HUMI_MAP_READ);
    assert_true(write_faults(&w, 0, 2));
    world_map(&w, 0, BLOCK, HUMI_MAP_OWN);
    assert_false(write_faults(&w, 7 * PAGE, 3));
    world_map(&w, 7 * PAGE, PAGE, HUMI_MAP_READ);
    assert_true(write_faults(&w, 7 * PAGE, 4));
    world_map(&w, 0, BLOCK, HUMI_MAP_OWN);
    assert_false(write_faults(&w, 7 * PAGE, 5));
    assert_false(write_faults(&w, 300 * PAGE, 6));
}

static void map_fills_the_gaps_between_mapped_pages(void **state)
{
    (void)state;
    world_map(&w, 3 * PAGE, PAGE, HUMI_MAP_WRITE);
    world_map(&w, 9 * PAGE, 2 * PAGE, HUMI_MAP_WRITE);
    world_map(&w, 0, 20 * PAGE, HUMI_MAP_WRITE);
    for (size_t i = 0; i < 20; i++)
        assert_false(write_faults(&w, i * PAGE, i));
}

static void protect_takes_writing_only(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        world_map(&w, 0, BLOCK, how[i]);
        assert_false(write_faults(&w, 24, 6 + i));
        w.p->ops->protect(w.p, 0, BLOCK);
        (void)read_faults(&w, 24, &value); /* may fault: less than told */
        assert_int_equal(value, 6 + i);
        w.p->ops->protect(w.p, 0, BLOCK);
        assert_true(write_faults(&w, 24, 1));
        assert_true(write_faults(&w, 200 * PAGE, 1));
        w.p->ops->drop(w.p, 0, BLOCK);
    }
}

static void unmap_takes_everything_and_keeps_frames(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        world_map(&w, 0, 4 * BLOCK, how[i]);
        write_settles(BLOCK + 40, 21);
        write_settles(3 * BLOCK + 40, 23);
        w.p->ops->unmap(w.p, BLOCK, 2 * BLOCK);
        assert_int_equal(*frame(&w, BLOCK + 40), 21);
        assert_true(read_faults(&w, BLOCK + 40, &value));
        assert_int_equal(value, 21);
        assert_true(write_faults(&w, 2 * BLOCK + 8 * PAGE, 22));
        write_settles(40, 20);
        assert_false(read_faults(&w, 3 * BLOCK + 40, &value));
        assert_int_equal(value, 23);
        w.p->ops->drop(w.p, 0, 4 * BLOCK);
    }
}

static void unmap_of_a_page_of_an_own_block(void **state)
{
    (void)state;
    world_map(&w, 0, 3 * BLOCK, HUMI_MAP_OWN);
    assert_false(write_faults(&w, BLOCK + 5 * PAGE, 1));
    w.p->ops->unmap(w.p, BLOCK + 5 * PAGE, PAGE);
    assert_true(write_faults(&w, BLOCK + 5 * PAGE, 2));
    assert_false(write_faults(&w, 0, 1));
    assert_false(write_faults(&w, 2 * BLOCK, 1));
}

static void access_comes_back_after_unmap(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        size_t blocks = 1 + (size_t)i % 3;
        world_map(&w, 0, blocks * BLOCK, HUMI_MAP_OWN);
        assert_false(write_faults(&w, (blocks - 1) * BLOCK + 8, 1));
        w.p->ops->unmap(w.p, 0, blocks * BLOCK);
        world_map(&w, 0, BLOCK / 2, HUMI_MAP_WRITE);
        write_settles(8, 2);
        assert_true(write_faults(&w, BLOCK / 2, 2));
        w.p->ops->unmap(w.p, 0, BLOCK);
        assert_true(read_faults(&w, 8, NULL));
    }
}

/* Unmapped while nothing runs, and mapped again in part before anything does. */
static void a_part_mapped_again_is_mapped(void **state)
{
    (void)state;
    world_map(&w, 0, 2 * BLOCK, HUMI_MAP_OWN);
    assert_false(write_faults(&w, 8, 1));
    w.p->ops->unmap(w.p, 0, 2 * BLOCK);
    world_map(&w, 10 * PAGE, PAGE, HUMI_MAP_WRITE);
    assert_false(write_faults(&w, 10 * PAGE, 1));
    assert_true(read_faults(&w, 9 * PAGE, NULL));
    assert_true(read_faults(&w, 11 * PAGE, NULL));
    assert_true(read_faults(&w, BLOCK, NULL));
}

static void many_scattered_unmaps(void **state)
{
    enum { BLOCKS = 600 }; /* more than any list of them holds */

    (void)state;
    world_map(&w, 0, BLOCKS * BLOCK, HUMI_MAP_OWN);
    assert_false(write_faults(&w, 0, 1));
    assert_false(write_faults(&w, 3 * BLOCK, 1));
    for (size_t i = 0; i < BLOCKS; i += 2)
        w.p->ops->unmap(w.p, i * BLOCK, BLOCK);
    for (size_t i = 0; i < BLOCKS; i += i > 20 ? 52 : 2)
        assert_true(read_faults(&w, i * BLOCK + 8, NULL));
    assert_false(write_faults(&w, 3 * BLOCK, 1));
    w.p->ops->drop(w.p, 0, BLOCKS * BLOCK);
}

/* ---- the list of them, for each mode --------------------------------------------------------- */

/* What every processor does, first; what needs touches that fault, and a window, follows. */
static const struct CMUnitTest tests[] = {
    contract_test(new_frames_are_zero_and_present_ones_stay),
    contract_test(touches_and_copies_see_the_same_bytes),
#define OF_KEPT 2 /* whose frames a driver keeps */
    contract_test(dropped_frames_come_back_as_zero),
    contract_test(copies_of_runs_of_pages_are_those_of_an_array),
#define OF_ALL 4
    contract_test(touch_of_nothing_faults_with_its_address),
    contract_test(write_faults_say_so),
    contract_test(resume_alone_faults_again),
    contract_test(several_touches_of_a_page_are_all_woken),
    contract_test(drop_ends_access_and_forgets_content),
    contract_test(drop_of_a_page_leaves_the_others),
    contract_test(write_access_lets_both_through),
    contract_test(own_access_lets_everything_through),
    contract_test(read_access_lets_only_reads_through),
    contract_test(map_brings_mapped_pages_to_the_new_access),
    contract_test(map_fills_the_gaps_between_mapped_pages),
    contract_test(protect_takes_writing_only),
    contract_test(unmap_takes_everything_and_keeps_frames),
    contract_test(unmap_of_a_page_of_an_own_block),
    contract_test(access_comes_back_after_unmap),
    contract_test(a_part_mapped_again_is_mapped),
    contract_test(many_scattered_unmaps),
};

static size_t count_of(enum world_place place)
{
    if (place == ON_MANAGED)
        return OF_KEPT;
    return place == ON_HOST || place == ON_EMU ? COUNT_OF(tests) : OF_ALL;
}

int main(void)
{
    int failed = 0;

    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        mode = &modes[i];
        if (mode->opencl && !world_has_opencl(mode->device))
            continue;
        failed += _cmocka_run_group_tests(mode->name, tests, count_of(mode->device), NULL, NULL);
        if (count_of(mode->device) == COUNT_OF(tests))
            failed += contract_changes();
    }
    return failed;
}
