/* SPDX-License-Identifier: MIT */
/* exact.c - exact recording: what kernels touch is told completely and in order, and its price. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "device/exact_world.h"
#include "words.h"

static int setup(void **state)
{
    (void)state;
    exact_open(EXACT_USUAL, 3, 0);
    return 0;
}

static int setup_one(void **state)
{
    (void)state;
    exact_open(EXACT_USUAL, 1, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&exact_w);
    return 0;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void strided_writes_are_told(void **state)
{
    static const size_t steps[] = {1, 3, 8, 9, 64, 512, 700};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        struct stride_args args = {at(&exact_w, 0), EXACT_BYTES / 8 / 1024, steps[s]};
        exact_forget();
        for (size_t i = 0; i < args.n; i++)
            exact_expect(&args.words[i * args.step], 8, true);
        exact_run_flat("stride", args.n, &args, sizeof args);
        exact_check(true);
    }
}

static void reads_of_every_page_are_told(void **state)
{
    struct sample_args args = {(const unsigned char *)at(&exact_w, 5),
                               at(&exact_w, EXACT_BYTES - 8), 4096, 4096};
    size_t parts = 3 * 8;

    (void)state;
    for (size_t i = 0; i < args.n; i++)
        exact_expect(&args.bytes[i * args.step], 1, false);
    for (size_t i = 0; i < parts; i++) { /* each part adds once */
        exact_expect(args.sum, 8, false);
        exact_expect(args.sum, 8, true);
    }
    exact_run_flat("sample", args.n, &args, sizeof args);
    exact_check(true);
}

static void saxpy_is_told(void **state)
{
    struct axpy_args args = {(float *)at(&exact_w, 0),
                             (float *)at(&exact_w, 4 * HUM_BLOCK_SIZE), 2, 1000003};

    (void)state;
    for (size_t i = 0; i < args.n; i++) {
        exact_expect(&args.x[i], 4, false);
        exact_expect(&args.y[i], 4, false);
        exact_expect(&args.y[i], 4, true);
    }
    exact_run_flat("axpy", args.n, &args, sizeof args);
    exact_check(true);
}

static void atomics_are_atomic_and_told(void **state)
{
    struct counter_args args = {(uint32_t *)at(&exact_w, 4096 + 128), 300000};

    (void)state;
    for (size_t i = 0; i < args.n; i++) {
        exact_expect(args.at, 4, false);
        exact_expect(args.at, 4, true);
    }
    exact_run_flat("counter", args.n, &args, sizeof args);
    exact_check(true);
    assert_int_equal(*(uint32_t *)frame(&exact_w, 4096 + 128), args.n);
}

static void groups_with_local_memory_are_told(void **state)
{
    struct transpose_args args = {(const uint32_t *)at(&exact_w, 0),
                                  (uint32_t *)at(&exact_w, HUM_BLOCK_SIZE), 512};
    size_t groups = args.n / 16;
    struct humi_launch launch = {.grouped = true,
                                 .grid = {2, {groups, groups, 0}, {16, 16, 0}, 1024},
                                 .args = &args,
                                 .args_bytes = sizeof args};
    const uint32_t *out = (const uint32_t *)frame(&exact_w, HUM_BLOCK_SIZE);

    (void)state;
    for (size_t i = 0; i < args.n * args.n; i++) {
        ((uint32_t *)frame(&exact_w, 0))[i] = (uint32_t)i;
        exact_expect(&args.in[i], 4, false);
        exact_expect(&args.out[i], 4, true);
    }
    exact_run(&launch, "transpose");
    exact_check(true);
    for (size_t i = 0; i < args.n * args.n; i++)
        assert_int_equal(out[i], i % args.n * args.n + i / args.n);
}

/* Compilers cut copies into accesses as they like: counts are theirs. */
static void copies_of_records_are_told(void **state)
{
    struct records_args args = {(const struct record *)at(&exact_w, 8),
                                (struct record *)at(&exact_w, HUM_BLOCK_SIZE),
                                (unsigned char *)at(&exact_w, 4 * HUM_BLOCK_SIZE + 100), 20000,
                                12345};

    (void)state;
    memset(frame(&exact_w, 0), 0x5a, HUM_BLOCK_SIZE);
    for (size_t i = 0; i < args.n; i++) {
        exact_expect(&args.from[i], sizeof(struct record), false);
        exact_expect(&args.to[i], sizeof(struct record), true);
    }
    exact_expect(args.zeroed, args.bytes, true);
    exact_run_flat("records", args.n, &args, sizeof args);
    exact_check(false);
    assert_memory_equal(frame(&exact_w, HUM_BLOCK_SIZE), frame(&exact_w, 8),
                        args.n * sizeof(struct record));
}

static void touches_are_in_order_and_runs_are_long(void **state)
{
    struct stride_args args = {at(&exact_w, 0), 2048, 512};

    (void)state;
    exact_run_flat("stride", args.n, &args, sizeof args);
    for (size_t i = 0, page = 0; i < exact_order_count; page += exact_order[i++].pages) {
        assert_int_equal(exact_order[i].page, page);
        assert_int_equal(exact_order[i].count, 1);
        assert_int_equal(exact_order[i].lines, 1);
    }
    assert_int_equal(exact_order_count, 8); /* one of each part: 1 worker, 8 parts */
}

