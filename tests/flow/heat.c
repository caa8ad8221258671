/* SPDX-License-Identifier: MIT */
/*
 * heat.c - access counters: a kernel touches chunks that are known, and they are counted by faults,
 * by samples and exactly; sampling goes on while blocks are evicted, freed and discarded.
 */
#include "flow/flow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK HUM_CHUNK_SIZE
#define CHUNK_WORDS (CHUNK / sizeof(uint64_t))
#define PAGE_WORDS (PAGE / sizeof(uint64_t))
#define PATIENCE 2000u /* launches of some milliseconds */

static struct hum *open_counting(const char *devices, const char *sample, const char *trace)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = devices;
    options.sample = sample;
    options.trace = trace;
    options.accesses = trace ? "exact" : NULL;
    ok(hum_open(&options, &hum));
    return hum;
}

static uint64_t heat_of(struct hum *hum, const void *ptr, int processor)
{
    struct hum_chunk_heat heat;

    ok(hum_heat_query(hum, ptr, 1, processor, &heat, 1));
    return heat.reads + heat.writes;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void faults_are_counted(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;
    uint64_t *words;
    struct hum_chunk_heat heat[64];

    (void)state;
    options.devices = ONE_DEVICE;
    options.policy = "ondemand";
    options.sample = "off";
    ok(hum_open(&options, &hum));
    words = flow_alloc(hum, 4 * MIB);
    memset(words, 1, 4 * MIB);
    flow_words(hum, "read_words", words + 5 * CHUNK_WORDS, 1, 0);
    flow_words(hum, "add", words + 40 * CHUNK_WORDS, 2 * WORDS_PER_PAGE, 1);
    ok(hum_heat_query(hum, words, 4 * MIB, 0, heat, 64));
    for (unsigned c = 0; c < 64; c++) {
        uint64_t touches = heat[c].reads + heat[c].writes;

        if (c == 5)
            assert_int_equal(touches, 1);
        else if (c == 40)
            assert_in_range(touches, 2, 4); /* reading and writing may fault apart */
        else
            assert_int_equal(touches, 0);
    }
    assert_true(heat_of(hum, words, HUM_HOST) > 0);
    ok(hum_free(hum, words));
    words = flow_alloc(hum, 4 * MIB);
    assert_int_equal(heat_of(hum, words + 5 * CHUNK_WORDS, 0), 0);
    hum_close(hum);
}

static void a_query_asks_for_a_part_of_a_live_region(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    char *bytes = flow_alloc(hum, 4 * MIB);
    struct hum_chunk_heat heat[4] = {{7, 7}, {7, 7}, {7, 7}, {7, 7}};

    (void)state;
    ok(hum_heat_query(hum, bytes + CHUNK - 1, 2, 0, heat, 3));
    assert_int_equal(heat[1].reads, 0);
    assert_int_equal(heat[2].reads, 7);
    ok(hum_heat_query(hum, bytes, 4 * MIB, 0, NULL, 0));
    status_is(HUM_ERR_INVALID, hum_heat_query(hum, bytes, 5 * MIB, 0, heat, 4));
    status_is(HUM_ERR_INVALID, hum_heat_query(hum, bytes, 1, 1, heat, 4));
    status_is(HUM_ERR_INVALID, hum_heat_query(hum, bytes, 1, 0, NULL, 4));
    status_is(HUM_ERR_INVALID, hum_heat_query(NULL, bytes, 1, 0, heat, 4));
    hum_close(hum);
}

/* ---- samples --------------------------------------------------------------------------------- */

/* Ten times as hot as any other has become since; else *worst_out is another. */
static bool stands_out(unsigned chunk, const struct hum_chunk_heat before[64],
                       const struct hum_chunk_heat heat[64], unsigned *worst_out)
{
    for (unsigned c = 0; c < 64; c++)
        if (c != chunk && heat[c].writes + heat[c].reads >=
                              before[c].writes + before[c].reads + heat[chunk].writes / 10) {
            *worst_out = c;
            return false;
        }
    return true;
}

/* The device has all of it; then only one chunk is touched, without a fault of its own.  Samples of
 * what made it the device's may be told late, so it has to stand out in the end. */
static void samples_find_the_chunk_that_is_touched(void **state)
{
    struct hum *hum = open_counting(ONE_DEVICE, "50%", NULL);
    uint64_t *words = flow_alloc(hum, 4 * MIB), *hot = words + 19 * CHUNK_WORDS;
    struct hum_chunk_heat before[64], heat[64];
    struct hum_stats stats;
    uint64_t launches = 0, faults;
    unsigned worst = 64;

    (void)state;
    flow_words(hum, "fill", words, 4 * MIB / sizeof(uint64_t), 0);
    ok(hum_heat_query(hum, words, 4 * MIB, 0, before, 64));
    *hot = 0;
    flow_words(hum, "count", hot, 1, 0);
    faults = flow_stats(hum).total.faults_device;
    do {
        flow_words(hum, "count", hot, 100000, 0);
        launches++;
        ok(hum_heat_query(hum, words, 4 * MIB, 0, heat, 64));
    } while ((heat[19].writes <= before[19].writes + 64 * 20 ||
              !stands_out(19, before, heat, &worst)) &&
             launches < 10 * PATIENCE);
    assert_true(launches < 10 * PATIENCE);
    if (!stands_out(19, before, heat, &worst))
        fail_msg("chunk %u: %llu and %llu, before %llu and %llu; 19: %llu and %llu", worst,
                 (unsigned long long)heat[worst].reads, (unsigned long long)heat[worst].writes,
                 (unsigned long long)before[worst].reads, (unsigned long long)before[worst].writes,
                 (unsigned long long)heat[19].reads, (unsigned long long)heat[19].writes);
    stats = flow_stats(hum);
    assert_in_range(stats.samples_touched, 1, stats.samples_taken);
    assert_true(stats.sample_ns > 0);
    assert_int_equal(stats.sample_ppm, 500000);
    assert_in_range(stats.total.faults_device - faults, 0, 8);
    assert_int_equal(*hot, 1 + launches * 100000);
    hum_close(hum);
}

/* A hundred times as many touches of one chunk as of another; nothing is taken from the device. */
static void devices_sample_in_proportion_to_touches(void **state)
{
    struct hum *hum = open_counting(ONE_DEVICE, "20%", NULL);
    uint64_t *words = flow_alloc(hum, 4 * MIB), *often = words + 50 * CHUNK_WORDS;
    uint64_t seldom_touches, often_touches, sum = 0, launches = 0;

    (void)state;
    flow_words(hum, "fill", words, 4 * MIB / sizeof(uint64_t), 0);
    do {
        for (unsigned i = 0; i < 100; i++)
            flow_words(hum, "add", often, CHUNK_WORDS, 1);
        flow_words(hum, "add", words + 7 * CHUNK_WORDS, CHUNK_WORDS, 1);
        seldom_touches = heat_of(hum, words + 7 * CHUNK_WORDS, 0);
        often_touches = heat_of(hum, often, 0);
    } while (++launches < 100 && often_touches < 100 * 50 * 2 * CHUNK_WORDS);
    for (unsigned i = 0; i < CHUNK_WORDS; i++)
        sum += often[i];
    assert_int_equal(sum, CHUNK_WORDS * (50 * CHUNK_WORDS + 100 * launches) +
                              CHUNK_WORDS * (CHUNK_WORDS - 1) / 2);
    assert_true(often_touches > 20 * seldom_touches);
    assert_true(flow_stats(hum).samples_touched > 100);
    hum_close(hum);
}

static void samples_see_the_host_too(void **state)
{
    struct hum *hum = open_counting(ONE_DEVICE, "50%", NULL);
    volatile uint64_t *words = flow_alloc(hum, 4 * MIB);
    uint64_t before;

    (void)state;
    memset((void *)(uintptr_t)words, 1, 4 * MIB);
    words[3 * CHUNK_WORDS] = 0;
    before = heat_of(hum, (const void *)(uintptr_t)(words + 3 * CHUNK_WORDS), HUM_HOST);
    for (uint64_t i = 0; i < UINT64_C(20000000000); i++) {
        words[3 * CHUNK_WORDS]++;
        if (i % 1000000 == 0 &&
            heat_of(hum, (const void *)(uintptr_t)(words + 3 * CHUNK_WORDS), HUM_HOST) >
                before + 64 * 20)
            break;
    }
    assert_true(heat_of(hum, (const void *)(uintptr_t)(words + 3 * CHUNK_WORDS), HUM_HOST) >
                before + 64 * 20);
    hum_close(hum);
}

static struct hum *open_policy(const char *devices, const char *policy, const char *sample)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = devices;
    options.policy = policy;
    options.sample = sample;
    ok(hum_open(&options, &hum));
    return hum;
}

