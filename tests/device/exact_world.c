/* SPDX-License-Identifier: MIT */
/* exact_world.c - see exact_world.h */
#include "device/exact_world.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"

struct world exact_w;

/* ---- the model ------------------------------------------------------------------------------- */

struct cell {
    uint64_t count, lines;
};
static struct cell expected[EXACT_PAGES][2], seen[EXACT_PAGES][2]; /* [1]: written */

void exact_expect(const void *at, size_t bytes, bool write)
{
    size_t first = (uintptr_t)at - exact_w.space.start, last = first + bytes - 1;

    for (size_t line = first / 64; line <= last / 64; line++) {
        expected[line / 64][write].count++;
        expected[line / 64][write].lines |= UINT64_C(1) << line % 64;
    }
}

void exact_forget(void)
{
    memset(expected, 0, sizeof expected);
    memset(seen, 0, sizeof seen);
}

void exact_check(bool counts)
{
    for (size_t page = 0; page < EXACT_PAGES; page++) {
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
struct humi_touch exact_order[64];
size_t exact_order_count;

static void note(const struct humi_touch *t)
{
    wrong |= t->launch != EXACT_LABEL || t->count == 0 || t->pages == 0 || t->lines == 0 ||
             t->page + t->pages > EXACT_PAGES || t->worker >= exact_w.p->workers;
    if (exact_order_count < COUNT_OF(exact_order))
        exact_order[exact_order_count++] = *t;
    for (uint32_t i = 0; i < t->pages && t->page + i < EXACT_PAGES; i++) {
        seen[t->page + i][t->write].count += t->count;
        seen[t->page + i][t->write].lines |= t->lines;
    }
}

/* Take what there is; how many. */
size_t exact_take_some(int64_t timeout_ns)
{
    struct humi_touch touches[7]; /* few, so that records are cut in the middle */
    unsigned taken = exact_w.p->ops->touches(exact_w.p, touches, COUNT_OF(touches), timeout_ns);

    for (unsigned i = 0; i < taken; i++)
        note(&touches[i]);
    return taken;
}

void exact_take_all(void)
{
    while (exact_take_some(0) > 0) {
    }
    assert_false(wrong);
}

static void *take_until_stopped(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        (void)exact_take_some((int64_t)HUMI_NS_PER_MS);
    return NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

uint64_t exact_start(const char *kernel, size_t count, const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.kernel = world_kernel(&exact_w, kernel),
                                 .label = EXACT_LABEL,
                                 .count = count,
                                 .args = args,
                                 .args_bytes = args_bytes};
    uint64_t ticket;

    assert_int_equal(exact_w.p->ops->submit(exact_w.p, &launch, &ticket), HUM_OK);
    return ticket;
}

void exact_start_taking(void)
{
    stop = false;
    assert_int_equal(pthread_create(&taker, NULL, take_until_stopped, NULL), 0);
}

void exact_end_taking(void)
{
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    pthread_join(taker, NULL);
    exact_take_all();
}

/* Run while a thread takes touches; then the rest is taken. */
void exact_run(const struct humi_launch *what, const char *kernel)
{
    struct humi_launch launch = *what;
    struct humi_outcome outcome;
    uint64_t ticket;

    launch.kernel = world_kernel(&exact_w, kernel);
    launch.label = EXACT_LABEL;
    exact_start_taking();
    assert_int_equal(exact_w.p->ops->submit(exact_w.p, &launch, &ticket), HUM_OK);
    outcome = launch_end(&exact_w, ticket);
    exact_end_taking();
    assert_string_equal(hum_status_name(outcome.status), "HUM_OK");
}

void exact_run_flat(const char *kernel, size_t count, const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.count = count, .args = args, .args_bytes = args_bytes};

    exact_run(&launch, kernel);
}

static void begin(void)
{
    world_map(&exact_w, 0, EXACT_BYTES, HUMI_MAP_OWN);
    memset(frame(&exact_w, 0), 0, EXACT_BYTES);
    exact_forget();
    exact_order_count = 0;
    wrong = false;
}

void exact_open(uint32_t records, unsigned workers, unsigned watchdog_ms)
{
    const struct humi_device_params params = {.kind = "emu",
                                              .memory_bytes = 2 * EXACT_BYTES,
                                              .workers = workers,
                                              .watchdog_ms = watchdog_ms};

    world_open_exact(&exact_w, &launch_mode, &params, records);
    world_load(&exact_w, "exact_kernels.so");
    begin();
}

void exact_open_plain(unsigned workers)
{
    const struct humi_device_params params = {
        .kind = "emu", .memory_bytes = 2 * EXACT_BYTES, .workers = workers};

    world_open_device(&exact_w, &launch_mode, &params);
    begin();
}
