/* SPDX-License-Identifier: MIT */
/*
 * cuda.c - what is particular about a CUDA device, on the double of the driver: handles that are
 * kept, frames that die, copies between devices, shared memory, kernels that cannot be stopped.
 */
#include <string.h>
#include <unistd.h>

#include "device/cuda/cuda.h"
#include "device/launch.h"
#include "support/cuda_double/open.h"
#include "support/random.h"

#define BLOCK HUM_BLOCK_SIZE
#define PAGE HUM_PAGE_SIZE
#define OFTEN_DROPPED 12 /* blocks that the test of the pool plays with */

static struct mode mode = {"cuda", ON_CUDA, true, true, true, false, NULL};
static struct world w, other;
static unsigned empty; /* the kernel; a lost device is asked for none */
static struct cuda_double *driver;

static void open_with(const char *options, size_t memory_bytes, unsigned watchdog_ms)
{
    const struct humi_device_params params = {.kind = "cuda",
                                              .unit = 0,
                                              .memory_bytes = memory_bytes,
                                              .watchdog_ms = watchdog_ms};

    driver = world_driver(options);
    world_open_device(&w, &mode, &params);
    empty = world_kernel(&w, "empty");
}

static struct cuda_double_counts counts(void)
{
    struct cuda_double_counts now;

    driver->count(&now);
    return now;
}

/* Whatever was made is given back. */
static int teardown(void **state)
{
    (void)state;
    if (other.p)
        world_close(&other);
    world_close(&w);
    return counts().live_objects == 0 && counts().live_bytes == 0 ? 0 : -1;
}

