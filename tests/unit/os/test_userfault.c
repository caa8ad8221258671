/* SPDX-License-Identifier: MIT */
/* The rest of userfault.c is seen through tests/device/contract.c. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <stdio.h>
#include <unistd.h>

#include "os/userfault.h"
#include "support/test.h"

#define PAGES 8
static char *pages;
static int file, fd;
static bool kernel_faults;

static int setup(void **state)
{
    (void)state;
    file = memfd_create("test", MFD_CLOEXEC);
    if (humi_userfault_open(false, &fd, &kernel_faults) != HUM_OK ||
        ftruncate(file, PAGES * (off_t)HUM_PAGE_SIZE) != 0)
        return -1;
    pages = mmap(NULL, PAGES * HUM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return humi_userfault_register(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE) == HUM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close(fd);
    munmap(pages, PAGES * HUM_PAGE_SIZE);
    close(file);
    return 0;
}

static void user_faults_need_no_privilege(void **state)
{
    (void)state;
    assert_false(kernel_faults);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void absent_frames_cannot_be_mapped(void **state)
{
    bool existing = false;

    (void)state;
    assert_int_equal(
        humi_userfault_resume(fd, (uintptr_t)pages, HUM_PAGE_SIZE, false, &existing),
        HUM_ERR_NOT_FOUND);
    assert_false(existing);
}

static void mapping_goes_on_behind_mapped_pages(void **state)
{
    bool existing = false;

    (void)state;
    assert_int_equal(fallocate(file, 0, 0, PAGES * (off_t)HUM_PAGE_SIZE), 0);
    assert_int_equal(humi_userfault_resume(fd, (uintptr_t)pages + 2 * HUM_PAGE_SIZE,
                                           2 * HUM_PAGE_SIZE, false, &existing),
                     HUM_OK);
    assert_false(existing);
    assert_int_equal(humi_userfault_resume(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE, false,
                                           &existing),
                     HUM_OK);
    assert_true(existing);
    for (size_t i = 0; i < PAGES; i++)
        pages[i * HUM_PAGE_SIZE] = 1; /* does not fault */
}

/* The kernel has three mappings of what was one, and answers for one of them at a time. */
static void a_range_may_be_several_mappings(void **state)
{
    bool existing = false;

    (void)state;
    assert_int_equal(fallocate(file, 0, 0, PAGES * (off_t)HUM_PAGE_SIZE), 0);
    assert_int_equal(madvise(pages + 3 * HUM_PAGE_SIZE, 2 * HUM_PAGE_SIZE, MADV_DONTFORK), 0);
    assert_int_equal(humi_userfault_resume(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE, false,
                                           &existing),
                     HUM_OK);
    assert_false(existing);
    for (size_t i = 0; i < PAGES; i++)
        pages[i * HUM_PAGE_SIZE] = 1; /* does not fault */
    assert_int_equal(humi_userfault_protect(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE, true),
                     HUM_OK);
    assert_int_equal(humi_userfault_protect(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE, false),
                     HUM_OK);
    for (size_t i = 0; i < PAGES; i++)
        pages[i * HUM_PAGE_SIZE] = 2;
}

static void what_is_not_registered_is_refused(void **state)
{
    bool existing = false;

    (void)state;
    assert_int_equal(munmap(pages + 6 * HUM_PAGE_SIZE, HUM_PAGE_SIZE), 0);
    assert_int_equal(fallocate(file, 0, 0, PAGES * (off_t)HUM_PAGE_SIZE), 0);
    assert_int_equal(humi_userfault_resume(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE, false,
                                           &existing),
                     HUM_ERR_SYSTEM);
}

static void unregistered_pages_never_fault(void **state)
{
    struct humi_userfault_event event;

    (void)state;
    assert_int_equal(humi_userfault_unregister(fd, (uintptr_t)pages, PAGES * HUM_PAGE_SIZE),
                     HUM_OK);
    pages[0] = 1;
    assert_int_equal(humi_userfault_read(fd, &event, 1), 0);
}

static void sharing_is_as_the_kernel_says(void **state)
{
    struct utsname name;
    unsigned major = 0, minor = 0;

    (void)state;
    assert_int_equal(uname(&name), 0);
    assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
    for (int i = 0; i < 2; i++) {
        bool can = false;
        assert_int_equal(humi_userfault_can_share(&can), HUM_OK);
        assert_int_equal(can, major > 6 || (major == 6 && minor >= 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(user_faults_need_no_privilege, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_frames_cannot_be_mapped, setup, teardown),
        cmocka_unit_test_setup_teardown(mapping_goes_on_behind_mapped_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(a_range_may_be_several_mappings, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_registered_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(unregistered_pages_never_fault, setup, teardown),
        cmocka_unit_test(sharing_is_as_the_kernel_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
