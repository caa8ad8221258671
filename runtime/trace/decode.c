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

static void get_actor(struct humi_in *in, struct hum_trace_event *event)
{
    event->cause = humi_get_32(in);
    event->processor = humi_get_signed(in);
    event->region = humi_get_32(in);
    event->kernel = humi_get_32(in);
    event->thread = humi_get_32(in);
}

static void copy_actor(const struct hum_trace_event *last, struct hum_trace_event *event)
{
    event->cause = last->cause;
    event->processor = last->processor;
    event->region = last->region;
    event->kernel = last->kernel;
    event->thread = last->thread;
}

static void get_masks(struct humi_in *in, unsigned form, const struct hum_trace_event *last,
                      struct hum_trace_event *event)
{
    switch ((enum humi_trace_pages)(form & 3)) {
    case HUMI_PAGES_NONE:
        break;
    case HUMI_PAGES_ALL:
        event->pages = humi_mask_all();
        break;
    case HUMI_PAGES_LAST:
        event->pages = last->pages;
        break;
    case HUMI_PAGES_LISTED:
        get_pages(in, &event->pages);
        break;
    }
    switch ((enum humi_trace_moved)(form >> 2 & 3)) {
    case HUMI_MOVED_NONE:
        break;
    case HUMI_MOVED_PAGES:
        event->moved = event->pages;
        break;
    case HUMI_MOVED_LAST:
        event->moved = last->moved;
        break;
    case HUMI_MOVED_LISTED:
        get_pages(in, &event->moved);
        break;
    }
}

static void get_moved_bytes(struct humi_in *in, unsigned form, struct hum_trace_event *event)
{
    unsigned bytes = form >> 4 & 7;

    if (bytes >= HUMI_BYTES_FORMS)
        in->bad = true;
    else if (bytes == HUMI_BYTES_LISTED)
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            event->bytes[d] = humi_get(in);
    else if (bytes != HUMI_BYTES_NONE)
        event->bytes[bytes - HUMI_BYTES_H2D] =
            humi_mask_count(&event->moved) * (uint64_t)HUM_PAGE_SIZE;
}

/* A block number as its difference to another; what does not fit into 32 bits is bad. */
static uint32_t get_block(struct humi_in *in, uint32_t from)
{
    uint64_t block = humi_get_from(in, from);

    if (block > UINT32_MAX) {
        in->bad = true;
        return 0;
    }
    return (uint32_t)block;
}

static void get_event(struct humi_trace_decoder *decoder, unsigned flags,
                      struct hum_trace_event *event)
{
    struct hum_trace_event *last = &decoder->state.event;
    struct humi_in *in = &decoder->shapes;
    unsigned form = humi_get_byte(in);
    uint32_t *next_block;

    event->evicted = flags & HUMI_EVENT_EVICTED;
    if (flags & HUMI_EVENT_SAME_ACTOR)
        copy_actor(last, event);
    else
        get_actor(in, event);
    next_block = &decoder->state.next_block[event->region % HUMI_TRACE_SLOTS];
    event->block = flags & HUMI_EVENT_NEXT_BLOCK ? *next_block : get_block(in, *next_block);
    get_masks(in, form, last, event);
    get_moved_bytes(in, form, event);
    event->modelled_ns =
        form & HUMI_EVENT_SAME_MODELLED ? last->modelled_ns : humi_get_32(in);
    event->move_ns = flags & HUMI_EVENT_NO_TIME ? 0 : humi_get_32(&decoder->timings);
    *next_block = event->block + 1;
    *last = *event;
}

/* ---- faults, batches, accesses -------------------------------------------------------------- */

static void get_faults(struct humi_trace_decoder *decoder, unsigned flags,
                       struct hum_trace_faults *faults)
{
    struct hum_trace_faults *last = &decoder->state.faults;
    struct humi_in *in = &decoder->shapes;
    bool same = flags & HUMI_FAULTS_SAME_ACTOR, one = flags & HUMI_FAULTS_ONE;

    faults->processor = same ? last->processor : humi_get_signed(in);
    faults->region = same ? last->region : humi_get_32(in);
    faults->kernel = same ? last->kernel : humi_get_32(in);
    faults->faults = one ? 1 : humi_get_32(in);
    faults->duplicates = one ? 0 : humi_get_32(in);
    *last = *faults;
}

static void get_batch(struct humi_trace_decoder *decoder, unsigned flags,
                      struct hum_trace_batch *batch)
{
    struct humi_in *in = &decoder->shapes;
    bool same = flags & HUMI_BATCH_SAME_PROCESSOR;

    batch->processor = same ? decoder->state.batch_processor : humi_get_signed(in);
    batch->faults = flags & HUMI_BATCH_ONE ? 1 : humi_get_32(in);
    batch->service_ns = humi_get_32(&decoder->timings);
    decoder->state.batch_processor = batch->processor;
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
    struct hum_trace_access *last = &decoder->state.access;
    struct humi_in *in = &decoder->shapes;
    bool one = flags & HUMI_ACCESS_ONE;
    uint64_t *next_page;

