/* SPDX-License-Identifier: MIT */
/* launches.c - how devices run kernels: parts, groups, order, results. */
#include <string.h>

#include "device/launch.h"

static const struct mode opencl_mode = {"opencl", ON_OPENCL, true, true, true, true, NULL};
static const struct mode cuda_mode = {"cuda", ON_CUDA, true, true, true, false, "delay_us=0"};
static const struct mode managed_mode = {"managed", ON_MANAGED, true, true, true, false,
                                         "delay_us=0"};
static const struct mode *mode;
static struct world w;
static char bytes[4 * HUM_BLOCK_SIZE]; /* what is written to the device, or read from it */

static void clear(size_t amount)
{
    memset(bytes, 0, amount);
    world_write(&w, 0, bytes, amount);
}

static int setup(void **state)
{
    (void)state;
    world_open(&w, mode);
    world_map(&w, 0, 4 * HUM_BLOCK_SIZE, HUMI_MAP_OWN);
    clear(4 * HUM_BLOCK_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- parts and groups ------------------------------------------------------------------------ */

static void each_index_runs_once(void **state)
{
    static const size_t counts[] = {0, 1, 2, 7, 31, 32, 33, 1000, 65537};
    const uint32_t *count = (const uint32_t *)bytes;

    (void)state;
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        struct mark_args args = {(uint32_t *)at(&w, 0), counts[c]};
        clear(HUM_BLOCK_SIZE);
        launch_ok(&w, "mark", counts[c], &args, sizeof args);
        world_read(&w, 0, bytes, HUM_BLOCK_SIZE);
        for (size_t i = 0; i < 65600; i++)
            assert_int_equal(count[i], i < counts[c]);
    }
}

/* What only a device of CUDA refuses: it has at most 1024 threads in a block. */
static bool is_refused(const struct hum_grid *grid, size_t items, const struct grid_args *args)
{
    struct humi_launch launch = {.kernel = world_kernel(&w, "grid"),
                                 .grouped = true,
                                 .grid = *grid,
                                 .args = args,
                                 .args_bytes = sizeof *args};
    uint64_t ticket;

    if (!mode->driver || items <= 1024)
        return false;
    assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "allows"));
    return true;
}

static void each_item_of_each_group_runs_once(void **state)
{
    static const struct hum_grid grids[] = {
        {1, {5, 0, 0}, {64, 0, 0}, 512},
        {1, {4000, 0, 0}, {1, 0, 0}, 8},
        {2, {3, 7, 0}, {8, 4, 0}, 256},
        {3, {2, 3, 4}, {5, 6, 7}, 5 * 6 * 7 * 8},
        {3, {9, 1, 1}, {1, 1, 32768}, HUM_LOCAL_MAX},
        {2, {4, 0, 1}, {4, 4, 4}, 128},
    };

    (void)state;
    for (size_t g = 0; g < COUNT_OF(grids); g++) {
        struct grid_args args = {at(&w, 0)};
        size_t total = 1, items = 1;
        for (unsigned d = 0; d < grids[g].dimensions; d++) {
            total *= grids[g].groups[d] * grids[g].items[d];
            items *= grids[g].items[d];
        }
        if (is_refused(&grids[g], items, &args))
            continue;
        clear(4 * HUM_BLOCK_SIZE);
        launch_grid_ok(&w, "grid", &grids[g], &args, sizeof args);
        world_read(&w, 0, bytes, sizeof bytes);
        for (size_t i = 0; i < total; i++)
            assert_int_equal(((uint64_t *)bytes)[i], 1 + items * (items - 1) / 2);
        assert_int_equal(((uint64_t *)bytes)[total], 0);
    }
}

static void bad_launches_are_refused(void **state)
{
    struct empty_args args = {0};
    struct humi_launch launch = {.kernel = world_kernel(&w, "empty"),
                                 .count = 1,
                                 .args = &args,
                                 .args_bytes = sizeof args};
    struct humi_launch bad[8];
    uint64_t ticket = 7;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        bad[i] = launch;
    bad[0].kernel = 99;
    bad[1].queue = HUMI_QUEUES_MAX;
    bad[2].args_bytes = 4;
    for (size_t i = 3; i < COUNT_OF(bad); i++) {
        bad[i].grouped = true;
        bad[i].grid = (struct hum_grid){1, {1, 1, 1}, {1, 1, 1}, 0};
    }
    bad[3].grid.dimensions = 0;
    bad[4].grid.dimensions = 4;
    bad[5].grid.items[0] = 65537;
    bad[6].grid = (struct hum_grid){2, {SIZE_MAX, 2, 1}, {1, 1, 1}, 0};
    bad[7].grid.local_bytes = HUM_LOCAL_MAX + 1;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(w.p->ops->submit(w.p, &bad[i], &ticket), HUM_ERR_INVALID);
    assert_int_equal(ticket, 7);
}

/* ---- modules --------------------------------------------------------------------------------- */

static void loading_again_gives_the_same_numbers(void **state)
{
    unsigned module, a = world_kernel(&w, "empty"), b = world_kernel(&w, "mark");

    (void)state;
    assert_int_equal(w.p->ops->load(w.p, world_file(world_kernels_name(mode)), &module), HUM_OK);
    assert_int_equal(module, w.module);
    assert_int_equal(world_kernel(&w, "empty"), a);
    assert_int_equal(world_kernel(&w, "mark"), b);
    assert_true(a != b);
}

