/* SPDX-License-Identifier: MIT */
/*
 * lifetime.c - starting, losing, ending and replacing the device process.
 *
 * Losing it takes no data with it: frames are in a file that we hold too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "device/emu/emu.h"
#include "os/channel.h"
#include "os/memory.h"
#include "os/userfault.h"

/* ---- losing ---------------------------------------------------------------------------------- */

bool humi_emu_is_lost(struct humi_emu *emu)
{
    if (!emu->lost && humi_process_has_died(&emu->process)) {
        emu->lost = true;
        humi_warn("the process of %s died; its launches in flight are lost", emu->base.name);
        humi_emu_lose_launches(emu);
    }
    return emu->lost;
}

void humi_emu_kill(struct humi_emu *emu, const char *why)
{
    if (emu->lost)
        return;
    humi_warn("%s %s and is ended", emu->base.name, why);
    humi_process_kill(&emu->process); /* and only then is nothing of it left that could touch */
    emu->lost = true;
    humi_emu_lose_launches(emu);
}

void humi_emu_stop(struct humi_emu *emu)
{
    struct humi_process process;

    humi_lock(&emu->gate);
    process = emu->process;
    emu->process = (struct humi_process){.pidfd = -1, .channel = -1};
    emu->lost = true;
    humi_emu_lose_launches(emu);
    humi_unlock(&emu->gate);
    humi_process_end(&process);
    emu->base.pid = 0;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Put `fd`, now ours, under the number *kept has, or keep its own if that has none. */
static enum hum_status replace_fd(int fd, int *kept)
{
    enum hum_status status = HUM_OK;

    if (*kept < 0) {
        *kept = fd;
        return HUM_OK;
    }
    if (dup3(fd, *kept, O_CLOEXEC) < 0)
        status = humi_fail_errno("dup3");
    close(fd);
    return status;
}

/* A new one for the next process; *end_out is its end. */
static enum hum_status open_agent_channel(struct humi_emu *emu, int *end_out)
{
    int ends[2];
    enum hum_status status = humi_channel_open(ends);

    if (status != HUM_OK)
        return status;
    pthread_mutex_lock(&emu->agent);
    if (emu->agent_channel >= 0)
        close(emu->agent_channel);
    emu->agent_channel = ends[0];
    pthread_mutex_unlock(&emu->agent);
    *end_out = ends[1];
    return HUM_OK;
}

/* The first message, with all that the process is given. */
static enum hum_status send_hello(struct humi_emu *emu, struct humi_process *process,
                                  const struct humi_emu_hello *hello)
{
    int fds[5] = {emu->control_fd, emu->frames.fd, (int)syscall(SYS_pidfd_open, getpid(), 0),
                  emu->touches_fd, -1};
    enum hum_status status;

    if (fds[2] < 0)
        return humi_fail_errno("pidfd_open");
    status = open_agent_channel(emu, &fds[4]);
    if (status == HUM_OK) {
        status = humi_channel_send(process->channel, hello, sizeof *hello, fds, 5);
        close(fds[4]);
    }
    close(fds[2]);
    return status;
}

static enum hum_status greet(struct humi_emu *emu, struct humi_process *process, int *uffd_out)
{
    struct humi_emu_hello hello = {.version = HUMI_EMU_VERSION,
                                   .workers = emu->params.workers,
                                   .control_bytes = humi_emu_control_bytes(emu->space.bytes),
                                   .start = emu->space.start,
                                   .bytes = emu->space.bytes,
                                   .watchdog_ms = emu->params.watchdog_ms,
                                   .kernel_faults = emu->space.kernel_faults,
                                   .use_prot = emu->access.prot != NULL,
                                   .touch_window = emu->space.exact_window
                                                       ? emu->space.exact_window
                                                       : HUM_EXACT_WINDOW_MAX,
                                   .touch_records = emu->touch_records,
                                   .sample_ppm = emu->samples ? emu->space.sample_ppm : 0};
    struct humi_emu_answer answer;
    enum hum_status status = send_hello(emu, process, &hello);

    if (status == HUM_OK)
        status = humi_channel_receive(process->channel, &answer, sizeof answer, uffd_out, 1,
                                      emu->patience_ns);
    if (status == HUM_ERR_DEVICE_LOST || status == HUM_ERR_TIMEOUT)
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s does not start or is of another version",
                         emu->path);
    if (status != HUM_OK)
        return status;
    answer.text[sizeof answer.text - 1] = '\0';
    if (answer.status != HUM_OK || *uffd_out < 0)
        return humi_fail(answer.status < 0 ? (enum hum_status)answer.status : HUM_ERR_SYSTEM,
                         "%s: %s", emu->base.name, answer.text);
    emu->base.kernel_faults = answer.kernel_faults;
    return HUM_OK;
}

