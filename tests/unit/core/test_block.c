/* SPDX-License-Identifier: MIT */
/* test_block.c - the table of blocks, and that the check of a block sees every broken rule. */
#include <stdatomic.h>

#include "base/check.h"
#include "core_test.h"
#include "support/child.h"

/* ---- the table ------------------------------------------------------------------------------- */

#define GIB ((size_t)1 << 30)

static void a_block_is_made_once(void **state)
{
    struct humi_table table;

    (void)state;
    assert_int_equal(humi_table_init(&table, 4 * GIB, 3), HUM_OK);
    assert_null(humi_table_peek(&table, 700));
    struct humi_block *block = humi_table_get(&table, 700);
    assert_non_null(block);
    assert_int_equal(block->index, 700);
    assert_int_equal(block->preferred, HUM_HOST);
    assert_int_equal(humi_block_offset(block), 700 * BLOCK);
    assert_ptr_equal(humi_table_get(&table, 700), block);
    assert_ptr_equal(humi_table_peek(&table, 700), block);
    assert_null(humi_table_peek(&table, 699));
    assert_null(humi_table_peek(&table, 4 * 512));
    assert_null(humi_table_peek(&table, UINT32_MAX));
    humi_table_fini(&table);
    humi_table_fini(&table); /* harmless */
}

static void next_finds_blocks_in_order(void **state)
{
    static const uint32_t made[] = {0, 5, 511, 512, 1700, 2047};
    struct humi_table table;
    uint32_t from = 0;

    (void)state;
    assert_int_equal(humi_table_init(&table, 4 * GIB, 2), HUM_OK);
    assert_null(humi_table_next(&table, 0, 2048));
    for (size_t i = COUNT_OF(made); i-- > 0;)
        assert_non_null(humi_table_get(&table, made[i]));
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        struct humi_block *block = humi_table_next(&table, from, 2048);
        assert_non_null(block);
        assert_int_equal(block->index, made[i]);
        from = made[i] + 1;
    }
    assert_null(humi_table_next(&table, from, 2048));
    assert_null(humi_table_next(&table, 6, 511));
    assert_int_equal(humi_table_next(&table, 6, 512)->index, 511);
    assert_null(humi_table_next(&table, 9, 9));
    humi_table_fini(&table);
}

static void untouched_memory_costs_little(void **state)
{
    struct humi_table table;

    (void)state;
    assert_int_equal(humi_table_init(&table, 1024 * GIB, 16), HUM_OK);
    assert_true(table.bytes <= 1024 * (64 << 10)); /* 64 KiB a GiB */
    size_t before = table.bytes;
    for (uint32_t i = 0; i < 512; i++)
        assert_non_null(humi_table_get(&table, i));
    size_t touched = table.bytes - before;
    print_message("    %zu bytes a touched GiB, 16 processors\n", touched);
    humi_table_fini(&table);
    assert_int_equal(humi_table_init(&table, 1024 * GIB, 2), HUM_OK);
    before = table.bytes;
    for (uint32_t i = 0; i < 512; i++)
        assert_non_null(humi_table_get(&table, i));
    assert_true(table.bytes - before <= 1 << 20); /* 1 MiB a GiB, host and a device */
    humi_table_fini(&table);
}

struct getter {
    struct humi_table *table;
    struct humi_block *blocks[1024];
};

static void *get_all(void *argument)
{
    struct getter *getter = argument;

    for (uint32_t i = 0; i < 1024; i++)
        getter->blocks[i] = humi_table_get(getter->table, i);
    return NULL;
}

static void threads_agree_on_every_block(void **state)
{
    static struct getter getters[4];
    pthread_t threads[4];
    struct humi_table table;

    (void)state;
    assert_int_equal(humi_table_init(&table, 2 * GIB, 2), HUM_OK);
    for (unsigned t = 0; t < 4; t++) {
        getters[t].table = &table;
        assert_int_equal(pthread_create(&threads[t], NULL, get_all, &getters[t]), 0);
    }
    for (unsigned t = 0; t < 4; t++)
        pthread_join(threads[t], NULL);
    for (unsigned t = 0; t < 4; t++)
        for (uint32_t i = 0; i < 1024; i++) {
            assert_non_null(getters[t].blocks[i]);
            assert_ptr_equal(getters[t].blocks[i], getters[0].blocks[i]);
        }
    size_t leaves = 2 * (sizeof(void *) + HUMI_LEAF_BLOCKS * sizeof(void *));
    assert_int_equal(table.bytes, leaves + 1024 * (sizeof(struct humi_block) +
                                                   2 * sizeof(struct humi_hold)));
    humi_table_fini(&table);
}

