/* SPDX-License-Identifier: MIT */
/* test_calls.c - what the program of a trace asked for is asked again, or left out. */
#include "made_trace.h"

static const struct humi_model_params as_it_is = {.as_recorded = false};
static const struct humi_model_params no_hints = {.no_hints = true};
static const struct humi_model_params no_policies = {.no_policies = true};

static void put_call(const struct hum_trace_call *call)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_CALL, .call = *call};

    made_put(&record);
}

static struct hum_trace_call on_host(enum hum_trace_call_kind call)
{
    return (struct hum_trace_call){
        .call = call, .region = 1, .processor = HUM_HOST, .device = HUM_HOST};
}

static void put_ranges(enum hum_trace_call_kind kind, uint64_t first_page, uint64_t pages,
                       uint32_t rest)
{
    struct hum_trace_call call = on_host(kind);

    call.processor = kind == HUM_TRACE_CALL_PREFETCH ? 0 : HUM_HOST;
    call.offset = first_page * HUM_PAGE_SIZE;
    call.bytes = pages * HUM_PAGE_SIZE;
    call.rest = rest;
    put_call(&call);
}

static void begin(const char *policy, uint64_t blocks)
{
    made_begin(policy);
    made_region(1, 0, blocks * PAGES);
    made_host(0, (uint32_t)(blocks * PAGES), true);
}

static void device_reads(uint64_t first_page, uint64_t pages)
{
    made_access(&(struct made_access){.first_page = first_page, .pages = (uint32_t)pages});
}

static void a_prefetch_saves_the_faults_behind_it(void **state)
{
    (void)state;
    begin("ondemand", 2);
    device_reads(0, PAGES);
    put_ranges(HUM_TRACE_CALL_PREFETCH, PAGES, PAGES, 0);
    device_reads(PAGES, PAGES);
    made_end();
    struct humi_model_result with = made_result(&as_it_is), without = made_result(&no_hints);
    assert_int_equal(with.counters.pages[HUM_CAUSE_PREFETCH_USER], PAGES);
    assert_int_equal(with.counters.pages[HUM_CAUSE_DEVICE_FAULT], PAGES);
    assert_int_equal(without.counters.pages[HUM_CAUSE_PREFETCH_USER], 0);
    assert_int_equal(without.counters.pages[HUM_CAUSE_DEVICE_FAULT], 2 * PAGES);
    assert_int_equal(with.refused + without.refused, 0);
    made_remove();
}

/* No more than fits comes, of all ranges of one call together. */
static void ranges_of_one_call_share_what_fits(void **state)
{
    (void)state;
    const struct humi_model_params small = {.device_bytes = 4 * HUM_BLOCK_SIZE};
    for (uint32_t together = 0; together < 2; together++) {
        begin("ondemand", 6);
        put_ranges(HUM_TRACE_CALL_PREFETCH, 0, 3 * PAGES, together);
        put_ranges(HUM_TRACE_CALL_PREFETCH, 3 * PAGES, 3 * PAGES, 0);
        device_reads(3 * PAGES, 1);
        made_end();
        assert_int_equal(made_result(&small).counters.bytes[HUM_H2D],
                         (together ? 4 : 6) * HUM_BLOCK_SIZE);
        made_remove();
    }
}

/* The rest of a call was cut off: what is there is done before what comes next. */
static void a_call_that_was_cut_off_is_done(void **state)
{
    (void)state;
    begin("ondemand", 2);
    put_ranges(HUM_TRACE_CALL_PREFETCH, 0, PAGES, 3);
    device_reads(0, 1);
    put_ranges(HUM_TRACE_CALL_PREFETCH, PAGES, PAGES, 1);
    made_end();
    struct humi_model_result result = made_result(&as_it_is);
    assert_int_equal(result.counters.faults_device, 1); /* to map what has come */
    assert_int_equal(result.counters.pages[HUM_CAUSE_PREFETCH_USER], 2 * PAGES);
    made_remove();
}

static void what_was_discarded_does_not_move(void **state)
{
    (void)state;
    begin("ondemand", 1);
    put_ranges(HUM_TRACE_CALL_DISCARD, 0, PAGES, 0);
    device_reads(0, PAGES);
    made_end();
    assert_int_equal(made_result(&as_it_is).counters.bytes[HUM_H2D], 0);
    assert_int_equal(made_result(&no_hints).counters.bytes[HUM_H2D], HUM_BLOCK_SIZE);
    made_remove();
}

static void advice_holds_from_where_it_was_given(void **state)
{
    (void)state;
    struct hum_trace_call call = on_host(HUM_TRACE_CALL_ADVISE);
    begin("ondemand", 2);
    device_reads(0, 8);
    call.advice = HUM_ADVISE_REMOTE;
    call.processor = 0;
    call.bytes = 2 * HUM_BLOCK_SIZE;
    put_call(&call);
    device_reads(PAGES, 8);
    made_end();
    struct humi_model_result with = made_result(&as_it_is);
    assert_int_equal(with.counters.bytes[HUM_H2D], 8 * HUM_PAGE_SIZE);
    assert_int_equal(with.remote, 8);
    assert_int_equal(made_result(&no_hints).counters.bytes[HUM_H2D], 16 * HUM_PAGE_SIZE);
    made_remove();
}

