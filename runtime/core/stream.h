/* SPDX-License-Identifier: MIT */
/*
 * stream.h - work in order: launches, prefetches, discards and event marks of one stream.
 *
 * Every piece of work gets the next sequence number of its stream, and they finish in that order.
 * Launches go straight to the device (its queue keeps their order) as long as nothing else is
 * pending; work that the runtime itself does (a prefetch, waiting for another stream's event) is
 * queued for the stream's own thread, started when first needed, and launches behind it queue too.
 *
 *     seq      1        2        3         4         5
 *     work     launch   launch   prefetch  launch    (next)
 *              '-- outstanding --'  '-- queued ------'
 *                  at the device        at the thread
 *
 * Who waits collects: whoever needs the outcome of the oldest launch waits for its ticket itself,
 * without the lock, as the one collector; the others wait for the collector.  One that needs a
 * later launch, of many short ones, waits for that one's ticket as long as nobody else waits: then
 * it is woken once.
 *
 * Threads: `lock`, rank STREAM, never two streams' at once.
 * Ownership: the list of the space holds one reference, each mark another.
 */
#ifndef HUMI_CORE_STREAM_H
#define HUMI_CORE_STREAM_H

#include <pthread.h>

#include "base/status.h"
#include "core/core.h"

struct humi_uses;

/* A point of a stream that an event remembers.  Counted. */
struct humi_mark {
    struct humi_link link;       /* of the stream's marks, while it has not happened */
    struct hum_stream *stream;   /* a reference */
    uint64_t sequence;
    atomic_uint references;
    atomic_bool happened;
    _Atomic uint64_t ns;         /* when, CLOCK_MONOTONIC */
    _Atomic uint64_t start_ns;   /* when the last launch before it started; 0: none */
    _Atomic int status;          /* enum hum_status: the stream's error then */
};

/* A launch at the device. */
struct humi_ticket {
    uint64_t sequence, ticket;
    uint64_t launch, count;      /* number in traces; indices or work-items */
    uint64_t submit_ns;
    unsigned kernel;             /* as the device knows it */
    struct humi_uses *uses;      /* declared, until its outcome is seen; NULL: none */
    bool is_own;                 /* the program's own work, no launch of hum's (lend.c) */
};

struct hum_stream {
    struct humi_link all;        /* of hum.streams, guarded by the HUM lock */
    struct hum *hum;             /* fixed */
    unsigned processor;          /* number of its device, fixed */
    unsigned queue;              /* at the device, fixed */
    bool is_default;             /* fixed */
    atomic_uint references;

    struct humi_lock lock;       /* guards what follows */
    pthread_cond_t changed;
    uint64_t issued, finished;   /* sequence numbers */
    struct humi_ticket *tickets; /* outstanding launches, a ring of ticket_room entries */
    size_t ticket_first, ticket_count, ticket_room;
    struct humi_uses *uses;      /* of the next launch; NULL: nothing was declared */
    bool is_lent;                /* the program's own code has the device (lend.c) */
    struct humi_uses *lent;      /* what it uses; NULL: that was not asked for */
    unsigned lent_restarted;     /* the processor's, when it was brought */
    struct humi_list work;       /* of struct humi_work */
    struct humi_list marks;      /* of humi_mark.link, in order of sequence */
    bool collecting, busy;       /* someone waits for a ticket; the thread works on something */
    unsigned waiting;            /* threads that wait for the collector */
    bool has_thread, stopping;
    pthread_t thread;
    enum hum_status error;       /* first since the last wait */
    char error_text[HUMI_ERROR_TEXT_BYTES];
    uint64_t started_ns;         /* when the last launch that finished started; 0: none */
    uint64_t finished_ns;        /* when the last piece finished */
};

/* Work that the stream's thread does. */
struct humi_work {
    struct humi_link link;
    uint64_t sequence;
    bool is_launch;              /* finishes when its ticket does, not when run() returns */
    /* Runs without a lock held, after everything before it has finished; frees nothing. */
    enum hum_status (*run)(struct hum_stream *stream, struct humi_work *work);
    /* Frees the work and what it holds. */
    void (*destroy)(struct humi_work *work);
};

/* Queue work; the stream owns it from here, also on failure (when it is destroyed at once). */
enum hum_status humi_stream_queue(struct hum_stream *stream, struct humi_work *work);

/* Room for one more outstanding launch, before it is submitted; the stream's lock is held. */
enum hum_status humi_ticket_reserve(struct hum_stream *stream);
/* One more, in its turn; cannot fail where there was room. */
enum hum_status humi_ticket_push(struct hum_stream *stream, struct humi_ticket ticket);

/* Give back what was lent, as the stream ends. */
void humi_lend_close(struct hum_stream *stream);

/* Every stream of a device (HUM_ALL: of all), in order of creation; for hum_wait and hum_close. */
enum hum_status humi_streams_wait(struct hum *hum, int device);
void humi_streams_close(struct hum *hum);

enum hum_status humi_stream_open(struct hum *hum, unsigned processor, bool is_default,
                                 struct hum_stream **stream_out);

/* Wait until everything up to `sequence` has finished. */
void humi_stream_finish(struct hum_stream *stream, uint64_t sequence);
void humi_stream_put(struct hum_stream *stream);

/* With the stream's lock held: */
void humi_stream_finish_locked(struct hum_stream *stream, uint64_t sequence);
enum hum_status humi_stream_queue_locked(struct hum_stream *stream, struct humi_work *work);
enum hum_status humi_stream_ready(struct hum_stream *stream); /* queue_locked() cannot fail now */
void humi_stream_look(struct hum_stream *stream); /* collect what has finished already */
void humi_stream_note_error(struct hum_stream *stream, enum hum_status status, const char *text);
void humi_stream_note_finished(struct hum_stream *stream, uint64_t sequence, uint64_t ns);

/* launch.c: put a launch, whose data is right, on the stream. */
enum hum_status humi_launch(struct hum_stream *stream, const struct humi_launch *launch);

/*
 * A mark behind the work so far, with one reference; NULL when memory is out.  It takes the place
 * of `before`, a reference to another or NULL, and is that one if nobody else has one to it.
 */
struct humi_mark *humi_stream_mark(struct hum_stream *stream, struct humi_mark *before);
void humi_mark_happen(struct humi_mark *mark, uint64_t ns); /* the stream's lock is held */
void humi_mark_put(struct humi_mark *mark);

/* Has it happened?  Looks at the device, waits for nothing. */
bool humi_mark_look(struct humi_mark *mark);
void humi_mark_wait(struct humi_mark *mark);

#endif
