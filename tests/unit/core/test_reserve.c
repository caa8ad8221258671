/* SPDX-License-Identifier: MIT */
/* test_reserve.c - blocks that are kept free: when they leave, which, and when none does. */
#include <sched.h>

#include "core/reserve.h"
#include "core/room.h"
#include "core/serve.h"
#include "core_test.h"
#include "policy/parts.h"
#include "support/random.h"

#define CAPACITY 16u
#define SPACE 48u

/* ---- a device that is asked for pages -------------------------------------------------------- */

static unsigned waits; /* times that a fault had to make room */

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan_out)
{
    (void)context;
    (void)plan_out;
    waits += view->again;
}

static const struct hum_part part = {.name = "test", .description = "counts", .plan = plan};
static struct hum_policy policy = {.struct_size = sizeof policy,
                                   .version = HUM_POLICY_VERSION,
                                   .name = "test",
                                   .prefetch = &part,
                                   .evict = &humi_evict_lrm};

static struct fake_world *world;
static struct humi_server server;
static char *region;

static void begin_with(const char *settings, uint64_t capacity, bool in_line)
{
    struct fake_params params = {
        .processors = 2, .blocks = SPACE + 8, .policy = &policy, .capacity = {0, capacity}};
    void *ptr;

    policy.settings = settings;
    waits = 0;
    world = world_open(&params);
    server = (struct humi_server){.hum = &world->hum};
    assert_int_equal(humi_ahead_start(&world->hum, in_line, &server.ahead), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, SPACE * BLOCK, 0, &ptr), HUM_OK);
    region = ptr;
}

static void begin(void)
{
    begin_with(NULL, CAPACITY, true);
}

static void end(void)
{
    humi_ahead_stop(server.ahead);
    humi_server_fini(&server);
    check_world(world);
    fake_world_close(world);
}

static struct humi_block *block_of(unsigned i)
{
    return block_at(world, humi_space_block(&world->hum, (uintptr_t)region) + i);
}

static bool is_here(unsigned i)
{
    return !humi_mask_empty(&block_of(i)->hold[DEV0].present);
}

/* A touch, which is a fault only if the page is not there. */
static void use(unsigned i)
{
    if (is_here(i))
        return;
    server.faults[0] = (struct humi_fault){.address = (uintptr_t)region + i * BLOCK, .thread = 1};
    humi_server_serve(&server, DEV0, 1);
    if (humi_ahead_is_in_line(server.ahead))
        check_world(world);
}

static void use_all(unsigned from, unsigned end)
{
    for (unsigned i = from; i < end; i++)
        use(i);
}

static uint64_t held(void)
{
    return atomic_load(&world->hum.order[DEV0].held);
}

static uint64_t evictions(void)
{
    return counters(world).events[HUM_CAUSE_EVICTION];
}

/* ---- when ------------------------------------------------------------------------------------ */

static void nothing_leaves_before_a_fault_had_to_wait(void **state)
{
    (void)state;
    begin();
    use_all(0, CAPACITY);
    assert_int_equal(held(), CAPACITY);
    assert_int_equal(evictions(), 0);
    assert_int_equal(waits, 0);
    end();
}

static void a_full_device_keeps_a_block_free(void **state)
{
    (void)state;
    begin();
    use_all(0, CAPACITY + 1);
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), 2); /* one for the fault, one for the next */
    assert_int_equal(held(), CAPACITY - 1);
    assert_false(is_here(0) || is_here(1));
    use_all(CAPACITY + 1, SPACE);
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), SPACE - CAPACITY + 1);
    assert_int_equal(held(), CAPACITY - 1);
    end();
}

/* Who faulted runs on as soon as it is answered: what leaves behind that could be touched first. */
static void nothing_leaves_behind_a_batch_of_a_deterministic_run(void **state)
{
    (void)state;
    begin();
    world->hum.deterministic = true;
    use_all(0, CAPACITY + 1);
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), 1);
    assert_int_equal(held(), CAPACITY);
    use(CAPACITY + 1); /* behind an eviction for it, which nobody waited for */
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), 2);
    assert_int_equal(held(), CAPACITY);
    use_all(CAPACITY + 2, SPACE);
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), SPACE - CAPACITY);
    end();
}

