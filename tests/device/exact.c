/* SPDX-License-Identifier: MIT */
/*
 * exact.c - exact recording: what kernels touch is told completely, and nobody hangs over it.
 *
 * A model says by hand what each kernel touches, in the simplest way: an array over all pages.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "device/emu/emu.h"
#include "device/exact_kernels.h"
#include "device/launch.h"
#include "words.h"

#define PAGES ((size_t)8192)
#define BYTES (PAGES * HUM_PAGE_SIZE)
#define LABEL 77000

#define USUAL 0u    /* records of a ring */
#define TINY 4u

static struct world w;

/* ---- the model ------------------------------------------------------------------------------- */

struct cell {
    uint64_t count, lines;
};
static struct cell expected[PAGES][2], seen[PAGES][2]; /* [1]: written */

static void expect(const void *at, size_t bytes, bool write)
{
    size_t first = (uintptr_t)at - w.space.start, last = first + bytes - 1;

    for (size_t line = first / 64; line <= last / 64; line++) {
        expected[line / 64][write].count++;
        expected[line / 64][write].lines |= UINT64_C(1) << line % 64;
    }
}

static void forget(void)
{
    memset(expected, 0, sizeof expected);
    memset(seen, 0, sizeof seen);
}

static void check_seen(bool counts)
{
    for (size_t page = 0; page < PAGES; page++) {
        for (int write = 0; write < 2; write++) {
            struct cell e = expected[page][write], s = seen[page][write];
            if ((counts && e.count != s.count) || e.lines != s.lines ||
                (e.count == 0) != (s.count == 0))
                fail_msg("page %zu, %s: expected %llu in %llx, seen %llu in %llx", page,
                         write ? "written" : "read", (unsigned long long)e.count,
                         (unsigned long long)e.lines, (unsigned long long)s.count,
                         (unsigned long long)s.lines);
        }
    }
}

/* ---- taking ---------------------------------------------------------------------------------- */

static pthread_t taker;
static bool stop, wrong;
static struct humi_touch order[64]; /* the first ones since the last forget_order() */
static size_t order_count;

static void note(const struct humi_touch *t)
{
    wrong |= t->launch != LABEL || t->count == 0 || t->pages == 0 || t->lines == 0 ||
             t->page + t->pages > PAGES || t->worker >= w.p->workers;
    if (order_count < COUNT_OF(order))
        order[order_count++] = *t;
    for (uint32_t i = 0; i < t->pages && t->page + i < PAGES; i++) {
        seen[t->page + i][t->write].count += t->count;
        seen[t->page + i][t->write].lines |= t->lines;
    }
}

/* Take what there is; how many. */
static size_t take_some(int64_t timeout_ns)
{
    struct humi_touch touches[7]; /* few, so that records are cut in the middle */
    unsigned taken = w.p->ops->touches(w.p, touches, COUNT_OF(touches), timeout_ns);

    for (unsigned i = 0; i < taken; i++)
        note(&touches[i]);
    return taken;
}

static void take_all(void)
{
    while (take_some(0) > 0) {
    }
    assert_false(wrong);
}

static void *take_until_stopped(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        (void)take_some((int64_t)HUMI_NS_PER_MS);
    return NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

static uint64_t start(const char *kernel, size_t count, const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.kernel = world_kernel(&w, kernel),
                                 .label = LABEL,
                                 .count = count,
                                 .args = args,
                                 .args_bytes = args_bytes};
    uint64_t ticket;

    assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_OK);
    return ticket;
}

static void start_taking(void)
{
    stop = false;
    assert_int_equal(pthread_create(&taker, NULL, take_until_stopped, NULL), 0);
}

static void end_taking(void)
{
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    pthread_join(taker, NULL);
    take_all();
}

/* Run while a thread takes touches; then the rest is taken. */
static void run(const struct humi_launch *what, const char *kernel)
{
    struct humi_launch launch = *what;
    struct humi_outcome outcome;
    uint64_t ticket;

    launch.kernel = world_kernel(&w, kernel);
    launch.label = LABEL;
    start_taking();
    assert_int_equal(w.p->ops->submit(w.p, &launch, &ticket), HUM_OK);
    outcome = launch_end(&w, ticket);
    end_taking();
    assert_string_equal(hum_status_name(outcome.status), "HUM_OK");
}

static void run_flat(const char *kernel, size_t count, const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.count = count, .args = args, .args_bytes = args_bytes};

    run(&launch, kernel);
}

static void begin(void)
{
    world_map(&w, 0, BYTES, HUMI_MAP_OWN);
    memset(frame(&w, 0), 0, BYTES);
    forget();
    order_count = 0;
    wrong = false;
}

