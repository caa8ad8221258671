/* SPDX-License-Identifier: MIT */
/* frames.c - opening a frame file, and making and freeing its frames. */
#include "os/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "os/channel.h"
#include "os/frames_message.h"
#include "os/process.h"

#define HELPER_TIMEOUT_NS (10 * (int64_t)HUMI_NS_PER_S)

/* The descriptor of a file with huge pages, or -1. */
static int ask_helper(const char *emu)
{
    const char *const argv[] = {"hum-emu", "--frames", NULL};
    struct humi_process helper = {0};
    struct humi_frames_message answer = {0};
    enum hum_status status;
    int fd = -1;

    if (humi_process_start(emu, argv, &helper) != HUM_OK)
        return -1;
    status = humi_channel_receive(helper.channel, &answer, sizeof answer, &fd, 1,
                                  HELPER_TIMEOUT_NS);
    answer.text[sizeof answer.text - 1] = '\0';
    if (fd < 0)
        humi_info("frames are small pages: %s",
                  status == HUM_OK ? answer.text : hum_status_text(status));
    humi_process_end(&helper);
    return fd;
}

enum hum_status humi_frames_open(size_t bytes, bool huge, const char *emu,
                                 struct humi_frames *frames_out)
{
    struct humi_frames frames = {.fd = -1};

    if (huge && emu)
        frames.fd = ask_helper(emu);
    frames.huge = frames.fd >= 0;
    if (frames.fd < 0)
        frames.fd = memfd_create("hum-frames", MFD_CLOEXEC);
    if (frames.fd < 0)
        return humi_fail_errno("memfd_create");
    if (ftruncate(frames.fd, (off_t)bytes) != 0) {
        enum hum_status status = humi_fail_errno("cannot make a frame file of %zu GiB",
                                                 bytes >> 30);
        close(frames.fd);
        return status;
    }
    *frames_out = frames;
    return HUM_OK;
}

void humi_frames_close(struct humi_frames *frames)
{
    if (frames->fd >= 0)
        close(frames->fd);
    frames->fd = -1;
}

enum hum_status humi_frames_back(const struct humi_frames *frames, size_t offset, size_t bytes)
{
    while (fallocate(frames->fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == ENOMEM || errno == ENOSPC)
            return humi_fail(HUM_ERR_NO_MEMORY, "the system has no memory for %zu KiB of frames",
                             bytes >> 10);
        return humi_fail_errno("fallocate");
    }
    return HUM_OK;
}

void humi_frames_drop(const struct humi_frames *frames, size_t offset, size_t bytes)
{
    while (fallocate(frames->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                     (off_t)bytes) != 0)
        humi_check(errno == EINTR || errno == ENOMEM);
}
