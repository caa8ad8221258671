/* SPDX-License-Identifier: MIT */
/*
 * userfault.h - userfaultfd as the runtime needs it: faults of shared-memory ranges.
 *
 * A range that is registered faults where nothing is mapped (frame absent or present) and where it
 * is write-protected; each fault is an event to read, and the thread sleeps until it is woken.
 *
 *     register -> [touch: event] -> resume (maps the frames that are there) or wake
 *                 protect: writes fault again        unregister: never faults again
 *
 * All calls act on the process that opened the descriptor, whoever holds it now.  When that process
 * has gone they return HUM_ERR_DEVICE_LOST: nobody is left who could touch anything.
 *
 * Needs Linux 5.19: minor faults and write protection of shared memory, thread ids, exact
 * addresses.
 * Threads: any; calls on one range are put in order by the caller.  Nothing here blocks or
 * allocates, except open.
 */
#ifndef HUMI_OS_USERFAULT_H
#define HUMI_OS_USERFAULT_H

#include <hum/hum.h>

struct humi_userfault_event {
    uintptr_t address;
    int thread;             /* id as seen by the thread's own process namespace */
    bool write;
};

/*
 * A descriptor of the calling process, non-blocking.  With kernel_faults it also serves touches by
 * system calls if that is permitted (root, CAP_SYS_PTRACE, access to /dev/userfaultfd or
 * vm.unprivileged_userfaultfd=1); *kernel_faults_out says what was got.
 * HUM_ERR_PERMISSION, HUM_ERR_UNSUPPORTED: the text says which and the next step.
 */
HUM_MUST_USE enum hum_status humi_userfault_open(bool kernel_faults, int *fd_out,
                                                 bool *kernel_faults_out);

/*
 * Whether the system can map frames read-only (UFFDIO_CONTINUE with write protection, Linux 6.4).
 * It is tried once a process; an error says that it could not be tried.
 */
HUM_MUST_USE enum hum_status humi_userfault_can_share(bool *can_out);

/* Guard the range again.  HUM_ERR_NO_MEMORY: too many mappings in that process. */
HUM_MUST_USE enum hum_status humi_userfault_register(int fd, uintptr_t start, size_t bytes);

/*
 * Leave the range to the kernel: present frames are mapped natively, huge pages as such; absent
 * ones would be made silently.  Wakes waiters.  HUM_ERR_NO_MEMORY: too many mappings; a part of the
 * range may be unregistered then.
 */
HUM_MUST_USE enum hum_status humi_userfault_unregister(int fd, uintptr_t start, size_t bytes);

/*
 * Map the present frames of the range, read-only if `protect`, and wake who waits.  Pages that are
 * mapped already stay as they are and *existing_out becomes true (it is never set to false).
 * HUM_ERR_NOT_FOUND: a frame is absent, or (in older kernels) a huge page is mapped there.
 */
HUM_MUST_USE enum hum_status humi_userfault_resume(int fd, uintptr_t start, size_t bytes,
                                                   bool protect, bool *existing_out);

/* Take (on) or give back (off) the right to write the mapped pages of the range. */
HUM_MUST_USE enum hum_status humi_userfault_protect(int fd, uintptr_t start, size_t bytes, bool on);

/*
 * Until the mapping is forgotten, a touch of the range by a system call fails with EFAULT (by the
 * program: SIGBUS).  False: this kernel cannot (Linux 6.6).
 */
bool humi_userfault_poison(int fd, uintptr_t start, size_t bytes);

/* Wake who waits in the range, so that the touch is tried again. */
void humi_userfault_wake(int fd, uintptr_t start, size_t bytes);

/* Take waiting faults without blocking; at most 64 a call. */
unsigned humi_userfault_read(int fd, struct humi_userfault_event *events_out, unsigned max);

#endif
