/* SPDX-License-Identifier: MIT */
/* sink.c - where a running program puts its records: a ring, and a thread that writes them. */
#include "trace/sink.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "trace/record.h"
#include "trace/ring.h"

#define WAKE_NS (20 * HUMI_NS_PER_MS)
#define FLUSH_NS HUMI_NS_PER_S

struct humi_sink {
    struct humi_trace_ring *ring;
    pthread_t thread;
    sem_t wake;
    _Atomic bool woken;                          /* the thread was told already */
    _Atomic bool closing;

    /* The thread's alone, until it has been joined. */
    struct hum_trace_writer *writer;
    uint64_t unflushed_since_ns;                 /* 0: nothing is held back */
    uint64_t last_time_ns;                       /* of the records so far */
    _Atomic uint64_t refused[HUM_TRACE_KIND_COUNT]; /* written by the thread, read by any */
    enum hum_status failed;                      /* first failed write */
    char failed_text[HUMI_ERROR_TEXT_BYTES];
};

/* ---- the thread ----------------------------------------------------------------------------- */

/* Logged once; what comes later is thrown away, and counted as dropped. */
static void note_failure(struct humi_sink *sink, enum hum_status status)
{
    if (status == HUM_OK || sink->failed != HUM_OK)
        return;
    sink->failed = status;
    humi_error_save(sink->failed_text, sizeof sink->failed_text);
    humi_warn("%s; nothing more is traced", sink->failed_text);
}

static void refuse(struct humi_sink *sink, enum hum_trace_kind kind)
{
    atomic_fetch_add_explicit(&sink->refused[kind], 1, memory_order_relaxed);
}

static void write_record(struct humi_sink *sink, const struct hum_trace_record *record)
{
    enum hum_status status;

    if (sink->failed != HUM_OK) {
        refuse(sink, record->kind);
        return;
    }
    status = hum_trace_put(sink->writer, record);
    if (status == HUM_ERR_INVALID) {
        if (atomic_load_explicit(&sink->refused[record->kind], memory_order_relaxed) == 0)
            humi_warn("a record is not traced: %s", hum_error_text());
        refuse(sink, record->kind);
        return;
    }
    note_failure(sink, status);
    if (record->time_ns > sink->last_time_ns)
        sink->last_time_ns = record->time_ns;
    if (sink->unflushed_since_ns == 0)
        sink->unflushed_since_ns = humi_clock_real_ns();
}

static void drain(struct humi_sink *sink)
{
    const struct hum_trace_record *record;

    while ((record = humi_trace_ring_front(sink->ring)) != NULL) {
        write_record(sink, record);
        humi_trace_ring_pop(sink->ring);
    }
}

static void flush_in_time(struct humi_sink *sink)
{
    if (sink->unflushed_since_ns == 0 ||
        humi_clock_real_ns() - sink->unflushed_since_ns < FLUSH_NS - WAKE_NS)
        return;
    if (sink->failed == HUM_OK)
        note_failure(sink, hum_trace_flush(sink->writer));
    sink->unflushed_since_ns = 0;
}

static void sleep_a_while(struct humi_sink *sink)
{
    uint64_t until = humi_clock_real_ns() + WAKE_NS;
    struct timespec t = {(time_t)(until / HUMI_NS_PER_S), (long)(until % HUMI_NS_PER_S)};

    while (sem_clockwait(&sink->wake, CLOCK_MONOTONIC, &t) != 0 && errno == EINTR)
        continue;
    atomic_store_explicit(&sink->woken, false, memory_order_relaxed);
}

static void *run(void *argument)
{
    struct humi_sink *sink = argument;

    humi_signals_never();
    while (!atomic_load_explicit(&sink->closing, memory_order_acquire)) {
        sleep_a_while(sink);
        drain(sink);
        flush_in_time(sink);
    }
    drain(sink);
    return NULL;
}

/* ---- for everybody -------------------------------------------------------------------------- */

static void sink_free(struct humi_sink *sink)
{
    humi_trace_ring_destroy(sink->ring);
    sem_destroy(&sink->wake);
    free(sink);
}

enum hum_status humi_sink_open(const char *path, size_t ring_slots, struct humi_sink **sink_out)
{
    struct humi_sink *sink = calloc(1, sizeof *sink);
    enum hum_status status;

    if (!sink)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the trace %s", path);
    sem_init(&sink->wake, 0, 0);
    status = humi_trace_ring_create(ring_slots, &sink->ring);
    if (status == HUM_OK)
        status = hum_trace_create(path, &sink->writer);
    if (status == HUM_OK)
        status = humi_thread_start(&sink->thread, "hum-trace", run, sink);
    if (status != HUM_OK) {
        if (sink->writer)
            (void)!hum_trace_writer_close(sink->writer);
        sink_free(sink);
        return status;
    }
    *sink_out = sink;
    return HUM_OK;
}

void humi_sink_put(struct humi_sink *sink, const struct hum_trace_record *record)
{
    if (!sink)
        return;
    if (humi_trace_ring_put(sink->ring, record) == HUMI_TRACE_KEPT)
        return;
    if (!atomic_exchange_explicit(&sink->woken, true, memory_order_relaxed))
        sem_post(&sink->wake);
}

void humi_sink_await(struct humi_sink *sink)
{
    struct timespec pause = {0, 200000};

    while (sink && humi_trace_ring_is_half_full(sink->ring)) {
        if (!atomic_exchange_explicit(&sink->woken, true, memory_order_relaxed))
            sem_post(&sink->wake);
        nanosleep(&pause, NULL);
    }
}

static uint64_t dropped_of(const struct humi_sink *sink, enum hum_trace_kind kind)
{
    return humi_trace_ring_dropped(sink->ring, kind) +
           atomic_load_explicit(&sink->refused[kind], memory_order_relaxed);
}

uint64_t humi_sink_dropped(const struct humi_sink *sink)
{
    uint64_t dropped = 0;

    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        dropped += dropped_of(sink, (enum hum_trace_kind)kind);
    return dropped;
}

static void write_dropped(struct humi_sink *sink)
{
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++) {
        struct hum_trace_record record = {.kind = HUM_TRACE_DROPPED};

        record.time_ns = sink->last_time_ns;
        record.dropped.kind = kind;
        record.dropped.count = dropped_of(sink, (enum hum_trace_kind)kind);
        if (record.dropped.count > 0)
            write_record(sink, &record);
    }
}

enum hum_status humi_sink_close(struct humi_sink *sink, const struct hum_trace_record *totals)
{
    enum hum_status status;

    if (!sink)
        return HUM_OK;
    atomic_store_explicit(&sink->closing, true, memory_order_release);
    sem_post(&sink->wake);
    pthread_join(sink->thread, NULL);
    write_dropped(sink);
    if (totals)
        write_record(sink, totals);
    status = hum_trace_writer_close(sink->writer);
    if (sink->failed != HUM_OK) {
        status = sink->failed;
        humi_error_restore(sink->failed_text);
    }
    sink_free(sink);
    return status;
}
