/* SPDX-License-Identifier: MIT */
/* test_replay.c - the open loop: what records of a trace become, and traces that tell little. */
#include "made_trace.h"

static const struct humi_model_params as_it_is = {.as_recorded = false};

static void what_the_host_wrote_moves_when_a_device_reads(void **state)
{
    (void)state;
    made_begin("ondemand");
    made_region(1, 0, PAGES);
    made_host(0, 8, true);
    made_epoch(1);
    made_access(&(struct made_access){.launch = 1, .first_page = 0, .pages = 10, .count = 7});
    made_launch(1, 0, 0);
    made_epoch(0);
    made_host(2, 3, false);
    made_end();
    struct humi_model_result result = made_result(&as_it_is);
    assert_int_equal(result.touches, 21);
    assert_int_equal(result.hits, 3);
    assert_int_equal(result.counters.bytes[HUM_H2D], 8 * HUM_PAGE_SIZE);
    assert_int_equal(result.counters.pages[HUM_CAUSE_FIRST_TOUCH], 10);
    assert_int_equal(result.counters.faults_device, 10);
    assert_int_equal(result.failed, 0);
    made_remove();
}

/* As recorded the host loses its access at boundaries, and its faults are there again. */
static void epochs_take_access_only_as_recorded(void **state)
{
    (void)state;
    const struct humi_model_params as_recorded = {.as_recorded = true};
    made_begin("ondemand");
    made_setting("accesses", "full");
    made_region(1, 0, PAGES);
    made_host(0, 4, true);
    made_access(&(struct made_access){.first_page = 9, .pages = 1});
    made_epoch(0);
    made_host(0, 4, false);
    made_host(0, 4, true);
    made_end();
    assert_int_equal(made_result(&as_it_is).counters.faults_host, 4);
    assert_int_equal(made_result(&as_recorded).counters.faults_host, 12);
    made_remove();
}

static void a_trace_of_devices_alone_begins_with_data_at_the_host(void **state)
{
    (void)state;
    made_begin("ondemand");
    made_region(1, 3, 2 * PAGES);
    made_access(&(struct made_access){.first_page = 3, .pages = 2 * PAGES});
    made_end();
    struct humi_model_result result = made_result(&as_it_is);
    assert_int_equal(result.counters.bytes[HUM_H2D], 2 * HUM_BLOCK_SIZE);
    assert_int_equal(result.counters.pages[HUM_CAUSE_FIRST_TOUCH], 0);
    assert_int_equal(result.counters.faults_host, 0);
    made_remove();
}

/* As imports are: who touched is called the host, and nothing is allocated. */
static void a_trace_of_the_host_alone_is_the_devices(void **state)
{
    (void)state;
    const struct humi_model_params params = {.policy = "ondemand",
                                             .device_bytes = 2 * HUM_BLOCK_SIZE};
    made_begin("none such");
    for (unsigned round = 0; round < 2; round++)
        made_host(1000000, 3 * PAGES, round == 1);
    made_end();
    struct humi_model_result result = made_result(&params);
    assert_int_equal(result.counters.faults_host, 0);
    assert_int_equal(result.touches, 6 * PAGES);
    assert_true(result.counters.evictions_clean > 0);
    assert_int_equal(result.counters.bytes[HUM_H2D],
                     result.counters.bytes_by_cause[HUM_CAUSE_DEVICE_FAULT]);
    made_remove();
}

/* With the accesses of both sides in it nobody else touched anything. */
static void a_trace_of_all_accesses_is_believed(void **state)
{
    const struct humi_model_params as_recorded = {.as_recorded = true};

    (void)state;
    for (int host = 0; host < 2; host++) {
        made_begin("ondemand");
        made_setting("accesses", "full");
        made_region(1, 3, 2 * PAGES);
        made_access(&(struct made_access){
            .processor = host ? HUM_HOST : 0, .first_page = 3, .pages = 2 * PAGES});
        made_end();
        struct humi_model_result result = made_result(&as_recorded);
        assert_int_equal(result.counters.bytes[HUM_H2D], 0);
        assert_int_equal(result.counters.pages[HUM_CAUSE_FIRST_TOUCH], 2 * PAGES);
        assert_int_equal(result.counters.faults_device > 0, !host);
        assert_int_equal(result.counters.faults_host > 0, host);
        made_remove();
    }
}

static void a_policy_and_a_capacity_can_be_another(void **state)
{
    (void)state;
    struct humi_model_params params = {.policy = NULL};
    made_begin("ahead");
    made_region(1, 0, 8 * PAGES);
    made_host(0, 8 * PAGES, true);
    for (unsigned round = 0; round < 3; round++)
        made_access(&(struct made_access){.first_page = 0, .pages = 8 * PAGES});
    made_end();
    assert_int_equal(made_result(&params).counters.evictions_clean, 0);
    params.device_bytes = 4 * HUM_BLOCK_SIZE;
    assert_true(made_result(&params).counters.evictions_clean >= 16);
    params.policy = "ondemand";
    assert_int_equal(made_result(&params).counters.faults_device, 3 * 8 * PAGES);
    made_remove();
}

