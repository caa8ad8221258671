/* SPDX-License-Identifier: MIT */
/* fields.c - see fields.h */
#include "command/trace/fields.h"

#include <string.h>

#define FIELD_AS(name, type, member)                                                               \
    {                                                                                              \
        name, type, offsetof(struct hum_trace_record, member),                                     \
            sizeof(((struct hum_trace_record *)0)->member)                                         \
    }

static const struct trace_field space_fields[] = {
    FIELD_AS("start", FIELD_HEX, space.start),
    FIELD_AS("bytes", FIELD_U64, space.bytes),
    FIELD_AS("unix_ns", FIELD_U64, space.unix_ns),
    FIELD_AS("pid", FIELD_U32, space.pid),
    FIELD_AS("program", FIELD_TEXT, space.program),
};
static const struct trace_field setting_fields[] = {
    FIELD_AS("key", FIELD_TEXT, setting.key),
    FIELD_AS("value", FIELD_TEXT, setting.value),
};
static const struct trace_field processor_fields[] = {
    FIELD_AS("processor", FIELD_I32, processor.processor),
    FIELD_AS("name", FIELD_TEXT, processor.name),
    FIELD_AS("processor_kind", FIELD_TEXT, processor.kind),
    FIELD_AS("capacity_bytes", FIELD_U64, processor.capacity_bytes),
    FIELD_AS("workers", FIELD_U32, processor.workers),
};
static const struct trace_field region_fields[] = {
    FIELD_AS("region", FIELD_U32, region.region),
    FIELD_AS("first_page", FIELD_U64, region.first_page),
    FIELD_AS("bytes", FIELD_U64, region.bytes),
    FIELD_AS("flags", FIELD_U32, region.flags),
    FIELD_AS("name", FIELD_TEXT, region.name),
};
static const struct trace_field region_end_fields[] = {
    FIELD_AS("region", FIELD_U32, region_end.region),
};
static const struct trace_field kernel_fields[] = {
    FIELD_AS("kernel", FIELD_U32, kernel.kernel),
    FIELD_AS("device", FIELD_I32, kernel.device),
    FIELD_AS("name", FIELD_TEXT, kernel.name),
};
static const struct trace_field launch_fields[] = {
    FIELD_AS("launch", FIELD_U64, launch.launch),
    FIELD_AS("kernel", FIELD_U32, launch.kernel),
    FIELD_AS("device", FIELD_I32, launch.device),
    FIELD_AS("stream", FIELD_U32, launch.stream),
    FIELD_AS("status", FIELD_I32, launch.status),
    FIELD_AS("indices", FIELD_U64, launch.count),
    FIELD_AS("submit_ns", FIELD_U64, launch.submit_ns),
    FIELD_AS("end_ns", FIELD_U64, launch.end_ns),
};
static const struct trace_field event_fields[] = {
    FIELD_AS("cause", FIELD_CAUSE, event.cause),
    FIELD_AS("processor", FIELD_I32, event.processor),
    FIELD_AS("region", FIELD_U32, event.region),
    FIELD_AS("kernel", FIELD_U32, event.kernel),
    FIELD_AS("thread", FIELD_U32, event.thread),
    FIELD_AS("block", FIELD_U32, event.block),
    FIELD_AS("page_set", FIELD_PAGES, event.pages),
    FIELD_AS("moved_set", FIELD_PAGES, event.moved),
    FIELD_AS("h2d_bytes", FIELD_U64, event.bytes[HUM_H2D]),
    FIELD_AS("d2h_bytes", FIELD_U64, event.bytes[HUM_D2H]),
    FIELD_AS("d2d_bytes", FIELD_U64, event.bytes[HUM_D2D]),
    FIELD_AS("move_ns", FIELD_U32, event.move_ns),
    FIELD_AS("modelled_ns", FIELD_U32, event.modelled_ns),
    FIELD_AS("evicted", FIELD_BOOL, event.evicted),
};
static const struct trace_field faults_fields[] = {
    FIELD_AS("processor", FIELD_I32, faults.processor),
    FIELD_AS("region", FIELD_U32, faults.region),
    FIELD_AS("kernel", FIELD_U32, faults.kernel),
    FIELD_AS("faults", FIELD_U32, faults.faults),
    FIELD_AS("duplicates", FIELD_U32, faults.duplicates),
};
static const struct trace_field batch_fields[] = {
    FIELD_AS("processor", FIELD_I32, batch.processor),
    FIELD_AS("faults", FIELD_U32, batch.faults),
    FIELD_AS("service_ns", FIELD_U32, batch.service_ns),
};
static const struct trace_field epoch_fields[] = {
    FIELD_AS("epoch", FIELD_U64, epoch.epoch),
    FIELD_AS("launch", FIELD_U64, epoch.launch),
};
static const struct trace_field access_fields[] = {
    FIELD_AS("agent", FIELD_U32, access.agent),
    FIELD_AS("processor", FIELD_I32, access.processor),
    FIELD_AS("kernel", FIELD_U32, access.kernel),
    FIELD_AS("launch", FIELD_U64, access.launch),
    FIELD_AS("first_page", FIELD_U64, access.first_page),
    FIELD_AS("pages", FIELD_U32, access.pages),
    FIELD_AS("touches", FIELD_U32, access.count),
    FIELD_AS("write", FIELD_BOOL, access.write),
    FIELD_AS("lines", FIELD_HEX, access.lines),
};
static const struct trace_field dropped_fields[] = {
    FIELD_AS("dropped_kind", FIELD_KIND, dropped.kind),
    FIELD_AS("dropped", FIELD_U64, dropped.count),
};
static const struct trace_field totals_fields[] = {
    FIELD_AS("counters", FIELD_COUNTS, totals.counters),
};

