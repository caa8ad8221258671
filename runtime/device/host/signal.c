/* SPDX-License-Identifier: MIT */
/*
 * signal.c - a touch of the host that cannot be served becomes the signal it would have been.
 *
 * The signal interrupts the thread's wait for its fault and carries si_addr, so the program's own
 * handler sees what it would see with plain memory; si_code is SI_QUEUE, because the kernel lets no
 * thread claim its own codes for another.  A handler that returns touches again and gets here
 * again.
 * A touch by a system call fails with EFAULT instead (host.c), before Linux 6.6 the program ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "device/host/host.h"

/* Whether the mask in line "name:\t<hex>" of the thread's status has the signal. */
static bool line_has(const char *line, const char *name, int signal)
{
    unsigned long long mask;
    size_t length = strlen(name);

    return strncmp(line, name, length) == 0 && sscanf(line + length, ": %llx", &mask) == 1 &&
           (mask >> (signal - 1) & 1);
}

/* The thread would not take the signal. */
static bool refuses(int thread, int signal)
{
    char path[64], line[256];
    bool refused = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/status", thread);
    file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file))
        refused |= line_has(line, "SigBlk", signal) || line_has(line, "SigIgn", signal);
    fclose(file);
    return refused;
}

bool humi_host_is_in_system_call(int thread)
{
    char path[64], word[32] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (fscanf(file, "%31s", word) != 1)
        word[0] = '\0';
    fclose(file);
    return word[0] >= '0' && word[0] <= '9'; /* "-1": it waits, but not in a system call */
}

/* What the kernel does with a fault whose signal is blocked or ignored. */
static void end_process(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigaction(number, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void humi_host_raise(int thread, uintptr_t address, enum hum_status status)
{
    bool illegal = status == HUM_ERR_ILLEGAL_ADDRESS;
    int number = illegal ? SIGSEGV : SIGBUS;
    siginfo_t info;

    humi_info("a host thread touched 0x%zx: %s", (size_t)address, hum_status_text(status));
    if (refuses(thread, number) || humi_host_is_in_system_call(thread))
        end_process(number);
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_addr = (void *)address;
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, number, &info) != 0 && errno != ESRCH)
        humi_warn("a host thread that touched 0x%zx could not be told: %s", (size_t)address,
                  strerror(errno));
}
