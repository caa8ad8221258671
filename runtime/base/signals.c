/* SPDX-License-Identifier: MIT */
/* signals.c - holding signals back while locks are held. */
#include "base/signals.h"

#include <pthread.h>
#include <signal.h>

#include "base/check.h"

static _Thread_local unsigned depth;
static _Thread_local bool spared; /* pairs have nothing to hold back */
static _Thread_local sigset_t before;

/* Apart from its callers, which most often have nothing to do and so need no frame for the set. */
__attribute__((noinline)) static void block_signals(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGFPE);
    sigdelset(&set, SIGILL);
    sigdelset(&set, SIGTRAP);
    pthread_sigmask(SIG_BLOCK, &set, &before);
}

void humi_signals_hold(void)
{
    if (!spared && depth++ == 0)
        block_signals();
}

void humi_signals_release(void)
{
    if (spared || --depth != 0)
        return;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool humi_signals_spare(bool spare)
{
    bool was = spared;

    humi_assert(depth == 0);
    spared = spare;
    return was;
}

void humi_signals_never(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    spared = true;
}