static const struct trace_field call_fields[] = {
    FIELD_AS("call", FIELD_CALL, call.call),
    FIELD_AS("region", FIELD_U32, call.region),
    FIELD_AS("processor", FIELD_I32, call.processor),
    FIELD_AS("device", FIELD_I32, call.device),
    FIELD_AS("stream", FIELD_U32, call.stream),
    FIELD_AS("rest", FIELD_U32, call.rest),
    FIELD_AS("advice", FIELD_ADVICE, call.advice),
    FIELD_AS("access", FIELD_U32, call.access),
    FIELD_AS("offset", FIELD_U64, call.offset),
    FIELD_AS("bytes", FIELD_U64, call.bytes),
    FIELD_AS("submit_ns", FIELD_U64, call.submit_ns),
    FIELD_AS("text", FIELD_TEXT, call.text),
};

static const struct {
    const struct trace_field *fields;
    size_t count;
} kinds[] = {
#define KIND(kind, fields) [kind] = {fields, sizeof(fields) / sizeof(*(fields))}
    KIND(HUM_TRACE_SPACE, space_fields),
    KIND(HUM_TRACE_SETTING, setting_fields),
    KIND(HUM_TRACE_PROCESSOR, processor_fields),
    KIND(HUM_TRACE_REGION, region_fields),
    KIND(HUM_TRACE_REGION_END, region_end_fields),
    KIND(HUM_TRACE_KERNEL, kernel_fields),
    KIND(HUM_TRACE_LAUNCH, launch_fields),
    KIND(HUM_TRACE_EVENT, event_fields),
    KIND(HUM_TRACE_FAULTS, faults_fields),
    KIND(HUM_TRACE_BATCH, batch_fields),
    KIND(HUM_TRACE_EPOCH, epoch_fields),
    KIND(HUM_TRACE_ACCESS, access_fields),
    KIND(HUM_TRACE_DROPPED, dropped_fields),
    KIND(HUM_TRACE_TOTALS, totals_fields),
    KIND(HUM_TRACE_CALL, call_fields),
#undef KIND
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == HUM_TRACE_KIND_COUNT, "fields of every kind");

const struct trace_field *trace_fields(enum hum_trace_kind kind, size_t *count_out)
{
    *count_out = kinds[kind].count;
    return kinds[kind].fields;
}

enum hum_trace_kind trace_kind_find(const char *text)
{
    unsigned kind = 0;

    while (kind < HUM_TRACE_KIND_COUNT &&
           strcmp(hum_trace_kind_text((enum hum_trace_kind)kind), text) != 0)
        kind++;
    return (enum hum_trace_kind)kind;
}

size_t trace_columns(const char *names_out[TRACE_COLUMNS_MAX])
{
    size_t count = 0;

    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        for (size_t i = 0; i < kinds[kind].count && count < TRACE_COLUMNS_MAX; i++) {
            const char *name = kinds[kind].fields[i].name;
            size_t at = 0;

            while (at < count && strcmp(names_out[at], name) != 0)
                at++;
            if (at == count)
                names_out[count++] = name;
        }
    return count;
}
