/* SPDX-License-Identifier: MIT */
/*
 * told.c - what the driver that keeps the pages tells of them (CUPTI's records), on the doubles of
 * both: where pages are, what moved and why, traces, and what is said when nothing is told.
 */
#include "flow/on_double.h"

#include <pthread.h>
#include <unistd.h>

#include <hum/trace.h>

#include "device/cuda/cupti_abi.h"
#include "flow/sums.h"

#define ONE "cuda:0,mode=managed"
#define TWO "cuda:0,mode=managed;cuda:1,mode=managed"
#define HERE HUM_BIT(HUM_HOST)
#define THERE HUM_BIT(0)

static char path[64];

static void reopen(const char *options)
{
    on_double_reopen(options, ONE, NULL);
}

static void fill_here(uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        words[i] = i;
}

static uint32_t where(const void *ptr)
{
    return flow_page(hum, ptr).resident;
}

/* ---- where pages are ------------------------------------------------------------------------- */

static void pages_are_where_they_were_touched_last(void **state)
{
    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK);
    ok(hum_policy_set(hum, words, "ondemand"));
    assert_int_equal(where(words), 0); /* nothing is known of it yet */
    fill_here(words, BLOCK / 8);
    assert_int_equal(where(words), HERE);
    flow_words(hum, "add", words, 8, 1);
    assert_int_equal(where(words), THERE);
    assert_int_equal(where(words + 15 * WORDS_PER_PAGE), THERE); /* the driver's speculation */
    assert_int_equal(where(words + 16 * WORDS_PER_PAGE), HERE);
    assert_int_equal(flow_page(hum, words).mapped, 0); /* not known */
    assert_int_equal(words[0], 1);
    assert_int_equal(where(words), HERE);
}

static void prefetched_pages_are_where_they_were_asked_to_be(void **state)
{
    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, 2 * BLOCK);
    fill_here(words, 2 * BLOCK / 8);
    ok(hum_prefetch(hum, words, BLOCK, 0, NULL));
    assert_int_equal(where(words), THERE);
    assert_int_equal(where(words + BLOCK / 8 - 1), THERE);
    assert_int_equal(where(words + BLOCK / 8), HERE);
    ok(hum_acquire(hum, words, BLOCK, HUM_READ));
    assert_int_equal(where(words), HERE);
    struct hum_counters total = flow_stats(hum).total;
    assert_int_equal(total.bytes_by_cause[HUM_CAUSE_PREFETCH_USER], 2 * BLOCK);
    assert_int_equal(total.bytes[HUM_H2D], BLOCK);
    assert_int_equal(total.bytes[HUM_D2H], BLOCK);
    assert_true(total.move_ns[HUM_H2D] > 0);
}

static void read_mostly_pages_are_at_both(void **state)
{
    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK), *sum = flow_alloc(hum, PAGE);
    fill_here(words, BLOCK / 8);
    ok(hum_advise(hum, words, BLOCK, HUM_ADVISE_READ_MOSTLY, HUM_HOST));
    assert_int_equal(flow_sum(hum, 0, words, BLOCK / 8, 1, sum), BLOCK / 8 * (BLOCK / 8 - 1) / 2);
    assert_int_equal(where(words), HERE | THERE);
    uint64_t before = flow_stats(hum).total.faults_host;
    assert_int_equal(words[9], 9);
    assert_int_equal(flow_stats(hum).total.faults_host, before);
}

static void accessed_by_pages_stay_and_are_remote(void **state)
{
    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK);
    fill_here(words, BLOCK / 8);
    ok(hum_advise(hum, words, BLOCK, HUM_ADVISE_REMOTE, 0));
    flow_words(hum, "add", words, BLOCK / 8, 1);
    assert_int_equal(where(words), HERE);
    assert_int_equal(flow_page(hum, words).remote, THERE);
    assert_int_equal(words[7], 8);
    struct hum_counters total = flow_stats(hum).total;
    assert_int_equal(total.bytes[HUM_H2D], 0);
    assert_int_equal(total.pages[HUM_CAUSE_REMOTE_MAP], BLOCK / PAGE);
}

