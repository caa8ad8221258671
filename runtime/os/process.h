/* SPDX-License-Identifier: MIT */
/*
 * process.h - the runtime's own processes.
 *
 * They are started so that the program around them does not notice.  Such a process is a grandchild
 * whose parent has gone: it sends the program no SIGCHLD and is not found by wait() or waitpid(-1)
 * (unless the program is process 1 of its container, or a subreaper, and so inherits it).  It is in
 * a process group of its own, so a key press that interrupts the program does not hit it, has all
 * signals at their defaults, /dev/null as input, the program's output and standard error, and one
 * end of a channel as descriptor 3.
 * The child itself watches for the program's end (see emu/process/main.c); the kernel's
 * parent-death signal is not used because it fires when the *thread* that started the child ends.
 *
 * Threads: any; one child is used by one thread at a time.
 */
#ifndef HUMI_OS_PROCESS_H
#define HUMI_OS_PROCESS_H

#include <hum/hum.h>

#define HUMI_PROCESS_CHANNEL 3 /* the child's end of the channel */

struct humi_process {
    int pid;     /* to name it; may be another process's once it has died */
    int pidfd;   /* readable once it has died */
    int channel; /* our end */
};

/* Start `path` with the arguments (argv[0] .. NULL). */
HUM_MUST_USE enum hum_status humi_process_start(const char *path, const char *const argv[],
                                                struct humi_process *process_out);

bool humi_process_has_died(const struct humi_process *process);

/* Kill it, and wait until none of its threads runs any more (10 s at most). */
void humi_process_kill(const struct humi_process *process);

/* Kill it if it lives, close the descriptors.  A zeroed process is allowed. */
void humi_process_end(struct humi_process *process);

/*
 * The program that is a device process: $HUM_EMU, beside the file that holds this code, at the
 * place relative to it that the build chose, or in ../libexec/hum or ../../libexec/hum.
 * HUM_ERR_NOT_FOUND: the text lists where was searched.
 */
HUM_MUST_USE enum hum_status humi_process_find_emu(char *path_out, size_t bytes);

#endif
