/* SPDX-License-Identifier: MIT */
/* told.c - blocks and events as the driver that keeps the space tells them. */
#include "core/told.h"

#include "base/log.h"
#include "base/range.h"
#include "core/heat.h"
#include "core/kept.h"
#include "core/record.h"
#include "core/residency.h"
#include "core/steer.h"
#include "device/keeper.h"

#define TOLD_AT_ONCE 64u

/* What was told, of one block and one region. */
struct part {
    struct hum *hum;
    const struct humi_told *told;
    unsigned from, to;            /* numbers; hum->processors: none */
    struct humi_region *region;   /* NULL: none any more */
    struct humi_block *block;     /* locked */
    struct hum_pages pages;
    struct humi_steer *steer;     /* what policies want of it */
};

/* ---- one block (locked) ---------------------------------------------------------------------- */

/* Pages are resident at p and nowhere known else, or (keep) also where they were. */
static void arrive(const struct part *part, bool keep)
{
    struct hum *hum = part->hum;
    struct humi_block *block = part->block;
    for (unsigned p = 0; p < hum->processors; p++) {
        struct hum_pages now = block->hold[p].resident;
        humi_mask_remove(&block->hold[p].remote, &part->pages);
        if (p == part->to)
            humi_mask_add(&now, &part->pages);
        else if (!keep)
            humi_mask_remove(&now, &part->pages);
        humi_residency_told(hum, block, p, now);
    }
    humi_mask_add(&block->written, &part->pages);
}

static enum hum_direction direction(const struct part *part)
{
    return part->to == 0 ? HUM_D2H : part->from == 0 ? HUM_H2D : HUM_D2D;
}

static struct humi_event event_of(const struct part *part, enum hum_cause cause, unsigned processor)
{
    return (struct humi_event){.cause = cause,
                               .processor = processor,
                               .which = part->pages,
                               .pages = humi_mask_count(&part->pages),
                               .start_ns = part->told->start_ns};
}

/* The time of a move that spans blocks is shared out by pages. */
static uint64_t time_of(const struct part *part, unsigned pages)
{
    uint64_t ns = part->told->end_ns - part->told->start_ns, all = part->told->bytes;
    return all ? (uint64_t)((double)ns * ((double)pages * HUM_PAGE_SIZE / (double)all)) : 0;
}

static bool is_read_mostly(const struct part *part)
{
    uint32_t advice = part->block->advice;
    if (part->region)
        advice |= atomic_load(&part->region->advice);
    return advice & HUM_ADVISE_READ_MOSTLY;
}

/* To the driver each prefetch is the program's. */
static enum hum_cause cause_of_move(const struct part *part)
{
    return part->told->cause == HUM_CAUSE_PREFETCH_USER &&
                   humi_steer_asked(part->hum, part->block->index)
               ? HUM_CAUSE_PREFETCH_POLICY
               : part->told->cause;
}

static void take_move(const struct part *part)
{
    bool evicted = part->told->cause == HUM_CAUSE_EVICTION;
    struct humi_event event =
        event_of(part, cause_of_move(part), evicted ? part->from : part->to);
    event.moved = part->pages;
    event.bytes[direction(part)] = (uint64_t)event.pages * HUM_PAGE_SIZE;
    event.move_ns = time_of(part, event.pages);
    event.brought = !evicted;
    event.evicted = evicted;
    arrive(part, !evicted && is_read_mostly(part));
    humi_record_event(part->hum, part->region, part->block, &event);
}

static void plan(const struct part *part)
{
    struct humi_fault fault = {.address = part->hum->params.start + part->told->offset,
                               .write = part->told->write};
    struct humi_group group = {.processor = part->to,
                               .region = part->region,
                               .block = part->block,
                               .faults = &fault,
                               .count = 1,
                               .start_ns = part->told->start_ns};
    *(fault.write ? &group.write : &group.read) = part->pages;
    humi_steer_plan(part->steer, &group);
}

static void take_fault(const struct part *part)
{
    struct hum_pages known = humi_block_resident_elsewhere(part->hum, part->block, -1);
    const struct humi_record_faults faults = {.processor = part->to,
                                              .faults = (unsigned)part->told->count,
                                              .start_ns = part->told->start_ns};
    struct hum_pages none = humi_mask_none();
    humi_record_faults(part->hum, part->region, part->block, &faults);
    humi_heat_faults(part->hum, part->block, part->to, part->told->write ? &none : &part->pages,
                     part->told->write ? &part->pages : &none);
    if (part->region && part->to != 0)
        plan(part);
    if (humi_mask_meets(&known, &part->pages))
        return; /* a move says where they go */
    struct humi_event event = event_of(part, HUM_CAUSE_FIRST_TOUCH, part->to);
    event.brought = true;
    arrive(part, false);
    humi_record_event(part->hum, part->region, part->block, &event);
}

static void take_remote(const struct part *part)
{
    struct humi_event event = event_of(part, HUM_CAUSE_REMOTE_MAP, part->to);
    struct hum_pages once = humi_block_resident_once(part->hum, part->block);
    humi_mask_keep(&once, &part->pages);
    humi_mask_remove(&once, &part->block->hold[part->to].resident);
    humi_mask_add(&part->block->hold[part->to].remote, &once);
    humi_record_event(part->hum, part->region, part->block, &event);
}

