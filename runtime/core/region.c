/* SPDX-License-Identifier: MIT */
/* region.c - live regions and free extents in balanced trees (sys/tree.h of libbsd). */
#include "core/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/status.h"

#define COLOURS 7u
#define COLOURED_BYTES ((size_t)32 << 20) /* smaller arrays share little of a cache's sets */

/* Functions of the trees that nothing here calls are no mistake. */
#define TREE_LINKAGE __attribute__((unused)) static

static int region_compare(const struct humi_region *a, const struct humi_region *b)
{
    return (a->start > b->start) - (a->start < b->start);
}

static int extent_compare_start(const struct humi_extent *a, const struct humi_extent *b)
{
    return (a->start > b->start) - (a->start < b->start);
}

static int extent_compare_size(const struct humi_extent *a, const struct humi_extent *b)
{
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? 1 : -1;
    return extent_compare_start(a, b);
}

RB_GENERATE_INTERNAL(humi_region_tree, humi_region, by_start, region_compare, TREE_LINKAGE)
RB_GENERATE_INTERNAL(humi_extents_by_start, humi_extent, by_start, extent_compare_start,
                     TREE_LINKAGE)
RB_GENERATE_INTERNAL(humi_extents_by_size, humi_extent, by_size, extent_compare_size,
                     TREE_LINKAGE)

#define CHOOSE_TRIES 16u /* extents looked at before alignment is bought with room */

/* ---- free extents ---------------------------------------------------------------------------- */

static void extent_link(struct humi_regions *regions, struct humi_extent *extent)
{
    RB_INSERT(humi_extents_by_start, &regions->free_by_start, extent);
    RB_INSERT(humi_extents_by_size, &regions->free_by_size, extent);
    regions->extents++;
}

static void extent_unlink(struct humi_regions *regions, struct humi_extent *extent)
{
    RB_REMOVE(humi_extents_by_start, &regions->free_by_start, extent);
    RB_REMOVE(humi_extents_by_size, &regions->free_by_size, extent);
    regions->extents--;
}

static uintptr_t align_up(uintptr_t x, size_t alignment)
{
    return (x + alignment - 1) & ~((uintptr_t)alignment - 1);
}

/* Where in the extent `bytes` would fit, 0 if nowhere. */
static uintptr_t extent_fit(const struct humi_extent *extent, size_t bytes, size_t alignment)
{
    uintptr_t at = align_up(extent->start, alignment);
    return at - extent->start <= extent->bytes && extent->bytes - (at - extent->start) >= bytes
               ? at
               : 0;
}

/*
 * Best fit: the smallest extent in which it fits with its alignment.  After a few that do not fit
 * it is the smallest that fits wherever it starts, so that many such gaps cost no walk over them
 * all.
 */
static struct humi_extent *extent_choose(struct humi_regions *regions, size_t bytes,
                                         size_t alignment)
{
    struct humi_extent key = {.bytes = bytes};
    struct humi_extent *extent = RB_NFIND(humi_extents_by_size, &regions->free_by_size, &key);
    regions->looks++;
    for (unsigned tries = 1; extent && !extent_fit(extent, bytes, alignment); tries++) {
        regions->looks++;
        if (tries == CHOOSE_TRIES) {
            key.bytes = bytes + alignment;
            struct humi_extent *any =
                RB_NFIND(humi_extents_by_size, &regions->free_by_size, &key);
            if (any)
                return any;
        }
        extent = RB_NEXT(humi_extents_by_size, &regions->free_by_size, extent);
    }
    return extent;
}

/*
 * Where in the extent the region starts.  Large regions get a colour, one to seven blocks of unused
 * addresses before them, if there is room: data caches that pick a way by the address's lower 28
 * bits made a loop over two arrays exactly 256 MiB apart 15 times slower (measured, AMD Zen 4).
 */
static uintptr_t place(struct humi_regions *regions, const struct humi_extent *extent, size_t bytes,
                       size_t alignment)
{
    uintptr_t at = extent_fit(extent, bytes, alignment);
    size_t left = extent->start + extent->bytes - at - bytes;
    size_t colour = (regions->colour % COLOURS + 1) * HUM_BLOCK_SIZE;
    if (bytes < COLOURED_BYTES || left < colour)
        return at;
    regions->colour++;
    return at + colour;
}