/* The policy switches sampling on by itself; what is mapped far comes without a fault. */
static void what_is_touched_far_too_often_comes(void **state)
{
    struct hum *hum = open_policy(ONE_DEVICE, "counter,prefetch=none", NULL);
    uint64_t *words = flow_alloc(hum, 2 * MIB);
    struct hum_stats stats;
    uint64_t rounds = 0;

    (void)state;
    memset(words, 0, 2 * MIB);
    flow_words(hum, "add", words, CHUNK_WORDS, 1);
    stats = flow_stats(hum);
    assert_true(stats.sample_ppm > 0);
    if (!stats.total.pages[HUM_CAUSE_REMOTE_MAP]) { /* nothing can be mapped far here */
        hum_close(hum);
        skip();
    }
    do {
        flow_words(hum, "add", words, CHUNK_WORDS, 1);
        stats = flow_stats(hum);
    } while (++rounds < 50 * PATIENCE && !stats.total.bytes[HUM_H2D]);
    assert_true(stats.total.bytes[HUM_H2D] > 0);
    assert_true(stats.total.pages[HUM_CAUSE_PREFETCH_POLICY] > 0);
    for (size_t i = 0; i < CHUNK_WORDS; i++)
        assert_int_equal(words[i], rounds + 1);
    hum_close(hum);
}