static void as_many_as_the_policy_says_stay_free(void **state)
{
    static const struct {
        const char *settings;
        uint64_t capacity, free;
    } cases[] = {
        {"evict.reserve=0", CAPACITY, 0}, {"evict.reserve=1", CAPACITY, 1},
        {"evict.reserve=2", CAPACITY, 1}, /* a sixteenth of the device at most */
        {"evict.reserve=2", 32, 2},       {"evict.reserve=8", 32, 2},
        {"evict.reserve=8", CAPACITY - 1, 0},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        begin_with(cases[i].settings, cases[i].capacity, true);
        use_all(0, SPACE);
        assert_int_equal(held(), cases[i].capacity - cases[i].free);
        assert_int_equal(waits, cases[i].free ? 1 : SPACE - cases[i].capacity);
        end();
    }
}

static void policies_do_not_see_the_reserve_as_free(void **state)
{
    (void)state;
    begin();
    assert_int_equal(humi_reserve_kept(&world->hum, DEV0), 0);
    use_all(0, CAPACITY + 1);
    assert_int_equal(humi_reserve_kept(&world->hum, DEV0), 1);
    assert_int_equal(humi_reserve_kept(&world->hum, HOST), 0);
    end();
}

/* ---- when no longer -------------------------------------------------------------------------- */

/* Pressed once, then a loop over as many blocks as there is room for. */
static void a_loop_that_just_fits_is_left_alone(void **state)
{
    (void)state;
    begin();
    use_all(0, CAPACITY + 1);
    for (unsigned round = 0; round < 3; round++)
        use_all(1, CAPACITY + 1);
    uint64_t before = evictions();
    assert_int_equal(held(), CAPACITY);
    for (unsigned round = 0; round < 3; round++)
        use_all(1, CAPACITY + 1);
    assert_int_equal(evictions(), before);
    use(0); /* a fault waits again, and that is noticed */
    assert_int_equal(held(), CAPACITY - 1);
    end();
}

static void a_loop_that_does_not_fit_waits_once(void **state)
{
    (void)state;
    begin();
    for (unsigned round = 0; round < 4; round++)
        use_all(0, CAPACITY + 1);
    assert_int_equal(waits, 1);
    assert_int_equal(evictions(), 4 * (CAPACITY + 1) - CAPACITY + 1); /* as many as misses */
    end();
}

static void after_a_region_was_freed_nothing_leaves(void **state)
{
    void *other;

    (void)state;
    begin();
    use_all(0, CAPACITY + 1);
    assert_int_equal(hum_free(&world->hum, region), HUM_OK);
    assert_int_equal(hum_alloc(&world->hum, SPACE * BLOCK, 0, &other), HUM_OK);
    region = other;
    uint64_t before = evictions();
    use_all(0, CAPACITY);
    assert_true(held() == CAPACITY);
    assert_int_equal(counters(world).pages[HUM_CAUSE_EVICTION], before);
    end();
}

/* ---- which ----------------------------------------------------------------------------------- */

static void what_is_preferred_or_newest_stays(void **state)
{
    (void)state;
    begin();
    use_all(0, CAPACITY);
    for (unsigned i = 0; i < CAPACITY - 4; i++) {
        block_of(i)->advice = HUM_ADVISE_PREFERRED;
        block_of(i)->preferred = 0;
    }
    humi_reserve_press(&world->hum, DEV0);
    assert_true(humi_reserve_lacks(&world->hum, DEV0, 0));
    assert_false(humi_reserve_fill(&world->hum, DEV0, 0));
    assert_int_equal(evictions(), 0);
    block_of(7)->advice = 0;
    assert_true(humi_reserve_fill(&world->hum, DEV0, 0));
    assert_false(is_here(7));
    assert_false(humi_reserve_fill(&world->hum, DEV0, 0)); /* it is kept */
    uint64_t now = atomic_load(&world->hum.order[DEV0].reserve.arrivals);
    assert_false(humi_reserve_lacks(&world->hum, DEV0, now));
    assert_true(humi_reserve_lacks(&world->hum, DEV0, now + 1)); /* for a block that is coming */
    end();
}