static void take_part(struct part *part)
{
    switch (part->told->kind) {
    case HUMI_TOLD_MOVED:
        take_move(part);
        break;
    case HUMI_TOLD_FAULTED:
        take_fault(part);
        break;
    case HUMI_TOLD_REMOTE:
        take_remote(part);
        break;
    case HUMI_TOLD_THRASHED:
    case HUMI_TOLD_THROTTLED:
    case HUMI_TOLD_DROPPED:
    case HUMI_TOLD_COUNT:
        break; /* counted, not of a block */
    }
    humi_block_changed(part->block);
    humi_block_check(part->hum, part->block);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* How far from `at` on it is one block and one region, or none. */
static uintptr_t piece_end(struct hum *hum, uintptr_t at, uintptr_t end,
                           struct humi_region **region_out)
{
    uintptr_t block_end = humi_round_down(at - hum->params.start, HUM_BLOCK_SIZE) +
                          HUM_BLOCK_SIZE + hum->params.start;
    struct humi_region *region = humi_regions_find(&hum->regions, at), *next;
    *region_out = region;
    end = block_end < end ? block_end : end;
    if (region)
        return region->start + region->bytes < end ? region->start + region->bytes : end;
    next = humi_regions_next(&hum->regions, at);
    if (next && next->start < end)
        end = next->start;
    humi_region_put(next);
    return end;
}

static struct hum_pages pages_of(const struct hum *hum, uintptr_t start, uintptr_t end)
{
    unsigned first = humi_page_in_block(start - hum->params.start);
    return humi_mask_range(first, first + (unsigned)((end - start) / HUM_PAGE_SIZE));
}

/* Do one thing to every piece of [offset, +bytes) that lies in the space. */
static void visit(struct part *part, size_t offset, size_t bytes, void (*function)(struct part *))
{
    struct hum *hum = part->hum;
    size_t last = humi_round_up(offset + bytes, HUM_PAGE_SIZE);
    uintptr_t end = hum->params.start + (last < hum->params.bytes ? last : hum->params.bytes);
    for (uintptr_t at = hum->params.start + humi_round_down(offset, HUM_PAGE_SIZE), next; at < end;
         at = next) {
        next = piece_end(hum, at, end, &part->region);
        part->block = humi_table_get(&hum->table, humi_space_block(hum, at));
        part->pages = pages_of(hum, at, next);
        if (part->block) {
            humi_lock(&part->block->lock);
            function(part);
            humi_unlock(&part->block->lock);
        }
        humi_region_put(part->region);
    }
}

/* The touches that are known.  No block is locked, because the trace is waited for. */
static void record_access(struct hum *hum, const struct humi_told *told, unsigned p)
{
    if (!hum->recorder.file || told->kind != HUMI_TOLD_FAULTED || p >= hum->processors ||
        told->offset >= hum->params.bytes)
        return;
    humi_record_access(hum, &(struct hum_trace_access){.agent = p * 1024u,
                                                       .processor = humi_public(p),
                                                       .first_page = told->offset / HUM_PAGE_SIZE,
                                                       .pages = 1,
                                                       .count = 1,
                                                       .write = told->write});
}

static void count(struct hum *hum, const struct humi_told *told)
{
    switch (told->kind) {
    case HUMI_TOLD_THRASHED:
        atomic_fetch_add(&hum->thrashed, 1);
        break;
    case HUMI_TOLD_THROTTLED:
        atomic_fetch_add(&hum->throttled, 1);
        atomic_fetch_add(&hum->throttled_ns, told->end_ns - told->start_ns);
        break;
    case HUMI_TOLD_DROPPED:
        atomic_fetch_add(&hum->untold, told->count);
        break;
    default:
        break;
    }
}

/* What names a processor that is not of this space is not about it. */
static bool is_ours(const struct part *part)
{
    unsigned none = part->hum->processors;
    if (part->told->kind == HUMI_TOLD_MOVED)
        return part->from < none && part->to < none && part->from != part->to;
    return part->to < none && (part->told->kind == HUMI_TOLD_FAULTED ||
                               part->told->kind == HUMI_TOLD_REMOTE);
}

void humi_told_take(struct hum *hum, bool wait)
{
    struct humi_told told[TOLD_AT_ONCE];
    struct humi_steer steer = {.hum = hum};
    if (!humi_is_kept(hum) || !hum->keeper->keeper->told || !hum->table.leaves)
        return;
    humi_lock(&hum->told_lock);
    for (unsigned n; (n = hum->keeper->keeper->told(hum->keeper, told, TOLD_AT_ONCE, wait));) {
        for (unsigned i = 0; i < n; i++) {
            struct part part = {.hum = hum,
                                .told = &told[i],
                                .steer = &steer,
                                .from = humi_kept_number(hum, told[i].from),
                                .to = humi_kept_number(hum, told[i].to)};
            count(hum, &told[i]);
            record_access(hum, &told[i], part.to);
            if (is_ours(&part))
                visit(&part, told[i].offset, told[i].bytes, take_part);
            humi_steer_go(&steer);
        }
        wait = false;
    }
    humi_unlock(&hum->told_lock);
}

static void forget_part(struct part *part)
{
    humi_residency_forget(part->hum, part->block, part->pages, part->region, part->told->cause);
    for (unsigned p = 0; p < part->hum->processors; p++)
        humi_residency_told(part->hum, part->block, p, part->block->hold[p].resident);
}

void humi_told_forget(struct hum *hum, size_t offset, size_t bytes, enum hum_cause cause)
{
    const struct humi_told told = {.cause = cause};
    struct part part = {.hum = hum, .told = &told};
    visit(&part, offset, bytes, forget_part);
}