/* Where the region's budget is used up by others, one of them leaves for it. */
static void what_is_touched_far_too_often_comes_within_the_budget(void **state)
{
    struct hum *hum = open_policy(ONE_DEVICE, "counter,prefetch=none,place.threshold=20000", "50%");
    size_t block_words = 2 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 12 * MIB), *hot = words + 5 * block_words;
    uint64_t rounds = 0; /* of one page: a second one would ask again by a fault */

    (void)state;
    memset(words, 0, 12 * MIB);
    ok(hum_budget_set(hum, words, 0, 8 * MIB));
    ok(hum_prefetch(hum, words, 8 * MIB, 0, NULL));
    assert_int_equal(flow_page(hum, words).resident & HUM_BIT(0), HUM_BIT(0));
    flow_words(hum, "add", hot, PAGE_WORDS, 1);
    if (!flow_stats(hum).total.pages[HUM_CAUSE_REMOTE_MAP]) { /* nothing can be mapped far here */
        hum_close(hum);
        skip();
    }
    assert_int_equal(flow_stats(hum).total.events[HUM_CAUSE_EVICTION], 0);
    while (++rounds < 500 * PATIENCE && !(flow_page(hum, hot).resident & HUM_BIT(0)))
        flow_words(hum, "add", hot, PAGE_WORDS, 1);
    assert_true(rounds < 500 * PATIENCE);
    assert_int_equal(flow_stats(hum).total.events[HUM_CAUSE_EVICTION], 1);
    for (size_t i = 0; i < PAGE_WORDS; i++)
        assert_int_equal(hot[i], rounds);
    hum_close(hum);
}

