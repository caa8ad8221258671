/* SPDX-License-Identifier: MIT */
/* sharing_uses.c - who used the pages that ping-pong; see sharing.h */
#include "explain/sharing_state.h"

#include <stdlib.h>

#include "explain/event.h"

/*
 * Accesses of one launch are one use.  So are neighbouring records outside of launches; but not
 * mere touches, because the accesses of a launch in between may be recorded later.
 */
static struct use *same_use(struct candidate *candidate, const struct use *use)
{
    for (uint32_t i = candidate->count; i-- > 0;) {
        struct use *old = &candidate->use[i];

        if (old->processor == use->processor && old->known == use->known) {
            if (use->launch ? old->launch == use->launch
                            : use->known && old->launch == 0 && i + 1 == candidate->count)
                return old;
        }
    }
    return NULL;
}

static enum hum_status add_use(struct candidate *candidate, const struct use *use)
{
    struct use *old = same_use(candidate, use);

    if (old) {
        old->read |= use->read;
        old->write |= use->write;
        return HUM_OK;
    }
    if (candidate->count == SHARING_USES_MAX) {
        candidate->cut = true;
        return HUM_OK;
    }
    if (candidate->count == candidate->room) {
        uint32_t room = candidate->room ? 2 * candidate->room : 4;
        struct use *bigger = realloc(candidate->use, room * sizeof(*bigger));

        if (!bigger)
            return HUM_ERR_NO_MEMORY;
        candidate->use = bigger;
        candidate->room = room;
    }
    candidate->use[candidate->count++] = *use;
    return HUM_OK;
}

static enum hum_status use_pages(struct sharing *sharing, struct block *block, unsigned first,
                                 unsigned end, const struct use *use)
{
    for (unsigned page = first; page < end; page++) {
        uint32_t candidate = block->page[page].candidate;

        if (candidate == NO_CANDIDATE)
            continue;
        if (add_use(&sharing->candidate[candidate], use) != HUM_OK)
            return HUM_ERR_NO_MEMORY;
    }
    return HUM_OK;
}

/* Of a launch that is known, accesses have its time: they are recorded a little later. */
static struct use use_of(const struct sharing *sharing, const struct hum_trace_record *record)
{
    const struct hum_trace_access *access = &record->access;
    const struct book_launch *launch = book_launch(sharing->book, access->launch);

    return (struct use){
        .start_ns = launch ? launch->start_ns : record->time_ns,
        .end_ns = launch ? launch->end_ns : record->time_ns,
        .launch = access->launch,
        .read = access->write ? 0 : access->lines,
        .write = access->write ? access->lines : 0,
        .processor = access->processor,
        .known = access->lines != 0,
    };
}

static enum hum_status use_block(struct sharing *sharing, struct block *block,
                                 const struct hum_trace_access *access, const struct use *use)
{
    uint64_t start = (uint64_t)block->number * HUM_PAGES_PER_BLOCK;
    uint64_t low = access->first_page, high = low + access->pages;

    low = low > start ? low - start : 0;
    high = high > start ? high - start : 0;
    high = high < HUM_PAGES_PER_BLOCK ? high : HUM_PAGES_PER_BLOCK;
    return low < high ? use_pages(sharing, block, (unsigned)low, (unsigned)high, use) : HUM_OK;
}

/* Blocks of the access one by one, or all that are known, whichever are fewer. */
static enum hum_status take_access(struct sharing *sharing, const struct hum_trace_record *record)
{
    const struct hum_trace_access *access = &record->access;
    uint64_t first = access->first_page / HUM_PAGES_PER_BLOCK;
    uint64_t end = (access->first_page + access->pages - 1) / HUM_PAGES_PER_BLOCK + 1;
    struct use use = use_of(sharing, record);
    bool all = end - first > sharing->blocks;
    enum hum_status status = HUM_OK;

    if (use.end_ns < sharing->live_from_ns || use.start_ns > sharing->live_to_ns)
        return HUM_OK;
    for (uint64_t i = 0; status == HUM_OK && i < (all ? sharing->blocks : end - first); i++) {
        uint32_t place = all ? (uint32_t)i : INDEX_NONE;

        if (!all && first + i <= UINT32_MAX)
            place = index_find(&sharing->index, (uint32_t)(first + i));
        if (place != INDEX_NONE)
            status = use_block(sharing, sharing->block[place], access, &use);
    }
    return status;
}

/*
 * A touch of whom the trace tells no accesses: all that is known is the page.  What it was
 * given unasked it may have touched unseen.
 */
static enum hum_status take_touch(struct sharing *sharing, const struct hum_trace_record *record)
{
    const struct hum_trace_event *event = &record->event;
    uint32_t place = index_find(&sharing->index, event->block);
    struct use use = {.start_ns = record->time_ns,
                      .end_ns = record->time_ns,
                      .processor = event->processor,
                      .maybe = !event_proves_touch(event)};
    enum hum_status status = HUM_OK;

    if (!event_gives_access(event) || place == INDEX_NONE ||
        book_knows_lines(sharing->book, event->processor))
        return HUM_OK;
    for (unsigned page = 0; page < HUM_PAGES_PER_BLOCK && status == HUM_OK; page++)
        if (event_has(&event->pages, page))
            status = use_pages(sharing, sharing->block[place], page, page + 1, &use);
    return status;
}

enum hum_status sharing_uses(struct sharing *sharing, const struct hum_trace_record *record)
{
    sharing_follow(sharing, record);
    if (sharing->candidates == 0)
        return HUM_OK;
    if (record->kind == HUM_TRACE_ACCESS)
        return take_access(sharing, record);
    if (record->kind == HUM_TRACE_EVENT && sharing->active)
        return take_touch(sharing, record);
    return HUM_OK;
}
