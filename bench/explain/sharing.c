/* SPDX-License-Identifier: MIT */
/* sharing.c - how pages move; see sharing.h */
#include "explain/sharing_state.h"

#include <stdlib.h>

#include "explain/event.h"

#define NOWHERE (HUM_HOST - 1)

enum hum_status sharing_create(const struct book *book, const struct sharing_range *range,
                               struct sharing **sharing_out)
{
    uint32_t row = ledger_region_row(&book->ledger, range->region);
    struct sharing *sharing = calloc(1, sizeof(*sharing));

    if (!sharing)
        return HUM_ERR_NO_MEMORY;
    sharing->book = book;
    sharing->range = *range;
    sharing->active = range->region == 0;
    sharing->live_to_ns = UINT64_MAX;
    if (row) {
        sharing->live_from_ns = book->ledger.region[row].start_ns;
        sharing->live_to_ns = book->ledger.region[row].end_ns;
    }
    index_init(&sharing->index);
    *sharing_out = sharing;
    return HUM_OK;
}

void sharing_destroy(struct sharing *sharing)
{
    if (!sharing)
        return;
    for (uint32_t i = 0; i < sharing->blocks; i++)
        free(sharing->block[i]);
    for (uint32_t i = 0; i < sharing->candidates; i++)
        free(sharing->candidate[i].use);
    free(sharing->block);
    free(sharing->candidate);
    index_fini(&sharing->index);
    free(sharing);
}

/* Does the record belong to the time of the region?  Regions of a cut trace live from its start. */
void sharing_follow(struct sharing *sharing, const struct hum_trace_record *record)
{
    uint32_t region = sharing->range.region;

    if (region == 0)
        return;
    if (record->kind == HUM_TRACE_REGION && record->region.region == region)
        sharing->active = true;
    else if (record->kind == HUM_TRACE_REGION_END && record->region_end.region == region)
        sharing->active = false;
}

/* Pages [first, end) of a block that lie in the range; false: none. */
static bool clip(const struct sharing *sharing, uint64_t number, unsigned *first_out,
                 unsigned *end_out)
{
    uint64_t start = number * HUM_PAGES_PER_BLOCK, end = start + HUM_PAGES_PER_BLOCK;
    uint64_t low = sharing->range.first_page, high = sharing->range.end_page;

    low = low > start ? low : start;
    high = high < end ? high : end;
    if (low >= high)
        return false;
    *first_out = (unsigned)(low - start);
    *end_out = (unsigned)(high - start);
    return true;
}

/* ---- moves ---------------------------------------------------------------------------------- */

static void page_reset(struct page *page)
{
    page->visited = page->gone = 0;
    page->place = NOWHERE;
}

/* *block_out is NULL if there are too many. */
static enum hum_status get_block(struct sharing *sharing, uint32_t number,
                                 struct block **block_out)
{
    uint32_t place = index_find(&sharing->index, number);
    struct block *block;

    *block_out = place == INDEX_NONE ? NULL : sharing->block[place];
    if (*block_out)
        return HUM_OK;
    if (sharing->blocks == SHARING_BLOCKS_MAX) {
        sharing->result.untracked++;
        return HUM_OK;
    }
    if (sharing->blocks == sharing->block_room) {
        uint32_t room = sharing->block_room ? 2 * sharing->block_room : 16;
        void *bigger = realloc(sharing->block, room * sizeof(struct block *));

        if (!bigger)
            return HUM_ERR_NO_MEMORY;
        sharing->block = bigger;
        sharing->block_room = room;
    }
    block = calloc(1, sizeof(*block));
    if (!block || !index_add(&sharing->index, number)) {
        free(block);
        return HUM_ERR_NO_MEMORY;
    }
    block->number = number;
    for (unsigned i = 0; i < HUM_PAGES_PER_BLOCK; i++) {
        page_reset(&block->page[i]);
        block->page[i].candidate = NO_CANDIDATE;
    }
    *block_out = sharing->block[sharing->blocks++] = block;
    return HUM_OK;
}

/* The page is now at `to`. */
static void step(struct page *page, int32_t to)
{
    if (page->place != to && (page->visited & HUM_BIT(to))) {
        page->trips++;
        page->visited = 0;
    }
    page->visited |= (uint16_t)HUM_BIT(to);
    page->place = to;
}

/* It went for want of room: where it is found next is no decision of its users. */
static void evict(struct page *page, int32_t from, bool moved)
{
    page->moves.evictions++;
    page->gone |= (uint16_t)HUM_BIT(from);
    if (moved || page->place == from) {
        page->place = HUM_HOST;
        page->visited = (uint16_t)HUM_BIT(HUM_HOST);
    }
}

static void come(struct page *page, int32_t to)
{
    if (page->gone & HUM_BIT(to)) {
        page->returns++;
        page->gone &= (uint16_t)~HUM_BIT(to);
    }
    step(page, to);
}

static void charge(struct page *page, const struct hum_trace_event *event, uint32_t moved)
{
    struct sharing_moves *moves = &page->moves;

    if (event_destination(event) == HUM_HOST)
        moves->to_host++;
    else
        moves->to_device++;
    moves->by_fault += event_is_demand(event);
    moves->by_prefetch += event_is_prefetch(event);
    moves->by_eviction += event_is_eviction(event);
    moves->copy_ns += event->move_ns / moved;
    moves->modelled_ns += event->modelled_ns / moved;
}

static void move_page(struct page *page, const struct hum_trace_event *event, unsigned number,
                      uint32_t moved_pages)
{
    bool moved = event_has(&event->moved, number);

    if (moved)
        charge(page, event, moved_pages);
    if (event->cause == HUM_CAUSE_DISCARD || event->cause == HUM_CAUSE_FREE)
        page_reset(page);
    else if (event_is_eviction(event))
        evict(page, event->processor, moved);
    else if (moved)
        come(page, event->processor);
    else if (event->cause == HUM_CAUSE_UPGRADE ||
             (event->cause == HUM_CAUSE_FIRST_TOUCH && page->place == NOWHERE))
        step(page, event->processor);
}

enum hum_status sharing_moves(struct sharing *sharing, const struct hum_trace_record *record)
{
    const struct hum_trace_event *event = &record->event;
    unsigned first, end;
    struct block *block;
    enum hum_status status;
    uint32_t moved;

    sharing_follow(sharing, record);
    if (record->kind != HUM_TRACE_EVENT || !sharing->active ||
        !clip(sharing, event->block, &first, &end) || !event_meets(&event->pages, first, end))
        return HUM_OK;
    status = get_block(sharing, event->block, &block);
    if (status != HUM_OK || !block)
        return status;
    moved = event_count(&event->moved);
    for (unsigned page = first; page < end; page++)
        if (event_has(&event->pages, page))
            move_page(&block->page[page], event, page, moved);
    return HUM_OK;
}

enum hum_status sharing_choose(struct sharing *sharing)
{
    uint32_t wanted = 0;

    sharing->active = sharing->range.region == 0;
    for (uint32_t i = 0; i < sharing->blocks; i++)
        for (unsigned p = 0; p < HUM_PAGES_PER_BLOCK; p++)
            if (sharing->block[i]->page[p].trips >= sharing->range.trips) {
                if (wanted < SHARING_CANDIDATES_MAX)
                    sharing->block[i]->page[p].candidate = wanted++;
                else
                    sharing->result.unjudged++;
            }
    sharing->candidate = calloc(wanted + 1, sizeof(*sharing->candidate));
    if (!sharing->candidate)
        return HUM_ERR_NO_MEMORY;
    sharing->candidates = wanted;
    return HUM_OK;
}
