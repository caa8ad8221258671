/* SPDX-License-Identifier: MIT */
/* test_metrics.c - every metric on traces of a few records, by hand. */
#include "support/test.h"

#include <string.h>

#include "base/mask.h"
#include "trace/blocks.h"
#include "unit/trace/records.h"

static struct hum_metering *metering;
static struct hum_metrics got;

static int begin(void **state)
{
    (void)state;
    return hum_metering_create(&metering) == HUM_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    hum_metering_destroy(metering);
    return 0;
}

static void feed(const struct hum_trace_record *record)
{
    assert_int_equal(hum_metering_feed(metering, record), HUM_OK);
    hum_metering_read(metering, &got);
}

/* Pages [first, end) of block 1 in one direction; HUM_DIRECTION_COUNT: nothing is copied. */
static struct hum_trace_record event(enum hum_cause cause, int32_t processor, unsigned first,
                                     unsigned stop, unsigned direction)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_EVENT, .time_ns = 100};

    record.event.cause = cause;
    record.event.processor = processor;
    record.event.block = 1;
    record.event.pages = humi_mask_range(first, stop);
    record.event.evicted = cause == HUM_CAUSE_EVICTION;
    if (direction < HUM_DIRECTION_COUNT) {
        record.event.moved = record.event.pages;
        record.event.bytes[direction] = (stop - first) * HUM_PAGE_SIZE;
        record.event.move_ns = 10;
    }
    return record;
}

static void feed_event(enum hum_cause cause, int32_t processor, unsigned first, unsigned stop,
                       unsigned direction)
{
    struct hum_trace_record record = event(cause, processor, first, stop, direction);

    feed(&record);
}

static void feed_access(int32_t processor, uint64_t first_page, uint32_t pages, uint32_t count,
                        bool write)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_ACCESS, .time_ns = 100};

    record.access.processor = processor;
    record.access.first_page = first_page;
    record.access.pages = pages;
    record.access.count = count;
    record.access.write = write;
    feed(&record);
}

#define NOTHING HUM_DIRECTION_COUNT

static void nothing_is_known_of_nothing(void **state)
{
    (void)state;
    hum_metering_read(metering, &got);
    assert_int_equal(got.far_faults, 0);
    assert_int_equal(got.duration_ns, 0);
    assert_true(got.amplification == HUM_METRIC_UNKNOWN);
    assert_true(got.hit_rate == HUM_METRIC_UNKNOWN);
    assert_true(got.occupancy == HUM_METRIC_UNKNOWN);
    assert_true(got.utilisation == HUM_METRIC_UNKNOWN);
    assert_true(got.prefetch_accuracy == HUM_METRIC_UNKNOWN);
    assert_true(got.batch_faults == HUM_METRIC_UNKNOWN);
    assert_true(got.link_busy[HUM_H2D] == HUM_METRIC_UNKNOWN);
}

static void faults_and_batches_are_summed(void **state)
{
    struct hum_trace_record host = {.kind = HUM_TRACE_FAULTS, .time_ns = 50};
    struct hum_trace_record device = {.kind = HUM_TRACE_FAULTS, .time_ns = 250};
    struct hum_trace_record batch = {.kind = HUM_TRACE_BATCH, .time_ns = 100};

    (void)state;
    host.faults = (struct hum_trace_faults){HUM_HOST, 1, 0, 5, 2};
    device.faults = (struct hum_trace_faults){0, 1, 0, 7, 0};
    batch.batch = (struct hum_trace_batch){0, 9, 40};
    feed(&host);
    feed(&device);
    feed(&batch);
    batch.batch.faults = 3;
    feed(&batch);
    assert_int_equal(got.faults[0], 5);
    assert_int_equal(got.faults[1], 7);
    assert_int_equal(got.duplicate_faults, 2);
    assert_int_equal(got.far_faults, 10);
    assert_int_equal(got.batches, 2);
    assert_true(got.batch_faults == 6.0);
    assert_int_equal(got.service_ns, 80);
    assert_int_equal(got.duration_ns, 200);
}

