/* SPDX-License-Identifier: MIT */
/* record.c - events, faults and launches as counters and as records of a trace. */
#include "core/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "core/counts.h"
#include "core/kernels.h"
#include "core/module.h"
#include "core/sample.h"
#include "core/stream.h"
#include "core/watch.h"
#include "trace/file.h"
#include "trace/sink.h"

static uint64_t since_open(const struct hum *hum, uint64_t ns)
{
    return ns > hum->recorder.start_ns ? ns - hum->recorder.start_ns : 0;
}

/* Nobody keeps records: they are not even made. */
static bool is_silent(struct hum *hum)
{
    return atomic_load_explicit(&hum->recorder.listeners, memory_order_relaxed) == 0;
}

void humi_record_put(struct hum *hum, const struct hum_trace_record *record)
{
    const struct humi_listener *direct = hum->recorder.direct;
    if (hum->recorder.file) {
        if (hum->modelled)
            humi_file_await(hum->recorder.file);
        humi_file_put(hum->recorder.file, record);
    }
    humi_watches_put(hum, record);
    if (direct)
        direct->take(direct->self, record);
}

static uint32_t narrow(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void tell_setting(const struct humi_listener *listener, const char *key, const char *value)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_SETTING};
    if (!value || !*value)
        return;
    snprintf(record.setting.key, sizeof record.setting.key, "%.31s", key);
    snprintf(record.setting.value, sizeof record.setting.value, "%s", value);
    listener->take(listener->self, &record);
}

/* The command line with blanks between its words, cut to what fits. */
static void read_program(char *text, size_t bytes)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, bytes - 1);
    if (fd >= 0)
        close(fd);
    n = n < 0 ? 0 : n;
    for (ssize_t i = 0; i + 1 < n; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    text[n] = '\0';
}

static void tell_space(const struct hum *hum, const struct humi_listener *listener)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_SPACE};
    record.space.start = hum->params.start;
    record.space.bytes = hum->params.bytes;
    record.space.unix_ns = hum->recorder.unix_ns;
    record.space.pid = (uint32_t)getpid();
    read_program(record.space.program, sizeof record.space.program);
    listener->take(listener->self, &record);
}

static const char *grade_of(const struct hum *hum)
{
    if (hum->keeper)
        return "told";
    if (hum->params.exact)
        return hum->epochs.watched ? "full" : "exact";
    return hum->epochs.watched ? "epoch" : "none";
}

static void tell_settings(const struct hum *hum, const struct humi_listener *listener)
{
    const struct humi_processor *host = hum->processor[0];
    char text[256];
    struct utsname names;
    tell_setting(listener, "policy", hum->policies.text);
    tell_setting(listener, "link", hum->recorder.link.name);
    tell_setting(listener, "accesses", grade_of(hum));
    tell_setting(listener, "deterministic", hum->deterministic ? "yes" : "no");
    snprintf(text, sizeof text, "%llu", (unsigned long long)hum->stale_max);
    tell_setting(listener, "stale blocks", text);
    if (hum->sample) {
        struct hum_stats stats = {0};
        humi_sample_tell(hum, &stats);
        snprintf(text, sizeof text, "%g%%", stats.sample_ppm / 1e4);
        tell_setting(listener, "sample", text);
    }
    tell_setting(listener, "pages", host->huge ? "huge" : "small");
    tell_setting(listener, "read-only copies", host->shared_read ? "yes" : "no");
    if (uname(&names) == 0) {
        snprintf(text, sizeof text, "%.64s %.64s %.64s", names.sysname, names.release,
                 names.machine);
        tell_setting(listener, "kernel", text);
    }
    snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    tell_setting(listener, "cores", text);
    snprintf(text, sizeof text, "%d.%d.%d", HUM_VERSION_MAJOR, HUM_VERSION_MINOR,
             HUM_VERSION_PATCH);
    tell_setting(listener, "hum", text);
}

/* What decides, beside its capacity, what a processor is given at a fault. */
static void tell_abilities(const struct humi_processor *processor, int number,
                           const struct humi_listener *listener)
{
    char key[64], text[64];
    snprintf(key, sizeof key, HUMI_RECORD_ABILITIES "%d", number);
    snprintf(text, sizeof text, "%s%s%s", processor->huge ? "huge " : "",
             processor->shared_read ? "shares " : "", processor->opens_reads ? "opens " : "");
    size_t length = strlen(text);
    if (length)
        text[length - 1] = '\0';
    tell_setting(listener, key, length ? text : "none");
}

