/* SPDX-License-Identifier: MIT */
/* capacity.c - a device that holds less than it works on. */
#include "flow/flow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>

/* ---- a thread that looks at the frames all the time ------------------------------------------ */

struct watch {
    struct hum *hum;
    atomic_bool stop;
    uint64_t samples, most[HUM_PROCESSORS_MAX];
    pthread_t thread;
};

static void *watch_frames(void *context)
{
    struct watch *w = context;

    while (!atomic_load(&w->stop)) {
        struct hum_stats stats;
        must(hum_stats(w->hum, &stats) == HUM_OK);
        for (unsigned p = 0; p <= stats.devices; p++) {
            if (stats.frame_bytes[p] > w->most[p])
                w->most[p] = stats.frame_bytes[p];
            must(stats.capacity_bytes[p] == 0 || stats.frame_bytes[p] <= stats.capacity_bytes[p]);
            must(stats.capacity_bytes[p] == 0 ||
                 stats.resident_bytes[p] <= stats.capacity_bytes[p]);
        }
        w->samples++;
        sched_yield();
    }
    return NULL;
}

static void watch_start(struct watch *w, struct hum *hum)
{
    memset(w, 0, sizeof *w);
    w->hum = hum;
    assert_int_equal(pthread_create(&w->thread, NULL, watch_frames, w), 0);
}

static void watch_stop(struct watch *w)
{
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    assert_true(w->samples > 0);
    assert_true(w->most[1] > 0);
}

/* ---- stories --------------------------------------------------------------------------------- */

static void clean_pages_leave_without_a_copy(void **state)
{
    struct hum *hum = flow_open("emu:mem=8M,workers=2", NULL);
    uint64_t *words = flow_alloc(hum, 64 * MIB), *result = flow_alloc(hum, PAGE);
    size_t n = 64 * MIB / sizeof *words;
    struct hum_stats start, end;
    struct watch watch;

    (void)state;
    for (size_t i = 0; i < n; i++)
        words[i] = i;
    start = flow_stats(hum);
    watch_start(&watch, hum);
    flow_words(hum, "read_words", words, n, 0);
    flow_words(hum, "read_words", words, n, 0);
    watch_stop(&watch);
    end = flow_stats(hum);
    if (flow_can_share(hum)) {
        assert_true(end.total.evictions_clean > start.total.evictions_clean);
        assert_int_equal(end.total.bytes[HUM_D2H], start.total.bytes[HUM_D2H]);
        assert_int_equal(end.total.evictions_dirty, start.total.evictions_dirty);
    }
    assert_int_equal(flow_sum(hum, 0, words, n, 1, result), (uint64_t)n * (n - 1) / 2);
    hum_close(hum);
}

static void dirty_pages_are_written_back(void **state)
{
    struct hum *hum = flow_open("emu:mem=8M,workers=2", NULL);
    uint64_t *words = flow_alloc(hum, 64 * MIB);
    size_t n = 64 * MIB / sizeof *words;
    struct hum_stats start = flow_stats(hum), end;
    struct watch watch;

    (void)state;
    watch_start(&watch, hum);
    flow_words(hum, "fill", words, n, 0);
    flow_words(hum, "add", words, n, 3);
    watch_stop(&watch);
    end = flow_stats(hum);
    assert_true(end.total.evictions_dirty > start.total.evictions_dirty);
    assert_true(end.total.bytes_by_cause[HUM_CAUSE_EVICTION] >= 56 * MIB);
    for (size_t i = 0; i < n; i++)
        if (words[i] != i + 3)
            fail_msg("word %zu is %llu", i, (unsigned long long)words[i]);
    hum_close(hum);
}

static void scattered_writes_survive_constant_eviction(void **state)
{
    struct hum *hum = flow_open("emu:mem=8M,workers=2", "ondemand");
    size_t n = 24 * MIB / sizeof(uint64_t), hits = 4000;
    struct flow_scatter args = {.words = flow_alloc(hum, 24 * MIB), .n = n, .stride = 262147,
                                .hits = hits};

    (void)state;
    for (unsigned round = 0; round < 2; round++)
        flow_run(hum, 0, "scatter_add", &args, hits);
    for (size_t i = 0; i < hits; i++)
        if (args.words[i * args.stride % n] != 2)
            fail_msg("hit %zu of a page is %llu", i,
                     (unsigned long long)args.words[i * args.stride % n]);
    assert_true(flow_stats(hum).total.evictions_dirty > 0);
    hum_close(hum);
}

