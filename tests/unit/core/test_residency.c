/* SPDX-License-Identifier: MIT */
/*
 * test_residency.c - every transition of a page: who has it then, who may touch it, what was
 * copied, and the one event it was counted as.
 */
#include "residency_test.h"

/* ---- a table of transitions ------------------------------------------------------------------ */

#define TOUCHES_MAX 3u

struct step {
    unsigned processor;
    enum touch touch;
};

/* Pages [8, 24) after the touches; the last one is what is counted. */
struct transition {
    const char *name;
    struct step steps[TOUCHES_MAX];
    unsigned count;
    enum fake_access access[3];  /* at host, device 0, device 1 */
    unsigned residents;          /* bits: 1 host, 2 device 0, 4 device 1 */
    bool written, dirty;
    struct counted event;
};

#define R(p) {p, TOUCH_READ}
#define W(p) {p, TOUCH_WRITE}
#define M(p) {p, TOUCH_REMOTE}
#define N FAKE_NONE

static const struct transition transitions[] = {
    {"first read by the host", {R(0)}, 1, {FAKE_READ, N, N}, 1, false, false,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"first write by the host", {W(0)}, 1, {FAKE_WRITE, N, N}, 1, true, true,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"first read by a device", {R(1)}, 1, {N, FAKE_READ, N}, 2, false, false,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"first write by a device", {W(1)}, 1, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"zero page read by both", {R(0), R(1)}, 2, {FAKE_READ, FAKE_READ, N}, 3, false, false,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"write after own read", {R(0), W(0)}, 2, {FAKE_WRITE, N, N}, 1, true, true,
     {HUM_CAUSE_UPGRADE, 16, {0}}},
    {"zero page written elsewhere", {R(0), W(1)}, 2, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"device reads what the host wrote", {W(0), R(1)}, 2, {FAKE_READ, FAKE_READ, N}, 3, true,
     false, {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"device writes what the host wrote", {W(0), W(1)}, 2, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"host reads what a device wrote", {W(1), R(0)}, 2, {FAKE_READ, FAKE_READ, N}, 3, true, false,
     {HUM_CAUSE_HOST_FAULT, 16, {0, 16, 0}}},
    {"host writes what a device wrote", {W(1), W(0)}, 2, {FAKE_WRITE, N, N}, 1, true, true,
     {HUM_CAUSE_HOST_FAULT, 16, {0, 16, 0}}},
    {"device to device read", {W(1), R(2)}, 2, {N, FAKE_READ, FAKE_READ}, 6, true, false,
     {HUM_CAUSE_DEVICE_FAULT, 16, {0, 0, 16}}},
    {"device to device write", {W(1), W(2)}, 2, {N, N, FAKE_WRITE}, 4, true, true,
     {HUM_CAUSE_DEVICE_FAULT, 16, {0, 0, 16}}},
    {"third reader takes the host's copy", {W(1), R(0), R(2)}, 3,
     {FAKE_READ, FAKE_READ, FAKE_READ}, 7, true, false,
     {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"upgrade by the reader", {W(0), R(1), W(1)}, 3, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_UPGRADE, 16, {0}}},
    {"upgrade by the old owner", {W(0), R(1), W(0)}, 3, {FAKE_WRITE, N, N}, 1, true, true,
     {HUM_CAUSE_UPGRADE, 16, {0}}},
    {"write takes two copies", {W(0), R(1), W(2)}, 3, {N, N, FAKE_WRITE}, 4, true, true,
     {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"second read does not move", {W(0), R(1), R(1)}, 3, {FAKE_READ, FAKE_READ, N}, 3, true,
     false, {HUM_CAUSE_COUNT, 0, {0}}},
    {"device maps what the host wrote", {W(0), M(1)}, 2, {FAKE_WRITE, FAKE_REMOTE, N}, 1, true,
     true, {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"host maps what a device wrote", {W(1), M(0)}, 2, {FAKE_REMOTE, FAKE_WRITE, N}, 2, true,
     true, {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"device maps what another wrote", {W(1), M(2)}, 2, {N, FAKE_WRITE, FAKE_REMOTE}, 2, true,
     true, {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"two map one frame", {W(1), M(0), M(2)}, 3, {FAKE_REMOTE, FAKE_WRITE, FAKE_REMOTE}, 2, true,
     true, {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"mapped again it is no event", {W(0), M(1), M(1)}, 3, {FAKE_WRITE, FAKE_REMOTE, N}, 1, true,
     true, {HUM_CAUSE_COUNT, 0, {0}}},
    {"a zero page can be mapped", {R(0), M(1)}, 2, {FAKE_READ, FAKE_REMOTE, N}, 1, true, true,
     {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"of two copies one is left", {W(1), R(0), M(2)}, 3, {FAKE_READ, N, FAKE_REMOTE}, 1, true,
     true, {HUM_CAUSE_REMOTE_MAP, 16, {0}}},
    {"nobody's pages come", {M(1)}, 1, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_FIRST_TOUCH, 16, {0}}},
    {"a store by the owner takes nothing", {R(0), M(1), W(0)}, 3, {FAKE_WRITE, FAKE_REMOTE, N}, 1,
     true, true, {HUM_CAUSE_UPGRADE, 16, {0}}},
    {"a third reader ends it", {W(0), M(1), R(2)}, 3, {FAKE_READ, N, FAKE_READ}, 5, true, false,
     {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"a third writer ends it", {W(0), M(1), W(2)}, 3, {N, N, FAKE_WRITE}, 4, true, true,
     {HUM_CAUSE_DEVICE_FAULT, 16, {16, 0, 0}}},
    {"who maps it may take it after all", {W(1), M(2), W(0)}, 3, {FAKE_WRITE, N, N}, 1, true, true,
     {HUM_CAUSE_HOST_FAULT, 16, {0, 16, 0}}},
    {"second write does not move", {W(1), W(1)}, 2, {N, FAKE_WRITE, N}, 2, true, true,
     {HUM_CAUSE_COUNT, 0, {0}}},
};

static void check_transition(struct fake_world *world, const struct transition *t)
{
    struct humi_block *block = block_at(world, 1);
    struct hum_pages pages = humi_mask_range(8, 24), none = humi_mask_none();
    struct hum_counters before;

    print_message("    %s\n", t->name);
    for (unsigned i = 0; i < t->count; i++) {
        before = counters(world);
        touch(world, block, t->steps[i].processor, 8, 24, t->steps[i].touch);
    }
    expect_events(world, &before, &t->event, t->event.cause != HUM_CAUSE_COUNT);
    for (unsigned p = 0; p < 3; p++) {
        expect_access(world, block, p, 0, 8, FAKE_NONE);
        expect_access(world, block, p, 8, 24, t->access[p]);
        expect_access(world, block, p, 24, HUMI_PAGES, FAKE_NONE);
        assert_true(humi_mask_equal(&block->hold[p].resident,
                                    t->residents & (1u << p) ? &pages : &none));
    }
    assert_true(humi_mask_equal(&block->written, t->written ? &pages : &none));
    assert_true(humi_mask_equal(&block->dirty, t->dirty ? &pages : &none));
}

static void every_transition_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(transitions); i++) {
        struct fake_world *world = world_open(&three);
        check_transition(world, &transitions[i]);
        fake_world_close(world);
    }
}

static void every_transition_is_exact_with_huge_frames(void **state)
{
    struct fake_params params = three;

    (void)state;
    params.huge = true;
    for (size_t i = 0; i < COUNT_OF(transitions); i++) {
        struct fake_world *world = world_open(&params);
        check_transition(world, &transitions[i]);
        fake_world_close(world);
    }
}

/* ---- contents -------------------------------------------------------------------------------- */

static void bytes_follow_the_pages(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 2);

    (void)state;
    touch_fill(world, block, HOST, 0, 4, 0x11);
    touch_fill(world, block, DEV0, 2, 8, 0x22);
    touch(world, block, HOST, 0, 8, TOUCH_READ);
    expect_content(world, block, HOST, 0, 2, 0x11);
    expect_content(world, block, HOST, 2, 8, 0x22);
    touch_fill(world, block, DEV1, 0, 1, 0x33);
    touch(world, block, DEV0, 0, 8, TOUCH_READ);
    expect_content(world, block, DEV0, 0, 1, 0x33);
    expect_content(world, block, DEV0, 1, 2, 0x11);
    expect_content(world, block, DEV0, 2, 8, 0x22);
    fake_world_close(world);
}

static void a_used_frame_is_wiped_for_a_page_never_written(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch_fill(world, block, DEV0, 0, 4, 0x77);
    forget(world, block, 0, 2);
    touch(world, block, DEV0, 0, 2, TOUCH_READ);
    expect_content(world, block, DEV0, 0, 2, 0);
    expect_content(world, block, DEV0, 2, 4, 0x77);
    fake_world_close(world);
}

static void sources_of_one_request_may_differ(void **state)
{
    static const struct counted event = {HUM_CAUSE_DEVICE_FAULT, 12, {4, 0, 4}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct hum_counters before;

    (void)state;
    touch_fill(world, block, HOST, 0, 4, 1);
    touch_fill(world, block, DEV1, 4, 8, 2);
    before = counters(world);
    touch(world, block, DEV0, 0, 12, TOUCH_READ);
    expect_events(world, &before, &event, 1);
    expect_content(world, block, DEV0, 0, 4, 1);
    expect_content(world, block, DEV0, 4, 8, 2);
    expect_content(world, block, DEV0, 8, 12, 0);
    fake_world_close(world);
}

/* ---- what a policy adds ---------------------------------------------------------------------- */

static void added_pages_are_an_event_of_their_own(void **state)
{
    static const struct counted events[] = {{HUM_CAUSE_DEVICE_FAULT, 1, {1, 0, 0}},
                                            {HUM_CAUSE_PREFETCH_POLICY, 63, {63, 0, 0}}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = fault_request(DEV0, 5, 6, TOUCH_READ);
    struct hum_counters before;

    (void)state;
    touch_fill(world, block, HOST, 0, 64, 9);
    before = counters(world);
    request.bring = request.map = humi_mask_range(0, 64);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_events(world, &before, events, 2);
    expect_content(world, block, DEV0, 0, 64, 9);
    fake_world_close(world);
}

static void a_prefetch_gives_a_copy_without_access(void **state)
{
    static const struct counted events[] = {{HUM_CAUSE_PREFETCH_USER, 64, {64, 0, 0}},
                                            {HUM_CAUSE_REMAP, 64, {0}}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = {.processor = DEV0,
                                   .bring = humi_mask_range(0, 64),
                                   .cause = HUM_CAUSE_PREFETCH_USER};
    struct hum_counters before;

    (void)state;
    touch_fill(world, block, HOST, 0, 64, 9);
    before = counters(world);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_events(world, &before, events, 1);
    expect_access(world, block, DEV0, ALL, FAKE_NONE);
    expect_access(world, block, HOST, 0, 64, FAKE_READ);
    before = counters(world);
    touch(world, block, DEV0, 0, 64, TOUCH_READ);
    expect_events(world, &before, events + 1, 1);
    expect_content(world, block, DEV0, 0, 64, 9);
    fake_world_close(world);
}

static void access_given_ahead_is_counted(void **state)
{
    static const struct counted event = {HUM_CAUSE_PREFETCH_POLICY, 64, {0}};
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_request request = {.processor = DEV0,
                                   .bring = humi_mask_range(0, 64),
                                   .cause = HUM_CAUSE_PREFETCH_USER};
    struct hum_counters before;

    (void)state;
    touch_fill(world, block, HOST, 0, 64, 9);
    assert_int_equal(serve(world, block, &request), HUM_OK);
    before = counters(world);
    request.map = request.write = request.bring;
    request.cause = HUM_CAUSE_PREFETCH_POLICY;
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
    expect_access(world, block, DEV0, 0, 64, FAKE_WRITE);
    assert_int_equal(resident(block, HOST), 0);
    expect_events(world, &before, &event, 1); /* R5 */
    fake_world_close(world);
}

static void a_sole_written_page_is_mapped_for_writing_at_once(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    struct humi_evicted evicted;

    (void)state;
    touch_fill(world, block, DEV0, 0, 4, 5);
    assert_int_equal(evict(world, block, DEV0, &evicted), HUM_OK);
    touch(world, block, HOST, 0, 4, TOUCH_READ);
    expect_access(world, block, HOST, 0, 4, FAKE_WRITE);
    expect_content(world, block, HOST, 0, 4, 5);
    fake_world_close(world);
}

static void a_fault_on_a_mapped_page_maps_again(void **state)
{
    struct fake_world *world = world_open(&three);
    struct humi_block *block = block_at(world, 0);
    unsigned maps;

    (void)state;
    touch(world, block, DEV0, 0, 4, TOUCH_WRITE);
    maps = world->fake[DEV0]->calls.map;
    touch(world, block, DEV0, 0, 4, TOUCH_WRITE);
    assert_int_equal(world->fake[DEV0]->calls.map, maps + 1);
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transition_is_exact),
        cmocka_unit_test(every_transition_is_exact_with_huge_frames),
        cmocka_unit_test(bytes_follow_the_pages),
        cmocka_unit_test(a_used_frame_is_wiped_for_a_page_never_written),
        cmocka_unit_test(sources_of_one_request_may_differ),
        cmocka_unit_test(added_pages_are_an_event_of_their_own),
        cmocka_unit_test(a_prefetch_gives_a_copy_without_access),
        cmocka_unit_test(access_given_ahead_is_counted),
        cmocka_unit_test(a_sole_written_page_is_mapped_for_writing_at_once),
        cmocka_unit_test(a_fault_on_a_mapped_page_maps_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + residency_access() + residency_leaving();
}
