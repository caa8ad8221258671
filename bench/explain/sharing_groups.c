/* SPDX-License-Identifier: MIT */
/* sharing_groups.c - kinds of pages, and neighbours of one kind; see sharing.h */
#include "explain/sharing_state.h"

#include <stdlib.h>
#include <string.h>

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
