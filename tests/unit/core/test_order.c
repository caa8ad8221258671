/* SPDX-License-Identifier: MIT */
/* test_order.c - the order of eviction: who is first, who is counted, who is busy. */
#include "core/order.h"
#include "core_test.h"
#include "policy/evict/registry.h"

#define COUNT 4u

static struct humi_table table;
static struct humi_order order;
static struct humi_block *blocks[COUNT];

static struct humi_order_params params_of(const char *evict, unsigned processor, uint64_t capacity)
{
    static uint64_t tunables[HUM_TUNABLES_MAX];
    struct humi_order_params params = {.processor = processor, .capacity = capacity,
                                       .table = &table, .evict = humi_evict_find(evict),
                                       .tunables = tunables};

    humi_evict_initial(params.evict, tunables);
    return params;
}

static int begin_with(const char *evict)
{
    if (humi_table_init(&table, (size_t)1 << 30, 3) != HUM_OK)
        return 1;
    const struct humi_order_params params = params_of(evict, 2, 3);
    if (humi_order_init(&order, &params) != HUM_OK)
        return 1;
    for (uint32_t i = 0; i < COUNT; i++)
        blocks[i] = humi_table_get(&table, i);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with("lrm");
}

static int begin_lru(void **state)
{
    (void)state;
    return begin_with("lru");
}

static int end(void **state)
{
    (void)state;
    humi_order_fini(&order);
    humi_table_fini(&table);
    return 0;
}

static void change(void (*how)(struct humi_order *order, struct humi_block *block), unsigned i)
{
    humi_lock(&blocks[i]->lock);
    how(&order, blocks[i]);
    humi_unlock(&blocks[i]->lock);
}

/* Frames are made, and something becomes resident in them. */
static bool enter(unsigned i)
{
    humi_lock(&blocks[i]->lock);
    bool entered = humi_order_enter(&order, blocks[i]);
    if (entered)
        humi_order_revive(&order, blocks[i]);
    humi_unlock(&blocks[i]->lock);
    return entered;
}

static void renew(unsigned i, unsigned occurred)
{
    humi_lock(&blocks[i]->lock);
    humi_order_renew(&order, blocks[i], occurred);
    humi_unlock(&blocks[i]->lock);
}

/* The order is this, as digits: 0x0213 means 0, 2, 1, 3 for count 4. */
static void expect_order(unsigned count, unsigned digits)
{
    struct humi_order_walk walk = {.incoming = HUM_EVICT_NONE};
    struct humi_block *block;

    assert_int_equal(order.held, count);
    for (unsigned i = 0; i < count; i++) {
        block = humi_order_next(&order, &walk);
        assert_non_null(block);
        assert_true(humi_lock_is_held(&block->lock));
        humi_unlock(&block->lock);
        assert_int_equal(block->index, digits >> (4 * (count - 1 - i)) & 15);
        assert_int_equal(walk.looked_stale + walk.looked_ranked, i + 1);
    }
    assert_null(humi_order_next(&order, &walk));
    assert_false(walk.busy);
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
    change(humi_order_evicted, 2); /* its frames are still to be dropped */
    change(humi_order_leave, 2);
    expect_order(2, 0x03);
}

static void renewed_to_the_end_and_expired_to_the_front(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    renew(0, HUM_EVICT_ON_MOVE);
    expect_order(3, 0x120);
    change(humi_order_expire, 0);
    expect_order(3, 0x012);
    assert_int_equal(order.stale, 1);
    renew(2, HUM_EVICT_ON_MOVE);
    change(humi_order_expire, 0);
    expect_order(3, 0x012);
    renew(3, HUM_EVICT_ON_MOVE); /* not in it */
    change(humi_order_expire, 3);
    expect_order(3, 0x012);
    change(humi_order_expire, 1);
    expect_order(3, 0x102); /* the newest of the stale ones first */
    change(humi_order_revive, 0);
    expect_order(3, 0x120);
    assert_int_equal(order.stale, 1);
}

static void only_what_the_evict_part_listens_to_renews(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    renew(0, HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH);
    expect_order(3, 0x012);
    renew(0, HUM_EVICT_ON_FAULT | HUM_EVICT_ON_MOVE);
    expect_order(3, 0x120);
}

static void a_fault_renews_in_lru(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    renew(0, HUM_EVICT_ON_FAULT);
    expect_order(3, 0x120);
    renew(1, HUM_EVICT_ON_TOUCH);
    expect_order(3, 0x201);
}

static void another_evict_part_takes_over_what_is_there(void **state)
{
    const struct humi_order_params mru = params_of("mru", 2, 3);

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(2 - i));
    change(humi_order_expire, 1);
    struct humi_guard made;
    assert_int_equal(humi_order_prepare(&order, mru.evict, mru.tunables, &made), HUM_OK);
    humi_order_adopt(&order, &made);
    expect_order(3, 0x102);
    change(humi_order_revive, 1);
    expect_order(3, 0x102);
    assert_true(order.stale == 0);
}

