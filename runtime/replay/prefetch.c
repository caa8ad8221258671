/* SPDX-License-Identifier: MIT */
/* prefetch.c - which pages to bring with a faulted one, where single pages move. */
#include "replay/prefetch.h"

#include <stdlib.h>

#include "base/mask.h"
#include "base/status.h"
#include "policy/tree.h"

enum hum_status humi_prefetcher_init(struct humi_prefetcher *prefetcher,
                                     const struct humi_source *source, enum humi_prefetch kind)
{
    size_t blocks = (size_t)source->devices * source->blocks.count;

    *prefetcher = (struct humi_prefetcher){.source = source, .kind = kind};
    if (kind == HUMI_PREFETCH_TREE)
        prefetcher->resident = calloc(blocks, sizeof *prefetcher->resident);
    if (kind == HUMI_PREFETCH_STRIDE)
        prefetcher->strides = calloc(source->agents.count, sizeof *prefetcher->strides);
    if ((kind == HUMI_PREFETCH_TREE && !prefetcher->resident) ||
        (kind == HUMI_PREFETCH_STRIDE && !prefetcher->strides))
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for prefetching in %zu blocks", blocks);
    return HUM_OK;
}

void humi_prefetcher_fini(struct humi_prefetcher *prefetcher)
{
    free(prefetcher->resident);
    free(prefetcher->strides);
    *prefetcher = (struct humi_prefetcher){0};
}

static uint64_t page_of(const struct humi_prefetcher *prefetcher, uint32_t object)
{
    return prefetcher->source->pages.page_of[object];
}

static unsigned place_in_block(const struct humi_prefetcher *prefetcher, uint32_t object)
{
    return (unsigned)(page_of(prefetcher, object) % HUM_PAGES_PER_BLOCK);
}

static struct hum_pages *resident_of(struct humi_prefetcher *prefetcher, uint32_t device,
                                     uint32_t object)
{
    const struct humi_source *source = prefetcher->source;

    return &prefetcher->resident[(size_t)device * source->blocks.count +
                                 source->block_of[object]];
}

void humi_prefetcher_came(struct humi_prefetcher *prefetcher, uint32_t device, uint32_t object)
{
    if (prefetcher->resident)
        humi_mask_set(resident_of(prefetcher, device, object), place_in_block(prefetcher, object));
}

void humi_prefetcher_left(struct humi_prefetcher *prefetcher, uint32_t device, uint32_t object)
{
    if (prefetcher->resident)
        humi_mask_clear(resident_of(prefetcher, device, object),
                        place_in_block(prefetcher, object));
}

/* ---- chunk and tree ------------------------------------------------------------------------- */

/* The pages of `mask` in the block of the faulted one, which is left out. */
static void propose_mask(const struct humi_prefetcher *prefetcher, uint32_t faulted,
                         const struct hum_pages *mask, struct humi_proposal *proposal)
{
    uint64_t first = page_of(prefetcher, faulted) / HUM_PAGES_PER_BLOCK * HUM_PAGES_PER_BLOCK;

    humi_for_each_run(run, mask)
        for (unsigned i = run.first; i < run.end; i++) {
            uint32_t object = humi_pages_find(&prefetcher->source->pages, first + i);

            if (object != faulted)
                proposal->objects[proposal->count++] = object;
        }
}

static void propose_in_block(struct humi_prefetcher *prefetcher,
                             const struct humi_prefetch_fault *fault,
                             struct humi_proposal *proposal)
{
    const struct hum_pages *valid =
        &prefetcher->source->valid[prefetcher->source->block_of[fault->object]];
    struct hum_pages faulted = humi_mask_none(), wanted;

    humi_mask_set(&faulted, place_in_block(prefetcher, fault->object));
    if (prefetcher->kind == HUMI_PREFETCH_TREE) {
        const struct hum_pages *resident =
            resident_of(prefetcher, fault->device, fault->object);

        wanted = humi_tree_grow(resident, &faulted, valid, HUMI_TREE_PERCENT);
        humi_mask_remove(&wanted, resident);
    } else {
        wanted = humi_tree_chunks(&faulted);
        humi_mask_keep(&wanted, valid);
    }
    propose_mask(prefetcher, fault->object, &wanted, proposal);
}

/* ---- stride --------------------------------------------------------------------------------- */

/* How many pages to go on from a fault on `page`. */
static uint32_t stride_ahead(struct humi_stride *stride, uint64_t page)
{
    uint64_t distance = page - stride->last;
    bool served = stride->ahead > 0 && page == stride->expected;

    if (served) {
        stride->ahead = stride->ahead * 2 < HUMI_STRIDE_MAX ? stride->ahead * 2 : HUMI_STRIDE_MAX;
    } else {
        bool again = stride->equal > 0 && distance == stride->distance && distance != 0;

        stride->equal = again ? stride->equal + 1 : 1;
        stride->distance = distance;
        stride->ahead = stride->equal >= HUMI_STRIDE_EQUAL ? HUMI_STRIDE_MIN : 0;
    }
    stride->last = page;
    stride->expected = page + stride->distance * (stride->ahead + 1);
    return stride->ahead;
}

/* In the order of the stride, up to the first page that is not valid; then by ascending page. */
static void propose_stride(struct humi_prefetcher *prefetcher,
                           const struct humi_prefetch_fault *fault,
                           struct humi_proposal *proposal)
{
    struct humi_stride *stride = &prefetcher->strides[fault->agent];
    uint64_t page = page_of(prefetcher, fault->object);
    uint32_t ahead;

    if (stride->equal == 0) { /* the first fault: no distance */
        *stride = (struct humi_stride){.last = page, .equal = 1};
        return;
    }
    ahead = stride_ahead(stride, page);
    for (uint32_t i = 1; i <= ahead; i++) {
        uint32_t object =
            humi_pages_find(&prefetcher->source->pages, page + stride->distance * i);

        if (object == HUMI_OBJECT_NONE)
            break;
        proposal->objects[proposal->count++] = object;
    }
    if ((int64_t)stride->distance >= 0)
        return;
    for (uint32_t i = 0; i < proposal->count / 2; i++) {
        uint32_t *a = &proposal->objects[i], *b = &proposal->objects[proposal->count - 1 - i];
        uint32_t object = *a;

        *a = *b;
        *b = object;
    }
}

void humi_prefetcher_propose(struct humi_prefetcher *prefetcher,
                             const struct humi_prefetch_fault *fault,
                             struct humi_proposal *proposal_out)
{
    proposal_out->count = 0;
    if (prefetcher->kind == HUMI_PREFETCH_STRIDE)
        propose_stride(prefetcher, fault, proposal_out);
    else if (prefetcher->kind != HUMI_PREFETCH_NONE)
        propose_in_block(prefetcher, fault, proposal_out);
}
