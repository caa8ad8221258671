/* SPDX-License-Identifier: MIT */
/* blocks.c - what metrics remember about blocks. */
#include "trace/blocks.h"

#include <stdlib.h>

#include "base/status.h"

void humi_blocks_init(struct humi_blocks *blocks, size_t used_max)
{
    *blocks = (struct humi_blocks){.used_max = used_max};
}

void humi_blocks_fini(struct humi_blocks *blocks)
{
    for (size_t i = 0; i < blocks->slot_count; i++)
        free(blocks->slots[i]);
    free(blocks->slots);
    humi_blocks_init(blocks, blocks->used_max);
}

/* Neighbouring blocks fall apart (the finaliser of MurmurHash3). */
static uint64_t hash_of(uint64_t block, int32_t processor)
{
    uint64_t hash = block * 32 + (uint64_t)(processor + 1);

    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

/* The slot of the entry, or the free one where it belongs; the table is never full. */
static struct humi_block_facts **slot_of(const struct humi_blocks *blocks, uint64_t block,
                                         int32_t processor)
{
    size_t at = (size_t)hash_of(block, processor) & (blocks->slot_count - 1);

    while (blocks->slots[at] &&
           (blocks->slots[at]->block != block || blocks->slots[at]->processor != processor))
        at = (at + 1) & (blocks->slot_count - 1);
    return &blocks->slots[at];
}

struct humi_block_facts *humi_blocks_find(const struct humi_blocks *blocks, uint64_t block,
                                          int32_t processor)
{
    return blocks->slot_count ? *slot_of(blocks, block, processor) : NULL;
}

static enum hum_status no_memory(void)
{
    return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the metrics of a trace");
}

static enum hum_status grow(struct humi_blocks *blocks)
{
    struct humi_blocks bigger = *blocks;

    bigger.slot_count = blocks->slot_count ? 2 * blocks->slot_count : 64;
    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (!bigger.slots)
        return no_memory();
    for (size_t i = 0; i < blocks->slot_count; i++) {
        struct humi_block_facts *facts = blocks->slots[i];

        if (facts)
            *slot_of(&bigger, facts->block, facts->processor) = facts;
    }
    free(blocks->slots);
    *blocks = bigger;
    return HUM_OK;
}

enum hum_status humi_blocks_get(struct humi_blocks *blocks, uint64_t block, int32_t processor,
                                struct humi_block_facts **facts_out)
{
    struct humi_block_facts *facts = humi_blocks_find(blocks, block, processor);

    if (facts) {
        *facts_out = facts;
        return HUM_OK;
    }
    if (blocks->used == blocks->used_max)
        return humi_fail(HUM_ERR_NO_MEMORY,
                         "the trace touches more than %zu blocks; cut it (hum trace cut)",
                         blocks->used_max);
    if (2 * (blocks->used + 1) > blocks->slot_count) {
        enum hum_status status = grow(blocks);

        if (status != HUM_OK)
            return status;
    }
    facts = calloc(1, sizeof *facts);
    if (!facts)
        return no_memory();
    facts->block = block;
    facts->processor = processor;
    *slot_of(blocks, block, processor) = facts;
    blocks->used++;
    *facts_out = facts;
    return HUM_OK;
}