static void tell_processors(const struct hum *hum, const struct humi_listener *listener)
{
    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_processor *processor = hum->processor[p];
        struct hum_trace_record record = {.kind = HUM_TRACE_PROCESSOR};
        record.processor.processor = humi_public(p);
        snprintf(record.processor.name, sizeof record.processor.name, "%s", processor->name);
        snprintf(record.processor.kind, sizeof record.processor.kind, "%s", processor->kind);
        record.processor.capacity_bytes = processor->memory_bytes;
        record.processor.workers = processor->workers;
        listener->take(listener->self, &record);
        tell_abilities(processor, humi_public(p), listener);
    }
}

void humi_record_head(const struct hum *hum, const struct humi_listener *listener)
{
    tell_space(hum, listener);
    tell_settings(hum, listener);
    tell_processors(hum, listener);
}

static void keep_in_file(void *self, const struct hum_trace_record *record)
{
    humi_file_put(self, record);
}

enum hum_status humi_record_open(struct hum *hum, const char *path)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    hum->recorder.start_ns = humi_clock_ns();
    hum->recorder.unix_ns = (uint64_t)now.tv_sec * HUMI_NS_PER_S + (uint64_t)now.tv_nsec;
    if (hum->recorder.direct) {
        humi_record_head(hum, hum->recorder.direct);
        atomic_fetch_add(&hum->recorder.listeners, 1);
    }
    if (!path)
        return HUM_OK;
    enum hum_status status = humi_file_open(path, HUMI_SINK_SLOTS, &hum->recorder.file);
    if (status != HUM_OK)
        return status;
    const struct humi_listener listener = {keep_in_file, hum->recorder.file};
    humi_record_head(hum, &listener);
    atomic_fetch_add(&hum->recorder.listeners, 1);
    return HUM_OK;
}

struct hum_trace_record humi_record_totals(struct hum *hum)
{
    struct hum_trace_record totals = {.kind = HUM_TRACE_TOTALS};
    totals.time_ns = since_open(hum, humi_clock_ns());
    humi_counts_of_space(hum, &totals.totals.counters);
    return totals;
}

void humi_record_close(struct hum *hum)
{
    const struct humi_listener *direct = hum->recorder.direct;
    const struct hum_trace_record totals = humi_record_totals(hum);
    if (direct)
        direct->take(direct->self, &totals);
    if (!hum->recorder.file)
        return;
    if (humi_file_close(hum->recorder.file, &totals) != HUM_OK)
        humi_warn("the trace is not complete: %s", hum_error_text());
    hum->recorder.file = NULL;
    atomic_fetch_sub(&hum->recorder.listeners, 1);
}

void humi_record_end(struct hum *hum)
{
    if (!hum->recorder.file)
        return;
    const struct hum_trace_record totals = humi_record_totals(hum);
    if (humi_file_end(hum->recorder.file, &totals) != HUM_OK)
        humi_warn("the trace is not complete: %s", hum_error_text());
}

/* Of a trace that can be replayed nothing may be lost that a replay needs. */
static void await_room(struct hum *hum)
{
    if (hum->params.exact || hum->epochs.watched)
        humi_file_await(hum->recorder.file);
}

/* ---- what things are ------------------------------------------------------------------------- */

struct hum_trace_region humi_record_region_of(const struct hum *hum,
                                              const struct humi_region *region)
{
    struct hum_trace_region record = {
        .region = region->id, .bytes = region->asked_bytes, .flags = region->flags};
    record.first_page = (region->start - hum->params.start) / HUM_PAGE_SIZE;
    if (region->name)
        snprintf(record.name, sizeof record.name, "%s", region->name);
    return record;
}

struct hum_trace_kernel humi_record_kernel_of(const struct hum_kernel *kernel)
{
    struct hum_trace_kernel record = {.device = humi_public(kernel->module->processor)};
    record.kernel = humi_record_kernel_id(kernel->module->processor, kernel->id);
    snprintf(record.name, sizeof record.name, "%s", kernel->name);
    return record;
}

void humi_record_region(struct hum *hum, const struct humi_region *region)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_REGION};
    if (is_silent(hum))
        return;
    record.time_ns = since_open(hum, humi_clock_ns());
    record.region = humi_record_region_of(hum, region);
    await_room(hum);
    humi_record_put(hum, &record);
}

void humi_record_region_end(struct hum *hum, const struct humi_region *region)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_REGION_END};
    if (is_silent(hum))
        return;
    record.time_ns = since_open(hum, humi_clock_ns());
    record.region_end.region = region->id;
    await_room(hum);
    humi_record_put(hum, &record);
}

