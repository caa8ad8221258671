/* SPDX-License-Identifier: MIT */
/* test_order.c - the order of eviction: who is first, who is counted, who is busy. */
#include "core/order.h"
#include "core_test.h"

#define COUNT 4u

static struct humi_table table;
static struct humi_order order;
static struct humi_block *blocks[COUNT];

static int begin(void **state)
{
    (void)state;
    if (humi_table_init(&table, (size_t)1 << 30, 3) != HUM_OK)
        return 1;
    humi_order_init(&order, 2, 3);
    for (uint32_t i = 0; i < COUNT; i++)
        blocks[i] = humi_table_get(&table, i);
    return 0;
}

static int end(void **state)
{
    (void)state;
    humi_order_fini(&order);
    humi_table_fini(&table);
    return 0;
}

static bool enter(unsigned i)
{
    humi_lock(&blocks[i]->lock);
    bool entered = humi_order_enter(&order, blocks[i]);
    humi_unlock(&blocks[i]->lock);
    return entered;
}

static void change(void (*how)(struct humi_order *order, struct humi_block *block), unsigned i)
{
    humi_lock(&blocks[i]->lock);
    how(&order, blocks[i]);
    humi_unlock(&blocks[i]->lock);
}

/* The order is this, as digits: 0x0213 means 0, 2, 1, 3 for count 4. */
static void expect_order(unsigned count, unsigned digits)
{
    unsigned skip = 0;
    bool busy = false;
    struct humi_block *block;

    assert_int_equal(order.held, count);
    for (unsigned i = 0; i < count; i++) {
        block = humi_order_pick(&order, &skip, &busy);
        assert_non_null(block);
        assert_true(humi_lock_is_held(&block->lock));
        humi_unlock(&block->lock);
        assert_int_equal(block->index, digits >> (4 * (count - 1 - i)) & 15);
        assert_int_equal(skip, i + 1);
    }
    assert_null(humi_order_pick(&order, &skip, &busy));
    assert_false(busy);
}

static void blocks_enter_at_the_end_up_to_the_capacity(void **state)
{
    (void)state;
    expect_order(0, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(2 - i));
    assert_false(enter(3));
    assert_true(enter(2)); /* is in already: counted once, keeps its place */
    expect_order(3, 0x210);
    assert_true(blocks[2]->hold[2].ordered);
    assert_false(blocks[2]->hold[1].ordered);
    assert_false(blocks[3]->hold[2].ordered);
}

static void a_block_that_leaves_makes_room_for_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    change(humi_order_leave, 1);
    change(humi_order_leave, 1);
    change(humi_order_leave, 3);
    expect_order(2, 0x02);
    assert_true(enter(3));
    assert_false(enter(1));
    expect_order(3, 0x023);
}

static void renewed_to_the_end_and_expired_to_the_front(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    change(humi_order_renew, 0);
    expect_order(3, 0x120);
    change(humi_order_expire, 0);
    expect_order(3, 0x012);
    change(humi_order_renew, 2);
    change(humi_order_expire, 0);
    expect_order(3, 0x012);
    change(humi_order_renew, 3); /* not in it */
    change(humi_order_expire, 3);
    expect_order(3, 0x012);
}

struct holder {
    struct humi_block *block;
    pthread_barrier_t barrier;
};

static void *hold_block(void *argument)
{
    struct holder *holder = argument;

    humi_lock(&holder->block->lock);
    pthread_barrier_wait(&holder->barrier);
    pthread_barrier_wait(&holder->barrier);
    humi_unlock(&holder->block->lock);
    return NULL;
}

static void a_busy_block_is_passed_over_and_told(void **state)
{
    struct holder holder = {.block = blocks[0]};
    pthread_t thread;
    unsigned skip = 0;
    bool busy = false;

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        assert_true(enter(i));
    pthread_barrier_init(&holder.barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, hold_block, &holder), 0);
    pthread_barrier_wait(&holder.barrier);
    struct humi_block *block = humi_order_pick(&order, &skip, &busy);
    pthread_barrier_wait(&holder.barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&holder.barrier);
    assert_ptr_equal(block, blocks[1]);
    humi_unlock(&block->lock);
    assert_int_equal(skip, 2);
    assert_true(busy);
}

static void no_limit_is_no_limit(void **state)
{
    struct humi_order any;

    (void)state;
    humi_order_init(&any, 0, UINT64_MAX);
    for (unsigned i = 0; i < COUNT; i++) {
        humi_lock(&blocks[i]->lock);
        assert_true(humi_order_enter(&any, blocks[i]));
        humi_unlock(&blocks[i]->lock);
    }
    assert_int_equal(any.held, COUNT);
    humi_order_fini(&any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_enter_at_the_end_up_to_the_capacity, begin, end),
        cmocka_unit_test_setup_teardown(a_block_that_leaves_makes_room_for_one, begin, end),
        cmocka_unit_test_setup_teardown(renewed_to_the_end_and_expired_to_the_front, begin, end),
        cmocka_unit_test_setup_teardown(a_busy_block_is_passed_over_and_told, begin, end),
        cmocka_unit_test_setup_teardown(no_limit_is_no_limit, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
