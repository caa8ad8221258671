/* SPDX-License-Identifier: MIT */
/*
 * graph.h - which command waits for which, and what happens when one ends.
 *
 *     submit -> (blockers gone) -> ready -> flight   -> collected  -> ended -> released, told
 *                                     '---> runnable -> run ------------^
 *
 * Everything is done between enter() and leave(): leave() starts what became ready, and lets go
 * the lock before it releases and tells.  Whoever needs the device's outcome waits for it itself,
 * as the one collector of the queue, the others wait for the collector.
 *
 * Threads: the lock of the context is held in all but enter, submit and await.
 */
#ifndef HUMI_PLATFORM_GRAPH_H
#define HUMI_PLATFORM_GRAPH_H

#include "platform/queue.h"

void humi_graph_enter(cl_context context);
void humi_graph_leave(cl_context context);

/* How a command is enqueued. */
struct humi_submit {
    struct humi_wait wait;
    bool blocking;       /* return when it has ended, with its error */
    bool small;          /* so little work that the caller does it if it can be done at once */
    bool after_all;      /* it waits for all that is open */
    bool holds_up;       /* all that follows waits for it, also out of order */
    cl_event *event_out; /* NULL: not wanted */
};

/*
 * Enqueue it; the caller's reference goes to *event_out, or away.  The wait list was checked.  An
 * error: nothing was enqueued, and the command is gone (release() was called).
 */
cl_int humi_graph_submit(struct _cl_event *command, const struct humi_submit *how);

/* End an event: those that wait for it are ready, or fail. */
void humi_graph_end(struct _cl_event *event, cl_int status);

/* Functions of the program that are due now are called by leave(). */
void humi_graph_tell(struct _cl_event *event);

/* Somebody has to look when it ends, without being asked. */
void humi_graph_watch(struct _cl_event *event);

/* Wait for the end; the lock is let go meanwhile. */
void humi_graph_await(struct _cl_event *event);

/* For those who end or start a command: its status, and those that wait for it, or only until it
 * is issued. */
void humi_graph_set_status(struct _cl_event *event, cl_int status);
void humi_graph_fire(struct _cl_event *event, bool issued_only);

/*
 * Some command has ended and its thread is about to give back what it used: memory may come free
 * in a moment.  Never true for a function of the program that is called while that happens.
 */
bool humi_graph_is_holding(void);

/* Take a command that the host may do, and do it. */
void humi_graph_run(struct _cl_event *command);

#endif
