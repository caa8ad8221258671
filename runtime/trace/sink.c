/* SPDX-License-Identifier: MIT */
/* sink.c - where a running program puts its records: a ring, and a thread that gives them on. */
#include "trace/sink.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "trace/ring.h"

#define BATCH 256u /* records before the consumer may rest */

struct humi_sink {
    struct humi_trace_ring *ring;
    const struct humi_consumer *consumer;
    void *self;
    pthread_t thread;
    sem_t wake;
    _Atomic bool woken;                          /* the thread was told already */
    _Atomic bool closing;
};

/* ---- the thread ----------------------------------------------------------------------------- */

static void rest(struct humi_sink *sink)
{
    if (sink->consumer->rest)
        sink->consumer->rest(sink->self, sink);
}

static void drain(struct humi_sink *sink)
{
    const struct hum_trace_record *record;
    unsigned taken = 0;

    while ((record = humi_trace_ring_front(sink->ring)) != NULL) {
        sink->consumer->take(sink->self, record);
        humi_trace_ring_pop(sink->ring);
        if (++taken % BATCH == 0)
            rest(sink);
    }
    rest(sink);
}

static void sleep_a_while(struct humi_sink *sink)
{
    uint64_t until = humi_clock_real_ns() + HUMI_SINK_WAKE_NS;
    struct timespec t = {(time_t)(until / HUMI_NS_PER_S), (long)(until % HUMI_NS_PER_S)};

    while (sem_clockwait(&sink->wake, CLOCK_MONOTONIC, &t) != 0 && errno == EINTR)
        continue;
    atomic_store_explicit(&sink->woken, false, memory_order_relaxed);
}

static void *run(void *argument)
{
    struct humi_sink *sink = argument;

    humi_signals_never();
    if (sink->consumer->begin)
        sink->consumer->begin(sink->self);
    while (!atomic_load_explicit(&sink->closing, memory_order_acquire)) {
        sleep_a_while(sink);
        drain(sink);
    }
    drain(sink);
    if (sink->consumer->end)
        sink->consumer->end(sink->self);
    return NULL;
}

/* ---- for everybody -------------------------------------------------------------------------- */

void humi_sink_free(struct humi_sink *sink)
{
    if (!sink)
        return;
    humi_trace_ring_destroy(sink->ring);
    sem_destroy(&sink->wake);
    free(sink);
}

enum hum_status humi_sink_open(const struct humi_sink_params *params, struct humi_sink **sink_out)
{
    struct humi_sink *sink = calloc(1, sizeof *sink);
    enum hum_status status;

    if (!sink)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for %s", params->name);
    sem_init(&sink->wake, 0, 0);
    sink->consumer = params->consumer;
    sink->self = params->self;
    status = humi_trace_ring_create(params->ring_slots, &sink->ring);
    if (status == HUM_OK)
        status = humi_thread_start(&sink->thread, params->name, run, sink);
    if (status != HUM_OK) {
        humi_sink_free(sink);
        return status;
    }
    *sink_out = sink;
    return HUM_OK;
}

static void wake(struct humi_sink *sink)
{
    if (!atomic_exchange_explicit(&sink->woken, true, memory_order_relaxed))
        sem_post(&sink->wake);
}

void humi_sink_put(struct humi_sink *sink, const struct hum_trace_record *record)
{
    if (sink && humi_trace_ring_put(sink->ring, record) != HUMI_TRACE_KEPT)
        wake(sink);
}

void humi_sink_await(struct humi_sink *sink)
{
    struct timespec pause = {0, 200000};

    while (sink && !atomic_load_explicit(&sink->closing, memory_order_relaxed) &&
           humi_trace_ring_is_half_full(sink->ring)) {
        wake(sink);
        nanosleep(&pause, NULL);
    }
}

uint64_t humi_sink_dropped(const struct humi_sink *sink, enum hum_trace_kind kind)
{
    return humi_trace_ring_dropped(sink->ring, kind);
}

void humi_sink_close(struct humi_sink *sink)
{
    if (!sink)
        return;
    atomic_store_explicit(&sink->closing, true, memory_order_release);
    sem_post(&sink->wake);
    pthread_join(sink->thread, NULL);
}