static void open_exact(uint32_t records, unsigned workers, unsigned watchdog_ms)
{
    const struct humi_device_params params = {.kind = "emu",
                                              .memory_bytes = 2 * BYTES,
                                              .workers = workers,
                                              .watchdog_ms = watchdog_ms};

    world_open_exact(&w, &launch_mode, &params, records);
    world_load(&w, "exact_kernels.so");
    begin();
}

static void open_plain(unsigned workers)
{
    const struct humi_device_params params = {
        .kind = "emu", .memory_bytes = 2 * BYTES, .workers = workers};

    world_open_device(&w, &launch_mode, &params);
    begin();
}

static int setup(void **state)
{
    (void)state;
    open_exact(USUAL, 3, 0);
    return 0;
}

static int setup_one(void **state)
{
    (void)state;
    open_exact(USUAL, 1, 0);
    return 0;
}

static int setup_tiny(void **state)
{
    (void)state;
    open_exact(TINY, 2, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void strided_writes_are_told(void **state)
{
    static const size_t steps[] = {1, 3, 8, 9, 64, 512, 700};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        struct stride_args args = {at(&w, 0), BYTES / 8 / 1024, steps[s]};
        forget();
        for (size_t i = 0; i < args.n; i++)
            expect(&args.words[i * args.step], 8, true);
        run_flat("stride", args.n, &args, sizeof args);
        check_seen(true);
    }
}

static void reads_of_every_page_are_told(void **state)
{
    struct sample_args args = {(const unsigned char *)at(&w, 5), at(&w, BYTES - 8), 4096, 4096};
    size_t parts = 3 * 8;

    (void)state;
    for (size_t i = 0; i < args.n; i++)
        expect(&args.bytes[i * args.step], 1, false);
    for (size_t i = 0; i < parts; i++) { /* each part adds once */
        expect(args.sum, 8, false);
        expect(args.sum, 8, true);
    }
    run_flat("sample", args.n, &args, sizeof args);
    check_seen(true);
}

static void saxpy_is_told(void **state)
{
    struct axpy_args args = {(float *)at(&w, 0), (float *)at(&w, 4 * HUM_BLOCK_SIZE), 2, 1000003};

    (void)state;
    for (size_t i = 0; i < args.n; i++) {
        expect(&args.x[i], 4, false);
        expect(&args.y[i], 4, false);
        expect(&args.y[i], 4, true);
    }
    run_flat("axpy", args.n, &args, sizeof args);
    check_seen(true);
}

static void atomics_are_atomic_and_told(void **state)
{
    struct counter_args args = {(uint32_t *)at(&w, 4096 + 128), 300000};

    (void)state;
    for (size_t i = 0; i < args.n; i++) {
        expect(args.at, 4, false);
        expect(args.at, 4, true);
    }
    run_flat("counter", args.n, &args, sizeof args);
    check_seen(true);
    assert_int_equal(*(uint32_t *)frame(&w, 4096 + 128), args.n);
}

static void groups_with_local_memory_are_told(void **state)
{
    struct transpose_args args = {(const uint32_t *)at(&w, 0),
                                  (uint32_t *)at(&w, HUM_BLOCK_SIZE), 512};
    size_t groups = args.n / 16;
    struct humi_launch launch = {.grouped = true,
                                 .grid = {2, {groups, groups, 0}, {16, 16, 0}, 1024},
                                 .args = &args,
                                 .args_bytes = sizeof args};
    const uint32_t *out = (const uint32_t *)frame(&w, HUM_BLOCK_SIZE);

    (void)state;
    for (size_t i = 0; i < args.n * args.n; i++) {
        ((uint32_t *)frame(&w, 0))[i] = (uint32_t)i;
        expect(&args.in[i], 4, false);
        expect(&args.out[i], 4, true);
    }
    run(&launch, "transpose");
    check_seen(true);
    for (size_t i = 0; i < args.n * args.n; i++)
        assert_int_equal(out[i], i % args.n * args.n + i / args.n);
}

/* Compilers cut copies into accesses as they like: counts are theirs. */
static void copies_of_records_are_told(void **state)
{
    struct records_args args = {(const struct record *)at(&w, 8),
                                (struct record *)at(&w, HUM_BLOCK_SIZE),
                                (unsigned char *)at(&w, 4 * HUM_BLOCK_SIZE + 100), 20000, 12345};

    (void)state;
    memset(frame(&w, 0), 0x5a, HUM_BLOCK_SIZE);
    for (size_t i = 0; i < args.n; i++) {
        expect(&args.from[i], sizeof(struct record), false);
        expect(&args.to[i], sizeof(struct record), true);
    }
    expect(args.zeroed, args.bytes, true);
    run_flat("records", args.n, &args, sizeof args);
    check_seen(false);
    assert_memory_equal(frame(&w, HUM_BLOCK_SIZE), frame(&w, 8), args.n * sizeof(struct record));
}

static void touches_are_in_order_and_runs_are_long(void **state)
{
    struct stride_args args = {at(&w, 0), 2048, 512};

    (void)state;
    run_flat("stride", args.n, &args, sizeof args);
    for (size_t i = 0, page = 0; i < order_count; page += order[i++].pages) {
        assert_int_equal(order[i].page, page);
        assert_int_equal(order[i].count, 1);
        assert_int_equal(order[i].lines, 1);
    }
    assert_int_equal(order_count, 8); /* one of each part: 1 worker, 8 parts */
}

static void reads_and_writes_of_a_page_stay_together(void **state)
{
    struct axpy_args args = {(float *)at(&w, 0), (float *)at(&w, 4 * HUM_BLOCK_SIZE), 2, 8192};

    (void)state;
    run_flat("axpy", args.n, &args, sizeof args);
    assert_int_equal(order_count, 3 * 8); /* each of the 8 parts is a page of x and one of y */
    for (uint32_t part = 0; part < 8; part++) {
        const struct humi_touch *o = &order[3 * part];
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
    struct trip_args args = {at(&w, 0), 100};
    uint64_t ticket = start("trip", 1, &args, sizeof args);

    (void)state;
    for (size_t i = 0; i < args.n; i++)
        expect(&args.words[512 * i], 8, true);
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_ILLEGAL_ADDRESS);
    take_all();
    check_seen(true);
}

/* ---- rings that are full --------------------------------------------------------------------- */

static struct stride_args slow_args(void)
{
    return (struct stride_args){at(&w, 0), 1024, 520}; /* no two records make a run */
}

/* A launch whose touches nobody takes; returns once every worker waits. */
static uint64_t start_and_fill(void)
{
    struct humi_emu *emu = (struct humi_emu *)(void *)w.p;
    struct stride_args args = slow_args();
    uint64_t ticket = start("stride", args.n, &args, sizeof args);
    uint64_t end = humi_clock_ns() + 10 * HUMI_NS_PER_S;

    for (unsigned i = 0; i < w.p->workers; i++) {
        const struct humi_emu_ring *ring = humi_emu_ring(emu->touches, emu->touch_records, i);
        while (!__atomic_load_n(&ring->waits, __ATOMIC_SEQ_CST)) {
            assert_true(humi_clock_ns() < end);
            sched_yield();
        }
    }
    return ticket;
}

static void expect_slow(void)
{
    struct stride_args args = slow_args();

    for (size_t i = 0; i < args.n; i++)
        expect(&args.words[i * args.step], 8, true);
}

static void a_worker_waits_for_room_and_loses_nothing(void **state)
{
    uint64_t ticket = start_and_fill();
    struct humi_outcome outcome;

    (void)state;
    assert_int_equal(w.p->ops->wait(w.p, ticket, 0, &outcome), HUM_NOT_READY);
    while (w.p->ops->wait(w.p, ticket, 0, &outcome) == HUM_NOT_READY)
        (void)take_some((int64_t)HUMI_NS_PER_MS);
    assert_int_equal(outcome.status, HUM_OK);
    take_all();
    expect_slow();
    check_seen(true);
}

static void a_kill_while_a_ring_is_full_hangs_nobody(void **state)
{
    uint64_t ticket = start_and_fill();
    struct stride_args args = slow_args();

    (void)state;
    assert_int_equal(kill(w.p->pid, SIGKILL), 0);
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_DEVICE_LOST);
    assert_int_equal(w.p->ops->restart(w.p), HUM_OK);
    take_all();
    assert_true(order_count == 2 * 4 * 1); /* what was in the two rings is not lost */
    world_map(&w, 0, BYTES, HUMI_MAP_OWN);
    forget();
    expect_slow();
    run_flat("stride", args.n, &args, sizeof args);
    check_seen(true);
}

