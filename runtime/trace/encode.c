/* SPDX-License-Identifier: MIT */
/* encode.c - records to bytes.  decode.c is its mirror image, function by function. */
#include "trace/encode.h"

#include "base/mask.h"

/* More runs than this take more room than the 64 bytes of the mask itself. */
#define RUNS_MAX 30u

static void put_number(struct humi_trace_encoder *encoder, enum humi_trace_column column,
                       uint64_t number)
{
    humi_put_number(&encoder->column[column], &encoder->bits, &encoder->column[HUMI_COLUMN_BITS],
                    number);
}

/* number as its difference to `from` */
static void put_near(struct humi_trace_encoder *encoder, enum humi_trace_column column,
                     uint64_t number, uint64_t from)
{
    put_number(encoder, column, humi_fold(number - from));
}

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

/*
 * A fault's page and the pages that came along are one piece of a block, and two events: it is told
 * shorter as a whole, less the last event's part.
 */
static bool is_told_joined(const struct hum_pages *pages, const struct hum_pages *last)
{
    struct hum_pages joined = humi_mask_or(pages, last), both = humi_mask_and(pages, last);

    return humi_mask_empty(&both) && count_runs(&joined) <= count_runs(pages);
}

static enum humi_trace_pages pages_form(const struct hum_trace_event *event,
                                        const struct hum_trace_event *last)
{
    const struct hum_pages all = humi_mask_all();
    struct hum_pages rest;

    if (humi_mask_empty(&event->pages))
        return HUMI_PAGES_NONE;
    if (humi_mask_full(&event->pages))
        return HUMI_PAGES_ALL;
    if (humi_mask_equal(&event->pages, &last->pages))
        return HUMI_PAGES_LAST;
    if (event->block != last->block)
        return HUMI_PAGES_LISTED;
    rest = humi_mask_minus(&all, &last->pages);
    if (humi_mask_equal(&event->pages, &rest))
        return HUMI_PAGES_REST;
    return is_told_joined(&event->pages, &last->pages) ? HUMI_PAGES_JOINED : HUMI_PAGES_LISTED;
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

static struct humi_trace_actor actor_of(const struct hum_trace_event *event)
{
    return (struct humi_trace_actor){event->processor, event->region, event->kernel,
                                     event->thread};
}

static bool same_actor(const struct humi_trace_actor *a, const struct humi_trace_actor *b)
{
    return a->processor == b->processor && a->region == b->region && a->kernel == b->kernel &&
           a->thread == b->thread;
}

static enum humi_trace_actor_form actor_form(struct humi_trace_state *state, uint32_t cause,
                                             const struct humi_trace_actor *actor)
{
    struct humi_trace_actor faulted = humi_trace_faulted(state);

    if (same_actor(actor, &state->actor))
        return HUMI_ACTOR_LAST;
    if (same_actor(actor, &faulted))
        return HUMI_ACTOR_FAULTED;
    return same_actor(actor, &state->by_cause[cause]) ? HUMI_ACTOR_CAUSE : HUMI_ACTOR_LISTED;
}

static void put_actor(struct humi_trace_encoder *encoder, const struct humi_trace_actor *actor)
{
    struct humi_out *out = &encoder->column[HUMI_COLUMN_ACTORS];

    humi_put_signed(out, actor->processor);
    humi_put(out, actor->kernel);
    humi_put(out, actor->thread);
    humi_put(&encoder->column[HUMI_COLUMN_REGIONS], actor->region);
}

static void put_block(struct humi_trace_encoder *encoder, const struct hum_trace_event *event,
                      unsigned *flags)
{
    uint32_t next = *humi_trace_next_block(&encoder->state, event->region);

    if (event->block == encoder->state.event.block)
        *flags |= HUMI_EVENT_SAME_BLOCK;
    else if (event->block == next)
        *flags |= HUMI_EVENT_NEXT_BLOCK;
    else
        humi_put_from(&encoder->column[HUMI_COLUMN_BLOCKS], event->block, next);
}

/* Returns the second byte. */
static unsigned put_masks(struct humi_trace_encoder *encoder, const struct hum_trace_event *event)
{
    const struct hum_trace_event *last = &encoder->state.event;
    struct humi_out *out = &encoder->column[HUMI_COLUMN_MASKS];
    enum humi_trace_pages pages = pages_form(event, last);
    enum humi_trace_moved moved = moved_form(event, last);
    enum humi_trace_bytes bytes = bytes_form(event);
    struct hum_pages joined = humi_mask_or(&event->pages, &last->pages);

    if (pages == HUMI_PAGES_LISTED || pages == HUMI_PAGES_JOINED)
        put_pages(out, pages == HUMI_PAGES_JOINED ? &joined : &event->pages);
    if (moved == HUMI_MOVED_LISTED)
        put_pages(out, &event->moved);
    for (unsigned d = 0; bytes == HUMI_BYTES_LISTED && d < HUM_DIRECTION_COUNT; d++)
        humi_put(&encoder->column[HUMI_COLUMN_COUNTS], event->bytes[d]);
    return (unsigned)pages | (unsigned)moved << 3 | (unsigned)bytes << 5;
}

static void put_event(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    struct humi_trace_state *state = &encoder->state;
    const struct hum_trace_event *event = &record->event;
    struct humi_trace_actor actor = actor_of(event);
    struct humi_out *heads = &encoder->column[HUMI_COLUMN_HEADS];
    enum humi_trace_actor_form form = actor_form(state, event->cause, &actor);
    unsigned flags = event->evicted ? HUMI_EVENT_EVICTED : 0, masks;
    bool same_time = record->time_ns == state->time_ns;

    if (event->move_ns)
        put_number(encoder, HUMI_COLUMN_MOVES, event->move_ns);
    else
        flags |= HUMI_EVENT_NO_TIME;
    if (!same_time)
        put_near(encoder, humi_trace_time_column(state), record->time_ns, state->clock_ns);
    put_near(encoder, HUMI_COLUMN_LINKS, event->modelled_ns, state->event.modelled_ns);
    put_block(encoder, event, &flags);
    masks = put_masks(encoder, event);
    if (form == HUMI_ACTOR_LISTED)
        put_actor(encoder, &actor);
    humi_put_byte(heads, HUM_TRACE_EVENT | flags);
    humi_put_byte(heads, masks);
    humi_put_byte(heads, (unsigned)form | (same_time ? HUMI_EVENT_SAME_TIME : 0) |
                             event->cause << 3);
    humi_trace_note_work(state, record->time_ns, event->move_ns);
    humi_trace_note_event(state, event, &actor);
}

/* ---- faults, batches, accesses -------------------------------------------------------------- */

static void put_faults(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    const struct hum_trace_faults *faults = &record->faults;
    struct humi_trace_state *state = &encoder->state;
    struct humi_trace_actor actor = {faults->processor, faults->region, faults->kernel, 0};
    bool same = same_actor(&actor, &state->faulted);
    bool one = faults->faults == 1 && faults->duplicates == 0;
    struct humi_out *actors = &encoder->column[HUMI_COLUMN_ACTORS];
    struct humi_out *counts = &encoder->column[HUMI_COLUMN_COUNTS];

    humi_put_byte(&encoder->column[HUMI_COLUMN_HEADS],
                  HUM_TRACE_FAULTS | (same ? HUMI_FAULTS_SAME_ACTOR : 0) |
                      (one ? HUMI_FAULTS_ONE : 0));
    put_near(encoder, humi_trace_time_column(state), record->time_ns, state->clock_ns);
    if (!same) {
        humi_put_signed(actors, faults->processor);
        humi_put(actors, faults->kernel);
        humi_put(&encoder->column[HUMI_COLUMN_REGIONS], faults->region);
    }
    if (!one) {
        humi_put(counts, faults->faults);
        humi_put(counts, faults->duplicates);
    }
    humi_trace_note_work(state, record->time_ns, 0);
    state->faulted = actor;
}

static void put_batch(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    const struct hum_trace_batch *batch = &record->batch;
    struct humi_trace_state *state = &encoder->state;
    bool same = batch->processor == state->batch_processor, one = batch->faults == 1;

    humi_put_byte(&encoder->column[HUMI_COLUMN_HEADS],
                  HUM_TRACE_BATCH | (same ? HUMI_BATCH_SAME_PROCESSOR : 0) |
                      (one ? HUMI_BATCH_ONE : 0));
    if (!same)
        humi_put_signed(&encoder->column[HUMI_COLUMN_ACTORS], batch->processor);
    if (!one)
        humi_put(&encoder->column[HUMI_COLUMN_COUNTS], batch->faults);
    put_near(encoder, HUMI_COLUMN_STARTS, record->time_ns, humi_trace_expected_start(state));
    put_near(encoder, HUMI_COLUMN_SERVICES, batch->service_ns,
             humi_trace_expected_service(state, record->time_ns));
    humi_trace_note_batch(state, record->time_ns, batch);
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
    const struct hum_trace_access *last = &encoder->state.access;
    struct humi_out *actors = &encoder->column[HUMI_COLUMN_ACTORS];
    struct humi_out *counts = &encoder->column[HUMI_COLUMN_COUNTS];
    unsigned flags = access_flags(access, last);

    humi_put_byte(&encoder->column[HUMI_COLUMN_HEADS], HUM_TRACE_ACCESS | flags);
    if (!(flags & HUMI_ACCESS_SAME_AGENT)) {
        humi_put(actors, access->agent);
        humi_put_signed(actors, access->processor);
        humi_put(actors, access->kernel);
        humi_put_from(actors, access->launch, last->launch);
    }
    humi_put_from(&encoder->column[HUMI_COLUMN_PAGES], access->first_page,
                  *humi_trace_next_page(&encoder->state, access->agent));
    if (!(flags & HUMI_ACCESS_ONE)) {
        humi_put(counts, access->pages);
        humi_put(counts, access->count);
    }
    if (!(flags & HUMI_ACCESS_SAME_LINES))
        humi_put(&encoder->column[HUMI_COLUMN_LINES], access->lines);
    humi_trace_note_access(&encoder->state, access);
}

/* ---- what things are, and launches ---------------------------------------------------------- */

static void put_launch(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    const struct hum_trace_launch *launch = &record->launch;
    struct humi_trace_state *state = &encoder->state;
    struct humi_out *out = &encoder->column[HUMI_COLUMN_PLAIN];

    humi_put_byte(&encoder->column[HUMI_COLUMN_HEADS], HUM_TRACE_LAUNCH);
    humi_put_from(out, launch->launch, state->launch + 1);
    humi_put(out, launch->kernel);
    humi_put_signed(out, launch->device);
    humi_put(out, launch->stream);
    humi_put_signed(out, launch->status);
    humi_put(out, launch->count);
    put_near(encoder, HUMI_COLUMN_LAUNCHES, launch->submit_ns,
             humi_trace_expected_submit(state));
    put_near(encoder, HUMI_COLUMN_LAUNCHES, record->time_ns,
             humi_trace_expected_launch(state, launch->submit_ns));
    put_near(encoder, HUMI_COLUMN_LAUNCHES, launch->end_ns, record->time_ns);
    humi_trace_note_launch(state, launch);
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
    humi_put(out, region->flags);
    put_text(out, region->name);
}

static void put_kernel(struct humi_out *out, const struct hum_trace_kernel *kernel)
{
    humi_put(out, kernel->kernel);
    humi_put_signed(out, kernel->device);
    put_text(out, kernel->name);
}

static void put_call(struct humi_out *out, const struct hum_trace_record *record)
{
    const struct hum_trace_call *call = &record->call;

    humi_put(out, call->call);
    humi_put(out, call->region);
    humi_put_signed(out, call->processor);
    humi_put_signed(out, call->device);
    humi_put(out, call->stream);
    humi_put(out, call->rest);
    humi_put(out, call->advice);
    humi_put(out, call->access);
    humi_put(out, call->offset);
    humi_put(out, call->bytes);
    humi_put_from(out, call->submit_ns, record->time_ns);
    put_text(out, call->text);
}

static void put_counters(struct humi_out *out, const struct hum_counters *counters)
{
    const uint64_t single[] = {HUMI_TRACE_COUNTERS(counters)};

    humi_put(out, HUMI_TRACE_COUNTERS_KNOWN);
    for (size_t i = 0; i < HUMI_TRACE_COUNTERS_KNOWN; i++)
        humi_put(out, single[i]);
    humi_put(out, HUM_CAUSE_COUNT);
    for (unsigned cause = 0; cause < HUM_CAUSE_COUNT; cause++) {
        humi_put(out, counters->events[cause]);
        humi_put(out, counters->pages[cause]);
        humi_put(out, counters->bytes_by_cause[cause]);
    }
}

/* Kinds that are rare. */
static void put_plain(struct humi_out *out, const struct hum_trace_record *record)
{
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
    case HUM_TRACE_EPOCH:
        humi_put(out, record->epoch.epoch);
        humi_put(out, record->epoch.launch);
        break;
    case HUM_TRACE_CALL:
        put_call(out, record);
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

/* Kinds whose times say nothing about batches. */
static void put_other(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    put_near(encoder, HUMI_COLUMN_TIMES, record->time_ns, encoder->state.clock_ns);
    humi_trace_note_time(&encoder->state, record->time_ns, 0);
    if (record->kind == HUM_TRACE_ACCESS) {
        put_access(encoder, &record->access);
        return;
    }
    humi_put_byte(&encoder->column[HUMI_COLUMN_HEADS], (unsigned)record->kind);
    put_plain(&encoder->column[HUMI_COLUMN_PLAIN], record);
}

void humi_trace_encode(struct humi_trace_encoder *encoder, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_EVENT:
        put_event(encoder, record);
        break;
    case HUM_TRACE_FAULTS:
        put_faults(encoder, record);
        break;
    case HUM_TRACE_BATCH:
        put_batch(encoder, record);
        break;
    case HUM_TRACE_LAUNCH:
        put_launch(encoder, record);
        break;
    default:
        put_other(encoder, record);
        break;
    }
}

/* ---- a chunk -------------------------------------------------------------------------------- */

void humi_trace_encoder_reset(struct humi_trace_encoder *encoder)
{
    memset(&encoder->state, 0, sizeof encoder->state);
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        encoder->column[c].used = 0;
    encoder->bits = (struct humi_bits){0, 0};
}

size_t humi_trace_encoder_finish(struct humi_trace_encoder *encoder)
{
    size_t bytes = 0;

    humi_put_last_bits(&encoder->bits, &encoder->column[HUMI_COLUMN_BITS]);
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        bytes += encoder->column[c].used;
    return bytes;
}

size_t humi_trace_encoder_lengths(const struct humi_trace_encoder *encoder,
                                  uint8_t lengths_out[HUMI_TRACE_LENGTHS_MAX])
{
    struct humi_out out = {lengths_out, 0};

    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        humi_put(&out, encoder->column[c].used);
    return out.used;
}
