/* SPDX-License-Identifier: MIT */
/* copied.c - see copied.h */
#include "heap/copied.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hum/hum.h>

#include "base/log.h"
#include "heap/caller.h"
#include "heap/large.h"
#include "heap/libc.h"
#include "heap/slab.h"
#include "heap/start.h"

#define PAGES (HUM_BLOCK_SIZE / HUM_PAGE_SIZE) /* asked about together */

struct range {
    uintptr_t start;
    size_t bytes;
};

/* Of the fork that is under way: one at a time, the C library sees to that. */
static struct {
    int file;
    struct range *ranges; /* in the file at their offset in the space */
    size_t count, room;
    bool failed;
} copied = {.file = -1};

static off_t offset_of(uintptr_t start)
{
    return (off_t)(start - humi_pieces_source()->start);
}

/* The pages of a piece of at most PAGES that were ever touched. */
static bool copy_piece(uintptr_t start, size_t bytes)
{
    struct hum_page_info pages[PAGES];
    size_t count = (bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;
    char *to = NULL;

    if (hum_query(humi_heap_space(), (void *)start, bytes, pages, count) != HUM_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!pages[i].resident)
            continue;
        if (!to)
            to = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, copied.file,
                      offset_of(start));
        if (to == MAP_FAILED)
            return false;
        memcpy(to + i * HUM_PAGE_SIZE, (char *)start + i * HUM_PAGE_SIZE, HUM_PAGE_SIZE);
    }
    return !to || munmap(to, bytes) == 0;
}

static void copy(uintptr_t start, size_t bytes, void *data)
{
    (void)data;
    if (copied.count == copied.room) {
        size_t room = copied.room ? 2 * copied.room : 64;
        struct range *more = __libc_realloc(copied.ranges, room * sizeof *more);

        copied.failed = copied.failed || !more;
        if (!more)
            return;
        copied.ranges = more;
        copied.room = room;
    }
    copied.ranges[copied.count++] = (struct range){start, bytes};
    for (size_t at = 0; at < bytes && !copied.failed; at += PAGES * HUM_PAGE_SIZE)
        copied.failed = !copy_piece(
            start + at, bytes - at < PAGES * HUM_PAGE_SIZE ? bytes - at : PAGES * HUM_PAGE_SIZE);
}

static void before(void)
{
    if (!atomic_load(&humi_heap_on))
        return;
    humi_caller_enter();
    copied.count = 0;
    copied.file = memfd_create("hum-heap", MFD_CLOEXEC);
    copied.failed =
        copied.file < 0 || ftruncate(copied.file, (off_t)humi_pieces_source()->bytes) != 0;
    if (!copied.failed) {
        humi_fields_visit(copy, NULL);
        humi_larges_visit(copy, NULL);
    }
    if (copied.failed)
        humi_log_write(HUMI_LOG_WARN, "system SVM: a child of fork() does not get the heap: no "
                                      "memory to copy it");
    humi_caller_leave();
}

static void after(void)
{
    if (copied.file >= 0)
        close(copied.file);
    copied.file = -1;
}

static void in_child(void)
{
    if (!atomic_load(&humi_heap_on))
        return;
    humi_heap_leave();
    for (size_t i = 0; i < copied.count && !copied.failed; i++)
        if (mmap((void *)copied.ranges[i].start, copied.ranges[i].bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, copied.file,
                 offset_of(copied.ranges[i].start)) == MAP_FAILED)
            humi_log_write(HUMI_LOG_WARN, "system SVM: a child of fork() lacks %zu bytes",
                           copied.ranges[i].bytes);
    after();
}

bool humi_copied_prepare(void)
{
    return pthread_atfork(before, after, in_child) == 0;
}