/* ---- the check ------------------------------------------------------------------------------- */

static const struct fake_params three = {.processors = 3, .blocks = 1};

/* A block as it may be: pages [0, 8) exclusive at device 0, [8, 16) shared by host and device 1. */
static struct fake_world *sound_world(struct humi_block **block_out)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    touch(world, block, DEV0, 0, 8, TOUCH_WRITE);
    touch(world, block, HOST, 8, 16, TOUCH_WRITE);
    touch(world, block, DEV1, 8, 16, TOUCH_READ);
    *block_out = block;
    return world;
}

enum breach {
    BREACH_NONE,
    BREACH_R1,
    BREACH_R2,
    BREACH_WRITABLE,
    BREACH_PRESENT,
    BREACH_FRESH,
    BREACH_OWN,
    BREACH_COUNT,
    BREACH_R3,
    BREACH_DIRTY,
    BREACHES
};

static void commit_breach(struct humi_block *block, enum breach breach)
{
    struct humi_hold *dev0 = &block->hold[DEV0];

    if (breach == BREACH_R1)
        humi_mask_set(&block->hold[HOST].writable, 8);
    if (breach == BREACH_R2)
        humi_mask_set(&dev0->mapped, 20);
    if (breach == BREACH_WRITABLE)
        humi_mask_clear(&dev0->mapped, 3);
    if (breach == BREACH_PRESENT)
        humi_mask_clear(&dev0->present, 3);
    if (breach == BREACH_FRESH)
        humi_mask_set(&dev0->fresh, 30);
    if (breach == BREACH_OWN)
        dev0->own = true;
    if (breach == BREACH_COUNT)
        atomic_store(&dev0->resident_pages, 9);
    if (breach == BREACH_R3)
        humi_mask_set(&block->written, 40);
    if (breach == BREACH_DIRTY)
        humi_mask_set(&block->dirty, 40);
}

static void break_and_check(void *context)
{
    struct humi_block *block;
    struct fake_world *world = sound_world(&block);

    commit_breach(block, *(enum breach *)context);
    humi_block_check(&world->hum, block);
    fake_world_close(world);
}

static void every_broken_rule_is_seen(void **state)
{
    struct child child;

    (void)state;
    if (!HUMI_DEEP)
        skip();
    for (enum breach breach = BREACH_NONE; breach < BREACHES; breach++) {
        assert_true(child_run(break_and_check, &breach, &child));
        if (child.exited != (breach == BREACH_NONE))
            fail_msg("breach %d: %s", (int)breach, child.text);
    }
}

static void resident_elsewhere_leaves_one_out(void **state)
{
    struct humi_block *block;
    struct fake_world *world = sound_world(&block);
    struct hum_pages exclusive = humi_mask_range(0, 8), shared = humi_mask_range(8, 16);
    struct hum_pages all = humi_mask_range(0, 16), seen;

    (void)state;
    seen = humi_block_resident_elsewhere(&world->hum, block, (int)DEV0);
    assert_true(humi_mask_equal(&seen, &shared));
    seen = humi_block_resident_elsewhere(&world->hum, block, (int)HOST);
    assert_true(humi_mask_equal(&seen, &all));
    seen = humi_block_resident_elsewhere(&world->hum, block, -1);
    assert_true(humi_mask_equal(&seen, &all));
    assert_false(humi_mask_meets(&exclusive, &shared));
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_made_once),
        cmocka_unit_test(next_finds_blocks_in_order),
        cmocka_unit_test(untouched_memory_costs_little),
        cmocka_unit_test(threads_agree_on_every_block),
        cmocka_unit_test(every_broken_rule_is_seen),
        cmocka_unit_test(resident_elsewhere_leaves_one_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
