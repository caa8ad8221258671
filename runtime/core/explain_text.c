/* SPDX-License-Identifier: MIT */
/* explain_text.c - an explanation as sentences. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <hum/hum.h>

/* Text that may be longer than its room. */
struct pen {
    char *text;
    size_t bytes, length;
};

static void write_to(struct pen *pen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_to(struct pen *pen, const char *format, ...)
{
    size_t left = pen->length < pen->bytes ? pen->bytes - pen->length : 0;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(left ? pen->text + pen->length : NULL, left, format, args);
    va_end(args);
    pen->length += n > 0 ? (size_t)n : 0;
}

static void write_ns(struct pen *pen, uint64_t ns)
{
    if (ns < 1000)
        write_to(pen, "%" PRIu64 " ns", ns);
    else if (ns < 1000000)
        write_to(pen, "%.1f us", (double)ns / 1e3);
    else if (ns < 1000000000)
        write_to(pen, "%.1f ms", (double)ns / 1e6);
    else
        write_to(pen, "%.3f s", (double)ns / 1e9);
}

static void write_bytes(struct pen *pen, uint64_t bytes)
{
    if (bytes < 1024)
        write_to(pen, "%" PRIu64 " bytes", bytes);
    else if (bytes < UINT64_C(1) << 20)
        write_to(pen, "%.0f KiB", (double)bytes / 1024);
    else
        write_to(pen, "%.1f MiB", (double)bytes / (1 << 20));
}

static const char *name_of(const struct hum_explanation *e, int processor)
{
    unsigned p = (unsigned)(processor + 1);
    return p < e->processors && p < HUM_PROCESSORS_MAX ? e->processor_name[p] : "nobody";
}

/* "host and emu0" */
static void write_set(struct pen *pen, const struct hum_explanation *e, uint32_t set)
{
    const char *between = "";
    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        if (!(set & HUM_BIT(p)))
            continue;
        write_to(pen, "%s%s", between, name_of(e, p));
        between = " and ";
    }
}

/* ---- where it is ----------------------------------------------------------------------------- */

static void write_place(struct pen *pen, const struct hum_explanation *e)
{
    size_t number = (e->page - e->region_start) / HUM_PAGE_SIZE;
    write_to(pen, "page 0x%" PRIxPTR " (page %zu of region ", e->page, number);
    if (e->region_name[0])
        write_to(pen, "'%s', ", e->region_name);
    write_to(pen, "number %" PRIu32 ", ", e->region_id);
    write_bytes(pen, e->region_bytes);
    write_to(pen, " at 0x%" PRIxPTR ") is ", e->region_start);
}

static void write_state(struct pen *pen, const struct hum_explanation *e)
{
    if (!e->state.resident) {
        write_to(pen, "resident nowhere: it reads as zero.\n");
        return;
    }
    write_to(pen, "resident on ");
    write_set(pen, e, e->state.resident);
    if (e->state.mapped) {
        write_to(pen, ", mapped by ");
        write_set(pen, e, e->state.mapped);
        write_to(pen, e->state.writable ? " for writing" : " for reading");
    } else {
        write_to(pen, ", mapped by nobody");
    }
    if (e->state.remote) {
        write_to(pen, ", touched from there by ");
        write_set(pen, e, e->state.remote);
    }
    write_to(pen, e->state.dirty ? ", dirty.\n" : ".\n");
}

/* ---- why ------------------------------------------------------------------------------------- */

static void write_who(struct pen *pen, const struct hum_explained_event *event)
{
    const char *what = event->cause == HUM_CAUSE_PREFETCH_POLICY ? "a neighbour" : "it";
    if (event->kernel[0])
        write_to(pen, ", because kernel %s touched %s", event->kernel, what);
    else if (event->thread)
        write_to(pen, ", because host thread %" PRIu32 " touched %s", event->thread, what);
}

