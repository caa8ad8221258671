/* SPDX-License-Identifier: MIT */
/* file.c - the trace that a running program writes. */
#include "trace/file.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "trace/sink.h"

#define FLUSH_NS HUMI_NS_PER_S /* sooner, what a chunk costs outweighs what it says */

struct humi_file {
    struct humi_sink *sink;

    /* The thread's alone, until it has ended. */
    struct hum_trace_writer *writer;
    uint64_t unflushed_since_ns;                 /* 0: nothing is held back */
    bool began;                                  /* what was there first has left */
    uint64_t last_time_ns;                       /* of the records so far */
    _Atomic uint64_t refused[HUM_TRACE_KIND_COUNT]; /* written by the thread, read by any */
    enum hum_status failed;                      /* first failed write */
    char failed_text[HUMI_ERROR_TEXT_BYTES];
};

/* ---- the thread ----------------------------------------------------------------------------- */

/* Logged once; what comes later is thrown away, and counted as dropped. */
static void note_failure(struct humi_file *file, enum hum_status status)
{
    if (status == HUM_OK || file->failed != HUM_OK)
        return;
    file->failed = status;
    humi_error_save(file->failed_text, sizeof file->failed_text);
    humi_warn("%s; nothing more is traced", file->failed_text);
}

static void refuse(struct humi_file *file, enum hum_trace_kind kind)
{
    atomic_fetch_add_explicit(&file->refused[kind], 1, memory_order_relaxed);
}

static void take(void *self, const struct hum_trace_record *record)
{
    struct humi_file *file = self;
    enum hum_status status;

    if (file->failed != HUM_OK) {
        refuse(file, record->kind);
        return;
    }
    status = hum_trace_put(file->writer, record);
    if (status == HUM_ERR_INVALID) {
        if (atomic_load_explicit(&file->refused[record->kind], memory_order_relaxed) == 0)
            humi_warn("a record is not traced: %s", hum_error_text());
        refuse(file, record->kind);
        return;
    }
    note_failure(file, status);
    if (record->time_ns > file->last_time_ns)
        file->last_time_ns = record->time_ns;
    if (file->unflushed_since_ns == 0)
        file->unflushed_since_ns = humi_clock_real_ns();
}

/*
 * Flush in time: the thread may sleep before it comes here again.  What comes first leaves at once,
 * so a trace says of which program it is, however soon that is killed.
 */
static void rest(void *self, const struct humi_sink *sink)
{
    struct humi_file *file = self;

    (void)sink;
    if (file->unflushed_since_ns == 0 ||
        (file->began &&
         humi_clock_real_ns() - file->unflushed_since_ns < FLUSH_NS - HUMI_SINK_WAKE_NS))
        return;
    file->began = true;
    if (file->failed == HUM_OK)
        note_failure(file, hum_trace_flush(file->writer));
    file->unflushed_since_ns = 0;
}

/* ---- for everybody -------------------------------------------------------------------------- */

enum hum_status humi_file_open(const char *path, size_t ring_slots, struct humi_file **file_out)
{
    static const struct humi_consumer consumer = {.take = take, .rest = rest};
    struct humi_file *file = calloc(1, sizeof *file);
    const struct humi_sink_params params = {"hum-trace", ring_slots, &consumer, file};
    enum hum_status status;

    if (!file)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the trace %s", path);
    status = hum_trace_create(path, &file->writer);
    if (status == HUM_OK)
        status = humi_sink_open(&params, &file->sink);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];

        humi_error_save(text, sizeof text);
        (void)!hum_trace_writer_close(file->writer);
        humi_error_restore(text);
        free(file);
        return status;
    }
    *file_out = file;
    return HUM_OK;
}

void humi_file_put(struct humi_file *file, const struct hum_trace_record *record)
{
    if (file)
        humi_sink_put(file->sink, record);
}

void humi_file_await(struct humi_file *file)
{
    if (file)
        humi_sink_await(file->sink);
}

static uint64_t dropped_of(const struct humi_file *file, enum hum_trace_kind kind)
{
    return humi_sink_dropped(file->sink, kind) +
           atomic_load_explicit(&file->refused[kind], memory_order_relaxed);
}

uint64_t humi_file_dropped(const struct humi_file *file)
{
    uint64_t dropped = 0;

    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        dropped += dropped_of(file, (enum hum_trace_kind)kind);
    return dropped;
}

static void write_dropped(struct humi_file *file)
{
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++) {
        struct hum_trace_record record = {.kind = HUM_TRACE_DROPPED};

        record.time_ns = file->last_time_ns;
        record.dropped.kind = kind;
        record.dropped.count = dropped_of(file, (enum hum_trace_kind)kind);
        if (record.dropped.count > 0)
            take(file, &record);
    }
}

enum hum_status humi_file_end(struct humi_file *file, const struct hum_trace_record *totals)
{
    enum hum_status status;

    if (!file)
        return HUM_OK;
    humi_sink_close(file->sink);
    write_dropped(file);
    if (totals)
        take(file, totals);
    status = hum_trace_writer_close(file->writer);
    if (file->failed != HUM_OK) {
        status = file->failed;
        humi_error_restore(file->failed_text);
    }
    return status;
}

enum hum_status humi_file_close(struct humi_file *file, const struct hum_trace_record *totals)
{
    enum hum_status status = humi_file_end(file, totals);

    if (!file)
        return status;
    humi_sink_free(file->sink);
    free(file);
    return status;
}
