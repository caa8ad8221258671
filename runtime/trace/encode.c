/* SPDX-License-Identifier: MIT */
/* encode.c - records to bytes.  decode.c is its mirror image, function by function. */
#include "trace/encode.h"

#include "base/mask.h"

/* More runs than this take more room than the 64 bytes of the mask itself. */
#define RUNS_MAX 30u

static void put_text(struct humi_out *out, const char *text)
{
    size_t bytes = strlen(text);

    humi_put(out, bytes);
    humi_put_raw(out, text, bytes);
}

static unsigned count_runs(const struct hum_pages *pages)
{
    unsigned runs = 0;

    humi_for_each_run(run, pages)
        runs++;
    return runs;
}

/* Number of runs, then of each the gap before it and its length; 0 runs: the mask as it is. */
static void put_pages(struct humi_out *out, const struct hum_pages *pages)
{
    unsigned runs = count_runs(pages), at = 0;

    if (runs == 0 || runs > RUNS_MAX) {
        humi_put(out, 0);
        for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
            for (unsigned byte = 0; byte < 8; byte++)
                humi_put_byte(out, (unsigned)(pages->word[i] >> (8 * byte)) & 0xff);
        return;
    }
    humi_put(out, runs);
    humi_for_each_run(run, pages) {
        humi_put(out, run.first - at);
        humi_put(out, run.end - run.first);
        at = run.end;
    }
}

/* ---- events --------------------------------------------------------------------------------- */

static enum humi_trace_pages pages_form(const struct hum_pages *pages, const struct hum_pages *last)
{
    if (humi_mask_empty(pages))
        return HUMI_PAGES_NONE;
    if (humi_mask_full(pages))
        return HUMI_PAGES_ALL;
    return humi_mask_equal(pages, last) ? HUMI_PAGES_LAST : HUMI_PAGES_LISTED;
}

static enum humi_trace_moved moved_form(const struct hum_trace_event *event,
                                        const struct hum_trace_event *last)
{
    if (humi_mask_empty(&event->moved))
        return HUMI_MOVED_NONE;
    if (humi_mask_equal(&event->moved, &event->pages))
        return HUMI_MOVED_PAGES;
    return humi_mask_equal(&event->moved, &last->moved) ? HUMI_MOVED_LAST : HUMI_MOVED_LISTED;
}

static enum humi_trace_bytes bytes_form(const struct hum_trace_event *event)
{
    uint64_t whole = humi_mask_count(&event->moved) * (uint64_t)HUM_PAGE_SIZE;
    unsigned used = 0, direction = 0;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        if (event->bytes[d]) {
            direction = d;
            used++;
        }
    if (used == 0)
        return HUMI_BYTES_NONE;
    if (used == 1 && event->bytes[direction] == whole)
        return (enum humi_trace_bytes)(HUMI_BYTES_H2D + direction);
    return HUMI_BYTES_LISTED;
}

static bool same_actor(const struct hum_trace_event *a, const struct hum_trace_event *b)
{
    return a->cause == b->cause && a->processor == b->processor && a->region == b->region &&
           a->kernel == b->kernel && a->thread == b->thread;
}

static void put_actor(struct humi_out *out, const struct hum_trace_event *event)
{
    humi_put(out, event->cause);
    humi_put_signed(out, event->processor);
    humi_put(out, event->region);
    humi_put(out, event->kernel);
    humi_put(out, event->thread);
}

static unsigned event_flags(const struct hum_trace_event *event, const struct hum_trace_event *last,
                            uint32_t next_block)
{
    unsigned flags = 0;

    if (event->evicted)
        flags |= HUMI_EVENT_EVICTED;
    if (same_actor(event, last))
        flags |= HUMI_EVENT_SAME_ACTOR;
    if (event->block == next_block)
        flags |= HUMI_EVENT_NEXT_BLOCK;
    if (event->move_ns == 0)
        flags |= HUMI_EVENT_NO_TIME;
    return flags;
}

static unsigned event_form(const struct hum_trace_event *event, const struct hum_trace_event *last)
{
    unsigned form = pages_form(&event->pages, &last->pages) | moved_form(event, last) << 2 |
                    bytes_form(event) << 4;

    return event->modelled_ns == last->modelled_ns ? form | HUMI_EVENT_SAME_MODELLED : form;
}

