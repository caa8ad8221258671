/* SPDX-License-Identifier: MIT */
/*
 * signals.h - no handler of the program runs while a thread holds one of the runtime's locks.
 *
 * A handler may touch managed memory.  If it interrupted a thread that holds a lock which the fault
 * service needs to serve that touch, both would wait for ever.  So the first lock that a thread
 * takes holds its signals back and the last one that it lets go delivers them: two system calls,
 * about 0.3 us together.  Signals that a thread raises by what it does (SIGSEGV and the like) stay
 * as they are.
 *
 * Threads: each for itself.
 */
#ifndef HUMI_BASE_SIGNALS_H
#define HUMI_BASE_SIGNALS_H

#include <stdbool.h>

/* Pairs, may be nested. */
void humi_signals_hold(void);
void humi_signals_release(void);

/*
 * The calling thread's pairs cost nothing and hold nothing back while it is spared: no handler can
 * want what it locks, as in a replay, whose pages are nobody's.  Not within a pair.  What it was
 * before, for the call that ends it.
 */
bool humi_signals_spare(bool spare);

/* The calling thread is the runtime's own: it blocks all signals for ever, pairs cost nothing. */
void humi_signals_never(void);

#endif
