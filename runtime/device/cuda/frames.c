/* SPDX-License-Identifier: MIT */
/*
 * frames.c - which pieces of the reserved space are mapped, and the handles of unmapped ones.
 *
 * Making a handle is slow, so those of dropped pieces are kept and mapped elsewhere, as long as no
 * more memory is taken than the device was given.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/range.h"
#include "base/status.h"
#include "device/cuda/cuda.h"

static struct humi_cu_location place_of(const struct humi_cuda_device *d)
{
    return (struct humi_cu_location){HUMI_CU_MEM_LOCATION_TYPE_DEVICE, d->ordinal};
}

static struct humi_cu_allocation_prop prop_of(const struct humi_cuda_device *d)
{
    return (struct humi_cu_allocation_prop){.type = HUMI_CU_MEM_ALLOCATION_TYPE_PINNED,
                                            .location = place_of(d)};
}

/* ---- pieces (lock held) ---------------------------------------------------------------------- */

static enum hum_status take_handle(struct humi_cuda_device *d, unsigned long long *handle_out)
{
    struct humi_cuda_frames *f = &d->frames;
    struct humi_cu_allocation_prop prop = prop_of(d);

    if (f->kept_count == 0)
        return humi_cuda_do(d, cuMemCreate, handle_out, f->granule_bytes, &prop, 0);
    *handle_out = f->kept[--f->kept_count];
    return HUM_OK;
}

static void give_handle(struct humi_cuda_device *d, unsigned long long handle)
{
    struct humi_cuda_frames *f = &d->frames;

    if (f->mapped + f->kept_count < f->limit)
        f->kept[f->kept_count++] = handle;
    else
        (void)humi_cuda_do(d, cuMemRelease, handle);
}

static enum hum_status map_granule(struct humi_cuda_device *d, size_t g)
{
    struct humi_cuda_frames *f = &d->frames;
    humi_cu_ptr at = f->base + g * f->granule_bytes;
    unsigned long long handle;
    enum hum_status status = take_handle(d, &handle);

    if (status != HUM_OK)
        return status;
    status = humi_cuda_do(d, cuMemMap, at, f->granule_bytes, 0, handle, 0);
    if (status != HUM_OK)
        goto unused;
    status = humi_cuda_peers_give(d, at, f->granule_bytes);
    if (status != HUM_OK)
        goto mapped;
    f->granules[g].handle = handle;
    f->mapped++;
    return HUM_OK;

mapped:
    (void)d->cu.cuMemUnmap(at, f->granule_bytes);
unused:
    give_handle(d, handle);
    return status;
}

static void unmap_granule(struct humi_cuda_device *d, size_t g)
{
    struct humi_cuda_frames *f = &d->frames;

    f->mapped--;
    if (humi_cuda_do(d, cuMemUnmap, f->base + g * f->granule_bytes, f->granule_bytes) == HUM_OK)
        give_handle(d, f->granules[g].handle);
    f->granules[g].handle = 0;
}

