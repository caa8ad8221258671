/* SPDX-License-Identifier: MIT */
/*
 * test_lost.c - a device whose frames die with it: what only they held is gone and reads as zero,
 * what somebody else has stays, and both are told.
 */
#include "core_test.h"

#define R(p) {p, TOUCH_READ}
#define W(p) {p, TOUCH_WRITE}
#define M(p) {p, TOUCH_REMOTE}

/* Touches of pages [8, 24) before device 0 is lost, and what is left. */
static const struct loss_case {
    const char *name;
    struct step {
        unsigned processor;
        enum touch touch;
    } steps[3];
    unsigned count;
    unsigned lost;       /* pages */
    unsigned residents;  /* bits: 1 host, 4 device 1 */
    int content;         /* as the host reads it afterwards; each writer wrote 0x50 + its number */
} cases[] = {
    {"nobody had it", {{0}}, 0, 0, 0, 0},
    {"only the device wrote it", {W(1)}, 1, 16, 0, 0},
    {"the device took what the host wrote", {W(0), W(1)}, 2, 16, 0, 0},
    {"the host read it since", {W(1), R(0)}, 2, 0, 1, 0x51},
    {"another device read it since", {W(1), R(2)}, 2, 0, 4, 0x51},
    {"both did", {W(1), R(0), R(2)}, 3, 0, 5, 0x51},
    {"the device read the host's", {W(0), R(1)}, 2, 0, 1, 0x50},
    {"the host took it back", {W(1), W(0)}, 2, 0, 1, 0x50},
    {"it was never written", {R(1)}, 1, 0, 0, 0},
    {"never written, read by both", {R(1), R(0)}, 2, 0, 1, 0},
    {"the host had mapped its frame", {W(1), M(0)}, 2, 16, 0, 0},
    {"a device had mapped its frame", {W(1), M(2)}, 2, 16, 0, 0},
    {"it had mapped the host's frame", {W(0), M(1)}, 2, 0, 1, 0x50},
    {"another device has it", {W(2)}, 1, 0, 4, 0x52},
};

static const struct fake_params three = {.processors = 3, .blocks = 4};

static struct fake_world *world_of_mortals(const struct fake_params *params)
{
    struct fake_world *world = world_open(params);

    world->hum.processor[DEV0]->frames_die = true;
    return world;
}

static unsigned forget_lost(struct fake_world *world, struct humi_block *block)
{
    humi_lock(&block->lock);
    unsigned lost = humi_residency_lost(&world->hum, block, DEV0);
    humi_unlock(&block->lock);
    return lost;
}

static unsigned lose(struct fake_world *world, struct humi_block *block)
{
    fake_die(world->fake[DEV0]);
    unsigned lost = forget_lost(world, block);
    check_world(world);
    return lost;
}

static void prepare(struct fake_world *world, struct humi_block *block, const struct loss_case *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        unsigned p = c->steps[i].processor;
        touch(world, block, p, 8, 24, c->steps[i].touch);
        if (c->steps[i].touch == TOUCH_WRITE)
            fill(world, block, p, 8, 24, (int)(0x50 + p));
    }
}

static void check_case(const struct loss_case *c)
{
    struct fake_world *world = world_of_mortals(&three);
    struct humi_block *block = block_at(world, 1);

    print_message("    %s\n", c->name);
    prepare(world, block, c);
    assert_int_equal(lose(world, block), c->lost);
    for (unsigned p = 0; p < 3; p++) {
        assert_int_equal(resident(block, p), c->residents & 1u << p ? 16 : 0);
        if (!(c->residents & 1u << p))
            expect_access(world, block, p, 8, 24, FAKE_NONE);
    }
    assert_int_equal(lose(world, block), 0); /* once */
    touch(world, block, HOST, 8, 24, TOUCH_READ);
    expect_content(world, block, HOST, 8, 24, c->content);
    touch(world, block, DEV0, 8, 24, TOUCH_WRITE); /* it may have pages again */
    expect_content(world, block, DEV0, 8, 24, c->content);
    fake_world_close(world);
}

static void what_is_lost_is_what_nobody_else_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&cases[i]);
}

/* In one block: some pages only there, some shared, some the host's. */
static void pages_of_a_block_are_told_apart(void **state)
{
    struct fake_world *world = world_of_mortals(&three);
    struct humi_block *block = block_at(world, 0);

    (void)state;
    touch_fill(world, block, DEV0, 0, 300, 0x61);
    touch(world, block, HOST, 100, 200, TOUCH_READ);
    touch_fill(world, block, HOST, 400, 500, 0x62);
    assert_int_equal(lose(world, block), 200);
    touch(world, block, HOST, 0, 512, TOUCH_READ);
    expect_content(world, block, HOST, 0, 100, 0);
    expect_content(world, block, HOST, 100, 200, 0x61);
    expect_content(world, block, HOST, 200, 400, 0);
    expect_content(world, block, HOST, 400, 500, 0x62);
    fake_world_close(world);
}

/* Its memory is empty then: as much as before can come. */
static void room_is_there_again(void **state)
{
    static const struct fake_params small = {.processors = 2, .blocks = 4, .capacity = {0, 2}};
    struct fake_world *world = world_of_mortals(&small);

    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t b = 0; b < 2; b++)
            touch_fill(world, block_at(world, (round + b) % 4), DEV0, ALL, 0x70);
        fake_die(world->fake[DEV0]);
        for (uint32_t b = 0; b < 2; b++)
            assert_int_equal(forget_lost(world, block_at(world, (round + b) % 4)), 512);
        check_world(world);
    }
    fake_world_close(world);
}

/* The access that was there is told as lost, once; frames that do not die are not. */
static void a_loss_is_one_event(void **state)
{
    static const struct counted lost = {HUM_CAUSE_DEVICE_LOST, 16, {0}};

    (void)state;
    for (int mortal = 0; mortal < 2; mortal++) {
        struct fake_world *world = world_open(&three);
        struct humi_block *block = block_at(world, 1);
        world->hum.processor[DEV0]->frames_die = mortal;
        touch_fill(world, block, DEV0, 8, 24, 0x51);
        struct hum_counters before = counters(world);
        assert_int_equal(lose(world, block), mortal ? 16 : 0);
        (void)lose(world, block);
        expect_events(world, &before, &lost, 1);
        assert_int_equal(resident(block, DEV0), mortal ? 0 : 16);
        fake_world_close(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lost_is_what_nobody_else_has),
        cmocka_unit_test(pages_of_a_block_are_told_apart),
        cmocka_unit_test(room_is_there_again),
        cmocka_unit_test(a_loss_is_one_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
