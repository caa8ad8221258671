/* SPDX-License-Identifier: MIT */
/*
 * sharing.c - who has a page and what that costs: states, upgrades, exact bytes.
 * Where read-only copies cannot be had a read may take the page, and bytes move again.
 */
#include "flow/flow.h"

#include <pthread.h>

static uint64_t *written_by_host(struct hum *hum, size_t bytes)
{
    uint64_t *words = flow_alloc(hum, bytes);

    for (size_t i = 0; i < bytes / sizeof *words; i++)
        words[i] = i;
    return words;
}

static void untouched_memory_is_zero_on_both_sides_and_moves_nothing(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    size_t n = 8 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 8 * MIB), *result = flow_alloc(hum, PAGE), sum;
    struct hum_stats start = flow_stats(hum);

    (void)state;
    flow_words(hum, "read_words", words, n, 0); /* the device first, then the host, then again */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 0);
    flow_words(hum, "read_words", words, n, 0);
    if (flow_can_share(hum))
        assert_int_equal(flow_moved_any(hum, &start), 0);
    sum = flow_sum(hum, 0, words, n, 1, result);
    assert_int_equal(sum, 0);
    hum_close(hum);
}

static void first_touch_by_a_writer_moves_nothing(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    size_t n = 4 * MIB / sizeof(uint64_t);
    uint64_t *device = flow_alloc(hum, 4 * MIB), *host = flow_alloc(hum, 4 * MIB);
    struct hum_stats start = flow_stats(hum);

    (void)state;
    flow_words(hum, "fill", device, n, 1);
    memset(host, 1, 4 * MIB);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_true(flow_stats(hum).total.events[HUM_CAUSE_FIRST_TOUCH] > 0);
    hum_close(hum);
}

static void second_read_does_not_move(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    size_t n = 4 * MIB / sizeof(uint64_t);
    uint64_t *words = written_by_host(hum, 4 * MIB);
    struct hum_stats start = flow_stats(hum);

    (void)state;
    flow_words(hum, "read_words", words, n, 0);
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), 4 * MIB);
    start = flow_stats(hum);
    flow_words(hum, "read_words", words, n, 0);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    hum_close(hum);
}

static void host_reads_again_what_the_device_has_read(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    size_t n = 4 * MIB / sizeof(uint64_t);
    uint64_t *words = written_by_host(hum, 4 * MIB);
    struct hum_stats start;

    (void)state;
    flow_words(hum, "read_words", words, n, 0);
    start = flow_stats(hum);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i);
    if (flow_can_share(hum))
        assert_int_equal(flow_moved_any(hum, &start), 0);
    hum_close(hum);
}

static void device_writes_come_home(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    size_t n = 4 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 4 * MIB);
    struct hum_stats start;

    (void)state;
    flow_words(hum, "fill", words, n, 7);
    start = flow_stats(hum);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 7 + i);
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), 4 * MIB);
    start = flow_stats(hum);
    flow_words(hum, "read_words", words, n, 0);
    if (flow_can_share(hum))
        assert_int_equal(flow_moved_any(hum, &start), 0);
    hum_close(hum);
}

static void host_upgrade_moves_nothing_and_the_device_sees_it(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    uint64_t *words = flow_alloc(hum, PAGE), *result = flow_alloc(hum, PAGE);
    struct hum_stats start;

    (void)state;
    words[0] = 1;
    assert_int_equal(flow_sum(hum, 0, words, 1, 1, result), 1);
    start = flow_stats(hum);
    words[0] = 2;
    if (flow_can_share(hum)) {
        assert_int_equal(flow_moved_any(hum, &start), 0);
        assert_true(flow_stats(hum).total.events[HUM_CAUSE_UPGRADE] >
                    start.total.events[HUM_CAUSE_UPGRADE]);
        assert_int_equal(flow_page(hum, words).resident, HUM_BIT(HUM_HOST));
    }
    assert_int_equal(flow_sum(hum, 0, words, 1, 1, result), 2);
    hum_close(hum);
}

