/* SPDX-License-Identifier: MIT */
/*
 * touches.c - taking the touches that the workers of the device recorded (exact recording).
 *
 * One thread at a time takes them.  A record of a ring that has reads and writes is handed out as
 * two touches for each of its pages, in their order.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "device/emu/emu.h"
#include "os/futex.h"

#define SPACE_MAX ((size_t)HUMI_EMU_TOUCH_PAGE_NONE * HUM_PAGE_SIZE)

/* ---- opening --------------------------------------------------------------------------------- */

static enum hum_status check_params(const struct humi_space_params *space)
{
    uint32_t records = space->exact_records;

    if (records != 0 && (records < HUMI_EMU_TOUCH_RECORDS_MIN || (records & (records - 1)) != 0 ||
                         records > UINT32_C(1) << 24))
        return humi_fail(HUM_ERR_INVALID, "a ring of %u touches: it must be a power of two, 4 to "
                                          "16777216",
                         records);
    if (space->bytes > SPACE_MAX)
        return humi_fail(HUM_ERR_INVALID, "exact recording needs a space of less than 16 TiB");
    return HUM_OK;
}

enum hum_status humi_emu_open_touches(struct humi_emu *emu)
{
    enum hum_status status = check_params(&emu->space);
    void *memory;
    size_t bytes;

    emu->touches_fd = memfd_create("hum-touches", MFD_CLOEXEC);
    if (emu->touches_fd < 0)
        return humi_fail_errno("memory for touches");
    if (status != HUM_OK || !emu->space.exact)
        return status; /* the process is given an empty file */
    emu->touch_records = emu->space.exact_records ? emu->space.exact_records
                                                  : HUMI_EMU_TOUCH_RECORDS;
    bytes = humi_emu_touches_bytes(emu->params.workers, emu->touch_records);
    if (ftruncate(emu->touches_fd, (off_t)bytes) != 0)
        return humi_fail_errno("memory for touches");
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, emu->touches_fd, 0);
    if (memory == MAP_FAILED)
        return humi_fail_errno("memory for touches");
    (void)madvise(memory, bytes, MADV_DONTFORK);
    emu->touches = memory;
    return HUM_OK;
}

void humi_emu_close_touches(struct humi_emu *emu)
{
    if (emu->touches)
        munmap(emu->touches, humi_emu_touches_bytes(emu->params.workers, emu->touch_records));
    if (emu->touches_fd >= 0)
        close(emu->touches_fd);
}

/* ---- modules --------------------------------------------------------------------------------- */