static void put_event(struct humi_trace_encoder *encoder, const struct hum_trace_event *event)
{
    struct hum_trace_event *last = &encoder->state.event;
    uint32_t *next_block = &encoder->state.next_block[event->region % HUMI_TRACE_SLOTS];
    unsigned flags = event_flags(event, last, *next_block), form = event_form(event, last);
    struct humi_out *out = &encoder->shapes;

    humi_put_byte(out, HUM_TRACE_EVENT | flags);
    humi_put_byte(out, form);
    if (!(flags & HUMI_EVENT_SAME_ACTOR))
        put_actor(out, event);
    if (!(flags & HUMI_EVENT_NEXT_BLOCK))
        humi_put_from(out, event->block, *next_block);
    if ((form & 3) == HUMI_PAGES_LISTED)
        put_pages(out, &event->pages);
    if ((form >> 2 & 3) == HUMI_MOVED_LISTED)
        put_pages(out, &event->moved);
    if ((form >> 4 & 7) == HUMI_BYTES_LISTED)
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            humi_put(out, event->bytes[d]);
    if (!(form & HUMI_EVENT_SAME_MODELLED))
        humi_put(out, event->modelled_ns);
    if (!(flags & HUMI_EVENT_NO_TIME))
        humi_put(&encoder->timings, event->move_ns);
    *next_block = event->block + 1;
    *last = *event;
}

/* ---- faults, batches, accesses -------------------------------------------------------------- */

static void put_faults(struct humi_trace_encoder *encoder, const struct hum_trace_faults *faults)
{
    struct hum_trace_faults *last = &encoder->state.faults;
    bool same = faults->processor == last->processor && faults->region == last->region &&
                faults->kernel == last->kernel;
    bool one = faults->faults == 1 && faults->duplicates == 0;
    struct humi_out *out = &encoder->shapes;

    humi_put_byte(out, HUM_TRACE_FAULTS | (same ? HUMI_FAULTS_SAME_ACTOR : 0) |
                           (one ? HUMI_FAULTS_ONE : 0));
    if (!same) {
        humi_put_signed(out, faults->processor);
        humi_put(out, faults->region);
        humi_put(out, faults->kernel);
    }
    if (!one) {
        humi_put(out, faults->faults);
        humi_put(out, faults->duplicates);
    }
    *last = *faults;
}

static void put_batch(struct humi_trace_encoder *encoder, const struct hum_trace_batch *batch)
{
    bool same = batch->processor == encoder->state.batch_processor, one = batch->faults == 1;
    struct humi_out *out = &encoder->shapes;

    humi_put_byte(out, HUM_TRACE_BATCH | (same ? HUMI_BATCH_SAME_PROCESSOR : 0) |
                           (one ? HUMI_BATCH_ONE : 0));
    if (!same)
        humi_put_signed(out, batch->processor);
    if (!one)
        humi_put(out, batch->faults);
    humi_put(&encoder->timings, batch->service_ns);
    encoder->state.batch_processor = batch->processor;
}

static unsigned access_flags(const struct hum_trace_access *access,
                             const struct hum_trace_access *last)
{
    unsigned flags = access->write ? HUMI_ACCESS_WRITE : 0;

    if (access->agent == last->agent && access->processor == last->processor &&
        access->kernel == last->kernel && access->launch == last->launch)
        flags |= HUMI_ACCESS_SAME_AGENT;
    if (access->pages == 1 && access->count == 1)
        flags |= HUMI_ACCESS_ONE;
    if (access->lines == last->lines)
        flags |= HUMI_ACCESS_SAME_LINES;
    return flags;
}

static void put_access(struct humi_trace_encoder *encoder, const struct hum_trace_access *access)
{
    struct hum_trace_access *last = &encoder->state.access;
    uint64_t *next_page = &encoder->state.next_page[access->agent % HUMI_TRACE_SLOTS];
    unsigned flags = access_flags(access, last);
    struct humi_out *out = &encoder->shapes;

    humi_put_byte(out, HUM_TRACE_ACCESS | flags);
    if (!(flags & HUMI_ACCESS_SAME_AGENT)) {
        humi_put(out, access->agent);
        humi_put_signed(out, access->processor);
        humi_put(out, access->kernel);
        humi_put_from(out, access->launch, last->launch);
    }
    humi_put_from(out, access->first_page, *next_page);
    if (!(flags & HUMI_ACCESS_ONE)) {
        humi_put(out, access->pages);
        humi_put(out, access->count);
    }
    if (!(flags & HUMI_ACCESS_SAME_LINES))
        humi_put(out, access->lines);
    *next_page = access->first_page + access->pages;
    *last = *access;
}