static void device_upgrade_moves_nothing_and_the_host_sees_it(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_stats start;

    (void)state;
    words[0] = 41;
    flow_words(hum, "read_words", words, 1, 0);
    start = flow_stats(hum);
    flow_words(hum, "add", words, 1, 1);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(0));
    assert_int_equal(words[0], 42);
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), PAGE);
    hum_close(hum);
}

static void ondemand_moves_exactly_the_pages_touched(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    size_t pages = 2048, stride = 7, touched = (pages + stride - 1) / stride;
    uint64_t *words = written_by_host(hum, pages * PAGE), *result = flow_alloc(hum, PAGE);
    struct flow_sum args = {.words = words, .n = pages * WORDS_PER_PAGE,
                            .stride = stride * WORDS_PER_PAGE, .sum = result};
    struct hum_stats start = flow_stats(hum);
    uint64_t want = 0;

    (void)state;
    flow_run(hum, 0, "sum", &args, touched);
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), touched * PAGE);
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), 0);
    for (size_t i = 0; i < touched; i++)
        want += i * args.stride;
    assert_int_equal(*result, want);
    assert_int_equal(flow_moved(hum, &start, HUM_D2H), PAGE);
    hum_close(hum);
}

static void partly_shared_blocks_keep_every_page_right(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    uint64_t *words = written_by_host(hum, 4 * MIB);
    size_t n = 4 * MIB / sizeof *words;

    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        size_t part = n / 8 * (round + 1);
        flow_words(hum, "add", words, part, 1000);
        for (size_t i = part / 2; i < n; i += WORDS_PER_PAGE / 2)
            words[i] += 1;
        for (size_t i = part / 2; i < n; i += WORDS_PER_PAGE / 2)
            words[i] -= 1;
    }
    for (size_t i = 0; i < n; i++) {
        size_t rounds = i * 8 / n < 6 ? 6 - i * 8 / n : 0;
        if (words[i] != i + rounds * 1000)
            fail_msg("word %zu is %llu", i, (unsigned long long)words[i]);
    }
    hum_close(hum);
}

/* ---- both sides at once ---------------------------------------------------------------------- */

struct counting {
    uint64_t *word;
    unsigned n;
};

static void *count_on_host(void *context)
{
    struct counting *c = context;

    for (unsigned i = 0; i < c->n; i++)
        __atomic_fetch_add(c->word, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void atomics_of_host_and_device_sum_up(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct counting c = {.word = flow_alloc(hum, PAGE), .n = 20000};
    struct flow_words args = {.words = c.word, .n = 20000, .value = 1};
    pthread_t threads[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on_host, &c), 0);
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "count"), args.n, &args, sizeof args));
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "count_cas"), args.n, &args,
                  sizeof args));
    ok(hum_wait(hum, 0));
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(*c.word, 80000);
    hum_close(hum);
}

static void float_atomics_sum_up(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    float *value = flow_alloc(hum, PAGE);

    (void)state;
    *value = 0.5f;
    flow_words(hum, "count_float", (uint64_t *)(void *)value, 5000, 0);
    assert_true(*value == 5000.5f);
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_memory_is_zero_on_both_sides_and_moves_nothing),
        cmocka_unit_test(first_touch_by_a_writer_moves_nothing),
        cmocka_unit_test(second_read_does_not_move),
        cmocka_unit_test(host_reads_again_what_the_device_has_read),
        cmocka_unit_test(device_writes_come_home),
        cmocka_unit_test(host_upgrade_moves_nothing_and_the_device_sees_it),
        cmocka_unit_test(device_upgrade_moves_nothing_and_the_host_sees_it),
        cmocka_unit_test(ondemand_moves_exactly_the_pages_touched),
        cmocka_unit_test(partly_shared_blocks_keep_every_page_right),
        cmocka_unit_test(atomics_of_host_and_device_sum_up),
        cmocka_unit_test(float_atomics_sum_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
