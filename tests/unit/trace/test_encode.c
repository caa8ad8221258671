/* SPDX-License-Identifier: MIT */
/* test_encode.c - what records are told by, and what a chunk refuses. */
#include "support/test.h"

#include <string.h>

#include "base/mask.h"
#include "trace/encode.h"
#include "trace/record.h"

static uint8_t columns[HUMI_COLUMNS][4 * HUMI_TRACE_RECORD_MAX];
static uint8_t raw[HUMI_TRACE_LENGTHS_MAX + sizeof columns];
static struct humi_trace_encoder encoder;
static struct humi_trace_decoder decoder;

static int start(void **state)
{
    (void)state;
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        encoder.column[c].data = columns[c];
    humi_trace_encoder_reset(&encoder);
    return 0;
}

/* The chunk in `raw`; returns its bytes. */
static size_t join(void)
{
    size_t bytes = humi_trace_encoder_finish(&encoder);
    size_t at = humi_trace_encoder_lengths(&encoder, raw);

    bytes += at;
    for (unsigned c = 0; c < HUMI_COLUMNS; c++) {
        memcpy(raw + at, columns[c], encoder.column[c].used);
        at += encoder.column[c].used;
    }
    assert_int_equal(at, bytes);
    return at;
}

static void assert_come_back(const struct hum_trace_record *records, size_t count)
{
    struct hum_trace_record record;

    assert_true(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, join()));
    for (size_t i = 0; i < count; i++) {
        assert_null(humi_trace_decode(&decoder, &record));
        assert_memory_equal(&record, &records[i], humi_trace_record_bytes(records[i].kind));
    }
    assert_true(humi_trace_decoder_is_done(&decoder));
}

/* A batch as the runtime records it: faults, the fault's page, the pages that came along. */
static void make_batch(struct hum_trace_record records[4], unsigned block, unsigned first,
                       unsigned end)
{
    struct hum_pages pages = humi_mask_range(first, end);

    memset(records, 0, 4 * sizeof *records);
    for (unsigned i = 0; i < 4; i++)
        records[i].time_ns = 1000000;
    records[0].kind = HUM_TRACE_FAULTS;
    records[0].faults = (struct hum_trace_faults){0, 3, 2, 1, 0};
    records[1].kind = records[2].kind = HUM_TRACE_EVENT;
    records[1].event.cause = HUM_CAUSE_DEVICE_FAULT;
    records[2].event.cause = HUM_CAUSE_PREFETCH_POLICY;
    humi_mask_set(&records[1].event.pages, first);
    records[2].event.pages = humi_mask_minus(&pages, &records[1].event.pages);
    for (unsigned i = 1; i < 3; i++) {
        struct hum_trace_event *event = &records[i].event;

        event->region = 3;
        event->kernel = 2;
        event->block = block;
        event->moved = event->pages;
        event->bytes[HUM_H2D] = humi_mask_count(&event->moved) * (uint64_t)HUM_PAGE_SIZE;
    }
    records[2].event.move_ns = 200000;
    records[3].kind = HUM_TRACE_BATCH;
    records[3].batch = (struct hum_trace_batch){0, 1, 200005};
}

static void encode(const struct hum_trace_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        humi_trace_encode(&encoder, &records[i]);
}

/* The second batch: heads 1 + 3 + 3 + 1, a gap, a start, a service, a move, links; no block, no
 * actor, no mask but one run. */
static void a_batch_is_told_by_its_heads(void **state)
{
    struct hum_trace_record records[8];

    (void)state;
    make_batch(records, 70, 0, 512);
    make_batch(records + 4, 71, 0, 512);
    for (unsigned i = 4; i < 8; i++)
        records[i].time_ns += 300000;
    encode(records, 4);
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        encoder.column[c].used = 0;
    encode(records + 4, 4);
    assert_int_equal(encoder.column[HUMI_COLUMN_HEADS].used, 8);
    assert_int_equal(encoder.column[HUMI_COLUMN_GAPS].used, 1);
    assert_int_equal(encoder.column[HUMI_COLUMN_TIMES].used, 0);
    assert_int_equal(encoder.column[HUMI_COLUMN_BLOCKS].used, 0);
    assert_int_equal(encoder.column[HUMI_COLUMN_ACTORS].used, 0);
    assert_int_equal(encoder.column[HUMI_COLUMN_REGIONS].used, 0);
    assert_int_equal(encoder.column[HUMI_COLUMN_COUNTS].used, 0);
    assert_int_equal(columns[HUMI_COLUMN_STARTS][0], 0);
    assert_int_equal(columns[HUMI_COLUMN_MASKS][0], 1);
    assert_int_equal(encoder.column[HUMI_COLUMN_MASKS].used, 3);
}

