/* SPDX-License-Identifier: MIT */
/* sizes.c - odd sizes, neighbours, many regions, many threads. */
#include "flow/flow.h"

#include <pthread.h>

static void any_size_works_from_its_first_to_its_last_byte(void **state)
{
    static const size_t sizes[] = {1,         7,         4095,      4096,          4097,
                                   65536 + 3, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 100 * MIB};
    struct hum *hum = flow_open("emu:mem=256M,workers=2", NULL);

    (void)state;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct flow_bytes args = {.bytes = flow_alloc(hum, sizes[i]), .n = sizes[i]};
        size_t align = sizes[i] >= BLOCK ? BLOCK : PAGE, last = sizes[i] - 1;

        assert_int_equal((uintptr_t)args.bytes % align, 0);
        args.bytes[0] = 10;
        args.bytes[last] = 20;
        flow_run(hum, 0, "increment_bytes", &args, args.n);
        assert_int_equal(args.bytes[0], last == 0 ? 21 : 11);
        assert_int_equal(args.bytes[last], 21);
        for (size_t b = 1; b < last; b++)
            if (args.bytes[b] != 1)
                fail_msg("%zu bytes: byte %zu is %u", sizes[i], b, args.bytes[b]);
        ok(hum_free(hum, args.bytes));
    }
    hum_close(hum);
}

static void small_regions_share_blocks_but_never_pages(void **state)
{
    enum { REGIONS = 600 };
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    char *regions[REGIONS];
    unsigned together = 0;

    (void)state;
    for (unsigned i = 0; i < REGIONS; i++) {
        regions[i] = flow_alloc(hum, 1 + i % 5000);
        for (unsigned k = 0; k < i; k++) {
            size_t a = (uintptr_t)regions[i] / PAGE, b = (uintptr_t)regions[k] / PAGE;
            size_t a_end = a + (1 + i % 5000 + PAGE - 1) / PAGE;
            size_t b_end = b + (1 + k % 5000 + PAGE - 1) / PAGE;
            assert_true(a_end <= b || b_end <= a);
            together += (uintptr_t)regions[i] / BLOCK == (uintptr_t)regions[k] / BLOCK;
        }
    }
    assert_true(together > 0);
    hum_close(hum);
}

static void regions_of_one_block_do_not_disturb_each_other(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    uint64_t *mine = flow_alloc(hum, PAGE), *theirs = flow_alloc(hum, PAGE);
    uint64_t *freed = flow_alloc(hum, PAGE);

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        mine[round] = round;
        flow_words(hum, "add", theirs, WORDS_PER_PAGE, 1);
        if (round == 100)
            ok(hum_free(hum, freed));
        if (round == 150)
            freed = flow_alloc(hum, PAGE);
    }
    for (unsigned round = 0; round < 200; round++)
        assert_int_equal(mine[round], round);
    assert_int_equal(theirs[WORDS_PER_PAGE - 1], 200);
    assert_int_equal(freed[0], 0);
    hum_close(hum);
}

static void own_blocks_are_not_shared(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    void *own[4];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        ok(hum_alloc(hum, PAGE, HUM_ALLOC_OWN_BLOCKS, &own[i]));
        for (unsigned k = 0; k < 50; k++)
            assert_int_not_equal((uintptr_t)flow_alloc(hum, PAGE) / BLOCK,
                                 (uintptr_t)own[i] / BLOCK);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal((uintptr_t)own[i] / BLOCK, (uintptr_t)own[k] / BLOCK);
    }
    hum_close(hum);
}

static void freed_memory_is_zero_when_it_comes_back(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);

    (void)state;
    for (unsigned round = 0; round < 30; round++) {
        size_t n = 1000 + 100000 * (round % 3);
        uint64_t *words = flow_alloc(hum, n * sizeof *words);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(words[i], 0);
        if (round % 2)
            flow_words(hum, "fill", words, n, 9);
        else
            memset(words, 0xff, n * sizeof *words);
        ok(hum_free(hum, words));
    }
    hum_close(hum);
}

