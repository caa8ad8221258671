/* SPDX-License-Identifier: MIT */
/* thread.c - starting the runtime's own threads. */
#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/status.h"

enum hum_status humi_thread_start(pthread_t *thread_out, const char *name, void *(*run)(void *),
                                  void *argument)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited: no handler runs there, ever */
    error = pthread_create(thread_out, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return humi_fail(HUM_ERR_SYSTEM, "cannot start thread %s: %s", name, strerror(error));
    pthread_setname_np(*thread_out, name);
    return HUM_OK;
}
