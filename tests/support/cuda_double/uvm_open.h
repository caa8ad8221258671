/* SPDX-License-Identifier: MIT */
/* uvm_open.h - a descriptor for faults, in the double's process and in a device's. */
#ifndef SUPPORT_CUDA_DOUBLE_UVM_OPEN_H
#define SUPPORT_CUDA_DOUBLE_UVM_OPEN_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFDIO_CONTINUE_MODE_WP /* Linux 6.4 */
#define UFFDIO_CONTINUE_MODE_WP ((uint64_t)1 << 1)
#endif

/* System calls on managed memory fault, too, where that is permitted.  -1: there is none. */
static inline int uvm_open(void)
{
    struct uffdio_api api = {.api = UFFD_API,
                             .features = UFFD_FEATURE_MINOR_SHMEM |
                                         UFFD_FEATURE_WP_HUGETLBFS_SHMEM};
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool uvm_register(int fd, uintptr_t start, uint64_t bytes)
{
    struct uffdio_register all = {.range = {start, bytes},
                                  .mode = UFFDIO_REGISTER_MODE_MISSING |
                                          UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_WP};

    return ioctl(fd, UFFDIO_REGISTER, &all) == 0;
}

#endif
