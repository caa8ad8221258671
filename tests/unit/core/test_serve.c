/* SPDX-License-Identifier: MIT */
/* test_serve.c - batches served without a thread, and going ahead in line. */
#include "core/sample.h"
#include "core/serve.h"
#include "core_test.h"

static struct hum_plan answer;

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan_out)
{
    (void)view;
    (void)context;
    *plan_out = answer;
}

static const struct hum_part part = {.name = "test", .description = "as the test", .plan = plan};
static const struct hum_policy policy = {.struct_size = sizeof policy,
                                         .version = HUM_POLICY_VERSION,
                                         .name = "test",
                                         .prefetch = &part};

static struct fake_world *world;
static struct humi_server server;

static char *begin(unsigned blocks, unsigned ahead_blocks)
{
    const struct fake_params params = {.processors = 3, .blocks = 8, .policy = &policy};
    void *ptr;

    answer = (struct hum_plan){.ahead_blocks = ahead_blocks};
    world = world_open(&params);
    server = (struct humi_server){.hum = &world->hum};
    assert_int_equal(humi_ahead_start(&world->hum, true, &server.ahead), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, blocks * BLOCK, 0, &ptr), HUM_OK);
    return ptr;
}

static void end(void)
{
    check_world(world);
    humi_ahead_stop(server.ahead);
    humi_server_fini(&server);
    fake_world_close(world);
}

static void put(unsigned i, const char *ptr, enum touch how)
{
    server.faults[i] = (struct humi_fault){
        .address = (uintptr_t)ptr, .thread = 1 + (int)i, .write = how == TOUCH_WRITE};
}

static struct humi_block *block_of(const char *ptr)
{
    return block_at(world, humi_space_block(&world->hum, (uintptr_t)ptr));
}

static void a_batch_is_served_by_whoever_calls(void **state)
{
    (void)state;
    char *ptr = begin(2, 0);
    put(0, ptr + BLOCK, TOUCH_WRITE);
    put(1, ptr + 3 * PAGE, TOUCH_READ);
    put(2, ptr + PAGE, TOUCH_READ);
    put(3, ptr + 3 * PAGE + 8, TOUCH_READ);
    assert_int_equal(humi_server_serve(&server, DEV0, 4), 0);
    struct hum_counters now = counters(world);
    assert_int_equal(now.batches, 1);
    assert_int_equal(now.faults_device, 4);
    assert_int_equal(now.faults_duplicate, 1);
    assert_int_equal(now.events[HUM_CAUSE_FIRST_TOUCH], 2);
    assert_int_equal(resident(block_of(ptr), DEV0), 2);
    assert_int_equal(resident(block_of(ptr + BLOCK), DEV0), 1);
    end();
}

static void a_batch_tells_what_it_moved(void **state)
{
    (void)state;
    char *ptr = begin(1, 0);
    touch_fill(world, block_of(ptr), HOST, 0, 4, 7);
    put(0, ptr, TOUCH_READ);
    put(1, ptr + PAGE, TOUCH_READ);
    assert_int_equal(humi_server_serve(&server, DEV0, 2), 2 * PAGE);
    put(0, ptr, TOUCH_READ);
    assert_int_equal(humi_server_serve(&server, DEV0, 1), 0);
    end();
}

/* In line the blocks ahead are there when the fault is answered, and their events come first. */
static void going_ahead_in_line_ends_before_the_fault_is_served(void **state)
{
    (void)state;
    char *ptr = begin(4, 2);
    for (unsigned b = 0; b < 3; b++)
        touch_fill(world, block_of(ptr + b * BLOCK), HOST, ALL, 1);
    put(0, ptr, TOUCH_READ);
    assert_int_equal(humi_server_serve(&server, DEV0, 1), 2 * BLOCK + PAGE);
    assert_false(humi_ahead_waits(server.ahead));
    assert_int_equal(resident(block_of(ptr), DEV0), 1);
    assert_int_equal(resident(block_of(ptr + BLOCK), DEV0), HUMI_PAGES);
    assert_int_equal(resident(block_of(ptr + 2 * BLOCK), DEV0), HUMI_PAGES);
    assert_int_equal(counters(world).events[HUM_CAUSE_PREFETCH_POLICY], 2);
    end();
}

