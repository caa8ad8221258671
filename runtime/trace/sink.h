/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where a running program puts its records: a ring, and a thread that gives them on.
 *
 *     any thread --put--> ring --thread--> consumer: a file (file.h), a callback (core/watch.h)
 *
 * The thread wakes every 20 ms, and sooner when the ring is half full.  When the ring is full,
 * records are dropped and counted by kind; the consumer says so where it gives records to.
 *
 * Threads: put from any, with any lock held: it takes none, never waits, never allocates, makes at
 * most one system call, which does not sleep.  Open and free: nobody may be putting; what is put
 * while it closes, or later, is taken or lost, and nobody waits for room any more.  The thread
 * holds no lock, is out of reach of the program's signals, and touches no managed memory unless
 * its consumer does.
 */
#ifndef HUMI_TRACE_SINK_H
#define HUMI_TRACE_SINK_H

#include <hum/trace.h>

#define HUMI_SINK_SLOTS ((size_t)8192) /* 3.5 MiB: 80 ms of 100 000 records a second */
#define HUMI_SINK_WAKE_NS UINT64_C(20000000)

struct humi_sink;

/* What becomes of the records.  All are called by the sink's thread, with the consumer's `self`. */
struct humi_consumer {
    /* Before the first record; NULL: nothing to do. */
    void (*begin)(void *self);
    /* The next record; only valid during the call. */
    void (*take)(void *self, const struct hum_trace_record *record);
    /* Whenever no record is left, and at least every 256 records; NULL: nothing to do. */
    void (*rest)(void *self, const struct humi_sink *sink);
    /* Behind the last record; NULL: nothing to do. */
    void (*end)(void *self);
};

struct humi_sink_params {
    const char *name;                     /* of the thread */
    size_t ring_slots;                    /* as of humi_trace_ring_create() */
    const struct humi_consumer *consumer; /* static */
    void *self;
};

/* Start the thread. */
HUM_MUST_USE enum hum_status humi_sink_open(const struct humi_sink_params *params,
                                            struct humi_sink **sink_out);

/* Keep the record, if there is room.  NULL as sink is allowed and keeps nothing. */
void humi_sink_put(struct humi_sink *sink, const struct hum_trace_record *record);

/*
 * Wait until most of the ring is free: for a producer that would rather wait than lose records.
 * NULL is allowed.
 */
void humi_sink_await(struct humi_sink *sink);

/* Records of the kind that found no room, so far. */
uint64_t humi_sink_dropped(const struct humi_sink *sink, enum hum_trace_kind kind);

/* Everything that was put has been taken, and the thread has ended.  NULL is allowed. */
void humi_sink_close(struct humi_sink *sink);

/* After close, or never opened in full.  NULL is allowed. */
void humi_sink_free(struct humi_sink *sink);

#endif