static size_t granule_of(const struct humi_cuda_frames *f, size_t block)
{
    return block * HUM_BLOCK_SIZE / f->granule_bytes;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static struct hum_pages pages_of(size_t offset, size_t bytes)
{
    unsigned first = humi_page_in_block(offset);

    return humi_mask_range(first, first + (unsigned)(bytes / HUM_PAGE_SIZE));
}

static enum hum_status make_present(struct humi_cuda_device *d, size_t block,
                                    const struct hum_pages *wanted, struct hum_pages *new_out)
{
    struct humi_cuda_frames *f = &d->frames;
    struct hum_pages *present = &f->present[block];
    size_t g = granule_of(f, block);
    enum hum_status status = HUM_OK;

    *new_out = *wanted;
    humi_mask_remove(new_out, present);
    if (humi_mask_empty(new_out))
        return HUM_OK;
    if (f->granules[g].blocks == 0)
        status = map_granule(d, g);
    if (status != HUM_OK)
        return status;
    if (humi_mask_empty(present))
        f->granules[g].blocks++;
    humi_mask_add(present, new_out);
    return HUM_OK;
}

enum hum_status humi_cuda_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    struct hum_pages wanted = pages_of(offset, bytes), added = humi_mask_none();

    if (!humi_cuda_enter(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", p->name);
    enum hum_status status = HUM_OK;
    if (offset + bytes > d->frames.bytes)
        status = humi_fail(HUM_ERR_UNSUPPORTED,
                           "%s could reserve only the first %zu MiB of the space: memory beyond "
                           "cannot be used there",
                           p->name, d->frames.bytes >> 20);
    if (status == HUM_OK) {
        humi_lock(&d->frames.lock);
        status = make_present(d, humi_block_index(offset), &wanted, &added);
        humi_unlock(&d->frames.lock);
    }
    size_t start = humi_round_down(offset, HUM_BLOCK_SIZE);
    if (status == HUM_OK)
        humi_for_each_run (run, &added)
            humi_cuda_copies_zero(d, start + run.first * HUM_PAGE_SIZE,
                                  (run.end - run.first) * HUM_PAGE_SIZE);
    humi_cuda_leave(d);
    return status;
}

/* A lost device only forgets: what is mapped is given back by restart(). */
static void drop_block(struct humi_cuda_device *d, size_t block, const struct hum_pages *pages)
{
    struct humi_cuda_frames *f = &d->frames;
    struct hum_pages *present = &f->present[block];
    struct humi_cuda_granule *granule = &f->granules[granule_of(f, block)];

    if (humi_mask_empty(present))
        return;
    humi_mask_remove(present, pages);
    if (!humi_mask_empty(present) || --granule->blocks > 0)
        return;
    if (!humi_cuda_is_lost(d))
        unmap_granule(d, granule_of(f, block));
}

void humi_cuda_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    size_t end = offset + bytes;
    bool entered = humi_cuda_enter(d);

    if (entered)
        humi_cuda_copies_finish(d);
    else
        humi_rwlock_read(&d->gate);
    humi_lock(&d->frames.lock);
    for (size_t at = offset, next; at < end && at < d->frames.bytes; at = next) {
        next = humi_round_down(at, HUM_BLOCK_SIZE) + HUM_BLOCK_SIZE;
        struct hum_pages pages = pages_of(at, (next < end ? next : end) - at);
        drop_block(d, humi_block_index(at), &pages);
    }
    humi_unlock(&d->frames.lock);
    if (entered)
        humi_cuda_leave(d);
    else
        humi_rwlock_unlock(&d->gate);
}

/* ---- the reservation ------------------------------------------------------------------------- */

/* The space where the host has it if the driver agrees, else anywhere. */
static enum hum_status reserve(struct humi_cuda_device *d, size_t bytes)
{
    struct humi_cuda_frames *f = &d->frames;

    if (d->cu.cuMemAddressReserve(&f->base, bytes, f->granule_bytes, d->space.start, 0) ==
        HUMI_CUDA_SUCCESS)
        return HUM_OK;
    return humi_cuda_do(d, cuMemAddressReserve, &f->base, bytes, f->granule_bytes, 0, 0);
}

static enum hum_status reserve_most(struct humi_cuda_device *d)
{
    struct humi_cuda_frames *f = &d->frames;
    size_t bytes = humi_round_up(d->space.bytes, f->granule_bytes);
    enum hum_status status = reserve(d, bytes);

    while (status != HUM_OK && bytes > f->granule_bytes && !humi_cuda_is_lost(d)) {
        bytes = humi_round_up(bytes / 2, f->granule_bytes);
        status = reserve(d, bytes);
    }
    if (status != HUM_OK)
        return status;
    f->bytes = bytes;
    d->base.other_addresses = f->base != d->space.start;
    atomic_store(&d->base.there, (uintptr_t)f->base);
    if (bytes < d->space.bytes)
        humi_warn("%s: the driver reserves %zu MiB of the space's %zu", d->base.name, bytes >> 20,
                  d->space.bytes >> 20);
    return HUM_OK;
}

static enum hum_status find_granule_bytes(struct humi_cuda_device *d)
{
    struct humi_cu_allocation_prop prop = prop_of(d);
    size_t bytes = 0;
    enum hum_status status = humi_cuda_do(d, cuMemGetAllocationGranularity, &bytes, &prop,
                                          HUMI_CU_MEM_ALLOC_GRANULARITY_MINIMUM);

    if (status == HUM_OK && (bytes == 0 || (bytes & (bytes - 1))))
        return humi_fail(HUM_ERR_UNSUPPORTED, "%s: memory is mapped in units of %zu bytes, which "
                                              "is no power of two",
                         d->base.name, bytes);
    d->frames.granule_bytes = bytes > HUM_BLOCK_SIZE ? bytes : HUM_BLOCK_SIZE;
    return status;
}

enum hum_status humi_cuda_frames_open(struct humi_cuda_device *d)
{
    struct humi_cuda_frames *f = &d->frames;
    enum hum_status status = find_granule_bytes(d);

    if (status == HUM_OK)
        status = reserve_most(d);
    if (status != HUM_OK)
        return status;
    f->limit = (d->base.memory_bytes + f->granule_bytes - 1) / f->granule_bytes;
    f->granules = calloc(f->bytes / f->granule_bytes, sizeof *f->granules);
    f->present = calloc(f->bytes / HUM_BLOCK_SIZE, sizeof *f->present);
    f->kept = calloc(f->limit, sizeof *f->kept);
    if (!f->granules || !f->present || !f->kept)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the tables of %s", d->base.name);
    return HUM_OK;
}

/* Results are not looked at: after a loss the driver may have taken it all away by itself. */
void humi_cuda_frames_close(struct humi_cuda_device *d)
{
    struct humi_cuda_frames *f = &d->frames;
    size_t count = f->granules ? f->bytes / f->granule_bytes : 0;

    for (size_t g = 0; g < count && d->context; g++) {
        if (!f->granules[g].handle)
            continue;
        (void)d->cu.cuMemUnmap(f->base + g * f->granule_bytes, f->granule_bytes);
        (void)d->cu.cuMemRelease(f->granules[g].handle);
    }
    for (size_t i = 0; i < f->kept_count && d->context; i++)
        (void)d->cu.cuMemRelease(f->kept[i]);
    if (f->bytes && d->context)
        (void)d->cu.cuMemAddressFree(f->base, f->bytes);
    free(f->granules);
    free(f->present);
    free(f->kept);
    f->granules = NULL;
    f->present = NULL;
    f->kept = NULL;
    f->kept_count = f->mapped = f->bytes = 0;
}
