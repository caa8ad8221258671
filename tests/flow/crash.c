/* SPDX-License-Identifier: MIT */
/* crash.c - kernels that crash or never end. */
#include "flow/flow.h"

#include <unistd.h>

static struct hum *open_with_watchdog(unsigned watchdog_ms)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum = NULL;

    options.devices = ONE_DEVICE;
    options.watchdog_ms = watchdog_ms;
    ok(hum_open(&options, &hum));
    return hum;
}

/* The kernel ends with that status and its name; what was there before is there after. */
static void assert_ends(struct hum *hum, const char *kernel, enum hum_status want, uint64_t *words)
{
    struct flow_none none = {0};

    flow_words(hum, "fill", words, MIB / sizeof *words, 1);
    flow_status(want, flow_try(hum, 0, kernel, &none, sizeof none, 1), kernel, __FILE__, __LINE__);
    assert_non_null(strstr(hum_error_text(), kernel));
    assert_int_equal(words[9], 10);
    flow_words(hum, "add", words, MIB / sizeof *words, 1);
    for (size_t i = 0; i < MIB / sizeof *words; i++)
        assert_int_equal(words[i], i + 2);
}

static void crashes_are_reported_and_the_device_goes_on(void **state)
{
    struct hum *hum = open_with_watchdog(0);
    uint64_t *words = flow_alloc(hum, MIB);

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        assert_ends(hum, "divide_by_zero", HUM_ERR_KERNEL_CRASHED, words);
        assert_ends(hum, "bad_instruction", HUM_ERR_KERNEL_CRASHED, words);
    }
    hum_close(hum);
}

static void a_stack_overflow_is_an_error_not_the_end(void **state)
{
    struct hum *hum = open_with_watchdog(0);
    struct flow_none none = {0};
    uint64_t *words = flow_alloc(hum, PAGE);
    enum hum_status status = flow_try(hum, 0, "overflow_stack", &none, sizeof none, 1);

    (void)state;
    assert_true(status == HUM_ERR_KERNEL_CRASHED || status == HUM_ERR_ILLEGAL_ADDRESS);
    assert_non_null(strstr(hum_error_text(), "overflow_stack"));
    flow_words(hum, "fill", words, 1, 3);
    assert_int_equal(words[0], 3);
    hum_close(hum);
}

static void the_watchdog_ends_what_never_ends(void **state)
{
    struct hum *hum = open_with_watchdog(150);
    uint64_t *words = flow_alloc(hum, MIB);
    double start;

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        start = flow_now();
        assert_ends(hum, "run_for_ever", HUM_ERR_TIMEOUT, words);
        assert_true(flow_now() - start >= 0.1);
    }
    hum_close(hum);
}

static void the_watchdog_leaves_short_kernels_alone(void **state)
{
    struct hum *hum = open_with_watchdog(2000);
    uint64_t *words = flow_alloc(hum, 16 * MIB);

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        flow_words(hum, "add", words, 16 * MIB / sizeof *words, 1);
    assert_int_equal(words[0], 20);
    hum_close(hum);
}

/* A kernel that waits for the host's gate is no crash when the gate is slow. */
static void waiting_without_a_watchdog_is_no_error(void **state)
{
    struct hum *hum = open_with_watchdog(0);
    struct flow_gate args = {.gate = flow_alloc(hum, PAGE), .until = 1};

    (void)state;
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args, sizeof args));
    usleep(300000);
    __atomic_store_n(args.gate, 1, __ATOMIC_SEQ_CST);
    ok(hum_wait(hum, 0));
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_are_reported_and_the_device_goes_on),
        cmocka_unit_test(a_stack_overflow_is_an_error_not_the_end),
        cmocka_unit_test(the_watchdog_ends_what_never_ends),
        cmocka_unit_test(the_watchdog_leaves_short_kernels_alone),
        cmocka_unit_test(waiting_without_a_watchdog_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