static void touches_of_freed_regions_fail_and_are_counted(void **state)
{
    (void)state;
    made_begin("driver");
    made_region(1, 0, 16);
    made_region(1, 0, 16); /* named again */
    made_host(0, 16, true);
    made_region_end(1);
    made_region_end(1);
    made_region_end(9);
    made_access(&(struct made_access){.first_page = 4, .pages = 3});
    made_region(2, 0, 8);
    made_access(&(struct made_access){.first_page = 6, .pages = 4});
    made_end();
    struct humi_model_result result = made_result(&as_it_is);
    assert_int_equal(result.failed, 5);
    assert_int_equal(result.counters.events[HUM_CAUSE_FREE], 1);
    made_remove();
}

static void what_cannot_be_replayed_says_why(void **state)
{
    struct humi_model_result result;
    (void)state;
    made_begin("ahead");
    made_region(1, 0, 16);
    made_end();
    assert_int_equal(made_replay(&as_it_is, &result), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "no accesses"));
    made_remove();

    made_begin("none such");
    made_host(0, 1, true);
    made_end();
    assert_int_equal(made_replay(&as_it_is, &result), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "none such"));
    made_remove();

    made_begin("ahead");
    made_host(UINT64_C(1) << 50, 1, true);
    made_end();
    assert_int_equal(made_replay(&as_it_is, &result), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "128 TiB"));
    made_remove();

    made_begin("ahead");
    made_region(UINT32_MAX, 0, 16);
    made_host(0, 1, true);
    made_end();
    assert_int_equal(made_replay(&as_it_is, &result), HUM_ERR_INVALID);
    made_remove();
}

/* What launches declared is not in traces, so what they brought cannot be brought again. */
static void declared_uses_are_refused(void **state)
{
    const struct hum_trace_record declared = {
        .kind = HUM_TRACE_EVENT,
        .event = {.cause = HUM_CAUSE_DECLARED, .region = 1, .block = 0, .processor = 0}};
    struct humi_model_result result;

    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        const struct humi_model_params params = {.closed = closed};
        made_begin("ondemand");
        made_region(1, 0, 8);
        made_host(0, 8, true);
        made_put(&declared);
        made_end();
        assert_int_equal(made_replay(&params, &result), HUM_ERR_UNSUPPORTED);
        assert_non_null(strstr(hum_error_text(), "--page-only"));
        made_remove();
    }
}

/* A replay's own trace tells the same as the replay. */
static void the_trace_of_a_replay_has_its_counters(void **state)
{
    char path[] = "/tmp/hum-replayed-XXXXXX";
    (void)state;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    const struct humi_model_params params = {.trace = path, .device_bytes = 2 * HUM_BLOCK_SIZE};
    made_begin("driver");
    made_region(1, 0, 4 * PAGES);
    made_host(0, 4 * PAGES, true);
    for (unsigned round = 0; round < 2; round++)
        made_access(&(struct made_access){.first_page = 0, .pages = 4 * PAGES, .write = true});
    made_end();
    struct humi_model_result result = made_result(&params);
    made_remove();

    struct hum_trace *trace;
    struct humi_survey survey;
    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    assert_int_equal(humi_survey_read(&survey, trace), HUM_OK);
    assert_true(survey.has_totals);
    assert_memory_equal(&survey.totals, &result.counters, sizeof survey.totals);
    assert_int_equal(survey.traits[1].capacity_bytes, 2 * HUM_BLOCK_SIZE);
    assert_string_equal(survey.policy, "driver");
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    unlink(path);
}

/* Far more records than there is room for while they wait to be written. */
static void nothing_is_lost_of_the_trace_of_a_replay(void **state)
{
    enum { ACCESSES = 200000 };
    char path[] = "/tmp/hum-replayed-XXXXXX";
    struct hum_trace_record record;
    struct hum_trace *trace;
    uint64_t faults = 0;
    (void)state;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    const struct humi_model_params params = {.trace = path, .device_bytes = HUM_BLOCK_SIZE};
    made_begin("ondemand");
    made_region(1, 0, 2 * PAGES);
    made_host(0, 2 * PAGES, true);
    for (unsigned i = 0; i < ACCESSES; i++)
        made_access(&(struct made_access){
            .first_page = i % 2 * PAGES + i % PAGES, .pages = 1, .write = true});
    made_end();
    struct humi_model_result result = made_result(&params);
    made_remove();

    assert_int_equal(hum_trace_open(path, &trace), HUM_OK);
    while (hum_trace_next(trace, &record) == HUM_OK) {
        assert_int_not_equal(record.kind, HUM_TRACE_DROPPED);
        if (record.kind == HUM_TRACE_FAULTS && record.faults.processor == 0)
            faults += record.faults.faults;
    }
    assert_int_equal(faults, result.counters.faults_device);
    assert_true(faults > ACCESSES / 2);
    hum_trace_close(trace);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_host_wrote_moves_when_a_device_reads),
        cmocka_unit_test(epochs_take_access_only_as_recorded),
        cmocka_unit_test(a_trace_of_devices_alone_begins_with_data_at_the_host),
        cmocka_unit_test(a_trace_of_the_host_alone_is_the_devices),
        cmocka_unit_test(a_trace_of_all_accesses_is_believed),
        cmocka_unit_test(a_policy_and_a_capacity_can_be_another),
        cmocka_unit_test(touches_of_freed_regions_fail_and_are_counted),
        cmocka_unit_test(what_cannot_be_replayed_says_why),
        cmocka_unit_test(declared_uses_are_refused),
        cmocka_unit_test(the_trace_of_a_replay_has_its_counters),
        cmocka_unit_test(nothing_is_lost_of_the_trace_of_a_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
