/* SPDX-License-Identifier: MIT */
/* test_record.c - which records are none. */
#include "support/test.h"

#include <string.h>

#include "trace/record.h"

static struct hum_trace_record record;

static const char *wrong(enum hum_trace_kind kind)
{
    record.kind = kind;
    return humi_trace_record_wrong(&record);
}

static void clear(void)
{
    memset(&record, 0, sizeof record);
}

static void texts_must_end(void **state)
{
    (void)state;
    clear();
    assert_null(wrong(HUM_TRACE_SPACE));
    memset(record.space.program, 'x', sizeof record.space.program);
    assert_non_null(wrong(HUM_TRACE_SPACE));
    clear();
    memset(record.setting.key, 'x', sizeof record.setting.key);
    assert_null(wrong(HUM_TRACE_REGION_END));
    record.setting.value[0] = 0;
    assert_non_null(wrong(HUM_TRACE_SETTING));
    clear();
    memset(record.region.name, 'x', sizeof record.region.name);
    assert_non_null(wrong(HUM_TRACE_REGION));
    clear();
    memset(record.kernel.name, 'x', sizeof record.kernel.name);
    assert_non_null(wrong(HUM_TRACE_KERNEL));
    clear();
    memset(record.processor.kind, 'x', sizeof record.processor.kind);
    assert_non_null(wrong(HUM_TRACE_PROCESSOR));
}

static void processors_must_exist(void **state)
{
    (void)state;
    clear();
    record.event.processor = HUM_DEVICES_MAX;
    assert_non_null(wrong(HUM_TRACE_EVENT));
    record.event.processor = HUM_ALL;
    assert_non_null(wrong(HUM_TRACE_EVENT));
    record.event.processor = HUM_HOST;
    assert_null(wrong(HUM_TRACE_EVENT));
    clear();
    record.launch.device = HUM_HOST;
    assert_non_null(wrong(HUM_TRACE_LAUNCH));
    clear();
    record.batch.processor = 15;
    assert_non_null(wrong(HUM_TRACE_BATCH));
}

static void only_pages_of_the_event_move(void **state)
{
    (void)state;
    clear();
    record.event.pages.word[3] = 6;
    record.event.moved.word[3] = 2;
    assert_null(wrong(HUM_TRACE_EVENT));
    record.event.moved.word[3] = 1;
    assert_non_null(wrong(HUM_TRACE_EVENT));
    record.event.moved.word[3] = 0;
    record.event.cause = HUM_CAUSE_COUNT;
    assert_non_null(wrong(HUM_TRACE_EVENT));
}

static void counts_must_be_possible(void **state)
{
    (void)state;
    clear();
    assert_non_null(wrong(HUM_TRACE_ACCESS));
    record.access.pages = record.access.count = 1;
    assert_null(wrong(HUM_TRACE_ACCESS));
    record.access.first_page = HUM_TRACE_PAGES_MAX;
    assert_non_null(wrong(HUM_TRACE_ACCESS));
    record.access.first_page = UINT64_MAX;
    assert_non_null(wrong(HUM_TRACE_ACCESS));
    clear();
    record.faults.duplicates = 1;
    assert_non_null(wrong(HUM_TRACE_FAULTS));
    clear();
    record.dropped.kind = HUM_TRACE_KIND_COUNT;
    assert_non_null(wrong(HUM_TRACE_DROPPED));
}

static void every_kind_has_a_text_and_a_size(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++) {
        assert_non_null(hum_trace_kind_text((enum hum_trace_kind)kind));
        assert_in_range(humi_trace_record_bytes((enum hum_trace_kind)kind), 17, sizeof record);
    }
    assert_null(hum_trace_kind_text(HUM_TRACE_KIND_COUNT));
    assert_int_equal(humi_trace_record_bytes(HUM_TRACE_KIND_COUNT), 0);
    assert_non_null(wrong(HUM_TRACE_KIND_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_must_end),
        cmocka_unit_test(processors_must_exist),
        cmocka_unit_test(only_pages_of_the_event_move),
        cmocka_unit_test(counts_must_be_possible),
        cmocka_unit_test(every_kind_has_a_text_and_a_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
