/* SPDX-License-Identifier: MIT */
/*
 * file.h - the trace that a running program writes: a sink (sink.h) whose thread writes a file.
 *
 *     any thread --put--> ring --thread--> chunks --write(2)--> file
 *
 * What the thread has taken is in the file at most a second later, so a killed program loses that
 * much.  Records that found no room are counted; the file says at its end how many of each kind.
 *
 * Threads: put as sink.h says; open and close: nobody may be putting; end: any may.
 */
#ifndef HUMI_TRACE_FILE_H
#define HUMI_TRACE_FILE_H

#include <hum/trace.h>

struct humi_file;

/* Create the file and start the thread.  ring_slots as of humi_trace_ring_create(). */
HUM_MUST_USE enum hum_status humi_file_open(const char *path, size_t ring_slots,
                                            struct humi_file **file_out);

/*
 * Keep the record, if there is room.  NULL as file is allowed and keeps nothing.  A record that a
 * reader would refuse is not written but counted as dropped, and the first of them is logged.
 */
void humi_file_put(struct humi_file *file, const struct hum_trace_record *record);

/* humi_sink_await(); NULL is allowed. */
void humi_file_await(struct humi_file *file);

/*
 * As the process exits: the file is complete as after humi_file_close(), but who still puts may go
 * on, to no effect.  NULL is allowed.
 */
HUM_MUST_USE enum hum_status humi_file_end(struct humi_file *file,
                                           const struct hum_trace_record *totals);

/*
 * Write everything that was put, a record of what was dropped for each kind that lost some, then
 * `totals` (NULL: none), and close the file.  Whatever is returned, it is gone.  A write that
 * failed at any time is reported here; it was logged when it happened.  NULL is allowed.
 */
HUM_MUST_USE enum hum_status humi_file_close(struct humi_file *file,
                                             const struct hum_trace_record *totals);

/* Records dropped so far, of all kinds. */
uint64_t humi_file_dropped(const struct humi_file *file);

#endif
