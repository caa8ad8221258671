/* SPDX-License-Identifier: MIT */
/* policies.c - which policy decides where, changed at run time, and budgets of regions. */
#include "flow/flow.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static const char *policy_of(struct hum *hum, const void *ptr)
{
    static char text[HUM_POLICY_TEXT_MAX];

    ok(hum_policy_get(hum, ptr, text, sizeof text));
    return text;
}

/* Pages of the region that a fault on its first one brings to the device. */
static uint64_t pages_at_first_touch(struct hum *hum, uint64_t *words, size_t bytes)
{
    struct hum_stats start, end;

    memset(words, 1, bytes);
    start = flow_stats(hum);
    flow_words(hum, "read_words", words, 1, 0);
    end = flow_stats(hum);
    return (end.total.bytes[HUM_H2D] - start.total.bytes[HUM_H2D]) / PAGE;
}

static void a_region_has_a_policy_of_its_own(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "chunk");
    uint64_t *a = flow_alloc(hum, 2 * MIB), *b = flow_alloc(hum, 2 * MIB);

    (void)state;
    assert_string_equal(policy_of(hum, a), "chunk");
    ok(hum_policy_set(hum, (char *)a + 5000, "prefetch=none"));
    assert_string_equal(policy_of(hum, a),
                        "place=intent,prefetch=none,thrash=off"); /* no order: the space's */
    assert_string_equal(policy_of(hum, b), "chunk");
    assert_int_equal(pages_at_first_touch(hum, a, 2 * MIB), 1);
    assert_int_equal(pages_at_first_touch(hum, b, 2 * MIB), 16);
    ok(hum_policy_set(hum, a, NULL));
    assert_string_equal(policy_of(hum, a), "chunk");
    assert_int_equal(pages_at_first_touch(hum, a, 2 * MIB), 16);
    hum_close(hum);
}

static void a_number_turned_while_it_runs_counts_at_the_next_fault(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "tree");
    uint64_t *words = flow_alloc(hum, 2 * MIB);

    (void)state;
    assert_int_equal(pages_at_first_touch(hum, words, 2 * MIB), 16);
    ok(hum_policy_set(hum, NULL, "tree,prefetch.threshold=0"));
    assert_string_equal(policy_of(hum, NULL), "tree,prefetch.threshold=0");
    assert_string_equal(flow_system(hum).policy, "tree,prefetch.threshold=0");
    assert_int_equal(pages_at_first_touch(hum, words, 2 * MIB), 512);
    ok(hum_policy_set(hum, NULL, NULL));
    assert_string_equal(policy_of(hum, words), "auto");
    hum_close(hum);
}

static void rules_go_by_name(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "chunk; region: graph = ondemand ;region:x=tree");
    uint64_t *graph = flow_alloc(hum, 2 * MIB), *set = flow_alloc(hum, 2 * MIB);

    (void)state;
    assert_string_equal(policy_of(hum, graph), "chunk");
    ok(hum_name(hum, graph, "graph"));
    assert_string_equal(policy_of(hum, graph), "ondemand");
    assert_int_equal(pages_at_first_touch(hum, graph, 2 * MIB), 1);
    ok(hum_name(hum, graph, "paper"));
    assert_string_equal(policy_of(hum, graph), "chunk");
    ok(hum_policy_set(hum, set, "tree"));
    ok(hum_name(hum, set, "graph"));
    assert_string_equal(policy_of(hum, set), "tree");
    hum_close(hum);
}

static void refuse_opening(const char *policy, const char *says)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum = NULL;

    options.policy = policy;
    options.devices = ONE_DEVICE;
    status_is(HUM_ERR_INVALID, hum_open(&options, &hum));
    if (!strstr(hum_error_text(), says))
        fail_msg("'%s': says '%s'", policy, hum_error_text());
}

