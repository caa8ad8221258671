/* SPDX-License-Identifier: MIT */
/* history.c - the last events of a block's pages. */
#include "core/history.h"

#define ROOM HUM_EXPLAIN_EVENTS_MAX

static void add(uint32_t *count, uint32_t n)
{
    *count = *count > UINT32_MAX - n ? UINT32_MAX : *count + n;
}

/* Events that name no page any more make room. */
static void compact(struct humi_history *history)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < history->count; i++)
        if (!humi_mask_empty(&history->event[i].pages))
            history->event[kept++] = history->event[i];
    history->count = kept;
}

/* Pages of a that are not in b, or any number above `limit` if they are more. */
static unsigned count_sole(const struct hum_pages *a, const struct hum_pages *b, unsigned limit)
{
    unsigned n = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS && n <= limit; i++) {
        uint64_t sole = a->word[i] & ~b->word[i];
        if (sole)
            n += (unsigned)__builtin_popcountll(sole);
    }
    return n;
}

/* The newest event of the fewest pages, given that one about `pages` follows. */
static uint32_t choose(const struct humi_history *history, const struct hum_pages *pages)
{
    struct hum_pages covered = *pages;
    uint32_t chosen = history->count - 1;
    unsigned fewest = HUMI_PAGES + 1;
    for (uint32_t i = history->count; i-- > 0;) {
        unsigned count = count_sole(&history->event[i].pages, &covered, fewest);
        if (count <= fewest) {
            fewest = count;
            chosen = i;
        }
        humi_mask_add(&covered, &history->event[i].pages);
    }
    return chosen;
}

static void drop(struct humi_history *history, uint32_t dropped)
{
    struct hum_pages pages = history->event[dropped].pages;
    humi_mask_add(&history->lost, &pages);
    for (uint32_t i = 0; i <= dropped; i++)
        humi_mask_remove(&history->event[i].pages, &pages);
    compact(history);
}

static void append(struct humi_history *history, const struct humi_history_event *event)
{
    if (humi_mask_empty(&event->pages))
        return;
    if (history->count == ROOM)
        drop(history, choose(history, &event->pages));
    history->event[history->count++] = *event;
}

static void count(struct humi_history *history, const struct humi_event *event)
{
    add(&history->events, 1);
    add(&history->evictions, event->evicted);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        add(&history->moves[d], event->bytes[d] != 0);
        history->bytes[d] += event->bytes[d];
    }
    history->move_ns += event->move_ns;
}

static struct humi_history_event entry_of(const struct humi_event *event)
{
    struct humi_history_event entry = {
        .start_ns = event->start_ns,
        .move_ns = event->move_ns < UINT32_MAX ? (uint32_t)event->move_ns : UINT32_MAX,
        .who = event->processor == 0 ? event->thread : event->kernel,
        .all_pages = (uint16_t)event->pages,
        .copies = (uint16_t)humi_mask_count_runs(&event->moved),
        .cause = (uint8_t)event->cause,
        .processor = (uint8_t)event->processor,
        .evicted = event->evicted,
    };
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        entry.moved[d] = (uint16_t)(event->bytes[d] / HUM_PAGE_SIZE);
    return entry;
}

void humi_history_put(struct humi_history *history, const struct humi_event *event)
{
    struct humi_history_event entry = entry_of(event);
    bool eviction = event->cause == HUM_CAUSE_EVICTION;
    count(history, event);
    entry.pages = humi_mask_minus(&event->which, &event->moved);
    entry.brought = event->brought && !eviction;
    append(history, &entry);
    entry.pages = event->moved;
    entry.copied = true;
    entry.brought = event->brought || eviction;
    append(history, &entry);
}

void humi_history_faults(struct humi_history *history, unsigned processor, unsigned faults)
{
    add(&history->faults[processor != 0], faults);
}

void humi_history_forget(struct humi_history *history, const struct hum_pages *pages)
{
    for (uint32_t i = 0; i < history->count; i++)
        humi_mask_remove(&history->event[i].pages, pages);
    humi_mask_remove(&history->lost, pages);
    compact(history);
}
