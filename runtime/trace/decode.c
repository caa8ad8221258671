/* SPDX-License-Identifier: MIT */
/*
 * decode.c - bytes to records, the mirror image of encode.c.
 *
 * Nothing read is believed: a number that does not fit sets `bad` of its stream (bytes.h), which
 * humi_trace_decode() looks at once a record.
 */
#include "trace/encode.h"

#include "base/mask.h"
#include "trace/record.h"

static uint64_t get_number(struct humi_trace_decoder *decoder, enum humi_trace_column column)
{
    return humi_get_number(&decoder->column[column], &decoder->bits,
                           &decoder->column[HUMI_COLUMN_BITS]);
}

/* A number as its difference to `from`. */
static uint64_t get_near(struct humi_trace_decoder *decoder, enum humi_trace_column column,
                         uint64_t from)
{
    return from + humi_unfold(get_number(decoder, column));
}

/* What does not fit into 32 bits is bad. */
static uint32_t narrow(struct humi_trace_decoder *decoder, enum humi_trace_column column,
                       uint64_t number)
{
    if (number > UINT32_MAX) {
        decoder->column[column].bad = true;
        return 0;
    }
    return (uint32_t)number;
}

static void get_text(struct humi_in *in, char *text_out, size_t room)
{
    uint32_t bytes = humi_get_max(in, (uint32_t)room - 1);

    humi_get_raw(in, text_out, bytes);
    if (in->bad || memchr(text_out, 0, bytes))
        in->bad = true;
}

static void get_mask(struct humi_in *in, struct hum_pages *pages_out)
{
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        for (unsigned byte = 0; byte < 8; byte++)
            pages_out->word[i] |= (uint64_t)humi_get_byte(in) << (8 * byte);
}

static void get_pages(struct humi_in *in, struct hum_pages *pages_out)
{
    uint32_t runs = humi_get_max(in, HUMI_PAGES / 2), at = 0;

    *pages_out = humi_mask_none();
    if (runs == 0) {
        get_mask(in, pages_out);
        return;
    }
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t first = at + humi_get_max(in, HUMI_PAGES - at);
        uint32_t end = first + humi_get_max(in, HUMI_PAGES - first);
        struct hum_pages run = humi_mask_range(first, end);

        humi_mask_add(pages_out, &run);
        at = end;
    }
}

/* ---- events --------------------------------------------------------------------------------- */

static struct humi_trace_actor get_actor(struct humi_trace_decoder *decoder, unsigned form,
                                         uint32_t cause)
{
    struct humi_in *in = &decoder->column[HUMI_COLUMN_ACTORS];
    struct humi_trace_actor actor;

    switch ((enum humi_trace_actor_form)form) {
    case HUMI_ACTOR_LAST:
        return decoder->state.actor;
    case HUMI_ACTOR_FAULTED:
        return humi_trace_faulted(&decoder->state);
    case HUMI_ACTOR_CAUSE:
        return decoder->state.by_cause[cause];
    case HUMI_ACTOR_LISTED:
        break;
    }
    actor.processor = humi_get_signed(in);
    actor.kernel = humi_get_32(in);
    actor.thread = humi_get_32(in);
    actor.region = humi_get_32(&decoder->column[HUMI_COLUMN_REGIONS]);
    return actor;
}

static uint32_t get_block(struct humi_trace_decoder *decoder, unsigned flags, uint32_t region)
{
    uint32_t next = *humi_trace_next_block(&decoder->state, region);

    if (flags & HUMI_EVENT_SAME_BLOCK)
        return decoder->state.event.block;
    if (flags & HUMI_EVENT_NEXT_BLOCK)
        return next;
    return narrow(decoder, HUMI_COLUMN_BLOCKS,
                  humi_get_from(&decoder->column[HUMI_COLUMN_BLOCKS], next));
}

static void get_event_pages(struct humi_in *in, unsigned form, const struct hum_pages *last,
                            struct hum_pages *pages_out)
{
    const struct hum_pages all = humi_mask_all();

