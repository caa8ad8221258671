/* SPDX-License-Identifier: MIT */
/*
 * managed.c - a CUDA device whose driver keeps the pages, on the double of the driver: the same
 * programs, and what of hum's calls reaches the driver.
 */
#include "flow/on_double.h"

#include <pthread.h>
#include <unistd.h>

#define ONE "cuda:0,mode=managed"
#define TWO "cuda:0,mode=managed;cuda:1,mode=managed"
#define WORDS (3 * BLOCK / 8 + 77)

/* ---- opening --------------------------------------------------------------------------------- */

static void it_says_what_it_is(void **state)
{
    (void)state;
    on_double_reopen("", ONE, NULL);
    struct hum_device_info info = flow_device(hum, 0);
    assert_true(info.managed);
    assert_true(info.faults);
    assert_true(info.same_address);
    assert_int_equal(info.memory_bytes, 256 * MIB);
    assert_int_equal(flow_system(hum).space_bytes, (size_t)1 << 30);
    assert_int_equal(flow_system(hum).space_start % BLOCK, 0);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    status_is(HUM_ERR_UNSUPPORTED, on_double_try("managed=0", ONE));
    assert_non_null(strstr(hum_error_text(), "no managed memory"));
    status_is(HUM_ERR_UNSUPPORTED, on_double_try("concurrent=0", ONE));
    assert_non_null(strstr(hum_error_text(), "mode=declared"));
    status_is(HUM_ERR_INVALID, on_double_try("", "cuda:0,mode=managed;emu"));
    status_is(HUM_ERR_INVALID, on_double_try("devices=2", "cuda:0,mode=managed;cuda:1"));
    status_is(HUM_ERR_INVALID, on_double_try("", "cuda:0,mode=unified"));
    status_is(HUM_ERR_NO_MEMORY,
              on_double_try("managed_most=512M", ONE)); /* this much was asked for */
}

static void a_space_that_was_not_sized_is_as_large_as_the_driver_makes_it(void **state)
{
    struct hum_options wish = HUM_OPTIONS_INIT;

    (void)state;
    cuda_double_open(&d, "managed_most=2100M");
    wish.devices = ONE;
    ok(hum_open(&wish, &hum));
    assert_int_equal(flow_system(hum).space_bytes, (size_t)2 << 30);
}

/* ---- programs -------------------------------------------------------------------------------- */

/* With both forms of the driver's calls, and one device or two. */
static void results_are_right(void **state)
{
    static const char *const options[] = {"", "version=12000", "version=12020", "vmm=0",
                                          "devices=2,delay_us=0"};

    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        on_double_reopen(options[o], o == 4 ? TWO : ONE, NULL);
        uint64_t *words = flow_alloc(hum, WORDS * 8), *zeros = flow_alloc(hum, BLOCK);
        for (size_t i = 0; i < WORDS; i++)
            words[i] = i;
        flow_words(hum, "add", words, WORDS, 5);
        flow_words(hum, "add", zeros, BLOCK / 8, 1);
        for (size_t i = 0; i < WORDS; i++)
            assert_int_equal(words[i], i + 5);
        for (size_t i = 0; i < BLOCK / 8; i++)
            assert_int_equal(zeros[i], 1);
        assert_int_equal(flow_stats(hum).launches, 2);
    }
}

/* Nothing is declared, and pointers in memory mean the same there. */
static void kernels_follow_pointers(void **state)
{
    size_t n = 1000;

    (void)state;
    on_double_reopen("", ONE, NULL);
    struct flow_node *nodes = flow_alloc(hum, n * sizeof *nodes);
    uint64_t *sum = flow_alloc(hum, PAGE);
    for (size_t i = 0; i < n; i++)
        nodes[i] = (struct flow_node){.next = i + 1 < n ? &nodes[i + 1] : NULL, .value = i};
    struct flow_list args = {.head = nodes, .sum = sum};
    ok(hum_use_none(hum_stream(hum, 0)));
    flow_run(hum, 0, "walk", &args, 1);
    assert_int_equal(*sum, n * (n - 1) / 2);
}

