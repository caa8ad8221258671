/* SPDX-License-Identifier: MIT */
/*
 * queue.h - command queues.
 *
 * A queue has a stream of its device.  Kernels and marks go there at once when nothing that they
 * wait for is left to the host, so kernels of an in-order queue follow each other on the device.
 * What the host does is done by the caller, if it waits for it or it is little, else by a thread of
 * the queue, which starts when first needed.
 *
 *     open       all commands that have not ended, in the order enqueued
 *     flight     those on the stream, in its order
 *     runnable   those that the host may do now
 *
 * Threads: the lock of the context guards all but what is fixed.
 */
#ifndef HUMI_PLATFORM_QUEUE_H
#define HUMI_PLATFORM_QUEUE_H

#include "platform/event.h"

#define HUMI_QUEUE_THREADS 2u /* out of order: one waits for the device while one works */
#define HUMI_QUEUE_MARKS 64u  /* kept for later use */

struct _cl_command_queue {
    struct humi_object object;
    struct humi_link link;                  /* of context->queues */
    cl_context context;                     /* fixed */
    cl_device_id device;                    /* fixed */
    struct hum_stream *stream;              /* fixed */
    bool shares_stream;                     /* fixed: it is the device's own */
    cl_command_buffer_khr recorder;         /* fixed: all that is enqueued is recorded there, and
                                               there is no stream; NULL: a queue of the program's */
    cl_command_queue_properties properties; /* fixed */
    cl_queue_properties given[8];           /* fixed: as given, with the ending 0 */
    size_t given_count;                     /* fixed */

    struct humi_list open, flight, runnable;
    struct _cl_event *last;    /* in order: what the next one waits for, if open */
    struct _cl_event *barrier; /* out of order: the same */
    cl_int lost;               /* a kernel failed: what all that follow end with */
    unsigned since_harvest;    /* commands */
    unsigned unmarked;         /* commands on the stream behind the last mark */
    bool collecting;           /* somebody waits for the flight */
    bool watched;              /* a thread of the queue has to */
    bool stopping;             /* no references are left */
    unsigned threads;
    pthread_cond_t work;                       /* for them */
    struct hum_event *marks[HUMI_QUEUE_MARKS]; /* unused */
    unsigned mark_count;
    struct hum_event *awaited; /* by the collector: not to be used again yet */
    bool awaited_given;        /* but its command has ended */
};

static inline bool humi_queue_is_in_order(const struct _cl_command_queue *queue)
{
    return !(queue->properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

/* A queue that records, like another; one holder, the caller's.  NULL: no memory. */
cl_command_queue humi_queue_recording(cl_command_queue like, cl_command_buffer_khr recorder);

/* The queue's threads; see graph.h.  Lock held: one more, if there may be.  CL_SUCCESS also if
 * there are enough. */
cl_int humi_queue_thread_start(struct _cl_command_queue *queue);

/* Tell the program's function, and somebody who asked for system SVM, what a kernel of the queue
 * failed of; lets go one holder of the queue.  No lock is held. */
void humi_queue_tell_failure(struct _cl_command_queue *queue);

/* The calling thread waits until all that was enqueued so far has ended. */
void humi_queue_finish(struct _cl_command_queue *queue);
/* The same for all queues of the context. */
void humi_queue_finish_all(cl_context context);

#endif
