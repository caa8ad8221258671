/* SPDX-License-Identifier: MIT */
/*
 * accesses.h - what kernels touched, from the devices into the trace.
 *
 * Only with exact recording (HUM_ACCESSES=exact): a thread takes the touches of every device and
 * puts them as ACCESS records.  When the trace is behind it waits, and with it in the end the
 * kernels, so nothing is lost.
 *
 * Threads: one of its own, which never touches managed memory and holds no lock.
 */
#ifndef HUMI_CORE_ACCESSES_H
#define HUMI_CORE_ACCESSES_H

#include "core/core.h"

struct humi_accesses;

/* Start taking; *accesses_out is NULL if the space records no accesses. */
HUM_MUST_USE enum hum_status humi_accesses_start(struct hum *hum,
                                                 struct humi_accesses **accesses_out);

/*
 * Until the touches of all launches that have finished are in the trace.  Some ms; NULL is
 * allowed.  The caller holds no lock.
 */
void humi_accesses_flush(struct humi_accesses *accesses);

/* The same as the process exits: not for longer than a second if kernels run on. */
void humi_accesses_exit(struct humi_accesses *accesses);

/* Take what is left and end; every launch has finished.  NULL is allowed. */
void humi_accesses_stop(struct humi_accesses *accesses);

#endif
