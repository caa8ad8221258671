/* SPDX-License-Identifier: MIT */
/* heat.c - see heat.h */
#include "report/heat.h"

#include <stdlib.h>
#include <string.h>

bool heat_init(struct heat *heat, const struct pages *pages, uint64_t start_ns, uint64_t end_ns,
               bool from_accesses)
{
    uint64_t length = end_ns > start_ns ? end_ns - start_ns : 1;
    size_t cells;

    memset(heat, 0, sizeof(*heat));
    heat->rows = pages->axis_pages < HEAT_ROWS ? (uint32_t)pages->axis_pages : HEAT_ROWS;
    heat->column_ns = length / HEAT_COLUMNS + (length % HEAT_COLUMNS != 0);
    heat->columns = (uint32_t)(length / heat->column_ns + (length % heat->column_ns != 0));
    heat->start_ns = start_ns;
    heat->from_accesses = from_accesses;
    cells = (size_t)heat->rows * heat->columns + 1;
    heat->touched = calloc(cells, sizeof(*heat->touched));
    heat->moved = calloc(cells, sizeof(*heat->moved));
    heat->by = calloc(cells, sizeof(*heat->by));
    heat->holder = calloc(cells, sizeof(*heat->holder));
    heat->share = calloc(cells, sizeof(*heat->share));
    heat->held = calloc((size_t)heat->rows * HOLDERS + 1, sizeof(*heat->held));
    return heat->touched && heat->moved && heat->by && heat->holder && heat->share && heat->held;
}

void heat_fini(struct heat *heat)
{
    free(heat->touched);
    free(heat->moved);
    free(heat->by);
    free(heat->holder);
    free(heat->share);
    free(heat->held);
    memset(heat, 0, sizeof(*heat));
}

/* Row of a place p is p * rows / pages, so it starts at the first p for which that holds. */
uint64_t heat_row_position(const struct heat *heat, const struct pages *pages, uint32_t row)
{
    __extension__ typedef unsigned __int128 wide;

    return (uint64_t)(((wide)row * pages->axis_pages + heat->rows - 1) / heat->rows);
}

static uint32_t row_of(const struct heat *heat, const struct pages *pages, uint64_t position)
{
    return (uint32_t)(position * heat->rows / pages->axis_pages);
}

static uint32_t column_of(const struct heat *heat, uint64_t time_ns)
{
    uint64_t column;

    if (time_ns <= heat->start_ns)
        return 0;
    column = (time_ns - heat->start_ns) / heat->column_ns;
    return column < heat->columns ? (uint32_t)column : heat->columns - 1;
}

/* ---- holders -------------------------------------------------------------------------------- */

static void close_row(struct heat *heat, const struct pages *pages, uint32_t row)
{
    const uint32_t *held = &heat->held[(size_t)row * HOLDERS];
    size_t cell = (size_t)row * heat->columns + heat->column;
    uint64_t total = heat_row_position(heat, pages, row + 1) - heat_row_position(heat, pages, row);
    uint32_t best = HOLDER_NOBODY, most = 0;

    for (uint32_t holder = HOLDER_HOST; holder < HOLDERS; holder++)
        if (held[holder] > most) {
            most = held[holder];
            best = holder;
        }
    heat->holder[cell] = (uint8_t)best;
    heat->share[cell] = (uint8_t)((100 * (uint64_t)most + total - 1) / total);
}

static void close_before(struct heat *heat, const struct pages *pages, uint32_t column)
{
    for (; heat->column < column; heat->column++)
        for (uint32_t row = 0; row < heat->rows; row++)
            close_row(heat, pages, row);
}

void heat_finish(struct heat *heat, const struct pages *pages)
{
    close_before(heat, pages, heat->columns);
}

/* Who holds the pages after an event; -1: the event changes nothing about that. */
static int holder_after(const struct hum_trace_event *event)
{
    switch (event->cause) {
    case HUM_CAUSE_DISCARD:
    case HUM_CAUSE_FREE:
        return HOLDER_NOBODY;
    case HUM_CAUSE_EVICTION:
    case HUM_CAUSE_DEVICE_LOST:
        return HOLDER_HOST;
    case HUM_CAUSE_REMAP:
    case HUM_CAUSE_ADVICE:
    case HUM_CAUSE_PROTECT:
    case HUM_CAUSE_REMOTE_MAP:
        return -1;
    default:
        return event->processor + 1 + HOLDER_HOST;
    }
}

