/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the place of the space, and mappings of frame files.
 *
 * Where the space can be: any address that is application memory for the address sanitizer (above
 * 0x10007fff8000) will do, so the usual start is far from what the loader and the heap use.  The
 * thread sanitizer knows only three islands; of these the low one, below 0x8000000000, has room for
 * a few spaces of 16 GiB with their windows, so both are placed there.
 */
#include "os/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define NEAR_START ((size_t)8 << 40)        /* how far behind each start is tried */
#define LOW_START ((uintptr_t)0x1000000000) /* 64 GiB: behind a program that is not PIE */
#define LOW_END ((uintptr_t)0x8000000000)   /* 512 GiB: end of the thread sanitizer's low island */

static const uintptr_t starts[] = {
    0x200000000000, 0x300000000000, 0x400000000000, 0x100000000000, 0x600000000000, 0x80000000000,
};

/* Defined by the thread sanitizer's runtime, if the program has it. */
extern void __tsan_init(void) __attribute__((weak));

static bool has_thread_sanitizer(void)
{
    return __tsan_init != NULL;
}

/* Map exactly at `start` or not at all. */
static bool map_free(uintptr_t start, size_t bytes, int protection, int flags, int file)
{
    void *want = (void *)start;
    void *got = mmap(want, bytes, protection, flags | MAP_FIXED_NOREPLACE, file, 0);

    if (got == want)
        return true;
    if (got != MAP_FAILED) {
        munmap(got, bytes); /* taken for a hint: an older kernel or a sanitizer */
        errno = EEXIST;
    }
    return false;
}