/* Take the new process's descriptors over. */
static enum hum_status adopt(struct humi_emu *emu, const struct humi_process *process, int uffd)
{
    int life = fcntl(process->pidfd, F_DUPFD_CLOEXEC, 0);
    enum hum_status status;

    if (life < 0) {
        status = humi_fail_errno("cannot keep the life of a device process");
        close(uffd);
        return status;
    }
    status = replace_fd(uffd, &emu->access.uffd);
    if (emu->base.fault_fd < 0) /* from then on it keeps its number, and others read it */
        emu->base.fault_fd = emu->access.uffd;
    if (status != HUM_OK) {
        close(life);
        return status;
    }
    status = replace_fd(life, &emu->base.life_fd);
    if (status != HUM_OK)
        return status;
    humi_access_reset(&emu->access);
    return humi_userfault_register(emu->access.uffd, emu->space.start, emu->space.bytes);
}

/*
 * The control memory of a process that has not started yet.  Who submitted to the one before may
 * still ring its doorbell, without the gate: that wakes nobody but must not tear.
 */
static void reset_control(struct humi_emu *emu)
{
    uint32_t *words = (uint32_t *)(void *)emu->control;

    pthread_mutex_lock(&emu->agent);
    humi_lock(&emu->gate);
    for (size_t i = 0; i < offsetof(struct humi_emu_control, slots) / sizeof *words; i++)
        __atomic_store_n(&words[i], 0, __ATOMIC_RELAXED);
    /* All READ, and the memory goes. */
    while (fallocate(emu->control_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     offsetof(struct humi_emu_control, prot),
                     (off_t)(emu->space.bytes / HUM_BLOCK_SIZE)) != 0)
        humi_check(errno == EINTR || errno == ENOMEM);
    emu->agent_serial = 0;
    humi_emu_reset_launches(emu);
    humi_unlock(&emu->gate);
    pthread_mutex_unlock(&emu->agent);
}

enum hum_status humi_emu_start(struct humi_emu *emu)
{
    const char *const argv[] = {"hum-emu", emu->base.name, NULL};
    struct humi_process process;
    int uffd = -1;
    enum hum_status status;

    reset_control(emu);
    status = humi_process_start(emu->path, argv, &process);
    if (status != HUM_OK)
        return status;
    status = greet(emu, &process, &uffd);
    if (status == HUM_OK)
        status = adopt(emu, &process, uffd);
    if (status != HUM_OK) {
        humi_process_end(&process);
        return status;
    }
    humi_lock(&emu->gate);
    emu->process = process;
    humi_unlock(&emu->gate);
    emu->base.pid = process.pid;
    status = humi_emu_reload(emu);
    if (status != HUM_OK) {
        humi_emu_stop(emu);
        return status;
    }
    humi_lock(&emu->gate);
    emu->lost = false; /* only now: a launch before would not find its module */
    humi_unlock(&emu->gate);
    return HUM_OK;
}

enum hum_status humi_emu_revive(struct humi_emu *emu)
{
    bool lost;

    humi_lock(&emu->gate);
    lost = humi_emu_is_lost(emu);
    humi_unlock(&emu->gate);
    if (!lost)
        return HUM_OK;
    humi_emu_stop(emu);
    return humi_emu_start(emu);
}

enum hum_status humi_emu_restart(struct humi_processor *p)
{
    struct humi_emu *emu = humi_emu_of(p);
    enum hum_status status;

    pthread_mutex_lock(&emu->command);
    status = humi_emu_revive(emu);
    pthread_mutex_unlock(&emu->command);
    return status;
}
