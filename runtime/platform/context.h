/* SPDX-License-Identifier: MIT */
/*
 * context.h - contexts: some devices of the platform, and the lock of everything that waits.
 *
 * Events of one context may wait for each other whatever their queue, so the graph of commands
 * (graph.h) has one lock for each context.
 *
 * Threads: `lock` guards what graph.h says; `svm_lock` the lists of allocations.  Neither is
 * held while managed memory is touched or a function of the program is called.
 */
#ifndef HUMI_PLATFORM_CONTEXT_H
#define HUMI_PLATFORM_CONTEXT_H

#include <pthread.h>

#include <hum/hum.h>

#include "base/list.h"
#include "platform/object.h"

struct humi_context_callback;

struct _cl_context {
    struct humi_object object;
    unsigned device_count;                 /* fixed */
    cl_device_id devices[HUM_DEVICES_MAX]; /* fixed */
    cl_context_properties *properties;     /* as given, with its ending 0; NULL: none; fixed */
    size_t property_count;
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *); /* fixed; NULL: none */
    void *notify_data;

    pthread_mutex_t lock;    /* guards the graph, see graph.h */
    pthread_cond_t changed;  /* an event ended, a queue has work to take */
    struct humi_list ready;  /* events whose blockers are gone, to be started */
    struct humi_list ended;  /* to be released and let go, without the lock */
    cl_command_queue failed; /* a kernel of it failed, which is to be told; held; NULL: none */
    bool telling;            /* somebody calls functions of the program */
    struct humi_list due;    /* of callback.h: to be called, without the lock */
    struct humi_list queues; /* of queue.h */

    pthread_mutex_t svm_lock;                /* guards what follows */
    struct humi_list svm;                    /* of svm.h */
    struct humi_list usm;                    /* of usm.h */
    unsigned usm_reached;                    /* types that kernels reach without arguments */
    struct humi_context_callback *callbacks; /* when it is destroyed, the newest first */
};

/* `device` is one of the context's. */
bool humi_context_has(const struct _cl_context *context, cl_device_id device);

/* Tell the program's function about an error that no call can return. */
void humi_context_notify(const struct _cl_context *context, const char *text);

#endif
