/* SPDX-License-Identifier: MIT */
/*
 * test_double_uvm.c - the double: where pages of managed memory are.  Every touch is real, so what
 * is told (through hum's reader of CUPTI) is what page protection caught.
 */
#include "double_world.h"

#include <fcntl.h>
#include <unistd.h>

#include "device/cuda/cupti.h"
#include "device/keeper.h"
#include "support/random.h"

#define PAGE 4096u
#define CHUNK 16u               /* pages that move together */
#define WORDS (PAGE / sizeof(int32_t))
#define HOST HUMI_KEEPER_HOST
#define TOLD_MAX 8192u

static struct humi_cupti *cupti;
static struct CUfunc_st *add, *peek;
static char *memory;
static struct humi_told told[TOLD_MAX];
static unsigned told_count;

static void make(const char *options, size_t bytes)
{
    humi_cu_ptr ptr = 0;

    cuda_double_open_context(&d, options);
    assert_ok(d.cu.cuMemAllocManaged(&ptr, bytes, HUMI_CU_MEM_ATTACH_GLOBAL));
    memory = (char *)(uintptr_t)ptr;
    add = kernel("add");
    peek = kernel("peek");
    assert_int_equal(humi_cupti_open(ptr, bytes, &cupti), HUM_OK);
}

static int teardown(void **state)
{
    (void)state;
    humi_cupti_close(cupti);
    cupti = NULL;
    return d.cu.cuMemFree_v2((uintptr_t)memory) ? -1 : 0;
}

/* What has been told since the last time. */
static void listen(void)
{
    told_count = humi_cupti_take(cupti, told, TOLD_MAX, true);
}

static int32_t *words_of(size_t page)
{
    return (int32_t *)(void *)(memory + page * PAGE);
}

