/* SPDX-License-Identifier: MIT */
/* test_tally.c - touches of a sampled unit: counted by chunk, damped, weighed, told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "device/emu/process/tally.h"

#define START UINT64_C(0x200000000000)
#define BYTES ((size_t)64 * HUM_BLOCK_SIZE)

__thread struct humi_tally humi_tally;

static struct humi_tally *tally_new(void)
{
    struct humi_tally *tally = calloc(1, sizeof *tally);

    assert_non_null(tally);
    tally->start = START;
    tally->bytes = BYTES;
    tally->samples = aligned_alloc(4096, (humi_emu_samples_bytes(BYTES) + 4095) / 4096 * 4096);
    assert_non_null(tally->samples);
    for (size_t i = 0; i < humi_emu_samples_bytes(BYTES); i++)
        ((unsigned char *)tally->samples)[i] = 0;
    return tally;
}

static void tally_end(struct humi_tally *tally)
{
    free(tally->samples);
    free(tally);
}

static uint32_t told(const struct humi_tally *tally, size_t chunk, bool write)
{
    return humi_emu_sampled(tally->samples, BYTES)[chunk / HUMI_EMU_CHUNKS]
        .touches[write][chunk % HUMI_EMU_CHUNKS];
}

static void touch(struct humi_tally *tally, size_t chunk, bool write, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        humi_tally_touch(tally, START + chunk * HUM_CHUNK_SIZE + i % 1024 * 64, write);
}

static void touches_are_told_with_their_weight(void **state)
{
    struct humi_tally *tally = tally_new();

    (void)state;
    humi_tally_open(tally, 7);
    touch(tally, 3, false, 5);
    touch(tally, 3, true, 2);
    touch(tally, 40 * HUMI_EMU_CHUNKS + 31, false, 1);
    assert_int_equal(told(tally, 3, false), 0); /* not before it is closed */
    humi_tally_close(tally);
    assert_int_equal(told(tally, 3, false), 35);
    assert_int_equal(told(tally, 3, true), 14);
    assert_int_equal(told(tally, 40 * HUMI_EMU_CHUNKS + 31, false), 7);
    assert_int_equal(tally->samples->seen[0], 1);
    assert_int_equal(tally->samples->seen[1], 0);
    assert_int_equal(tally->samples->seen[40], 1);
    assert_int_equal(tally->samples->end, 41);
    humi_tally_open(tally, 1);
    humi_tally_close(tally);
    assert_int_equal(told(tally, 3, false), 35);
    tally_end(tally);
}

static void chunks_that_share_a_slot_are_told_in_turn(void **state)
{
    struct humi_tally *tally = tally_new();

    (void)state;
    humi_tally_open(tally, 1);
    for (unsigned i = 0; i < 10; i++) {
        touch(tally, 5, true, 1);
        touch(tally, 5 + HUMI_TALLY_SLOTS, true, 2);
    }
    humi_tally_close(tally);
    assert_int_equal(told(tally, 5, true), 10);
    assert_int_equal(told(tally, 5 + HUMI_TALLY_SLOTS, true), 20);
    tally_end(tally);
}

static void what_is_elsewhere_is_not_told(void **state)
{
    struct humi_tally *tally = tally_new();

    (void)state;
    humi_tally_open(tally, 1);
    humi_tally_touch(tally, START - 1, true);
    humi_tally_touch(tally, START + BYTES, true);
    humi_tally_touch(tally, 0, false);
    humi_tally_close(tally);
    assert_int_equal(tally->samples->end, 0);
    tally_end(tally);
}

static void a_unit_that_was_left_tells_nothing(void **state)
{
    struct humi_tally *tally = tally_new();

    (void)state;
    humi_tally_open(tally, 1);
    touch(tally, 5, true, 3);
    humi_tally_open(tally, 1);
    touch(tally, 6, true, 1);
    humi_tally_close(tally);
    assert_int_equal(told(tally, 5, true), 0);
    assert_int_equal(told(tally, 6, true), 1);
    tally_end(tally);
}

static void a_long_unit_has_told_enough(void **state)
{
    struct humi_tally *tally = tally_new();

    (void)state;
    humi_tally_open(tally, 1);
    touch(tally, 5, true, HUMI_TALLY_TOUCHES - 1);
    assert_true(tally->open);
    touch(tally, 5, true, 1);
    assert_false(tally->open);
    humi_tally_close(tally);
    assert_int_equal(told(tally, 5, true), humi_tally_damped(HUMI_TALLY_TOUCHES));
    tally_end(tally);
}

static void runs_count_by_their_logarithm_and_keep_their_order(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= HUMI_TALLY_RUN; i++)
        assert_int_equal(humi_tally_damped(i), i);
    for (uint32_t i = 1; i < 100000; i++)
        assert_true(humi_tally_damped(i) >= humi_tally_damped(i - 1));
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(humi_tally_damped(HUMI_TALLY_RUN << i), HUMI_TALLY_RUN * (1 + i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(touches_are_told_with_their_weight),
        cmocka_unit_test(chunks_that_share_a_slot_are_told_in_turn),
        cmocka_unit_test(what_is_elsewhere_is_not_told),
        cmocka_unit_test(a_unit_that_was_left_tells_nothing),
        cmocka_unit_test(a_long_unit_has_told_enough),
        cmocka_unit_test(runs_count_by_their_logarithm_and_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