static void closing_while_a_ring_is_full_hangs_nobody(void **state)
{
    (void)state;
    (void)start_and_fill();
}

static void the_watchdog_ends_a_wait_for_room(void **state)
{
    struct stride_args args;
    uint64_t ticket;

    (void)state;
    world_close(&w);
    open_exact(TINY, 2, 200);
    ticket = start_and_fill();
    assert_int_equal(launch_end(&w, ticket).status, HUM_ERR_TIMEOUT);
    take_all();
    forget();
    args = slow_args();
    expect_slow();
    run_flat("stride", args.n, &args, sizeof args);
    check_seen(true);
}

static void a_ring_written_over_is_survived(void **state)
{
    struct humi_emu *emu = (struct humi_emu *)(void *)w.p;
    struct humi_emu_ring *ring = humi_emu_ring(emu->touches, emu->touch_records, 0);
    struct stride_args args = slow_args();

    (void)state;
    ring->head += 1000;
    take_all();
    ring->records[ring->head % 4] =
        (struct humi_emu_touch){.page = UINT32_MAX - 5, .pages = 99, .count = {1, 1}};
    ring->head++;
    take_all();
    assert_int_equal(order_count, 0);
    expect_slow();
    run_flat("stride", args.n, &args, sizeof args);
    check_seen(true);
}

