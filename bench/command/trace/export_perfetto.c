/* SPDX-License-Identifier: MIT */
/*
 * export_perfetto.c - a trace as Chrome's JSON trace events, for ui.perfetto.dev.
 *
 *     processors    a track each: launches; changes that copy nothing, faults, and calls of the
 *                   program, as instants
 *     moves         a track a direction: copies, with cause, region and bytes; counters of bytes
 *     service       what the fault service did
 *
 * Slices of one track must not overlap, so what does gets a lane of its own beside it.  The sums of
 * the arguments `bytes` and `faults` are those of the trace.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/map.h"
#include "command/trace/tool.h"

enum process { PROCESSORS = 1, MOVES, SERVICE };
#define LANES 16u
#define LANES_TRACK 100u /* numbers of a track's lanes: track * 100 + lane */
#define TRACKS (HUM_PROCESSORS_MAX + HUM_DIRECTION_COUNT + 1)

struct perfetto {
    FILE *out;
    bool begun;                        /* something is in the list: a comma comes first */
    struct trace_names regions, kernels;
    uint64_t busy_ns[TRACKS][LANES];   /* end of the lane's last slice */
    bool named[TRACKS][LANES];
    uint64_t bytes[HUM_DIRECTION_COUNT], faults[2];
};

static const char *const directions[] = {"to the device", "to the host", "device to device"};

static void print_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20 || *c > 0x7e)
            fprintf(out, "\\u%04x", *c); /* bytes beyond ASCII as Latin 1: always valid JSON */
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void begin_item(struct perfetto *p, const char *phase, unsigned process, unsigned thread)
{
    fprintf(p->out, "%s{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u", p->begun ? ",\n" : "", phase, process,
            thread);
    p->begun = true;
}

/* Chrome's unit is the microsecond. */
static void print_time(struct perfetto *p, const char *name, uint64_t ns)
{
    fprintf(p->out, ",\"%s\":%" PRIu64 ".%03u", name, ns / 1000, (unsigned)(ns % 1000));
}

static void print_name(struct perfetto *p, const char *name)
{
    fputs(",\"name\":", p->out);
    print_string(p->out, name);
}

static void print_meta(struct perfetto *p, const char *what, unsigned process, unsigned thread,
                       const char *name)
{
    begin_item(p, "M", process, thread);
    print_name(p, what);
    fputs(",\"args\":{\"name\":", p->out);
    print_string(p->out, name);
    fputs("}}", p->out);
}

static unsigned track_of_processor(int32_t processor)
{
    return (unsigned)(processor + 1);
}

/* The first lane of the track that is free at `start`, or becomes free first. */
static unsigned take_lane(struct perfetto *p, unsigned track, uint64_t start, uint64_t end)
{
    unsigned best = 0;

    for (unsigned lane = 0; lane < LANES; lane++) {
        if (p->busy_ns[track][lane] <= start) {
            best = lane;
            break;
        }
        if (p->busy_ns[track][lane] < p->busy_ns[track][best])
            best = lane;
    }
    p->busy_ns[track][best] = end;
    return best;
}

/* Open a slice and its args on a lane of the track, named at its first use. */
static void begin_slice(struct perfetto *p, enum process process, unsigned track,
                        const char *track_name, const char *name, uint64_t start, uint64_t end)
{
    unsigned lane = take_lane(p, track, start, end);

    if (!p->named[track][lane] && track_name)
        print_meta(p, "thread_name", process, track * LANES_TRACK + lane, track_name);
    p->named[track][lane] = true;
    begin_item(p, "X", process, track * LANES_TRACK + lane);
    print_name(p, name);
    print_time(p, "ts", start);
    print_time(p, "dur", end - start);
    fputs(",\"args\":{", p->out);
}

static void begin_instant(struct perfetto *p, int32_t processor, const char *name, uint64_t time)
{
    begin_item(p, "i", PROCESSORS, track_of_processor(processor) * LANES_TRACK);
    print_name(p, name);
    print_time(p, "ts", time);
    fputs(",\"s\":\"t\",\"args\":{", p->out);
}