    access->write = flags & HUMI_ACCESS_WRITE;
    if (flags & HUMI_ACCESS_SAME_AGENT)
        copy_agent(last, access);
    else
        get_agent(in, last, access);
    next_page = &decoder->state.next_page[access->agent % HUMI_TRACE_SLOTS];
    access->first_page = humi_get_from(in, *next_page);
    access->pages = one ? 1 : humi_get_32(in);
    access->count = one ? 1 : humi_get_32(in);
    access->lines = flags & HUMI_ACCESS_SAME_LINES ? last->lines : humi_get(in);
    *next_page = access->first_page + access->pages;
    *last = *access;
}

/* ---- what things are, and launches ---------------------------------------------------------- */

static void get_launch(struct humi_trace_decoder *decoder, struct hum_trace_record *record)
{
    struct hum_trace_launch *launch = &record->launch;
    struct humi_in *in = &decoder->shapes;

    launch->launch = humi_get_from(in, decoder->state.launch);
    launch->kernel = humi_get_32(in);
    launch->device = humi_get_signed(in);
    launch->stream = humi_get_32(in);
    launch->status = humi_get_signed(in);
    launch->count = humi_get(in);
    launch->submit_ns = humi_get_from(&decoder->timings, record->time_ns);
    launch->end_ns = humi_get_from(&decoder->timings, record->time_ns);
    decoder->state.launch = launch->launch;
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

static void get_region(struct humi_in *in, struct hum_trace_region *region)
{
    region->region = humi_get_32(in);
    region->first_page = humi_get(in);
    region->bytes = humi_get(in);
    get_text(in, region->name, sizeof region->name);
}

static void get_kernel(struct humi_in *in, struct hum_trace_kernel *kernel)
{
    kernel->kernel = humi_get_32(in);
    kernel->device = humi_get_signed(in);
    get_text(in, kernel->name, sizeof kernel->name);
}

static void get_counters(struct humi_in *in, struct hum_counters *counters)
{
    uint64_t *const single[] = {HUMI_TRACE_COUNTERS(&counters)};
    uint32_t causes;

    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        *single[i] = humi_get(in);
    causes = humi_get_max(in, HUM_CAUSE_COUNT);
    for (uint32_t cause = 0; cause < causes; cause++) {
        counters->events[cause] = humi_get(in);
        counters->pages[cause] = humi_get(in);
        counters->bytes_by_cause[cause] = humi_get(in);
    }
}

static void get_plain(struct humi_trace_decoder *decoder, struct hum_trace_record *record)
{
    struct humi_in *in = &decoder->shapes;

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
        get_region(in, &record->region);
        break;
    case HUM_TRACE_REGION_END:
        record->region_end.region = humi_get_32(in);
        break;
    case HUM_TRACE_KERNEL:
        get_kernel(in, &record->kernel);
        break;
    case HUM_TRACE_LAUNCH:
        get_launch(decoder, record);
        break;
    case HUM_TRACE_EPOCH:
        record->epoch.epoch = humi_get(in);
        record->epoch.launch = humi_get(in);
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

static void get_any(struct humi_trace_decoder *decoder, unsigned head,
                    struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_EVENT:
        get_event(decoder, head, &record->event);
        break;
    case HUM_TRACE_FAULTS:
        get_faults(decoder, head, &record->faults);
        break;
    case HUM_TRACE_BATCH:
        get_batch(decoder, head, &record->batch);
        break;
    case HUM_TRACE_ACCESS:
        get_access(decoder, head, &record->access);
        break;
    default:
        get_plain(decoder, record);
        break;
    }
}

const char *humi_trace_decode(struct humi_trace_decoder *decoder,
                              struct hum_trace_record *record_out)
{
    unsigned head = humi_get_byte(&decoder->shapes);

    memset(record_out, 0, sizeof *record_out);
    if ((head & 0xf) >= HUM_TRACE_KIND_COUNT)
        return "there is no such kind of record";
    record_out->kind = (enum hum_trace_kind)(head & 0xf);
    record_out->time_ns = humi_get_from(&decoder->timings, decoder->state.time_ns);
    if (record_out->kind != HUM_TRACE_LAUNCH)
        decoder->state.time_ns = record_out->time_ns;
    get_any(decoder, head, record_out);
    if (decoder->shapes.bad || decoder->timings.bad)
        return "a record is cut off or a number of it does not fit";
    return humi_trace_record_wrong(record_out);
}

bool humi_trace_decoder_start(struct humi_trace_decoder *decoder, const uint8_t *raw, size_t bytes)
{
    uint32_t shapes;

    memset(decoder, 0, sizeof *decoder);
    if (bytes < 4)
        return false;
    shapes = humi_load_32(raw);
    if (shapes > bytes - 4)
        return false;
    decoder->shapes = (struct humi_in){raw + 4, raw + 4 + shapes, false};
    decoder->timings = (struct humi_in){raw + 4 + shapes, raw + bytes, false};
    return true;
}

bool humi_trace_decoder_is_done(const struct humi_trace_decoder *decoder)
{
    return decoder->shapes.at == decoder->shapes.end && decoder->timings.at == decoder->timings.end;
}
