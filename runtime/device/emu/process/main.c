/* SPDX-License-Identifier: MIT */
/*
 * main.c - hum-emu, started by the runtime and by nobody else.
 *
 *     hum-emu <name>      be the emulated device <name>; descriptor 3 leads to the runtime
 *     hum-emu --frames    make a file of huge pages, send it on descriptor 3, and end
 *
 * The process must not outlive the program.  The channel closes when the program ends, unless a
 * child that it forked keeps the other end open; so the program's own process is watched too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/emu/process/process.h"
#include "device/emu/process/vendors.h"
#include "os/channel.h"
#include "os/frames.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/userfault.h"

struct humi_device humi_device;

/* ---- requests -------------------------------------------------------------------------------- */

/* What comes with a request, with a zero behind it, to be freed; NULL: it cannot be had. */
static char *read_bytes(const struct humi_emu_request *request, int file)
{
    char *bytes = malloc((size_t)request->bytes + 1);

    if (!bytes)
        return NULL;
    bytes[request->bytes] = '\0';
    if (request->bytes <= sizeof request->text) {
        memcpy(bytes, request->text, (size_t)request->bytes);
        return bytes;
    }
    for (size_t done = 0; done < request->bytes;) {
        ssize_t n = pread(file, bytes + done, (size_t)request->bytes - done, (off_t)done);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            free(bytes);
            return NULL;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return bytes;
}

/* Into the message, or into a file that goes with it. */
static enum hum_status write_bytes(const struct humi_cl_reply *reply,
                                   struct humi_emu_answer *answer, int *file_out)
{
    const char *data = reply->data;

    if (reply->bytes <= sizeof answer->data) {
        memcpy(answer->data, data, reply->bytes);
        return HUM_OK;
    }
    *file_out = memfd_create("hum-answer", MFD_CLOEXEC);
    for (size_t done = 0; *file_out >= 0 && done < reply->bytes;) {
        ssize_t n = write(*file_out, data + done, reply->bytes - done);
        if (n < 0 && errno != EINTR)
            return humi_fail_errno("an answer of %zu bytes", reply->bytes);
        done += n > 0 ? (size_t)n : 0;
    }
    return *file_out >= 0 ? HUM_OK : humi_fail_errno("an answer of %zu bytes", reply->bytes);
}

static enum hum_status answer_ask(const struct humi_emu_request *request, const char *bytes,
                                  struct humi_emu_answer *answer, int *file_out)
{
    struct humi_cl_reply reply;
    enum hum_status status = humi_cl_answer(request, bytes, &reply);

    answer->error = reply.error;
    answer->made = reply.made;
    answer->bytes = reply.bytes;
    if (status == HUM_OK && reply.data)
        status = write_bytes(&reply, answer, file_out);
    free(reply.data);
    return status;
}

static enum hum_status serve(const struct humi_emu_request *request, const char *bytes,
                             struct humi_emu_answer *answer, int *file_out)
{
    size_t args_bytes = 0;
    enum hum_status status;

    switch (request->kind) {
    case HUMI_EMU_LOAD:
        return humi_catalog_load(request->module, bytes);
    case HUMI_EMU_KERNEL:
        status = humi_catalog_find(request->module, request->kernel, bytes, &args_bytes);
        answer->args_bytes = args_bytes;
        return status;
    case HUMI_EMU_ASK:
        return answer_ask(request, bytes, answer, file_out);
    default:
        return humi_fail(HUM_ERR_INVALID, "unknown request");
    }
}

/* False: the runtime has gone. */
static bool answer_one(void)
{
    struct humi_emu_request request;
    struct humi_emu_answer answer = {0};
    int in = -1, out = -1;
    char *bytes;
    bool sent;

    if (humi_channel_receive(HUMI_PROCESS_CHANNEL, &request, sizeof request, &in, 1, -1) != HUM_OK)
        return false;
    bytes = read_bytes(&request, in);
    answer.status = bytes ? serve(&request, bytes, &answer, &out)
                          : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a request");
    if (answer.status != HUM_OK)
        humi_error_save(answer.text, sizeof answer.text);
    sent = humi_channel_send(HUMI_PROCESS_CHANNEL, &answer, sizeof answer, &out, out >= 0) ==
           HUM_OK;
    free(bytes);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return sent;
}

/* Until the program ends. */
static void answer_all(int program)
{
    struct pollfd p[2] = {{HUMI_PROCESS_CHANNEL, POLLIN, 0}, {program, POLLIN, 0}};

    for (;;) {
        if (poll(p, 2, -1) < 0 && errno == EINTR)
            continue;
        if (p[1].revents || (p[0].revents && !answer_one()))
            return;
    }
}

/* ---- starting -------------------------------------------------------------------------------- */

static enum hum_status open_touches(int touches)
{
    const struct humi_emu_hello *hello = &humi_device.hello;
    void *shared;

    if (hello->touch_records == 0)
        return HUM_OK;
    shared = mmap(NULL, humi_emu_touches_bytes(hello->workers, hello->touch_records),
                  PROT_READ | PROT_WRITE, MAP_SHARED, touches, 0);
    if (shared == MAP_FAILED)
        return humi_fail_errno("memory for touches");
    humi_device.touches = shared;
    return HUM_OK;
}

static enum hum_status open_samples(int samples)
{
    const struct humi_emu_hello *hello = &humi_device.hello;
    void *shared;

    if (hello->sample_ppm == 0)
        return HUM_OK;
    shared = mmap(NULL, humi_emu_samples_bytes(hello->bytes), PROT_READ | PROT_WRITE, MAP_SHARED,
                  samples, 0);
    if (shared == MAP_FAILED)
        return humi_fail_errno("memory for sampled touches");
    humi_device.samples = shared;
    return HUM_OK;
}

static enum hum_status open_memory(int control, int frames)
{
    const struct humi_emu_hello *hello = &humi_device.hello;
    void *shared;

    if (hello->version != HUMI_EMU_VERSION ||
        hello->control_bytes != humi_emu_control_bytes(hello->bytes) ||
        hello->workers < 1 || hello->workers > HUMI_WORKERS_MAX)
        return humi_fail(HUM_ERR_INVALID, "hum-emu and the library are of different versions");
    shared = mmap(NULL, hello->control_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, control, 0);
    if (shared == MAP_FAILED)
        return humi_fail_errno("control memory");
    humi_device.control = shared;
    return humi_space_map_at(hello->start, hello->bytes, frames, hello->use_prot);
}

/* Everything that can fail; the answer to hello says so. */
static enum hum_status start(const int fds[5], bool *kernel_faults_out)
{
    enum hum_status status = open_memory(fds[0], fds[1]);

    humi_device.frames = fds[1];
    humi_device.agent_channel = fds[4];
    if (status == HUM_OK)
        status = open_touches(fds[3]);
    if (status == HUM_OK)
        status = open_samples(fds[3]);
    if (status == HUM_OK)
        status = humi_userfault_open(humi_device.hello.kernel_faults, &humi_device.uffd,
                                     kernel_faults_out);
    if (status == HUM_OK)
        status = humi_trap_init();
    if (status == HUM_OK)
        status = humi_schedule_init();
    if (status == HUM_OK)
        status = humi_agent_start();
    if (status == HUM_OK)
        status = humi_workers_start();
    return status;
}

static int be_device(void)
{
    struct humi_emu_answer answer = {0};
    bool kernel_faults = false;
    int fds[5]; /* control memory, frames, the program's life, memory for touches, the agent's
                   channel */

    if (humi_channel_receive(HUMI_PROCESS_CHANNEL, &humi_device.hello, sizeof humi_device.hello,
                             fds, 5, -1) != HUM_OK)
        return 1;
    answer.status = start(fds, &kernel_faults);
    answer.kernel_faults = kernel_faults;
    if (answer.status != HUM_OK)
        humi_error_save(answer.text, sizeof answer.text);
    if (humi_channel_send(HUMI_PROCESS_CHANNEL, &answer, sizeof answer, &humi_device.uffd,
                          answer.status == HUM_OK) != HUM_OK ||
        answer.status != HUM_OK)
        return 1;
    close(fds[0]);
    close(fds[3]);
    answer_all(fds[2]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "hum-emu is started by programs that use hum, not by hand\n");
        return 2;
    }
    /* What the program left open for any child (its sockets, its files) is not ours to hold. */
    (void)syscall(SYS_close_range, HUMI_PROCESS_CHANNEL + 1, ~0U, 0);
    if (strcmp(argv[1], "--frames") == 0)
        return humi_frames_helper();
    (void)prctl(PR_SET_NAME, "hum-emu");
    (void)signal(SIGPIPE, SIG_IGN); /* what kernels print may have no reader any more */
    humi_vendors_choose();
    _exit(be_device()); /* workers may be inside of kernels: nothing is torn down */
}
