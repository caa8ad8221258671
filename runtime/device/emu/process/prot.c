/* SPDX-License-Identifier: MIT */
/*
 * prot.c - the device's side of page protection; device/prot.h has the protocol.
 *
 * The lock makes a byte and the mapping that it speaks of change together.  Kernel code never holds
 * it, so the handler that interrupted kernel code may wait for it.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "device/emu/process/process.h"
#include "device/prot.h"
#include "os/memory.h"
#include "os/userfault.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t homecomings; /* guarded by lock: how often something was led home */

/* ---- forgetting ------------------------------------------------------------------------------ */

/* The first block of [first, end) in that state, or end. */
static size_t find(enum humi_prot state, size_t first, size_t end)
{
    const unsigned char *prot = humi_device.control->prot;
    const unsigned char *found = memchr(prot + first, (int)state, end - first);

    return found ? (size_t)(found - prot) : end;
}

/* Before the mappings go: if the runtime opens a block meanwhile it says so again. */
static void clear_stale(size_t first, size_t end)
{
    unsigned char *prot = humi_device.control->prot;

    for (size_t b = find(HUMI_PROT_STALE, first, end); b < end;
         b = find(HUMI_PROT_STALE, b + 1, end))
        humi_prot_change(&prot[b], HUMI_PROT_STALE, HUMI_PROT_READ);
}

/* After they have gone.  Where there are too many mappings a block stays writable, and says so. */
static void make_read_only(size_t first, size_t end)
{
    unsigned char *prot = humi_device.control->prot;
    uintptr_t start = humi_device.hello.start;

    for (size_t b = find(HUMI_PROT_WRITE, first, end), stop; b < end;
         b = find(HUMI_PROT_WRITE, stop, end)) {
        for (stop = b + 1; stop < end && humi_prot_get(&prot[stop]) == HUMI_PROT_WRITE;)
            stop++;
        if (!humi_memory_allow_write(start + b * HUM_BLOCK_SIZE, (stop - b) * HUM_BLOCK_SIZE,
                                     false))
            continue;
        for (size_t i = b; i < stop; i++)
            humi_prot_change(&prot[i], HUMI_PROT_WRITE, HUMI_PROT_READ);
    }
}

void humi_prot_forget(uint64_t offset, uint64_t bytes)
{
    const struct humi_emu_hello *space = &humi_device.hello;
    size_t first = (offset + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE;
    size_t end = (offset + bytes) / HUM_BLOCK_SIZE;
    bool whole = space->use_prot && first < end;

    if (!whole) {
        humi_memory_zap(space->start + offset, bytes);
        return;
    }
    pthread_mutex_lock(&lock);
    clear_stale(first, end);
    humi_memory_zap(space->start + offset, bytes);
    make_read_only(first, end);
    pthread_mutex_unlock(&lock);
}

/* ---- leading away and home (device/away.h) ------------------------------------------------- */

enum hum_status humi_prot_lead_away(const struct humi_emu_away *range, int file)
{
    const struct humi_memory_lead lead = {.start = humi_device.hello.start + range->offset,
                                          .bytes = range->bytes,
                                          .file = file,
                                          .offset = range->offset,
                                          .right = HUMI_MEMORY_WRITE,
                                          .fill = true};
    enum hum_status status;

    pthread_mutex_lock(&lock);
    status = humi_memory_lead(&lead);
    pthread_mutex_unlock(&lock);
    close(file);
    return status;
}

/* Whether the block of an offset is writable by its mappings now. */
static bool is_writable(uint64_t offset)
{
    const unsigned char *prot = &humi_device.control->prot[offset / HUM_BLOCK_SIZE];

    return !humi_device.hello.use_prot || humi_prot_get(prot) == HUMI_PROT_WRITE;
}

/* Lock held.  Whoever touches it before it is guarded gets a signal and waits for the lock. */
static bool lead_home(uint64_t offset, uint64_t bytes)
{
    const struct humi_memory_lead lead = {.start = humi_device.hello.start + offset,
                                          .bytes = bytes,
                                          .file = humi_device.frames,
                                          .offset = offset,
                                          .right = HUMI_MEMORY_NONE};

    return humi_memory_lead(&lead) == HUM_OK &&
           humi_userfault_register(humi_device.uffd, lead.start, bytes) == HUM_OK &&
           humi_memory_allow_write(lead.start, bytes, is_writable(offset));
}

void humi_prot_lead_home(uint64_t offset, uint64_t bytes)
{
    pthread_mutex_lock(&lock);
    homecomings++;
    if (!lead_home(offset, bytes))
        _exit(1); /* out of memory; a touch could neither be let through nor made a fault */
    pthread_mutex_unlock(&lock);
}

bool humi_prot_settle(uintptr_t address)
{
    static __thread uint64_t settled; /* the homecomings of which this thread was in the way */
    uint64_t now;

    if (address - humi_device.hello.start >= humi_device.hello.bytes)
        return false;
    pthread_mutex_lock(&lock);
    now = homecomings;
    pthread_mutex_unlock(&lock);
    if (settled == now)
        return false; /* it is forbidden for another reason, as jumping there is */
    settled = now;
    return true;
}

/* ---- stores ---------------------------------------------------------------------------------- */

/* Claim the right to make the block writable; what it was. */
static enum humi_prot claim(unsigned char *prot)
{
    for (;;) {
        enum humi_prot was = humi_prot_get(prot);
        if (was == HUMI_PROT_WRITE)
            return was;
        if (was == HUMI_PROT_OPENING)
            sched_yield(); /* the runtime is in the middle of one system call */
        else if (humi_prot_change(prot, was, HUMI_PROT_WRITE))
            return was;
    }
}

/* Guard a block that is open for reading.  False: it stays as it was. */
static bool guard(unsigned char *prot, uintptr_t start)
{
    if (humi_userfault_register(humi_device.uffd, start, HUM_BLOCK_SIZE) == HUM_OK)
        return true;
    humi_prot_change(prot, HUMI_PROT_WRITE, HUMI_PROT_READ_OPEN);
    return false;
}

/*
 * Lock held.  Native mappings of the time when the block was open for reading may be left: a store
 * would make them writable without a fault, so they go first.
 */
static bool make_writable(size_t block)
{
    unsigned char *prot = &humi_device.control->prot[block];
    uintptr_t start = humi_device.hello.start + block * HUM_BLOCK_SIZE;
    enum humi_prot was = claim(prot);

    if (was == HUMI_PROT_READ_OPEN && !guard(prot, start))
        return false;
    if (was == HUMI_PROT_READ_OPEN || was == HUMI_PROT_STALE)
        humi_memory_zap(start, HUM_BLOCK_SIZE);
    return humi_memory_allow_write(start, HUM_BLOCK_SIZE, true);
}

enum hum_status humi_prot_store(uintptr_t address)
{
    const struct humi_emu_hello *space = &humi_device.hello;
    bool done;

    if (!space->use_prot || address - space->start >= space->bytes)
        return HUM_ERR_ILLEGAL_ADDRESS;
    pthread_mutex_lock(&lock);
    done = make_writable((address - space->start) / HUM_BLOCK_SIZE);
    pthread_mutex_unlock(&lock);
    return done ? HUM_OK : HUM_ERR_NO_MEMORY;
}
