/* SPDX-License-Identifier: MIT */
/*
 * userfault.c - the ioctls of userfaultfd, each repeated until the whole range is done.
 *
 * The kernel stops a range early for reasons that are no errors: EAGAIN after partial progress or
 * while the address space changes, EEXIST at a page that is mapped already.
 */
#include "os/userfault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/status.h"

/* Newer than the headers of Debian 12. */
#ifndef UFFDIO_CONTINUE_MODE_WP
#define UFFDIO_CONTINUE_MODE_WP ((__u64)1 << 1)
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif
#ifndef UFFDIO_POISON
struct uffdio_poison {
    struct uffdio_range range;
    __u64 mode;
    __s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define FEATURES                                                                                   \
    (UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM |     \
     UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS)
#define MODES                                                                                      \
    (UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_WP)

/* ---- opening --------------------------------------------------------------------------------- */

static int open_by_device(int flags)
{
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), fd;

    if (device < 0)
        return -1;
    fd = ioctl(device, USERFAULTFD_IOC_NEW, flags);
    close(device);
    return fd;
}

/* The system call first: it needs no file, and its errno tells more. */
static int open_any(bool kernel_faults)
{
    int flags = O_CLOEXEC | O_NONBLOCK | (kernel_faults ? 0 : UFFD_USER_MODE_ONLY);
    int fd = (int)syscall(SYS_userfaultfd, flags), error;

    if (fd >= 0)
        return fd;
    error = errno;
    fd = open_by_device(flags);
    if (fd < 0)
        errno = error;
    return fd;
}

static enum hum_status open_failed(void)
{
    if (errno == EPERM || errno == EACCES)
        return humi_fail(HUM_ERR_PERMISSION,
                         "userfaultfd is not permitted here: a container or seccomp filter forbids "
                         "it; allow the system call userfaultfd or give access to "
                         "/dev/userfaultfd");
    if (errno == ENOSYS)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "this kernel has no userfaultfd (CONFIG_USERFAULTFD); Linux 5.19 or later "
                         "with it is needed");
    return humi_fail_errno("userfaultfd");
}

enum hum_status humi_userfault_open(bool kernel_faults, int *fd_out, bool *kernel_faults_out)
{
    struct uffdio_api api = {.api = UFFD_API, .features = FEATURES};
    int fd = -1;

    if (kernel_faults)
        fd = open_any(true);
    kernel_faults = fd >= 0;
    if (fd < 0)
        fd = open_any(false);
    if (fd < 0)
        return open_failed();
    if (ioctl(fd, UFFDIO_API, &api) != 0) {
        close(fd);
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "userfaultfd of this kernel lacks minor faults or write protection of "
                         "shared memory; Linux 5.19 or later is needed");
    }
    *fd_out = fd;
    *kernel_faults_out = kernel_faults;
    return HUM_OK;
}

/* The real thing on one page, for which no feature bit stands.  HUM_ERR_SYSTEM: it cannot. */
static enum hum_status share_page(int fd, int file)
{
    char *page;
    bool existing = false;
    enum hum_status status;

    if (ftruncate(file, (off_t)HUM_PAGE_SIZE) != 0 || pwrite(file, "x", 1, 0) != 1)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to try userfaultfd on a page");
    page = mmap(NULL, HUM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to try userfaultfd on a page");
    status = humi_userfault_register(fd, (uintptr_t)page, HUM_PAGE_SIZE);
    if (status == HUM_OK)
        status = humi_userfault_resume(fd, (uintptr_t)page, HUM_PAGE_SIZE, true, &existing);
    munmap(page, HUM_PAGE_SIZE);
    return status;
}

static enum hum_status try_share(void)
{
    bool kernel_faults;
    int fd, file;
    enum hum_status status = humi_userfault_open(false, &fd, &kernel_faults);

    if (status != HUM_OK)
        return status;
    file = memfd_create("hum-probe", MFD_CLOEXEC);
    if (file >= 0) {
        status = share_page(fd, file);
        close(file);
    } else {
        status = humi_fail(HUM_ERR_NO_MEMORY, "no file to try userfaultfd on: %s",
                           strerror(errno));
    }
    close(fd);
    return status;
}

enum hum_status humi_userfault_can_share(bool *can_out)
{
    static atomic_int known; /* 0 not yet, 1 yes, 2 no */
    enum hum_status status;

    if (atomic_load(&known) == 0) {
        status = try_share();
        if (status != HUM_OK && status != HUM_ERR_SYSTEM)
            return status; /* it says nothing about the kernel */
        atomic_store(&known, status == HUM_OK ? 1 : 2);
    }
    *can_out = atomic_load(&known) == 1;
    return HUM_OK;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static enum hum_status status_of(int error, const char *call)
{
    switch (error) {
    case ESRCH:
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s: the process has gone", call);
    case ENOMEM:
        return humi_fail(HUM_ERR_NO_MEMORY,
                         "%s: no memory, or too many mappings (vm.max_map_count)", call);
    case EFAULT:
        return humi_fail(HUM_ERR_NOT_FOUND, "%s: a frame is absent", call);
    default:
        errno = error;
        return humi_fail_errno("%s", call);
    }
}

enum hum_status humi_userfault_register(int fd, uintptr_t start, size_t bytes)
{
    struct uffdio_register arg = {.range = {start, bytes}, .mode = MODES};