static void bytes_are_split_by_cause_and_direction(void **state)
{
    (void)state;
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 4, HUM_H2D);
    feed_event(HUM_CAUSE_PREFETCH_USER, 0, 4, 12, HUM_H2D);
    feed_event(HUM_CAUSE_EVICTION, 0, 0, 12, HUM_D2H);
    feed_event(HUM_CAUSE_ADVICE, 1, 0, 1, HUM_D2D);
    feed_event(HUM_CAUSE_UPGRADE, 1, 0, 1, NOTHING);
    assert_int_equal(got.bytes[HUM_H2D], 12 * 4096);
    assert_int_equal(got.bytes[HUM_D2H], 12 * 4096);
    assert_int_equal(got.bytes[HUM_D2D], 4096);
    assert_int_equal(got.pages[HUM_H2D], 12);
    assert_int_equal(got.bytes_demand, 4 * 4096);
    assert_int_equal(got.bytes_prefetch, 8 * 4096);
    assert_int_equal(got.bytes_eviction, 12 * 4096);
    assert_int_equal(got.bytes_written_back, 12 * 4096);
    assert_int_equal(got.bytes_other, 4096);
    assert_int_equal(got.move_ns[HUM_H2D], 20);
    assert_int_equal(got.events[HUM_CAUSE_DEVICE_FAULT], 1);
    assert_int_equal(got.event_pages[HUM_CAUSE_PREFETCH_USER], 8);
    assert_int_equal(got.bytes_by_cause[HUM_CAUSE_EVICTION], 12 * 4096);
    assert_int_equal(got.prefetched_pages, 8);
    assert_int_equal(got.upgrades, 1);
    assert_int_equal(got.evictions_dirty, 1);
    assert_int_equal(got.evictions_clean, 0);
    assert_int_equal(got.distinct_bytes, 12 * 4096);
    assert_true(got.amplification == 25.0 / 12.0);
}

static void pages_that_come_again_are_thrash(void **state)
{
    (void)state;
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 8, HUM_H2D);
    feed_event(HUM_CAUSE_EVICTION, 0, 0, 8, NOTHING);
    assert_int_equal(got.evictions_clean, 1);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 1, 0, 8, HUM_H2D); /* another device: no thrash */
    assert_int_equal(got.thrashed_pages, 0);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 2, 5, HUM_H2D);
    assert_int_equal(got.thrashed_pages, 3);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 2, 5, HUM_H2D); /* counted once an eviction */
    assert_int_equal(got.thrashed_pages, 3);
    feed_event(HUM_CAUSE_FREE, 0, 0, 512, NOTHING);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 5, 8, HUM_H2D); /* a new region's pages */
    assert_int_equal(got.thrashed_pages, 3);
}

static void a_block_that_comes_back_made_a_round_trip(void **state)
{
    (void)state;
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 1, HUM_H2D);
    assert_int_equal(got.round_trips, 0);
    for (unsigned i = 1; i <= 3; i++) {
        feed_event(HUM_CAUSE_HOST_FAULT, HUM_HOST, 0, 1, HUM_D2H);
        feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 1, HUM_H2D);
        feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 1, 2, HUM_H2D);
        assert_int_equal(got.round_trips, i);
    }
}

static void prefetches_are_judged_by_touches(void **state)
{
    struct hum_trace_record faults = {.kind = HUM_TRACE_FAULTS, .time_ns = 100};

    (void)state;
    faults.faults = (struct hum_trace_faults){0, 1, 0, 1, 0};
    feed(&faults);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 1, HUM_H2D);
    feed_event(HUM_CAUSE_PREFETCH_POLICY, 0, 1, 9, HUM_H2D);
    assert_true(got.prefetch_accuracy == HUM_METRIC_UNKNOWN);
    feed_access(0, 512, 4, 1, false);            /* the faulted page and 3 prefetched ones */
    feed_access(0, 512, 4, 1, false);            /* again: not counted twice */
    feed_access(HUM_HOST, 512 + 4, 1, 1, true);  /* page 4 leaves the device untouched */
    feed_access(0, 512 + 4, 1, 1, false);
    feed_event(HUM_CAUSE_EVICTION, 0, 0, 9, NOTHING);
    feed_access(0, 512, 9, 1, false);            /* too late */
    assert_true(got.prefetch_accuracy == 3.0 / 8.0);
    assert_true(got.prefetch_coverage == 3.0 / 4.0);
    assert_true(got.hit_rate == 18.0 / 19.0);
    assert_int_equal(got.distinct_bytes, 9 * 4096);
}