/* What a driver that is broken for good cannot take back stays. */
static int teardown_broken(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- handles --------------------------------------------------------------------------------- */

/* The space's last block, which has the words of touches, is one of these. */
static void dropped_memory_is_kept_up_to_what_the_device_has(void **state)
{
    (void)state;
    open_with("delay_us=0", 8 * BLOCK, 0);
    for (size_t b = 0; b < 7; b++)
        assert_int_equal(w.p->ops->back(w.p, b * BLOCK, BLOCK), HUM_OK);
    assert_int_equal(counts().live_bytes, 8 * BLOCK);
    w.p->ops->drop(w.p, 0, 7 * BLOCK);
    assert_int_equal(counts().live_bytes, 8 * BLOCK); /* for the next ones */
    for (size_t b = 100; b < 107; b++)
        assert_int_equal(w.p->ops->back(w.p, b * BLOCK, PAGE), HUM_OK);
    assert_int_equal(counts().live_bytes, 8 * BLOCK);
    /* The core never asks for more; what is more is not kept. */
    assert_int_equal(w.p->ops->back(w.p, 200 * BLOCK, PAGE), HUM_OK);
    assert_int_equal(counts().live_bytes, 9 * BLOCK);
    w.p->ops->drop(w.p, 0, w.space.bytes - BLOCK);
    assert_int_equal(counts().live_bytes, 8 * BLOCK);
}

static void kept_handles_save_making_them(void **state)
{
    (void)state;
    open_with("delay_us=0,fail=cuMemCreate:5", 4 * BLOCK, 0);
    for (int round = 0; round < 10; round++) {
        for (size_t b = 0; b < 3; b++)
            assert_int_equal(w.p->ops->back(w.p, (size_t)round * BLOCK + b * BLOCK, BLOCK), HUM_OK);
        w.p->ops->drop(w.p, 0, 100 * BLOCK);
    }
    /* The fifth is refused, and nothing is lost. */
    for (size_t b = 0; b < 3; b++)
        assert_int_equal(w.p->ops->back(w.p, b * BLOCK, BLOCK), HUM_OK);
    assert_int_equal(w.p->ops->back(w.p, 3 * BLOCK, BLOCK), HUM_ERR_NO_MEMORY);
    assert_non_null(strstr(hum_error_text(), "cuMemCreate"));
    assert_int_equal(w.p->ops->back(w.p, 3 * BLOCK, BLOCK), HUM_OK);
}

/* Each call of mapping a block may fail; the handle is kept, and the next try succeeds. */
static void a_block_that_cannot_be_mapped_leaves_nothing(void **state)
{
    static const char *const options[] = {"fail=cuMemMap:2", "fail=cuMemSetAccess:2"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        open_with(options[i], 4 * BLOCK, 0);
        assert_int_equal(w.p->ops->back(w.p, 0, BLOCK), HUM_ERR_NO_MEMORY);
        assert_int_equal(counts().live_bytes, 2 * BLOCK);
        assert_int_equal(w.p->ops->back(w.p, 0, BLOCK), HUM_OK);
        assert_int_equal(counts().live_bytes, 2 * BLOCK);
        assert_int_equal(world_word(&w, 8), 0);
        if (i + 1 < COUNT_OF(options))
            world_close(&w);
    }
}

/* Pages of blocks come and go; what is there is what a model says, and new ones are zero. */
static void random_pages(const char *options, size_t granule)
{
    static uint64_t model[OFTEN_DROPPED * BLOCK / PAGE]; /* first word of a page; 0: not there */
    const size_t pages = COUNT_OF(model);
    struct random random;

    open_with(options, 16 * BLOCK, 0);
    random = random_make(random_seed("pages come and go"), granule);
    memset(model, 0, sizeof model);
    for (uint64_t step = 1; step <= 400; step++) {
        size_t first = random_below(&random, pages);
        size_t end = first + 1 + random_below(&random, BLOCK / PAGE - first % (BLOCK / PAGE));
        size_t at_byte = first * PAGE, bytes = (end - first) * PAGE;
        if (random_below(&random, 3) == 0) {
            w.p->ops->drop(w.p, at_byte, bytes);
            memset(&model[first], 0, (end - first) * sizeof model[0]);
        } else {
            assert_int_equal(w.p->ops->back(w.p, at_byte, bytes), HUM_OK);
            assert_int_equal(world_word(&w, at_byte), model[first]);
            world_write(&w, at_byte, &step, sizeof step);
            model[first] = step;
        }
        assert_true(counts().live_bytes <= 16 * BLOCK);
    }
}

static void pages_that_come_and_go_are_those_of_a_model(void **state)
{
    (void)state;
    random_pages("delay_us=0", BLOCK);
    world_close(&w);
    random_pages("delay_us=0,granularity=8M", 4 * BLOCK);
}

/* ---- frames die ------------------------------------------------------------------------------ */

static void end_badly(void)
{
    struct touch_args args = {.at = (uint64_t *)(uintptr_t)PAGE, .value = 1, .write = 1};

    struct humi_launch launch = {.kernel = world_kernel(&w, "touch"),
                                 .restarted = w.p->restarted,
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    uint64_t ticket;

    assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_OK);
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_ILLEGAL_ADDRESS);
}

static enum hum_status submit_empty(unsigned restarted)
{
    struct empty_args args = {0};
    struct humi_launch launch = {.kernel = empty,
                                 .restarted = restarted,
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    uint64_t ticket;
    enum hum_status status = w.p->ops->submit(w.p, &launch, &ticket);