bool humi_emu_exact_path(const char *path, char *out, size_t bytes)
{
    static const char plain[] = ".so", exact[] = ".exact.so";
    size_t length = strlen(path), stem = length - (sizeof plain - 1);

    if (length < sizeof plain || strcmp(path + stem, plain) != 0)
        return false;
    if (length >= sizeof exact && strcmp(path + length - (sizeof exact - 1), exact) == 0)
        return (size_t)snprintf(out, bytes, "%s", path) < bytes;
    return (size_t)snprintf(out, bytes, "%.*s%s", (int)stem, path, exact) < bytes &&
           access(out, R_OK) == 0;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* Where the reader is: the touches of the record at the tail that were handed out. */
struct reader {
    struct humi_emu *emu;
    unsigned worker;
    struct humi_emu_ring *ring;
    uint32_t tail;
    uint32_t *done;
};

/* Records that wait.  A ring that says more than it can hold was written over, and is emptied. */
static uint32_t waiting(struct reader *r)
{
    uint32_t head = __atomic_load_n(&r->ring->head, __ATOMIC_ACQUIRE);

    if (head - r->tail <= r->emu->touch_records)
        return head - r->tail;
    humi_warn("%s: a kernel has written over the touches of worker %u; some are lost",
              r->emu->base.name, r->worker);
    r->tail = head;
    *r->done = 0;
    return 0;
}

/* How many touches a record is; 0: it makes no sense. */
static uint32_t parts_of(const struct humi_emu *emu, const struct humi_emu_touch *record)
{
    uint64_t end = (uint64_t)record->page + record->pages;

    if (record->pages == 0 || end > emu->space.bytes / HUM_PAGE_SIZE ||
        record->pages > UINT32_MAX / 2)
        return 0;
    if (record->count[0] > 0 && record->count[1] > 0)
        return 2 * record->pages;
    return record->count[0] > 0 || record->count[1] > 0;
}

/* Touch number `part` of a record. */
static struct humi_touch touch_of(const struct humi_emu_touch *record, uint32_t part)
{
    bool both = record->count[0] > 0 && record->count[1] > 0;
    bool write = both ? (part % 2 == 0) == (record->write_first != 0) : record->count[1] > 0;

    return (struct humi_touch){.launch = record->launch,
                               .kernel = record->kernel,
                               .page = record->page + (both ? part / 2 : 0),
                               .pages = both ? 1 : record->pages,
                               .count = record->count[write],
                               .write = write,
                               .lines = record->lines[write]};
}

static unsigned take(struct reader *r, struct humi_touch *out, unsigned max)
{
    unsigned taken = 0;

    for (uint32_t left = waiting(r); left > 0 && taken < max; left--, r->tail++) {
        struct humi_emu_touch record = r->ring->records[r->tail % r->emu->touch_records];
        uint32_t parts = parts_of(r->emu, &record);
        while (*r->done < parts && taken < max) {
            out[taken] = touch_of(&record, (*r->done)++);
            out[taken++].worker = r->worker;
        }
        if (*r->done < parts)
            break;
        *r->done = 0;
    }
    return taken;
}

static unsigned take_from(struct humi_emu *emu, unsigned worker, struct humi_touch *out,
                          unsigned max)
{
    struct humi_emu_ring *ring = humi_emu_ring(emu->touches, emu->touch_records, worker);
    struct reader r = {emu, worker, ring, __atomic_load_n(&ring->tail, __ATOMIC_RELAXED),
                       &emu->touch_done[worker]};
    unsigned taken = take(&r, out, max);

    __atomic_store_n(&ring->tail, r.tail, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&ring->waits, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&ring->waits, 0, __ATOMIC_SEQ_CST))
        humi_futex_wake(&ring->tail, 1);
    return taken;
}

/* All rings once; each call begins with another one, so that none is starved. */
static unsigned take_all(struct humi_emu *emu, struct humi_touch *out, unsigned max)
{
    unsigned workers = emu->params.workers, first = emu->touch_worker++, taken = 0;

    for (unsigned i = 0; i < workers && taken < max; i++)
        taken += take_from(emu, (first + i) % workers, out + taken, max - taken);
    return taken;
}

/* Until a ring fills up, at most timeout_ns. */
static void sleep_on_bell(struct humi_emu_touches *touches, uint32_t bell, int64_t timeout_ns)
{
    __atomic_store_n(&touches->sleeps, 1, __ATOMIC_SEQ_CST);
    humi_futex_wait(&touches->bell, bell, timeout_ns);
    __atomic_store_n(&touches->sleeps, 0, __ATOMIC_SEQ_CST);
}

unsigned humi_emu_touches(struct humi_processor *p, struct humi_touch *touches_out, unsigned max,
                          int64_t timeout_ns)
{
    struct humi_emu *emu = humi_emu_of(p);
    uint32_t bell;
    unsigned taken;

    if (!emu->touches)
        return 0;
    bell = __atomic_load_n(&emu->touches->bell, __ATOMIC_SEQ_CST);
    taken = take_all(emu, touches_out, max);
    if (taken > 0 || timeout_ns <= 0)
        return taken;
    sleep_on_bell(emu->touches, bell, timeout_ns);
    return take_all(emu, touches_out, max);
}