void humi_record_kernel(struct hum *hum, const struct hum_kernel *kernel)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_KERNEL};
    if (is_silent(hum))
        return;
    record.time_ns = since_open(hum, humi_clock_ns());
    record.kernel = humi_record_kernel_of(kernel);
    await_room(hum);
    humi_record_put(hum, &record);
}

/* ---- what the program asked for -------------------------------------------------------------- */

static void put_call(struct hum *hum, const struct hum_trace_call *call)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_CALL};
    record.time_ns = since_open(hum, humi_clock_ns());
    record.call = *call;
    humi_file_await(hum->recorder.file);
    humi_record_put(hum, &record);
}

static uint32_t region_at(struct hum *hum, const void *ptr)
{
    struct humi_region *region = humi_regions_find(&hum->regions, (uintptr_t)ptr);
    uint32_t id = region ? region->id : 0;
    humi_region_put(region);
    return id;
}

void humi_record_ranges(struct hum *hum, const struct humi_record_ranges *told)
{
    const struct hum_stream *stream = told->stream;
    struct hum_trace_call call = {
        .call = told->discard ? HUM_TRACE_CALL_DISCARD : HUM_TRACE_CALL_PREFETCH,
        .processor = told->discard ? HUM_HOST : humi_public(told->processor),
        .device = stream ? humi_public(stream->processor) : HUM_HOST,
        .stream = stream ? stream->queue : 0,
        .submit_ns = since_open(hum, told->submit_ns),
    };
    for (size_t i = 0; i < told->count && !is_silent(hum); i++) {
        call.rest = narrow(told->count - 1 - i);
        call.region = region_at(hum, told->ranges[i].ptr);
        call.offset = (uintptr_t)told->ranges[i].ptr - hum->params.start;
        call.bytes = told->ranges[i].bytes;
        put_call(hum, &call);
    }
}

void humi_record_call(struct hum *hum, const struct hum_trace_call *told, const char *text)
{
    struct hum_trace_call call = *told;
    const size_t piece = sizeof call.text - 1;
    size_t bytes = text ? strlen(text) : 0;
    if (is_silent(hum))
        return;
    call.device = HUM_HOST;
    call.submit_ns = since_open(hum, humi_clock_ns());
    call.rest = bytes ? (uint32_t)((bytes - 1) / piece) : 0;
    do {
        snprintf(call.text, sizeof call.text, "%s", text ? text : "");
        put_call(hum, &call);
        text = text ? text + strlen(call.text) : NULL;
    } while (call.rest--);
}

/* ---- what was touched ------------------------------------------------------------------------ */

void humi_record_access(struct hum *hum, const struct hum_trace_access *access)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_ACCESS};
    record.time_ns = since_open(hum, humi_clock_ns());
    record.access = *access;
    humi_file_await(hum->recorder.file);
    humi_record_put(hum, &record);
}

void humi_record_touch(struct hum *hum, unsigned processor, const struct humi_touch *touch)
{
    const struct hum_trace_access access = {
        .agent = processor * 1024u + touch->worker,
        .processor = humi_public(processor),
        .kernel = humi_record_kernel_id(processor, touch->kernel),
        .launch = touch->launch,
        .first_page = touch->page,
        .pages = touch->pages,
        .count = touch->count,
        .write = touch->write,
        .lines = touch->lines,
    };
    humi_record_access(hum, &access);
}

void humi_record_epoch(struct hum *hum, uint64_t epoch, uint64_t launch)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_EPOCH};
    record.time_ns = since_open(hum, humi_clock_ns());
    record.epoch.epoch = epoch;
    record.epoch.launch = launch;
    humi_file_await(hum->recorder.file);
    humi_record_put(hum, &record);
}

/* ---- what happened --------------------------------------------------------------------------- */

static void count_launch(struct hum *hum, const struct humi_record_launch *launch)
{
    struct humi_kernel_meter *meter = humi_kernels_find(hum, launch->processor, launch->kernel);
    if (!meter || !launch->start_ns || launch->end_ns < launch->start_ns)
        return;
    humi_meter_add(&meter->launches, 1);
    humi_meter_add(&meter->launch_ns, launch->end_ns - launch->start_ns);
}

