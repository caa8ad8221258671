/* SPDX-License-Identifier: MIT */
/* block.c - the table of blocks and the check of their invariants. */
#include "core/block.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/status.h"
#include "core/core.h"

struct hum_pages humi_block_resident_elsewhere(const struct hum *hum,
                                               const struct humi_block *block, int except)
{
    struct hum_pages any = humi_mask_none();
    if (hum->processors == 2 && except >= 0)
        return block->hold[1 - except].resident;
    for (unsigned p = 0; p < hum->processors; p++)
        if ((int)p != except)
            humi_mask_add(&any, &block->hold[p].resident);
    return any;
}

struct hum_pages humi_block_resident_once(const struct hum *hum, const struct humi_block *block)
{
    struct hum_pages any = humi_mask_none(), more = humi_mask_none();
    for (unsigned p = 0; p < hum->processors; p++) {
        struct hum_pages again = humi_mask_and(&any, &block->hold[p].resident);
        humi_mask_add(&more, &again);
        humi_mask_add(&any, &block->hold[p].resident);
    }
    return humi_mask_minus(&any, &more);
}

static void check_remote(const struct hum *hum, const struct humi_block *block,
                         const struct humi_hold *hold)
{
    struct hum_pages once = humi_block_resident_once(hum, block);
    humi_check(!humi_mask_meets(&hold->remote, &hold->resident) && "R6");
    humi_check(humi_mask_within(&hold->remote, &once) && "R6");
    humi_check(humi_mask_within(&hold->remote, &block->written) && "R6");
    struct hum_pages away = *humi_block_away(block, (unsigned)(hold - block->hold));
    humi_check(!humi_mask_meets(&away, &hold->mapped) && "away is not mapped");
    humi_check(!humi_mask_meets(&away, &hold->remote) && "away is not remote");
}

void humi_block_check(const struct hum *hum, const struct humi_block *block)
{
    if (!HUMI_DEEP)
        return;
    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_hold *h = &block->hold[p];
        struct hum_pages others = humi_block_resident_elsewhere(hum, block, (int)p);
        humi_check(!humi_mask_meets(&h->writable, &others) && "R1");
        humi_check(humi_mask_within(&h->mapped, &h->resident) && "R2");
        humi_check(humi_mask_within(&h->writable, &h->mapped) && "writable within mapped");
        humi_check(humi_mask_within(&h->resident, &h->present) && "resident within present");
        humi_check(humi_mask_within(&h->fresh, &h->present) && "fresh within present");
        humi_check((!h->own || humi_mask_full(&h->writable)) && "own means all writable");
        check_remote(hum, block, h);
        humi_check(humi_mask_count(&h->resident) == atomic_load(&h->resident_pages));
        humi_check(humi_mask_count(&h->writable) == atomic_load(&h->writable_pages));
    }
    struct hum_pages anywhere = humi_block_resident_elsewhere(hum, block, -1);
    humi_check(humi_mask_within(&block->written, &anywhere) && "R3");
    humi_check(humi_mask_within(&block->dirty, &block->written) && "dirty within written");
}

/* ---- table ----------------------------------------------------------------------------------- */

enum hum_status humi_table_init(struct humi_table *table, size_t space_bytes, unsigned processors)
{
    size_t leaf_bytes = HUMI_LEAF_BLOCKS * HUM_BLOCK_SIZE;
    *table = (struct humi_table){0};
    table->leaf_count = (uint32_t)((space_bytes + leaf_bytes - 1) / leaf_bytes);
    table->processors = processors;
    table->leaves = calloc(table->leaf_count, sizeof *table->leaves);
    if (!table->leaves)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the table of blocks");
    atomic_store(&table->bytes, table->leaf_count * sizeof *table->leaves);
    return HUM_OK;
}

static void block_destroy(const struct humi_table *table, struct humi_block *block)
{
    for (unsigned p = 0; p < table->processors; p++)
        free(block->hold[p].heat);
    humi_memo_free(&block->memo, NULL);
    humi_lock_fini(&block->lock);
    free(block);
}

void humi_table_fini(struct humi_table *table)
{
    for (uint32_t l = 0; table->leaves && l < table->leaf_count; l++) {
        _Atomic(struct humi_block *) *leaf = atomic_load(&table->leaves[l]);
        for (uint32_t i = 0; leaf && i < HUMI_LEAF_BLOCKS; i++) {
            struct humi_block *block = atomic_load(&leaf[i]);
            if (block)
                block_destroy(table, block);
        }
        free(leaf);
    }
    free(table->leaves);
    *table = (struct humi_table){0};
}

static _Atomic(struct humi_block *) *leaf_get(struct humi_table *table, uint32_t index)
{
    _Atomic(_Atomic(struct humi_block *) *) *slot = &table->leaves[index / HUMI_LEAF_BLOCKS];
    _Atomic(struct humi_block *) *leaf = atomic_load(slot);
    if (leaf)
        return leaf;
    _Atomic(struct humi_block *) *made = calloc(HUMI_LEAF_BLOCKS, sizeof *made);
    if (!made)
        return NULL;
    if (atomic_compare_exchange_strong(slot, &leaf, made)) {
        atomic_fetch_add(&table->bytes, HUMI_LEAF_BLOCKS * sizeof *made);
        return made;
    }
    free(made);
    return leaf;
}

static struct humi_block *block_create(const struct humi_table *table, uint32_t index)
{
    size_t bytes = sizeof(struct humi_block) + table->processors * sizeof(struct humi_hold);
    struct humi_block *block = calloc(1, bytes);
    if (!block)
        return NULL;
    if (table->alone)
        humi_lock_init_alone(&block->lock, HUMI_RANK_BLOCK);
    else
        humi_lock_init(&block->lock, HUMI_RANK_BLOCK);
    block->index = index;
    block->preferred = HUM_HOST;
    return block;
}

struct humi_block *humi_table_get(struct humi_table *table, uint32_t index)
{
    _Atomic(struct humi_block *) *leaf = leaf_get(table, index);
    struct humi_block *block = leaf ? atomic_load(&leaf[index % HUMI_LEAF_BLOCKS]) : NULL;
    if (block)
        return block;
    struct humi_block *made = leaf ? block_create(table, index) : NULL;
    if (!made) {
        atomic_store(&table->short_of_memory, true);
        return NULL;
    }
    if (atomic_compare_exchange_strong(&leaf[index % HUMI_LEAF_BLOCKS], &block, made)) {
        atomic_fetch_add(&table->bytes, sizeof(struct humi_block) +
                                            table->processors * sizeof(struct humi_hold));
        return made;
    }
    humi_lock_fini(&made->lock);
    free(made);
    return block;
}

struct humi_block *humi_table_peek(const struct humi_table *table, uint32_t index)
{
    if (index / HUMI_LEAF_BLOCKS >= table->leaf_count)
        return NULL;
    _Atomic(struct humi_block *) *leaf = atomic_load(&table->leaves[index / HUMI_LEAF_BLOCKS]);
    return leaf ? atomic_load(&leaf[index % HUMI_LEAF_BLOCKS]) : NULL;
}

struct humi_block *humi_table_next(const struct humi_table *table, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end;) {
        if (!atomic_load(&table->leaves[i / HUMI_LEAF_BLOCKS])) {
            i = (i / HUMI_LEAF_BLOCKS + 1) * HUMI_LEAF_BLOCKS;
            continue;
        }
        struct humi_block *block = humi_table_peek(table, i);
        if (block)
            return block;
        i++;
    }
    return NULL;
}