    switch ((enum humi_trace_pages)form) {
    case HUMI_PAGES_NONE:
        break;
    case HUMI_PAGES_ALL:
        *pages_out = all;
        break;
    case HUMI_PAGES_LAST:
        *pages_out = *last;
        break;
    case HUMI_PAGES_LISTED:
        get_pages(in, pages_out);
        break;
    case HUMI_PAGES_REST:
        *pages_out = humi_mask_minus(&all, last);
        break;
    case HUMI_PAGES_JOINED:
        get_pages(in, pages_out);
        humi_mask_remove(pages_out, last);
        break;
    default:
        in->bad = true;
        break;
    }
}

static void get_event_moved(struct humi_in *in, unsigned form, const struct hum_pages *last,
                            struct hum_trace_event *event)
{
    switch ((enum humi_trace_moved)form) {
    case HUMI_MOVED_NONE:
        break;
    case HUMI_MOVED_PAGES:
        event->moved = event->pages;
        break;
    case HUMI_MOVED_LAST:
        event->moved = *last;
        break;
    case HUMI_MOVED_LISTED:
        get_pages(in, &event->moved);
        break;
    }
}

static void get_event_bytes(struct humi_in *in, unsigned form, struct hum_trace_event *event)
{
    if (form >= HUMI_BYTES_FORMS)
        in->bad = true;
    else if (form == HUMI_BYTES_LISTED)
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            event->bytes[d] = humi_get(in);
    else if (form != HUMI_BYTES_NONE)
        event->bytes[form - HUMI_BYTES_H2D] =
            humi_mask_count(&event->moved) * (uint64_t)HUM_PAGE_SIZE;
}

static void get_event(struct humi_trace_decoder *decoder, unsigned flags,
                      struct hum_trace_record *record)
{
    struct humi_trace_state *state = &decoder->state;
    struct hum_trace_event *event = &record->event;
    struct humi_in *heads = &decoder->column[HUMI_COLUMN_HEADS];
    unsigned masks = humi_get_byte(heads), who = humi_get_byte(heads);
    struct humi_trace_actor actor;

    event->cause = who >> 3;
    event->evicted = flags & HUMI_EVENT_EVICTED;
    actor = get_actor(decoder, who & 3, event->cause);
    event->processor = actor.processor;
    event->region = actor.region;
    event->kernel = actor.kernel;
    event->thread = actor.thread;
    if (!(flags & HUMI_EVENT_NO_TIME))
        event->move_ns = narrow(decoder, HUMI_COLUMN_MOVES,
                                get_number(decoder, HUMI_COLUMN_MOVES));
    record->time_ns = who & HUMI_EVENT_SAME_TIME
                          ? state->time_ns
                          : get_near(decoder, humi_trace_time_column(state), state->clock_ns);
    event->modelled_ns = narrow(decoder, HUMI_COLUMN_LINKS,
                                get_near(decoder, HUMI_COLUMN_LINKS, state->event.modelled_ns));
    event->block = get_block(decoder, flags, event->region);
    get_event_pages(&decoder->column[HUMI_COLUMN_MASKS], masks & 7, &state->event.pages,
                    &event->pages);
    get_event_moved(&decoder->column[HUMI_COLUMN_MASKS], masks >> 3 & 3, &state->event.moved,
                    event);
    get_event_bytes(&decoder->column[HUMI_COLUMN_COUNTS], masks >> 5, event);
    humi_trace_note_work(state, record->time_ns, event->move_ns);
    humi_trace_note_event(state, event, &actor);
}

/* ---- faults, batches, accesses -------------------------------------------------------------- */