static void odd_rings_are_refused(void **state)
{
    static const uint32_t odd[] = {1, 2, 3, 5, 100, UINT32_C(1) << 25};
    const struct humi_device_params params = {.kind = "emu", .memory_bytes = BYTES, .workers = 1};
    struct humi_space_params space = w.space;
    struct humi_processor *p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        space.exact_records = odd[i];
        assert_int_equal(humi_emu_open(&space, &params, &p), HUM_ERR_INVALID);
    }
}

/* ---- modules --------------------------------------------------------------------------------- */

static void modules_without_hooks_run_with_a_warning(void **state)
{
    struct touch_args args = {.at = at(&w, 8), .value = 42, .write = 1};
    enum humi_log_level level = humi_log_level();
    int file = memfd_create("stderr", 0), kept = dup(2);
    char text[1024] = "";

    (void)state;
    assert_true(dup2(file, 2) == 2);
    humi_log_set_level(HUMI_LOG_WARN);
    world_load(&w, "silent_kernels.so");
    world_load(&w, "silent_kernels.so"); /* says it once */
    humi_log_set_level(level);
    assert_true(dup2(kept, 2) == 2);
    assert_true(pread(file, text, sizeof text - 1, 0) > 0);
    close(file);
    close(kept);
    assert_non_null(strstr(text, "silent_kernels.so has no .exact.so"));
    assert_non_null(strstr(text, "NO_EXACT"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    run_flat("touch", 1, &args, sizeof args);
    assert_int_equal(*frame(&w, 8), 42);
    check_seen(true); /* nothing */
}

static void exact_modules_run_where_nothing_is_recorded(void **state)
{
    struct stride_args args;
    struct humi_touch touch;

    (void)state;
    world_close(&w);
    open_plain(2);
    world_load(&w, "exact_kernels.exact.so");
    args = (struct stride_args){at(&w, 0), 1000, 8};
    run_flat("stride", args.n, &args, sizeof args);
    assert_int_equal(frame(&w, 0)[8 * 999], 999);
    assert_int_equal(w.p->ops->touches(w.p, &touch, 1, 0), 0);
}

/* ---- what it costs --------------------------------------------------------------------------- */

/* The best of several runs of increment over the words. */
static uint64_t best_ns(size_t bytes)
{
    struct increment_args args = {at(&w, 0), bytes / 8};
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 20; i++) {
        uint64_t start_ns = humi_clock_ns(), ns;
        (void)launch_end(&w, start("increment", args.count, &args, sizeof args));
        ns = humi_clock_ns() - start_ns;
        best = ns < best ? ns : best;
    }
    return best;
}

static uint64_t best_plain_ns(size_t bytes)
{
    uint64_t best;

    open_plain(1);
    world_load(&w, "words.so");
    best = best_ns(bytes);
    world_close(&w);
    return best;
}

static uint64_t best_exact_ns(size_t bytes)
{
    uint64_t best;

    open_exact(USUAL, 1, 0);
    world_load(&w, "words.so");
    start_taking();
    best = best_ns(bytes);
    end_taking();
    world_close(&w);
    return best;
}

static void cost_is_printed(void **state)
{
    static const size_t sizes[] = {BYTES, BYTES / 16}; /* the caches matter to plain code */

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
        cmocka_unit_test_setup_teardown(a_worker_waits_for_room_and_loses_nothing, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_kill_while_a_ring_is_full_hangs_nobody, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(closing_while_a_ring_is_full_hangs_nobody, setup_tiny,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_watchdog_ends_a_wait_for_room, setup_tiny, teardown),
        cmocka_unit_test_setup_teardown(a_ring_written_over_is_survived, setup_tiny, teardown),
        cmocka_unit_test_setup_teardown(odd_rings_are_refused, setup_tiny, teardown),
        cmocka_unit_test_setup_teardown(modules_without_hooks_run_with_a_warning, setup, teardown),
        cmocka_unit_test_setup_teardown(exact_modules_run_where_nothing_is_recorded, setup,
                                        teardown),
        cmocka_unit_test(cost_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
