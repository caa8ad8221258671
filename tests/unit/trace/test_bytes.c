/* SPDX-License-Identifier: MIT */
/* test_bytes.c - numbers as bytes. */
#include "support/test.h"

#include "trace/bytes.h"

static const uint64_t numbers[] = {0,          1,          127,        128,
                                   16383,      16384,      UINT32_MAX, UINT64_C(1) << 63,
                                   UINT64_MAX, UINT64_MAX - 1};

static void numbers_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        uint8_t bytes[10];
        struct humi_out out = {bytes, 0};
        struct humi_in in = {bytes, bytes, false};

        humi_put(&out, numbers[i]);
        in.end += out.used;
        assert_int_equal(humi_get(&in), numbers[i]);
        assert_false(in.bad);
        assert_ptr_equal(in.at, in.end);
    }
}

static void every_difference_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (size_t k = 0; k < COUNT_OF(numbers); k++) {
            uint8_t bytes[10];
            struct humi_out out = {bytes, 0};
            struct humi_in in = {bytes, bytes + sizeof bytes, false};

            humi_put_from(&out, numbers[i], numbers[k]);
            assert_int_equal(humi_get_from(&in, numbers[k]), numbers[i]);
            assert_false(in.bad);
        }
}

static void small_differences_take_one_byte(void **state)
{
    (void)state;
    for (uint64_t difference = 0; difference < 64; difference++) {
        assert_true(humi_fold(difference) < 128);
        assert_true(humi_fold(UINT64_C(0) - difference) < 128);
    }
}

static void signed_numbers_come_back(void **state)
{
    static const int32_t signs[] = {0, -1, 1, INT32_MIN, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        uint8_t bytes[10];
        struct humi_out out = {bytes, 0};
        struct humi_in in = {bytes, bytes + sizeof bytes, false};

        humi_put_signed(&out, signs[i]);
        assert_int_equal(humi_get_signed(&in), signs[i]);
        assert_false(in.bad);
    }
}

static void what_does_not_fit_is_bad(void **state)
{
    static const uint8_t eleven[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t cut[] = {0x80, 0x80};
    static const uint8_t wide[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
    struct humi_in in = {eleven, eleven + sizeof eleven, false};

    (void)state;
    assert_int_equal(humi_get(&in), 0);
    assert_true(in.bad);
    in = (struct humi_in){cut, cut + sizeof cut, false};
    assert_int_equal(humi_get(&in), 0);
    assert_true(in.bad);
    in = (struct humi_in){wide, wide + sizeof wide, false};
    assert_int_equal(humi_get_32(&in), 0);
    assert_true(in.bad);
    in = (struct humi_in){wide, wide + sizeof wide, false};
    assert_int_equal(humi_get_signed(&in), 0);
    assert_true(in.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(every_difference_comes_back),
        cmocka_unit_test(small_differences_take_one_byte),
        cmocka_unit_test(signed_numbers_come_back),
        cmocka_unit_test(what_does_not_fit_is_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
