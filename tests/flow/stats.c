/* SPDX-License-Identifier: MIT */
/* stats.c - whom the counters are kept for: processors sum up to the space, kernels to devices. */
#include "flow/flow.h"

#define WORDS (sizeof(struct hum_counters) / sizeof(uint64_t))

static void add(struct hum_counters *sum, const struct hum_counters *more)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)more;

    for (size_t i = 0; i < WORDS; i++)
        to[i] += from[i];
}

static struct hum_counters processor(struct hum *hum, int number)
{
    struct hum_counters counters;

    ok(hum_stats_processor(hum, number, &counters));
    return counters;
}

static struct hum_kernel_stats kernel(struct hum *hum, const char *name)
{
    struct hum_kernel_stats stats;

    ok(hum_stats_kernel(flow_kernel(hum, 0, name), &stats));
    return stats;
}

/* Host and two devices, evictions of both kinds, a prefetch, an upgrade, a discard, a free. */
static void story(struct hum *hum)
{
    size_t n = 24 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 24 * MIB), *freed = flow_alloc(hum, 4 * MIB);
    struct flow_words args = {.words = words, .n = n, .value = 1};

    for (size_t i = 0; i < n; i++)
        words[i] = i;
    flow_run(hum, 0, "read_words", &args, n);
    flow_run(hum, 0, "add", &args, n);
    flow_run(hum, 1, "add", &args, n);
    flow_run(hum, 0, "add", &args, n);
    for (size_t i = 0; i < n; i += 512)
        words[i]++;
    ok(hum_prefetch(hum, words, 4 * MIB, 1, NULL));
    ok(hum_discard(hum, words, 2 * MIB, NULL));
    memset(freed, 1, 4 * MIB);
    ok(hum_free(hum, freed));
}

static struct hum *open_linked(const char *devices, const char *link)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = devices;
    options.link = link;
    ok(hum_open(&options, &hum));
    return hum;
}

static void processors_sum_up_to_the_space(void **state)
{
    struct hum *hum = open_linked("emu:mem=8M,workers=2;emu:mem=10M,workers=1", "pcie3x16");
    struct hum_counters sum = {0}, part;
    struct hum_stats total;

    (void)state;
    story(hum);
    total = flow_stats(hum);
    for (int p = HUM_HOST; p < 2; p++) {
        part = processor(hum, p);
        add(&sum, &part);
    }
    assert_memory_equal(&sum, &total.total, sizeof sum);
    assert_true(total.total.evictions_dirty > 0);
    assert_true(total.total.modelled_ns[HUM_H2D] > 0 && total.total.modelled_ns[HUM_D2H] > 0);
    part = processor(hum, 0);
    assert_int_equal(part.faults_host, 0);
    assert_true(part.faults_device > 0 && part.evictions_dirty > 0 && part.service_ns > 0);
    part = processor(hum, HUM_HOST);
    assert_int_equal(part.faults_device + part.evictions_clean + part.evictions_dirty, 0);
    assert_int_equal(part.faults_host, total.total.faults_host);
    hum_close(hum);
}

static void nothing_is_modelled_without_a_link(void **state)
{
    struct hum *hum = open_linked("emu:mem=8M,workers=1;emu:mem=8M,workers=1", NULL);
    struct hum_stats stats;

    (void)state;
    story(hum);
    stats = flow_stats(hum);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        assert_int_equal(stats.total.modelled_ns[d], 0);
    hum_close(hum);
}

/* On one device every fault of a device is a kernel's, and a region's evictions are its own. */
static void kernels_have_the_faults_of_their_launches(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    size_t n = 8 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 8 * MIB);
    struct hum_kernel_stats fill, add_, idle;
    struct hum_counters device;

    (void)state;
    for (size_t i = 0; i < n; i++)
        words[i] = i;
    idle = kernel(hum, "read_words");
    for (unsigned i = 0; i < 3; i++)
        flow_words(hum, "add", words, n, 1);
    for (size_t i = 0; i < n; i += 512)
        words[i] = i;
    flow_words(hum, "fill", words, n, 1);
    fill = kernel(hum, "fill");
    add_ = kernel(hum, "add");
    idle = kernel(hum, "read_words");
    device = processor(hum, 0);
    assert_int_equal(fill.launches, 1);
    assert_int_equal(add_.launches, 3);
    assert_int_equal(idle.launches + idle.launch_ns + idle.counters.faults_device, 0);
    assert_true(fill.launch_ns > 0 && add_.launch_ns > 0);
    assert_true(add_.counters.bytes[HUM_H2D] > 0 && add_.counters.service_ns > 0);
    assert_int_equal(fill.counters.faults_device + add_.counters.faults_device,
                     device.faults_device);
    assert_int_equal(fill.counters.faults_host + add_.counters.faults_host, 0);
    hum_close(hum);
}

static void a_difference_is_what_happened_between(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    size_t n = 2 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 2 * MIB);
    struct hum_stats before, after;
    struct hum_counters between;

    (void)state;
    flow_words(hum, "fill", words, n, 1);
    before = flow_stats(hum);
    for (size_t i = 0; i < n; i += 512)
        assert_int_equal(words[i], i + 1);
    after = flow_stats(hum);
    hum_counters_subtract(&after.total, &before.total, &between);
    assert_int_equal(between.bytes[HUM_D2H], 2 * MIB);
    assert_int_equal(between.bytes[HUM_H2D], 0);
    assert_int_equal(between.faults_device, 0);
    assert_true(between.faults_host > 0);
    hum_close(hum);
}

static void misuse_is_told(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct hum_kernel_stats stats;
    struct hum_counters counters;

    (void)state;
    status_is(HUM_ERR_INVALID, hum_stats_processor(NULL, HUM_HOST, &counters));
    status_is(HUM_ERR_INVALID, hum_stats_processor(hum, 1, &counters));
    status_is(HUM_ERR_INVALID, hum_stats_processor(hum, -2, &counters));
    status_is(HUM_ERR_INVALID, hum_stats_processor(hum, 0, NULL));
    status_is(HUM_ERR_INVALID, hum_stats_kernel(NULL, &stats));
    status_is(HUM_ERR_INVALID, hum_stats_kernel(flow_kernel(hum, 0, "fill"), NULL));
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors_sum_up_to_the_space),
        cmocka_unit_test(nothing_is_modelled_without_a_link),
        cmocka_unit_test(kernels_have_the_faults_of_their_launches),
        cmocka_unit_test(a_difference_is_what_happened_between),
        cmocka_unit_test(misuse_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
