/* SPDX-License-Identifier: MIT */
/*
 * batch.h - the faults that are answered together, and what they will cost.
 *
 * In an open loop the order of accesses is fixed, so nobody knows what would have faulted while a
 * batch was being answered.  A batch is the faults of one access record, up to 256: its pages are
 * neighbours and its agent touches them without waiting.  Any other fault is a batch of its own.
 *
 * Copies are runs of neighbouring pages in the order in which they move; blocks and evicted blocks
 * are counted whenever the block is another one than just before.
 * Threads: guarded by whoever holds it.
 */
#ifndef HUMI_REPLAY_BATCH_H
#define HUMI_REPLAY_BATCH_H

#include <hum/policy.h>

#include "replay/cost.h"

struct humi_batch {
    struct humi_cost_batch cost; /* of the one that is open; faults 0: none is */
    uint64_t record;             /* whose faults these are */
    uint64_t last_in, last_out;  /* page copied last, each way; none: HUMI_BATCH_NO_PAGE */
    uint64_t last_block, last_evicted;

    uint64_t count;              /* batches ended */
    uint64_t modelled_ns;        /* their cost */
};

#define HUMI_BATCH_NO_PAGE UINT64_MAX

static inline void humi_batch_end(struct humi_batch *batch, const struct humi_cost_model *model)
{
    if (batch->cost.faults == 0)
        return;
    batch->modelled_ns += humi_cost_batch_ns(model, &batch->cost);
    batch->count++;
    batch->cost = (struct humi_cost_batch){0};
}

/* A fault of that access record: into the batch that is open, or a new one. */
static inline void humi_batch_fault(struct humi_batch *batch, const struct humi_cost_model *model,
                                    uint64_t record)
{
    if (batch->record != record || batch->cost.faults == HUMI_BATCH_FAULTS_MAX)
        humi_batch_end(batch, model);
    if (batch->cost.faults == 0) {
        batch->record = record;
        batch->last_in = batch->last_out = HUMI_BATCH_NO_PAGE;
        batch->last_block = batch->last_evicted = HUMI_BATCH_NO_PAGE;
    }
    batch->cost.faults++;
}

/* A page that a fault, or what is brought with it, is about. */
static inline void humi_batch_page(struct humi_batch *batch, uint64_t page)
{
    if (page / HUM_PAGES_PER_BLOCK != batch->last_block)
        batch->cost.blocks++;
    batch->last_block = page / HUM_PAGES_PER_BLOCK;
}

static inline void humi_batch_copy_in(struct humi_batch *batch, uint64_t page)
{
    if (batch->last_in == HUMI_BATCH_NO_PAGE || page != batch->last_in + 1)
        batch->cost.copies_in++;
    batch->last_in = page;
    batch->cost.bytes_in += HUM_PAGE_SIZE;
}

static inline void humi_batch_copy_out(struct humi_batch *batch, uint64_t page)
{
    if (batch->last_out == HUMI_BATCH_NO_PAGE || page != batch->last_out + 1)
        batch->cost.copies_out++;
    batch->last_out = page;
    batch->cost.bytes_out += HUM_PAGE_SIZE;
}

static inline void humi_batch_evict(struct humi_batch *batch, uint64_t page)
{
    if (page / HUM_PAGES_PER_BLOCK != batch->last_evicted)
        batch->cost.evictions++;
    batch->last_evicted = page / HUM_PAGES_PER_BLOCK;
}

#endif