static void both_sides_work_while_the_device_is_full(void **state)
{
    struct hum *hum = flow_open("emu:mem=4M,workers=2", NULL);
    uint64_t *words = flow_alloc(hum, 32 * MIB);
    size_t n = 32 * MIB / sizeof *words;
    struct flow_words args = {.words = words, .n = n, .value = 1};
    struct watch watch;

    (void)state;
    watch_start(&watch, hum);
    for (unsigned round = 0; round < 3; round++) {
        ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "read_words"), n, &args,
                      sizeof args));
        for (size_t i = 0; i < n; i += WORDS_PER_PAGE)
            words[i] += 2;
        ok(hum_wait(hum, 0));
        flow_words(hum, "add", words, n, 1);
    }
    watch_stop(&watch);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i % WORDS_PER_PAGE ? 3 : 9);
    hum_close(hum);
}

static void small_devices_pass_data_to_each_other(void **state)
{
    struct hum *hum = flow_open("emu:mem=4M,workers=1;emu:mem=6M,workers=1", NULL);
    uint64_t *words = flow_alloc(hum, 24 * MIB);
    size_t n = 24 * MIB / sizeof *words;
    struct flow_words args = {.words = words, .n = n, .value = 1};
    struct watch watch;

    (void)state;
    watch_start(&watch, hum);
    for (unsigned round = 0; round < 4; round++) {
        flow_run(hum, 0, "add", &args, n);
        flow_run(hum, 1, "add", &args, n);
    }
    watch_stop(&watch);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 8);
    hum_close(hum);
}

static void a_store_across_two_blocks_ends_on_a_small_device(void **state)
{
    struct hum *hum = flow_open("emu:mem=4M,workers=1", NULL);
    char *bytes = flow_alloc(hum, 16 * MIB);
    uint64_t value;

    (void)state;
    for (size_t block = 1; block < 8; block++) {
        flow_words(hum, "store_unaligned", (uint64_t *)(void *)bytes, 1, block * BLOCK - 4);
        memcpy(&value, bytes + block * BLOCK - 4, sizeof value);
        assert_true(value == UINT64_C(0x1122334455667788));
    }
    hum_close(hum);
}

static void prefetch_to_a_full_device_holds_what_fits(void **state)
{
    struct hum *hum = flow_open("emu:mem=8M,workers=1", NULL);
    uint64_t *words = flow_alloc(hum, 32 * MIB);
    size_t n = 32 * MIB / sizeof *words;

    (void)state;
    for (size_t i = 0; i < n; i += 8)
        words[i] = i;
    ok(hum_prefetch(hum, words, 32 * MIB, 0, NULL));
    assert_int_equal(flow_stats(hum).frame_bytes[1], 8 * MIB);
    flow_words(hum, "add", words, n, 1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], (i % 8 ? 0 : i) + 1);
    hum_close(hum);
}

static void freeing_makes_room(void **state)
{
    struct hum *hum = flow_open("emu:mem=8M,workers=1", NULL);
    struct hum_stats stats;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t *words = flow_alloc(hum, 6 * MIB);
        flow_words(hum, "fill", words, 6 * MIB / sizeof *words, i);
        ok(hum_free(hum, words));
    }
    stats = flow_stats(hum);
    assert_int_equal(stats.total.evictions_clean + stats.total.evictions_dirty, 0);
    assert_int_equal(stats.frame_bytes[1], 0);
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_pages_leave_without_a_copy),
        cmocka_unit_test(dirty_pages_are_written_back),
        cmocka_unit_test(scattered_writes_survive_constant_eviction),
        cmocka_unit_test(both_sides_work_while_the_device_is_full),
        cmocka_unit_test(small_devices_pass_data_to_each_other),
        cmocka_unit_test(a_store_across_two_blocks_ends_on_a_small_device),
        cmocka_unit_test(prefetch_to_a_full_device_holds_what_fits),
        cmocka_unit_test(freeing_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
