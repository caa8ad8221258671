/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - what metrics remember about blocks: one entry a block, one a block and processor.
 *
 * A hash table that grows; entries never move.  Its size follows the blocks that a trace names,
 * and is limited, because a trace may be hostile.
 * Threads: guarded by whoever holds it.
 */
#ifndef HUMI_TRACE_BLOCKS_H
#define HUMI_TRACE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include <hum/trace.h>

#define HUMI_BLOCKS_MAX ((size_t)1 << 20) /* entries: 2 TiB of memory in use, 300 MiB here */
#define HUMI_BLOCK_ITSELF HUM_DEVICES_MAX /* as a processor: the entry of the block as a whole */

struct humi_block_facts {
    uint64_t block;
    int32_t processor;            /* HUMI_BLOCK_ITSELF: of none in particular */

    /* Of a block and a processor: pages ... */
    struct hum_pages gone;        /* that were evicted and have not come again */
    struct hum_pages remote;      /* that it touches in the frame of another processor */
    struct hum_pages prefetched;  /* that came unasked, were not touched yet and have not left */
    struct hum_pages touched;     /* that were touched since they came; of the block itself: ever */

    /* Of the block itself. */
    struct hum_pages served;      /* pages that events brought or mapped */
    uint32_t processors;          /* that have entries, HUM_BIT */
    bool reached;                 /* pages were mapped remotely, so `remote` may not be empty */
    bool came_home;               /* moved to the host, and to no device since */
};

struct humi_blocks {
    struct humi_block_facts **slots;
    size_t slot_count, used;      /* a power of two or 0; at most half are used */
    size_t used_max;              /* fixed at init */
};

void humi_blocks_init(struct humi_blocks *blocks, size_t used_max);
void humi_blocks_fini(struct humi_blocks *blocks);

/* The entry, made if there is none.  HUM_ERR_NO_MEMORY: no memory, or more than used_max. */
HUM_MUST_USE enum hum_status humi_blocks_get(struct humi_blocks *blocks, uint64_t block,
                                             int32_t processor,
                                             struct humi_block_facts **facts_out);

/* NULL if there is none. */
struct humi_block_facts *humi_blocks_find(const struct humi_blocks *blocks, uint64_t block,
                                          int32_t processor);

#endif
