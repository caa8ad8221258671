/* SPDX-License-Identifier: MIT */
/* fail_system.c - system calls, threads and processes; forwarded to the next definition. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "support/fail_call_order.h"

/* A function's next definition, looked up once. */
#define NEXT(name)                                                                                 \
    static __typeof__(&name) next;                                                                 \
    if (!next)                                                                                     \
        next = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name)

/* Return `value` with errno `error` if it is this call's turn. */
#define FAIL(call, error, value)                                                                   \
    if (fail_now(call, FAIL_CALLER)) {                                                             \
        errno = error;                                                                             \
        return value;                                                                              \
    }

/* ---- memory ---------------------------------------------------------------------------------- */

void *mmap(void *start, size_t bytes, int prot, int flags, int fd, off_t offset)
{
    NEXT(mmap);
    FAIL(FAIL_MMAP, ENOMEM, MAP_FAILED)
    return next(start, bytes, prot, flags, fd, offset);
}

int mprotect(void *start, size_t bytes, int prot)
{
    NEXT(mprotect);
    FAIL(FAIL_MPROTECT, ENOMEM, -1)
    return next(start, bytes, prot);
}

int madvise(void *start, size_t bytes, int advice)
{
    NEXT(madvise);
    FAIL(FAIL_MADVISE, EAGAIN, -1)
    return next(start, bytes, advice);
}

/* ---- files ----------------------------------------------------------------------------------- */

int memfd_create(const char *name, unsigned flags)
{
    NEXT(memfd_create);
    FAIL(FAIL_MEMFD, EMFILE, -1)
    return next(name, flags);
}

int ftruncate(int fd, off_t bytes)
{
    NEXT(ftruncate);
    FAIL(FAIL_FTRUNCATE, EFBIG, -1)
    return next(fd, bytes);
}

int fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    NEXT(fallocate);
    FAIL(FAIL_FALLOCATE, mode & FALLOC_FL_PUNCH_HOLE ? ENOMEM : ENOSPC, -1)
    return next(fd, mode, offset, bytes);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;

    NEXT(open);
    FAIL(FAIL_OPEN, EMFILE, -1)
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return next(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;

    NEXT(openat);
    FAIL(FAIL_OPEN, EMFILE, -1)
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return next(folder, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    FAIL(FAIL_OPEN, EMFILE, NULL)
    return next(path, mode);
}

int dup2(int from, int to)
{
    NEXT(dup2);
    FAIL(FAIL_DUP, EBUSY, -1)
    return next(from, to);
}

int dup3(int from, int to, int flags)
{
    NEXT(dup3);
    FAIL(FAIL_DUP, EBUSY, -1)
    return next(from, to, flags);
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;

    NEXT(fcntl);
    FAIL(FAIL_DUP, EMFILE, -1)
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return next(fd, command, argument);
}

ssize_t read(int fd, void *data, size_t bytes)
{
    NEXT(read);
    FAIL(FAIL_READ, EAGAIN, -1)
    return next(fd, data, bytes);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    NEXT(write);
    FAIL(FAIL_WRITE, EINTR, -1)
    return next(fd, data, bytes);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    NEXT(pwrite);
    FAIL(FAIL_WRITE, ENOSPC, -1)
    return next(fd, data, bytes, offset);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    NEXT(poll);
    FAIL(FAIL_POLL, EINTR, -1)
    return next(fds, count, timeout_ms);
}

int eventfd(unsigned value, int flags)
{
    NEXT(eventfd);
    FAIL(FAIL_EVENTFD, EMFILE, -1)
    return next(value, flags);
}

/* ---- userfaultfd and what has no function ---------------------------------------------------- */

static int ioctl_error(unsigned long request)
{
    switch (request) {
    case UFFDIO_API:
        return EINVAL;
    case UFFDIO_WAKE:
        return ENOENT;
    default:
        return ENOMEM;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    NEXT(ioctl);
    FAIL(FAIL_IOCTL, ioctl_error(request), -1)
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return next(fd, request, argument);
}

long syscall(long number, ...)
{
    long a[6];
    va_list arguments;

    NEXT(syscall);
    if (number == SYS_userfaultfd)
        FAIL(FAIL_USERFAULTFD, EMFILE, -1)
    if (number == SYS_pidfd_open)
        FAIL(FAIL_PIDFD, EMFILE, -1)
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- sockets --------------------------------------------------------------------------------- */

int socketpair(int domain, int type, int protocol, int ends[2])
{
    NEXT(socketpair);
    FAIL(FAIL_SOCKETPAIR, EMFILE, -1)
    return next(domain, type, protocol, ends);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg);
    FAIL(FAIL_SEND, ENOBUFS, -1)
    return next(fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    NEXT(recvmsg);
    FAIL(FAIL_RECEIVE, ENOMEM, -1)
    return next(fd, message, flags);
}

/* ---- threads, processes, code ---------------------------------------------------------------- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    NEXT(pthread_create);
    return fail_now(FAIL_THREAD, FAIL_CALLER) ? EAGAIN : next(thread, attributes, run, argument);
}

int clone(int (*run)(void *), void *stack, int flags, void *argument, ...)
{
    va_list more;

    NEXT(clone);
    FAIL(FAIL_CLONE, EAGAIN, -1)
    va_start(more, argument);
    void *parent_tid = va_arg(more, void *), *tls = va_arg(more, void *),
         *child_tid = va_arg(more, void *);
    va_end(more);
    return next(run, stack, flags, argument, parent_tid, tls, child_tid);
}

int execve(const char *path, char *const argv[], char *const environment[])
{
    NEXT(execve);
    FAIL(FAIL_EXEC, ENOMEM, -1)
    return next(path, argv, environment);
}

void *dlopen(const char *path, int flags)
{
    NEXT(dlopen);
    FAIL(FAIL_DLOPEN, ENOMEM, NULL)
    return next(path, flags);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    NEXT(sigaction);
    FAIL(FAIL_SIGNAL, EINVAL, -1)
    return next(number, action, before);
}

int sigaltstack(const stack_t *stack, stack_t *before)
{
    NEXT(sigaltstack);
    FAIL(FAIL_SIGNAL, ENOMEM, -1)
    return next(stack, before);
}

/* ---- mounting -------------------------------------------------------------------------------- */

int fsopen(const char *name, unsigned flags)
{
    NEXT(fsopen);
    FAIL(FAIL_MOUNT, EPERM, -1)
    return next(name, flags);
}

int fsconfig(int fd, unsigned command, const char *key, const void *value, int more)
{
    NEXT(fsconfig);
    FAIL(FAIL_MOUNT, EINVAL, -1)
    return next(fd, command, key, value, more);
}

int fsmount(int fd, unsigned flags, unsigned attributes)
{
    NEXT(fsmount);
    FAIL(FAIL_MOUNT, ENOMEM, -1)
    return next(fd, flags, attributes);
}
