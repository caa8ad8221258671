/* SPDX-License-Identifier: MIT */
/* test_meter.c - counters word by word, and the meters of kernels found by number. */
#include <stdlib.h>
#include <string.h>

#include "core/counts.h"
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

/* The meter has all that its processor did, and the space. */
static void assert_sum(struct hum *hum, const struct humi_meter *meter)
{
    struct hum_counters processor, space;

    humi_counts_of_processor(hum, 1, &processor);
    humi_counts_of_space(hum, &space);
    assert_memory_equal(&processor, meter, sizeof processor);
    assert_memory_equal(&space, meter, sizeof space);
}

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
    assert_sum(hum, &touched->counters);
    humi_kernels_close(hum);
    free(hum);
}

/* What two devices, their kernels and nobody in particular did, a number of pages each. */
static void sums_have_everybody(void **state)
{
    struct hum *hum = calloc(1, sizeof *hum);
    struct humi_block block = {.index = 3};
    struct humi_kernel_meter *meter;
    struct hum_counters of, all;

    (void)state;
    hum->processors = 3;
    assert_int_equal(humi_kernels_make(hum, 1, 0, "a", &meter), HUM_OK);
    assert_int_equal(humi_kernels_make(hum, 1, 200, "b", &meter), HUM_OK);
    assert_int_equal(humi_kernels_make(hum, 2, 1, "c", &meter), HUM_OK);
    for (unsigned i = 0; i < 6; i++) {
        const unsigned kernel[] = {0, 0, 1, 201, 2, 77}; /* the last one is unknown */
        struct humi_event event = {.cause = HUM_CAUSE_DEVICE_FAULT,
                                   .processor = i ? 1 + i / 4 : 0,
                                   .kernel = kernel[i],
                                   .pages = 1u << i,
                                   .bytes = {(uint64_t)1 << i}};
        humi_record_event(hum, NULL, &block, &event);
    }
    humi_counts_of_processor(hum, 1, &of);
    assert_int_equal(of.pages[HUM_CAUSE_DEVICE_FAULT], 2 + 4 + 8);
    humi_counts_of_processor(hum, 2, &of);
    assert_int_equal(of.pages[HUM_CAUSE_DEVICE_FAULT], 16 + 32);
    humi_counts_of_space(hum, &all);
    assert_int_equal(all.pages[HUM_CAUSE_DEVICE_FAULT], 63);
    assert_int_equal(all.events[HUM_CAUSE_DEVICE_FAULT], 6);
    assert_int_equal(humi_counts_moved_bytes(hum), 63);
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
        cmocka_unit_test(sums_have_everybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