static void modules_that_cannot_be_loaded_say_why(void **state)
{
    unsigned id = 7;
    size_t args_bytes;

    (void)state;
    assert_int_equal(w.p->ops->load(w.p, "/nowhere/at/all.so", &id), HUM_ERR_NOT_FOUND);
    assert_non_null(strstr(hum_error_text(), "/nowhere/at/all.so"));
    assert_int_equal(w.p->ops->load(w.p, "/proc/self/status", &id), HUM_ERR_MODULE);
    assert_true(strlen(hum_error_text()) > 0);
    assert_int_equal(w.p->ops->kernel(w.p, w.module, "no_such", &id, &args_bytes),
                     HUM_ERR_NOT_FOUND);
    assert_non_null(strstr(hum_error_text(), "no_such"));
    assert_int_equal(w.p->ops->kernel(w.p, 12, "empty", &id, &args_bytes), HUM_ERR_INVALID);
    assert_int_equal(id, 7);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void launches_of_a_queue_run_in_order(void **state)
{
    enum { MANY = 10000 }; /* ten times what can be in flight on an emulated device */
    static uint64_t tickets[MANY];
    const uint32_t *log = (const uint32_t *)bytes;
    const uint32_t count = mode->driver ? MANY / 20 : MANY;

    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        struct order_args args = {(uint32_t *)at(&w, 0), (uint32_t *)at(&w, HUM_BLOCK_SIZE), i};
        tickets[i] = launch_start(&w, "order", 3, 1, &args, sizeof args);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct humi_outcome outcome = launch_end(&w, tickets[i]);
        assert_int_equal(outcome.status, HUM_OK);
        assert_string_equal(outcome.kernel, "order");
        assert_true(outcome.start_ns > 0 && outcome.end_ns >= outcome.start_ns);
    }
    world_read(&w, HUM_BLOCK_SIZE, bytes, HUM_BLOCK_SIZE);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(log[i], i);
}

static void queues_overlap(void **state)
{
    struct touch *t = touch_hammer(&w, 8); /* runs until told; in queue 0 */
    struct mark_args args = {(uint32_t *)at(&w, HUM_BLOCK_SIZE), 100};
    uint64_t tickets[HUMI_QUEUES_MAX];

    (void)state;
    for (unsigned q = 1; q < HUMI_QUEUES_MAX; q++)
        tickets[q] = launch_start(&w, "mark", q, 100, &args, sizeof args);
    for (unsigned q = 1; q < HUMI_QUEUES_MAX; q++)
        assert_int_equal(launch_end(&w, tickets[q]).status, HUM_OK);
    assert_int_equal(*(uint32_t *)frame(&w, HUM_BLOCK_SIZE), HUMI_QUEUES_MAX - 1);
    touch_stop(t);
    touch_end(t);
}

static void waiting_can_look_only(void **state)
{
    struct touch *t = touch_hammer(&w, 8);
    struct empty_args args = {0};
    uint64_t ticket = launch_start(&w, "empty", 0, 1, &args, sizeof args); /* behind the hammer */
    struct humi_outcome outcome;

    (void)state;
    assert_int_equal(w.p->ops->wait(w.p, ticket, 0, &outcome), HUM_NOT_READY);
    assert_int_equal(w.p->ops->wait(w.p, ticket, 3000000, &outcome), HUM_NOT_READY);
    touch_stop(t);
    touch_end(t);
    assert_int_equal(w.p->ops->wait(w.p, ticket, -1, &outcome), HUM_OK);
    assert_int_equal(w.p->ops->wait(w.p, ticket, 0, &outcome), HUM_ERR_INVALID);
}

/* Faults of running kernels do not keep other queues from running. */
static void a_waiting_kernel_does_not_block_others(void **state)
{
    struct touch *t = touch_read(&w, 64 * HUM_BLOCK_SIZE);
    struct mark_args args = {(uint32_t *)at(&w, 0), 10};

    (void)state;
    (void)world_fault(&w);
    launch_ok(&w, "mark", 10, &args, sizeof args);
    world_map(&w, 64 * HUM_BLOCK_SIZE, HUM_PAGE_SIZE, HUMI_MAP_WRITE);
    touch_end(t);
}

/* ---- the list of them ------------------------------------------------------------------------ */

#define launch_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* What every device does, first; what needs kernels to see what the host stores, follows. */
static const struct CMUnitTest tests[] = {
    launch_test(each_index_runs_once),
    launch_test(each_item_of_each_group_runs_once),
    launch_test(bad_launches_are_refused),
    launch_test(loading_again_gives_the_same_numbers),
    launch_test(modules_that_cannot_be_loaded_say_why),
    launch_test(launches_of_a_queue_run_in_order),
#define OF_ALL 6
    launch_test(queues_overlap),
    launch_test(waiting_can_look_only),
    launch_test(a_waiting_kernel_does_not_block_others),
};

int main(void)
{
    int failed;

    mode = &launch_mode;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    mode = &cuda_mode;
    failed += _cmocka_run_group_tests(mode->name, tests, OF_ALL, NULL, NULL);
    mode = &managed_mode;
    failed += _cmocka_run_group_tests(mode->name, tests, OF_ALL, NULL, NULL);
    if (!world_has_opencl(ON_OPENCL))
        return failed;
    mode = &opencl_mode;
    return failed + _cmocka_run_group_tests(mode->name, tests, OF_ALL, NULL, NULL);
}
