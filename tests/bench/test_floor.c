/* SPDX-License-Identifier: MIT */
/*
 * test_floor.c - the floors do what they claim: every touch is served, by both arrangements, again
 * in the next round, and ends of processes leave nothing behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "floor/floor.h"

#define PAGES 64

static void list_all(uint64_t *pages)
{
    for (uint64_t i = 0; i < PAGES; i++)
        pages[i] = (i * 37) % PAGES;
}

/* Where userfaultfd is forbidden there is no floor, and no runtime either. */
static struct floor_fault *open_or_skip(enum floor_fault_kind kind)
{
    struct floor_fault *f = NULL;
    int error = floor_fault_open(kind, PAGES, &f);

    if (error == EPERM || error == ENOSYS || error == EACCES)
        skip();
    assert_int_equal(error, 0);
    return f;
}

static void touch_rounds(enum floor_fault_kind kind)
{
    struct floor_fault *f = open_or_skip(kind);
    uint64_t pages[PAGES];
    double seconds = 0;

    list_all(pages);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(floor_fault_unmap(f), 0);
        assert_int_equal(floor_fault_touch(f, pages, PAGES, round == 2, &seconds), 0);
        assert_true(seconds > 0);
    }
    assert_int_equal(floor_fault_pin(f), 0);
    assert_int_equal(floor_fault_unmap(f), 0);
    assert_int_equal(floor_fault_touch(f, pages, PAGES, false, &seconds), 0);
    floor_fault_close(f);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_process_is_served_round_after_round(void **state)
{
    (void)state;
    touch_rounds(FLOOR_FAULT_PROCESS);
}

static void a_thread_is_served_round_after_round(void **state)
{
    (void)state;
    touch_rounds(FLOOR_FAULT_THREAD);
}

static void protected_pages_become_writable(void **state)
{
    struct floor_fault *f = open_or_skip(FLOOR_FAULT_THREAD);
    uint64_t pages[PAGES];
    double seconds = 0;

    (void)state;
    list_all(pages);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(floor_fault_protect(f), 0);
        assert_int_equal(floor_fault_touch(f, pages, PAGES, true, &seconds), 0);
    }
    floor_fault_close(f);
}

static void a_futex_goes_to_and_fro(void **state)
{
    struct floor_futex *f = NULL;

    (void)state;
    assert_int_equal(floor_futex_open(&f), 0);
    assert_true(floor_futex_trips(f, 10) > 0);
    floor_futex_close(f);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void memory_is_aligned_and_writable(void **state)
{
    void *memory = NULL;
    bool huge;

    (void)state;
    assert_int_equal(floor_memory(3 << 20, &memory, &huge), 0);
    assert_int_equal((uintptr_t)memory % (2 << 20), 0);
    memset(memory, 5, 3 << 20);
    floor_memory_free(memory, 3 << 20);
    floor_memory_free(NULL, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_served_round_after_round),
        cmocka_unit_test(a_thread_is_served_round_after_round),
        cmocka_unit_test(protected_pages_become_writable),
        cmocka_unit_test(a_futex_goes_to_and_fro),
        cmocka_unit_test(memory_is_aligned_and_writable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
