/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/memory.h"
#include "support/child.h"
#include "support/test.h"

#define GIB ((size_t)1 << 30)

static void a_space_is_where_and_as_big_as_told(void **state)
{
    uintptr_t start = 0;
    size_t bytes = 0;

    (void)state;
    assert_int_equal(humi_space_reserve(3 * GIB, true, &start, &bytes), HUM_OK);
    assert_int_equal(bytes, 3 * GIB);
    assert_true(start != 0);
    assert_int_equal(start % GIB, 0);
    humi_space_release(start, bytes);
}

static void spaces_find_different_places(void **state)
{
    uintptr_t start[4];
    size_t bytes[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(humi_space_reserve(GIB, true, &start[i], &bytes[i]), HUM_OK);
        for (int k = 0; k < i; k++)
            assert_true(start[k] + GIB <= start[i] || start[i] + GIB <= start[k]);
    }
    for (int i = 0; i < 4; i++)
        humi_space_release(start[i], bytes[i]);
}

static void odd_and_impossible_sizes_are_refused(void **state)
{
    uintptr_t start = 5;
    size_t bytes = 5;

    (void)state;
    assert_int_equal(humi_space_reserve(GIB + 4096, true, &start, &bytes), HUM_ERR_INVALID);
    assert_int_equal(humi_space_reserve(GIB << 30, true, &start, &bytes), HUM_ERR_NO_SPACE);
    assert_non_null(strstr(hum_error_text(), "HUM_SPACE"));
    assert_int_equal(start, 5);
    assert_int_equal(bytes, 5);
}

/* Address space for 100 GiB: a default space becomes smaller, an exact one fails. */
static void in_a_small_address_space(void *context)
{
    struct rlimit limit = {100 * GIB, 100 * GIB};
    uintptr_t start;
    size_t bytes;

    (void)context;
    if (setrlimit(RLIMIT_AS, &limit) != 0 ||
        humi_space_reserve(0, false, &start, &bytes) != HUM_OK || bytes != HUMI_SPACE_LEAST)
        _exit(1);
    humi_space_release(start, bytes);
    if (humi_space_reserve(1024 * GIB, true, &start, &bytes) != HUM_ERR_NO_SPACE)
        _exit(2);
    _exit(0);
}

static void a_default_space_is_halved_until_it_fits(void **state)
{
    struct child child;

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* sanitizers need more address space than that */
#endif
    assert_true(child_run(in_a_small_address_space, NULL, &child));
    assert_true(child.exited);
    assert_int_equal(child.code, 0);
}

static void a_file_is_the_same_in_space_and_window(void **state)
{
    int file = memfd_create("test", MFD_CLOEXEC);
    uintptr_t start;
    size_t bytes;
    char *window;

    (void)state;
    assert_int_equal(ftruncate(file, GIB), 0);
    assert_int_equal(humi_space_reserve(GIB, true, &start, &bytes), HUM_OK);
    assert_int_equal(humi_space_map_at(start, bytes, file, false), HUM_ERR_NO_SPACE); /* taken */
    assert_int_equal(humi_space_map(start, bytes, file), HUM_OK);
    assert_int_equal(humi_window_map(file, bytes, &window), HUM_OK);
    assert_int_equal((uintptr_t)window % HUM_BLOCK_SIZE, 0);
    ((char *)start)[GIB - 1] = 42;
    assert_int_equal(window[GIB - 1], 42);
    humi_memory_zap(start, bytes);
    assert_int_equal(((char *)start)[GIB - 1], 42);
    humi_window_unmap(window, bytes);
    humi_space_unmap(start, bytes);
    humi_space_release(start, bytes);
    assert_int_equal(humi_space_map_at(start, bytes, file, true), HUM_OK);
    assert_int_equal(((char *)start)[GIB - 1], 42);
    assert_int_equal(syscall(SYS_getrandom, start, 1, 0), -1); /* read-only */
    assert_true(humi_memory_allow_write(start, HUM_BLOCK_SIZE, true));
    ((char *)start)[0] = 43;
    assert_true(humi_memory_allow_write(start, HUM_BLOCK_SIZE, false));
    assert_int_equal(syscall(SYS_getrandom, start, 1, 0), -1);
    assert_int_equal(((char *)start)[0], 43);
    munmap((void *)start, bytes);
    close(file);
}

static void a_part_leads_to_another_file_and_back(void **state)
{
    int own = memfd_create("own", 0), other = memfd_create("other", 0);
    struct humi_memory_lead lead = {.bytes = 2 * HUM_PAGE_SIZE,
                                    .file = other,
                                    .offset = 5 * HUM_PAGE_SIZE,
                                    .right = HUMI_MEMORY_WRITE,
                                    .fill = true};
    size_t bytes = 0;
    char byte = 0;

    (void)state;
    assert_int_equal(humi_space_reserve(GIB, true, &lead.start, &bytes), HUM_OK);
    assert_int_equal(ftruncate(own, (off_t)GIB) | ftruncate(other, (off_t)GIB), 0);
    assert_int_equal(pwrite(own, "abcd", 1, 5 * HUM_PAGE_SIZE), 1);
    assert_int_equal(pwrite(other, "xyz", 1, 5 * HUM_PAGE_SIZE), 1);
    assert_int_equal(humi_space_map(lead.start, bytes, own), HUM_OK);
    volatile char *space = (char *)lead.start;
    lead.start += 5 * HUM_PAGE_SIZE;
    assert_int_equal(humi_memory_lead(&lead), HUM_OK);
    assert_int_equal(space[5 * HUM_PAGE_SIZE], 'x');
    space[6 * HUM_PAGE_SIZE] = 'w';
    assert_int_equal(pread(other, &byte, 1, 6 * HUM_PAGE_SIZE), 1);
    assert_int_equal(byte, 'w');
    lead.file = own;
    lead.right = HUMI_MEMORY_READ;
    assert_int_equal(humi_memory_lead(&lead), HUM_OK);
    assert_int_equal(space[5 * HUM_PAGE_SIZE], 'a');
    assert_int_equal(space[6 * HUM_PAGE_SIZE], 0);
    lead.file = -1;
    assert_int_not_equal(humi_memory_lead(&lead), HUM_OK);
    humi_space_release((uintptr_t)space, bytes);
    close(own);
    close(other);
}

static void the_limit_of_mappings_is_known(void **state)
{
    (void)state;
    assert_true(humi_memory_mappings_max() >= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_space_is_where_and_as_big_as_told),
        cmocka_unit_test(spaces_find_different_places),
        cmocka_unit_test(odd_and_impossible_sizes_are_refused),
        cmocka_unit_test(a_default_space_is_halved_until_it_fits),
        cmocka_unit_test(a_file_is_the_same_in_space_and_window),
        cmocka_unit_test(a_part_leads_to_another_file_and_back),
        cmocka_unit_test(the_limit_of_mappings_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