static void a_batch_comes_back(void **state)
{
    struct hum_trace_record records[8];

    (void)state;
    make_batch(records, 70, 0, 512);
    make_batch(records + 4, 9, 64, 128);
    encode(records, 8);
    assert_come_back(records, 8);
}

/* Whatever two masks of one block are to each other. */
static void every_pair_of_masks_comes_back(void **state)
{
    const struct hum_pages masks[] = {
        humi_mask_none(),          humi_mask_all(),           humi_mask_range(0, 1),
        humi_mask_range(1, 512),   humi_mask_range(0, 256),   humi_mask_range(256, 512),
        humi_mask_range(255, 257), humi_mask_range(511, 512),
    };

    for (size_t i = 0; i < COUNT_OF(masks); i++)
        for (size_t k = 0; k < COUNT_OF(masks); k++) {
            struct hum_trace_record records[2] = {0};

            for (unsigned n = 0; n < 2; n++) {
                records[n].kind = HUM_TRACE_EVENT;
                records[n].event.pages = masks[n ? k : i];
                records[n].event.block = 5;
            }
            start(state);
            encode(records, 2);
            assert_come_back(records, 2);
        }
}

/* A later version may count more; what this one knows of it is the same. */
static void totals_with_more_counters_are_read(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_TOTALS}, got;
    struct humi_out *plain = &encoder.column[HUMI_COLUMN_PLAIN];

    (void)state;
    record.totals.counters.faults_host = 7;
    record.totals.counters.service_ns = 9;
    record.totals.counters.events[0] = 8;
    humi_trace_encode(&encoder, &record);
    assert_int_equal(columns[HUMI_COLUMN_PLAIN][0], HUMI_TRACE_COUNTERS_KNOWN);
    memmove(plain->data + 1 + HUMI_TRACE_COUNTERS_KNOWN + 2,
            plain->data + 1 + HUMI_TRACE_COUNTERS_KNOWN,
            plain->used - 1 - HUMI_TRACE_COUNTERS_KNOWN);
    plain->data[0] += 2;
    plain->data[1 + HUMI_TRACE_COUNTERS_KNOWN] = 100;
    plain->data[2 + HUMI_TRACE_COUNTERS_KNOWN] = 101;
    plain->used += 2;
    assert_true(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, join()));
    assert_null(humi_trace_decode(&decoder, &got));
    assert_memory_equal(&got, &record, humi_trace_record_bytes(record.kind));
    assert_true(humi_trace_decoder_is_done(&decoder));
}

static void totals_without_end_are_refused(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_TOTALS};

    (void)state;
    humi_trace_encode(&encoder, &record);
    memset(columns[HUMI_COLUMN_PLAIN], 0xff, 4);
    columns[HUMI_COLUMN_PLAIN][4] = 0xf; /* 2^32 - 1 counters */
    assert_true(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, join()));
    assert_non_null(humi_trace_decode(&decoder, &record));
}

static void columns_are_as_long_as_the_chunk(void **state)
{
    struct hum_trace_record records[4];
    size_t bytes;

    (void)state;
    make_batch(records, 70, 0, 512);
    encode(records, 4);
    bytes = join();
    assert_true(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, bytes));
    assert_false(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, bytes - 1));
    assert_false(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, bytes + 1));
    assert_false(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, HUMI_COLUMNS - 1));
    assert_false(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, 0));
}

static void bits_behind_the_last_are_noticed(void **state)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_REGION_END, .time_ns = 9}, got;
    size_t bytes;

    (void)state;
    humi_trace_encode(&encoder, &record); /* 18, folded: 2 bits */
    bytes = join();
    raw[bytes - 1] |= 0x80;
    assert_true(humi_trace_decoder_start(&decoder, HUMI_TRACE_VERSION, raw, bytes));
    assert_null(humi_trace_decode(&decoder, &got));
    assert_false(humi_trace_decoder_is_done(&decoder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_batch_is_told_by_its_heads, start),
        cmocka_unit_test_setup(a_batch_comes_back, start),
        cmocka_unit_test_setup(every_pair_of_masks_comes_back, start),
        cmocka_unit_test_setup(totals_with_more_counters_are_read, start),
        cmocka_unit_test_setup(totals_without_end_are_refused, start),
        cmocka_unit_test_setup(columns_are_as_long_as_the_chunk, start),
        cmocka_unit_test_setup(bits_behind_the_last_are_noticed, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
