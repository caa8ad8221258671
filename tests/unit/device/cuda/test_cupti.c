/* SPDX-License-Identifier: MIT */
/*
 * test_cupti.c - CUPTI's records as hum is told them: every kind, cause and access, which space
 * they are of, times, and what is dropped.
 */
#include "double_world.h"

#include <time.h>

#include "base/clock.h"
#include "device/cuda/cupti.h"
#include "device/cuda/cupti_abi.h"
#include "device/keeper.h"

#define START ((uintptr_t)0x300000000000u)
#define SPACE ((size_t)1 << 30)
#define COUNTER(name) HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_##name
#define CAUSE(name) HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_##name
#define ACCESS(name) HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_##name

static struct humi_cupti *cupti;

static int setup(void **state)
{
    (void)state;
    cuda_double_open(&d, "");
    cupti = NULL;
    return humi_cupti_open(START, SPACE, &cupti) == HUM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    humi_cupti_close(cupti);
    return 0;
}

static struct humi_cupti_record record(enum humi_cupti_counter kind, uint32_t from, uint32_t to,
                                       uint32_t flags)
{
    return (struct humi_cupti_record){.kind = HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER,
                                      .counterKind = kind,
                                      .value = 8192,
                                      .address = START + 4096,
                                      .srcId = from,
                                      .dstId = to,
                                      .flags = flags};
}

static unsigned told(struct humi_told out[8], struct humi_cupti_record r)
{
    d.tell(&r);
    return humi_cupti_take(cupti, out, 8, true);
}

#define CPU HUMI_CUPTI_CPU
#define HOST HUMI_KEEPER_HOST

static void moves_have_causes_and_ends(void **state)
{
    static const struct {
        enum humi_cupti_counter kind;
        uint32_t from, to, flags;
        int told_from, told_to;
        enum hum_cause cause;
    } cases[] = {
        {COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, CAUSE(UNKNOWN), HOST, 0, HUM_CAUSE_DEVICE_FAULT},
        {COUNTER(BYTES_TRANSFER_HTOD), CPU, 1, CAUSE(USER), HOST, 1, HUM_CAUSE_PREFETCH_USER},
        {COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, CAUSE(COHERENCE), HOST, 0, HUM_CAUSE_DEVICE_FAULT},
        {COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, CAUSE(PREFETCH), HOST, 0,
         HUM_CAUSE_PREFETCH_POLICY},
        {COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, CAUSE(ACCESS_COUNTERS), HOST, 0,
         HUM_CAUSE_PREFETCH_POLICY},
        {COUNTER(BYTES_TRANSFER_DTOH), 1, CPU, CAUSE(COHERENCE), 1, HOST, HUM_CAUSE_HOST_FAULT},
        {COUNTER(BYTES_TRANSFER_DTOH), 0, CPU, CAUSE(EVICTION), 0, HOST, HUM_CAUSE_EVICTION},
        {COUNTER(BYTES_TRANSFER_DTOH), 0, CPU, 99, 0, HOST, HUM_CAUSE_HOST_FAULT},
        {COUNTER(BYTES_TRANSFER_DTOD), 0, 1, CAUSE(USER), 0, 1, HUM_CAUSE_PREFETCH_USER},
    };
    struct humi_told out[8];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            told(out, record(cases[i].kind, cases[i].from, cases[i].to, cases[i].flags)), 1);
        assert_int_equal(out->kind, HUMI_TOLD_MOVED);
        assert_int_equal(out->cause, cases[i].cause);
        assert_int_equal(out->from, cases[i].told_from);
        assert_int_equal(out->to, cases[i].told_to);
        assert_int_equal(out->offset, 4096);
        assert_int_equal(out->bytes, 8192);
    }
}

static void faults_have_accesses(void **state)
{
    static const struct {
        enum humi_cupti_counter kind;
        uint32_t from, flags;
        unsigned told;
        int to;
        uint64_t count;
        bool write;
    } cases[] = {
        {COUNTER(CPU_PAGE_FAULT_COUNT), 7, ACCESS(WRITE), 1, HOST, 1, true},
        {COUNTER(CPU_PAGE_FAULT_COUNT), 7, ACCESS(UNKNOWN), 1, HOST, 1, false},
        {COUNTER(GPU_PAGE_FAULT), 0, ACCESS(READ), 1, 0, 8192, false},
        {COUNTER(GPU_PAGE_FAULT), 2, ACCESS(ATOMIC), 1, 2, 8192, true},
        {COUNTER(GPU_PAGE_FAULT), 2, ACCESS(PREFETCH), 0, 0, 0, false}, /* no touch */
    };
    struct humi_told out[8];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(told(out, record(cases[i].kind, cases[i].from, 5, cases[i].flags)),
                         cases[i].told);
        if (!cases[i].told)
            continue;
        assert_int_equal(out->kind, HUMI_TOLD_FAULTED);
        assert_int_equal(out->to, cases[i].to);
        assert_int_equal(out->count, cases[i].count);
        assert_int_equal(out->write, cases[i].write);
        assert_int_equal(out->bytes, 1);
    }
}

