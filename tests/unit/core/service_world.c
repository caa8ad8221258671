/* SPDX-License-Identifier: MIT */
/* service_world.c - see service_world.h */
#include "service_world.h"

/* ---- the policy ------------------------------------------------------------------------------ */

struct hum_view views[VIEWS_MAX];
unsigned view_count;
struct hum_plan answer;

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan_out)
{
    (void)context;
    if (view_count < VIEWS_MAX)
        views[view_count++] = *view;
    *plan_out = answer;
}

static const struct hum_part part = {.name = "test", .description = "as the test", .plan = plan};
static const struct hum_policy policy = {.struct_size = sizeof policy,
                                         .version = HUM_POLICY_VERSION,
                                         .name = "test",
                                         .prefetch = &part};

/* ---- a space with a service ------------------------------------------------------------------ */

struct fake_world *world;
static struct humi_service *service;

void begin(const struct fake_params *params)
{
    struct fake_params mine = *params;

    view_count = 0;
    answer = (struct hum_plan){.ahead_blocks = 0};
    mine.policy = &policy;
    world = world_open(&mine);
}

void start(void)
{
    assert_int_equal(humi_service_start(&world->hum, &service), HUM_OK);
}

void stop(void)
{
    humi_service_stop(service);
    check_world(world);
}

void end(void)
{
    fake_world_close(world);
}

const struct fake_params usual = {.processors = 3, .blocks = 8};

char *alloc(size_t bytes)
{
    void *ptr;

    assert_int_equal(hum_alloc(&world->hum, bytes, 0, &ptr), HUM_OK);
    return ptr;
}

size_t offset_of(const char *ptr)
{
    return (uintptr_t)ptr - world->hum.params.start;
}

void fault(unsigned p, const char *ptr, enum touch how)
{
    static int thread = 1 << 30; /* above what the system gives: its affinity is set for real */

    fake_fault(world->fake[p], (uintptr_t)ptr, how == TOUCH_WRITE, thread++);
}

struct granted {
    size_t page;
    enum fake_access access;
};

static bool is_granted(struct fake *fake, void *context)
{
    const struct granted *granted = context;

    return fake->access[granted->page] >= (unsigned char)granted->access;
}

void wait_granted(unsigned p, const char *ptr, enum fake_access access)
{
    struct granted granted = {offset_of(ptr) / PAGE, access};

    assert_true(fake_wait(world->fake[p], is_granted, &granted));
}

static bool has_failed(struct fake *fake, void *context)
{
    return fake->failed_count >= *(unsigned *)context;
}

void wait_failed(unsigned p, unsigned count)
{
    assert_true(fake_wait(world->fake[p], has_failed, &count));
}

static bool has_resumed(struct fake *fake, void *context)
{
    return fake->calls.resume + fake->calls.map >= *(unsigned *)context;
}

void wait_served(unsigned p, unsigned calls)
{
    assert_true(fake_wait(world->fake[p], has_resumed, &calls));
}