static void freed_and_discarded_pages_are_nowhere(void **state)
{
    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK), *other = flow_alloc(hum, BLOCK);
    fill_here(words, BLOCK / 8);
    fill_here(other, BLOCK / 8);
    ok(hum_free(hum, words));
    assert_int_equal(flow_stats(hum).resident_bytes[0], BLOCK);
    assert_int_equal(flow_stats(hum).spare_bytes[0], 0);
    ok(hum_free(hum, other));
    assert_int_equal(flow_stats(hum).resident_bytes[0], 0);
    assert_int_equal(flow_stats(hum).total.pages[HUM_CAUSE_FREE], 2 * BLOCK / PAGE);
}

static void devices_move_between_each_other(void **state)
{
    (void)state;
    on_double_reopen("devices=2", TWO, NULL);
    uint64_t *words = flow_alloc(hum, BLOCK);
    flow_words(hum, "fill", words, BLOCK / 8, 5);
    struct flow_words args = {.words = words, .n = BLOCK / 8, .value = 1};
    flow_run(hum, 1, "add", &args, BLOCK / 8);
    assert_int_equal(where(words), HUM_BIT(1));
    assert_int_equal(flow_stats(hum).total.bytes[HUM_D2D], BLOCK);
    assert_int_equal(words[3], 9);
}

/* ---- what happened --------------------------------------------------------------------------- */

static void moves_have_causes(void **state)
{
    size_t n = BLOCK / 8, pages = BLOCK / PAGE;

    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK);
    ok(hum_policy_set(hum, words, "ondemand"));
    fill_here(words, n);
    flow_words(hum, "add", words, n, 1);
    assert_int_equal(words[0], 1);
    struct hum_counters total = flow_stats(hum).total;
    assert_int_equal(total.pages[HUM_CAUSE_FIRST_TOUCH], pages);
    assert_int_equal(total.pages[HUM_CAUSE_DEVICE_FAULT], pages / 16);
    assert_int_equal(total.pages[HUM_CAUSE_PREFETCH_POLICY], pages - pages / 16 + 15);
    assert_int_equal(total.pages[HUM_CAUSE_HOST_FAULT], 1);
    assert_int_equal(total.bytes[HUM_H2D], BLOCK);
    assert_int_equal(total.bytes[HUM_D2H], 16 * PAGE);
    /* each chunk faults, and each page that came by speculation when it is mapped */
    assert_int_equal(total.faults_device, pages);
    struct hum_chunk_heat heat[2];
    ok(hum_heat_query(hum, words, 2 * HUM_CHUNK_SIZE, HUM_HOST, heat, 2));
    assert_int_equal(heat[0].writes, 16);
    struct hum_region_info region;
    ok(hum_region_info(hum, words, &region));
    assert_int_equal(region.counters.bytes[HUM_H2D], BLOCK);
}

static void a_page_is_explained(void **state)
{
    struct hum_explanation why;

    (void)state;
    reopen("");
    uint64_t *words = flow_alloc(hum, BLOCK);
    ok(hum_prefetch(hum, words, BLOCK, HUM_HOST, NULL));
    fill_here(words, BLOCK / 8);
    ok(hum_prefetch(hum, words, BLOCK, 0, NULL));
    words[0]++;
    ok(hum_explain(hum, words, &why));
    assert_true(why.events >= 2);
    assert_int_equal(why.event[0].cause, HUM_CAUSE_HOST_FAULT);
    assert_true(why.event[0].copied);
    assert_int_equal(why.event[1].cause, HUM_CAUSE_PREFETCH_USER);
    assert_true(why.event[0].start_ns >= why.event[1].start_ns);
    assert_true(why.now_ns > why.event[0].start_ns);
    assert_int_equal(why.state.resident, HERE);
}

/* More than the device has: what leaves is told as an eviction, and results stay right. */
static void oversubscription_is_told(void **state)
{
    size_t n = 24 * MIB / 8;

    (void)state;
    reopen("memory=16M,delay_us=0");
    uint64_t *words = flow_alloc(hum, n * 8);
    ok(hum_prefetch(hum, words, n * 8, 0, NULL));
    for (int round = 0; round < 2; round++) {
        ok(hum_prefetch(hum, words, 12 * MIB, 0, NULL));
        flow_words(hum, "add", words, 12 * MIB / 8, 1);
        ok(hum_prefetch(hum, words + n / 2, 12 * MIB, 0, NULL));
        flow_words(hum, "add", words + n / 2, 12 * MIB / 8, 1);
    }
    struct hum_stats stats = flow_stats(hum);
    assert_true(stats.resident_bytes[1] <= 16 * MIB);
    assert_true(stats.total.evictions_dirty >= 8);
    assert_int_equal(stats.total.bytes_by_cause[HUM_CAUSE_EVICTION], stats.total.bytes[HUM_D2H]);
    for (size_t i = 0; i < n; i += 61)
        assert_int_equal(words[i], 2);
}

