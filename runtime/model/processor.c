/* SPDX-License-Identifier: MIT */
/* processor.c - the page table, and members that have nothing to do. */
#include "model/processor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

static struct humi_model_processor *model_of(struct humi_processor *p)
{
    return (struct humi_model_processor *)(void *)p;
}

/* ---- the page table -------------------------------------------------------------------------- */

struct humi_model_entry *humi_model_entry_make(struct humi_model_processor *p, uint64_t block)
{
    if (block / HUMI_LEAF_BLOCKS >= p->leaf_count)
        return NULL;
    struct humi_model_entry **leaf = &p->leaves[block / HUMI_LEAF_BLOCKS];
    if (!*leaf)
        *leaf = calloc(HUMI_LEAF_BLOCKS, sizeof **leaf);
    p->short_of_memory |= !*leaf;
    return *leaf ? &(*leaf)[block % HUMI_LEAF_BLOCKS] : NULL;
}

static void forget(struct humi_model_entry *entry)
{
    entry->mapped = entry->writable = entry->remote = humi_mask_none();
}

/* Guarded from now on.  One huge entry cannot lose a part of itself, nor does a prompt device. */
static void close_entry(const struct humi_processor *p, struct humi_model_entry *entry)
{
    if (entry->open && (p->huge || p->opens_reads))
        forget(entry);
    entry->open = entry->reads = false;
}

static struct humi_run run_of(size_t offset, size_t bytes)
{
    unsigned first = (unsigned)(offset % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
    return (struct humi_run){first, first + (unsigned)(bytes / HUM_PAGE_SIZE)};
}

void humi_model_processor_store(struct humi_model_processor *processor, uint64_t block)
{
    struct humi_model_entry *entry = humi_model_entry(processor, block);
    if (!entry || !entry->reads)
        return;
    forget(entry);
    entry->reads = false; /* still counted as open by who opened it */
}

/* ---- members --------------------------------------------------------------------------------- */

static void map_whole(struct humi_model_entry *entry, bool reads)
{
    entry->open = true;
    entry->reads = reads;
    entry->mapped = humi_mask_all();
    entry->writable = reads ? humi_mask_none() : humi_mask_all();
}

/* What is not mapped cannot be upgraded. */
static void upgrade_part(struct humi_model_entry *entry, struct hum_pages pages)
{
    humi_mask_keep(&pages, &entry->mapped);
    entry->reads = false;
    humi_mask_add(&entry->writable, &pages);
}

static void map_part(struct humi_processor *p, struct humi_model_entry *entry, struct humi_run run,
                     enum humi_map_access access)
{
    if (access == HUMI_MAP_UPGRADE && !entry->open) {
        upgrade_part(entry, humi_mask_range(run.first, run.end));
        return;
    }
    close_entry(p, entry);
    humi_mask_add_range(&entry->mapped, run.first, run.end);
    if (access == HUMI_MAP_READ)
        humi_mask_remove_range(&entry->writable, run.first, run.end);
    else
        humi_mask_add_range(&entry->writable, run.first, run.end);
}

static enum hum_status model_map(struct humi_processor *p, size_t offset, size_t bytes,
                                 enum humi_map_access access, bool *own_out)
{
    struct humi_model_entry *entry = humi_model_entry_make(model_of(p), offset / HUM_BLOCK_SIZE);
    if (!entry)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a page table");
    *own_out = access == HUMI_MAP_OWN;
    if (access == HUMI_MAP_OWN)
        map_whole(entry, false);
    else if (access == HUMI_MAP_READ && p->opens_reads && bytes == HUM_BLOCK_SIZE)
        map_whole(entry, true);
    else
        map_part(p, entry, run_of(offset, bytes), access);
    return HUM_OK;
}

static enum hum_status model_map_pages(struct humi_processor *p, size_t offset,
                                       const struct hum_pages *pages, enum humi_map_access access)
{
    struct humi_model_entry *entry = humi_model_entry_make(model_of(p), offset / HUM_BLOCK_SIZE);
    bool own;
    if (!entry)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a page table");
    if (p->opens_reads && humi_mask_full(pages))
        return model_map(p, offset, HUM_BLOCK_SIZE, access, &own);
    close_entry(p, entry);
    humi_mask_add(&entry->mapped, pages);
    if (access == HUMI_MAP_READ)
        humi_mask_remove(&entry->writable, pages);
    else
        humi_mask_add(&entry->writable, pages);
    return HUM_OK;
}

/* Nobody's bytes are behind it: it can be touched, and that is all. */
static enum hum_status model_map_remote(struct humi_processor *p, size_t offset, size_t bytes,
                                        const struct humi_processor *owner)
{
    struct humi_model_entry *entry = humi_model_entry_make(model_of(p), offset / HUM_BLOCK_SIZE);
    struct humi_run run = run_of(offset, bytes);
    (void)owner;
    if (!entry)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a page table");
    map_part(p, entry, run, HUMI_MAP_WRITE);
    humi_mask_add_range(&entry->remote, run.first, run.end);
    return HUM_OK;
}

static void model_unmap(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_model_entry *entry = humi_model_entry(model_of(p), offset / HUM_BLOCK_SIZE);
    if (!entry)
        return;
    struct humi_run run = run_of(offset, bytes);
    close_entry(p, entry);
    if (bytes == HUM_BLOCK_SIZE) {
        forget(entry);
        return;
    }
    humi_mask_remove_range(&entry->mapped, run.first, run.end);
    humi_mask_remove_range(&entry->writable, run.first, run.end);
    humi_mask_remove_range(&entry->remote, run.first, run.end);
}

/* Frames of its own go; what leads to others' stays. */
static void model_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_model_entry *entry = humi_model_entry(model_of(p), offset / HUM_BLOCK_SIZE);
    if (!entry)
        return;
    struct hum_pages remote = entry->remote;
    model_unmap(p, offset, bytes);
    if (humi_mask_empty(&remote))
        return;
    struct humi_run run = run_of(offset, bytes);
    struct hum_pages pages = humi_mask_range(run.first, run.end);
    humi_mask_keep(&remote, &pages);
    humi_mask_add(&entry->mapped, &remote);
    humi_mask_add(&entry->writable, &remote);
    humi_mask_add(&entry->remote, &remote);
}

