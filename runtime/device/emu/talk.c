/* SPDX-License-Identifier: MIT */
/*
 * talk.c - requests to the device process over its channel, and their answers.
 *
 * What is longer than a message comes in a file with it, which is read and never mapped: the other
 * side could make it shorter at any time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/status.h"
#include "device/emu/emu.h"
#include "os/channel.h"

static enum hum_status write_file(const char *bytes, size_t count, int *file_out)
{
    int file = memfd_create("hum-request", MFD_CLOEXEC);

    if (file < 0)
        return humi_fail_errno("a request of %zu bytes", count);
    for (size_t done = 0; done < count;) {
        ssize_t n = write(file, bytes + done, count - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            enum hum_status status = humi_fail_errno("a request of %zu bytes", count);
            close(file);
            return status;
        }
        done += (size_t)n;
    }
    *file_out = file;
    return HUM_OK;
}

/* False: it has not that many. */
static bool read_file(int file, char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t n = pread(file, bytes + done, count - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The answer's bytes into the room, if there is enough. */
static enum hum_status take_bytes(const struct humi_emu *emu, const struct humi_emu_answer *answer,
                                  int file, void *room, size_t room_bytes)
{
    if (answer->bytes == 0 || answer->bytes > room_bytes)
        return HUM_OK;
    if (answer->bytes <= sizeof answer->data)
        memcpy(room, answer->data, (size_t)answer->bytes);
    else if (file < 0 || !read_file(file, room, (size_t)answer->bytes))
        return humi_fail(HUM_ERR_SYSTEM, "the process of %s sent a message of a wrong form",
                         emu->base.name);
    return HUM_OK;
}

static enum hum_status send_request(struct humi_emu *emu, struct humi_emu_request *request,
                                    const void *bytes)
{
    enum hum_status status = HUM_OK;
    int file = -1;

    if (request->bytes > sizeof request->text)
        status = write_file(bytes, (size_t)request->bytes, &file);
    else if (request->bytes > 0)
        memcpy(request->text, bytes, (size_t)request->bytes);
    if (status == HUM_OK)
        status = humi_channel_send(emu->process.channel, request, sizeof *request, &file,
                                   file >= 0);
    if (file >= 0)
        close(file);
    return status;
}

enum hum_status humi_emu_talk(struct humi_emu *emu, struct humi_emu_request *request,
                              const void *bytes, int64_t patience_ns,
                              struct humi_emu_answer *answer_out, void *room)
{
    enum hum_status status = send_request(emu, request, bytes);
    int file = -1;

    if (status != HUM_OK && status != HUM_ERR_DEVICE_LOST)
        return status; /* nothing was sent */
    if (status == HUM_OK)
        status = humi_channel_receive(emu->process.channel, answer_out, sizeof *answer_out, &file,
                                      1, patience_ns);
    if (status != HUM_OK) {
        humi_lock(&emu->gate);
        if (!humi_emu_is_lost(emu))
            humi_emu_kill(emu, "does not answer");
        humi_unlock(&emu->gate);
        return HUM_ERR_DEVICE_LOST;
    }
    answer_out->text[sizeof answer_out->text - 1] = '\0';
    status = take_bytes(emu, answer_out, file, room, (size_t)request->room);
    if (file >= 0)
        close(file);
    return status;
}