    if (status == HUM_OK)
        assert_int_equal(launch_end(&w, ticket).status, HUM_OK);
    return status;
}

/* Nobody is stuck while it is lost; afterwards what was there is gone, and all works again. */
static void frames_die_with_the_device(void **state)
{
    uint64_t word = 77;

    (void)state;
    open_with("", 16 * BLOCK, 0);
    assert_true(w.p->frames_die);
    world_map(&w, 0, BLOCK, HUMI_MAP_WRITE);
    world_write(&w, 8, &word, sizeof word);
    for (unsigned round = 1; round <= 3; round++) {
        end_badly();
        assert_int_equal(world_word(&w, 8), 0);
        world_write(&w, 8, &word, sizeof word);
        assert_int_equal(w.p->ops->back(w.p, BLOCK, BLOCK), HUM_ERR_DEVICE_LOST);
        unsigned module;
        assert_int_equal(w.p->ops->load(w.p, world_file(world_kernels_name(&mode)), &module),
                         HUM_ERR_DEVICE_LOST);
        w.p->ops->drop(w.p, 0, w.space.bytes); /* as the core does */
        assert_int_equal(w.p->ops->restart(w.p), HUM_OK);
        assert_int_equal(w.p->restarted, round);
        assert_int_equal(counts().live_bytes, 0);
        assert_int_equal(submit_empty(round - 1), HUM_ERR_DEVICE_LOST);
        assert_non_null(strstr(hum_error_text(), "before it started"));
        assert_int_equal(submit_empty(round), HUM_OK);
        world_map(&w, 0, BLOCK, HUMI_MAP_WRITE);
        assert_int_equal(world_word(&w, 8), 0);
        world_write(&w, 8, &word, sizeof word);
        assert_int_equal(world_word(&w, 8), word);
    }
}

/* An error of the hardware that no reset ends: the device stays lost, and says so each time. */
static void an_error_that_survives_a_reset_keeps_it_lost(void **state)
{
    (void)state;
    open_with("recover=0", 16 * BLOCK, 0);
    end_badly();
    for (int i = 0; i < 2; i++) {
        assert_int_not_equal(w.p->ops->restart(w.p), HUM_OK);
        assert_int_equal(submit_empty(0), HUM_ERR_DEVICE_LOST);
    }
}

/* ---- kernels that cannot be stopped ---------------------------------------------------------- */

/* By the driver's own calls: hum asks nothing of a device that it has given up. */
static void stop_hammer(size_t offset)
{
    static const uint64_t one = 1;
    struct humi_cuda_device *d = humi_cuda_of(w.p);
    struct CUstream_st *stream;
    struct CUctx_st *was;

    assert_int_equal(driver->cu.cuCtxPushCurrent_v2(d->context), 0);
    assert_int_equal(driver->cu.cuStreamCreate(&stream, HUMI_CU_STREAM_NON_BLOCKING), 0);
    assert_int_equal(driver->cu.cuMemcpyHtoDAsync_v2(d->frames.base + offset, &one, sizeof one,
                                                     stream),
                     0);
    assert_int_equal(driver->cu.cuStreamSynchronize(stream), 0);
    assert_int_equal(driver->cu.cuStreamDestroy_v2(stream), 0);
    assert_int_equal(driver->cu.cuCtxPopCurrent_v2(&was), 0);
}

static void the_watchdog_gives_up_and_waits_for_the_kernel(void **state)
{
    struct hammer_args hammer;
    struct empty_args args = {0};
    uint64_t running, behind;
    enum hum_status status;

    (void)state;
    open_with("delay_us=0", 16 * BLOCK, 30);
    world_map(&w, 0, BLOCK, HUMI_MAP_WRITE);
    hammer = (struct hammer_args){at(&w, 0), at(&w, 64)};
    running = launch_start(&w, "hammer", 1, 1, &hammer, sizeof hammer);
    behind = launch_start(&w, "empty", 2, 1, &args, sizeof args);
    assert_int_equal(launch_end(&w, running).status, HUM_ERR_TIMEOUT);
    status = launch_end(&w, behind).status;
    assert_true(status == HUM_ERR_DEVICE_LOST || status == HUM_OK);
    assert_int_equal(submit_empty(0), HUM_ERR_DEVICE_LOST);
    w.p->ops->drop(w.p, 0, w.space.bytes);
    assert_int_equal(w.p->ops->restart(w.p), HUM_ERR_BUSY);
    assert_non_null(strstr(hum_error_text(), "kernel hammer still runs"));
    stop_hammer(64);
    while (w.p->ops->restart(w.p) == HUM_ERR_BUSY)
        usleep(1000);
    assert_int_equal(w.p->restarted, 1);
    assert_int_equal(submit_empty(1), HUM_OK);
}

/* The clocks are compared when the first launch is made, and nobody waits for the device there. */
static void the_first_launch_waits_for_nothing(void **state)
{
    struct empty_args args = {0};
    struct humi_outcome outcome;
    uint64_t ticket;

    (void)state;
    open_with("delay_us=0", 16 * BLOCK, 0);
    driver->hold(true);
    ticket = launch_start(&w, "empty", 1, 1, &args, sizeof args);
    assert_int_equal(w.p->ops->wait(w.p, ticket, 0, &outcome), HUM_NOT_READY);
    driver->hold(false);
    outcome = launch_end(&w, ticket);
    assert_int_equal(outcome.status, HUM_OK);
    assert_true(outcome.start_ns > 0 && outcome.end_ns >= outcome.start_ns);
}

/* ---- shared memory --------------------------------------------------------------------------- */

static void run_grid(size_t local_bytes)
{
    const struct hum_grid grid = {1, {4, 0, 0}, {64, 0, 0}, local_bytes};
    struct grid_args args = {at(&w, 0)};
    uint64_t before = world_word(&w, 0);

    launch_grid_ok(&w, "grid", &grid, &args, sizeof args);
    assert_int_equal(world_word(&w, 0), before + 1 + 64 * 63 / 2);
}

static enum hum_status try_grid(size_t local_bytes)
{
    struct grid_args args = {at(&w, 0)};
    struct humi_launch launch = {.kernel = world_kernel(&w, "grid"),
                                 .grouped = true,
                                 .grid = {1, {4, 0, 0}, {64, 0, 0}, local_bytes},
                                 .args = &args,
                                 .args_bytes = sizeof args};
    uint64_t ticket;