/* The host reads what a device keeps; each time that its mapping was taken away it is counted. */
static void what_the_host_touches_far_too_often_comes(void **state)
{
    struct hum *hum = open_policy(ONE_DEVICE, "counter,prefetch=none,place.host=1", "50%");
    uint64_t *words = flow_alloc(hum, 2 * MIB), sum = 0;
    volatile uint64_t *word = &words[9 * CHUNK_WORDS];
    uint64_t rounds = 0;

    (void)state;
    flow_words(hum, "fill", words, 2 * MIB / sizeof(uint64_t), 3);
    sum += *word;
    if (!flow_stats(hum).total.pages[HUM_CAUSE_REMOTE_MAP]) { /* nothing can be mapped far here */
        hum_close(hum);
        skip();
    }
    while (rounds++ < 20 * PATIENCE && !flow_stats(hum).total.bytes[HUM_D2H])
        for (unsigned i = 0; i < 100000; i++)
            sum += *word;
    assert_true(rounds < 20 * PATIENCE);
    assert_true(flow_stats(hum).samples_touched > 0);
    assert_int_equal(flow_page(hum, &words[9 * CHUNK_WORDS]).remote, 0);
    assert_true(heat_of(hum, &words[9 * CHUNK_WORDS], HUM_HOST) > 256);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(0));
    assert_int_equal(sum % *word, 0);
    hum_close(hum);
}

/* Blocks come and leave in turn, each for a few words: soon none of them comes any more. */
static void auto_leaves_far_what_is_touched_little(void **state)
{
    struct hum *hum = open_policy("emu:mem=16M,workers=2", "auto", "50%");
    size_t blocks = 12, words_per_block = 2 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, blocks * 2 * MIB);
    uint64_t rounds = 0, far, came;

    (void)state;
    memset(words, 0, blocks * 2 * MIB);
    do {
        came = flow_stats(hum).total.bytes[HUM_H2D];
        for (size_t b = 0; b < blocks; b++)
            flow_words(hum, "add", words + b * words_per_block, 8, 1);
        far = flow_stats(hum).total.pages[HUM_CAUSE_REMOTE_MAP];
    } while (++rounds < PATIENCE && (far <= 2 * MIB / 4096 ||
                                     flow_stats(hum).total.bytes[HUM_H2D] > came));
    if (!far && rounds == PATIENCE) { /* nothing can be mapped far here */
        hum_close(hum);
        skip();
    }
    assert_true(rounds < PATIENCE);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < 9; i++)
            assert_int_equal(words[b * words_per_block + i], i < 8 ? rounds : 0);
    hum_close(hum);
}

static void sampling_that_is_off_stays_off(void **state)
{
    struct hum *hum = open_policy(ONE_DEVICE, "counter", "off");

    (void)state;
    assert_int_equal(flow_stats(hum).sample_ppm, 0);
    hum_close(hum);
    if (getenv("HUM_SAMPLE"))
        return; /* there is always a choice then */
    hum = open_policy(ONE_DEVICE, "driver", NULL);
    assert_int_equal(flow_stats(hum).sample_ppm, 0);
    hum_close(hum);
}

static void without_sampling_nothing_is_taken(void **state)
{
    struct hum *hum = open_counting(ONE_DEVICE, "off", NULL);
    uint64_t *words = flow_alloc(hum, 4 * MIB);

    (void)state;
    flow_words(hum, "fill", words, 4 * MIB / sizeof(uint64_t), 0);
    assert_int_equal(flow_stats(hum).samples_taken, 0);
    assert_int_equal(flow_stats(hum).sample_ppm, 0);
    hum_close(hum);
}

static void a_share_that_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"2", "51%", "-1%", "%", "1e1%", "2 %x", "maybe", "nan%"};
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    (void)state;
    options.devices = ONE_DEVICE;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.sample = bad[i];
        status_is(HUM_ERR_INVALID, hum_open(&options, &hum));
        assert_non_null(strstr(hum_error_text(), "HUM_SAMPLE"));
    }
    options.sample = "on";
    options.deterministic = true;
    status_is(HUM_ERR_INVALID, hum_open(&options, &hum));
}

