/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where a running program puts its records: a ring, and a thread that writes them.
 *
 *     any thread --put--> ring --thread--> chunks --write(2)--> file
 *
 * The thread wakes every 20 ms, and sooner when the ring is half full.  What it has taken is in the
 * file at most a second later, so a killed program loses that much; sooner, chunks would be so
 * small that what each costs outweighs what it says.  When the ring is full, records are dropped
 * and counted; the file says at its end how many of each kind.
 *
 * Threads: put from any, with any lock held: it takes none, never waits, never allocates, makes at
 * most one system call, which does not sleep.  Open and close: nobody may be putting.  The thread
 * is out of reach of the program's signals and touches no managed memory.
 */
#ifndef HUMI_TRACE_SINK_H
#define HUMI_TRACE_SINK_H

#include <hum/trace.h>

#define HUMI_SINK_SLOTS ((size_t)8192) /* 3.5 MiB: 80 ms of 100 000 records a second */

struct humi_sink;

/* Create the file and start the thread.  ring_slots as of humi_trace_ring_create(). */
HUM_MUST_USE enum hum_status humi_sink_open(const char *path, size_t ring_slots,
                                            struct humi_sink **sink_out);

/*
 * Keep the record, if there is room.  NULL as sink is allowed and keeps nothing.  A record that a
 * reader would refuse is not written but counted as dropped, and the first of them is logged.
 */
void humi_sink_put(struct humi_sink *sink, const struct hum_trace_record *record);

/* Wait until most of the ring is free: for a producer that would rather wait than lose records. */
void humi_sink_await(struct humi_sink *sink);

/*
 * Write everything that was put, a record of what was dropped for each kind that lost some, then
 * `totals` (NULL: none), and close the file.  Whatever is returned, the sink is gone.  A write that
 * failed at any time is reported here; it was logged when it happened.  NULL is allowed.
 */
HUM_MUST_USE enum hum_status humi_sink_close(struct humi_sink *sink,
                                             const struct hum_trace_record *totals);

/* Records dropped so far, of all kinds. */
uint64_t humi_sink_dropped(const struct humi_sink *sink);

#endif