static void print_region(struct perfetto *p, uint32_t region)
{
    const char *name = trace_names_find(&p->regions, region);

    fprintf(p->out, ",\"region_id\":%" PRIu32 ",\"region\":", region);
    print_string(p->out, name ? name : "");
}

static const char *kernel_name(struct perfetto *p, uint32_t kernel)
{
    const char *name = trace_names_find(&p->kernels, kernel);

    return name ? name : kernel ? "unnamed kernel" : "";
}

static unsigned count_pages(const struct hum_pages *pages)
{
    unsigned count = 0;

    for (unsigned i = 0; i < HUM_PAGES_PER_BLOCK / 64; i++)
        count += (unsigned)__builtin_popcountll(pages->word[i]);
    return count;
}

/* ---- records -------------------------------------------------------------------------------- */

static void put_event_args(struct perfetto *p, const struct hum_trace_event *event)
{
    fprintf(p->out, "\"cause\":");
    print_string(p->out, hum_cause_text((enum hum_cause)event->cause));
    print_region(p, event->region);
    fprintf(p->out, ",\"block\":%" PRIu32 ",\"pages\":%u,\"processor\":%" PRId32, event->block,
            count_pages(&event->pages), event->processor);
    if (event->kernel) {
        fputs(",\"kernel\":", p->out);
        print_string(p->out, kernel_name(p, event->kernel));
    }
    if (event->modelled_ns)
        fprintf(p->out, ",\"modelled_ns\":%" PRIu32, event->modelled_ns);
}

static void put_bytes_counter(struct perfetto *p, uint64_t time)
{
    begin_item(p, "C", MOVES, 0);
    print_name(p, "bytes moved");
    print_time(p, "ts", time);
    fputs(",\"args\":{", p->out);
    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        fprintf(p->out, "%s\"%s\":%" PRIu64, d ? "," : "", directions[d], p->bytes[d]);
    fputs("}}", p->out);
}

static void put_event(struct perfetto *p, uint64_t time, const struct hum_trace_event *event)
{
    bool moved = false;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++) {
        if (!event->bytes[d])
            continue;
        begin_slice(p, MOVES, HUM_PROCESSORS_MAX + d, directions[d],
                    hum_cause_text((enum hum_cause)event->cause), time, time + event->move_ns);
        put_event_args(p, event);
        fprintf(p->out, ",\"bytes\":%" PRIu64 "}}", event->bytes[d]);
        p->bytes[d] += event->bytes[d];
        moved = true;
    }
    if (moved) {
        put_bytes_counter(p, time + event->move_ns);
        return;
    }
    begin_instant(p, event->processor, hum_cause_text((enum hum_cause)event->cause), time);
    put_event_args(p, event);
    fputs("}}", p->out);
}

static void put_faults(struct perfetto *p, uint64_t time, const struct hum_trace_faults *faults)
{
    begin_instant(p, faults->processor, "faults", time);
    fprintf(p->out, "\"faults\":%" PRIu32 ",\"duplicates\":%" PRIu32, faults->faults,
            faults->duplicates);
    print_region(p, faults->region);
    fputs("}}", p->out);
    p->faults[faults->processor == HUM_HOST ? 0 : 1] += faults->faults;
    begin_item(p, "C", PROCESSORS, 0);
    print_name(p, "faults");
    print_time(p, "ts", time);
    fprintf(p->out, ",\"args\":{\"host\":%" PRIu64 ",\"devices\":%" PRIu64 "}}", p->faults[0],
            p->faults[1]);
}

static void put_launch(struct perfetto *p, uint64_t time, const struct hum_trace_launch *launch)
{
    uint64_t end = launch->end_ns > time ? launch->end_ns : time;

    begin_slice(p, PROCESSORS, track_of_processor(launch->device), NULL,
                kernel_name(p, launch->kernel), time, end);
    fprintf(p->out, "\"launch\":%" PRIu64 ",\"stream\":%" PRIu32 ",\"count\":%" PRIu64
                    ",\"status\":\"%s\",\"submitted_ns\":%" PRIu64 "}}",
            launch->launch, launch->stream, launch->count,
            hum_status_name((enum hum_status)launch->status), launch->submit_ns);
}

