/* SPDX-License-Identifier: MIT */
/*
 * region.h - the regions of a space: who owns which addresses.
 *
 * Two trees by address, one of live regions and one of free extents (the latter also by size), with
 * the rule: every page of the space is in exactly one region or one free extent, and no two
 * free extents touch.  Addresses are handed out best fit first, low addresses first, so that
 * the part of the space that is ever touched stays small.
 *
 * Threads: the trees are guarded by `lock`, rank REGION_TREE.  A region found is kept alive by a
 * reference; `dying` is set under that lock and read under the lock of a block, whose cleaning
 * follows: whoever holds a block's lock and sees a region not dying may use it for that block.
 * Ownership: the tree holds one reference, dropped by hum_free().
 */
#ifndef HUMI_CORE_REGION_H
#define HUMI_CORE_REGION_H

#include <bsd/sys/tree.h>
#include <stdatomic.h>

#include "base/lock.h"
#include "base/mask.h"
#include "core/memo.h"
#include "core/meter.h"

struct humi_choice;

struct humi_region {
    RB_ENTRY(humi_region) by_start;
    uintptr_t start;
    size_t bytes;                 /* whole pages */
    size_t asked_bytes;
    unsigned flags;
    atomic_uint references;
    atomic_bool dying;
    _Atomic uint64_t access;      /* two bits a processor: what hum_protect() took away */
    atomic_uint advice;           /* enum hum_advice for the whole region */
    atomic_int preferred;
    atomic_bool reachable;        /* every launch with uses by default uses it */
    atomic_bool released;         /* the host gave it up (hum_release), and has not asked again */
    atomic_uint accessed_by, remote_by;
    _Atomic(struct humi_meter *) meter; /* counters, made at the first event */
    _Atomic(struct humi_choice *) policy; /* of its own (policies.h); NULL: the space's */
    atomic_bool policy_set;       /* by the program, not by its name */
    _Atomic(struct humi_memo *) memo; /* what parts of policies remember */
    _Atomic uint32_t budget[HUM_PROCESSORS_MAX]; /* blocks it may hold; 0: no limit of its own */
    _Atomic uint32_t here[HUM_PROCESSORS_MAX]; /* blocks with pages there, when last counted ... */
    _Atomic uint32_t here_age[HUM_PROCESSORS_MAX]; /* ... so many looks ago (budget.h) */
    uint64_t heat, weight_seen;   /* of the live view's thread alone */
    uint32_t id;                  /* 1 .., never used again in this space */
    char *name;                   /* guarded by the tree's lock; NULL if never named */
};

struct humi_extent {
    RB_ENTRY(humi_extent) by_start, by_size;
    uintptr_t start;
    size_t bytes;
};

RB_HEAD(humi_region_tree, humi_region);
RB_HEAD(humi_extents_by_start, humi_extent);
RB_HEAD(humi_extents_by_size, humi_extent);

struct humi_regions {
    struct humi_rwlock lock;
    struct humi_region_tree live;
    struct humi_extents_by_start free_by_start;
    struct humi_extents_by_size free_by_size;
    size_t count, bytes;          /* of live regions */
    size_t extents;               /* number of free extents */
    uint32_t last_id;             /* of the region made last */
    unsigned colour;              /* counts large regions, see place() */
    uint64_t looks;               /* extents that allocations looked at, whether they fit */
};

enum hum_status humi_regions_init(struct humi_regions *regions, uintptr_t start, size_t bytes);
void humi_regions_fini(struct humi_regions *regions);

/* A new region; it is live at once. */
enum hum_status humi_regions_alloc(struct humi_regions *regions, size_t bytes, unsigned flags,
                                   struct humi_region **region_out);

/*
 * A new region at a place that is given, as one was in a run that is repeated: [start, +bytes) is
 * of whole pages and free, else HUM_ERR_NO_SPACE.  `id` is its own, and later ones have greater.
 */
struct humi_region_place {
    uintptr_t start;
    size_t bytes, asked_bytes;    /* taken; as told to users */
    unsigned flags;
    uint32_t id;
};
enum hum_status humi_regions_insert(struct humi_regions *regions,
                                    const struct humi_region_place *place,
                                    struct humi_region **region_out);

/*
 * Take the region that starts exactly at `start` out of the live tree and mark it dying; the caller
 * gets the tree's reference, cleans the blocks, then calls release.  NULL: no such region.
 */
struct humi_region *humi_regions_remove(struct humi_regions *regions, uintptr_t start);

/* Give the addresses of a removed region back and drop the reference. */
void humi_regions_release(struct humi_regions *regions, struct humi_region *region);

/* The live region that holds the address, with a reference; NULL if none. */
struct humi_region *humi_regions_find(struct humi_regions *regions, uintptr_t address);

/* The first live region that starts at or after the address, with a reference. */
struct humi_region *humi_regions_next(struct humi_regions *regions, uintptr_t address);

/* The live region behind this one, NULL: the first.  The lock is held; no reference is taken. */
struct humi_region *humi_regions_after(struct humi_regions *regions, struct humi_region *region);

/* Drop a reference.  NULL is allowed. */
void humi_region_put(struct humi_region *region);

/* Pages of the block at `block_start` (an address) that belong to the region. */
struct hum_pages humi_region_pages(const struct humi_region *region, uintptr_t block_start);

/* What processor number p (0 the host) may do: HUM_READ | HUM_WRITE bits. */
unsigned humi_region_access(const struct humi_region *region, unsigned p);
void humi_region_set_access(struct humi_region *region, unsigned p, unsigned access);

/* The region's counters, made at first use; NULL when memory is out (then nothing is counted). */
struct humi_meter *humi_region_make_meter(struct humi_region *region);
static inline struct humi_meter *humi_region_meter(struct humi_region *region)
{
    struct humi_meter *meter = atomic_load(&region->meter);
    return meter ? meter : humi_region_make_meter(region);
}

/* What users may know of it.  The tree's lock is held, or the region has left the tree. */
void humi_region_describe(const struct humi_region *region, struct hum_region_info *info);

/* Bytes of the runtime's own memory in regions and extents. */
size_t humi_regions_metadata(struct humi_regions *regions);

#endif
