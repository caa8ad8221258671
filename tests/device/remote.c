/* SPDX-License-Identifier: MIT */
/*
 * remote.c - what device.h promises of pages that lead to the frames of another processor, for each
 * pair of processors and in every mode.
 *
 * `w` is who touches, `owner` has the frames.
 */
#include <stdio.h>

#include "device/remote.h"

static const struct pair pairs[] = {
    {"host, of emu",
     {"host", ON_HOST, true, true, true, false, NULL},
     {"emu", ON_EMU, true, true, true, false, NULL}, true},
    {"host, of emu, small frames",
     {"host", ON_HOST, false, true, true, false, NULL},
     {"emu", ON_EMU, false, true, true, false, NULL}, false},
    {"host, of emu, no shared reads",
     {"host", ON_HOST, true, true, false, false, NULL},
     {"emu", ON_EMU, true, true, false, false, NULL}, false},
    {"emu, of host",
     {"emu", ON_EMU, true, true, true, false, NULL},
     {"host", ON_HOST, true, true, true, false, NULL}, true},
    {"emu, of host, small frames",
     {"emu", ON_EMU, false, true, true, false, NULL},
     {"host", ON_HOST, false, true, true, false, NULL}, false},
    {"emu, of host, no shared reads",
     {"emu", ON_EMU, true, false, false, false, NULL},
     {"host", ON_HOST, true, false, false, false, NULL}, false},
    {"emu, of emu",
     {"emu", ON_EMU, true, true, true, false, NULL},
     {"emu", ON_EMU, true, true, true, false, NULL}, false},
    {"emu, of emu, huge of small",
     {"emu", ON_EMU, true, true, true, false, NULL},
     {"emu", ON_EMU, false, true, true, false, NULL}, false},
};
const struct pair *pair;
struct world w, owner;

int remote_setup(void **state)
{
    (void)state;
    world_open(&w, &pair->mode);
    world_join(&owner, &w, &pair->owner);
    return 0;
}

int remote_teardown(void **state)
{
    (void)state;
    world_close(&owner);
    world_close(&w);
    return 0;
}

void back_owner(size_t offset, size_t bytes)
{
    assert_int_equal(owner.p->ops->back(owner.p, offset, bytes), HUM_OK);
}

void lead(size_t offset, size_t bytes)
{
    back_owner(offset, bytes);
    assert_int_equal(w.p->ops->map_remote(w.p, offset, bytes, owner.p), HUM_OK);
    w.p->ops->resume(w.p, offset, bytes);
}

uint64_t read_through(size_t offset)
{
    uint64_t value;

    assert_false(read_faults(&w, offset, &value));
    return value;
}

void let_run(const struct world *whose, size_t offset)
{
    uint64_t seen = __atomic_load_n(frame(whose, offset), __ATOMIC_SEQ_CST);

    while (__atomic_load_n(frame(whose, offset), __ATOMIC_SEQ_CST) < seen + 100)
        ;
}

/* ---- one frame ------------------------------------------------------------------------------- */

static void touches_go_to_the_frames_of_the_owner(void **state)
{
    static const size_t sizes[] = {PAGE, CHUNK, BLOCK};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t start = (3 + i) * BLOCK, last = start + sizes[i] - 8;
        back_owner(start, sizes[i]);
        *frame(&owner, start) = 11;
        *frame(&owner, last) = 12;
        lead(start, sizes[i]);
        assert_int_equal(read_through(start), 11);
        assert_int_equal(read_through(last), 12);
        assert_false(write_faults(&w, start + 64, 13));
        assert_int_equal(*frame(&owner, start + 64), 13);
        *frame(&owner, start + 64) = 14;
        assert_int_equal(read_through(start + 64), 14);
    }
}

