/* SPDX-License-Identifier: MIT */
/* event.h - what an event of a trace is, as `hum explain` sees it. */
#ifndef HUM_EXPLAIN_EVENT_H
#define HUM_EXPLAIN_EVENT_H

#include <hum/trace.h>

static inline bool event_has(const struct hum_pages *pages, unsigned page)
{
    return (pages->word[page / 64] >> page % 64) & 1;
}

static inline uint32_t event_count(const struct hum_pages *pages)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < HUM_PAGES_PER_BLOCK / 64; i++)
        count += (uint32_t)__builtin_popcountll(pages->word[i]);
    return count;
}

static inline bool event_is_demand(const struct hum_trace_event *event)
{
    return event->cause == HUM_CAUSE_FIRST_TOUCH || event->cause == HUM_CAUSE_HOST_FAULT ||
           event->cause == HUM_CAUSE_DEVICE_FAULT || event->cause == HUM_CAUSE_UPGRADE ||
           event->cause == HUM_CAUSE_REMAP || event->cause == HUM_CAUSE_REMOTE_MAP;
}

static inline bool event_is_prefetch(const struct hum_trace_event *event)
{
    return event->cause == HUM_CAUSE_PREFETCH_USER || event->cause == HUM_CAUSE_PREFETCH_POLICY;
}

static inline bool event_is_eviction(const struct hum_trace_event *event)
{
    return event->evicted || event->cause == HUM_CAUSE_EVICTION;
}

/*
 * Did the processor touch each of its pages?  Write upgrades and mappings tell of all pages that
 * changed, of which only some were touched.
 */
static inline bool event_proves_touch(const struct hum_trace_event *event)
{
    return event->cause == HUM_CAUSE_FIRST_TOUCH || event->cause == HUM_CAUSE_HOST_FAULT ||
           event->cause == HUM_CAUSE_DEVICE_FAULT ||
           (event_is_demand(event) && event_count(&event->pages) == 1);
}

/* Can the processor touch the pages afterwards? */
static inline bool event_gives_access(const struct hum_trace_event *event)
{
    return event_is_demand(event) || (event_is_prefetch(event) && !event_is_eviction(event)) ||
           event->cause == HUM_CAUSE_ADVICE;
}

/* Where the bytes of an event go. */
static inline int32_t event_destination(const struct hum_trace_event *event)
{
    return event_is_eviction(event) ? HUM_HOST : event->processor;
}

static inline uint64_t event_bytes(const struct hum_trace_event *event)
{
    return event->bytes[HUM_H2D] + event->bytes[HUM_D2H] + event->bytes[HUM_D2D];
}

/* Is any of the pages [first, end) among them? */
static inline bool event_meets(const struct hum_pages *pages, unsigned first, unsigned end)
{
    for (unsigned page = first; page < end; page++)
        if (event_has(pages, page))
            return true;
    return false;
}

#endif
