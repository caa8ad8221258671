/* SPDX-License-Identifier: MIT */
/* epochs.c - taking access at boundaries, and telling the trace what was touched since. */
#include "core/epochs.h"

#include "core/grant.h"
#include "core/record.h"
#include "core/residency.h"

static void take_access(struct hum *hum)
{
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end)) {
        humi_lock(&block->lock);
        for (unsigned p = 0; p < hum->processors; p++)
            if (humi_epochs_watch(hum, p))
                humi_grant_take(hum, block, p, block->hold[p].mapped, false);
        humi_unlock(&block->lock);
    }
}

void humi_epochs_begin(struct hum *hum, uint64_t launch, unsigned processor)
{
    if (!hum->epochs.watched)
        return;
    if (launch)
        atomic_store(&hum->epochs.launch[processor], launch);
    humi_record_epoch(hum, atomic_fetch_add(&hum->epochs.count, 1) + 1, launch);
    take_access(hum);
}

/* The launch that runs there; 0: none, or one of several. */
static uint64_t running(struct hum *hum, unsigned processor)
{
    return atomic_load(&hum->running[processor]) == 1
               ? atomic_load(&hum->epochs.launch[processor])
               : 0;
}

static void note(struct hum *hum, const struct humi_block *block, struct hum_trace_access *access,
                 const struct hum_pages *pages)
{
    humi_for_each_run (run, pages) {
        access->first_page = (uint64_t)block->index * HUM_PAGES_PER_BLOCK + run.first;
        access->pages = run.end - run.first;
        humi_record_access(hum, access);
    }
}

void humi_epochs_note(struct hum *hum, const struct humi_block *block,
                      const struct humi_request *request)
{
    unsigned p = request->processor;
    if (!humi_epochs_watch(hum, p))
        return;
    struct hum_pages read = humi_mask_minus(&request->faulted, &request->stores);
    struct hum_trace_access access = {
        .agent = p * 1024u,
        .processor = humi_public(p),
        .kernel = request->kernel ? humi_record_kernel_id(p, request->kernel - 1) : 0,
        .launch = running(hum, p),
        .count = 1,
    };
    note(hum, block, &access, &read);
    access.write = true;
    note(hum, block, &access, &request->stores);
}
