/* SPDX-License-Identifier: MIT */
/* records.c - records to test with, and files of them. */
#include "unit/trace/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mask.h"
#include "support/test.h"

/* Numbers of all sizes: as many small ones as large ones. */
static uint64_t any(struct random *random)
{
    return random_next(random) >> random_below(random, 64);
}

static uint32_t any_32(struct random *random)
{
    return (uint32_t)(any(random) >> 32);
}

static uint32_t small(struct random *random)
{
    return (uint32_t)random_below(random, 4);
}

static void any_text(struct random *random, char *text_out, size_t room)
{
    size_t bytes = random_below(random, room);

    for (size_t i = 0; i < bytes; i++)
        text_out[i] = (char)(1 + random_below(random, 255));
}

static int32_t any_processor(struct random *random)
{
    return (int32_t)random_below(random, HUM_PROCESSORS_MAX) - 1;
}

static int32_t any_device(struct random *random)
{
    return (int32_t)random_below(random, HUM_DEVICES_MAX);
}

static struct hum_pages any_pages(struct random *random)
{
    struct hum_pages pages = humi_mask_none();
    unsigned first = (unsigned)random_below(random, HUMI_PAGES);

    switch (random_below(random, 6)) {
    case 0:
        return pages;
    case 1:
        return humi_mask_all();
    case 2:
        humi_mask_set(&pages, first);
        return pages;
    case 3:
        return humi_mask_range(first, HUMI_PAGES);
    case 4:
        for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
            pages.word[i] = random_next(random);
        return pages;
    default:
        for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
            pages.word[i] = random_next(random) & random_next(random) & random_next(random) &
                            random_next(random) & random_next(random);
        return pages;
    }
}

static void any_event(struct random *random, struct hum_trace_event *event)
{
    struct hum_pages moved = any_pages(random);

    event->cause = (uint32_t)random_below(random, HUM_CAUSE_COUNT);
    event->processor = any_processor(random);
    event->region = any_32(random);
    event->kernel = small(random);
    event->thread = any_32(random);
    event->block = any_32(random);
    event->pages = any_pages(random);
    event->moved = small(random) ? event->pages : humi_mask_and(&moved, &event->pages);
    if (small(random))
        event->bytes[random_below(random, HUM_DIRECTION_COUNT)] =
            humi_mask_count(&event->moved) * HUM_PAGE_SIZE;
    else
        for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
            event->bytes[d] = any(random);
    event->move_ns = any_32(random);
    event->modelled_ns = small(random) ? 0 : any_32(random);
    event->evicted = random_below(random, 2);
}

static void any_access(struct random *random, struct hum_trace_access *access)
{
    access->agent = small(random) ? small(random) : any_32(random);
    access->processor = (int32_t)small(random) - 1;
    access->kernel = small(random);
    access->launch = small(random) ? small(random) : any(random);
    access->first_page = any(random) % HUM_TRACE_PAGES_MAX;
    access->pages = small(random) ? 1 : any_32(random) | 1;
    access->count = small(random) ? 1 : any_32(random) | 1;
    access->write = random_below(random, 2);
    access->lines = small(random) ? UINT64_MAX : any(random);
    if (access->pages > HUM_TRACE_PAGES_MAX - access->first_page)
        access->pages = 1;
}

static void any_launch(struct random *random, struct hum_trace_launch *launch)
{
    launch->launch = any(random);
    launch->kernel = any_32(random);
    launch->device = any_device(random);
    launch->stream = small(random);
    launch->status = -(int32_t)random_below(random, 15);
    launch->count = any(random);
    launch->submit_ns = any(random);
    launch->end_ns = any(random);
}

static void any_call(struct random *random, struct hum_trace_call *call)
{
    static const uint32_t accesses[] = {HUM_NONE, HUM_READ, HUM_READ | HUM_WRITE};
    static const uint32_t advice[] = {
#define ADVICE_BIT(name, bit, text) name,
        HUM_ADVICE_LIST(ADVICE_BIT)
#undef ADVICE_BIT
    };

    call->call = (uint32_t)random_below(random, HUM_TRACE_CALL_COUNT);
    call->region = any_32(random);
    call->processor = any_processor(random);
    call->device = any_processor(random);
    call->stream = small(random);
    call->rest = any_32(random);
    if (call->call == HUM_TRACE_CALL_ADVISE)
        call->advice = advice[random_below(random, COUNT_OF(advice))];
    call->access = accesses[random_below(random, COUNT_OF(accesses))];
    call->offset = any(random);
    call->bytes = any(random);
    call->submit_ns = any(random);
    any_text(random, call->text, sizeof call->text);
}

static void any_counters(struct random *random, struct hum_counters *counters)
{
    uint64_t *values = (uint64_t *)(void *)counters;

    for (size_t i = 0; i < sizeof *counters / sizeof *values; i++)
        values[i] = any(random);
}

static void any_thing(struct random *random, struct hum_trace_record *r)
{
    switch (r->kind) {
    case HUM_TRACE_SPACE:
        r->space.start = any(random);
        r->space.bytes = any(random);
        r->space.unix_ns = any(random);
        r->space.pid = any_32(random);
        any_text(random, r->space.program, sizeof r->space.program);
        break;
    case HUM_TRACE_SETTING:
        any_text(random, r->setting.key, sizeof r->setting.key);
        any_text(random, r->setting.value, sizeof r->setting.value);
        break;
    case HUM_TRACE_PROCESSOR:
        r->processor.processor = any_processor(random);
        any_text(random, r->processor.name, sizeof r->processor.name);
        any_text(random, r->processor.kind, sizeof r->processor.kind);
        r->processor.capacity_bytes = any(random);
        r->processor.workers = small(random);
        break;
    case HUM_TRACE_REGION:
        r->region.region = any_32(random);
        r->region.first_page = any(random);
        r->region.bytes = any(random);
        r->region.flags = small(random);
        any_text(random, r->region.name, sizeof r->region.name);
        break;
    default:
        r->kernel.kernel = any_32(random);
        r->kernel.device = any_device(random);
        any_text(random, r->kernel.name, sizeof r->kernel.name);
        break;
    }
}

