/* SPDX-License-Identifier: MIT */
/* record.c - what is true of every record. */
#include "trace/record.h"

#include <string.h>

#include "base/mask.h"

const char *hum_trace_kind_text(enum hum_trace_kind kind)
{
    static const char *const texts[] = {
#define KIND_TEXT(name, text) [name] = text,
        HUM_TRACE_KIND_LIST(KIND_TEXT)
#undef KIND_TEXT
    };
    _Static_assert(sizeof(texts) / sizeof(*texts) == HUM_TRACE_KIND_COUNT, "one text a kind");

    return (unsigned)kind < HUM_TRACE_KIND_COUNT ? texts[kind] : NULL;
}

const char *hum_trace_call_text(enum hum_trace_call_kind call)
{
    static const char *const texts[] = {
#define CALL_TEXT(name, text) [name] = text,
        HUM_TRACE_CALL_LIST(CALL_TEXT)
#undef CALL_TEXT
    };

    return (unsigned)call < HUM_TRACE_CALL_COUNT ? texts[call] : NULL;
}

const char *hum_trace_advice_text(enum hum_advice advice)
{
    switch (advice) {
#define ADVICE_TEXT(name, bit, text)                                                               \
    case name:                                                                                     \
        return text;
        HUM_ADVICE_LIST(ADVICE_TEXT)
#undef ADVICE_TEXT
    }
    return NULL;
}

#define END_OF(member)                                                                             \
    (offsetof(struct hum_trace_record, member) + sizeof(((struct hum_trace_record *)0)->member))

size_t humi_trace_record_bytes(enum hum_trace_kind kind)
{
    static const size_t bytes[] = {
        [HUM_TRACE_SPACE] = END_OF(space),
        [HUM_TRACE_SETTING] = END_OF(setting),
        [HUM_TRACE_PROCESSOR] = END_OF(processor),
        [HUM_TRACE_REGION] = END_OF(region),
        [HUM_TRACE_REGION_END] = END_OF(region_end),
        [HUM_TRACE_KERNEL] = END_OF(kernel),
        [HUM_TRACE_LAUNCH] = END_OF(launch),
        [HUM_TRACE_EVENT] = END_OF(event),
        [HUM_TRACE_FAULTS] = END_OF(faults),
        [HUM_TRACE_BATCH] = END_OF(batch),
        [HUM_TRACE_EPOCH] = END_OF(epoch),
        [HUM_TRACE_ACCESS] = END_OF(access),
        [HUM_TRACE_DROPPED] = END_OF(dropped),
        [HUM_TRACE_TOTALS] = END_OF(totals),
        [HUM_TRACE_CALL] = END_OF(call),
    };
    _Static_assert(sizeof(bytes) / sizeof(*bytes) == HUM_TRACE_KIND_COUNT, "one size a kind");

    return (unsigned)kind < HUM_TRACE_KIND_COUNT ? bytes[kind] : 0;
}

static bool is_text(const char *text, size_t room)
{
    return memchr(text, 0, room) != NULL;
}

static bool is_processor(int32_t processor)
{
    return processor >= HUM_HOST && processor < HUM_DEVICES_MAX;
}

static bool is_device(int32_t device)
{
    return device >= 0 && device < HUM_DEVICES_MAX;
}

static const char *event_wrong(const struct hum_trace_event *event)
{
    if (event->cause >= HUM_CAUSE_COUNT)
        return "an event has no known cause";
    if (!is_processor(event->processor))
        return "an event's processor does not exist";
    if (!humi_mask_within(&event->moved, &event->pages))
        return "an event moved pages that it is not about";
    return NULL;
}

static const char *access_wrong(const struct hum_trace_access *access)
{
    if (!is_processor(access->processor))
        return "an access's processor does not exist";
    if (access->pages == 0 || access->count == 0)
        return "an access touches nothing";
    if (access->first_page > HUM_TRACE_PAGES_MAX ||
        access->pages > HUM_TRACE_PAGES_MAX - access->first_page)
        return "an access touches pages behind the last one";
    return NULL;
}

static const char *call_wrong(const struct hum_trace_call *call)
{
    bool advises = call->call == HUM_TRACE_CALL_ADVISE;

    if (call->call >= HUM_TRACE_CALL_COUNT)
        return "a call is of no known function";
    if (!is_processor(call->processor) || !is_processor(call->device))
        return "a call's processor does not exist";
    if (advises != (hum_trace_advice_text((enum hum_advice)call->advice) != NULL))
        return "a call gives advice that does not exist";
    if (call->access > (HUM_READ | HUM_WRITE) || call->access == HUM_WRITE)
        return "a call allows what cannot be allowed";
    return is_text(call->text, sizeof call->text) ? NULL : "a text has no end";
}

static const char *texts_wrong(const struct hum_trace_record *record)
{
    bool good = true;

    if (record->kind == HUM_TRACE_SPACE)
        good = is_text(record->space.program, sizeof record->space.program);
    else if (record->kind == HUM_TRACE_SETTING)
        good = is_text(record->setting.key, sizeof record->setting.key) &&
               is_text(record->setting.value, sizeof record->setting.value);
    else if (record->kind == HUM_TRACE_PROCESSOR)
        good = is_text(record->processor.name, sizeof record->processor.name) &&
               is_text(record->processor.kind, sizeof record->processor.kind);
    else if (record->kind == HUM_TRACE_REGION)
        good = is_text(record->region.name, sizeof record->region.name);
    else if (record->kind == HUM_TRACE_KERNEL)
        good = is_text(record->kernel.name, sizeof record->kernel.name);
    return good ? NULL : "a text has no end";
}

const char *humi_trace_record_wrong(const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_PROCESSOR:
        if (!is_processor(record->processor.processor))
            return "a processor's number does not exist";
        return texts_wrong(record);
    case HUM_TRACE_KERNEL:
        if (!is_device(record->kernel.device))
            return "a kernel's device does not exist";
        return texts_wrong(record);
    case HUM_TRACE_SPACE:
    case HUM_TRACE_SETTING:
    case HUM_TRACE_REGION:
        return texts_wrong(record);
    case HUM_TRACE_LAUNCH:
        return is_device(record->launch.device) ? NULL : "a launch's device does not exist";
    case HUM_TRACE_EVENT:
        return event_wrong(&record->event);
    case HUM_TRACE_FAULTS:
        if (!is_processor(record->faults.processor))
            return "a processor that faulted does not exist";
        return record->faults.duplicates <= record->faults.faults
                   ? NULL
                   : "there are more duplicates than faults";
    case HUM_TRACE_BATCH:
        return is_processor(record->batch.processor) ? NULL : "a batch's processor does not exist";
    case HUM_TRACE_ACCESS:
        return access_wrong(&record->access);
    case HUM_TRACE_CALL:
        return call_wrong(&record->call);
    case HUM_TRACE_DROPPED:
        return record->dropped.kind < HUM_TRACE_KIND_COUNT ? NULL
                                                           : "records of no kind were dropped";
    case HUM_TRACE_REGION_END:
    case HUM_TRACE_EPOCH:
    case HUM_TRACE_TOTALS:
        return NULL;
    case HUM_TRACE_KIND_COUNT:
        break;
    }
    return "there is no such kind of record";
}
