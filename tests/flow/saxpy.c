/* SPDX-License-Identifier: MIT */
/* saxpy.c - the first program of every user, and the two shapes of kernel. */
#include "flow/flow.h"

static void saxpy_gives_what_the_host_would(void **state)
{
    struct flow_saxpy args = {.k = 2, .n = 1 << 20};
    struct hum_module *module;
    struct hum_kernel *saxpy;
    struct hum *hum;

    (void)state;
    ok(hum_open(NULL, &hum));
    ok(hum_alloc(hum, args.n * sizeof *args.x, 0, (void **)&args.x));
    ok(hum_alloc(hum, args.n * sizeof *args.y, 0, (void **)&args.y));
    for (size_t i = 0; i < args.n; i++)
        args.x[i] = (float)i;
    ok(hum_module_load(hum, 0, "flow_memory", &module));
    ok(hum_kernel_get(module, "saxpy", &saxpy));
    ok(hum_launch(hum_stream(hum, 0), saxpy, args.n, &args, sizeof args));
    ok(hum_wait(hum, 0));
    for (size_t i = 0; i < args.n; i++)
        if (args.y[i] != 2 * (float)i)
            fail_msg("y[%zu] is %g", i, (double)args.y[i]);
    hum_close(hum);
}

static void repeated_launches_accumulate(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct flow_saxpy args = {.k = 1, .n = 100001};

    (void)state;
    args.x = flow_alloc(hum, args.n * sizeof *args.x);
    args.y = flow_alloc(hum, args.n * sizeof *args.y);
    for (unsigned round = 1; round <= 50; round++) {
        args.x[round] = (float)round; /* the host keeps changing what the device reads */
        flow_run(hum, 0, "saxpy", &args, args.n);
    }
    for (unsigned i = 1; i <= 50; i++)
        assert_true(args.y[i] == (float)(i * (51 - i)));
    assert_true(args.y[0] == 0 && args.y[args.n - 1] == 0);
    hum_close(hum);
}

static void pointers_inside_structures_mean_the_same_on_both_sides(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct flow_list args = {.head = NULL};
    uint64_t want = 0;

    (void)state;
    args.sum = flow_alloc(hum, sizeof *args.sum);
    for (uint64_t i = 0; i < 1000; i++) {
        struct flow_node *node = flow_alloc(hum, sizeof *node);
        *node = (struct flow_node){.next = args.head, .value = i};
        args.head = node;
        want += i;
    }
    flow_run(hum, 0, "walk", &args, 1);
    assert_int_equal(*args.sum, want);
    for (struct flow_node *node = args.head; node; node = node->next)
        want -= node->value - 1;
    assert_int_equal(want, 0);
    hum_close(hum);
}

static void groups_share_local_memory(void **state)
{
    enum { GROUPS = 37, ITEMS = 64 };
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct hum_grid grid = {.dimensions = 1, .groups = {GROUPS}, .items = {ITEMS},
                            .local_bytes = ITEMS * sizeof(uint32_t)};
    uint32_t *in = flow_alloc(hum, GROUPS * ITEMS * sizeof *in);
    uint32_t *out = flow_alloc(hum, GROUPS * ITEMS * sizeof *out);
    struct flow_reverse args = {.in = in, .out = out};

    (void)state;
    for (uint32_t i = 0; i < GROUPS * ITEMS; i++)
        in[i] = i;
    ok(hum_launch_nd(hum_stream(hum, 0), flow_kernel(hum, 0, "reverse"), &grid, &args,
                     sizeof args));
    ok(hum_wait(hum, 0));
    for (uint32_t i = 0; i < GROUPS * ITEMS; i++)
        assert_int_equal(out[i], i / ITEMS * ITEMS + ITEMS - 1 - i % ITEMS);
    hum_close(hum);
}

static void every_item_of_a_grid_runs_once(void **state)
{
    static const struct hum_grid grids[] = {
        {.dimensions = 1, .groups = {5}, .items = {7}},
        {.dimensions = 2, .groups = {3, 4}, .items = {8, 2}},
        {.dimensions = 3, .groups = {2, 3, 4}, .items = {4, 3, 2}},
        {.dimensions = 3, .groups = {1, 1, 1}, .items = {1, 1, 1}},
        {.dimensions = 1, .groups = {1}, .items = {65536}},
    };
    struct hum *hum = flow_open(ONE_DEVICE, NULL);

    (void)state;
    for (unsigned g = 0; g < sizeof grids / sizeof grids[0]; g++) {
        size_t total = 1;
        struct flow_grid args;
        for (unsigned d = 0; d < grids[g].dimensions; d++)
            total *= grids[g].groups[d] * grids[g].items[d];
        args.hits = flow_alloc(hum, total * sizeof *args.hits);
        ok(hum_launch_nd(hum_stream(hum, 0), flow_kernel(hum, 0, "grid_hits"), &grids[g], &args,
                         sizeof args));
        ok(hum_wait(hum, 0));
        for (size_t i = 0; i < total; i++)
            assert_int_equal(args.hits[i], 1);
        ok(hum_free(hum, args.hits));
    }
    hum_close(hum);
}

static void counts_smaller_than_the_workers_run_each_index_once(void **state)
{
    struct hum *hum = flow_open("emu:mem=16M,workers=4", NULL);
    uint64_t *word = flow_alloc(hum, sizeof *word);

    (void)state;
    for (size_t n = 0; n <= 9; n++) {
        *word = 0;
        flow_words(hum, "count", word, n, 0);
        assert_int_equal(*word, n);
    }
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saxpy_gives_what_the_host_would),
        cmocka_unit_test(repeated_launches_accumulate),
        cmocka_unit_test(pointers_inside_structures_mean_the_same_on_both_sides),
        cmocka_unit_test(groups_share_local_memory),
        cmocka_unit_test(every_item_of_a_grid_runs_once),
        cmocka_unit_test(counts_smaller_than_the_workers_run_each_index_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