/*
 * Cut [at, at + bytes) out of the extent.  `spare` becomes the second rest if both sides stay;
 * returns a node that was not needed (the spare or the extent itself) for the caller to free.
 */
static struct humi_extent *extent_cut(struct humi_regions *regions, struct humi_extent *extent,
                                      uintptr_t at, size_t bytes, struct humi_extent *spare)
{
    uintptr_t end = extent->start + extent->bytes;
    size_t before = at - extent->start, behind = end - (at + bytes);
    extent_unlink(regions, extent);
    if (before) {
        extent->bytes = before;
        extent_link(regions, extent);
    }
    if (behind) {
        struct humi_extent *rest = before ? spare : extent;
        rest->start = at + bytes;
        rest->bytes = behind;
        extent_link(regions, rest);
    }
    if (before && behind)
        return NULL;
    if (!before && !behind) {
        free(spare);
        return extent;
    }
    return spare;
}

/* Put [start, +bytes) back, joined with its neighbours; `node` is used or freed. */
static void extent_give(struct humi_regions *regions, uintptr_t start, size_t bytes,
                        struct humi_extent *node)
{
    *node = (struct humi_extent){.start = start, .bytes = bytes};
    struct humi_extent *behind =
        RB_NFIND(humi_extents_by_start, &regions->free_by_start, node);
    struct humi_extent *before =
        behind ? RB_PREV(humi_extents_by_start, &regions->free_by_start, behind)
               : RB_MAX(humi_extents_by_start, &regions->free_by_start);
    if (behind && behind->start == start + bytes) {
        extent_unlink(regions, behind);
        node->bytes += behind->bytes;
        free(behind);
    }
    if (before && before->start + before->bytes == start) {
        extent_unlink(regions, before);
        node->start = before->start;
        node->bytes += before->bytes;
        free(before);
    }
    extent_link(regions, node);
}

/* ---- regions --------------------------------------------------------------------------------- */

enum hum_status humi_regions_init(struct humi_regions *regions, uintptr_t start, size_t bytes)
{
    *regions = (struct humi_regions){0};
    struct humi_extent *all = calloc(1, sizeof *all);
    if (!all)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the tree of regions");
    humi_rwlock_init(&regions->lock, HUMI_RANK_REGION_TREE);
    RB_INIT(&regions->live);
    RB_INIT(&regions->free_by_start);
    RB_INIT(&regions->free_by_size);
    all->start = start;
    all->bytes = bytes;
    extent_link(regions, all);
    return HUM_OK;
}

void humi_regions_fini(struct humi_regions *regions)
{
    struct humi_region *region;
    struct humi_extent *extent;
    while ((region = RB_MIN(humi_region_tree, &regions->live))) {
        RB_REMOVE(humi_region_tree, &regions->live, region);
        humi_region_put(region);
    }
    while ((extent = RB_MIN(humi_extents_by_start, &regions->free_by_start))) {
        extent_unlink(regions, extent);
        free(extent);
    }
    humi_rwlock_fini(&regions->lock);
}

static struct humi_region *region_create(size_t asked, size_t bytes, unsigned flags)
{
    struct humi_region *region = calloc(1, sizeof *region);
    if (!region)
        return NULL;
    region->bytes = bytes;
    region->asked_bytes = asked;
    region->flags = flags;
    atomic_store(&region->references, 1);
    atomic_store(&region->preferred, HUM_HOST);
    return region;
}

/* The region, with place and number, becomes live in the extent.  What is left over to be freed. */
static struct humi_extent *settle(struct humi_regions *regions, struct humi_extent *extent,
                                  struct humi_region *region, struct humi_extent *spare)
{
    spare = extent_cut(regions, extent, region->start, region->bytes, spare);
    if (region->id > regions->last_id)
        regions->last_id = region->id;
    RB_INSERT(humi_region_tree, &regions->live, region);
    regions->count++;
    regions->bytes += region->bytes;
    return spare;
}

