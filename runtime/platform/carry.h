/* SPDX-License-Identifier: MIT */
/*
 * carry.h - copies and fills done by the device on which the bytes lie, so that they do not come
 * home for it.
 *
 * A kernel of the platform's own, built at a device's first such command, on a stream of its own.
 * The command waits for it as for the host's work, so order, events and times are as ever.  The
 * host does what is left: less than HUMI_CARRY_LEAST, bytes that lie elsewhere or do not fit the
 * device beside each other, and all of it if the device cannot (no compiler, it was lost).
 *
 * It waits for kernels of other queues that run, as a device runs one kernel of programs at a time;
 * the host would not have.
 *
 * Threads: any; one command at a time on a device.
 */
#ifndef HUMI_PLATFORM_CARRY_H
#define HUMI_PLATFORM_CARRY_H

#include <stdbool.h>

#include "platform/fill.h"
#include "platform/transfer.h"

#define HUMI_CARRY_LEAST ((size_t)4096) /* bytes; a launch costs as much as a fault */

/*
 * What the command does: copy a box, both sides in the space, or repeat a pattern.  False: nothing
 * was done, or not all, and the host is to do it.
 */
bool humi_carry_copy(const struct _cl_event *command, const struct humi_transfer *what);
bool humi_carry_fill(const struct _cl_event *command, const struct humi_fill *what);

#endif