/* Asked for once, however often serving starts again. */
static void a_full_device_serves_first_and_goes_ahead_nowhere(void **state)
{
    (void)state;
    char *ptr = begin(3, 2);
    world->hum.order[DEV0].capacity = 1;
    for (unsigned b = 0; b < 3; b++)
        touch_fill(world, block_of(ptr + b * BLOCK), HOST, ALL, 1);
    for (unsigned b = 0; b < 3; b++) {
        put(0, ptr + b * BLOCK, TOUCH_READ);
        assert_int_equal(humi_server_serve(&server, DEV0, 1), PAGE);
        assert_int_equal(resident(block_of(ptr + b * BLOCK), DEV0), 1);
    }
    assert_int_equal(counters(world).evictions_clean, 2);
    end();
}

static void a_touch_of_nothing_fails_when_it_comes_again(void **state)
{
    (void)state;
    char *ptr = begin(1, 0);
    put(0, ptr + 2 * BLOCK, TOUCH_READ);
    humi_server_serve(&server, DEV0, 1);
    assert_int_equal(world->fake[DEV0]->calls.fail, 0);
    assert_int_equal(world->fake[DEV0]->calls.resume, 1);
    humi_server_serve(&server, DEV0, 1);
    assert_int_equal(world->fake[DEV0]->calls.fail, 1);
    end();
}

/* ---- touches that the device sampled by itself ----------------------------------------------- */

static unsigned planned_reads; /* of chunk 0, that a policy knew of when it was asked last */
static struct humi_sampled sampled; /* what the device has; of no block that is behind the space */

static void plan_by_touches(const struct hum_view *view, const struct hum_part_context *context,
                            struct hum_plan *plan_out)
{
    (void)context;
    (void)plan_out;
    planned_reads = (unsigned)view->heat->reads[0] << view->heat->scale;
}

static void sample_nothing(struct humi_processor *p)
{
    (void)p;
}

static struct humi_sampled_cost cost_nothing(struct humi_processor *p)
{
    (void)p;
    return (struct humi_sampled_cost){0};
}

static bool next_of_one(struct humi_processor *p, uint32_t *cursor, struct humi_sampled *out)
{
    (void)p;
    if (sampled.block < *cursor || !sampled.touches[0][0])
        return false;
    *out = sampled;
    *cursor = sampled.block + 1;
    sampled.touches[0][0] = 0;
    return true;
}

/* They are of its last stay on the device: told later they would be taken for touches from afar. */
static void a_policy_is_asked_behind_what_was_sampled(void **state)
{
    static const struct hum_part counting = {.name = "counting", .description = "by touches",
                                             .plan = plan_by_touches, .counts_touches = true};
    const struct hum_policy by_touches = {.struct_size = sizeof by_touches,
                                          .version = HUM_POLICY_VERSION,
                                          .name = "touches",
                                          .place = &counting};
    const struct fake_params params = {.processors = 2, .blocks = 8, .policy = &by_touches};
    void *ptr;

    (void)state;
    world = world_open(&params);
    server = (struct humi_server){.hum = &world->hum};
    assert_int_equal(humi_ahead_start(&world->hum, true, &server.ahead), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, 2 * BLOCK, 0, &ptr), HUM_OK);
    struct humi_processor *device = world->hum.processor[DEV0];
    const struct humi_processor_ops *ops = device->ops;
    struct humi_processor_ops sampling = *ops;
    sampling.sampled_begin = sample_nothing;
    sampling.sampled_next = next_of_one;
    sampling.sampled_cost = cost_nothing;
    device->ops = &sampling;
    assert_int_equal(humi_sample_start(&world->hum, 1, true, &world->hum.sample), HUM_OK);
    sampled = (struct humi_sampled){.block = block_of(ptr)->index, .touches[0][0] = 40};
    put(0, ptr, TOUCH_READ);
    humi_server_serve(&server, DEV0, 1);
    assert_int_equal(planned_reads, 40);
    assert_int_equal(sampled.touches[0][0], 0);
    humi_sample_stop(world->hum.sample);
    humi_sample_destroy(world->hum.sample);
    world->hum.sample = NULL;
    device->ops = ops;
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_served_by_whoever_calls),
        cmocka_unit_test(a_batch_tells_what_it_moved),
        cmocka_unit_test(going_ahead_in_line_ends_before_the_fault_is_served),
        cmocka_unit_test(a_full_device_serves_first_and_goes_ahead_nowhere),
        cmocka_unit_test(a_touch_of_nothing_fails_when_it_comes_again),
        cmocka_unit_test(a_policy_is_asked_behind_what_was_sampled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