static void freed_memory_reads_as_zero_when_it_comes_again(void **state)
{
    static const char *const options[] = {"", "version=12000"};

    (void)state;
    for (size_t o = 0; o < 2; o++) {
        on_double_reopen(options[o], ONE, NULL);
        uint64_t *first = flow_alloc(hum, BLOCK);
        flow_words(hum, "fill", first, BLOCK / 8, 9);
        ok(hum_advise(hum, first, BLOCK, HUM_ADVISE_READ_MOSTLY, 0));
        ok(hum_free(hum, first));
        uint64_t *second = flow_alloc(hum, BLOCK);
        assert_ptr_equal(first, second);
        for (size_t i = 0; i < BLOCK / 8; i++)
            assert_int_equal(second[i], 0);
        assert_int_equal(flow_page(hum, second).advice, 0);
    }
}

static void discarded_memory_reads_as_zero(void **state)
{
    (void)state;
    on_double_reopen("", ONE, NULL);
    uint64_t *words = flow_alloc(hum, 2 * BLOCK);
    for (size_t i = 0; i < 2 * BLOCK / 8; i++)
        words[i] = 7;
    ok(hum_discard(hum, words + 1, BLOCK, NULL)); /* whole pages of it */
    assert_int_equal(words[0], 7);
    assert_int_equal(words[PAGE / 8 - 1], 7);
    assert_int_equal(words[PAGE / 8], 0);
    assert_int_equal(words[BLOCK / 8 - 1], 0);
    assert_int_equal(words[BLOCK / 8], 7);
}

static void what_the_driver_cannot_do_is_refused(void **state)
{
    (void)state;
    on_double_reopen("", ONE, NULL);
    void *ptr = flow_alloc(hum, BLOCK);
    status_is(HUM_ERR_UNSUPPORTED, hum_protect(hum, ptr, HUM_HOST, HUM_READ));
    assert_non_null(strstr(hum_error_text(), "mode=declared"));
}

/* ---- what reaches the driver ----------------------------------------------------------------- */

