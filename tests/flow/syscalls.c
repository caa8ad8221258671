/* SPDX-License-Identifier: MIT */
/*
 * syscalls.c - system calls and library functions on managed pointers: memory that the device
 * holds, that nobody holds yet, and that both share.
 *
 * Where faults of system calls cannot be served (hum_system_info.kernel_faults is false) the calls
 * may fail with EFAULT, and these stories are skipped.
 */
#include "flow/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 5 << 20, N = BYTES / 8 };

static struct hum *hum;
static int file;

static int setup(void **state)
{
    (void)state;
    hum = flow_open(ONE_DEVICE, NULL);
    file = memfd_create("flow", MFD_CLOEXEC);
    return file < 0;
}

static int teardown(void **state)
{
    (void)state;
    close(file);
    hum_close(hum);
    return 0;
}

static void needs_kernel_faults(void)
{
    if (!flow_system(hum).kernel_faults) {
        print_message("faults of system calls are not served here\n");
        skip();
    }
}

/* Words that only the device holds: value + i. */
static uint64_t *on_device(uint64_t value)
{
    uint64_t *words = flow_alloc(hum, BYTES);

    flow_words(hum, "fill", words, N, value);
    return words;
}

static void assert_words(const uint64_t *words, uint64_t value)
{
    for (size_t i = 0; i < N; i++)
        if (words[i] != value + i)
            fail_msg("word %zu is %llu", i, (unsigned long long)words[i]);
}

static void write_and_read_files(void **state)
{
    uint64_t *from, *fresh, *device;

    (void)state;
    needs_kernel_faults();
    from = on_device(1);
    fresh = flow_alloc(hum, BYTES);
    device = on_device(900);
    assert_int_equal(write(file, from, BYTES), BYTES);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(read(file, fresh, BYTES), BYTES); /* into memory nobody holds */
    assert_words(fresh, 1);
    assert_int_equal(pread(file, device, BYTES, 0), BYTES); /* into memory the device holds */
    assert_words(device, 1);
    flow_words(hum, "add", device, N, 6);
    assert_words(device, 7);
    assert_int_equal(pwrite(file, device, BYTES, 0), BYTES);
    assert_int_equal(pread(file, fresh, BYTES, 0), BYTES);
    assert_words(fresh, 7);
}

static void read_into_memory_both_share(void **state)
{
    uint64_t *shared;

    (void)state;
    needs_kernel_faults();
    shared = on_device(3);
    assert_words(shared, 3); /* now both have it, nobody may write it */
    assert_int_equal(pwrite(file, (uint64_t[]){77, 78}, 16, 0), 16);
    assert_int_equal(pread(file, shared, 16, 0), 16);
    flow_words(hum, "add", shared, 1, 1); /* the device must not use its old copy */
    assert_int_equal(shared[0], 78);
    assert_int_equal(shared[1], 78);
    assert_int_equal(shared[2], 5);
}

static void vectors_span_managed_and_other_memory(void **state)
{
    uint64_t *a, *b, head = 1;

    (void)state;
    needs_kernel_faults();
    a = on_device(10);
    b = flow_alloc(hum, BYTES);
    assert_int_equal(pwritev(file, (struct iovec[]){{&head, 8}, {a, BYTES}}, 2, 0), BYTES + 8);
    head = 0;
    assert_int_equal(preadv(file, (struct iovec[]){{&head, 8}, {b, BYTES}}, 2, 0), BYTES + 8);
    assert_int_equal(head, 1);
    assert_words(b, 10);
}

struct pipe_end {
    int socket;
    const void *from;
};

static void *send_all(void *context)
{
    struct pipe_end *end = context;

    for (size_t done = 0; done < BYTES;) {
        ssize_t n = send(end->socket, (const char *)end->from + done, BYTES - done, 0);
        must(n > 0);
        done += (size_t)n;
    }
    return NULL;
}

static void sockets_send_from_and_receive_into_it(void **state)
{
    uint64_t *from, *to;
    struct pipe_end end;
    pthread_t sender;
    int sockets[2];

    (void)state;
    needs_kernel_faults();
    from = on_device(5);
    to = on_device(6);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    end = (struct pipe_end){sockets[0], from};
    assert_int_equal(pthread_create(&sender, NULL, send_all, &end), 0);
    assert_int_equal(recv(sockets[1], to, BYTES, MSG_WAITALL), BYTES);
    pthread_join(sender, NULL);
    assert_words(to, 5);
    close(sockets[0]);
    close(sockets[1]);
}

