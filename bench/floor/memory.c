/* SPDX-License-Identifier: MIT */
/* memory.c - warm host memory on huge pages. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "floor/floor.h"

#define HUGE_BYTES ((size_t)2 << 20)

double floor_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t round_up(size_t bytes)
{
    return (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
}

/* AnonHugePages of the mapping that starts at `memory`, in bytes; 0 if it cannot be read. */
static size_t huge_bytes_of(const void *memory)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool inside = false;
    size_t kib = 0;

    while (smaps && fgets(line, sizeof(line), smaps)) {
        unsigned long start, end;

        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = (unsigned long)memory >= start && (unsigned long)memory < end;
        else if (inside && sscanf(line, "AnonHugePages: %zu kB", &kib) == 1)
            break;
    }
    if (smaps)
        fclose(smaps);
    return kib << 10;
}

int floor_memory(size_t bytes, void **memory_out, bool *huge_out)
{
    size_t size = round_up(bytes), head;
    char *raw = mmap(NULL, size + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0),
         *memory;

    if (raw == MAP_FAILED)
        return errno;
    memory = (char *)round_up((size_t)raw);
    head = (size_t)(memory - raw);
    if (head)
        munmap(raw, head);
    if (HUGE_BYTES - head)
        munmap(memory + size, HUGE_BYTES - head);
    madvise(memory, size, MADV_HUGEPAGE); /* refused: small pages, and *huge_out says so */
    memset(memory, 1, size);
    *huge_out = huge_bytes_of(memory) >= size / 2;
    *memory_out = memory;
    return 0;
}

void floor_memory_free(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, round_up(bytes));
}