static void the_host_and_lost_devices_have_none(void **state)
{
    (void)state;
    begin();
    use_all(0, CAPACITY);
    humi_reserve_press(&world->hum, HOST);
    assert_false(humi_reserve_lacks(&world->hum, HOST, 0));
    humi_reserve_press(&world->hum, DEV0);
    atomic_store(&world->hum.lost[DEV0], true);
    assert_false(humi_reserve_lacks(&world->hum, DEV0, 0));
    atomic_store(&world->hum.lost[DEV0], false);
    assert_true(humi_reserve_lacks(&world->hum, DEV0, 0));
    end();
}

/* ---- by the thread --------------------------------------------------------------------------- */

static void the_thread_lets_blocks_leave(void **state)
{
    (void)state;
    begin_with(NULL, CAPACITY, false);
    for (unsigned i = 0; i < SPACE; i++) {
        use(i);
        while (humi_reserve_lacks(&world->hum, DEV0, 0))
            sched_yield();
    }
    assert_int_equal(held(), CAPACITY - 1);
    assert_int_equal(waits, 1);
    end();
}

/* ---- against a model ------------------------------------------------------------------------- */

#define NOBODY UINT32_MAX

/* Rooms that are free, the oldest first, each with who left it for the reserve. */
struct model {
    uint32_t in[CAPACITY * 2], free[CAPACITY * 2];
    unsigned count, free_count;
    unsigned reserve;
    bool pressed;
};

static unsigned model_find(const uint32_t *list, unsigned count, uint32_t block)
{
    unsigned i = 0;
    while (i < count && list[i] != block)
        i++;
    return i;
}

static uint32_t model_pop(uint32_t *list, unsigned *count)
{
    uint32_t first = list[0];
    memmove(list, list + 1, --*count * sizeof *list);
    return first;
}

static void model_use(struct model *model, uint32_t block)
{
    if (model_find(model->in, model->count, block) < model->count)
        return;
    if (!model->free_count) {
        model_pop(model->in, &model->count);
        model->free[model->free_count++] = NOBODY;
        model->pressed = true;
    }
    unsigned own = model_find(model->free, model->free_count, block);
    if (own < model->free_count) {
        model->pressed = false; /* its room was not wanted before it came back */
        model->free[own] = NOBODY;
    }
    model_pop(model->free, &model->free_count);
    model->in[model->count++] = block;
    while (model->pressed && model->free_count < model->reserve)
        model->free[model->free_count++] = model_pop(model->in, &model->count);
}

static void random_uses_are_as_in_the_model(void **state)
{
    static const char *const settings[] = {"evict.reserve=0", "evict.reserve=1",
                                           "evict.reserve=2"};
    struct random random = random_make(random_seed("random_uses_are_as_in_the_model"), 0);

    (void)state;
    for (uint64_t run = 0; run < random_steps(12); run++) {
        struct model model = {.reserve = (unsigned)random_below(&random, 3)};
        unsigned capacity = model.reserve == 2 ? 2 * CAPACITY : CAPACITY;
        unsigned used = capacity + (unsigned)random_below(&random, 4);
        for (unsigned i = 0; i < capacity; i++)
            model.free[model.free_count++] = NOBODY;
        begin_with(settings[model.reserve], capacity, true);
        for (unsigned step = 0, at = 0; step < 300; step++) {
            at = random_below(&random, 4) ? (at + 1) % used : (unsigned)random_below(&random, used);
            use(at);
            model_use(&model, at);
            assert_int_equal(held(), model.count);
            for (unsigned i = 0; i < used; i++)
                assert_int_equal(is_here(i),
                                 model_find(model.in, model.count, i) < model.count);
        }
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leaves_before_a_fault_had_to_wait),
        cmocka_unit_test(a_full_device_keeps_a_block_free),
        cmocka_unit_test(nothing_leaves_behind_a_batch_of_a_deterministic_run),
        cmocka_unit_test(as_many_as_the_policy_says_stay_free),
        cmocka_unit_test(policies_do_not_see_the_reserve_as_free),
        cmocka_unit_test(a_loop_that_just_fits_is_left_alone),
        cmocka_unit_test(a_loop_that_does_not_fit_waits_once),
        cmocka_unit_test(after_a_region_was_freed_nothing_leaves),
        cmocka_unit_test(what_is_preferred_or_newest_stays),
        cmocka_unit_test(the_host_and_lost_devices_have_none),
        cmocka_unit_test(the_thread_lets_blocks_leave),
        cmocka_unit_test(random_uses_are_as_in_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