static void paths_and_structures_may_lie_in_it(void **state)
{
    char *path;

    (void)state;
    needs_kernel_faults();
    path = flow_alloc(hum, PAGE);
    memcpy(path, "/", 2);
    ok(hum_prefetch(hum, path, PAGE, 0, NULL));
    assert_int_equal(access(path, F_OK), 0);
    assert_non_null(getcwd((char *)flow_alloc(hum, PAGE), PAGE));
}

static void bad_pointers_give_efault_not_a_hang(void **state)
{
    char *freed;

    (void)state;
    needs_kernel_faults();
    assert_int_equal(pwrite(file, "abcd", 4, 0), 4);
    freed = flow_alloc(hum, BYTES);
    freed[0] = 1;
    ok(hum_free(hum, freed));
    assert_int_equal(pread(file, (void *)(flow_system(hum).space_start +
                                          flow_system(hum).space_bytes - PAGE), 4, 0), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(pread(file, freed, 4, 0), -1);
    assert_int_equal(errno, EFAULT);
}

/* Out of line: gcc 12 with sanitizers believes that the region has no bytes. */
__attribute__((noinline)) static void shift(uint64_t *words)
{
    memmove(words + 1, words, BYTES - 8);
}

static void memcpy_and_friends(void **state)
{
    uint64_t *a = on_device(1), *b = flow_alloc(hum, BYTES);
    char *text = flow_alloc(hum, PAGE);

    (void)state;
    memcpy(b, a, BYTES);
    assert_words(b, 1);
    flow_words(hum, "add", b, N, 1);
    assert_true(memcmp(a, b, BYTES) != 0);
    shift(b);
    assert_int_equal(b[N - 1], N);
    memset(b, 0, BYTES);
    flow_words(hum, "add", b, N, 0);
    assert_int_equal(b[N / 2], 0);
    snprintf(text, PAGE, "%d pages", 12);
    assert_string_equal(text, "12 pages");
}

/* ---- fork and exec --------------------------------------------------------------------------- */

static void programs_can_be_started_while_kernels_run(void **state)
{
    extern char **environ;
    char *argv[] = {(char *)(uintptr_t)"true", NULL};
    struct flow_words args = {.words = flow_alloc(hum, BYTES), .n = N, .value = 1};
    uint64_t *mine = on_device(0); /* the host's alone: two plain additions would race */
    char line[32] = "";
    FILE *pipe;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        pid_t pid;
        int status = -1;
        ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "add"), N, &args, sizeof args));
        assert_int_equal(posix_spawnp(&pid, "true", NULL, NULL, argv, environ), 0);
        mine[i * 1000 + 999] += 1000;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        if (i % 5 == 0)
            assert_int_equal(system("exit 3"), 3 << 8);
        ok(hum_wait(hum, 0));
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(args.words[i], 20);
    pipe = popen("echo hello", "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof line, pipe));
    assert_string_equal(line, "hello\n");
    assert_int_equal(pclose(pipe), 0);
}

static void touch(void *context)
{
    (*(volatile char *)context)++;
}

static void a_forked_child_does_not_have_the_space(void **state)
{
    char *bytes = flow_alloc(hum, BYTES);

    (void)state;
    bytes[0] = 5;
    flow_child_signal(flow_child(touch, bytes), SIGSEGV);
    flow_child_signal(flow_child(touch, bytes + BYTES / 2), SIGSEGV); /* never touched before */
    assert_int_equal(bytes[0], 5);
    flow_words(hum, "fill", (uint64_t *)(void *)bytes, N, 4);
    assert_words((uint64_t *)(void *)bytes, 4);
}

static void nothing(void *context)
{
    (void)context;
}

static void a_forked_child_that_ends_harms_nothing(void **state)
{
    uint64_t *words = on_device(2);

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        flow_child_ok(flow_child(nothing, NULL));
    flow_words(hum, "add", words, N, 1);
    assert_words(words, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_and_read_files),
        cmocka_unit_test(read_into_memory_both_share),
        cmocka_unit_test(vectors_span_managed_and_other_memory),
        cmocka_unit_test(sockets_send_from_and_receive_into_it),
        cmocka_unit_test(paths_and_structures_may_lie_in_it),
        cmocka_unit_test(bad_pointers_give_efault_not_a_hang),
        cmocka_unit_test(memcpy_and_friends),
        cmocka_unit_test(programs_can_be_started_while_kernels_run),
        cmocka_unit_test(a_forked_child_does_not_have_the_space),
        cmocka_unit_test(a_forked_child_that_ends_harms_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