static void both_see_each_others_stores_at_once(void **state)
{
    (void)state;
    world_map(&owner, 0, BLOCK, HUMI_MAP_OWN);
    lead(CHUNK, CHUNK);
    for (uint64_t i = 1; i < 20; i++) {
        uint64_t value;
        assert_false(write_faults(&w, CHUNK + 8, i));
        assert_false(read_faults(&owner, CHUNK + 8, &value));
        assert_int_equal(value, i);
        assert_false(write_faults(&owner, CHUNK + 8 * i, i + 1000));
        assert_int_equal(read_through(CHUNK + 8 * i), i + 1000);
    }
}

static void own_frames_are_left_alone(void **state)
{
    uint64_t value;

    (void)state;
    world_map(&w, 0, 2 * CHUNK, HUMI_MAP_WRITE);
    for (size_t i = 0; i < 2 * CHUNK; i += PAGE)
        *frame(&w, i) = i + 1;
    w.p->ops->unmap(w.p, CHUNK, CHUNK);
    lead(CHUNK, CHUNK);
    for (size_t i = CHUNK; i < 2 * CHUNK; i += PAGE)
        assert_false(write_faults(&w, i, 0));
    w.p->ops->unmap(w.p, CHUNK, CHUNK);
    for (size_t i = 0; i < 2 * CHUNK; i += PAGE) {
        assert_int_equal(*frame(&w, i), i + 1);
        (void)read_faults(&w, i, &value);
        assert_int_equal(value, i + 1);
    }
}

static void frames_of_the_owner_stay_when_it_is_taken_away(void **state)
{
    (void)state;
    lead(0, CHUNK);
    assert_false(write_faults(&w, 5 * PAGE, 55));
    w.p->ops->unmap(w.p, 0, CHUNK);
    assert_true(write_faults(&w, 5 * PAGE, 66));
    assert_int_equal(*frame(&owner, 5 * PAGE), 55);
    assert_int_equal(*frame(&w, 5 * PAGE), 66);
}

/* ---- nothing else is seen -------------------------------------------------------------------- */

static void neighbours_are_not_reached(void **state)
{
    uint64_t value;

    (void)state;
    back_owner(0, BLOCK);
    for (size_t i = 0; i < BLOCK; i += 64)
        *frame(&owner, i) = 77;
    lead(4 * CHUNK, CHUNK);
    assert_true(read_faults(&w, 4 * CHUNK - PAGE, &value));
    assert_int_equal(value, 0);
    assert_true(read_faults(&w, 5 * CHUNK, &value));
    assert_int_equal(value, 0);
    assert_true(write_faults(&w, 5 * CHUNK + PAGE, 1));
    assert_int_equal(*frame(&owner, 5 * CHUNK + PAGE), 77);
    assert_int_equal(read_through(4 * CHUNK), 77);
}

static void no_descriptor_of_the_owner_is_left_behind(void **state)
{
    char path[64];
    char before[64], after[64];

    (void)state;
    if (!w.mode->device)
        return;
    snprintf(path, sizeof path, "ls /proc/%d/fd | wc -l", w.p->pid);
    for (int round = 0; round < 2; round++) {
        FILE *list = popen(path, "r");
        assert_non_null(list);
        assert_non_null(fgets(round ? after : before, sizeof before, list));
        pclose(list);
        for (size_t i = 0; i < 10; i++)
            lead(i * 2 * CHUNK, CHUNK);
    }
    assert_string_equal(before, after);
}

/* ---- waiting and ending ---------------------------------------------------------------------- */

