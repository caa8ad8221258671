/* SPDX-License-Identifier: MIT */
/* devices.c - two devices and the host share one range. */
#include "flow/flow.h"

#include <pthread.h>
#include <signal.h>

static struct hum *hum;

static int setup(void **state)
{
    (void)state;
    hum = flow_open(TWO_DEVICES, "ondemand");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void run_words(int device, const char *kernel, uint64_t *words, size_t n, uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    flow_status(HUM_OK, flow_try(hum, device, kernel, &args, sizeof args, n), kernel, __FILE__,
                __LINE__);
}

static void devices_are_counted_without_being_opened(void **state)
{
    const char *emu = getenv("HUM_EMU");
    char *before = emu ? strdup(emu) : NULL;

    (void)state;
    assert_int_equal(hum_devices_foreseen(TWO_DEVICES), 2);
    assert_int_equal(hum_devices_foreseen(ONE_DEVICE), 1);
    assert_int_equal(hum_devices_foreseen("emu:nonsense"), 0);
    assert_int_equal(hum_devices_foreseen("emu;opencl:0"), 0); /* opening it would tell */
    setenv("HUM_EMU", "/nonexistent/hum-emu", 1);
    assert_int_equal(hum_devices_foreseen(TWO_DEVICES), 0);
    if (before)
        setenv("HUM_EMU", before, 1);
    else
        unsetenv("HUM_EMU");
    free(before);
}

static void each_device_is_a_process_of_its_own(void **state)
{
    struct hum_device_info a = flow_device(hum, 0), b = flow_device(hum, 1);

    (void)state;
    assert_int_equal(hum_device_count(hum), 2);
    assert_string_equal(a.kind, "emu");
    assert_string_not_equal(a.name, b.name);
    assert_int_not_equal(a.pid, b.pid);
    assert_int_equal(kill(a.pid, 0), 0);
    assert_int_equal(a.memory_bytes, 64 * MIB);
    assert_int_equal(a.workers, 2);
    assert_int_equal(b.workers, 1);
    assert_false(a.lost);
    assert_int_equal(a.restarts, 0);
}

static void one_device_reads_what_the_other_wrote(void **state)
{
    uint64_t *words = flow_alloc(hum, 3 * MIB), *result = flow_alloc(hum, PAGE);
    size_t n = 3 * MIB / sizeof *words;
    struct hum_stats start;

    (void)state;
    run_words(0, "fill", words, n, 1);
    start = flow_stats(hum);
    run_words(1, "read_words", words, n, 0);
    assert_int_equal(flow_moved(hum, &start, HUM_D2D), 3 * MIB);
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), 0);
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), 0);
    assert_int_equal(flow_sum(hum, 1, words, n, 1, result), (uint64_t)n * (n + 1) / 2);
}

static void a_page_can_be_read_by_all_three(void **state)
{
    uint64_t *words = flow_alloc(hum, PAGE);
    uint32_t all = HUM_BIT(HUM_HOST) | HUM_BIT(0) | HUM_BIT(1);
    struct hum_page_info info;

    (void)state;
    words[3] = 7;
    run_words(0, "read_words", words, WORDS_PER_PAGE, 0);
    run_words(1, "read_words", words, WORDS_PER_PAGE, 0);
    assert_int_equal(words[3], 7);
    info = flow_page(hum, words);
    if (flow_can_share(hum)) {
        assert_int_equal(info.resident, all);
        assert_int_equal(info.writable, 0);
    }
    run_words(1, "add", words, 1, 1);
    info = flow_page(hum, words);
    assert_int_equal(info.resident, HUM_BIT(1));
    assert_int_equal(info.dirty, HUM_BIT(1));
    assert_int_equal(words[0], 1);
}

static void a_page_goes_round_and_loses_nothing(void **state)
{
    uint64_t *words = flow_alloc(hum, 2 * PAGE);

    (void)state;
    for (uint64_t round = 0; round < 100; round++) {
        run_words(0, "add", words, 2 * WORDS_PER_PAGE, 1);
        run_words(1, "add", words, 2 * WORDS_PER_PAGE, 1);
        for (size_t i = 0; i < 2 * WORDS_PER_PAGE; i += 100)
            words[i]++;
    }
    for (size_t i = 0; i < 2 * WORDS_PER_PAGE; i++)
        assert_int_equal(words[i], i % 100 == 0 ? 300 : 200);
}

static void *count_on_host(void *context)
{
    for (unsigned i = 0; i < 10000; i++)
        __atomic_fetch_add((uint64_t *)context, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void atomics_of_all_three_sum_up(void **state)
{
    uint64_t *word = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = word, .n = 10000, .value = 1};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, count_on_host, word), 0);
    for (int device = 0; device < 2; device++)
        ok(hum_launch(hum_stream(hum, device), flow_kernel(hum, device, "count"), args.n, &args,
                      sizeof args));
    ok(hum_wait(hum, HUM_ALL));
    pthread_join(thread, NULL);
    assert_int_equal(*word, 30000);
}

static void prefetch_goes_from_device_to_device(void **state)
{
    uint64_t *words = flow_alloc(hum, 5 * MIB);
    size_t n = 5 * MIB / sizeof *words;
    struct hum_stats start;

    (void)state;
    run_words(0, "fill", words, n, 1);
    start = flow_stats(hum);
    ok(hum_prefetch(hum, words, 5 * MIB, 1, hum_stream(hum, 0)));
    ok(hum_wait(hum, 0));
    assert_int_equal(flow_moved(hum, &start, HUM_D2D), 5 * MIB);
    run_words(1, "read_words", words, n, 0);
    assert_int_equal(flow_moved(hum, &start, HUM_D2D), 5 * MIB);
}

static void protection_is_per_device(void **state)
{
    uint64_t *words = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = words, .n = 1, .value = 1};

    (void)state;
    if (!flow_can_share(hum)) { /* then nothing can be mapped read-only */
        status_is(HUM_ERR_UNSUPPORTED, hum_protect(hum, words, 1, HUM_READ));
        return;
    }
    ok(hum_protect(hum, words, 1, HUM_READ));
    run_words(0, "add", words, 1, 1);
    run_words(1, "read_words", words, 1, 0);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 1, "add", &args, sizeof args, 1));
    run_words(0, "add", words, 1, 1);
    ok(hum_protect(hum, words, 1, HUM_READ | HUM_WRITE));
    run_words(1, "add", words, 1, 1);
    assert_int_equal(words[0], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_counted_without_being_opened),
        cmocka_unit_test(each_device_is_a_process_of_its_own),
        cmocka_unit_test(one_device_reads_what_the_other_wrote),
        cmocka_unit_test(a_page_can_be_read_by_all_three),
        cmocka_unit_test(a_page_goes_round_and_loses_nothing),
        cmocka_unit_test(atomics_of_all_three_sum_up),
        cmocka_unit_test(prefetch_goes_from_device_to_device),
        cmocka_unit_test(protection_is_per_device),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