static void model_protect(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_model_entry *entry = humi_model_entry(model_of(p), offset / HUM_BLOCK_SIZE);
    if (!entry)
        return;
    struct humi_run run = run_of(offset, bytes);
    close_entry(p, entry);
    if (bytes == HUM_BLOCK_SIZE)
        entry->writable = humi_mask_none();
    else
        humi_mask_remove_range(&entry->writable, run.first, run.end);
}

static void model_resume(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
}

static unsigned model_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    (void)p;
    (void)faults_out;
    (void)max;
    return 0;
}

static void model_fail(struct humi_processor *p, const struct humi_fault *fault,
                       enum hum_status status)
{
    (void)fault;
    model_of(p)->failed = status;
}

static const struct humi_processor_ops model_ops = {
    .kind = "model",
    .drop = model_drop, /* within a block, as the core does it */
    .map = model_map,
    .map_pages = model_map_pages,
    .map_remote = model_map_remote,
    .protect = model_protect,
    .unmap = model_unmap,
    .watch = model_resume, /* nothing is sampled */
    .forget = model_resume,
    .faults = model_faults,
    .resume = model_resume,
    .fail = model_fail,
};

/* ---- the whole ------------------------------------------------------------------------------- */

static void set_names(struct humi_processor *base, unsigned number,
                      const struct humi_model_traits *traits)
{
    if (traits->name[0])
        snprintf(base->name, sizeof base->name, "%s", traits->name);
    else if (number)
        snprintf(base->name, sizeof base->name, "model%u", number - 1);
    else
        snprintf(base->name, sizeof base->name, "host");
    snprintf(base->kind, sizeof base->kind, "%s", traits->kind[0] ? traits->kind : "model");
}

enum hum_status humi_model_processor_init(struct humi_model_processor *processor, unsigned number,
                                          uint64_t space_bytes,
                                          const struct humi_model_traits *traits)
{
    size_t leaf_bytes = HUMI_LEAF_BLOCKS * HUM_BLOCK_SIZE;
    *processor = (struct humi_model_processor){
        .base = {.ops = &model_ops,
                 .memory_bytes = traits->capacity_bytes / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE,
                 .workers = traits->workers,
                 .fault_fd = -1,
                 .frames_fd = 0, /* nobody opens it: it says that there are frames */
                 .life_fd = -1,
                 .returns_writable = number == 0,
                 .huge = traits->huge,
                 .shared_read = traits->shared_read,
                 .opens_reads = traits->opens_reads,
                 .kernel_faults = true},
        .leaf_count = (space_bytes + leaf_bytes - 1) / leaf_bytes};
    set_names(&processor->base, number, traits);
    processor->leaves = calloc(processor->leaf_count, sizeof *processor->leaves);
    return processor->leaves ? HUM_OK : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a page table");
}

void humi_model_processor_fini(struct humi_model_processor *processor)
{
    for (size_t l = 0; processor->leaves && l < processor->leaf_count; l++)
        free(processor->leaves[l]);
    free(processor->leaves);
    processor->leaves = NULL;
}