static void get_faults(struct humi_trace_decoder *decoder, unsigned flags,
                       struct hum_trace_record *record)
{
    struct humi_trace_state *state = &decoder->state;
    struct humi_in *actors = &decoder->column[HUMI_COLUMN_ACTORS];
    struct humi_in *counts = &decoder->column[HUMI_COLUMN_COUNTS];
    struct humi_trace_actor actor = state->faulted;
    bool one = flags & HUMI_FAULTS_ONE;

    record->time_ns = get_near(decoder, humi_trace_time_column(state), state->clock_ns);
    if (!(flags & HUMI_FAULTS_SAME_ACTOR)) {
        actor.processor = humi_get_signed(actors);
        actor.kernel = humi_get_32(actors);
        actor.region = humi_get_32(&decoder->column[HUMI_COLUMN_REGIONS]);
    }
    record->faults.processor = actor.processor;
    record->faults.region = actor.region;
    record->faults.kernel = actor.kernel;
    record->faults.faults = one ? 1 : humi_get_32(counts);
    record->faults.duplicates = one ? 0 : humi_get_32(counts);
    humi_trace_note_work(state, record->time_ns, 0);
    state->faulted = actor;
}

static void get_batch(struct humi_trace_decoder *decoder, unsigned flags,
                      struct hum_trace_record *record)
{
    struct humi_trace_state *state = &decoder->state;
    struct hum_trace_batch *batch = &record->batch;

    batch->processor = flags & HUMI_BATCH_SAME_PROCESSOR
                           ? state->batch_processor
                           : humi_get_signed(&decoder->column[HUMI_COLUMN_ACTORS]);
    batch->faults =
        flags & HUMI_BATCH_ONE ? 1 : humi_get_32(&decoder->column[HUMI_COLUMN_COUNTS]);
    record->time_ns = get_near(decoder, HUMI_COLUMN_STARTS, humi_trace_expected_start(state));
    batch->service_ns = narrow(decoder, HUMI_COLUMN_SERVICES,
                               get_near(decoder, HUMI_COLUMN_SERVICES,
                                        humi_trace_expected_service(state, record->time_ns)));
    humi_trace_note_batch(state, record->time_ns, batch);
}

static void get_agent(struct humi_in *in, const struct hum_trace_access *last,
                      struct hum_trace_access *access)
{
    access->agent = humi_get_32(in);
    access->processor = humi_get_signed(in);
    access->kernel = humi_get_32(in);
    access->launch = humi_get_from(in, last->launch);
}

static void copy_agent(const struct hum_trace_access *last, struct hum_trace_access *access)
{
    access->agent = last->agent;
    access->processor = last->processor;
    access->kernel = last->kernel;
    access->launch = last->launch;
}

static void get_access(struct humi_trace_decoder *decoder, unsigned flags,
                       struct hum_trace_access *access)
{
    const struct hum_trace_access *last = &decoder->state.access;
    struct humi_in *counts = &decoder->column[HUMI_COLUMN_COUNTS];
    bool one = flags & HUMI_ACCESS_ONE;

    access->write = flags & HUMI_ACCESS_WRITE;
    if (flags & HUMI_ACCESS_SAME_AGENT)
        copy_agent(last, access);
    else
        get_agent(&decoder->column[HUMI_COLUMN_ACTORS], last, access);
    access->first_page = humi_get_from(&decoder->column[HUMI_COLUMN_PAGES],
                                       *humi_trace_next_page(&decoder->state, access->agent));
    access->pages = one ? 1 : humi_get_32(counts);
    access->count = one ? 1 : humi_get_32(counts);
    access->lines = flags & HUMI_ACCESS_SAME_LINES
                        ? last->lines
                        : humi_get(&decoder->column[HUMI_COLUMN_LINES]);
    humi_trace_note_access(&decoder->state, access);
}

/* ---- what things are, and launches ---------------------------------------------------------- */

