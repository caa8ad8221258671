/* SPDX-License-Identifier: MIT */
/* story.c - see story.h */
#include "explain/story.h"

#include <stdlib.h>
#include <string.h>

#include "explain/event.h"

void story_init(struct story *story, const struct book *book, uint64_t page, uint32_t keep)
{
    memset(story, 0, sizeof(*story));
    story->book = book;
    story->page = page;
    story->keep = keep;
}

void story_fini(struct story *story)
{
    for (uint32_t i = 0; i < story->touches; i++)
        index_fini(&story->touch[i].launch);
    free(story->event);
    story->event = NULL;
}

/* ---- events --------------------------------------------------------------------------------- */

/* Where event i goes: the first `keep` in order, the others round and round behind them. */
static uint64_t place_of(const struct story *story, uint64_t i)
{
    return i < story->keep ? i : story->keep + (i - story->keep) % story->keep;
}

static bool make_room(struct story *story, uint64_t place)
{
    uint32_t room = story->room ? 2 * story->room : 16;
    struct story_event *bigger;

    if (place < story->room)
        return true;
    bigger = realloc(story->event, room * sizeof(*bigger));
    if (!bigger)
        return false;
    story->event = bigger;
    story->room = room;
    return true;
}

static void note_arrival(struct story *story, const struct hum_trace_event *event,
                         const struct story_event *noted)
{
    if (noted->moved || (event->cause == HUM_CAUSE_FIRST_TOUCH && !story->has_arrival)) {
        story->arrival = *noted;
        story->has_arrival = true;
    } else if (event->cause == HUM_CAUSE_DISCARD || event->cause == HUM_CAUSE_FREE) {
        story->has_arrival = false;
    }
}

static bool note_event(struct story *story, uint64_t time_ns, const struct hum_trace_event *event)
{
    unsigned page = (unsigned)(story->page % HUM_PAGES_PER_BLOCK);
    uint64_t place = place_of(story, story->events);
    bool moved;

    if (event->block != story->page / HUM_PAGES_PER_BLOCK || !event_has(&event->pages, page))
        return true;
    if (!make_room(story, place))
        return false;
    moved = event_has(&event->moved, page);
    story->event[place] = (struct story_event){
        .time_ns = time_ns,
        .cause = event->cause,
        .processor = event->processor,
        .region = event->region,
        .kernel = event->kernel,
        .thread = event->thread,
        .pages = event_count(&event->pages),
        .bytes = event_bytes(event),
        .move_ns = event->move_ns,
        .modelled_ns = event->modelled_ns,
        .moved = moved,
        .evicted = event->evicted,
    };
    note_arrival(story, event, &story->event[place]);
    story->events++;
    if (moved) {
        uint32_t pages = event_count(&event->moved);

        story->moves++;
        story->share_ns += event->move_ns / pages;
        story->share_modelled_ns += event->modelled_ns / pages;
    }
    return true;
}

uint64_t story_left_out(const struct story *story)
{
    uint64_t most = 2 * (uint64_t)story->keep;

    return story->events > most ? story->events - most : 0;
}

const struct story_event *story_event(const struct story *story, uint64_t i)
{
    uint64_t at = i < story->keep ? i : i + story_left_out(story);

    return at < story->events ? &story->event[place_of(story, at)] : NULL;
}

/* ---- touches -------------------------------------------------------------------------------- */

static struct story_touch *touch_of(struct story *story, const struct hum_trace_access *access)
{
    for (uint32_t i = 0; i < story->touches; i++)
        if (story->touch[i].processor == access->processor &&
            story->touch[i].kernel == access->kernel)
            return &story->touch[i];
    if (story->touches == STORY_TOUCHES_MAX)
        return NULL;
    story->touch[story->touches] = (struct story_touch){
        .processor = access->processor, .kernel = access->kernel, .first_ns = UINT64_MAX};
    index_init(&story->touch[story->touches].launch);
    return &story->touch[story->touches++];
}

/* Each launch counts once, in whatever order the accesses of its threads were recorded. */
static bool note_launch(struct story_touch *touch, uint64_t launch)
{
    if (launch == 0 || launch > UINT32_MAX || touch->launch.count == STORY_LAUNCHES_MAX ||
        index_find(&touch->launch, (uint32_t)launch) != INDEX_NONE)
        return true;
    return index_add(&touch->launch, (uint32_t)launch);
}

static bool note_access(struct story *story, uint64_t time_ns,
                        const struct hum_trace_access *access)
{
    const struct book_launch *launch = book_launch(story->book, access->launch);
    uint64_t start_ns = launch ? launch->start_ns : time_ns;
    uint64_t end_ns = launch ? launch->end_ns : time_ns;
    struct story_touch *touch;

    if (story->page < access->first_page || story->page - access->first_page >= access->pages)
        return true;
    touch = touch_of(story, access);
    if (!touch) {
        story->untold++;
        return true;
    }
    *(access->write ? &touch->writes : &touch->reads) += access->count;
    *(access->write ? &touch->write_lines : &touch->read_lines) |= access->lines;
    touch->by_page |= access->lines == 0;
    touch->first_ns = start_ns < touch->first_ns ? start_ns : touch->first_ns;
    touch->last_ns = end_ns > touch->last_ns ? end_ns : touch->last_ns;
    return note_launch(touch, access->launch);
}

bool story_note(struct story *story, const struct hum_trace_record *record)
{
    if (record->kind == HUM_TRACE_EVENT)
        return note_event(story, record->time_ns, &record->event);
    if (record->kind == HUM_TRACE_ACCESS)
        return note_access(story, record->time_ns, &record->access);
    return true;
}

static int by_first(const void *a, const void *b)
{
    const struct story_touch *x = a, *y = b;

    return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

void story_arrange(struct story *story)
{
    qsort(story->touch, story->touches, sizeof(story->touch[0]), by_first);
}