static void write_cost(struct pen *pen, const struct hum_explained_event *event)
{
    uint64_t bytes = event->bytes[HUM_H2D] + event->bytes[HUM_D2H] + event->bytes[HUM_D2D];
    write_to(pen, "; %" PRIu32 " page%s, ", event->pages, event->pages == 1 ? "" : "s");
    if (!bytes) {
        write_to(pen, "no bytes copied");
        return;
    }
    write_bytes(pen, bytes);
    write_to(pen, " copied in ");
    write_ns(pen, event->move_ns);
    if (event->modelled_ns) {
        write_to(pen, ", modelled ");
        write_ns(pen, event->modelled_ns);
    }
    if (!event->copied)
        write_to(pen, ", none of this page");
}

static void write_event(struct pen *pen, const struct hum_explanation *e,
                        const struct hum_explained_event *event)
{
    write_to(pen, "%s ", hum_cause_text(event->cause));
    write_to(pen, event->cause == HUM_CAUSE_EVICTION ? "from %s, " : "for %s, ",
             name_of(e, event->processor));
    write_ns(pen, event->start_ns);
    write_to(pen, " after the start");
    write_who(pen, event);
    write_cost(pen, event);
}

static void write_line(struct pen *pen, const struct hum_explanation *e, const char *before,
                       unsigned from, unsigned end)
{
    for (unsigned i = from; i < end && i < HUM_EXPLAIN_EVENTS_MAX; i++) {
        write_to(pen, "%s: ", before);
        write_event(pen, e, &e->event[i]);
        write_to(pen, ".\n");
    }
}

static void write_arrival(struct pen *pen, const struct hum_explanation *e)
{
    const struct hum_explained_event *event = &e->event[e->arrival];
    bool home = event->cause == HUM_CAUSE_EVICTION;
    write_to(pen, "It was brought to %s by: ", home ? name_of(e, HUM_HOST)
                                                    : name_of(e, event->processor));
    write_event(pen, e, event);
    write_to(pen, ".\n");
}

static void write_reason(struct pen *pen, const struct hum_explanation *e)
{
    unsigned arrived = e->arrival >= 0 ? (unsigned)e->arrival : e->events;
    if (e->arrival >= 0)
        write_arrival(pen, e);
    else if (e->state.resident)
        write_to(pen, "What brought it there is not kept any more.\n");
    else if (!e->events && !e->older_lost)
        write_to(pen, "Nobody has touched it since its region was allocated.\n");
    write_line(pen, e, e->arrival >= 0 ? "Since then" : "Lately", 0, arrived);
    write_line(pen, e, "Before that", arrived + 1, e->events);
    if (e->older_lost)
        write_to(pen, "Older events of this page are not kept; a trace has them (HUM_TRACE=FILE, "
                      "then hum explain FILE 0x%" PRIxPTR ").\n", e->page);
}

static void write_block(struct pen *pen, const struct hum_explanation *e)
{
    static const char *const to[HUM_DIRECTION_COUNT] = {"to devices", "to the host",
                                                        "between devices"};
    if (!e->block_events)
        return;
    write_to(pen, "Its block of 2 MiB has seen %" PRIu32 " events; it moved", e->block_events);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        write_to(pen, "%s %" PRIu32 " times %s (", d ? "," : "", e->block_moves[d], to[d]);
        write_bytes(pen, e->block_bytes[d]);
        write_to(pen, ")");
    }
    write_to(pen, ", which took ");
    write_ns(pen, e->block_move_ns);
    write_to(pen, "; %" PRIu32 " faults of the host, %" PRIu32 " of devices, %" PRIu32
                  " evictions.\n",
             e->block_faults_host, e->block_faults_device, e->block_evictions);
}

size_t hum_explain_text(const struct hum_explanation *explanation, char *text, size_t bytes)
{
    struct pen pen = {text, text ? bytes : 0, 0};
    if (text && bytes)
        text[0] = '\0';
    if (!explanation)
        return 0;
    write_place(&pen, explanation);
    write_state(&pen, explanation);
    write_reason(&pen, explanation);
    write_block(&pen, explanation);
    return pen.length;
}