static void what_cannot_be_is_refused(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, 2 * MIB);
    char text[8];

    (void)state;
    refuse_opening("evict=min", "looks at what is touched next");
    refuse_opening("driver;region:=tree", "is no rule for a region");
    refuse_opening("driver;graph=tree", "is no rule for a region");
    refuse_opening("driver;region:graph", "is no rule for a region");
    refuse_opening("driver;", "is no rule for a region");
    refuse_opening("driver;region:graph=wood", "unknown policy 'wood'; known are ahead");
    refuse_opening("driver;region:graph=tree;region: graph=lfu", "is given two rules");
    refuse_opening("region:graph=evict=lru", "evict is chosen for the whole space");
    status_is(HUM_ERR_INVALID, hum_policy_set(hum, words, "driver,evict=lru"));
    status_is(HUM_ERR_INVALID, hum_policy_set(hum, words, "wood"));
    assert_non_null(strstr(hum_error_text(), "hum_policy_set: unknown policy 'wood'"));
    status_is(HUM_ERR_INVALID, hum_policy_set(hum, NULL, "driver;region:graph=tree"));
    assert_non_null(strstr(hum_error_text(), "are given when the space is opened"));
    status_is(HUM_ERR_INVALID, hum_policy_set(hum, words, "region:graph=tree"));
    assert_non_null(strstr(hum_error_text(), "are given when the space is opened"));
    status_is(HUM_ERR_INVALID, hum_policy_set(hum, text, "driver"));
    status_is(HUM_ERR_INVALID, hum_policy_set(NULL, NULL, "driver"));
    status_is(HUM_ERR_INVALID, hum_policy_get(hum, text, text, sizeof text));
    status_is(HUM_ERR_INVALID, hum_policy_get(hum, NULL, NULL, 0));
    ok(hum_policy_set(hum, NULL, "prefetch=chunk"));
    status_is(HUM_ERR_INVALID, hum_policy_get(hum, NULL, text, sizeof text));
    hum_close(hum);
}

/* Rounds over a megabyte more than the device holds, under one order after the other. */
static void another_order_of_eviction_may_be_chosen_at_any_time(void **state)
{
    static const char *const policies[] = {"evict=lru", "evict=mru", "evict=arc", "evict=s3fifo",
                                           "evict=lfu", "evict=clock", "evict=second-chance"};
    struct hum *hum = flow_open("emu:mem=16M,workers=2", "ondemand");
    size_t n = 24 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 24 * MIB);

    (void)state;
    flow_words(hum, "fill", words, n, 0);
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        ok(hum_policy_set(hum, NULL, policies[i]));
        flow_words(hum, "add", words, n, 1);
        assert_true(flow_stats(hum).frame_bytes[1] <= 16 * MIB);
    }
    for (size_t i = 0; i < n; i++)
        if (words[i] != i + sizeof policies / sizeof policies[0])
            fail_msg("word %zu is %llu", i, (unsigned long long)words[i]);
    hum_close(hum);
}

/* ---- budgets --------------------------------------------------------------------------------- */

static size_t resident_bytes(struct hum *hum, const char *ptr, size_t bytes)
{
    struct hum_page_info *pages = calloc(bytes / PAGE, sizeof *pages);
    size_t count = 0;

    assert_non_null(pages);
    ok(hum_query(hum, ptr, bytes, pages, bytes / PAGE));
    for (size_t i = 0; i < bytes / PAGE; i++)
        count += (pages[i].resident & HUM_BIT(0)) != 0;
    free(pages);
    return count * PAGE;
}

static void a_region_keeps_to_its_budget(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    size_t n = 32 * MIB / sizeof(uint64_t);
    uint64_t *a = flow_alloc(hum, 32 * MIB), *b = flow_alloc(hum, 16 * MIB);

    (void)state;
    ok(hum_budget_set(hum, a, 0, 8 * MIB + 5));
    flow_words(hum, "fill", b, 16 * MIB / sizeof *b, 7);
    flow_words(hum, "fill", a, n, 3);
    assert_true(resident_bytes(hum, (char *)a, 32 * MIB) <= 8 * MIB + BLOCK);
    assert_true(resident_bytes(hum, (char *)a, 32 * MIB) >= 6 * MIB);
    assert_int_equal(resident_bytes(hum, (char *)b, 16 * MIB), 16 * MIB); /* there is room */
    flow_words(hum, "add", a, n, 1);
    ok(hum_prefetch(hum, a, 32 * MIB, 0, NULL));
    assert_true(resident_bytes(hum, (char *)a, 32 * MIB) <= 8 * MIB + BLOCK);
    ok(hum_budget_set(hum, a, 0, 0));
    ok(hum_prefetch(hum, a, 32 * MIB, 0, NULL));
    assert_int_equal(resident_bytes(hum, (char *)a, 32 * MIB), 32 * MIB);
    for (size_t i = 0; i < n; i++)
        if (a[i] != i + 4)
            fail_msg("word %zu is %llu", i, (unsigned long long)a[i]);
    hum_close(hum);
}

static void a_stream_goes_ahead_only_as_far_as_the_budget(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ahead");
    size_t n = 48 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 48 * MIB);

    (void)state;
    for (size_t i = 0; i < n; i++)
        words[i] = i;
    ok(hum_budget_set(hum, words, 0, 12 * MIB));
    flow_words(hum, "read_words", words, n, 0);
    assert_true(resident_bytes(hum, (char *)words, 48 * MIB) <= 12 * MIB + BLOCK);
    hum_close(hum);
}