static void *open_the_gate(void *gate)
{
    usleep(2000);
    __atomic_store_n((uint64_t *)gate, 7, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Both touch one page while a kernel runs, which waits for the host. */
static void the_host_touches_while_a_kernel_runs(void **state)
{
    pthread_t thread;

    (void)state;
    reopen("");
    uint64_t *gate = flow_alloc(hum, PAGE), *out = flow_alloc(hum, PAGE);
    struct flow_gate args = {.gate = gate, .out = out, .until = 7, .value = 42};
    must(pthread_create(&thread, NULL, open_the_gate, gate) == 0);
    flow_run(hum, 0, "gate", &args, 1);
    must(pthread_join(thread, NULL) == 0);
    assert_int_equal(*out, 42);
    struct hum_counters total = flow_stats(hum).total;
    assert_true(total.faults_host > 0 && total.faults_device > 0);
}

static void fights_are_counted(void **state)
{
    struct humi_cupti_record fight = {.kind = HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER,
                                      .counterKind =
                                          HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THRASHING,
                                      .value = 64 * KIB,
                                      .start = UINT64_MAX / 4,
                                      .end = UINT64_MAX / 4 + 500000};

    (void)state;
    reopen("");
    fight.address = (uintptr_t)flow_alloc(hum, BLOCK);
    d.tell(&fight);
    d.tell(&fight);
    fight.counterKind = HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_THROTTLING;
    d.tell(&fight);
    struct hum_stats stats = flow_stats(hum);
    assert_int_equal(stats.told_thrashed, 2);
    assert_int_equal(stats.told_throttled, 1);
    assert_int_equal(stats.told_throttled_ns, 500000);
}

/* ---- policies -------------------------------------------------------------------------------- */

/* How many prefetches a kernel over 16 MiB on the host gave rise to. */
static uint64_t prefetches_of_a_pass(uint64_t *words, size_t n)
{
    struct cuda_double_counts before, after;

    for (size_t i = 0; i < n; i += WORDS_PER_PAGE)
        words[i]++;
    d.count(&before);
    flow_words(hum, "add", words, n, 1);
    ok(hum_wait(hum, 0));
    d.count(&after);
    return after.prefetches - before.prefetches;
}

static void a_policy_goes_ahead_while_a_kernel_runs(void **state)
{
    size_t n = 16 * MIB / 8;
    uint64_t rounds = 0;

    (void)state;
    reopen("delay_us=0");
    uint64_t *words = flow_alloc(hum, n * 8);
    ok(hum_policy_set(hum, words, "ondemand"));
    assert_int_equal(prefetches_of_a_pass(words, n), 0);
    ok(hum_policy_set(hum, words, "ahead"));
    do /* a kernel that is over before anybody looks has nothing ahead of it */
        rounds++;
    while (prefetches_of_a_pass(words, n) == 0);
    struct hum_counters total = flow_stats(hum).total;
    assert_int_equal(total.events[HUM_CAUSE_PREFETCH_USER], 0); /* hum's own are the policy's */
    assert_int_equal(words[0], 2 * (rounds + 1));
    assert_int_equal(words[1], rounds + 1);
}

/* ---- traces ---------------------------------------------------------------------------------- */

static void a_trace_adds_up_to_what_was_told(void **state)
{
    struct hum_trace *trace;
    struct hum_trace_record record;
    struct hum_metering *metering;
    struct hum_metrics metrics;
    struct sums sums = {0};
    uint64_t accesses = 0;
    bool told = false;

    (void)state;
    snprintf(path, sizeof path, "/tmp/hum-told-%d.trace", getpid());
    on_double_reopen("memory=64M", ONE, path);
    sums_story(hum);
    struct hum_stats stats = flow_stats(hum);
    hum_close(hum);
    hum = NULL;
    ok(hum_trace_open(path, &trace));
    ok(hum_metering_create(&metering));
    while (hum_trace_next(trace, &record) == HUM_OK) {
        sums_add(&sums, &record);
        ok(hum_metering_feed(metering, &record));
        accesses += record.kind == HUM_TRACE_ACCESS;
        told |= record.kind == HUM_TRACE_SETTING && strcmp(record.setting.value, "told") == 0;
    }
    hum_trace_close(trace);
    hum_metering_read(metering, &metrics);
    hum_metering_destroy(metering);
    unlink(path);
    sums_agree(&sums);
    assert_true(told);
    assert_int_equal(accesses, stats.total.faults_host + stats.total.faults_device);
    assert_int_equal(metrics.bytes[HUM_H2D], stats.total.bytes[HUM_H2D]);
    assert_int_equal(metrics.evictions_dirty, stats.total.evictions_dirty);
    assert_true(stats.total.bytes[HUM_H2D] && stats.total.bytes[HUM_D2H]);
}

/* ---- nothing is told ------------------------------------------------------------------------- */

static void works_and_says_so(const char *options, const char *devices, const char *why)
{
    on_double_reopen(options, devices, NULL);
    if (!strstr(flow_system(hum).reduced, why))
        fail_msg("%s: '%s' does not say %s", options, flow_system(hum).reduced, why);
    uint64_t *words = flow_alloc(hum, BLOCK);
    fill_here(words, BLOCK / 8);
    flow_words(hum, "add", words, BLOCK / 8, 1);
    assert_int_equal(words[8], 9);
    assert_int_equal(where(words), 0);
    assert_int_equal(flow_stats(hum).total.bytes[HUM_H2D], 0);
}

static void without_cupti_all_but_knowledge_is_there(void **state)
{
    static const char *const calls[] = {"cuptiGetTimestamp", "cuptiActivityRegisterCallbacks",
                                        "cuptiActivityEnable"};
    char options[96];

    (void)state;
    works_and_says_so("cupti=0", ONE, "UM_PROFILING_NOT_SUPPORTED");
    works_and_says_so("", ONE ",cupti=off", "cupti=off");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        snprintf(options, sizeof options, "fail=%s:1:35", calls[i]);
        works_and_says_so(options, ONE, "INSUFFICIENT_PRIVILEGES");
    }
}

/* Some kinds of counters may be missing, and flushes may fail: what is told is told. */
static void a_part_of_it_may_fail(void **state)
{
    (void)state;
    reopen("fail=cuptiActivityConfigureUnifiedMemoryCounter:3:28"); /* faults of the host */
    uint64_t *words = flow_alloc(hum, BLOCK);
    fill_here(words, BLOCK / 8);
    flow_words(hum, "add", words, BLOCK / 8, 1);
    struct hum_counters total = flow_stats(hum).total;
    assert_int_equal(total.faults_host, 0);
    assert_int_equal(total.bytes[HUM_H2D], BLOCK);
    for (int n = 1; n <= 3; n++) {
        char options[64];
        snprintf(options, sizeof options, "fail=cuptiActivityFlushAll:%d:999", n);
        reopen(options);
        words = flow_alloc(hum, BLOCK);
        fill_here(words, BLOCK / 8);
        flow_words(hum, "add", words, BLOCK / 8, 1);
        for (int look = 0; look < 3; look++)
            total = flow_stats(hum).total;
        assert_int_equal(total.bytes[HUM_H2D], BLOCK);
    }
}

/* What found no room is counted. */
static void what_could_not_be_told_is_counted(void **state)
{
    size_t n = 20000;

    (void)state;
    reopen("cupti_early=0");
    char *bytes = flow_alloc(hum, n * PAGE);
    for (size_t i = 0; i < n; i++)
        bytes[i * PAGE] = 1;
    struct hum_stats stats = flow_stats(hum);
    assert_true(stats.told_dropped > 0);
    assert_int_equal(stats.told_dropped + stats.total.faults_host, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, on_double_setup, on_double_teardown)
        STORY(pages_are_where_they_were_touched_last),
        STORY(prefetched_pages_are_where_they_were_asked_to_be),
        STORY(read_mostly_pages_are_at_both),
        STORY(accessed_by_pages_stay_and_are_remote),
        STORY(freed_and_discarded_pages_are_nowhere),
        STORY(devices_move_between_each_other),
        STORY(moves_have_causes),
        STORY(a_page_is_explained),
        STORY(oversubscription_is_told),
        STORY(the_host_touches_while_a_kernel_runs),
        STORY(fights_are_counted),
        STORY(a_policy_goes_ahead_while_a_kernel_runs),
        STORY(a_trace_adds_up_to_what_was_told),
        STORY(without_cupti_all_but_knowledge_is_there),
        STORY(a_part_of_it_may_fail),
        STORY(what_could_not_be_told_is_counted),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
