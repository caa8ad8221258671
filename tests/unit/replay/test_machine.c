/* SPDX-License-Identifier: MIT */
/*
 * test_machine.c - the page machine on stories told by hand, on cyclic scans whose misses are known
 * exactly, and against the caches that it is made of.
 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/evict/registry.h"
#include "replay/bounds.h"
#include "support/random.h"
#include "unit/replay/touches.h"

#define HOST HUM_HOST

static struct humi_replay_setup setup_of(const char *policy, uint64_t capacity)
{
    struct humi_replay_setup setup = {.capacity = capacity};

    assert_int_equal(humi_parts_parse(policy, &setup.parts), HUM_OK);
    assert_int_equal(humi_link_parse("alpha=1us,beta=1G", &setup.cost.link), HUM_OK);
    return setup;
}

static struct humi_replay_result run(const struct touches *touches, size_t count,
                                     const char *policy, uint64_t capacity)
{
    const struct humi_replay_setup setup = setup_of(policy, capacity);
    struct humi_replay_result result;
    struct humi_source source;

    humi_source_init(&source, 100000, 100000);
    touches_add(&source, touches, count);
    assert_int_equal(humi_source_finish(&source, setup.parts.prefetch != HUMI_PREFETCH_NONE),
                     HUM_OK);
    assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_OK);
    humi_source_fini(&source);
    return result;
}

static void expect(const struct humi_replay_result *got, const struct humi_replay_result *want)
{
#define SAME(name)                                                                                 \
    if (got->name != want->name)                                                                   \
        fail_msg(#name " is %llu, not %llu", (unsigned long long)got->name,                        \
                 (unsigned long long)want->name);
    HUMI_REPLAY_COUNT_LIST(SAME)
#undef SAME
}

/* Nobody had written it: it comes without bytes; dirty it goes, and comes again with bytes. */
static void a_page_that_is_written_is_copied_out_and_in(void **state)
{
    static const struct touches touches[] = {
        {.processor = HOST, .page = 900},            /* so that there is a host */
        {.processor = 0, .page = 1, .write = true},
        {.processor = 0, .page = 2},
        {.processor = 0, .page = 1},
    };
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "lru", 1);
    const struct humi_replay_result want = {
        .accesses = 4, .accesses_device = 3, .misses = 3, .far_faults = 3, .batches = 3,
        .first_touches = 2, .pages_in = 3, .pages_out = 1, .evictions = 2, .evictions_clean = 1,
        .bytes_h2d = 4096, .bytes_d2h = 4096, .bytes_demand = 4096, .bytes_eviction = 4096,
        .thrashed_pages = 1,
        /* three batches of one block; 1 leaves dirty, 2 clean; the block taken from the host */
        .modelled_ns = 3 * 65000 + 37000 + 5096 + 37000 + 5096 + 120000};

    (void)state;
    expect(&got, &want);
}

/* Without a host every page comes from there; clean ones leave without a copy. */
static void without_a_host_pages_come_with_bytes(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 1, .count = 5}, {.processor = 0, .page = 2}};
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "lru", 1);
    const struct humi_replay_result want = {
        .accesses = 6, .accesses_device = 6, .misses = 2, .far_faults = 2, .batches = 2,
        .pages_in = 2, .evictions = 1, .evictions_clean = 1, .bytes_h2d = 8192,
        .bytes_demand = 8192, .modelled_ns = 2 * (65000 + 5096) + 120000 + 37000};

    (void)state;
    expect(&got, &want);
}

/* The host takes a page home: with bytes if it was written; then there is room. */
static void the_host_takes_pages_home(void **state)
{
    static const struct touches touches[] = {
        {.processor = HOST, .page = 1, .write = true}, {.processor = 0, .page = 1},
        {.processor = HOST, .page = 1},               /* a fault without a copy */
        {.processor = 0, .page = 1, .write = true}, {.processor = HOST, .page = 1},
        {.processor = 0, .page = 2, .write = true}};
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "lru", 1);
    const struct humi_replay_result want = {
        .accesses = 6, .accesses_device = 3, .misses = 3, .host_faults = 2, .far_faults = 5,
        .batches = 5, .first_touches = 1, .pages_in = 3, .pages_out = 1, .bytes_h2d = 8192,
        .bytes_d2h = 4096, .bytes_demand = 3 * 4096,
        .modelled_ns = 5 * 65000 + 3 * 5096 + 120000};

    (void)state;
    expect(&got, &want);
}

