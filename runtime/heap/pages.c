/* SPDX-License-Identifier: MIT */
/*
 * pages.c - what a program asks of the kernel for pages of its blocks: numpy wants huge ones, for
 * example.  They are the runtime's, whose mappings must stay as they are, so:
 *
 *     madvise         DONTNEED: discards them; hints: nothing is done, and that is well;
 *                     what changes the meaning of pages: EINVAL
 *     posix_madvise   nothing is done
 *     mprotect        EACCES, unless they are to be read and written
 *     mlock           ENOMEM, as where the system does not allow it
 *
 * The runtime's own calls, and all for other memory, go to the kernel.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hum/hum.h>

#include "heap/caller.h"
#include "heap/piece.h"
#include "heap/start.h"

#define EXPORT __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

static bool is_of_heap(const void *start, const void *caller)
{
    return humi_pieces_hold(start) && atomic_load_explicit(&humi_heap_on, memory_order_acquire) &&
           !humi_caller_stays_out(caller);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int advise(void *start, size_t bytes, int advice)
{
    enum hum_status status;

    switch (advice) {
    case MADV_DONTNEED:
        humi_caller_enter();
        status = hum_discard(humi_heap_space(), start, bytes, NULL);
        humi_caller_leave();
        return status == HUM_OK ? 0 : fail(EINVAL);
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_WIPEONFORK:
    case MADV_HWPOISON:
        return fail(EINVAL);
    default:
        return 0;
    }
}

EXPORT int madvise(void *start, size_t bytes, int advice)
{
    if (is_of_heap(start, CALLER))
        return advise(start, bytes, advice);
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

EXPORT int posix_madvise(void *start, size_t bytes, int advice)
{
    /* As the C library has it: DONTNEED loses nothing. */
    if (is_of_heap(start, CALLER) || advice == POSIX_MADV_DONTNEED)
        return 0;
    return syscall(SYS_madvise, start, bytes, advice) == 0 ? 0 : errno;
}

EXPORT int mprotect(void *start, size_t bytes, int protection)
{
    if (is_of_heap(start, CALLER))
        return protection == (PROT_READ | PROT_WRITE) ? 0 : fail(EACCES);
    return (int)syscall(SYS_mprotect, start, bytes, protection);
}

EXPORT int mlock(const void *start, size_t bytes)
{
    if (is_of_heap(start, CALLER))
        return fail(ENOMEM);
    return (int)syscall(SYS_mlock, start, bytes);
}

EXPORT int munlock(const void *start, size_t bytes)
{
    if (is_of_heap(start, CALLER))
        return 0;
    return (int)syscall(SYS_munlock, start, bytes);
}