static void kernel_adds(size_t page, size_t pages)
{
    struct add_args args = {words_of(page), pages * WORDS, 1};

    assert_ok(launch(add, 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
}

static int64_t kernel_sums(size_t page, size_t pages, size_t result_page)
{
    struct sum_args args = {words_of(page), pages * WORDS,
                            (int64_t *)(void *)words_of(result_page)};

    assert_ok(launch(peek, 1, 1, 0, NULL, &args));
    assert_ok(d.cu.cuCtxSynchronize());
    return *args.sum;
}

static void told_is(unsigned i, enum humi_told_kind kind, size_t page, size_t pages, int to)
{
    assert_true(i < told_count);
    assert_int_equal(told[i].kind, kind);
    assert_int_equal(told[i].offset, page * PAGE);
    assert_int_equal(told[i].to, to);
    if (kind == HUMI_TOLD_MOVED)
        assert_int_equal(told[i].bytes, pages * PAGE);
}

/* ---- touches --------------------------------------------------------------------------------- */

static void a_touch_faults_once(void **state)
{
    (void)state;
    make("", 64 * PAGE);
    *words_of(3) = 1;
    words_of(3)[5]++;
    listen();
    assert_int_equal(told_count, 1);
    told_is(0, HUMI_TOLD_FAULTED, 3, 1, HOST);
    assert_true(told[0].write);
    (void)*(volatile int32_t *)words_of(4);
    listen();
    assert_int_equal(told_count, 1);
    assert_false(told[0].write);
}

static void a_touch_elsewhere_moves_the_page_and_its_chunk(void **state)
{
    (void)state;
    make("", 64 * PAGE);
    for (size_t i = 0; i < 32; i++)
        *words_of(i) = 1;
    listen();
    assert_int_equal(told_count, 32);
    kernel_adds(5, 1);
    listen();
    assert_int_equal(told_count, 4);
    told_is(0, HUMI_TOLD_FAULTED, 5, 1, 0);
    told_is(1, HUMI_TOLD_MOVED, 5, 1, 0);
    assert_int_equal(told[1].cause, HUM_CAUSE_DEVICE_FAULT);
    told_is(2, HUMI_TOLD_MOVED, 0, 5, 0);
    told_is(3, HUMI_TOLD_MOVED, 6, 10, 0);
    assert_int_equal(told[3].cause, HUM_CAUSE_PREFETCH_POLICY);
    assert_int_equal(*words_of(5), 2); /* and back */
    listen();
    assert_int_equal(told_count, 4);
    told_is(1, HUMI_TOLD_MOVED, 5, 1, HOST);
    assert_int_equal(told[1].cause, HUM_CAUSE_HOST_FAULT);
    assert_int_equal(*words_of(16), 1); /* the next chunk never left */
    listen();
    assert_int_equal(told_count, 0);
}

static void read_mostly_pages_are_at_both_until_written(void **state)
{
    (void)state;
    make("", 64 * PAGE);
    for (size_t i = 0; i < WORDS; i++)
        words_of(0)[i] = 1;
    assert_ok(d.cu.cuMemAdvise((uintptr_t)memory, PAGE, HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    assert_int_equal(kernel_sums(0, 1, 32), WORDS);
    listen();
    assert_int_equal(kernel_sums(0, 1, 33), WORDS); /* another page for the result */
    assert_int_equal(*words_of(0), 1);
    listen();
    for (unsigned i = 0; i < told_count; i++)
        assert_true(told[i].offset >= 32 * PAGE); /* nobody faulted on it again */
    *words_of(0) = 2;
    listen();
    assert_int_equal(told_count, 1); /* a fault, and no bytes */
    assert_int_equal(kernel_sums(0, 1, 34), WORDS + 1); /* the device has lost its copy */
    listen();
    told_is(0, HUMI_TOLD_FAULTED, 0, 1, 0);
    told_is(1, HUMI_TOLD_MOVED, 0, 1, 0);
}

static void advised_pages_stay_and_are_mapped_remotely(void **state)
{
    static const enum humi_cu_advice advice[] = {HUMI_CU_MEM_ADVISE_SET_ACCESSED_BY,
                                                 HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        make("", 16 * PAGE);
        *words_of(0) = 1;
        assert_ok(d.cu.cuMemAdvise((uintptr_t)memory, PAGE, advice[i],
                                   i == 0 ? 0 : HUMI_CU_DEVICE_CPU));
        listen();
        kernel_adds(0, 1);
        listen();
        assert_int_equal(told_count, 2);
        told_is(1, HUMI_TOLD_REMOTE, 0, 1, 0);
        assert_int_equal(told[1].from, HOST);
        assert_int_equal(*words_of(0), 2);
        kernel_adds(0, 1);
        listen();
        assert_int_equal(told_count, 0); /* both have it mapped */
        if (i == 0)
            assert_int_equal(teardown(state), 0);
    }
}

static void the_first_to_come_is_the_first_to_go(void **state)
{
    struct humi_cu_location device = {HUMI_CU_MEM_LOCATION_TYPE_DEVICE, 0};
    struct CUstream_st *stream;

    (void)state;
    make("memory=4M", 8 * MIB);
    stream = new_stream();
    for (size_t i = 0; i < 8 * MIB / PAGE; i++)
        *words_of(i) = (int32_t)i;
    for (size_t b = 0; b < 3; b++)
        assert_ok(d.cu.cuMemPrefetchAsync_v2((uintptr_t)memory + b * 2 * MIB, 2 * MIB, device, 0,
                                             stream));
    assert_ok(d.cu.cuStreamSynchronize(stream));
    listen();
    unsigned last = told_count - 2;
    assert_int_equal(told[last].cause, HUM_CAUSE_EVICTION);
    told_is(last, HUMI_TOLD_MOVED, 0, 512, HOST);
    told_is(last + 1, HUMI_TOLD_MOVED, 1024, 512, 0);
    kernel_adds(0, 8 * MIB / PAGE); /* through memory of half its size */
    for (size_t i = 0; i < 8 * MIB / PAGE; i++)
        assert_int_equal(*words_of(i), i + 1);
    assert_ok(d.cu.cuStreamDestroy_v2(stream));
}

static void system_calls_touch_as_well(void **state)
{
    char text[8] = {0};
    int ends[2];

    (void)state;
    make("", 16 * PAGE);
    memcpy(memory, "\1\0\0\0", 4);
    kernel_adds(0, 1);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], memory, 4), 4);
    assert_int_equal(read(ends[0], text, sizeof text), 4);
    assert_int_equal(text[0], 2);
    close(ends[0]);
    close(ends[1]);
}

/* ---- any order of touches -------------------------------------------------------------------- */

#define PAGES 64u

/* Where a page is, by what was told alone. */
static void follow(int where[PAGES])
{
    for (unsigned i = 0; i < told_count; i++) {
        size_t first = told[i].offset / PAGE;
        if (told[i].kind == HUMI_TOLD_FAULTED && where[first] == HUMI_KEEPER_NOWHERE)
            where[first] = told[i].to;
        for (size_t j = 0; told[i].kind == HUMI_TOLD_MOVED && j < told[i].bytes / PAGE; j++) {
            assert_int_equal(where[first + j], told[i].from);
            where[first + j] = told[i].to;
        }
    }
}

/* By the rule: a page, and with it what its chunk has elsewhere, is where it was touched last. */
static void expect(int where[PAGES], size_t page, int place)
{
    size_t chunk = page / CHUNK * CHUNK;

    if (where[page] != HUMI_KEEPER_NOWHERE && where[page] != place)
        for (size_t i = chunk; i < chunk + CHUNK; i++)
            where[i] = where[i] == HUMI_KEEPER_NOWHERE ? where[i] : place;
    where[page] = place;
}

static void touches_in_any_order_are_told_exactly(void **state)
{
    struct random random = random_make(random_seed("uvm"), 0);
    int rule[PAGES], heard[PAGES];
    int32_t values[PAGES] = {0};

    (void)state;
    make("delay_us=0", PAGES * PAGE);
    for (size_t i = 0; i < PAGES; i++)
        rule[i] = heard[i] = HUMI_KEEPER_NOWHERE;
    for (uint64_t step = 0, steps = random_steps(600); step < steps; step++) {
        size_t page = random_below(&random, PAGES);
        bool device = random_below(&random, 3) == 0;
        if (device)
            kernel_adds(page, 1);
        else
            (*words_of(page))++;
        values[page]++;
        expect(rule, page, device ? 0 : HOST);
        listen();
        follow(heard);
        assert_memory_equal(rule, heard, sizeof rule);
    }
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(*words_of(i), values[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_teardown(name, teardown)
        CASE(a_touch_faults_once),
        CASE(a_touch_elsewhere_moves_the_page_and_its_chunk),
        CASE(read_mostly_pages_are_at_both_until_written),
        CASE(advised_pages_stay_and_are_mapped_remotely),
        CASE(the_first_to_come_is_the_first_to_go),
        CASE(system_calls_touch_as_well),
        CASE(touches_in_any_order_are_told_exactly),
#undef CASE
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