static void the_whole_space_can_be_one_region_and_is_then_full(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;
    void *all, *more = NULL, *again;

    (void)state;
    options.devices = ONE_DEVICE;
    options.space_bytes = (size_t)1 << 30;
    ok(hum_open(&options, &hum));
    ok(hum_alloc(hum, options.space_bytes, 0, &all));
    status_is(HUM_ERR_NO_SPACE, hum_alloc(hum, 1, 0, &more));
    assert_null(more);
    ((char *)all)[options.space_bytes - 1] = 1;
    flow_words(hum, "add", (uint64_t *)all + options.space_bytes / 8 - 1, 1, 1);
    assert_int_equal(((char *)all)[options.space_bytes - 8], 1);
    ok(hum_free(hum, all));

    for (unsigned i = 0; i < 3; i++) { /* the pieces grow together again */
        void *pieces[64];
        for (unsigned k = 0; k < 64; k++)
            ok(hum_alloc(hum, options.space_bytes / 64, 0, &pieces[k]));
        status_is(HUM_ERR_NO_SPACE, hum_alloc(hum, 1, 0, &more));
        for (unsigned k = 0; k < 64; k++)
            ok(hum_free(hum, pieces[(k * 37 + i) % 64]));
    }
    ok(hum_alloc(hum, options.space_bytes, 0, &again));
    hum_close(hum);
}

/* ---- many ------------------------------------------------------------------------------------ */

static void a_hundred_thousand_regions_live_at_once(void **state)
{
    enum { REGIONS = 100000 };
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    char **regions = calloc(REGIONS, sizeof *regions);
    struct hum_region_info info = {0};
    double start = flow_now(), alloc_us, free_us;
    unsigned seen = 0;

    (void)state;
    assert_non_null(regions);
    for (unsigned i = 0; i < REGIONS; i++)
        if (hum_alloc(hum, 1 + i % 9000, 0, (void **)&regions[i]) != HUM_OK)
            fail_msg("region %u: %s", i, hum_error_text());
    alloc_us = (flow_now() - start) * 1e6 / REGIONS;
    for (unsigned i = 0; i < REGIONS; i += 97)
        *(unsigned *)(void *)regions[i] = i; /* every region holds a byte, in a page of its own */
    assert_int_equal(flow_stats(hum).regions, REGIONS);
    for (char *at = NULL; hum_region_next(hum, at, &info) == HUM_OK; seen++)
        at = (char *)info.ptr + 1;
    assert_int_equal(seen, REGIONS);
    for (unsigned i = 0; i < REGIONS; i += 97)
        assert_int_equal(*(unsigned *)(void *)regions[i], i);

    start = flow_now();
    for (unsigned i = 0; i < REGIONS; i++)
        if (hum_free(hum, regions[(size_t)i * 70001 % REGIONS]) != HUM_OK)
            fail_msg("free %u: %s", i, hum_error_text());
    free_us = (flow_now() - start) * 1e6 / REGIONS;
    assert_int_equal(flow_stats(hum).regions, 0);
    assert_int_equal(flow_stats(hum).region_bytes, 0);
    print_message("alloc %.2f us, free %.2f us\n", alloc_us, free_us);
    free(regions);
    hum_close(hum);
}

enum { THREADS = 8, LIVE = 40, STEPS = 1500 };

struct worker {
    struct hum *hum;
    uint64_t seed;
};

/* Allocates, stamps, checks and frees in an order of its own. */
static void *allocate_and_free(void *context)
{
    struct worker *w = context;
    uint64_t *live[LIVE] = {0}, random = w->seed;
    size_t words[LIVE] = {0};

    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i;
        random = random * 6364136223846793005u + 1442695040888963407u;
        i = (unsigned)(random >> 33) % LIVE;
        if (!live[i]) {
            words[i] = 1 + (random >> 40) % (step % 50 == 0 ? 400000 : 2000);
            must(hum_alloc(w->hum, words[i] * 8, 0, (void **)&live[i]) == HUM_OK);
            must(live[i][0] == 0 && live[i][words[i] - 1] == 0);
            live[i][0] = live[i][words[i] - 1] = w->seed + i;
            continue;
        }
        must(live[i][0] == w->seed + i && live[i][words[i] - 1] == w->seed + i);
        must(hum_free(w->hum, live[i]) == HUM_OK);
        live[i] = NULL;
    }
    for (unsigned i = 0; i < LIVE; i++)
        must(hum_free(w->hum, live[i]) == HUM_OK);
    return NULL;
}

static void threads_allocate_and_free_in_any_order(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.hum = hum, .seed = (i + 1) * 1000};
        assert_int_equal(pthread_create(&threads[i], NULL, allocate_and_free, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(flow_stats(hum).regions, 0);
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_size_works_from_its_first_to_its_last_byte),
        cmocka_unit_test(small_regions_share_blocks_but_never_pages),
        cmocka_unit_test(regions_of_one_block_do_not_disturb_each_other),
        cmocka_unit_test(own_blocks_are_not_shared),
        cmocka_unit_test(freed_memory_is_zero_when_it_comes_back),
        cmocka_unit_test(the_whole_space_can_be_one_region_and_is_then_full),
        cmocka_unit_test(a_hundred_thousand_regions_live_at_once),
        cmocka_unit_test(threads_allocate_and_free_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
