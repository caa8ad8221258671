/* SPDX-License-Identifier: MIT */
/*
 * watch.h - tools in the process that are told every record as it is made.
 *
 *     put --> ring of each watch --its thread--> callback
 *
 * A space has a few places for watches.  A producer looks whether a place has a sink, says that it
 * is putting, looks again, puts, and says that it is done; who takes a sink away clears the place
 * first and then waits until nobody is putting.  So a producer never waits and no sink goes away
 * under it.
 *
 * Threads: put from any, with any lock held.  Places are given and taken under the HUM lock, no
 * lock is held while a watch ends.
 */
#ifndef HUMI_CORE_WATCH_H
#define HUMI_CORE_WATCH_H

#include <hum/trace.h>

#include "core/core.h"

/* The record to everybody who watches. */
void humi_watches_do_put(struct hum *hum, const struct hum_trace_record *record);

static inline void humi_watches_put(struct hum *hum, const struct hum_trace_record *record)
{
    if (atomic_load_explicit(&hum->recorder.watches, memory_order_relaxed) != 0)
        humi_watches_do_put(hum, record);
}

/* Nothing is recorded any more: give the totals to every watch that is left, and end it. */
void humi_watches_close(struct hum *hum);

/* The calling thread is in a callback, of any space. */
bool humi_watch_is_inside(void);

#endif