static void shared_pages_are_copied_until_somebody_writes(void **state)
{
    static const struct touches touches[] = {
        {.processor = HOST, .page = 1, .write = true}, {.processor = 0, .page = 1},
        {.processor = 1, .page = 1}, {.processor = HOST, .page = 1},
        {.processor = 0, .page = 1},
        {.processor = 1, .page = 1, .write = true},   /* an upgrade: host and device 0 lose it */
        {.processor = 0, .page = 1},                  /* from the other device */
        {.processor = HOST, .page = 1}};
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "place=share", 8);
    const struct humi_replay_result moved = run(touches, COUNT_OF(touches), "place=move", 8);
    const struct humi_replay_result want = {
        .accesses = 8, .accesses_device = 5, .misses = 3, .host_faults = 1, .far_faults = 4,
        .upgrades = 1, .batches = 5, .pages_in = 3, .pages_out = 1, .bytes_h2d = 8192,
        .bytes_d2h = 4096, .bytes_d2d = 4096, .bytes_demand = 4 * 4096,
        .modelled_ns = 5 * 65000 + 4 * 5096 + 120000};

    (void)state;
    expect(&got, &want);
    assert_int_equal(moved.misses, 5);
    assert_int_equal(moved.upgrades, 0);
}

/* It leaves without an eviction or a copy, and is a first touch again; there is room meanwhile. */
static void pages_of_an_ended_region_are_new(void **state)
{
    static const struct touches written = {.processor = 0, .page = 1, .write = true};
    static const struct touches host = {.processor = HOST, .page = 900};
    const struct humi_replay_setup setup = setup_of("lru", 1);
    struct humi_replay_result got;
    struct humi_source source;

    (void)state;
    for (uint64_t pages = 1; pages <= UINT64_C(1) << 40; pages <<= 20) {
        humi_source_init(&source, 100, 100);
        touches_add(&source, &host, 1);
        for (int i = 0; i < 3; i++) {
            touches_begin(&source, 1, 1, pages);
            touches_add(&source, &written, 1);
            touches_end(&source, 1);
        }
        assert_int_equal(humi_source_finish(&source, false), HUM_OK);
        assert_int_equal(humi_machine_run(&source, &setup, &got), HUM_OK);
        assert_int_equal(got.misses, 3);
        assert_int_equal(got.first_touches, 3);
        assert_int_equal(got.evictions + got.pages_out + got.thrashed_pages, 0);
        humi_source_fini(&source);
    }
}

static void remote_moves_nothing(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 1, .pages = 3, .count = 2}, {.processor = 0, .page = 1},
        {.processor = HOST, .page = 1, .write = true}, {.processor = 1, .page = 2, .write = true}};
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "place=remote", 1);
    const struct humi_replay_result want = {.accesses = 9, .accesses_device = 8,
                                            .remote_accesses = 8,
                                            .modelled_ns = 3 * 1000 + 8 * 128};

    (void)state;
    expect(&got, &want);
}

static void counted_pages_come_with_their_256th_touch(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 1, .count = 255}, {.processor = 0, .page = 1},
        {.processor = 0, .page = 1, .count = 9}, {.processor = 0, .page = 2, .count = 300},
        {.processor = 0, .page = 1, .count = 255}};
    const struct humi_replay_result got = run(touches, COUNT_OF(touches), "counter", 1);

    (void)state;
    assert_int_equal(got.misses, 2);
    assert_int_equal(got.evictions, 1);
    assert_int_equal(got.remote_accesses, 255 + 255);
}

static void a_record_is_one_batch_of_at_most_256_faults(void **state)
{
    static const struct touches touches[] = {{.processor = 0, .page = 512, .pages = 700}};
    const struct humi_replay_result got = run(touches, 1, "lru", 1000);

    (void)state;
    assert_int_equal(got.misses, 700);
    assert_int_equal(got.batches, 3);
    /* 256 + 256 | 188 faults: one block, one block, the next; 3 copies; 2 blocks taken */
    assert_int_equal(got.modelled_ns, 3 * 65000 + 3 * 1000 + 700 * 4096 + 2 * 120000);
}

