/* SPDX-License-Identifier: MIT */
/* test_chunk.c - the headers of the file and of its chunks. */
#include "support/test.h"

#include <string.h>

#include "trace/chunk.h"

static void the_check_is_the_usual_crc(void **state)
{
    (void)state;
    assert_int_equal(humi_trace_crc((const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(humi_trace_crc(NULL, 0), 0);
}

static void a_header_comes_back(void **state)
{
    const struct humi_trace_chunk put = {100, 300, 7, 0x12345678, false};
    struct humi_trace_chunk got;
    uint8_t bytes[HUMI_TRACE_CHUNK_HEADER_BYTES];

    (void)state;
    humi_trace_chunk_store(&put, bytes);
    assert_true(humi_trace_chunk_load(bytes, &got));
    assert_int_equal(got.body_bytes, 100);
    assert_int_equal(got.raw_bytes, 300);
    assert_int_equal(got.records, 7);
    assert_int_equal(got.body_check, 0x12345678);
    assert_false(got.is_end);
}

static void a_changed_bit_is_noticed(void **state)
{
    const struct humi_trace_chunk put = {100, 300, 7, 0x12345678, false};
    struct humi_trace_chunk got;
    uint8_t bytes[HUMI_TRACE_CHUNK_HEADER_BYTES];

    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        humi_trace_chunk_store(&put, bytes);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
        assert_false(humi_trace_chunk_load(bytes, &got));
    }
}

static void a_chunk_beyond_the_limits_is_refused(void **state)
{
    static const struct humi_trace_chunk cases[] = {
        {HUMI_TRACE_BODY_MAX + 1, 300, 7, 0, false},
        {100, HUMI_TRACE_RAW_MAX + 1, 7, 0, false},
        {UINT32_MAX, UINT32_MAX, UINT32_MAX, 0, false},
        {100, 300, 0, 0, false},
        {0, 300, 7, 0, false},
        {1, 0, 0, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_trace_chunk got;
        uint8_t bytes[HUMI_TRACE_CHUNK_HEADER_BYTES];

        humi_trace_chunk_store(&cases[i], bytes);
        assert_false(humi_trace_chunk_load(bytes, &got));
    }
}

static void every_start_of_a_header_is_a_trace(void **state)
{
    uint8_t bytes[HUMI_TRACE_HEADER_BYTES];

    (void)state;
    humi_trace_header_store(bytes);
    for (size_t i = 0; i <= sizeof bytes; i++)
        assert_null(humi_trace_header_wrong(bytes, i));
    bytes[8] = HUMI_TRACE_VERSION + 1;
    assert_non_null(strstr(humi_trace_header_wrong(bytes, sizeof bytes), "newer"));
    bytes[8] = 1;
    assert_non_null(strstr(humi_trace_header_wrong(bytes, sizeof bytes), "record it again"));
    bytes[8] = 0;
    assert_non_null(strstr(humi_trace_header_wrong(bytes, sizeof bytes), "damaged"));
    bytes[0] = 'h';
    assert_non_null(strstr(humi_trace_header_wrong(bytes, 1), "not a trace"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_is_the_usual_crc),
        cmocka_unit_test(a_header_comes_back),
        cmocka_unit_test(a_changed_bit_is_noticed),
        cmocka_unit_test(a_chunk_beyond_the_limits_is_refused),
        cmocka_unit_test(every_start_of_a_header_is_a_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