/* Only the last that came, and nobody behind it. */
static uint32_t name_one(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    return after == HUM_EVICT_NONE ? 2 : HUM_EVICT_NONE;
}

static void an_order_that_leaves_some_out_is_doubted_once(void **state)
{
    struct humi_order_walk walk = {.incoming = HUM_EVICT_NONE};
    struct hum_evict evict = *humi_evict_find("fifo");
    struct humi_guard made;

    (void)state;
    evict.name = "stranger";
    evict.victim = name_one;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    assert_int_equal(humi_order_prepare(&order, &evict, NULL, &made), HUM_OK);
    humi_order_adopt(&order, &made);
    struct humi_block *block = humi_order_next(&order, &walk);
    assert_ptr_equal(block, blocks[2]);
    humi_unlock(&block->lock);
    assert_null(humi_order_next(&order, &walk));
    assert_true(walk.missed);
    assert_true(humi_order_doubt(&order));
    expect_order(3, 0x012);
    assert_false(humi_order_doubt(&order));
}

/* What it does not name goes over behind what it names. */
static void all_blocks_go_over_to_another_order(void **state)
{
    const struct humi_order_params fifo = params_of("fifo", 2, 3);
    struct hum_evict evict = *humi_evict_find("fifo");
    struct humi_guard made;

    (void)state;
    evict.name = "stranger";
    evict.victim = name_one;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    assert_int_equal(humi_order_prepare(&order, &evict, NULL, &made), HUM_OK);
    humi_order_adopt(&order, &made);
    assert_int_equal(humi_order_prepare(&order, fifo.evict, fifo.tunables, &made), HUM_OK);
    humi_order_adopt(&order, &made);
    expect_order(3, 0x201);
}

/* Half of the blocks at most: two of four. */
static void the_newest_are_known(void **state)
{
    (void)state;
    assert_true(enter(0));
    assert_false(humi_order_is_newest(&order, blocks[0]));
    assert_true(enter(1));
    assert_true(humi_order_is_newest(&order, blocks[1]));
    assert_false(humi_order_is_newest(&order, blocks[0]));
    assert_true(enter(2));
    renew(0, HUM_EVICT_ON_MOVE);
    assert_true(humi_order_is_newest(&order, blocks[0]));
    assert_false(humi_order_is_newest(&order, blocks[2]));
}

/* What was looked at last leaves during a walk: the walk goes on behind as many as it looked at. */
static void a_walk_survives_that_its_last_block_leaves(void **state)
{
    struct humi_order_walk walk = {.incoming = HUM_EVICT_NONE};
    struct humi_block *block;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(enter(i));
    block = humi_order_next(&order, &walk);
    humi_unlock(&block->lock);
    change(humi_order_leave, 0);
    block = humi_order_next(&order, &walk);
    assert_ptr_equal(block, blocks[1]);
    humi_unlock(&block->lock);
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
    struct humi_order_walk walk = {.incoming = HUM_EVICT_NONE};

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        assert_true(enter(i));
    pthread_barrier_init(&holder.barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, hold_block, &holder), 0);
    pthread_barrier_wait(&holder.barrier);
    struct humi_block *block = humi_order_next(&order, &walk);
    pthread_barrier_wait(&holder.barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&holder.barrier);
    assert_ptr_equal(block, blocks[1]);
    humi_unlock(&block->lock);
    assert_int_equal(walk.looked_ranked, 2);
    assert_true(walk.busy);
}

static void no_limit_is_no_limit(void **state)
{
    const struct humi_order_params params = params_of("lrm", 0, UINT64_MAX);
    struct humi_order any;

    (void)state;
    assert_int_equal(humi_order_init(&any, &params), HUM_OK);
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
        cmocka_unit_test_setup_teardown(only_what_the_evict_part_listens_to_renews, begin, end),
        cmocka_unit_test_setup_teardown(a_fault_renews_in_lru, begin_lru, end),
        cmocka_unit_test_setup_teardown(another_evict_part_takes_over_what_is_there, begin, end),
        cmocka_unit_test_setup_teardown(an_order_that_leaves_some_out_is_doubted_once, begin, end),
        cmocka_unit_test_setup_teardown(all_blocks_go_over_to_another_order, begin, end),
        cmocka_unit_test_setup_teardown(the_newest_are_known, begin, end),
        cmocka_unit_test_setup_teardown(a_walk_survives_that_its_last_block_leaves, begin, end),
        cmocka_unit_test_setup_teardown(a_busy_block_is_passed_over_and_told, begin, end),
        cmocka_unit_test_setup_teardown(no_limit_is_no_limit, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
