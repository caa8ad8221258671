/* SPDX-License-Identifier: MIT */
/*
 * declared.h - launches with declared uses: what a launch will touch is brought before it starts.
 *
 * Threads: humi_declared_bring() is called by the thread of a stream, with no lock held.
 */
#ifndef HUMI_CORE_DECLARED_H
#define HUMI_CORE_DECLARED_H

#include "core/uses.h"

/*
 * The uses of the next launch of a stream, whose lock is held: those of hum_use(), else the
 * default, entered in the list.  *uses_out NULL: the device faults, and nothing is checked.  The
 * caller ends them.
 */
enum hum_status humi_declared_take(struct hum_stream *stream, const struct humi_launch *launch,
                                   struct humi_uses **uses_out);

/*
 * Begin the launch with this sequence number, and bring what it uses.  On failure it has ended and
 * the uses are gone.
 */
enum hum_status humi_declared_bring(struct hum_stream *stream, uint64_t sequence,
                                    struct humi_uses *uses);

#endif