static void put_batch(struct perfetto *p, uint64_t time, const struct hum_trace_batch *batch)
{
    begin_slice(p, SERVICE, TRACKS - 1, "fault service", "batch", time, time + batch->service_ns);
    fprintf(p->out, "\"batched\":%" PRIu32 ",\"processor\":%" PRId32 "}}", batch->faults,
            batch->processor);
}

static void put_call(struct perfetto *p, uint64_t time, const struct hum_trace_call *call)
{
    begin_instant(p, call->processor, hum_trace_call_text((enum hum_trace_call_kind)call->call),
                  time);
    fprintf(p->out, "\"offset\":%" PRIu64 ",\"range\":%" PRIu64 ",\"stream\":%" PRIu32
                    ",\"submitted_ns\":%" PRIu64,
            call->offset, call->bytes, call->stream, call->submit_ns);
    print_region(p, call->region);
    if (call->advice) {
        fputs(",\"advice\":", p->out);
        print_string(p->out, hum_trace_advice_text((enum hum_advice)call->advice));
    }
    if (call->call == HUM_TRACE_CALL_PROTECT)
        fprintf(p->out, ",\"access\":%" PRIu32, call->access);
    if (*call->text) {
        fputs(",\"policy\":", p->out);
        print_string(p->out, call->text);
    }
    fputs("}}", p->out);
}

static void put_processor(struct perfetto *p, const struct hum_trace_processor *processor)
{
    unsigned track = track_of_processor(processor->processor);

    for (unsigned lane = 0; lane < 2; lane++)
        print_meta(p, "thread_name", PROCESSORS, track * LANES_TRACK + lane, processor->name);
}

static bool put_record(struct perfetto *p, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        print_meta(p, "process_name", PROCESSORS, 0, record->space.program);
        return true;
    case HUM_TRACE_PROCESSOR:
        put_processor(p, &record->processor);
        return true;
    case HUM_TRACE_REGION:
        return trace_names_set(&p->regions, record->region.region, record->region.name);
    case HUM_TRACE_KERNEL:
        return trace_names_set(&p->kernels, record->kernel.kernel, record->kernel.name);
    case HUM_TRACE_LAUNCH:
        put_launch(p, record->time_ns, &record->launch);
        return true;
    case HUM_TRACE_EVENT:
        put_event(p, record->time_ns, &record->event);
        return true;
    case HUM_TRACE_FAULTS:
        put_faults(p, record->time_ns, &record->faults);
        return true;
    case HUM_TRACE_BATCH:
        put_batch(p, record->time_ns, &record->batch);
        return true;
    case HUM_TRACE_CALL:
        put_call(p, record->time_ns, &record->call);
        return true;
    default:
        return true; /* settings and accesses have no place on a timeline of this size */
    }
}

static bool put_all(struct perfetto *p, struct hum_trace *trace, struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more;

    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", p->out);
    print_meta(p, "process_name", PROCESSORS, 0, "processors");
    print_meta(p, "process_name", MOVES, 0, "moves");
    print_meta(p, "process_name", SERVICE, 0, "service");
    while (trace_read(trace, &record, &more, problem)) {
        if (!more) {
            fputs("\n]}\n", p->out);
            return !ferror(p->out) ||
                   trace_problem_say(problem, "cannot write: %s", strerror(errno));
        }
        if (!put_record(p, &record))
            return trace_problem_say(problem, "out of memory");
    }
    return false;
}

bool trace_export_perfetto(struct hum_trace *trace, FILE *out, struct trace_problem *problem)
{
    struct perfetto *p = calloc(1, sizeof(*p));
    bool good;

    if (!p)
        return trace_problem_say(problem, "out of memory");
    p->out = out;
    good = put_all(p, trace, problem);
    trace_names_free(&p->regions);
    trace_names_free(&p->kernels);
    free(p);
    return good;
}