static void touches_of_remote_pages_are_counted(void **state)
{
    (void)state;
    feed_event(HUM_CAUSE_FIRST_TOUCH, HUM_HOST, 0, 16, NOTHING);
    feed_access(0, 512, 16, 9, false); /* not mapped there yet */
    feed_event(HUM_CAUSE_REMOTE_MAP, 0, 0, 16, NOTHING);
    assert_int_equal(got.remote_accesses, 0);
    feed_access(0, 512 + 4, 4, 3, true);
    feed_access(1, 512 + 4, 4, 3, true); /* who has not mapped them */
    feed_access(0, 512 + 14, 4, 1, false);
    assert_int_equal(got.remote_accesses, 14);
    assert_int_equal(got.remote_bytes, 14 * 64);
    assert_int_equal(got.distinct_bytes, 18 * 4096);
    assert_int_equal(got.events[HUM_CAUSE_REMOTE_MAP], 1);
    feed_event(HUM_CAUSE_UPGRADE, HUM_HOST, 0, 16, NOTHING); /* takes it from nobody */
    feed_access(0, 512, 1, 1, false);
    assert_int_equal(got.remote_accesses, 15);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 1, 0, 1, HUM_H2D); /* a copy of page 0 */
    feed_access(0, 512, 2, 1, false);
    assert_int_equal(got.remote_accesses, 16);
    feed_event(HUM_CAUSE_ADVICE, 0, 1, 2, NOTHING);
    feed_access(0, 512, 4, 1, false);
    assert_int_equal(got.remote_accesses, 18);
    feed_event(HUM_CAUSE_FREE, HUM_HOST, 0, 512, NOTHING);
    feed_access(0, 512, 16, 1, false);
    assert_int_equal(got.remote_accesses, 18);
}

static void evicted_blocks_have_occupancy_and_utilisation(void **state)
{
    (void)state;
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 256, HUM_H2D);
    feed_access(0, 512, 64, 3, false);
    feed_event(HUM_CAUSE_EVICTION, 0, 0, 256, HUM_D2H);
    assert_true(got.occupancy == 0.5);
    assert_true(got.utilisation == 0.25);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 512, HUM_H2D);
    feed_event(HUM_CAUSE_EVICTION, 0, 0, 512, HUM_D2H);
    assert_true(got.occupancy == 0.75);
    assert_true(got.utilisation == 0.125); /* touches before it came do not count */
}

static void accesses_may_span_blocks(void **state)
{
    (void)state;
    feed_access(0, 510, 1030, 2, false);
    assert_int_equal(got.distinct_bytes, 1030 * 4096);
    feed_access(HUM_HOST, 0, 512, 1, true);
    assert_int_equal(got.distinct_bytes, 1540 * 4096);
    assert_true(got.hit_rate == HUM_METRIC_UNKNOWN); /* accesses alone say nothing of faults */
    assert_true(got.amplification == HUM_METRIC_UNKNOWN);
    feed_event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 1, HUM_H2D);
    assert_true(got.hit_rate == 1.0);
}

/* Sets of pages tell what was touched, not how often. */
static void epochs_have_no_hit_rate(void **state)
{
    const struct hum_trace_record epoch = {.kind = HUM_TRACE_EPOCH, .epoch.epoch = 1};

    (void)state;
    feed(&epoch);
    feed_access(0, 0, 8, 1, false);
    feed_event(HUM_CAUSE_PREFETCH_USER, 0, 0, 16, HUM_H2D);
    feed_access(0, 0, 8, 1, false);
    assert_true(got.hit_rate == HUM_METRIC_UNKNOWN);
    assert_int_equal(got.distinct_bytes, 8 * 4096);
}