/* ---- exact ----------------------------------------------------------------------------------- */

static void exact_touches_are_counted(void **state)
{
    char path[] = "/tmp/hum-heat-XXXXXX";
    int file = mkstemp(path);
    struct hum *hum;
    uint64_t *words;
    struct hum_chunk_heat heat[32];

    (void)state;
    assert_true(file >= 0);
    close(file);
    hum = open_counting(ONE_DEVICE, "off", path);
    words = flow_alloc(hum, 2 * MIB);
    flow_words(hum, "fill", words + 2 * CHUNK_WORDS, CHUNK_WORDS, 0);
    flow_words(hum, "add", words + 9 * CHUNK_WORDS, CHUNK_WORDS, 1);
    ok(hum_heat_query(hum, words, 2 * MIB, 0, heat, 32));
    for (unsigned c = 0; c < 32; c++) {
        assert_int_equal(heat[c].reads, c == 9 ? CHUNK_WORDS : 0);
        assert_int_equal(heat[c].writes, c == 2 || c == 9 ? CHUNK_WORDS : 0);
    }
    hum_close(hum);
    unlink(path);
}

/* ---- races ----------------------------------------------------------------------------------- */

struct churn {
    struct hum *hum;
    atomic_bool stop;
    unsigned rounds;
};

/* Regions come and go beside those that kernels work on. */
static void *churn(void *argument)
{
    struct churn *c = argument;

    while (!atomic_load(&c->stop)) {
        void *ptr;

        must(hum_alloc(c->hum, 6 * MIB, 0, &ptr) == HUM_OK);
        memset(ptr, 1, 6 * MIB);
        must(hum_prefetch(c->hum, ptr, 6 * MIB, 0, NULL) == HUM_OK);
        must(hum_discard(c->hum, ptr, 3 * MIB, NULL) == HUM_OK);
        must(((volatile char *)ptr)[5 * MIB] == 1);
        must(hum_free(c->hum, ptr) == HUM_OK);
        c->rounds++;
    }
    return NULL;
}

/* More than the device holds, so that blocks leave while they are sampled. */
static void no_byte_is_lost_while_blocks_come_and_go(void **state)
{
    struct hum *hum = open_counting("emu:mem=16M,workers=2", "50%", NULL);
    size_t n = 24 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 24 * MIB);
    struct churn c = {.hum = hum};
    pthread_t thread;

    (void)state;
    flow_words(hum, "fill", words, n, 0);
    assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
    for (unsigned round = 0; round < 12; round++) {
        flow_words(hum, "add", words, n, 1);
        for (size_t i = round; i < n; i += 997)
            words[i]--;
    }
    atomic_store(&c.stop, true);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < n; i++) {
        uint64_t taken = 0;

        for (unsigned round = 0; round < 12; round++)
            taken += i >= round && (i - round) % 997 == 0;
        if (words[i] != i + 12 - taken)
            fail_msg("word %zu is %llu", i, (unsigned long long)words[i]);
    }
    assert_true(c.rounds > 0);
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_counted),
        cmocka_unit_test(a_query_asks_for_a_part_of_a_live_region),
        cmocka_unit_test(samples_find_the_chunk_that_is_touched),
        cmocka_unit_test(devices_sample_in_proportion_to_touches),
        cmocka_unit_test(samples_see_the_host_too),
        cmocka_unit_test(what_is_touched_far_too_often_comes),
        cmocka_unit_test(what_is_touched_far_too_often_comes_within_the_budget),
        cmocka_unit_test(what_the_host_touches_far_too_often_comes),
        cmocka_unit_test(auto_leaves_far_what_is_touched_little),
        cmocka_unit_test(sampling_that_is_off_stays_off),
        cmocka_unit_test(without_sampling_nothing_is_taken),
        cmocka_unit_test(a_share_that_is_none_is_refused),
        cmocka_unit_test(exact_touches_are_counted),
        cmocka_unit_test(no_byte_is_lost_while_blocks_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