    return w.p->ops->submit(w.p, &launch, &ticket);
}

/* More than 48 KiB a block must be asked for, up to what the device gives. */
static void large_local_memory_is_asked_for(void **state)
{
    (void)state;
    open_with("delay_us=0,fail=cuFuncSetAttribute:1:1", 16 * BLOCK, 0);
    world_map(&w, 0, BLOCK, HUMI_MAP_WRITE);
    run_grid(512);
    run_grid(48 << 10);
    assert_int_equal(try_grid(64 << 10), HUM_ERR_INVALID); /* the driver refused, this time */
    run_grid(64 << 10);
    run_grid(96 << 10);
    run_grid(512);
    assert_int_equal(try_grid((96 << 10) + 1), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "98304"));
}

/* ---- several devices ------------------------------------------------------------------------- */

static void open_two(const char *options)
{
    open_with(options, 32 * BLOCK, 0);
    other = (struct world){.mode = &mode, .space = w.space, .joined = true};
    const struct humi_device_params params = {
        .kind = "cuda", .index = 1, .unit = 1, .memory_bytes = 32 * BLOCK};
    assert_int_equal(humi_cuda_device_open(&other.space, &params, &other.p), HUM_OK);
    world_load(&other, world_kernels_name(&mode));
}

static void fill(struct world *world, size_t blocks, int byte)
{
    static char bytes[BLOCK];

    memset(bytes, byte, sizeof bytes);
    for (size_t b = 0; b < blocks; b++) {
        world_map(world, b * BLOCK, BLOCK, HUMI_MAP_WRITE);
        world_write(world, b * BLOCK, bytes, sizeof bytes);
    }
}

static void copy_runs(const char *options)
{
    static unsigned char model[2][2 * BLOCK / PAGE], got[2 * BLOCK];
    struct world *of[2] = {&w, &other};
    struct random random = random_make(random_seed("copies between devices"), 0);

    open_two(options);
    for (int i = 0; i < 2; i++) {
        fill(of[i], 2, 1 + i);
        memset(model[i], 1 + i, sizeof model[i]);
    }
    for (int step = 0; step < 60; step++) {
        size_t block = random_below(&random, 2), first = random_below(&random, BLOCK / PAGE);
        size_t pages = 1 + random_below(&random, BLOCK / PAGE - first);
        size_t to = random_below(&random, 2), page = block * BLOCK / PAGE + first;
        if (random_below(&random, 3) == 0) { /* not yet there when the copy is asked for */
            of[!to]->p->ops->put(of[!to]->p, page * PAGE, pages * PAGE, NULL);
            memset(&model[!to][page], 0, pages);
        }
        assert_true(of[to]->p->ops->copy(of[to]->p, of[!to]->p, page * PAGE, pages * PAGE));
        of[to]->p->ops->fence(of[to]->p);
        memcpy(&model[to][page], &model[!to][page], pages);
    }
    for (int i = 0; i < 2; i++) {
        world_read(of[i], 0, got, sizeof got);
        for (size_t b = 0; b < sizeof got; b++)
            if (got[b] != model[i][b / PAGE])
                fail_msg("%s: byte %zu of device %d is %d", options, b, i, got[b]);
    }
}

