/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/channel.h"
#include "support/test.h"

static int ends[2];

static int setup(void **state)
{
    (void)state;
    return humi_channel_open(ends) == HUM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void a_message_arrives_with_its_descriptors(void **state)
{
    int fds[2] = {open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/zero", O_RDONLY | O_CLOEXEC)};
    int got[2] = {-1, -1}, value = 0, sent = 4711;
    struct stat a, b;

    (void)state;
    assert_int_equal(humi_channel_send(ends[0], &sent, sizeof sent, fds, 2), HUM_OK);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, got, 2, -1), HUM_OK);
    assert_int_equal(value, 4711);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fstat(fds[i], &a), 0);
        assert_int_equal(fstat(got[i], &b), 0);
        assert_int_equal(a.st_rdev, b.st_rdev);
        assert_true(fcntl(got[i], F_GETFD) & FD_CLOEXEC);
        close(fds[i]);
        close(got[i]);
    }
}

static void a_message_may_come_without_them(void **state)
{
    int fd = 9, value = 0, sent = 1;

    (void)state;
    assert_int_equal(humi_channel_send(ends[0], &sent, sizeof sent, NULL, 0), HUM_OK);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, &fd, 1, -1), HUM_OK);
    assert_int_equal(fd, -1);
}

static void messages_of_a_wrong_form_are_errors(void **state)
{
    int fds[2] = {0, 1}, value = 0, before, after;
    long sent = 1;

    (void)state;
    before = dup(0);
    close(before);
    assert_int_equal(humi_channel_send(ends[0], &sent, sizeof sent, NULL, 0), HUM_OK);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, NULL, 0, -1),
                     HUM_ERR_SYSTEM);
    assert_int_equal(humi_channel_send(ends[0], &value, sizeof value, fds, 2), HUM_OK);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, fds, 1, -1),
                     HUM_ERR_SYSTEM);
    after = dup(0);
    assert_int_equal(after, before); /* the descriptors were closed */
    close(after);
}

static void silence_and_a_closed_end_are_told_apart(void **state)
{
    int value = 0;

    (void)state;
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, NULL, 0, 0),
                     HUM_ERR_TIMEOUT);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, NULL, 0, 2000000),
                     HUM_ERR_TIMEOUT);
    close(ends[0]);
    assert_int_equal(humi_channel_receive(ends[1], &value, sizeof value, NULL, 0, -1),
                     HUM_ERR_DEVICE_LOST);
    assert_int_equal(humi_channel_send(ends[1], &value, sizeof value, NULL, 0),
                     HUM_ERR_DEVICE_LOST);
    ends[0] = -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_arrives_with_its_descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_may_come_without_them, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_of_a_wrong_form_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_and_a_closed_end_are_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
