/* SPDX-License-Identifier: MIT */
/* test_numbers.c - noisy numbers as symbols and bits. */
#include "support/test.h"

#include "support/random.h"
#include "trace/numbers.h"

enum { NUMBERS = 4096 };

static uint8_t symbols[NUMBERS], packed[8 * NUMBERS];

/* Put them, finish, get them again; returns the bytes of bits. */
static size_t round_trip(const uint64_t *numbers, size_t count)
{
    struct humi_out symbols_out = {symbols, 0}, bits_out = {packed, 0};
    struct humi_in symbols_in, bits_in;
    struct humi_bits bits = {0, 0};

    for (size_t i = 0; i < count; i++)
        humi_put_number(&symbols_out, &bits, &bits_out, numbers[i]);
    humi_put_last_bits(&bits, &bits_out);
    assert_int_equal(symbols_out.used, count);
    symbols_in = (struct humi_in){symbols, symbols + symbols_out.used, false};
    bits_in = (struct humi_in){packed, packed + bits_out.used, false};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(humi_get_number(&symbols_in, &bits, &bits_in), numbers[i]);
    assert_false(symbols_in.bad || bits_in.bad);
    assert_ptr_equal(bits_in.at, bits_in.end);
    assert_int_equal(bits.held, 0);
    return bits_out.used;
}

static void every_size_comes_back(void **state)
{
    uint64_t numbers[3 * 64];
    size_t count = 0;

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        numbers[count++] = UINT64_C(1) << bit;
        numbers[count++] = (UINT64_C(1) << bit) - 1;
        numbers[count++] = UINT64_MAX >> bit;
    }
    round_trip(numbers, count);
}

static void random_numbers_come_back(void **state)
{
    static uint64_t numbers[NUMBERS];
    struct random random = random_make(random_seed("trace_numbers"), 0);

    (void)state;
    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = random_next(&random) >> random_below(&random, 64);
    round_trip(numbers, NUMBERS);
}

static void small_numbers_have_no_bits(void **state)
{
    const uint64_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};

    (void)state;
    assert_int_equal(round_trip(numbers, COUNT_OF(numbers)), 0);
    for (unsigned i = 0; i < COUNT_OF(numbers); i++)
        assert_int_equal(symbols[i], i);
}

/* The example of FORMAT.md's rule: 300 is binary 100101100, so 6 bits and the top ones 100. */
static void a_symbol_is_the_size_and_two_bits(void **state)
{
    const uint64_t number = 300;

    (void)state;
    assert_int_equal(round_trip(&number, 1), 1);
    assert_int_equal(symbols[0], 4 * 6 + 4);
    assert_int_equal(packed[0], 300 & 63);
}

static void what_is_no_symbol_is_bad(void **state)
{
    const uint8_t bad[] = {HUMI_SYMBOL_MAX + 1};
    struct humi_in in = {bad, bad + 1, false}, bits_in = {bad, bad + 1, false};
    struct humi_bits bits = {0, 0};

    (void)state;
    assert_int_equal(humi_get_number(&in, &bits, &bits_in), 0);
    assert_true(in.bad);
}

static void missing_bits_are_bad(void **state)
{
    const uint8_t symbol[] = {HUMI_SYMBOL_MAX}, bytes[7] = {0};
    struct humi_in in = {symbol, symbol + 1, false}, bits_in = {bytes, bytes + 7, false};
    struct humi_bits bits = {0, 0};

    (void)state;
    humi_get_number(&in, &bits, &bits_in); /* 61 bits */
    assert_false(in.bad);
    assert_true(bits_in.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_comes_back),
        cmocka_unit_test(random_numbers_come_back),
        cmocka_unit_test(small_numbers_have_no_bits),
        cmocka_unit_test(a_symbol_is_the_size_and_two_bits),
        cmocka_unit_test(what_is_no_symbol_is_bad),
        cmocka_unit_test(missing_bits_are_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