static void advice_reaches_the_driver_and_comes_back(void **state)
{
    static const char *const options[] = {"", "version=12000"};

    (void)state;
    for (size_t o = 0; o < 2; o++) {
        on_double_reopen(options[o], ONE, NULL);
        char *bytes = flow_alloc(hum, 2 * BLOCK);
        struct hum_page_info pages[2 * BLOCK / PAGE];
        ok(hum_advise(hum, bytes, BLOCK, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
        ok(hum_advise(hum, bytes + BLOCK, PAGE, HUM_ADVISE_PREFERRED, 0));
        ok(hum_advise(hum, bytes + BLOCK, BLOCK, HUM_ADVISE_ACCESSED_BY, HUM_HOST));
        ok(hum_query(hum, bytes, 2 * BLOCK, pages, 2 * BLOCK / PAGE));
        assert_int_equal(pages[0].advice, HUM_ADVISE_READ_MOSTLY);
        assert_int_equal(pages[511].advice, HUM_ADVISE_READ_MOSTLY);
        assert_int_equal(pages[512].advice, HUM_ADVISE_PREFERRED | HUM_ADVISE_ACCESSED_BY);
        assert_int_equal(pages[512].preferred, 0);
        assert_int_equal(pages[512].accessed_by, HUM_BIT(HUM_HOST));
        assert_int_equal(pages[513].advice, HUM_ADVISE_ACCESSED_BY); /* the driver's pages */
        int value = -1;
        assert_int_equal(d.cu.cuMemRangeGetAttribute(&value, sizeof value,
                                                     HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                                     (uintptr_t)bytes, BLOCK),
                         HUMI_CUDA_ERROR_INVALID_CONTEXT); /* none is left current */
        ok(hum_advise(hum, bytes, 2 * BLOCK, HUM_ADVISE_UNSET_READ_MOSTLY, 0));
        assert_int_equal(flow_page(hum, bytes).advice, 0);
    }
}

static void prefetches_reach_the_driver(void **state)
{
    struct cuda_double_counts before, after;

    (void)state;
    on_double_reopen("", ONE, NULL);
    char *bytes = flow_alloc(hum, 4 * BLOCK);
    struct hum_range ranges[] = {{bytes, PAGE}, {bytes + BLOCK, BLOCK}, {bytes + 3 * BLOCK, 5}};
    d.count(&before);
    ok(hum_prefetch(hum, bytes, BLOCK, 0, NULL));
    d.count(&after);
    assert_int_equal(after.prefetches - before.prefetches, 1);
    ok(hum_prefetch_batch(hum, ranges, 3, HUM_HOST, hum_stream(hum, 0)));
    ok(hum_wait(hum, 0));
    d.count(&after);
    assert_int_equal(after.prefetches - before.prefetches, 4);
    ok(hum_acquire(hum, bytes, PAGE, HUM_READ));
    d.count(&after);
    assert_int_equal(after.prefetches - before.prefetches, 5);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

/* The driver's memory goes with its context: it is said, and nothing is started again. */
static void a_bad_kernel_loses_the_space(void **state)
{
    struct flow_words bad = {.words = (uint64_t *)(uintptr_t)4096, .n = 8, .value = 1};

    (void)state;
    on_double_reopen("", ONE, NULL);
    uint64_t *words = flow_alloc(hum, BLOCK);
    struct hum_kernel *add = flow_kernel(hum, 0, "add");
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &bad, sizeof bad, 8));
    while (!flow_device(hum, 0).lost)
        usleep(1000);
    struct flow_words good = {.words = words, .n = 8, .value = 1};
    status_is(HUM_ERR_DEVICE_LOST, hum_launch(hum_stream(hum, 0), add, 8, &good, sizeof good));
    status_is(HUM_ERR_DEVICE_LOST, hum_prefetch(hum, words, BLOCK, 0, NULL));
    assert_int_equal(flow_device(hum, 0).restarts, 0);
    ok(hum_free(hum, words));
}

static void every_call_of_opening_may_fail(void **state)
{
    static const char *const calls[] = {
        "cuDeviceGetCount",         "cuDeviceGet",     "cuDeviceGetAttribute",
        "cuDevicePrimaryCtxRetain", "cuMemGetInfo_v2", "cuMemAllocManaged",
        "cuStreamCreate",           "cuEventCreate",   "cuCtxPushCurrent_v2"};
    struct cuda_double_counts counts;
    char options[128];

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        snprintf(options, sizeof options, "fail=%s:1", calls[i]);
        assert_int_not_equal(on_double_try(options, ONE), HUM_OK);
        d.count(&counts);
        if (counts.live_objects || counts.live_bytes)
            fail_msg("%s: something stays", calls[i]);
    }
}

/* What a program does with a space, each step of which asks the driver for something. */
static enum hum_status use_all(void)
{
    char *bytes = NULL, *again = NULL;
    struct hum_page_info page;
    enum hum_status status = hum_alloc(hum, 2 * BLOCK, 0, (void **)&bytes);

    if (status != HUM_OK)
        return status;
    struct hum_range ranges[] = {{bytes, BLOCK}, {bytes + BLOCK, PAGE}};
    bytes[0] = 1;
    status = hum_prefetch(hum, bytes, PAGE, 0, NULL);
    if (status == HUM_OK)
        status = hum_prefetch_batch(hum, ranges, 2, HUM_HOST, NULL);
    if (status == HUM_OK)
        status = hum_advise(hum, bytes, PAGE, HUM_ADVISE_PREFERRED, 0);
    if (status == HUM_OK)
        status = hum_query(hum, bytes, 1, &page, 1);
    if (status == HUM_OK)
        status = hum_discard(hum, bytes, PAGE, NULL);
    ok(hum_free(hum, bytes)); /* whatever the driver says to advice and pages that go */
    if (status == HUM_OK)
        status = hum_alloc(hum, PAGE, 0, (void **)&again);
    if (status != HUM_OK)
        return status;
    for (size_t i = 0; i < PAGE; i++)
        assert_int_equal(again[i], 0);
    return hum_free(hum, again);
}