static void budgets_that_cannot_be_are_refused(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    char *ptr = flow_alloc(hum, 2 * MIB);

    (void)state;
    status_is(HUM_ERR_INVALID, hum_budget_set(hum, ptr, 0, 8 * MIB - 1));
    assert_non_null(strstr(hum_error_text(), "at least 8 MiB"));
    status_is(HUM_ERR_INVALID, hum_budget_set(hum, ptr, 1, 8 * MIB));
    status_is(HUM_ERR_INVALID, hum_budget_set(hum, ptr, HUM_HOST, 8 * MIB));
    status_is(HUM_ERR_INVALID, hum_budget_set(hum, NULL, 0, 8 * MIB));
    status_is(HUM_ERR_INVALID, hum_budget_set(NULL, ptr, 0, 8 * MIB));
    hum_close(hum);
}

/* ---- two threads at once --------------------------------------------------------------------- */

#define MEETINGS 4000u

/* Two threads that do something to one region at the same moment, again and again. */
struct meeting {
    struct hum *hum;
    _Atomic(char *) region;
    atomic_uint arrived;
    enum hum_status (*other)(const struct meeting *meeting);
    enum hum_status status; /* of the other's first that failed */
};

/* The place-th time that both are here. */
static void meet(struct meeting *meeting, unsigned place)
{
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < 2 * (place + 1))
        sched_yield();
}

static void *run_other(void *context)
{
    struct meeting *meeting = context;

    for (unsigned i = 0; i < MEETINGS; i++) {
        meet(meeting, 2 * i);
        enum hum_status status = meeting->other(meeting);
        if (meeting->status == HUM_OK)
            meeting->status = status;
        meet(meeting, 2 * i + 1);
    }
    return NULL;
}

static enum hum_status give_names(const struct meeting *meeting)
{
    enum hum_status status = HUM_OK;

    for (unsigned i = 0; i < 8 && status == HUM_OK; i++)
        status = hum_name(meeting->hum, meeting->region, "graph");
    return status;
}

static enum hum_status advise_device_1(const struct meeting *meeting)
{
    return hum_advise(meeting->hum, meeting->region, 2 * MIB, HUM_ADVISE_ACCESSED_BY, 1);
}

static void a_policy_set_while_a_rule_takes_hold_stays(void **state)
{
    struct meeting meeting = {.hum = flow_open(ONE_DEVICE, "chunk;region:graph=tree"),
                              .other = give_names};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_other, &meeting), 0);
    for (unsigned i = 0; i < MEETINGS; i++) {
        meeting.region = flow_alloc(meeting.hum, 2 * MIB);
        meet(&meeting, 2 * i);
        ok(hum_policy_set(meeting.hum, meeting.region, "ondemand"));
        meet(&meeting, 2 * i + 1);
        assert_string_equal(policy_of(meeting.hum, meeting.region), "ondemand");
        ok(hum_free(meeting.hum, meeting.region));
    }
    pthread_join(thread, NULL);
    ok(meeting.status);
    hum_close(meeting.hum);
}

static void advice_given_at_the_same_time_all_counts(void **state)
{
    struct meeting meeting = {.hum = flow_open("emu:mem=16M,workers=1;emu:mem=16M,workers=1", NULL),
                              .other = advise_device_1};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_other, &meeting), 0);
    for (unsigned i = 0; i < MEETINGS; i++) {
        meeting.region = flow_alloc(meeting.hum, 2 * MIB);
        meet(&meeting, 2 * i);
        ok(hum_advise(meeting.hum, meeting.region, 2 * MIB, HUM_ADVISE_ACCESSED_BY, 0));
        meet(&meeting, 2 * i + 1);
        assert_int_equal(flow_page(meeting.hum, meeting.region).accessed_by,
                         HUM_BIT(0) | HUM_BIT(1));
        ok(hum_free(meeting.hum, meeting.region));
    }
    pthread_join(thread, NULL);
    ok(meeting.status);
    hum_close(meeting.hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_has_a_policy_of_its_own),
        cmocka_unit_test(a_number_turned_while_it_runs_counts_at_the_next_fault),
        cmocka_unit_test(rules_go_by_name),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(another_order_of_eviction_may_be_chosen_at_any_time),
        cmocka_unit_test(a_region_keeps_to_its_budget),
        cmocka_unit_test(a_stream_goes_ahead_only_as_far_as_the_budget),
        cmocka_unit_test(budgets_that_cannot_be_are_refused),
        cmocka_unit_test(a_policy_set_while_a_rule_takes_hold_stays),
        cmocka_unit_test(advice_given_at_the_same_time_all_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
