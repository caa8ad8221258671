/* SPDX-License-Identifier: MIT */
/*
 * child.h - a function in a process of its own: how it ended and what it said.
 *
 * For what kills a process: checks that abort, touches that give SIGSEGV or SIGBUS.  The child
 * starts with default signal actions, its standard error goes to the parent, and it leaves no core.
 */
#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

#include <stdbool.h>

struct child {
    bool exited;      /* by itself, else by a signal */
    int code;         /* its exit code, or the signal */
    char text[4096];  /* the start of its standard error, ended by '\0' */
};

/* Exit code 0 when body returns.  false: no process could be made. */
bool child_run(void (*body)(void *context), void *context, struct child *out);

#endif