/* Counted up until nothing fails any more; the space goes on working after each. */
static void every_call_may_fail_once(void **state)
{
    static const struct {
        const char *call, *options;
    } cases[] = {
        {"cuMemPrefetchAsync_v2", ""},
        {"cuMemPrefetchBatchAsync", ""},
        {"cuMemAdvise_v2", ""},
        {"cuMemRangeGetAttributes", ""},
        {"cuMemDiscardBatchAsync", ""},
        {"cuMemsetD8Async", ""},
        {"cuStreamSynchronize", ""},
        {"cuCtxSynchronize", ""},
        {"cuMemPrefetchAsync", "version=12000,"},
        {"cuMemAdvise", "version=12000,"},
    };
    char options[96];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned failures = 0;
        for (unsigned n = 1; n <= 4; n++) {
            snprintf(options, sizeof options, "%sfail=%s:%u:2", cases[i].options, cases[i].call, n);
            on_double_reopen(options, ONE, NULL);
            unsigned before = failures;
            for (int round = 0; round < 3; round++) {
                enum hum_status status = use_all();
                failures += status != HUM_OK;
                if (failures > before + 1 || (status && status != HUM_ERR_NO_MEMORY))
                    fail_msg("%s: %s", options, hum_error_text());
            }
            assert_false(flow_device(hum, 0).lost);
        }
        /* Of looking, going idle and what a freed region leaves behind nobody is told. */
        bool silent = strstr(cases[i].call, "Attributes") || strstr(cases[i].call, "cuCtx");
        if (!failures != silent)
            fail_msg("%s: %u failures", cases[i].call, failures);
    }
}

/* ---- devices without concurrent access ------------------------------------------------------- */

#define AUTO "cuda:0,mode=auto,mem=64M"

static void *touch(void *words)
{
    ((volatile uint64_t *)words)[1] += 100;
    return NULL;
}

/* A touch while the kernel runs would be SIGSEGV in managed memory; here it waits. */
static void the_host_waits_where_access_is_not_concurrent(void **state)
{
    pthread_t thread;

    (void)state;
    on_double_reopen("concurrent=0", AUTO, NULL);
    assert_false(flow_device(hum, 0).faults || flow_device(hum, 0).managed);
    assert_non_null(strstr(flow_system(hum).reduced, "concurrent managed access"));
    uint64_t *words = flow_alloc(hum, BLOCK);
    words[1] = 1;
    flow_words(hum, "add", words, BLOCK / 8, 1);
    d.hold(true);
    struct flow_words args = {.words = words, .n = BLOCK / 8, .value = 10};
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "add"), BLOCK / 8, &args, sizeof args));
    must(pthread_create(&thread, NULL, touch, words) == 0);
    usleep(20000); /* it waits, or it has not begun: both are right */
    d.hold(false);
    must(pthread_join(thread, NULL) == 0);
    ok(hum_wait(hum, 0));
    assert_int_equal(words[1], 112);
    assert_int_equal(words[2], 11);
}

/* Nor can hum keep residency there. */
static void a_device_with_neither_is_refused(void **state)
{
    (void)state;
    status_is(HUM_ERR_UNSUPPORTED, on_double_try("concurrent=0,vmm=0", AUTO));
    status_is(HUM_ERR_UNSUPPORTED, on_double_try("managed=0,vmm=0", AUTO));
}

static void auto_is_managed_where_it_can_be(void **state)
{
    (void)state;
    on_double_reopen("", AUTO, NULL);
    assert_true(flow_device(hum, 0).faults);
    assert_null(strstr(flow_system(hum).reduced, "mode=declared"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, on_double_setup, on_double_teardown)
        STORY(it_says_what_it_is),
        STORY(what_cannot_be_is_refused),
        STORY(a_space_that_was_not_sized_is_as_large_as_the_driver_makes_it),
        STORY(results_are_right),
        STORY(kernels_follow_pointers),
        STORY(freed_memory_reads_as_zero_when_it_comes_again),
        STORY(discarded_memory_reads_as_zero),
        STORY(what_the_driver_cannot_do_is_refused),
        STORY(advice_reaches_the_driver_and_comes_back),
        STORY(prefetches_reach_the_driver),
        STORY(a_bad_kernel_loses_the_space),
        STORY(every_call_of_opening_may_fail),
        STORY(every_call_may_fail_once),
        STORY(the_host_waits_where_access_is_not_concurrent),
        STORY(a_device_with_neither_is_refused),
        STORY(auto_is_managed_where_it_can_be),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