enum hum_status humi_regions_alloc(struct humi_regions *regions, size_t asked, unsigned flags,
                                   struct humi_region **region_out)
{
    bool blocks = asked >= HUM_BLOCK_SIZE || (flags & HUM_ALLOC_OWN_BLOCKS);
    size_t alignment = blocks ? HUM_BLOCK_SIZE : HUM_PAGE_SIZE;
    size_t grain = (flags & HUM_ALLOC_OWN_BLOCKS) ? HUM_BLOCK_SIZE : HUM_PAGE_SIZE;
    if (asked > SIZE_MAX - grain)
        return humi_fail(HUM_ERR_NO_SPACE, "%zu bytes are more than any space holds", asked);
    size_t bytes = align_up(asked, grain);

    struct humi_region *region = region_create(asked, bytes, flags);
    struct humi_extent *spare = calloc(1, sizeof *spare);
    if (!region || !spare) {
        free(region);
        free(spare);
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to describe a region");
    }
    humi_rwlock_write(&regions->lock);
    struct humi_extent *extent = extent_choose(regions, bytes, alignment);
    if (extent) {
        region->start = place(regions, extent, bytes, alignment);
        region->id = regions->last_id + 1;
        spare = settle(regions, extent, region, spare);
    }
    humi_rwlock_unlock(&regions->lock);
    free(spare);
    if (!extent) {
        free(region);
        return humi_fail(HUM_ERR_NO_SPACE,
                         "the space has no free range of %zu bytes; open it larger with HUM_SPACE "
                         "or hum_options.space_bytes, or free regions",
                         bytes);
    }
    *region_out = region;
    return HUM_OK;
}

/* The free extent that holds all of [start, +bytes), NULL if none does. */
static struct humi_extent *extent_around(struct humi_regions *regions, uintptr_t start,
                                         size_t bytes)
{
    struct humi_extent key = {.start = start};
    struct humi_extent *extent =
        RB_NFIND(humi_extents_by_start, &regions->free_by_start, &key);
    if (!extent || extent->start > start)
        extent = extent ? RB_PREV(humi_extents_by_start, &regions->free_by_start, extent)
                        : RB_MAX(humi_extents_by_start, &regions->free_by_start);
    if (!extent || start - extent->start > extent->bytes ||
        extent->bytes - (start - extent->start) < bytes)
        return NULL;
    return extent;
}

enum hum_status humi_regions_insert(struct humi_regions *regions,
                                    const struct humi_region_place *place,
                                    struct humi_region **region_out)
{
    struct humi_region *region = region_create(place->asked_bytes, place->bytes, place->flags);
    struct humi_extent *spare = calloc(1, sizeof *spare);
    if (!region || !spare) {
        free(region);
        free(spare);
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to describe a region");
    }
    region->start = place->start;
    region->id = place->id;
    humi_rwlock_write(&regions->lock);
    struct humi_extent *extent = extent_around(regions, place->start, place->bytes);
    bool fits = extent && place->bytes && (place->start | place->bytes) % HUM_PAGE_SIZE == 0;
    if (fits)
        spare = settle(regions, extent, region, spare);
    humi_rwlock_unlock(&regions->lock);
    free(spare);
    if (!fits) {
        free(region);
        return humi_fail(HUM_ERR_NO_SPACE, "[%#lx, +%zu) is no free range of whole pages",
                         (unsigned long)place->start, place->bytes);
    }
    *region_out = region;
    return HUM_OK;
}

struct humi_region *humi_regions_remove(struct humi_regions *regions, uintptr_t start)
{
    struct humi_region key = {.start = start};
    humi_rwlock_write(&regions->lock);
    struct humi_region *region = RB_FIND(humi_region_tree, &regions->live, &key);
    if (region) {
        RB_REMOVE(humi_region_tree, &regions->live, region);
        atomic_store(&region->dying, true);
        regions->count--;
        regions->bytes -= region->bytes;
    }
    humi_rwlock_unlock(&regions->lock);
    return region;
}

