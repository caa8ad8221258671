/* SPDX-License-Identifier: MIT */
/*
 * callback.h - functions of the program that are called when an event gets somewhere.
 *
 * Threads: the context's lock is held, but for tell().
 */
#ifndef HUMI_PLATFORM_CALLBACK_H
#define HUMI_PLATFORM_CALLBACK_H

#include "platform/event.h"

struct humi_callback {
    struct humi_link link;   /* of event->callbacks, then of a list of those that are due */
    struct _cl_event *event; /* held */
    cl_int type;             /* CL_SUBMITTED, CL_RUNNING or CL_COMPLETE */
    cl_int status;           /* once due: what the function is told, an error instead of it */
    void(CL_CALLBACK *function)(cl_event event, cl_int status, void *data);
    void *data;
};

/* Move to `due` those that the event's status has reached. */
void humi_callbacks_due(struct _cl_event *event, struct humi_list *due);

/* Call them all and free them; no lock is held. */
void humi_callbacks_tell(struct humi_list *due);

#endif