void humi_record_launch(struct hum *hum, const struct humi_record_launch *launch)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_LAUNCH};
    count_launch(hum, launch);
    if (is_silent(hum))
        return;
    record.time_ns = since_open(hum, launch->start_ns ? launch->start_ns : launch->submit_ns);
    record.launch = (struct hum_trace_launch){
        .launch = launch->launch,
        .kernel = humi_record_kernel_id(launch->processor, launch->kernel),
        .device = humi_public(launch->processor),
        .stream = launch->queue,
        .status = launch->status,
        .count = launch->count,
        .submit_ns = since_open(hum, launch->submit_ns),
        .end_ns = since_open(hum, launch->end_ns),
    };
    await_room(hum);
    humi_record_put(hum, &record);
}

static void trace_event(struct hum *hum, const struct humi_region *region,
                        const struct humi_block *block, const struct humi_event *event)
{
    struct hum_trace_record record; /* of which the event alone is read, a third of it */
    record.kind = HUM_TRACE_EVENT;
    record.time_ns = since_open(hum, event->start_ns);
    record.event = (struct hum_trace_event){
        .cause = event->cause,
        .processor = humi_public(event->processor),
        .region = region ? region->id : 0,
        .kernel = event->kernel ? humi_record_kernel_id(event->processor, event->kernel - 1) : 0,
        .thread = event->thread,
        .block = block->index,
        .pages = event->which,
        .moved = event->moved,
        .move_ns = narrow(event->move_ns),
        .modelled_ns = narrow(event->modelled_ns),
        .evicted = event->evicted,
    };
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        record.event.bytes[d] = event->bytes[d];
    humi_record_put(hum, &record);
}

/* What the event's copies would have cost on the link; 0 if none is modelled. */
static uint64_t modelled(const struct hum *hum, const struct humi_event *event)
{
    uint64_t bytes = 0;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        bytes += event->bytes[d];
    if (hum->recorder.link.ns_per_byte == 0 || bytes == 0)
        return 0;
    unsigned copies = event->pages == 1 ? 1 : humi_mask_count_runs(&event->moved);
    return humi_link_ns(&hum->recorder.link, bytes, copies);
}

void humi_record_event(struct hum *hum, struct humi_region *region, struct humi_block *block,
                       struct humi_event *event)
{
    event->modelled_ns = modelled(hum, event);
    if (!hum->modelled)
        humi_history_put(&block->history, event);
    humi_counts_event(hum, region, event);
    if (hum->recorder.witness)
        hum->recorder.witness->event(hum->recorder.witness->self, block->index, event);
    if (!is_silent(hum))
        trace_event(hum, region, block, event);
}

void humi_record_event_part(struct hum *hum, struct humi_region *region, struct humi_event *event)
{
    struct humi_meter *const meter = humi_region_meter(region);
    event->modelled_ns = modelled(hum, event);
    humi_meter_event(&meter, 1, event);
}

void humi_record_faults(struct hum *hum, struct humi_region *region, struct humi_block *block,
                        const struct humi_record_faults *faults)
{
    struct hum_trace_record record;
    if (!hum->modelled)
        humi_history_faults(&block->history, faults->processor, faults->faults);
    humi_counts_faults(hum, region, faults->processor, faults->kernel, faults->faults,
                       faults->duplicates);
    if (hum->recorder.witness)
        hum->recorder.witness->faults(hum->recorder.witness->self, faults);
    if (is_silent(hum))
        return;
    record.kind = HUM_TRACE_FAULTS;
    record.time_ns = since_open(hum, faults->start_ns);
    record.faults = (struct hum_trace_faults){
        .processor = humi_public(faults->processor),
        .region = region ? region->id : 0,
        .kernel = faults->kernel ? humi_record_kernel_id(faults->processor, faults->kernel - 1) : 0,
        .faults = faults->faults,
        .duplicates = faults->duplicates,
    };
    humi_record_put(hum, &record);
}

void humi_record_service(struct hum *hum, struct humi_region *region, unsigned processor,
                         unsigned kernel, uint64_t ns)
{
    if (!ns) /* as in every replay */
        return;
    humi_counts_service(hum, region, processor, kernel, ns);
}

void humi_record_batch_start(struct hum *hum, unsigned processor)
{
    humi_counts_batch(hum, processor);
}

void humi_record_batch(struct hum *hum, const struct humi_record_batch *batch)
{
    struct hum_trace_record record;
    if (hum->recorder.witness)
        hum->recorder.witness->batch(hum->recorder.witness->self);
    if (is_silent(hum))
        return;
    record.kind = HUM_TRACE_BATCH;
    record.time_ns = since_open(hum, batch->start_ns);
    record.batch = (struct hum_trace_batch){.processor = humi_public(batch->processor),
                                            .faults = batch->faults,
                                            .service_ns = narrow(batch->service_ns)};
    humi_record_put(hum, &record);
}