static void any_happening(struct random *random, struct hum_trace_record *r)
{
    switch (r->kind) {
    case HUM_TRACE_REGION_END:
        r->region_end.region = any_32(random);
        break;
    case HUM_TRACE_FAULTS:
        r->faults.processor = (int32_t)small(random) - 1;
        r->faults.region = small(random);
        r->faults.kernel = small(random);
        r->faults.faults = small(random) ? 1 : any_32(random);
        r->faults.duplicates = small(random) % (r->faults.faults + 1);
        break;
    case HUM_TRACE_BATCH:
        r->batch.processor = (int32_t)small(random) - 1;
        r->batch.faults = any_32(random);
        r->batch.service_ns = any_32(random);
        break;
    case HUM_TRACE_EPOCH:
        r->epoch.epoch = any(random);
        r->epoch.launch = any(random);
        break;
    default:
        r->dropped.kind = (uint32_t)random_below(random, HUM_TRACE_KIND_COUNT);
        r->dropped.count = any(random);
        break;
    }
}

void records_random(struct random *random, struct hum_trace_record *record_out)
{
    memset(record_out, 0, sizeof *record_out);
    record_out->kind = (enum hum_trace_kind)random_below(random, HUM_TRACE_KIND_COUNT);
    record_out->time_ns = any(random);
    switch (record_out->kind) {
    case HUM_TRACE_SPACE:
    case HUM_TRACE_SETTING:
    case HUM_TRACE_PROCESSOR:
    case HUM_TRACE_REGION:
    case HUM_TRACE_KERNEL:
        any_thing(random, record_out);
        break;
    case HUM_TRACE_LAUNCH:
        any_launch(random, &record_out->launch);
        break;
    case HUM_TRACE_EVENT:
        any_event(random, &record_out->event);
        break;
    case HUM_TRACE_ACCESS:
        any_access(random, &record_out->access);
        break;
    case HUM_TRACE_CALL:
        any_call(random, &record_out->call);
        break;
    case HUM_TRACE_TOTALS:
        any_counters(random, &record_out->totals.counters);
        break;
    default:
        any_happening(random, record_out);
        break;
    }
}

void records_typical(struct random *random, uint64_t number, struct hum_trace_record *record_out)
{
    uint64_t fault = number / 3;
    struct hum_trace_event *event = &record_out->event;

    memset(record_out, 0, sizeof *record_out);
    record_out->time_ns = fault * 40000 + number % 3 * 300 + random_below(random, 8000);
    if (number % 3 == 0) {
        record_out->kind = HUM_TRACE_EVENT;
        event->cause = HUM_CAUSE_DEVICE_FAULT;
        event->region = 1 + (uint32_t)(fault % 3);
        event->kernel = 1;
        event->block = event->region * 100 + (uint32_t)(fault / 3 % 100);
        humi_mask_set(&event->pages, (unsigned)random_below(random, HUMI_PAGES));
        event->moved = event->pages;
        event->bytes[HUM_H2D] = HUM_PAGE_SIZE;
        event->move_ns = 500 + (uint32_t)random_below(random, 500);
        event->modelled_ns = 2120;
    } else if (number % 3 == 1) {
        record_out->kind = HUM_TRACE_FAULTS;
        record_out->faults = (struct hum_trace_faults){0, 1 + (uint32_t)(fault % 3), 1, 1, 0};
    } else {
        record_out->kind = HUM_TRACE_BATCH;
        record_out->batch.faults = 1;
        record_out->batch.service_ns = 8000 + (uint32_t)random_below(random, 8000);
    }
}

const char *records_path(void)
{
    static char paths[8][256];
    static unsigned next;
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* many small files */
    char *path = paths[next % 8];

    snprintf(path, sizeof paths[0], "%s/hum-test-%d-%u.trace", folder, (int)getpid(),
             next);
    next++;
    return path;
}

enum hum_status records_write(const char *path, const struct hum_trace_record *records,
                              size_t count, size_t chunk)
{
    struct hum_trace_writer *writer;
    enum hum_status status = hum_trace_create(path, &writer);

    if (status != HUM_OK)
        return status;
    for (size_t i = 0; i < count && status == HUM_OK; i++) {
        status = hum_trace_put(writer, &records[i]);
        if (status == HUM_OK && chunk && (i + 1) % chunk == 0)
            status = hum_trace_flush(writer);
    }
    if (status != HUM_OK) {
        (void)!hum_trace_writer_close(writer);
        return status;
    }
    return hum_trace_writer_close(writer);
}

unsigned char *records_bytes(const char *path, size_t *bytes_out)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long size;

    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
        rewind(file);
        bytes = malloc((size_t)size + 1);
        *bytes_out = bytes ? fread(bytes, 1, (size_t)size, file) : 0;
    }
    fclose(file);
    return bytes;
}

enum hum_status records_put_bytes(const char *path, const unsigned char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    bool done = file && fwrite(bytes, 1, count, file) == count;

    if (file && fclose(file) != 0)
        done = false;
    return done ? HUM_OK : HUM_ERR_SYSTEM;
}
