/* SPDX-License-Identifier: MIT */
/*
 * caller.h - whose memory stays with the C library: the runtime's own, above all.
 *
 * The thread that serves page faults must never touch managed memory, so nothing that the runtime
 * allocates may lie there, whoever's thread it runs on.  Calls are told apart by the library that
 * they come from: libhum and what it uses, the platform, the loader of OpenCL, and the C library
 * and the dynamic linker, which allocate for whoever called them: threads' stores, streams, what
 * getline() and asprintf() give.  A call out of the program or any other library is the program's.
 *
 * Threads: find() and add() from one at a time, the others any.
 */
#ifndef HUMI_HEAP_CALLER_H
#define HUMI_HEAP_CALLER_H

#include <stdbool.h>

/* Look through the libraries that are there. */
void humi_callers_find(void);
/* The library that the address is of, too. */
void humi_callers_add(const void *address);

/* What this code asks for stays out. */
bool humi_caller_stays_out(const void *address);
/* It is libhum: threads that it starts are the runtime's. */
bool humi_caller_is_runtime(const void *address);

/* The calling thread allocates for the runtime, whichever library calls.  Pairs, may be nested. */
extern _Thread_local unsigned humi_caller_inside;

static inline void humi_caller_enter(void)
{
    humi_caller_inside++;
}

static inline void humi_caller_leave(void)
{
    humi_caller_inside--;
}

#endif
