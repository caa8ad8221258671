/* SPDX-License-Identifier: MIT */
/* uffd.c - see uffd.h */
#include "floor/uffd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_device(void)
{
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), fd, error;

    if (device < 0)
        return -errno;
    fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    error = errno;
    close(device);
    return fd < 0 ? -error : fd;
}

int uffd_open(enum uffd_source source)
{
    int flags = O_CLOEXEC | O_NONBLOCK, fd;

    if (source == UFFD_DEVICE)
        return open_device();
    if (source == UFFD_USER_ONLY)
        flags |= UFFD_USER_MODE_ONLY;
    fd = (int)syscall(SYS_userfaultfd, flags);
    return fd < 0 ? -errno : fd;
}

int uffd_open_any(enum uffd_source *source_out)
{
    int fd = -ENOSYS;

    for (int source = UFFD_SYSCALL; source <= UFFD_USER_ONLY; source++) {
        fd = uffd_open((enum uffd_source)source);
        *source_out = (enum uffd_source)source;
        if (fd >= 0)
            break;
    }
    return fd;
}

int uffd_handshake(int fd, uint64_t features, uint64_t *features_out)
{
    struct uffdio_api api = {.api = UFFD_API, .features = features};

    if (ioctl(fd, UFFDIO_API, &api) != 0)
        return errno;
    if (features_out)
        *features_out = api.features;
    return 0;
}

static struct uffdio_range range_of(const void *start, size_t bytes)
{
    return (struct uffdio_range){.start = (uintptr_t)start, .len = bytes};
}

int uffd_register(int fd, const void *start, size_t bytes, uint64_t mode)
{
    struct uffdio_register args = {.range = range_of(start, bytes), .mode = mode};

    return ioctl(fd, UFFDIO_REGISTER, &args) == 0 ? 0 : errno;
}

int uffd_continue(int fd, const void *start, size_t bytes, uint64_t mode)
{
    struct uffdio_continue args = {.range = range_of(start, bytes), .mode = mode};

    return ioctl(fd, UFFDIO_CONTINUE, &args) == 0 ? 0 : errno;
}

int uffd_protect(int fd, const void *start, size_t bytes, bool protect)
{
    struct uffdio_writeprotect args = {
        .range = range_of(start, bytes),
        .mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
    };

    return ioctl(fd, UFFDIO_WRITEPROTECT, &args) == 0 ? 0 : errno;
}