static void a_protection_is_no_hint(void **state)
{
    (void)state;
    struct hum_trace_call call = on_host(HUM_TRACE_CALL_PROTECT);
    begin("ondemand", 1);
    call.processor = 0;
    call.access = HUM_NONE;
    put_call(&call);
    device_reads(0, 5);
    call.access = HUM_READ;
    put_call(&call);
    device_reads(0, 5);
    made_end();
    assert_int_equal(made_result(&as_it_is).failed, 5);
    assert_int_equal(made_result(&no_hints).failed, 5);
    made_remove();
}

static void a_budget_limits_its_region(void **state)
{
    (void)state;
    struct hum_trace_call call = on_host(HUM_TRACE_CALL_BUDGET);
    begin("ondemand", 6);
    call.processor = 0;
    call.bytes = 4 * HUM_BLOCK_SIZE;
    put_call(&call);
    device_reads(0, 6 * PAGES);
    made_end();
    assert_int_equal(made_result(&as_it_is).counters.evictions_clean, 2);
    assert_int_equal(made_result(&no_hints).counters.evictions_clean, 0);
    made_remove();
}

static void put_policy(uint32_t region, const char *text, uint32_t rest)
{
    struct hum_trace_call call = on_host(HUM_TRACE_CALL_POLICY);

    call.region = region;
    call.rest = rest;
    snprintf(call.text, sizeof call.text, "%s", text);
    put_call(&call);
}

/* Of a region, of the space, and in two pieces. */
static void a_policy_decides_from_where_it_was_set(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        begin("ondemand", 2);
        device_reads(0, PAGES);
        put_policy(how == 0, how == 2 ? "dri" : "driver", how == 2);
        if (how == 2)
            put_policy(0, "ver", 0);
        device_reads(PAGES, PAGES);
        made_end();
        struct humi_model_result with = made_result(&as_it_is);
        assert_true(with.counters.pages[HUM_CAUSE_PREFETCH_POLICY] > PAGES / 2);
        assert_int_equal(made_result(&no_policies).counters.pages[HUM_CAUSE_PREFETCH_POLICY], 0);
        assert_int_equal(made_result(&no_hints).counters.pages[HUM_CAUSE_PREFETCH_POLICY], 0);
        made_remove();
    }
}

static void a_policy_that_is_not_known_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"driver,no.such=1", "./mine.so"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct humi_model_result result;
        begin("ondemand", 1);
        put_policy(1, texts[i], 0);
        device_reads(0, 1);
        made_end();
        assert_int_equal(made_replay(&as_it_is, &result), HUM_ERR_INVALID);
        assert_non_null(strstr(hum_error_text(), texts[i]));
        assert_non_null(strstr(hum_error_text(), "--no-hints"));
        assert_int_equal(made_replay(&no_policies, &result), HUM_OK);
        made_remove();
    }
}

/* Regions that are gone, processors that are not there, ranges of nowhere. */
static void what_cannot_be_asked_is_counted(void **state)
{
    (void)state;
    struct hum_trace_call call = on_host(HUM_TRACE_CALL_PROTECT);
    begin("ondemand", 1);
    call.region = 7;
    put_call(&call);
    put_policy(7, "driver", 0);
    put_ranges(HUM_TRACE_CALL_PREFETCH, PAGES, 1, 0);
    put_ranges(HUM_TRACE_CALL_DISCARD, UINT64_C(1) << 50, 1, 0);
    call = on_host(HUM_TRACE_CALL_PREFETCH);
    call.processor = 9;
    call.bytes = 1;
    put_call(&call);
    device_reads(0, PAGES);
    made_end();
    struct humi_model_result result = made_result(&as_it_is);
    assert_int_equal(result.refused, 5);
    assert_int_equal(result.counters.pages[HUM_CAUSE_DEVICE_FAULT], PAGES);
    assert_int_equal(result.counters.pages[HUM_CAUSE_PREFETCH_POLICY], 0);
    made_remove();
}

static void the_trace_of_a_replay_has_its_calls(void **state)
{
    (void)state;
    char path[] = "/tmp/hum-replay-of-calls-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    const struct humi_model_params params = {.trace = path};
    begin("ondemand", 2);
    put_ranges(HUM_TRACE_CALL_PREFETCH, 0, PAGES, 1);
    put_ranges(HUM_TRACE_CALL_PREFETCH, PAGES, 3, 0);
    device_reads(0, 2 * PAGES);
    made_end();
    struct humi_model_result result = made_result(&params);
    made_remove();
    assert_int_equal(rename(path, made_path), 0);
    struct humi_model_result again = made_result(&as_it_is);
    assert_int_equal(again.counters.pages[HUM_CAUSE_PREFETCH_USER], PAGES + 3);
    assert_memory_equal(again.counters.bytes, result.counters.bytes, sizeof result.counters.bytes);
    made_remove();
}

