/* SPDX-License-Identifier: MIT */
/*
 * test_memo.c - memory of parts: which piece is whose, in lists and in a space whose regions are
 * decided by different parts.
 */
#include "core/memo.h"
#include "core/serve.h"
#include "core_test.h"

static void each_set_of_parts_has_its_piece(void **state)
{
    _Atomic(struct humi_memo *) list = NULL;
    atomic_size_t bytes = 0;

    (void)state;
    uint64_t *one = humi_memo_find(&list, 1, 16, &bytes);
    uint64_t *two = humi_memo_find(&list, 2, 8, &bytes);
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(one[0] | one[1] | two[0], 0);
    one[1] = 11;
    two[0] = 22;
    assert_ptr_equal(humi_memo_find(&list, 1, 16, &bytes), one);
    assert_ptr_equal(humi_memo_find(&list, 2, 8, &bytes), two);
    assert_int_equal(one[1], 11);
    assert_int_equal(bytes, 2 * sizeof(struct humi_memo) + 24);
    humi_memo_free(&list, &bytes);
    assert_int_equal(bytes, 0);
    assert_null(atomic_load(&list));
}

/* ---- a part that counts ---------------------------------------------------------------------- */

static unsigned counts[HUM_MEMORY_COUNT];

static void count(const struct hum_view *view, const struct hum_part_context *context,
                  struct hum_plan *plan)
{
    (void)plan;
    for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++) {
        uint32_t *counter = context->memory[m];
        if (!view->again)
            ++*counter;
        counts[m] = *counter;
    }
}

static const struct hum_part part = {.name = "count",
                                     .description = "counts faults",
                                     .memory_bytes = {4, 4, 4},
                                     .plan = count};
static const struct hum_policy policy = {.struct_size = sizeof policy,
                                         .version = HUM_POLICY_VERSION,
                                         .name = "count",
                                         .prefetch = &part};

static struct fake_world *world;
static struct humi_server server;

static void fault(const char *ptr)
{
    server.faults[0] = (struct humi_fault){.address = (uintptr_t)ptr, .thread = 1};
    humi_server_serve(&server, DEV0, 1);
}

static void expect(unsigned space, unsigned region, unsigned block)
{
    assert_int_equal(counts[HUM_MEMORY_SPACE], space);
    assert_int_equal(counts[HUM_MEMORY_REGION], region);
    assert_int_equal(counts[HUM_MEMORY_BLOCK], block);
}

static void pieces_belong_to_space_region_and_block(void **state)
{
    const struct fake_params params = {.processors = 2, .blocks = 8, .policy = &policy};
    void *a, *b;

    (void)state;
    world = world_open(&params);
    server = (struct humi_server){.hum = &world->hum};
    assert_int_equal(humi_ahead_start(&world->hum, true, &server.ahead), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, 2 * BLOCK, 0, &a), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, 2 * BLOCK, 0, &b), HUM_OK);
    fault(a);
    expect(1, 1, 1);
    fault((char *)a + PAGE);
    expect(2, 2, 2);
    fault((char *)a + BLOCK);
    expect(3, 3, 1);
    fault(b);
    expect(4, 1, 1);
    /* other parts decide for a while: what was counted stays, and nothing of theirs is seen */
    assert_int_equal(hum_policy_set(&world->hum, a, "prefetch=none"), HUM_OK);
    fault((char *)a + 2 * PAGE);
    expect(4, 1, 1);
    fault((char *)b + PAGE);
    expect(5, 2, 2);
    assert_int_equal(hum_policy_set(&world->hum, a, NULL), HUM_OK);
    fault((char *)a + 3 * PAGE);
    expect(6, 4, 3);
    check_world(world);
    humi_ahead_stop(server.ahead);
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_set_of_parts_has_its_piece),
        cmocka_unit_test(pieces_belong_to_space_region_and_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
