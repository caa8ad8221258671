/* SPDX-License-Identifier: MIT */
/*
 * access.c - giving and taking access by registering, unregistering, mapping and protecting.
 *
 * Huge mappings: write-protecting a part of one makes the kernel forget all of it, so for own
 * blocks with huge frames taking the right to write costs no more than taking everything, and
 * taking everything is cheaper.
 */
#include "device/access.h"

#include "base/check.h"
#include "base/range.h"
#include "base/status.h"
#include "device/prot.h"
#include "device/away.h"
#include "os/userfault.h"

enum hum_status humi_access_init(struct humi_access *access,
                                 const struct humi_access_limits *limits)
{
    enum hum_status status =
        humi_own_init(&access->own, access->bytes / HUM_BLOCK_SIZE, limits->own_runs);

    if (status == HUM_OK)
        status = humi_own_init(&access->away, access->bytes / HUM_PAGE_SIZE, limits->away_runs);
    return status;
}

void humi_access_fini(struct humi_access *access)
{
    humi_own_fini(&access->own);
    humi_own_fini(&access->away);
}

void humi_access_reset(struct humi_access *access)
{
    humi_own_reset(&access->own);
    humi_own_reset(&access->away);
}

/*
 * Registering blocks in the middle of an own run makes more mappings and can hit the limit of the
 * kernel; registering the whole space makes one of them all.  Blocks that stay in the set meanwhile
 * only fault once more than they had to.
 */
static void guard_blocks(struct humi_access *access, size_t first, size_t end)
{
    enum hum_status status =
        humi_userfault_register(access->uffd, access->start + first * HUM_BLOCK_SIZE,
                                (end - first) * HUM_BLOCK_SIZE);

    if (status == HUM_ERR_NO_MEMORY)
        status = humi_userfault_register(access->uffd, access->start, access->bytes);
    /* No memory for making one mapping of many is how the kernel says that the process is gone. */
    humi_check(status == HUM_OK || status == HUM_ERR_DEVICE_LOST || status == HUM_ERR_NO_MEMORY);
    for (size_t b = first; access->prot && b < end; b++)
        humi_prot_move(&access->prot[b], HUMI_PROT_STALE);
    humi_own_remove(&access->own, first, end);
}

