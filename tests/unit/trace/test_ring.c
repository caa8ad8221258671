/* SPDX-License-Identifier: MIT */
/* test_ring.c - records from many threads to one: in order, none lost that was not counted. */
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "support/random.h"
#include "trace/ring.h"

#define PRODUCERS 4u

static struct hum_trace_record batch(uint32_t faults, uint32_t service_ns)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_BATCH};

    record.batch.faults = faults;
    record.batch.service_ns = service_ns;
    return record;
}

static void records_leave_in_order(void **state)
{
    struct humi_trace_ring *ring;

    (void)state;
    assert_int_equal(humi_trace_ring_create(4, &ring), HUM_OK);
    assert_null(humi_trace_ring_front(ring));
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            struct hum_trace_record record = batch(i, k);

            assert_int_not_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_NOT_KEPT);
        }
        for (uint32_t k = 0; k < 3; k++) {
            const struct hum_trace_record *record = humi_trace_ring_front(ring);

            assert_non_null(record);
            assert_int_equal(record->batch.faults, i);
            assert_int_equal(record->batch.service_ns, k);
            humi_trace_ring_pop(ring);
        }
        assert_null(humi_trace_ring_front(ring));
    }
    humi_trace_ring_destroy(ring);
}

static void a_full_ring_counts_by_kind(void **state)
{
    struct hum_trace_record record = batch(0, 0), event = {.kind = HUM_TRACE_EVENT};
    struct humi_trace_ring *ring;

    (void)state;
    assert_int_equal(humi_trace_ring_create(3, &ring), HUM_OK); /* becomes 4 */
    for (unsigned i = 0; i < 4; i++)
        assert_int_not_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_NOT_KEPT);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_NOT_KEPT);
    assert_int_equal(humi_trace_ring_put(ring, &event), HUMI_TRACE_NOT_KEPT);
    assert_int_equal(humi_trace_ring_dropped(ring, HUM_TRACE_BATCH), 5);
    assert_int_equal(humi_trace_ring_dropped(ring, HUM_TRACE_EVENT), 1);
    assert_int_equal(humi_trace_ring_dropped(ring, HUM_TRACE_FAULTS), 0);
    humi_trace_ring_pop(ring);
    assert_int_not_equal(humi_trace_ring_put(ring, &event), HUMI_TRACE_NOT_KEPT);
    humi_trace_ring_destroy(ring);
}

static void half_full_is_said(void **state)
{
    struct hum_trace_record record = batch(0, 0);
    struct humi_trace_ring *ring;
    unsigned said = 0;

    (void)state;
    assert_int_equal(humi_trace_ring_create(1024, &ring), HUM_OK);
    for (unsigned i = 0; i < 500; i++)
        assert_int_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_KEPT);
    for (unsigned i = 500; i < 1024; i++)
        said += humi_trace_ring_put(ring, &record) == HUMI_TRACE_KEPT_HALF_FULL;
    assert_in_range(said, 1, 16);
    humi_trace_ring_destroy(ring);
}

/* From half on to the last slot: whoever waits for room must not go on because there is none. */
static void half_full_holds_until_it_is_full(void **state)
{
    struct hum_trace_record record = batch(0, 0);
    struct humi_trace_ring *ring;

    (void)state;
    assert_int_equal(humi_trace_ring_create(1024, &ring), HUM_OK);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 1; i <= 1024; i++) {
            assert_int_not_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_NOT_KEPT);
            if (i < 500)
                assert_false(humi_trace_ring_is_half_full(ring));
            if (i >= 512)
                assert_true(humi_trace_ring_is_half_full(ring));
        }
        assert_int_equal(humi_trace_ring_put(ring, &record), HUMI_TRACE_NOT_KEPT);
        assert_true(humi_trace_ring_is_half_full(ring));
        for (unsigned i = 0; i < 1024; i++)
            humi_trace_ring_pop(ring);
    }
    humi_trace_ring_destroy(ring);
}

static void sizes_are_checked(void **state)
{
    struct humi_trace_ring *ring = NULL;

    (void)state;
    assert_int_equal(humi_trace_ring_create(1, &ring), HUM_ERR_INVALID);
    assert_int_equal(humi_trace_ring_create(HUMI_TRACE_RING_SLOTS_MAX + 1, &ring),
                     HUM_ERR_INVALID);
    assert_null(ring);
    humi_trace_ring_destroy(NULL);
}

struct producer {
    pthread_t thread;
    struct humi_trace_ring *ring;
    uint32_t number, records;
    uint32_t kept;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;

    for (uint32_t i = 0; i < producer->records; i++) {
        struct hum_trace_record record = batch(producer->number, i);

        record.time_ns = (uint64_t)producer->number << 32 | i;
        producer->kept += humi_trace_ring_put(producer->ring, &record) != HUMI_TRACE_NOT_KEPT;
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void nothing_is_lost_that_is_not_counted(void **state)
{
    struct producer producers[PRODUCERS] = {0};
    uint32_t next[PRODUCERS] = {0}, records = (uint32_t)random_steps(50000);
    uint64_t got = 0, kept = 0, dropped;
    struct humi_trace_ring *ring;

    (void)state;
    assert_int_equal(humi_trace_ring_create(256, &ring), HUM_OK);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.ring = ring, .number = i, .records = records};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (;;) {
        const struct hum_trace_record *record = humi_trace_ring_front(ring);

        dropped = humi_trace_ring_dropped(ring, HUM_TRACE_BATCH);
        if (!record && got + dropped == (uint64_t)records * PRODUCERS)
            break;
        if (!record) {
            sched_yield();
            continue;
        }
        assert_in_range(record->batch.faults, 0, PRODUCERS - 1);
        assert_int_equal(record->time_ns,
                         (uint64_t)record->batch.faults << 32 | record->batch.service_ns);
        assert_true(record->batch.service_ns >= next[record->batch.faults]);
        next[record->batch.faults] = record->batch.service_ns + 1;
        humi_trace_ring_pop(ring);
        got++;
    }
    for (unsigned i = 0; i < PRODUCERS; i++) {
        pthread_join(producers[i].thread, NULL);
        kept += producers[i].kept;
    }
    assert_int_equal(got, kept);
    print_message("kept %llu, dropped %llu\n", (unsigned long long)got,
                  (unsigned long long)dropped);
    humi_trace_ring_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_leave_in_order),
        cmocka_unit_test(a_full_ring_counts_by_kind),
        cmocka_unit_test(half_full_is_said),
        cmocka_unit_test(half_full_holds_until_it_is_full),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(nothing_is_lost_that_is_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
