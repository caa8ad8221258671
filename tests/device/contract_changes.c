/* SPDX-License-Identifier: MIT */
/* contract_changes.c - access that changes while it is used, and what is left of it. */
#include "device/contract.h"

/* ---- while it is being touched --------------------------------------------------------------- */

static void let_run(size_t offset)
{
    uint64_t seen = __atomic_load_n(frame(&w, offset), __ATOMIC_SEQ_CST);

    while (__atomic_load_n(frame(&w, offset), __ATOMIC_SEQ_CST) < seen + 100)
        ;
}

static void access_ends_before_the_call_returns(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};

    (void)state;
    for (int round = 0; round < 40; round++) {
        bool protect = round % 4 >= 2;
        struct touch *t;
        uint64_t seen;

        world_map(&w, 0, BLOCK, how[round % 2]);
        t = touch_hammer(&w, 128);
        let_run(128);
        if (protect)
            w.p->ops->protect(w.p, 0, BLOCK);
        else
            w.p->ops->unmap(w.p, 0, BLOCK);
        seen = __atomic_load_n(frame(&w, 128), __ATOMIC_SEQ_CST);
        assert_int_equal(world_fault(&w).address, (uintptr_t)at(&w, 128));
        assert_int_equal(__atomic_load_n(frame(&w, 128), __ATOMIC_SEQ_CST), seen);
        world_map(&w, 0, BLOCK, how[round / 2 % 2]);
        let_run(128);
        touch_stop(t);
        touch_end(t);
        assert_true(world_is_quiet(&w));
    }
}

static void drop_of_what_is_being_touched_faults(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_OWN, HUMI_MAP_WRITE};

    (void)state;
    for (int round = 0; round < 10; round++) {
        struct touch *t;

        world_map(&w, 0, BLOCK, how[round % 2]);
        t = touch_hammer(&w, 0);
        let_run(0);
        w.p->ops->drop(w.p, 0, BLOCK);
        assert_int_equal(world_fault(&w).address, (uintptr_t)at(&w, 0));
        world_map(&w, 0, PAGE, HUMI_MAP_WRITE);
        touch_stop(t);
        touch_end(t);
    }
}

/* ---- what was given stays -------------------------------------------------------------------- */

static void a_store_leaves_what_was_mapped_since_a_drop(void **state)
{
    (void)state;
    if (!w.p->shared_read)
        return;
    world_map(&w, 0, BLOCK, HUMI_MAP_READ);
    assert_false(read_faults(&w, 3 * PAGE, NULL));
    w.p->ops->drop(w.p, 0, BLOCK);
    world_map(&w, 3 * PAGE, PAGE, HUMI_MAP_READ);
    world_map(&w, 4 * PAGE, PAGE, HUMI_MAP_WRITE);
    assert_true(write_faults(&w, 7 * PAGE, 1));
    assert_false(read_faults(&w, 3 * PAGE, NULL));
    assert_false(write_faults(&w, 4 * PAGE, 2));
}

/* A prompt device, which has more to do for it. */
static int setup_prompt(void **state)
{
    const struct humi_device_params params = {
        .kind = "emu", .memory_bytes = 16 * BLOCK, .workers = 1, .unit = -1, .prompt = true};

    if (mode->device != ON_EMU)
        return contract_setup(state);
    world_open_device(&w, mode, &params);
    return 0;
}

/* Of an open block parts are mapped, which closes it; then a store is made somewhere else in it. */
static void a_store_leaves_what_was_mapped_since_the_block_was_closed(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_READ, HUMI_MAP_OWN};

    (void)state;
    if (!w.p->shared_read)
        return;
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        size_t start = i * BLOCK;
        world_map(&w, start, BLOCK, how[i]);
        assert_false(read_faults(&w, start + 3 * PAGE, NULL));
        world_map(&w, start + 3 * PAGE, PAGE, HUMI_MAP_READ);
        world_map(&w, start + 4 * PAGE, PAGE, HUMI_MAP_WRITE);
        if (how[i] == HUMI_MAP_READ)
            assert_true(write_faults(&w, start + 7 * PAGE, 1));
        assert_false(write_faults(&w, start + 4 * PAGE, 2));
        assert_false(read_faults(&w, start + 3 * PAGE, NULL));
    }
}

/* The model of it says so (model/processor.c), whatever size its pages are. */
static void a_prompt_device_forgets_all_of_an_open_block(void **state)
{
    static const enum humi_map_access how[] = {HUMI_MAP_READ, HUMI_MAP_OWN};

    (void)state;
    if (mode->device != ON_EMU || !w.p->shared_read)
        return;
    for (size_t i = 0; i < 4; i++) {
        size_t start = i * BLOCK;
        world_map(&w, start, BLOCK, how[i % 2]);
        assert_false(read_faults(&w, start + 3 * PAGE, NULL));
        if (i / 2)
            w.p->ops->protect(w.p, start + 5 * PAGE, PAGE);
        else
            w.p->ops->unmap(w.p, start + 5 * PAGE, PAGE);
        assert_true(read_faults(&w, start + 3 * PAGE, NULL));
        assert_true(read_faults(&w, start + 9 * PAGE, NULL));
        assert_false(read_faults(&w, start + 3 * PAGE, NULL));
    }
}

int contract_changes(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(access_ends_before_the_call_returns),
        contract_test(drop_of_what_is_being_touched_faults),
        contract_test(a_store_leaves_what_was_mapped_since_a_drop),
        cmocka_unit_test_setup_teardown(a_store_leaves_what_was_mapped_since_the_block_was_closed,
                                        setup_prompt, contract_teardown),
        cmocka_unit_test_setup_teardown(a_prompt_device_forgets_all_of_an_open_block, setup_prompt,
                                        contract_teardown),
    };

    return cmocka_run_group_tests_name(mode->name, tests, NULL, NULL);
}