static void copies_between_devices_are_those_of_arrays(void **state)
{
    static const char *const options[] = {"devices=2", "devices=2,peers=0",
                                          "devices=2,granularity=64K,over_host=1",
                                          "devices=2,granularity=8M"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        copy_runs(options[i]);
        assert_int_equal(counts().peer_copies, 60);
        assert_int_equal(counts().direct_copies, strstr(options[i], "peers=0") ? 0 : 60);
        if (i + 1 < COUNT_OF(options)) {
            world_close(&other);
            world_close(&w);
        }
    }
}

/* A kernel of the device that gets the bytes sees them, without anybody waiting in between. */
static void kernels_wait_for_copies_from_other_devices(void **state)
{
    struct touch *t;

    (void)state;
    open_two("devices=2,delay_us=300");
    fill(&w, 1, 0);
    fill(&other, 1, 0x11);
    assert_true(w.p->ops->copy(w.p, other.p, 0, BLOCK));
    t = touch_read(&w, BLOCK - 8);
    assert_int_equal(touch_end(t), 0x1111111111111111u);
}

/* Reading what a lost device had gives zeros; the one that is well stays so. */
static void what_cannot_be_copied_is_said(void **state)
{
    struct world far = {.mode = &launch_mode, .space = w.space, .joined = true};
    const struct humi_device_params params = {
        .kind = "emu", .index = 2, .memory_bytes = BLOCK, .workers = 1, .unit = -1};

    (void)state;
    open_two("devices=2,fail=cuMemcpyPeerAsync:1:801");
    fill(&w, 1, 1);
    fill(&other, 1, 2);
    assert_false(other.p->ops->copy(other.p, w.p, 0, BLOCK)); /* the driver refuses */
    assert_true(other.p->ops->copy(other.p, w.p, 0, PAGE));
    other.p->ops->fence(other.p);
    assert_int_equal(world_word(&other, 0), 0x0101010101010101u);
    far.space = w.space;
    assert_int_equal(humi_emu_open(&far.space, &params, &far.p), HUM_OK);
    assert_false(w.p->ops->copy(w.p, far.p, 0, BLOCK)); /* of another kind */
    world_close(&far);
    end_badly();
    assert_false(other.p->ops->copy(other.p, w.p, 0, BLOCK));
    assert_false(w.p->ops->copy(w.p, other.p, 0, BLOCK));
    assert_int_equal(world_word(&other, PAGE), 0x0202020202020202u);
}

/* Where the driver will not map frames for the other device they are the first one's alone. */
static void frames_that_cannot_be_shared_are_had_alone(void **state)
{
    (void)state;
    open_two("devices=2,fail=cuMemSetAccess:2:801");
    fill(&w, 2, 3);
    fill(&other, 1, 4);
    assert_true(other.p->ops->copy(other.p, w.p, 0, BLOCK));
    other.p->ops->fence(other.p);
    assert_int_equal(world_word(&other, 0), 0x0303030303030303u);
    assert_int_equal(counts().direct_copies, 0);
    assert_int_equal(counts().peer_copies, 1);
}

#define cuda_test(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cuda_test(dropped_memory_is_kept_up_to_what_the_device_has),
        cuda_test(kept_handles_save_making_them),
        cuda_test(a_block_that_cannot_be_mapped_leaves_nothing),
        cuda_test(pages_that_come_and_go_are_those_of_a_model),
        cuda_test(frames_die_with_the_device),
        cmocka_unit_test_teardown(an_error_that_survives_a_reset_keeps_it_lost, teardown_broken),
        cuda_test(the_watchdog_gives_up_and_waits_for_the_kernel),
        cuda_test(the_first_launch_waits_for_nothing),
        cuda_test(large_local_memory_is_asked_for),
        cuda_test(copies_between_devices_are_those_of_arrays),
        cuda_test(kernels_wait_for_copies_from_other_devices),
        cuda_test(what_cannot_be_copied_is_said),
        cuda_test(frames_that_cannot_be_shared_are_had_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
