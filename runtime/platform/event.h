/* SPDX-License-Identifier: MIT */
/*
 * event.h - events: each is a command of a queue, or a user event.
 *
 * A command is the event of it also where the program did not ask for one.  What a kind of command
 * does is a const table; what it needs for that lies behind its event, in a struct that begins with
 * it.
 *
 *     CL_QUEUED     waits for others: `blockers` of them
 *     CL_SUBMITTED  on the way: on the device's stream (in queue->flight), or to be done by the
 *                   host (in queue->runnable)
 *     CL_RUNNING    the host does it
 *     CL_COMPLETE   or an error below 0: ended, for good
 *
 * Threads: the lock of the context guards all but what is fixed.
 * Ownership: holders are the program's references together, the graph while it has not ended, and
 * each callback.  An event holds its context and its queue.
 */
#ifndef HUMI_PLATFORM_EVENT_H
#define HUMI_PLATFORM_EVENT_H

#include <hum/hum.h>

#include "base/list.h"
#include "platform/context.h"

struct _cl_event;

/* What a kind of command does.  No lock is held but in launch(). */
struct humi_command_ops {
    /* By the host; a negative return is the error it ends with.  NULL where launch is not. */
    cl_int (*run)(struct _cl_event *command);
    /* On the queue's stream, behind what is there; NULL: the host runs it. */
    cl_int (*launch)(struct _cl_event *command, struct hum_stream *stream);
    /* Once, when it has ended: lets go what it held.  NULL: nothing. */
    void (*release)(struct _cl_event *command);
    /* Where misuse is sought: tells what it uses, whenever it is enqueued.  NULL: nothing, or who
     * enqueues it does. */
    void (*look)(struct _cl_event *command);
};

/* That one command waits for another.  Part of the one that waits. */
struct humi_edge {
    struct humi_link link; /* of the other's `dependents` */
    struct _cl_event *waits;
    bool listed;       /* the program said so: an error of the other is one of this */
    bool until_issued; /* both go to one stream, whose order does the rest */
};

#define HUMI_EDGES_INSIDE 3u

enum humi_time { HUMI_QUEUED, HUMI_SUBMITTED, HUMI_STARTED, HUMI_ENDED, HUMI_TIMES };

struct _cl_event {
    struct humi_object object;
    cl_context context;                 /* fixed */
    cl_command_queue queue;             /* fixed; NULL: a user event */
    cl_command_type type;               /* fixed */
    const struct humi_command_ops *ops; /* fixed; NULL: a user event */

    cl_int status;
    cl_int failed; /* the error it will end with instead of being done; 0: none */
    unsigned blockers;
    struct humi_list dependents; /* of humi_edge.link */
    struct humi_list callbacks;  /* of callback.h, not yet due */
    struct humi_link open;       /* of queue->open, until it has ended */
    struct humi_link link;       /* of context->ready, queue->runnable, queue->flight or
                                    context->ended */
    struct hum_event *mark;      /* behind it on the stream, while in flight */
    bool marked;                 /* it is to have a mark, for the program has its event */
    bool entering;               /* its enqueueing function has not returned: that tells errors */
    bool issued;                 /* it is on the stream, or was */
    bool watched;                /* somebody who does not wait wants to know when it ends */
    bool blocks;                 /* whoever enqueued it waits for it */
    bool by_caller;              /* whoever enqueued it does it when it can be done */
    uint64_t ns[HUMI_TIMES];
    struct _cl_event *begins; /* with whose end it starts; held; NULL: it is one command */
    struct humi_edge *edges;  /* its own: inside, or allocated */
    struct humi_edge inside[HUMI_EDGES_INSIDE];
};

/* A wait list as programs give it. */
struct humi_wait {
    cl_uint count;
    const cl_event *events;
};

/*
 * A command of `bytes` bytes, which begin with its event; the rest is zero.  One reference, the
 * caller's.  NULL: no memory.
 */
void *humi_command_create(cl_command_queue queue, size_t bytes, cl_command_type type,
                          const struct humi_command_ops *ops);

/* The list is one that a command of this context may wait for; a code of OpenCL if not. */
cl_int humi_wait_check(cl_context context, const struct humi_wait *wait);

static inline bool humi_event_has_ended(const struct _cl_event *event)
{
    return event->status <= CL_COMPLETE;
}

#endif