static void who_waits_is_woken(void **state)
{
    struct touch *t[4];

    (void)state;
    back_owner(0, CHUNK);
    *frame(&owner, 3 * PAGE) = 31;
    for (size_t i = 0; i < 4; i++)
        t[i] = touch_read(&w, 3 * PAGE);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(world_fault(&w).address, (uintptr_t)at(&w, 3 * PAGE));
    lead(0, CHUNK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(touch_end(t[i]), 31);
    assert_true(world_is_quiet(&w));
}

static void it_ends_before_unmap_returns(void **state)
{
    (void)state;
    for (size_t round = 0; round < 16; round++) {
        size_t bytes = round % 2 ? CHUNK : BLOCK;
        struct touch *t;
        uint64_t seen;

        lead(0, bytes);
        t = touch_hammer(&w, 128);
        let_run(&owner, 128);
        w.p->ops->unmap(w.p, 0, bytes);
        seen = __atomic_load_n(frame(&owner, 128), __ATOMIC_SEQ_CST);
        assert_int_equal(world_fault(&w).address, (uintptr_t)at(&w, 128));
        assert_int_equal(__atomic_load_n(frame(&owner, 128), __ATOMIC_SEQ_CST), seen);
        if (round % 4 < 2) {
            world_map(&w, 0, bytes, round % 2 || round % 8 < 4 ? HUMI_MAP_WRITE : HUMI_MAP_OWN);
            let_run(&w, 128);
        } else {
            lead(0, bytes);
            let_run(&owner, 128);
        }
        touch_stop(t);
        touch_end(t);
        w.p->ops->unmap(w.p, 0, BLOCK);
        assert_true(world_is_quiet(&w));
    }
}

static void reads_that_go_on_see_no_frame_but_the_owners(void **state)
{
    (void)state;
    back_owner(0, CHUNK);
    world_map(&w, 0, CHUNK, HUMI_MAP_WRITE);
    for (size_t i = 0; i < CHUNK; i += 8) {
        *frame(&owner, i) = 2;
        *frame(&w, i) = 1;
    }
    w.p->ops->unmap(w.p, 0, CHUNK);
    for (int round = 0; round < 30; round++) {
        struct touch *t[4];
        lead(0, CHUNK);
        for (size_t i = 0; i < 4; i++)
            t[i] = touch_read(&w, i * PAGE);
        w.p->ops->unmap(w.p, 0, CHUNK);
        lead(0, CHUNK); /* whoever came in between waits no more */
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(touch_end(t[i]), 2);
        while (!world_is_quiet(&w))
            continue;
        w.p->ops->unmap(w.p, 0, CHUNK);
    }
}

/* ---- beside other access --------------------------------------------------------------------- */

static void own_access_comes_back(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        lead(i % 3 * CHUNK, CHUNK);
        assert_false(write_faults(&w, i % 3 * CHUNK, 100 + i));
        w.p->ops->unmap(w.p, 0, BLOCK);
        world_map(&w, 0, BLOCK, how[i % 2]);
        (void)write_faults(&w, 0, i);
        assert_false(write_faults(&w, 0, i));
        assert_false(write_faults(&w, i % 3 * CHUNK, 200 + i));
        assert_int_equal(*frame(&owner, i % 3 * CHUNK), 100 + i);
        assert_int_equal(*frame(&w, i % 3 * CHUNK), 200 + i);
        w.p->ops->unmap(w.p, 0, BLOCK);
    }
}

static void a_part_can_be_taken_away(void **state)
{
    (void)state;
    lead(0, CHUNK);
    assert_false(write_faults(&w, 0, 1));
    assert_false(write_faults(&w, 15 * PAGE, 2));
    w.p->ops->unmap(w.p, 6 * PAGE, 2 * PAGE);
    assert_true(write_faults(&w, 6 * PAGE, 3));
    assert_true(write_faults(&w, 7 * PAGE, 4));
    assert_int_equal(*frame(&w, 7 * PAGE), 4);
    assert_int_equal(*frame(&owner, 7 * PAGE), 0);
    assert_int_equal(read_through(0), 1);
    assert_int_equal(read_through(15 * PAGE), 2);
}

