/* SPDX-License-Identifier: MIT */
/*
 * block.h - the state of one block: an aligned 2 MiB, the unit of locking and deciding.
 *
 * For every processor a block has a *hold*: seven separate sets of pages, never merged.
 *
 *     present   a frame is there (memory is used)         resident ⊆ present
 *     fresh     the frame still reads as zero             fresh ⊆ present
 *     resident  the frame holds a current copy
 *     mapped    the processor may touch it                mapped ⊆ resident              (R2)
 *     writable  the processor may write it                writable ⊆ mapped
 *     remote    the processor may read and write it in the frame of the one that has it
 *     away      was remote, and must come back for writing first (returns_writable of device.h);
 *               of the host alone, so it stands in the block
 *
 * Invariants, checked by humi_block_check() after every change in builds with deep checks:
 *     R1  a page writable at p is resident nowhere but at p; so all who can touch it then map the
 *         one frame
 *     R2  mapped ⊆ resident at every processor
 *     R3  a written page is resident somewhere
 *     R4  a processor never holds more frames than its capacity (order.h counts them)
 *     R5  each change of state has one event with a cause (meter.h)
 *     R6  a page remote at p is written, and resident on exactly one processor, which is not p
 * A processor may have less access than `mapped` says (an unmapping may be lazy in the other
 * direction only: never more).
 *
 * Threads: everything is guarded by `lock`, rank BLOCK.  No second block is locked while one is
 * held.  resident_pages and writable_pages may be read without it, as hints.
 * Ownership: blocks belong to the table, are made at first need and live until hum_close().
 */
#ifndef HUMI_CORE_BLOCK_H
#define HUMI_CORE_BLOCK_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/mask.h"
#include "core/agents.h"
#include "core/history.h"
#include "core/memo.h"

struct hum;
struct humi_heat;
struct humi_region;

struct humi_hold {
    struct hum_pages present;
    struct hum_pages fresh;
    struct hum_pages resident;
    struct hum_pages mapped;
    struct hum_pages writable;
    struct hum_pages remote;
    struct humi_link order;      /* of stale blocks (order.h); guarded by its LIST lock */
    /* Written under the block's lock and its LIST lock: either will do to read them. */
    bool ordered;                /* counted as held */
    bool stale;                  /* has frames but nothing resident */
    bool ranked;                 /* known to the evict part */
    bool own;                    /* mapped unguarded as a whole */
    uint8_t map_faults;          /* faults on resident pages since access was last taken away */
    atomic_uchar guesses;        /* see hum_view.neighbour_guesses */
    uint16_t evictions;          /* from this processor so far, at most 65535 */
    atomic_ushort resident_pages; /* count of `resident` */
    atomic_ushort writable_pages; /* count of `writable` */
    struct humi_heat *heat;      /* how often it touched the block (heat.h); NULL: nothing known */
};

struct humi_block {
    struct humi_lock lock;
    uint32_t index;              /* offset in the space / 2 MiB; fixed */
    atomic_uint changes;         /* of residency; read without the lock as a hint */
    uint32_t advice;             /* enum hum_advice */
    uint32_t accessed_by, remote_by;
    int16_t preferred;
    struct humi_agents agents;   /* who faulted on it lately */
    struct hum_pages written;    /* content was ever defined */
    struct hum_pages dirty;      /* the exclusive holder may have changed it */
    struct hum_pages away;       /* of the host */
    struct humi_history history; /* what lately happened to its pages */
    _Atomic(struct humi_memo *) memo; /* what parts of policies remember */
    struct humi_hold hold[];     /* by processor number: 0 the host, 1 + d device d */
};

/* Its residency is another one.  The block is locked, so nobody else counts. */
static inline void humi_block_changed(struct humi_block *block)
{
    unsigned changes = atomic_load_explicit(&block->changes, memory_order_relaxed);
    atomic_store_explicit(&block->changes, changes + 1, memory_order_relaxed);
}

/* Pages of processor p that must come back for writing first. */
static inline const struct hum_pages *humi_block_away(const struct humi_block *block, unsigned p)
{
    static const struct hum_pages none;
    return p == 0 ? &block->away : &none;
}

/*
 * The same with those that are remote yet: brought, they come back from there.  Not a moment may
 * others keep a copy of them, because the processor can store to its own as soon as it comes.
 */
static inline struct hum_pages humi_block_returning(const struct humi_block *block, unsigned p)
{
    return p == 0 ? humi_mask_or(&block->away, &block->hold[p].remote) : humi_mask_none();
}

/* They have come back, or lead elsewhere again. */
static inline void humi_block_forget_away(struct humi_block *block, unsigned p,
                                          const struct hum_pages *pages)
{
    if (p == 0)
        humi_mask_remove(&block->away, pages);
}

static inline size_t humi_block_offset(const struct humi_block *block)
{
    return (size_t)block->index * HUM_BLOCK_SIZE;
}

/* Pages resident on any processor but `except` (-1: on any at all). */
struct hum_pages humi_block_resident_elsewhere(const struct hum *hum,
                                               const struct humi_block *block, int except);

/* Pages resident on exactly one processor. */
struct hum_pages humi_block_resident_once(const struct hum *hum, const struct humi_block *block);

/* Walk the invariants; aborts with the rule's name.  Does nothing without deep checks. */
void humi_block_check(const struct hum *hum, const struct humi_block *block);

/* ---- the table of a space's blocks ----------------------------------------------------------- */

#define HUMI_LEAF_BLOCKS 512u    /* blocks of one leaf: 1 GiB */

/*
 * Two levels, filled on demand: an untouched GiB costs 8 bytes, a touched one 4 KiB + its blocks.
 */
struct humi_table {
    _Atomic(_Atomic(struct humi_block *) *) *leaves;
    uint32_t leaf_count;
    unsigned processors;
    bool fine_heat;              /* all counters are (heat.h); set before the first block is made */
    bool alone;                  /* one thread locks blocks; set before the first is made */
    atomic_bool short_of_memory; /* something that is kept of blocks could not be: what follows is
                                    counted or decided without it */
    atomic_size_t bytes;         /* of leaves and blocks */
};

enum hum_status humi_table_init(struct humi_table *table, size_t space_bytes, unsigned processors);
void humi_table_fini(struct humi_table *table);

/* The block, made if need be; NULL only when memory is out. */
struct humi_block *humi_table_get(struct humi_table *table, uint32_t index);

/* The block if it exists. */
struct humi_block *humi_table_peek(const struct humi_table *table, uint32_t index);

/* The first existing block with index >= from and < end, NULL if none.  Skips empty leaves. */
struct humi_block *humi_table_next(const struct humi_table *table, uint32_t from, uint32_t end);

#endif