static void get_launch(struct humi_trace_decoder *decoder, struct hum_trace_record *record)
{
    struct humi_trace_state *state = &decoder->state;
    struct hum_trace_launch *launch = &record->launch;
    struct humi_in *in = &decoder->column[HUMI_COLUMN_PLAIN];

    launch->launch = humi_get_from(in, state->launch + 1);
    launch->kernel = humi_get_32(in);
    launch->device = humi_get_signed(in);
    launch->stream = humi_get_32(in);
    launch->status = humi_get_signed(in);
    launch->count = humi_get(in);
    launch->submit_ns =
        get_near(decoder, HUMI_COLUMN_LAUNCHES, humi_trace_expected_submit(state));
    record->time_ns = get_near(decoder, HUMI_COLUMN_LAUNCHES,
                               humi_trace_expected_launch(state, launch->submit_ns));
    launch->end_ns = get_near(decoder, HUMI_COLUMN_LAUNCHES, record->time_ns);
    humi_trace_note_launch(state, launch);
}

static void get_space(struct humi_in *in, struct hum_trace_space *space)
{
    space->start = humi_get(in);
    space->bytes = humi_get(in);
    space->unix_ns = humi_get(in);
    space->pid = humi_get_32(in);
    get_text(in, space->program, sizeof space->program);
}

static void get_processor(struct humi_in *in, struct hum_trace_processor *processor)
{
    processor->processor = humi_get_signed(in);
    get_text(in, processor->name, sizeof processor->name);
    get_text(in, processor->kind, sizeof processor->kind);
    processor->capacity_bytes = humi_get(in);
    processor->workers = humi_get_32(in);
}

static void get_region(struct humi_in *in, uint32_t version, struct hum_trace_region *region)
{
    region->region = humi_get_32(in);
    region->first_page = humi_get(in);
    region->bytes = humi_get(in);
    if (version >= HUMI_TRACE_VERSION_CALLS)
        region->flags = humi_get_32(in);
    get_text(in, region->name, sizeof region->name);
}

static void get_kernel(struct humi_in *in, struct hum_trace_kernel *kernel)
{
    kernel->kernel = humi_get_32(in);
    kernel->device = humi_get_signed(in);
    get_text(in, kernel->name, sizeof kernel->name);
}

static void get_call(struct humi_in *in, struct hum_trace_record *record)
{
    struct hum_trace_call *call = &record->call;

    call->call = humi_get_32(in);
    call->region = humi_get_32(in);
    call->processor = humi_get_signed(in);
    call->device = humi_get_signed(in);
    call->stream = humi_get_32(in);
    call->rest = humi_get_32(in);
    call->advice = humi_get_32(in);
    call->access = humi_get_32(in);
    call->offset = humi_get(in);
    call->bytes = humi_get(in);
    call->submit_ns = humi_get_from(in, record->time_ns);
    get_text(in, call->text, sizeof call->text);
}

static void get_counters(struct humi_in *in, struct hum_counters *counters)
{
    uint64_t *const single[] = {HUMI_TRACE_COUNTERS(&counters)};
    uint32_t known = humi_get_32(in), causes;

    for (uint32_t i = 0; i < known && !in->bad; i++) {
        uint64_t counter = humi_get(in);

        if (i < HUMI_TRACE_COUNTERS_KNOWN)
            *single[i] = counter;
    }
    causes = humi_get_max(in, HUM_CAUSE_COUNT);
    for (uint32_t cause = 0; cause < causes; cause++) {
        counters->events[cause] = humi_get(in);
        counters->pages[cause] = humi_get(in);
        counters->bytes_by_cause[cause] = humi_get(in);
    }
}