/* The faulted page is brought last, so that it cannot be the one to leave. */
static void prefetched_pages_do_not_push_out_the_faulted_one(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 0}, {.processor = 0, .page = 1}, {.processor = 0, .page = 2},
        {.processor = 0, .page = 15}};

    (void)state;
    for (uint64_t capacity = 1; capacity <= 5; capacity++)
        for (unsigned i = 0; humi_evict_at(i); i++) {
            char policy[64];
            struct humi_replay_result got;

            snprintf(policy, sizeof(policy), "prefetch=chunk,evict=%s", humi_evict_at(i)->name);
            got = run(touches, COUNT_OF(touches), policy, capacity);
            assert_int_equal(got.pages_in, got.misses + got.pages_prefetched);
            if (capacity == 1)
                assert_int_equal(got.pages_prefetched, 0);
            if (capacity >= 4) {
                assert_int_equal(got.misses, 1);
                assert_int_equal(got.pages_prefetched, 3);
                assert_int_equal(got.prefetched_used, 3);
            }
        }
}

/* The host wrote a chunk: one page is waited for, the others come before they are touched. */
static void bytes_are_counted_by_their_cause(void **state)
{
    static const struct touches touches[] = {
        {.processor = HOST, .page = 0, .pages = 16, .write = true},
        {.processor = 0, .page = 3, .write = true},
        {.processor = HOST, .page = 900, .write = true}, {.processor = 0, .page = 900},
        {.processor = HOST, .page = 3}};
    struct humi_replay_result got = run(touches, COUNT_OF(touches), "prefetch=chunk,evict=lru", 16);

    (void)state;
    assert_int_equal(got.bytes_prefetch, 15 * 4096);
    assert_int_equal(got.bytes_demand, 3 * 4096); /* 3, 900, and 3 for the host */
    assert_int_equal(got.bytes_eviction, 0);      /* what left for 900 was clean */
    got = run(touches, 4, "prefetch=chunk,evict=mru", 16);
    assert_int_equal(got.bytes_prefetch, 15 * 4096);
    assert_int_equal(got.bytes_demand, 2 * 4096);
    assert_int_equal(got.bytes_eviction, 4096);   /* 3 left, dirty */
}

/* Pages 0 .. n - 1, again and again. */
static struct humi_replay_result scan(const char *order, uint32_t n, uint64_t capacity,
                                      unsigned passes)
{
    const struct humi_replay_setup setup = setup_of(order, capacity);
    struct humi_replay_result result;
    struct humi_source source;

    humi_source_init(&source, 100000, 100000);
    for (unsigned i = 0; i < passes; i++) {
        const struct touches pass = {.processor = 0, .page = 7, .pages = n};

        touches_add(&source, &pass, 1);
    }
    assert_int_equal(humi_source_finish(&source, false), HUM_OK);
    assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_OK);
    humi_source_fini(&source);
    return result;
}

static void a_cyclic_scan_misses_as_it_must(void **state)
{
    enum { PASSES = 9 };

    (void)state;
    for (uint32_t n = 2; n <= 40; n += 3)
        for (uint32_t c = 1; c <= 44; c += 2) {
            uint64_t behind = (uint64_t)(PASSES - 1) * n; /* accesses after the first pass */
            uint64_t best = n;

            /* of every n - 1 of them the first c - 1 hit */
            for (uint64_t i = 0; i < behind && c < n; i++)
                best += i % (n - 1) >= c - 1;
            assert_int_equal(scan("min", n, c, PASSES).misses, best);
            assert_int_equal(scan("mru", n, c, PASSES).misses, best);
            assert_int_equal(scan("lru", n, c, PASSES).misses, c < n ? n * PASSES : n);
            assert_int_equal(scan("fifo", n, c, PASSES).misses, c < n ? n * PASSES : n);
        }
}