static void reads_and_writes_of_a_page_stay_together(void **state)
{
    struct axpy_args args = {(float *)at(&exact_w, 0),
                             (float *)at(&exact_w, 4 * HUM_BLOCK_SIZE), 2, 8192};

    (void)state;
    exact_run_flat("axpy", args.n, &args, sizeof args);
    assert_int_equal(exact_order_count, 3 * 8); /* a part is a page of x and one of y */
    for (uint32_t part = 0; part < 8; part++) {
        const struct humi_touch *o = &exact_order[3 * part];
        size_t x = o[0].page < 512 ? 0 : 2, y = x == 0 ? 1 : 0; /* which is read first is open */
        assert_int_equal(o[x].page, part);
        assert_false(o[x].write);
        for (size_t i = y; i < y + 2; i++) {
            assert_int_equal(o[i].page, 4 * 512 + part);
            assert_int_equal(o[i].write, i > y);
            assert_int_equal(o[i].count, 1024);
            assert_int_equal(o[i].lines, UINT64_MAX);
        }
    }
}

static void what_a_crashed_kernel_touched_is_told(void **state)
{
    struct trip_args args = {at(&exact_w, 0), 100};
    uint64_t ticket = exact_start("trip", 1, &args, sizeof args);

    (void)state;
    for (size_t i = 0; i < args.n; i++)
        exact_expect(&args.words[512 * i], 8, true);
    assert_int_equal(launch_end(&exact_w, ticket).status, HUM_ERR_ILLEGAL_ADDRESS);
    exact_take_all();
    exact_check(true);
}

/* ---- modules --------------------------------------------------------------------------------- */

static void modules_without_hooks_run_with_a_warning(void **state)
{
    struct touch_args args = {.at = at(&exact_w, 8), .value = 42, .write = 1};
    enum humi_log_level level = humi_log_level();
    int file = memfd_create("stderr", 0), kept = dup(2);
    char text[1024] = "";

    (void)state;
    assert_true(dup2(file, 2) == 2);
    humi_log_set_level(HUMI_LOG_WARN);
    world_load(&exact_w, "silent_kernels.so");
    world_load(&exact_w, "silent_kernels.so"); /* says it once */
    humi_log_set_level(level);
    assert_true(dup2(kept, 2) == 2);
    assert_true(pread(file, text, sizeof text - 1, 0) > 0);
    close(file);
    close(kept);
    assert_non_null(strstr(text, "silent_kernels.so has no .exact.so"));
    assert_non_null(strstr(text, "NO_EXACT"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    exact_run_flat("touch", 1, &args, sizeof args);
    assert_int_equal(*frame(&exact_w, 8), 42);
    exact_check(true); /* nothing */
}

static void exact_modules_run_where_nothing_is_recorded(void **state)
{
    struct stride_args args;
    struct humi_touch touch;

    (void)state;
    world_close(&exact_w);
    exact_open_plain(2);
    world_load(&exact_w, "exact_kernels.exact.so");
    args = (struct stride_args){at(&exact_w, 0), 1000, 8};
    exact_run_flat("stride", args.n, &args, sizeof args);
    assert_int_equal(frame(&exact_w, 0)[8 * 999], 999);
    assert_int_equal(exact_w.p->ops->touches(exact_w.p, &touch, 1, 0), 0);
}

/* ---- what it costs --------------------------------------------------------------------------- */

/* The best of several runs of increment over the words. */
static uint64_t best_ns(size_t bytes)
{
    struct increment_args args = {at(&exact_w, 0), bytes / 8};
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 20; i++) {
        uint64_t start_ns = humi_clock_ns(), ns;
        (void)launch_end(&exact_w, exact_start("increment", args.count, &args, sizeof args));
        ns = humi_clock_ns() - start_ns;
        best = ns < best ? ns : best;
    }
    return best;
}

static uint64_t best_plain_ns(size_t bytes)
{
    uint64_t best;

    exact_open_plain(1);
    world_load(&exact_w, "words.so");
    best = best_ns(bytes);
    world_close(&exact_w);
    return best;
}

static uint64_t best_exact_ns(size_t bytes)
{
    uint64_t best;

    exact_open(EXACT_USUAL, 1, 0);
    world_load(&exact_w, "words.so");
    exact_start_taking();
    best = best_ns(bytes);
    exact_end_taking();
    world_close(&exact_w);
    return best;
}

static void cost_is_printed(void **state)
{
    static const size_t sizes[] = {EXACT_BYTES, EXACT_BYTES / 16};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint64_t plain = best_plain_ns(sizes[i]), exact = best_exact_ns(sizes[i]);
        print_message("increment of %zu KiB: exact %llu us, plain %llu us, ratio %.1f\n",
                      sizes[i] / 1024, (unsigned long long)exact / 1000,
                      (unsigned long long)plain / 1000, (double)exact / (double)plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strided_writes_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_of_every_page_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(saxpy_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(atomics_are_atomic_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_with_local_memory_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_of_records_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(touches_are_in_order_and_runs_are_long, setup_one,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_and_writes_of_a_page_stay_together, setup_one,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_a_crashed_kernel_touched_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(modules_without_hooks_run_with_a_warning, setup, teardown),
        cmocka_unit_test_setup_teardown(exact_modules_run_where_nothing_is_recorded, setup,
                                        teardown),
        cmocka_unit_test(cost_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