bool humi_access_guard_own(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t first = offset / HUM_BLOCK_SIZE;
    size_t end = (offset + bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE;

    if (!humi_own_find(&access->own, first, end, &first, &end))
        return false;
    guard_blocks(access, first, end);
    return true;
}

bool humi_access_guard(struct humi_access *access, size_t offset, size_t bytes)
{
    humi_away_guard(access, offset, bytes);
    return humi_access_guard_own(access, offset, bytes);
}

static void take_writing(struct humi_access *access, size_t offset, size_t bytes)
{
    enum hum_status status =
        humi_userfault_protect(access->uffd, access->start + offset, bytes, true);

    if (status == HUM_ERR_NO_MEMORY) /* for page tables; taking everything needs none */
        access->zap(access, offset, bytes);
    else
        humi_check(status == HUM_OK || status == HUM_ERR_DEVICE_LOST);
}

/* Of one block: map pages one by one; those that were mapped get the same right. */
static enum hum_status map_part(struct humi_access *access, size_t offset, size_t bytes,
                                 bool protect)
{
    uintptr_t start = access->start + offset;
    bool existing = false;
    enum hum_status status =
        humi_userfault_resume(access->uffd, start, bytes, protect, &existing);

    if (status != HUM_OK || !existing)
        return status;
    status = humi_userfault_protect(access->uffd, start, bytes, protect);
    if (protect) /* giving the right to write wakes by itself */
        humi_userfault_wake(access->uffd, start, bytes);
    return status;
}

/* The kernel maps within one of its mappings only, and page protection splits these by block. */
static enum hum_status map_pages(struct humi_access *access, size_t offset, size_t bytes,
                                 bool protect)
{
    enum hum_status status = HUM_OK;

    for (size_t end = offset + bytes, stop; status == HUM_OK && offset < end; offset = stop) {
        stop = access->prot ? (offset / HUM_BLOCK_SIZE + 1) * HUM_BLOCK_SIZE : end;
        stop = stop < end ? stop : end;
        status = map_part(access, offset, stop - offset, protect);
    }
    return status;
}

/* False: it cannot be had, and the blocks are guarded as before. */
static bool map_own(struct humi_access *access, size_t offset, size_t bytes,
                    enum hum_status *status_out)
{
    size_t first = offset / HUM_BLOCK_SIZE, end = first + bytes / HUM_BLOCK_SIZE;

    *status_out = HUM_OK;
    if (!humi_own_add(&access->own, first, end))
        return false;
    for (size_t b = first; access->prot && b < end; b++)
        humi_prot_move(&access->prot[b], HUMI_PROT_OPEN);
    *status_out = humi_userfault_unregister(access->uffd, access->start + offset, bytes);
    if (*status_out != HUM_ERR_NO_MEMORY)
        return true;
    guard_blocks(access, first, end);
    return false;
}

/* The block is read-only by its mapping now.  False: not before the next launch. */
static bool make_read_only(struct humi_access *access, size_t block)
{
    if (humi_prot_get(&access->prot[block]) != HUMI_PROT_WRITE)
        return true;
    humi_access_guard(access, block * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE);
    access->zap(access, block * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE);
    return humi_prot_get(&access->prot[block]) != HUMI_PROT_WRITE;
}

/*
 * Let a whole block be read natively.  While the device is idle and the block is still writable
 * there, nothing is mapped: the first touch faults and comes here again.
 * False: it cannot be had, and the block is guarded.
 */
static bool map_for_reading(struct humi_access *access, size_t offset, enum hum_status *status_out)
{
    size_t block = offset / HUM_BLOCK_SIZE;
    unsigned char *prot = &access->prot[block];

    *status_out = HUM_OK;
    if (!make_read_only(access, block))
        return true;
    if (!humi_own_add(&access->own, block, block + 1))
        return false;
    if (!humi_prot_move(prot, HUMI_PROT_OPENING)) {
        guard_blocks(access, block, block + 1); /* a store came in between */
        return false;
    }
    *status_out =
        humi_userfault_unregister(access->uffd, access->start + offset, HUM_BLOCK_SIZE);
    humi_prot_change(prot, HUMI_PROT_OPENING, HUMI_PROT_READ_OPEN);
    if (*status_out != HUM_ERR_NO_MEMORY)
        return true;
    guard_blocks(access, block, block + 1);
    return false;
}

/*
 * Part of a block that was unguarded changes.  Natively mapped pages that are left in the rest of
 * it go with the first store of a device (prot.h), and others with them: where that must not be
 * all of them go now.  False: it may be.
 */
static bool forget_rest(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t start = offset / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
    size_t end = (offset + bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;

    if (!access->prompt || !access->prot)
        return false;
    access->zap(access, start, end - start);
    return true;
}

enum hum_status humi_access_map(struct humi_access *access, size_t offset, size_t bytes,
                                enum humi_map_access what, bool *own_out)
{
    enum hum_status status;

    humi_assert(offset % HUM_PAGE_SIZE == 0 && bytes % HUM_PAGE_SIZE == 0);
    humi_assert(bytes > 0 && offset + bytes <= access->bytes);
    if (own_out)
        *own_out = false;
    status = humi_away_return(access, offset, bytes);
    if (status != HUM_OK)
        return status;
    if (what == HUMI_MAP_OWN) {
        humi_assert(offset % HUM_BLOCK_SIZE == 0 && bytes % HUM_BLOCK_SIZE == 0);
        if (map_own(access, offset, bytes, &status)) {
            if (own_out)
                *own_out = status == HUM_OK;
            return status;
        }
    }
    if (what == HUMI_MAP_READ && !access->shared_read)
        return humi_fail(HUM_ERR_UNSUPPORTED, "this kernel cannot map frames read-only");
    if (what == HUMI_MAP_READ && access->prot && bytes == HUM_BLOCK_SIZE &&
        map_for_reading(access, offset, &status)) {
        /* Unregistering wakes only where something was registered. */
        humi_access_resume(access, offset, bytes);
        return status;
    }
    if (humi_access_guard(access, offset, bytes)) {
        if (!forget_rest(access, offset, bytes))
            humi_access_break(access, offset, bytes);
    } else if (what == HUMI_MAP_UPGRADE) { /* wakes by itself */
        return humi_userfault_protect(access->uffd, access->start + offset, bytes, false);
    }
    return map_pages(access, offset, bytes, what == HUMI_MAP_READ);
}

void humi_access_break(struct humi_access *access, size_t offset, size_t bytes)
{
    if (access->huge)
        take_writing(access, offset, bytes);
}

void humi_access_protect(struct humi_access *access, size_t offset, size_t bytes)
{
    if (humi_access_guard(access, offset, bytes) &&
        (forget_rest(access, offset, bytes) ||
         (access->huge && access->zap_if_cheap(access, offset, bytes))))
        return;
    take_writing(access, offset, bytes);
}

void humi_access_unmap(struct humi_access *access, size_t offset, size_t bytes)
{
    if (humi_away_take(access, offset, bytes))
        return;
    if (!humi_access_guard(access, offset, bytes) || !forget_rest(access, offset, bytes))
        access->zap(access, offset, bytes);
}

void humi_access_dropped(struct humi_access *access, size_t offset, size_t bytes)
{
    size_t first = (offset + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE;
    size_t end = (offset + bytes) / HUM_BLOCK_SIZE;

    for (size_t b = first; access->prot && b < end; b++)
        humi_prot_change(&access->prot[b], HUMI_PROT_STALE, HUMI_PROT_READ);
}

void humi_access_forget(struct humi_access *access, size_t offset, size_t bytes)
{
    access->zap(access, offset, bytes);
}

void humi_access_resume(struct humi_access *access, size_t offset, size_t bytes)
{
    humi_userfault_wake(access->uffd, access->start + offset, bytes);
}