static void hold(struct heat *heat, struct page_state *state, uint32_t row, unsigned page,
                 uint8_t holder)
{
    uint32_t *held = &heat->held[(size_t)row * HOLDERS];
    uint8_t before = state->holder[page];

    if (before != HOLDER_NOBODY)
        held[before]--;
    if (holder != HOLDER_NOBODY)
        held[holder]++;
    state->holder[page] = holder;
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* Pages [first, end) of one block that lie in one row. */
struct strip {
    uint32_t row;
    unsigned first, end;
};

/* The strip that starts at `first`, at most up to `end`. */
static struct strip strip_at(const struct heat *heat, const struct pages *pages,
                             const struct page_block *block, unsigned first, unsigned end)
{
    uint64_t position = block->position + first - block->low, next;
    struct strip strip = {row_of(heat, pages, position), first, end};

    next = heat_row_position(heat, pages, strip.row + 1);
    if (next - position < end - first)
        strip.end = first + (unsigned)(next - position);
    return strip;
}

static void count(uint32_t *cell, uint64_t amount)
{
    *cell = amount > UINT32_MAX - *cell ? UINT32_MAX : *cell + (uint32_t)amount;
}

static void touch(struct heat *heat, size_t cell, int processor, uint64_t touches)
{
    count(&heat->touched[cell], touches);
    heat->by[cell] |= (uint16_t)HUM_BIT(processor);
}

static bool drives_faults(uint32_t cause)
{
    return cause == HUM_CAUSE_FIRST_TOUCH || cause == HUM_CAUSE_HOST_FAULT ||
           cause == HUM_CAUSE_DEVICE_FAULT || cause == HUM_CAUSE_UPGRADE ||
           cause == HUM_CAUSE_REMAP || cause == HUM_CAUSE_REMOTE_MAP;
}

static void note_move(struct page_state *state, const struct hum_trace_event *event, unsigned page)
{
    bool to_host = event->evicted || event->processor == HUM_HOST ||
                   event->cause == HUM_CAUSE_EVICTION || event->cause == HUM_CAUSE_DEVICE_LOST;
    uint16_t *moves = to_host ? &state->to_host[page] : &state->to_device[page];

    if (*moves < UINT16_MAX)
        (*moves)++;
}

static void event_strip(struct heat *heat, struct page_state *state, struct strip strip,
                        size_t cell, const struct hum_trace_event *event)
{
    int holder = holder_after(event);

    if (!heat->from_accesses && drives_faults(event->cause))
        touch(heat, cell, event->processor, strip.end - strip.first);
    if (holder < 0)
        return;
    for (unsigned page = strip.first; page < strip.end; page++)
        hold(heat, state, strip.row, page, (uint8_t)holder);
}

static void moved_strip(struct heat *heat, struct page_state *state, struct strip strip,
                        size_t cell, const struct hum_trace_event *event)
{
    count(&heat->moved[cell], strip.end - strip.first);
    for (unsigned page = strip.first; page < strip.end; page++)
        note_move(state, event, page);
}

typedef void strip_fn(struct heat *heat, struct page_state *state, struct strip strip, size_t cell,
                      const struct hum_trace_event *event);

static void for_each_strip(struct heat *heat, const struct pages *pages, struct page_block *block,
                           const struct hum_pages *mask, uint32_t column,
                           const struct hum_trace_event *event, strip_fn *act)
{
    unsigned bit = 0, end;

    while ((end = pages_run(mask, &bit)) != 0)
        while (bit < end) {
            struct strip strip = strip_at(heat, pages, block, bit, end);

            act(heat, block->state, strip, (size_t)strip.row * heat->columns + column, event);
            bit = strip.end;
        }
}

bool heat_event(struct heat *heat, struct pages *pages, uint64_t time_ns,
                const struct hum_trace_event *event)
{
    uint32_t column = column_of(heat, time_ns);
    struct page_block *block = pages_of(pages, event->block);

    if (!block)
        return true;
    if (!pages_state(block))
        return false;
    if (event->region)
        block->state->region = event->region;
    close_before(heat, pages, column);
    for_each_strip(heat, pages, block, &event->pages, column, event, event_strip);
    for_each_strip(heat, pages, block, &event->moved, column, event, moved_strip);
    return true;
}

void heat_access(struct heat *heat, struct pages *pages, uint64_t time_ns,
                 const struct hum_trace_access *access)
{
    uint64_t page = access->first_page, end = page + access->pages;
    uint32_t column = column_of(heat, time_ns);

    if (end / HUM_PAGES_PER_BLOCK > UINT32_MAX)
        return; /* not tracked */
    while (page < end) {
        unsigned low = (unsigned)(page % HUM_PAGES_PER_BLOCK);
        uint64_t left = end - page;
        unsigned high =
            left < HUM_PAGES_PER_BLOCK - low ? low + (unsigned)left : HUM_PAGES_PER_BLOCK;
        struct page_block *block = pages_of(pages, (uint32_t)(page / HUM_PAGES_PER_BLOCK));

        page += high - low;
        while (block && low < high) {
            struct strip strip = strip_at(heat, pages, block, low, high);
            size_t cell = (size_t)strip.row * heat->columns + column;

            touch(heat, cell, access->processor,
                  (uint64_t)(strip.end - strip.first) * access->count);
            low = strip.end;
        }
    }
}
