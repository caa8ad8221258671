/* SPDX-License-Identifier: MIT */
/*
 * unprivileged.c - everything works for a user without any right.
 *
 * Started as root, the program starts itself again as user 65534 ("nobody") without groups and
 * capabilities; started by anyone else it runs as it is.
 */
#include "flow/flow.h"

#include <grp.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD "--as-nobody"

static void saxpy_works(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct flow_saxpy args = {.k = 2, .n = 1 << 19};

    (void)state;
    args.x = flow_alloc(hum, args.n * sizeof *args.x);
    args.y = flow_alloc(hum, args.n * sizeof *args.y);
    for (size_t i = 0; i < args.n; i++)
        args.x[i] = (float)i;
    flow_run(hum, 0, "saxpy", &args, args.n);
    for (size_t i = 0; i < args.n; i++)
        assert_true(args.y[i] == 2 * (float)i);
    hum_close(hum);
}

static void what_is_reduced_is_said(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct hum_system_info info = flow_system(hum);

    (void)state;
    print_message("uid %u: huge pages %d, faults of system calls %d, shared reads %d\n%s\n",
                  (unsigned)getuid(), info.huge_pages, info.kernel_faults, info.shared_read,
                  info.reduced);
    assert_non_null(info.reduced);
    if (!info.kernel_faults || !info.huge_pages || !info.shared_read)
        assert_true(strlen(info.reduced) > 20);
    hum_close(hum);
}

static void full_devices_evict(void **state)
{
    struct hum *hum = flow_open("emu:mem=4M,workers=2", NULL);
    size_t n = 16 * MIB / 8;
    uint64_t *words = flow_alloc(hum, 16 * MIB);

    (void)state;
    flow_words(hum, "fill", words, n, 1);
    flow_words(hum, "add", words, n, 1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i + 2);
    hum_close(hum);
}

static void bad_kernels_are_reported(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    struct flow_poke bad = {.address = (uint64_t *)0x1000};
    uint64_t *words = flow_alloc(hum, PAGE);

    (void)state;
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "poke", &bad, sizeof bad, 1));
    flow_words(hum, "fill", words, 1, 1);
    assert_int_equal(words[0], 1);
    hum_close(hum);
}

static int run_stories(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saxpy_works),
        cmocka_unit_test(what_is_reduced_is_said),
        cmocka_unit_test(full_devices_evict),
        cmocka_unit_test(bad_kernels_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Become nobody and start again; exit 77 says that nobody cannot reach the program. */
static int start_as_nobody(void)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    int status = -1;
    pid_t child = fork();

    if (length <= 0 || child < 0)
        return 1;
    self[length] = 0;
    if (child == 0) {
        if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
            _exit(1);
        if (access(self, X_OK) != 0)
            _exit(77);
        execl(self, self, CHILD, (char *)NULL);
        _exit(1);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    int status;

    if (getuid() != 0 || (argc > 1 && strcmp(argv[1], CHILD) == 0))
        return run_stories();
    status = start_as_nobody();
    if (status == 77)
        printf("skipped: user 65534 may not reach this program\n");
    return status;
}
