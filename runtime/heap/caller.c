/* SPDX-License-Identifier: MIT */
/* caller.c - see caller.h */
#include "heap/caller.h"

#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define RANGES_MAX 32u

_Thread_local unsigned humi_caller_inside;

static struct range {
    uintptr_t start, end;
    bool runtime;
} ranges[RANGES_MAX];
static atomic_uint count;

/* Their names begin so. */
static const char *const names[] = {
    "libhum.so",  "libhum_icd.so", "libhum_heap.so", "libOpenCL.so",    "libc.so",
    "ld-linux",   "libpthread.so", "libdl.so",       "libhwloc.so",     "libzstd.so",
    "libudev.so", "libcap.so",     "libxml2.so",     "libpciaccess.so",
};

static struct range range_of(const struct dl_phdr_info *info)
{
    struct range range = {UINTPTR_MAX, 0, false};

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        if (start < range.start)
            range.start = start;
        if (start + info->dlpi_phdr[i].p_memsz > range.end)
            range.end = start + info->dlpi_phdr[i].p_memsz;
    }
    return range;
}

static void add(const struct range *range)
{
    unsigned at = atomic_load(&count);

    if (at == RANGES_MAX || humi_caller_stays_out((const void *)range->start))
        return;
    ranges[at] = *range;
    atomic_store_explicit(&count, at + 1, memory_order_release);
}

static int add_if_named(struct dl_phdr_info *info, size_t bytes, void *data)
{
    const char *name = strrchr(info->dlpi_name, '/');
    struct range range = range_of(info);

    (void)bytes;
    (void)data;
    name = name ? name + 1 : info->dlpi_name;
    range.runtime = strncmp(name, "libhum.so", 9) == 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            add(&range);
    return 0;
}

void humi_callers_find(void)
{
    (void)dl_iterate_phdr(add_if_named, NULL);
}

static int add_if_there(struct dl_phdr_info *info, size_t bytes, void *address)
{
    struct range range = range_of(info);
    bool there = (uintptr_t)address >= range.start && (uintptr_t)address < range.end;

    (void)bytes;
    if (there)
        add(&range);
    return there;
}

void humi_callers_add(const void *address)
{
    (void)dl_iterate_phdr(add_if_there, (void *)(uintptr_t)address);
}

static const struct range *find(const void *address)
{
    unsigned known = atomic_load_explicit(&count, memory_order_acquire);

    for (unsigned i = 0; i < known; i++)
        if ((uintptr_t)address - ranges[i].start < ranges[i].end - ranges[i].start)
            return &ranges[i];
    return NULL;
}

bool humi_caller_stays_out(const void *address)
{
    return humi_caller_inside || find(address);
}

bool humi_caller_is_runtime(const void *address)
{
    const struct range *range = find(address);

    return range && range->runtime;
}