/* ---- what things are, and launches ---------------------------------------------------------- */

static void put_launch(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    const struct hum_trace_launch *launch = &record->launch;
    struct humi_out *out = &encoder->shapes;

    humi_put_from(out, launch->launch, encoder->state.launch);
    humi_put(out, launch->kernel);
    humi_put_signed(out, launch->device);
    humi_put(out, launch->stream);
    humi_put_signed(out, launch->status);
    humi_put(out, launch->count);
    humi_put_from(&encoder->timings, launch->submit_ns, record->time_ns);
    humi_put_from(&encoder->timings, launch->end_ns, record->time_ns);
    encoder->state.launch = launch->launch;
}

static void put_space(struct humi_out *out, const struct hum_trace_space *space)
{
    humi_put(out, space->start);
    humi_put(out, space->bytes);
    humi_put(out, space->unix_ns);
    humi_put(out, space->pid);
    put_text(out, space->program);
}

static void put_processor(struct humi_out *out, const struct hum_trace_processor *processor)
{
    humi_put_signed(out, processor->processor);
    put_text(out, processor->name);
    put_text(out, processor->kind);
    humi_put(out, processor->capacity_bytes);
    humi_put(out, processor->workers);
}

static void put_region(struct humi_out *out, const struct hum_trace_region *region)
{
    humi_put(out, region->region);
    humi_put(out, region->first_page);
    humi_put(out, region->bytes);
    put_text(out, region->name);
}

static void put_kernel(struct humi_out *out, const struct hum_trace_kernel *kernel)
{
    humi_put(out, kernel->kernel);
    humi_put_signed(out, kernel->device);
    put_text(out, kernel->name);
}

static void put_counters(struct humi_out *out, const struct hum_counters *counters)
{
    const uint64_t single[] = {HUMI_TRACE_COUNTERS(counters)};

    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        humi_put(out, single[i]);
    humi_put(out, HUM_CAUSE_COUNT);
    for (unsigned cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        humi_put(out, counters->events[cause]);
        humi_put(out, counters->pages[cause]);
        humi_put(out, counters->bytes_by_cause[cause]);
    }
}

/* Kinds whose first byte has no flags. */
static void put_plain(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    struct humi_out *out = &encoder->shapes;

    humi_put_byte(out, (unsigned)record->kind);
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        put_space(out, &record->space);
        break;
    case HUM_TRACE_SETTING:
        put_text(out, record->setting.key);
        put_text(out, record->setting.value);
        break;
    case HUM_TRACE_PROCESSOR:
        put_processor(out, &record->processor);
        break;
    case HUM_TRACE_REGION:
        put_region(out, &record->region);
        break;
    case HUM_TRACE_REGION_END:
        humi_put(out, record->region_end.region);
        break;
    case HUM_TRACE_KERNEL:
        put_kernel(out, &record->kernel);
        break;
    case HUM_TRACE_LAUNCH:
        put_launch(encoder, record);
        break;
    case HUM_TRACE_EPOCH:
        humi_put(out, record->epoch.epoch);
        humi_put(out, record->epoch.launch);
        break;
    case HUM_TRACE_DROPPED:
        humi_put(out, record->dropped.kind);
        humi_put(out, record->dropped.count);
        break;
    default:
        put_counters(out, &record->totals.counters);
        break;
    }
}

void humi_trace_encode(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    humi_put_from(&encoder->timings, record->time_ns, encoder->state.time_ns);
    if (record->kind != HUM_TRACE_LAUNCH) /* it began long ago */
        encoder->state.time_ns = record->time_ns;
    switch (record->kind) {
    case HUM_TRACE_EVENT:
        put_event(encoder, &record->event);
        break;
    case HUM_TRACE_FAULTS:
        put_faults(encoder, &record->faults);
        break;
    case HUM_TRACE_BATCH:
        put_batch(encoder, &record->batch);
        break;
    case HUM_TRACE_ACCESS:
        put_access(encoder, &record->access);
        break;
    default:
        put_plain(encoder, record);
        break;
    }
}

void humi_trace_encoder_reset(struct humi_trace_encoder *encoder)
{
    memset(&encoder->state, 0, sizeof encoder->state);
    encoder->shapes.used = encoder->timings.used = 0;
}
