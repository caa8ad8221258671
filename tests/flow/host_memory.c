/* SPDX-License-Identifier: MIT */
/* host_memory.c - a limit on the host's side, and both sides full at once. */
#include "flow/flow.h"

#include <signal.h>
#include <unistd.h>

static struct hum *open_limited(const char *devices, size_t host_bytes)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = devices;
    options.host_bytes = host_bytes;
    must(hum_open(&options, &hum) == HUM_OK);
    return hum;
}

static void the_limit_is_told_and_kept(void **state)
{
    struct hum *hum = open_limited("emu:mem=64M", 8 * MIB);
    uint64_t *words = flow_alloc(hum, 8 * MIB);
    struct hum_stats stats;

    (void)state;
    memset(words, 1, 8 * MIB);
    stats = flow_stats(hum);
    assert_int_equal(stats.capacity_bytes[0], 8 * MIB);
    assert_int_equal(stats.frame_bytes[0], 8 * MIB);
    hum_close(hum);
}

static void copies_that_the_device_has_too_make_room(void **state)
{
    struct hum *hum = open_limited("emu:mem=64M", 8 * MIB);
    size_t n = 8 * MIB / 8;
    uint64_t *first = flow_alloc(hum, 8 * MIB), *second = flow_alloc(hum, 8 * MIB);

    (void)state;
    if (!flow_can_share(hum)) { /* every page has one holder: nothing can make room */
        hum_close(hum);
        skip();
    }
    for (size_t i = 0; i < n; i++)
        first[i] = i;
    ok(hum_prefetch(hum, first, 8 * MIB, 0, NULL));
    for (size_t i = 0; i < n; i++)
        second[i] = i + 1;
    assert_true(flow_stats(hum).frame_bytes[0] <= 8 * MIB);
    ok(hum_prefetch(hum, second, 8 * MIB, 0, NULL));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(first[i], i);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(second[i], i + 1);
    hum_close(hum);
}

static void freed_and_discarded_memory_makes_room(void **state)
{
    struct hum *hum = open_limited("emu:mem=64M", 4 * MIB);

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        char *bytes = flow_alloc(hum, 4 * MIB);
        memset(bytes, 1, 4 * MIB);
        if (i % 2)
            ok(hum_discard(hum, bytes, 4 * MIB, NULL));
        else
            ok(hum_free(hum, bytes));
    }
    assert_int_equal(flow_stats(hum).frame_bytes[0], 0);
    hum_close(hum);
}

/* The device cannot write back because the host is full: the kernel fails, nothing is lost. */
static void a_kernel_fails_when_both_sides_are_full(void **state)
{
    struct hum *hum = open_limited("emu:mem=4M,workers=1", 4 * MIB);
    size_t n = 16 * MIB / 8;
    uint64_t *words = flow_alloc(hum, 16 * MIB), *host = flow_alloc(hum, 2 * MIB);
    struct flow_words args = {.words = words, .n = n, .value = 1};

    (void)state;
    memset(host, 5, 2 * MIB);
    status_is(HUM_ERR_NO_MEMORY, flow_try(hum, 0, "fill", &args, sizeof args, n));
    assert_true(strlen(hum_error_text()) > 10);
    for (size_t i = 0; i < 2 * MIB / 8; i++)
        assert_int_equal(host[i], UINT64_C(0x0505050505050505));
    ok(hum_free(hum, words));
    words = flow_alloc(hum, 4 * MIB);
    ok(hum_free(hum, host));
    flow_words(hum, "fill", words, 2 * MIB / 8, 1);
    assert_int_equal(words[7], 8);
    hum_close(hum);
}

static void prefetch_home_holds_what_fits(void **state)
{
    struct hum *hum = open_limited("emu:mem=64M,workers=2", 4 * MIB);
    size_t n = 16 * MIB / 8;
    uint64_t *words = flow_alloc(hum, 16 * MIB), sum = 0;

    (void)state;
    if (!flow_can_share(hum)) { /* every page has one holder: nothing can make room */
        hum_close(hum);
        skip();
    }
    flow_words(hum, "fill", words, n, 1);
    ok(hum_prefetch(hum, words, 16 * MIB, HUM_HOST, NULL));
    assert_true(flow_stats(hum).frame_bytes[0] <= 4 * MIB);
    for (size_t i = 0; i < n; i++)
        sum += words[i]; /* reads: copies that the device has too come and go */
    assert_int_equal(sum, (uint64_t)n * (n + 1) / 2);
    hum_close(hum);
}

static void write_more_than_there_is(void *context)
{
    struct hum *hum = open_limited("emu:mem=4M", 4 * MIB);
    char *bytes;

    (void)context;
    must(hum_alloc(hum, 64 * MIB, 0, (void **)&bytes) == HUM_OK);
    memset(bytes, 1, 64 * MIB);
}

static void a_host_thread_gets_sigbus_when_everything_is_full(void **state)
{
    (void)state;
    flow_child_signal(flow_child(write_more_than_there_is, NULL), SIGBUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_told_and_kept),
        cmocka_unit_test(copies_that_the_device_has_too_make_room),
        cmocka_unit_test(freed_and_discarded_memory_makes_room),
        cmocka_unit_test(a_kernel_fails_when_both_sides_are_full),
        cmocka_unit_test(prefetch_home_holds_what_fits),
        cmocka_unit_test(a_host_thread_gets_sigbus_when_everything_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
