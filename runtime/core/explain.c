/* SPDX-License-Identifier: MIT */
/* explain.c - why a page is where it is: its state and the history of its block. */
#include <stdio.h>

#include "base/clock.h"
#include "base/range.h"
#include "base/status.h"
#include "core/look.h"
#include "core/module.h"
#include "core/told.h"
#include "core/visit.h"

static uint64_t since_open(const struct hum *hum, uint64_t ns)
{
    return ns > hum->recorder.start_ns ? ns - hum->recorder.start_ns : 0;
}

static struct hum_explained_event event_of(struct hum *hum, const struct humi_history_event *kept)
{
    struct hum_explained_event event = {
        .cause = (enum hum_cause)kept->cause,
        .processor = humi_public(kept->processor),
        .thread = kept->processor == 0 ? kept->who : 0,
        .start_ns = since_open(hum, kept->start_ns),
        .brought = kept->brought,
        .copied = kept->copied,
        .evicted = kept->evicted,
        .pages = kept->all_pages,
        .move_ns = kept->move_ns,
    };
    uint64_t bytes = 0;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        bytes += event.bytes[d] = kept->moved[d] * HUM_PAGE_SIZE;
    event.modelled_ns = humi_link_ns(&hum->recorder.link, bytes, kept->copies);
    if (kept->processor != 0 && kept->who != 0)
        humi_kernel_name(hum, kept->processor, kept->who - 1, event.kernel, sizeof event.kernel);
    return event;
}

static void tell_block(const struct humi_history *history, struct hum_explanation *out)
{
    out->block_events = history->events;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        out->block_moves[d] = history->moves[d];
        out->block_bytes[d] = history->bytes[d];
    }
    out->block_move_ns = history->move_ns;
    out->block_faults_host = history->faults[0];
    out->block_faults_device = history->faults[1];
    out->block_evictions = history->evictions;
}

/* The newest event that made the page resident at a processor where it still is. */
static int find_arrival(const struct hum_explanation *out)
{
    for (unsigned i = 0; i < out->events; i++) {
        const struct hum_explained_event *event = &out->event[i];
        int at = event->cause == HUM_CAUSE_EVICTION ? HUM_HOST : event->processor;
        if (event->brought && (out->state.resident & HUM_BIT(at)))
            return (int)i;
    }
    return -1;
}

static void tell_history(struct hum *hum, const struct humi_history *history, unsigned page,
                         struct hum_explanation *out)
{
    for (uint32_t i = history->count; i-- > 0;)
        if (humi_mask_has(&history->event[i].pages, page))
            out->event[out->events++] = event_of(hum, &history->event[i]);
    out->older_lost = humi_mask_has(&history->lost, page);
    out->arrival = find_arrival(out);
    tell_block(history, out);
}

static void tell_region(struct hum *hum, const struct humi_region *region,
                        struct hum_explanation *out)
{
    struct hum_region_info info;
    humi_rwlock_read(&hum->regions.lock);
    humi_region_describe(region, &info);
    humi_rwlock_unlock(&hum->regions.lock);
    out->region_start = region->start;
    out->region_bytes = info.bytes;
    out->region_id = region->id;
    snprintf(out->region_name, sizeof out->region_name, "%s", info.name);
}

static void tell_processors(const struct hum *hum, struct hum_explanation *out)
{
    out->processors = hum->processors;
    for (unsigned p = 0; p < hum->processors; p++)
        snprintf(out->processor_name[p], sizeof out->processor_name[p], "%.31s",
                 hum->processor[p]->name);
}

enum hum_status hum_explain(struct hum *hum, const void *pointer, struct hum_explanation *out)
{
    if (!hum || !out)
        return humi_fail(HUM_ERR_INVALID, "hum_explain needs a space and an output");
    struct humi_region *region = humi_visit_region(hum, pointer, 1);
    if (!region)
        return HUM_ERR_INVALID;
    humi_told_take(hum, true);
    uintptr_t start = humi_round_down((uintptr_t)pointer, HUM_PAGE_SIZE);
    unsigned page = humi_page_in_block(start - hum->params.start);
    struct humi_block *block = humi_table_peek(&hum->table, humi_space_block(hum, start));
    struct humi_history history = {.count = 0};
    *out = (struct hum_explanation){.page = start, .arrival = -1};
    if (block)
        humi_lock(&block->lock);
    out->state = humi_look_page(hum, region, block, page);
    if (block) {
        history = block->history;
        humi_unlock(&block->lock);
    }
    out->now_ns = since_open(hum, humi_clock_ns());
    tell_region(hum, region, out);
    humi_region_put(region);
    tell_processors(hum, out);
    tell_history(hum, &history, page, out);
    return HUM_OK;
}
