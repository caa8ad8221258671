/* SPDX-License-Identifier: MIT */
/*
 * signals.h - no signal handler runs in this thread for a while.
 *
 * A handler of the program may touch managed memory and then waits for the fault service.  So a lock
 * that the service takes may be held by the program's own threads only with signals blocked.
 */
#ifndef HUMI_OS_SIGNALS_H
#define HUMI_OS_SIGNALS_H

#include <pthread.h>
#include <signal.h>

static inline void humi_signals_block(sigset_t *before_out)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before_out);
}

static inline void humi_signals_restore(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

#endif