/* One device, no prefetch: what humi_cache says about the same sequence, for every order. */
static void misses_are_those_of_the_cache(void **state)
{
    struct random random = random_make(random_seed("replay_machine"), 1);

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        struct humi_replay_setup setup = setup_of("lru", 37);
        struct humi_replay_result result;
        struct humi_source source;
        struct humi_cache cache;
        uint64_t *next_use, misses = 0;

        setup.parts.evict = humi_evict_at(i);
        humi_source_init(&source, 100000, 100000);
        for (int k = 0; k < 3000; k++) {
            const struct touches one = {
                .processor = 0, .page = random_below(&random, 1 + random_below(&random, 150)),
                .pages = 1 + (uint32_t)random_below(&random, 4), .write = k % 7 == 0,
                .count = 1 + (uint32_t)random_below(&random, 3)};

            touches_add(&source, &one, 1);
        }
        assert_int_equal(humi_source_finish(&source, false), HUM_OK);
        const struct humi_cache_size size = {.capacity = 37, .objects = source.pages.count};

        assert_int_equal(humi_source_next_use(&source, &next_use), HUM_OK);
        assert_int_equal(humi_cache_create(humi_evict_at(i), &size, &cache), HUM_OK);
        for (size_t k = 0; k < source.count; k++)
            misses += !humi_cache_access(&cache, source.objects[k], next_use[k]).hit;
        assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_OK);
        assert_int_equal(result.misses, misses);
        humi_cache_destroy(&cache);
        free(next_use);
        humi_source_fini(&source);
    }
}

static void bounds_are_what_they_say(void **state)
{
    static const struct touches touches[] = {
        {.processor = 0, .page = 0, .pages = 10}, {.processor = 0, .page = 0, .pages = 10},
        {.processor = 0, .page = 0, .pages = 10}};
    const struct humi_replay_setup setup = setup_of("lru", 8);
    struct humi_bounds bounds;
    struct humi_source source;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(humi_bounds_find(&source, &setup, &bounds), HUM_OK);
    assert_int_equal(bounds.infinite.misses, 10);
    assert_int_equal(bounds.infinite.bytes, 10 * 4096);
    assert_int_equal(bounds.infinite.modelled_ns, 45000 + 20000 + 120000 + 1000 + 10 * 4096);
    assert_int_equal(bounds.resident.misses + bounds.resident.bytes + bounds.resident.modelled_ns,
                     0);
    assert_int_equal(bounds.min.misses, 14); /* 2 of every 9 behind the first pass: 7, 8, 16, 17 */
    assert_int_equal(bounds.min.bytes, 14 * 4096);
    assert_int_equal(bounds.min_oracle_prefetch.misses, 0);
    assert_int_equal(bounds.min_oracle_prefetch.bytes, 14 * 4096);
    assert_int_equal(bounds.min_oracle_prefetch.modelled_ns, 1000 + 14 * 4096);
    assert_int_equal(bounds.remote_all.misses, 0);
    assert_int_equal(bounds.remote_all.bytes, 30 * 128);
    assert_int_equal(bounds.remote_all.modelled_ns, 3 * 1000 + 30 * 128);
    assert_int_equal(bounds.least.misses, 0);
    assert_int_equal(bounds.least.bytes, 30 * 128);
    assert_int_equal(bounds.least.modelled_ns, 30 * 128);
    humi_source_fini(&source);
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct touches touches[] = {{.processor = 0}};
    struct humi_replay_setup setup = setup_of("thrash=on", 8);
    struct humi_replay_result result = {.misses = 77};
    struct humi_source source;

    (void)state;
    touches_source(&source, touches, COUNT_OF(touches));
    assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_ERR_INVALID);
    assert_non_null(strstr(hum_error_text(), "thrash"));
    setup = setup_of("lru", 0);
    assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_ERR_INVALID);
    assert_int_equal(result.misses, 77);
    humi_source_fini(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_that_is_written_is_copied_out_and_in),
        cmocka_unit_test(without_a_host_pages_come_with_bytes),
        cmocka_unit_test(the_host_takes_pages_home),
        cmocka_unit_test(shared_pages_are_copied_until_somebody_writes),
        cmocka_unit_test(pages_of_an_ended_region_are_new),
        cmocka_unit_test(remote_moves_nothing),
        cmocka_unit_test(counted_pages_come_with_their_256th_touch),
        cmocka_unit_test(a_record_is_one_batch_of_at_most_256_faults),
        cmocka_unit_test(prefetched_pages_do_not_push_out_the_faulted_one),
        cmocka_unit_test(bytes_are_counted_by_their_cause),
        cmocka_unit_test(a_cyclic_scan_misses_as_it_must),
        cmocka_unit_test(misses_are_those_of_the_cache),
        cmocka_unit_test(bounds_are_what_they_say),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