    if (ioctl(fd, UFFDIO_REGISTER, &arg) == 0)
        return HUM_OK;
    return status_of(errno, "UFFDIO_REGISTER");
}

enum hum_status humi_userfault_unregister(int fd, uintptr_t start, size_t bytes)
{
    struct uffdio_range arg = {start, bytes};

    if (ioctl(fd, UFFDIO_UNREGISTER, &arg) == 0)
        return HUM_OK;
    return status_of(errno, "UFFDIO_UNREGISTER");
}

/*
 * The kernel takes a range that lies in one of its mappings only, and says ENOENT of one that does
 * not: what is one mapping to us may be several to it, because a program gave a part of it a flag
 * of its own (mbind(), mlock()), or flags of ours could not be set.  So half of it is tried then.
 */
struct pieces {
    size_t done, bytes, most;
};

static size_t piece_of(const struct pieces *pieces)
{
    size_t left = pieces->bytes - pieces->done;

    return left < pieces->most ? left : pieces->most;
}

static void did(struct pieces *pieces, size_t bytes)
{
    pieces->done += bytes;
    if (pieces->most < pieces->bytes)
        pieces->most *= 2;
}

/* False: it is one page. */
static bool halve(struct pieces *pieces)
{
    pieces->most = piece_of(pieces) / 2 / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    return pieces->most > 0;
}

enum hum_status humi_userfault_resume(int fd, uintptr_t start, size_t bytes, bool protect,
                                      bool *existing_out)
{
    struct pieces pieces = {.bytes = bytes, .most = bytes};

    while (pieces.done < bytes) {
        size_t piece = piece_of(&pieces);
        struct uffdio_continue arg = {.range = {start + pieces.done, piece},
                                      .mode = protect ? UFFDIO_CONTINUE_MODE_WP : 0};
        if (ioctl(fd, UFFDIO_CONTINUE, &arg) == 0) {
            did(&pieces, piece);
        } else if (arg.mapped > 0) {
            did(&pieces, (size_t)arg.mapped);
        } else if (errno == EEXIST) {
            *existing_out = true;
            did(&pieces, HUM_PAGE_SIZE);
        } else if (errno == EAGAIN) {
            sched_yield();
        } else if (errno != ENOENT || !halve(&pieces)) {
            return status_of(errno, "UFFDIO_CONTINUE");
        }
    }
    return HUM_OK;
}

enum hum_status humi_userfault_protect(int fd, uintptr_t start, size_t bytes, bool on)
{
    struct pieces pieces = {.bytes = bytes, .most = bytes};

    while (pieces.done < bytes) {
        size_t piece = piece_of(&pieces);
        struct uffdio_writeprotect arg = {.range = {start + pieces.done, piece},
                                          .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0};
        if (ioctl(fd, UFFDIO_WRITEPROTECT, &arg) == 0)
            did(&pieces, piece);
        else if (errno == EAGAIN)
            sched_yield();
        else if (errno != ENOENT || !halve(&pieces))
            return status_of(errno, "UFFDIO_WRITEPROTECT");
    }
    return HUM_OK;
}

bool humi_userfault_poison(int fd, uintptr_t start, size_t bytes)
{
    struct uffdio_poison arg = {.range = {start, bytes}};

    while (ioctl(fd, UFFDIO_POISON, &arg) != 0) {
        if (errno != EAGAIN)
            return errno == EEXIST;
        sched_yield();
    }
    return true;
}

void humi_userfault_wake(int fd, uintptr_t start, size_t bytes)
{
    struct uffdio_range arg = {start, bytes};

    /* It cannot fail for a good range, but if it did the thread would sleep for ever: try again. */
    for (int tries = 3; tries > 0 && ioctl(fd, UFFDIO_WAKE, &arg) != 0; tries--)
        continue;
}

unsigned humi_userfault_read(int fd, struct humi_userfault_event *events_out, unsigned max)
{
    struct uffd_msg messages[64];
    unsigned want = max < 64 ? max : 64, count = 0;
    ssize_t got = read(fd, messages, want * sizeof messages[0]);

    for (ssize_t i = 0; i < got / (ssize_t)sizeof messages[0]; i++) {
        const struct uffd_msg *m = &messages[i];
        if (m->event != UFFD_EVENT_PAGEFAULT)
            continue;
        events_out[count++] = (struct humi_userfault_event){
            .address = m->arg.pagefault.address,
            .thread = (int)m->arg.pagefault.feat.ptid,
            .write = m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE,
        };
    }
    return count;
}