/* ---- closed loop ----------------------------------------------------------------------------- */

static struct humi_model_result closed(bool hints)
{
    static struct humi_link_model link;
    assert_int_equal(humi_link_parse("pcie3x16", &link), HUM_OK);
    const struct humi_model_params params = {.closed = true, .link = &link, .no_hints = !hints};
    return made_result(&params);
}

static void put_prefetch(int device, uint64_t first_page, uint64_t pages)
{
    put_call(&(struct hum_trace_call){.call = HUM_TRACE_CALL_PREFETCH,
                                      .region = 1,
                                      .device = device,
                                      .offset = first_page * HUM_PAGE_SIZE,
                                      .bytes = pages * HUM_PAGE_SIZE});
}

/* Two launches that each touch two blocks; the second's come from a prefetch in between. */
static void make_two_launches(int device)
{
    begin("ondemand", 4);
    made_epoch(1);
    made_access(&(struct made_access){.launch = 1, .first_page = 0, .pages = 2 * PAGES});
    made_launch(1, 0, 0);
    put_prefetch(device, 2 * PAGES, 2 * PAGES);
    made_epoch(2);
    made_access(
        &(struct made_access){.launch = 2, .first_page = 2 * PAGES, .pages = 2 * PAGES});
    made_launch(2, 0, 0);
    made_epoch(0);
    made_end();
}

static void a_call_takes_time_in_the_closed_loop(void **state)
{
    (void)state;
    for (int device = HUM_HOST; device < 1; device++) {
        make_two_launches(device);
        struct humi_model_result with = closed(true), without = closed(false);
        assert_int_equal(with.counters.pages[HUM_CAUSE_PREFETCH_USER], 2 * PAGES);
        assert_int_equal(with.counters.bytes[HUM_H2D], without.counters.bytes[HUM_H2D]);
        assert_true(with.modelled_ns < without.modelled_ns);
        assert_true(with.modelled_ns > 4 * 163000); /* four blocks over that link */
        made_remove();
    }
}

/* What the program calls it waits for; what it puts on a stream goes on beside it. */
static void a_call_on_a_stream_does_not_hold_up_the_program(void **state)
{
    (void)state;
    uint64_t modelled_ns[2];
    for (int device = HUM_HOST; device < 1; device++) {
        begin("ondemand", 4);
        put_prefetch(device, 0, 4 * PAGES);
        for (uint64_t i = 0; i < 2000; i++)
            made_host(i % 2, 1, i % 2);
        device_reads(0, 1);
        made_epoch(0);
        made_end();
        modelled_ns[device + 1] = closed(true).modelled_ns;
        made_remove();
    }
    assert_true(modelled_ns[1] < modelled_ns[0]);
}

/* A launch behind a prefetch on its stream waits for all of it, as who waits for the stream. */
static void what_is_behind_a_call_on_its_stream_waits_for_it(void **state)
{
    const double link_ns = 8 * (1800 + (double)HUM_BLOCK_SIZE / 12.8);
    const uint32_t touches = 10000000; /* a nanosecond each */
    (void)state;
    for (uint32_t stream = 0; stream < 2; stream++) {
        made_begin("ondemand");
        made_region(1, 0, 8 * PAGES); /* the host, which touches nothing, has all of it */
        put_prefetch(0, 0, 8 * PAGES);
        if (stream)
            made_epoch(0);
        made_epoch(1);
        made_access(&(struct made_access){.launch = 1, .pages = 1, .count = touches});
        made_launch(1, 0, stream);
        made_epoch(0);
        made_end();
        struct humi_model_result result = closed(true);
        assert_int_equal(result.counters.pages[HUM_CAUSE_PREFETCH_USER], 8 * PAGES);
        assert_true((double)result.modelled_ns >= link_ns + touches);
        assert_true((double)result.modelled_ns < 1.2 * (link_ns + touches));
        made_remove();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefetch_saves_the_faults_behind_it),
        cmocka_unit_test(ranges_of_one_call_share_what_fits),
        cmocka_unit_test(a_call_that_was_cut_off_is_done),
        cmocka_unit_test(what_was_discarded_does_not_move),
        cmocka_unit_test(advice_holds_from_where_it_was_given),
        cmocka_unit_test(a_protection_is_no_hint),
        cmocka_unit_test(a_budget_limits_its_region),
        cmocka_unit_test(a_policy_decides_from_where_it_was_set),
        cmocka_unit_test(a_policy_that_is_not_known_is_an_error),
        cmocka_unit_test(what_cannot_be_asked_is_counted),
        cmocka_unit_test(the_trace_of_a_replay_has_its_calls),
        cmocka_unit_test(a_call_takes_time_in_the_closed_loop),
        cmocka_unit_test(what_is_behind_a_call_on_its_stream_waits_for_it),
        cmocka_unit_test(a_call_on_a_stream_does_not_hold_up_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
