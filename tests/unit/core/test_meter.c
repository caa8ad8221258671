/* SPDX-License-Identifier: MIT */
/* test_meter.c - counters word by word, and the meters of kernels found by number. */
#include <stdlib.h>
#include <string.h>

#include "core/kernels.h"
#include "core/meter.h"
#include "core/record.h"
#include "support/test.h"

#define WORDS (sizeof(struct hum_counters) / sizeof(uint64_t))

union words {
    struct hum_counters counters;
    uint64_t word[WORDS];
};

/* ---- snapshots ------------------------------------------------------------------------------- */

static void a_difference_covers_every_word(void **state)
{
    union words after, before, out;

    (void)state;
    for (size_t i = 0; i < WORDS; i++) {
        before.word[i] = 1000 + i * i;
        after.word[i] = before.word[i] + 7 * i + 1;
    }
    hum_counters_subtract(&after.counters, &before.counters, &out.counters);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(out.word[i], 7 * i + 1);
}

static void a_difference_may_replace_either_operand(void **state)
{
    union words after, before;

    (void)state;
    for (size_t i = 0; i < WORDS; i++) {
        before.word[i] = i;
        after.word[i] = 3 * i;
    }
    hum_counters_subtract(&after.counters, &before.counters, &before.counters);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(before.word[i], 2 * i);
    hum_counters_subtract(&after.counters, &before.counters, &after.counters);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(after.word[i], i);
}

static void a_snapshot_has_every_word(void **state)
{
    struct humi_meter meter;
    union words out;

    (void)state;
    for (size_t i = 0; i < WORDS; i++)
        atomic_init((_Atomic uint64_t *)(void *)&meter + i, i + 1);
    humi_meter_read(&meter, &out.counters);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(out.word[i], i + 1);
    assert_int_equal(out.counters.modelled_ns[HUM_DIRECTION_COUNT - 1], WORDS);
}

/* ---- kernels --------------------------------------------------------------------------------- */

static void a_kernel_made_twice_is_one(void **state)
{
    struct hum *hum = calloc(1, sizeof *hum);
    struct humi_kernel_meter *first, *second;

    (void)state;
    assert_int_equal(humi_kernels_make(hum, 1, 5, "fill", &first), HUM_OK);
    assert_int_equal(humi_kernels_make(hum, 1, 5, "fill", &second), HUM_OK);
    assert_ptr_equal(first, second);
    assert_ptr_equal(humi_kernels_find(hum, 1, 5), first);
    assert_string_equal(first->name, "fill");
    assert_null(humi_kernels_find(hum, 1, 4));
    assert_null(humi_kernels_find(hum, 2, 5));
    humi_kernels_close(hum);
    assert_null(humi_kernels_find(hum, 1, 5));
    free(hum);
}

/* The borders of the arrays: 64, 64 + 128, ... */
static void any_number_is_found_and_walked_in_order(void **state)
{
    static const unsigned ids[] = {0, 1, 63, 64, 191, 192, 4095, 65535, 131007};
    struct hum *hum = calloc(1, sizeof *hum);
    struct humi_kernel_meter *meter;
    unsigned id = 0, n = 0;

    (void)state;
    for (size_t i = COUNT_OF(ids); i-- > 0;)
        assert_int_equal(humi_kernels_make(hum, 2, ids[i], "k", &meter), HUM_OK);
    for (; (meter = humi_kernels_next(hum, 2, &id)); id++, n++) {
        assert_int_equal(meter->id, ids[n]);
        assert_int_equal(id, ids[n]);
    }
    assert_int_equal(n, COUNT_OF(ids));
    assert_int_equal(humi_kernels_make(hum, 2, 131008, "k", &meter), HUM_ERR_NO_MEMORY);
    assert_null(humi_kernels_find(hum, 2, UINT32_MAX));
    humi_kernels_close(hum);
    free(hum);
}

/* ---- who an event is counted for ------------------------------------------------------------- */

static void a_faulting_kernel_is_counted_and_another_is_not(void **state)
{
    struct hum *hum = calloc(1, sizeof *hum);
    struct humi_block block = {.index = 3};
    struct humi_event event = {.cause = HUM_CAUSE_DEVICE_FAULT, .processor = 1, .kernel = 3,
                               .pages = 2, .bytes = {2 * HUM_PAGE_SIZE}, .move_ns = 11};
    const struct humi_record_faults faults = {.processor = 1, .kernel = 3, .faults = 4,
                                              .duplicates = 1};
    struct humi_kernel_meter *touched, *other;

    (void)state;
    hum->processors = 2;
    assert_int_equal(humi_kernels_make(hum, 1, 2, "touched", &touched), HUM_OK);
    assert_int_equal(humi_kernels_make(hum, 1, 3, "other", &other), HUM_OK);
    humi_record_event(hum, NULL, &block, &event);
    humi_record_faults(hum, NULL, &block, &faults);
    assert_int_equal(touched->counters.events[HUM_CAUSE_DEVICE_FAULT], 1);
    assert_int_equal(touched->counters.bytes[HUM_H2D], 2 * HUM_PAGE_SIZE);
    assert_int_equal(touched->counters.move_ns[HUM_H2D], 11);
    assert_int_equal(touched->counters.faults_device, 4);
    assert_int_equal(touched->counters.faults_duplicate, 1);
    assert_int_equal(other->counters.events[HUM_CAUSE_DEVICE_FAULT], 0);
    assert_int_equal(other->counters.faults_device, 0);
    assert_memory_equal(&hum->processor_meter[1], &hum->meter, sizeof hum->meter);
    assert_memory_equal(&touched->counters, &hum->meter, sizeof hum->meter);
    humi_kernels_close(hum);
    free(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_covers_every_word),
        cmocka_unit_test(a_difference_may_replace_either_operand),
        cmocka_unit_test(a_snapshot_has_every_word),
        cmocka_unit_test(a_kernel_made_twice_is_one),
        cmocka_unit_test(any_number_is_found_and_walked_in_order),
        cmocka_unit_test(a_faulting_kernel_is_counted_and_another_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