void humi_regions_release(struct humi_regions *regions, struct humi_region *region)
{
    struct humi_extent *node = calloc(1, sizeof *node);
    /* Out of memory here only loses addresses, never memory: the range stays unused. */
    if (node) {
        humi_rwlock_write(&regions->lock);
        extent_give(regions, region->start, region->bytes, node);
        humi_rwlock_unlock(&regions->lock);
    }
    humi_region_put(region);
}

struct humi_region *humi_regions_find(struct humi_regions *regions, uintptr_t address)
{
    struct humi_region *found = NULL;
    humi_rwlock_read(&regions->lock);
    struct humi_region *node = RB_ROOT(&regions->live);
    while (node) {
        if (address < node->start) {
            node = RB_LEFT(node, by_start);
        } else {
            found = node;
            node = RB_RIGHT(node, by_start);
        }
    }
    if (found && address - found->start < found->bytes)
        atomic_fetch_add(&found->references, 1);
    else
        found = NULL;
    humi_rwlock_unlock(&regions->lock);
    return found;
}

struct humi_region *humi_regions_next(struct humi_regions *regions, uintptr_t address)
{
    struct humi_region key = {.start = address};
    humi_rwlock_read(&regions->lock);
    struct humi_region *region = RB_NFIND(humi_region_tree, &regions->live, &key);
    if (region)
        atomic_fetch_add(&region->references, 1);
    humi_rwlock_unlock(&regions->lock);
    return region;
}

struct humi_region *humi_regions_after(struct humi_regions *regions, struct humi_region *region)
{
    return region ? RB_NEXT(humi_region_tree, &regions->live, region)
                  : RB_MIN(humi_region_tree, &regions->live);
}

void humi_region_put(struct humi_region *region)
{
    if (!region || atomic_fetch_sub(&region->references, 1) != 1)
        return;
    free(atomic_load(&region->meter));
    humi_memo_free(&region->memo, NULL);
    free(region->name);
    free(region);
}

struct hum_pages humi_region_pages(const struct humi_region *region, uintptr_t block_start)
{
    uintptr_t start = region->start > block_start ? region->start : block_start;
    uintptr_t end = region->start + region->bytes;
    if (end > block_start + HUM_BLOCK_SIZE)
        end = block_start + HUM_BLOCK_SIZE;
    if (start >= end)
        return humi_mask_none();
    if (end - start == HUM_BLOCK_SIZE)
        return humi_mask_all();
    return humi_mask_range((unsigned)((start - block_start) / HUM_PAGE_SIZE),
                           (unsigned)((end - block_start) / HUM_PAGE_SIZE));
}

unsigned humi_region_access(const struct humi_region *region, unsigned p)
{
    unsigned denied = (unsigned)(atomic_load(&region->access) >> (2 * p)) & 3u;
    return (HUM_READ | HUM_WRITE) & ~denied;
}

void humi_region_set_access(struct humi_region *region, unsigned p, unsigned access)
{
    uint64_t denied = (uint64_t)((HUM_READ | HUM_WRITE) & ~access) << (2 * p);
    uint64_t old = atomic_load(&region->access);
    while (!atomic_compare_exchange_weak(&region->access, &old,
                                         (old & ~(UINT64_C(3) << (2 * p))) | denied)) {
    }
}

struct humi_meter *humi_region_make_meter(struct humi_region *region)
{
    struct humi_meter *meter = NULL;
    struct humi_meter *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    if (atomic_compare_exchange_strong(&region->meter, &meter, made))
        return made;
    free(made);
    return meter;
}

size_t humi_regions_metadata(struct humi_regions *regions)
{
    humi_rwlock_read(&regions->lock);
    size_t bytes = regions->count * sizeof(struct humi_region) +
                   regions->extents * sizeof(struct humi_extent);
    humi_rwlock_unlock(&regions->lock);
    return bytes;
}

void humi_region_describe(const struct humi_region *region, struct hum_region_info *info)
{
    memset(info, 0, sizeof *info);
    info->ptr = (void *)region->start;
    info->bytes = region->asked_bytes;
    info->flags = region->flags;
    humi_meter_read(atomic_load(&region->meter), &info->counters);
    if (region->name)
        snprintf(info->name, sizeof info->name, "%s", region->name);
}