static void get_plain(struct humi_trace_decoder *decoder, struct hum_trace_record *record)
{
    struct humi_in *in = &decoder->column[HUMI_COLUMN_PLAIN];

    switch (record->kind) {
    case HUM_TRACE_SPACE:
        get_space(in, &record->space);
        break;
    case HUM_TRACE_SETTING:
        get_text(in, record->setting.key, sizeof record->setting.key);
        get_text(in, record->setting.value, sizeof record->setting.value);
        break;
    case HUM_TRACE_PROCESSOR:
        get_processor(in, &record->processor);
        break;
    case HUM_TRACE_REGION:
        get_region(in, decoder->version, &record->region);
        break;
    case HUM_TRACE_REGION_END:
        record->region_end.region = humi_get_32(in);
        break;
    case HUM_TRACE_KERNEL:
        get_kernel(in, &record->kernel);
        break;
    case HUM_TRACE_EPOCH:
        record->epoch.epoch = humi_get(in);
        record->epoch.launch = humi_get(in);
        break;
    case HUM_TRACE_CALL:
        get_call(in, record);
        break;
    case HUM_TRACE_DROPPED:
        record->dropped.kind = humi_get_32(in);
        record->dropped.count = humi_get(in);
        break;
    default:
        get_counters(in, &record->totals.counters);
        break;
    }
}

static void get_other(struct humi_trace_decoder *decoder, unsigned flags,
                      struct hum_trace_record *record)
{
    record->time_ns = get_near(decoder, HUMI_COLUMN_TIMES, decoder->state.clock_ns);
    humi_trace_note_time(&decoder->state, record->time_ns, 0);
    if (record->kind == HUM_TRACE_ACCESS)
        get_access(decoder, flags, &record->access);
    else
        get_plain(decoder, record);
}

static void get_any(struct humi_trace_decoder *decoder, unsigned flags,
                    struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_EVENT:
        get_event(decoder, flags, record);
        break;
    case HUM_TRACE_FAULTS:
        get_faults(decoder, flags, record);
        break;
    case HUM_TRACE_BATCH:
        get_batch(decoder, flags, record);
        break;
    case HUM_TRACE_LAUNCH:
        get_launch(decoder, record);
        break;
    default:
        get_other(decoder, flags, record);
        break;
    }
}

static bool any_bad(const struct humi_trace_decoder *decoder)
{
    bool bad = false;

    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        bad |= decoder->column[c].bad;
    return bad;
}

const char *humi_trace_decode(struct humi_trace_decoder *decoder,
                              struct hum_trace_record *record_out)
{
    unsigned head = humi_get_byte(&decoder->column[HUMI_COLUMN_HEADS]), kind = head & 0xf;
    bool calls = decoder->version >= HUMI_TRACE_VERSION_CALLS;

    if (kind >= HUM_TRACE_KIND_COUNT || (!calls && kind == HUM_TRACE_CALL))
        return "there is no such kind of record";
    memset(record_out, 0, humi_trace_record_bytes((enum hum_trace_kind)kind));
    record_out->kind = (enum hum_trace_kind)kind;
    get_any(decoder, head, record_out);
    if (any_bad(decoder))
        return "a record is cut off or a number of it does not fit";
    return humi_trace_record_wrong(record_out);
}

/* ---- a chunk -------------------------------------------------------------------------------- */

bool humi_trace_decoder_start(struct humi_trace_decoder *decoder, uint32_t version,
                              const uint8_t *raw, size_t bytes)
{
    struct humi_in lengths = {raw, raw + bytes, false};
    uint32_t length[HUMI_COLUMNS];
    const uint8_t *at;

    memset(decoder, 0, sizeof *decoder);
    decoder->version = version;
    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        length[c] = humi_get_32(&lengths);
    if (lengths.bad)
        return false;
    at = lengths.at;
    for (unsigned c = 0; c < HUMI_COLUMNS; c++) {
        if (length[c] > (size_t)(raw + bytes - at))
            return false;
        decoder->column[c] = (struct humi_in){at, at + length[c], false};
        at += length[c];
    }
    return at == raw + bytes;
}

bool humi_trace_decoder_is_done(const struct humi_trace_decoder *decoder)
{
    bool done = decoder->bits.held == 0;

    for (unsigned c = 0; c < HUMI_COLUMNS; c++)
        done &= decoder->column[c].at == decoder->column[c].end;
    return done;
}
