/* SPDX-License-Identifier: MIT */
/*
 * thread.h - the runtime's own threads: named, and out of reach of the program's signals.
 */
#ifndef HUMI_BASE_THREAD_H
#define HUMI_BASE_THREAD_H

#include <pthread.h>

#include <hum/hum.h>

/* Start `run(argument)`; it must begin with humi_signals_never().  Joined by the caller. */
HUM_MUST_USE enum hum_status humi_thread_start(pthread_t *thread_out, const char *name,
                                               void *(*run)(void *), void *argument);

#endif