static bool reserve_at(uintptr_t start, size_t bytes)
{
    return map_free(start, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

static uintptr_t reserve_low(size_t bytes)
{
    for (uintptr_t start = LOW_START; bytes <= LOW_END - start; start += HUMI_SPACE_UNIT)
        if (reserve_at(start, bytes))
            return start;
    return 0;
}

static uintptr_t reserve_somewhere(size_t bytes)
{
    if (has_thread_sanitizer())
        return reserve_low(bytes);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        for (uintptr_t at = starts[i]; at == starts[i] || at + bytes <= starts[i] + NEAR_START;
             at += bytes)
            if (reserve_at(at, bytes))
                return at;
    return 0;
}

enum hum_status humi_space_reserve(size_t bytes, bool exact, uintptr_t *start_out,
                                   size_t *bytes_out)
{
    size_t usual = has_thread_sanitizer() ? HUMI_SPACE_SANITIZED : HUMI_SPACE_DEFAULT;
    size_t size = bytes ? bytes : usual;
    size_t least = exact || size < HUMI_SPACE_LEAST ? size : HUMI_SPACE_LEAST;

    if (size % HUMI_SPACE_UNIT != 0)
        return humi_fail(HUM_ERR_INVALID, "the space must be a multiple of 1 GiB, not %zu bytes",
                         bytes);
    for (; size >= least; size = size / 2 / HUMI_SPACE_UNIT * HUMI_SPACE_UNIT) {
        uintptr_t start = reserve_somewhere(size);
        if (start) {
            *start_out = start;
            *bytes_out = size;
            return HUM_OK;
        }
        if (exact)
            break;
        humi_debug("no room for a space of %zu GiB, trying half", size >> 30);
    }
    return humi_fail(HUM_ERR_NO_SPACE,
                     "no free address range of %zu GiB for the space; look at `ulimit -v`, or ask "
                     "for less with HUM_SPACE",
                     least >> 30);
}

void humi_space_release(uintptr_t start, size_t bytes)
{
    if (bytes)
        munmap((void *)start, bytes);
}

static void keep_private(void *start, size_t bytes)
{
    (void)madvise(start, bytes, MADV_DONTFORK);
    (void)madvise(start, bytes, MADV_DONTDUMP);
}

enum hum_status humi_space_map(uintptr_t start, size_t bytes, int file)
{
    void *got = mmap((void *)start, bytes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_NORESERVE | MAP_FIXED, file, 0);

    if (got == MAP_FAILED)
        return humi_fail_errno("cannot map the space at 0x%zx", (size_t)start);
    keep_private(got, bytes);
    return HUM_OK;
}

enum hum_status humi_space_map_at(uintptr_t start, size_t bytes, int file, bool read_only)
{
    int prot = read_only ? PROT_READ : PROT_READ | PROT_WRITE;

    if (!map_free(start, bytes, prot, MAP_SHARED | MAP_NORESERVE, file))
        return humi_fail(HUM_ERR_NO_SPACE,
                         "the range of the space, %zu GiB at 0x%zx, cannot be mapped: %s",
                         bytes >> 30, (size_t)start, strerror(errno));
    keep_private((void *)start, bytes);
    return HUM_OK;
}

void humi_space_unmap(uintptr_t start, size_t bytes)
{
    if (mmap((void *)start, bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        humi_debug("the space stays mapped until its range is released: %s", strerror(errno));
}

/* Room for a window: aligned, so that huge frames are mapped as such. */
static char *reserve_window(size_t bytes)
{
    char *room, *window;

    if (has_thread_sanitizer())
        return (char *)reserve_low(bytes);
    room = mmap(NULL, bytes + HUM_BLOCK_SIZE, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    window = room + (HUM_BLOCK_SIZE - (uintptr_t)room % HUM_BLOCK_SIZE) % HUM_BLOCK_SIZE;
    if (window != room)
        munmap(room, (size_t)(window - room));
    munmap(window + bytes, HUM_BLOCK_SIZE - (size_t)(window - room));
    return window;
}

enum hum_status humi_window_map(int file, size_t bytes, char **window_out)
{
    char *window = reserve_window(bytes);

    if (!window)
        return humi_fail(HUM_ERR_NO_SPACE,
                         "no free address range of %zu GiB for a window; ask for a smaller space "
                         "with HUM_SPACE",
                         bytes >> 30);
    if (mmap(window, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, file,
             0) == MAP_FAILED) {
        enum hum_status status = humi_fail_errno("cannot map a window");
        munmap(window, bytes);
        return status;
    }
    keep_private(window, bytes);
    *window_out = window;
    return HUM_OK;
}

void humi_window_unmap(char *window, size_t bytes)
{
    if (window)
        munmap(window, bytes);
}

void humi_memory_zap(uintptr_t start, size_t bytes)
{
    while (madvise((void *)start, bytes, MADV_DONTNEED) != 0)
        humi_check(errno == EAGAIN || errno == EINTR);
}

/*
 * mmap over what threads touch at this moment.  The thread sanitizer takes its own mmap for a store
 * to all of the range, and so for a race with them; it does not see the system call.
 */
static void *map_over(const struct humi_memory_lead *lead, int protection, int flags)
{
    void *start = (void *)lead->start;

    if (has_thread_sanitizer())
        return (void *)syscall(SYS_mmap, start, lead->bytes, protection, flags, lead->file,
                               lead->offset);
    return mmap(start, lead->bytes, protection, flags, lead->file, (off_t)lead->offset);
}

enum hum_status humi_memory_lead(const struct humi_memory_lead *lead)
{
    static const int protection[] = {[HUMI_MEMORY_NONE] = PROT_NONE,
                                     [HUMI_MEMORY_READ] = PROT_READ,
                                     [HUMI_MEMORY_WRITE] = PROT_READ | PROT_WRITE};
    int flags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED | (lead->fill ? MAP_POPULATE : 0);
    void *got = map_over(lead, protection[lead->right], flags);

    if (got == MAP_FAILED)
        return humi_fail_errno("cannot map frames at 0x%zx", (size_t)lead->start);
    keep_private(got, lead->bytes);
    return HUM_OK;
}

bool humi_memory_allow_write(uintptr_t start, size_t bytes, bool allow)
{
    return mprotect((void *)start, bytes, allow ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
}

size_t humi_memory_mappings_max(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    size_t max = 65530; /* the kernel's default */

    if (!file)
        return max;
    if (fscanf(file, "%zu", &max) != 1)
        max = 65530;
    fclose(file);
    return max;
}
