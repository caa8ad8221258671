/* SPDX-License-Identifier: MIT */
/* sharing.c - see sharing.h */
#include "explain/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "explain/event.h"

#define NOWHERE (HUM_HOST - 1)
#define NO_CANDIDATE UINT32_MAX

struct page {
    uint32_t trips, returns;         /* round trips; comings back after an eviction */
    uint16_t visited;                /* since the last round trip, HUM_BIT */
    uint16_t gone;                   /* evicted from, and not back, HUM_BIT */
    int32_t place;
    uint32_t candidate;
    struct sharing_moves moves;
};

struct block {
    uint32_t number;
    struct page page[HUM_PAGES_PER_BLOCK];
};

struct candidate {
    struct use *use;
    uint32_t count, room;
    bool cut;
    struct turns turns;              /* once all uses are in */
};

struct sharing {
    const struct book *book;
    struct sharing_range range;
    bool active;                     /* the region lives */
    struct index index;              /* of blocks */
    struct block **block;
    uint32_t blocks, block_room;
    struct candidate *candidate;
    uint32_t candidates;
    uint64_t live_from_ns, live_to_ns; /* of the region */
    struct sharing_group group[SHARING_GROUPS_MAX];
    struct sharing_result result;
};

const char *sharing_kind_key(enum sharing_kind kind)
{
    static const char *const keys[] = {
#define SHARING_KIND_KEY(name, key, text) key,
        SHARING_KIND_LIST(SHARING_KIND_KEY)
#undef SHARING_KIND_KEY
    };
    return keys[kind];
}

const char *sharing_kind_text(enum sharing_kind kind)
{
    static const char *const texts[] = {
#define SHARING_KIND_TEXT(name, key, text) text,
        SHARING_KIND_LIST(SHARING_KIND_TEXT)
#undef SHARING_KIND_TEXT
    };
    return texts[kind];
}

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
static void follow_region(struct sharing *sharing, const struct hum_trace_record *record)
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

    follow_region(sharing, record);
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

/* ---- uses ----------------------------------------------------------------------------------- */

/*
 * Accesses of one launch are one use.  So are neighbouring records outside of launches; but not mere
 * touches, because the accesses of a launch in between may be recorded later.
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
    follow_region(sharing, record);
    if (sharing->candidates == 0)
        return HUM_OK;
    if (record->kind == HUM_TRACE_ACCESS)
        return take_access(sharing, record);
    if (record->kind == HUM_TRACE_EVENT && sharing->active)
        return take_touch(sharing, record);
    return HUM_OK;
}

/* ---- the result ----------------------------------------------------------------------------- */

static enum sharing_kind kind_of_turns(const struct turns *turns, bool complete)
{
    uint64_t is_true = turns->is_true, is_false = turns->is_false;
    uint64_t judged = is_true + is_false + turns->is_read + turns->is_unknown;

    if (judged && 4 * is_true >= 3 * judged)
        return SHARING_TRUE;
    if (judged == 0 || turns->is_unknown || !complete)
        return SHARING_UNKNOWN;
    if (4 * is_false >= 3 * judged)
        return SHARING_FALSE;
    return is_true || is_false ? SHARING_BOTH : SHARING_READ;
}

/* A round trip is two turns, of which the first may have been before the first move. */
static bool is_dragged(const struct sharing *sharing, const struct page *page,
                       const struct turns *turns)
{
    return turns->count < 2 * (uint64_t)sharing->range.trips &&
           2 * page->moves.by_prefetch >= copies_of(&page->moves);
}

/* No use may be missing, or lines that were used are believed unused. */
static bool is_complete(const struct sharing *sharing)
{
    return sharing->book->dropped_accesses == 0 && !sharing->book->damage[0];
}

static enum sharing_kind kind_of(const struct sharing *sharing, const struct page *page)
{
    if (page->trips >= sharing->range.trips && page->candidate == NO_CANDIDATE)
        return SHARING_UNKNOWN;
    if (page->candidate != NO_CANDIDATE) {
        const struct turns *turns = &sharing->candidate[page->candidate].turns;

        return is_dragged(sharing, page, turns) ? SHARING_DRAGGED
                                                : kind_of_turns(turns, is_complete(sharing));
    }
    return page->returns >= sharing->range.trips ? SHARING_CAPACITY : SHARING_REST;
}

static bool has_events(const struct page *page)
{
    return page->visited || page->trips || page->moves.to_host || page->moves.to_device ||
           page->moves.evictions;
}