static void the_link_is_busy_as_modelled(void **state)
{
    struct hum_trace_record first = event(HUM_CAUSE_DEVICE_FAULT, 0, 0, 1, HUM_H2D);
    struct hum_trace_record launch = {.kind = HUM_TRACE_LAUNCH, .time_ns = 100};

    (void)state;
    first.event.modelled_ns = 50;
    launch.launch.end_ns = 300;
    feed(&first);
    feed(&launch);
    assert_int_equal(got.modelled_ns[HUM_H2D], 50);
    assert_true(got.link_busy[HUM_H2D] == 0.25);
    assert_true(got.link_busy[HUM_D2H] == 0.0);
}

static void what_is_no_record_changes_nothing(void **state)
{
    struct hum_trace_record record = event(HUM_CAUSE_DEVICE_FAULT, 99, 0, 1, HUM_H2D);
    struct hum_metrics before;

    (void)state;
    hum_metering_read(metering, &before);
    assert_int_equal(hum_metering_feed(metering, &record), HUM_ERR_INVALID);
    assert_int_equal(hum_metering_feed(metering, NULL), HUM_ERR_INVALID);
    hum_metering_read(metering, &got);
    assert_memory_equal(&got, &before, sizeof got);
}

static void random_records_sum_up(void **state)
{
    struct random random = random_make(random_seed("trace_metrics"), 0);
    uint64_t bytes[HUM_DIRECTION_COUNT] = {0}, events = 0, sum = 0;

    (void)state;
    for (uint64_t i = 0; i < random_steps(20000); i++) {
        struct hum_trace_record record;

        records_random(&random, &record);
        record.access.pages %= record.kind == HUM_TRACE_ACCESS ? 2000 : UINT32_MAX;
        if (hum_metering_feed(metering, &record) != HUM_OK || record.kind != HUM_TRACE_EVENT)
            continue;
        events++;
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            bytes[d] += record.event.bytes[d];
    }
    hum_metering_read(metering, &got);
    for (unsigned cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        events -= got.events[cause];
        sum += got.bytes_by_cause[cause];
    }
    assert_int_equal(events, 0);
    assert_memory_equal(bytes, got.bytes, sizeof bytes);
    assert_int_equal(sum, bytes[0] + bytes[1] + bytes[2]);
    assert_int_equal(sum, got.bytes_demand + got.bytes_prefetch + got.bytes_eviction +
                              got.bytes_other);
}

static void the_table_of_blocks_has_a_limit(void **state)
{
    struct humi_blocks blocks;
    struct humi_block_facts *facts, *same;

    (void)state;
    humi_blocks_init(&blocks, 1000);
    assert_null(humi_blocks_find(&blocks, 1, 0));
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(humi_blocks_get(&blocks, i / 10, (int32_t)(i % 10) - 1, &facts), HUM_OK);
    assert_int_equal(humi_blocks_get(&blocks, 1000, 0, &facts), HUM_ERR_NO_MEMORY);
    for (uint64_t i = 0; i < 1000; i++) {
        facts = humi_blocks_find(&blocks, i / 10, (int32_t)(i % 10) - 1);
        assert_non_null(facts);
        assert_int_equal(facts->block, i / 10);
        assert_int_equal(humi_blocks_get(&blocks, i / 10, (int32_t)(i % 10) - 1, &same), HUM_OK);
        assert_ptr_equal(facts, same);
    }
    humi_blocks_fini(&blocks);
}

#define METRIC(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        METRIC(nothing_is_known_of_nothing),
        METRIC(faults_and_batches_are_summed),
        METRIC(bytes_are_split_by_cause_and_direction),
        METRIC(pages_that_come_again_are_thrash),
        METRIC(a_block_that_comes_back_made_a_round_trip),
        METRIC(prefetches_are_judged_by_touches),
        METRIC(touches_of_remote_pages_are_counted),
        METRIC(evicted_blocks_have_occupancy_and_utilisation),
        METRIC(accesses_may_span_blocks),
        METRIC(epochs_have_no_hit_rate),
        METRIC(the_link_is_busy_as_modelled),
        METRIC(what_is_no_record_changes_nothing),
        METRIC(random_records_sum_up),
        cmocka_unit_test(the_table_of_blocks_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
