/* SPDX-License-Identifier: MIT */
/* channel.c - messages with descriptors over a SOCK_SEQPACKET pair. */
#include "os/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"

enum hum_status humi_channel_open(int ends_out[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_out) != 0)
        return humi_fail_errno("socketpair");
    return HUM_OK;
}

/* Space for the descriptors of one message, aligned as the kernel wants it. */
union fd_buffer {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(HUMI_CHANNEL_FDS * sizeof(int))];
};

static void attach(struct msghdr *message, union fd_buffer *buffer, const int *fds, unsigned count)
{
    struct cmsghdr *header;

    memset(buffer, 0, sizeof *buffer);
    message->msg_control = buffer->bytes;
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
    header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
}

enum hum_status humi_channel_send(int end, const void *data, size_t bytes, const int *fds,
                                  unsigned fd_count)
{
    struct iovec part = {(void *)(uintptr_t)data, bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union fd_buffer buffer;

    humi_assert(fd_count <= HUMI_CHANNEL_FDS);
    if (fd_count > 0)
        attach(&message, &buffer, fds, fd_count);
    while (sendmsg(end, &message, MSG_NOSIGNAL) < 0) {
        if (errno == EPIPE || errno == ECONNRESET)
            return HUM_ERR_DEVICE_LOST;
        if (errno != EINTR)
            return humi_fail_errno("sendmsg");
    }
    return HUM_OK;
}

static enum hum_status await(int end, int64_t timeout_ns)
{
    uint64_t deadline = humi_clock_ns() + (uint64_t)timeout_ns;
    struct pollfd p = {end, POLLIN, 0};

    for (;;) {
        int64_t left = timeout_ns < 0 ? -1 : (int64_t)(deadline - humi_clock_ns());
        int ready;
        if (timeout_ns >= 0 && left < 0)
            left = 0;
        ready = poll(&p, 1, left < 0 ? -1 : (int)((left + 999999) / 1000000));
        if (ready > 0)
            return HUM_OK;
        if (ready == 0)
            return HUM_ERR_TIMEOUT;
        if (errno != EINTR)
            return humi_fail_errno("poll");
    }
}

static unsigned take_fds(struct msghdr *message, int fds_out[HUMI_CHANNEL_FDS])
{
    unsigned count = 0;

    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        count = (unsigned)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds_out, CMSG_DATA(h), count * sizeof(int));
    }
    return count;
}

enum hum_status humi_channel_receive(int end, void *data_out, size_t bytes, int *fds_out,
                                     unsigned fd_count, int64_t timeout_ns)
{
    union fd_buffer buffer;
    struct iovec part = {data_out, bytes};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = buffer.bytes,
                             .msg_controllen = sizeof buffer.bytes};
    int fds[HUMI_CHANNEL_FDS];
    enum hum_status status = await(end, timeout_ns);
    unsigned count;
    ssize_t got;

    if (status != HUM_OK)
        return status;
    do {
        got = recvmsg(end, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return HUM_ERR_DEVICE_LOST;
    if (got < 0)
        return humi_fail_errno("recvmsg");
    count = take_fds(&message, fds);
    if ((size_t)got == bytes && (count == fd_count || count == 0) &&
        !(message.msg_flags & MSG_TRUNC)) {
        for (unsigned i = 0; i < fd_count; i++)
            fds_out[i] = count > 0 ? fds[i] : -1;
        return HUM_OK;
    }
    while (count > 0)
        close(fds[--count]);
    return humi_fail(HUM_ERR_SYSTEM, "a device process sent a message of a wrong form");
}