static void the_other_kinds_are_told_too(void **state)
{
    struct humi_cupti_record empty = record(COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, 0);
    struct humi_told out[8];

    (void)state;
    assert_int_equal(told(out, record(COUNTER(THRASHING), 3, 0, 0)), 1);
    assert_int_equal(out->kind, HUMI_TOLD_THRASHED);
    struct humi_cupti_record wait = record(COUNTER(THROTTLING), 0, 0, 0);
    wait.start = UINT64_MAX / 4; /* after the clocks were compared */
    wait.end = wait.start + 500;
    assert_int_equal(told(out, wait), 1);
    assert_int_equal(out->kind, HUMI_TOLD_THROTTLED);
    assert_int_equal(out->end_ns - out->start_ns, 500);
    assert_int_equal(told(out, record(COUNTER(REMOTE_MAP), CPU, 0, 3)), 1);
    assert_int_equal(out->kind, HUMI_TOLD_REMOTE);
    assert_int_equal(out->cause, HUM_CAUSE_REMOTE_MAP);
    empty.value = 0;
    assert_int_equal(told(out, empty), 0);
    empty.kind = (enum humi_cupti_activity)3; /* some other activity */
    assert_int_equal(told(out, empty), 0);
}

static void each_space_is_told_its_own(void **state)
{
    struct humi_cupti *other = NULL;
    struct humi_cupti_record there = record(COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, 0),
                             nowhere = there;
    struct humi_told out[8];

    (void)state;
    assert_int_equal(humi_cupti_open(START + SPACE, SPACE, &other), HUM_OK);
    there.address = START + SPACE + 12288;
    nowhere.address = START - 1;
    assert_int_equal(told(out, there), 0);
    assert_int_equal(told(out, nowhere), 0);
    assert_int_equal(humi_cupti_take(other, out, 8, false), 1);
    assert_int_equal(out->offset, 12288);
    humi_cupti_close(other);
    assert_int_equal(told(out, there), 0);
    assert_int_equal(told(out, record(COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, 0)), 1);
}

/* CUPTI's clock is another one. */
static void times_are_hums(void **state)
{
    struct humi_cupti_record r = record(COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, 0);
    struct humi_told out[8];
    struct timespec now;

    (void)state;
    uint64_t before = humi_clock_ns();
    clock_gettime(CLOCK_REALTIME, &now);
    r.start = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    r.end = r.start + 700;
    uint64_t after = humi_clock_ns();
    assert_int_equal(told(out, r), 1);
    assert_in_range(out->start_ns + HUMI_NS_PER_MS, before, after + 2 * HUMI_NS_PER_MS);
    assert_int_equal(out->end_ns - out->start_ns, 700);
}

/* More than a buffer, more than a call takes, and more than the double keeps. */
static void many_are_told_in_order_and_the_rest_is_counted(void **state)
{
    struct humi_told out[8];
    unsigned taken = 0, n;
    uint64_t dropped = 0;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct humi_cupti_record r = record(COUNTER(BYTES_TRANSFER_HTOD), CPU, 0, 0);
        r.address = START + (uintptr_t)i * 4096;
        d.tell(&r);
    }
    for (bool flush = true; (n = humi_cupti_take(cupti, out, 8, flush)); flush = false)
        for (unsigned i = 0; i < n; i++) {
            if (out[i].kind == HUMI_TOLD_DROPPED)
                dropped += out[i].count;
            else
                assert_int_equal(out[i].offset, (size_t)taken++ * 4096);
        }
    assert_true(taken > 10000 && dropped > 0);
    assert_int_equal(taken + dropped, 20000);
}

static void what_is_missing_is_said(void **state)
{
    static const char *const options[] = {"cupti=0", "concurrent=0",
                                          "fail=cuptiActivityRegisterCallbacks:1:999",
                                          "fail=cuptiActivityEnable:1:12",
                                          "fail=cuptiGetTimestamp:1:1"};
    struct humi_cupti *none = NULL;

    (void)state;
    humi_cupti_close(cupti);
    cupti = NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        d.reset(options[i]);
        assert_int_equal(d.cu.cuInit(0), 0);
        assert_int_equal(humi_cupti_open(START, SPACE, &none), HUM_ERR_UNSUPPORTED);
        assert_non_null(strstr(hum_error_text(), "cupti"));
        assert_null(none);
    }
    humi_cupti_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CASE(moves_have_causes_and_ends),
        CASE(faults_have_accesses),
        CASE(the_other_kinds_are_told_too),
        CASE(each_space_is_told_its_own),
        CASE(times_are_hums),
        CASE(many_are_told_in_order_and_the_rest_is_counted),
        CASE(what_is_missing_is_said),
#undef CASE
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
