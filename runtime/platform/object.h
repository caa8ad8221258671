/* SPDX-License-Identifier: MIT */
/*
 * object.h - what every OpenCL object of this platform begins with.
 *
 * The loader finds the table of functions in an object's first word.  Behind it lie two counts:
 * `references` is the program's (clRetain..., clRelease...), `holders` is how many parts of the
 * platform need the memory: all references of the program together are one of them, each command
 * that uses the object is one, each object made from it is one.  It is destroyed with the last.
 *
 * Threads: both counts are atomic.  What is destroyed is in nobody's hands.
 */
#ifndef HUMI_PLATFORM_OBJECT_H
#define HUMI_PLATFORM_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/opencl.h"

/* Any bits but these are no object: a handle that was destroyed, or never one. */
enum humi_kind {
    HUMI_KIND_PLATFORM = 0x68756d01,
    HUMI_KIND_DEVICE,
    HUMI_KIND_CONTEXT,
    HUMI_KIND_QUEUE,
    HUMI_KIND_EVENT,
    HUMI_KIND_MEM,
    HUMI_KIND_SAMPLER,
    HUMI_KIND_PROGRAM,
    HUMI_KIND_KERNEL,
    HUMI_KIND_COMMAND_BUFFER,
};

struct humi_object {
    const struct _cl_icd_dispatch *dispatch; /* first, as the loader wants it */
    uint32_t kind;                           /* enum humi_kind; 0: destroyed */
    atomic_uint references, holders;
    void (*destroy)(struct humi_object *object); /* frees it; NULL: it is never destroyed */
};

/* One reference, one holder. */
void humi_object_init(struct humi_object *object, enum humi_kind kind,
                      void (*destroy)(struct humi_object *object));

/* `handle` is an object of this kind; NULL is none. */
bool humi_is(const void *handle, enum humi_kind kind);

/* For the platform.  drop() destroys with the last; NULL is allowed there. */
void humi_hold(struct humi_object *object);
void humi_drop(struct humi_object *object);

/* clRetain... and clRelease...; `error` if it is not of this kind. */
cl_int humi_retain(void *handle, enum humi_kind kind, cl_int error);
cl_int humi_release(void *handle, enum humi_kind kind, cl_int error);

#endif