/* Groups are kept in order; the last one falls out. */
static void keep_group(struct sharing *sharing, const struct sharing_group *group)
{
    struct sharing_result *result = &sharing->result;
    uint32_t at = result->groups;

    if (at == SHARING_GROUPS_MAX) {
        result->untold++;
        at--;
        if (copies_of(&group->moves) <= copies_of(&sharing->group[at].moves))
            return;
    } else {
        result->groups++;
    }
    while (at > 0 && copies_of(&sharing->group[at - 1].moves) < copies_of(&group->moves)) {
        sharing->group[at] = sharing->group[at - 1];
        at--;
    }
    sharing->group[at] = *group;
}

static struct sharing_group group_of(const struct sharing *sharing, uint64_t number,
                                     const struct page *page, enum sharing_kind kind)
{
    struct sharing_group group = {
        .first_page = number, .pages = 1, .kind = kind, .moves = page->moves};

    group.trips_min = group.trips_max = kind == SHARING_CAPACITY ? page->returns : page->trips;
    if (page->candidate != NO_CANDIDATE) {
        group.turns = sharing->candidate[page->candidate].turns;
        group.uses_cut = sharing->candidate[page->candidate].cut;
    }
    return group;
}

static bool joins(const struct sharing_group *group, const struct sharing_group *next)
{
    return group->pages && group->kind == next->kind &&
           group->first_page + group->pages == next->first_page &&
           group->turns.processors == next->turns.processors &&
           group->turns.writers == next->turns.writers;
}

static void join_moves(struct sharing_moves *sum, const struct sharing_moves *more)
{
    sum->to_host += more->to_host;
    sum->to_device += more->to_device;
    sum->by_fault += more->by_fault;
    sum->by_prefetch += more->by_prefetch;
    sum->by_eviction += more->by_eviction;
    sum->evictions += more->evictions;
    sum->copy_ns += more->copy_ns;
    sum->modelled_ns += more->modelled_ns;
}

static void join(struct sharing_group *group, const struct sharing_group *next)
{
    group->pages++;
    if (next->trips_min < group->trips_min)
        group->trips_min = next->trips_min;
    if (next->trips_max > group->trips_max)
        group->trips_max = next->trips_max;
    join_moves(&group->moves, &next->moves);
    group->turns.count += next->turns.count;
    group->turns.is_true += next->turns.is_true;
    group->turns.is_false += next->turns.is_false;
    group->turns.is_read += next->turns.is_read;
    group->turns.is_unknown += next->turns.is_unknown;
    group->turns.overwritten += next->turns.overwritten;
    group->uses_cut |= next->uses_cut;
}

static int by_number(const void *a, const void *b)
{
    const struct block *const *x = a, *const *y = b;

    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static void group_page(struct sharing *sharing, struct sharing_group *group, uint64_t number,
                       const struct page *page)
{
    enum sharing_kind kind = kind_of(sharing, page);
    struct sharing_group next;

    if (!has_events(page))
        return;
    sharing->result.pages[kind]++;
    if (kind == SHARING_REST)
        return;
    next = group_of(sharing, number, page, kind);
    if (joins(group, &next)) {
        join(group, &next);
        return;
    }
    if (group->pages)
        keep_group(sharing, group);
    *group = next;
}

/* Blocks are put in order of address, so the index no longer holds: this comes last. */
struct sharing_result sharing_result(struct sharing *sharing)
{
    struct sharing_group group = {.pages = 0};

    for (uint32_t i = 0; i < sharing->candidates; i++)
        sharing->candidate[i].turns =
            turns_of(sharing->candidate[i].use, sharing->candidate[i].count);
    if (sharing->blocks)
        qsort(sharing->block, sharing->blocks, sizeof(*sharing->block), by_number);
    sharing->result.groups = sharing->result.untold = 0;
    memset(sharing->result.pages, 0, sizeof(sharing->result.pages));
    for (uint32_t i = 0; i < sharing->blocks; i++)
        for (unsigned p = 0; p < HUM_PAGES_PER_BLOCK; p++)
            group_page(sharing, &group,
                       (uint64_t)sharing->block[i]->number * HUM_PAGES_PER_BLOCK + p,
                       &sharing->block[i]->page[p]);
    if (group.pages)
        keep_group(sharing, &group);
    sharing->result.group = sharing->group;
    return sharing->result;
}
