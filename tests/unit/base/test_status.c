/* SPDX-License-Identifier: MIT */
/* test_status.c - the sentence of the last failure: whose, which, and how long. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "support/child.h"
#include "support/test.h"

static void failure_returns_its_status_and_keeps_its_sentence(void **state)
{
    (void)state;
    assert_int_equal(humi_fail(HUM_ERR_NO_SPACE, "no room for %d", 5), HUM_ERR_NO_SPACE);
    assert_string_equal(hum_error_text(), "no room for 5");
}

static void sentence_may_quote_the_one_before(void **state)
{
    (void)state;
    (void)humi_fail(HUM_ERR_INVALID, "inner");
    (void)humi_fail(HUM_ERR_INVALID, "outer: %s", hum_error_text());
    assert_string_equal(hum_error_text(), "outer: inner");
}

static void errno_becomes_a_status_and_a_reason(void **state)
{
    static const struct {
        int error;
        enum hum_status status;
    } cases[] = {
        {ENOMEM, HUM_ERR_NO_MEMORY}, {EPERM, HUM_ERR_PERMISSION}, {EACCES, HUM_ERR_PERMISSION},
        {EIO, HUM_ERR_SYSTEM},       {0, HUM_ERR_SYSTEM},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        errno = cases[i].error;
        assert_int_equal(humi_fail_errno("open %s", "x"), cases[i].status);
        assert_int_equal(errno, cases[i].error);
        assert_memory_equal(hum_error_text(), "open x: ", 8);
        assert_non_null(strstr(hum_error_text(), strerror(cases[i].error)));
    }
}

static void long_sentence_is_cut(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)humi_fail(HUM_ERR_INVALID, "%s", text);
    assert_int_equal(strlen(hum_error_text()), HUMI_ERROR_TEXT_BYTES - 1);
    errno = EIO;
    (void)humi_fail_errno("%s", text);
    assert_int_equal(strlen(hum_error_text()), HUMI_ERROR_TEXT_BYTES - 1);
    humi_error_restore(text);
    assert_int_equal(strlen(hum_error_text()), HUMI_ERROR_TEXT_BYTES - 1);
}

static void *fail_elsewhere(void *saved)
{
    if (hum_error_text()[0] != '\0')
        return NULL;
    (void)humi_fail(HUM_ERR_TIMEOUT, "elsewhere");
    humi_error_save(saved, HUMI_ERROR_TEXT_BYTES);
    return saved;
}

static void text_belongs_to_its_thread_and_can_be_handed_over(void **state)
{
    char saved[HUMI_ERROR_TEXT_BYTES];
    pthread_t thread;
    void *result;

    (void)state;
    (void)humi_fail(HUM_ERR_INVALID, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, saved), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_string_equal(hum_error_text(), "here");
    humi_error_restore(saved);
    assert_string_equal(hum_error_text(), "elsewhere");
    humi_error_restore(hum_error_text());
    assert_string_equal(hum_error_text(), "elsewhere");
}

static void saved_text_is_cut_to_its_room(void **state)
{
    char small[5];

    (void)state;
    (void)humi_fail(HUM_ERR_INVALID, "a longer one");
    humi_error_save(small, sizeof small);
    assert_string_equal(small, "a lo");
}

static void fail_at_debug_level(void *context)
{
    (void)context;
    humi_log_set_level(HUMI_LOG_DEBUG);
    (void)humi_fail(HUM_ERR_BUSY, "in use by %s", "b");
}

static void failure_is_logged_at_debug_level(void **state)
{
    struct child child;

    (void)state;
    assert_true(child_run(fail_at_debug_level, NULL, &child));
    assert_string_equal(child.text, "hum: debug: HUM_ERR_BUSY: in use by b\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_returns_its_status_and_keeps_its_sentence),
        cmocka_unit_test(sentence_may_quote_the_one_before),
        cmocka_unit_test(errno_becomes_a_status_and_a_reason),
        cmocka_unit_test(long_sentence_is_cut),
        cmocka_unit_test(text_belongs_to_its_thread_and_can_be_handed_over),
        cmocka_unit_test(saved_text_is_cut_to_its_room),
        cmocka_unit_test(failure_is_logged_at_debug_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