static void frames_of_its_own_may_go_beneath_it(void **state)
{
    (void)state;
    for (size_t round = 0; round < 4; round++) {
        assert_int_equal(w.p->ops->back(w.p, 0, BLOCK), HUM_OK);
        lead(0, BLOCK);
        assert_false(write_faults(&w, BLOCK - PAGE, 1 + round));
        w.p->ops->drop(w.p, 0, BLOCK);
        assert_int_equal(read_through(BLOCK - PAGE), 1 + round);
        w.p->ops->unmap(w.p, CHUNK, CHUNK);
        assert_int_equal(read_through(BLOCK - PAGE), 1 + round);
        assert_false(write_faults(&w, 0, round));
        assert_true(write_faults(&w, CHUNK, round));
        assert_int_equal(*frame(&owner, CHUNK), 0);
        w.p->ops->unmap(w.p, 0, BLOCK);
    }
}

/* Less access may be left than there was, but it never leads to a wrong frame. */
static void touch_remote(size_t offset, uint64_t value)
{
    struct touch *t = touch_write(&w, offset, value);
    struct humi_fault fault;

    while (w.p->ops->faults(w.p, &fault, 1) != 1 && *frame(&owner, offset) != value)
        continue;
    lead(offset / CHUNK * CHUNK, CHUNK);
    touch_end(t);
    while (!world_is_quiet(&w))
        continue;
    assert_int_equal(*frame(&owner, offset), value);
}

static void the_rest_of_the_block_changes_beside_it(void **state)
{
    (void)state;
    lead(8 * CHUNK, CHUNK);
    for (uint64_t i = 0; i < 8; i++) {
        world_map(&w, 0, CHUNK, HUMI_MAP_WRITE);
        (void)write_faults(&w, 40, i);
        assert_false(write_faults(&w, 40, i));
        if (i % 2)
            w.p->ops->protect(w.p, 0, BLOCK);
        if (i % 4 == 2 && w.p->shared_read)
            world_map(&w, 0, CHUNK, HUMI_MAP_READ);
        touch_remote(8 * CHUNK + 8 * i, 500 + i);
        w.p->ops->unmap(w.p, 0, i % 4 < 2 ? CHUNK : BLOCK);
        touch_remote(8 * CHUNK + 8 * i, 600 + i);
        if (i % 3 == 0)
            w.p->ops->drop(w.p, 0, CHUNK);
        touch_remote(8 * CHUNK + 8 * i, 700 + i);
    }
}

static void a_store_beside_it_is_no_store_to_it(void **state)
{
    (void)state;
    if (!w.p->shared_read)
        return;
    world_map(&w, 0, BLOCK, HUMI_MAP_READ);
    (void)read_faults(&w, 0, NULL);
    w.p->ops->unmap(w.p, CHUNK, CHUNK);
    lead(CHUNK, CHUNK);
    assert_true(write_faults(&w, 0, 5));
    assert_int_equal(*frame(&w, 0), 5);
    assert_false(write_faults(&w, CHUNK, 6));
    assert_int_equal(*frame(&w, CHUNK), 0);
    assert_int_equal(*frame(&owner, CHUNK), 6);
}

/* ---- the list of them, for each pair --------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        remote_test(touches_go_to_the_frames_of_the_owner),
        remote_test(both_see_each_others_stores_at_once),
        remote_test(own_frames_are_left_alone),
        remote_test(frames_of_the_owner_stay_when_it_is_taken_away),
        remote_test(neighbours_are_not_reached),
        remote_test(no_descriptor_of_the_owner_is_left_behind),
        remote_test(who_waits_is_woken),
        remote_test(it_ends_before_unmap_returns),
        remote_test(reads_that_go_on_see_no_frame_but_the_owners),
        remote_test(own_access_comes_back),
        remote_test(a_part_can_be_taken_away),
        remote_test(frames_of_its_own_may_go_beneath_it),
        remote_test(the_rest_of_the_block_changes_beside_it),
        remote_test(a_store_beside_it_is_no_store_to_it),
    };
    int failed = 0;

    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        pair = &pairs[i];
        failed += cmocka_run_group_tests_name(pair->name, tests, NULL, NULL) + remote_ends();
    }
    return failed;
}
